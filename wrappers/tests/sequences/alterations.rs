//! Servers, mappings and tables that are altered or dropped while a scan is open.

use wrappers_tests::auth0_tenant::Tenant;
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, expect_error, request_lines, start_tenant};

use crate::{count, rows, run};

const REST: &str = "fetch all from c";

/// 650 users, and a cursor that has read 120 of them.
fn opened() -> (Database, Tenant, Client) {
    let (db, tenant) = (Database::create(), start_tenant(650));
    ForeignTable::users(&db, &tenant).create();
    let mut client = db.client();
    open(&mut client);
    (db, tenant, client)
}

fn open(client: &mut Client) {
    run(client, "begin; declare c cursor for select user_id from auth0.users");
    assert_eq!(rows(client, "fetch 120 from c").len(), 120);
}

#[test]
fn open_scan_keeps_its_address_and_the_next_uses_the_new_one() {
    for own_session in [true, false] {
        let (db, tenant, mut client) = opened();
        let other = start_tenant(7);
        let alter = format!(
            "alter server auth0_server options (set url '{}');
             alter user mapping for public server auth0_server options (set api_key '{}')",
            db.tenant_url(&other),
            other.default_token()
        );
        if own_session {
            run(&mut client, &alter);
        } else {
            run(&mut db.client(), &alter);
        }
        assert_eq!(rows(&mut client, REST).len(), 530, "all of one tenant");
        assert_eq!(request_lines(&other), [""; 0]);
        let before = request_lines(&tenant).len();
        assert_eq!(count(&mut client, "select count(user_id) from auth0.users"), 7);
        run(&mut client, "commit");
        assert_eq!(count(&mut client, "select count(user_id) from auth0.users"), 7);
        assert_eq!(request_lines(&tenant).len(), before, "the former tenant gets no more requests");
    }
}

#[test]
fn changed_or_dropped_credential_applies_to_the_next_scan() {
    let (db, _tenant, mut client) = opened();
    run(&mut db.client(), "alter user mapping for public server auth0_server options (set api_key 'not.a.token')");
    assert_eq!(rows(&mut client, REST).len(), 530);
    assert_eq!(expect_error(&mut client, "select * from auth0.users").code, "28000");
    run(&mut client, "rollback");
    let (db, _tenant, mut client) = opened();
    run(&mut db.client(), "drop user mapping for public server auth0_server");
    assert_eq!(rows(&mut client, REST).len(), 530);
    let error = expect_error(&mut client, "select * from auth0.users");
    assert_eq!((error.code.as_str(), error.message.as_str()), ("28000", "no credential for server \"auth0_server\""));
    run(&mut client, "rollback");
}

#[test]
fn table_being_read_cannot_be_dropped_or_altered() {
    let (db, _tenant, mut client) = opened();
    let changes = [
        "drop server auth0_server cascade",
        "drop foreign table auth0.users",
        "drop schema auth0 cascade",
        "alter foreign table auth0.users options (add max_requests_per_scan '500')",
        "alter foreign table auth0.users alter email options (add json_path 'name')",
        "alter foreign table auth0.users add extra text",
    ];
    // Another session waits for the lock; its own session gets an error.
    let mut other = db.client();
    run(&mut other, "set lock_timeout = '50 ms'");
    for change in changes {
        let error = expect_error(&mut other, change);
        assert_eq!(error.code, "55P03", "{change}: {error}");
        run(&mut client, "savepoint s");
        let error = expect_error(&mut client, change);
        assert_eq!(error.code, "55006", "{change}: {error}");
        run(&mut client, "rollback to s");
    }
    assert_eq!(rows(&mut client, REST).len(), 530);
    run(&mut client, "commit");
    for change in &changes[3..] {
        run(&mut other, change);
        assert_eq!(rows(&mut client, "select * from auth0.users").len(), 650, "{change}");
    }
    run(&mut other, changes[0]);
    assert_eq!(expect_error(&mut client, "select * from auth0.users").code, "42P01");
}

#[test]
fn cached_plan_follows_alterations_and_drops() {
    let (db, tenant, mut client) = opened();
    run(
        &mut client,
        "commit; set plan_cache_mode = force_generic_plan; prepare q as select count(email) from auth0.users",
    );
    let mut other = db.client();
    let all = count(&mut client, "execute q");
    run(&mut other, "alter foreign table auth0.users options (add pushdown 'off')");
    assert_eq!(count(&mut client, "execute q"), all);
    run(&mut other, "alter foreign table auth0.users alter email options (add json_path 'user_id')");
    assert_eq!(count(&mut client, "execute q"), 650);
    run(&mut other, "alter foreign table auth0.users drop column email");
    assert_eq!(expect_error(&mut client, "execute q").code, "42703");
    run(&mut other, "drop server auth0_server cascade");
    assert_eq!(expect_error(&mut client, "execute q").code, "42P01");
    // Objects with the same names again.
    ForeignTable::users(&db, &tenant).create();
    assert_eq!(count(&mut client, "execute q"), all);
}
