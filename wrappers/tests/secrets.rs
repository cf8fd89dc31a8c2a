//! Roles and places that can read a credential, and those that cannot: catalogs, views, plans, the log, dumps, files.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;

use wrappers_tests::postgres::Client;
use wrappers_tests::{
    Database, ForeignTable, PgError, RawApi, VaultVersion, expect_error, json_answer, postgres_major, rows,
    start_tenant, value,
};

/// The credentials that [`everywhere`] configures.
const OF_PUBLIC: &str = "secret-of-public-0a1b2c3d4e5f";
const OF_A_ROLE: &str = "secret-of-a-role-0a1b2c3d4e5f";
const IN_VAULT: &str = "secret-in-vault-0a1b2c3d4e5f";
/// The token that the API issues for any of them.
const FETCHED: &str = "fetched-token-0a1b2c3d4e5f";
/// A secret in a place where none belongs.
const MISPLACED: &str = "secret-out-of-place-0a1b2c3d4e5f";
const SECRETS: [&str; 4] = [OF_PUBLIC, OF_A_ROLE, IN_VAULT, FETCHED];

#[track_caller]
fn execute(client: &mut Client, sql: &str) {
    client.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
}

/// An API with a login, one user, and an error response for `nickname`.
fn api() -> RawApi {
    api_that_gives(FETCHED)
}

/// The same API, issuing this token for any secret.
fn api_that_gives(token: &'static str) -> RawApi {
    RawApi::start(move |request, stream| {
        let answer = if request.line.contains("/oauth/token") {
            json_answer(&format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":1000}}"#))
        } else if request.line.contains("nickname%3A") {
            let sent = request.token();
            json_answer(&format!(r#"{{"statusCode":400,"message":"refused: {sent}"}}"#))
                .replace("200 OK", "400 Bad Request")
        } else {
            let limit = if request.line.contains("per_page=1&") { 1 } else { 100 };
            json_answer(&format!(
                r#"{{"start":0,"limit":{limit},"total":1,"length":1,"users":[{{"user_id":"auth0|1","email":"a@x.com","name":"n"}}]}}"#
            ))
        };
        let _ = stream.write_all(answer.as_bytes());
    })
}

/// Tables with their credential in PUBLIC's mapping, in a role's mapping, and in Vault; returns a role with its own
/// mapping that may query them.
fn everywhere(db: &Database, api: &RawApi) -> String {
    let tenant = start_tenant(0);
    let table = |name: &str| {
        ForeignTable::users(db, &tenant)
            .without_mapping()
            .server(&format!("{name}_server"))
            .name(name)
            .columns("user_id text, email text, name text, nickname text")
            .server_option("url", &api.url())
            .server_option("client_id", "client")
            .server_option("max_retries", "0")
    };
    let mut client = db.client();
    execute(&mut client, &format!("select vault.create_secret('{IN_VAULT}', 'auth0')"));
    table("mapped").mapping_option("client_secret", OF_PUBLIC).create();
    table("vaulted").server_option("client_secret_name", "auth0").create();
    let role = db.create_role("owner_of_a_mapping");
    execute(
        &mut client,
        &format!(
            "grant usage on schema auth0 to public; grant select on all tables in schema auth0 to public;
             grant usage on foreign server mapped_server, vaulted_server to public;
             create user mapping for {role} server mapped_server options (client_secret '{OF_A_ROLE}')"
        ),
    );
    role
}

#[track_caller]
fn assert_no_secret(text: &str, place: &str) {
    for secret in SECRETS.into_iter().chain([MISPLACED]) {
        // Part of a secret is a leak too.
        assert!(!text.contains(&secret[..secret.len() - 4]), "{secret} is in {place}");
    }
}

/// Every table and view that a role may read and that contains one of the secrets.
fn found_in(client: &mut Client, secrets: &[&str]) -> Vec<String> {
    let sql = "select c.oid::regclass::text from pg_class c where c.relkind in ('r', 'v', 'm', 'p')
               and has_table_privilege(c.oid, 'select') and has_schema_privilege(c.relnamespace, 'usage')
               -- Shows the machine's memory, and fails on a machine without NUMA.
               and c.relname <> 'pg_shmem_allocations_numa' order by 1";
    let tables: Vec<String> = rows(client, sql).into_iter().flatten().flatten().collect();
    assert!(tables.len() > 150, "{tables:?}");
    // Split in two, so that the search does not find its own statement.
    let is_found = |secret: &&str| format!("strpos(t::text, '{}' || '{}') > 0", &secret[..8], &secret[8..]);
    let condition = secrets.iter().map(is_found).collect::<Vec<_>>().join(" or ");
    let holds = |table: &String| {
        let sql = format!("select exists (select from {table} t where {condition})");
        match client.query_one(&sql, &[]) {
            Ok(row) => row.get(0),
            // Relations that the role may not read after all, such as views of functions, and files that the machine
            // lacks.
            Err(error) => {
                let code = PgError::from_client(&error).code;
                assert!(["42501", "58P01"].contains(&code.as_str()), "{table}: {error:?}");
                false
            }
        }
    };
    tables.into_iter().filter(holds).collect()
}

#[test]
fn catalogs_and_views_show_no_secret_to_other_roles() {
    let (db, api) = (Database::create(), api());
    let role = everywhere(&db, &api);
    let mut admin = db.client();
    for sql in ["select * from auth0.mapped", "select * from auth0.vaulted"] {
        assert_eq!(rows(&mut admin, sql).len(), 1);
        assert_eq!(rows(&mut db.client_as(&role), sql).len(), 1);
        expect_error(&mut admin, &format!("{sql} where nickname = 'x'"));
    }
    execute(&mut admin, "analyze auth0.mapped");
    let (nobody, monitor) = (db.create_role("nobody"), db.create_role("monitor"));
    execute(&mut admin, &format!("grant pg_monitor, pg_read_all_stats, pg_read_all_settings to {monitor}"));
    for other in [&nobody, &monitor] {
        let mut client = db.client_as(other);
        assert_eq!(found_in(&mut client, &SECRETS), [""; 0], "{other}");
        for sql in ["select * from pg_user_mapping", "select * from vault.decrypted_secrets"] {
            assert_eq!(expect_error(&mut client, sql).code, "42501", "{sql}");
        }
    }
    // The search works: a mapping's own user finds it, as long as the user may use the server.
    let places =
        ["information_schema._pg_user_mappings", "information_schema.user_mapping_options", "pg_user_mappings"];
    let own = |client: &mut Client| -> Vec<String> {
        found_in(client, &[OF_A_ROLE]).into_iter().filter(|place| places.contains(&place.as_str())).collect()
    };
    let mut client = db.client_as(&role);
    assert!(own(&mut client).contains(&"pg_user_mappings".to_owned()), "{:?}", own(&mut client));
    assert_eq!(found_in(&mut client, &[OF_PUBLIC, IN_VAULT, FETCHED]), [""; 0]);
    execute(&mut admin, "revoke usage on foreign server mapped_server from public");
    let sql = "select umoptions from pg_user_mappings where umoptions is not null";
    assert_eq!(rows(&mut client, sql).len(), 0);
    // The server's owner can read PUBLIC's mapping, but no role's; a superuser can read all.
    let owner = db.create_role("owner_of_the_server");
    execute(
        &mut admin,
        &format!(
            "grant usage on foreign data wrapper auth0_wrapper to {owner}; alter server mapped_server owner to {owner}"
        ),
    );
    let sql = "select string_agg(umoptions::text, ' ' order by umuser) from pg_user_mappings";
    assert_eq!(value(&mut db.client_as(&owner), sql).unwrap(), format!("{{client_secret={OF_PUBLIC}}}"));
    let all = value(&mut admin, sql).unwrap();
    assert!(all.contains(OF_PUBLIC) && all.contains(OF_A_ROLE), "{all}");
}

#[test]
fn credential_on_a_server_is_readable_by_every_role() {
    let (db, api) = (Database::create(), api());
    ForeignTable::users(&db, &start_tenant(0))
        .without_mapping()
        .server_option("url", &api.url())
        .server_option("api_key", OF_PUBLIC)
        .create();
    let role = db.create_role("nobody");
    let places = found_in(&mut db.client_as(&role), &[OF_PUBLIC]);
    assert!(places.contains(&"pg_foreign_server".to_owned()), "{places:?}");
}

#[test]
fn plans_and_log_lines_show_no_secret() {
    let (db, api) = (Database::create(), api());
    let role = everywhere(&db, &api);
    let mut admin = db.client();
    execute(
        &mut admin,
        "load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on;
         set auto_explain.log_verbose = on; set auto_explain.log_buffers = on; set auto_explain.log_settings = on;
         set auto_explain.log_nested_statements = on; set auto_explain.log_format = 'json';
         set wrappers.log_level = 'log'; set client_min_messages = debug5; set log_min_messages = debug5;
         set log_error_verbosity = verbose; set debug_print_parse = on; set debug_print_rewritten = on;
         set debug_print_plan = on; set log_min_duration_statement = 0; set log_statement = 'all';
         set log_parser_stats = on; set log_planner_stats = on; set log_executor_stats = on;",
    );
    let mut seen = String::new();
    for table in ["mapped", "vaulted"] {
        for who in ["reset role".to_owned(), format!("set role {role}")] {
            execute(&mut admin, &who);
            let all = format!("select user_id, email from auth0.{table}");
            for sql in [
                all.clone(),
                format!("{all} where name = 'n'"),
                format!("explain (verbose) {all}"),
                format!("explain (analyze, verbose, settings, wal, format json) {all}"),
                format!("explain (analyze, verbose, format xml) {all} where name = 'n'"),
                format!("explain (analyze, verbose, format yaml) select count(*) from auth0.{table}"),
            ] {
                seen += &format!("{:?}\n", rows(&mut admin, &sql));
            }
            for sql in [
                format!("{all} where nickname = 'x'"),
                format!("select 1 / count(email) - 1 from auth0.{table} where 1 / (length(email) - 7) > 0"),
                format!("do $$ begin perform * from auth0.{table} where nickname = 'x'; end $$"),
            ] {
                let error = expect_error(&mut admin, &sql);
                seen += &format!("{error}\n{}\n", error.context);
            }
            seen += &format!("{:?}\n", rows(&mut admin, "select * from pg_stat_activity where pid = pg_backend_pid()"));
            seen += &format!("{:?}\n", rows(&mut admin, "select * from pg_prepared_statements"));
            execute(&mut admin, "reset role");
            for view in ["wrappers_statistics", "wrappers_rate_limits", "wrappers_progress"] {
                seen += &format!("{:?}\n", rows(&mut admin, &format!("select * from {view}")));
            }
            for server in ["mapped_server", "vaulted_server"] {
                seen += &format!("{:?}\n", rows(&mut admin, &format!("select * from auth0_check_server('{server}')")));
            }
        }
    }
    assert!(seen.contains("refused: [redacted]"), "{seen}");
    assert_no_secret(&seen, "what a session sees");
    let log = db.server_log();
    for trace in ["\"Remote Request\"", "logged in to", "decrypted_secrets", "PLANNEDSTMT", "refused: "] {
        assert!(log.contains(trace), "the log lacks: {trace}");
    }
    let holds_one = |line: &&str| SECRETS.iter().any(|secret| line.contains(&secret[..secret.len() - 4]));
    assert_eq!(log.lines().find(holds_one), None, "a secret is in the log");
}

/// The files of the extension, as seen by somebody with access to the machine's disk.
#[test]
fn token_is_only_in_memory_readable_by_the_server_user() {
    // A token no other test uses, because all tests run on the same machine.
    const TOKEN: &str = "token-of-this-test-0a1b2c3d4e5f";
    let (db, api) = (Database::create(), api_that_gives(TOKEN));
    everywhere(&db, &api);
    for table in ["mapped", "vaulted"] {
        assert_eq!(rows(&mut db.client(), &format!("select email from auth0.{table}")).len(), 1);
    }
    execute(&mut db.client(), "checkpoint");
    let found = db.shell(&format!("grep -rlaF {TOKEN} /dev/shm /tmp /var/lib/postgresql/data /proc/1/environ || true"));
    let files: Vec<&str> = found.lines().collect();
    assert_eq!(files.len(), 2, "one for each of two credentials: {files:?}");
    assert!(files.iter().all(|file| file.starts_with("/dev/shm/wrappers-")), "{files:?}");
    let modes = db.shell("find /dev/shm/wrappers-* -printf '%y %m %u\\n' | sort -u");
    assert_eq!(modes.lines().collect::<Vec<_>>(), ["d 700 postgres", "f 600 postgres"]);
    // Only the fetched token and Postgres's own data: no secret from Vault.
    let found = db.shell(&format!("grep -rlaF {IN_VAULT} /dev/shm /tmp /var/lib/postgresql/data || true"));
    assert_eq!(found, "");
}

#[test]
fn dump_has_only_the_secrets_that_its_role_may_read() {
    let (db, api) = (Database::create_with_vault(VaultVersion::None), api());
    let tenant = start_tenant(0);
    ForeignTable::users(&db, &tenant)
        .without_mapping()
        .server_option("url", &api.url())
        .server_option("client_id", "client")
        .mapping_option("client_secret", OF_PUBLIC)
        .create();
    let role = db.create_role("reader");
    execute(
        &mut db.client(),
        &format!(
            "grant usage on schema auth0 to {role}; grant select on auth0.users to {role};
             create user mapping for {role} server auth0_server options (client_secret '{OF_A_ROLE}')"
        ),
    );
    let major = postgres_major();
    let dump = |role: &str| db.shell(&format!("/usr/lib/postgresql/{major}/bin/pg_dump -U {role} -d {}", db.name()));
    let of_reader = dump(&role);
    assert!(of_reader.contains("CREATE FOREIGN TABLE auth0.users") && of_reader.contains("CREATE USER MAPPING"));
    assert_no_secret(&of_reader, "a dump of a role that may not read it");
    let of_superuser = dump("postgres");
    assert!(of_superuser.contains(OF_PUBLIC) && of_superuser.contains(OF_A_ROLE), "Postgres writes mappings in clear");
    let of_data =
        db.shell(&format!("/usr/lib/postgresql/{major}/bin/pg_dump -U postgres --data-only -d {}", db.name()));
    assert_no_secret(&of_data, "a dump of the data");
}

/// A separate server: the module has to be loaded at server start.
#[test]
fn pg_stat_statements_shows_secrets_only_in_ddl_text() {
    let (db, api) = (Database::create(), api());
    let bin = format!("/usr/lib/postgresql/{}/bin", postgres_major());
    let run =
        |script: &str| db.shell(&format!("set -e; cd /tmp; export PGHOST=/tmp PGPORT=5499 PGUSER=postgres; {script}"));
    run(&format!(
        "{bin}/initdb --auth=trust --username=postgres --pgdata=/tmp/statements >/dev/null
         echo \"shared_preload_libraries = 'pg_stat_statements'\" >> /tmp/statements/postgresql.conf
         echo \"unix_socket_directories = '/tmp'\" >> /tmp/statements/postgresql.conf
         {bin}/pg_ctl --pgdata=/tmp/statements --wait --log=/tmp/statements/log \
           --options=\"-p 5499 -c listen_addresses=\" start >/dev/null"
    ));
    let psql = |sql: &str| run(&format!("{bin}/psql -XAtq -v ON_ERROR_STOP=1 <<'SQL'\n{sql}\nSQL"));
    psql(&format!(
        "create extension pg_stat_statements; create extension wrappers;
         create foreign data wrapper w handler auth0_fdw_handler validator auth0_fdw_validator;
         create server s foreign data wrapper w options (url '{}', allow_http 'true', client_id 'client');
         set pg_stat_statements.track = 'all';
         set pg_stat_statements.track_utility = off;
         create user mapping for public server s options (client_secret '{OF_PUBLIC}');
         set pg_stat_statements.track_utility = on;
         create foreign table t (user_id text, email text) server s options (object 'users');
         select * from t; select count(*) from t where email is null; analyze t;",
        api.url()
    ));
    let kept = psql("select query from pg_stat_statements");
    assert!(kept.contains("select * from t") && kept.contains("create foreign table"), "{kept}");
    assert_no_secret(&kept, "pg_stat_statements");
    // Postgres keeps the text of a statement that creates a mapping, unless it is configured not to.
    psql(&format!("create user mapping for postgres server s options (client_secret '{OF_A_ROLE}')"));
    assert!(psql("select query from pg_stat_statements").contains(OF_A_ROLE));
    psql("create role nobody");
    let others = psql("set role nobody; select query from pg_stat_statements");
    assert_no_secret(&others, "what another role sees of pg_stat_statements");
    run(&format!("{bin}/pg_ctl --pgdata=/tmp/statements --mode=fast --wait stop >/dev/null; rm -r /tmp/statements"));
}

/// The likeliest mistakes when setting up a server: the error is written to the log and shown on screens.
#[test]
fn errors_do_not_repeat_a_secret_in_the_wrong_option() {
    let db = Database::create();
    let (mut client, notices) = db.client_with_notices();
    execute(
        &mut client,
        "create server s foreign data wrapper auth0_wrapper options (url 'http://127.0.0.1:1', max_retries '0')",
    );
    let mut seen = String::new();
    let objects = [
        "create server x foreign data wrapper auth0_wrapper options (OPTION)",
        "create user mapping for public server s options (OPTION)",
        "create foreign table x (a text) server s options (object 'users', OPTION)",
        "create foreign table x (a text) server s options (OPTION)",
        "create foreign table x (a text options (OPTION)) server s options (object 'users')",
        "create foreign data wrapper x handler auth0_fdw_handler validator auth0_fdw_validator options (OPTION)",
        "import foreign schema auth0 from server s into public options (OPTION)",
        "alter server s options (add OPTION)",
    ];
    let options = [
        "url",
        "domain",
        "api_key",
        "api_key_id",
        "api_key_name",
        "client_id",
        "client_secret",
        "client_secret_id",
        "client_secret_name",
        "audience",
        "object",
        "allow_http",
        "connect_timeout",
        "request_timeout",
        "retry_timeout",
        "max_retries",
        "max_response_size",
        "max_concurrent_requests",
        "rate_limit",
        "rate_limit_headroom",
        "max_requests_per_scan",
        "pushdown",
        "fan_out",
        "expose_secrets",
        "types",
        "exclude_deprecated",
        "bulk",
        "bulk_timeout",
        "json_path",
        "password",
        "token",
    ];
    let mut errors = 0;
    for object in objects {
        for option in options {
            for value in [MISPLACED.to_owned(), format!("https://x/{MISPLACED}"), format!("{MISPLACED}..")] {
                let sql = object.replace("OPTION", &format!("{option} '{value}'"));
                execute(&mut client, "begin");
                if let Err(error) = client.batch_execute(&sql) {
                    seen += &format!("{}\n", PgError::from_client(&error));
                    errors += 1;
                }
                execute(&mut client, "rollback");
            }
        }
        // Name and value swapped.
        let swapped = object.replace("OPTION", &format!("\"{MISPLACED}\" 'api_key'"));
        seen += &format!("{}\n", expect_error(&mut client, &swapped));
    }
    assert!(errors > 400, "{errors}");
    seen += &format!("{:?}", notices.take());
    assert_no_secret(&seen, "an error or a notice");
    // Cases that only a query shows: the secret as the name of a secret, and as the client's name.
    execute(&mut client, "create foreign table t (user_id text) server s options (object 'users')");
    for options in
        [format!("api_key_name '{MISPLACED}'"), format!("client_id '{MISPLACED}-{MISPLACED}', client_secret 'client'")]
    {
        execute(&mut client, &format!("create user mapping for public server s options ({options})"));
        let error = expect_error(&mut client, "select * from t");
        assert_no_secret(&format!("{error}"), "an error of a query");
        execute(&mut client, "drop user mapping for public server s");
    }
}
