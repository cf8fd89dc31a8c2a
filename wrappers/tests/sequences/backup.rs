//! Dump and restore of a database with foreign tables and materialized views while the tenant cannot be reached, as
//! `docs/backup.md` describes.

use wrappers_tests::{Database, quote_ident, start_tenant};
use wrappers_tests::{ForeignTable, expect_error, request_lines, value};

use crate::{count, run};

/// Archive entries that need the network, named in `docs/backup.md`.
const OFFLINE: &str = "MATERIALIZED VIEW DATA";

struct Restored<'a> {
    db: &'a Database,
    name: String,
}

impl<'a> Restored<'a> {
    fn new(db: &'a Database, number: u32) -> Self {
        let name = format!("{}_r{number}", db.name());
        run(&mut db.client(), &format!("create database {}", quote_ident(&name)));
        Self { db, name }
    }

    /// Runs a Postgres command for this database; returns its output, errors and exit code.
    fn shell(&self, command: &str) -> String {
        self.db.shell(&format!("{} 2>&1; echo exit $?", command.replace("{}", &self.name)))
    }

    fn query(&self, sql: &str) -> String {
        self.shell(&format!("psql -U postgres -XAtd {{}} -c \"{sql}\""))
    }
}

impl Drop for Restored<'_> {
    fn drop(&mut self) {
        run(&mut self.db.client(), &format!("drop database {} with (force)", quote_ident(&self.name)));
    }
}

#[test]
fn database_is_dumped_and_restored_while_the_tenant_is_down() {
    let (db, tenant) = (Database::create(), start_tenant(130));
    ForeignTable::users(&db, &tenant).server_option("max_retries", "0").create();
    let mut client = db.client();
    run(
        &mut client,
        "create materialized view public.users_seen as select user_id, email from auth0.users;
         create unique index on public.users_seen (user_id);
         create view public.users_now as select user_id from auth0.users;
         create table public.users_kept as select user_id, email from auth0.users;
         create table public.orders (id int primary key, user_id text)",
    );
    // A port without a listener.
    run(&mut client, "alter server auth0_server options (set url 'http://127.0.0.1:1')");
    tenant.clear_requests();
    let file = format!("/tmp/{}.dump", db.name());
    let dump = db.shell(&format!("pg_dump -U postgres -Fc -f {file} {} 2>&1; echo exit $?", db.name()));
    assert_eq!(dump.trim(), "exit 0", "a dump sends no request");

    // All at once: everything is restored except the materialized view's rows.
    let whole = Restored::new(&db, 1);
    let output = whole.shell(&format!("pg_restore -U postgres -d {{}} {file}"));
    assert!(output.contains("REFRESH MATERIALIZED VIEW public.users_seen") && output.contains("exit 1"), "{output}");
    assert!(output.contains("errors ignored on restore: 1"), "{output}");
    assert_eq!(whole.query("select count(*) from users_kept"), "130\nexit 0\n");
    assert!(whole.query("select count(*) from users_seen").contains("has not been populated"));
    // In a single transaction nothing is restored.
    let single = Restored::new(&db, 2);
    let output = single.shell(&format!("pg_restore -U postgres --single-transaction -d {{}} {file}"));
    assert!(output.contains("exit 1"), "{output}");
    assert_eq!(single.query("select to_regclass('users_kept') is null"), "t\nexit 0\n");
    // Without the entries that refresh.
    let list = format!("pg_restore -l {file} | grep -v '{OFFLINE}' > {file}.list");
    let output =
        single.shell(&format!("{list} && pg_restore -U postgres --single-transaction -L {file}.list -d {{}} {file}"));
    assert_eq!(output.trim(), "exit 0", "{output}");
    assert_eq!(single.query("select count(*) from users_kept"), "130\nexit 0\n");
    assert!(single.query("select * from users_now").contains("could not read \"users\" from Auth0: no connection"));
    // The tenant is reachable again.
    let back = format!("alter server auth0_server options (set url '{}')", db.tenant_url(&tenant));
    assert_eq!(single.query(&back), "ALTER SERVER\nexit 0\n");
    let refresh = format!("pg_restore -l {file} | grep '{OFFLINE}' > {file}.refresh");
    let output = single.shell(&format!("{refresh} && pg_restore -U postgres -L {file}.refresh -d {{}} {file}"));
    assert_eq!(output.trim(), "exit 0", "with the search path that pg_restore sets: {output}");
    assert_eq!(single.query("select count(*) from users_seen"), "130\nexit 0\n");

    // The dump itself can exclude them.
    let dump = db.shell(&format!(
        "pg_dump -U postgres -Fc --exclude-table-data=public.users_seen -f {file} {} 2>&1; echo exit $?",
        db.name()
    ));
    assert_eq!(dump.trim(), "exit 0");
    let excluded = Restored::new(&db, 3);
    let output = excluded.shell(&format!("pg_restore -U postgres --exit-on-error -d {{}} {file}"));
    assert_eq!(output.trim(), "exit 0");
    assert!(excluded.query("select * from users_seen").contains("has not been populated"));
    drop((whole, single, excluded));
    db.shell(&format!("rm {file}*"));
    assert_eq!(expect_error(&mut client, "select * from auth0.users").code, "08001");
}

#[test]
fn dump_contains_mapping_secrets_and_rows_only_if_requested() {
    let (db, tenant) = (Database::create(), start_tenant(130));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    let secret = tenant.default_token();
    run(&mut client, &format!("alter user mapping for public server auth0_server options (set api_key '{secret}')"));
    let id = value(&mut client, "select max(user_id) from auth0.users").unwrap();
    tenant.clear_requests();
    let plain = db.shell(&format!("pg_dump -U postgres {}", db.name()));
    assert!(plain.contains(&secret) && !plain.contains(&id));
    assert_eq!(request_lines(&tenant), [""; 0]);
    let rows = db.shell(&format!("pg_dump -U postgres --include-foreign-data=auth0_server --data-only {}", db.name()));
    assert!(rows.contains(&id));
    assert_eq!(count(&mut client, "select count(*) from auth0.users"), 130);
    // A role that may not see the options dumps none.
    let role = db.create_role("dumps");
    run(&mut client, &format!("grant pg_read_all_data to {}", quote_ident(&role)));
    let plain = db.shell(&format!("pg_dump -U {} --schema-only {}", quote_ident(&role).replace('"', ""), db.name()));
    assert!(plain.contains("CREATE USER MAPPING") && !plain.contains(&secret));
}
