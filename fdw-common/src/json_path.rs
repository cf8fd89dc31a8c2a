//! The place of a column's value inside a row.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// One step into a JSON value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// The member of an object.
    Key(String),
    /// The element of an array, counted from 0.
    Index(usize),
    /// The bound value of this column; it is not in the row. It is the only step of its path, and the option
    /// `json_path` has no notation for it.
    Bound(String),
}

/// A path into a row, such as `app_metadata.plan`, `identities[0].connection` or
/// `user_metadata."a.b"`. The empty path is the whole row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JsonPath(pub Vec<Step>);

/// Real rows are not nested deeper than this, and every step uses some of the stack when rows are read.
const MOST_STEPS: usize = 100;

impl JsonPath {
    /// The path to a root member. `name` is taken literally: dots and brackets have no meaning.
    pub fn root_member(name: &str) -> Self {
        JsonPath(vec![Step::Key(name.to_owned())])
    }

    /// The bound value of the column `name`, which is not in the row.
    pub fn bound(name: &str) -> Self {
        JsonPath(vec![Step::Bound(name.to_owned())])
    }

    /// True for a bound value.
    pub fn is_bound(&self) -> bool {
        matches!(self.0.as_slice(), [Step::Bound(_)])
    }

    /// The whole row.
    pub fn whole_row() -> Self {
        JsonPath(Vec::new())
    }

    /// The root member that the path starts with; `None` for the whole row.
    pub fn root(&self) -> Option<&str> {
        match self.0.first() {
            Some(Step::Key(name)) => Some(name),
            _ => None,
        }
    }

    /// Reads the notation of the column option `json_path`: keys joined by `.`, array elements as
    /// `[n]`, keys with other characters in double quotes (a quote inside is doubled).
    ///
    /// # Errors
    /// `OptionValue` with the position of the first character that is not part of a path.
    pub fn parse(text: &str) -> Result<Self> {
        let mut steps = Vec::new();
        let mut rest = text;
        let fail = |rest: &str| {
            Err(Error::new(
                ErrorKind::OptionValue,
                format!("option \"json_path\" is not a path at character {}", text.len() - rest.len() + 1),
            )
            .with_hint("Write keys joined by dots, e.g. 'app_metadata.plan', 'identities[0].connection' or 'user_metadata.\"a.b\"'."))
        };
        loop {
            // A key, quoted or plain.
            if let Some(quoted) = rest.strip_prefix('"') {
                let Some((key, after)) = split_quoted(quoted) else { return fail(rest) };
                steps.push(Step::Key(key));
                rest = after;
            } else {
                let end = rest.find(['.', '[', '"', ']']).unwrap_or(rest.len());
                if end == 0 {
                    return fail(rest);
                }
                steps.push(Step::Key(rest[..end].to_owned()));
                rest = &rest[end..];
            }
            // Any number of array elements.
            while let Some(bracket) = rest.strip_prefix('[') {
                let Some((digits, after)) = bracket.split_once(']') else { return fail(rest) };
                let (true, Ok(index)) = (digits.bytes().all(|b| b.is_ascii_digit()), digits.parse()) else {
                    return fail(rest);
                };
                steps.push(Step::Index(index));
                rest = after;
            }
            if steps.len() > MOST_STEPS {
                return Err(Error::new(
                    ErrorKind::OptionValue,
                    format!("option \"json_path\" has more than {MOST_STEPS} steps"),
                )
                .with_hint("Read the document around it, and use Postgres's jsonb operators for the rest."));
            }
            match rest.strip_prefix('.') {
                Some(after) => rest = after,
                None if rest.is_empty() => return Ok(JsonPath(steps)),
                None => return fail(rest),
            }
        }
    }
}

/// The text up to the closing quote, with doubled quotes undone, and the rest after the quote.
fn split_quoted(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut rest = text;
    loop {
        let quote = rest.find('"')?;
        key.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                key.push('"');
                rest = after;
            }
            None => return Some((key, rest)),
        }
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Bound(name) => write!(f, "{{{name}}}")?,
                Step::Key(key) => {
                    if i > 0 {
                        f.write_str(".")?;
                    }
                    if key.is_empty() || key.contains(['.', '[', ']', '"']) {
                        write!(f, "\"{}\"", key.replace('"', "\"\""))?;
                    } else {
                        f.write_str(key)?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> Step {
        Step::Key(text.to_owned())
    }

    #[test]
    fn parse_reads_keys_and_indexes() {
        let cases: &[(&str, &[Step])] = &[
            ("plan", &[key("plan")]),
            ("app_metadata.plan", &[key("app_metadata"), key("plan")]),
            ("identities[0].connection", &[key("identities"), Step::Index(0), key("connection")]),
            ("a[1][2]", &[key("a"), Step::Index(1), Step::Index(2)]),
            ("\"https://x.y/z\".q", &[key("https://x.y/z"), key("q")]),
            ("a.\"say \"\"hi\"\"\"", &[key("a"), key("say \"hi\"")]),
            ("a b", &[key("a b")]),
        ];
        for (text, steps) in cases {
            assert_eq!(JsonPath::parse(text).unwrap().0, *steps, "{text}");
        }
    }

    #[test]
    fn parse_refuses_invalid_paths() {
        for text in ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "a[]", "a]", "a\"b\"", "\"a", "\"a\"b", "[0]"]
        {
            assert!(JsonPath::parse(text).is_err(), "{text}");
        }
        for (step, at_most) in [(".a", MOST_STEPS - 1), ("[7]", MOST_STEPS - 1)] {
            assert!(JsonPath::parse(&format!("a{}", step.repeat(at_most))).is_ok());
            let error = JsonPath::parse(&format!("a{}", step.repeat(at_most + 1))).unwrap_err();
            assert_eq!(error.message(), "option \"json_path\" has more than 100 steps");
        }
    }

    proptest! {
        #[test]
        fn parse_reads_printed_paths(keys in prop::collection::vec(("\\PC{0,8}", prop::option::of(0usize..99)), 1..5)) {
            let steps = keys.into_iter().flat_map(|(k, index)| {
                std::iter::once(Step::Key(k)).chain(index.map(Step::Index))
            }).collect();
            let path = JsonPath(steps);
            prop_assert_eq!(JsonPath::parse(&path.to_string()).unwrap(), path);
        }

        #[test]
        fn parse_never_panics(text in "\\PC{0,40}") {
            let _ = JsonPath::parse(&text);
        }
    }
}
