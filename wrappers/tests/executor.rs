//! Every way the executor uses a scan: cached plans, scans that stop early or restart.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::{Fault, FaultKind};
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, expect_error, request_lines, rows, start_tenant, value};

/// The count in a result of one row.
#[track_caller]
fn count(client: &mut Client, sql: &str) -> u64 {
    value(client, sql).and_then(|text| text.parse().ok()).expect("a count")
}

#[test]
fn prepared_statement_returns_the_same_rows_every_time() {
    for mode in ["force_custom_plan", "force_generic_plan", "auto"] {
        let (db, tenant) = (Database::create(), start_tenant(230));
        ForeignTable::users(&db, &tenant).create();
        let mut client = db.client();
        client
            .batch_execute(&format!(
                "set plan_cache_mode = {mode};
                 prepare q (text) as select user_id, email from auth0.users where user_id > $1"
            ))
            .unwrap();
        let mut expected = rows(&mut client, "select user_id, email from auth0.users");
        expected.sort();
        for _ in 0..10 {
            let mut found = rows(&mut client, "execute q ('')");
            found.sort();
            assert_eq!(found, expected, "{mode}");
        }
        assert!(rows(&mut client, "execute q (null)").is_empty(), "{mode}: NULL matches nothing");
    }
}

#[test]
fn alter_server_and_table_take_effect_between_executions() {
    let db = Database::create();
    let (one, other) = (start_tenant(3), start_tenant(7));
    ForeignTable::users(&db, &one).create();
    let mut client = db.client();
    client
        .batch_execute("set plan_cache_mode = force_generic_plan; prepare q as select count(email) from auth0.users")
        .unwrap();
    let before = count(&mut client, "execute q");
    client
        .batch_execute(&format!(
            "alter server auth0_server options (set url '{}');
             alter user mapping for public server auth0_server options (set api_key '{}')",
            db.tenant_url(&other),
            other.default_token()
        ))
        .unwrap();
    count(&mut client, "execute q");
    assert_eq!(count(&mut client, "select count(*) from auth0.users"), 7);
    assert!(before <= 3 && !request_lines(&other).is_empty());
    let sent = request_lines(&one).len();
    count(&mut client, "execute q");
    assert_eq!(request_lines(&one).len(), sent, "the former tenant gets no more requests");

    client.batch_execute("alter foreign table auth0.users alter email options (add json_path 'user_id')").unwrap();
    assert_eq!(count(&mut client, "execute q"), 7, "the column now reads user_id, which every user has");
    // A change by another session.
    db.client()
        .batch_execute("alter server auth0_server options (set url 'http://127.0.0.1:1', add retry_timeout '0 s')")
        .unwrap();
    assert_eq!(expect_error(&mut client, "execute q").code, "08001");
}

#[test]
fn cursor_can_be_closed_early_and_moved() {
    let (db, tenant) = (Database::create(), start_tenant(600));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    client.batch_execute("begin; declare c scroll cursor for select user_id from auth0.users").unwrap();
    let first = rows(&mut client, "fetch 5 from c");
    assert_eq!(first.len(), 5);
    client.batch_execute("move absolute 0 in c").unwrap();
    assert_eq!(rows(&mut client, "fetch 5 from c"), first, "scrolling back gives the same rows");
    client.batch_execute("close c; commit").unwrap();
    client.batch_execute("begin; declare c cursor for select user_id from auth0.users").unwrap();
    assert_eq!(rows(&mut client, "fetch 120 from c").len(), 120);
    client.batch_execute("rollback").unwrap();
    assert_eq!(count(&mut client, "select count(*) from auth0.users"), 600);
    // Held past its transaction: materialised completely.
    client.batch_execute("begin; declare h cursor with hold for select user_id from auth0.users; commit").unwrap();
    assert_eq!(rows(&mut client, "fetch all from h").len(), 600);
}

#[test]
fn limit_stops_requests() {
    let (db, tenant) = (Database::create(), start_tenant(900));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    let mut pages = |sql: &str| {
        tenant.clear_requests();
        let count = rows(&mut client, sql).len();
        let sizes: Vec<String> =
            tenant.requests().iter().map(|request| request.param("per_page").unwrap_or_default().to_owned()).collect();
        (count, sizes)
    };
    let one = |size: &str| vec![size.to_owned()];
    assert_eq!(pages("select user_id from auth0.users limit 5"), (5, one("5")));
    assert_eq!(pages("select user_id from auth0.users limit 5 offset 10"), (5, one("15")));
    assert_eq!(pages("select user_id from auth0.users limit 100"), (100, one("100")));
    assert_eq!(pages("select 1 where exists (select from auth0.users)"), (1, one("100")));
    // If rows are filtered, sorted, grouped or joined, the limit is not the scan's.
    for (sql, count) in [
        ("select user_id from auth0.users where email is not null limit 5", 5),
        ("select distinct user_id from auth0.users limit 5", 5),
        ("select u.user_id from auth0.users u join auth0.users v using (user_id) limit 5", 5),
        ("select generate_series(1, 2) from auth0.users limit 3", 3),
    ] {
        let (found, sizes) = pages(sql);
        assert_eq!(found, count, "{sql}");
        assert!(sizes.iter().all(|size| size == "100"), "{sql}: {sizes:?}");
    }
    // A limit above a filter or a sort does not limit the scan.
    let sorted = rows(&mut client, "select user_id from auth0.users order by user_id limit 3");
    let mut all = rows(&mut client, "select user_id from auth0.users");
    all.sort();
    assert_eq!(sorted, all[..3]);
    let last = all.last().unwrap()[0].clone().unwrap();
    let found = rows(&mut client, &format!("select user_id from auth0.users where user_id = '{last}' limit 1"));
    assert_eq!(found, [[Some(last)]]);
}

#[test]
fn joins_and_subqueries_scan_as_often_as_they_need() {
    let (db, tenant) = (Database::create(), start_tenant(120));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    let join = "select count(*) from auth0.users a join auth0.users b using (user_id)";
    for settings in [
        "",
        "set enable_hashjoin = off; set enable_mergejoin = off; set enable_material = off",
        "set enable_material = on",
    ] {
        client.batch_execute(settings).unwrap();
        assert_eq!(count(&mut client, join), 120, "{settings}");
    }
    client.batch_execute("reset all").unwrap();
    assert_eq!(
        count(
            &mut client,
            "select count(*) from auth0.users a
              where 1 = (select count(*) from auth0.users b where b.user_id = a.user_id)"
        ),
        120
    );
    assert_eq!(
        count(
            &mut client,
            "select count(*) from generate_series(1, 3) n, lateral (select * from auth0.users where n > 0 offset 0) u"
        ),
        360
    );
    let unioned = "select count(*) from (select user_id from auth0.users union all select user_id from auth0.users) u";
    assert_eq!(count(&mut client, unioned), 240);
    let hundred = "with u as materialized (select user_id from auth0.users) \
                   select count(*) from u a, u b where a.user_id <> b.user_id";
    assert_eq!(count(&mut client, hundred), 120 * 119);
    assert_eq!(count(&mut client, "select count(u) from auth0.users u"), 120, "the whole row");
}

#[test]
fn functions_views_and_copies_read_the_users() {
    let (db, tenant) = (Database::create(), start_tenant(110));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    client
        .batch_execute(
            "create function walked() returns bigint language plpgsql as $$
               declare n bigint := 0; u record;
               begin
                 for i in 1..3 loop
                   for u in select user_id, email from auth0.users loop
                     n := n + 1;
                     exit when n % 50 = 0 and i = 2;
                   end loop;
                 end loop;
                 return n;
               end $$;
             create view v as select email, user_id from auth0.users;
             create materialized view m as select * from auth0.users;
             create table t as select * from auth0.users;
             insert into t select * from auth0.users;",
        )
        .unwrap();
    // 110 in the first and third loop; the second stops at 150.
    assert_eq!(count(&mut client, "select walked()"), 110 + 40 + 110);
    assert_eq!(count(&mut client, "select walked()"), 110 + 40 + 110);
    assert_eq!(count(&mut client, "select count(*) from v"), 110);
    assert_eq!(count(&mut client, "select count(*) from t"), 220);
    client.batch_execute("refresh materialized view m").unwrap();
    assert_eq!(count(&mut client, "select count(*) from m"), 110);
}

#[test]
fn reading_works_in_a_read_only_transaction() {
    let (db, tenant) = (Database::create(), start_tenant(20));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    client.batch_execute("begin transaction isolation level serializable read only").unwrap();
    assert_eq!(count(&mut client, "select count(*) from auth0.users"), 20);
    client.batch_execute("commit").unwrap();
}

#[test]
fn session_continues_after_an_error() {
    let (db, tenant) = (Database::create(), start_tenant(320));
    ForeignTable::users(&db, &tenant).server_option("max_retries", "0").create();
    let mut client = db.client();
    for _ in 0..3 {
        tenant.fault(Fault::once(FaultKind::BrokenJson).on_query("page=2"));
        assert_eq!(expect_error(&mut client, "select * from auth0.users").code, "08P01");
        assert_eq!(count(&mut client, "select count(*) from auth0.users"), 320);
    }
    // An error in the middle of a scan, inside a block that catches it.
    client
        .batch_execute(
            "create function caught() returns text language plpgsql as $$
               begin
                 perform 1 / (length(user_id) - length(user_id)) from auth0.users;
                 return 'no error';
               exception when division_by_zero then
                 return (select count(*) from auth0.users);
               end $$",
        )
        .unwrap();
    assert_eq!(value(&mut client, "select caught()").as_deref(), Some("320"));
    client.batch_execute("begin; savepoint s").unwrap();
    tenant.fault(Fault::once(FaultKind::HtmlInsteadOfJson));
    expect_error(&mut client, "select * from auth0.users");
    client.batch_execute("rollback to s").unwrap();
    assert_eq!(count(&mut client, "select count(*) from auth0.users"), 320);
    client.batch_execute("commit").unwrap();
}

#[test]
fn writing_is_an_error_and_changes_nothing() {
    let (db, tenant) = (Database::create(), start_tenant(5));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    for sql in [
        "insert into auth0.users (email) values ('a@x.com')",
        "insert into auth0.users select * from auth0.users",
        "update auth0.users set email = 'a@x.com'",
        "delete from auth0.users",
        "delete from auth0.users where user_id = 'auth0|1'",
        "prepare w as insert into auth0.users (email) values ($1); execute w ('a@x.com')",
    ] {
        tenant.clear_requests();
        let error = expect_error(&mut client, sql);
        assert_eq!(error.code, "0A000", "{sql}: {error}");
        assert!(error.message.contains("\"users\" is not supported yet"), "{sql}: {error}");
        assert_eq!(error.hint, "Nothing was changed. The table is read-only.");
        assert_eq!(request_lines(&tenant), [""; 0], "{sql}");
    }
    for sql in ["truncate auth0.users", "copy auth0.users (email) from program 'echo a@x.com'"] {
        let error = expect_error(&mut client, sql);
        assert!(["0A000", "42809"].contains(&error.code.as_str()), "{sql}: {error}");
    }
    assert!(request_lines(&tenant).iter().all(|line| line.starts_with("GET ")));
    assert_eq!(tenant.user_count(), 5);
}
