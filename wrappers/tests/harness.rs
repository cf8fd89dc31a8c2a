//! Tests of the harness itself, which the other tests rely on.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use wrappers_tests::{
    Database, Interrupt, expect_error, interrupt, postgres_major, request_lines, rows, start_tenant, value,
};

#[test]
fn server_has_the_requested_version() {
    let db = Database::create();
    let number = value(&mut db.client(), "show server_version_num").unwrap();
    assert!(number.starts_with(&postgres_major().to_string()), "{number}");
}

#[test]
fn databases_are_fresh_and_their_text_is_utf8() {
    let (one, other) = (Database::create(), Database::create());
    let mut client = one.client();
    client.batch_execute("create table t (a text)").unwrap();
    assert_ne!(one.name(), other.name());
    assert_eq!(value(&mut other.client(), "select to_regclass('t')"), None);
    assert_eq!(value(&mut client, "show server_encoding").as_deref(), Some("UTF8"));
}

#[test]
fn errors_have_all_their_parts() {
    let db = Database::create();
    let mut client = db.client();
    let error = expect_error(
        &mut client,
        "do $$ begin raise exception 'm' using errcode = 'HV00D', detail = 'd', hint = 'h'; end $$",
    );
    assert_eq!(
        (error.code.as_str(), error.message.as_str(), error.detail.as_str(), error.hint.as_str()),
        ("HV00D", "m", "d", "h")
    );
    // The session continues.
    assert_eq!(value(&mut client, "select 1").as_deref(), Some("1"));
}

#[test]
fn notices_are_kept() {
    let db = Database::create();
    let (mut client, notices) = db.client_with_notices();
    client.batch_execute("do $$ begin raise notice 'seen' using hint = 'h'; end $$").unwrap();
    let notices = notices.take();
    assert_eq!(notices.len(), 1);
    assert_eq!(
        (notices[0].severity.as_str(), notices[0].message.as_str(), notices[0].hint.as_str()),
        ("NOTICE", "seen", "h")
    );
}

#[test]
fn log_shows_errors() {
    let db = Database::create();
    expect_error(&mut db.client(), "do $$ begin raise exception 'marker of the log test'; end $$");
    assert!(db.server_log().contains("marker of the log test"));
}

#[test]
fn backend_stats_follow_the_backend() {
    let db = Database::create();
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    let before = db.backend_stats(pid);
    assert_eq!(before.threads, 1);
    assert!(before.open_files > 3, "{before:?}");
    assert!(before.anonymous_kib <= before.resident_kib && before.resident_kib <= before.peak_kib);

    value(&mut client, "select length(repeat('x', 50000000))");
    let after = db.backend_stats(pid);
    assert!(after.peak_kib > before.peak_kib + 40_000, "{before:?} {after:?}");

    db.reset_peak(pid);
    let reset = db.backend_stats(pid);
    assert!(reset.peak_kib < after.peak_kib - 40_000, "{after:?} {reset:?}");
}

#[test]
fn interrupt_cancels_a_statement_and_measures_the_time() {
    let db = Database::create();
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    let (error, waited) = interrupt(&db, &mut client, "select pg_sleep(60)", Interrupt::Cancel, || {
        db.wait_event(pid).as_deref() == Some("Timeout/PgSleep")
    });
    assert_eq!(error.code, "57014", "{error}");
    assert!(waited < Duration::from_millis(200), "{waited:?}");
    assert_eq!(db.locks(pid), 0);
    assert_eq!(value(&mut client, "select 1").as_deref(), Some("1"));
}

#[test]
fn interrupt_terminates_a_session() {
    let db = Database::create();
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    let (error, _) = interrupt(&db, &mut client, "select pg_sleep(60)", Interrupt::Terminate, || {
        db.wait_event(pid).as_deref() == Some("Timeout/PgSleep")
    });
    assert_eq!(error.code, "57P01", "{error}");
}

#[test]
fn rows_are_text() {
    let db = Database::create();
    assert_eq!(
        rows(&mut db.client(), "values (1, null), (2, 'ü')"),
        [[Some("1".to_owned()), None], [Some("2".to_owned()), Some("ü".to_owned())]]
    );
}

/// Postgres must reach the tenant through the host gateway. Without the extension, the server's own `COPY … FROM
/// PROGRAM` is the client.
#[test]
fn tenant_is_reachable_from_the_container() {
    let db = Database::create();
    let tenant = start_tenant(1);
    let mut client = db.client();
    let address = db.tenant_url(&tenant).replacen("http://", "", 1);
    let (host, port) = address.split_once(':').unwrap();
    client
        .batch_execute(&format!(
            "create table answer (line text);
             copy answer from program
               'bash -c ''exec 3<>/dev/tcp/{host}/{port}; printf \"GET /api/v2/users HTTP/1.1\\r\\nhost: t\\r\\nconnection: close\\r\\n\\r\\n\" >&3; head -n 1 <&3 | tr -d \"\\r\"'''"
        ))
        .unwrap();
    assert_eq!(value(&mut client, "select line from answer").as_deref(), Some("HTTP/1.1 401 Unauthorized"));
    assert_eq!(request_lines(&tenant), ["GET /api/v2/users"]);

    let port = tenant.addr().port();
    drop(tenant);
    let gone = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port)));
    assert!(gone.is_err());
}
