//! `GET /api/v2/events`: the stream of events over a real socket.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use auth0_tenant::{
    Churn, EventFault, EventFaultKind, EventSettings, Fault, FaultKind, RateLimit, Tenant, TenantConfig,
};
use client::Client;
use serde_json::{Value, json};

const EVENTS: &str = "/api/v2/events";

/// A tenant whose connections end after the events that there are.
fn tenant() -> Tenant {
    let events = EventSettings { cycle_ms: 0, ..EventSettings::default() };
    Tenant::start(TenantConfig { users: 3, events, ..TenantConfig::default() }).unwrap()
}

fn client(tenant: &Tenant) -> Client {
    Client::connect(tenant.addr(), Some(tenant.full_token()))
}

fn user(id: &str, nickname: &str) -> String {
    json!({"user_id": id, "nickname": nickname, "created_at": "2026-01-01T00:00:00.000Z",
           "updated_at": "2026-01-01T00:00:00.000Z", "identities": []})
    .to_string()
}

/// The messages of a stream: event, id, data.
fn messages(text: &str) -> Vec<(String, String, Value)> {
    let field = |message: &str, name: &str| {
        let line = message.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_default().to_owned()
    };
    let messages = text.split("\n\n").filter(|message| message.contains("event: "));
    let read = |message: &str| {
        let data = serde_json::from_str(&field(message, "data")).unwrap();
        (field(message, "event"), field(message, "id"), data)
    };
    messages.map(read).collect()
}

/// The whole stream of a request, and the headers of the answer.
fn stream(tenant: &Tenant, query: &str, headers: &str) -> String {
    let reply = client(tenant).call("GET", &format!("{EVENTS}{query}"), headers, "");
    assert_eq!(reply.status, 200, "{query}: {}", reply.text());
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    reply.text()
}

/// `type id` of each event in a stream: the object's `user_id`, or its `id`.
fn summary(text: &str) -> Vec<String> {
    let of = |(event, id, data): (String, String, Value)| {
        assert_eq!(data["offset"], json!(id));
        let object = &data["event"]["data"]["object"];
        let key = object["user_id"].as_str().or_else(|| object["id"].as_str());
        let key = key.or_else(|| object["user"]["user_id"].as_str()).unwrap_or_default();
        format!("{event} {key}")
    };
    messages(text).into_iter().map(of).collect()
}

fn all(tenant: &Tenant) -> Vec<String> {
    summary(&stream(tenant, "?from_timestamp=2020-01-01T00:00:00Z", ""))
}

#[test]
fn every_change_has_an_event() {
    let tenant = tenant();
    let mut client = client(&tenant);
    tenant.upsert_users(vec![user("a", "1"), user("b", "1")]);
    tenant.upsert_users(vec![user("a", "2"), user("b", "1")]);
    assert_eq!(tenant.delete_users(&["b", "nobody"]), 1);
    // An unchanged user and an absent one have no event.
    assert_eq!(all(&tenant), ["user.created a", "user.created b", "user.updated a", "user.deleted b"]);
    let mut call = |method: &str, path: &str, body: Value| {
        let reply = client.call(method, &format!("/api/v2{path}"), "", &body.to_string());
        assert!(reply.status < 300, "{method} {path}: {}", reply.text());
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    };
    call("PATCH", "/users/a", json!({"nickname": "3"}));
    let organization = call("POST", "/organizations", json!({"name": "new"}))["id"].as_str().unwrap().to_owned();
    let role = call("POST", "/roles", json!({"name": "new"}))["id"].as_str().unwrap().to_owned();
    let path = format!("/organizations/{organization}");
    call("PATCH", &path, json!({"display_name": "New"}));
    for _ in 0..2 {
        call("POST", &format!("{path}/members"), json!({"members": ["a"]}));
    }
    call("POST", &format!("{path}/members/a/roles"), json!({"roles": [role]}));
    call("DELETE", &format!("{path}/members/a/roles"), json!({"roles": [role]}));
    call("DELETE", &format!("{path}/members"), json!({"members": ["a"]}));
    call("DELETE", &path, Value::Null);
    call("DELETE", "/users/a", Value::Null);
    let expected = [
        "user.updated a".to_owned(),
        format!("organization.created {organization}"),
        format!("organization.updated {organization}"),
        "organization.member.added a".to_owned(),
        "organization.member.role.assigned a".to_owned(),
        "organization.member.role.deleted a".to_owned(),
        "organization.member.deleted a".to_owned(),
        format!("organization.deleted {organization}"),
        "user.deleted a".to_owned(),
    ];
    assert_eq!(all(&tenant)[4..], expected);
    tenant.churn(Some(Churn { every: 1, create: 1, update: 1, delete: 1, seed: 2 }));
    client.get("/api/v2/users").unwrap();
    let kinds: Vec<_> = all(&tenant)[13..].iter().map(|event| event.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["user.created", "user.updated", "user.deleted"]);
}

#[test]
fn an_event_has_its_object_and_its_cursor_continues_the_stream() {
    let tenant = tenant();
    let start = stream(&tenant, "", "");
    assert_eq!(start, ":connected\n\nretry: 2000\n\n");
    tenant.upsert_users(vec![user("a", "1"), user("b", "1"), user("a", "2")]);
    tenant.delete_users(&["a"]);
    let text = stream(&tenant, "?from_timestamp=2020-01-01T00:00:00Z", "");
    let messages = messages(&text);
    let (kind, cursor, data) = &messages[1];
    assert_eq!((kind.as_str(), &data["event"]["type"]), ("user.created", &json!("user.created")));
    assert_eq!(data["event"]["data"]["object"], serde_json::from_str::<Value>(&user("b", "1")).unwrap());
    let deleted = &messages[3].2["event"]["data"]["object"];
    assert_eq!((&deleted["nickname"], deleted["deleted_at"].is_string()), (&json!("2"), true));
    let after = ["user.updated a", "user.deleted a"];
    assert_eq!(summary(&stream(&tenant, &format!("?from={cursor}"), "")), after);
    // The header wins.
    let header = format!("Last-Event-ID: {}\r\n", messages[2].1);
    assert_eq!(summary(&stream(&tenant, &format!("?from={cursor}"), &header)), after[1..]);
    let types = "event_type=user.deleted&event_type=user.updated";
    assert_eq!(summary(&stream(&tenant, &format!("?from_timestamp=2020-01-01T00:00:00Z&{types}"), "")), after);
    assert_eq!(summary(&stream(&tenant, "?from_timestamp=2099-01-01T00:00:00Z", "")), [""; 0]);
    assert_eq!(summary(&stream(&tenant, &format!("?from={}", messages[3].1), "")), [""; 0]);
}

#[test]
fn requests_that_are_not_valid_are_refused() {
    let tenant = tenant();
    tenant.upsert_users(vec![user("a", "1")]);
    let cursor = messages(&stream(&tenant, "?from_timestamp=2020-01-01T00:00:00Z", ""))[0].1.clone();
    let table = [
        ("?from=nonsense".to_owned(), 400, "invalid_cursor"),
        (format!("?from={}", "x".repeat(1_025)), 400, "invalid_cursor"),
        (format!("?from={cursor}&from_timestamp=2020-01-01T00:00:00Z"), 400, "invalid_query_string"),
        ("?from_timestamp=yesterday".to_owned(), 400, "invalid_query_string"),
        ("?from_timestamp=2020-01-01T00:00:00.000Z".to_owned(), 400, "invalid_query_string"),
        ("?event_type=user.renamed".to_owned(), 400, "invalid_query_string"),
    ];
    let refused = |query: &str| {
        let reply = client(&tenant).get(&format!("{EVENTS}{query}")).unwrap();
        (reply.status, reply.json()["errorCode"].as_str().unwrap_or_default().to_owned())
    };
    for (query, status, code) in table {
        assert_eq!(refused(&query), (status, code.to_owned()), "{query}");
    }
    let reply = Client::new(&tenant).get(EVENTS).unwrap();
    assert_eq!(reply.json()["message"], "Insufficient scope, expected any of: read:events");
    tenant.expire_cursors();
    assert_eq!(refused(&format!("?from={cursor}")), (410, "cursor_expired".to_owned()));
    // A timestamp is valid as long as all events since then are kept.
    assert_eq!(all(&tenant).len(), 1);
    tenant.set_events(EventSettings { kept: 0, cycle_ms: 0, ..EventSettings::default() });
    assert_eq!(refused("?from_timestamp=2020-01-01T00:00:00Z"), (410, "cursor_expired".to_owned()));
}

/// Reads chunks until they contain `wanted`.
fn read_until(client: &mut Client, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        let chunk = client.receive_chunk().unwrap().unwrap_or_else(|| panic!("the stream ended: {text}"));
        text += std::str::from_utf8(&chunk).unwrap();
    }
    text
}

#[test]
fn an_open_connection_gets_events_heartbeats_and_its_end() {
    let settings = EventSettings { connections: 1, heartbeat_ms: 10, retry_ms: 7, ..EventSettings::default() };
    let tenant = Tenant::start(TenantConfig { users: 3, events: settings, ..TenantConfig::default() }).unwrap();
    tenant.set_rate_limit(Some(RateLimit::new(100, 0.0)));
    let mut open = client(&tenant);
    open.send("GET", &format!("{EVENTS}?event_type=user.deleted"), "", "").unwrap();
    let (status, headers) = open.receive_head().unwrap();
    assert_eq!(status, 200);
    assert!(headers.contains(&("x-ratelimit-remaining".to_owned(), "99".to_owned())), "{headers:?}");
    read_until(&mut open, ":connected\n\nretry: 7\n\n");
    // The cursor of a heartbeat is after events of other types.
    tenant.upsert_users(vec![user("a", "1")]);
    let text = read_until(&mut open, ": heartbeat\n\n");
    assert!(text.contains("event: offset-only\nid: "), "{text}");
    tenant.delete_users(&["a"]);
    assert!(read_until(&mut open, "user.deleted").contains("user.deleted"));
    let refused = client(&tenant).get(EVENTS).unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    // Settings and expired cursors reach open connections.
    tenant.expire_cursors();
    let text = read_until(&mut open, "event: error");
    assert!(text.contains(r#"{"error":{"code":"cursor_expired""#), "{text}");
    while open.receive_chunk().unwrap().is_some() {}
    let mut next = client(&tenant);
    next.send("GET", EVENTS, "", "").unwrap();
    next.receive_head().unwrap();
    read_until(&mut next, "retry");
    tenant.set_events(EventSettings { cycle_ms: 0, ..settings });
    while next.receive_chunk().unwrap().is_some() {}
}

#[test]
fn a_client_that_goes_frees_its_connection() {
    let settings = EventSettings { connections: 1, ..EventSettings::default() };
    let tenant = Tenant::start(TenantConfig { users: 3, events: settings, ..TenantConfig::default() }).unwrap();
    for _ in 0..3 {
        // The tenant may notice the end of the last connection a little later.
        let mut open = loop {
            let mut open = client(&tenant);
            open.send("GET", EVENTS, "", "").unwrap();
            if open.receive_head().unwrap().0 == 200 {
                break open;
            }
        };
        read_until(&mut open, "retry");
    }
}

#[test]
fn faults_lose_double_swap_cut_and_break() {
    let tenant = tenant();
    let written = |fault: EventFault| {
        let before = all(&tenant).len();
        tenant.event_fault(fault);
        tenant.upsert_users(["a", "b", "c"].map(|id| user(id, &before.to_string())).to_vec());
        tenant.clear_faults();
        all(&tenant)[before..].iter().map(|event| event.split(' ').nth(1).unwrap().to_owned()).collect::<String>()
    };
    assert_eq!(written(EventFault::once(EventFaultKind::Lose).nth(2)), "ac");
    assert_eq!(written(EventFault::once(EventFaultKind::Double)), "aabc");
    assert_eq!(written(EventFault::once(EventFaultKind::Swap)), "bac");
    assert_eq!(written(EventFault::forever(EventFaultKind::Partial)), "abc");
    let text = stream(&tenant, "?from_timestamp=2020-01-01T00:00:00Z", "");
    let last = messages(&text).pop().unwrap();
    let members: Vec<_> = last.2["event"]["data"]["object"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["created_at", "identities", "updated_at", "user_id"]);

    let error = |offset| FaultKind::EventError { after: 2, code: "processing_error".to_owned(), offset };
    tenant.fault(Fault::once(error(true)));
    let text = stream(&tenant, "?from_timestamp=2020-01-01T00:00:00Z", "");
    let (kind, id, data) = messages(&text).pop().unwrap();
    assert_eq!((messages(&text).len(), kind.as_str(), id.as_str()), (3, "error", ""));
    assert_eq!(data["error"]["code"], "processing_error");
    let offset = data["error"]["offset"].as_str().unwrap().to_owned();
    assert_eq!(summary(&stream(&tenant, &format!("?from={offset}"), ""))[..], all(&tenant)[2..]);
    tenant.set_events(EventSettings { cycle_events: Some(3), ..EventSettings::default() });
    assert_eq!(all(&tenant).len(), 3);
    // A fault of the transport is after the first event.
    tenant.fault(Fault::once(FaultKind::TruncateBody));
    let mut client = client(&tenant);
    client.send("GET", &format!("{EVENTS}?from_timestamp=2020-01-01T00:00:00Z"), "", "").unwrap();
    client.receive_head().unwrap();
    let mut text = String::new();
    let cut = loop {
        match client.receive_chunk() {
            Ok(Some(chunk)) => text += std::str::from_utf8(&chunk).unwrap(),
            end => break end,
        }
    };
    assert!(cut.is_err() && messages(&text).len() == 1, "{text}");
}
