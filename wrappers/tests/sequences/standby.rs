//! A hot standby reads the tables as the primary does.

use wrappers_tests::Database;
use wrappers_tests::auth0_tenant::{Fault, FaultKind};
use wrappers_tests::{ForeignTable, start_tenant};

use crate::{count, run};

/// A standby of the test server on the same machine, running until it is dropped.
struct Standby<'a>(&'a Database);

const FOLDER: &str = "/tmp/standby";
const PORT: u16 = 5499;

impl<'a> Standby<'a> {
    fn start(db: &'a Database) -> Self {
        db.shell(&format!(
            "pg_basebackup --pgdata {FOLDER} --write-recovery-conf --checkpoint fast --wal-method stream --no-sync --username postgres &&
             pg_ctl --pgdata {FOLDER} --wait --log {FOLDER}/log start --options \"-p {PORT} -c listen_addresses= \
               -c shared_buffers=16MB -c max_connections=200 -c max_prepared_transactions=5 -c fsync=off\" >/dev/null"
        ));
        Self(db)
    }

    /// The result of a statement on the standby; `ERROR: …` if it fails.
    fn query(&self, sql: &str) -> String {
        let (name, sql) = (self.0.name(), sql.replace('\'', r"'\''"));
        let psql =
            format!("psql --port {PORT} --username postgres --dbname {name} --no-psqlrc --tuples-only --no-align");
        self.0.shell(&format!("{psql} --command '{sql}' 2>&1 || true")).trim().to_owned()
    }

    /// Waits until it has replayed everything from the primary.
    fn catch_up(&self, primary: &mut wrappers_tests::postgres::Client) {
        let lsn = wrappers_tests::value(primary, "select pg_current_wal_insert_lsn()").unwrap();
        while self.query(&format!("select pg_last_wal_replay_lsn() >= '{lsn}'")) != "t" {}
    }
}

impl Drop for Standby<'_> {
    fn drop(&mut self) {
        self.0.shell(&format!("pg_ctl --pgdata {FOLDER} --mode immediate --wait stop && rm -r {FOLDER}"));
    }
}

#[test]
fn standby_reads_the_tenant_with_its_own_login() {
    let (db, tenant) = (Database::create(), start_tenant(230));
    ForeignTable::users(&db, &tenant)
        .columns("user_id text, email text, logins_count bigint")
        .without_mapping()
        .server_option("audience", "https://local-tenant.us.auth0.com/api/v2/")
        .server_option("max_retries", "0")
        .mapping_option("client_id", "local-client-id")
        .mapping_option("client_secret", "local-client-secret")
        .create();
    let mut primary = db.client();
    run(&mut primary, "create table keys as select user_id from auth0.users order by user_id limit 20; analyze keys");
    let standby = Standby::start(&db);
    standby.catch_up(&mut primary);
    assert_eq!(standby.query("select pg_is_in_recovery()"), "t");
    tenant.clear_requests();
    assert_eq!(standby.query("select count(user_id) from auth0.users"), "230");
    let logins = || tenant.requests().iter().filter(|request| request.path == "/oauth/token").count();
    assert_eq!(logins(), 1, "it does not know the primary's token");
    for sql in [
        "select count(*), md5(string_agg(email, '' order by user_id)) from auth0.users where logins_count > 90",
        "select count(*), count(email) from keys join auth0.users using (user_id)",
        "select count(*) from keys k where exists (select from auth0.users u where u.user_id = k.user_id)",
    ] {
        let expected = wrappers_tests::rows(&mut primary, sql).concat();
        let expected: Vec<String> = expected.into_iter().flatten().collect();
        assert_eq!(standby.query(sql), expected.join("|"), "{sql}");
        assert!(standby.query(&format!("explain (analyze) {sql}")).contains("Rows Received"), "{sql}");
    }
    assert_eq!(logins(), 1, "its sessions share one");
    let scans = standby.query("select sum(scans) > 0 from wrappers_statistics");
    assert_eq!(scans, "t", "its statistics are its own");
    tenant.fault(Fault::once(FaultKind::HtmlInsteadOfJson).on_query("page=1"));
    let error = standby.query("select * from auth0.users");
    assert!(error.contains("ERROR:  the answer for \"users\" is not JSON"), "{error}");
    // An alteration on the primary takes effect on the standby.
    run(&mut primary, "alter server auth0_server options (add max_requests_per_scan '1')");
    standby.catch_up(&mut primary);
    assert!(standby.query("select user_id from auth0.users").contains("takes more requests than allowed"));
    run(&mut primary, "alter server auth0_server options (drop max_requests_per_scan)");
    assert_eq!(count(&mut primary, "select count(user_id) from auth0.users"), 230);
}
