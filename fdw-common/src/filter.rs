//! Conditions on rows, as far as an API may be able to test them. No I/O.
//!
//! A condition has SQL's meaning and values, independent of any API's syntax: Postgres' expression tree is converted
//! to a [`Filter`], and a source converts that to a search. Values that are known only during the scan are parameters
//! until [`Filter::bind`].

use serde::{Deserialize, Serialize};

use crate::json_path::JsonPath;

/// A condition with SQL's three truth values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Filter {
    /// True if all are true.
    And(Vec<Filter>),
    /// True if any is true.
    Or(Vec<Filter>),
    /// The negation; unknown stays unknown.
    Not(Box<Filter>),
    /// A test of one value of the row.
    Test {
        /// Place of the value in the row.
        path: JsonPath,
        /// The test of the value.
        test: Test,
    },
    /// A condition that cannot be sent to an API.
    Unknown,
}

/// Test of a value of the row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Test {
    /// SQL's `IS NULL`: true or false, never unknown. JSON's null and an absent member are NULL.
    IsNull,
    /// SQL's `IS TRUE` and `IS FALSE`: true or false, never unknown.
    Is(bool),
    /// A comparison; unknown when either side is NULL.
    Compare(Comparison, Value),
    /// Equality with any element of a list. If the list has a NULL and no element matches, the result is unknown.
    AnyOf(Value),
    /// SQL's `LIKE` with the escape character `\`, or its case-insensitive form.
    Like {
        /// The pattern, a text.
        pattern: Value,
        /// True for `ILIKE`.
        ignore_case: bool,
    },
    /// The value in lower case equals this text.
    LowerIs(Value),
    /// jsonb's `@>`: the value contains this document.
    Contains(Value),
}

/// An order comparison of the row's value with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A value that a row's value is compared with. Its variant says how SQL compares: as text, as numbers, as times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A value known only during the scan: the index among the scan's parameters.
    Parameter(usize),
    /// NULL
    Null,
    /// `text`; equality is tested byte by byte.
    Text(String),
    /// `boolean`
    Bool(bool),
    /// `smallint`, `integer` or `bigint`
    Int(i64),
    /// `timestamptz`, in microseconds since 1970. Infinity is the end of the range.
    Time(i64),
    /// `jsonb`, as JSON text.
    Json(String),
    /// An array, which may hold NULLs.
    List(Vec<Value>),
}

impl Filter {
    /// The same condition with parameters replaced by their values. A parameter without a value becomes NULL; this
    /// cannot happen, because the planner numbers them.
    #[must_use]
    pub fn bind(&self, parameters: &[Value]) -> Filter {
        let all = |filters: &[Filter]| filters.iter().map(|filter| filter.bind(parameters)).collect();
        match self {
            Filter::And(filters) => Filter::And(all(filters)),
            Filter::Or(filters) => Filter::Or(all(filters)),
            Filter::Not(filter) => Filter::Not(Box::new(filter.bind(parameters))),
            Filter::Test { path, test } => Filter::Test { path: path.clone(), test: test.bind(parameters) },
            Filter::Unknown => Filter::Unknown,
        }
    }
}

impl Test {
    fn bind(&self, parameters: &[Value]) -> Test {
        let bound = |value: &Value| match value {
            Value::Parameter(index) => parameters.get(*index).cloned().unwrap_or(Value::Null),
            value => value.clone(),
        };
        match self {
            Test::IsNull => Test::IsNull,
            Test::Is(wanted) => Test::Is(*wanted),
            Test::Compare(comparison, value) => Test::Compare(*comparison, bound(value)),
            Test::AnyOf(values) => Test::AnyOf(bound(values)),
            Test::Like { pattern, ignore_case } => Test::Like { pattern: bound(pattern), ignore_case: *ignore_case },
            Test::LowerIs(value) => Test::LowerIs(bound(value)),
            Test::Contains(value) => Test::Contains(bound(value)),
        }
    }
}

/// The request that replaces reading the whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// The whole list: no part of the condition can be searched.
    Whole,
    /// No request: no row can fulfil the condition.
    Nothing,
    /// The rows that any of these searches finds. More than one only if a single search would be too long.
    Queries(Vec<String>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bind_replaces_parameters_in_every_kind_of_test() {
        let test = |test| Filter::Test { path: JsonPath::root_member("a"), test };
        let with = |value: fn(usize) -> Value| {
            Filter::Or(vec![
                Filter::Not(Box::new(test(Test::Compare(Comparison::Less, value(0))))),
                Filter::And(vec![test(Test::AnyOf(value(1))), test(Test::IsNull), test(Test::Is(true))]),
                test(Test::Like { pattern: value(0), ignore_case: true }),
                test(Test::LowerIs(value(2))),
                test(Test::Contains(value(1))),
                Filter::Unknown,
            ])
        };
        let values = [Value::Int(7), Value::List(vec![Value::Null, Value::Text("x".into())]), Value::Null];
        let bound = with(Value::Parameter).bind(&values);
        let expected = with(|index| match index {
            0 => Value::Int(7),
            1 => Value::List(vec![Value::Null, Value::Text("x".into())]),
            _ => Value::Null,
        });
        assert_eq!(bound, expected);
        assert_eq!(bound.bind(&[]), bound, "bound values stay");
    }

    #[test]
    fn filters_survive_serialisation() {
        let filter = Filter::Test {
            path: JsonPath::parse("a[0].\"b c\"").unwrap(),
            test: Test::AnyOf(Value::List(vec![Value::Text("\"\\é".into()), Value::Time(i64::MIN), Value::Null])),
        };
        let text = serde_json::to_string(&filter).unwrap();
        assert_eq!(serde_json::from_str::<Filter>(&text).unwrap(), filter);
    }
}
