//! Lookups by id: how many a second many sessions do, and what the records that sessions share add to one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use wrappers_tests::auth0_tenant::Tenant;
use wrappers_tests::postgres::{Client, Statement};
use wrappers_tests::{Database, ForeignTable, value};

use crate::bare_client::BareClient;
use crate::{median, milliseconds, tenant};

/// A session with a prepared lookup, whose connection is open.
struct Session {
    client: Client,
    lookup: Statement,
    id: String,
}

impl Session {
    fn new(db: &Database) -> Self {
        let mut client = db.client();
        let id = value(&mut client, "select user_id from auth0.users limit 1").unwrap();
        let lookup = client.prepare("select email from auth0.users where user_id = $1").unwrap();
        let mut session = Session { client, lookup, id };
        // Postgres uses a generic plan from the sixth execution on.
        (0..10).for_each(|_| session.look_up());
        session
    }

    fn look_up(&mut self) {
        assert_eq!(self.client.query(&self.lookup, &[&self.id]).unwrap().len(), 1);
    }
}

/// Runs lookups in a number of sessions at once until one condition is false; returns how many, and the time.
fn run(db: &Database, sessions: usize, goes_on: impl Fn(u64, Duration) -> bool + Sync) -> (u64, Duration) {
    let mut sessions: Vec<_> = (0..sessions).map(|_| Session::new(db)).collect();
    let (done, started) = (AtomicU64::new(0), Instant::now());
    thread::scope(|scope| {
        for session in &mut sessions {
            scope.spawn(|| {
                while goes_on(done.fetch_add(1, Ordering::Relaxed), started.elapsed()) {
                    session.look_up();
                }
                done.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    (done.into_inner(), started.elapsed())
}

fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// Lookups a second, beside a bare client with as many connections.
pub(crate) fn throughput() {
    const TIME: Duration = Duration::from_secs(4);
    println!("Lookups by id, warm sessions, no latency, {} s each", TIME.as_secs());
    let (db, tenant) = (Database::create(), tenant(50));
    ForeignTable::users(&db, &tenant).create();
    let (id, bare) = (Session::new(&db).id, BareClient::new(&tenant));
    for sessions in [1, 8, 64] {
        let (count, time) = run(&db, sessions, |_, elapsed| elapsed < TIME);
        let (own, bare) = (per_second(count, time), per_second(bare.look_up(&id, sessions, TIME), TIME));
        println!(
            "  {sessions:2} sessions   {own:6.0} a second   bare client {bare:6.0}   ratio to it {:.2}",
            own / bare
        );
    }
}

/// The time of a warm lookup, and of a bare client's in turn with it.
fn lookup_time(db: &Database, bare: &BareClient) -> (Duration, Duration) {
    let mut session = Session::new(db);
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for _ in 0..500 {
        let started = Instant::now();
        session.look_up();
        own.push(started.elapsed());
        let started = Instant::now();
        bare.look_up(&session.id, 1, Duration::from_nanos(1));
        others.push(started.elapsed());
    }
    (median(own), median(others))
}

/// Adds this many pairs of an address and a table to the statistics, by requests that no one answers.
fn add_pairs(db: &Database, tenant: &Tenant, pairs: u32) {
    if pairs == 0 {
        return;
    }
    ForeignTable::users(db, tenant).server("nobody").name("nobody").server_option("max_retries", "0").create();
    let sql = format!(
        "do $$ begin for port in 1 .. {pairs} loop
           execute format('alter server nobody options (set url %L)', 'http://127.0.0.7:' || port);
           begin perform from auth0.nobody where user_id = 'auth0|1'; exception when others then null; end;
         end loop; end $$"
    );
    db.client().batch_execute(&sql).unwrap();
}

/// A warm lookup with few and with many pairs of address and table in the statistics.
pub(crate) fn pairs() {
    const PAIRS: u32 = 10_000;
    println!("A warm lookup by id, median of 500");
    let (db, tenant) = (Database::create(), tenant(50));
    ForeignTable::users(&db, &tenant).create();
    let known = |db: &Database| value(&mut db.client(), "select count(*) from wrappers_statistics").unwrap();
    let bare = BareClient::new(&tenant);
    for pairs in [0, PAIRS] {
        add_pairs(&db, &tenant, pairs);
        let (known, (own, bare)) = (known(&db), lookup_time(&db, &bare));
        println!(
            "  with {known:>5} pairs of address and table in the statistics  {:6.3} ms   bare client {:6.3} ms   ratio to it {:.2}",
            milliseconds(own),
            milliseconds(bare),
            own.as_secs_f64() / bare.as_secs_f64()
        );
    }
}

/// The statistics after many lookups in eight sessions.
pub(crate) fn counts() {
    const MOST: u64 = 100_000;
    const TIME: Duration = Duration::from_secs(20);
    let (db, tenant) = (Database::create(), tenant(50));
    ForeignTable::users(&db, &tenant).create();
    drop(Session::new(&db));
    let counted = || -> u64 {
        let sql = format!(
            "select coalesce(sum(scans), 0)::bigint from wrappers_statistics where address = '{}'",
            db.tenant_url(&tenant)
        );
        value(&mut db.client(), &sql).unwrap().parse().unwrap()
    };
    let before = counted();
    let (count, time) = run(&db, 8, |done, elapsed| done < MOST && elapsed < TIME);
    // Each of the sessions has asked for the id, and has looked it up ten times.
    let scans = counted() - before - 8 * 11;
    println!("{count} lookups in 8 sessions within {:.0} s: the statistics count {scans}", time.as_secs_f64());
    assert_eq!(scans, count, "counts are lost");
}
