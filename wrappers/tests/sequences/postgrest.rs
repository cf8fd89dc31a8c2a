//! The statements of PostgREST 12: one query for a page, its count and its embedded tables, with all values as
//! parameters, prepared and executed repeatedly.

use wrappers_tests::postgres::Client;
use wrappers_tests::postgres::types::ToSql;

use crate::{copied_users, run};

/// The total, the number of rows on the page, and the page.
fn page(
    client: &mut Client,
    source: &str,
    counted: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> (Option<i64>, i64, String) {
    let (with, total) = if counted.is_empty() {
        (String::new(), "null::bigint".to_owned())
    } else {
        (
            format!(", pgrst_source_count AS (SELECT 1 FROM {counted})"),
            "(SELECT pg_catalog.count(*) FROM pgrst_source_count)".to_owned(),
        )
    };
    let sql = format!(
        "WITH pgrst_source AS ({source}) {with} SELECT {total} AS total_result_set, \
         pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]')::text AS body, \
         nullif(current_setting('response.headers', true), '') AS response_headers, \
         nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted \
         FROM ( SELECT * FROM pgrst_source ) _postgrest_t"
    );
    let statement = client.prepare(&sql).unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
    let mut found = Vec::new();
    // From the sixth execution with a generic plan.
    for _ in 0..7 {
        let mut transaction = client
            .build_transaction()
            .isolation_level(wrappers_tests::postgres::IsolationLevel::ReadCommitted)
            .read_only(true)
            .start()
            .unwrap();
        let row = transaction.query_one(&statement, parameters).unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
        found.push((row.get(0), row.get(1), row.get(2)));
        transaction.commit().unwrap();
    }
    found.dedup();
    assert_eq!(found.len(), 1, "seven times the same: {sql}");
    found.remove(0)
}

#[test]
fn pages_counts_and_embedded_tables_equal_those_of_the_copy() {
    let (_db, _tenant, mut client) = copied_users(140);
    run(
        &mut client,
        "create table orders as select n as id, (select array_agg(user_id order by user_id) from local.users)[1 + n % 90] as user_id
           from generate_series(1, 300) n;
         analyze orders",
    );
    let columns = r#""auth0"."users"."user_id", "auth0"."users"."email", "auth0"."users"."app_metadata""#;
    let (limit, offset, verified, at_least) = (25_i64, 10_i64, true, 300_i64);
    let ids: Vec<String> = client
        .query("select distinct user_id from orders limit 9", &[])
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let from = |rest: &str| format!(r#"SELECT {columns} FROM "auth0"."users" {rest}"#);
    let embedded = |limited: &str| {
        format!(
            r#"SELECT "auth0"."users"."user_id", COALESCE("users_orders_1"."users_orders_1", '[]') AS "orders"
               FROM "auth0"."users" LEFT JOIN LATERAL (
                 SELECT json_agg("users_orders_1")::jsonb AS "users_orders_1" FROM (
                   SELECT "orders_1"."id" FROM "public"."orders" AS "orders_1"
                   WHERE "orders_1"."user_id" = "auth0"."users"."user_id" ORDER BY "orders_1"."id" {limited}
                 ) AS "users_orders_1"
               ) AS "users_orders_1" ON TRUE
               WHERE "auth0"."users"."logins_count" >= $1 ORDER BY "auth0"."users"."user_id" ASC LIMIT $2 OFFSET $3"#
        )
    };
    let to_one = r#"SELECT "public"."orders"."id", row_to_json("orders_users_1".*)::jsonb AS "users"
        FROM "public"."orders" LEFT JOIN LATERAL (
          SELECT "users_1"."email", "users_1"."name" FROM "auth0"."users" AS "users_1"
          WHERE "users_1"."user_id" = "public"."orders"."user_id" LIMIT $1 OFFSET $2
        ) AS "orders_users_1" ON TRUE ORDER BY "public"."orders"."id" DESC LIMIT $3 OFFSET $2"#;
    let cases: Vec<(String, &str, Vec<&(dyn ToSql + Sync)>)> = vec![
        (
            from(r#"ORDER BY "auth0"."users"."user_id" ASC LIMIT $1 OFFSET $2"#),
            r#""auth0"."users""#,
            vec![&limit, &offset],
        ),
        (
            from(
                r#"WHERE "auth0"."users"."email_verified" = $1 AND "auth0"."users"."logins_count" >= $2 ORDER BY "auth0"."users"."created_at" DESC, "auth0"."users"."user_id" LIMIT $3 OFFSET $4"#,
            ),
            r#""auth0"."users" WHERE "auth0"."users"."email_verified" = $1 AND "auth0"."users"."logins_count" >= $2"#,
            vec![&verified, &at_least, &limit, &offset],
        ),
        (
            from(r#"WHERE "auth0"."users"."user_id" = ANY ($1) ORDER BY "auth0"."users"."user_id" LIMIT $2 OFFSET 0"#),
            "",
            vec![&ids, &limit],
        ),
        (
            from(
                r#"WHERE "auth0"."users"."app_metadata"->>'plan' = 'pro' AND "auth0"."users"."email_verified" IS TRUE ORDER BY "auth0"."users"."user_id""#,
            ),
            "",
            vec![],
        ),
        (from(r#"WHERE "auth0"."users"."email" ILIKE 'nobody%'"#), "", vec![]),
        (embedded(""), "", vec![&at_least, &limit, &offset]),
        (embedded("LIMIT $2 OFFSET 1"), "", vec![&at_least, &limit, &offset]),
        (to_one.to_owned(), r#""public"."orders""#, vec![&1_i64, &0_i64, &limit]),
    ];
    for (source, counted, parameters) in &cases {
        let found = page(&mut client, source, counted, parameters);
        let local = |sql: &str| sql.replace("\"auth0\".", "\"local\".");
        assert_eq!(found, page(&mut client, &local(source), &local(counted), parameters), "{source}");
        assert_eq!(found.1 == 0, source.contains("nobody"), "{source}: {found:?}");
    }
    // A function called through /rpc.
    for schema in ["auth0", "local"] {
        let text = r#"create function {s}.found(lowest bigint) returns setof {s}.users language sql stable as
             'select * from {s}.users where logins_count >= lowest order by user_id'"#;
        run(&mut client, &text.replace("{s}", schema));
    }
    let call = r#"SELECT "found"."email" FROM "auth0"."found"("lowest" := $1) LIMIT $2"#;
    let found = page(&mut client, call, "", &[&at_least, &limit]);
    assert_eq!(found, page(&mut client, &call.replace("\"auth0\"", "\"local\""), "", &[&at_least, &limit]));
    assert_eq!(found.1, 25);
}
