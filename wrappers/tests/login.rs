//! Client credentials: one token for all sessions of a credential, no token for other sessions, and it is never
//! shown.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::thread;
use std::time::Duration;

use wrappers_tests::auth0_tenant::{Fault, FaultKind, Tenant, TenantConfig};
use wrappers_tests::{
    Database, ForeignTable, Interrupt, expect_error, interrupt, rows, start_tenant, start_tenant_with, value,
};

const AUDIENCE: &str = "https://local-tenant.us.auth0.com/api/v2/";

/// The table `users` of a tenant, with the application's credentials in a user mapping.
fn table<'a>(db: &'a Database, tenant: &Tenant) -> ForeignTable<'a> {
    ForeignTable::users(db, tenant)
        .without_mapping()
        .server_option("audience", AUDIENCE)
        .mapping_option("client_id", "local-client-id")
        .mapping_option("client_secret", "local-client-secret")
}

fn logins(tenant: &Tenant) -> usize {
    tenant.requests().iter().filter(|request| request.path == "/oauth/token").count()
}

#[test]
fn twenty_sessions_share_one_login() {
    let (db, tenant) = (Database::create(), start_tenant(50));
    table(&db, &tenant).create();
    tenant.set_latency(Duration::from_millis(100));
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| assert_eq!(rows(&mut db.client(), "select user_id from auth0.users").len(), 50));
        }
    });
    assert_eq!(logins(&tenant), 1);
}

#[test]
fn token_expired_or_revoked_during_a_scan_loses_no_row() {
    let db = Database::create();
    let tenant = start_tenant_with(TenantConfig {
        users: 950,
        unstable_ties: false,
        token_lifetime: Duration::from_secs(8),
        ..TenantConfig::default()
    });
    table(&db, &tenant).server_option("max_concurrent_requests", "1").create();
    // Twice ten pages in twelve seconds: the first token expires meanwhile, and is renewed once before.
    tenant.set_latency(Duration::from_millis(600));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut client = db.client();
                for _ in 0..2 {
                    assert_eq!(rows(&mut client, "select user_id from auth0.users").len(), 950);
                }
            });
        }
    });
    let renewed = logins(&tenant);
    assert!((3..=4).contains(&renewed), "{renewed} logins in about thirteen seconds");
    assert!(tenant.requests().iter().all(|request| request.status == Some(200)), "no token has been refused");

    tenant.set_latency(Duration::ZERO);
    tenant.clear_requests();
    let revoked = FaultKind::Status {
        code: 401,
        body: r#"{"statusCode":401,"error":"Unauthorized","message":"Invalid token"}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: vec![],
    };
    tenant.fault(Fault::once(revoked).on_query("page=4"));
    assert_eq!(rows(&mut db.client(), "select user_id from auth0.users").len(), 950);
    let logins = logins(&tenant);
    assert!((1..=2).contains(&logins), "{logins}");
}

#[test]
fn client_secret_may_be_in_vault_and_client_id_on_the_server() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    let id = value(&mut db.client(), "select vault.create_secret('local-client-secret', 'auth0 application')").unwrap();
    let on_server = |name: &str, option: &str, value: &str| {
        ForeignTable::users(&db, &tenant)
            .without_mapping()
            .server(name)
            .name(name)
            .server_option("audience", AUDIENCE)
            .server_option("client_id", "local-client-id")
            .server_option(option, value)
            .create();
        assert_eq!(rows(&mut db.client(), &format!("select * from auth0.{name}")).len(), 3);
    };
    on_server("by_id", "client_secret_id", &id);
    on_server("by_name", "client_secret_name", "auth0 application");
    ForeignTable::users(&db, &tenant)
        .without_mapping()
        .server("split")
        .name("split")
        .server_option("audience", AUDIENCE)
        .server_option("client_id", "local-client-id")
        .mapping_option("client_secret", "local-client-secret")
        .create();
    assert_eq!(rows(&mut db.client(), "select * from auth0.split").len(), 3);
    // Three credentials have three tokens.
    assert_eq!(logins(&tenant), 3);

    let mut client = db.client();
    client.batch_execute("alter server split options (drop client_id)").unwrap();
    let error = expect_error(&mut client, "select * from auth0.split");
    assert_eq!(error.code, "HV00J", "{error}");
    assert!(error.hint.contains("client_id"), "{error}");
}

#[test]
fn role_never_uses_the_token_of_another_role() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    table(&db, &tenant).create();
    let (same, wrong) = (db.create_role("same"), db.create_role("wrong"));
    let mut client = db.client();
    for (role, secret) in [(&same, "local-client-secret"), (&wrong, "wrong-secret")] {
        client
            .batch_execute(&format!(
                "grant usage on schema auth0 to \"{role}\"; grant select on auth0.users to \"{role}\";
                 grant usage on foreign server auth0_server to \"{role}\";
                 create user mapping for \"{role}\" server auth0_server
                   options (client_id 'local-client-id', client_secret '{secret}')"
            ))
            .unwrap();
    }
    let all = "select * from auth0.users";
    assert_eq!(rows(&mut client, all).len(), 3);
    assert_eq!(logins(&tenant), 1);
    // The same application in another mapping has its own token.
    assert_eq!(rows(&mut db.client_as(&same), all).len(), 3);
    assert_eq!(logins(&tenant), 2);
    // A wrong secret is an error, whatever token others have for the same client.
    let error = expect_error(&mut db.client_as(&wrong), all);
    assert_eq!(error.code, "28000", "{error}");
    // SET ROLE, a view and a function behave as with postgres_fdw.
    client.batch_execute(&format!("set role \"{wrong}\"")).unwrap();
    assert_eq!(expect_error(&mut client, all).code, "28000");
    client.batch_execute("reset role").unwrap();
    assert_eq!(rows(&mut client, all).len(), 3);
    client
        .batch_execute(&format!(
            "create view v as select * from auth0.users; grant select on v to \"{wrong}\";
             create function f() returns bigint language sql security definer
               as 'select count(email) from auth0.users';
             create function g() returns bigint language sql as 'select count(email) from auth0.users';"
        ))
        .unwrap();
    let mut other = db.client_as(&wrong);
    assert_eq!(rows(&mut other, "select * from v").len(), 3);
    assert_eq!(value(&mut other, "select f()").as_deref(), Some("3"));
    assert_eq!(expect_error(&mut other, "select g()").code, "28000");
    // A changed secret is used at once, also in a session that has logged in before.
    let logins_before = logins(&tenant);
    client
        .batch_execute("alter user mapping for public server auth0_server options (set client_secret 'other')")
        .unwrap();
    assert_eq!(expect_error(&mut client, all).code, "28000");
    assert_eq!(logins(&tenant), logins_before + 1);
}

#[test]
fn login_can_be_cancelled_and_other_sessions_continue() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    table(&db, &tenant).server_option("request_timeout", "1 h").server_option("retry_timeout", "1 h").create();
    tenant.fault(Fault::forever(FaultKind::StallBeforeHeaders).on_path("/oauth/token"));
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    let waits = || logins(&tenant) == 1 && db.waits_for(pid, "WrappersLogin");
    let (error, waited) = interrupt(&db, &mut client, "select * from auth0.users", Interrupt::Cancel, waits);
    assert_eq!(error.code, "57014", "{error}");
    assert!(waited < Duration::from_millis(200), "{waited:?}");
    // The lease ended with the statement.
    tenant.clear_faults();
    assert_eq!(rows(&mut db.client(), "select * from auth0.users").len(), 3);
}

#[test]
fn client_secret_and_token_are_never_shown() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    table(&db, &tenant).server_option("max_retries", "0").create();
    let mut client = db.client();
    client
        .batch_execute("set client_min_messages = debug1; set log_min_messages = debug1; set log_statement = 'none'")
        .unwrap();
    let mut seen = String::new();
    let sql = "select * from auth0.users";
    for body in [
        r#"{"error":"access_denied","error_description":"no local-client-secret"}"#.to_owned(),
        format!(r#"{{"error":"access_denied","error_description":"{}local-client-secret"}}"#, "x".repeat(490)),
    ] {
        let refusal =
            FaultKind::Status { code: 401, body, content_type: "application/json".to_owned(), headers: vec![] };
        tenant.fault(Fault::once(refusal).on_path("/oauth/token"));
        seen += &format!("{}\n", expect_error(&mut client, sql));
    }
    assert_eq!(rows(&mut client, sql).len(), 3);
    let token = db.shell("cat /dev/shm/wrappers-*/*/token-*");
    let (_, token) = token.split_once("eyJ").expect("a token in the folder of the server");
    let signature: String = token.split('.').nth(2).unwrap().chars().take(16).collect();
    for fault in [FaultKind::HtmlInsteadOfJson, FaultKind::TruncateBody, FaultKind::BrokenJson] {
        tenant.fault(Fault::once(fault));
        seen += &format!("{}\n", expect_error(&mut client, sql));
    }
    seen += &format!("{:?}\n", rows(&mut client, &format!("explain (analyze, verbose) {sql}")));
    seen += &format!("{:?}\n", rows(&mut client, "select * from pg_stat_activity where datname = current_database()"));
    let log = db.server_log();
    for secret in ["local-client-secret", "local-client-s", signature.as_str()] {
        assert!(!seen.contains(secret), "{secret} is in what a session sees:\n{seen}");
        assert!(!log.contains(secret), "{secret} is in the server's log");
    }
}
