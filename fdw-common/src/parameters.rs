//! Conditions as query parameters of a list. No I/O.
//!
//! A parameter is sent only if the rows it leaves out cannot fulfil the condition: for equality with a text that is
//! not empty, for a word the API knows, for a bound of a time. Other conditions are not sent. Postgres tests every
//! condition again.

use jiff::Timestamp;

use crate::filter::{Comparison, Filter, Test, Value};
use crate::model::{Entity, Parameter, ParameterType};

/// The parameters that leave out rows for which not all of `filters` are true, in the order in which the entity
/// declares them. A value that is not known yet is shown as `$1`.
pub fn parameters(entity: &Entity, filters: &[Filter]) -> Vec<(String, String)> {
    let mut sent = Vec::new();
    for parameter in entity.parameters {
        // For several conditions on one column, the first one is enough.
        if let Some(values) = filters.iter().find_map(|filter| values(entity, parameter, filter)) {
            sent.extend(values.into_iter().map(|value| (parameter.name.to_owned(), value)));
        }
    }
    sent
}

/// True if a parameter may express the condition, whether its value is known or not.
pub fn is_expressible(entity: &Entity, filter: &Filter) -> bool {
    entity.parameters.iter().any(|parameter| values(entity, parameter, filter).is_some())
}

/// The values with which the parameter expresses the condition.
fn values(entity: &Entity, parameter: &Parameter, filter: &Filter) -> Option<Vec<String>> {
    let (test, negated) = match filter {
        Filter::Test { path, test } => ((path, test), false),
        Filter::Not(filter) => match filter.as_ref() {
            Filter::Test { path, test } => ((path, test), true),
            _ => return None,
        },
        _ => return None,
    };
    let (path, test) = test;
    if *path != entity.column_path(entity.column(parameter.column)?) {
        return None;
    }
    if negated {
        // `not column` is the only negation that allows exactly one value.
        return match (parameter.takes, test) {
            (ParameterType::Bool | ParameterType::Value, Test::Compare(Comparison::Equal, Value::Bool(wanted))) => {
                Some(vec![(!wanted).to_string()])
            }
            (ParameterType::True, Test::Compare(Comparison::Equal, Value::Bool(false))) => {
                Some(vec!["true".to_owned()])
            }
            _ => None,
        };
    }
    match (parameter.takes, test) {
        (ParameterType::Text | ParameterType::Texts(_), Test::Compare(Comparison::Equal, value)) => {
            Some(vec![text(value)?])
        }
        (ParameterType::Text, Test::AnyOf(list)) => texts(list, 1),
        (ParameterType::Value, Test::Compare(Comparison::Equal, value)) => Some(vec![scalar(value)?]),
        (ParameterType::Value, Test::Is(wanted)) => Some(vec![wanted.to_string()]),
        (ParameterType::Texts(most), Test::AnyOf(list)) => texts(list, most),
        (ParameterType::Word(words) | ParameterType::Words(words), Test::Compare(Comparison::Equal, value)) => {
            known(words, value, vec![text(value)?])
        }
        (ParameterType::Word(words), Test::AnyOf(list)) => known(words, list, texts(list, 1)?),
        (ParameterType::Words(words), Test::AnyOf(list)) => known(words, list, texts(list, words.len())?),
        (ParameterType::Bool, Test::Is(wanted) | Test::Compare(Comparison::Equal, Value::Bool(wanted))) => {
            Some(vec![wanted.to_string()])
        }
        (ParameterType::Bool, Test::Compare(Comparison::Equal, value @ Value::Parameter(_))) => {
            Some(vec![shown(value)?])
        }
        (ParameterType::True, Test::Is(true) | Test::Compare(Comparison::Equal, Value::Bool(true))) => {
            Some(vec!["true".to_owned()])
        }
        (ParameterType::FirstDay | ParameterType::Earliest, Test::Compare(comparison, value)) => match comparison {
            Comparison::Equal | Comparison::Greater | Comparison::GreaterOrEqual => {
                Some(vec![bound(parameter.takes, value)?])
            }
            _ => None,
        },
        (ParameterType::LastDay | ParameterType::Latest, Test::Compare(comparison, value)) => match comparison {
            Comparison::Equal | Comparison::Less | Comparison::LessOrEqual => {
                Some(vec![bound(parameter.takes, value)?])
            }
            _ => None,
        },
        _ => None,
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Parameter(index) => Some(format!("${}", index + 1)),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        // An empty parameter counts as none.
        Value::Text(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        value => shown(value),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Int(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        value => text(value),
    }
}

fn texts(list: &Value, most: usize) -> Option<Vec<String>> {
    let Value::List(values) = list else { return Some(vec![shown(list)?]) };
    // A NULL in the list equals nothing.
    let mut texts = values.iter().filter(|value| **value != Value::Null).map(text).collect::<Option<Vec<String>>>()?;
    texts.sort_unstable();
    texts.dedup();
    (1..=most).contains(&texts.len()).then_some(texts)
}

/// The words, if the API knows all of them or the value is not known yet.
fn known(words: &[&str], value: &Value, values: Vec<String>) -> Option<Vec<String>> {
    let unknown_yet = matches!(value, Value::Parameter(_));
    (unknown_yet || values.iter().all(|value| words.contains(&value.as_str()))).then_some(values)
}

/// A bound of a time, rounded outwards: the API may not have a finer unit than milliseconds.
fn bound(takes: ParameterType, value: &Value) -> Option<String> {
    let Value::Time(microseconds) = value else { return shown(value) };
    let latest = matches!(takes, ParameterType::Latest);
    let milliseconds = microseconds.div_euclid(1_000) + i64::from(latest && microseconds.rem_euclid(1_000) > 0);
    let time = format!("{:.3}", Timestamp::from_millisecond(milliseconds).ok()?);
    // Other years have no four-digit form.
    if time.len() != "2026-01-02T03:04:05.678Z".len() || time.starts_with("0000") {
        return None;
    }
    Some(match takes {
        ParameterType::FirstDay | ParameterType::LastDay => time[..10].replace('-', ""),
        _ => time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json_path::JsonPath;
    use crate::testing::PARAMETRIC;

    fn sent(column: &str, test: Test) -> String {
        show(&[Filter::Test { path: JsonPath::root_member(column), test }])
    }

    fn show(filters: &[Filter]) -> String {
        let sent = parameters(&PARAMETRIC, filters);
        assert_eq!(!sent.is_empty(), filters.iter().any(|filter| is_expressible(&PARAMETRIC, filter)));
        sent.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    fn equal(value: Value) -> Test {
        Test::Compare(Comparison::Equal, value)
    }

    fn list(values: &[&str]) -> Test {
        Test::AnyOf(Value::List(values.iter().map(|value| Value::Text((*value).to_owned())).collect()))
    }

    #[test]
    fn parameters_are_sent_only_if_they_lose_no_row() {
        let text = |text: &str| Value::Text(text.to_owned());
        // 2026-07-25T17:20:00.123456Z
        let time = Value::Time(1_785_000_000_123_456);
        let compare = |comparison| Test::Compare(comparison, time.clone());
        let cases = [
            ("name", equal(text("a b")), "name=a b"),
            ("name", equal(text("")), ""),
            ("name", equal(Value::Null), ""),
            ("name", equal(Value::Parameter(1)), "name=$2"),
            ("name", Test::Compare(Comparison::Greater, text("a")), ""),
            ("name", list(&["a"]), "name=a"),
            ("name", list(&["a", "b"]), ""),
            ("name", Test::IsNull, ""),
            ("kind", equal(text("spa")), "kinds=spa"),
            // The API would refuse the word; SQL finds nothing.
            ("kind", equal(text("nonsense")), ""),
            ("kind", list(&["spa", "native", "spa"]), "kinds=native&kinds=spa"),
            ("kind", list(&["spa", "nonsense"]), ""),
            ("kind", list(&[]), ""),
            ("kind", Test::AnyOf(Value::Parameter(0)), "kinds=$1"),
            ("any", equal(text("a b")), "any=a b"),
            ("any", equal(Value::Int(-7)), "any=-7"),
            ("any", equal(Value::Bool(true)), "any=true"),
            ("any", Test::Is(false), "any=false"),
            ("any", equal(Value::Parameter(0)), "any=$1"),
            ("any", equal(Value::Time(0)), ""),
            ("any", equal(Value::Null), ""),
            ("any", Test::Compare(Comparison::Less, Value::Int(1)), ""),
            ("first", equal(Value::Bool(false)), "first=false"),
            ("first", Test::Is(true), "first=true"),
            ("first", Test::IsNull, ""),
            ("at", compare(Comparison::Equal), "from=20260725&to=20260725"),
            ("at", compare(Comparison::Greater), "from=20260725"),
            ("at", compare(Comparison::LessOrEqual), "to=20260725"),
            ("at", Test::Compare(Comparison::Less, Value::Time(i64::MAX)), ""),
            ("done", compare(Comparison::GreaterOrEqual), "after=2026-07-25T17:20:00.123Z"),
            ("done", compare(Comparison::Less), "before=2026-07-25T17:20:00.124Z"),
            ("other", equal(text("a")), ""),
        ];
        for (column, test, expected) in cases {
            assert_eq!(sent(column, test.clone()), expected, "{column} {test:?}");
        }
    }

    #[test]
    fn negation_is_sent_only_if_it_allows_one_value() {
        let not = |column: &str, test| {
            show(&[Filter::Not(Box::new(Filter::Test { path: JsonPath::root_member(column), test }))])
        };
        assert_eq!(not("first", equal(Value::Bool(true))), "first=false");
        assert_eq!(not("first", Test::Is(true)), "");
        assert_eq!(not("name", equal(Value::Text("a".into()))), "");
    }

    #[test]
    fn two_bounds_of_one_column_send_two_parameters() {
        let at = |comparison, time| Filter::Test {
            path: JsonPath::root_member("at"),
            test: Test::Compare(comparison, Value::Time(time)),
        };
        let day = 86_400_000_000;
        assert_eq!(
            show(&[at(Comparison::Less, 9 * day), at(Comparison::GreaterOrEqual, 2 * day)]),
            "from=19700103&to=19700110"
        );
    }
}
