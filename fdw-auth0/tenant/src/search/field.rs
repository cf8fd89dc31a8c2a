//! The fields that Auth0 searches, and the conditions that each allows.

use super::time;
use super::token::{Bound, Range, Value, Word};

/// A field and its condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Test {
    pub(super) field: Field,
    pub(super) condition: Condition,
}

impl Test {
    /// The bounds of a range of `created_at`.
    pub(super) fn created_between(&self) -> Option<(i128, i128)> {
        match self.condition {
            Condition::Between(from, to) if self.field.root == "created_at" => Some((from, to)),
            _ => None,
        }
    }
}

/// A field that can be searched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Field {
    /// A member of the user.
    pub(super) root: String,
    /// The path below the root member. Arrays on the path match by any element.
    pub(super) path: Vec<String>,
    pub(super) kind: Kind,
}

/// How the values of a field are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Whole texts, ignoring case.
    Folded,
    /// The text after the last `@`, ignoring case.
    Domain,
    /// Whole texts.
    Text,
    Boolean,
    Integer,
    Time,
    /// Texts, booleans and numbers.
    Metadata,
}

/// The condition for a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Condition {
    /// Any value that is indexed.
    Exists,
    /// Exactly this text; in lower case for a field that ignores case.
    Text(String),
    /// These texts in order, with any text between each two.
    Pattern(Vec<String>),
    Boolean(bool),
    /// A number or time between these, both included. `i128` also holds the value just below or above any `i64`.
    Between(i128, i128),
    /// In metadata: this text, or the boolean or number with this spelling.
    Spelled(String),
}

/// Minimum number of characters after a leading wildcard.
const BEHIND_WILDCARD: usize = 3;

impl Field {
    /// The field with this name, or the reason why it can't be searched.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        use Kind::{Boolean, Domain, Folded, Integer, Metadata, Text, Time};
        let kind = match name {
            "email" | "name" | "given_name" | "family_name" | "nickname" => Folded,
            "username" | "user_id" | "phone_number" | "last_ip" => Text,
            "identities.connection" | "identities.provider" | "identities.user_id" => Text,
            "email_verified" | "phone_verified" | "blocked" | "identities.isSocial" => Boolean,
            "logins_count" => Integer,
            "created_at" | "updated_at" | "last_login" => Time,
            "email.domain" => return Ok(Self { root: "email".to_owned(), path: Vec::new(), kind: Domain }),
            _ if name.starts_with("app_metadata.") || name.starts_with("user_metadata.") => Metadata,
            _ => return Err(format!("'{name}' is not a field that can be searched")),
        };
        let mut names = name.split('.').map(str::to_owned);
        let root = names.next().unwrap_or_default();
        let path: Vec<String> = names.collect();
        if path.iter().any(String::is_empty) {
            return Err(format!("'{name}' has an empty name between its dots"));
        }
        Ok(Self { root, path, kind })
    }

    /// The test that the field has a value.
    pub(super) fn exists(&self) -> Test {
        Test { field: self.clone(), condition: Condition::Exists }
    }

    /// The test against `value`, or the reason why Auth0 refuses it.
    pub(super) fn test(&self, value: Value) -> Result<Test, String> {
        let condition = self.condition(value).map_err(|problem| format!("{self}: {problem}"))?;
        Ok(Test { field: self.clone(), condition })
    }

    fn condition(&self, value: Value) -> Result<Condition, String> {
        match value {
            Value::Word(word) if word.is_star() => Ok(Condition::Exists),
            Value::Word(word) => match word.literal() {
                Some(text) => self.spelled(text),
                None => self.pattern(&word),
            },
            Value::Quoted(text) => match self.kind {
                Kind::Boolean | Kind::Integer => Err(format!("the value is written without quotes, not \"{text}\"")),
                Kind::Metadata => Ok(Condition::Text(text)),
                _ => self.spelled(&text),
            },
            Value::Range(range) => self.range(&range),
        }
    }

    fn spelled(&self, text: &str) -> Result<Condition, String> {
        match self.kind {
            Kind::Folded | Kind::Domain => Ok(Condition::Text(text.to_lowercase())),
            Kind::Text => Ok(Condition::Text(text.to_owned())),
            Kind::Metadata => Ok(Condition::Spelled(text.to_owned())),
            Kind::Boolean => match text {
                "true" => Ok(Condition::Boolean(true)),
                "false" => Ok(Condition::Boolean(false)),
                _ => Err(format!("the value is true or false, not '{text}'")),
            },
            Kind::Integer | Kind::Time => {
                let (first, last) = self.period(text)?;
                Ok(Condition::Between(first, last))
            }
        }
    }

    fn pattern(&self, Word(parts): &Word) -> Result<Condition, String> {
        match self.kind {
            Kind::Folded | Kind::Domain | Kind::Text => {}
            _ => return Err("wildcards are not supported on this field".to_owned()),
        }
        let leading = parts.first().is_some_and(String::is_empty);
        if leading && parts.iter().map(|part| part.chars().count()).sum::<usize>() < BEHIND_WILDCARD {
            return Err(format!("a wildcard in front needs at least {BEHIND_WILDCARD} characters behind it"));
        }
        Ok(Condition::Pattern(match self.kind {
            Kind::Text => parts.clone(),
            _ => parts.iter().map(|part| part.to_lowercase()).collect(),
        }))
    }

    fn range(&self, range: &Range) -> Result<Condition, String> {
        match self.kind {
            Kind::Integer | Kind::Time => {}
            // Auth0's own message.
            Kind::Metadata => return Err("operator 'less or equal' is not supported".to_owned()),
            _ => return Err("ranges are not supported on this field".to_owned()),
        }
        let from = match &range.from {
            None => i128::MIN,
            Some(Bound { text, inclusive: true }) => self.period(text)?.0,
            Some(Bound { text, inclusive: false }) => self.period(text)?.1 + 1,
        };
        let to = match &range.to {
            None => i128::MAX,
            Some(Bound { text, inclusive: true }) => self.period(text)?.1,
            Some(Bound { text, inclusive: false }) => self.period(text)?.0 - 1,
        };
        Ok(Condition::Between(from, to))
    }

    /// The first and the last value that `text` includes.
    fn period(&self, text: &str) -> Result<(i128, i128), String> {
        if self.kind == Kind::Time {
            let (first, last) = time::period(text).ok_or_else(|| {
                format!("a time is written 2024-05, 2024-05-31 or 2024-05-31T23:59:59.999Z, not '{text}'")
            })?;
            return Ok((first.into(), last.into()));
        }
        let number: i64 = text.parse().map_err(|_| format!("the value is an integer, not '{text}'"))?;
        Ok((number.into(), number.into()))
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.root)?;
        if self.kind == Kind::Domain {
            return f.write_str(".domain");
        }
        self.path.iter().try_for_each(|name| write!(f, ".{name}"))
    }
}

#[cfg(test)]
mod tests {
    use crate::search::Search;

    #[test]
    fn conditions_that_a_field_does_not_allow_are_refused() {
        let table = [
            ("picture:a", "'picture' is not a field"),
            ("organization_id:a", "'organization_id' is not a field"),
            ("connection:a", "'connection' is not a field"),
            ("Email:a", "'Email' is not a field"),
            ("app_metadata:a", "'app_metadata' is not a field"),
            ("_exists_:identities", "'identities' is not a field"),
            ("_missing_:email", "'_missing_' is not a field"),
            ("name.raw:a", "'name.raw' is not a field"),
            ("app_metadata.a..b:1", "an empty name between its dots"),
            ("user_metadata.:1", "an empty name between its dots"),
            ("blocked:yes", "blocked: the value is true or false, not 'yes'"),
            ("blocked:TRUE", "not 'TRUE'"),
            (r#"blocked:"true""#, "without quotes"),
            ("blocked:t*", "wildcards are not supported"),
            ("blocked:[false TO true]", "ranges are not supported"),
            ("logins_count:many", "the value is an integer, not 'many'"),
            (r#"logins_count:"5""#, "without quotes"),
            ("logins_count:[1.5 TO 2]", "not '1.5'"),
            ("logins_count:5*", "wildcards are not supported"),
            ("created_at:2024", "created_at: a time is written"),
            ("created_at:[2024-01-32 TO *]", "not '2024-01-32'"),
            ("created_at:[now TO *]", "not 'now'"),
            ("last_login:2024*", "wildcards are not supported"),
            ("email:[a TO b]", "email: ranges are not supported"),
            ("email.domain:{a TO b}", "email.domain: ranges"),
            ("app_metadata.n:[1 TO 2]", "app_metadata.n: operator 'less or equal' is not supported"),
            ("user_metadata.n:[1 TO 2]", "operator 'less or equal' is not supported"),
            ("user_metadata.a:b*", "user_metadata.a: wildcards are not supported"),
            ("app_metadata.a:b*", "wildcards are not supported"),
            ("name:*ab", "at least 3 characters"),
            ("name:*a*b*", "at least 3 characters"),
            ("name:**", "at least 3 characters"),
        ];
        for (query, expected) in table {
            let problem = Search::parse(query).unwrap_err();
            assert!(problem.contains(expected), "{query}: {problem}");
        }
    }
}
