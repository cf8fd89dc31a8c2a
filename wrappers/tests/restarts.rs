//! Killed backends and restarted servers with a query in each phase: afterwards no session waits for locks or leases
//! of the former ones, and their shared state is complete. All sessions end in the process, so this file has no other
//! test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::thread;
use std::time::{Duration, Instant};

use wrappers_tests::auth0_tenant::{Fault, FaultKind, Tenant};
use wrappers_tests::{Database, PHASES, Phase, Shutdown, rows, value};

#[derive(Debug, Clone, Copy)]
enum End {
    Kill,
    Restart(Shutdown),
}

const ENDS: [End; 3] = [End::Kill, End::Restart(Shutdown::Fast), End::Restart(Shutdown::Immediate)];

/// The names in the directory of the shared state: one folder of this run of the server, none of earlier runs.
fn shared(db: &Database) -> Vec<String> {
    let listed = db.shell("ls -d /dev/shm/wrappers-*/*/ && ls /dev/shm/wrappers-*/*/");
    listed.lines().map(str::to_owned).collect()
}

#[test]
fn next_query_works_after_a_kill_or_restart_in_each_phase() {
    let cells: Vec<(Phase, Database, Tenant)> = PHASES
        .iter()
        .map(|phase| {
            let (phase, db) = (phase.with_login(), Database::create());
            let tenant = phase.start(&db, &[("request_timeout", "1 h"), ("retry_timeout", "1 h")]);
            assert_eq!(phase.ask(&mut db.client()).unwrap(), phase.expected(), "{}: undisturbed", phase.name);
            (phase, db, tenant)
        })
        .collect();
    let (_, any, _) = &cells[0];
    for end in ENDS {
        // Data just written has to survive the crash, which the test server's settings do not guarantee.
        any.client().batch_execute("checkpoint").unwrap();
        let mut sessions = Vec::new();
        for (phase, db, tenant) in &cells {
            phase.prepare(tenant);
            tenant.fault(phase.strike(Fault::forever(FaultKind::StallBeforeHeaders)));
            let mut client = db.client();
            let pid = Database::backend_pid(&mut client);
            let sql = phase.sql;
            sessions.push((pid, thread::spawn(move || client.batch_execute(sql))));
        }
        let started = Instant::now();
        for ((phase, db, tenant), (pid, _)) in cells.iter().zip(&sessions) {
            while !phase.is_waited_for(db, tenant, *pid) {
                assert!(started.elapsed() < Duration::from_secs(30), "{} was not reached", phase.name);
                thread::sleep(Duration::from_millis(5));
            }
        }
        let pids: Vec<i32> = sessions.iter().map(|(pid, _)| *pid).collect();
        match end {
            End::Kill => any.kill(&pids),
            End::Restart(mode) => any.restart(mode),
        }
        for ((phase, _, _), (_, session)) in cells.iter().zip(sessions) {
            assert!(session.join().unwrap().is_err(), "{}, {end:?}", phase.name);
        }
        let sent: Vec<usize> = cells.iter().map(|(_, _, tenant)| tenant.requests().len()).collect();
        for (_, _, tenant) in &cells {
            tenant.clear_faults();
        }
        let mut client = any.client();
        assert_eq!(
            value(&mut client, "select count(*) from pg_locks where pid <> pg_backend_pid()").as_deref(),
            Some("0")
        );
        for ((phase, _, tenant), sent) in cells.iter().zip(sent) {
            assert_eq!(tenant.requests().len(), sent, "{}, {end:?}: a request came after the end", phase.name);
        }
        for (phase, db, _) in &cells {
            assert_eq!(phase.ask(&mut db.client()).unwrap(), phase.expected(), "{}, {end:?}", phase.name);
        }
        let names = shared(any);
        let runs = names.iter().filter(|name| name.starts_with('/') && !name.ends_with(':')).count();
        assert_eq!(runs, 1, "{end:?}: only this run's folder is there: {names:?}");
        let left = names.iter().filter(|name| name.starts_with("progress-")).count();
        assert_eq!(left, 0, "{end:?}: the next scans remove the records of sessions that could not: {names:?}");
        assert_eq!(rows(&mut client, "select * from wrappers_progress").len(), 0, "{end:?}");
        let waiting = "select coalesce(sum(waiting), 0) from wrappers_rate_limits";
        assert_eq!(value(&mut client, waiting).as_deref(), Some("0"), "{end:?}");
    }
}
