//! The machine's resources: sessions that ended and servers that stopped leave no files, and a session without files
//! left gets a clear error.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::thread;
use std::time::{Duration, Instant};

use wrappers_tests::auth0_tenant::{Fault, FaultKind};
use wrappers_tests::{Database, ForeignTable, expect_error, postgres_major, rows, start_tenant, value};

/// The records of progress of this server's scans.
fn progress(db: &Database) -> Vec<String> {
    db.shell("find /dev/shm/wrappers-* -name 'progress-*'").lines().map(str::to_owned).collect()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(20), "waited in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_session_that_is_terminated_leaves_no_record_of_its_scan() {
    let (db, tenant) = (Database::create(), start_tenant(300));
    ForeignTable::users(&db, &tenant)
        .server_option("request_timeout", "1 h")
        .server_option("retry_timeout", "1 h")
        .create();
    tenant.fault(Fault::forever(FaultKind::StallBeforeHeaders));
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    let scan = thread::spawn(move || client.simple_query("select count(email) from auth0.users").map(drop));
    wait_until("a record of the scan", || !progress(&db).is_empty());
    value(&mut db.client(), &format!("select pg_terminate_backend({pid}, 20000)"));
    assert!(scan.join().unwrap().is_err());
    assert_eq!(progress(&db), [""; 0]);
}

#[test]
fn sessions_that_end_leave_no_record_of_their_counts() {
    let (db, tenant) = (Database::create(), start_tenant(5));
    ForeignTable::users(&db, &tenant).create();
    // The records of the sessions with these process ids.
    let records = |pids: &[i32]| {
        let own = |name: &str| pids.iter().any(|pid| name.contains(&format!("/statistics-{pid}-")));
        db.shell("find /dev/shm/wrappers-* -name 'statistics-*'").lines().filter(|name| own(name)).count()
    };
    let (mut closed, mut terminated) = (db.client(), db.client());
    let pids = [&mut closed, &mut terminated].map(|client| {
        assert_eq!(rows(client, "select email from auth0.users").len(), 5);
        Database::backend_pid(client)
    });
    assert_eq!(records(&pids), 2);
    drop(closed);
    value(&mut db.client(), &format!("select pg_terminate_backend({}, 20000)", pids[1]));
    wait_until("the end of the records", || records(&pids) == 0);
    let counted = format!("select scans from wrappers_statistics where address = '{}'", db.tenant_url(&tenant));
    assert_eq!(value(&mut db.client(), &counted).as_deref(), Some("2"));
}

#[test]
fn a_session_without_files_left_gets_an_error_of_class_53_and_works_again_with_more() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    // Planning opens the files of the catalogs.
    client.batch_execute("explain select email from auth0.users").unwrap();
    let pid = Database::backend_pid(&mut client);
    db.shell(&format!("prlimit --pid {pid} --nofile=$(ls /proc/{pid}/fd | wc -l):"));
    let error = expect_error(&mut client, "select email from auth0.users");
    assert_eq!(error.code, "53000", "{error}");
    assert!(error.message.contains("Too many open files"), "{error}");
    db.shell(&format!("prlimit --pid {pid} --nofile=1000:"));
    assert_eq!(rows(&mut client, "select email from auth0.users").len(), 3);
}

/// A second server on the machine of the tests, which has asked an API once.
const SECOND: &str = r#"
set -e
export PATH=/usr/lib/postgresql/MAJOR/bin:$PATH
rm -rf /tmp/second && initdb -D /tmp/second -U postgres >/dev/null
pg_ctl -D /tmp/second -l /tmp/second.log -w -o "-p 5999 -k /tmp -h '' OPTIONS" start >/dev/null
psql -qX -h /tmp -p 5999 -U postgres -v ON_ERROR_STOP=1 <<'SQL' >/dev/null
create extension wrappers;
create foreign data wrapper auth0_wrapper handler auth0_fdw_handler validator auth0_fdw_validator;
create server s foreign data wrapper auth0_wrapper options (url 'http://127.0.0.1:9', api_key 'x', max_retries '0');
create foreign table users (email text) server s options (object 'users');
SQL
psql -qX -h /tmp -p 5999 -U postgres -c 'select * from users' 2>&1 || true
"#;

/// The folders of clusters, with the data directory that each names.
fn clusters(db: &Database) -> Vec<String> {
    db.shell("cat /dev/shm/wrappers-*/cluster | grep ^/ || true").lines().map(str::to_owned).collect()
}

#[test]
fn the_folder_of_a_stopped_server_is_removed() {
    let (db, tenant) = (Database::create(), start_tenant(3));
    ForeignTable::users(&db, &tenant).create();
    let scan = || assert_eq!(value(&mut db.client(), "select count(email) from auth0.users").as_deref(), Some("3"));
    scan();
    let has_second = || clusters(&db).iter().any(|directory| directory == "/tmp/second");
    let start = |options: &str| {
        let script = SECOND.replace("MAJOR", &postgres_major().to_string()).replace("OPTIONS", options);
        let answer = db.shell(&script);
        assert!(has_second(), "{answer} {:?}", clusters(&db));
    };
    let pg_ctl = format!("/usr/lib/postgresql/{}/bin/pg_ctl -D /tmp/second", postgres_major());
    for (end, what) in [
        (format!("{pg_ctl} -m fast stop"), "stopped"),
        (format!("{pg_ctl} -m immediate stop"), "stopped at once"),
        (
            "pid=$(head -1 /tmp/second/postmaster.pid); kill -9 $pid; while kill -0 $pid 2>/dev/null; do sleep 0.05; done".to_owned(),
            "killed",
        ),
        (format!("{pg_ctl} -m fast stop; rm -rf /tmp/second"), "deleted"),
    ] {
        start("");
        scan();
        assert!(has_second(), "{what}: the folder of a server that runs stays");
        db.shell(&end);
        scan();
        assert!(!has_second(), "{what}: {:?}", clusters(&db));
        assert_eq!(clusters(&db).len(), 1, "{what}: our own stays");
    }
    // A server that loads the library removes its folder itself.
    start("-c shared_preload_libraries=wrappers");
    db.shell(&format!("{pg_ctl} -m fast stop"));
    assert!(!has_second(), "{:?}", clusters(&db));
}
