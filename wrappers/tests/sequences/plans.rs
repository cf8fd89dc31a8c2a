//! Plans that are cached, run in workers, or run from PL/pgSQL.

use wrappers_tests::{expect_error, explain, postgres_major, quote_literal, value};

use crate::{analyzed, copied_users, count, rows, run, same, sorted};

const MODES: [&str; 3] = ["auto", "force_custom_plan", "force_generic_plan"];

/// Types and conditions of every kind that is pushed down, with values of some users.
const PUSHED: &[(&str, &str, &str)] = &[
    ("text", "user_id = $1", "select user_id from local.users order by 1 limit 3"),
    ("text", "email = $1", "select email from local.users where email is not null order by 1 limit 3"),
    ("text", "name > $1", "values ('K'), ('m'), ('')"),
    ("text", "plan = $1", "values ('pro'), ('free'), ('none')"),
    ("text", "email like $1", "values ('a%'), ('%@%'), ('')"),
    ("text", "app_metadata ->> 'plan' = $1", "values ('pro'), ('enterprise')"),
    ("text[]", "user_id = any ($1)", "select array_agg(user_id) from local.users where logins_count % 9 = 0"),
    ("text[]", "email = any ($1)", "select array_agg(email) from local.users where logins_count % 9 = 1"),
    ("bool", "email_verified = $1", "values ('t'), ('f')"),
    ("bool", "blocked is not distinct from $1", "values ('t'), ('f')"),
    ("bigint", "logins_count >= $1", "values ('1000'), ('0'), ('-1')"),
    ("bigint[]", "logins_count = any ($1)", "select array_agg(logins_count) from local.users where blocked"),
    (
        "timestamptz",
        "created_at < $1",
        "select percentile_disc(0.4) within group (order by created_at) from local.users",
    ),
    (
        "timestamptz",
        "last_login between $1 and 'infinity'",
        "select max(last_login) - interval '90 days' from local.users",
    ),
    ("text", "name is null or name = $1", "select name from local.users where name is not null order by 1 limit 2"),
    ("int", "true order by user_id limit $1", "values ('5'), ('0')"),
];

#[test]
fn ten_executions_of_each_pushed_condition_return_the_rows_of_the_copy() {
    let (_db, _tenant, mut client) = copied_users(120);
    for mode in MODES {
        run(&mut client, &format!("set plan_cache_mode = {mode}"));
        for (ty, condition, values) in PUSHED {
            let select = format!("select user_id, email, logins_count from auth0.users where {condition}");
            let copy = select.replace("auth0.", "local.");
            run(&mut client, &format!("prepare f ({ty}) as {select}; prepare l ({ty}) as {copy}"));
            let values: Vec<_> = sorted(&mut client, values).concat();
            for at in 0..10 {
                let argument = match values.get(at % (values.len() + 1)) {
                    Some(Some(value)) => quote_literal(value),
                    _ => "null".to_owned(),
                };
                let found = sorted(&mut client, &format!("execute f ({argument})"));
                let expected = sorted(&mut client, &format!("execute l ({argument})"));
                assert_eq!(found, expected, "{mode}: {condition} with {argument}");
            }
            let argument = values[0].as_deref().map_or("null".to_owned(), quote_literal);
            assert!(analyzed(&mut client, &format!("execute f ({argument})")).contains("Foreign Scan on users"));
            run(&mut client, "deallocate all");
        }
    }
}

#[test]
fn plpgsql_loops_run_static_and_dynamic_sql_and_catch_errors() {
    let (_db, _tenant, mut client) = copied_users(60);
    // Twelve calls: PL/pgSQL switches to generic plans after the fifth.
    for schema in ["auth0", "local"] {
        let text = "create function {s}_walk(out n bigint, out hash text) language plpgsql as $f$
             declare id text; u record; mail text; failed int := 0; texts text := '';
             begin
               n := 0;
               for id in select user_id from local.users where logins_count > 0 order by user_id limit 12 loop
                 select email into mail from {s}.users where user_id = id;
                 texts := texts || coalesce(mail, '-');
                 execute 'select count(*) from {s}.users where logins_count > $1' into u using n;
                 n := n + u.count;
                 begin
                   for u in select user_id, logins_count from {s}.users order by user_id loop
                     if u.user_id = id then perform 1 / (u.logins_count - u.logins_count); end if;
                   end loop;
                 exception when division_by_zero then failed := failed + 1;
                 end;
                 execute format('select count(*) from {s}.users where email = %L', mail) into u;
                 n := n + u.count;
               end loop;
               hash := md5(texts) || failed;
             end $f$"
            .replace("{s}", schema);
        run(&mut client, &text);
    }
    let expected = rows(&mut client, "select * from local_walk()");
    assert!(expected[0][1].as_ref().unwrap().ends_with("12"), "an error in each loop: {expected:?}");
    for mode in MODES {
        run(&mut client, &format!("set plan_cache_mode = {mode}"));
        assert_eq!(rows(&mut client, "select * from auth0_walk()"), expected, "{mode}");
    }
}

#[test]
fn parallel_joins_return_the_rows_of_the_copy() {
    let (_db, _tenant, mut client) = copied_users(150);
    run(
        &mut client,
        "create table big as select n, (select array_agg(user_id order by user_id) from local.users)[1 + n % 170] as id
           from generate_series(1, 60000) n;
         analyze big;
         set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;
         set max_parallel_workers_per_gather = 2",
    );
    let join = "select u.email, count(*), sum(n) from big join auth0.users u on u.user_id = big.id group by 1";
    let plan = explain(&mut client, join);
    assert!(plan.contains("Gather") && plan.contains("Foreign Scan"), "{plan}");
    for sql in [
        join,
        "select count(*) from big where exists (select from auth0.users u where u.user_id = big.id and u.email > 'h')",
        "select count(*), count(u.user_id) from big left join auth0.users u on u.user_id = big.id and u.logins_count > 500",
        "select sum(n) from big where id in (select user_id from auth0.users where email_verified)",
        "select id, max(n) from big where n % 1000 = 7 group by id union all select user_id, logins_count from auth0.users",
        "with u as materialized (select * from auth0.users) select count(*) from big join u on u.user_id = big.id",
    ] {
        assert!(!same(&mut client, sql).is_empty());
        assert!(analyzed(&mut client, sql).contains("Foreign Scan"));
    }
    // Everything parallel-safe runs in a worker.
    let force = if postgres_major() < 16 { "force_parallel_mode" } else { "debug_parallel_query" };
    run(&mut client, &format!("set {force} = on"));
    same(&mut client, join);
    same(&mut client, "select email, name from auth0.users where logins_count > 700");
    // A function wrongly marked parallel safe reads in the worker.
    for schema in ["auth0", "local"] {
        let text = "create function in_worker_{s}() returns bigint language plpgsql parallel safe as
             $f$ begin return (select count(*) from {s}.users where logins_count > 100); end $f$";
        run(&mut client, &text.replace("{s}", schema));
    }
    let plan = explain(&mut client, "select in_worker_auth0()");
    assert!(plan.contains("Single Copy: true"), "{plan}");
    let found = count(&mut client, "select in_worker_auth0()");
    assert_eq!(found, count(&mut client, "select in_worker_local()"));
}

#[test]
fn unsupported_statements_are_a_clear_error_and_the_session_continues() {
    let (_db, _tenant, mut client) = copied_users(20);
    for (sql, code, said) in [
        ("select * from auth0.users tablesample system (50)", "0A000", "TABLESAMPLE"),
        ("create index on auth0.users (email)", "42809", "foreign table"),
        ("alter table auth0.users add primary key (user_id)", "0A000", "foreign table"),
    ] {
        let error = expect_error(&mut client, sql);
        assert_eq!(error.code, code, "{sql}: {error}");
        assert!(error.message.contains(said) || error.detail.contains(said), "{sql}: {error}");
        assert_eq!(value(&mut client, "select count(*) from auth0.users").as_deref(), Some("20"), "{sql}");
    }
    // All tables at once: a foreign table has nothing to vacuum, and its rows are sampled.
    run(&mut client, "vacuum");
    run(&mut client, "analyze");
    let rows = "select reltuples::int from pg_class where oid = 'auth0.users'::regclass";
    run(&mut client, "analyze auth0.users");
    assert_eq!(value(&mut client, rows).as_deref(), Some("20"));
}
