//! Logging in with client credentials against a tenant over HTTP, without Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scan;

use std::thread;
use std::time::{Duration, Instant};

use scan::{keys, scan_with};

use auth0_tenant::{Fault, FaultKind, Tenant, TenantConfig};
use fdw_common::error::{Error, ErrorKind};
use fdw_common::rest::{Credential, SharedState, Transport};
use fdw_common::secret::Secret;

const AUDIENCE: (&str, &str) = ("audience", "https://local-tenant.us.auth0.com/api/v2/");

fn tenant(users: usize) -> Tenant {
    let tenant = Tenant::start(TenantConfig { users, ..TenantConfig::default() }).unwrap();
    tenant.set_unstable_ties(false);
    tenant
}

fn client(secret: &str) -> Credential {
    Credential::Client {
        id: "local-client-id".to_owned(),
        secret: Secret::from(secret.to_owned()),
        owner: "1/2/3".to_owned(),
    }
}

fn read(transport: &Transport, tenant: &Tenant, more: &[(&str, &str)], secret: &str) -> Result<usize, Error> {
    keys(&mut scan_with(transport, tenant, more, client(secret), Vec::new())).map(|keys| keys.len())
}

fn logins(tenant: &Tenant) -> usize {
    tenant.requests().iter().filter(|request| request.path == "/oauth/token").count()
}

/// A directory for shared state that several transports use, as backends do; it is removed at the end.
struct SharedFolder {
    data: tempfile::TempDir,
}

impl SharedFolder {
    fn new() -> Self {
        SharedFolder { data: tempfile::tempdir().unwrap() }
    }

    fn transport(&self) -> Transport {
        Transport::start_in(SharedState::open(self.data.path(), 1).unwrap(), || {}).unwrap()
    }
}

impl Drop for SharedFolder {
    fn drop(&mut self) {
        let _ = SharedState::open(self.data.path(), 1).unwrap().remove();
    }
}

#[test]
fn one_token_serves_twenty_processes() {
    let (folder, tenant) = (SharedFolder::new(), tenant(50));
    // So that all processes wait before the first one has its token.
    tenant.set_latency(Duration::from_millis(50));
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                assert_eq!(read(&folder.transport(), &tenant, &[AUDIENCE], "local-client-secret").unwrap(), 50);
            });
        }
    });
    assert_eq!(logins(&tenant), 1);
    assert_eq!(read(&folder.transport(), &tenant, &[AUDIENCE], "local-client-secret").unwrap(), 50);
    assert_eq!(logins(&tenant), 1);
}

#[test]
fn a_token_refused_during_a_scan_loses_no_row() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(950));
    let revoked = FaultKind::Status {
        code: 401,
        body: r#"{"statusCode":401,"error":"Unauthorized","message":"Invalid token"}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: vec![],
    };
    for page in ["page=0", "page=1", "page=5", "page=9"] {
        tenant.fault(Fault::once(revoked.clone()).on_query(page));
    }
    assert_eq!(read(&transport, &tenant, &[AUDIENCE], "local-client-secret").unwrap(), 950);
    let logins = logins(&tenant);
    assert!((2..=5).contains(&logins), "{logins}");

    // A token that is refused again after one more login is an error.
    tenant.clear_requests();
    tenant.fault(Fault::forever(revoked).on_query("per_page"));
    let error = read(&transport, &tenant, &[AUDIENCE], "local-client-secret").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(tenant.requests().len(), 3);
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let config = TenantConfig { users: 5, token_lifetime: Duration::from_secs(3), ..TenantConfig::default() };
    let (transport, tenant) = (Transport::start().unwrap(), Tenant::start(config).unwrap());
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(5_400) {
        assert_eq!(read(&transport, &tenant, &[AUDIENCE], "local-client-secret").unwrap(), 5);
        thread::sleep(Duration::from_millis(20));
    }
    // At 0, 1.5, 3 and 4.5 s.
    assert_eq!(logins(&tenant), 4);
    assert!(tenant.requests().iter().all(|request| request.status == Some(200)));
}

#[test]
fn a_refused_login_is_an_error_for_all_waiting_processes() {
    let (folder, tenant) = (SharedFolder::new(), tenant(5));
    // Long enough for all eight to wait for one answer on a loaded machine.
    tenant.set_latency(Duration::from_secs(1));
    let failed = |secret: &str, more: &[(&str, &str)]| read(&folder.transport(), &tenant, more, secret).unwrap_err();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let error = failed("wrong-secret", &[AUDIENCE]);
                assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
                assert!(error.message().contains("as client \"local-client-id\": Auth0 answered 401"), "{error}");
                assert_eq!(error.detail(), Some("Auth0 says: Unauthorized – POST /oauth/token"));
                assert!(error.hint().unwrap().contains("client_secret"), "{error}");
            });
        }
    });
    assert_eq!(logins(&tenant), 1);

    let error = failed("local-client-secret", &[]);
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert!(error.detail().unwrap().contains("not authorized to access \"https://127.0.0.1/api/v2/\""), "{error}");
    assert!(error.hint().unwrap().contains("audience"), "{error}");
    assert!(tenant.requests().iter().all(|request| request.path == "/oauth/token"));
}

#[test]
fn a_secret_echoed_by_the_api_is_in_no_error() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(5));
    for body in [
        r#"{"error":"access_denied","error_description":"bad secret-4711"}"#.to_owned(),
        format!(r#"{{"error":"access_denied","error_description":"{}secret-4711"}}"#, "x".repeat(495)),
        r#"{"access_token":["secret-4711"]}"#.to_owned(),
    ] {
        tenant.fault(
            Fault::once(FaultKind::Status {
                code: if body.contains("access_token") { 200 } else { 401 },
                body,
                content_type: "application/json".to_owned(),
                headers: vec![],
            })
            .on_path("/oauth/token"),
        );
        let error = read(&transport, &tenant, &[AUDIENCE], "secret-4711").unwrap_err();
        assert!(!error.to_string().contains("secret-"), "{error}");
        let is_shown = error.detail().is_some_and(|detail| detail.contains("[redacted]") || detail.contains("xxx"));
        assert!(is_shown || error.kind() == ErrorKind::Protocol, "{error}");
    }
}

#[test]
fn a_failed_login_is_retried_like_other_requests() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(5));
    tenant.fault(Fault::once(FaultKind::DropBeforeHeaders).on_path("/oauth/token"));
    assert_eq!(read(&transport, &tenant, &[AUDIENCE], "local-client-secret").unwrap(), 5);
    assert_eq!(logins(&tenant), 2);
}
