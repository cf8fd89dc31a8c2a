//! Every way a request can fail, in every phase of a query, once and permanently: the right rows or a clear error,
//! and a session that works as before.
//!
//! The result of each cell is printed; `docs/reliability.md` has the table.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::collections::BTreeMap;

use wrappers_tests::auth0_tenant::{Fault, FaultKind, WrongEnvelope};
use wrappers_tests::{Database, PHASES, Phase, quote_literal, request_lines, start_tenant_at, stop_tenant};

fn kinds() -> Vec<(String, FaultKind)> {
    let status = |code: u16| FaultKind::Status {
        code,
        body: format!(r#"{{"statusCode":{code},"error":"E","message":"said by the tenant"}}"#),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    let codes = [400, 401, 403, 404, 408, 409, 410, 414, 429, 500, 502, 503];
    let named = [
        ("closed", FaultKind::DropBeforeHeaders),
        ("reset", FaultKind::ResetBeforeHeaders),
        ("reset in the body", FaultKind::ResetMidBody),
        ("slow headers", FaultKind::StallBeforeHeaders),
        ("stalled body", FaultKind::StallMidBody),
        ("cut body", FaultKind::TruncateBody),
        ("damaged body", FaultKind::CorruptBody),
        ("bad gzip", no_gzip()),
        ("HTML", FaultKind::HtmlInsteadOfJson),
        ("broken JSON", FaultKind::BrokenJson),
        ("wrong envelope", FaultKind::WrongEnvelope(WrongEnvelope::BareArray)),
        ("rows elsewhere", FaultKind::WrongEnvelope(WrongEnvelope::RowsUnder("rows".to_owned()))),
        ("doubled row", FaultKind::DuplicateRow),
        ("vanished row", FaultKind::MissingRow),
        ("empty page", FaultKind::EmptyPage),
        ("wrong total", FaultKind::WrongTotal(77)),
        ("unknown member", FaultKind::ExtraRootField),
        ("huge body", FaultKind::LargeBody(3 << 20)),
    ];
    let statuses = codes.into_iter().map(|code| (code.to_string(), status(code)));
    statuses.chain(named.into_iter().map(|(name, kind)| (name.to_owned(), kind))).collect()
}

/// A response with `Content-Encoding: gzip` that is not compressed.
fn no_gzip() -> FaultKind {
    FaultKind::Status {
        code: 200,
        body: "[]".to_owned(),
        content_type: "application/json".to_owned(),
        headers: vec![("content-encoding".to_owned(), "gzip".to_owned())],
    }
}

/// Faults that cannot be detected: a complete file with other rows, and the API's response that the row does not
/// exist.
fn is_the_truth(phase: &Phase, kind: &FaultKind) -> bool {
    match kind {
        FaultKind::DuplicateRow | FaultKind::MissingRow => phase.name == "download",
        FaultKind::Status { code: 404, .. } => matches!(phase.name, "lookup" | "join"),
        _ => false,
    }
}

const OPTIONS: &[(&str, &str)] =
    &[("max_retries", "1"), ("request_timeout", "400 ms"), ("retry_timeout", "2 s"), ("max_response_size", "2 MB")];

fn run(phase: &Phase) {
    let db = Database::create();
    let tenant = phase.start(&db, OPTIONS);
    let (mut client, expected) = (db.client(), phase.expected());
    let pid = Database::backend_pid(&mut client);
    assert_eq!(phase.ask(&mut client).unwrap(), expected, "{}: without faults", phase.name);
    let before = db.backend_stats(pid);
    let mut outcomes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, kind) in kinds() {
        if is_the_truth(phase, &kind) {
            continue;
        }
        for (how, fault) in [("once", Fault::once(kind.clone())), ("for ever", Fault::forever(kind.clone()))] {
            if phase.login {
                tenant.revoke_tokens();
            }
            tenant.fault(phase.strike(fault));
            let cell = format!("{}, {name} {how}", phase.name);
            let outcome = match phase.ask(&mut client) {
                Ok(count) => {
                    assert_eq!(count, expected, "{cell}");
                    "rows".to_owned()
                }
                Err(error) => {
                    assert_ne!(error.code, "XX000", "{cell}: {error}");
                    assert!(!error.message.is_empty(), "{cell}");
                    error.code
                }
            };
            outcomes.entry(outcome).or_default().push(format!("{name} {how}"));
            tenant.clear_faults();
            // The same session continues, and nothing is left of the query.
            assert_eq!(db.locks(pid), 0, "{cell}");
            assert_eq!(phase.ask(&mut client).unwrap(), expected, "after {cell}");
        }
    }
    // The host goes down in the middle, and then refuses connections.
    phase.prepare(&tenant);
    tenant.fault(phase.strike(Fault::forever(FaultKind::StallBeforeHeaders)));
    let (outcome, port) = phase.ask_while(&mut client, tenant, stop_tenant);
    let error = outcome.unwrap_err();
    outcomes.entry(error.code.clone()).or_default().push("gone for ever".to_owned());
    assert!(["08001", "08006"].contains(&error.code.as_str()), "{}, gone: {error}", phase.name);
    assert_eq!(db.locks(pid), 0, "{}, gone", phase.name);
    let error = phase.ask(&mut client).unwrap_err();
    assert_eq!(error.code, "08001", "{}, refused: {error}", phase.name);
    outcomes.entry(error.code).or_default().push("refused for ever".to_owned());
    let tenant = start_tenant_at(port, phase.config());
    if !phase.login {
        // It does not know the other tenant's token.
        let key = quote_literal(&tenant.default_token());
        client
            .batch_execute(&format!("alter user mapping for public server auth0_server options (set api_key {key})"))
            .unwrap();
    }
    assert_eq!(phase.ask(&mut client).unwrap(), expected, "{}: there again", phase.name);

    let after = db.backend_stats(pid);
    // The number of DNS resolver threads varies.
    assert!(after.threads <= before.threads + 4, "{}: {before:?} {after:?}", phase.name);
    // Eight events and eight sets of events are kept for the next scans.
    assert!(after.open_files <= before.open_files + 12 + 16, "{}: {before:?} {after:?}", phase.name);
    assert!(after.anonymous_kib < before.anonymous_kib + 8_192, "{}: {before:?} {after:?}", phase.name);
    drop(tenant);
    for (outcome, cells) in &outcomes {
        println!("{:13} {outcome}: {}", phase.name, cells.join(", "));
    }
}

/// The tenant does not support TLS.
#[test]
fn tls_failure_is_an_immediate_error_in_every_phase() {
    for phase in PHASES {
        let db = Database::create();
        let tenant = phase.start(&db, &[]);
        let mut client = db.client();
        let url = db.tenant_url(&tenant);
        let set = |url: &str| format!("alter server auth0_server options (set url '{url}')");
        client.batch_execute(&set(&url.replace("http:", "https:"))).unwrap();
        let error = phase.ask(&mut client).unwrap_err();
        assert_eq!(error.code, "08001", "{}: {error}", phase.name);
        assert!(error.message.ends_with("no trusted connection"), "{}: {error}", phase.name);
        assert!(!error.detail.contains("attempts"), "{}: {error}", phase.name);
        assert!(error.hint.contains("certificate"), "{}: {error}", phase.name);
        client.batch_execute(&set(&url)).unwrap();
        assert_eq!(phase.ask(&mut client).unwrap(), phase.expected(), "{}: afterwards", phase.name);
    }
}

/// A new link would lead to the same host.
#[test]
fn tls_failure_of_the_export_file_host_is_an_immediate_error() {
    let phase = Phase::named("download");
    let db = Database::create();
    let tenant = phase.start(&db, &[]);
    let host = db.tenant_url(&tenant).replace("http:", "https:");
    let job = format!(r#"{{"id":"job_1","status":"completed","location":"{host}/exports/file?Signature=permission"}}"#);
    let done =
        FaultKind::Status { code: 200, body: job, content_type: "application/json".to_owned(), headers: Vec::new() };
    tenant.fault(Fault::forever(done).on_path("/api/v2/jobs/job_"));
    let error = phase.ask(&mut db.client()).unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("08001", r#"could not read the exported file of "users": no trusted connection"#)
    );
    assert!(error.detail.starts_with(&host) && !error.detail.contains("permission"), "{error}");
    assert!(error.hint.contains("certificate"), "{error}");
    let asked = request_lines(&tenant).iter().filter(|line| line.contains("/jobs/job_")).count();
    assert_eq!(asked, 1, "{:?}", request_lines(&tenant));
}

wrappers_tests::test_each_phase!(run);
