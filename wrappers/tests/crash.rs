//! A killed backend leaves nothing behind. Postgres then restarts all sessions, so this file has no other test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::thread;
use std::time::{Duration, Instant};

use wrappers_tests::auth0_tenant::{Fault, FaultKind, RateLimit, Tenant, TenantConfig};
use wrappers_tests::{Database, ForeignTable, request_lines, rows, start_tenant_with, value};

/// Far less than `request_timeout`, and more than a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Kills a session that reads the users, as soon as the tenant got a request that it does not answer.
fn kill_in_the_middle(db: &Database, tenant: &Tenant, stalled: &str) {
    // Objects just created have to survive the crash, which the test server's settings do not guarantee.
    db.client().batch_execute("checkpoint").unwrap();
    let mut victim = db.client();
    let pid = Database::backend_pid(&mut victim);
    let stuck = thread::spawn(move || victim.batch_execute("select * from auth0.users"));
    while !request_lines(tenant).iter().any(|line| line.contains(stalled)) {
        thread::sleep(Duration::from_millis(2));
    }
    db.kill(&[pid]);
    assert!(stuck.join().unwrap().is_err());
    tenant.clear_faults();
}

#[test]
fn killed_session_leaves_rate_limit_and_login_to_the_others() {
    let db = Database::create();
    let tenant = start_tenant_with(TenantConfig { users: 950, unstable_ties: false, ..TenantConfig::default() });
    ForeignTable::users(&db, &tenant)
        .without_mapping()
        .server_option("request_timeout", "1 h")
        .server_option("audience", "https://local-tenant.us.auth0.com/api/v2/")
        .mapping_option("client_id", "local-client-id")
        .mapping_option("client_secret", "local-client-secret")
        .create();
    tenant.set_rate_limit(Some(RateLimit::new(10, 20.0)));

    // The session dies while it holds the lease of the login.
    tenant.fault(Fault::forever(FaultKind::StallBeforeHeaders).on_path("/oauth/token"));
    kill_in_the_middle(&db, &tenant, "/oauth/token");
    let started = Instant::now();
    assert_eq!(rows(&mut db.client(), "select user_id from auth0.users").len(), 950);
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());

    // The session dies with requests in flight and others in the queue.
    tenant.clear_requests();
    tenant.fault(Fault::forever(FaultKind::StallBeforeHeaders).on_query("page=3"));
    kill_in_the_middle(&db, &tenant, "page=3");
    let started = Instant::now();
    assert_eq!(rows(&mut db.client(), "select user_id from auth0.users").len(), 950);
    // Ten requests: eight are available at the latest when the server is back, two more within 0.1 s.
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    assert!(tenant.requests().iter().all(|request| request.status != Some(429)));
    // The token survives the crash, because the server keeps it.
    assert!(!request_lines(&tenant).iter().any(|line| line.contains("/oauth/token")));

    // The counts of a killed session stay, and its record does not.
    let counted = || {
        let sql =
            "select scans || ' scans, ' || requests || ' requests' from wrappers_statistics where object = 'users'";
        value(&mut db.client(), sql)
    };
    let mut victim = db.client();
    let pid = Database::backend_pid(&mut victim);
    assert_eq!(rows(&mut victim, "select * from auth0.users where user_id = 'auth0|nobody'").len(), 0);
    let before = counted();
    db.kill(&[pid]);
    assert_eq!(counted(), before);
    assert_eq!(db.shell("find /dev/shm/wrappers-* -name 'statistics-*'"), "");
}
