//! Tenants above Auth0's page cap of 1,000 users: all users by slices and by export, the plan that shows which, and
//! waits that can be ended.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;
use std::time::Duration;

use wrappers_tests::auth0_tenant::{Churn, Exports, Fault, FaultKind, Tenant, TenantConfig};
use wrappers_tests::{
    Database, ForeignTable, Interrupt, TYPED_COLUMNS, expect_error, explain, interrupt, rows, start_tenant,
    start_tenant_with, value,
};

/// 25,000 users; three groups of 1,500 have equal times.
fn clustered() -> Tenant {
    let times = ["2024-03-01T00:00:00.000Z", "2025-03-01T12:30:00.001Z", "2025-03-01T12:30:00.002Z"];
    let clusters = times.map(|time| (1_500, time.to_owned())).to_vec();
    start_tenant_with(TenantConfig { users: 20_500, clusters, ..TenantConfig::default() })
}

#[test]
fn users_changed_during_reading_are_returned_once_by_slices_and_export() {
    for bulk in ["search", "export"] {
        let (db, tenant) = (Database::create(), clustered());
        ForeignTable::users(&db, &tenant).option("bulk", bulk).create();
        tenant.churn(Some(Churn { every: 2, create: 1, update: 2, delete: 1, seed: 9 }));
        let found: Vec<String> =
            rows(&mut db.client(), "select user_id from auth0.users").concat().into_iter().flatten().collect();
        let presence = tenant.presence();
        let distinct: HashSet<&String> = found.iter().collect();
        assert_eq!(distinct.len(), found.len(), "{bulk}: no user is returned twice");
        assert!(found.iter().all(|id| presence.ever.contains(id)), "{bulk}");
        assert_eq!(presence.throughout.iter().find(|id| !distinct.contains(id)), None, "{bulk}");
        let requests = tenant.requests().len();
        assert!(requests * 100 <= 250 * 115, "{bulk}: {requests} requests for 25,000 users");
    }
}

#[test]
fn explain_shows_how_a_long_list_is_read() {
    let (db, tenant) = (Database::create(), start_tenant(3_000));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    assert!(
        explain(&mut client, "select user_id from auth0.users").contains("from 1000 rows on in slices of created_at")
    );
    let mut read_in = |bulk: &str, sql: &str| {
        client.batch_execute(&format!("alter foreign table auth0.users options (add bulk '{bulk}')")).unwrap();
        let plan = rows(&mut client, &format!("explain (analyze, costs off, timing off, summary off) {sql}")).concat();
        client.batch_execute("alter foreign table auth0.users options (drop bulk)").unwrap();
        let line = plan.into_iter().flatten().find_map(|line| line.trim().strip_prefix("Read In: ").map(str::to_owned));
        line.unwrap_or_default()
    };
    assert_eq!(read_in("auto", "select user_id from auth0.users"), "slices of created_at");
    assert_eq!(read_in("export", "select user_id from auth0.users"), "export");
    assert_eq!(read_in("export", "select count(*) from auth0.users"), "export");
    assert_eq!(read_in("export", "select user_id from auth0.users where email_verified"), "slices of created_at");
    assert_eq!(read_in("export", "select user_id from auth0.users limit 5"), "");
}

#[test]
fn every_column_is_the_same_in_export_and_list() {
    let (db, tenant) = (Database::create(), start_tenant(1_200));
    ForeignTable::users(&db, &tenant).columns(TYPED_COLUMNS).create();
    ForeignTable::users(&db, &tenant)
        .columns(TYPED_COLUMNS)
        .name("exported")
        .option("bulk", "export")
        .create_on_server();
    let mut client = db.client();
    client.batch_execute("create table a as table auth0.users; create table b as table auth0.exported").unwrap();
    assert!(tenant.requests().iter().any(|request| request.path.starts_with("/exports/")));
    let different = "select count(*) from ((table a except table b) union all (table b except table a)) d";
    assert_eq!(value(&mut client, different).as_deref(), Some("0"));
    assert_eq!(value(&mut client, "select count(*) from b").as_deref(), Some("1200"));
    // A column that an export cannot contain is an error with 'export'; 'auto' uses slices.
    client.batch_execute("alter foreign table auth0.exported add attrs jsonb").unwrap();
    let error = expect_error(&mut client, "select attrs from auth0.exported");
    assert_eq!(error.code, "0A000", "{error}");
    client.batch_execute("alter foreign table auth0.exported options (set bulk 'auto')").unwrap();
    assert_eq!(value(&mut client, "select count(attrs) from auth0.exported").as_deref(), Some("1200"));
}

#[test]
fn export_can_be_cancelled_in_every_phase() {
    let phases = [
        Fault::forever(FaultKind::StallBeforeHeaders).on_path("/api/v2/jobs/users-exports"),
        Fault::forever(FaultKind::StallMidBody).on_path("/api/v2/jobs/job_"),
        Fault::forever(FaultKind::JobNeverEnds),
        Fault::forever(FaultKind::StallBeforeHeaders).on_downloads(),
        Fault::forever(FaultKind::StallMidBody).on_downloads(),
    ];
    for (at, phase) in phases.into_iter().enumerate() {
        for how in [Interrupt::Cancel, Interrupt::Terminate] {
            let (db, tenant) = (Database::create(), start_tenant(3_000));
            ForeignTable::users(&db, &tenant)
                .option("bulk", "export")
                .server_option("request_timeout", "1 h")
                .server_option("retry_timeout", "1 h")
                .create();
            tenant.fault(phase.clone());
            let mut client = db.client();
            // Three jobs are created if one never ends; otherwise the last request hangs.
            let is_there = || match at {
                0 => tenant.requests().iter().any(|request| request.method == "POST"),
                1 | 2 => {
                    tenant.requests().iter().filter(|request| request.path.contains("/jobs/job_")).count() > at - 1
                }
                _ => tenant.requests().iter().any(|request| request.path.starts_with("/exports/")),
            };
            let (error, waited) = interrupt(&db, &mut client, "select count(user_id) from auth0.users", how, is_there);
            assert_eq!(error.code, if how == Interrupt::Cancel { "57014" } else { "57P01" }, "phase {at}: {error}");
            assert!(waited < Duration::from_millis(200), "phase {at}, {how:?}: {waited:?}");
            tenant.clear_faults();
            let count = value(&mut db.client(), "select count(user_id) from auth0.users");
            assert_eq!(count.as_deref(), Some("3000"), "phase {at}");
        }
    }
}

#[test]
fn export_of_a_million_users_takes_constant_memory() {
    let db = Database::create();
    let tenant = start_tenant_with(TenantConfig {
        users: 1_000_000,
        exports: Exports { pending_polls: 0, processing_polls: 0, ..Exports::default() },
        ..TenantConfig::default()
    });
    ForeignTable::users(&db, &tenant).columns(TYPED_COLUMNS).create();
    let mut client = db.client();
    client.batch_execute("load 'wrappers'").unwrap();
    let pid = Database::backend_pid(&mut client);
    let before = db.backend_stats(pid);
    let sql = "select count(user_id) || ' ' || count(distinct user_id) from (select user_id, email from auth0.users) u";
    // Sorting a million ids uses Postgres's own memory, so only the count is measured.
    assert_eq!(value(&mut client, "select count(email is null) from auth0.users").as_deref(), Some("1000000"));
    let grown = db.backend_stats(pid).peak_kib - before.peak_kib;
    eprintln!("1,000,000 users: the backend's peak memory grew by {grown} KiB, from {} KiB", before.peak_kib);
    assert!(grown < 32 << 10, "{grown} KiB");
    assert!(tenant.requests().iter().any(|request| request.path.starts_with("/exports/")), "'auto' reads the file");
    assert_eq!(value(&mut client, sql).as_deref(), Some("1000000 1000000"));
}
