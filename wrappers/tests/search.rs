//! Filters and orders sent to the API: the plan, the exact requests, and the rows, which equal those of the same
//! query with pushdown off.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::{Tenant, TenantConfig};
use wrappers_tests::postgres::Client;
use wrappers_tests::{
    Database, ForeignTable, TYPED_COLUMNS, expect_error, explain, request_lines, rows, start_tenant, start_tenant_with,
};

fn user(id: &str, more: &str) -> String {
    format!(
        r#"{{"user_id":"{id}","created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:00.000Z"{more}}}"#
    )
}

/// Users whose values Auth0 and Postgres compare differently.
fn population() -> Vec<String> {
    vec![
        user(
            "a|1",
            r#","name":"Ann","email":"ann@x.example","username":"ann","blocked":true,"logins_count":3,"last_login":"2026-10-01T10:00:00.123Z","app_metadata":{"plan":"pro","beta":true}"#,
        ),
        user(
            "a|2",
            r#","name":"ANN","email":"ANN@x.example","username":"ANN","blocked":false,"logins_count":0,"email_verified":"true","app_metadata":{"plan":"5"}"#,
        ),
        user(
            "a|3",
            r#","name":"","username":"annabel","logins_count":30,"email_verified":false,"last_login":"2026-11-01T10:00:00.123Z","app_metadata":{"plan":null,"roles":["a","b"]}"#,
        ),
        user(
            "a|4",
            r#","name":null,"email_verified":true,"app_metadata":{"plan":5},"identities":[{"connection":"db"},{"connection":"other"}]"#,
        ),
        user(
            "a|5",
            r#","name":"50% \"a\\b\" *","email_verified":"false","app_metadata":{"plan":"Pro"},"identities":[{"connection":"other"}]"#,
        ),
        user("a|6", r#","name":"\u00e9ric","last_login":"2026-10-31T23:59:59.999Z""#),
    ]
}

fn start() -> Tenant {
    start_tenant_with(TenantConfig { explicit_users: Some(population()), ..TenantConfig::default() })
}

/// Creates `auth0.users` and, with pushdown off, `auth0.whole`.
fn tables(db: &Database, tenant: &Tenant) -> Client {
    let columns = format!("{TYPED_COLUMNS}, plan text options (json_path 'app_metadata.plan')");
    ForeignTable::users(db, tenant).columns(&columns).create();
    ForeignTable::users(db, tenant).columns(&columns).name("whole").option("pushdown", "off").create_on_server();
    db.client()
}

/// The decoded `q` of a request line; `*` for a list without it, otherwise the line itself.
fn query_of(line: &str) -> String {
    let Some(arguments) = line.strip_prefix("GET /api/v2/users?") else { return line.to_owned() };
    let q = url::form_urlencoded::parse(arguments.as_bytes()).find(|(name, _)| name == "q");
    q.map_or("*".to_owned(), |(_, q)| q.into_owned())
}

/// The user ids for a condition, its search request, and EXPLAIN's output.
#[track_caller]
fn asked(client: &mut Client, tenant: &Tenant, condition: &str) -> (String, String) {
    let ids = |client: &mut Client, table: &str| {
        let found = rows(client, &format!("select substr(user_id, 3) from auth0.{table} where {condition} order by 1"));
        found.into_iter().flatten().flatten().collect::<Vec<_>>().join(" ")
    };
    let expected = ids(client, "whole");
    tenant.clear_requests();
    let found = ids(client, "users");
    assert_eq!(found, expected, "{condition}");
    let lines: Vec<String> = request_lines(tenant).iter().map(|line| query_of(line)).collect();
    let plan = explain(client, &format!("select user_id from auth0.users where {condition}"));
    let shown = plan.lines().find_map(|line| line.trim().strip_prefix("Remote Filter: ")).unwrap_or("*");
    if !shown.contains('$') && lines.len() == 1 && !lines[0].starts_with("GET") {
        assert_eq!(shown, lines[0], "{condition}");
    }
    (lines.join(" ; "), found)
}

#[test]
fn filters_become_one_search_and_postgres_rechecks_rows() {
    let (db, tenant) = (Database::create(), start());
    let mut client = tables(&db, &tenant);
    let cases = [
        // The condition, the search sent, and the users left after Postgres's filter.
        ("name = 'Ann'", r#"name:"Ann""#, "1"),
        ("'Ann' = name", r#"name:"Ann""#, "1"),
        ("lower(name) = 'ann'", r#"name:"ann""#, "1 2"),
        ("name ilike 'ann'", r#"name:"ann""#, "1 2"),
        ("name like 'An%'", "name:an*", "1"),
        ("name like '50\\%%'", r"name:50\%*", "5"),
        ("name = '50% \"a\\b\" *'", r#"name:"50% \"a\\b\" *""#, "5"),
        ("name in ('Ann', 'x', null)", r#"name:("Ann" OR "x")"#, "1"),
        ("name is null", "NOT _exists_:name", "4"),
        ("username like '%nab%'", "username:*nab*", "3"),
        ("username <> 'ann'", r#"NOT username:"ann""#, "2 3"),
        ("username not in ('ann', 'ANN')", "*", "3"),
        ("name = ''", "*", "3"),
        ("name > 'B'", "*", "6"),
        ("blocked", "blocked:true", "1"),
        ("not blocked", "blocked:false", "2"),
        ("blocked is not true", "NOT blocked:true", "2 3 4 5 6"),
        ("email_verified", "NOT email_verified:false", "2 4"),
        ("email_verified = false", "NOT email_verified:true", "3 5"),
        ("logins_count > 0", "logins_count:{0 TO *]", "1 3"),
        ("logins_count between 0 and 3::smallint", "logins_count:[0 TO *] AND logins_count:[* TO 3]", "1 2"),
        ("logins_count = any (array[3, 30])", "(logins_count:[3 TO 3] OR logins_count:[30 TO 30])", "1 3"),
        ("last_login is null", "NOT _exists_:last_login", "2 4 5"),
        ("last_login >= '2026-11-01Z'", "last_login:[2026-11-01T00:00:00.000Z TO *]", "3"),
        ("last_login < '2026-10-01 10:00:00.1235Z'", "last_login:[* TO 2026-10-01T10:00:00.124Z]", "1"),
        ("last_login < 'infinity'", "*", "1 3 6"),
        ("plan = 'pro'", r#"app_metadata.plan:"pro""#, "1"),
        ("app_metadata->>'plan' = 'Pro'", r#"app_metadata.plan:"Pro""#, "5"),
        ("app_metadata #>> '{plan}' = 'pro'", r#"app_metadata.plan:"pro""#, "1"),
        ("app_metadata->>'plan' = '5'", "*", "2 4"),
        ("app_metadata->>'plan' is null", "*", "3 6"),
        ("app_metadata @> '{\"beta\": true}'", "app_metadata.beta:true", "1"),
        ("app_metadata @> '{\"roles\": [\"b\"]}'", r#"app_metadata.roles:"b""#, "3"),
        ("identities @> '[{\"connection\": \"other\"}]'", r#"identities.connection:"other""#, "4 5"),
        ("blocked or logins_count = 30", "(blocked:true OR logins_count:[30 TO 30])", "1 3"),
        ("blocked or length(name) = 3", "*", "1 2"),
        ("blocked and length(name) = 3", "blocked:true", "1"),
        ("not (blocked or logins_count = 30)", "blocked:false AND NOT logins_count:[30 TO 30]", "2"),
        ("name = null", "", ""),
        ("random() >= 0 and blocked", "blocked:true", "1"),
        ("name = (select 'Ann')", r#"name:"Ann""#, "1"),
        (
            "last_login > timestamptz '2026-11-02Z' - interval '2 days'",
            "last_login:[2026-10-31T00:00:00.000Z TO *]",
            "3 6",
        ),
        ("last_login > date '2026-10-20'", "last_login:[2026-10-20T00:00:00.000Z TO *]", "3 6"),
        (
            "email = 'ann@x.example'",
            "GET /api/v2/users-by-email?email=ann%40x.example&fields=user_id%2Cemail&include_fields=true",
            "1",
        ),
    ];
    client.batch_execute("set timezone = 'UTC'").unwrap();
    for (condition, query, ids) in cases {
        assert_eq!(asked(&mut client, &tenant, condition), (query.to_owned(), ids.to_owned()), "{condition}");
    }
}

#[test]
fn plan_shows_the_search() {
    let (db, tenant) = (Database::create(), start());
    let mut client = tables(&db, &tenant);
    let sql = "select user_id from auth0.users where name = 'Ann' and created_at > now() - interval '7 days'";
    let plan: Vec<String> = explain(&mut client, sql).lines().map(|line| line.trim().to_owned()).collect();
    assert_eq!(
        plan,
        [
            "Foreign Scan on auth0.users",
            "Output: user_id",
            "Filter: ((users.name = 'Ann'::text) AND (users.created_at > (now() - '7 days'::interval)))",
            "Remote Request: GET /api/v2/users?include_totals=true&fields=user_id%2Ccreated_at%2Cname&include_fields=true\
             &q=created_at%3A%5B%241+TO+*%5D+AND+name%3A%22Ann%22&search_engine=v3&per_page=100&page=0",
            "Remote Filter: created_at:[$1 TO *] AND name:\"Ann\"",
            "Remote Paging: 100 rows a page, from 1000 rows on in slices of created_at",
            "Remote Columns: user_id = user_id, created_at = created_at, name = name",
        ]
    );
    assert!(request_lines(&tenant).is_empty(), "planning sends nothing");
    let analyzed = rows(
        &mut client,
        "explain (analyze, costs off, timing off, summary off) select user_id from auth0.users where name = 'Ann'",
    );
    let analyzed: Vec<String> = analyzed.into_iter().flatten().flatten().map(|line| line.trim().to_owned()).collect();
    assert!(
        analyzed.contains(&"Rows Removed by Filter: 1".to_owned()),
        "without the recheck ANN would be returned: {analyzed:?}"
    );
}

#[test]
fn values_known_at_execution_are_searched_each_time() {
    let (db, tenant) = (Database::create(), start());
    let mut client = tables(&db, &tenant);
    for mode in ["force_custom_plan", "force_generic_plan"] {
        client.batch_execute(&format!("set plan_cache_mode = {mode}; deallocate all")).unwrap();
        client
            .batch_execute(
                "prepare by_name (text) as select user_id from auth0.users where name = $1;
                 prepare since (timestamptz) as select count(*) from auth0.users where last_login >= $1",
            )
            .unwrap();
        for round in 0..5 {
            for (name, expected) in [("'Ann'", "a|1"), ("'ANN'", "a|2"), ("null", ""), ("''", "a|3"), ("'nobody'", "")]
            {
                let found = rows(&mut client, &format!("execute by_name({name})"));
                let found: Vec<String> = found.into_iter().flatten().flatten().collect();
                assert_eq!(found.join(" "), expected, "{mode} {name} {round}");
            }
            for (since, expected) in
                [("'2026-11-01Z'", "1"), ("'2026-10-01Z'", "3"), ("'infinity'", "0"), ("null", "0")]
            {
                let found = rows(&mut client, &format!("execute since({since})"));
                assert_eq!(found[0][0].as_deref(), Some(expected), "{mode} {since} {round}");
            }
        }
    }
    // NULL sends no request.
    tenant.clear_requests();
    assert!(rows(&mut client, "execute by_name(null)").is_empty());
    assert!(request_lines(&tenant).is_empty());
    // Values of outer rows: one search each, one for repeated values.
    tenant.clear_requests();
    let sql = "select v.name, (select count(*) from auth0.users u where u.name = v.name)
               from (values ('Ann'), ('ANN'), (''), (null), ('Ann')) v (name)";
    let counts: Vec<Option<String>> = rows(&mut client, sql).into_iter().map(|mut row| row.remove(1)).collect();
    assert_eq!(counts.into_iter().flatten().collect::<Vec<_>>(), ["1", "1", "1", "0", "1"]);
    let lines: Vec<String> = request_lines(&tenant).iter().map(|line| query_of(line)).collect();
    assert_eq!(lines, [r#"name:"Ann""#, r#"name:"ANN""#, "*"]);
}

#[test]
fn pushdown_safe_and_off_send_no_search() {
    let (db, tenant) = (Database::create(), start());
    ForeignTable::users(&db, &tenant).option("pushdown", "safe").create();
    ForeignTable::users(&db, &tenant).name("whole").option("pushdown", "off").create_on_server();
    let mut client = db.client();
    for table in ["users", "whole"] {
        tenant.clear_requests();
        let sql = format!("select user_id from auth0.{table} where name = 'Ann' order by created_at limit 1");
        assert_eq!(rows(&mut client, &sql), [[Some("a|1".to_owned())]]);
        let lines = request_lines(&tenant);
        // The list, in its usual order.
        assert!(lines.len() == 1 && !lines[0].contains("q=") && lines[0].contains("&per_page=100&"), "{lines:?}");
    }
}

#[test]
fn long_value_list_is_several_searches_without_duplicates() {
    let (db, tenant) = (Database::create(), start_tenant(700));
    let mut client = tables(&db, &tenant);
    let sql = |table: &str| {
        format!(
            "select count(*), count(distinct user_id) from auth0.{table} where user_id = any (
               (select array_agg(user_id) from auth0.whole)::text[])"
        )
    };
    tenant.clear_requests();
    assert_eq!(rows(&mut client, &sql("users")), [[Some("700".to_owned()), Some("700".to_owned())]]);
    // Values that are equal in the index are found by more than one search.
    let names: Vec<String> =
        (0..400).map(|n| format!("'ann{n:0>40}'")).chain(["'Ann'".to_owned(), "'ANN'".to_owned()]).collect();
    tenant.set_users(population());
    tenant.clear_requests();
    let sql = format!("select user_id from auth0.users where name in ({}) order by 1", names.join(","));
    assert_eq!(rows(&mut client, &sql).concat(), [Some("a|1".to_owned()), Some("a|2".to_owned())]);
    assert!(request_lines(&tenant).len() > 1);
}

#[test]
fn order_by_with_limit_is_one_page() {
    let (db, tenant) = (Database::create(), start_tenant(2500));
    let mut client = tables(&db, &tenant);
    let mut times: Vec<String> = (0..2500)
        .map(|index| {
            let user: serde_json::Value = serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap();
            user["created_at"].as_str().unwrap().to_owned()
        })
        .collect();
    times.sort();
    let sql = |order: &str| {
        format!(
            "select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') from auth0.users order by created_at {order} limit 7"
        )
    };
    for (order, expected, sort) in [
        ("", times[..7].to_vec(), "created_at:1"),
        ("desc", times.iter().rev().take(7).cloned().collect(), "created_at:-1"),
        ("desc nulls last", times.iter().rev().take(7).cloned().collect(), "created_at:-1"),
    ] {
        tenant.clear_requests();
        let found: Vec<String> = rows(&mut client, &sql(order)).into_iter().flatten().flatten().collect();
        assert_eq!(found, expected, "{order}: the right rows of a tenant above its page cap");
        let lines = request_lines(&tenant);
        let expected = format!(
            "GET /api/v2/users?include_totals=true&fields=user_id%2Ccreated_at&include_fields=true&sort={}&per_page=7&page=0",
            sort.replace(':', "%3A")
        );
        assert_eq!(lines, [expected]);
    }
    let plan = explain(&mut client, &sql("desc"));
    assert!(plan.contains("Remote Sort: created_at DESC") && !plan.contains("Sort Key"), "{plan}");
    // If the API cannot return the order, or all rows are wanted, Postgres sorts.
    for query in [
        "select user_id from auth0.users order by name limit 5",
        "select user_id from auth0.users order by updated_at, user_id limit 5",
        "select user_id from auth0.users where length(name) > 3 order by updated_at limit 5",
        "select user_id from auth0.users order by created_at",
    ] {
        let plan = explain(&mut client, query);
        assert!(!plan.contains("Remote Sort"), "{query}\n{plan}");
    }
    // A filter that the search answers exactly keeps the order.
    let plan = explain(&mut client, "select user_id from auth0.users where blocked order by created_at desc limit 5");
    assert!(plan.contains("Remote Sort: created_at DESC") && plan.contains("Remote Filter: blocked:true"), "{plan}");
}

#[test]
fn rows_out_of_order_are_an_error() {
    let (db, tenant) = (
        Database::create(),
        start_tenant_with(TenantConfig {
            explicit_users: Some(vec![r#"{"user_id":"a|1"}"#.to_owned(), user("a|2", "")]),
            ..TenantConfig::default()
        }),
    );
    let mut client = tables(&db, &tenant);
    let error = expect_error(&mut client, "select user_id from auth0.users order by created_at limit 2");
    assert_eq!(error.message, "the rows of \"users\" are not in the order asked for: created_at:1");
    assert_eq!(rows(&mut client, "select user_id from auth0.whole order by created_at limit 2").len(), 2);
}

#[test]
fn count_with_exact_filters_is_one_request() {
    let (db, tenant) = (Database::create(), start());
    let mut client = tables(&db, &tenant);
    for (condition, count, query) in [
        ("blocked", "1", "blocked:true"),
        ("blocked is not true", "5", "NOT blocked:true"),
        ("logins_count >= 3 and not blocked", "0", "logins_count:[3 TO *] AND blocked:false"),
    ] {
        tenant.clear_requests();
        let sql = format!("select count(*) from auth0.users where {condition}");
        assert_eq!(rows(&mut client, &sql), [[Some(count.to_owned())]]);
        let lines = request_lines(&tenant);
        assert!(lines.len() == 1 && lines[0].contains("per_page=1&") && query_of(&lines[0]) == query, "{lines:?}");
    }
    // The search also finds ANN, so the rows have to be counted.
    let plan = explain(&mut client, "select count(*) from auth0.users where name = 'Ann'");
    assert!(!plan.contains("Remote Aggregate") && plan.contains("Remote Filter"), "{plan}");
}

#[test]
fn times_in_text_columns_are_searched_by_surrounding_days() {
    let (db, tenant) = (Database::create(), start());
    ForeignTable::users(&db, &tenant).columns("user_id text, last_login text").create();
    let mut client = db.client();
    tenant.clear_requests();
    let sql = "select user_id from auth0.users where last_login >= '2026-10-31T23' order by 1";
    assert_eq!(rows(&mut client, sql).concat(), [Some("a|3".to_owned()), Some("a|6".to_owned())]);
    let lines: Vec<String> = request_lines(&tenant).iter().map(|line| query_of(line)).collect();
    assert_eq!(lines, ["last_login:[2026-10-30 TO *]"]);
}

#[test]
fn partitions_security_barriers_and_policies_return_the_rows_of_a_local_table() {
    let (db, tenant) = (Database::create(), start());
    let mut client = tables(&db, &tenant);
    client
        .batch_execute(
            "create table auth0.copy as select * from auth0.whole;
             create table tenants (region text, user_id text, name text, last_login timestamptz) partition by list (region);
             create foreign table t1 partition of tenants for values in ('eu') server auth0_server options (object 'users');
             create table t2 partition of tenants for values in ('us');
             insert into t2 select 'us', user_id, name, last_login from auth0.copy;
             alter foreign table t1 alter region options (add json_path 'user_metadata.region')",
        )
        .unwrap();
    tenant.set_users(
        population()
            .into_iter()
            .map(|user| user.replace("\"user_id\"", "\"user_metadata\":{\"region\":\"eu\"},\"user_id\""))
            .collect(),
    );
    for (sql, expected) in [
        ("select region || substr(user_id, 3) from tenants where name = 'Ann' order by 1", vec!["eu1", "us1"]),
        (
            "select region || substr(user_id, 3) from tenants where region = 'eu' and last_login is null order by 1",
            vec!["eu2", "eu4", "eu5"],
        ),
        ("select count(*)::text from tenants", vec!["12"]),
        ("select substr(user_id, 3) from tenants order by last_login desc nulls last, region limit 1", vec!["3"]),
    ] {
        let found: Vec<String> = rows(&mut client, sql).into_iter().flatten().flatten().collect();
        assert_eq!(found, expected, "{sql}");
    }
    tenant.set_users(population());

    let role = db.create_role("reader");
    client
        .batch_execute(&format!(
            "create view visible with (security_barrier) as select user_id, name from auth0.users where not blocked or name = '';
             create function loud(text) returns bool language plpgsql cost 0.0001 as $$
               begin raise warning 'seen %', $1; return true; end $$;
             create table notes (user_id text, note text, owner text);
             insert into notes select user_id, 'note on ' || coalesce(name, '-'), case when name = 'Ann' then 'x' else '{role}' end
               from auth0.copy;
             alter table notes enable row level security;
             create policy own on notes using (owner = current_user);
             grant usage on schema auth0 to {role}; grant usage on foreign server auth0_server to {role};
             grant select on notes, visible, auth0.users to {role}"
        ))
        .unwrap();
    let (mut reader, notices) = db.client_with_notices();
    reader.batch_execute(&format!("set role {role}")).unwrap();
    let found = rows(&mut reader, "select substr(user_id, 3) from visible where loud(name) order by 1").concat();
    assert_eq!(found, [Some("2".to_owned()), Some("3".to_owned())]);
    let seen = notices.take().iter().filter(|notice| notice.message.starts_with("seen")).count();
    assert_eq!(seen, 2, "a function gets no row that the view hides");
    let sql =
        "select substr(u.user_id, 3) from notes n join auth0.users u using (user_id) where u.name like 'A%' order by 1";
    assert_eq!(rows(&mut reader, sql).concat(), [Some("2".to_owned())], "Ann's note is another owner's");
}
