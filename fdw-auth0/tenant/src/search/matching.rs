//! Tests of a user's members: Auth0's rules of comparison.
//!
//! Fields are whole values, not words. `null`, `[]`, `{}`, empty texts and values of another type
//! than the field's are not indexed: a search does not find them.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

use super::field::{Condition, Kind, Test};
use super::time;

impl Test {
    /// True if a user with these root members passes.
    pub(super) fn holds(&self, members: &[(Cow<'_, str>, &RawValue)]) -> bool {
        let member = members.iter().find(|(name, _)| *name == self.field.root);
        member.is_some_and(|(_, raw)| {
            serde_json::from_str(raw.get()).is_ok_and(|value| self.reaches(&value, &self.field.path))
        })
    }

    /// True if any value at the end of `path` passes.
    fn reaches(&self, value: &Value, path: &[String]) -> bool {
        match (value, path) {
            (Value::Array(values), _) => values.iter().any(|value| self.reaches(value, path)),
            (_, []) => self.accepts(value),
            (_, [name, rest @ ..]) => value.get(name).is_some_and(|value| self.reaches(value, rest)),
        }
    }

    fn accepts(&self, value: &Value) -> bool {
        match (self.field.kind, value) {
            (_, Value::String(text)) if text.is_empty() => false,
            (Kind::Folded, Value::String(text)) => self.text(&text.to_lowercase()),
            (Kind::Domain, Value::String(email)) => {
                let domain = email.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
                domain.is_some_and(|domain| !domain.is_empty() && self.text(&domain))
            }
            (Kind::Text | Kind::Metadata, Value::String(text)) => self.text(text),
            (Kind::Boolean | Kind::Metadata, Value::Bool(flag)) => self.boolean(*flag),
            (Kind::Integer, Value::Number(number)) => number.as_i64().is_some_and(|number| self.position(number)),
            (Kind::Time, Value::String(text)) => time::instant(text).is_some_and(|instant| self.position(instant)),
            (Kind::Metadata, Value::Number(number)) => self.number(number),
            // An object exists if any of its members is indexed, but has no value of its own.
            (Kind::Metadata, Value::Object(members)) => {
                self.condition == Condition::Exists && members.values().any(|value| self.reaches(value, &[]))
            }
            _ => false,
        }
    }

    fn text(&self, text: &str) -> bool {
        match &self.condition {
            Condition::Exists => true,
            Condition::Text(wanted) | Condition::Spelled(wanted) => text == wanted,
            Condition::Pattern(parts) => like(text, parts),
            Condition::Boolean(_) | Condition::Between(..) => false,
        }
    }

    fn boolean(&self, flag: bool) -> bool {
        match &self.condition {
            Condition::Exists => true,
            Condition::Boolean(wanted) => flag == *wanted,
            Condition::Spelled(wanted) => wanted == if flag { "true" } else { "false" },
            _ => false,
        }
    }

    fn position(&self, position: i64) -> bool {
        match &self.condition {
            Condition::Exists => true,
            Condition::Between(from, to) => (*from..=*to).contains(&i128::from(position)),
            _ => false,
        }
    }

    fn number(&self, number: &serde_json::Number) -> bool {
        match &self.condition {
            Condition::Exists => true,
            Condition::Spelled(wanted) => match (number.as_i128(), wanted.parse::<i128>()) {
                (Some(number), Ok(wanted)) => number == wanted,
                _ => number.as_f64().is_some_and(|number| wanted.parse() == Ok(number)),
            },
            _ => false,
        }
    }
}

/// True if `text` consists of the parts in order, with any text between each two.
fn like(text: &str, parts: &[String]) -> bool {
    let Some(((first, last), middle)) =
        parts.split_first().and_then(|(first, rest)| rest.split_last().map(|(last, middle)| ((first, last), middle)))
    else {
        return false;
    };
    let Some(rest) = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str())) else {
        return false;
    };
    // The first match of each part leaves the longest rest for the next one.
    let mut rest = rest;
    middle.iter().all(|part| match rest.find(part.as_str()) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::search::Search;

    /// The letters of the users found.
    fn found(users: &[&str], query: &str) -> String {
        let search = Search::parse(query).unwrap_or_else(|problem| panic!("{query}: {problem}"));
        let letters = ('a'..).zip(users).filter(|(_, user)| search.finds(user.as_bytes()));
        letters.map(|(letter, _)| letter).collect()
    }

    fn check(users: &[&str], table: &[(&str, &str)]) {
        for (query, expected) in table {
            assert_eq!(found(users, query), *expected, "{query}");
        }
    }

    #[test]
    fn texts_are_compared_by_their_fields_rules() {
        let users = [
            r#"{"user_id":"auth0|A1","email":"Jane@Dept.Example","name":"Jane Doe","username":"Jane"}"#,
            r#"{"user_id":"auth0|a1","email":"jane@example","name":"jane","username":"jane"}"#,
            r#"{"user_id":"sms|2","email":"","name":null,"username":7}"#,
            r#"{"user_id":"sms|3","email":"\u00c9va@x@dept.example","name":"J*e \"x\" \\"}"#,
            r#"{"user_id":"sms|4","email":"no-domain@","name":"Jaaxbbxcc"}"#,
        ];
        let table = [
            (r#"email:"jane@dept.example""#, "a"),
            ("email:JANE@EXAMPLE", "b"),
            ("email:\"éva@x@dept.example\"", "d"),
            ("name:jane", "b"),
            ("name:Jane\\ Doe", "a"),
            ("name:doe", ""),
            ("username:jane", "b"),
            ("username:Jane", "a"),
            ("username:7", ""),
            ("user_id:auth0", ""),
            ("user_id:auth0*", "ab"),
            ("user_id:auth0|A*", "a"),
            (r#"user_id:"auth0|*""#, ""),
            (r#"name:"J*e \"x\" \\""#, "d"),
            ("name:J\\*e*", "d"),
            ("name:j*", "abde"),
            ("name:J*E", "ab"),
            ("name:*DOE", "a"),
            ("name:*ane*", "ab"),
            ("name:j*bb*cc", "e"),
            ("name:j*cc*bb*", ""),
            ("name:jane*ne", ""),
            ("name:jaax*bbxbbxcc", ""),
            ("email.domain:DEPT.example", "ad"),
            ("email.domain:*example", "abd"),
            ("_exists_:email", "abde"),
            ("_exists_:email.domain", "abd"),
            ("NOT _exists_:email", "c"),
            ("NOT name:*", "c"),
            ("_exists_:username", "ab"),
            (r#"email:"""#, ""),
            (r#"NOT name:"jane""#, "acde"),
            ("_exists_:nickname", ""),
        ];
        check(&users, &table);
    }

    #[test]
    fn booleans_and_integers_match_their_own_type_only() {
        let users = [
            r#"{"blocked":true,"logins_count":0}"#,
            r#"{"blocked":false,"logins_count":10}"#,
            r#"{"blocked":"true","logins_count":"10"}"#,
            r#"{"blocked":null,"logins_count":-5}"#,
            r#"{"logins_count":9223372036854775807}"#,
        ];
        let table = [
            ("blocked:true", "a"),
            ("blocked:false", "b"),
            ("NOT blocked:true", "bcde"),
            ("(NOT _exists_:blocked OR blocked:false)", "bcde"),
            ("_exists_:blocked", "ab"),
            ("logins_count:0", "a"),
            ("logins_count:\\-5", "d"),
            ("logins_count:[0 TO 10]", "ab"),
            ("logins_count:{0 TO 10]", "b"),
            ("logins_count:[0 TO 10}", "a"),
            ("logins_count:{0 TO 10}", ""),
            ("logins_count:[-5 TO *]", "abde"),
            ("logins_count:{* TO 0}", "d"),
            ("logins_count:[\"1\" TO *}", "be"),
            ("logins_count:{9223372036854775807 TO *]", ""),
            ("logins_count:[9 TO 1]", ""),
            ("_exists_:logins_count", "abde"),
        ];
        check(&users, &table);
    }

    #[test]
    fn times_match_periods_and_ranges() {
        let users = [
            r#"{"created_at":"2024-01-31T23:59:59.999Z"}"#,
            r#"{"created_at":"2024-02-01T00:00:00.000Z"}"#,
            r#"{"created_at":"2024-02-29T12:00:00.500Z"}"#,
            r#"{"created_at":"2024-03-01T00:00:00Z"}"#,
            r#"{"created_at":"yesterday"}"#,
            r#"{"created_at":1706745600000}"#,
        ];
        let table = [
            ("created_at:[2024-02 TO 2024-02]", "bc"),
            ("created_at:2024-02", "bc"),
            ("created_at:[2024-02-01 TO 2024-02-29]", "bc"),
            ("created_at:[* TO 2024-02-29}", "ab"),
            ("created_at:{2024-01-31 TO *]", "bcd"),
            ("created_at:{2024-01 TO 2024-03}", "bc"),
            ("created_at:[2024-02-29T12:00:00.500Z TO *]", "cd"),
            ("created_at:{2024-02-29T12:00:00.500Z TO *]", "d"),
            ("created_at:[2024-02-29T12:00:00.501Z TO *]", "d"),
            ("created_at:[* TO 2024-02-29T12:00:00Z]", "abc"),
            (r#"created_at:["2024-03-01T00:00:00.000Z" TO "2024-03-01T00:00:00.000Z"]"#, "d"),
            (r#"created_at:"2024-02-01T00:00:00.000Z""#, "b"),
            ("created_at:2024\\-02\\-01T00\\:00\\:00.000Z", "b"),
            ("created_at:[2024-03 TO 2024-02]", ""),
            ("_exists_:created_at", "abcd"),
        ];
        check(&users, &table);
    }

    #[test]
    fn identities_match_in_any_element() {
        let users = [
            r#"{"identities":[{"connection":"db","provider":"auth0","user_id":"1","isSocial":false}]}"#,
            r#"{"identities":[{"connection":"DB"},{"connection":"google","isSocial":true}]}"#,
            r#"{"identities":[]}"#,
        ];
        let table = [
            (r#"identities.connection:"db""#, "a"),
            ("identities.connection:(google OR db)", "ab"),
            ("NOT identities.connection:google", "ac"),
            ("identities.provider:auth*", "a"),
            ("identities.user_id:1", "a"),
            ("identities.isSocial:true", "b"),
            ("_exists_:identities.connection", "ab"),
        ];
        check(&users, &table);
    }

    #[test]
    fn metadata_matches_texts_numbers_and_booleans() {
        let users = [
            r#"{"app_metadata":{"plan":"Pro","n":5,"on":true,"f":1.5},"user_metadata":{"a":[{"city":"Paris"},{"city":"Rome"}]}}"#,
            r#"{"app_metadata":{"plan":"pro","n":"5","on":"true","f":-2},"user_metadata":{"a":{"city":"paris"}}}"#,
            r#"{"app_metadata":{"plan":["x","Pro"],"n":5.0,"on":false,"f":"1.5"},"user_metadata":{"a":[[{"city":["Paris"]}]]}}"#,
            r#"{"app_metadata":{"plan":null,"n":[],"on":{},"f":""},"user_metadata":{"a":{"city":{"x":[null,{}]}}}}"#,
            r#"{"app_metadata":{"plan":{"name":"Pro"},"n":18446744073709551615},"user_metadata":[]}"#,
            r#"{"app_metadata":"plan"}"#,
        ];
        let table = [
            ("app_metadata.plan:Pro", "ac"),
            (r#"app_metadata.plan:"pro""#, "b"),
            ("app_metadata.plan.name:Pro", "e"),
            ("app_metadata.n:5", "abc"),
            (r#"app_metadata.n:"5""#, "b"),
            ("app_metadata.n:5.0", "ac"),
            ("app_metadata.n:18446744073709551615", "e"),
            ("app_metadata.n:18446744073709551614", ""),
            ("app_metadata.on:true", "ab"),
            (r#"app_metadata.on:"true""#, "b"),
            ("app_metadata.on:false", "c"),
            ("app_metadata.f:1.5", "ac"),
            ("app_metadata.f:\\-2", "b"),
            ("app_metadata.f:nan", ""),
            ("user_metadata.a.city:\"Paris\"", "ac"),
            ("user_metadata.a.city:Rome", "a"),
            ("_exists_:app_metadata.plan", "abce"),
            ("app_metadata.n:*", "abce"),
            ("_exists_:app_metadata.on", "abc"),
            ("_exists_:app_metadata.f", "abc"),
            ("_exists_:user_metadata.a", "abc"),
            ("NOT _exists_:user_metadata.a.city", "def"),
        ];
        check(&users, &table);
    }

    #[test]
    fn operators_combine_clauses() {
        let users = [
            r#"{"name":"x","nickname":"1"}"#,
            r#"{"name":"x","nickname":"2"}"#,
            r#"{"name":"y","nickname":"1"}"#,
            r#"{"name":"y"}"#,
            "17",
        ];
        let table = [
            ("name:x AND nickname:1", "a"),
            ("name:x OR nickname:1", "abc"),
            ("name:y OR name:x AND nickname:2", "bcd"),
            ("(name:y OR name:x) AND nickname:2", "b"),
            ("NOT name:x AND nickname:1", "c"),
            ("NOT (name:x AND nickname:1)", "bcde"),
            ("name:y AND NOT nickname:1", "d"),
            ("NOT NOT name:x", "ab"),
            ("nickname:(NOT 1)", "bde"),
        ];
        check(&users, &table);
    }
}
