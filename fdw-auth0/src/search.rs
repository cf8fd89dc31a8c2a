//! Conditions as a user search: the parameter `q` of `GET /api/v2/users`.
//!
//! Source of all rules: the documentation of user search v3 (user-search-query-syntax, migrate-v2-v3).
//! A search may find more rows than the SQL condition, never fewer, so each condition is written in two ways:
//! a search that finds *at least* the rows for which it is true, and, for `NOT`, one that finds *none*
//! of the rows for which it is false. A condition without a documented rule is not pushed down:
//! - texts that are empty, very long, or begin or end with a space; wildcards beyond ASCII;
//! - texts in metadata and in logs that look like other JSON, because their index type is not known;
//! - booleans in metadata, because a column also reads `"yes"` and `1` as true; NULL in metadata, which is not
//!   indexed; ranges and wildcards in metadata, which are refused;
//! - a negation inside an `OR`, which the classic Lucene parser reads as an exclusion from the whole.

mod query;
mod slice;
mod time;
mod wildcard;

use fdw_common::filter::{Comparison, Filter, Search, Test, Value};
use fdw_common::json_path::{JsonPath, Step};
use fdw_common::model::{SearchField, SearchKind, SearchParameter};

use query::{Clause, Rows};
pub(crate) use slice::slice;

/// The searches that find every row for which all of `filters` are true.
pub(crate) fn search(parameter: &SearchParameter, filters: &[Filter]) -> Search {
    let all = filters.iter().map(|filter| at_least(parameter, filter)).collect();
    match Rows::and(all) {
        Rows::All => Search::Whole,
        Rows::None => Search::Nothing,
        Rows::Found(clause) => query::queries(clause),
    }
}

/// True if a search finds exactly the rows for which all of `filters` are true: comparisons of booleans and
/// integers, because the index has the same values as the row.
pub(crate) fn is_exact(parameter: &SearchParameter, filters: &[Filter]) -> bool {
    // More filters may make the query too long, and then a part of it is left out.
    const FEW: usize = 8;
    let is_plain = |filter: &Filter| {
        let (filter, negated) = match filter {
            Filter::Not(filter) => (filter.as_ref(), true),
            filter => (filter, false),
        };
        let Filter::Test { path, test } = filter else { return false };
        let Some(field) = Field::resolve(parameter, path) else { return false };
        match (field.kind, test) {
            (SearchKind::Bool, Test::Is(_) | Test::Compare(Comparison::Equal, Value::Bool(_))) => field.is_root,
            (SearchKind::Int, Test::Compare(_, Value::Int(_))) => field.is_root && !negated,
            _ => false,
        }
    };
    filters.len() <= FEW && filters.iter().all(is_plain)
}

/// A search that finds at least the rows for which the condition is true.
fn at_least(parameter: &SearchParameter, filter: &Filter) -> Rows {
    match filter {
        Filter::And(filters) => Rows::and(filters.iter().map(|filter| at_least(parameter, filter)).collect()),
        Filter::Or(filters) => Rows::or(filters.iter().map(|filter| at_least(parameter, filter)).collect(), Rows::All),
        Filter::Not(filter) => unless_false(parameter, filter).not(),
        Filter::Test { path, test: Test::Contains(document) } => contains(parameter, path, document),
        Filter::Test { path, test } => match Field::resolve(parameter, path) {
            Some(field) => field.at_least(test),
            None => Rows::All,
        },
        Filter::Unknown => Rows::All,
    }
}

/// A search that finds none of the rows for which the condition is false.
fn unless_false(parameter: &SearchParameter, filter: &Filter) -> Rows {
    match filter {
        Filter::And(filters) => Rows::and(filters.iter().map(|filter| unless_false(parameter, filter)).collect()),
        Filter::Or(filters) => {
            Rows::or(filters.iter().map(|filter| unless_false(parameter, filter)).collect(), Rows::None)
        }
        Filter::Not(filter) => at_least(parameter, filter).not(),
        Filter::Test { path, test } => match Field::resolve(parameter, path) {
            Some(field) if field.is_root => field.unless_false(test),
            _ => Rows::None,
        },
        Filter::Unknown => Rows::None,
    }
}

/// A searchable field at a condition's path.
struct Field {
    /// Its name in a query.
    name: String,
    kind: SearchKind,
    /// True if the path is one root member, so that the search sees exactly the value that SQL sees.
    is_root: bool,
}

impl Field {
    fn resolve(parameter: &SearchParameter, path: &JsonPath) -> Option<Field> {
        let mut keys = Vec::new();
        for step in &path.0 {
            match step {
                Step::Key(key) => keys.push(key.as_str()),
                // The search looks at every element.
                Step::Index(_) => {}
                Step::Bound(_) => return None,
            }
        }
        Field::of_keys(parameter, &keys).map(|field| Field { is_root: path.0.len() == 1, ..field })
    }

    fn of_keys(parameter: &SearchParameter, keys: &[&str]) -> Option<Field> {
        // Keys that need no escaping; others have no documented spelling.
        let plain =
            |key: &&str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !keys.iter().all(plain) {
            return None;
        }
        let name = keys.join(".");
        let is_that = |field: &&SearchField| match field.kind {
            SearchKind::Document => keys.len() > 1 && keys[0] == field.path,
            _ => field.path == name,
        };
        let kind = parameter.fields.iter().find(is_that)?.kind;
        Some(Field { name, kind, is_root: false })
    }

    fn term(&self, value: &str) -> Rows {
        Rows::Found(Clause::Term(format!("{}:{value}", self.name)))
    }

    fn exists(&self) -> Rows {
        Rows::Found(Clause::Term(format!("_exists_:{}", self.name)))
    }

    fn at_least(&self, test: &Test) -> Rows {
        match test {
            // A NULL of SQL is not indexed. Inside documents and arrays the index has other values
            // than the path.
            Test::IsNull if self.is_root && !self.is_limited() => self.exists().not(),
            Test::Is(wanted) => self.boolean(*wanted),
            Test::Compare(comparison, value) => self.compare(*comparison, value),
            Test::AnyOf(values) => self.any_of(values),
            Test::Like { pattern, ignore_case } => self.like(pattern, *ignore_case),
            Test::LowerIs(value) => self.lower_is(value),
            Test::IsNull | Test::Contains(_) => Rows::All,
        }
    }

    /// True if the rules for absent values and negations are not documented.
    fn is_limited(&self) -> bool {
        matches!(self.kind, SearchKind::Word | SearchKind::Moment)
    }

    fn unless_false(&self, test: &Test) -> Rows {
        match (self.kind, test) {
            // A text that is empty may count as missing.
            (SearchKind::Int | SearchKind::Time | SearchKind::Bool, Test::IsNull) => self.exists().not(),
            (SearchKind::Bool, Test::Compare(Comparison::Equal, Value::Bool(wanted))) => {
                self.term(bool_text(!wanted)).not()
            }
            (SearchKind::BoolOrText, Test::Compare(Comparison::Equal, Value::Bool(wanted)) | Test::Is(wanted))
            | (SearchKind::Bool, Test::Is(wanted)) => self.term(bool_text(*wanted)),
            (SearchKind::Int, Test::Compare(comparison, value @ Value::Int(_))) => self.compare(*comparison, value),
            (SearchKind::Text, Test::Compare(Comparison::Equal, Value::Text(text))) if text.is_ascii() => {
                match self.text(text) {
                    Rows::All => Rows::None,
                    found => found,
                }
            }
            (_, Test::Compare(_, Value::Null)) => Rows::All,
            _ => Rows::None,
        }
    }

    fn boolean(&self, wanted: bool) -> Rows {
        match self.kind {
            SearchKind::Bool => self.term(bool_text(wanted)),
            // A boolean column reads "yes", "t" and 1 as true as well. Whether a search for `true` finds them is not
            // known; a search that excludes `false` finds them. Inside a document neither is known: a path there also
            // matches the elements of arrays.
            SearchKind::BoolOrText => self.term(bool_text(!wanted)).not(),
            _ => Rows::All,
        }
    }

    fn compare(&self, comparison: Comparison, value: &Value) -> Rows {
        match (self.kind, value) {
            // Unknown for every row.
            (_, Value::Null) => Rows::None,
            (SearchKind::Bool | SearchKind::BoolOrText, Value::Bool(wanted)) if comparison == Comparison::Equal => {
                self.boolean(*wanted)
            }
            (SearchKind::Int, Value::Int(number)) => self.range(comparison, &number.to_string(), true),
            (SearchKind::Time | SearchKind::Moment, Value::Time(microseconds)) => match time::around(*microseconds) {
                Some((from, to)) => self.between(comparison, &from, &to),
                None => Rows::All,
            },
            (SearchKind::Time | SearchKind::Moment, Value::Text(text)) => match time::days_around(text) {
                Some((from, to)) => self.between(comparison, &from, &to),
                None => Rows::All,
            },
            (SearchKind::Int | SearchKind::Time | SearchKind::Moment, Value::Parameter(_)) => {
                self.range(comparison, &shown(value), self.kind == SearchKind::Int)
            }
            (
                SearchKind::Text | SearchKind::TextAnyCase | SearchKind::Word | SearchKind::Document,
                Value::Parameter(_),
            ) if comparison == Comparison::Equal => self.term(&shown(value)),
            (
                SearchKind::Text | SearchKind::TextAnyCase | SearchKind::Word | SearchKind::Document,
                Value::Text(text),
            ) if comparison == Comparison::Equal => self.text(text),
            _ => Rows::All,
        }
    }

    /// Equality of a text. Where the index ignores case it finds other spellings too.
    fn text(&self, text: &str) -> Rows {
        // A text column shows the number 5 as `5`. Such a value of a document or of a log entry may be indexed as
        // the number, which a search for the text need not find.
        let is_other_json = matches!(self.kind, SearchKind::Document | SearchKind::Word)
            && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        if is_other_json || !query::is_searchable(text) { Rows::All } else { self.term(&query::quoted(text)) }
    }

    /// A range whose bound is the value itself.
    fn range(&self, comparison: Comparison, bound: &str, strict: bool) -> Rows {
        let (open, close) = if strict { ('{', '}') } else { ('[', ']') };
        self.term(&match comparison {
            Comparison::Equal => format!("[{bound} TO {bound}]"),
            Comparison::Less => format!("[* TO {bound}{close}"),
            Comparison::LessOrEqual => format!("[* TO {bound}]"),
            Comparison::Greater => format!("{open}{bound} TO *]"),
            Comparison::GreaterOrEqual => format!("[{bound} TO *]"),
        })
    }

    /// A range whose bounds `from` and `to` enclose the value.
    fn between(&self, comparison: Comparison, from: &str, to: &str) -> Rows {
        self.term(&match comparison {
            Comparison::Equal => format!("[{from} TO {to}]"),
            Comparison::Less | Comparison::LessOrEqual => format!("[* TO {to}]"),
            Comparison::Greater | Comparison::GreaterOrEqual => format!("[{from} TO *]"),
        })
    }

    fn any_of(&self, values: &Value) -> Rows {
        let values = match values {
            Value::List(values) => values,
            Value::Null => return Rows::None,
            Value::Parameter(_) => return self.compare(Comparison::Equal, values),
            _ => return Rows::All,
        };
        let mut texts = Vec::new();
        let mut others = Vec::new();
        for value in values {
            match self.compare(Comparison::Equal, value) {
                Rows::All => return Rows::All,
                Rows::None => {}
                Rows::Found(Clause::Term(term)) => match term.strip_prefix(&format!("{}:\"", self.name)) {
                    Some(_) => texts.push(term[self.name.len() + 1..].to_owned()),
                    None => others.push(Rows::Found(Clause::Term(term))),
                },
                found => others.push(found),
            }
        }
        texts.sort_unstable();
        texts.dedup();
        if !texts.is_empty() {
            others.push(Rows::Found(Clause::AnyOf { field: self.name.clone(), values: texts }));
        }
        Rows::or(others, Rows::All)
    }

    fn like(&self, pattern: &Value, ignore_case: bool) -> Rows {
        if !matches!(self.kind, SearchKind::Text | SearchKind::TextAnyCase)
            || (ignore_case && self.kind != SearchKind::TextAnyCase)
        {
            return Rows::All;
        }
        match pattern {
            Value::Null => Rows::None,
            Value::Parameter(_) => self.term(&shown(pattern)),
            Value::Text(pattern) if ignore_case => self.wildcard(wildcard::ilike(pattern)),
            Value::Text(pattern) => self.wildcard(wildcard::like(pattern, self.kind == SearchKind::TextAnyCase)),
            _ => Rows::All,
        }
    }

    fn lower_is(&self, value: &Value) -> Rows {
        match value {
            _ if self.kind != SearchKind::TextAnyCase => Rows::All,
            Value::Null => Rows::None,
            Value::Parameter(_) => self.term(&shown(value)),
            Value::Text(text) => self.wildcard(wildcard::lower_is(text)),
            _ => Rows::All,
        }
    }

    fn wildcard(&self, term: wildcard::Term) -> Rows {
        match term {
            wildcard::Term::Text(text) => self.text(&text),
            wildcard::Term::Wildcard(term) => self.term(&term),
            wildcard::Term::Nothing => Rows::All,
        }
    }
}

/// The search for jsonb's `@>`: a condition for each text and boolean in the document.
fn contains(parameter: &SearchParameter, path: &JsonPath, document: &Value) -> Rows {
    let mut keys: Vec<&str> = Vec::new();
    for step in &path.0 {
        if let Step::Key(key) = step {
            keys.push(key);
        }
    }
    match document {
        Value::Null => Rows::None,
        Value::Json(text) => match serde_json::from_str(text) {
            Ok(document) => Rows::and(leaves(parameter, &keys, &document)),
            Err(_) => Rows::All,
        },
        _ => Rows::All,
    }
}

fn leaves(parameter: &SearchParameter, keys: &[&str], value: &serde_json::Value) -> Vec<Rows> {
    let field = || Field::of_keys(parameter, keys);
    match value {
        serde_json::Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| leaves(parameter, &[keys, &[key.as_str()]].concat(), value))
            .collect(),
        serde_json::Value::Array(elements) => {
            elements.iter().flat_map(|element| leaves(parameter, keys, element)).collect()
        }
        serde_json::Value::String(text) => match field() {
            Some(field) => vec![field.compare(Comparison::Equal, &Value::Text(text.clone()))],
            None => Vec::new(),
        },
        // jsonb is as strict as the index: `true` contains nothing but `true`.
        serde_json::Value::Bool(wanted) => match field() {
            Some(field) if field.kind == SearchKind::Document => vec![field.term(bool_text(*wanted))],
            Some(field) => vec![field.boolean(*wanted)],
            None => Vec::new(),
        },
        serde_json::Value::Null | serde_json::Value::Number(_) => Vec::new(),
    }
}

fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// A value that is not known yet, as EXPLAIN shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Parameter(index) => format!("${}", index + 1),
        _ => String::new(),
    }
}
