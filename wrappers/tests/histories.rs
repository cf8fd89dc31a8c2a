//! Copies over generated histories: users are created, changed, deleted and made again between and during runs, answers
//! are broken, the search lags behind, and backends are killed in the middle of a run. At every commit each row is a
//! state that the tenant had, and nothing that exists is gone; at rest the copy equals the tenant.
//!
//! A killed backend restarts all sessions of the server, so this file has one test.
//!
//! `HISTORIES_SECONDS` is the time to draw histories for; `HISTORIES_SEED` draws one history again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "histories/past.rs"]
mod past;

use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use past::Past;
use postgres::Client;
use wrappers_tests::auth0_tenant::{Fault, FaultKind, Tenant, TenantConfig};
use wrappers_tests::{Database, ForeignTable, execute, rows, start_tenant_with, value};

/// The time that CI draws histories for.
const SECONDS: u64 = 25;

const COLUMNS: &str = "user_id text, name text, created_at timestamptz, updated_at timestamptz";

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

#[test]
fn copies_of_any_history_are_right_at_every_commit() {
    let db = Database::create();
    if let Some(seed) = setting("HISTORIES_SEED") {
        return History::begin(&db, seed).play();
    }
    let until = Instant::now() + Duration::from_secs(setting("HISTORIES_SECONDS").unwrap_or(SECONDS));
    let mut seeds = Rng::new();
    let mut played = 0;
    while Instant::now() < until || played == 0 {
        History::begin(&db, seeds.u64(..)).play();
        played += 1;
    }
    eprintln!("{played} histories");
}

/// One history: a tenant, its past, and a copy of its users.
struct History<'a> {
    db: &'a Database,
    seed: u64,
    dice: Rng,
    tenant: Tenant,
    past: Past,
    client: Client,
    /// True if changes may be invisible to the search for some runs.
    search_lags: bool,
    /// True if the copy's overlap covers only the resolution of the API's clock.
    is_tight: bool,
}

impl<'a> History<'a> {
    fn begin(db: &'a Database, seed: u64) -> Self {
        let mut dice = Rng::with_seed(seed);
        let mut past = Past::default();
        let users = (0..dice.usize(1..400)).map(|number| past.create(number)).collect();
        let tenant = start_tenant_with(TenantConfig { explicit_users: Some(users), ..TenantConfig::default() });
        tenant.set_unstable_ties(dice.bool());
        tenant.set_page_cap(Some(if dice.bool() { 200 } else { 1_000 }));
        let mut client = db.client();
        execute(
            &mut client,
            "drop server if exists auth0_server cascade; drop schema if exists local cascade;
             drop schema if exists auth0 cascade; create schema local",
        );
        ForeignTable::users(db, &tenant)
            .columns(COLUMNS)
            .server_option("retry_timeout", "3 s")
            .server_option("max_retries", "1")
            .create();
        let search_lags = dice.bool();
        let is_tight = !search_lags && dice.bool();
        execute(&mut client, "select wrappers_copy('auth0.users', 'local.users', max_deletes => '100000')");
        if is_tight {
            execute(&mut client, "update wrappers_copies set overlap = '1 second'");
        }
        execute(&mut client, "checkpoint");
        History { db, seed, dice, tenant, past, client, search_lags, is_tight }
    }

    fn play(mut self) {
        for _ in 0..self.dice.usize(1..8) {
            self.change();
            let lags = self.search_lags && self.dice.usize(..3) == 0;
            self.tenant.freeze_search(lags);
            if lags {
                self.change();
            }
            let before = self.copied();
            if self.dice.usize(..12) == 0 {
                self.run_and_kill();
            } else {
                if self.dice.bool() {
                    self.break_answers();
                }
                self.run();
                self.tenant.clear_faults();
            }
            self.check(&before);
        }
        self.tenant.freeze_search(false);
        execute(&mut self.client, "call wrappers_refresh('local.users', reconcile => true)");
        let differing = rows(
            &mut self.client,
            "(table local.users except all table auth0.users) union all (table auth0.users except all table local.users)",
        );
        assert!(differing.is_empty(), "seed {}: {differing:?}", self.seed);
        let count = value(&mut self.client, "select rows - (select count(*) from local.users) from wrappers_copies");
        assert_eq!(count.as_deref(), Some("0"), "seed {}: the number of rows", self.seed);
    }

    /// A refresh, which may fail.
    fn run(&mut self) {
        let reconcile = self.dice.usize(..3) == 0;
        let _ = self.client.batch_execute(&format!("call wrappers_refresh('local.users', {reconcile})"));
    }

    /// A refresh whose backend is killed while one of its requests is not answered.
    fn run_and_kill(&mut self) {
        // Commits have to survive the crash, which the test server's settings do not guarantee.
        execute(&mut self.client, "checkpoint");
        let request = self.dice.u64(1..6);
        self.tenant.clear_requests();
        self.tenant.fault(Fault::once(FaultKind::StallBeforeHeaders).nth(request));
        let pid = Database::backend_pid(&mut self.client);
        let mut killed = std::mem::replace(&mut self.client, self.db.client());
        let running = thread::spawn(move || {
            let _ = killed.batch_execute("call wrappers_refresh('local.users', true)");
            // Its session lives until it is killed.
            killed
        });
        while (self.tenant.requests().len() as u64) < request && !running.is_finished() {
            thread::yield_now();
        }
        self.db.kill(&[pid]);
        drop(running.join().unwrap());
        self.tenant.clear_faults();
        self.client = self.db.client();
    }

    /// Breaks answers of the next run.
    fn break_answers(&mut self) {
        let status = |code| FaultKind::Status {
            code,
            body: format!(r#"{{"statusCode":{code},"error":"e","message":"m"}}"#),
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
        };
        let kinds = [
            status(429),
            status(500),
            // A gateway's 404, which says nothing about a user.
            FaultKind::Status {
                code: 404,
                body: "<html><body>Not Found</body></html>".to_owned(),
                content_type: "text/html".to_owned(),
                headers: Vec::new(),
            },
            FaultKind::DropBeforeHeaders,
            FaultKind::ResetMidBody,
            FaultKind::TruncateBody,
            FaultKind::CorruptBody,
            FaultKind::BrokenJson,
            FaultKind::DuplicateRow,
            FaultKind::MissingRow,
            FaultKind::EmptyPage,
            FaultKind::WrongTotal(0),
            FaultKind::WrongTotal(7_000),
        ];
        let kind = kinds[self.dice.usize(..kinds.len())].clone();
        let fault = match self.dice.usize(..3) {
            0 => Fault::forever(kind),
            1 => Fault::once(kind),
            _ => Fault::once(kind).nth(self.dice.u64(1..8)),
        };
        self.tenant.fault(fault);
    }

    /// Changes some users.
    fn change(&mut self) {
        for _ in 0..self.dice.usize(..4) {
            let (past, dice) = (&mut self.past, &mut self.dice);
            match dice.usize(..6) {
                0 => {
                    let new = (0..dice.usize(1..4)).map(|_| past.create_next()).collect();
                    self.tenant.upsert_users(new);
                }
                1 => {
                    // An import: many users of one millisecond.
                    let new = past.import(dice.usize(1..150));
                    self.tenant.upsert_users(new);
                }
                2 => {
                    // A connection is deleted with its users.
                    let gone = past.delete_some(dice, 40);
                    self.tenant.delete_users(&gone);
                }
                3 => {
                    let gone = past.delete_some(dice, 1);
                    self.tenant.delete_users(&gone);
                }
                4 => {
                    let again = past.create_again(dice);
                    self.tenant.upsert_users(again);
                }
                _ => {
                    let changed = past.change_some(dice, 3);
                    self.tenant.upsert_users(changed);
                }
            }
        }
    }

    /// The ids in the copy.
    fn copied(&mut self) -> Vec<String> {
        let ids = rows(&mut self.client, "select user_id from local.users");
        ids.into_iter().flatten().flatten().collect()
    }

    /// Checks every row of the copy against the past.
    fn check(&mut self, before: &[String]) {
        let seed = self.seed;
        let seconds = |column: &str| format!("extract(epoch from {column})");
        let as_of = format!("select {}, {} from wrappers_copies", seconds("fresh_as_of"), seconds("deletes_as_of"));
        let as_of = rows(&mut self.client, &as_of).remove(0);
        let number = |text: &Option<String>| text.as_ref().map_or(f64::NEG_INFINITY, |text| text.parse().unwrap());
        let (fresh, deletes) = (number(&as_of[0]), number(&as_of[1]));
        let found = rows(&mut self.client, "select user_id, name from local.users");
        for row in &found {
            let (user, name) = (row[0].as_deref().unwrap(), row[1].as_deref().unwrap());
            let state = self.past.state(user, name).unwrap_or_else(|| panic!("seed {seed}: {user} was never {name}"));
            let Some(ended) = state.ended else { continue };
            let promise = if state.was_deleted { deletes } else { fresh };
            assert!(
                ended >= promise,
                "seed {seed}: {user} was {name} until {ended}, and the copy is right as of {promise} (tight: {})",
                self.is_tight
            );
        }
        for user in before {
            if self.past.exists(user) {
                assert!(
                    found.iter().any(|row| row[0].as_deref() == Some(user)),
                    "seed {seed}: {user} exists and is not in the copy any more"
                );
            }
        }
    }
}
