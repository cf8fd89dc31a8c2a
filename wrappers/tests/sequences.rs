//! Sequences of statements as applications, tools and administrators run them: each returns the rows of a local copy,
//! or a clear error after which the session continues.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "sequences/alterations.rs"]
mod alterations;
#[path = "sequences/backup.rs"]
mod backup;
#[path = "sequences/copied.rs"]
mod copied;
#[path = "sequences/cursors.rs"]
mod cursors;
#[path = "sequences/from_supabase.rs"]
mod from_supabase;
#[path = "sequences/partitions.rs"]
mod partitions;
#[path = "sequences/plans.rs"]
mod plans;
#[path = "sequences/postgrest.rs"]
mod postgrest;
#[path = "sequences/standby.rs"]
mod standby;
#[path = "sequences/transactions.rs"]
mod transactions;

use wrappers_tests::auth0_tenant::Tenant;
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, PgError, TYPED_COLUMNS, rows, start_tenant, value};

/// `auth0.users` with typed columns, its copy `local.users`, and a session.
fn copied_users(users: usize) -> (Database, Tenant, Client) {
    let (db, tenant) = (Database::create(), start_tenant(users));
    let columns = format!("{TYPED_COLUMNS}, plan text options (json_path 'app_metadata.plan')");
    ForeignTable::users(&db, &tenant).columns(&columns).create();
    let mut client = db.client();
    run(&mut client, "create schema local; create table local.users as select * from auth0.users");
    (db, tenant, client)
}

#[track_caller]
fn run(client: &mut Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql) {
        panic!("{sql}\n{}", PgError::from_client(&error));
    }
}

#[track_caller]
fn count(client: &mut Client, sql: &str) -> usize {
    value(client, sql).and_then(|text| text.parse().ok()).expect("a count")
}

type Rows = Vec<Vec<Option<String>>>;

#[track_caller]
fn sorted(client: &mut Client, sql: &str) -> Rows {
    let mut found = rows(client, sql);
    found.sort();
    found
}

/// Runs a query over the foreign tables and asserts that it returns the rows of the same query over the copies.
#[track_caller]
fn same(client: &mut Client, sql: &str) -> Rows {
    let found = sorted(client, sql);
    assert_eq!(found, sorted(client, &sql.replace("auth0.", "local.")), "{sql}");
    found
}

/// Output of `EXPLAIN (ANALYZE)`, which also runs the query.
#[track_caller]
fn analyzed(client: &mut Client, sql: &str) -> String {
    let lines = rows(client, &format!("explain (analyze, costs off, timing off, summary off) {sql}"));
    lines.into_iter().flatten().flatten().collect::<Vec<_>>().join("\n")
}
