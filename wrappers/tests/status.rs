//! Monitoring: statistics, rate limits, progress, a server's check, the log; and the limit on requests of a scan.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::thread;
use std::time::{Duration, Instant};

use wrappers_tests::auth0_tenant::{Fault, FaultKind, FaultMatch, Occurrence, RateLimit, Tenant, TenantConfig};
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, expect_error, explain, rows, start_tenant_with, value};

/// A tenant with stable pages, so that one reading is enough.
fn stable_tenant(users: usize) -> Tenant {
    start_tenant_with(TenantConfig { users, unstable_ties: false, ..TenantConfig::default() })
}

/// Waits until a query returns the expected value.
#[track_caller]
fn wait_for(db: &Database, sql: &str, expected: &str) {
    let (mut client, started) = (db.client(), Instant::now());
    loop {
        let found = value(&mut client, sql);
        if found.as_deref() == Some(expected) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{sql}\ngives {found:?}, not {expected:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn statistics_count_every_request_and_can_be_read_in_read_only_transactions() {
    let (db, tenant) = (Database::create(), stable_tenant(250));
    ForeignTable::users(&db, &tenant).server_option("max_retries", "1").create();
    let mut client = db.client();
    client.batch_execute("set default_transaction_read_only = on").unwrap();
    assert_eq!(rows(&mut client, "select user_id from auth0.users").len(), 250);
    assert_eq!(rows(&mut client, "select * from auth0.users where user_id = 'auth0|nobody'").len(), 0);
    tenant.fault(Fault::once(FaultKind::DropBeforeHeaders));
    assert_eq!(rows(&mut client, "select user_id from auth0.users limit 5").len(), 5);
    let broken = |code| FaultKind::Status {
        code,
        body: "{}".to_owned(),
        content_type: "application/json".to_owned(),
        headers: vec![],
    };
    tenant.fault(Fault::once(broken(503)).times(2));
    assert_eq!(expect_error(&mut client, "select user_id from auth0.users").code, "HV000");
    let sql = format!(
        "select scans || ' scans, ' || requests || ' requests: ' || succeeded || ' ok, ' || client_errors || ' 4xx, '
           || server_errors || ' 5xx, ' || rate_limited || ' 429, ' || unanswered || ' lost, ' || retries || ' retries, '
           || rows || ' rows, ' || (bytes > 1000) || ', ' || last_error || ' ' || (last_error_at > now() - interval '1 h')
         from wrappers_statistics where object = 'users' and address = '{}'",
        db.tenant_url(&tenant)
    );
    // The list, the lookup, the first page twice, and a request that failed twice.
    let expected = "4 scans, 8 requests: 4 ok, 1 4xx, 2 5xx, 0 429, 1 lost, 2 retries, 255 rows, true, remote true";
    wait_for(&db, &sql, expected);
    assert_eq!(tenant.requests().len(), 8);
}

#[test]
fn statistics_held_by_another_session_lose_no_count() {
    let (db, tenant) = (Database::create(), stable_tenant(5));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    let scan = |client: &mut Client| assert_eq!(rows(client, "select user_id from auth0.users").len(), 5);
    scan(&mut client);
    let counted = format!(
        "select scans || ' scans, ' || requests || ' requests' from wrappers_statistics where address = '{}'",
        db.tenant_url(&tenant)
    );
    wait_for(&db, &counted, "1 scans, 1 requests");
    // The lock that a session takes when it ends, to add its counts to those of earlier sessions.
    db.shell("nohup flock /dev/shm/wrappers-*/*/statistics.v* sleep 1.5 >/dev/null 2>&1 & sleep 0.2");
    scan(&mut client);
    let mut ending = db.client();
    scan(&mut ending);
    drop(ending);
    db.shell("flock /dev/shm/wrappers-*/*/statistics.v* true");
    scan(&mut client);
    wait_for(&db, &counted, "4 scans, 4 requests");
}

#[test]
fn statistics_count_every_scan_of_sessions_that_come_and_go() {
    const SESSIONS: usize = 8;
    let (db, tenant) = (Database::create(), stable_tenant(5));
    ForeignTable::users(&db, &tenant).create();
    thread::scope(|scope| {
        for _ in 0..SESSIONS {
            scope.spawn(|| {
                for scans in 1..=20 {
                    let mut client = db.client();
                    let sql = "select email from auth0.users where user_id = 'auth0|nobody'";
                    (0..scans).for_each(|_| assert_eq!(rows(&mut client, sql).len(), 0));
                }
            });
        }
    });
    let counted = format!(
        "select scans || ' scans, ' || requests || ' requests, ' || client_errors || ' 4xx' from wrappers_statistics
         where address = '{}'",
        db.tenant_url(&tenant)
    );
    let scans = SESSIONS * 210;
    wait_for(&db, &counted, &format!("{scans} scans, {scans} requests, {scans} 4xx"));
}

#[test]
fn progress_of_a_scan_is_visible_in_another_session() {
    let (db, tenant) = (Database::create(), stable_tenant(950));
    ForeignTable::users(&db, &tenant).create();
    tenant.fault(Fault::forever(FaultKind::StallBeforeHeaders).on_query("page=5"));
    let (mut scanning, pid) = {
        let mut client = db.client();
        let pid = Database::backend_pid(&mut client);
        (client, pid)
    };
    let scan = thread::spawn(move || rows(&mut scanning, "select user_id from auth0.users").len());
    let sql = format!(
        "select coalesce((select relname || ' ' || object || ' of ' || datname || ' waits for ' || waits_for || ': ' || rows || ' of '
           || total_rows || ' rows, ' || pages || ' of ' || total_pages || ' pages, ' || requests || ' requests, '
           || (expected_end > now() and started_at < now())
         from wrappers_progress where pid = {pid}), '')"
    );
    let expected =
        format!("users users of {} waits for http: 500 of 950 rows, 5 of 10 pages, 10 requests, true", db.name());
    wait_for(&db, &sql, &expected);
    tenant.clear_faults();
    assert_eq!(scan.join().unwrap(), 950);
    wait_for(&db, &format!("select count(*) from wrappers_progress where pid = {pid}"), "0");
}

#[test]
fn progress_of_a_scan_in_slices_counts_windows() {
    let (db, tenant) = (Database::create(), stable_tenant(20_000));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    tenant.fault(Fault {
        when: FaultMatch { occurrence: Occurrence::Nth(80), ..FaultMatch::default() },
        ..Fault::forever(FaultKind::StallBeforeHeaders)
    });
    let scan = thread::spawn(move || rows(&mut client, "select user_id from auth0.users").len());
    let sql = format!(
        "select coalesce((select known_windows > 5 and windows between 0 and known_windows - 1 and rows between 5000 and 9000
           and total_rows between 10000 and 40000 and expected_end > now() from wrappers_progress where pid = {pid}), false)"
    );
    wait_for(&db, &sql, "t");
    tenant.clear_faults();
    assert_eq!(scan.join().unwrap(), 20_000);
}

#[test]
fn known_rate_limits_are_shown() {
    let (db, tenant) = (Database::create(), stable_tenant(50));
    ForeignTable::users(&db, &tenant).create();
    tenant.set_rate_limit(Some(RateLimit::new(40, 5.0)));
    assert_eq!(rows(&mut db.client(), "select user_id from auth0.users").len(), 50);
    let sql = format!(
        "select bucket || ' ' || request_limit || ' ' || round(remaining) || ' ' || (per_second > 0) || ' ' || waiting
         from wrappers_rate_limits where address = '{}'",
        db.tenant_url(&tenant)
    );
    assert_eq!(value(&mut db.client(), &sql).as_deref().map(|shown| shown.starts_with("users 40 ")), Some(true));
}

#[test]
fn activity_of_others_is_visible_only_to_pg_monitor() {
    let db = Database::create();
    let (role, monitor) = (db.create_role("reader"), db.create_role("monitor"));
    db.client().batch_execute(&format!("grant pg_monitor to \"{monitor}\"")).unwrap();
    for view in ["wrappers_statistics", "wrappers_rate_limits", "wrappers_progress"] {
        for sql in [format!("select * from {view}"), format!("select * from {view}()")] {
            assert_eq!(expect_error(&mut db.client_as(&role), &sql).code, "42501", "{sql}");
            rows(&mut db.client_as(&monitor), &sql);
        }
    }
}

#[test]
fn check_server_reports_each_success_and_failure() {
    let (db, tenant) = (Database::create(), stable_tenant(5));
    ForeignTable::users(&db, &tenant)
        .without_mapping()
        .server_option("audience", "https://local-tenant.us.auth0.com/api/v2/")
        .server_option("max_retries", "0")
        .mapping_option("client_id", "local-client-id")
        .mapping_option("client_secret", "local-client-secret")
        .create();
    tenant.set_rate_limit(Some(RateLimit::new(10, 10.0)));
    let mut client = db.client();
    let mut check = |change: &str| -> Vec<String> {
        client.batch_execute(change).unwrap();
        rows(
            &mut client,
            "select subject || ': ' || verdict || ': ' || message from auth0_check_server('auth0_server')",
        )
        .into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect()
    };
    let found = check("");
    let expected = [
        "options: ok: an address and a credential are configured",
        "login: ok: the client has a token, good for 8",
        "scopes: ok: granted for users",
        "reachable: ok: Auth0 answers for \"users\" at http://",
        "rate limit: ok: Auth0 allows 10 requests at once (bucket \"users\"), and about ",
    ];
    for expected in expected {
        assert!(found.iter().any(|line| line.starts_with(expected)), "no {expected} in\n{}", found.join("\n"));
    }

    let key = tenant.token(&["read:clients"]);
    let found = check(&format!(
        "alter user mapping for public server auth0_server options (drop client_id, drop client_secret, add api_key '{key}')"
    ));
    assert!(
        found.iter().any(|line| line.starts_with("scopes: warning: missing for \"users\": one of read:users")),
        "{found:?}"
    );
    // Another table could be read.
    assert!(found.iter().any(|line| line.starts_with("reachable: ok: Auth0 answers for \"clients\"")), "{found:?}");

    let key = tenant.token(&["read:nothing"]);
    let found = check(&format!("alter user mapping for public server auth0_server options (set api_key '{key}')"));
    assert!(found.iter().any(|line| line.starts_with("reachable: failed: ") && line.contains("403")), "{found:?}");

    let found = check(
        "alter user mapping for public server auth0_server options (drop api_key, add client_id 'c', add client_secret 'wrong')",
    );
    assert!(found.last().unwrap().starts_with("login: failed: could not log in to Auth0 as client \"c\""), "{found:?}");
    assert!(!found.join(" ").contains("wrong"), "{found:?}");

    let found = check("drop user mapping for public server auth0_server");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("options: failed: no credential for server \"auth0_server\""), "{found:?}");

    let role = db.create_role("nobody");
    let error = expect_error(&mut db.client_as(&role), "select * from auth0_check_server('auth0_server')");
    assert_eq!(error.code, "42501", "{error}");
    let error = expect_error(&mut db.client(), "select * from auth0_check_server('no_such_server')");
    assert_eq!(error.code, "42704", "{error}");
}

#[test]
fn events_are_logged_at_the_configured_level() {
    let (db, tenant) = (Database::create(), stable_tenant(150));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    let refuse = |mark: &str| {
        tenant.fault(Fault::once(FaultKind::Status {
            code: 503,
            body: format!(r#"{{"message":"{mark}"}}"#),
            content_type: "application/json".to_owned(),
            headers: vec![],
        }));
    };
    let repeated = |log: &str| log.matches("Auth0 answered 503 Service Unavailable; repeating it attempt=2").count();
    let before = repeated(&db.server_log());
    for (level, logged) in [("off", 0), ("debug1", 0), ("log", 1)] {
        refuse(level);
        client.batch_execute(&format!("set wrappers.log_level = '{level}'")).unwrap();
        assert_eq!(rows(&mut client, "select user_id from auth0.users").len(), 150);
        assert_eq!(repeated(&db.server_log()) - before, logged, "{level}");
    }
    // A role cannot change a setting with costs for others.
    let role = db.create_role("reader");
    let error = expect_error(&mut db.client_as(&role), "load 'wrappers'");
    assert_eq!(error.code, "42501", "{error}");
}

#[test]
fn scan_over_max_requests_per_scan_ends_before_exceeding_it() {
    let (db, tenant) = (Database::create(), stable_tenant(550));
    ForeignTable::users(&db, &tenant).server_option("max_requests_per_scan", "4").create();
    let mut client = db.client();
    // The estimate for a table that was never analyzed is 10,000 users.
    let error = expect_error(&mut client, "select user_id from auth0.users");
    assert_eq!(error.code, "53400", "{error}");
    assert_eq!(error.message, "reading \"users\" takes more requests than allowed");
    assert!(error.detail.contains("expects 100 requests") && error.detail.contains("allows 4"), "{error}");
    assert!(error.hint.contains("max_requests_per_scan"), "{error}");
    assert!(tenant.requests().is_empty());
    assert!(explain(&mut client, "select user_id from auth0.users").contains("Remote Request: GET "));
    // A query that needs fewer requests runs.
    assert_eq!(rows(&mut client, "select user_id from auth0.users limit 7").len(), 7);
    assert_eq!(value(&mut client, "select count(*) from auth0.users").as_deref(), Some("550"));
    assert_eq!(tenant.requests().len(), 2);

    // If the estimate is too low, the scan stops at the limit itself.
    tenant.clear_requests();
    client.batch_execute("alter foreign table auth0.users options (add max_requests_per_scan '6')").unwrap();
    client.batch_execute("analyze auth0.users").unwrap();
    assert_eq!(rows(&mut client, "select user_id from auth0.users").len(), 550);
    client.batch_execute("alter foreign table auth0.users options (set max_requests_per_scan '5')").unwrap();
    client.batch_execute("update pg_class set reltuples = 400 where oid = 'auth0.users'::regclass").unwrap();
    tenant.clear_requests();
    let error = expect_error(&mut client, "select user_id from auth0.users");
    assert_eq!(error.code, "53400", "{error}");
    assert!(error.detail.contains("needs more than the 5 that"), "{error}");
    assert_eq!(tenant.requests().len(), 5);

    // Requests of all runs of a scan count.
    tenant.clear_requests();
    client.batch_execute("alter foreign table auth0.users options (set max_requests_per_scan '3')").unwrap();
    let ids = "select array_agg(x.id) from (values ('auth0|1'), ('auth0|2'), ('auth0|3'), ('auth0|4')) x(id)
        where exists (select from auth0.users u where u.user_id = x.id offset 0)";
    let error = expect_error(&mut client, ids);
    assert_eq!(error.code, "53400", "{error}");
    assert_eq!(tenant.requests().len(), 3);

    // Requests started ahead count too.
    tenant.clear_requests();
    client.batch_execute("alter foreign table auth0.users options (set max_requests_per_scan '2')").unwrap();
    let join = "select u.email from (values ('auth0|1'), ('auth0|2'), ('auth0|3')) x(id)
        join auth0.users u on u.user_id = x.id";
    let error = expect_error(&mut client, join);
    assert_eq!(error.code, "53400", "{error}");
    assert_eq!(tenant.requests().len(), 2);
}
