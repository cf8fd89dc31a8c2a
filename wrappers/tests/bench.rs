//! Ratios, measured side by side in one run: the extension, Postgres's own JSON functions over the same documents,
//! and a bare client. Machines differ and are noisy, so absolute figures alone mean little. None of this is a test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "bench/bare_client.rs"]
mod bare_client;
#[path = "bench/copies.rs"]
mod copies;
#[path = "bench/lookups.rs"]
mod lookups;

use std::time::{Duration, Instant};

use bare_client::BareClient;
use wrappers_tests::auth0_tenant::{Exports, Tenant, TenantConfig};
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, TYPED_COLUMNS, request_lines, start_tenant_with, value};

/// Measures everything, or what an argument names: `cargo bench … -- lookups`.
fn main() {
    let sections: [(&str, fn()); 14] = [
        ("library", library),
        ("latencies", latencies),
        ("pushdown", pushdown),
        ("large_join", large_join),
        ("append", append),
        ("slices", slices),
        ("fixed_cost", fixed_cost),
        ("lookups", lookups::throughput),
        ("lookups_with_many_pairs", lookups::pairs),
        ("lookups_counted", lookups::counts),
        ("throughput", throughput),
        ("export", export),
        ("copies", copies::copies),
        ("large_copy", copies::large_copy),
    ];
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, section) in sections {
        if wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted.as_str())) {
            section();
        }
    }
}

fn tenant(users: usize) -> Tenant {
    // Rows that change places between requests have to be read twice, which would make runs differ.
    start_tenant_with(TenantConfig { users, page_cap: None, unstable_ties: false, ..TenantConfig::default() })
}

/// A session that has scanned the table once, so that its connections are open.
fn warm_session(db: &Database, tenant: &Tenant, columns: &str) -> Client {
    ForeignTable::users(db, tenant).columns(columns).create();
    let mut client = db.client();
    drain(&mut client, "select * from auth0.users");
    tenant.clear_requests();
    client
}

/// Runs a query to its end and discards its rows.
fn drain(client: &mut Client, sql: &str) -> Duration {
    let started = Instant::now();
    client.batch_execute(&format!("explain (analyze, timing off, buffers off) {sql}")).unwrap();
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The library's cost: on disk, to load, and to plan with all tables imported.
fn library() {
    const TIMES: usize = 15;
    let (db, tenant) = (Database::create(), tenant(1));
    let size = db.library_size();
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    client
        .batch_execute("create schema tenant; import foreign schema auth0 from server auth0_server into tenant")
        .unwrap();
    let tables = value(&mut client, "select count(*) from pg_foreign_table").unwrap();
    let (mut loads, mut plans) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let mut session = db.client();
        let started = Instant::now();
        session.batch_execute("load 'wrappers'").unwrap();
        loads.push(started.elapsed());
        let join = "explain select u.email, r.name from tenant.users u join tenant.user_roles r using (user_id)";
        session.batch_execute(join).unwrap();
        let started = Instant::now();
        session.batch_execute(join).unwrap();
        plans.push(started.elapsed());
    }
    println!("The library: {:.1} MB, {tables} tables imported, median of {TIMES}", size as f64 / 1e6);
    println!("  to load it           {:7.2} ms", milliseconds(median(loads)));
    println!("  to plan a join       {:7.2} ms", milliseconds(median(plans)));
}

/// Overlap of pages: requests, and the elapsed time in multiples of the latency.
fn latencies() {
    let latency = Duration::from_millis(50);
    println!("999 users (the most that paging can prove), answers held back {} ms", latency.as_millis());
    let (db, tenant) = (Database::create(), tenant(999));
    let mut client = warm_session(&db, &tenant, TYPED_COLUMNS);
    tenant.set_latency(latency);
    let time = median((0..7).map(|_| drain(&mut client, "select * from auth0.users")).collect());
    let requests = request_lines(&tenant).len() / 7;
    let bare = BareClient::new(&tenant);
    let sequential = median((0..3).map(|_| bare.fetch(999, 1)).collect());
    println!(
        "  extension                {:8.1} ms   {requests} requests   {:.1} latencies",
        milliseconds(time),
        time.as_secs_f64() / latency.as_secs_f64()
    );
    println!(
        "  bare client, one by one  {:8.1} ms   10 requests   {:.1} latencies   ratio {:.2}",
        milliseconds(sequential),
        sequential.as_secs_f64() / latency.as_secs_f64(),
        time.as_secs_f64() / sequential.as_secs_f64()
    );
}

/// Savings by lookups, searches and small pages, compared with the same query over the whole list.
fn pushdown() {
    let latency = Duration::from_millis(50);
    println!("999 users, answers held back {} ms: pushdown, and the same query without", latency.as_millis());
    let (db, tenant) = (Database::create(), tenant(999));
    let mut client = warm_session(&db, &tenant, TYPED_COLUMNS);
    ForeignTable::users(&db, &tenant)
        .name("listed")
        .columns(TYPED_COLUMNS)
        .option("pushdown", "off")
        .create_on_server();
    client
        .batch_execute(
            "create table keys as select user_id, email from auth0.users order by user_id limit 50; analyze keys",
        )
        .unwrap();
    let key = value(&mut client, "select quote_literal(min(user_id)) from keys").unwrap();
    let email = value(&mut client, "select quote_literal(min(email)) from keys").unwrap();
    let keys = value(&mut client, "select string_agg(quote_literal(user_id), ', ') from keys").unwrap();
    let month =
        value(&mut client, "select quote_literal(max(created_at) - interval '1 month') from auth0.users").unwrap();
    tenant.set_latency(latency);
    let queries = [
        ("by id", format!("select * from auth0.TABLE where user_id = {key}")),
        ("by e-mail", format!("select * from auth0.TABLE where email = {email}")),
        ("by 50 ids", format!("select * from auth0.TABLE where user_id in ({keys})")),
        ("join of 50 ids", "select * from keys join auth0.TABLE using (user_id)".to_owned()),
        ("join, by lookups", "select * from keys join auth0.TABLE using (user_id)".to_owned()),
        ("join, analyzed", "select * from keys join auth0.TABLE using (user_id)".to_owned()),
        ("last month's", format!("select * from auth0.TABLE where created_at >= {month}")),
        ("by name prefix", "select * from auth0.TABLE where name like 'Ma%'".to_owned()),
        ("latest 5", "select * from auth0.TABLE order by created_at desc limit 5".to_owned()),
        ("count", "select count(*) from auth0.TABLE".to_owned()),
        ("count blocked", "select count(*) from auth0.TABLE where blocked".to_owned()),
        ("limit 5", "select * from auth0.TABLE limit 5".to_owned()),
        ("exists", "select exists (select from auth0.TABLE)".to_owned()),
    ];
    for (name, sql) in queries {
        if name == "join, by lookups" {
            client.batch_execute("alter foreign table auth0.users options (add pushdown 'safe')").unwrap();
        }
        if name == "join, analyzed" {
            client.batch_execute("alter foreign table auth0.users options (drop pushdown)").unwrap();
            client.batch_execute("analyze auth0.users").unwrap();
        }
        let mut run = |table: &str| {
            tenant.clear_requests();
            let time = drain(&mut client, &sql.replace("TABLE", table));
            (time, request_lines(&tenant).len())
        };
        let ((on, requests), (off, all)) = (run("users"), run("listed"));
        println!(
            "  {name:16} {:8.1} ms   {requests:2} requests   off {:8.1} ms   {all:2} requests   ratio {:.2}",
            milliseconds(on),
            milliseconds(off),
            on.as_secs_f64() / off.as_secs_f64()
        );
    }
}

/// A join of 10,000 local ids, with each user's row in the tenant.
fn large_join() {
    const KEYS: usize = 10_000;
    let latency = Duration::from_millis(50);
    println!("A join of {KEYS} local ids, answers held back {} ms", latency.as_millis());
    let (db, tenant) = (Database::create(), tenant(KEYS));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    client.batch_execute("create table keys as select user_id from auth0.users; analyze keys").unwrap();
    client.batch_execute("set enable_hashjoin = off; set enable_mergejoin = off").unwrap();
    tenant.set_latency(latency);
    tenant.clear_requests();
    let time = drain(&mut client, "select keys.user_id, email from keys join auth0.users using (user_id)");
    println!("  {:8.0} ms   {} requests", milliseconds(time), request_lines(&tenant).len());
}

/// Two tenants under one Append, which fetch concurrently.
fn append() {
    let latency = Duration::from_millis(50);
    println!("Two tenants of 999 users, answers held back {} ms", latency.as_millis());
    let (db, first, second) = (Database::create(), tenant(999), tenant(999));
    ForeignTable::users(&db, &first).server("first").create();
    ForeignTable::users(&db, &second).server("second").name("others").create();
    let mut client = db.client();
    let both = "select email from auth0.users union all select email from auth0.others";
    drain(&mut client, both);
    first.set_latency(latency);
    second.set_latency(latency);
    let alone = drain(&mut client, "select email from auth0.users");
    let together = drain(&mut client, both);
    client.batch_execute("set enable_async_append = off").unwrap();
    let one_by_one = drain(&mut client, both);
    for (name, time) in [("one of them", alone), ("both", together), ("both, one by one", one_by_one)] {
        let ratio = time.as_secs_f64() / alone.as_secs_f64();
        println!("  {name:16} {:8.1} ms   ratio to one {ratio:.2}", milliseconds(time));
    }
}

/// A tenant above its page cap, read in slices.
fn slices() {
    const USERS: usize = 25_000;
    let latency = Duration::from_millis(50);
    println!("{USERS} users above the page cap of 1,000, answers held back {} ms", latency.as_millis());
    let (db, tenant) =
        (Database::create(), start_tenant_with(TenantConfig { users: USERS, ..TenantConfig::default() }));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    drain(&mut client, "select user_id from auth0.users limit 1");
    tenant.set_latency(latency);
    tenant.clear_requests();
    let time = drain(&mut client, "select email from auth0.users");
    let (requests, pages) = (request_lines(&tenant).len(), USERS.div_ceil(100));
    println!("  {requests} requests for {pages} pages, ratio {:.2}", requests as f64 / pages as f64);
    println!(
        "  {:.0} ms = {:.1} latencies; one page after the other they would be {pages}",
        milliseconds(time),
        time.as_secs_f64() / latency.as_secs_f64()
    );
}

/// A million users from an exported file, against a client that downloads, unpacks and parses it.
fn export() {
    const USERS: usize = 1_000_000;
    const ROUNDS: usize = 3;
    println!("{USERS} users from an exported file, three columns, median of {ROUNDS}");
    let exports = Exports { pending_polls: 0, processing_polls: 0, ..Exports::default() };
    let tenant = start_tenant_with(TenantConfig { users: USERS, exports, ..TenantConfig::default() });
    let db = Database::create();
    let columns = "user_id text, created_at timestamptz, email text";
    ForeignTable::users(&db, &tenant).columns(columns).option("bulk", "export").create();
    let (mut client, bare) = (db.client(), BareClient::new(&tenant));
    let (mut scans, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        scans.push(drain(&mut client, "select * from auth0.users"));
        bares.push(bare.export(USERS));
    }
    let (scan, bare) = (median(scans), median(bares));
    println!("  extension    {:8.0} ms", milliseconds(scan));
    println!(
        "  bare client  {:8.0} ms   extension's ratio to it {:.2}",
        milliseconds(bare),
        scan.as_secs_f64() / bare.as_secs_f64()
    );
}

/// Cost of a scan in addition to its request.
fn fixed_cost() {
    const SCANS: usize = 500;
    println!("One user, a warm session, median of {SCANS}");
    let (db, tenant) = (Database::create(), tenant(1));
    let mut client = warm_session(&db, &tenant, TYPED_COLUMNS);
    let mut other = db.client();
    let bare = BareClient::new(&tenant);
    let (mut scans, mut nothing, mut requests) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..SCANS {
        let started = Instant::now();
        assert_eq!(value(&mut client, "select count(u) from auth0.users u").as_deref(), Some("1"));
        scans.push(started.elapsed());
        let started = Instant::now();
        assert_eq!(value(&mut other, "select 1").as_deref(), Some("1"));
        nothing.push(started.elapsed());
        requests.push(bare.fetch(1, 1));
    }
    let (scan, nothing, request) = (median(scans), median(nothing), median(requests));
    println!("  scan of the foreign table {:7.2} ms", milliseconds(scan));
    println!("  select 1                  {:7.2} ms", milliseconds(nothing));
    println!("  bare client's request     {:7.2} ms", milliseconds(request));
    println!(
        "  the scan beyond both      {:7.2} ms",
        milliseconds(scan) - milliseconds(nothing) - milliseconds(request)
    );
}

/// From an HTTP page to typed columns, compared with lower bounds.
fn throughput() {
    const USERS: usize = 100_000;
    const ROUNDS: usize = 5;
    println!("{USERS} users, 21 typed columns, no latency, median of {ROUNDS}");
    let (db, tenant) = (Database::create(), tenant(USERS));
    ForeignTable::users(&db, &tenant).name("documents").columns("attrs json").create();
    let mut client = db.client();
    client.batch_execute("create table documents as select attrs from auth0.documents").unwrap();
    client.batch_execute("vacuum analyze documents").unwrap();
    // Pages, not the file of an export, which is measured on its own.
    ForeignTable::users(&db, &tenant).columns(TYPED_COLUMNS).option("bulk", "search").create_on_server();

    let mut session = db.client();
    session.batch_execute("load 'wrappers'").unwrap();
    let pid = Database::backend_pid(&mut session);
    let before = db.backend_stats(pid);

    let local = format!("select r.* from documents, json_to_record(attrs) as r ({TYPED_COLUMNS})");
    let bare = BareClient::new(&tenant);
    let (mut scans, mut locals, mut bares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        scans.push(drain(&mut session, "select * from auth0.users"));
        locals.push(drain(&mut client, &local));
        bares.push(bare.fetch(USERS, 10));
    }
    let after = db.backend_stats(pid);
    let scan = median(scans);
    let line = |name: &str, time: Duration| {
        println!(
            "  {name}  {:8.0} ms   {:5.2} µs a row   extension's ratio to it {:.2}",
            milliseconds(time),
            time.as_secs_f64() * 1e6 / USERS as f64,
            scan.as_secs_f64() / time.as_secs_f64()
        );
    };
    line("extension                        ", scan);
    line("json_to_record over a local table", median(locals));
    line("bare client, fetch and parse     ", median(bares));
    println!(
        "  the backend's peak memory grew by {:.1} MB, from {:.1} MB",
        (after.peak_kib - before.peak_kib) as f64 / 1024.0,
        before.peak_kib as f64 / 1024.0
    );
}
