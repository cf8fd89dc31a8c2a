//! Exports of users: the job, the link to its file on another origin, and faults.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::io::{ErrorKind, Read as _};
use std::net::SocketAddr;
use std::time::Duration;

use auth0_tenant::{Authorization, Exports, Fault, FaultKind, Origin, Tenant, TenantConfig};
use client::Client;
use flate2::read::GzDecoder;
use serde_json::{Value, json};

const EXPORTS: &str = "/api/v2/jobs/users-exports";
const AT_ONCE: Exports = Exports {
    available: true,
    pending_polls: 0,
    processing_polls: 0,
    pending_ms: 0,
    processing_ms: 0,
    link_lifetime_s: 60,
    job_lifetime_s: 86_400,
};

fn tenant(users: usize, exports: Exports) -> Tenant {
    Tenant::start(TenantConfig { users, exports, ..TenantConfig::default() }).unwrap()
}

/// Creates a job; returns the request target of its state.
fn make_job(client: &mut Client, body: &Value) -> String {
    let reply = client.call("POST", EXPORTS, "Content-Type: application/json\r\n", &body.to_string());
    assert_eq!(reply.status, 200, "{}", reply.text());
    format!("/api/v2/jobs/{}", reply.json()["id"].as_str().unwrap())
}

/// The storage's address and the target of a link.
fn link(job: &Value) -> (SocketAddr, String) {
    assert_eq!(job["status"], "completed", "{job}");
    let rest = job["location"].as_str().unwrap().strip_prefix("http://").unwrap();
    let (addr, path) = rest.split_once('/').unwrap();
    (addr.replace("t:", "127.0.0.1:").parse().unwrap(), format!("/{path}"))
}

fn storage(addr: SocketAddr) -> Client {
    Client::connect(addr, None)
}

fn lines(gzip: &[u8]) -> std::io::Result<Vec<Value>> {
    let mut text = String::new();
    GzDecoder::new(gzip).read_to_string(&mut text)?;
    Ok(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The link of a new job for the users' ids.
fn completed(tenant: &Tenant) -> (SocketAddr, String) {
    let mut client = Client::new(tenant);
    let job = make_job(&mut client, &json!({"fields": [{"name": "user_id"}]}));
    link(&client.json(&job))
}

#[test]
fn a_job_completes_with_a_link_to_its_users() {
    let tenant = tenant(300, Exports::default());
    let mut client = Client::new(&tenant);
    let connection_id = tenant.connection_id("github");
    let asked = json!({
        "connection_id": connection_id,
        "format": "json",
        "limit": 9,
        "fields": [{"name": "user_id"}, {"name": "identities[0].connection", "export_as": "provider"}, {"name": "app_metadata"}],
    });
    let reply = client.call("POST", EXPORTS, "", &asked.to_string());
    let mut job = reply.json();
    for (member, expected) in asked.as_object().unwrap() {
        assert_eq!(job[member], *expected);
    }
    assert_eq!(
        (&job["type"], &job["status"], &job["connection"]),
        (&json!("users_export"), &json!("pending"), &json!("github"))
    );
    let target = format!("/api/v2/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(client.json(&target), job);
    job["status"] = "processing".into();
    job["percentage_done"] = 50.into();
    job["time_left_seconds"] = 1.into();
    assert_eq!(client.json(&target), job);
    let (addr, file) = link(&client.json(&target));
    assert_ne!(addr, tenant.addr());
    assert!(file.contains("/local-tenant.json.gz?Expires=") && file.contains("&Signature="), "{file}");

    let reply = storage(addr).get(&file).unwrap();
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/octet-stream")));
    let users = (0..300).map(|index| serde_json::from_str::<Value>(&tenant.user_json(index).unwrap()).unwrap());
    let expected = users.filter(|user| user["identities"][0]["connection"] == "github").take(9).map(|user| {
        let mut line = json!({"user_id": user["user_id"], "provider": "github"});
        if let Some(metadata) = user.get("app_metadata") {
            line["app_metadata"] = metadata.clone();
        }
        line
    });
    let expected: Vec<_> = expected.collect();
    assert_eq!(expected.len(), 9);
    assert_eq!(lines(&reply.body).unwrap(), expected);

    let log = tenant.requests();
    let asked: Vec<_> = log.iter().map(|r| (r.origin, r.method.as_str(), r.authorization, r.status)).collect();
    let tenants = |method| (Origin::Tenant, method, Authorization::Valid, Some(200));
    assert_eq!(asked[..4], [tenants("POST"), tenants("GET"), tenants("GET"), tenants("GET")]);
    assert_eq!(asked[4..], [(Origin::Storage, "GET", Authorization::Absent, Some(200))]);
    assert_eq!(log[4].bytes_sent, reply.body.len() as u64);
}

#[test]
fn storage_refuses_credentials_and_invalid_links() {
    let tenant = tenant(5, AT_ONCE);
    let (addr, file) = completed(&tenant);
    let mut storage = storage(addr);
    let refused = |client: &mut Client, target: &str, status: u16, words: &str| {
        let reply = client.get(target).unwrap();
        assert_eq!((reply.status, reply.header("content-type")), (status, Some("application/xml")), "{target}");
        assert!(reply.text().contains(words), "{}", reply.text());
    };
    refused(&mut storage, &file.replace("Expires=", "Expires=9"), 403, "<Code>SignatureDoesNotMatch</Code>");
    refused(&mut storage, &file.replace("job_", "job_x"), 403, "<Code>SignatureDoesNotMatch</Code>");
    refused(&mut storage, file.split('?').next().unwrap(), 403, "<Code>AccessDenied</Code>");
    refused(&mut storage, "/_tenant/requests", 403, "<Code>AccessDenied</Code>");
    assert_eq!(storage.call("PUT", &file, "", "").status, 405);
    refused(&mut Client::connect(addr, Some(tenant.default_token())), &file, 400, "Only one auth mechanism allowed");
    tenant.fault(Fault::once(FaultKind::LinkExpired).on_downloads());
    refused(&mut storage, &file, 403, "Request has expired");
    assert_eq!(lines(&storage.get(&file).unwrap().body).unwrap().len(), 5);
    tenant.set_exports(Exports { link_lifetime_s: 0, ..AT_ONCE });
    let (_, expired) = completed(&tenant);
    refused(&mut storage, &expired, 403, "Request has expired");
}

#[test]
fn tenant_refuses_exports_without_scope_or_plan() {
    let tenant = tenant(5, AT_ONCE);
    let mut client = Client::connect(tenant.addr(), Some(tenant.token(&["create:users"])));
    let reply = client.call("POST", EXPORTS, "", "{}");
    assert_eq!(
        (reply.status, &reply.json()["message"]),
        (403, &json!("Insufficient scope, expected any of: read:users"))
    );
    let job = make_job(&mut Client::new(&tenant), &json!({}));
    // Each of the two scopes allows reading a job.
    assert_eq!(client.get(&job).unwrap().status, 200);
    let mut other = Client::connect(tenant.addr(), Some(tenant.token(&["read:clients"])));
    assert_eq!(
        other.get(&job).unwrap().json()["message"],
        "Insufficient scope, expected any of: create:users,read:users"
    );
    assert_eq!(client.get("/api/v2/jobs/job_0000000000000000").unwrap().status, 404);
    assert_eq!(client.get(EXPORTS).unwrap().status, 405);
    tenant.set_exports(Exports { job_lifetime_s: 0, ..AT_ONCE });
    assert_eq!(client.get(&job).unwrap().status, 404);
    tenant.set_exports(Exports { available: false, ..AT_ONCE });
    let reply = Client::new(&tenant).call("POST", EXPORTS, "", "{}");
    assert_eq!((reply.status, &reply.json()["errorCode"]), (403, &json!("insufficient_entitlement")));
}

#[test]
fn faults_make_jobs_fail_or_never_complete() {
    let tenant = tenant(5, AT_ONCE);
    let mut client = Client::new(&tenant);
    for (fault, status, details) in [
        (FaultKind::JobFails("the connection was deleted".to_owned()), "failed", json!("the connection was deleted")),
        (FaultKind::JobNeverEnds, "processing", Value::Null),
    ] {
        let job = make_job(&mut client, &json!({}));
        tenant.fault(Fault::once(fault));
        for _ in 0..3 {
            let answer = client.json(&job);
            assert_eq!((&answer["status"], &answer["status_details"]), (&json!(status), &details));
            assert_eq!(answer.get("location"), None);
        }
    }
}

#[test]
fn faults_break_downloads() {
    let tenant = tenant(2_000, AT_ONCE);
    let (addr, file) = completed(&tenant);
    let whole = storage(addr).get(&file).unwrap().body;
    assert_eq!(lines(&whole).unwrap().len(), 2_000);
    for (fault, error) in [
        (FaultKind::DropBeforeHeaders, ErrorKind::UnexpectedEof),
        (FaultKind::ResetBeforeHeaders, ErrorKind::ConnectionReset),
        (FaultKind::TruncateBody, ErrorKind::UnexpectedEof),
        (FaultKind::ResetMidBody, ErrorKind::ConnectionReset),
    ] {
        tenant.fault(Fault::once(fault.clone()).on_downloads().on_query("Expires"));
        assert_eq!(storage(addr).get(&file).unwrap_err().kind(), error, "{fault:?}");
    }
    let reads = |fault: FaultKind| {
        tenant.fault(Fault::once(fault).on_downloads());
        storage(addr).get(&file).unwrap()
    };
    assert!(lines(&reads(FaultKind::CorruptBody).body).is_err());
    assert_eq!(lines(&reads(FaultKind::MissingRow).body).unwrap().len(), 1_999);
    let slow = FaultKind::SlowBody { chunk_bytes: 10_000, pause_ms: 1 };
    assert_eq!(reads(slow).body, whole);
    let unavailable = FaultKind::Status {
        code: 503,
        body: "SlowDown".to_owned(),
        content_type: "application/xml".to_owned(),
        headers: vec![],
    };
    assert_eq!(reads(unavailable).status, 503);
    assert_eq!(storage(addr).get(&file).unwrap().body, whole);
}

#[test]
fn faults_stall_downloads() {
    let tenant = tenant(2_000, AT_ONCE);
    let (addr, file) = completed(&tenant);
    for fault in [FaultKind::StallBeforeHeaders, FaultKind::StallMidBody] {
        tenant.fault(Fault::once(fault.clone()).on_downloads());
        let mut client = storage(addr);
        client.send("GET", &file, "", "").unwrap();
        if fault == FaultKind::StallMidBody {
            client.receive_head().unwrap();
            assert!(client.receive_chunk().unwrap().is_some());
        }
        client.timeout(Duration::from_millis(100));
        let stalled = match fault {
            FaultKind::StallMidBody => client.receive_chunk().unwrap_err(),
            _ => client.receive_head().unwrap_err(),
        };
        assert!(matches!(stalled.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{stalled}");
        client.timeout(Duration::from_secs(5));
        tenant.clear_faults();
        if fault == FaultKind::StallBeforeHeaders {
            client.receive_head().unwrap();
        }
        while client.receive_chunk().unwrap().is_some() {}
    }
}

#[test]
fn a_file_has_the_users_at_the_start_of_its_job() {
    let tenant = tenant(100, AT_ONCE);
    let (addr, file) = completed(&tenant);
    let ids: Vec<_> = (0..10)
        .map(|index| {
            serde_json::from_str::<Value>(&tenant.user_json(index).unwrap()).unwrap()["user_id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(tenant.delete_users(&ids), 10);
    let bytes = storage(addr).get(&file).unwrap().body;
    assert_eq!(lines(&bytes).unwrap().len(), 100);
    assert_eq!(storage(addr).get(&file).unwrap().body, bytes);
    let (addr, file) = completed(&tenant);
    assert_eq!(lines(&storage(addr).get(&file).unwrap().body).unwrap().len(), 90);
}
