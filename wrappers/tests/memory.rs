//! Resource usage of a backend: a few pages, whatever the number of rows, and nothing permanent.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::{Fault, FaultKind, TenantConfig};
use wrappers_tests::{Database, ForeignTable, TYPED_COLUMNS, expect_error, start_tenant, start_tenant_with, value};

#[test]
fn peak_memory_does_not_grow_with_the_number_of_users() {
    let db = Database::create();
    let tenant = start_tenant_with(TenantConfig {
        users: 100_000,
        page_cap: None,
        unstable_ties: false,
        ..TenantConfig::default()
    });
    ForeignTable::users(&db, &tenant).columns(TYPED_COLUMNS).create();
    let mut client = db.client();
    client.batch_execute("load 'wrappers'").unwrap();
    let pid = Database::backend_pid(&mut client);
    let before = db.backend_stats(pid);
    let found = value(&mut client, "select count(u) from auth0.users u");
    assert_eq!(found.as_deref(), Some("100000"));
    let after = db.backend_stats(pid);
    let grown = after.peak_kib - before.peak_kib;
    eprintln!("100,000 users: the backend's peak memory grew by {grown} KiB, from {} KiB", before.peak_kib);
    assert!(grown < 16 << 10, "{before:?} {after:?}");
}

#[test]
fn peak_memory_does_not_grow_with_the_length_of_a_log() {
    let (db, tenant) = (Database::create(), start_tenant(5));
    assert!(tenant.set_rows("/logs", 200_000));
    ForeignTable::users(&db, &tenant)
        .name("logs")
        .option("object", "logs")
        .columns("log_id text, date timestamptz")
        .mapping_option("api_key", &tenant.full_token())
        .create();
    let mut client = db.client();
    client.batch_execute("load 'wrappers'").unwrap();
    let pid = Database::backend_pid(&mut client);
    let before = db.backend_stats(pid);
    assert_eq!(value(&mut client, "select count(log_id) from auth0.logs").as_deref(), Some("200000"));
    let grown = db.backend_stats(pid).peak_kib - before.peak_kib;
    assert!(grown < 16 << 10, "it grew by {grown} KiB");
}

#[test]
fn cache_of_empty_responses_is_bounded() {
    let (db, tenant) = (Database::create(), start_tenant(5));
    ForeignTable::users(&db, &tenant)
        .name("user_roles")
        .option("object", "user_roles")
        .columns("user_id text, id text")
        .mapping_option("api_key", &tenant.full_token())
        .create();
    let mut client = db.client();
    client
        .batch_execute(
            "create table unknown as select 'auth0|none' || g as id from generate_series(1, 40000) g; analyze unknown;
             set enable_hashjoin = off; set enable_mergejoin = off; set enable_material = off",
        )
        .unwrap();
    let ask = |client: &mut _, number: u32| {
        let sql = format!(
            "select count(r.id) from (select id from unknown limit {number}) l left join auth0.user_roles r on r.user_id = l.id"
        );
        assert_eq!(value(client, &sql).as_deref(), Some("0"));
    };
    let pid = Database::backend_pid(&mut client);
    ask(&mut client, 1000);
    let before = db.backend_stats(pid);
    tenant.clear_requests();
    ask(&mut client, 40_000);
    assert_eq!(tenant.requests().len(), 40_000);
    let grown = db.backend_stats(pid).peak_kib - before.peak_kib;
    // 40,000 empty answers with their keys would take 14 MB.
    assert!(grown < 10 << 10, "it grew by {grown} KiB");
}

#[test]
fn thousand_scans_use_no_more_resources_than_ten() {
    let (db, tenant) = (Database::create(), start_tenant(120));
    ForeignTable::users(&db, &tenant).columns(TYPED_COLUMNS).create();
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    let scans = |client: &mut _, count: u32| {
        for _ in 0..count {
            assert_eq!(value(client, "select count(u) from auth0.users u").as_deref(), Some("120"));
        }
    };
    scans(&mut client, 10);
    let tenth = db.backend_stats(pid);
    let connections = tenant.connections();
    scans(&mut client, 990);
    let last = db.backend_stats(pid);
    // A DNS resolver thread ends after some idle time.
    assert!(last.threads <= tenth.threads, "{tenth:?} {last:?}");
    // Up to eight events and eight sets of events are kept for the next scans.
    assert!(last.open_files <= tenth.open_files + 16, "{tenth:?} {last:?}");
    // The allocator keeps some pages; 1,000 scans that each leak one page of users would be 100 MB.
    assert!(last.anonymous_kib < tenth.anonymous_kib + 2048, "{tenth:?} {last:?}");
    assert_eq!(tenant.connections(), connections, "connections are kept");
}

#[test]
fn scans_that_fail_or_stop_early_release_resources() {
    let (db, tenant) = (Database::create(), start_tenant(450));
    ForeignTable::users(&db, &tenant).columns(TYPED_COLUMNS).server_option("max_retries", "0").create();
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    let round = |client: &mut _| {
        tenant.fault(Fault::once(FaultKind::BrokenJson).on_query("page=3"));
        expect_error(client, "select * from auth0.users");
        tenant.clear_faults();
        value(client, "select user_id from auth0.users limit 1");
        expect_error(client, "select 1 / (length(user_id) - length(user_id)) from auth0.users");
    };
    (0..10).for_each(|_| round(&mut client));
    let tenth = db.backend_stats(pid);
    (0..100).for_each(|_| round(&mut client));
    let last = db.backend_stats(pid);
    // The number of DNS resolver threads varies.
    assert!(last.threads <= tenth.threads + 4, "{tenth:?} {last:?}");
    // A connection is closed when its response is dropped, and another one is opened.
    assert!(last.open_files <= tenth.open_files + 10, "{tenth:?} {last:?}");
    assert!(last.anonymous_kib < tenth.anonymous_kib + 4096, "{tenth:?} {last:?}");
}
