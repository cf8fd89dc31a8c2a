//! `fields` and `include_fields`: the root members of a user that are sent.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::answer::Answer;

/// A selection of root members.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    names: Vec<String>,
    include: bool,
}

impl Fields {
    /// Reads the two parameters; `None` means whole users.
    pub(crate) fn from_pairs(pairs: &[(String, String)]) -> Result<Option<Self>, Answer> {
        let mut names = Vec::new();
        let mut include = true;
        for (name, value) in pairs {
            match name.as_str() {
                "fields" => {
                    names =
                        value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
                }
                "include_fields" => {
                    include = boolean(
                        value,
                        "include_fields",
                        "Whether specified fields are to be included (true) or excluded (false)",
                    )?;
                }
                _ => {}
            }
        }
        Ok((!names.is_empty()).then_some(Self { names, include }))
    }

    /// All members but one.
    pub(crate) fn without(name: &str) -> Self {
        Self { names: vec![name.to_owned()], include: false }
    }

    /// True if the parameter names this member as included.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.include && self.has(name)
    }

    /// True if this member is sent.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| wanted == name) == self.include
    }

    /// The user with the selected members only, in their order. JSON that is no object is unchanged.
    pub(crate) fn project(&self, user: &Bytes) -> Bytes {
        let Some(members) = root_members(user) else {
            return user.clone();
        };
        let mut out = String::with_capacity(user.len());
        out.push('{');
        for (name, value) in members {
            if !self.has(&name) {
                continue;
            }
            if out.len() > 1 {
                out.push(',');
            }
            out.push_str(&serde_json::Value::from(name).to_string());
            out.push(':');
            out.push_str(value.get());
        }
        out.push('}');
        out.into()
    }
}

/// A boolean parameter, or Auth0's 400.
pub(crate) fn boolean(value: &str, property: &str, description: &str) -> Result<bool, Answer> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Answer::invalid_query("Expected type boolean but found type string", property, description)),
    }
}

/// The members of a JSON object with their raw values; `None` if `json` is no object.
pub(crate) fn root_members(json: &[u8]) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(name) = map.next_key::<Name<'de>>()? {
                members.push((name.0, map.next_value()?));
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_slice(json).deserialize_map(Members).ok()
}

#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn project(query: &str, user: &str) -> String {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let user = Bytes::copy_from_slice(user.as_bytes());
        let bytes = match Fields::from_pairs(&pairs).unwrap() {
            Some(fields) => fields.project(&user),
            None => user,
        };
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn fields_select_root_members_byte_for_byte() {
        let user = r#"{"user_id":"a|1","n":1.50,"o":{"n":[1, 2]},"caf\u00e9":"\u00e9","name":"x"}"#;
        let table = [
            ("", user),
            ("fields=", user),
            ("include_fields=false", user),
            ("fields=user_id,n", r#"{"user_id":"a|1","n":1.50}"#),
            ("fields=name, user_id", r#"{"user_id":"a|1","name":"x"}"#),
            ("fields=o&include_fields=true", r#"{"o":{"n":[1, 2]}}"#),
            ("fields=o.n,none", "{}"),
            ("fields=caf%C3%A9", r#"{"café":"\u00e9"}"#),
            ("fields=o,n,name&include_fields=false", r#"{"user_id":"a|1","café":"\u00e9"}"#),
        ];
        for (query, expected) in table {
            assert_eq!(project(query, user), expected, "{query}");
        }
        assert_eq!(project("fields=a", "17"), "17");
    }

    #[test]
    fn include_fields_other_than_a_boolean_is_refused() {
        let pairs = [("include_fields".to_owned(), "yes".to_owned())];
        let answer = Fields::from_pairs(&pairs).unwrap_err();
        assert_eq!(answer.status, 400);
    }
}
