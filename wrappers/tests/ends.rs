//! Every way a statement is ended, in every phase of a query: it leaves no lock and no request behind, and a
//! session, or at least a next one, that works as before.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::{Fault, FaultKind};
use wrappers_tests::{Database, Interrupt, Phase, expect_error, interrupt, request_lines, restart_tenant, value};

/// Nothing ends by itself.
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
    // Nothing is left of the query: no lock, and no request once the tenant answers again. The error comes
    // before the backend has cleaned up, which it has when it is idle or gone.
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

    // Long enough to get there, on a machine that has other things to do.
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
    // Threads of name look-ups come and go.
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

    // The tenant goes away with the query in flight, and comes back without what it knew: tokens, jobs, files.
    hang();
    let (outcome, tenant) = phase.ask_while(&mut client, tenant, |tenant| restart_tenant(tenant, phase.config()));
    assert_eq!(db.locks(pid), 0, "{name}, tenant restart");
    assert_eq!(phase.ask(&mut client).unwrap(), expected, "{name}, after the tenant's restart");
    drop(tenant);
    match outcome {
        Ok(value) => assert_eq!(value, expected, "{name}, tenant restart"),
        // A job is not repeated, as it may have been made, and one that was is not known any more.
        Err(error) => {
            assert!(name.starts_with("export") || name == "download", "{name}, tenant restart: {error}");
            assert!(["08006", "HV000", "08P01"].contains(&error.code.as_str()), "{name}, tenant restart: {error}");
        }
    }
}

wrappers_tests::test_each_phase!(run);
