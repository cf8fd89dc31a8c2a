//! A statement that waits for the tenant ends at once when it is cancelled, and leaves nothing behind.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use wrappers_tests::auth0_tenant::{Fault, FaultKind, RateLimit, Tenant};
use wrappers_tests::{
    Database, ForeignTable, Interrupt, expect_error, interrupt, request_lines, rows, start_tenant, value,
};

const PROMPT: Duration = Duration::from_millis(200);

/// The point where the tenant keeps a scan waiting.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Hang {
    Connect,
    BeforeHeaders,
    MidBody,
    RateLimit,
}

/// A tenant that hangs, and a test of whether a scan has reached that point.
struct Hanging {
    tenant: Tenant,
    full: Option<FullListener>,
    hang: Hang,
}

/// A port with a full accept queue: the next connection is neither accepted nor refused.
struct FullListener {
    listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl FullListener {
    fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, listener.local_addr().unwrap().port()));
        let mut queued = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            queued.push(stream);
        }
        Self { listener, _queued: queued }
    }
}

impl Hanging {
    fn start(db: &Database, hang: Hang) -> Self {
        let tenant = start_tenant(250);
        let full = (hang == Hang::Connect).then(FullListener::open);
        let table = ForeignTable::users(db, &tenant)
            .server_option("request_timeout", "1 h")
            .server_option("retry_timeout", "1 h")
            .server_option("connect_timeout", "300 s");
        match &full {
            Some(full) => {
                let (url, port) = (db.tenant_url(&tenant), full.listener.local_addr().unwrap().port());
                table.server_option("url", &url.replace(&tenant.addr().port().to_string(), &port.to_string())).create();
            }
            None => table.create(),
        }
        match hang {
            Hang::Connect => {}
            Hang::BeforeHeaders => tenant.fault(Fault::forever(FaultKind::StallBeforeHeaders).on_query("page=1")),
            Hang::MidBody => tenant.fault(Fault::forever(FaultKind::StallMidBody).on_query("page=1")),
            // One request now, the next in 100 s.
            Hang::RateLimit => tenant.set_rate_limit(Some(RateLimit::new(1, 0.01))),
        }
        Self { tenant, full, hang }
    }

    /// True if the scan of backend `pid` has reached the point where it hangs.
    fn reached(&self, db: &Database, pid: i32) -> bool {
        let (asked, event) = match self.hang {
            Hang::Connect => (0, "WrappersHttp"),
            Hang::RateLimit => (1, "WrappersRateLimit"),
            Hang::BeforeHeaders | Hang::MidBody => (2, "WrappersHttp"),
        };
        request_lines(&self.tenant).len() >= asked && db.waits_for(pid, event)
    }

    /// Lets the tenant respond again.
    fn end(&mut self, db: &Database) {
        self.tenant.clear_faults();
        self.tenant.set_rate_limit(None);
        if self.full.take().is_some() {
            let url = db.tenant_url(&self.tenant);
            db.client().batch_execute(&format!("alter server auth0_server options (set url '{url}')")).unwrap();
        }
    }
}

const HANGS: [Hang; 4] = [Hang::Connect, Hang::BeforeHeaders, Hang::MidBody, Hang::RateLimit];

#[test]
fn cancel_takes_effect_at_once_and_the_session_continues() {
    for hang in HANGS {
        let db = Database::create();
        let mut tenant = Hanging::start(&db, hang);
        let mut client = db.client();
        let pid = Database::backend_pid(&mut client);
        let (error, waited) =
            interrupt(&db, &mut client, "select * from auth0.users", Interrupt::Cancel, || tenant.reached(&db, pid));
        assert_eq!(error.code, "57014", "{hang:?}: {error}");
        assert!(waited < PROMPT, "{hang:?}: {waited:?}");
        assert_eq!(db.locks(pid), 0, "{hang:?}");
        tenant.end(&db);
        if hang != Hang::RateLimit {
            assert_eq!(rows(&mut client, "select * from auth0.users").len(), 250, "{hang:?}");
        }
        assert_eq!(value(&mut client, "select 1").as_deref(), Some("1"));
    }
}

#[test]
fn statement_timeout_takes_effect_at_once() {
    for hang in HANGS {
        let db = Database::create();
        let mut tenant = Hanging::start(&db, hang);
        let mut client = db.client();
        let pid = Database::backend_pid(&mut client);
        client.batch_execute("set statement_timeout = '1 s'").unwrap();
        // The server measures, from the statement's start to the error.
        let error = expect_error(
            &mut client,
            "do $$
             declare started timestamptz := clock_timestamp(); late interval;
             begin
               perform * from auth0.users;
             exception when query_canceled then
               late := clock_timestamp() - started - '1 s'::interval;
               raise exception 'late' using detail = (1000 * extract(epoch from late))::int::text;
             end $$",
        );
        assert_eq!(error.message, "late", "{hang:?}: {error}");
        let late: i64 = error.detail.parse().unwrap();
        assert!((-100..200).contains(&late), "{hang:?}: {late} ms late");
        client.batch_execute("reset statement_timeout").unwrap();
        assert_eq!(db.locks(pid), 0, "{hang:?}");
        tenant.end(&db);
        if hang != Hang::RateLimit {
            assert_eq!(rows(&mut client, "select * from auth0.users").len(), 250, "{hang:?}");
        }
    }
}

#[test]
fn terminate_takes_effect_at_once_and_releases_locks() {
    for hang in HANGS {
        let db = Database::create();
        let tenant = Hanging::start(&db, hang);
        let mut client = db.client();
        let pid = Database::backend_pid(&mut client);
        let (error, waited) =
            interrupt(&db, &mut client, "select * from auth0.users", Interrupt::Terminate, || tenant.reached(&db, pid));
        assert_eq!(error.code, "57P01", "{hang:?}: {error}");
        assert!(waited < PROMPT, "{hang:?}: {waited:?}");
        let gone = format!("select pid from pg_stat_activity where pid = {pid}");
        // The error arrives before the process is gone.
        let mut other = db.client();
        let ended = std::time::Instant::now();
        while !rows(&mut other, &gone).is_empty() {
            assert!(ended.elapsed() < Duration::from_secs(5), "{hang:?}: the backend does not end");
        }
        assert_eq!(db.locks(pid), 0, "{hang:?}");
    }
}

#[test]
fn cancelled_scan_sends_no_more_requests() {
    let db = Database::create();
    let tenant = Hanging::start(&db, Hang::BeforeHeaders);
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    interrupt(&db, &mut client, "select * from auth0.users", Interrupt::Cancel, || tenant.reached(&db, pid));
    let sent = request_lines(&tenant.tenant).len();
    assert_eq!(value(&mut client, "select 1").as_deref(), Some("1"));
    assert_eq!(request_lines(&tenant.tenant).len(), sent, "a request was sent after the cancel");
}

#[test]
fn timeout_options_end_the_wait_with_their_own_error() {
    let cases = [
        (Hang::Connect, "connect_timeout", "08001", "connect_timeout"),
        (Hang::BeforeHeaders, "request_timeout", "08006", "request_timeout"),
        (Hang::MidBody, "request_timeout", "08006", "request_timeout"),
        (Hang::RateLimit, "retry_timeout", "53400", "retry_timeout"),
    ];
    for (hang, option, code, named) in cases {
        let db = Database::create();
        let _tenant = Hanging::start(&db, hang);
        let mut client = db.client();
        client
            .batch_execute(&format!(
                "alter server auth0_server options (set {option} '300 ms');
                 alter server auth0_server options (add max_retries '0')"
            ))
            .unwrap();
        let error = expect_error(&mut client, "select * from auth0.users");
        assert_eq!(error.code, code, "{hang:?}: {error}");
        assert!(error.detail.contains(named), "{hang:?}: {error}");
    }
}
