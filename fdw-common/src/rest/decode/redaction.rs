//! Secrets inside of answers: replaced before anything sees the row.
//!
//! An entity names the members that hold secrets. A column may show such a member, something below it,
//! or a document around it; in each case what stands in the member's place is [`REDACTED`], be the
//! secret a text or a whole document. `null` stays: it says that there is no secret.
//!
//! Only so many levels are looked through. What lies deeper beside a secret's name is replaced as well: an API
//! that nests without end must not use up the stack.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::json_path::{JsonPath, Step};
use crate::spelling::is_same_name;

/// What stands in a secret's place, as JSON.
pub const REDACTED: &str = "\"[redacted]\"";

/// Real documents have a few levels; every one takes some of the stack.
const DEEPEST: usize = 64;

/// What to replace in the values of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Redaction {
    /// The value itself.
    Whole,
    /// Members below it: what is left of their paths.
    Members(Vec<Pattern>),
}

/// The rest of a path to a secret, the next name last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Name>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Is(&'static str),
    Any,
    AnyNumber,
}

impl Redaction {
    /// What to replace in a column at this path; nothing when it shows no secret.
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
            // Elements of arrays are no step.
            if let Step::Key(key) = step {
                // A column may show a root member of its name in any spelling.
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

    /// The value with its secrets replaced; nothing when it holds none.
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
            // It has been read once, so that it can be read; if not, it is not shown.
            Err(_) => Some(REDACTED.to_owned()),
        }
    }
}

/// False for a value that holds none of the names at the patterns' ends, in whatever way they may be
/// written: most rows need not be read twice.
fn may_hold(raw: &str, patterns: &[Pattern]) -> bool {
    let is_written = |pattern: &Pattern| match pattern.0.first() {
        Some(Name::Is(name)) => raw.contains(name),
        _ => true,
    };
    raw.contains("\\u") || patterns.iter().any(is_written)
}

/// What is to be replaced in the member of the name for which `is_key` is true; nothing when nothing is.
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
                    // It may also stand for no name at all.
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

/// Writes a value again, without its secrets.
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

    // Nothing stands below them, and `redacted` stays false.
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
    fn secrets_are_replaced_wherever_a_column_shows_them() {
        let cases = [
            ("client_secret", r#""s3cret""#, REDACTED),
            // Something below a secret is a part of it.
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
    fn what_lies_too_deep_is_replaced_and_takes_no_stack() {
        for depth in [DEEPEST - 3, DEEPEST, 1_000_000] {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let deep = |inner: &str| format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
                let row = |inner: &str| format!(r#"{{"options":{}}}"#, deep(inner));
                let secret = shown("", &row(r#"{"password":"hunter2","b":"stays"}"#));
                assert!(!secret.contains("hunter2"), "{depth}");
                assert_eq!(secret.contains("stays"), depth < DEEPEST, "{depth}");
                // Where no secret can be, nothing is replaced.
                let plain = row(r#"{"b":"stays"}"#);
                assert!(shown("", &plain) == plain, "{depth}");
            }
        }
    }

    proptest! {
        /// However deep it lies, and whatever stands around it.
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
