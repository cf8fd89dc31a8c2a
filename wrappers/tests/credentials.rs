//! The credential that is sent, the places it may be configured, and that it is never shown.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::{Fault, FaultKind, Tenant};
use wrappers_tests::{Database, ForeignTable, VaultVersion, expect_error, quote_literal, rows, start_tenant, value};

/// Creates a Vault secret with this text and name; returns its id.
fn create_secret(db: &Database, secret: &str, name: &str) -> String {
    let sql = format!("select vault.create_secret({}, {})", quote_literal(secret), quote_literal(name));
    value(&mut db.client(), &sql).unwrap()
}

/// The users of a tenant on a server with one credential option and no user mapping.
fn table_with<'a>(db: &'a Database, tenant: &Tenant, option: &str, value: &str) -> ForeignTable<'a> {
    ForeignTable::users(db, tenant).without_mapping().server_option(option, value)
}

#[test]
fn vault_secret_is_found_by_id_and_name() {
    let tenant = start_tenant(3);
    let db = Database::create();
    let id = create_secret(&db, &tenant.default_token(), "auth0");
    table_with(&db, &tenant, "api_key_id", &id).server("by_id").name("by_id").create();
    table_with(&db, &tenant, "api_key_id", &id.to_uppercase()).server("by_upper").name("by_upper").create();
    table_with(&db, &tenant, "api_key_name", "auth0").server("by_name").name("by_name").create();
    for table in ["by_id", "by_upper", "by_name"] {
        assert_eq!(rows(&mut db.client(), &format!("select * from auth0.{table}")).len(), 3, "{table}");
    }
}

#[test]
fn older_vault_secret_is_also_found_by_key_id() {
    let tenant = start_tenant(3);
    let db = Database::create_with_vault(VaultVersion::V0_2);
    let token = quote_literal(&tenant.default_token());
    let insert = format!("insert into vault.secrets (name, secret) values ('auth0', {token}) returning key_id");
    let key_id = value(&mut db.client(), &insert).unwrap();
    table_with(&db, &tenant, "api_key_id", &key_id).create();
    assert_eq!(rows(&mut db.client(), "select * from auth0.users").len(), 3);
}

#[test]
fn vault_is_read_as_the_owner_of_the_server() {
    let tenant = start_tenant(3);
    let db = Database::create();
    let id = create_secret(&db, &tenant.default_token(), "auth0");
    table_with(&db, &tenant, "api_key_id", &id).create();
    let reader = db.create_role("reader");
    db.client()
        .batch_execute(&format!(
            "grant usage on schema auth0 to \"{reader}\"; grant select on auth0.users to \"{reader}\";
             grant usage on foreign server auth0_server to \"{reader}\""
        ))
        .unwrap();
    let mut client = db.client_as(&reader);
    assert_eq!(rows(&mut client, "select * from auth0.users").len(), 3);
    assert_eq!(value(&mut client, "select current_user").as_deref(), Some(reader.as_str()), "the role is put back");
    assert_eq!(expect_error(&mut client, "select * from vault.decrypted_secrets").code, "42501");

    // An owner who may not read Vault gives no other role a secret.
    let owner = db.create_role("owner");
    db.client().batch_execute(&format!("grant usage on foreign data wrapper auth0_wrapper to \"{owner}\"; alter server auth0_server owner to \"{owner}\"")).unwrap();
    for role in [&reader, &owner] {
        if role == &owner {
            db.client()
                .batch_execute(&format!(
                    "grant usage on schema auth0 to \"{owner}\"; grant select on auth0.users to \"{owner}\""
                ))
                .unwrap();
        }
        let error = expect_error(&mut db.client_as(role), "select * from auth0.users");
        assert_eq!(error.code, "42501", "{error}");
        assert!(error.message.contains("the owner of server \"auth0_server\" may not read Vault"), "{error}");
        assert!(error.hint.contains("grant usage on schema vault"), "{error}");
    }
}

#[test]
fn missing_vault_secret_is_an_error() {
    let tenant = start_tenant(3);
    let missing = "00000000-0000-4000-8000-000000000000";
    let cases = [
        (VaultVersion::V0_3, "api_key_id", missing, "42704", "no secret has the id or key id", "vault.secrets"),
        (VaultVersion::V0_3, "api_key_name", "nobody", "42704", "no secret has the name 'nobody'", "vault.secrets"),
        (VaultVersion::V0_2, "api_key_id", missing, "42704", "no secret has the id or key id", "vault.secrets"),
        (VaultVersion::None, "api_key_id", missing, "42704", "there is no Vault in this database", "supabase_vault"),
    ];
    for (version, option, key, code, message, hint) in cases {
        let db = Database::create_with_vault(version);
        table_with(&db, &tenant, option, key).create();
        let error = expect_error(&mut db.client(), "select * from auth0.users");
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains(message) && error.hint.contains(hint), "{error}");
    }
    assert!(tenant.requests().is_empty());
}

#[test]
fn vault_view_of_an_untrusted_owner_is_refused() {
    let tenant = start_tenant(3);
    let db = Database::create_with_vault(VaultVersion::None);
    let stranger = db.create_role("stranger");
    db.client()
        .batch_execute(&format!(
            "create schema vault authorization \"{stranger}\";
             set role \"{stranger}\";
             create view vault.decrypted_secrets as
               select gen_random_uuid() id, null::uuid key_id, 'auth0'::text as name, 'trap'::text decrypted_secret;
             grant usage on schema vault to public; grant select on vault.decrypted_secrets to public"
        ))
        .unwrap();
    table_with(&db, &tenant, "api_key_name", "auth0").create();
    let error = expect_error(&mut db.client(), "select * from auth0.users");
    assert_eq!(error.code, "42501", "{error}");
    assert!(error.message.contains("is not trusted"), "{error}");
    assert!(tenant.requests().is_empty());
}

#[test]
fn search_path_does_not_affect_vault_access() {
    let tenant = start_tenant(3);
    let db = Database::create();
    let id = create_secret(&db, &tenant.default_token(), "auth0");
    table_with(&db, &tenant, "api_key_id", &id).create();
    let mut client = db.client();
    client
        .batch_execute(
            "create schema evil;
             create function evil.never(uuid, uuid) returns bool language sql as 'select false';
             create operator evil.= (leftarg = uuid, rightarg = uuid, function = evil.never);
             create domain evil.text as pg_catalog.text check (false);
             set search_path = evil, pg_catalog",
        )
        .unwrap();
    assert_eq!(rows(&mut client, "select * from auth0.users").len(), 3);
    client.batch_execute("set search_path = ''").unwrap();
    assert_eq!(rows(&mut client, "select * from auth0.users").len(), 3);
}

#[test]
fn user_mapping_takes_precedence_and_roles_use_their_own() {
    let tenant = start_tenant(3);
    let db = Database::create();
    ForeignTable::users(&db, &tenant).server_option("api_key", "of-the-server").create();
    let mut client = db.client();
    assert_eq!(rows(&mut client, "select * from auth0.users").len(), 3, "the mapping's credential is sent");

    let role = db.create_role("other");
    client
        .batch_execute(&format!(
            "grant usage on schema auth0 to \"{role}\"; grant select on auth0.users to \"{role}\";
             grant usage on foreign server auth0_server to \"{role}\";
             create user mapping for \"{role}\" server auth0_server options (api_key '{}')",
            tenant.token(&["read:clients"])
        ))
        .unwrap();
    let error = expect_error(&mut db.client_as(&role), "select * from auth0.users");
    assert_eq!(error.code, "42501", "the role has its own, which lacks the scope: {error}");
    // A session that changes its role does not keep the former role's credential.
    client.batch_execute(&format!("set role \"{role}\"")).unwrap();
    assert_eq!(expect_error(&mut client, "select * from auth0.users").code, "42501");
    client.batch_execute("reset role").unwrap();
    assert_eq!(rows(&mut client, "select * from auth0.users").len(), 3);
    // A view sends its owner's credential.
    client
        .batch_execute(&format!("create view v as select * from auth0.users; grant select on v to \"{role}\""))
        .unwrap();
    assert_eq!(rows(&mut db.client_as(&role), "select * from v").len(), 3);
}

#[test]
fn role_cannot_choose_a_vault_secret_of_the_server_owner() {
    let tenant = start_tenant(3);
    let db = Database::create();
    create_secret(&db, &tenant.default_token(), "auth0");
    ForeignTable::users(&db, &tenant).without_mapping().create();
    let role = db.create_role("curious");
    db.client().batch_execute(&format!("grant usage on foreign server auth0_server to \"{role}\"")).unwrap();
    let error = expect_error(
        &mut db.client_as(&role),
        "create user mapping for current_user server auth0_server options (api_key_name 'auth0')",
    );
    assert_eq!(error.code, "42501", "{error}");
    assert!(error.message.contains("may refer to a Vault secret in a user mapping"), "{error}");
}

#[test]
fn credential_on_a_server_works_with_a_notice() {
    let tenant = start_tenant(3);
    let db = Database::create();
    let (mut client, notices) = db.client_with_notices();
    client.batch_execute(&table_with(&db, &tenant, "api_key", "some-token").server_sql()).unwrap();
    let notices = notices.take();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].message.contains("can read this server's credential"), "{notices:?}");
}

#[test]
fn tenant_address_is_read_from_the_token() {
    let tenant = start_tenant(3);
    let db = Database::create();
    let id = create_secret(&db, &tenant.default_token(), "auth0");
    table_with(&db, &tenant, "api_key_id", &id)
        .without_server_option("url")
        .without_server_option("allow_http")
        .server_option("max_retries", "0")
        .create();
    let error = expect_error(&mut db.client(), "select * from auth0.users");
    assert_eq!(error.code, "08001", "{error}");
    assert!(error.detail.contains("https://local-tenant.us.auth0.com"), "{error}");

    table_with(&db, &tenant, "api_key", "opaque").without_server_option("url").server("o").name("o").create();
    let error = expect_error(&mut db.client(), "select * from auth0.o");
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("HV00J", "the tenant's address is not known"),
        "{error}"
    );
    assert!(error.hint.contains("\"url\""), "{error}");
}

/// The known token in a user mapping, in Vault and in a server option, in all failures: it is in no error, plan,
/// activity or log line.
#[test]
fn token_is_never_shown() {
    let tenant = start_tenant(3);
    let db = Database::create();
    let token = tenant.default_token();
    // Its third part occurs nowhere else; showing the beginning of it would be a leak, too.
    let (head, signature) = token.rsplit_once('.').unwrap();
    let secret = signature[..16].to_owned();
    // The padding makes a text cut at 500 characters end within the signature.
    let padding = "x".repeat(480usize.saturating_sub(head.len()));
    let id = create_secret(&db, &token, "auth0");
    // One token for all: the tenant issues a different one every second.
    ForeignTable::users(&db, &tenant).mapping_option("api_key", &token).server_option("max_retries", "0").create();
    table_with(&db, &tenant, "api_key_id", &id).server("v").name("v").server_option("max_retries", "0").create();
    table_with(&db, &tenant, "api_key", &token).server("o").name("o").server_option("max_retries", "0").create();

    let mut seen = String::new();
    let mut client = db.client();
    client
        .batch_execute("set client_min_messages = debug1; set log_min_messages = debug1; set log_statement = 'none'")
        .unwrap();
    for table in ["users", "v", "o"] {
        let sql = format!("select * from auth0.{table}");
        for kind in [
            FaultKind::HtmlInsteadOfJson,
            FaultKind::BrokenJson,
            FaultKind::TruncateBody,
            FaultKind::DropBeforeHeaders,
            FaultKind::Status {
                code: 401,
                body: "{}".to_owned(),
                content_type: "application/json".to_owned(),
                headers: vec![],
            },
            // An API that echoes the request.
            FaultKind::Status {
                code: 400,
                body: format!(r#"{{"message":"bad header Bearer {token}"}}"#),
                content_type: "application/json".to_owned(),
                headers: vec![("location".to_owned(), format!("/?token={token}"))],
            },
            FaultKind::Status {
                code: 400,
                body: format!(r#"{{"message":"{padding}{token}"}}"#),
                content_type: "application/json".to_owned(),
                headers: vec![],
            },
            FaultKind::Status {
                code: 200,
                body: token.clone(),
                content_type: format!("text/{token}"),
                headers: vec![],
            },
            FaultKind::Status {
                code: 302,
                body: String::new(),
                content_type: "text/plain".to_owned(),
                headers: vec![("location".to_owned(), format!("http://127.0.0.1:1/?token={token}"))],
            },
        ] {
            tenant.fault(Fault::once(kind));
            let error = expect_error(&mut client, &sql);
            seen += &format!("{error}\n{}\n", error.context);
        }
        for explain in ["explain (verbose)", "explain (analyze, verbose)", "explain (analyze, format json)"] {
            seen += &format!("{:?}\n", rows(&mut client, &format!("{explain} {sql}")));
        }
        seen +=
            &format!("{:?}\n", rows(&mut client, "select * from pg_stat_activity where datname = current_database()"));
    }
    assert!(seen.contains("auth0"), "the output is empty");
    assert!(!seen.contains(&secret), "the token is in what a session sees:\n{seen}");
    let log = db.server_log();
    assert!(!log.contains(&secret), "the token is in the server's log");
    // The search works: it finds the token in the server's own option, the only place that shows it.
    let option = value(&mut client, "select srvoptions::text from pg_foreign_server where srvname = 'o'").unwrap();
    assert!(option.contains(&secret));
}
