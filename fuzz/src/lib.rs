//! What the targets compare with: JSON read in the simplest way there is, doubled members and all.

pub mod parsers;

use std::fmt;

use fdw_common::json_path::{JsonPath, Step};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value with everything that stands in its text.
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
    /// An object, its members in order, doubled ones too.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Reads a text.
    ///
    /// # Errors
    /// For what is no JSON, or more than a tree can hold: deeply nested, numbers beyond a float, escapes that
    /// stand for no character.
    pub fn read(text: &str) -> serde_json::Result<Tree> {
        serde_json::from_str(text)
    }

    /// The last member of a name: of doubled ones it counts.
    pub fn member(&self, name: &str) -> Option<&Tree> {
        match self {
            Tree::Object(members) => members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What stands at the end of a path; nothing for `null`.
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

    /// The same value with every secret replaced; `secrets` are paths of names, `*` any one and `**` any
    /// number of them, and elements of arrays are no step.
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

    /// The value that a path leads to, with its secrets replaced: a secret that the path leads into is one
    /// whole secret.
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
