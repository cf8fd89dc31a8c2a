//! `count(*)`: one request if the list's total is the answer, otherwise the rows.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::{Fault, FaultKind};
use wrappers_tests::{Database, ForeignTable, expect_error, explain, request_lines, rows, start_tenant, value};

const ONE_REQUEST: &str = "GET /api/v2/users?include_totals=true&fields=user_id&include_fields=true&per_page=1&page=0";

#[test]
fn plain_count_is_one_request() {
    for users in [0, 1, 150, 999] {
        let (db, tenant) = (Database::create(), start_tenant(users));
        ForeignTable::users(&db, &tenant).create();
        let mut client = db.client();
        let sql = "select count(*) from auth0.users";
        assert_eq!(value(&mut client, sql), Some(users.to_string()));
        assert_eq!(request_lines(&tenant), [ONE_REQUEST]);
        assert_eq!(
            explain(&mut client, sql).lines().map(str::trim).collect::<Vec<_>>(),
            [
                "Foreign Scan",
                "Output: (count(*))",
                "Remote Aggregate: count(*) of users",
                "Remote Request: GET /api/v2/users?include_totals=true&fields=user_id&include_fields=true&per_page=1&page=0",
            ]
        );
    }
}

#[test]
fn total_at_the_page_cap_is_not_used_as_count() {
    let (db, tenant) = (Database::create(), start_tenant(2500));
    ForeignTable::users(&db, &tenant).create();
    assert_eq!(value(&mut db.client(), "select count(*) from auth0.users").as_deref(), Some("2500"));
    assert!(request_lines(&tenant).len() >= 25, "the rows are counted");
}

#[test]
fn counting_twice_gives_the_same_count() {
    // More pages than a scan caches for a rescan.
    let (db, tenant) = (Database::create(), start_tenant(60_000));
    ForeignTable::users(&db, &tenant).option("bulk", "search").create();
    let mut client = db.client();
    client.batch_execute("set enable_material = off").unwrap();
    let sql = "select g, n from generate_series(1, 2) g \
               left join (select count(*) as n from auth0.users) u on u.n > g order by g";
    let plan = explain(&mut client, sql);
    assert!(plan.contains("Nested Loop Left Join") && !plan.contains("Materialize"), "{plan}");
    let row = |g: &str| vec![Some(g.to_owned()), Some("60000".to_owned())];
    assert_eq!(rows(&mut client, sql), [row("1"), row("2")]);
}

#[test]
fn count_is_right_in_subqueries_and_prepared_statements() {
    let (db, tenant) = (Database::create(), start_tenant(130));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    client
        .batch_execute("create view v as select * from auth0.users; prepare c as select count(*) from auth0.users")
        .unwrap();
    for sql in [
        "select count(*) from v",
        "select n from (select count(*) as n from auth0.users) s",
        "with c as materialized (select count(*) as n from auth0.users) select n from c",
        "select (select count(*) from auth0.users)",
        "execute c",
        "execute c",
        "select count(*) from auth0.users limit 1",
        "select max(n) from generate_series(1, 3) g, lateral (select count(*) + 0 * g as n from auth0.users) s",
    ] {
        assert_eq!(value(&mut client, sql).as_deref(), Some("130"), "{sql}");
    }
    assert!(rows(&mut client, "select count(*) from auth0.users offset 1").is_empty());
    assert_eq!(
        rows(&mut client, "select count(*), count(*) as again from auth0.users"),
        [[Some("130".to_owned()), Some("130".to_owned())]]
    );
    // The next execution sees users added in between.
    let more = start_tenant(131);
    let all = (0..131).map(|index| more.user_json(index).unwrap()).collect();
    tenant.set_users(all);
    assert_eq!(value(&mut client, "execute c").as_deref(), Some("131"));
}

#[test]
fn other_counts_read_the_rows() {
    let (db, tenant) = (Database::create(), start_tenant(130));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    client.batch_execute("create table copy as select * from auth0.users").unwrap();
    for sql in [
        "select count(*) from TABLE where email_verified",
        "select count(*) from TABLE where email = 'user1@example.com'",
        "select count(*) from TABLE where false",
        "select count(email) from TABLE",
        "select count(distinct email) from TABLE",
        "select count(*) filter (where email_verified) from TABLE",
        "select count(*) from TABLE having count(*) > 1000",
        "select email_verified, count(*) from TABLE group by email_verified order by 1",
        "select email_verified, count(*) from TABLE group by rollup (email_verified) order by 1",
        "select count(*), max(email) from TABLE",
        "select count(*) > 5 from TABLE",
        "select count(*) from TABLE a join TABLE b using (user_id)",
        "select count(*) over () from TABLE limit 1",
        "select count(*) from (select * from TABLE limit 7) s",
        "select count(*) from (select distinct email_verified from TABLE) s",
    ] {
        let of = |table: &str| sql.replace("TABLE", table);
        assert_eq!(rows(&mut client, &of("auth0.users")), rows(&mut client, &of("copy")), "{sql}");
    }
    client.batch_execute("alter foreign table auth0.users options (add pushdown 'off')").unwrap();
    tenant.clear_requests();
    assert_eq!(value(&mut client, "select count(*) from auth0.users").as_deref(), Some("130"));
    assert_eq!(request_lines(&tenant).len(), 2);
}

#[test]
fn failed_count_is_an_error() {
    let (db, tenant) = (Database::create(), start_tenant(130));
    ForeignTable::users(&db, &tenant).create();
    tenant.fault(Fault::once(FaultKind::HtmlInsteadOfJson));
    let mut client = db.client();
    assert_eq!(expect_error(&mut client, "select count(*) from auth0.users").code, "08P01");
    assert_eq!(value(&mut client, "select count(*) from auth0.users").as_deref(), Some("130"));
}
