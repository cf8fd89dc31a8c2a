//! Redaction of secrets in answers, before anything else reads the rows.
//!
//! An entity names the members with secrets. A column may show such a member, a value below it, or a document around
//! it; in each case the member is replaced by [`REDACTED`], whether the secret is a text or a whole document. `null`
//! stays: it means that there is no secret.
//!
//! Documents are searched to a limited depth. A deeper value that contains the name of a secret is replaced entirely,
//! so that endless nesting cannot overflow the stack.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::json_path::{JsonPath, Step};
use crate::spelling::is_same_name;

/// The replacement for a secret, as JSON.
pub const REDACTED: &str = "\"[redacted]\"";

/// The deepest level that is searched. Real documents have a few levels, and every level uses stack.
const DEEPEST: usize = 64;

/// The parts to replace in the values of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Redaction {
    /// The value itself.
    Whole,
    /// Members below the value, by the rest of their paths.
    Members(Vec<Pattern>),
}

/// The rest of a path to a secret, in reverse order: the next name is last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Name>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Is(&'static str),
    Any,
    AnyNumber,
}

impl Redaction {
    /// The redaction of a column at this path; `None` if it shows no secret.
    pub(crate) fn of(secrets: &[&'static str], path: &JsonPath) -> Option<Redaction> {
        if path.is_bound() {
            return None;
        }
        let name = |name: &'static str| match name {
            "*" => Name::Any,
            "**" => Name::AnyNumber,
            name => Name::Is(name),
        };
        let patterns = secrets.iter().map(|secret| Pattern(secret.split('.').rev().map(name).collect())).collect();
        let mut redaction = Redaction::Members(patterns);
        for (depth, step) in path.0.iter().enumerate() {
            let Redaction::Members(patterns) = &redaction else { break };
            // Array elements do not count as steps.
            if let Step::Key(key) = step {
                // A column may read a root member in any spelling of its name.
                redaction = if depth == 0 {
                    below(patterns, |name| is_same_name(name, key))
                } else {
                    below(patterns, |name| name == key)
                }?;
            }
        }
        match &redaction {
            Redaction::Members(patterns) if patterns.is_empty() => None,
            _ => Some(redaction),
        }
    }

    /// The value with its secrets replaced; `None` if it has none.
    pub(crate) fn apply(&self, raw: &str) -> Option<String> {
        self.apply_at(0, raw)
    }

    fn apply_at(&self, depth: usize, raw: &str) -> Option<String> {
        let Redaction::Members(patterns) = self else { return Some(REDACTED.to_owned()) };
        if !may_hold(raw, patterns) {
            return None;
        }
        if depth >= DEEPEST {
            return Some(REDACTED.to_owned());
        }
        let mut writer = Writer { patterns, depth, out: String::with_capacity(raw.len()), redacted: false };
        match serde_json::Deserializer::from_str(raw).deserialize_any(&mut writer) {
            Ok(()) if writer.redacted => Some(writer.out),
            Ok(()) => None,
            // The value has been parsed before, so this cannot fail; if it does, the value is not shown.
            Err(_) => Some(REDACTED.to_owned()),
        }
    }
}

/// False for a value without the last names of all patterns, escaped or not: most rows need not be parsed
/// twice.
fn may_hold(raw: &str, patterns: &[Pattern]) -> bool {
    let is_written = |pattern: &Pattern| match pattern.0.first() {
        Some(Name::Is(name)) => raw.contains(name),
        _ => true,
    };
    raw.contains("\\u") || patterns.iter().any(is_written)
}

/// The redaction of the member with the name for which `is_key` is true; `None` if nothing is replaced.
fn below(patterns: &[Pattern], is_key: impl Fn(&str) -> bool) -> Option<Redaction> {
    let mut left = Vec::new();
    for Pattern(pattern) in patterns {
        let mut pattern = pattern.clone();
        while let Some(name) = pattern.pop() {
            match name {
                Name::AnyNumber => {
                    let mut again = pattern.clone();
                    again.push(Name::AnyNumber);
                    left.push(Pattern(again));
                    // It may also match no name at all.
                    continue;
                }
                Name::Is(name) if !is_key(name) => {}
                _ if pattern.is_empty() => return Some(Redaction::Whole),
                _ => left.push(Pattern(pattern.clone())),
            }
            break;
        }
    }
    if left.is_empty() { None } else { Some(Redaction::Members(left)) }
}

/// Copies a value, without its secrets.
struct Writer<'a> {
    patterns: &'a [Pattern],
    depth: usize,
    out: String,
    redacted: bool,
}

impl Writer<'_> {
    fn member(&mut self, key: &str, raw: &str) {
        match below(self.patterns, |name| name == key) {
            _ if raw == "null" => self.out.push_str(raw),
            None => self.out.push_str(raw),
            Some(redaction) => self.replaced(redaction.apply_at(self.depth + 1, raw), raw),
        }
    }

    fn replaced(&mut self, redacted: Option<String>, raw: &str) {
        self.redacted |= redacted.is_some();
        self.out.push_str(redacted.as_deref().unwrap_or(raw));
    }
}

impl<'de> Visitor<'de> for &mut Writer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.out.push('{');
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if self.out.len() > 1 {
                self.out.push(',');
            }
            self.out.push_str(&serde_json::to_string(&key).map_err(A::Error::custom)?);
            self.out.push(':');
            let raw = map.next_value::<&RawValue>()?;
            self.member(&key, raw.get());
        }
        self.out.push('}');
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let whole = Redaction::Members(self.patterns.to_vec());
        self.out.push('[');
        while let Some(raw) = elements.next_element::<&RawValue>()? {
            if self.out.len() > 1 {
                self.out.push(',');
            }
            self.replaced(whole.apply_at(self.depth + 1, raw.get()), raw.get());
        }
        self.out.push(']');
        Ok(())
    }

    // A scalar has nothing below it, so `redacted` stays false.
    ignore_scalars!();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRETS: &[&str] = &["client_secret", "options.*.token", "options.**.password", "keys.private"];

    fn shown(path: &str, raw: &str) -> String {
        let path = if path.is_empty() { JsonPath::whole_row() } else { JsonPath::parse(path).unwrap() };
        Redaction::of(SECRETS, &path).and_then(|redaction| redaction.apply(raw)).unwrap_or_else(|| raw.to_owned())
    }

    #[test]
    fn secrets_are_replaced_in_every_column_that_shows_them() {
        let cases = [
            ("client_secret", r#""s3cret""#, REDACTED),
            // A value below a secret is part of it.
            ("client_secret.deeper[0]", "1", REDACTED),
            ("name", r#""s3cret""#, r#""s3cret""#),
            ("CLIENT_SECRET", r#""s3cret""#, REDACTED),
            ("clientSecret.deeper", r#""s3cret""#, REDACTED),
            (
                "",
                r#"{"client_secret":"s","name":"n","client_id":null}"#,
                r#"{"client_secret":"[redacted]","name":"n","client_id":null}"#,
            ),
            ("", r#"{"client_secret":null}"#, r#"{"client_secret":null}"#),
            // An escaped name is the same name.
            ("", r#"{"client\u005fsecret": {"a":[1]}}"#, r#"{"client_secret":"[redacted]"}"#),
            (
                "options",
                r#"{"token":"t","a":{"token":"t","b":{"token":"t"}}}"#,
                r#"{"token":"t","a":{"token":"[redacted]","b":{"token":"t"}}}"#,
            ),
            (
                "options",
                r#"{"password":1,"a":[{"password":2},[{"x":{"password":[3]}}]]}"#,
                r#"{"password":"[redacted]","a":[{"password":"[redacted]"},[{"x":{"password":"[redacted]"}}]]}"#,
            ),
            (
                "options.a[3]",
                r#"{"token":"t","password":"p","n":1.50}"#,
                r#"{"token":"[redacted]","password":"[redacted]","n":1.50}"#,
            ),
            ("keys", r#"[{"private":"p","public":"q"}]"#, r#"[{"private":"[redacted]","public":"q"}]"#),
            ("keys[0].private", r#""p""#, REDACTED),
            ("keys[0].public", r#""q""#, r#""q""#),
        ];
        for (path, raw, expected) in cases {
            assert_eq!(shown(path, raw), expected, "{path} {raw}");
        }
    }

    #[test]
    fn values_that_are_too_deep_are_replaced_without_overflowing_the_stack() {
        for depth in [DEEPEST - 3, DEEPEST, 1_000_000] {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let deep = |inner: &str| format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
                let row = |inner: &str| format!(r#"{{"options":{}}}"#, deep(inner));
                let secret = shown("", &row(r#"{"password":"hunter2","b":"stays"}"#));
                assert!(!secret.contains("hunter2"), "{depth}");
                assert_eq!(secret.contains("stays"), depth < DEEPEST, "{depth}");
                // A value that cannot contain a secret is not replaced.
                let plain = row(r#"{"b":"stays"}"#);
                assert!(shown("", &plain) == plain, "{depth}");
            }
        }
    }

    proptest! {
        /// At any depth, among any other members.
        #[test]
        fn no_secret_is_left(names in prop::collection::vec("[a-z]{1,6}", 0..6), arrays in prop::collection::vec(any::<bool>(), 6)) {
            let mut value = serde_json::json!({"password": "hunter2", "other": "stays"});
            for (name, array) in names.iter().zip(arrays) {
                value = if array { serde_json::json!([{name: value}]) } else { serde_json::json!({name: value}) };
            }
            let row = serde_json::json!({"options": value}).to_string();
            let shown = shown("", &row);
            prop_assert!(!shown.contains("hunter2"), "{}", shown);
            prop_assert!(shown.contains("stays") || names.iter().any(|name| name == "password"), "{}", shown);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&shown).is_ok());
        }
    }
}
