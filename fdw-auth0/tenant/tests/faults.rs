//! Each fault as a client sees it, and its effect on the log and later requests.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use auth0_tenant::{Fault, FaultKind, Tenant, TenantConfig, WrongEnvelope};
use client::Client;
use serde_json::json;

const PAGE: &str = "/api/v2/users?per_page=10&include_totals=true";

fn tenant() -> Tenant {
    Tenant::start(TenantConfig::default()).unwrap()
}

#[test]
fn a_status_is_sent_with_its_body_and_headers() {
    let tenant = tenant();
    tenant.fault(Fault::once(FaultKind::Status {
        code: 503,
        body: "down".to_owned(),
        content_type: "text/plain".to_owned(),
        headers: vec![("retry-after".to_owned(), "7".to_owned())],
    }));
    let mut client = Client::new(&tenant);
    let reply = client.get(PAGE).unwrap();
    assert_eq!((reply.status, reply.text().as_str()), (503, "down"));
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    assert_eq!(reply.header("retry-after"), Some("7"));
    assert_eq!(client.get(PAGE).unwrap().status, 200);
    let statuses: Vec<_> = tenant.requests().iter().map(|record| record.status).collect();
    assert_eq!(statuses, [Some(503), Some(200)]);
}

#[test]
fn a_connection_is_dropped_before_the_headers() {
    let tenant = tenant();
    tenant.fault(Fault::once(FaultKind::DropBeforeHeaders));
    let mut client = Client::new(&tenant);
    let error = client.get(PAGE).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset));
    assert_eq!(Client::new(&tenant).get(PAGE).unwrap().status, 200);
    let log = tenant.requests();
    assert_eq!((log[0].status, log[0].bytes_sent), (None, 0));
}

#[test]
fn a_stall_before_the_headers_ends_when_faults_are_cleared() {
    let tenant = tenant();
    tenant.fault(Fault::once(FaultKind::StallBeforeHeaders));
    let mut stalled = Client::new(&tenant);
    stalled.timeout(Duration::from_millis(200));
    assert!(matches!(stalled.get(PAGE).unwrap_err().kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
    assert_eq!(tenant.requests()[0].status, None);
    assert_eq!(Client::new(&tenant).get(PAGE).unwrap().status, 200, "other requests are answered");
    tenant.clear_faults();
    stalled.timeout(Duration::from_secs(5));
    assert_eq!(stalled.receive().unwrap().status, 200);
}

#[test]
fn a_stall_in_the_body_ends_when_faults_are_cleared() {
    let tenant = tenant();
    tenant.fault(Fault::once(FaultKind::StallMidBody));
    let mut client = Client::new(&tenant);
    client.send("GET", PAGE, "", "").unwrap();
    let (status, headers) = client.receive_head().unwrap();
    let length: usize = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
    client.timeout(Duration::from_millis(200));
    while client.fill().is_ok() {}
    assert_eq!((status, client.received()), (200, length / 2));
    assert_eq!(tenant.requests()[0].bytes_sent, (length / 2) as u64);
    tenant.clear_faults();
    client.timeout(Duration::from_secs(5));
    while client.received() < length {
        client.fill().unwrap();
    }
    assert_eq!(tenant.requests()[0].bytes_sent, length as u64);
}

/// Number of open sockets of this process to or from the tenant's port.
fn open_sockets(tenant: &Tenant) -> usize {
    let port = format!(":{:04X}", tenant.addr().port());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let established = |line: &&str| {
        let words: Vec<_> = line.split_whitespace().collect();
        words[1].ends_with(&port) && matches!(words[3], "01" | "08")
    };
    table.lines().skip(1).filter(established).count()
}

#[test]
fn stalls_end_when_the_client_disconnects() {
    let tenant = tenant();
    for kind in [FaultKind::StallBeforeHeaders, FaultKind::StallMidBody] {
        tenant.fault(Fault::once(kind.clone()));
        let mut client = Client::new(&tenant);
        client.send("GET", PAGE, "", "").unwrap();
        client.timeout(Duration::from_millis(100));
        while client.fill().is_ok() {}
        assert_eq!(open_sockets(&tenant), 1, "{kind:?}");
        drop(client);
        let started = Instant::now();
        while open_sockets(&tenant) > 0 {
            assert!(started.elapsed() < Duration::from_secs(2), "{kind:?} holds its connection");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn a_truncated_body_is_shorter_than_its_content_length() {
    let tenant = tenant();
    let whole = Client::new(&tenant).get(PAGE).unwrap().body;
    tenant.fault(Fault::once(FaultKind::TruncateBody));
    let mut client = Client::new(&tenant);
    client.send("GET", PAGE, "", "").unwrap();
    let (_, headers) = client.receive_head().unwrap();
    assert!(headers.contains(&("content-length".to_owned(), whole.len().to_string())));
    let end = loop {
        if let Err(end) = client.fill() {
            break end;
        }
    };
    assert!(matches!(end.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset));
    assert_eq!(client.received(), whole.len() / 2);
    assert!(client.get(PAGE).is_err(), "the connection is closed");
}

#[test]
fn a_slow_body_arrives_whole() {
    let tenant = tenant();
    let mut client = Client::new(&tenant);
    let whole = client.get(PAGE).unwrap().body;
    tenant.fault(Fault::once(FaultKind::SlowBody { chunk_bytes: whole.len().div_ceil(5), pause_ms: 40 }));
    let started = Instant::now();
    assert_eq!(client.get(PAGE).unwrap().body, whole);
    assert!(started.elapsed() >= Duration::from_millis(160));
}

#[test]
fn faults_replace_or_break_the_json_body() {
    let tenant = tenant();
    let mut client = Client::new(&tenant);
    let whole = client.get(PAGE).unwrap().body;
    tenant.fault(Fault::once(FaultKind::HtmlInsteadOfJson));
    let html = client.get(PAGE).unwrap();
    assert_eq!((html.status, html.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(html.text().starts_with("<!DOCTYPE html>"));
    tenant.fault(Fault::once(FaultKind::BrokenJson));
    assert_eq!(client.get(PAGE).unwrap().body, whole[..whole.len() / 2]);
    tenant.fault(Fault::once(FaultKind::LargeBody(3_000_000)));
    let large = client.get(PAGE).unwrap();
    assert_eq!(large.body.len(), 3_000_001);
    assert_eq!(large.json(), serde_json::from_slice::<serde_json::Value>(&whole).unwrap());
}

#[test]
fn faults_change_rows_and_envelopes_of_pages() {
    let tenant = tenant();
    let mut client = Client::new(&tenant);
    let right = client.json(PAGE);
    let mut wrong = |kind: FaultKind| {
        tenant.fault(Fault::once(kind));
        // A request for one user neither gets a page's fault nor uses it up.
        assert_eq!(client.get("/api/v2/users/x").unwrap().status, 404);
        client.json(PAGE)
    };
    let rows = |page: &serde_json::Value| page["users"].as_array().unwrap().clone();
    let doubled = rows(&wrong(FaultKind::DuplicateRow));
    assert_eq!((doubled.len(), &doubled[10]), (11, &doubled[0]));
    assert_eq!(rows(&wrong(FaultKind::MissingRow)).len(), 9);
    let empty = wrong(FaultKind::EmptyPage);
    assert_eq!((rows(&empty).len(), &empty["total"]), (0, &json!(50)));
    assert_eq!(wrong(FaultKind::WrongTotal(3))["total"], 3);
    assert_eq!(wrong(FaultKind::WrongEnvelope(WrongEnvelope::BareArray)), right["users"]);
    let under = WrongEnvelope::RowsUnder("items".to_owned());
    assert_eq!(wrong(FaultKind::WrongEnvelope(under))["items"], right["users"]);
    assert!(wrong(FaultKind::ExtraRootField)["unexpected"].is_object());
    let json = r#"{"user_id":"injected"}"#.to_owned();
    let replaced = wrong(FaultKind::ReplaceUser { position: 4, json });
    assert_eq!(replaced["users"][4], json!({"user_id": "injected"}));
    assert_eq!(client.json(PAGE), right);
}

#[test]
fn the_third_page_fails_twice() {
    let tenant = tenant();
    tenant.fault(
        Fault::once(FaultKind::Status {
            code: 500,
            body: "{}".to_owned(),
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
        })
        .times(2)
        .on_query("page=2"),
    );
    let mut client = Client::new(&tenant);
    let mut status = |page| client.get(&format!("/api/v2/users?per_page=2&page={page}")).unwrap().status;
    let statuses: Vec<_> = [0, 1, 2, 2, 2, 20].into_iter().map(&mut status).collect();
    assert_eq!(statuses, [200, 200, 500, 500, 200, 200]);
}
