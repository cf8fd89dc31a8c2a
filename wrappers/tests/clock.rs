//! The system time changes while a query runs: it still returns its rows, and tokens and rate limits known before are
//! neither forgotten nor waited for.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use wrappers_tests::auth0_tenant::{Fault, FaultKind, RateLimit};
use wrappers_tests::{Clock, Database, Phase, request_lines, value};

const DAY: i64 = 86_400;
const JUMPS: [i64; 3] = [3_650 * DAY, -DAY, 0];

/// Much longer than any of these queries, much shorter than any jump.
const PATIENCE: Duration = Duration::from_secs(30);

fn run(phase: &Phase) {
    let clock = Clock::movable();
    let phase = phase.with_login();
    let (name, db) = (phase.name, Database::create());
    let mut tenant = phase.start(&db, &[("request_timeout", "1 min"), ("retry_timeout", "1 min")]);
    let (mut client, expected) = (db.client(), phase.expected());
    assert_eq!(phase.ask(&mut client).unwrap(), expected, "{name}: undisturbed");
    for jump in JUMPS {
        phase.prepare(&tenant);
        tenant.fault(phase.strike(Fault::forever(FaultKind::StallBeforeHeaders)));
        let started = Instant::now();
        let outcome;
        (outcome, tenant) = phase.ask_while(&mut client, tenant, |tenant| {
            clock.jump(&db, jump);
            tenant.clear_faults();
            tenant
        });
        assert_eq!(outcome.unwrap(), expected, "{name}, {jump}");
        // Another session continues with the same token; it sees the new time.
        tenant.clear_requests();
        let mut other = db.client();
        assert_eq!(phase.ask(&mut other).unwrap(), expected, "{name}, after {jump}");
        assert!(!request_lines(&tenant).iter().any(|line| line.contains("/oauth/token")), "{name}, after {jump}");
        assert!(started.elapsed() < PATIENCE, "{name}, {jump}: {:?}", started.elapsed());
    }
}

#[test]
fn clock_jump_is_seen_by_the_server() {
    let (clock, db) = (Clock::movable(), Database::create());
    let mut client = db.client();
    let mut days_off = || {
        let now = value(&mut client, "select extract(epoch from clock_timestamp())::bigint").unwrap();
        let truth = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        (now.parse::<i64>().unwrap() - i64::try_from(truth.as_secs()).unwrap() + 60).div_euclid(DAY)
    };
    for days in [40, -40] {
        // Other tests also set the clock, but to other times.
        let started = Instant::now();
        while days_off() != days {
            assert!(started.elapsed() < PATIENCE, "the server's clock is {} days off, not {days}", days_off());
            clock.jump(&db, days * DAY);
        }
    }
}

#[test]
fn rate_limit_wait_ignores_changes_of_the_system_time() {
    let phase = Phase::named("later page");
    let (clock, db) = (Clock::movable(), Database::create());
    let tenant = phase.start(&db, &[]);
    tenant.set_rate_limit(Some(RateLimit::new(3, 2.0)));
    let mut client = db.client();
    for jump in JUMPS {
        let started = Instant::now();
        assert_eq!(phase.ask(&mut client).unwrap(), phase.expected());
        clock.jump(&db, jump);
        assert_eq!(phase.ask(&mut client).unwrap(), phase.expected(), "after {jump}");
        assert!(started.elapsed() < PATIENCE, "after {jump}: {:?}", started.elapsed());
    }
    assert!(tenant.requests().iter().all(|request| request.status != Some(429)));
}

wrappers_tests::test_each_phase!(run);
