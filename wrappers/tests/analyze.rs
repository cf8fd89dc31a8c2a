//! ANALYZE: its requests, the planner's statistics, and their effect on later requests.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::Fault;
use wrappers_tests::auth0_tenant::FaultKind::HtmlInsteadOfJson;
use wrappers_tests::auth0_tenant::TenantConfig;
use wrappers_tests::{
    Database, ForeignTable, expect_error, explain, request_lines, rows, start_tenant, start_tenant_with, value,
};

const SIZE: &str = "select reltuples::int from pg_class where oid = 'auth0.users'::regclass";

#[test]
fn analyze_stores_row_count_and_value_statistics() {
    let (db, tenant) = (Database::create(), start_tenant(730));
    tenant.set_unstable_ties(false);
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    assert_eq!(value(&mut client, SIZE).as_deref(), Some("-1"));
    client.batch_execute("analyze auth0.users").unwrap();
    assert_eq!(request_lines(&tenant).len(), 8);
    assert_eq!(value(&mut client, SIZE).as_deref(), Some("730"));
    let statistics = "select n_distinct::text, null_frac::text from pg_stats where schemaname = 'auth0' and attname =";
    assert_eq!(
        rows(&mut client, &format!("{statistics} 'user_id'")),
        [[Some("-1".to_owned()), Some("0".to_owned())]],
        "ids are distinct"
    );
    let verified = rows(&mut client, &format!("{statistics} 'email_verified'"));
    assert_eq!(verified[0][0].as_deref(), Some("2"), "true and false");
}

#[test]
fn planner_chooses_list_or_lookups_by_table_size() {
    let (db, tenant) = (Database::create(), start_tenant(900));
    tenant.set_unstable_ties(false);
    // Not in batches, which would be one request at any size.
    ForeignTable::users(&db, &tenant).option("pushdown", "safe").create();
    let mut client = db.client();
    client.batch_execute("create table keys as select user_id from auth0.users limit 50; analyze keys").unwrap();
    let mut requests = |sql: &str| {
        tenant.clear_requests();
        let count = rows(&mut client, sql).len();
        (count, request_lines(&tenant).len())
    };
    let join = "select email from keys join auth0.users using (user_id)";
    assert_eq!(requests(join), (50, 50), "of a tenant of unknown size");
    requests("analyze auth0.users");
    assert_eq!(requests(join), (50, 10), "ten pages are fewer requests than fifty lookups");
    assert_eq!(requests("select email from auth0.users where user_id = (select min(user_id) from keys)"), (1, 1));
    assert_eq!(requests("select email from (select * from keys limit 3) k join auth0.users using (user_id)"), (3, 3));
}

#[test]
fn analyzed_list_below_its_page_cap_keeps_the_order_of_the_api() {
    // Users of equal times change places in sorted pages only.
    let (db, tenant) = (Database::create(), start_tenant(950));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    client.batch_execute("analyze auth0.users").unwrap();
    tenant.clear_requests();
    assert_eq!(rows(&mut client, "select user_id from auth0.users").len(), 950);
    let lines = request_lines(&tenant);
    assert!(lines.len() == 10 && !lines.iter().any(|line| line.contains("sort=")), "{lines:#?}");
}

#[test]
fn analyze_samples_a_list_above_its_page_cap_and_estimates_its_size() {
    let (db, tenant) = (Database::create(), start_tenant(6000));
    ForeignTable::users(&db, &tenant).option("pushdown", "safe").create();
    let mut client = db.client();
    client.batch_execute("analyze auth0.users").unwrap();
    let requests = request_lines(&tenant).len();
    assert!(requests <= 25, "{requests} requests for a sample of 1,000 rows");
    let size: u32 = value(&mut client, SIZE).unwrap().parse().unwrap();
    assert!((4000..=9000).contains(&size), "{size} of 6000");
    // Fewer keys than pages of the list.
    let ids = (0..30).map(|n| format!("'auth0|nobody{n}'")).collect::<Vec<_>>().join(", ");
    let plan = explain(&mut client, &format!("select * from auth0.users where user_id in ({ids})"));
    assert!(plan.contains("Remote Request: GET /api/v2/users/{user_id}"), "{plan}");
    assert_eq!(rows(&mut client, "select 1 from auth0.users").len(), 6000);
}

#[test]
fn failed_analyze_is_an_error_and_keeps_statistics() {
    let (db, tenant) = (Database::create(), start_tenant(20));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    tenant.fault(Fault::once(HtmlInsteadOfJson));
    assert_eq!(expect_error(&mut client, "analyze auth0.users").code, "08P01");
    assert_eq!(value(&mut client, SIZE).as_deref(), Some("-1"));
    client.batch_execute("analyze auth0.users").unwrap();
    assert_eq!(value(&mut client, SIZE).as_deref(), Some("20"));
}

#[test]
fn analyze_skips_values_that_do_not_fit_with_one_warning_per_column() {
    let user = |n: usize| {
        let verified = if n == 7 { r#""secret-of-seven@x.com""# } else { "true" };
        format!(r#"{{"user_id":"auth0|{n:02}","name":"n{n}","nickname":"same","email_verified":{verified}}}"#)
    };
    let users = (0..50).map(user).collect();
    let tenant = start_tenant_with(TenantConfig { explicit_users: Some(users), ..TenantConfig::default() });
    let db = Database::create();
    ForeignTable::users(&db, &tenant).columns("user_id text, name int, nickname text, email_verified bool").create();
    let (mut client, notices) = db.client_with_notices();
    client.batch_execute("begin; savepoint s; analyze auth0.users; release s; commit").unwrap();
    let notices = notices.take();
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(notices[0].message.contains("column \"name\" of type integer"), "{notices:?}");
    assert!(notices[1].message.contains("column \"email_verified\" of type boolean"), "{notices:?}");
    assert!(notices[1].message.contains("auth0|07"), "{notices:?}");
    assert!(!format!("{notices:?}").contains("secret-of-seven"), "{notices:?}");
    assert_eq!(value(&mut client, SIZE).as_deref(), Some("50"));
    let nulls = "select null_frac::text from pg_stats where schemaname = 'auth0' and attname in \
                 ('user_id', 'name', 'nickname', 'email_verified') order by attname";
    let nulls: Vec<_> = rows(&mut client, nulls).into_iter().flatten().flatten().collect();
    assert_eq!(nulls, ["0.02", "1", "0", "0"]);
    // A query still names the row.
    assert_eq!(expect_error(&mut client, "select email_verified from auth0.users").code, "22P02");
}
