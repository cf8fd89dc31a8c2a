//! All rows or an error: the page cap, lists that change while they are read, requests that fail.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;

use wrappers_tests::auth0_tenant::{Fault, FaultKind, RateLimit, Tenant, WrongEnvelope};
use wrappers_tests::{Database, ForeignTable, expect_error, request_lines, rows, start_tenant, value};

fn status(code: u16, headers: &[(&str, &str)]) -> FaultKind {
    FaultKind::Status {
        code,
        body: format!(r#"{{"statusCode":{code},"error":"E","message":"said by the tenant"}}"#),
        content_type: "application/json; charset=utf-8".to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

/// The ids returned by `select` are exactly those of the tenant, each once.
#[track_caller]
fn assert_all_users(db: &Database, tenant: &Tenant) {
    let found: Vec<String> =
        rows(&mut db.client(), "select user_id from auth0.users").into_iter().flatten().flatten().collect();
    let distinct: HashSet<&String> = found.iter().collect();
    assert_eq!((found.len(), distinct.len()), (tenant.user_count(), tenant.user_count()));
    for index in 0..tenant.user_count() {
        let user: serde_json::Value = serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap();
        assert!(found.iter().any(|id| id == user["user_id"].as_str().unwrap()));
    }
}

#[test]
fn users_above_the_page_cap_are_all_returned() {
    for users in [999, 1000, 1001, 2500] {
        let (db, tenant) = (Database::create(), start_tenant(users));
        ForeignTable::users(&db, &tenant).create();
        assert_all_users(&db, &tenant);
        let mut client = db.client();
        let count = value(&mut client, "select count(*) from auth0.users");
        assert_eq!(count, Some(users.to_string()));
        assert_eq!(rows(&mut client, "select * from auth0.users limit 200").len(), 200);
        let verified = "select count(*) from auth0.users where email_verified";
        let rechecked = "select count(*) filter (where email_verified) from auth0.users";
        assert_eq!(value(&mut client, verified), value(&mut client, rechecked));
        // A query that needs only the first page requests no more.
        tenant.clear_requests();
        assert_eq!(rows(&mut client, "select * from auth0.users limit 5").len(), 5);
        assert_eq!(rows(&mut client, "select 1 where exists (select from auth0.users)").len(), 1);
        assert_eq!(tenant.requests().len(), 2);
    }
}

#[test]
fn list_above_the_page_cap_without_slices_is_an_error() {
    let (db, tenant) = (Database::create(), start_tenant(1500));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    tenant.fault(Fault::forever(FaultKind::MissingRow).on_query("sort=created_at:1"));
    for sql in ["select * from auth0.users", "select count(*) from auth0.users", "select * from auth0.users limit 200"]
    {
        let error = expect_error(&mut client, sql);
        assert_eq!(error.code, "54000", "{error}");
        assert!(error.message.contains("\"users\" cannot be read completely"), "{error}");
    }
    tenant.clear_faults();
    assert_all_users(&db, &tenant);
}

#[test]
fn ties_in_changing_order_lose_no_row() {
    // The tenant orders ties differently in every request.
    let (db, tenant) = (Database::create(), start_tenant(730));
    ForeignTable::users(&db, &tenant).create();
    for _ in 0..5 {
        tenant.clear_requests();
        assert_all_users(&db, &tenant);
        // Eight pages, and one more request for the rows with times that two pages share.
        assert!(tenant.requests().len() <= 15, "{:?}", request_lines(&tenant));
    }
}

#[test]
fn inconsistent_list_is_read_again() {
    for kind in [FaultKind::DuplicateRow, FaultKind::MissingRow, FaultKind::EmptyPage, FaultKind::WrongTotal(240)] {
        let (db, tenant) = (Database::create(), start_tenant(250));
        tenant.set_unstable_ties(false);
        ForeignTable::users(&db, &tenant).create();
        tenant.fault(Fault::once(kind.clone()).on_query("page=1"));
        assert_all_users(&db, &tenant);
        let first_pages = tenant.requests().iter().filter(|request| request.param("page") == Some("0")).count();
        // A row that is twice on a page hides no other row.
        let is_read_again = kind != FaultKind::DuplicateRow;
        assert_eq!(first_pages > 1, is_read_again, "{kind:?}: {:?}", request_lines(&tenant));
    }
}

#[test]
fn list_that_stays_inconsistent_is_an_error() {
    for kind in [FaultKind::MissingRow, FaultKind::EmptyPage, FaultKind::WrongTotal(251)] {
        let (db, tenant) = (Database::create(), start_tenant(250));
        ForeignTable::users(&db, &tenant).create();
        // If only its pages contradict each other, the list is read in slices.
        tenant.fault(Fault::forever(kind.clone()).on_query("page=1"));
        assert_all_users(&db, &tenant);
        tenant.clear_faults();
        tenant.fault(Fault::forever(kind.clone()));
        let error = expect_error(&mut db.client(), "select * from auth0.users");
        assert_eq!(error.code, "54000", "{kind:?}: {error}");
        assert!(error.message.contains("\"users\" cannot be read completely"), "{error}");
    }
}

#[test]
fn temporary_failures_are_retried() {
    let kinds = [
        status(429, &[("retry-after", "0")]),
        status(408, &[]),
        status(500, &[]),
        status(502, &[]),
        status(503, &[]),
        FaultKind::DropBeforeHeaders,
        FaultKind::TruncateBody,
    ];
    for kind in kinds {
        let (db, tenant) = (Database::create(), start_tenant(450));
        ForeignTable::users(&db, &tenant).create();
        tenant.fault(Fault::forever(kind.clone()).every(3));
        assert_all_users(&db, &tenant);
        assert!(request_lines(&tenant).len() > 5, "nothing was repeated after {kind:?}");
    }
}

#[test]
fn permanent_failures_end_the_query() {
    let refused = [
        (status(500, &[]), "HV000", "answered 500 Internal Server Error"),
        (status(429, &[("retry-after", "3600")]), "53400", "answered 429 Too Many Requests"),
        (FaultKind::DropBeforeHeaders, "08006", "the connection broke"),
        (FaultKind::TruncateBody, "08006", "the connection broke"),
        (FaultKind::WrongEnvelope(WrongEnvelope::BareArray), "08P01", "is not what the API declares"),
    ];
    for (kind, code, message) in refused {
        let (db, tenant) = (Database::create(), start_tenant(250));
        ForeignTable::users(&db, &tenant).server_option("max_retries", "2").create();
        // The first page succeeds, so rows have been read when a later page fails.
        tenant.fault(Fault::forever(kind).on_query("page=2"));
        let error = expect_error(&mut db.client(), "select * from auth0.users");
        assert_eq!(error.code, code, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn client_errors_are_not_retried_but_501_is() {
    for code in [400, 401, 403, 404, 409, 501] {
        let (db, tenant) = (Database::create(), start_tenant(5));
        ForeignTable::users(&db, &tenant).server_option("max_retries", "3").create();
        tenant.fault(Fault::forever(status(code, &[])));
        expect_error(&mut db.client(), "select * from auth0.users");
        let expected = if code == 501 { 4 } else { 1 };
        assert_eq!(request_lines(&tenant).len(), expected, "{code}");
    }
}

#[test]
fn small_rate_limit_slows_the_scan_and_loses_no_row() {
    let (db, tenant) = (Database::create(), start_tenant(750));
    tenant.set_rate_limit(Some(RateLimit::new(3, 20.0)));
    ForeignTable::users(&db, &tenant).create();
    assert_all_users(&db, &tenant);
}
