//! Plans stay valid in every execution: limits, keys, dates, the server and its tenant.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use wrappers_tests::auth0_tenant::{Fault, FaultKind, Tenant};
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, expect_error, explain, request_lines, rows, start_tenant, value};

fn users(count: usize) -> (Database, Tenant, Client) {
    let (db, tenant) = (Database::create(), start_tenant(count));
    ForeignTable::users(&db, &tenant).create();
    let client = db.client();
    (db, tenant, client)
}

fn execute(client: &mut Client, sql: &str) {
    client.batch_execute(sql).unwrap();
}

#[test]
fn too_many_key_combinations_are_an_error_before_any_request() {
    let (db, tenant, mut client) = users(3);
    execute(
        &mut client,
        "import foreign schema auth0 limit to (organization_member_roles) from server auth0_server into auth0",
    );
    let both = |number: u32| {
        let values = |prefix: &str| format!("any (array(select '{prefix}' || g from generate_series(1, {number}) g))");
        format!(
            "select count(*) from auth0.organization_member_roles where organization_id = {} and user_id = {}",
            values("org_"),
            values("auth0|")
        )
    };
    let pid = Database::backend_pid(&mut client);
    let before = db.backend_stats(pid);
    tenant.clear_requests();
    // A thousand by a thousand, and far more than fits into memory.
    for number in [1_000, 100_000] {
        let start = Instant::now();
        let error = expect_error(&mut client, &both(number));
        assert_eq!(error.code, "53400", "{error}");
        assert!(start.elapsed() < Duration::from_secs(5), "{number}: {:?}", start.elapsed());
    }
    let grown = db.backend_stats(pid).peak_kib.saturating_sub(before.peak_kib);
    assert!(grown < 96 << 10, "the backend's peak memory grew by {grown} KiB");
    assert_eq!(request_lines(&tenant), Vec::<String>::new());
}

#[test]
fn limit_not_constant_is_evaluated_in_every_execution() {
    let (_db, tenant, mut client) = users(250);
    let count = |client: &mut Client, sql: &str| rows(client, sql).len();
    let by_setting = "limit current_setting('my.n')::int";
    execute(
        &mut client,
        &format!(
            "set my.n = '2'; set my.m = '1'; set plan_cache_mode = force_generic_plan;
             prepare sorted as select email from auth0.users order by created_at desc {by_setting};
             prepare plain as select email from auth0.users {by_setting};
             prepare skipped as select email from auth0.users order by created_at limit 2 offset current_setting('my.m')::int;
             prepare bound (int) as select email from auth0.users order by created_at limit $1"
        ),
    );
    for (setting, parameter) in [(2, 2), (170, 170), (0, 0), (3, 120), (100, 99)] {
        execute(&mut client, &format!("set my.n = '{setting}'; set my.m = '{setting}'"));
        let bound = format!("execute bound ({parameter})");
        let runs = [
            ("execute sorted", setting, setting),
            ("execute skipped", 2, setting + 2),
            (bound.as_str(), parameter, parameter),
            ("execute plain", setting, usize::MAX),
        ];
        for (sql, number, read) in runs {
            tenant.clear_requests();
            assert_eq!(count(&mut client, sql), number, "{sql} with {setting}");
            // A page that the previous scan requested ahead may arrive only now. It is never the first page.
            let lines: Vec<String> =
                request_lines(&tenant).into_iter().filter(|line| read > 100 || line.ends_with("page=0")).collect();
            match read {
                0 => assert!(lines.is_empty(), "{sql} with {setting}: {lines:?}"),
                // One sorted page with exactly these rows.
                1..=100 => assert!(
                    matches!(lines.as_slice(), [line] if line.contains(&format!("per_page={read}&"))),
                    "{sql} with {setting}: {lines:?}"
                ),
                // No page has the small size of another run's limit.
                _ => assert!(lines.iter().all(|line| line.contains("per_page=100")), "{sql} with {setting}: {lines:?}"),
            }
        }
    }
    execute(
        &mut client,
        "prepare none (int, int) as select email from auth0.users order by created_at limit $1 offset $2",
    );
    assert_eq!(count(&mut client, "execute none (null, null)"), 250);
    assert_eq!(count(&mut client, "execute none (null, 240)"), 10);
    assert_eq!(count(&mut client, "execute none (3, null)"), 3);
    assert_eq!(expect_error(&mut client, "execute none (-1, 0)").code, "2201W");
    // Each outer row has its own limit.
    let each = "select (select count(*) from (select 1 from auth0.users order by created_at limit g.n) l) \
                from (values (2), (150), (2), (7)) g (n)";
    assert_eq!(rows(&mut client, each).concat(), ["2", "150", "2", "7"].map(|n| Some(n.to_owned())));
    // A constant limit is requested as one page.
    tenant.clear_requests();
    assert_eq!(count(&mut client, "select email from auth0.users order by created_at desc limit 1 + 1"), 2);
    assert_eq!(request_lines(&tenant).len(), 1);
}

#[test]
fn one_value_can_be_compared_with_two_keys() {
    let (_db, tenant, mut client) = users(30);
    execute(
        &mut client,
        "create table l (v text, w text collate \"C\"); set enable_hashjoin = off; set enable_mergejoin = off;
         insert into l select user_id, email from auth0.users; insert into l values ('x', 'x'), ('', ''), (null, null); analyze l",
    );
    let number = |client: &mut Client, sql: &str| rows(client, sql).len();
    tenant.clear_requests();
    assert_eq!(number(&mut client, "select * from l join auth0.users u on u.email = l.v and u.user_id = l.v"), 0);
    let both = "select * from l join auth0.users u on u.email = l.w and u.user_id = l.v collate \"C\"";
    assert_eq!(number(&mut client, both), rows(&mut client, "select 1 from auth0.users where email is not null").len());
    assert_eq!(number(&mut client, "select * from l left join auth0.users u on u.email = l.v and u.user_id = l.v"), 33);
    assert_eq!(number(&mut client, "select u.user_id from auth0.users u where u.user_id = u.email"), 0);
}

#[test]
fn empty_email_sends_no_request() {
    let (_db, tenant, mut client) = users(250);
    execute(
        &mut client,
        "create table l (e text); insert into l values (''), (null); analyze l; set enable_hashjoin = off; set enable_mergejoin = off",
    );
    tenant.clear_requests();
    let condition = "select count(*) from auth0.users where email = ''";
    assert_eq!(value(&mut client, condition).as_deref(), Some("0"));
    let join = "select count(u.user_id) from l left join auth0.users u on u.email = l.e";
    assert_eq!(value(&mut client, join).as_deref(), Some("0"));
    assert_eq!(request_lines(&tenant), Vec::<String>::new());
}

#[test]
fn days_outside_the_timestamp_range_compare_as_in_sql() {
    let (_db, _tenant, mut client) = users(20);
    let cases = [
        ("< date '300000-01-01'", "20"),
        ("> date '300000-01-01'", "0"),
        ("> date '4714-11-24 BC'", "20"),
        ("< '-infinity'::date", "0"),
        ("< '294276-12-31 23:59'::timestamp", "20"),
        ("between '1970-01-01'::date and '300000-01-01'::date", "20"),
    ];
    for (condition, expected) in cases {
        for zone in ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"] {
            execute(&mut client, &format!("set timezone = '{zone}'"));
            let sql = format!("select count(user_id) from auth0.users where created_at {condition}");
            assert_eq!(value(&mut client, &sql).as_deref(), Some(expected), "{condition} in {zone}");
        }
    }
}

#[test]
fn errors_are_readable_in_every_client_encoding() {
    let (_db, tenant, mut client) = users(3);
    let message = "nicht erlaubt \u{2013} f\u{fc}r \u{1f511}";
    tenant.fault(Fault::forever(FaultKind::Status {
        code: 403,
        body: format!(r#"{{"statusCode":403,"error":"Forbidden","message":"{message}"}}"#),
        content_type: "application/json".to_owned(),
        headers: vec![],
    }));
    for (encoding, shown) in [
        ("UTF8", message),
        ("LATIN1", "nicht erlaubt - f\u{fc}r \\U0001f511"),
        ("WIN1252", "nicht erlaubt "),
        ("EUC_JP", r"\U0001f511"),
        ("SQL_ASCII", message),
    ] {
        // The driver only reads UTF-8, so the server catches and shows the error.
        execute(
            &mut client,
            &format!(
                "create or replace function told() returns text language plpgsql as $$
                 declare m text; d text; begin
                   perform set_config('client_encoding', '{encoding}', true);
                   perform count(*) from auth0.users where email > '';
                   return 'no error';
                 exception when insufficient_privilege then
                   get stacked diagnostics m = message_text, d = pg_exception_detail;
                   perform set_config('client_encoding', 'UTF8', true);
                   return m || ' ' || d;
                 end $$"
            ),
        );
        let told = value(&mut client, "select told()").unwrap();
        assert!(told.contains(shown), "{encoding}: {told}");
    }
}

#[test]
fn statement_reads_one_tenant_despite_concurrent_alterations() {
    let (db, tenant, mut client) = users(60);
    let other = start_tenant(60);
    execute(
        &mut client,
        "create table l as select user_id as id from auth0.users; analyze l;
         set enable_hashjoin = off; set enable_mergejoin = off; begin;
         declare c cursor for select u.user_id from l join auth0.users u on u.user_id = l.id;
         declare d cursor for select (select count(email) from auth0.users u where u.user_id = l.id) from l",
    );
    let first = rows(&mut client, "fetch 3 from c").len() + rows(&mut client, "fetch 3 from d").len();
    db.client()
        .batch_execute(&format!("alter server auth0_server options (set url '{}')", db.tenant_url(&other)))
        .unwrap();
    let rest = rows(&mut client, "fetch all from c").len() + rows(&mut client, "fetch all from d").len();
    assert_eq!(first + rest, 120);
    assert_eq!(request_lines(&other), Vec::<String>::new());
    assert!(!request_lines(&tenant).is_empty());
}

#[test]
fn scan_that_never_runs_is_not_an_error() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    ForeignTable::users(&db, &tenant).option("max_requests_per_scan", "2").create();
    let mut client = db.client();
    execute(
        &mut client,
        "set plan_cache_mode = force_generic_plan;
         prepare q (bool) as select case when $1 then (select count(email) from auth0.users) end",
    );
    assert_eq!(value(&mut client, "execute q (false)"), None);
    assert_eq!(expect_error(&mut client, "execute q (true)").code, "53400");
}

#[test]
fn cost_of_requests_never_enables_jit() {
    let (_db, _tenant, mut client) = users(400);
    if value(&mut client, "select pg_jit_available()").as_deref() != Some("t") {
        return;
    }
    execute(
        &mut client,
        "set jit = on; set enable_hashjoin = off; set enable_mergejoin = off;
         create table l as select user_id as id from auth0.users; analyze l;
         create table big as select g as n from generate_series(1, 400000) g; analyze big",
    );
    let is_compiled = |client: &mut Client, sql: &str| {
        let plan = rows(client, &format!("explain (analyze, summary off) {sql}"));
        plan.iter().flatten().flatten().any(|line| line.contains("JIT:"))
    };
    for sql in [
        "select count(u.email) from l join auth0.users u on u.user_id = l.id",
        "select (select email from auth0.users u where u.user_id = l.id) from l",
    ] {
        assert!(explain(&mut client, sql).contains("{user_id}"), "{sql}");
        assert!(!is_compiled(&mut client, sql), "{sql}");
    }
    execute(&mut client, "set jit_above_cost = 3000; set max_parallel_workers_per_gather = 0");
    assert!(is_compiled(&mut client, "select sum(n * 2 + 1), (select count(email) from auth0.users) from big"));
}
