//! Invalid input and invalid responses: the SQLSTATE, the failure and its object, and the hint.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::{Fault, FaultKind, TenantConfig, WrongEnvelope};
use wrappers_tests::{Database, ForeignTable, PgError, expect_error, rows, start_tenant, start_tenant_with};

/// Asserts the error's SQLSTATE, and texts in its message and hint.
#[track_caller]
fn assert_error(error: &PgError, code: &str, message: &str, hint: &str) {
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains(message), "no \"{message}\" in the message of\n{error}");
    assert!(
        error.hint.contains(hint) && hint.is_empty() == error.hint.is_empty(),
        "no \"{hint}\" in the hint of\n{error}"
    );
}

#[test]
fn options_are_checked_at_create_and_alter() {
    let db = Database::create();
    let mut client = db.client();
    client
        .batch_execute(
            "create schema auth0;
             create server s foreign data wrapper auth0_wrapper options (url 'https://t.us.auth0.com')",
        )
        .unwrap();
    let server = |options: &str| format!("create server x foreign data wrapper auth0_wrapper options ({options})");
    let table = |options: &str| format!("create foreign table auth0.x (user_id text) server s options ({options})");
    let cases = [
        (server("ulr 'https://t.us.auth0.com'"), "HV00D", "unknown option \"ulr\" for a server", "\"url\""),
        (server("frobnicate 'x'"), "HV00D", "unknown option \"frobnicate\"", "Valid options are: url, domain"),
        (server("object 'users'"), "HV00D", "unknown option \"object\"", "is an option of a foreign table"),
        (server("url 'not a url'"), "HV024", "option \"url\" is not a URL", "https://"),
        (server("url 'http://t.us.auth0.com'"), "HV024", "option \"url\" is not encrypted", "https"),
        (server("url 'ftp://t.us.auth0.com'"), "HV024", "option \"url\"", "https"),
        (server("url 'https://u:p@t.us.auth0.com'"), "HV024", "holds a user name or password", "own options"),
        (server("url 'https://t.us.auth0.com/api/v2/clients'"), "HV024", "/api/v2/clients", "/api/v2/users"),
        (server("url 'https://a.com', domain 'a.com'"), "HV024", "both give the address", "Keep one"),
        (server("api_key_id 'not-a-uuid'"), "HV024", "option \"api_key_id\"", "a UUID"),
        (server("api_key 'k', api_key_name 'n'"), "HV024", "both give the credential", "Keep one"),
        (server("api_key ''"), "HV024", "option \"api_key\" has an unusable value", "not empty"),
        (server("request_timeout '30'"), "HV024", "option \"request_timeout\" cannot be '30'", "unit"),
        (server("max_retries '-1'"), "HV024", "option \"max_retries\"", "from 0 to 100"),
        (server("max_response_size '1 PB'"), "HV024", "option \"max_response_size\"", "MB"),
        (server("allow_http 'maybe'"), "HV024", "option \"allow_http\"", "'true' or 'false'"),
        (table("object 'usres'"), "HV024", "option \"object\" cannot be 'usres'", "'users'"),
        (table("objekt 'users'"), "HV00D", "unknown option \"objekt\"", "\"object\""),
        (
            "create foreign table auth0.x (user_id text) server s".to_owned(),
            "HV00J",
            "\"object\" is required",
            "auth0_fdw_entities()",
        ),
        (
            "create foreign table auth0.x (p text options (json_path 'a..b')) server s options (object 'users')"
                .to_owned(),
            "HV024",
            "json_path",
            "",
        ),
        (
            "create foreign table auth0.x (p text options (path 'a')) server s options (object 'users')".to_owned(),
            "HV00D",
            "unknown option \"path\" for a column",
            "json_path",
        ),
        (
            "create user mapping for public server s options (api_kye 'k')".to_owned(),
            "HV00D",
            "unknown option \"api_kye\" for a user mapping",
            "\"api_key\"",
        ),
        ("alter server s options (set url 'http://t.us.auth0.com')".to_owned(), "HV024", "is not encrypted", "https"),
        (
            "create foreign data wrapper x handler auth0_fdw_handler validator auth0_fdw_validator options (a 'b')"
                .to_owned(),
            "HV00D",
            "unknown option \"a\" for a foreign data wrapper",
            "takes no options",
        ),
    ];
    for (sql, code, message, hint) in cases {
        let error = expect_error(&mut client, &sql);
        if hint.is_empty() {
            assert_eq!(error.code, code, "{sql}: {error}");
            assert!(error.message.contains(message), "{error}");
        } else {
            assert_error(&error, code, message, hint);
        }
    }
}

#[test]
fn only_a_superuser_allows_http() {
    let db = Database::create();
    let role = db.create_role("owner");
    db.client().batch_execute(&format!("grant usage on foreign data wrapper auth0_wrapper to \"{role}\"")).unwrap();
    let mut client = db.client_as(&role);
    let error = expect_error(
        &mut client,
        "create server s foreign data wrapper auth0_wrapper options (url 'http://t.us.auth0.com', allow_http 'true')",
    );
    assert_error(&error, "42501", "only a superuser may set option \"allow_http\"", "in clear");
    // http is allowed for loopback addresses.
    client
        .batch_execute("create server s foreign data wrapper auth0_wrapper options (url 'http://127.0.0.1:9')")
        .unwrap();
}

#[test]
fn errors_of_auth0_show_its_message() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    let mut with_key = |key: &str| {
        client
            .batch_execute(&format!("alter user mapping for public server auth0_server options (set api_key '{key}')"))
            .unwrap();
        expect_error(&mut client, "select * from auth0.users")
    };
    let error = with_key("wrong");
    assert!(["28000", "HV000"].contains(&error.code.as_str()), "{error}");
    assert!(error.detail.contains("Auth0 says: "), "{error}");

    let error = with_key(&tenant.expired_token());
    assert_error(&error, "28000", "could not read \"users\": Auth0 answered 401 Unauthorized", "Make a new one");
    assert!(error.detail.contains("Expired token received for JSON Web Token validation"), "{error}");
    assert!(error.detail.contains("GET /api/v2/users?"), "{error}");

    let error = with_key(&tenant.token(&["read:clients"]));
    assert_error(&error, "42501", "could not read \"users\": Auth0 answered 403 Forbidden", "read:users");
    assert!(error.detail.contains("Insufficient scope") && error.detail.contains("read:users"), "{error}");

    let error = with_key("Bearer x");
    assert_error(&error, "HV024", "the credential is not a bearer token", "without the word Bearer");
}

#[test]
fn missing_credential_is_an_error_before_any_request() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    ForeignTable::users(&db, &tenant).without_mapping().create();
    let error = expect_error(&mut db.client(), "select * from auth0.users");
    assert_error(&error, "28000", "no credential for server \"auth0_server\"", "api_key");
    assert!(tenant.requests().is_empty());
}

#[test]
fn response_of_another_api_is_an_error() {
    let cases = [
        (FaultKind::HtmlInsteadOfJson, "08P01", "is not JSON but text/html", "Check the server's address"),
        (FaultKind::BrokenJson, "08P01", "the answer for \"users\" is not what the API declares", ""),
        (FaultKind::WrongEnvelope(WrongEnvelope::RowsUnder("people".to_owned())), "08P01", "it has no \"users\"", ""),
        (FaultKind::WrongEnvelope(WrongEnvelope::BareArray), "08P01", "is not what the API declares", ""),
        (FaultKind::TruncateBody, "08006", "the connection broke", ""),
        (FaultKind::LargeBody(2 << 20), "54000", "is larger than max_response_size", "larger max_response_size"),
    ];
    for (kind, code, message, hint) in cases {
        let (db, tenant) = (Database::create(), start_tenant(3));
        ForeignTable::users(&db, &tenant)
            .server_option("max_response_size", "1 MB")
            .server_option("max_retries", "0")
            .create();
        tenant.fault(Fault::forever(kind));
        assert_error(&expect_error(&mut db.client(), "select * from auth0.users"), code, message, hint);
        // One additional key in the envelope is no error.
        tenant.clear_faults();
        tenant.fault(Fault::once(FaultKind::ExtraRootField));
        assert_eq!(rows(&mut db.client(), "select * from auth0.users").len(), 3);
    }
}

#[test]
fn unreachable_address_is_an_error() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    let encrypted = db.tenant_url(&tenant).replace("http://", "https://");
    let cases = [
        ("https://no-such-host.invalid".to_owned(), "08001", "the host does not exist", "Check the server's address"),
        ("http://127.0.0.1:1".to_owned(), "08001", "no connection", "Check the server's address"),
        // The local tenant does not support TLS.
        (encrypted, "08001", "no trusted connection", "certificate"),
    ];
    for (number, (url, code, message, hint)) in cases.into_iter().enumerate() {
        ForeignTable::users(&db, &tenant)
            .server(&format!("s{number}"))
            .name(&format!("t{number}"))
            .server_option("url", &url)
            .server_option("max_retries", "0")
            .create();
        let error = expect_error(&mut db.client(), &format!("select * from auth0.t{number}"));
        assert_error(&error, code, message, hint);
        assert!(error.detail.contains(url.split("://").nth(1).unwrap()), "{error}");
    }
}

#[test]
fn error_for_an_unfit_value_names_row_and_column_but_not_the_value() {
    let db = Database::create();
    let user = r#"{"user_id":"auth0|7","email":"private-value@x.com","name":"nul \u0000 char","nickname":"lone \ud800",
        "logins_count":99999999999,"created_at":"not-a-date","email_verified":"perhaps","identities":[{"a":"\u0000"}],
        "app_metadata":{"n":1},"blocked":"true","multifactor":["a"]}"#;
    let tenant =
        start_tenant_with(TenantConfig { explicit_users: Some(vec![user.to_owned()]), ..TenantConfig::default() });
    let cases = [
        (
            "email int4",
            "22P02",
            "column \"email\" of type integer cannot hold the value of user_id \"auth0|7\"",
            "a string",
        ),
        ("logins_count int4", "22003", "column \"logins_count\" of type integer", "a number"),
        ("created_at timestamptz", "22007", "column \"created_at\" of type timestamp with time zone", "a string"),
        ("email_verified bool", "22P02", "column \"email_verified\" of type boolean", "a string"),
        ("app_metadata int8", "22P02", "column \"app_metadata\" of type bigint", "an object"),
        ("multifactor int[]", "22P02", "column \"multifactor\" of type integer[]", ""),
        ("email uuid", "22P02", "column \"email\" of type uuid", "a string"),
        ("email varchar(3)", "22001", "column \"email\" of type character varying", "a string"),
        ("name text", "22P05", "column \"name\" of type text", "U+0000"),
        ("nickname text", "22P02", "column \"nickname\" of type text", "escape"),
        ("identities jsonb", "22P05", "column \"identities\" of type jsonb", "string"),
    ];
    for (number, (column, code, message, detail)) in cases.into_iter().enumerate() {
        ForeignTable::users(&db, &tenant)
            .server(&format!("s{number}"))
            .name(&format!("t{number}"))
            .columns(column)
            .create();
        let error = expect_error(&mut db.client(), &format!("select * from auth0.t{number}"));
        assert_eq!(error.code, code, "{column}: {error}");
        assert!(error.message.contains(message), "{column}: {error}");
        assert!(error.message.contains("auth0|7"), "{column}: {error}");
        assert!(!error.hint.is_empty(), "{column}: {error}");
        assert!(detail.is_empty() || error.detail.contains(detail) || code == "22P05", "{column}: {error}");
        let whole = format!("{error}");
        for value in ["private-value", "99999999999", "not-a-date", "perhaps"] {
            assert!(!whole.contains(value), "{column}: the value is part of the error:\n{error}");
        }
    }
    // A boolean in a string is read as a boolean.
    ForeignTable::users(&db, &tenant).columns("user_id text, blocked bool").create();
    assert_eq!(
        rows(&mut db.client(), "select * from auth0.users"),
        [[Some("auth0|7".to_owned()), Some("t".to_owned())]]
    );
    // The type json accepts values that jsonb and text cannot hold.
    ForeignTable::users(&db, &tenant).server("raw").name("raw").columns("identities json, attrs json").create();
    let raw = rows(&mut db.client(), "select identities from auth0.raw");
    assert_eq!(raw, [[Some(r#"[{"a":"\u0000"}]"#.to_owned())]]);
}

#[test]
fn user_without_a_key_is_an_error() {
    let db = Database::create();
    let tenant = start_tenant(3);
    ForeignTable::users(&db, &tenant).create();
    let has_none = "row 1 of the page has no \"user_id\"";
    for (json, what) in [
        (r#"{"email":"a@x.com"}"#, has_none),
        (r#"{"user_id":7}"#, has_none),
        (r#"{"user_id":null}"#, has_none),
        ("7", "row 1 of the page is a number instead of an object"),
        ("null", "row 1 of the page is null instead of an object"),
        ("[]", "row 1 of the page is an array instead of an object"),
    ] {
        tenant.fault(Fault::once(FaultKind::ReplaceUser { position: 1, json: json.to_owned() }));
        let error = expect_error(&mut db.client(), "select * from auth0.users");
        assert_eq!(error.code, "08P01", "{json}: {error}");
        assert!(error.message.contains(what), "{json}: {error}");
    }
}
