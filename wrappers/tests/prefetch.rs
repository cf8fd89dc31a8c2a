//! Nested loops that read ahead, in every place where Postgres runs a join.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::thread;
use std::time::Duration;

use wrappers_tests::auth0_tenant::Tenant;
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, expect_error, explain, rows, start_tenant, value};

/// A database with the whole tenant imported, read with all scopes; a local table `l` with users' ids.
fn imported(users: usize) -> (Database, Tenant, Client) {
    let (db, tenant) = (Database::create(), start_tenant(users));
    for (list, count) in [("/organizations", 12), ("/clients", 4), ("/connections", 2), ("/roles", 3)] {
        assert!(tenant.set_rows(list, count));
    }
    let mut client = db.client();
    ForeignTable::users(&db, &tenant).name("other").mapping_option("api_key", &tenant.full_token()).create();
    execute(&mut client, "drop foreign table auth0.other");
    execute(&mut client, "import foreign schema auth0 from server auth0_server into auth0");
    execute(&mut client, "create table l as select row_number() over ()::int as n, user_id as id from auth0.users");
    execute(&mut client, "analyze l");
    (db, tenant, client)
}

#[track_caller]
fn execute(client: &mut Client, sql: &str) {
    client.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
}

#[track_caller]
fn reads_ahead(client: &mut Client, sql: &str) {
    let plan = explain(client, sql);
    assert!(plan.contains("Custom Scan (WrappersPrefetch)"), "{sql}\n{plan}");
}

#[test]
fn row_changed_during_locking_is_joined_with_its_new_value() {
    let (db, _tenant, mut client) = imported(30);
    let join = "select n, u.email from l join auth0.users u on u.user_id = l.id for update of l";
    reads_ahead(&mut client, join);
    let all = rows(&mut client, join).len();
    execute(&mut client, "begin; update l set n = n + 100 where n in (1, 7)");
    let mut other = db.client();
    let pid = Database::backend_pid(&mut other);
    let found = thread::scope(|scope| {
        let locking = scope.spawn(|| rows(&mut other, join));
        while db.wait_event(pid).as_deref() != Some("Lock/transactionid") {
            assert!(!locking.is_finished(), "it did not wait for the changed row");
            thread::sleep(Duration::from_millis(5));
        }
        execute(&mut client, "commit");
        locking.join().unwrap()
    });
    assert_eq!(found.len(), all);
    let changed = found.iter().filter(|row| row[0].as_deref() > Some("100") && row[0].as_ref().unwrap().len() == 3);
    assert_eq!(changed.count(), 2, "{found:?}");
}

#[test]
fn prefetched_requests_have_the_same_conditions() {
    let (_db, tenant, mut client) = imported(5);
    let organization = |id: &str| format!(r#"{{"id":"{id}","name":"{id}"}}"#);
    assert!(tenant.set_collection("/organizations", vec![organization("org_a"), organization("org_b")]));
    for (organization, application) in [("org_a", "one"), ("org_b", "other")] {
        let grant = format!(r#"{{"id":"cgr_{application}","client_id":"{application}"}}"#);
        assert!(tenant.set_collection(&format!("/organizations/{organization}/client-grants"), vec![grant]));
    }
    execute(
        &mut client,
        "create schema local;
         create table o (n int, id text);
         insert into o values (1, 'org_nobody'), (2, 'org_a'), (3, 'org_b'), (4, 'org_noone');
         create table v (n int, client text);
         insert into v values (1, 'one'), (2, 'other');
         create table local.organization_client_grants as
           select g.* from o join auth0.organization_client_grants g on g.organization_id = o.id;
         analyze o; analyze v",
    );
    // The first application is found before all organizations have been requested.
    let sql = "select v.n, exists (select from o join auth0.organization_client_grants g on g.organization_id = o.id \
               where g.client_id = v.client offset 0) from v order by v.n";
    reads_ahead(&mut client, sql);
    let expected = rows(&mut client, &sql.replace("auth0.", "local."));
    assert_eq!(expected.iter().filter(|row| row[1].as_deref() == Some("t")).count(), 2, "{expected:?}");
    assert_eq!(rows(&mut client, sql), expected);
}

#[test]
fn joins_of_all_kinds_return_the_rows_of_local_copies() {
    let (_db, _tenant, mut client) = imported(40);
    execute(&mut client, "create schema local");
    for table in ["users", "organizations", "organization_members", "roles", "user_roles", "organization_member_roles"]
    {
        execute(&mut client, &format!("create table local.{table} as select * from auth0.{table}"));
    }
    execute(
        &mut client,
        "create table p (n int, id text) partition by range (n);
         create table p1 partition of p for values from (0) to (20);
         create table p2 partition of p for values from (20) to (1000);
         insert into p select * from l;
         insert into l values (900, null), (901, 'auth0|nobody'), (902, ''), (903, '..');
         insert into l select n + 1000, id from l where n < 5;
         analyze p; analyze l",
    );
    for settings in ["", "set enable_hashjoin = off; set enable_mergejoin = off", "set enable_memoize = off"] {
        execute(&mut client, settings);
        let mut ahead = 0;
        for sql in [
            "select l.n, u.email from l join auth0.users u on u.user_id = l.id",
            "select p.n, u.email from p join auth0.users u on u.user_id = p.id",
            "select l.n, u.email from l left join auth0.users u on u.user_id = l.id",
            "select l.n, u.email from l left join auth0.users u on u.user_id = l.id and l.n > 10 and u.email like 'a%'",
            "select l.n from l where exists (select from auth0.users u where u.user_id = l.id and u.email > 'h')",
            "select l.n from l where not exists (select from auth0.users u where u.user_id = l.id and u.email > 'h')",
            "select l.n from l where l.id not in (select user_id from auth0.users u where u.user_id = l.id)",
            "select l.n, x.* from l, lateral (select m.organization_id, o.name from auth0.organization_members m \
               join auth0.organizations o on o.id = m.organization_id where m.user_id = l.id) x",
            "select l.n, x.* from l left join lateral (select r.name, u.email from auth0.user_roles r \
               join auth0.users u on u.user_id = r.user_id where r.user_id = l.id and r.name > '' and l.n < 20) x on true",
            "select o.name, m.user_id, r.name from auth0.organizations o join auth0.organization_members m \
               on m.organization_id = o.id left join auth0.organization_member_roles r \
               on r.organization_id = m.organization_id and r.user_id = m.user_id",
            "select u.email, r.name, o.name from auth0.organization_members m join auth0.users u \
               on u.user_id = m.user_id join auth0.user_roles r on r.user_id = u.user_id \
               join auth0.organizations o on o.id = m.organization_id",
            "select l.n, (select count(*) from auth0.user_roles r join auth0.users u on u.user_id = r.user_id \
               where r.user_id = l.id) from l",
            "select l.n, (select min(u.email) from p join auth0.users u on u.user_id = p.id where p.n between l.n and l.n + 3) \
               from l where l.n < 50",
            "select l.n, exists (select from p join auth0.users u on u.user_id = p.id where p.n > l.n and u.email > 'b') \
               from l where l.n < 50",
            "select n, email from (select n, id from l union all select n + 2000, id from p) a \
               join auth0.users u on u.user_id = a.id",
            "select a.n, b.email from l a join l c on c.n = a.n + 1 join auth0.users b \
               on b.user_id = case when a.n % 2 = 0 then a.id else c.id end",
            "select sum(n), count(u.email), r.name from l join auth0.user_roles r on r.user_id = l.id \
               left join auth0.users u on u.user_id = r.user_id group by r.name",
            "with recursive t (n, id, email) as (select n, id, '' from l where n < 3 \
               union all select l.n, l.id, u.email from t join auth0.users u on u.user_id = t.id \
               join l on l.n = t.n + 5 where t.n < 38) select * from t",
            "select a.n, b.n, u.email from l a left join l b on b.n = a.n + 30 left join auth0.users u on u.user_id = b.id \
               left join auth0.user_roles r on r.user_id = u.user_id and r.user_id = b.id",
            "with w as materialized (select id, n from l where n % 3 = 0) \
               select a.n, b.n, u.email from w a join w b on a.n = b.n join auth0.users u on u.user_id = b.id",
        ] {
            let mut found = rows(&mut client, sql);
            let mut expected = rows(&mut client, &sql.replace("auth0.", "local."));
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{sql}\n{settings}\n{}", explain(&mut client, sql));
            ahead += usize::from(explain(&mut client, sql).contains("Custom Scan (WrappersPrefetch)"));
        }
        assert!(ahead >= 8, "only {ahead} read ahead with {settings}");
    }
}

#[test]
fn one_plan_runs_recursively_and_after_an_error() {
    let (_db, _tenant, mut client) = imported(30);
    // The inner calls run the outer call's plan, each in the middle of its loop.
    execute(
        &mut client,
        "set plan_cache_mode = force_generic_plan;
         create function nest(depth int) returns setof text language plpgsql as $$
         declare r record; begin
           for r in select l.n, u.email from l join auth0.users u on u.user_id = l.id order by l.n loop
             return next depth || ' ' || r.n || ' ' || r.email;
             if depth > 0 and r.n % 11 = 0 then return query select * from nest(depth - 1); end if;
             if depth < 0 and r.n = 5 then raise 'in the middle'; end if;
           end loop;
         end $$",
    );
    let once = value(&mut client, "select count(*) from nest(0)").unwrap().parse::<u64>().unwrap();
    let nested = value(&mut client, "select count(*) from nest(2)").unwrap().parse::<u64>().unwrap();
    assert_eq!(nested, once * (1 + 2 * (1 + 2)), "the 11th and the 22nd of 30");
    for _ in 0..3 {
        assert_eq!(expect_error(&mut client, "select count(*) from nest(-1)").message, "in the middle");
        assert_eq!(value(&mut client, "select count(*) from nest(0)").unwrap(), once.to_string());
    }
    // Two cursors over one plan, moved in turn, one of them held.
    execute(&mut client, "prepare q as select l.n, u.email from l join auth0.users u on u.user_id = l.id");
    reads_ahead(&mut client, "select l.n, u.email from l join auth0.users u on u.user_id = l.id");
    execute(
        &mut client,
        "begin;
         declare a scroll cursor for select l.n, u.email from l join auth0.users u on u.user_id = l.id;
         declare b cursor with hold for select l.n, u.email from l join auth0.users u on u.user_id = l.id",
    );
    let first = rows(&mut client, "fetch 13 from a");
    assert_eq!(rows(&mut client, "fetch 3 from b").len(), 3);
    assert_eq!(rows(&mut client, "execute q").len(), once as usize);
    execute(&mut client, "move absolute 0 in a");
    assert_eq!(rows(&mut client, "fetch 13 from a"), first);
    assert_eq!(rows(&mut client, "fetch all from a").len(), once as usize - 13);
    execute(&mut client, "commit");
    assert_eq!(rows(&mut client, "fetch all from b").len(), once as usize - 3);
}

#[test]
fn many_outer_rows_with_few_keys_take_little_memory() {
    let (db, tenant, mut client) = imported(5);
    // Only lookups by key.
    execute(&mut client, "alter foreign table auth0.user_roles options (add fan_out 'off'); set enable_memoize = off");
    let ids = value(&mut client, "select array_agg(id) from l where n <= 4").unwrap();
    let join = |rows: u32| {
        format!(
            "select count(distinct g) from generate_series(1, {rows}) g \
             left join auth0.user_roles r on r.user_id = ('{ids}'::text[])[1 + g % 4]"
        )
    };
    reads_ahead(&mut client, &join(1000));
    assert_eq!(value(&mut client, &join(1000)).as_deref(), Some("1000"));
    let pid = Database::backend_pid(&mut client);
    let before = db.backend_stats(pid);
    tenant.clear_requests();
    assert_eq!(value(&mut client, &join(200_000)).as_deref(), Some("200000"));
    let grown = db.backend_stats(pid).peak_kib.saturating_sub(before.peak_kib);
    assert!(grown < 12 << 10, "the backend's peak memory grew by {grown} KiB");
    assert_eq!(tenant.requests().len(), 4);
}

#[test]
fn current_key_is_requested_before_later_keys() {
    let (_db, tenant, mut client) = imported(30);
    execute(
        &mut client,
        "alter foreign table auth0.users options (add max_requests_per_scan '3', add pushdown 'safe')",
    );
    let join = "select n, u.email from l join auth0.users u on u.user_id = l.id limit 3";
    reads_ahead(&mut client, join);
    tenant.clear_requests();
    assert_eq!(rows(&mut client, join).len(), 3, "requests started ahead do not count against it");
    assert_eq!(tenant.requests().len(), 3);
    let error = expect_error(&mut client, "select n, u.email from l join auth0.users u on u.user_id = l.id limit 4");
    assert!(error.detail.contains("max_requests_per_scan"), "{error}");
}
