//! A backend that is killed takes nothing with it. Postgres restarts all sessions then, so that no other
//! test stands here.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::thread;
use std::time::{Duration, Instant};

use wrappers_tests::auth0_tenant::{Fault, FaultKind, RateLimit, TenantConfig};
use wrappers_tests::{Database, ForeignTable, request_lines, rows, start_tenant_with};

#[test]
fn a_killed_session_leaves_the_budget_to_the_others() {
    let db = Database::create();
    let tenant = start_tenant_with(TenantConfig { users: 950, unstable_ties: false, ..TenantConfig::default() });
    ForeignTable::users(&db, &tenant).server_option("request_timeout", "1 h").create();
    tenant.set_rate_limit(Some(RateLimit::new(10, 20.0)));
    // What was just created has to outlive the crash, which the tests' server does not promise.
    db.client().batch_execute("checkpoint").unwrap();
    // It dies with requests on their way and others in the queue.
    tenant.fault(Fault::forever(FaultKind::StallBeforeHeaders).on_query("page=3"));
    let mut victim = db.client();
    let pid = Database::backend_pid(&mut victim);
    let stuck = thread::spawn(move || victim.batch_execute("select * from auth0.users"));
    while !request_lines(&tenant).iter().any(|line| line.contains("page=3")) {
        thread::sleep(Duration::from_millis(2));
    }
    db.kill(pid);
    assert!(stuck.join().unwrap().is_err());
    tenant.clear_faults();
    let started = Instant::now();
    let mut client = db.client();
    assert_eq!(rows(&mut client, "select user_id from auth0.users").len(), 950);
    // Ten requests: eight are there at the latest when the server is back, two more come in 0.1 s.
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(tenant.requests().iter().all(|request| request.status != Some(429)));
}
