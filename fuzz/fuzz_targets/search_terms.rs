//! Conditions as searches: the tenant's own parser accepts the search, which finds every user for whom the condition
//! is true in SQL, and no others if the search is exact.

#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use auth0_tenant::fuzzing::ParsedSearch;
use fdw_auth0::Auth0;
use fdw_common::filter::{Comparison, Filter, Search, Test, Value};
use fdw_common::json_path::{JsonPath, Step};
use fdw_common::model::SearchKind;
use fdw_common::slice::{KeyChoice, Slice};
use fdw_common::source::{Api as _, Source, find_entity};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

/// Texts with a meaning in a query, and texts that look like other JSON values.
const TEXTS: [&str; 24] = [
    "a", "A", "ab", "Ann", "anni", "AND", "OR", "NOT", "*", "a*", "\"", "\\", "a\\\"b", "a:b", "(a", "a b", "[1 TO 2]",
    "true", "5", "null", "\u{e9}", "\u{130}k", "auth0|1", "50%_",
];
const TIMES: [(&str, i64); 4] = [
    ("1970-01-01T00:00:00.000Z", 0),
    ("2026-07-25T17:20:00.123Z", 1_785_000_000_123_000),
    ("2026-07-25T17:20:00.124Z", 1_785_000_000_124_000),
    ("1999-12-31T23:59:59.999Z", 946_684_799_999_000),
];
const METADATA: [&str; 3] = ["plan", "beta", "roles"];

fn text(u: &mut Unstructured<'_>) -> arbitrary::Result<String> {
    Ok(match u.int_in_range(0..=4u8)? {
        0 => String::arbitrary(u)?,
        1 => format!("{}{}", u.choose(&TEXTS)?, u.choose(&TEXTS)?),
        _ => (*u.choose(&TEXTS)?).to_owned(),
    })
}

fn paths() -> Vec<(JsonPath, SearchKind)> {
    let parameter = find_entity::<Auth0>(Some("users")).expect("it is one").search.expect("it has one");
    let mut paths = Vec::new();
    for field in parameter.fields {
        match field.kind {
            SearchKind::Document => paths.extend(METADATA.iter().map(|name| {
                (JsonPath(vec![Step::Key(field.path.to_owned()), Step::Key((*name).to_owned())]), field.kind)
            })),
            kind => {
                let mut steps: Vec<Step> = field.path.split('.').map(|key| Step::Key(key.to_owned())).collect();
                if steps.len() > 1 {
                    steps.insert(1, Step::Index(0));
                }
                paths.push((JsonPath(steps), kind));
            }
        }
    }
    paths
}

/// A user with members of the types that Auth0 has; each may be absent or null.
fn user(u: &mut Unstructured<'_>) -> arbitrary::Result<serde_json::Value> {
    let mut user = json!({"user_id": format!("auth0|{}", text(u)?)});
    for (path, kind) in paths() {
        if u.ratio(1, 3)? || path.root() == Some("user_id") {
            continue;
        }
        let value = match kind {
            _ if u.ratio(1, 8)? => serde_json::Value::Null,
            SearchKind::TextAnyCase | SearchKind::Text | SearchKind::Word => text(u)?.into(),
            SearchKind::Bool => bool::arbitrary(u)?.into(),
            SearchKind::BoolOrText if u.ratio(1, 3)? => bool::arbitrary(u)?.to_string().into(),
            SearchKind::BoolOrText => bool::arbitrary(u)?.into(),
            SearchKind::Int => i64::from(i8::arbitrary(u)?).into(),
            SearchKind::Time | SearchKind::Moment => u.choose(&TIMES)?.0.into(),
            SearchKind::Document => match u.int_in_range(0..=3u8)? {
                0 => bool::arbitrary(u)?.into(),
                1 => json!([text(u)?, text(u)?]),
                _ => text(u)?.into(),
            },
        };
        match path.0.as_slice() {
            [Step::Key(root)] => user[root] = value,
            [Step::Key(root), Step::Index(_), Step::Key(name)] => user[root] = json!([{name: value}, {name: text(u)?}]),
            [Step::Key(root), Step::Key(name)] => user[root][name] = value,
            _ => unreachable!("no other paths"),
        }
    }
    Ok(user)
}

fn test(u: &mut Unstructured<'_>) -> arbitrary::Result<Filter> {
    let paths = paths();
    let (path, kind) = u.choose(&paths)?.clone();
    let comparison = *u.choose(&[
        Comparison::Equal,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])?;
    let pattern = |u: &mut Unstructured<'_>| {
        Ok(Value::Text(format!("{}{}{}", u.choose(&["", "%", "_"])?, text(u)?, u.choose(&["", "%", "%a", "\\"])?)))
    };
    let test = match (kind, u.int_in_range(0..=7u8)?) {
        (_, 0) => Test::IsNull,
        (_, 1) => Test::Compare(comparison, Value::Null),
        (SearchKind::Bool | SearchKind::BoolOrText, 2) => Test::Is(bool::arbitrary(u)?),
        (SearchKind::Bool | SearchKind::BoolOrText, _) => {
            Test::Compare(Comparison::Equal, Value::Bool(bool::arbitrary(u)?))
        }
        (SearchKind::Int, 2) => {
            Test::AnyOf(Value::List(vec![Value::Int(i8::arbitrary(u)?.into()), Value::Int(i8::arbitrary(u)?.into())]))
        }
        (SearchKind::Int, _) => Test::Compare(comparison, Value::Int(i8::arbitrary(u)?.into())),
        (SearchKind::Time | SearchKind::Moment, _) => {
            Test::Compare(comparison, Value::Time(u.choose(&TIMES)?.1 + i64::from(i16::arbitrary(u)?)))
        }
        (_, 2) => {
            let mut list = Vec::new();
            for _ in 0..u.int_in_range(0..=4u8)? {
                list.push(if u.ratio(1, 6)? { Value::Null } else { Value::Text(text(u)?) });
            }
            Test::AnyOf(Value::List(list))
        }
        (_, 3) => Test::Like { pattern: pattern(u)?, ignore_case: false },
        (_, 4) => Test::Like { pattern: pattern(u)?, ignore_case: true },
        (_, 5) => Test::LowerIs(Value::Text(text(u)?.to_lowercase())),
        (SearchKind::Document, 6) => {
            let document = match path.0.as_slice() {
                [_, Step::Key(name)] => match u.int_in_range(0..=2u8)? {
                    0 => json!({name: bool::arbitrary(u)?}),
                    1 => json!({name: [text(u)?]}),
                    _ => json!({name: text(u)?}),
                },
                _ => unreachable!("no other paths"),
            };
            let path = JsonPath(path.0[..1].to_vec());
            return Ok(Filter::Test { path, test: Test::Contains(Value::Json(document.to_string())) });
        }
        _ => Test::Compare(Comparison::Equal, Value::Text(text(u)?)),
    };
    Ok(Filter::Test { path, test })
}

fn filter(u: &mut Unstructured<'_>, depth: u8) -> arbitrary::Result<Filter> {
    let list = |u: &mut Unstructured<'_>| {
        (0..u.int_in_range(1..=3u8)?).map(|_| filter(u, depth + 1)).collect::<arbitrary::Result<Vec<_>>>()
    };
    match u.int_in_range(0..=if depth < 4 { 7 } else { 3u8 })? {
        4 => Ok(Filter::And(list(u)?)),
        5 => Ok(Filter::Or(list(u)?)),
        6 => Ok(Filter::Not(Box::new(filter(u, depth + 1)?))),
        7 => Ok(Filter::Unknown),
        _ => test(u),
    }
}

/// A truth value of SQL: true, false or unknown.
type Truth = Option<bool>;

/// `decisive` if one of the values is; else unknown if one is unknown; else the opposite.
fn decided_by(decisive: bool, truths: impl Iterator<Item = Truth>) -> Truth {
    let truths: Vec<Truth> = truths.collect();
    if truths.contains(&Some(decisive)) {
        Some(decisive)
    } else if truths.contains(&None) {
        None
    } else {
        Some(!decisive)
    }
}

fn value<'a>(user: &'a serde_json::Value, path: &JsonPath) -> Option<&'a serde_json::Value> {
    let mut here = user;
    for step in &path.0 {
        here = match step {
            Step::Key(key) => here.as_object()?.get(key)?,
            Step::Index(index) => here.as_array()?.get(*index)?,
            Step::Bound(_) => return None,
        };
    }
    (!here.is_null()).then_some(here)
}

/// The value in a column of type text.
fn as_text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn as_bool(value: &serde_json::Value) -> Truth {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

fn compares<T: PartialOrd>(comparison: Comparison, left: &T, right: &T) -> bool {
    match comparison {
        Comparison::Equal => left == right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
    }
}

/// `LIKE`; `None` for a pattern that is an error.
fn like(text: &[char], pattern: &[char]) -> Truth {
    match pattern {
        [] => Some(text.is_empty()),
        ['%', rest @ ..] => {
            let mut found = false;
            for at in 0..=text.len() {
                found |= like(&text[at..], rest)?;
            }
            Some(found)
        }
        ['\\'] => None,
        ['\\', wanted, rest @ ..] | [wanted, rest @ ..] => match text {
            [first, others @ ..] if first == wanted || (*wanted == '_' && pattern[0] == '_') => like(others, rest),
            // Postgres reports an invalid pattern only if it reaches the invalid part.
            _ => Some(false),
        },
    }
}

fn holds(user: &serde_json::Value, path: &JsonPath, test: &Test) -> Truth {
    let value = value(user, path);
    let equal = |wanted: &Value| compare(value?, Comparison::Equal, wanted);
    match test {
        Test::IsNull => Some(value.is_none()),
        Test::Is(wanted) => Some(value.and_then(as_bool) == Some(*wanted)),
        Test::Compare(comparison, wanted) => compare(value?, *comparison, wanted),
        Test::AnyOf(Value::List(list)) => decided_by(true, list.iter().map(equal)),
        Test::Like { pattern: Value::Text(pattern), ignore_case } => {
            let text = as_text(value?);
            let (text, pattern) =
                if *ignore_case { (text.to_lowercase(), pattern.to_lowercase()) } else { (text, pattern.clone()) };
            like(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>())
        }
        Test::LowerIs(Value::Text(wanted)) => Some(as_text(value?).to_lowercase() == *wanted),
        Test::Contains(Value::Json(document)) => {
            Some(contains(value?, &serde_json::from_str(document).expect("it was made of one"), true))
        }
        _ => None,
    }
}

fn compare(value: &serde_json::Value, comparison: Comparison, wanted: &Value) -> Truth {
    match wanted {
        Value::Text(wanted) => Some(compares(comparison, &as_text(value), wanted)),
        Value::Bool(wanted) => Some(compares(comparison, &as_bool(value)?, wanted)),
        Value::Int(wanted) => Some(compares(comparison, &value.as_i64()?, wanted)),
        Value::Time(wanted) => {
            let time: jiff::Timestamp = value.as_str()?.parse().ok()?;
            Some(compares(comparison, &time.as_microsecond(), wanted))
        }
        _ => None,
    }
}

/// jsonb's `@>`.
fn contains(value: &serde_json::Value, wanted: &serde_json::Value, at_root: bool) -> bool {
    use serde_json::Value::{Array, Object};
    match (value, wanted) {
        (Object(members), Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| members.get(name).is_some_and(|value| contains(value, wanted, false)))
        }
        (Array(elements), Array(wanted)) => {
            wanted.iter().all(|wanted| elements.iter().any(|element| contains(element, wanted, false)))
        }
        (Array(elements), wanted) if at_root && !wanted.is_object() => elements.contains(wanted),
        (value, wanted) => value == wanted,
    }
}

fn truth(user: &serde_json::Value, filter: &Filter) -> Truth {
    match filter {
        Filter::And(all) => decided_by(false, all.iter().map(|filter| truth(user, filter))),
        Filter::Or(any) => decided_by(true, any.iter().map(|filter| truth(user, filter))),
        Filter::Not(filter) => truth(user, filter).map(|truth| !truth),
        Filter::Test { path, test } => holds(user, path, test),
        // Postgres evaluates it later.
        Filter::Unknown => Some(true),
    }
}

#[derive(Debug)]
struct Input {
    filters: Vec<Filter>,
    users: Vec<serde_json::Value>,
    slice: (Option<i64>, Option<i64>, Vec<String>, bool),
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let filters = (0..u.int_in_range(1..=3u8)?).map(|_| filter(u, 0)).collect::<arbitrary::Result<_>>()?;
        let users = (0..u.int_in_range(1..=3u8)?).map(|_| user(u)).collect::<arbitrary::Result<_>>()?;
        let bound =
            |u: &mut Unstructured<'_>| Ok(if bool::arbitrary(u)? { Some(u.choose(&TIMES)?.1 / 1000) } else { None });
        let keys = (0..u.int_in_range(0..=2u8)?)
            .map(|_| Ok(format!("auth0|{}", text(u)?)))
            .collect::<arbitrary::Result<_>>()?;
        Ok(Input { filters, users, slice: (bound(u)?, bound(u)?, keys, bool::arbitrary(u)?) })
    }
}

fuzz_target!(|input: Input| {
    let parameter = find_entity::<Auth0>(Some("users")).expect("it is one").search.expect("it has one");
    let search = Auth0::search(&parameter, &input.filters);
    let is_exact = Auth0::is_exact(&parameter, &input.filters);
    let read = |query: &str| ParsedSearch::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let queries: Option<Vec<String>> = match search {
        Search::Whole => None,
        Search::Nothing => Some(Vec::new()),
        Search::Queries(queries) => Some(queries),
    };
    let searches: Option<Vec<ParsedSearch>> =
        queries.as_ref().map(|queries| queries.iter().map(|query| read(query)).collect());
    for user in &input.users {
        let text = user.to_string();
        let found = searches.as_ref().is_none_or(|searches| searches.iter().any(|search| search.finds(&text)));
        let truths: Vec<Truth> = input.filters.iter().map(|filter| truth(user, filter)).collect();
        let wanted = truths.iter().all(|truth| *truth == Some(true));
        assert!(found || !wanted, "{queries:?} loses {text}, for which {:?}", input.filters);
        assert!(!is_exact || wanted == found, "{queries:?} is not exact for {text}: {:?}", input.filters);
    }

    // A slice of a search finds the users that are in both.
    let (from, to, beginnings, is_choice) = input.slice;
    let keys = match (beginnings.is_empty(), is_choice) {
        (true, _) => Vec::new(),
        (false, true) => vec![KeyChoice::Beginning(beginnings.clone())],
        (false, false) => vec![KeyChoice::NotBeginning(beginnings.clone())],
    };
    let slice = Slice { by: parameter.slices.expect("it has them"), from, to, keys };
    let first = queries.as_ref().and_then(|queries| queries.first());
    let Some(query) = Auth0.search_slice(first.map(String::as_str), &slice) else { return };
    let sliced = read(&query);
    for user in &input.users {
        let text = user.to_string();
        let created = user["created_at"].as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok());
        let after =
            |bound: Option<i64>| bound.is_none_or(|bound| created.is_some_and(|time| time.as_millisecond() >= bound));
        let before =
            |bound: Option<i64>| bound.is_none_or(|bound| created.is_some_and(|time| time.as_millisecond() < bound));
        let id = user["user_id"].as_str().expect("it has one");
        let begins = beginnings.is_empty() || beginnings.iter().any(|beginning| id.starts_with(beginning)) == is_choice;
        let found = first.is_none_or(|query| read(query).finds(&text));
        assert_eq!(sliced.finds(&text), found && after(from) && before(to) && begins, "{query}: {text}");
    }
});
