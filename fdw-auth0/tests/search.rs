//! Conditions as searches: their queries, and that a local tenant finds with them the rows of the SQL condition.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scan;

use std::sync::LazyLock;

use auth0_tenant::{Tenant, TenantConfig};
use fdw_auth0::Auth0;
use fdw_common::filter::Comparison::{self, Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
use fdw_common::filter::{Filter, Search, Test, Value};
use fdw_common::json_path::JsonPath;
use fdw_common::model::SearchParameter;
use fdw_common::rest::Transport;
use fdw_common::source::{Source, find_entity};
use proptest::prelude::*;
use scan::keys;

fn parameter() -> SearchParameter {
    find_entity::<Auth0>(Some("users")).unwrap().search.unwrap()
}

fn test(path: &str, test: Test) -> Filter {
    Filter::Test { path: JsonPath::parse(path).unwrap(), test }
}

fn compare(path: &str, comparison: Comparison, value: Value) -> Filter {
    test(path, Test::Compare(comparison, value))
}

fn equal(path: &str, text: &str) -> Filter {
    compare(path, Equal, Value::Text(text.into()))
}

fn like(path: &str, pattern: &str, ignore_case: bool) -> Filter {
    test(path, Test::Like { pattern: Value::Text(pattern.into()), ignore_case })
}

fn is(path: &str, wanted: bool) -> Filter {
    compare(path, Equal, Value::Bool(wanted))
}

fn contains(path: &str, document: &str) -> Filter {
    test(path, Test::Contains(Value::Json(document.into())))
}

fn list(path: &str, texts: &[&str]) -> Filter {
    test(path, Test::AnyOf(Value::List(texts.iter().map(|text| Value::Text((*text).into())).collect())))
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

/// The query, `*` for the whole list and `-` for nothing.
fn searched(filter: Filter) -> String {
    match Auth0::search(&parameter(), &[filter]) {
        Search::Whole => "*".to_owned(),
        Search::Nothing => "-".to_owned(),
        Search::Queries(queries) => queries.join(" ; "),
    }
}

#[test]
fn conditions_become_queries_that_find_all_matching_rows() {
    // 2026-07-25T17:20:00.123456Z
    let time = Value::Time(1_785_000_000_123_456);
    let cases = [
        // Texts, whole; some fields ignore case, which Postgres rechecks.
        (equal("email", "a\"b\\c*"), r#"email:"a\"b\\c*""#),
        (equal("username", "AND"), r#"username:"AND""#),
        (equal("name", ""), "*"),
        (equal("name", " a"), "*"),
        (equal("name", "a\u{7}"), "*"),
        (equal("name", &"a".repeat(257)), "*"),
        (equal("picture", "a"), "*"),
        (compare("name", Less, Value::Text("a".into())), "*"),
        (compare("name", Equal, Value::Null), "-"),
        (test("name", Test::LowerIs(Value::Text("ann".into()))), r#"name:"ann""#),
        (test("name", Test::LowerIs(Value::Text("\u{e9}".into()))), "*"),
        (test("username", Test::LowerIs(Value::Text("ann".into()))), "*"),
        // `<>`, if the search is as strict as SQL.
        (not(equal("username", "a")), r#"NOT username:"a""#),
        (not(equal("email", "a")), "*"),
        (not(compare("username", Equal, Value::Null)), "-"),
        // Lists.
        (list("username", &["b", "a", "b"]), r#"username:("a" OR "b")"#),
        (list("username", &["a"]), r#"username:("a")"#),
        (list("username", &["a", ""]), "*"),
        (list("username", &[]), "-"),
        (test("username", Test::AnyOf(Value::List(vec![Value::Null]))), "-"),
        (not(list("username", &["a"])), "*"),
        // Patterns.
        (like("name", "Jo%", false), "name:jo*"),
        (like("username", "Jo%", false), "username:Jo*"),
        (like("username", "Jo%", true), "*"),
        (like("email", "%@acme.com", true), r"email:*\@acme\.com*"),
        (like("name", "Ann", false), r#"name:"Ann""#),
        (like("app_metadata.plan", "p%", false), "*"),
        (not(like("username", "Jo%", false)), "*"),
        // Booleans. An absent value is unknown, not false.
        (is("blocked", true), "blocked:true"),
        (not(is("blocked", true)), "blocked:false"),
        (test("blocked", Test::Is(false)), "blocked:false"),
        (not(test("blocked", Test::Is(true))), "NOT blocked:true"),
        (is("email_verified", true), "NOT email_verified:false"),
        (not(is("email_verified", true)), "NOT email_verified:true"),
        (test("phone_verified", Test::Is(false)), "NOT phone_verified:true"),
        // Metadata may have "yes", "t" and 1, which a boolean column reads as true.
        (is("app_metadata.vip", true), "*"),
        (test("app_metadata.vip", Test::Is(true)), "*"),
        (test("app_metadata.vip", Test::Is(false)), "*"),
        (not(test("app_metadata.vip", Test::Is(true))), "*"),
        (not(test("app_metadata.vip", Test::Is(false))), "*"),
        (not(is("app_metadata.vip", true)), "*"),
        (not(test("email_verified", Test::Is(true))), "NOT email_verified:true"),
        // NULL is not indexed; an empty text may not be indexed either.
        (test("last_login", Test::IsNull), "NOT _exists_:last_login"),
        (not(test("last_login", Test::IsNull)), "_exists_:last_login"),
        (test("name", Test::IsNull), "NOT _exists_:name"),
        (not(test("name", Test::IsNull)), "*"),
        (test("app_metadata.plan", Test::IsNull), "*"),
        // Numbers.
        (compare("logins_count", Equal, Value::Int(-3)), "logins_count:[-3 TO -3]"),
        (compare("logins_count", Less, Value::Int(5)), "logins_count:[* TO 5}"),
        (compare("logins_count", Greater, Value::Int(5)), "logins_count:{5 TO *]"),
        (not(compare("logins_count", Equal, Value::Int(5))), "NOT logins_count:[5 TO 5]"),
        // Times, to the milliseconds around; texts of times to the days around.
        (compare("created_at", GreaterOrEqual, time.clone()), "created_at:[2026-07-25T17:20:00.123Z TO *]"),
        (compare("created_at", LessOrEqual, time), "created_at:[* TO 2026-07-25T17:20:00.124Z]"),
        (compare("created_at", Less, Value::Time(i64::MAX)), "*"),
        (compare("created_at", Greater, Value::Text("2026-01-01".into())), "created_at:[2025-12-31 TO *]"),
        (compare("created_at", Greater, Value::Text("yesterday".into())), "*"),
        // Documents: no ranges, and no text that may be indexed as another type.
        (equal("app_metadata.plan", "pro"), r#"app_metadata.plan:"pro""#),
        (equal("app_metadata.plan", "5"), "*"),
        (equal("app_metadata.plan", "null"), "*"),
        (equal("app_metadata.plan", "1e999"), "*"),
        (equal("app_metadata.a.b[0].c", "x y"), r#"app_metadata.a.b.c:"x y""#),
        (equal("app_metadata.\"a b\"", "x"), "*"),
        (equal("app_metadata", "x"), "*"),
        (equal("identities[0].connection", "db"), r#"identities.connection:"db""#),
        (not(equal("identities[0].connection", "db")), "*"),
        (equal("identities[0].provider", "db"), "*"),
        (
            contains("app_metadata", r#"{"plan": "pro", "beta": true, "n": 5, "roles": ["a", {"b": "c"}]}"#),
            r#"app_metadata.beta:true AND app_metadata.plan:"pro" AND app_metadata.roles:"a" AND app_metadata.roles.b:"c""#,
        ),
        (contains("identities", r#"[{"connection": "db", "isSocial": false}]"#), r#"identities.connection:"db""#),
        (contains("app_metadata", "{}"), "*"),
        (contains("app_metadata", "{"), "*"),
        // Logic. A condition that cannot be searched is left out if the search then finds more rows.
        (Filter::And(vec![is("blocked", true), Filter::Unknown]), "blocked:true"),
        (Filter::Or(vec![is("blocked", true), Filter::Unknown]), "*"),
        (Filter::Or(vec![is("blocked", true), compare("name", Equal, Value::Null)]), "blocked:true"),
        (not(Filter::And(vec![is("blocked", true), Filter::Unknown])), "*"),
        (not(Filter::Or(vec![is("blocked", true), Filter::Unknown])), "blocked:false"),
        (
            Filter::Or(vec![equal("name", "a"), Filter::And(vec![is("blocked", true), equal("username", "b")])]),
            r#"(name:"a" OR (blocked:true AND username:"b"))"#,
        ),
        (
            Filter::And(vec![is("email_verified", true), Filter::Or(vec![equal("name", "a"), equal("name", "b")])]),
            r#"NOT email_verified:false AND (name:"a" OR name:"b")"#,
        ),
        // A negation inside an OR would be an exclusion from the whole.
        (Filter::Or(vec![equal("name", "a"), is("email_verified", true)]), "*"),
        (
            not(Filter::And(vec![is("email_verified", true), test("blocked", Test::Is(true))])),
            "NOT (email_verified:true AND blocked:true)",
        ),
        (compare("name", Equal, Value::Parameter(1)), "name:$2"),
        (compare("created_at", Greater, Value::Parameter(0)), "created_at:[$1 TO *]"),
    ];
    for (filter, expected) in cases {
        assert_eq!(searched(filter.clone()), expected, "{filter:?}");
    }
}

/// Ids in logs may be numbers (go-auth0 303), which a text column reads as text.
#[test]
fn a_text_that_may_be_a_number_in_a_log_is_not_searched() {
    let parameter = find_entity::<Auth0>(Some("logs")).unwrap().search.unwrap();
    let cases = [
        (equal("user_id", "4711"), Search::Whole),
        (list("user_id", &["auth0|1", "4711"]), Search::Whole),
        (equal("user_id", "true"), Search::Whole),
        (equal("user_id", "auth0|1"), Search::Queries(vec![r#"user_id:"auth0|1""#.to_owned()])),
        (equal("client_id", "5"), Search::Whole),
    ];
    for (filter, expected) in cases {
        assert_eq!(Auth0::search(&parameter, std::slice::from_ref(&filter)), expected, "{filter:?}");
    }
}

#[test]
fn only_searches_for_values_that_are_indexed_unchanged_are_exact() {
    let exact = |filter: Filter| Auth0::is_exact(&parameter(), &[filter]);
    for filter in [
        is("blocked", true),
        not(is("blocked", true)),
        not(test("blocked", Test::Is(true))),
        compare("logins_count", Greater, Value::Int(3)),
    ] {
        assert!(exact(filter.clone()), "{filter:?}");
    }
    for filter in [
        is("email_verified", true),
        equal("username", "a"),
        compare("logins_count", Equal, Value::Parameter(0)),
        compare("logins_count", Equal, Value::Null),
        not(compare("logins_count", Equal, Value::Int(3))),
        compare("created_at", Greater, Value::Time(0)),
        Filter::Or(vec![is("blocked", true), is("blocked", false)]),
        is("app_metadata.beta", true),
        Filter::Unknown,
    ] {
        assert!(!exact(filter.clone()), "{filter:?}");
    }
}

#[test]
fn long_lists_become_several_searches_without_losing_a_value() {
    let ids: Vec<String> = (0..1000).map(|n| format!("auth0|{n:024x}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let filters = [list("user_id", &ids), is("blocked", true)];
    let Search::Queries(queries) = Auth0::search(&parameter(), &filters) else { panic!("no queries") };
    assert!(queries.len() > 1);
    for query in &queries {
        let encoded: usize = url::form_urlencoded::byte_serialize(query.as_bytes()).map(str::len).sum();
        assert!(encoded <= 4_000 && query.starts_with("blocked:true AND user_id:("), "{query}");
    }
    for id in ids {
        assert_eq!(queries.iter().filter(|query| query.contains(&format!("\"{id}\""))).count(), 1, "{id}");
    }
}

#[test]
fn other_clauses_that_are_too_long_are_left_out() {
    let long = |n: usize| equal("username", &format!("{n:0>250}"));
    let filters = [Filter::Or((0..40).map(long).collect()), is("blocked", true)];
    assert_eq!(Auth0::search(&parameter(), &filters), Search::Queries(vec!["blocked:true".to_owned()]));
    assert_eq!(Auth0::search(&parameter(), &filters[..1]), Search::Whole);
}

/// The user ids that a tenant finds.
fn found(tenant: &Tenant, queries: Vec<String>) -> Vec<String> {
    static TRANSPORT: LazyLock<Transport> = LazyLock::new(|| Transport::start().unwrap());
    keys(&mut scan::search(&TRANSPORT, tenant, &[], queries)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// No value changes the meaning of a query: it finds the users with the value, and no others.
    #[test]
    fn no_value_changes_the_meaning_of_a_query(
        value in prop_oneof![
            "[\\PC]{1,12}",
            r#"["\\*?+!(){}\[\]^~:/&| a-cANDORTO-]{1,16}"#,
            Just(r#"a" OR username:*"#.to_owned()),
            Just(r#"\" OR _exists_:username OR name:"\"#.to_owned()),
        ],
    ) {
        let user = |id: &str, name: &str| serde_json::json!({"user_id": id, "username": name}).to_string();
        let tenant = Tenant::start(TenantConfig {
            explicit_users: Some(vec![
                user("it", &value),
                user("more", &format!("{value}x")),
                user("less", &value.chars().skip(1).collect::<String>()),
                user("other", "something else"),
            ]),
            ..TenantConfig::default()
        }).unwrap();
        match Auth0::search(&parameter(), &[equal("username", &value)]) {
            Search::Queries(queries) => prop_assert_eq!(found(&tenant, queries), ["it"]),
            Search::Whole => prop_assert!(value.trim() != value || value.contains(char::is_control)),
            Search::Nothing => prop_assert!(false),
        }
        let pattern: String = value.chars().flat_map(|character| ['\\', character]).chain(['%']).collect();
        if let Search::Queries(queries) = Auth0::search(&parameter(), &[like("username", &pattern, false)]) {
            let ids = found(&tenant, queries.clone());
            prop_assert!(ids.contains(&"it".to_owned()) && ids.contains(&"more".to_owned()), "{:?} {:?}", queries, ids);
        }
    }
}
