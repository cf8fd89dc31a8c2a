//! Requests and time of local copies.

use std::time::Instant;

use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, TYPED_COLUMNS, execute, request_lines};

use super::{drain, milliseconds, tenant};

/// A copy beside a plain read of the same list, and the requests of later runs.
pub(super) fn copies() {
    const USERS: usize = 100_000;
    println!("{USERS} users, no latency: a local copy");
    let (db, tenant) = (Database::create(), tenant(USERS));
    ForeignTable::users(&db, &tenant).columns(TYPED_COLUMNS).create();
    let mut client = db.client();
    execute(&mut client, "create schema local");
    let read = drain(&mut client, "select * from auth0.users");
    tenant.clear_requests();
    let started = Instant::now();
    execute(&mut client, "select wrappers_copy('auth0.users', 'local.users')");
    let filled = started.elapsed();
    println!(
        "  first fill                {:9.1} ms   {} requests   {:.2} of reading",
        milliseconds(filled),
        request_lines(&tenant).len(),
        filled.as_secs_f64() / read.as_secs_f64()
    );
    let run = |client: &mut Client, name: &str, reconcile: bool| {
        tenant.clear_requests();
        let started = Instant::now();
        execute(client, &format!("call wrappers_refresh('local.users', {reconcile})"));
        println!("  {name:25} {:9.1} ms   {} requests", milliseconds(started.elapsed()), request_lines(&tenant).len());
    };
    run(&mut client, "nothing changed", false);
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let changed = (0..100).map(|index| {
        let user = tenant.user_json(index * 997).unwrap();
        let mut user: serde_json::Value = serde_json::from_str(&user).unwrap();
        user["updated_at"] = now.as_str().into();
        user.to_string()
    });
    tenant.upsert_users(changed.collect());
    run(&mut client, "100 users changed", false);
    run(&mut client, "all keys compared", true);
}

/// The comparison of all keys of a large tenant: requests, and the growth of the backend's memory.
pub(super) fn large_copy() {
    const USERS: usize = 1_000_000;
    println!("{USERS} users by export, no latency: all keys of a local copy compared");
    let (db, tenant) = (Database::create(), tenant(USERS));
    ForeignTable::users(&db, &tenant)
        .columns("user_id text, email text, updated_at timestamptz")
        .option("bulk", "export")
        .create();
    let mut client = db.client();
    execute(&mut client, "create schema local; select wrappers_copy('auth0.users', 'local.users')");
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    execute(&mut client, "call wrappers_refresh('local.users')");
    let before = db.backend_stats(pid).peak_kib;
    tenant.clear_requests();
    let started = Instant::now();
    execute(&mut client, "call wrappers_refresh('local.users', reconcile => true)");
    println!(
        "  nothing differs           {:9.1} ms   {} requests   +{:.1} MB",
        milliseconds(started.elapsed()),
        request_lines(&tenant).len(),
        db.backend_stats(pid).peak_kib.saturating_sub(before) as f64 / 1024.0
    );
}
