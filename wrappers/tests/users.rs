//! The main use case: a tenant's users as rows, every value as Auth0 sent it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;
use wrappers_tests::auth0_tenant::{Tenant, TenantConfig};
use wrappers_tests::{
    Database, ForeignTable, TYPED_COLUMNS, expect_error, quote_literal, request_lines, rows, start_tenant,
    start_tenant_with, value,
};

/// The tenant's users.
fn users(tenant: &Tenant) -> Vec<Value> {
    (0..tenant.user_count()).map(|index| serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap()).collect()
}

/// A tenant with exactly these users.
fn tenant_of(users: &[&str]) -> Tenant {
    let users = users.iter().map(|user| (*user).to_owned()).collect();
    start_tenant_with(TenantConfig { explicit_users: Some(users), ..TenantConfig::default() })
}

/// Sorts values: a list of users has no defined order.
fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort();
    values
}

/// Expected values of the four columns of the best-known example for a user.
fn example_row(user: &Value) -> Vec<Option<String>> {
    let text = |name: &str| user[name].as_str().map(str::to_owned);
    let verified = match &user["email_verified"] {
        Value::Bool(value) => Some(if *value { "t" } else { "f" }.to_owned()),
        Value::String(value) => Some(if value == "true" { "t" } else { "f" }.to_owned()),
        _ => None,
    };
    vec![text("created_at"), text("email"), verified]
}

#[test]
fn upstream_statements_run_unchanged() {
    let (db, tenant) = (Database::create(), start_tenant(250));
    tenant.set_unstable_ties(false);
    let mut client = db.client();
    // As in upstream's documentation; the local tenant has no certificate, hence allow_http.
    client
        .batch_execute(&format!(
            "drop extension wrappers cascade;
             create extension wrappers;
             create foreign data wrapper auth0_wrapper
               handler auth0_fdw_handler
               validator auth0_fdw_validator;
             create server auth0_server
               foreign data wrapper auth0_wrapper
               options (url '{}/api/v2/users', api_key '{}', allow_http 'true');
             create schema if not exists auth0;
             create foreign table auth0.my_table (
               created_at text,
               email text,
               email_verified bool,
               identities jsonb
             )
               server auth0_server
               options (object 'users')",
            db.tenant_url(&tenant),
            tenant.default_token(),
        ))
        .unwrap();

    let found = rows(&mut client, "select * from auth0.my_table");
    let expected = users(&tenant);
    assert_eq!(
        sorted(found.iter().map(|row| row[..3].to_vec()).collect()),
        sorted(expected.iter().map(example_row).collect::<Vec<_>>())
    );
    let identities = |text: &Option<String>| text.as_deref().map(|text| serde_json::from_str::<Value>(text).unwrap());
    assert_eq!(
        sorted(found.iter().map(|row| format!("{:?}", identities(&row[3]))).collect()),
        sorted(expected.iter().map(|user| format!("{:?}", user.get("identities").cloned())).collect::<Vec<_>>())
    );
    assert_eq!(request_lines(&tenant).len(), 3, "{:?}", request_lines(&tenant));
}

#[test]
fn address_of_a_real_tenant_needs_no_other_option() {
    let db = Database::create();
    db.client()
        .batch_execute(
            "create server a foreign data wrapper auth0_wrapper
               options (url 'https://example.us.auth0.com/api/v2/users', api_key 'not-a-real-token');
             create server b foreign data wrapper auth0_wrapper
               options (api_key_id '3e8b5a4c-0f6d-4d1e-9a43-0d8a2f6b7c11')",
        )
        .unwrap();
}

#[test]
fn typed_columns_equal_postgres_casts_of_the_json() {
    let (db, tenant) = (Database::create(), start_tenant(900));
    ForeignTable::users(&db, &tenant).columns(&format!("{TYPED_COLUMNS}, attrs jsonb")).create();
    let mut client = db.client();
    client.batch_execute("create table copy as select * from auth0.users").unwrap();
    assert_eq!(value(&mut client, "select count(*) from copy").as_deref(), Some("900"));

    for column in TYPED_COLUMNS.split(", ") {
        let (name, ty) = column.trim().split_once(' ').unwrap();
        let own = match ty {
            "jsonb" => format!("nullif(attrs -> '{name}', 'null')"),
            _ => format!("(attrs ->> '{name}')::{ty}"),
        };
        let differing =
            rows(&mut client, &format!("select {name}, {own} from copy where {name} is distinct from {own}"));
        assert!(differing.is_empty(), "{name}: {differing:?}");
        let filled = value(&mut client, &format!("select count({name}) > 0 from copy"));
        assert_eq!(filled.as_deref(), Some("t"), "no user has {name}: nothing is compared");
    }
    for user in users(&tenant) {
        let json = quote_literal(&user.to_string());
        let same = format!("select count(*) from copy where attrs = {json}::jsonb");
        assert_eq!(value(&mut client, &same).as_deref(), Some("1"), "{user}");
    }
}

#[test]
fn column_reads_the_root_member_of_its_name_or_its_json_path() {
    let db = Database::create();
    let tenant = tenant_of(&[r#"{"user_id":"auth0|1","email":"a@x.com","tier":"gold","Weird Name":7,
        "app_metadata":{"plan":"pro","a.b":{"c":true},"list":[{"n":1},{"n":2}]},
        "identities":[{"connection":"main","user_id":42}]}"#]);
    ForeignTable::users(&db, &tenant)
        .columns(
            r#"user_id text, tier text, "Weird Name" int, missing text,
               plan text options (json_path 'app_metadata.plan'),
               second int options (json_path 'app_metadata.list[1].n'),
               past_the_end int options (json_path 'app_metadata.list[9].n'),
               through_a_string text options (json_path 'email.deeper'),
               dotted bool options (json_path 'app_metadata."a.b".c'),
               provider_id text options (json_path 'identities[0].user_id'),
               app_metadata json"#,
        )
        .create();
    let found = rows(&mut db.client(), "select * from auth0.users");
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        found,
        [[
            text("auth0|1"),
            text("gold"),
            text("7"),
            None,
            text("pro"),
            text("2"),
            None,
            None,
            text("t"),
            text("42"),
            text(r#"{"plan":"pro","a.b":{"c":true},"list":[{"n":1},{"n":2}]}"#),
        ]]
    );
}

#[test]
fn any_type_is_read_through_its_input_function() {
    let db = Database::create();
    let tenant = tenant_of(&[r#"{"user_id":"auth0|1","last_ip":"2001:db8::1","logins_count":7,
        "created_at":"2026-04-22T17:49:56.235Z","email_verified":"true","blocked":false,"name":"J\u00fcrgen \ud83d\ude00",
        "multifactor":["guardian","otp"],"scores":[1,null,3],"height":1.75,
        "ref":"3e8b5a4c-0f6d-4d1e-9a43-0d8a2f6b7c11","level":"high","identities":[{"isSocial":false}],
        "empty":"","nothing":null}"#]);
    let mut client = db.client();
    client
        .batch_execute("create domain score as int check (value < 100); create type level as enum ('low', 'high')")
        .unwrap();
    ForeignTable::users(&db, &tenant)
        .columns(
            "last_ip inet, logins_count int2, created_at timestamp, created date options (json_path 'created_at'), \
             raw_date text options (json_path 'created_at'), email_verified bool, blocked text, name varchar(6), \
             multifactor text[], scores int[], height numeric, half float8 options (json_path 'height'), \
             ref uuid, level level, identities text, checked score options (json_path 'logins_count'), \
             numeric_text text options (json_path 'height'), empty text, nothing jsonb, \
             as_json json options (json_path 'multifactor'), fixed char(9) options (json_path 'level')",
        )
        .create();
    let error = expect_error(&mut client, "select name from auth0.users");
    assert_eq!(error.code, "22001", "a name too long for varchar(6) is an error, not a shorter name: {error}");
    client.batch_execute("alter foreign table auth0.users alter name type varchar(8)").unwrap();
    client.batch_execute("set timezone = 'Asia/Tokyo'; set datestyle = iso").unwrap();
    let row = &rows(&mut client, "select * from auth0.users")[0];
    let found: Vec<&str> = row.iter().map(|value| value.as_deref().unwrap_or("(null)")).collect();
    assert_eq!(
        found,
        [
            "2001:db8::1",
            "7",
            "2026-04-22 17:49:56.235",
            "2026-04-22",
            "2026-04-22T17:49:56.235Z",
            "t",
            "false",
            "Jürgen 😀",
            "{guardian,otp}",
            "{1,NULL,3}",
            "1.75",
            "1.75",
            "3e8b5a4c-0f6d-4d1e-9a43-0d8a2f6b7c11",
            "high",
            r#"[{"isSocial":false}]"#,
            "7",
            "1.75",
            "",
            "(null)",
            r#"["guardian","otp"]"#,
            "high     ",
        ]
    );
}

#[test]
fn only_columns_of_the_query_are_requested() {
    let (db, tenant) = (Database::create(), start_tenant(150));
    tenant.set_unstable_ties(false);
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    let asked = |client: &mut _, sql: &str| {
        tenant.clear_requests();
        let count = rows(client, sql).len();
        (count, request_lines(&tenant))
    };
    assert_eq!(
        asked(&mut client, "select email from auth0.users"),
        (
            150,
            vec![
                // Sorted by created_at, so that concurrent inserts are noticed.
                "GET /api/v2/users?include_totals=true&fields=user_id%2Cemail%2Ccreated_at&include_fields=true&sort=created_at%3A1&per_page=100&page=0"
                    .to_owned(),
                "GET /api/v2/users?include_totals=true&fields=user_id%2Cemail%2Ccreated_at&include_fields=true&sort=created_at%3A1&per_page=100&page=1"
                    .to_owned(),
            ]
        )
    );
    // `attrs` is the whole user, so no member may be left out.
    let (count, lines) = asked(&mut client, "select attrs from auth0.users");
    assert_eq!((count, lines.len()), (150, 2));
    assert!(lines.iter().all(|line| !line.contains("fields=")), "{lines:?}");
    // A column that only a filter reads is also fetched.
    let (count, lines) = asked(&mut client, "select 1 from auth0.users where name is not null");
    assert!(count > 0 && lines[0].contains("fields=user_id%2Cname"), "{lines:?}");
    assert_eq!(value(&mut client, "select count(*) from auth0.users").as_deref(), Some("150"));
}

#[test]
fn explain_shows_the_request_without_sending_it() {
    let (db, tenant) = (Database::create(), start_tenant(150));
    tenant.set_unstable_ties(false);
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    let plan = wrappers_tests::explain(&mut client, "select email from auth0.users where email like '_a%'");
    assert_eq!(
        plan.lines().map(str::trim).collect::<Vec<_>>(),
        [
            "Foreign Scan on auth0.users",
            "Output: email",
            "Filter: (users.email ~~ '_a%'::text)",
            "Remote Request: GET /api/v2/users?include_totals=true&fields=user_id%2Cemail%2Ccreated_at&include_fields=true&sort=created_at%3A1&per_page=100&page=0",
            "Remote Paging: 100 rows a page, from 1000 rows on in slices of created_at",
            "Remote Columns: email = email",
        ]
    );
    assert_eq!(request_lines(&tenant), [""; 0]);

    for (format, label) in [
        ("json", r#""Remote Request": "GET /api/v2/users?"#),
        ("xml", "<Remote-Request>GET /api/v2/users?"),
        ("yaml", r#"Remote Request: "GET /api/v2/users?"#),
    ] {
        let plan = value(&mut client, &format!("explain (format {format}) select email from auth0.users")).unwrap();
        assert!(plan.contains(label), "{plan}");
    }
    assert_eq!(request_lines(&tenant), [""; 0]);

    let plan = rows(&mut client, "explain (analyze, timing off, summary off) select * from auth0.users");
    let plan: Vec<String> = plan.into_iter().flatten().flatten().collect();
    for line in ["Requests: 2", "Retries: 0", "Rows Received: 150"] {
        assert!(plan.iter().any(|found| found.trim() == line), "no \"{line}\" in {plan:#?}");
    }
}

#[test]
fn tenant_without_users_is_an_empty_table() {
    let (db, tenant) = (Database::create(), start_tenant(0));
    ForeignTable::users(&db, &tenant).create();
    assert!(rows(&mut db.client(), "select * from auth0.users").is_empty());
    assert_eq!(request_lines(&tenant).len(), 1);
}

#[test]
fn dropped_and_added_columns_keep_values_in_place() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    ForeignTable::users(&db, &tenant).columns("a text, email text, user_id text").create();
    let mut client = db.client();
    client
        .batch_execute("alter foreign table auth0.users drop column a; alter foreign table auth0.users add name text")
        .unwrap();
    let found = sorted(rows(&mut client, "select email, user_id, name from auth0.users"));
    let field = |user: &Value, name: &str| user[name].as_str().map(str::to_owned);
    let expected: Vec<_> = users(&tenant)
        .iter()
        .map(|user| vec![field(user, "email"), field(user, "user_id"), field(user, "name")])
        .collect();
    assert_eq!(found, sorted(expected));
}

#[test]
fn compressed_answers_are_read() {
    let (db, tenant) =
        (Database::create(), start_tenant_with(TenantConfig { compress: true, users: 120, ..TenantConfig::default() }));
    ForeignTable::users(&db, &tenant).create();
    assert_eq!(rows(&mut db.client(), "select * from auth0.users").len(), 120);
}

/// Recorded users of a real tenant, if recordings are available.
#[test]
fn recorded_users_are_read_completely() {
    let Some(folder) = std::env::var_os("AUTH0_RECORDINGS") else {
        eprintln!("skipped: AUTH0_RECORDINGS names no folder of recordings");
        return;
    };
    let db = Database::create();
    let tenant = start_tenant_with(TenantConfig { recordings: Some(folder.into()), ..TenantConfig::default() });
    assert!(tenant.user_count() > 0, "the recordings hold no user");
    ForeignTable::users(&db, &tenant).columns(&format!("{TYPED_COLUMNS}, attrs jsonb")).create();
    let mut client = db.client();
    let found = rows(&mut client, "select attrs from auth0.users").into_iter().flatten().flatten();
    let found: Vec<Value> = found.map(|text| serde_json::from_str(&text).unwrap()).collect();
    let expected = users(&tenant);
    assert_eq!(found.len(), expected.len());
    for user in &expected {
        assert!(found.contains(user), "{user}");
    }
    assert_eq!(rows(&mut client, "select * from auth0.users").len(), expected.len());
}
