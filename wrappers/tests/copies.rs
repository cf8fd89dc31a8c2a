//! Local copies of foreign tables: filled, refreshed, and never wrong without an error.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postgres::Client;
use wrappers_tests::auth0_tenant::{Fault, FaultKind, Tenant, TenantConfig};
use wrappers_tests::{
    Database, ForeignTable, Interrupt, execute, expect_error, interrupt, quote_ident, quote_literal, request_lines,
    rows, start_tenant, start_tenant_with, value,
};

const COLUMNS: &str = "user_id text, email text, name text, created_at timestamptz, updated_at timestamptz, \
    app_metadata jsonb";

/// No rows.
const NONE: [Vec<Option<String>>; 0] = [];

/// A user of a connection. `updated_at` is this many minutes from now.
fn user(number: usize, name: &str, minutes: i64) -> String {
    let updated_at = time(minutes);
    format!(
        r#"{{"user_id":"auth0|{number:04}","email":"{number}@example.com","name":"{name}",
            "created_at":"2024-01-01T00:00:{:02}.{:03}Z","updated_at":"{updated_at}","app_metadata":{{"n":{number}}}}}"#,
        number / 1000 % 60,
        number % 1000,
    )
}

/// RFC 3339, this many minutes from now.
fn time(minutes: i64) -> String {
    (Timestamp::now() + SignedDuration::from_mins(minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// A tenant with numbered users, all unchanged for a year.
fn tenant_of(users: usize) -> Tenant {
    let users = (0..users).map(|number| user(number, "old", -500_000)).collect();
    let tenant = start_tenant_with(TenantConfig { explicit_users: Some(users), ..TenantConfig::default() });
    tenant.set_unstable_ties(false);
    tenant
}

/// A database with the tenant's users as `auth0.users`, and a schema for copies.
fn users_in_database(users: usize) -> (Database, Tenant, Client) {
    let (db, tenant) = (Database::create(), tenant_of(users));
    ForeignTable::users(&db, &tenant).columns(COLUMNS).create();
    let mut client = db.client();
    execute(&mut client, "create schema local");
    (db, tenant, client)
}

/// A copy of the users, as a test begins with.
fn copied(users: usize) -> (Database, Tenant, Client) {
    let (db, tenant, mut client) = users_in_database(users);
    execute(&mut client, "select wrappers_copy('auth0.users', 'local.users')");
    tenant.clear_requests();
    (db, tenant, client)
}

fn refresh(client: &mut Client) {
    client.batch_execute("call wrappers_refresh('local.users')").unwrap();
}

fn reconcile(client: &mut Client) {
    client.batch_execute("call wrappers_refresh('local.users', reconcile => true)").unwrap();
}

/// The rows that only one of two tables has.
fn differences(client: &mut Client, one: &str, other: &str) -> Vec<Vec<Option<String>>> {
    rows(client, &format!("(table {one} except all table {other}) union all (table {other} except all table {one})"))
}

/// A column of the copy's state.
fn state(client: &mut Client, column: &str) -> Option<String> {
    value(client, &format!("select {column} from wrappers_copies where target = 'local.users'::regclass"))
}

#[test]
fn copy_has_all_rows_and_the_key_of_its_source() {
    let (_db, tenant, mut client) = users_in_database(250);
    assert_eq!(
        value(&mut client, "select wrappers_copy('auth0.users', 'local.users')").as_deref(),
        Some("local.users")
    );
    assert_eq!(request_lines(&tenant).len(), 3);
    assert_eq!(differences(&mut client, "local.users", "auth0.users"), NONE);
    assert_eq!(
        rows(
            &mut client,
            "select rows, kind, key_columns, change_column, last_requests, last_error, fresh_as_of < now(),
               fresh_as_of > now() - interval '2 minutes', next_run_at > now() from wrappers_copies"
        ),
        [["250", "incremental", "{user_id}", "updated_at", "3"]
            .map(|text| Some(text.to_owned()))
            .into_iter()
            .chain([None])
            .chain(["t", "t", "t"].map(|text| Some(text.to_owned())))
            .collect::<Vec<_>>()]
    );
    let key = "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'local.users'::regclass and contype = 'p'";
    assert_eq!(value(&mut client, key).as_deref(), Some("PRIMARY KEY (user_id)"));
}

#[test]
fn refresh_reads_only_what_changed_and_writes_only_what_differs() {
    let (_db, tenant, mut client) = copied(250);
    let written = "select count(*) from local.users where xmin::text::bigint >= $1";
    let begin: String = value(&mut client, "select pg_current_xact_id()::text").unwrap();
    let written = written.replace("$1", &begin);
    refresh(&mut client);
    assert_eq!(request_lines(&tenant).len(), 1, "{:?}", request_lines(&tenant));
    assert_eq!(value(&mut client, &written).as_deref(), Some("0"));

    tenant.upsert_users(vec![user(7, "changed", 0), user(900, "new", 0)]);
    tenant.clear_requests();
    refresh(&mut client);
    assert_eq!(request_lines(&tenant).len(), 1, "{:?}", request_lines(&tenant));
    assert_eq!(value(&mut client, &written).as_deref(), Some("2"));
    assert_eq!(state(&mut client, "(rows, last_changes, last_deletes, last_requests)").as_deref(), Some("(251,2,0,1)"));
    assert_eq!(differences(&mut client, "local.users", "auth0.users"), NONE);

    // The same rows are within the overlap, and are not written again.
    refresh(&mut client);
    assert_eq!(value(&mut client, &written).as_deref(), Some("2"));
    assert_eq!(state(&mut client, "last_changes").as_deref(), Some("0"));
}

#[test]
fn deleted_row_goes_when_the_api_has_none_with_its_key() {
    let (_db, tenant, mut client) = copied(250);
    assert_eq!(tenant.delete_users(&["auth0|0003", "auth0|0004"]), 2);
    refresh(&mut client);
    assert_eq!(value(&mut client, "select count(*) from local.users").as_deref(), Some("250"));
    tenant.clear_requests();
    reconcile(&mut client);
    assert_eq!(differences(&mut client, "local.users", "auth0.users"), NONE);
    assert_eq!(state(&mut client, "(rows, last_changes, last_deletes)").as_deref(), Some("(248,2,2)"));
    assert_eq!(
        state(&mut client, "deletes_as_of = fresh_as_of or deletes_as_of > now() - interval '2 min'").as_deref(),
        Some("t")
    );
    let by_key: Vec<_> = request_lines(&tenant).into_iter().filter(|line| line.contains("/users/auth0%7C")).collect();
    assert_eq!(by_key.len(), 2, "{by_key:?}");
    assert_eq!(rows(&mut client, "select key, state from wrappers_copy_keys order by 1").len(), 2);
}

#[test]
fn row_that_only_the_list_lacks_is_not_deleted() {
    let (_db, tenant, mut client) = copied(150);
    // The search no longer follows the tenant, as when its index lags behind.
    tenant.freeze_search(true);
    tenant.upsert_users(vec![user(800, "unseen", -1_000)]);
    execute(&mut client, "insert into local.users select * from auth0.users where user_id = 'auth0|0800'");
    tenant.delete_users(&["auth0|0002"]);
    reconcile(&mut client);
    // The list has a user who is gone, and lacks one who is there: neither is touched because of the list.
    assert_eq!(value(&mut client, "select count(*) from local.users").as_deref(), Some("151"));
    tenant.freeze_search(false);
    reconcile(&mut client);
    assert_eq!(differences(&mut client, "local.users", "auth0.users"), NONE);
}

#[test]
fn row_found_gone_does_not_return_with_a_list_that_lags_behind() {
    let (_db, tenant, mut client) = copied(150);
    tenant.upsert_users(vec![user(5, "changed", 0)]);
    tenant.freeze_search(true);
    tenant.delete_users(&["auth0|0005"]);
    // Noted as changed, and then asked for by key.
    execute(
        &mut client,
        "insert into wrappers_copy_keys (target, key, state) values ('local.users', '{auth0|0005}', 'differs')",
    );
    refresh(&mut client);
    assert_eq!(
        value(&mut client, "select count(*) from local.users where user_id = 'auth0|0005'").as_deref(),
        Some("0")
    );
    tenant.clear_requests();
    // The search still has the row. It is asked for by key again, and stays away.
    refresh(&mut client);
    assert!(
        request_lines(&tenant).iter().any(|line| line.contains("/users/auth0%7C0005")),
        "{:?}",
        request_lines(&tenant)
    );
    assert_eq!(
        value(&mut client, "select count(*) from local.users where user_id = 'auth0|0005'").as_deref(),
        Some("0")
    );
    // Made again, it comes back.
    tenant.freeze_search(false);
    tenant.upsert_users(vec![user(5, "again", 0)]);
    refresh(&mut client);
    assert_eq!(
        value(&mut client, "select name from local.users where user_id = 'auth0|0005'").as_deref(),
        Some("again")
    );
}

#[test]
fn older_row_of_a_search_does_not_replace_a_newer_one() {
    let (_db, tenant, mut client) = copied(150);
    tenant.upsert_users(vec![user(6, "older", 0)]);
    tenant.freeze_search(true);
    tenant.upsert_users(vec![user(6, "newer", 1)]);
    execute(
        &mut client,
        "insert into wrappers_copy_keys (target, key, state) values ('local.users', '{auth0|0006}', 'differs')",
    );
    refresh(&mut client);
    refresh(&mut client);
    assert_eq!(
        value(&mut client, "select name from local.users where user_id = 'auth0|0006'").as_deref(),
        Some("newer")
    );
}

#[test]
fn change_that_leaves_no_trace_in_a_search_is_found_by_comparing_keys() {
    let (_db, tenant, mut client) = copied(150);
    // Changed an hour ago, but seen only now: behind the watermark.
    tenant.upsert_users(vec![user(9, "late", -60), user(901, "late too", -60)]);
    refresh(&mut client);
    assert_eq!(value(&mut client, "select count(*) from local.users where name like 'late%'").as_deref(), Some("0"));
    reconcile(&mut client);
    assert_eq!(differences(&mut client, "local.users", "auth0.users"), NONE);
    assert_eq!(state(&mut client, "rows").as_deref(), Some("151"));
}

#[test]
fn many_differences_are_read_as_a_list() {
    let (_db, tenant, mut client) = copied(50);
    tenant.upsert_users((1_000..1_700).map(|number| user(number, "imported", -60)).collect());
    tenant.clear_requests();
    reconcile(&mut client);
    // The changed rows, the keys of 750 users, and all their columns.
    assert_eq!(request_lines(&tenant).len(), 1 + 8 + 8, "{:?}", request_lines(&tenant));
    assert_eq!(differences(&mut client, "local.users", "auth0.users"), NONE);
}

#[test]
fn too_many_deletes_stop_the_run() {
    let (_db, tenant, mut client) = copied(300);
    let gone: Vec<_> = (0..150).map(|number| format!("auth0|{number:04}")).collect();
    tenant.delete_users(&gone);
    let error = expect_error(&mut client, "call wrappers_refresh('local.users', reconcile => true)");
    assert_eq!(error.code, "54000", "{error}");
    assert!(error.message.contains("150 of 300") && error.detail.contains("auth0|0000"), "{error}");
    assert_eq!(value(&mut client, "select count(*) from local.users").as_deref(), Some("300"));
    assert_eq!(state(&mut client, "(failures, last_error_code)").as_deref(), Some("(1,54000)"));

    execute(&mut client, "select wrappers_copy_alter('local.users', max_deletes => '150')");
    reconcile(&mut client);
    assert_eq!(state(&mut client, "(rows, failures, last_error is null)").as_deref(), Some("(150,0,t)"));
    assert_eq!(differences(&mut client, "local.users", "auth0.users"), NONE);
}

#[test]
fn failed_run_is_kept_and_moves_nothing() {
    let (_db, tenant, mut client) = copied(150);
    let fresh = state(&mut client, "fresh_as_of");
    tenant.upsert_users(vec![user(7, "changed", 0)]);
    tenant.fault(Fault::forever(FaultKind::Status {
        code: 403,
        body: r#"{"statusCode":403,"error":"Forbidden","message":"Insufficient scope"}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    }));
    let error = expect_error(&mut client, "call wrappers_refresh('local.users')");
    assert_eq!(error.code, "42501", "{error}");
    assert!(!error.hint.is_empty(), "{error}");
    assert_eq!(state(&mut client, "(failures, last_error_code, next_run_at > now())").as_deref(), Some("(1,42501,t)"));
    assert_eq!(state(&mut client, "fresh_as_of"), fresh);
    tenant.clear_faults();
    refresh(&mut client);
    assert_eq!(differences(&mut client, "local.users", "auth0.users"), NONE);
    assert_eq!(state(&mut client, "(failures, last_error is null)").as_deref(), Some("(0,t)"));
    assert_ne!(state(&mut client, "fresh_as_of"), None);
}

#[test]
fn list_that_lies_is_an_error_and_deletes_nothing() {
    let (_db, tenant, mut client) = copied(250);
    let lies = [
        FaultKind::TruncateBody,
        FaultKind::Status {
            code: 200,
            body: "[]".to_owned(),
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
        },
        FaultKind::Status {
            code: 200,
            body: r#"{"start":0,"limit":100,"length":0,"total":0,"users":[]}"#.to_owned(),
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
        },
    ];
    for lie in lies {
        tenant.fault(Fault::forever(lie.clone()).on_query("fields"));
        let error = expect_error(&mut client, "call wrappers_refresh('local.users', reconcile => true)");
        assert!(!error.message.is_empty());
        assert_eq!(value(&mut client, "select count(*) from local.users").as_deref(), Some("250"), "{lie:?}: {error}");
        tenant.clear_faults();
    }
    reconcile(&mut client);
    assert_eq!(differences(&mut client, "local.users", "auth0.users"), NONE);
}

#[test]
fn lists_without_times_are_compared_as_a_whole() {
    let (db, tenant) = (Database::create(), start_tenant(10));
    assert!(tenant.set_rows("roles", 30));
    ForeignTable::users(&db, &tenant)
        .mapping_option("api_key", &tenant.full_token())
        .name("roles")
        .columns("id text, name text, description text")
        .option("object", "roles")
        .create();
    let mut client = db.client();
    execute(&mut client, "create schema local; select wrappers_copy('auth0.roles', 'local.roles')");
    let copy = "select kind from wrappers_copies";
    assert_eq!(value(&mut client, copy).as_deref(), Some("whole"));
    assert_eq!(differences(&mut client, "local.roles", "auth0.roles"), NONE);

    let role = |id: &str, name: &str| format!(r#"{{"id":"{id}","name":"{name}","description":null}}"#);
    assert!(tenant.set_collection("roles", vec![role("rol_1", "one"), role("rol_2", "two")]));
    execute(&mut client, "select wrappers_copy_alter('local.roles', max_deletes => '100 %')");
    client.batch_execute("call wrappers_refresh('local.roles')").unwrap();
    assert_eq!(differences(&mut client, "local.roles", "auth0.roles"), NONE);
    let found = "select (rows, deletes_as_of = fresh_as_of) from wrappers_copies";
    assert_eq!(value(&mut client, found).as_deref(), Some("(2,t)"));
}

#[test]
fn log_is_appended_and_old_entries_expire() {
    let (db, tenant) = (Database::create(), start_tenant(10));
    ForeignTable::users(&db, &tenant)
        .mapping_option("api_key", &tenant.full_token())
        .name("logs")
        .columns("log_id text, date timestamptz, type text, description text")
        .option("object", "logs")
        .create();
    let entry = |number: i64, minutes: i64| {
        format!(
            r#"{{"log_id":"{number:05}","_id":"{number:05}","date":"{}","type":"s","description":""}}"#,
            time(minutes)
        )
    };
    let entries: Vec<_> = (0..40).map(|number| entry(number, number * 60 - 100_000)).collect();
    assert!(tenant.set_collection("logs", entries.clone()));
    let mut client = db.client();
    execute(&mut client, "create schema local; select wrappers_copy('auth0.logs', 'local.logs', retain => '1 year')");
    assert_eq!(value(&mut client, "select kind from wrappers_copies").as_deref(), Some("append"));
    assert_eq!(value(&mut client, "select count(*) from local.logs").as_deref(), Some("40"));

    // The API drops what is old; the copy keeps it.
    let mut later = entries[30..].to_vec();
    later.push(entry(77, 0));
    assert!(tenant.set_collection("logs", later));
    client.batch_execute("call wrappers_refresh('local.logs')").unwrap();
    assert_eq!(value(&mut client, "select count(*) from local.logs").as_deref(), Some("41"));

    execute(&mut client, "select wrappers_copy_alter('local.logs', retain => '1 day')");
    client.batch_execute("call wrappers_refresh('local.logs')").unwrap();
    assert_eq!(rows(&mut client, "select log_id from local.logs"), [[Some("00077".to_owned())]]);
    assert_eq!(
        value(&mut client, "select (rows, deletes_as_of is null) from wrappers_copies").as_deref(),
        Some("(1,t)")
    );
}

#[test]
fn history_keeps_every_version() {
    let (_db, tenant, mut client) = users_in_database(20);
    execute(&mut client, "select wrappers_copy('auth0.users', 'local.users', history => 'local.users_history')");
    tenant.upsert_users(vec![user(3, "second", 0)]);
    refresh(&mut client);
    tenant.delete_users(&["auth0|0003"]);
    reconcile(&mut client);
    let versions = "select name, valid_to is null, valid_from < coalesce(valid_to, 'infinity') from local.users_history
        where user_id = 'auth0|0003' order by valid_from";
    let expected = [["old", "f", "t"], ["second", "f", "t"]].map(|row| row.map(|text| Some(text.to_owned())).to_vec());
    assert_eq!(rows(&mut client, versions), expected);
    // The open versions are the copy.
    let open = "(select user_id, email, name, created_at, updated_at, app_metadata from local.users_history where valid_to is null)";
    assert_eq!(value(&mut client, &format!("select count(*) from {open} h")).as_deref(), Some("19"));
    let other = rows(&mut client, &format!("{open} except table local.users"));
    assert_eq!(other, NONE);

    execute(&mut client, "select wrappers_copy_drop('local.users')");
    assert_eq!(value(&mut client, "select count(*) from local.users").as_deref(), Some("19"));
    assert_eq!(
        value(&mut client, "select count(*) from pg_trigger where tgname like 'wrappers%'").as_deref(),
        Some("0")
    );
}

#[test]
fn roles_without_privileges_copy_and_see_only_their_own_copies() {
    let (db, _tenant, mut client) = users_in_database(20);
    let (one, other) = (db.create_role("one"), db.create_role("other"));
    for role in [&one, &other] {
        let role = quote_ident(role);
        execute(
            &mut client,
            &format!(
                "grant usage on schema auth0, local to {role}; grant create on schema local to {role};
                 grant select on auth0.users to {role}; grant usage on foreign server auth0_server to {role}"
            ),
        );
    }
    let mut of_one = db.client_as(&one);
    execute(&mut of_one, "select wrappers_copy('auth0.users', 'local.users')");
    refresh(&mut of_one);
    assert_eq!(state(&mut of_one, "rows").as_deref(), Some("20"));

    let mut of_other = db.client_as(&other);
    assert_eq!(value(&mut of_other, "select count(*) from wrappers_copies").as_deref(), Some("0"));
    for (sql, code) in [
        ("call wrappers_refresh('local.users')", "42704"),
        ("select wrappers_copy_drop('local.users')", "42704"),
        ("select * from wrappers_copy_key_states", "42501"),
        ("select * from wrappers_copy_error_states", "42501"),
        ("select wrappers_copy('auth0.users', 'local.users')", "42809"),
    ] {
        let error = expect_error(&mut of_other, sql);
        assert_eq!(error.code, code, "{sql}: {error}");
    }
    // No copy can be entered for another role's table.
    let forged = format!(
        "insert into wrappers_copies (target, source, kind, every, deletes, reconcile_every, max_deletes, key_columns,
           columns, has_lookup, target_type, system_identifier)
         values ('auth0.users', 'auth0.users', 'whole', '1 min', 'auto', '1 day', '10 %', '{{user_id}}', '{{user_id}}', true,
           {}, 1)",
        "(select reltype::regtype from pg_class where oid = 'auth0.users'::regclass)"
    );
    assert_eq!(expect_error(&mut of_other, &forged).code, "44000");
    assert_eq!(of_other.execute("delete from wrappers_copies", &[]).unwrap(), 0);
    // A run has the rights of its caller, so a superuser does not run other roles' triggers.
    assert_eq!(expect_error(&mut client, "call wrappers_refresh('local.users')").code, "42501");
    execute(&mut client, "call wrappers_refresh_due()");
    assert_eq!(value(&mut client, "select run from wrappers_copies").as_deref(), Some("1"));
}

#[test]
fn due_copies_are_refreshed_and_a_failing_one_does_not_stop_the_others() {
    let (db, tenant, _) = copied(20);
    let (mut client, notices) = db.client_with_notices();
    execute(
        &mut client,
        "create foreign table auth0.others (user_id text, email text) server auth0_server options (object 'clients');
         alter foreign table auth0.others options (set object 'users');
         select wrappers_copy('auth0.others', 'local.others')",
    );
    execute(&mut client, "alter foreign table auth0.users options (set object 'organizations')");
    tenant.clear_requests();
    // None is due.
    client.batch_execute("call wrappers_refresh_due()").unwrap();
    assert_eq!(request_lines(&tenant), Vec::<String>::new());

    tenant.upsert_users(vec![user(700, "new", 0)]);
    execute(&mut client, "update wrappers_copies set next_run_at = now()");
    client.batch_execute("call wrappers_refresh_due()").unwrap();
    assert_eq!(value(&mut client, "select count(*) from local.others").as_deref(), Some("21"));
    assert_eq!(state(&mut client, "failures").as_deref(), Some("1"));
    let warned: Vec<_> = notices.take().into_iter().filter(|notice| notice.severity == "WARNING").collect();
    assert!(warned.len() == 1 && warned[0].message.contains("local.users"), "{warned:?}");
    assert_eq!(
        value(&mut client, "select count(*) from wrappers_copies where next_run_at > now()").as_deref(),
        Some("2")
    );
}

#[test]
fn one_session_refreshes_a_copy_at_a_time() {
    let (db, tenant, mut client) = copied(20);
    let mut holder = db.client();
    holder.batch_execute("begin; select _wrappers_copy_lock('local.users')").unwrap();
    assert_eq!(expect_error(&mut client, "call wrappers_refresh('local.users')").code, "55P03");
    execute(&mut client, "update wrappers_copies set next_run_at = now()");
    client.batch_execute("call wrappers_refresh_due()").unwrap();
    assert_eq!(request_lines(&tenant), Vec::<String>::new());
    holder.batch_execute("rollback").unwrap();
    refresh(&mut client);
    // A run that another one has overtaken changes nothing.
    let overtaken = "select _wrappers_copy_step('local.users', 0, 'finish', false)";
    assert_eq!(expect_error(&mut client, overtaken).code, "55P03");
}

#[test]
fn wait_returns_when_the_copy_has_every_change_before_a_time() {
    let (_db, _tenant, mut client) = copied(20);
    let fresh = state(&mut client, "fresh_as_of").unwrap();
    let wait = |at: &str| format!("select wrappers_wait('local.users', at => {at}, timeout => '0.2 s')");
    assert_eq!(value(&mut client, &wait(&quote_literal(&fresh))), Some(fresh));
    let error = expect_error(&mut client, &wait("now()"));
    assert_eq!(error.code, "55000", "{error}");
    execute(&mut client, "update wrappers_copies set overlap = '0'");
    let at = value(&mut client, "select now() - interval '1 s'").unwrap();
    refresh(&mut client);
    assert!(value(&mut client, &wait(&quote_literal(&at))).is_some());
}

#[test]
fn plan_tells_the_requests_of_the_next_run() {
    let (_db, tenant, mut client) = copied(250);
    let plan = "select step, requests from wrappers_copy_plan('local.users')";
    let row = |step: &str, requests: &str| vec![Some(step.to_owned()), Some(requests.to_owned())];
    assert_eq!(rows(&mut client, plan), [row("rows", "1"), row("reconcile", "0"), row("keys", "0")]);
    execute(
        &mut client,
        "insert into wrappers_copy_keys (target, key, state) values ('local.users', '{a}', 'differs')",
    );
    let found = rows(&mut client, "select step, requests from wrappers_copy_plan('local.users', reconcile => true)");
    assert_eq!(found, [row("rows", "1"), row("reconcile", "3"), row("keys", "1")]);
    assert_eq!(request_lines(&tenant), Vec::<String>::new());
}

#[test]
fn paused_restored_and_dropped_copies_send_nothing() {
    let (_db, tenant, mut client) = copied(20);
    execute(&mut client, "select wrappers_copy_pause('local.users')");
    assert_eq!(expect_error(&mut client, "call wrappers_refresh('local.users')").code, "55000");
    execute(&mut client, "select wrappers_copy_resume('local.users')");
    refresh(&mut client);
    execute(&mut client, "update wrappers_copies set system_identifier = 1, next_run_at = now()");
    tenant.clear_requests();
    let error = expect_error(&mut client, "call wrappers_refresh('local.users')");
    assert!(error.code == "55000" && error.hint.contains("wrappers_copy_resume"), "{error}");
    client.batch_execute("call wrappers_refresh_due()").unwrap();
    assert_eq!(request_lines(&tenant), Vec::<String>::new());
    execute(&mut client, "select wrappers_copy_resume('local.users')");
    client.batch_execute("call wrappers_refresh_due()").unwrap();
    assert_eq!(request_lines(&tenant).len(), 2);

    execute(&mut client, "alter table local.users rename to people");
    client.batch_execute("call wrappers_refresh('local.people')").unwrap();
    execute(&mut client, "drop table local.people");
    assert_eq!(value(&mut client, "select count(*) from wrappers_copies").as_deref(), Some("0"));
}

#[test]
fn what_cannot_be_copied_is_refused_before_anything_is_made() {
    let (_db, tenant, mut client) = users_in_database(20);
    execute(
        &mut client,
        "create foreign table auth0.nokey (email text) server auth0_server options (object 'users');
         create foreign table auth0.guardian (name text) server auth0_server options (object 'guardian_policies');
         create table local.taken (user_id text primary key);
         create table local.plain (user_id text)",
    );
    for (sql, code) in [
        ("select wrappers_copy('auth0.nokey', 'local.x')", "42703"),
        ("select wrappers_copy('local.plain', 'local.x')", "42809"),
        ("select wrappers_copy('auth0.users', 'local.taken')", "42804"),
        ("select wrappers_copy('auth0.users', 'local.a.b')", "42602"),
        ("select wrappers_copy('auth0.users', 'local.x', every => '0')", "22023"),
        ("select wrappers_copy('auth0.users', 'local.x', deletes => 'never')", "22023"),
        ("select wrappers_copy('auth0.users', 'local.x', max_deletes => 'all')", "22023"),
        ("select wrappers_copy('auth0.users', 'local.x', retain => '1 day')", "22023"),
        ("select wrappers_copy(null, 'local.x')", "22004"),
    ] {
        let error = expect_error(&mut client, sql);
        assert_eq!(error.code, code, "{sql}: {error}");
        assert!(!error.hint.is_empty(), "{sql}: {error}");
    }
    assert_eq!(request_lines(&tenant), Vec::<String>::new());
    assert_eq!(value(&mut client, "select to_regclass('local.x')"), None);
    execute(&mut client, "select wrappers_copy('auth0.users', 'local.users')");
    assert_eq!(expect_error(&mut client, "select wrappers_copy('auth0.users', 'local.users')").code, "42710");
}

#[test]
fn existing_table_is_taken_over() {
    let (_db, _tenant, mut client) = users_in_database(120);
    execute(
        &mut client,
        "create table local.users (note text, like auth0.users, primary key (user_id));
         insert into local.users values ('mine', 'auth0|0001', 'wrong'), ('gone', 'auth0|9999', 'gone');
         select wrappers_copy('auth0.users', 'local.users')",
    );
    refresh(&mut client);
    let found = "select note, email from local.users where note is not null";
    assert_eq!(rows(&mut client, found), [[Some("mine".to_owned()), Some("1@example.com".to_owned())]]);
    assert_eq!(state(&mut client, "(rows, deletes_as_of is not null)").as_deref(), Some("(120,t)"));
}

#[test]
fn cancelled_run_is_no_failure_and_holds_no_lock() {
    let (db, tenant, mut client) = copied(250);
    tenant.fault(Fault::forever(FaultKind::StallBeforeHeaders));
    let run = "call wrappers_refresh('local.users', reconcile => true)";
    let (error, waited) = interrupt(&db, &mut client, run, Interrupt::Cancel, || !tenant.requests().is_empty());
    assert_eq!(error.code, "57014", "{error}");
    assert!(waited < Duration::from_millis(200), "{waited:?}");
    assert_eq!(state(&mut client, "(failures, last_error is null)").as_deref(), Some("(0,t)"));
    tenant.clear_faults();
    let mut other = db.client();
    reconcile(&mut other);
    assert_eq!(state(&mut other, "rows").as_deref(), Some("250"));
}

#[test]
fn dump_has_the_copies_and_their_rows_and_they_come_up_paused() {
    let (db, tenant, mut client) = users_in_database(120);
    execute(
        &mut client,
        "select wrappers_copy('auth0.users', 'local.users', history => 'local.users_history');
         insert into wrappers_copy_keys (target, key, state) values ('local.users', '{auth0|0001}', 'gone')",
    );
    let restored = format!("{}_restored", db.name());
    let shell = format!(
        "createdb -U postgres {restored} && pg_dump -U postgres {} | psql -U postgres -q -v ON_ERROR_STOP=1 -o /dev/null {restored} 2>&1",
        db.name()
    );
    assert_eq!(db.shell(&shell).trim(), "");
    let query = |sql: &str| db.shell(&format!("psql -U postgres -XAt {restored} 2>&1 <<'SQL'\n{sql}\nSQL\n"));
    let same = "select count(*), (select count(*) from local.users), (select count(*) from wrappers_copy_keys),
        (select count(*) from local.users_history) from wrappers_copies
        where target = 'local.users'::regclass and history = 'local.users_history'::regclass and kind = 'incremental'";
    // Keys to read again are not in a dump: a run compares all keys instead.
    assert_eq!(query(same).trim(), "1|120|0|120");
    // Another server has another system identifier.
    query("update wrappers_copies set system_identifier = 1");
    tenant.clear_requests();
    let refused = query("call wrappers_refresh('local.users')");
    assert!(refused.contains("restored in another server") && refused.contains("wrappers_copy_resume"), "{refused}");
    assert_eq!(request_lines(&tenant), Vec::<String>::new());
    query("select wrappers_copy_resume('local.users')");
    tenant.upsert_users(vec![user(7, "changed", 0)]);
    assert_eq!(query("call wrappers_refresh('local.users')").trim(), "CALL");
    assert_eq!(query("select name from local.users where user_id = 'auth0|0007'").trim(), "changed");
    assert_eq!(query("select count(*) from local.users_history").trim(), "121");
    db.shell(&format!("dropdb -U postgres --force {restored}"));
}

#[test]
fn copy_whose_runs_send_many_requests_says_so() {
    let (db, tenant) = (Database::create(), start_tenant(1));
    assert!(tenant.set_rows("organizations", 101));
    ForeignTable::users(&db, &tenant)
        .mapping_option("api_key", &tenant.full_token())
        .name("members")
        .columns("organization_id text, user_id text")
        .option("object", "organization_members")
        .create();
    let (mut client, notices) = db.client_with_notices();
    execute(&mut client, "create schema local; select wrappers_copy('auth0.members', 'local.members')");
    let notices = notices.take();
    let sent = request_lines(&tenant).len();
    assert!(notices.iter().any(|notice| notice.message.contains(&format!("{sent} requests"))), "{notices:?}");
}

#[test]
fn key_of_several_columns_and_a_list_of_many_parents_can_be_copied() {
    let (db, tenant) = (Database::create(), start_tenant(10));
    assert!(tenant.set_rows("organizations", 3));
    ForeignTable::users(&db, &tenant)
        .mapping_option("api_key", &tenant.full_token())
        .name("members")
        .columns("organization_id text, user_id text, email text")
        .option("object", "organization_members")
        .create();
    let mut client = db.client();
    execute(&mut client, "create schema local; select wrappers_copy('auth0.members', 'local.members')");
    let members = value(&mut client, "select count(*) from local.members").unwrap();
    assert_ne!(members, "0");
    assert_eq!(differences(&mut client, "local.members", "auth0.members"), NONE);
    // A row of its own is asked for by its organization, and deleted.
    execute(
        &mut client,
        "insert into local.members select organization_id, 'auth0|nobody', null from local.members limit 1;
         update local.members set email = 'changed' where user_id = (select min(user_id) from local.members)",
    );
    client.batch_execute("call wrappers_refresh('local.members')").unwrap();
    assert_eq!(differences(&mut client, "local.members", "auth0.members"), NONE);
    assert_eq!(value(&mut client, "select last_deletes from wrappers_copies").as_deref(), Some("1"));
}
