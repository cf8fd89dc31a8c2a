//! The parameters of a list that filter its rows.

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::Value;

use crate::answer::Answer;
use crate::api::description::{DESCRIPTION, Endpoint, Field, Kind};

/// Parameters that page, sort or project, or that the local tenant ignores.
const NOT_FILTERS: [&str; 17] = [
    "page",
    "per_page",
    "include_totals",
    "from",
    "take",
    "fields",
    "include_fields",
    "sort",
    "parser",
    "hydrate",
    "synchronous",
    "search_engine",
    "primary_order",
    "consider_brute_force_enablement",
    "include_client_association_for",
    "from_timestamp",
    "default_for",
];

/// Parameters with a name other than their field's.
const FIELD_NAMES: [(&str, &str); 7] = [
    ("actionName", "name"),
    ("client_id", "clientID"),
    ("is_global", "global"),
    ("identifiers", "identifier"),
    ("grant_ids", "id"),
    ("statuses", "status"),
    ("event_types", "event_type"),
];

/// One condition of a list.
#[derive(Debug, PartialEq)]
pub(crate) enum Filter {
    /// The field, or one of its elements if it is an array, is one of these values.
    AnyOf { field: String, values: Vec<String> },
    /// The field contains this text, ignoring case.
    Contains { field: String, text: String },
    /// One of the fields begins with this text, ignoring case.
    Begins { fields: &'static [&'static str], text: String },
    /// The field has a value if `wanted`, else none.
    Has { field: &'static str, wanted: bool },
    /// A clause of `q`.
    Clause(Clause),
}

/// `field:value` of a search.
#[derive(Debug, PartialEq)]
pub(crate) struct Clause {
    path: Vec<String>,
    pattern: Pattern,
}

#[derive(Debug, PartialEq)]
enum Pattern {
    Exactly(String),
    Like(Vec<String>),
    /// Any of these values.
    AnyOf(Vec<String>),
    /// Texts from one to another; each flag says whether the range includes that end.
    Between(String, bool, String, bool),
}

impl Filter {
    /// The filters of a query, or a 400 for a query that is not valid.
    pub(crate) fn from_pairs(endpoint: &Endpoint, row: &Kind, pairs: &[(String, String)]) -> Result<Vec<Self>, Answer> {
        let fields = DESCRIPTION.fields(row, 0);
        let mut filters: Vec<Self> = Vec::new();
        for (name, value) in pairs {
            for filter in Self::of(endpoint, fields, name, value)? {
                // A repeated parameter matches either value.
                let same = filters.iter_mut().find_map(|known| match (known, &filter) {
                    (Self::AnyOf { field, values }, Self::AnyOf { field: other, .. }) if field == other => Some(values),
                    _ => None,
                });
                match (same, filter) {
                    (Some(values), Self::AnyOf { values: more, .. }) => values.extend(more),
                    (_, filter) => filters.push(filter),
                }
            }
        }
        let has = |names: &[&str]| pairs.iter().any(|(name, _)| names.contains(&name.as_str()));
        // "The property will default to `refresh_token` when paging is requested" (API description).
        if endpoint.template == "/device-credentials" && has(&["page", "per_page"]) && !has(&["type"]) {
            filters.push(Self::AnyOf { field: "type".to_owned(), values: vec!["refresh_token".to_owned()] });
        }
        Ok(filters)
    }

    /// The filters of one parameter for rows with these fields.
    fn of(endpoint: &Endpoint, fields: &[Field], name: &str, value: &str) -> Result<Vec<Self>, Answer> {
        let is_field = |name: &str| fields.iter().any(|field| field.name == name);
        let is_declared = endpoint.parameters.iter().any(|parameter| parameter.name == name);
        let template = endpoint.template.as_str();
        Ok(match name {
            // The SDK does not have the search of logs.
            "q" if is_declared || template == "/logs" => clauses(value)?.into_iter().map(Self::Clause).collect(),
            "from" | "to" if template == "/stats/daily" => {
                vec![Self::Clause(Clause { path: vec!["date".to_owned()], pattern: Pattern::day(name, value)? })]
            }
            _ if !is_declared || NOT_FILTERS.contains(&name) => Vec::new(),
            "name_filter" => vec![Self::Contains { field: "name".to_owned(), text: value.to_lowercase() }],
            "search" => {
                let of_logs: &[&str] = &["client_name", "connection", "user_name"];
                let fields = if template == "/logs" { of_logs } else { &["name"] };
                vec![Self::Begins { fields, text: value.to_lowercase() }]
            }
            // An action has a version once it was deployed, and an integration if it was installed.
            "deployed" => vec![Self::Has { field: "deployed_version", wanted: value == "true" }],
            "installed" => vec![Self::Has { field: "installed_integration_id", wanted: value == "true" }],
            "triggerId" if !is_field("triggerId") => vec![Self::Clause(Clause {
                path: vec!["supported_triggers".to_owned(), "id".to_owned()],
                pattern: Pattern::Exactly(value.to_owned()),
            })],
            _ => {
                let other = FIELD_NAMES.iter().find(|(parameter, field)| *parameter == name && is_field(field));
                let field = other.map_or(name, |(_, field)| field);
                let is_list = matches!(name, "app_type" | "identifiers" | "grant_ids" | "statuses" | "event_types");
                let values =
                    if is_list { value.split(',').map(str::to_owned).collect() } else { vec![value.to_owned()] };
                let filter = Self::AnyOf { field: field.to_owned(), values };
                is_field(field).then_some(filter).into_iter().collect()
            }
        })
    }

    /// True if the row passes the filter.
    pub(crate) fn holds(&self, row: &Bytes) -> bool {
        let Ok(row) = serde_json::from_slice::<Value>(row) else { return false };
        let lower = |field: &str| row[field].as_str().map(str::to_lowercase);
        match self {
            Self::AnyOf { field, values } => {
                reaches(&row[field], &[], &|text| values.iter().any(|value| value == text))
            }
            Self::Contains { field, text } => lower(field).is_some_and(|value| value.contains(text)),
            Self::Begins { fields, text } => {
                fields.iter().any(|field| lower(field).is_some_and(|value| value.starts_with(text)))
            }
            Self::Has { field, wanted } => row.get(*field).is_some_and(|value| !value.is_null()) == *wanted,
            Self::Clause(Clause { path, pattern }) => reaches(&row, path, &|text| pattern.fits(text)),
        }
    }
}

impl Pattern {
    /// The filter for days from or up to a day in the form `yyyymmdd`.
    fn day(end: &str, text: &str) -> Result<Self, Answer> {
        if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Answer::invalid_query("String does not match pattern", end, "Date in YYYYMMDD format"));
        }
        let day = format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]);
        let open = || "*".to_owned();
        Ok(if end == "from" { Self::Between(day, true, open(), true) } else { Self::Between(open(), true, day, true) })
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Exactly(wanted) => text == wanted,
            Self::AnyOf(values) => values.iter().any(|wanted| text == wanted),
            Self::Like(parts) => {
                let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
                text.len() >= first.len() + last.len()
                    && text.strip_prefix(first.as_str()).is_some_and(|rest| rest.ends_with(last.as_str()))
            }
            Self::Between(from, with_from, to, with_to) => {
                let after = from == "*" || text > from.as_str() || (*with_from && text == from);
                // `2024-01` as an upper end includes all of its month.
                let before = to == "*" || text < to.as_str() || (*with_to && text.starts_with(to.as_str()));
                after && before
            }
        }
    }
}

/// True if `passes` accepts the text of a scalar at the end of `path`, through arrays.
fn reaches(value: &Value, path: &[String], passes: &dyn Fn(&str) -> bool) -> bool {
    match (value, path) {
        (Value::Array(values), _) => values.iter().any(|value| reaches(value, path, passes)),
        (Value::Object(members), [name, rest @ ..]) => {
            members.get(name).is_some_and(|value| reaches(value, rest, passes))
        }
        (Value::String(text), []) => passes(text),
        (Value::Bool(_) | Value::Number(_), []) => passes(&value.to_string()),
        _ => false,
    }
}

/// The clauses of a search that joins them by AND.
fn clauses(query: &str) -> Result<Vec<Clause>, Answer> {
    let refused = || {
        let message = format!("The query in the parameter q is not understood: {query}");
        Answer::error(StatusCode::BAD_REQUEST, &message, Some("invalid_query_string"))
    };
    let clause = |text: &str| {
        let (field, value) = text.trim().split_once(':')?;
        let value = value.trim();
        let range = |text: &str| {
            let (from, to) = text.split_once(" TO ")?;
            Some((from.trim().trim_matches('"').to_owned(), to.trim().trim_matches('"').to_owned()))
        };
        let quoted = |text: &str| {
            let inner = text.trim().strip_prefix('"')?.strip_suffix('"')?;
            Some(inner.replace("\\\"", "\""))
        };
        let pattern = match (value.chars().next()?, value.chars().last()?) {
            ('(', ')') => {
                let values = value[1..value.len() - 1].split(" OR ").map(quoted).collect::<Option<_>>()?;
                Pattern::AnyOf(values)
            }
            ('"', '"') if value.len() > 1 => Pattern::Exactly(quoted(value)?),
            (open @ ('[' | '{'), close @ (']' | '}')) => {
                let (from, to) = range(&value[1..value.len() - 1])?;
                Pattern::Between(from, open == '[', to, close == ']')
            }
            _ if value.contains(char::is_whitespace) => return None,
            _ if value.matches('*').count() == 1 => Pattern::Like(value.split('*').map(str::to_owned).collect()),
            _ => Pattern::Exactly(value.replace('\\', "")),
        };
        Some(Clause { path: field.trim().split('.').map(str::to_owned).collect(), pattern })
    };
    if query.trim().is_empty() {
        return Ok(Vec::new());
    }
    query.split(" AND ").map(|text| clause(text).ok_or_else(refused)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::description::Shape;

    fn kept(template: &str, query: &str, rows: &[&str]) -> Result<Vec<usize>, Answer> {
        let endpoint = DESCRIPTION.endpoint(template).unwrap();
        let Shape::Rows { row, .. } = &endpoint.shape else { panic!("{template} is no list") };
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let filters = Filter::from_pairs(endpoint, row, &pairs)?;
        let holds = |row: &str| filters.iter().all(|filter| filter.holds(&Bytes::copy_from_slice(row.as_bytes())));
        Ok((0..rows.len()).filter(|index| holds(rows[*index])).collect())
    }

    #[test]
    fn filters_keep_matching_rows() {
        let clients = [
            r#"{"app_type":"spa","is_first_party":true,"name":"a"}"#,
            r#"{"app_type":"native"}"#,
            r#"{"global":true}"#,
        ];
        let logs = [
            r#"{"type":"s","date":"2024-01-31T10:00:00.000Z","user_id":"a|1","client_name":"Web"}"#,
            r#"{"type":"sapi","date":"2024-02-01T10:00:00.000Z"}"#,
            r#"{"type":"f","details":{"request":{"method":"get"}}}"#,
        ];
        let actions =
            [r#"{"supported_triggers":[{"id":"post-login"},{"id":"x"}],"name":"A b"}"#, r#"{"deployed_version":{}}"#];
        let table: Vec<(&str, &str, &[&str], Vec<usize>)> = vec![
            ("/clients", "", &clients, vec![0, 1, 2]),
            ("/clients", "app_type=spa", &clients, vec![0]),
            ("/clients", "app_type=spa,native", &clients, vec![0, 1]),
            ("/clients", "app_type=spa&app_type=native", &clients, vec![0, 1]),
            ("/clients", "app_type=spa&is_first_party=false", &clients, vec![]),
            ("/clients", "is_first_party=true&page=0&nothing=1", &clients, vec![0]),
            ("/clients", "is_global=true", &clients, vec![2]),
            ("/roles", "name_filter=B", &[r#"{"name":"abc"}"#, r#"{"name":"c"}"#, "{}"], vec![0]),
            ("/logs", "q=type:s", &logs, vec![0]),
            ("/logs", "q=type:s*", &logs, vec![0, 1]),
            ("/logs", "q=type:(%22s%22+OR+%22f%22)", &logs, vec![0, 2]),
            ("/logs", "q=type:%22f%22+AND+details.request.method:get", &logs, vec![2]),
            ("/logs", "q=date:%5B2024-01-01+TO+2024-02%7D", &logs, vec![0]),
            ("/logs", "q=date:%5B*+TO+2024-02%5D", &logs, vec![0, 1]),
            ("/logs", "q=user_id:%22a%7C1%22", &logs, vec![0]),
            ("/logs", "search=we", &logs, vec![0]),
            ("/actions/actions", "triggerId=post-login", &actions, vec![0]),
            ("/actions/actions", "actionName=A+b", &actions, vec![0]),
            ("/actions/actions", "deployed=true", &actions, vec![1]),
            ("/actions/actions", "deployed=false&installed=false", &actions, vec![0]),
            ("/grants", "client_id=c", &[r#"{"clientID":"c"}"#, r#"{"clientID":"d"}"#], vec![0]),
            ("/stats/daily", "from=20240131&to=20240201", &logs, vec![0, 1]),
            ("/stats/daily", "from=20240201", &logs, vec![1]),
            ("/resource-servers", "identifiers=a,b", &[r#"{"identifier":"b"}"#, r#"{"identifier":"c"}"#], vec![0]),
        ];
        for (template, query, rows, expected) in table {
            assert_eq!(kept(template, query, rows).unwrap(), expected, "{template}?{query}");
        }
    }

    #[test]
    fn searches_that_are_not_valid_are_refused() {
        for query in ["q=jane", "q=type:a+b", "q=type:", "q=type:s+AND+"] {
            assert_eq!(kept("/logs", query, &[]).unwrap_err().status, 400, "{query}");
        }
        assert_eq!(kept("/stats/daily", "from=2024-01-31", &[]).unwrap_err().status, 400);
    }
}
