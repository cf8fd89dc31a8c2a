//! Users of a tenant that are more than paging reaches, over HTTP without Postgres.

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
fn every_user_comes_once_however_many_there_are() {
    let transport = Transport::start().unwrap();
    for users in [1_000, 1_001, 3_500] {
        let tenant = tenant(users);
        let mut source = scan(&transport, &tenant, &[]);
        assert_all(&tenant, &keys(&mut source).unwrap());
        let (requests, pages) = (tenant.requests().len(), users.div_ceil(100));
        assert!(requests <= pages + pages / 10 + 6, "{requests} requests for {users} users");
        // Each answer holds the time that tells what came meanwhile.
        assert!(tenant.requests().iter().all(|request| request.query.contains("created_at")), "{users}");
    }
}

/// Whether Auth0 caps the total at 1,000 is not documented: both have to work, and cost about the same.
#[test]
fn a_tenant_that_states_its_true_total_is_read_whole_in_few_requests() {
    let transport = Transport::start().unwrap();
    for (users, most) in [(999, 10), (1_000, 11), (1_001, 20), (2_500, 40), (10_000, 115)] {
        for totals in [Totals::Capped, Totals::True] {
            // Pages of fewer users show none that moves, unless rows of one time change places.
            let unstable_ties = users >= 1_000;
            let config = TenantConfig { users, totals, unstable_ties, ..TenantConfig::default() };
            let tenant = Tenant::start(config).unwrap();
            assert_all(&tenant, &keys(&mut scan(&transport, &tenant, &[])).unwrap());
            let requests = tenant.requests();
            assert!(requests.len() <= most, "{} requests for {users} users, {totals:?}", requests.len());
        }
    }
}

/// The public cloud gives at most 50 rows a page by some documents, and says so in `limit`.
#[test]
fn pages_that_the_tenant_makes_smaller_are_read_to_their_end() {
    let transport = Transport::start().unwrap();
    for users in [30, 50, 120, 2_500] {
        for totals in [Totals::Capped, Totals::True] {
            let config = TenantConfig { users, totals, page_size_cap: Some(50), ..TenantConfig::default() };
            let tenant = Tenant::start(config).unwrap();
            assert_all(&tenant, &keys(&mut scan(&transport, &tenant, &[])).unwrap());
        }
    }
}

/// The total of pages behind the first may be 0 (node-auth0 625).
#[test]
fn a_total_of_the_first_page_only_ends_no_list_early() {
    let transport = Transport::start().unwrap();
    for users in [100, 250, 999] {
        let config = TenantConfig { users, totals: Totals::FirstPage, ..TenantConfig::default() };
        let tenant = Tenant::start(config).unwrap();
        assert_all(&tenant, &keys(&mut scan(&transport, &tenant, &[])).unwrap());
    }
}

#[test]
fn what_a_search_finds_is_read_in_slices_too() {
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
    // Several searches that find the same rows give them once.
    let both = queries.iter().map(|query| (*query).to_owned()).collect();
    assert_all(&tenant, &keys(&mut search(&transport, &tenant, &[], both)).unwrap());
}

#[test]
fn a_reader_that_stops_early_causes_few_requests() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(5_000));
    let mut source = scan(&transport, &tenant, &[]);
    assert_eq!(source.next_blocking().unwrap().unwrap().len(), 100);
    assert_eq!(tenant.requests().len(), 1);
    source.next_blocking().unwrap().unwrap();
    drop(source);
    assert!(tenant.requests().len() <= 4, "{}", tenant.requests().len());
}

#[test]
fn a_search_that_takes_too_long_is_asked_for_in_parts_and_any_other_503_is_repeated() {
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
fn answers_that_contradict_themselves_are_asked_for_again_or_an_error() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(2_500));
    tenant.fault(Fault::once(FaultKind::MissingRow).on_query("sort=created_at:1"));
    assert_all(&tenant, &keys(&mut scan(&transport, &tenant, &[])).unwrap());
    tenant.fault(Fault::forever(FaultKind::MissingRow).on_query("sort=created_at:1"));
    assert_eq!(keys(&mut scan(&transport, &tenant, &[])).unwrap_err().kind(), ErrorKind::Incomplete);
    tenant.clear_faults();
    tenant.fault(Fault::once(FaultKind::EmptyPage).on_query("sort=created_at:1"));
    assert_all(&tenant, &keys(&mut scan(&transport, &tenant, &[])).unwrap());
}

/// 25,000 users, of which three times 1,500 share one time.
fn clustered() -> Tenant {
    let times = ["2024-03-01T00:00:00.000Z", "2025-03-01T12:30:00.001Z", "2025-03-01T12:30:00.002Z"];
    let clusters = times.map(|time| (1_500, time.to_owned())).to_vec();
    Tenant::start(TenantConfig { users: 20_500, clusters, ..TenantConfig::default() }).unwrap()
}

#[test]
fn who_is_there_all_the_time_comes_once_whatever_changes_meanwhile() {
    let transport = Transport::start().unwrap();
    for (every, seed) in [(1, 1), (1, 2), (5, 3)] {
        let tenant = clustered();
        tenant.churn(Some(Churn { every, create: 1, update: 2, delete: 1, seed }));
        let keys = keys(&mut scan(&transport, &tenant, &[])).unwrap();
        let presence = tenant.presence();
        assert!(presence.throughout.len() < 25_000 && presence.ever.len() > 25_000, "nothing has changed");
        let mut came = HashSet::new();
        for key in &keys {
            assert!(came.insert(key), "{key} came twice");
            assert!(presence.ever.contains(key), "{key} never was");
        }
        let missing = presence.throughout.iter().find(|key| !came.contains(key));
        assert_eq!(missing, None);
        let requests = tenant.requests().len();
        assert!(requests * 100 <= 250 * 115, "{requests} requests for 25,000 users");
    }
}

#[test]
fn pages_between_which_as_many_come_as_go_prove_nothing() {
    let transport = Transport::start().unwrap();
    for seed in 0..40 {
        let tenant = tenant(900);
        // The total stays what it was, and rows move from page to page.
        tenant.churn(Some(Churn { every: 1, create: 1, update: 1, delete: 1, seed }));
        let came: HashSet<String> = keys(&mut scan(&transport, &tenant, &[])).unwrap().into_iter().collect();
        let missing = tenant.presence().throughout.into_iter().find(|key| !came.contains(key));
        assert_eq!(missing, None, "seed {seed}");
    }
}
