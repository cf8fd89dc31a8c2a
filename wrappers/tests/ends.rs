//! Every way to end a statement, in every phase of a query: it leaves no lock and no request, and the session, or at
//! least the next one, works as before.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::{Fault, FaultKind};
use wrappers_tests::{Database, Interrupt, Phase, expect_error, interrupt, request_lines, restart_tenant, value};

/// No timeout ends a phase.
const PATIENT: &[(&str, &str)] = &[("request_timeout", "1 h"), ("retry_timeout", "1 h"), ("bulk_timeout", "1 h")];

const HANGS: FaultKind = FaultKind::StallBeforeHeaders;

fn run(phase: &Phase) {
    let phase = phase.with_login();
    let (name, db) = (phase.name, Database::create());
    let tenant = phase.start(&db, PATIENT);
    let (mut client, expected) = (db.client(), phase.expected());
    let pid = Database::backend_pid(&mut client);
    assert_eq!(phase.ask(&mut client).unwrap(), expected, "{name}: undisturbed");
    let before = db.backend_stats(pid);
    let hang = || {
        phase.prepare(&tenant);
        tenant.fault(phase.strike(Fault::forever(HANGS)));
    };
    // Nothing is left of the query: no lock, and no request once the tenant responds again. The error arrives before
    // the backend has cleaned up; it has done so when it is idle or gone.
    let is_gone = |how: &str| {
        let idle = format!("select coalesce(max(state), 'idle') from pg_stat_activity where pid = {pid}");
        let mut other = db.client();
        while value(&mut other, &idle).as_deref() != Some("idle") {}
        let sent = request_lines(&tenant);
        tenant.clear_faults();
        assert_eq!(db.locks(pid), 0, "{name}, {how}");
        assert_eq!(request_lines(&tenant), sent, "{name}, {how}: a request came after the end");
    };

    for round in 0..3 {
        hang();
        let hangs = || phase.is_waited_for(&db, &tenant, pid);
        let (error, _) = interrupt(&db, &mut client, phase.sql, Interrupt::Cancel, hangs);
        assert_eq!(error.code, "57014", "{name}, cancel: {error}");
        is_gone("cancel");
        assert_eq!(phase.ask(&mut client).unwrap(), expected, "{name}, after cancel {round}");
    }

    // Several times, so that one is long enough to reach the phase on a busy machine.
    for milliseconds in [300, 1_500, 6_000] {
        hang();
        client.batch_execute(&format!("set statement_timeout = {milliseconds}")).unwrap();
        let error = expect_error(&mut client, phase.sql);
        assert_eq!(error.code, "57014", "{name}, statement_timeout: {error}");
        client.batch_execute("reset statement_timeout").unwrap();
        let is_reached = phase.is_reached(&tenant);
        is_gone("statement_timeout");
        assert_eq!(phase.ask(&mut client).unwrap(), expected, "{name}, after statement_timeout");
        if is_reached {
            break;
        }
        assert!(milliseconds < 6_000, "{name} was not reached");
    }

    let after = db.backend_stats(pid);
    // The number of DNS resolver threads varies.
    assert!(after.threads <= before.threads + 4, "{name}: {before:?} {after:?}");
    assert!(after.open_files <= before.open_files + 12, "{name}: {before:?} {after:?}");
    assert!(after.anonymous_kib < before.anonymous_kib + 8_192, "{name}: {before:?} {after:?}");

    hang();
    let hangs = || phase.is_waited_for(&db, &tenant, pid);
    let (error, _) = interrupt(&db, &mut client, phase.sql, Interrupt::Terminate, hangs);
    assert_eq!(error.code, "57P01", "{name}, terminate: {error}");
    is_gone("terminate");
    client = db.client();
    let pid = Database::backend_pid(&mut client);
    assert_eq!(phase.ask(&mut client).unwrap(), expected, "{name}, after terminate");

    // The tenant stops with the query in flight, and restarts without its former state: tokens, jobs, files.
    hang();
    let (outcome, tenant) = phase.ask_while(&mut client, tenant, |tenant| restart_tenant(tenant, phase.config()));
    assert_eq!(db.locks(pid), 0, "{name}, tenant restart");
    assert_eq!(phase.ask(&mut client).unwrap(), expected, "{name}, after the tenant's restart");
    drop(tenant);
    match outcome {
        Ok(value) => assert_eq!(value, expected, "{name}, tenant restart"),
        // Creating a job is not retried, because it may have succeeded, and earlier jobs are unknown after the
        // restart.
        Err(error) => {
            assert!(name.starts_with("export") || name == "download", "{name}, tenant restart: {error}");
            assert!(["08006", "HV000", "08P01"].contains(&error.code.as_str()), "{name}, tenant restart: {error}");
        }
    }
}

wrappers_tests::test_each_phase!(run);
