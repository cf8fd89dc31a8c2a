//! Tests of the row source against a tenant over HTTP, without Postgres, for rules of every source.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scan;

use std::collections::HashSet;
use std::time::Duration;

use scan::{keys, options, scan};

use auth0_tenant::{Fault, FaultKind, RateLimit, Tenant, TenantConfig};
use fdw_auth0::Auth0;
use fdw_common::error::ErrorKind;
use fdw_common::rest::{Connection, Transport};
use fdw_common::secret::Secret;

fn tenant(users: usize) -> Tenant {
    Tenant::start(TenantConfig { users, ..TenantConfig::default() }).unwrap()
}

#[test]
fn every_user_is_read_once_with_one_request_per_page() {
    let transport = Transport::start().unwrap();
    for (users, requests) in [(0, 1), (1, 1), (99, 1), (100, 2), (101, 2), (999, 10)] {
        let tenant = tenant(users);
        tenant.set_unstable_ties(false);
        let mut source = scan(&transport, &tenant, &[]);
        let keys = keys(&mut source).unwrap();
        let distinct: HashSet<&String> = keys.iter().collect();
        assert_eq!((keys.len(), distinct.len()), (users, users));
        assert_eq!(tenant.requests().len(), requests, "{users}");
        let statistics = source.statistics();
        assert_eq!((statistics.requests, statistics.retries), (requests as u64, 0), "{users}");
        assert!(tenant.connections() <= 10, "{users}");
    }
}

#[test]
fn no_request_is_sent_before_the_first_row_is_read() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(5));
    let mut source = scan(&transport, &tenant, &[]);
    // Another scan of the same thread is finished, and this one has not started.
    assert_eq!(keys(&mut scan(&transport, &tenant, &[])).unwrap().len(), 5);
    assert_eq!(tenant.requests().len(), 1);
    assert_eq!(keys(&mut source).unwrap().len(), 5);
    assert_eq!(tenant.requests().len(), 2);
}

#[test]
fn a_scan_that_stops_after_the_first_page_sends_no_further_request() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(900));
    tenant.set_unstable_ties(false);
    let mut source = scan(&transport, &tenant, &[]);
    assert_eq!(source.next_blocking().unwrap().unwrap().len(), 100);
    drop(source);
    // The other scan's requests are sent after any further request of the first one.
    assert_eq!(keys(&mut scan(&transport, &tenant, &[("max_concurrent_requests", "1")])).unwrap().len(), 900);
    // Nine full pages, and the empty page after them.
    assert_eq!(tenant.requests().len(), 1 + 10);
}

#[test]
fn failures_are_retried_up_to_max_retries() {
    let transport = Transport::start().unwrap();
    let tenant = tenant(250);
    tenant.set_unstable_ties(false);
    tenant.fault(Fault::forever(FaultKind::DropBeforeHeaders).every(2));
    let mut source = scan(&transport, &tenant, &[]);
    assert_eq!(keys(&mut source).unwrap().len(), 250);
    assert!(source.statistics().retries > 0);
    tenant.clear_faults();

    tenant.fault(Fault::forever(FaultKind::DropBeforeHeaders));
    tenant.clear_requests();
    let error = keys(&mut scan(&transport, &tenant, &[("max_retries", "2")])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Broken);
    assert!(error.detail().unwrap().contains("3 attempts"), "{error}");
    assert_eq!(tenant.requests().len(), 3);
}

#[test]
fn a_rate_limit_longer_than_retry_timeout_is_an_error() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(250));
    tenant.set_rate_limit(Some(RateLimit::new(1, 0.01)));
    let error = keys(&mut scan(&transport, &tenant, &[("retry_timeout", "1 s")])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.detail().unwrap().contains("retry_timeout is 1.0 s"), "{error}");
}

#[test]
fn a_scan_sends_at_most_max_requests_per_scan() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(950));
    tenant.set_unstable_ties(false);
    let error = keys(&mut scan(&transport, &tenant, &[("max_requests_per_scan", "3")])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooManyRequests);
    assert!(error.detail().unwrap().contains("more than the 3"), "{error}");
    assert_eq!(tenant.requests().len(), 3);
    // Retries count too.
    tenant.clear_requests();
    tenant.fault(Fault::forever(FaultKind::DropBeforeHeaders));
    let error = keys(&mut scan(&transport, &tenant, &[("max_requests_per_scan", "3")])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooManyRequests);
    assert_eq!(tenant.requests().len(), 3);
}

#[test]
fn a_slow_answer_is_read_whole() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(30));
    tenant.fault(Fault::once(FaultKind::SlowBody { chunk_bytes: 1024, pause_ms: 1 }));
    assert_eq!(keys(&mut scan(&transport, &tenant, &[])).unwrap().len(), 30);
}

#[test]
fn the_token_is_in_no_debug_output() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(1));
    let options = options(&tenant, &[("api_key", "known-token-4711")]);
    let connection = Connection::bearer::<Auth0>(&options, Secret::from("known-token-4711".to_owned())).unwrap();
    let source = scan(&transport, &tenant, &[]);
    for text in [format!("{options:?}"), format!("{connection:?}"), format!("{source:?}"), format!("{transport:?}")] {
        assert!(!text.contains("4711"), "{text}");
        assert!(!text.contains(&tenant.default_token()), "{text}");
    }
}

#[test]
fn two_scans_share_the_connections() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(90));
    tenant.set_latency(Duration::from_millis(1));
    for _ in 0..20 {
        assert_eq!(keys(&mut scan(&transport, &tenant, &[])).unwrap().len(), 90);
    }
    assert_eq!((tenant.requests().len(), tenant.connections()), (20, 1));
}
