//! Users from an exported file, over HTTP without Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scan;

use std::collections::HashSet;

use scan::{keys, scan, search};

use auth0_tenant::{Churn, Exports, Fault, FaultKind, Tenant, TenantConfig};
use fdw_common::error::ErrorKind;
use fdw_common::rest::Transport;

const EXPORT: &[(&str, &str)] = &[("bulk", "export"), ("max_retries", "3")];

fn tenant(users: usize) -> Tenant {
    Tenant::start(TenantConfig { users, ..TenantConfig::default() }).unwrap()
}

fn assert_all(tenant: &Tenant, keys: &[String]) {
    let distinct: HashSet<&String> = keys.iter().collect();
    assert_eq!((keys.len(), distinct.len()), (tenant.user_count(), tenant.user_count()));
}

/// The requests, without job ids and signatures.
fn asked(tenant: &Tenant) -> Vec<String> {
    let line = |request: &auth0_tenant::RequestRecord| {
        let path = if request.path.starts_with("/exports/") { "/exports/…" } else { &request.path };
        let path = if path.starts_with("/api/v2/jobs/job_") { "/api/v2/jobs/…" } else { path };
        format!("{} {path} {:?}", request.method, request.authorization)
    };
    tenant.requests().iter().map(line).collect()
}

#[test]
fn users_are_read_from_a_file_that_is_downloaded_without_the_credential() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(4_000));
    let mut source = scan(&transport, &tenant, EXPORT);
    assert_all(&tenant, &keys(&mut source).unwrap());
    assert_eq!(source.statistics().bulk.as_deref(), Some("export"));
    assert_eq!(
        asked(&tenant),
        [
            "GET /api/v2/users Valid",
            "POST /api/v2/jobs/users-exports Valid",
            "GET /api/v2/jobs/… Valid",
            "GET /api/v2/jobs/… Valid",
            "GET /api/v2/jobs/… Valid",
            "GET /exports/… Absent",
        ]
    );
}

#[test]
fn small_tenants_and_searches_are_read_without_a_file() {
    let (transport, large, small) = (Transport::start().unwrap(), tenant(4_000), tenant(900));
    let found = keys(&mut search(&transport, &large, EXPORT, vec!["email_verified:true".to_owned()])).unwrap();
    assert!(found.len() > 1_000);
    small.set_unstable_ties(false);
    assert_all(&small, &keys(&mut scan(&transport, &small, EXPORT)).unwrap());
    for tenant in [&large, &small] {
        assert!(tenant.requests().iter().all(|request| request.path == "/api/v2/users"));
    }
}

#[test]
fn broken_downloads_are_resumed_without_duplicates() {
    let transport = Transport::start().unwrap();
    let kinds = [
        FaultKind::ResetMidBody,
        FaultKind::ResetBeforeHeaders,
        FaultKind::DropBeforeHeaders,
        FaultKind::TruncateBody,
        FaultKind::CorruptBody,
        FaultKind::LinkExpired,
        FaultKind::HtmlInsteadOfJson,
    ];
    for kind in kinds {
        let tenant = tenant(3_000);
        tenant.fault(Fault::once(kind.clone()).on_downloads());
        let mut source = scan(&transport, &tenant, EXPORT);
        match keys(&mut source) {
            Ok(keys) => {
                assert_all(&tenant, &keys);
                assert!(source.statistics().retries > 0, "{kind:?}");
            }
            // An HTML page of a gateway is no file, even after retries.
            Err(error) => {
                assert_eq!((error.kind(), &kind), (ErrorKind::Protocol, &FaultKind::HtmlInsteadOfJson), "{error}");
            }
        }
        if kind == FaultKind::HtmlInsteadOfJson {
            continue;
        }
        tenant.fault(Fault::forever(kind.clone()).on_downloads());
        let error = keys(&mut scan(&transport, &tenant, EXPORT)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Broken, "{kind:?}: {error}");
        assert!(error.detail().unwrap().contains("4 downloads in a row"), "{error}");
    }
}

#[test]
fn invalid_files_and_failed_jobs_are_errors() {
    let transport = Transport::start().unwrap();
    let failing = |fault: Fault, options: &[(&str, &str)]| {
        let tenant = tenant(1_500);
        tenant.fault(fault);
        keys(&mut scan(&transport, &tenant, &[EXPORT, options].concat())).unwrap_err()
    };
    let error = failing(Fault::once(FaultKind::BrokenJson).on_downloads(), &[]);
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.hint().unwrap().contains("in the exported file, within"), "{error}");
    let error = failing(Fault::once(FaultKind::JobFails("out of disk".to_owned())), &[]);
    assert_eq!(error.kind(), ErrorKind::Remote);
    assert!(error.detail().unwrap().contains("out of disk"), "{error}");
    let error = failing(Fault::once(FaultKind::JobNeverEnds), &[("bulk_timeout", "1 s")]);
    assert_eq!(error.kind(), ErrorKind::Incomplete);
    assert!(error.detail().unwrap().contains("bulk_timeout allows 1 s"), "{error}");
    let json = r#"{"no":"user"}"#.to_owned();
    let error = failing(Fault::once(FaultKind::ReplaceUser { position: 700, json }).on_downloads(), &[]);
    assert_eq!(error.kind(), ErrorKind::Protocol);
    // It is not known whether the job was created; the user decides whether to create another one.
    let error = failing(Fault::once(FaultKind::DropBeforeHeaders).on_path("/api/v2/jobs/users-exports"), &[]);
    assert_eq!(error.kind(), ErrorKind::Broken);
}

#[test]
fn refused_export_is_an_error_if_requested_and_else_the_scan_reads_slices() {
    let (transport, tenant) = (Transport::start().unwrap(), tenant(80_000));
    tenant.set_exports(Exports { available: false, ..Exports::default() });
    let error = keys(&mut scan(&transport, &tenant, EXPORT)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.hint().unwrap().contains("bulk"), "{error}");
    tenant.clear_requests();
    let mut source = scan(&transport, &tenant, &[]);
    assert_all(&tenant, &keys(&mut source).unwrap());
    let read = source.statistics().bulk.unwrap();
    assert!(read.starts_with("slices of created_at, since an export is refused: "), "{read}");
    let jobs = tenant.requests().iter().filter(|request| request.path.starts_with("/api/v2/jobs")).count();
    assert_eq!(jobs, 1);
}

#[test]
fn scan_changes_from_slices_to_an_export_without_duplicates() {
    let transport = Transport::start().unwrap();
    let clusters = vec![(1_500, "2024-03-01T00:00:00.000Z".to_owned()), (300, "2025-03-01T00:00:00.000Z".to_owned())];
    let tenant = Tenant::start(TenantConfig { users: 78_200, clusters, ..TenantConfig::default() }).unwrap();
    tenant.churn(Some(Churn { every: 1, create: 1, update: 2, delete: 3, seed: 5 }));
    let mut source = scan(&transport, &tenant, &[]);
    let keys = keys(&mut source).unwrap();
    assert_eq!(source.statistics().bulk.as_deref(), Some("export"));
    assert!(source.statistics().requests < 60, "{:?}", source.statistics());
    let presence = tenant.presence();
    let mut seen = HashSet::new();
    for key in &keys {
        assert!(seen.insert(key), "{key} was emitted twice");
        assert!(presence.ever.contains(key), "{key} never was");
    }
    assert_eq!(presence.throughout.iter().find(|key| !seen.contains(key)), None);
    assert!(presence.throughout.len() < 80_000);
}
