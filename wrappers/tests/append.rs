//! Several foreign tables under one Append: they fetch concurrently, and no row is missing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use wrappers_tests::auth0_tenant::{Fault, FaultKind, Tenant};
use wrappers_tests::postgres::Client;
use wrappers_tests::{
    Database, ForeignTable, Interrupt, expect_error, explain, interrupt, request_lines, rows, start_tenant, value,
};

const BOTH: &str = "select user_id from auth0.users union all select user_id from auth0.others";

/// `auth0.users` of the first tenant and `auth0.others` of the second.
fn tables(db: &Database, first: &Tenant, second: &Tenant) -> Client {
    for (tenant, server, table) in [(first, "first", "users"), (second, "second", "others")] {
        ForeignTable::users(db, tenant)
            .server(server)
            .name(table)
            .server_option("request_timeout", "1 h")
            .server_option("retry_timeout", "1 h")
            .server_option("max_retries", "0")
            .create();
    }
    db.client()
}

fn count(client: &mut Client, sql: &str) -> usize {
    rows(client, sql).len()
}

#[test]
fn append_returns_all_rows_of_all_tables() {
    let (db, first, second) = (Database::create(), start_tenant(350), start_tenant(220));
    let mut client = tables(&db, &first, &second);
    // Otherwise users with equal times that change places between two pages would need another request.
    first.set_unstable_ties(false);
    second.set_unstable_ties(false);
    let plan = explain(&mut client, BOTH);
    assert_eq!(plan.matches("Async Foreign Scan").count(), 2, "{plan}");
    assert_eq!(count(&mut client, BOTH), 570);
    assert_eq!((request_lines(&first).len(), request_lines(&second).len()), (4, 3));
    let filtered = "select email from auth0.users where length(email) % 2 = 0 union all
                    select name from auth0.others where name like 'A%' union all select 'local'";
    let asynchronous = {
        let mut found = rows(&mut client, filtered);
        found.sort();
        found
    };
    client.batch_execute("set enable_async_append = off").unwrap();
    let mut one_by_one = rows(&mut client, filtered);
    one_by_one.sort();
    assert_eq!(asynchronous, one_by_one);
    client.batch_execute("reset enable_async_append").unwrap();
    // The same table twice, a limit, a prepared statement, rescans with and without new parameters.
    assert_eq!(count(&mut client, "select 1 from auth0.users union all select 2 from auth0.users"), 700);
    assert_eq!(count(&mut client, &format!("{BOTH} limit 5")), 5);
    assert_eq!(count(&mut client, &format!("select * from ({BOTH} offset 0) b, generate_series(1, 3)")), 1710);
    let lateral = "select g, count(u) from generate_series(1, 3) g, lateral (
                     select user_id u from auth0.users where logins_count > g - 100 union all
                     select user_id from auth0.others where length(email) > g - 100 offset 0) x group by g";
    let local = "select g, (select count(*) from auth0.users where logins_count > g - 100)
                   + (select count(*) from auth0.others where length(email) > g - 100) from generate_series(1, 3) g";
    client.batch_execute("alter foreign table auth0.users add logins_count bigint").unwrap();
    assert_eq!(rows(&mut client, &format!("{lateral} order by g")), rows(&mut client, local));
    client.batch_execute("set plan_cache_mode = force_generic_plan").unwrap();
    client.batch_execute(&format!("prepare everyone as {BOTH}")).unwrap();
    for _ in 0..3 {
        assert_eq!(count(&mut client, "execute everyone"), 570);
    }
    let analyzed = rows(&mut client, &format!("explain (analyze, costs off, timing off, summary off) {BOTH}")).concat();
    let received = |rows: &str| analyzed.iter().flatten().filter(|line| line.trim() == rows).count();
    assert_eq!((received("Rows Received: 350"), received("Rows Received: 220")), (1, 1), "{analyzed:?}");
}

#[test]
fn error_of_one_table_ends_the_query() {
    let (db, first, second) = (Database::create(), start_tenant(350), start_tenant(220));
    let mut client = tables(&db, &first, &second);
    for _ in 0..3 {
        second.fault(Fault::once(FaultKind::BrokenJson).on_query("page=2"));
        assert_eq!(expect_error(&mut client, BOTH).code, "08P01");
        assert_eq!(count(&mut client, BOTH), 570);
    }
}

#[test]
fn append_requests_all_tables_at_once_and_can_be_cancelled() {
    for how in [Interrupt::Cancel, Interrupt::Terminate] {
        let (db, first, second) = (Database::create(), start_tenant(350), start_tenant(220));
        let mut client = tables(&db, &first, &second);
        for tenant in [&first, &second] {
            tenant.fault(Fault::forever(FaultKind::StallBeforeHeaders));
        }
        // If they were requested one after the other, the second tenant would never get a request.
        let both_asked = || !first.requests().is_empty() && !second.requests().is_empty();
        let (error, waited) = interrupt(&db, &mut client, BOTH, how, both_asked);
        assert_eq!(error.code, if how == Interrupt::Cancel { "57014" } else { "57P01" });
        assert!(waited < Duration::from_millis(200), "{how:?} took {waited:?}");
        first.clear_faults();
        second.clear_faults();
        assert_eq!(count(&mut db.client(), BOTH), 570);
    }
    let (db, first, second) = (Database::create(), start_tenant(350), start_tenant(220));
    let mut client = tables(&db, &first, &second);
    second.fault(Fault::forever(FaultKind::StallMidBody));
    client.batch_execute("set statement_timeout = '100 ms'").unwrap();
    assert_eq!(expect_error(&mut client, BOTH).code, "57014");
    second.clear_faults();
    client.batch_execute("reset statement_timeout").unwrap();
    assert_eq!(count(&mut client, BOTH), 570);
    assert_eq!(value(&mut client, &format!("select count(*) from ({BOTH}) b")).as_deref(), Some("570"));
}

#[test]
fn partitions_are_read_concurrently() {
    let (db, first, second) = (Database::create(), start_tenant(150), start_tenant(120));
    let mut client = tables(&db, &first, &second);
    client
        .batch_execute(
            "create table everyone (tenant text, user_id text, email text) partition by list (tenant);
             create foreign table one partition of everyone for values in ('1', null) server first options (object 'users');
             create foreign table two partition of everyone for values in ('2') server second options (object 'users')",
        )
        .unwrap();
    let plan = explain(&mut client, "select user_id from everyone");
    assert_eq!(plan.matches("Async Foreign Scan").count(), 2, "{plan}");
    assert_eq!(count(&mut client, "select user_id from everyone"), 270);
}
