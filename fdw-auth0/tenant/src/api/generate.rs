//! Values for the fields of rows, from their types and names.

use serde_json::{Map, Value, json};

use crate::api::description::{DESCRIPTION, Kind};
use crate::synthetic::{Dice, timestamp};

/// The source of one row's values.
pub(crate) struct Generator<'a> {
    pub(crate) dice: Dice,
    /// The row's position in its collection, for unique names.
    pub(crate) index: usize,
    /// Returns the key of some row of a collection, for fields that refer to one.
    pub(crate) reference: &'a dyn Fn(&str, &mut Dice) -> Option<String>,
}

/// The maximum depth of nested objects.
const DEEPEST: usize = 5;

/// Fields that refer to a row of a collection.
const REFERENCES: [(&str, &str); 15] = [
    ("action_id", "/actions/actions"),
    ("audience", "/resource-servers"),
    ("clientID", "/clients"),
    ("client_id", "/clients"),
    ("connection", "connections by name"),
    ("connection_id", "/connections"),
    ("flow_id", "/flows"),
    ("group_id", "/groups"),
    ("identity_user_id", "/users"),
    ("organization_id", "/organizations"),
    ("resource_server_identifier", "/resource-servers"),
    ("role_id", "/roles"),
    ("roles", "/roles"),
    ("userID", "/users"),
    ("user_id", "/users"),
];

impl Generator<'_> {
    /// An object of a type. Optional fields that are not in `kept` are missing from some objects, and null in others.
    pub(crate) fn object(&mut self, kind: &Kind, kept: &[&str]) -> Map<String, Value> {
        let choice = self.dice.0.usize(..64);
        self.members(kind, choice, kept, 0)
    }

    fn members(&mut self, kind: &Kind, choice: usize, kept: &[&str], depth: usize) -> Map<String, Value> {
        let mut members = Map::new();
        // The deepest objects have only the required fields.
        let fields = DESCRIPTION.fields(kind, choice).iter().filter(|field| depth < DEEPEST || !field.optional);
        for field in fields {
            let absent = self.dice.0.u8(..16);
            let value = self.value(&field.kind, &field.name, depth);
            let is_kept =
                !field.optional || (depth == 0 && (kept.contains(&field.name.as_str()) || field.name == "name"));
            match absent {
                0..2 if !is_kept => {}
                2 if !is_kept => {
                    members.insert(field.name.clone(), Value::Null);
                }
                _ => {
                    members.insert(field.name.clone(), value);
                }
            }
        }
        members
    }

    /// A value of a type for the field of this name.
    pub(crate) fn value(&mut self, kind: &Kind, name: &str, depth: usize) -> Value {
        match kind {
            Kind::Text => self.text(name).into(),
            Kind::Integer => self.dice.0.u32(..2_000).into(),
            Kind::Number if self.dice.0.bool() => self.dice.0.u32(..2_000).into(),
            Kind::Number => (f64::from(self.dice.0.u32(..20_000)) / 8.0).into(),
            Kind::Boolean => self.dice.0.bool().into(),
            Kind::Time => self.time().into(),
            Kind::Object => {
                json!({"plan": self.dice.pick(&["free", "pro", "Größe \"L\""]), "level": self.dice.0.u8(..9)})
            }
            Kind::Any => match self.dice.0.u8(..3) {
                0 => self.text(name).into(),
                1 => self.dice.0.bool().into(),
                _ => json!({"any": [self.dice.0.u8(..9), null]}),
            },
            Kind::Enum(values) => self.dice.0.choice(values).map_or(Value::Null, |value| value.as_str().into()),
            Kind::List(_) if depth >= DEEPEST => json!([]),
            Kind::List(element) => {
                let count = self.dice.0.usize(..4);
                (0..count).map(|_| self.value(element, name, depth + 1)).collect()
            }
            Kind::Map(_) if depth >= DEEPEST => json!({}),
            Kind::Map(value) => {
                let names = ["plan", "größe", "A b"];
                let count = self.dice.0.usize(..=names.len());
                names[..count].iter().map(|name| ((*name).to_owned(), self.value(value, name, depth + 1))).collect()
            }
            Kind::Type(_) => {
                let choice = self.dice.0.usize(..64);
                self.members(kind, choice, &[], depth + 1).into()
            }
            Kind::OneOf(_) if is_time(name) => self.time().into(),
            Kind::OneOf(kinds) => {
                let kind = self.dice.0.choice(kinds);
                kind.map_or(Value::Null, |kind| self.value(kind, name, depth))
            }
        }
    }

    fn text(&mut self, name: &str) -> String {
        if let Some((_, collection)) = REFERENCES.iter().find(|(field, _)| *field == name)
            && let Some(key) = (self.reference)(collection, &mut self.dice)
        {
            return key;
        }
        let index = self.index;
        match name {
            "id" => self.dice.hex(24),
            "name" => format!("{} {index}", self.dice.pick(&["Alpha", "Überblick", "日本", "O'Neil", "a\"b\\c"])),
            "email" => format!("user{index}@example.com"),
            "ip" | "last_ip" => format!("203.0.113.{}", self.dice.0.u8(..)),
            "domain" => format!("d{index}.example.com"),
            "strategy" => self.dice.pick(&["auth0", "google-oauth2", "samlp", "waad"]).to_owned(),
            "scope" => "read:reports create:reports".to_owned(),
            _ if is_time(name) => self.time(),
            _ if name.ends_with("url") || name.ends_with("uri") || name.ends_with("urls") => {
                format!("https://example.com/{name}/{}", self.dice.hex(8))
            }
            _ if name.ends_with("secret") || name.ends_with("token") => format!("made-up-{}", self.dice.hex(24)),
            _ => format!("{name} {}", self.dice.pick(&["one", "zwei", "trois", "四", ""])),
        }
    }

    fn time(&mut self) -> String {
        timestamp(1_577_836_800_000 + self.dice.0.u64(..190_000_000_000))
    }
}

/// True if a field of this name holds a time. The description has the type text for some of them, and text or an
/// object for others; tenants send a text.
fn is_time(name: &str) -> bool {
    let ends = ["_at", "_since", "_until"];
    ["date", "last_auth"].contains(&name) || ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::description::Shape;

    fn rows(template: &str, count: usize) -> Vec<Map<String, Value>> {
        let Shape::Rows { row, .. } = &DESCRIPTION.endpoint(template).unwrap().shape else {
            panic!("{template} is no list");
        };
        let reference = |collection: &str, _: &mut Dice| (collection == "/clients").then(|| "a client".to_owned());
        let row_at = |index: usize| {
            let mut generator = Generator { dice: Dice::new(1, index as u64), index, reference: &reference };
            generator.object(row, &["client_id"])
        };
        (0..count).map(row_at).collect()
    }

    #[test]
    fn optional_fields_are_missing_from_some_and_null_in_others() {
        let clients = rows("/clients", 200);
        let count = |holds: &dyn Fn(&Map<String, Value>) -> bool| clients.iter().filter(|client| holds(client)).count();
        assert!((10..50).contains(&count(&|client| !client.contains_key("app_type"))));
        assert!((4..40).contains(&count(&|client| client.get("app_type") == Some(&Value::Null))));
        assert_eq!(count(&|client| client["client_id"] == "a client"), 200);
        // A required field is always present.
        assert!(rows("/guardian/factors", 200).iter().all(|factor| factor["enabled"].is_boolean()));
    }

    #[test]
    fn rows_vary_in_their_alternatives_and_repeat_by_seed() {
        let streams = rows("/log-streams", 200);
        let types: std::collections::BTreeSet<_> =
            streams.iter().filter_map(|stream| stream.get("type")?.as_str()).collect();
        assert!(types.len() > 5, "{types:?}");
        assert_eq!(rows("/log-streams", 20), streams[..20]);
    }
}
