//! Filters and joins by key: their requests, and that the rows equal those of the whole list.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::{Fault, FaultKind, Tenant};
use wrappers_tests::postgres::Client;
use wrappers_tests::{
    Database, ForeignTable, Interrupt, expect_error, explain, interrupt, quote_literal, request_lines, rows,
    start_tenant,
};

/// A field of the users, in the tenant's order.
fn field(tenant: &Tenant, name: &str) -> Vec<String> {
    let user = |index| serde_json::from_str::<serde_json::Value>(&tenant.user_json(index).unwrap()).unwrap();
    (0..tenant.user_count()).filter_map(|index| user(index)[name].as_str().map(str::to_owned)).collect()
}

/// The rows of a query, sorted, and its requests.
fn asked(client: &mut Client, tenant: &Tenant, sql: &str) -> (Vec<Vec<Option<String>>>, Vec<String>) {
    tenant.clear_requests();
    let mut found = rows(client, sql);
    found.sort();
    (found, request_lines(tenant))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn user_by_id_is_one_request() {
    let (db, tenant) = (Database::create(), start_tenant(300));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    // Every kind of id, including those with bars, slashes, blanks and percent signs.
    for id in field(&tenant, "user_id").iter().take(60) {
        let sql = format!("select user_id from auth0.users where user_id = {}", quote_literal(id));
        let (found, lines) = asked(&mut client, &tenant, &sql);
        assert_eq!(found, [[some(id)]]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].starts_with("GET /api/v2/users/") && lines[0].ends_with("?fields=user_id&include_fields=true")
        );
    }
    let sql = "select user_id, email from auth0.users where user_id = 'auth0|nobody'";
    assert_eq!(
        explain(&mut client, sql).lines().map(str::trim).collect::<Vec<_>>(),
        [
            "Foreign Scan on auth0.users",
            "Output: user_id, email",
            "Filter: (users.user_id = 'auth0|nobody'::text)",
            "Remote Request: GET /api/v2/users/{user_id}?fields=user_id%2Cemail&include_fields=true",
            "Remote Columns: user_id = user_id, email = email",
        ]
    );
    let (found, lines) = asked(&mut client, &tenant, sql);
    assert!(found.is_empty());
    assert_eq!(lines, ["GET /api/v2/users/auth0%7Cnobody?fields=user_id%2Cemail&include_fields=true"]);
    // The whole row is requested without a list of fields.
    let (_, lines) = asked(&mut client, &tenant, "select attrs from auth0.users where 'auth0|nobody' = user_id");
    assert_eq!(lines, ["GET /api/v2/users/auth0%7Cnobody"]);
}

#[test]
fn impossible_id_sends_no_request() {
    let (db, tenant) = (Database::create(), start_tenant(5));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    for value in ["''", "'.'", "'..'", "null", "any (array[]::text[])", "any (null::text[])", "any (array[null, ''])"] {
        let sql = format!("select * from auth0.users where user_id = {value}");
        assert_eq!(asked(&mut client, &tenant, &sql), (vec![], vec![]), "{value}");
    }
}

#[test]
fn users_by_a_list_of_ids_are_one_request_each() {
    let (db, tenant) = (Database::create(), start_tenant(2500));
    ForeignTable::users(&db, &tenant).option("pushdown", "safe").create();
    let mut client = db.client();
    let ids: Vec<String> = field(&tenant, "user_id").into_iter().step_by(100).collect();
    let mut list: Vec<String> = ids.iter().map(|id| quote_literal(id)).collect();
    list.extend(["'auth0|nobody'".to_owned(), "null".to_owned(), list[0].clone()]);
    for sql in [
        format!("select user_id from auth0.users where user_id in ({})", list.join(", ")),
        format!("select user_id from auth0.users where user_id = any (array[{}]::text[])", list.join(", ")),
    ] {
        let (found, lines) = asked(&mut client, &tenant, &sql);
        let mut expected: Vec<Vec<Option<String>>> = ids.iter().map(|id| vec![some(id)]).collect();
        expected.sort();
        assert_eq!(found, expected, "the page cap does not limit lookups");
        assert_eq!(lines.len(), ids.len() + 1, "each id once, and the id without a user");
    }
}

#[test]
fn users_by_email_are_one_case_sensitive_request() {
    let (db, tenant) = (Database::create(), start_tenant(300));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    for email in field(&tenant, "email").iter().take(40) {
        for written in [email.clone(), email.to_uppercase(), email.to_lowercase()] {
            let expected: Vec<_> = field(&tenant, "email")
                .iter()
                .filter(|other| **other == written)
                .map(|other| vec![some(other)])
                .collect();
            let sql = format!("select email from auth0.users where email = {}", quote_literal(&written));
            let (found, lines) = asked(&mut client, &tenant, &sql);
            assert_eq!(found, expected, "{written}");
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert!(lines[0].starts_with("GET /api/v2/users-by-email?email="), "{lines:?}");
        }
    }
    // No user has an empty address.
    let (found, lines) = asked(&mut client, &tenant, "select email from auth0.users where email = ''");
    assert!(found.is_empty() && lines.is_empty(), "{lines:?}");
}

#[test]
fn parameters_are_evaluated_in_every_execution() {
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let (db, tenant) = (Database::create(), start_tenant(40));
        ForeignTable::users(&db, &tenant).option("pushdown", "safe").create();
        let mut client = db.client();
        client
            .batch_execute(&format!(
                "set plan_cache_mode = {mode};
                 prepare one (text) as select user_id from auth0.users where user_id = $1;
                 prepare many (text[]) as select user_id from auth0.users where user_id = any ($1)"
            ))
            .unwrap();
        let ids = field(&tenant, "user_id");
        for id in ids.iter().take(10) {
            let (found, lines) = asked(&mut client, &tenant, &format!("execute one ({})", quote_literal(id)));
            assert_eq!((found, lines.len()), (vec![vec![some(id)]], 1), "{mode}");
        }
        assert_eq!(asked(&mut client, &tenant, "execute one (null)"), (vec![], vec![]), "{mode}");
        let array = |ids: &[String]| {
            format!("array[{}]", ids.iter().map(|id| quote_literal(id)).collect::<Vec<_>>().join(", "))
        };
        for take in [1, 3, 7] {
            let (found, lines) = asked(&mut client, &tenant, &format!("execute many ({})", array(&ids[..take])));
            assert_eq!((found.len(), lines.len()), (take, take), "{mode}");
        }
    }
}

#[test]
fn joins_by_key_request_each_key_once() {
    let (db, tenant) = (Database::create(), start_tenant(400));
    ForeignTable::users(&db, &tenant).option("pushdown", "safe").create();
    let mut client = db.client();
    client
        .batch_execute("create table l (n int, id text); set enable_hashjoin = off; set enable_mergejoin = off")
        .unwrap();
    // Five ids, each three times and in turn, one id without a user, and a NULL.
    for (n, id) in field(&tenant, "user_id").iter().take(5).cycle().take(15).enumerate() {
        client.batch_execute(&format!("insert into l values ({n}, {})", quote_literal(id))).unwrap();
    }
    client.batch_execute("insert into l values (90, 'auth0|nobody'), (91, null); analyze l").unwrap();
    let joins = [
        ("select n, email from l join auth0.users u on u.user_id = l.id", 15),
        ("select n, email from l left join auth0.users u on u.user_id = l.id", 17),
        ("select n, u.email from l, lateral (select * from auth0.users where user_id = l.id offset 0) u", 15),
        ("select n, (select email from auth0.users u where u.user_id = l.id) from l", 17),
    ];
    for memoize in ["on", "off"] {
        client.batch_execute(&format!("set enable_memoize = {memoize}")).unwrap();
        for (sql, count) in joins {
            let plan = explain(&mut client, sql);
            assert!(plan.contains("Remote Request: GET /api/v2/users/{user_id}"), "{plan}");
            let (found, lines) = asked(&mut client, &tenant, sql);
            assert_eq!(found.len(), count, "{sql}");
            assert_eq!(lines.len(), 6, "{sql}: {lines:?}");
        }
    }
    client.batch_execute("reset all").unwrap();
    let full = "select n, user_id from l full join auth0.users u on u.user_id = l.id";
    assert_eq!(rows(&mut client, full).len(), 400 + 10 + 2);
}

#[test]
fn join_requests_several_keys_concurrently() {
    let (db, tenant) = (Database::create(), start_tenant(400));
    let table = ForeignTable::users(&db, &tenant).server_option("request_timeout", "1 h");
    table.option("pushdown", "safe").create();
    let mut client = db.client();
    client.batch_execute("create table l (n int, id text)").unwrap();
    let ids = field(&tenant, "user_id");
    for (n, id) in ids.iter().take(50).enumerate() {
        client.batch_execute(&format!("insert into l values ({n}, {})", quote_literal(id))).unwrap();
    }
    client.batch_execute("analyze l").unwrap();
    let join = "select n, email from l join auth0.users u on u.user_id = l.id order by n";
    let plan = explain(&mut client, join);
    assert!(plan.contains("Custom Scan (WrappersPrefetch)"), "{plan}");
    let (found, lines) = asked(&mut client, &tenant, join);
    let numbers: Vec<_> = found.iter().map(|row| row[..1].to_vec()).collect();
    assert_eq!((numbers, lines.len()), (rows(&mut client, "select n from l order by n::text"), 50));
    // A query that stops early has requested no key too many if each key has its row.
    for needed in [1, 2, 5, 20] {
        let sql = format!("select n from l join auth0.users u on u.user_id = l.id limit {needed}");
        let (found, lines) = asked(&mut client, &tenant, &sql);
        assert_eq!((found.len(), lines.len()), (needed, needed), "{lines:?}");
    }
    // If rows per key are not known, at most as many requests are wasted as were used.
    let third = quote_literal(&ids[2]);
    let exists =
        format!("select exists (select from l join auth0.users u on u.user_id = l.id where u.user_id || '' = {third})");
    let plan = explain(&mut client, &exists);
    assert!(plan.contains("Custom Scan (WrappersPrefetch)"), "{plan}");
    let (found, lines) = asked(&mut client, &tenant, &exists);
    assert_eq!(found, [[some("t")]]);
    // The last request may not have been sent when the row is found.
    assert!((3..=4).contains(&lines.len()), "{lines:?}");
    // Rescans, changed parameters, a volatile outer side, more rows than one batch of read-ahead.
    let many = "select count(*), count(u.email) from (select id from l, generate_series(1, 5) union all
                  select null from generate_series(1, 3)) o left join auth0.users u on u.user_id = o.id";
    let correlated = "select g, (select count(u.user_id) from l join auth0.users u on u.user_id = l.id where l.n < g)
                      from generate_series(0, 60, 20) g";
    for sql in [many, correlated] {
        let found = rows(&mut client, sql);
        client.batch_execute("alter foreign table auth0.users options (set pushdown 'off')").unwrap();
        assert_eq!(found, rows(&mut client, sql), "{sql}");
        client.batch_execute("alter foreign table auth0.users options (set pushdown 'safe')").unwrap();
    }
    tenant.clear_requests();
    // All requests but the first user's hang: as many as allowed are in flight at once.
    for id in &ids[1..50] {
        let path = format!("/api/v2/users/{}", id.replace('|', "%7C"));
        tenant.fault(Fault::forever(FaultKind::StallBeforeHeaders).on_path(&path));
    }
    let (error, _) = interrupt(&db, &mut client, join, Interrupt::Cancel, || tenant.requests().len() >= 11);
    assert_eq!(error.code, "57014");
    tenant.clear_faults();
    assert_eq!(rows(&mut client, join).len(), 50);
}

#[test]
fn other_comparisons_read_the_list() {
    let (db, tenant) = (Database::create(), start_tenant(150));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    client
        .batch_execute(
            "create collation ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        )
        .unwrap();
    let email = quote_literal(&field(&tenant, "email")[0].to_uppercase());
    for filter in [
        format!("email = {email} collate ignore_case"),
        format!("lower(email) = lower({email})"),
        format!("email <> {email}"),
        "user_id = email".to_owned(),
        "user_id = md5(random()::text)".to_owned(),
        format!("user_id = 'auth0|1' or email = {email}"),
        "user_id <> all (array['auth0|1'])".to_owned(),
        "user_id like 'auth0|%'".to_owned(),
    ] {
        let (_, lines) = asked(&mut client, &tenant, &format!("select user_id from auth0.users where {filter}"));
        assert!(lines.iter().all(|line| line.starts_with("GET /api/v2/users?")), "{filter}: {lines:?}");
    }
    let same = format!("select count(*) from auth0.users where email = {email} collate ignore_case");
    assert_eq!(rows(&mut client, &same), [[some("1")]]);
}

#[test]
fn pushdown_off_reads_the_list() {
    let (db, tenant) = (Database::create(), start_tenant(150));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    let id = quote_literal(&field(&tenant, "user_id")[0]);
    let sql = format!("select user_id from auth0.users where user_id = {id}");
    let kinds = |client: &mut Client| {
        let (found, lines) = asked(client, &tenant, &sql);
        assert_eq!(found.len(), 1);
        lines[0].starts_with("GET /api/v2/users?")
    };
    assert!(!kinds(&mut client));
    client.batch_execute("alter server auth0_server options (add pushdown 'off')").unwrap();
    assert!(kinds(&mut client));
    let (_, lines) = asked(&mut client, &tenant, "select user_id from auth0.users limit 5");
    assert!(lines[0].contains("per_page=100"), "{lines:?}");
    client.batch_execute("alter foreign table auth0.users options (add pushdown 'safe')").unwrap();
    assert!(!kinds(&mut client), "the table's option goes before the server's");
    let error = expect_error(&mut client, "alter server auth0_server options (set pushdown 'on')");
    assert_eq!((error.code.as_str(), error.hint.as_str()), ("HV024", "Give 'search' or 'safe' or 'off'."), "{error}");
}

#[test]
fn failed_lookup_is_an_error_not_an_empty_result() {
    let (db, tenant) = (Database::create(), start_tenant(20));
    ForeignTable::users(&db, &tenant).server_option("max_retries", "0").create();
    let mut client = db.client();
    let status = |code, body: &str| FaultKind::Status {
        code,
        body: body.to_owned(),
        content_type: "application/json".to_owned(),
        headers: vec![],
    };
    for (kind, code) in [
        (status(404, "<html>"), "HV000"),
        (status(404, r#"{"message":"no such route"}"#), "HV000"),
        (status(400, r#"{"statusCode":400,"message":"m","errorCode":"invalid_query_string"}"#), "HV000"),
        (status(401, "{}"), "28000"),
        (status(403, "{}"), "42501"),
        (status(429, "{}"), "53400"),
        (status(503, "{}"), "HV000"),
        (status(200, "[]"), "08P01"),
        (status(200, "{}"), "08P01"),
        (status(200, ""), "08P01"),
        (FaultKind::HtmlInsteadOfJson, "08P01"),
        (FaultKind::TruncateBody, "08006"),
    ] {
        for filter in ["user_id = 'auth0|nobody'", "user_id = any (array['auth0|nobody', 'auth0|noone'])"] {
            tenant.fault(Fault::forever(kind.clone()));
            let error = expect_error(&mut client, &format!("select * from auth0.users where {filter}"));
            tenant.clear_faults();
            // The body has to arrive before it can be cut short.
            let expected = if kind == FaultKind::TruncateBody { error.code.as_str() } else { code };
            assert_eq!(error.code, expected, "{kind:?}: {error}");
        }
    }
}

/// The same queries over the list, over lookups and over a local copy.
#[test]
fn every_query_returns_the_rows_of_a_local_copy() {
    let (db, tenant) = (Database::create(), start_tenant(260));
    ForeignTable::users(&db, &tenant).create();
    ForeignTable::users(&db, &tenant).name("listed").option("pushdown", "off").create_on_server();
    let mut client = db.client();
    client.batch_execute("create table auth0.copy as select * from auth0.listed").unwrap();
    let (ids, emails) = (field(&tenant, "user_id"), field(&tenant, "email"));
    let mut values: Vec<String> =
        ids.iter().take(12).chain(emails.iter().take(12)).map(|value| quote_literal(value)).collect();
    values.extend(emails.iter().take(4).map(|email| quote_literal(&email.to_uppercase())));
    values.extend(["''", "'%'", "'..'", "null", r"e'a\\b'", "'a''b'", "'auth0|'", "'ü@x'"].map(str::to_owned));
    let mut queries = 0;
    for (at, value) in values.iter().enumerate() {
        let other = &values[(at * 7 + 3) % values.len()];
        for filter in [
            format!("user_id = {value}"),
            format!("email = {value}"),
            format!("user_id = {value} and email = {other}"),
            format!("user_id = {value} or email = {other}"),
            format!("user_id in ({value}, {other})"),
            format!("email in ({value}, {other}, {value})"),
            format!("not user_id = {value} and email = {other}"),
            format!("user_id = any (array[{value}, {other}]) and email_verified"),
            format!("user_id = {value} limit 1"),
        ] {
            let run = |client: &mut Client, table: &str| {
                let mut found =
                    rows(client, &format!("select user_id, email, name, attrs from auth0.{table} where {filter}"));
                found.sort();
                found
            };
            let (looked_up, copy) = (run(&mut client, "users"), run(&mut client, "copy"));
            assert_eq!(looked_up, copy, "{filter}");
            if at % 6 == 0 {
                assert_eq!(run(&mut client, "listed"), copy, "{filter}");
            }
            queries += 1;
        }
    }
    assert_eq!(queries, values.len() * 9);
}
