//! One rate limit for all sessions: used fully, never exceeded, and partly left for other clients.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use wrappers_tests::auth0_tenant::{Fault, FaultKind, RateLimit, Tenant, TenantConfig};
use wrappers_tests::{Database, ForeignTable, expect_error, rows, start_tenant, start_tenant_with, value};

/// Number of the tenant's responses with a status.
fn answers(tenant: &Tenant, status: u16) -> usize {
    tenant.requests().iter().filter(|request| request.status == Some(status)).count()
}

/// Sends one request from outside the extension and returns its status.
fn ask(tenant: &Tenant, token: &str) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", tenant.addr().port())).unwrap();
    write!(
        stream,
        "GET /api/v2/users?per_page=1&from=outside HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn eight_sessions_share_the_rate_limit_and_leave_the_headroom_to_others() {
    let db = Database::create();
    let tenant = start_tenant_with(TenantConfig { users: 950, unstable_ties: false, ..TenantConfig::default() });
    ForeignTable::users(&db, &tenant).create();
    tenant.set_rate_limit(Some(RateLimit::new(10, 10.0)));
    let token = tenant.default_token();
    let done = AtomicBool::new(false);
    let started = Instant::now();
    let (elapsed, others) = thread::scope(|scope| {
        let sessions: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = db.client();
                    for _ in 0..2 {
                        let found = rows(&mut client, "select count(distinct user_id), count(*) from auth0.users");
                        assert_eq!(found, [[Some("950".to_owned()), Some("950".to_owned())]]);
                    }
                })
            })
            .collect();
        // The headroom's share of the limit, 2 per second, used from outside the database.
        let outside = scope.spawn(|| {
            let mut statuses = Vec::new();
            while !done.load(Ordering::Relaxed) {
                statuses.push(ask(&tenant, &token));
                thread::sleep(Duration::from_millis(500));
            }
            statuses
        });
        sessions.into_iter().for_each(|session| session.join().unwrap());
        let elapsed = started.elapsed();
        done.store(true, Ordering::Relaxed);
        (elapsed, outside.join().unwrap())
    });
    assert!(others.iter().all(|status| *status == 200), "the ninth client was refused: {others:?}");
    let refused = answers(&tenant, 429);
    assert!(refused <= 2, "{refused} requests were refused");
    let sent = answers(&tenant, 200) - others.len();
    assert_eq!(sent, 8 * 2 * 10);
    // Requests allowed without the ninth client's share.
    let allowed = 0.8 * (10.0 + 10.0 * elapsed.as_secs_f64());
    assert!(sent as f64 >= 0.7 * allowed, "{sent} requests in {elapsed:?}, {allowed:.0} allowed");
}

#[test]
fn rate_limit_option_applies_if_the_api_states_no_limit() {
    let (db, tenant) = (Database::create(), start_tenant(950));
    tenant.set_unstable_ties(false);
    ForeignTable::users(&db, &tenant)
        .server_option("rate_limit", "5")
        .server_option("rate_limit_headroom", "0 %")
        .create();
    let started = SystemTime::now();
    assert_eq!(rows(&mut db.client(), "select user_id from auth0.users").len(), 950);
    let sent: Vec<_> = tenant.requests().into_iter().map(|request| request.at).collect();
    assert_eq!(sent.len(), 10);
    // Five are sent at once, each other one a fifth of a second later. Counted from before the first request, since
    // the tenant may see any of them late.
    for (further, at) in sent.iter().skip(5).enumerate() {
        let after = at.duration_since(started).unwrap();
        let earliest = Duration::from_millis(200) * (further as u32 + 1);
        assert!(after >= earliest, "request {} was sent after {after:?}", further + 6);
    }
}

#[test]
fn status_429_delays_every_session() {
    let (db, tenant) = (Database::create(), start_tenant(50));
    ForeignTable::users(&db, &tenant).create();
    let refusal = FaultKind::Status {
        code: 429,
        body: r#"{"statusCode":429,"error":"Too Many Requests","message":"Global limit has been reached"}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: vec![("retry-after".to_owned(), "1".to_owned())],
    };
    tenant.fault(Fault::once(refusal));
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(rows(&mut db.client(), "select user_id from auth0.users").len(), 50));
        }
    });
    assert!(started.elapsed() >= Duration::from_secs(1));
    let requests = tenant.requests();
    let refused = requests.iter().find(|request| request.status == Some(429)).unwrap().at;
    for request in requests.iter().filter(|request| request.at > refused) {
        let after = request.at.duration_since(refused).unwrap();
        assert!(after >= Duration::from_millis(950), "a request was sent {after:?} after the refusal");
    }
    assert_eq!(requests.len(), 5);
}

#[test]
fn shared_state_is_readable_only_by_the_server_user() {
    let (db, tenant) = (Database::create(), start_tenant(5));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    assert_eq!(rows(&mut client, "select * from auth0.users").len(), 5);
    let found = db.shell("find /dev/shm -name 'wrappers-*' -prune -exec find {} -printf '%m %u %y\\n' ';' | sort -u");
    assert_eq!(found.trim(), "600 postgres f\n700 postgres d");
    // A database role cannot read it through the server.
    let role = db.create_role("reader");
    let error = wrappers_tests::expect_error(&mut db.client_as(&role), "select pg_ls_dir('/dev/shm')");
    assert_eq!(error.code, "42501", "{error}");
    assert_eq!(value(&mut client, "select 1").as_deref(), Some("1"));
}

#[test]
fn sessions_share_a_connection_failure_to_a_host_that_is_down() {
    /// The table's sessions give up after four attempts; the pauses between them are shorter than this in total.
    const LONGEST: Duration = Duration::from_secs(12);
    let (db, tenant) = (Database::create(), start_tenant(1));
    ForeignTable::users(&db, &tenant)
        .server_option("url", "http://127.0.0.1:9")
        .server_option("max_retries", "3")
        .server_option("retry_timeout", "20 s")
        .create();
    let waits: Vec<Duration> = thread::scope(|scope| {
        let session = || {
            let mut client = db.client();
            let started = Instant::now();
            let error = expect_error(&mut client, "select email from auth0.users");
            assert_eq!(error.code, "08001", "{error}");
            started.elapsed()
        };
        let sessions: Vec<_> = (0..20).map(|_| scope.spawn(session)).collect();
        sessions.into_iter().map(|session| session.join().unwrap()).collect()
    });
    let longest = waits.iter().max().unwrap();
    assert!(*longest < LONGEST, "20 sessions waited up to {longest:?}: {waits:?}");
}
