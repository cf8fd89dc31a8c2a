//! The description of the Management API in `description.json`: endpoints, parameters, types of rows.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::answer::Answer;

/// The API, as `scripts/api-description` reads it from the official SDK.
pub(crate) static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
    // A file of this crate: the tests check that it parses.
    let text: Value = serde_json::from_str(include_str!("description.json")).unwrap_or_default();
    Description::from_json(&text)
});

/// All endpoints and types.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) endpoints: Vec<Endpoint>,
    types: HashMap<String, Vec<Field>>,
}

/// A member of an object.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// True if it may be missing or null.
    pub(crate) optional: bool,
    pub(crate) kind: Kind,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Integer,
    Boolean,
    Time,
    Object,
    Any,
    Enum(Vec<String>),
    List(Box<Kind>),
    /// An object of any members with values of one type.
    Map(Box<Kind>),
    Type(String),
    OneOf(Vec<Kind>),
}

/// An endpoint that answers GET.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Path below `/api/v2` with `{}` for every parameter.
    pub(crate) template: String,
    segments: Vec<Option<String>>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) shape: Shape,
}

/// A query parameter.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) kind: Kind,
}

/// The kind of answer of an endpoint.
#[derive(Debug)]
pub(crate) enum Shape {
    Rows {
        row: Kind,
        paging: Paging,
    },
    Object(Kind),
    /// An empty body.
    Nothing,
    /// Server-sent events.
    Stream,
}

/// The paging of a list, and the member that holds its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Paging {
    /// A bare array of all rows.
    Whole,
    /// All rows, in an object.
    Enveloped(String),
    /// `page`, `per_page`, `include_totals`.
    Page(String),
    /// `from`, `take`.
    Checkpoint(String),
    /// Both: checkpoints if the request has `from` or `take`, else numbered pages.
    Either(String),
    /// All rows in a bare array, or a checkpoint's envelope if the request has `from` or `take`.
    WholeOrCheckpoint(String),
    /// Pages of the logs: with `from` the answer is a bare array and has a `Link` header.
    Logs(String),
    /// `page`, `per_page`, always with an envelope, which omits members that are zero.
    Actions(String),
}

impl Paging {
    /// The member that holds the rows; `None` for a bare array.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Whole => None,
            Self::Enveloped(key)
            | Self::Page(key)
            | Self::Checkpoint(key)
            | Self::Either(key)
            | Self::WholeOrCheckpoint(key)
            | Self::Logs(key)
            | Self::Actions(key) => Some(key),
        }
    }
}

/// The lists that have both kinds of paging; the SDK has one of them.
const BOTH_PAGINGS: [&str; 10] = [
    "/client-grants",
    "/clients",
    "/connections",
    "/groups",
    "/organizations",
    "/client-grants/{}/organizations",
    "/flows/{}/executions",
    "/organizations/{}/members",
    "/roles/{}/users",
    "/users/{}/groups",
];

impl Description {
    fn from_json(json: &Value) -> Self {
        let none = Map::new();
        let members = |name: &str| json[name].as_object().unwrap_or(&none).iter();
        let types: HashMap<String, Vec<Field>> =
            members("types").map(|(name, fields)| (name.clone(), fields_of(fields).collect())).collect();
        let endpoints =
            members("endpoints").map(|(path, endpoint)| Endpoint::from_json(path, endpoint, &types)).collect();
        Self { endpoints, types }
    }

    /// The endpoint of a path below `/api/v2`, and the values of the parameters in it, decoded.
    pub(crate) fn find(&self, path: &str) -> Option<(&Endpoint, Vec<String>)> {
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let fits = |endpoint: &&Endpoint| {
            endpoint.segments.len() == segments.len()
                && endpoint.segments.iter().zip(&segments).all(|(wanted, segment)| match wanted {
                    Some(wanted) => wanted == segment,
                    None => !segment.is_empty(),
                })
        };
        // `/custom-domains/default` before `/custom-domains/{id}`.
        let literals = |endpoint: &&Endpoint| endpoint.segments.iter().flatten().count();
        let endpoint = self.endpoints.iter().filter(fits).max_by_key(literals)?;
        let values = endpoint.segments.iter().zip(&segments).filter(|(wanted, _)| wanted.is_none());
        let decoded = values.map(|(_, value)| {
            percent_encoding::percent_decode_str(value).decode_utf8().map(|value| value.into_owned()).ok()
        });
        Some((endpoint, decoded.collect::<Option<_>>()?))
    }

    /// The endpoint with this template.
    pub(crate) fn endpoint(&self, template: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.template == template)
    }

    /// The fields of an object's type; empty for any other kind. `choice` selects one of several alternatives.
    pub(crate) fn fields<'a>(&'a self, kind: &'a Kind, choice: usize) -> &'a [Field] {
        match kind {
            Kind::Type(name) => self.types.get(name).map(Vec::as_slice).unwrap_or_default(),
            Kind::OneOf(kinds) if !kinds.is_empty() => self.fields(&kinds[choice % kinds.len()], choice),
            _ => &[],
        }
    }
}

impl Endpoint {
    fn from_json(path: &str, json: &Value, types: &HashMap<String, Vec<Field>>) -> Self {
        let template = template(path);
        let segments = template.trim_start_matches('/').split('/');
        let segments = segments.map(|segment| (segment != "{}").then(|| segment.to_owned())).collect();
        let parameters = fields_of(&json["query"])
            .map(|Field { name, optional, kind }| Parameter { name, required: !optional, kind })
            .collect();
        let answer = json["answer"].as_str().unwrap_or_default();
        let shape = match json["row"].as_str() {
            Some(row) => {
                let list = Kind::List(Box::new(Kind::parse(row)));
                let envelope =
                    answer.strip_prefix('#').and_then(|name| types.get(name)).map(Vec::as_slice).unwrap_or_default();
                let has = |name: &str| envelope.iter().any(|field| field.name == name);
                let key = envelope
                    .iter()
                    .find(|field| field.kind == list)
                    .map(|field| field.name.clone())
                    .unwrap_or_default();
                let paging = match template.as_str() {
                    "/logs" => Paging::Logs(key),
                    template if BOTH_PAGINGS.contains(&template) => Paging::Either(key),
                    _ if has("per_page") => Paging::Actions(key),
                    _ if has("next") => Paging::Checkpoint(key),
                    _ => Paging::Page(key),
                };
                Shape::Rows { row: Kind::parse(row), paging }
            }
            None => match Kind::parse(answer) {
                _ if answer == "nothing" => Shape::Nothing,
                _ if answer == "stream" => Shape::Stream,
                Kind::List(row) if template == "/custom-domains" => {
                    Shape::Rows { row: *row, paging: Paging::WholeOrCheckpoint("custom_domains".to_owned()) }
                }
                Kind::List(row) => Shape::Rows { row: *row, paging: Paging::Whole },
                Kind::Type(name) => match types.get(&name).map(Vec::as_slice) {
                    // An object whose only member is an array of objects is a list.
                    Some([Field { name: key, kind: Kind::List(row), .. }])
                        if matches!(**row, Kind::Type(_) | Kind::OneOf(_)) && !template.ends_with("{}") =>
                    {
                        Shape::Rows { row: (**row).clone(), paging: Paging::Enveloped(key.clone()) }
                    }
                    _ => Shape::Object(Kind::Type(name)),
                },
                kind => Shape::Object(kind),
            },
        };
        Self { template, segments, parameters, shape }
    }
}

impl Parameter {
    /// Returns Auth0's 400 for a value that is not of the parameter's type.
    pub(crate) fn check(&self, value: &str) -> Result<(), Answer> {
        let refused = |problem: &str| Err(Answer::invalid_query(problem, &self.name, "A parameter of this endpoint"));
        match &self.kind {
            Kind::Boolean if !matches!(value, "true" | "false") => {
                refused("Expected type boolean but found type string")
            }
            Kind::Integer if value.parse::<i64>().is_err() => refused("Expected type integer but found type string"),
            Kind::Enum(values) if !values.iter().any(|known| known == value) => {
                refused(&format!("No enum match for: {value}"))
            }
            _ => Ok(()),
        }
    }
}

impl Kind {
    fn parse(word: &str) -> Self {
        if let Some(element) = word.strip_prefix("[]") {
            return Self::List(Box::new(Self::parse(element)));
        }
        if let Some(value) = word.strip_prefix("{}") {
            return Self::Map(Box::new(Self::parse(value)));
        }
        if let Some(values) = word.strip_prefix("enum:").filter(|values| !values.contains('|')) {
            return Self::Enum(values.split(',').map(str::to_owned).collect());
        }
        if word.contains('|') {
            return Self::OneOf(word.split('|').map(Self::parse).collect());
        }
        match word {
            "string" => Self::Text,
            "number" => Self::Number,
            "integer" => Self::Integer,
            "boolean" => Self::Boolean,
            "date-time" => Self::Time,
            "object" => Self::Object,
            _ => word.strip_prefix('#').map_or(Self::Any, |name| Self::Type(name.to_owned())),
        }
    }
}

/// A path with `{}` in place of every parameter's name.
pub(crate) fn template(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn fields_of(json: &Value) -> impl Iterator<Item = Field> {
    json.as_object().into_iter().flatten().map(|(name, kind)| Field {
        name: name.trim_end_matches('?').to_owned(),
        optional: name.ends_with('?'),
        kind: Kind::parse(kind.as_str().unwrap_or_default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn description_has_every_endpoint_and_row_member() {
        assert_eq!(DESCRIPTION.endpoints.len(), 210);
        let unkeyed = |endpoint: &&Endpoint| match &endpoint.shape {
            Shape::Rows { paging, .. } => paging.key() == Some(""),
            _ => false,
        };
        assert_eq!(DESCRIPTION.endpoints.iter().filter(unkeyed).map(|e| &e.template).collect::<Vec<_>>(), [""; 0]);
        for template in BOTH_PAGINGS {
            assert!(DESCRIPTION.endpoint(template).is_some(), "{template}");
        }
    }

    #[test]
    fn a_path_finds_its_endpoint_and_parameters() {
        let table = [
            ("/roles", Some(("/roles", vec![]))),
            ("/roles/rol_1", Some(("/roles/{}", vec!["rol_1"]))),
            ("/custom-domains/default", Some(("/custom-domains/default", vec![]))),
            ("/users/auth0%7C1%2F2/roles", Some(("/users/{}/roles", vec!["auth0|1/2"]))),
            ("/organizations/o/members/u/roles", Some(("/organizations/{}/members/{}/roles", vec!["o", "u"]))),
            ("/organizations//members", None),
            ("/roles/", None),
            ("/nothing", None),
            ("/roles/%ff", None),
        ];
        for (path, expected) in table {
            let found = DESCRIPTION.find(path).map(|(endpoint, values)| (endpoint.template.clone(), values));
            let expected = expected.map(|(template, values)| {
                (template.to_owned(), values.into_iter().map(str::to_owned).collect::<Vec<_>>())
            });
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn a_list_has_its_kind_of_paging() {
        let paging = |template: &str| match &DESCRIPTION.endpoint(template).unwrap().shape {
            Shape::Rows { paging, .. } => format!("{paging:?}"),
            shape => format!("{shape:?}"),
        };
        let table = [
            ("/roles", r#"Page("roles")"#),
            ("/organizations", r#"Either("organizations")"#),
            ("/users/{}/refresh-tokens", r#"Checkpoint("tokens")"#),
            ("/users/{}/authentication-methods", r#"Page("authenticators")"#),
            ("/event-streams", r#"Checkpoint("eventStreams")"#),
            ("/actions/triggers/{}/bindings", r#"Actions("bindings")"#),
            ("/actions/triggers", r#"Enveloped("triggers")"#),
            ("/log-streams", "Whole"),
            ("/custom-domains", r#"WholeOrCheckpoint("custom_domains")"#),
            ("/logs", r#"Logs("logs")"#),
            ("/stats/active-users", "Object(Number)"),
            ("/connections/{}/status", "Nothing"),
            ("/events", "Stream"),
        ];
        for (template, expected) in table {
            assert_eq!(paging(template), expected, "{template}");
        }
    }
}
