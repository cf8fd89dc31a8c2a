//! Lists that are read page by page in the order a query wants: the rows of the same query with pushdown off, and only
//! as many requests as the rows that are wanted take.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::Tenant;
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, TYPED_COLUMNS, explain, request_lines, rows, start_tenant};

const USERS: usize = 2_500;

/// Creates `auth0.users` and, with pushdown off, `auth0.whole`, both analyzed.
fn tables(db: &Database, tenant: &Tenant) -> Client {
    ForeignTable::users(db, tenant).columns(TYPED_COLUMNS).create();
    ForeignTable::users(db, tenant).columns(TYPED_COLUMNS).name("whole").option("pushdown", "off").create_on_server();
    let mut client = db.client();
    client
        .batch_execute("analyze auth0.users; create table local as select * from auth0.whole; analyze local")
        .unwrap();
    client
}

/// The rows of a query, and how many requests it sends.
fn read(client: &mut Client, tenant: &Tenant, sql: &str) -> (Vec<Vec<Option<String>>>, usize) {
    tenant.clear_requests();
    let found = rows(client, sql);
    (found, request_lines(tenant).len())
}

#[test]
fn a_limit_behind_a_filter_reads_as_many_pages_as_it_needs() {
    let (db, tenant) = (Database::create(), start_tenant(USERS));
    let mut client = tables(&db, &tenant);
    for (query, requests) in [
        // Searched, and tested by Postgres again.
        ("select created_at from T where email_verified order by created_at desc limit 5", 1),
        ("select created_at from T where email_verified order by created_at limit 5", 1),
        // Not searched at all.
        ("select created_at from T where length(name) > 3 order by created_at desc limit 5", 1),
        ("select created_at from T where email_verified order by created_at desc limit 5 offset 20", 1),
        // Rows of equal times are sorted by Postgres.
        ("select user_id from T order by created_at desc, user_id limit 5", 1),
        // More than a page.
        ("select user_id from T order by created_at, user_id limit 250", 4),
        ("select max(created_at), min(created_at) from T", 2),
        ("select min(created_at) from T where email_verified", 1),
    ] {
        let (found, sent) = read(&mut client, &tenant, &query.replace('T', "auth0.users"));
        let expected = rows(&mut client, &query.replace('T', "local"));
        assert_eq!(found, expected, "{query}");
        assert!(sent <= requests, "{query}: {sent} requests\n{}", request_lines(&tenant).join("\n"));
    }
    let plan =
        explain(&mut client, "select user_id from auth0.users where email_verified order by created_at desc limit 5");
    assert!(plan.contains("Remote Sort: created_at DESC, page by page") && !plan.contains("Sort Key"), "{plan}");
    // All rows come faster side by side.
    let plan = explain(&mut client, "select user_id from auth0.users order by created_at");
    assert!(!plan.contains("Remote Sort"), "{plan}");
}

#[test]
fn a_cursor_in_order_has_every_row_while_others_come_and_go() {
    let (db, tenant) = (Database::create(), start_tenant(USERS));
    let mut client = tables(&db, &tenant);
    client
        .batch_execute("begin; declare c cursor for select user_id from auth0.users order by created_at desc")
        .unwrap();
    tenant.clear_requests();
    let first = rows(&mut client, "fetch 100 from c");
    assert_eq!(request_lines(&tenant).len(), 1, "{:?}", request_lines(&tenant));
    // Rows that were read go, and their places in a numbered list are taken by rows that were not.
    let gone: Vec<String> = first.iter().take(50).filter_map(|row| row[0].clone()).collect();
    assert_eq!(tenant.delete_users(&gone), 50);
    let mut found = first;
    found.extend(rows(&mut client, "fetch all from c"));
    found.sort();
    found.dedup();
    let mut expected = rows(&mut client, "select user_id from local");
    expected.sort();
    assert!(found == expected, "{} different rows of {}", found.len(), expected.len());
}
