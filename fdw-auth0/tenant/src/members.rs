//! The members of a JSON object, with their values as they were written.

use bytes::Bytes;
use serde::Deserialize as _;

use crate::fields::root_members;

/// The members of an object in their order, each with the JSON of its value.
///
/// Values keep their digits and escapes, so that an answer repeats what a request wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Members(Vec<(String, String)>);

impl Members {
    /// Reads an object; `None` if `json` is none. Of two members with one name the last one counts.
    pub(crate) fn read(json: &[u8]) -> Option<Self> {
        let mut members = Self::default();
        for (name, value) in root_members(json)? {
            members.set(&name, &compact(value.get()));
        }
        Some(members)
    }

    /// The JSON of a member's value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a member that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    /// True if there is a member with this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Replaces or appends a member; `value` is JSON.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Replaces or appends a member that is a text.
    pub(crate) fn set_text(&mut self, name: &str, value: &str) {
        self.set(name, &serde_json::Value::from(value).to_string());
    }

    /// Appends a member if there is none with this name.
    pub(crate) fn set_default(&mut self, name: &str, value: &str) {
        if !self.has(name) {
            self.set(name, value);
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object.
    pub(crate) fn render(&self) -> String {
        let members = self.iter().map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    /// The object, for an answer.
    pub(crate) fn to_bytes(&self) -> Bytes {
        self.render().into()
    }
}

/// The texts of a JSON array of texts.
pub(crate) fn texts(json: &str) -> Option<Vec<String>> {
    Vec::<String>::deserialize(&mut serde_json::Deserializer::from_str(json)).ok()
}

/// The JSON without whitespace outside of texts: a row must fit into one line of an export.
fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    for character in json.chars() {
        if in_text {
            in_text = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character.is_ascii_whitespace() {
            continue;
        } else {
            in_text = character == '"';
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_spelling_and_lose_their_whitespace() {
        let json =
            "{ \"a\" : 1.50,\n\"b\":[ 1 , \"x \\\" y\\\\\" , { \"c\" : null } ], \"a\": 12345678901234567890123 }";
        let mut members = Members::read(json.as_bytes()).unwrap();
        assert_eq!(members.render(), r#"{"a":12345678901234567890123,"b":[1,"x \" y\\",{"c":null}]}"#);
        members.set_text("t", "é\"");
        members.set_default("t", "1");
        members.set_default("d", "1");
        members.remove("a");
        assert_eq!(members.render(), r#"{"b":[1,"x \" y\\",{"c":null}],"t":"é\"","d":1}"#);
        assert_eq!((members.text("t").as_deref(), members.text("d"), members.has("a")), (Some("é\""), None, false));
        assert_eq!(Members::read(b"[]"), None);
        assert_eq!(texts(r#"["a","b"]"#), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(texts("[1]"), None);
    }
}
