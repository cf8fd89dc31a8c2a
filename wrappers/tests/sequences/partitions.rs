//! Many servers in one query: unions, partitions, inheritance.

use wrappers_tests::auth0_tenant::{Tenant, TenantConfig};
use wrappers_tests::postgres::Client;
use wrappers_tests::{
    Database, ForeignTable, expect_error, explain, request_lines, rows, start_tenant, start_tenant_with,
};

use crate::{analyzed, count, run, same, sorted};

const SERVERS: usize = 7;

/// A tenant whose users have its name in their metadata.
fn tenant(number: usize) -> Tenant {
    let user = |n: usize| {
        let (email, logins) = (format!("user{}@x.example", n * 3 + number), n * 7 % 90);
        format!(
            r#"{{"user_id":"auth0|{number}-{n}","email":"{email}","logins_count":{logins},"app_metadata":{{"tenant":"{number}"}},"created_at":"2026-01-01T00:00:{:02}.000Z"}}"#,
            n % 60
        )
    };
    let users = (0..20 + number * 15).map(user).collect();
    start_tenant_with(TenantConfig { explicit_users: Some(users), ..TenantConfig::default() })
}

/// `auth0.users0` to `auth0.users6`, each with its own tenant and server, and copies in `local`.
fn servers(db: &Database) -> (Vec<Tenant>, Client) {
    let tenants: Vec<Tenant> = (0..SERVERS).map(tenant).collect();
    let mut client = db.client();
    run(&mut client, "create schema local");
    for (number, tenant) in tenants.iter().enumerate() {
        ForeignTable::users(db, tenant)
            .server(&format!("server{number}"))
            .name(&format!("users{number}"))
            .columns(
                "tenant text options (json_path 'app_metadata.tenant'), user_id text, email text, logins_count bigint",
            )
            .create();
        run(&mut client, &format!("create table local.users{number} as select * from auth0.users{number}"));
    }
    (tenants, client)
}

#[test]
fn seven_servers_in_one_query() {
    let db = Database::create();
    let (tenants, mut client) = servers(&db);
    let each = |what: &str, between: &str| {
        (0..SERVERS).map(|n| what.replace('#', &n.to_string())).collect::<Vec<_>>().join(between)
    };
    let union = each("select # as tenant, user_id, email from auth0.users#", " union all ");
    let all = same(&mut client, &union).len();
    assert_eq!(all, (0..SERVERS).map(|number| 20 + number * 15).sum::<usize>());
    assert!(tenants.iter().all(|tenant| !request_lines(tenant).is_empty()));
    assert_eq!(analyzed(&mut client, &union).matches("Foreign Scan on").count(), SERVERS);
    same(&mut client, &each("select email from auth0.users#", " union "));
    same(&mut client, &each("select email from auth0.users#", " intersect "));
    same(
        &mut client,
        &format!("select tenant, count(*), min(email) from ({union}) u group by tenant having count(*) > 40"),
    );
    let counts = each("(select count(*) n#, max(email) m# from auth0.users# where logins_count > #0) q#", ", ");
    same(&mut client, &format!("select * from {counts}"));
    let joins = each("join auth0.users# u# on u#.logins_count = u.logins_count + #", " ");
    same(&mut client, &format!("select u.user_id, u6.email from auth0.users6 u {joins}"));
}

#[test]
fn partitions_are_pruned_joined_attached_and_detached() {
    let db = Database::create();
    let (tenants, mut client) = servers(&db);
    for schema in ["auth0", "local"] {
        run(
            &mut client,
            &format!(
                "create table {schema}.everyone (tenant text, user_id text, email text, logins_count bigint) partition by list (tenant)"
            ),
        );
        for number in 0..SERVERS {
            let attach = format!("attach partition {schema}.users{number} for values in ('{number}')");
            run(&mut client, &format!("alter table {schema}.everyone {attach}"));
        }
    }
    let clear = || tenants.iter().for_each(Tenant::clear_requests);
    let asked = || tenants.iter().filter(|tenant| !request_lines(tenant).is_empty()).count();
    assert_eq!(same(&mut client, "select * from auth0.everyone").len(), 455);
    // Pruned during planning and during execution.
    clear();
    let one = "select user_id from auth0.everyone where tenant = '3'";
    assert_eq!(explain(&mut client, one).matches("Foreign Scan").count(), 1);
    run(
        &mut client,
        "set plan_cache_mode = force_generic_plan; prepare p (text) as select user_id from auth0.everyone where tenant = $1",
    );
    assert_eq!(sorted(&mut client, "execute p ('4')").len(), 80);
    assert_eq!(asked(), 1, "the other partitions get no request");
    let keys = "select e.user_id, k.email from local.users2 k join auth0.everyone e on e.user_id = k.user_id";
    same(&mut client, keys);
    for setting in ["enable_partitionwise_join", "enable_partitionwise_aggregate"] {
        run(&mut client, &format!("set {setting} = on"));
        same(&mut client, "select tenant, count(*) from auth0.everyone group by tenant");
        same(&mut client, "select a.email from auth0.everyone a join auth0.everyone b using (tenant, user_id)");
        same(&mut client, keys);
    }
    for schema in ["auth0", "local"] {
        run(&mut client, &format!("alter table {schema}.everyone detach partition {schema}.users6"));
    }
    assert_eq!(
        same(&mut client, "select user_id from auth0.everyone").len(),
        (0..6).map(|n| 20 + n * 15).sum::<usize>()
    );
    assert_eq!(count(&mut client, "select count(*) from auth0.users6"), 110);
}

#[test]
fn inheritance_parent_reads_its_foreign_children() {
    let db = Database::create();
    let (_tenants, mut client) = servers(&db);
    for schema in ["auth0", "local"] {
        run(
            &mut client,
            &format!(
                "create table {schema}.parent (tenant text, user_id text, email text, logins_count bigint);
                      insert into {schema}.parent values ('x', 'here|1', 'here@x.example', 3)"
            ),
        );
        for number in 0..3 {
            run(&mut client, &format!("alter table {schema}.users{number} inherit {schema}.parent"));
        }
    }
    assert_eq!(same(&mut client, "select * from auth0.parent").len(), 1 + 20 + 35 + 50);
    assert_eq!(same(&mut client, "select * from only auth0.parent").len(), 1);
    same(&mut client, "select email from auth0.parent where logins_count < 300 order by email limit 7");
    same(&mut client, "select count(*), count(distinct user_id) from auth0.parent");
    run(&mut client, "analyze auth0.parent");
    same(&mut client, "select p.email from auth0.parent p join local.users1 u using (user_id)");
}

/// `p.everyone` by tenant, with the partitions `p.eu` and `p.us`.
fn by_tenant(db: &Database) -> (Vec<Tenant>, Client) {
    let tenants: Vec<Tenant> = [130, 45].map(start_tenant).into();
    let mut client = db.client();
    run(
        &mut client,
        "create schema p;
         create table p.everyone (tenant text, number int, user_id text, email text, created_at timestamptz)
           partition by list (tenant)",
    );
    for (tenant, name) in tenants.iter().zip(["eu", "us"]) {
        let table = ForeignTable::users(db, tenant).server(name);
        run(&mut client, &format!("{}; {}", table.server_sql(), table.mapping_sql()));
        run(
            &mut client,
            &format!(
                "create foreign table p.{name} partition of p.everyone for values in ('{name}')
                   server {name} options (object 'users')"
            ),
        );
    }
    (tenants, client)
}

#[test]
fn constant_option_is_the_partition_key() {
    let db = Database::create();
    let (tenants, mut client) = by_tenant(&db);
    for name in ["eu", "us"] {
        run(
            &mut client,
            &format!(
                "alter foreign table p.{name} alter column tenant options (add constant '{name}'),
                   alter column number options (add constant '7')"
            ),
        );
    }
    for tenant in &tenants {
        tenant.set_unstable_ties(false);
    }
    let mut asked = |sql: &str| {
        tenants.iter().for_each(Tenant::clear_requests);
        let found: Vec<String> = rows(&mut client, sql).into_iter().flatten().flatten().collect();
        let requests = tenants.iter().map(|tenant| request_lines(tenant).len()).collect::<Vec<_>>();
        (found.join(" "), requests)
    };
    let of_eu = |requests: usize| ("130".to_owned(), vec![requests, 0]);
    assert_eq!(asked("select count(*) from p.everyone where tenant = 'eu'"), of_eu(2));
    assert_eq!(asked("select count(*) from p.everyone where tenant in ('eu', 'none')"), of_eu(2));
    // A condition that every row fulfils prevents neither the API's count nor its LIMIT.
    assert_eq!(asked("select count(*) from p.eu where tenant is not null and number = 7"), of_eu(1));
    assert_eq!(asked("select tenant from p.eu where tenant in ('eu', 'us') limit 1"), ("eu".to_owned(), vec![1, 0]));
    assert_eq!(asked("select count(*) from p.everyone where tenant = 'us' and number = 8").0, "0");
    assert_eq!(asked("select tenant, count(*) from p.everyone group by tenant order by 1").0, "eu 130 us 45");
    assert_eq!(asked("select distinct tenant, number from p.everyone order by 1").0, "eu 7 us 7");
    assert_eq!(asked("select tenant from p.everyone where tenant = 'us' limit 1"), ("us".to_owned(), vec![0, 1]));
    assert_eq!(asked("select count(*) from p.eu where tenant = 'us'").0, "0");
    assert_eq!(asked("select count(*) from p.everyone e where e is not null and tenant <> 'eu'").1[0], 0);
    let sorted = "select tenant from p.everyone where tenant = 'us' order by created_at desc limit 3";
    assert_eq!(asked(sorted), ("us us us".to_owned(), vec![0, 1]));
    assert!(explain(&mut client, "select tenant from p.eu where number = 7 limit 2").contains("per_page=2&"));
    let plan = explain(&mut client, "select tenant, email from p.eu");
    assert!(plan.contains("tenant = 'eu'") && !plan.contains("fields=user_id%2Ctenant"), "{plan}");
    run(&mut client, "analyze p.eu");
    run(&mut client, "alter foreign table p.eu alter column number options (set constant 'seven')");
    let error = expect_error(&mut client, "select number from p.eu");
    assert_eq!(error.code, "22P02", "{error}");
    assert!(error.message.contains("option \"constant\" of column \"number\""), "{error}");
}

#[test]
fn partition_key_read_from_the_api_gives_a_notice() {
    let db = Database::create();
    let (_tenants, _) = by_tenant(&db);
    let (mut client, notices) = db.client_with_notices();
    assert_eq!(count(&mut client, "select count(*) from p.everyone where tenant = 'eu'"), 0);
    let said = notices.take();
    assert!(said.iter().any(|notice| notice.message.contains("partition key \"tenant\" of \"eu\"")), "{said:?}");
    run(&mut client, "alter foreign table p.eu alter column tenant options (add constant 'eu')");
    notices.take();
    assert_eq!(count(&mut client, "select count(*) from p.everyone where tenant = 'eu'"), 130);
    assert!(notices.take().is_empty());
}
