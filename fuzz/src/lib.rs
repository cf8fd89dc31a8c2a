//! The reference implementation of the fuzz targets: a simple JSON tree that keeps duplicate members.

pub mod parsers;

use std::fmt;

use fdw_common::json_path::{JsonPath, Step};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value with everything in its text.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
    /// An array.
    Array(Vec<Tree>),
    /// An object, with its members in order, including duplicates.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Reads a text.
    ///
    /// # Errors
    /// For invalid JSON, or JSON that a tree cannot hold: too deeply nested, with numbers beyond a float, or with
    /// escapes of invalid characters.
    pub fn read(text: &str) -> serde_json::Result<Tree> {
        serde_json::from_str(text)
    }

    /// The last member with a name, which is the one that counts.
    pub fn member(&self, name: &str) -> Option<&Tree> {
        match self {
            Tree::Object(members) => members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The value at a path; `None` for `null`.
    pub fn at(&self, path: &JsonPath) -> Option<&Tree> {
        let mut here = self;
        for step in &path.0 {
            here = match (here, step) {
                (_, Step::Key(key)) => here.member(key)?,
                (Tree::Array(elements), Step::Index(index)) => elements.get(*index)?,
                _ => return None,
            };
        }
        (*here != Tree::Null).then_some(here)
    }

    /// The same value with every secret replaced. `secrets` are paths of names, in which `*` matches one name and `**`
    /// any number of them; array elements do not count as steps.
    pub fn redacted(&self, secrets: &[&str]) -> Tree {
        let patterns: Vec<Vec<&str>> = secrets.iter().map(|path| path.split('.').collect()).collect();
        self.redacted_below(&patterns, &mut Vec::new())
    }

    fn redacted_below(&self, patterns: &[Vec<&str>], names: &mut Vec<String>) -> Tree {
        match self {
            Tree::Null => Tree::Null,
            _ if patterns.iter().any(|pattern| matches(pattern, names)) => Tree::Text("[redacted]".to_owned()),
            Tree::Array(elements) => {
                Tree::Array(elements.iter().map(|element| element.redacted_below(patterns, names)).collect())
            }
            Tree::Object(members) => {
                let member = |(name, value): &(String, Tree)| {
                    names.push(name.clone());
                    let value = value.redacted_below(patterns, names);
                    names.pop();
                    (name.clone(), value)
                };
                Tree::Object(members.iter().map(member).collect())
            }
            other => other.clone(),
        }
    }

    /// The value at a path, with its secrets replaced. A value within a secret is replaced as a whole.
    pub fn redacted_at(&self, path: &JsonPath, secrets: &[&str]) -> Option<Tree> {
        let patterns: Vec<Vec<&str>> = secrets.iter().map(|path| path.split('.').collect()).collect();
        let value = self.at(path)?;
        let mut names = Vec::new();
        for step in &path.0 {
            if let Step::Key(key) = step {
                names.push(key.clone());
                if patterns.iter().any(|pattern| matches(pattern, &names)) {
                    return Some(Tree::Text("[redacted]".to_owned()));
                }
            }
        }
        Some(value.redacted_below(&patterns, &mut names))
    }
}

fn matches(pattern: &[&str], names: &[String]) -> bool {
    match (pattern.split_first(), names.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), None) => matches(rest, names),
        (Some((&"**", rest)), Some((_, names_left))) => matches(rest, names) || matches(pattern, names_left),
        (Some((name, rest)), Some((own, names_left))) => (*name == "*" || name == own) && matches(rest, names_left),
        _ => false,
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Tree;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Bool(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
                Ok(Tree::Number(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
                Ok(Tree::Number(value.into()))
            }
            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Tree, E> {
                serde_json::Number::from_f64(value).map(Tree::Number).ok_or_else(|| E::custom("no number"))
            }
            fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
                Ok(Tree::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Tree, A::Error> {
                let mut all = Vec::new();
                while let Some(element) = elements.next_element()? {
                    all.push(element);
                }
                Ok(Tree::Array(all))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = members.next_entry()? {
                    all.push(member);
                }
                Ok(Tree::Object(all))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
