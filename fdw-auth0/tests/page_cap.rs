//! Tenants with more users than paging reaches, over HTTP without Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scan;

use std::collections::HashSet;

use scan::{keys, scan, search};

use auth0_tenant::{Churn, Fault, FaultKind, Tenant, TenantConfig, Totals};
use fdw_common::error::ErrorKind;
use fdw_common::rest::Transport;

fn tenant(users: usize) -> Tenant {
    Tenant::start(TenantConfig { users, ..TenantConfig::default() }).unwrap()
}

fn assert_all(tenant: &Tenant, keys: &[String]) {
    let distinct: HashSet<&String> = keys.iter().collect();
    assert_eq!((keys.len(), distinct.len()), (tenant.user_count(), tenant.user_count()));
}

#[test]
fn every_user_is_read_once_past_the_page_cap() {
    let transport = Transport::start().unwrap();
    for users in [1_000, 1_001, 3_500] {
        let tenant = tenant(users);
        let mut source = scan(&transport, &tenant, &[]);
        assert_all(&tenant, &keys(&mut source).unwrap());
        let (requests, pages) = (tenant.requests().len(), users.div_ceil(100));
        assert!(requests <= pages + pages / 10 + 6, "{requests} requests for {users} users");
        // Each answer has `created_at`, which shows users created during the scan.
        assert!(tenant.requests().iter().all(|request| request.query.contains("created_at")), "{users}");
    }
}

/// Whether Auth0 caps the total at 1,000 is not documented: both must work, at about the same cost.
#[test]
fn capped_and_true_totals_are_read_whole_in_few_requests() {
    let transport = Transport::start().unwrap();
    for (users, most) in [(999, 10), (1_000, 11), (1_001, 20), (2_500, 40), (10_000, 115)] {
        for totals in [Totals::Capped, Totals::True] {
            // With fewer users no user moves between pages, unless rows of the same time change places.
            let unstable_ties = users >= 1_000;
            let config = TenantConfig { users, totals, unstable_ties, ..TenantConfig::default() };
            let tenant = Tenant::start(config).unwrap();
            assert_all(&tenant, &keys(&mut scan(&transport, &tenant, &[])).unwrap());
            let requests = tenant.requests();
            assert!(requests.len() <= most, "{} requests for {users} users, {totals:?}", requests.len());
        }
    }
}

/// According to some documents, the public cloud returns at most 50 rows a page, and has that in `limit`.
#[test]
fn lists_with_smaller_pages_than_requested_are_read_to_their_end() {
    let transport = Transport::start().unwrap();
    for users in [30, 50, 120, 2_500] {
        for totals in [Totals::Capped, Totals::True] {
            let config = TenantConfig { users, totals, page_size_cap: Some(50), ..TenantConfig::default() };
            let tenant = Tenant::start(config).unwrap();
            assert_all(&tenant, &keys(&mut scan(&transport, &tenant, &[])).unwrap());
        }
    }
}

/// The total of pages after the first may be 0 (node-auth0 625).
#[test]
fn a_total_on_the_first_page_only_ends_no_list_early() {
    let transport = Transport::start().unwrap();
    for users in [100, 250, 999] {
        let config = TenantConfig { users, totals: Totals::FirstPage, ..TenantConfig::default() };
        let tenant = Tenant::start(config).unwrap();
        assert_all(&tenant, &keys(&mut scan(&transport, &tenant, &[])).unwrap());
    }
}

#[test]
fn results_of_searches_are_read_in_slices_too() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(5_000));
    let queries =
        ["email_verified:true", "NOT email_verified:true", "(logins_count:[0 TO 20] OR logins_count:[21 TO *])"];
    let mut found = HashSet::new();
    for query in &queries[..2] {
        let rows = keys(&mut search(&transport, &tenant, &[], vec![(*query).to_owned()])).unwrap();
        assert!(rows.len() > 1_000, "{query}: {}", rows.len());
        for key in rows {
            assert!(found.insert(key), "{query}");
        }
    }
    assert_eq!(found.len(), 5_000);
    // Rows that several searches find are emitted once.
    let both = queries.iter().map(|query| (*query).to_owned()).collect();
    assert_all(&tenant, &keys(&mut search(&transport, &tenant, &[], both)).unwrap());
}

#[test]
fn a_scan_that_stops_early_sends_few_requests() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(5_000));
    let mut source = scan(&transport, &tenant, &[]);
    assert_eq!(source.next_blocking().unwrap().unwrap().len(), 100);
    assert_eq!(tenant.requests().len(), 1);
    source.next_blocking().unwrap().unwrap();
    drop(source);
    assert!(tenant.requests().len() <= 4, "{}", tenant.requests().len());
}

#[test]
fn a_search_that_is_too_slow_is_split_and_any_other_503_is_retried() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(2_500));
    let status = |message: &str| FaultKind::Status {
        code: 503,
        body: format!(r#"{{"statusCode":503,"error":"Service Unavailable","message":"{message}"}}"#),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    let too_slow = "The query exceeded the timeout. Please try refining your search criteria.";
    tenant.set_slow_search(Some(900));
    let mut source = scan(&transport, &tenant, &[]);
    assert_all(&tenant, &keys(&mut source).unwrap());
    assert_eq!(source.statistics().retries, 0);
    assert!(tenant.requests().iter().filter(|request| request.status == Some(503)).count() >= 2);
    tenant.set_slow_search(None);

    tenant.fault(Fault::once(status("Service Unavailable")).on_query("sort=created_at:1"));
    let mut source = scan(&transport, &tenant, &[]);
    assert_all(&tenant, &keys(&mut source).unwrap());
    assert_eq!(source.statistics().retries, 1);

    tenant.fault(Fault::forever(status(too_slow)).on_query("search_engine"));
    let error = keys(&mut scan(&transport, &tenant, &[])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incomplete);
}

#[test]
fn contradictory_answers_are_retried_or_an_error() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(2_500));
    tenant.fault(Fault::once(FaultKind::MissingRow).on_query("sort=created_at:1"));
    assert_all(&tenant, &keys(&mut scan(&transport, &tenant, &[])).unwrap());
    tenant.fault(Fault::forever(FaultKind::MissingRow).on_query("sort=created_at:1"));
    assert_eq!(keys(&mut scan(&transport, &tenant, &[])).unwrap_err().kind(), ErrorKind::Incomplete);
    tenant.clear_faults();
    tenant.fault(Fault::once(FaultKind::EmptyPage).on_query("sort=created_at:1"));
    assert_all(&tenant, &keys(&mut scan(&transport, &tenant, &[])).unwrap());
}

/// A tenant of 25,000 users, with three groups of 1,500 users of the same time.
fn clustered() -> Tenant {
    let times = ["2024-03-01T00:00:00.000Z", "2025-03-01T12:30:00.001Z", "2025-03-01T12:30:00.002Z"];
    let clusters = times.map(|time| (1_500, time.to_owned())).to_vec();
    Tenant::start(TenantConfig { users: 20_500, clusters, ..TenantConfig::default() }).unwrap()
}

#[test]
fn users_that_exist_throughout_are_read_once_during_changes() {
    let transport = Transport::start().unwrap();
    for (every, seed) in [(1, 1), (1, 2), (5, 3)] {
        let tenant = clustered();
        tenant.churn(Some(Churn { every, create: 1, update: 2, delete: 1, seed }));
        let keys = keys(&mut scan(&transport, &tenant, &[])).unwrap();
        let presence = tenant.presence();
        assert!(presence.throughout.len() < 25_000 && presence.ever.len() > 25_000, "nothing has changed");
        let mut seen = HashSet::new();
        for key in &keys {
            assert!(seen.insert(key), "{key} was emitted twice");
            assert!(presence.ever.contains(key), "{key} never was");
        }
        let missing = presence.throughout.iter().find(|key| !seen.contains(key));
        assert_eq!(missing, None);
        let requests = tenant.requests().len();
        assert!(requests * 100 <= 250 * 115, "{requests} requests for 25,000 users");
    }
}

#[test]
fn an_unchanged_total_with_users_created_and_deleted_loses_no_user() {
    let transport = Transport::start().unwrap();
    for seed in 0..40 {
        let tenant = tenant(900);
        // The total stays the same, and rows move from page to page.
        tenant.churn(Some(Churn { every: 1, create: 1, update: 1, delete: 1, seed }));
        let seen: HashSet<String> = keys(&mut scan(&transport, &tenant, &[])).unwrap().into_iter().collect();
        let missing = tenant.presence().throughout.into_iter().find(|key| !seen.contains(key));
        assert_eq!(missing, None, "seed {seed}");
    }
}
