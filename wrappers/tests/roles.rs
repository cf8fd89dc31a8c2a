//! Roles that may query, and the credential each of them sends: privileges, mappings, views, changes of role and of
//! owner; and that no role can send a credential to another host.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;

use wrappers_tests::postgres::Client;
use wrappers_tests::{
    Database, ForeignTable, RawApi, expect_error, explain, json_answer, quote_ident, quote_literal, rows, start_tenant,
    value,
};

const USERS: &str = r#"{"start":0,"limit":100,"total":1,"length":1,"users":[{"user_id":"auth0|1","email":"a@x.com"}]}"#;
const ALL: &str = "select email from auth0.users";

/// The table `users` of an API; PUBLIC's mapping sends `public-token`.
fn users<'a>(db: &'a Database, api: &RawApi) -> ForeignTable<'a> {
    let tenant = start_tenant(0);
    ForeignTable::users(db, &tenant)
        .server_option("url", &api.url())
        .server_option("max_retries", "0")
        .mapping_option("api_key", "public-token")
}

#[track_caller]
fn execute(client: &mut Client, sql: &str) {
    client.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
}

/// A role with all privileges needed to query.
fn reader(db: &Database, name: &str) -> String {
    let role = db.create_role(name);
    execute(
        &mut db.client(),
        &format!(
            "create schema if not exists auth0;
             grant usage on schema auth0 to {role}; grant select on all tables in schema auth0 to {role};
             grant usage on foreign server auth0_server to {role}"
        ),
    );
    role
}

/// A reader with its own mapping, which sends its name.
fn reader_with_mapping(db: &Database, name: &str) -> String {
    let role = reader(db, name);
    execute(
        &mut db.client(),
        &format!("create user mapping for {role} server auth0_server options (api_key 'token-of-{name}')"),
    );
    role
}

/// The token that a query sends.
#[track_caller]
fn sent(api: &RawApi, client: &mut Client, sql: &str) -> String {
    api.take();
    assert_eq!(rows(client, sql).len(), 1, "{sql}");
    let requests = api.take();
    assert_eq!(requests.len(), 1, "{sql}: {requests:?}");
    requests[0].token().to_owned()
}

#[test]
fn query_needs_usage_and_select_but_no_vault_privilege() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    let mut admin = db.client();
    let create = format!("select vault.create_secret({}, 'auth0')", quote_literal(&tenant.default_token()));
    value(&mut admin, &create);
    ForeignTable::users(&db, &tenant).without_mapping().server_option("api_key_name", "auth0").create();
    let role = db.create_role("reader");
    execute(&mut admin, &format!("grant usage on schema auth0 to {role}"));
    let mut client = db.client_as(&role);
    // Neither privilege alone is enough.
    let denied = |client: &mut Client, what: &str| {
        let error = expect_error(client, ALL);
        assert_eq!(error.code, "42501", "{error}");
        assert!(error.message.contains(what), "{error}");
    };
    execute(&mut admin, &format!("grant usage on foreign server auth0_server to {role}"));
    denied(&mut client, "permission denied for foreign table users");
    execute(
        &mut admin,
        &format!("revoke usage on foreign server auth0_server from {role}; grant select on auth0.users to {role}"),
    );
    denied(&mut client, "permission denied for foreign server auth0_server");
    assert!(tenant.requests().is_empty());
    // Both together are enough; and a revoked privilege takes effect at once, also for prepared statements.
    execute(&mut admin, &format!("grant usage on foreign server auth0_server to {role}"));
    execute(&mut client, &format!("prepare q as {ALL}; set plan_cache_mode = force_generic_plan"));
    assert_eq!(rows(&mut client, "execute q").len(), 3);
    assert_eq!(expect_error(&mut client, "select * from vault.decrypted_secrets").code, "42501");
    tenant.clear_requests();
    execute(&mut admin, &format!("revoke usage on foreign server auth0_server from {role}"));
    assert_eq!(expect_error(&mut client, "execute q").code, "42501");
    for sql in [
        "select count(*) from auth0.users",
        "select * from auth0.users where user_id = 'auth0|x'",
        "select * from (values ('auth0|x')) v(id), lateral (select * from auth0.users where user_id = v.id) u",
    ] {
        assert_eq!(expect_error(&mut client, sql).code, "42501", "{sql}");
    }
    assert!(tenant.requests().is_empty());
    let plan = explain(&mut client, ALL);
    assert!(plan.contains("Foreign Scan"), "EXPLAIN sends nothing and needs no usage: {plan}");
    // By membership and for PUBLIC, as everywhere in Postgres.
    execute(&mut admin, "grant usage on foreign server auth0_server to public");
    assert_eq!(rows(&mut client, ALL).len(), 3);
}

#[test]
fn role_sends_its_own_credential_or_else_that_of_public() {
    let (db, api) = (Database::create(), RawApi::with_json(USERS));
    users(&db, &api).create();
    let (one, two) = (reader_with_mapping(&db, "one"), reader_with_mapping(&db, "two"));
    let three = reader(&db, "three");
    for _ in 0..2 {
        assert_eq!(sent(&api, &mut db.client_as(&one), ALL), "token-of-one");
        assert_eq!(sent(&api, &mut db.client_as(&two), ALL), "token-of-two");
        assert_eq!(sent(&api, &mut db.client_as(&three), ALL), "public-token");
        assert_eq!(sent(&api, &mut db.client(), ALL), "public-token");
    }
    // A mapping belongs to its role; members of the role do not use it.
    let member = reader(&db, "member");
    execute(&mut db.client(), &format!("grant {one} to {member}"));
    assert_eq!(sent(&api, &mut db.client_as(&member), ALL), "public-token");
    // Without PUBLIC's mapping, the others have no credential.
    execute(&mut db.client(), "drop user mapping for public server auth0_server");
    assert_eq!(sent(&api, &mut db.client_as(&one), ALL), "token-of-one");
    let error = expect_error(&mut db.client_as(&three), ALL);
    assert_eq!((error.code.as_str(), api.take().len()), ("28000", 0), "{error}");
}

#[test]
fn changing_the_role_changes_the_credential() {
    let (db, api) = (Database::create(), RawApi::with_json(USERS));
    users(&db, &api).create();
    let (one, two) = (reader_with_mapping(&db, "one"), reader_with_mapping(&db, "two"));
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let mut client = db.client();
        execute(&mut client, &format!("set plan_cache_mode = {mode}; prepare q as {ALL}"));
        execute(
            &mut client,
            "create or replace function f() returns table (email text) language plpgsql as
               $$ begin return query select u.email from auth0.users u; end $$",
        );
        for (change, token) in [
            ("select 1".to_owned(), "public-token"),
            (format!("set role {one}"), "token-of-one"),
            (format!("set role {two}"), "token-of-two"),
            ("reset role".to_owned(), "public-token"),
            (format!("set session authorization {two}"), "token-of-two"),
            ("reset session authorization".to_owned(), "public-token"),
            (format!("begin; set local role {one}"), "token-of-one"),
            ("rollback".to_owned(), "public-token"),
        ] {
            execute(&mut client, &change);
            for sql in [ALL, "execute q", "select * from f()"] {
                assert_eq!(sent(&api, &mut client, sql), token, "{mode}, after {change}: {sql}");
            }
        }
    }
    // A cursor keeps the role that declared it, as its privileges do, whichever role fetches.
    let mut client = db.client();
    execute(&mut client, &format!("begin; set local role {one}; declare c cursor for {ALL}; set local role {two}"));
    assert_eq!(sent(&api, &mut client, "fetch c"), "token-of-one");
    // The role of a failed statement is forgotten.
    execute(&mut client, "rollback");
    execute(
        &mut client,
        &format!(
            "create function fails() returns bigint language plpgsql security definer as
               $$ declare n bigint; begin select count(email) into n from auth0.users; return 1 / (n - n); end $$;
             grant create on schema public to {one}; alter function fails() owner to {one}"
        ),
    );
    api.take();
    assert_eq!(expect_error(&mut client, "select fails()").code, "22012");
    assert_eq!(api.take()[0].token(), "token-of-one");
    assert_eq!(sent(&api, &mut client, ALL), "public-token");
}

#[test]
fn views_and_functions_send_the_credential_of_the_checked_role() {
    let (db, api) = (Database::create(), RawApi::with_json(USERS));
    users(&db, &api).create();
    let (owner, caller) = (reader_with_mapping(&db, "owner"), reader_with_mapping(&db, "caller"));
    let mut admin = db.client();
    execute(
        &mut admin,
        &format!(
            "create schema v authorization {owner}; grant usage on schema v to {caller}; set role {owner};
             create view v.plain as {ALL};
             create view v.invoker with (security_invoker) as {ALL};
             create view v.invoker_in_plain as select * from v.invoker;
             create view v.plain_in_invoker with (security_invoker) as select * from v.plain;
             create view v.barrier with (security_barrier) as {ALL};
             create function v.definer() returns setof text language sql security definer as $$ {ALL} $$;
             create function v.plain_function() returns setof text language sql as $$ {ALL} $$;
             create function v.set_role() returns setof text language sql security definer stable as $$ {ALL} $$;
             create materialized view v.kept as {ALL} with no data;
             grant select on all tables in schema v to {caller};
             reset role"
        ),
    );
    let mut client = db.client_as(&caller);
    for (from, token) in [
        ("v.plain", "token-of-owner"),
        ("v.invoker", "token-of-caller"),
        // In nested views the privileges are those of the view that contains the table.
        ("v.invoker_in_plain", "token-of-caller"),
        ("v.plain_in_invoker", "token-of-owner"),
        ("v.barrier", "token-of-owner"),
        ("v.definer()", "token-of-owner"),
        ("v.set_role()", "token-of-owner"),
        ("v.plain_function()", "token-of-caller"),
    ] {
        assert_eq!(sent(&api, &mut client, &format!("select * from {from}")), token, "{from}");
    }
    // Each of the two scans has its own credential.
    rows(&mut client, "select * from v.plain union all select * from v.invoker");
    let mut tokens: Vec<String> = api.take().iter().map(|request| request.token().to_owned()).collect();
    tokens.sort();
    assert_eq!(tokens, ["token-of-caller", "token-of-owner"]);
    execute(&mut admin, "refresh materialized view v.kept; analyze auth0.users");
    let tokens: Vec<String> = api.take().iter().map(|request| request.token().to_owned()).collect();
    assert_eq!(tokens[0], "token-of-owner", "a materialized view is its owner's");
    assert!(tokens[1..].iter().all(|token| token == "public-token"), "statistics are the table's owner's: {tokens:?}");
    // USAGE on the server is also checked for the view's owner.
    execute(&mut admin, &format!("revoke usage on foreign server auth0_server from {owner}"));
    for (from, works) in [("v.plain", false), ("v.definer()", false), ("v.invoker", true), ("v.kept", true)] {
        let found = client.simple_query(&format!("select * from {from}"));
        assert_eq!(found.is_ok(), works, "{from}");
    }
    execute(
        &mut admin,
        &format!(
            "grant usage on foreign server auth0_server to {owner}; revoke usage on foreign server auth0_server from {caller}"
        ),
    );
    for (from, works) in [("v.plain", true), ("v.definer()", true), ("v.invoker", false), ("v.plain_function()", false)]
    {
        let found = client.simple_query(&format!("select * from {from}"));
        assert_eq!(found.is_ok(), works, "{from}");
    }
}

#[test]
fn changing_the_server_owner_changes_who_reads_vault() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    let mut admin = db.client();
    let create = format!("select vault.create_secret({}, 'auth0')", quote_literal(&tenant.default_token()));
    value(&mut admin, &create);
    ForeignTable::users(&db, &tenant).without_mapping().server_option("api_key_name", "auth0").create();
    let reader = reader(&db, "reader");
    let (trusted, other) = (db.create_role("trusted"), db.create_role("other"));
    execute(
        &mut admin,
        &format!(
            "grant usage on foreign data wrapper auth0_wrapper to {trusted}, {other};
             grant usage, create on schema auth0 to {trusted}, {other};
             grant usage on schema vault to {trusted}; grant select on vault.decrypted_secrets to {trusted};
             grant execute on all functions in schema vault to {trusted}"
        ),
    );
    let mut client = db.client_as(&reader);
    let works = |client: &mut Client| match client.simple_query(ALL) {
        Ok(_) => String::new(),
        Err(error) => wrappers_tests::PgError::from_client(&error).message,
    };
    let no_vault = "the owner of server \"auth0_server\" may not read Vault";
    execute(&mut admin, &format!("alter server auth0_server owner to {trusted}"));
    assert_eq!(works(&mut client), "");
    // The owner of the table makes no difference.
    execute(
        &mut admin,
        &format!("alter foreign table auth0.users owner to {other}; grant select on auth0.users to {reader}"),
    );
    assert_eq!(works(&mut client), "");
    assert_eq!(expect_error(&mut db.client_as(&other), ALL).code, "42501", "a table is no right to use its server");
    execute(&mut admin, &format!("reassign owned by {trusted} to {other}"));
    assert_eq!(works(&mut client), no_vault);
    execute(&mut admin, &format!("alter server auth0_server owner to {trusted}"));
    assert_eq!(works(&mut client), "");
    execute(&mut admin, &format!("revoke select on vault.decrypted_secrets from {trusted}"));
    assert_eq!(works(&mut client), no_vault);
    // Objects dropped with their owner are gone for all sessions, and the session continues.
    execute(&mut admin, &format!("drop owned by {trusted} cascade"));
    assert_eq!(expect_error(&mut client, ALL).code, "42P01");
    assert_eq!(value(&mut client, "select 1").as_deref(), Some("1"));
}

#[test]
fn drop_owned_removes_the_user_mapping() {
    let (db, api) = (Database::create(), RawApi::with_json(USERS));
    users(&db, &api).create();
    let role = reader_with_mapping(&db, "leaver");
    let mut client = db.client_as(&role);
    assert_eq!(sent(&api, &mut client, ALL), "token-of-leaver");
    let mut admin = db.client();
    execute(&mut admin, &format!("drop owned by {role}"));
    assert_eq!(expect_error(&mut client, ALL).code, "42501");
    execute(
        &mut admin,
        &format!(
            "grant usage on schema auth0 to {role}; grant select on auth0.users to {role};
             grant usage on foreign server auth0_server to {role}"
        ),
    );
    assert_eq!(sent(&api, &mut client, ALL), "public-token");
}

#[test]
fn table_owner_cannot_redirect_the_credential() {
    let (db, api) = (Database::create(), RawApi::with_json(USERS));
    let trap = RawApi::with_json(USERS);
    users(&db, &api).create();
    let role = reader(&db, "owner");
    execute(&mut db.client(), &format!("create schema mine authorization {role}"));
    let mut client = db.client_as(&role);
    // No option of a table or a column is an address.
    let url = trap.url();
    for option in ["url", "domain", "host", "path", "audience", "endpoint", "object.url"] {
        let option = quote_ident(option);
        let table = format!(
            "create foreign table mine.t (email text) server auth0_server options (object 'users', {option} '{url}')"
        );
        assert_eq!(expect_error(&mut client, &table).code, "HV00D", "{option}");
        let column = format!(
            "create foreign table mine.t (email text options ({option} '{url}')) server auth0_server options (object 'users')"
        );
        assert_eq!(expect_error(&mut client, &column).code, "HV00D", "{option}");
    }
    // The option `object` only accepts names from a list, whatever the value looks like.
    let trap_host = url.trim_start_matches("http://").to_owned();
    for object in [
        "../users",
        "users/..",
        "users/../../x",
        "users?x=1",
        "users#x",
        "users/",
        "/users",
        "%2e%2e/users",
        "users\r\nx: y",
        "Users",
        "users ",
        " users",
        "{user_id}",
        "users\\..",
        &url,
        &format!("//{trap_host}/users"),
        &format!("@{trap_host}"),
    ] {
        let table = format!(
            "create foreign table mine.t (email text) server auth0_server options (object {})",
            quote_literal(object)
        );
        assert_eq!(expect_error(&mut client, &table).code, "HV024", "{object}");
    }
    // A path into the rows is not part of a request path, and neither is a column's name.
    for (number, path) in ["\"../x\"", "\"https://x/\"", "a.\"?b=c&d\"", "\"a\r\nx: y\""].into_iter().enumerate() {
        execute(
            &mut client,
            &format!(
                "create foreign table mine.t{number} (x text options (json_path {}), \"a&page=9\" text)
                   server auth0_server options (object 'users')",
                quote_literal(path)
            ),
        );
        api.take();
        assert_eq!(rows(&mut client, &format!("select * from mine.t{number}")).len(), 1);
        let requests = api.take();
        assert_eq!(requests.len(), 1);
        assert!(requests[0].line.starts_with("GET /api/v2/users?"), "{requests:?}");
        assert!(!requests[0].line.contains("page=9"), "{requests:?}");
    }
    // The role does not own the server.
    for sql in [
        format!("alter server auth0_server options (set url '{url}')"),
        "alter user mapping for public server auth0_server options (set api_key 'x')".to_owned(),
        "drop user mapping for public server auth0_server".to_owned(),
    ] {
        assert_eq!(expect_error(&mut client, &sql).code, "42501", "{sql}");
    }
    assert!(trap.take().is_empty());
}

/// The claims of a token in a role's own mapping are not verified by any signature.
#[test]
fn token_of_a_user_mapping_cannot_choose_the_host() {
    let (db, trap) = (Database::create(), RawApi::with_json(USERS));
    users(&db, &trap).create();
    let mut admin = db.client();
    execute(&mut admin, "alter server auth0_server options (drop url)");
    let role = reader(&db, "reader");
    let mut client = db.client_as(&role);
    for host in [trap.url(), "https://login.example.com".to_owned()] {
        let claims = quote_literal(&format!(r#"{{"aud":"{host}/api/v2/"}}"#));
        let encoded =
            value(&mut admin, &format!(r"select translate(encode({claims}, 'base64'), E'+/=\n', '-_')")).unwrap();
        execute(
            &mut client,
            &format!(
                "drop user mapping if exists for current_user server auth0_server;
                 create user mapping for current_user server auth0_server options (api_key 'e30.{encoded}.x')"
            ),
        );
        let error = expect_error(&mut client, ALL);
        assert_eq!(error.code, "HV00J", "{host}: {error}");
        assert!(error.hint.contains("domain"), "{error}");
        assert!(trap.take().is_empty(), "{host}");
    }
}

#[test]
fn value_stays_one_segment_or_one_parameter() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    let hostile = [
        "..",
        ".",
        "../clients",
        "../../oauth/token",
        "..%2fclients",
        "%2e%2e",
        "..\\clients",
        "a/../../clients",
        "/clients",
        "//evil.example/x",
        "https://evil.example/",
        "@evil.example",
        ":80@evil.example",
        "x?include_totals=false",
        "x#y",
        "x&page=7",
        "x;page=7",
        "a b",
        "a\r\nhost: evil.example\r\n\r\nGET /x",
        "a\nb",
        "a\tb",
        "\u{feff}..",
        "auth0|x\\",
        "\") OR (\"*",
        "x\" OR email:*",
    ];
    for hostile in hostile {
        tenant.clear_requests();
        let text = quote_literal(hostile);
        for column in ["user_id", "email", "name"] {
            // The row does not exist, or the API refuses; only the request matters.
            let _ = client.simple_query(&format!("select * from auth0.users where {column} = {text}"));
        }
        for request in tenant.requests() {
            let below = request.path.strip_prefix("/api/v2/users").unwrap_or_else(|| panic!("{hostile}: {request:?}"));
            let is_list = below.is_empty();
            let is_row = below.strip_prefix('/').is_some_and(|segment| !segment.is_empty() && !segment.contains('/'));
            assert!(is_list || is_row || request.path == "/api/v2/users-by-email", "{hostile}: {request:?}");
            let host = request.header("host").unwrap_or_default();
            assert!(db.tenant_url(&tenant).ends_with(host) && !host.is_empty(), "{hostile}: {request:?}");
            for (name, value) in &request.pairs {
                let known = [
                    "q",
                    "search_engine",
                    "email",
                    "fields",
                    "include_fields",
                    "include_totals",
                    "per_page",
                    "page",
                    "sort",
                ];
                assert!(known.contains(&name.as_str()), "{hostile}: {request:?}");
                assert!(name != "page" || value == "0", "{hostile}: {request:?}");
                assert!(name != "include_totals" || value == "true", "{hostile}: {request:?}");
            }
        }
    }
}

#[test]
fn redirects_get_no_credential() {
    let db = Database::create();
    let trap = RawApi::with_json(USERS);
    let target = trap.url();
    let api = RawApi::start(move |request, stream| {
        let path = request.line.split(' ').nth(1).unwrap_or_default().to_owned();
        let code = request.header("x-code").parse().unwrap_or(300 + request.token().len() as u16 % 10);
        let _ = write!(
            stream,
            "HTTP/1.1 {code} Moved\r\nlocation: {target}{path}\r\nrefresh: 0; url={target}{path}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
    });
    users(&db, &api).create();
    let mut client = db.client();
    // The token's length selects the status.
    for code in [300, 301, 302, 303, 307, 308] {
        let token = "t".repeat(10 + code - 300);
        execute(
            &mut client,
            &format!("alter user mapping for public server auth0_server options (set api_key '{token}')"),
        );
        for sql in [ALL, "select * from auth0.users where user_id = 'auth0|1'"] {
            let error = expect_error(&mut client, sql);
            assert_eq!(error.code, "08P01", "{error}");
            assert!(error.message.contains(&format!("answered {code}")), "{error}");
            assert!(error.hint.contains("Redirects are not followed"), "{error}");
        }
    }
    execute(
        &mut client,
        "alter user mapping for public server auth0_server
           options (drop api_key, add client_id 'client', add client_secret 'a-secret-of-a-client')",
    );
    let error = expect_error(&mut client, ALL);
    assert_eq!(error.code, "08P01", "{error}");
    let requests = api.take();
    assert!(requests.last().unwrap().line.starts_with("POST /oauth/token"), "{requests:?}");
    assert!(trap.take().is_empty());
}

/// The API chooses the download's URL; the credential is not sent to it.
#[test]
fn export_file_link_gets_no_credential() {
    let db = Database::create();
    let storage = RawApi::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    let link = format!("{}/file?signature=abc", storage.url());
    let api = RawApi::start(move |request, stream| {
        let answer = if request.line.contains("/jobs/") {
            json_answer(&format!(r#"{{"id":"job_1","status":"completed","location":"{link}"}}"#))
        } else {
            let user = |id| format!(r#"{{"user_id":"auth0|{id}","created_at":"2024-01-01T00:00:00.{id:03}Z"}}"#);
            let users: Vec<String> = (0..100).map(user).collect();
            json_answer(&format!(
                r#"{{"start":0,"limit":100,"total":1000,"length":100,"users":[{}]}}"#,
                users.join(",")
            ))
        };
        let _ = stream.write_all(answer.as_bytes());
    });
    users(&db, &api).option("bulk", "export").columns("user_id text").create();
    let error = expect_error(&mut db.client(), "select user_id from auth0.users");
    assert_eq!(error.code, "08006", "{error}");
    assert!(!format!("{error}").contains("signature"), "{error}");
    let asked = storage.take();
    assert!(!asked.is_empty());
    for request in asked {
        assert_eq!(request.header("authorization"), "", "{request:?}");
        assert!(!format!("{request:?}").contains("public-token"), "{request:?}");
    }
}

/// As with postgres_fdw: the owner of a server decides where the mappings' credentials are sent.
#[test]
fn only_the_server_owner_decides_where_credentials_are_sent() {
    let (db, api) = (Database::create(), RawApi::with_json(USERS));
    users(&db, &api).create();
    let (owner, other) = (db.create_role("owner"), reader_with_mapping(&db, "other"));
    execute(
        &mut db.client(),
        &format!(
            "grant usage on foreign data wrapper auth0_wrapper to {owner}, {other}; alter server auth0_server owner to {owner}"
        ),
    );
    let elsewhere = "alter server auth0_server options (set url 'https://elsewhere.example')";
    assert_eq!(expect_error(&mut db.client_as(&other), elsewhere).code, "42501");
    // A server with allow_http set by a superuser keeps its address until the option is dropped.
    let mut client = db.client_as(&owner);
    let error = expect_error(&mut client, elsewhere);
    assert!(error.message.contains("only a superuser may set option \"allow_http\""), "{error}");
    let also_http = "alter server auth0_server options (drop allow_http, set url 'http://elsewhere.example')";
    assert_eq!(expect_error(&mut client, also_http).code, "HV024");
    execute(&mut client, "alter server auth0_server options (drop allow_http, set url 'https://elsewhere.example')");
    // A server of another role is a different server: it has none of this server's mappings.
    execute(
        &mut db.client_as(&other),
        "create server own foreign data wrapper auth0_wrapper options (url 'http://127.0.0.1:1')",
    );
    execute(&mut db.client(), &format!("create schema own authorization {other}"));
    let mut client = db.client_as(&other);
    execute(&mut client, "create foreign table own.t (email text) server own options (object 'users')");
    assert_eq!(expect_error(&mut client, "select * from own.t").code, "28000");
    assert!(api.take().is_empty());
}

/// A role with USAGE can create tables and run any query; it must not be able to end the server's process.
#[test]
fn oversized_options_and_conditions_do_not_crash() {
    let (db, api) = (Database::create(), RawApi::with_json(USERS));
    users(&db, &api).columns("email text, name text, nickname text, app_metadata jsonb").create();
    let role = reader(&db, "owner");
    execute(&mut db.client(), &format!("create schema mine authorization {role}"));
    let mut client = db.client_as(&role);
    let pid = Database::backend_pid(&mut client);
    for path in [format!("{}a", "a.".repeat(300_000)), format!("a{}", "[0]".repeat(300_000)), "a.".repeat(100) + "a"] {
        let sql = format!(
            "create foreign table mine.t (x text options (json_path '{path}')) server auth0_server options (object 'users')"
        );
        let error = expect_error(&mut client, &sql);
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("HV024", "option \"json_path\" has more than 100 steps")
        );
    }
    execute(
        &mut client,
        &format!(
            "create foreign table mine.t (x text options (json_path '{}a')) server auth0_server options (object 'users')",
            "a.".repeat(99)
        ),
    );
    assert_eq!(rows(&mut client, "select x from mine.t").len(), 1);
    // Conditions too deep for a plan, and conditions at the limit.
    for depth in [5, 15, 30, 60, 100, 500] {
        let condition = (0..depth).fold("email = 'a@x.com'".to_owned(), |inner, at| {
            format!("(name = 'n{at}' or (not nickname = 'k{at}' or nickname is null) and {inner})")
        });
        let sql = format!("select email from auth0.users where {condition}");
        assert_eq!(rows(&mut client, &sql).len(), 1, "{depth}");
    }
    let nested = format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000));
    for condition in [
        format!("app_metadata @> '{nested}' or email is not null"),
        format!("app_metadata{} is null", "->'a'".repeat(500)),
        format!("app_metadata{}->>'a' = 'x' or email is not null", "->'a'".repeat(500)),
        format!("email in ({})", vec!["'a@x.com'"; 5_000].join(",")),
        format!("email like '{}' or email is not null", "%a".repeat(100_000)),
        format!("email = '{}' or email is not null", "x".repeat(1_000_000)),
    ] {
        let sql = format!("select email from auth0.users where {condition}");
        assert_eq!(rows(&mut client, &sql).len(), 1, "{}", &condition[..100]);
    }
    assert_eq!(Database::backend_pid(&mut client), pid);
}
