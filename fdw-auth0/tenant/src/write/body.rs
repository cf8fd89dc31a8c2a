//! The members of a request's body, and Auth0's refusals.

use hyper::StatusCode;

use crate::answer::Answer;
use crate::members::{Members, texts};

/// The members that a body may have.
#[derive(Debug, Default)]
pub(super) struct BodyRules {
    members: Vec<MemberRule>,
    /// True for a change, which has at least one member.
    is_change: bool,
}

/// A member: `name:kind`, `name!:kind` if it is required, `name:kind|null` if it may be null.
#[derive(Debug)]
struct MemberRule {
    name: &'static str,
    required: bool,
    kind: &'static str,
    nullable: bool,
}

impl BodyRules {
    /// Reads declarations, separated by commas.
    pub(super) fn parse(declarations: &[&'static str], is_change: bool) -> Self {
        let words = declarations.iter().flat_map(|text| text.split(',')).filter(|word| !word.is_empty());
        let rule = |word: &'static str| {
            let (name, kind) = word.split_once(':').unwrap_or((word, "string"));
            MemberRule {
                name: name.trim_end_matches('!'),
                required: name.ends_with('!'),
                kind: kind.trim_end_matches("|null"),
                nullable: kind.ends_with("|null"),
            }
        };
        Self { members: words.map(rule).collect(), is_change }
    }

    /// True if the request has no body.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Reads a body, or returns Auth0's 400.
    pub(super) fn read(&self, body: &[u8]) -> Result<Members, Answer> {
        let members = Members::read(body).ok_or_else(|| refused("Expected type object", None))?;
        if let Some(missing) = self.members.iter().find(|rule| rule.required && !members.has(rule.name)) {
            return Err(required(missing.name));
        }
        if self.is_change && members.is_empty() {
            return Err(refused("Too few properties defined (0), minimum 1", None));
        }
        for (name, value) in members.iter() {
            let Some(rule) = self.members.iter().find(|rule| rule.name == name) else {
                return Err(refused(&format!("Additional properties not allowed: {name}"), None));
            };
            rule.check(value)?;
        }
        Ok(members)
    }
}

impl MemberRule {
    fn check(&self, value: &str) -> Result<(), Answer> {
        let kind = kind(value);
        if kind == "null" && self.nullable {
            return Ok(());
        }
        let wanted = if self.kind.starts_with('[') { "array" } else { self.kind };
        if kind != wanted {
            return Err(refused(&format!("Expected type {wanted} but found type {kind}"), Some(self.name)));
        }
        match (self.kind, texts(value)) {
            ("[string]", None) => Err(refused("Expected type string", Some(self.name))),
            ("[string]", Some(values)) if values.is_empty() => {
                Err(refused("Array is too short (0), minimum 1", Some(self.name)))
            }
            _ => Ok(()),
        }
    }
}

/// The type of a JSON value.
fn kind(value: &str) -> &'static str {
    match value.as_bytes().first() {
        Some(b'"') => "string",
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

/// Auth0's 400 for a body without a member that it needs.
pub(super) fn required(name: &str) -> Answer {
    refused(&format!("Missing required property: {name}"), None)
}

/// Auth0's 400 for a body, with the message of its schema validation.
pub(super) fn refused(problem: &str, property: Option<&str>) -> Answer {
    let property = property.map(|name| format!(" on property {name}")).unwrap_or_default();
    let message = format!("Payload validation error: '{problem}'{property}.");
    Answer::error(StatusCode::BAD_REQUEST, &message, Some("invalid_body"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_that_do_not_fit_are_refused() {
        let rules = |is_change| {
            BodyRules::parse(&["name!:string,note:string|null,on:boolean", "meta:object,users:[string]"], is_change)
        };
        let table = [
            (r#"{"name":"a","note":null,"on":true,"meta":{},"users":["u"]}"#, None),
            ("", Some("Expected type object")),
            ("[]", Some("Expected type object")),
            ("{\"name\":", Some("Expected type object")),
            (r#"{"note":"x"}"#, Some("Missing required property: name")),
            (r#"{"name":null}"#, Some("Expected type string but found type null' on property name")),
            (r#"{"name":"a","note":7}"#, Some("Expected type string but found type number' on property note")),
            (r#"{"name":"a","meta":[]}"#, Some("Expected type object but found type array' on property meta")),
            (r#"{"name":"a","on":"true"}"#, Some("Expected type boolean but found type string' on property on")),
            (r#"{"name":"a","other":1}"#, Some("Additional properties not allowed: other")),
            (r#"{"name":"a","users":[]}"#, Some("Array is too short (0), minimum 1' on property users")),
            (r#"{"name":"a","users":[1]}"#, Some("Expected type string' on property users")),
        ];
        for (body, expected) in table {
            let refusal = rules(false).read(body.as_bytes()).err();
            let message = refusal.map(|answer| {
                assert_eq!(answer.status, 400, "{body}");
                String::from_utf8_lossy(&answer.body).into_owned()
            });
            let fits = match (&message, expected) {
                (Some(message), Some(expected)) => message.contains(expected),
                (message, expected) => message.is_none() && expected.is_none(),
            };
            assert!(fits, "{body}: {message:?}");
        }
        let change = BodyRules::parse(&["name:string"], true);
        assert!(change.read(b"{}").is_err() && change.read(br#"{"name":"b"}"#).is_ok());
    }
}
