//! Transactions: savepoints, isolation, two phases, row locks, triggers.

use wrappers_tests::auth0_tenant::{Fault, FaultKind};
use wrappers_tests::{expect_error, value};

use crate::{analyzed, copied_users, count, rows, run, same};

#[test]
fn error_during_a_scan_rolls_back_only_its_savepoint() {
    let (db, tenant, mut client) = copied_users(320);
    run(&mut client, "alter server auth0_server options (add max_retries '0'); create table kept (n int)");
    let pid = wrappers_tests::Database::backend_pid(&mut client);
    run(&mut client, "begin; declare outer_scan cursor for select user_id from auth0.users");
    assert_eq!(rows(&mut client, "fetch 50 from outer_scan").len(), 50);
    for n in 0..5 {
        run(&mut client, &format!("savepoint a; insert into kept values ({n}); savepoint b"));
        // The tenant's error, ours, and Postgres's, each in the middle of a scan.
        tenant.fault(Fault::once(FaultKind::BrokenJson).on_query("page=2"));
        assert_eq!(expect_error(&mut client, "select * from auth0.users").code, "08P01");
        tenant.clear_faults();
        run(&mut client, "rollback to b");
        let division = "select 1 / (row_number() over () - 250) from auth0.users";
        assert_eq!(expect_error(&mut client, division).code, "22012");
        assert_eq!(expect_error(&mut client, "select 1").code, "25P02");
        run(&mut client, "rollback to b; declare inner_scan cursor for select user_id from auth0.users");
        assert_eq!(rows(&mut client, "fetch 110 from inner_scan").len(), 110);
        // The cursor ends with its savepoint, in the middle of its scan.
        run(&mut client, "rollback to b");
        assert_eq!(expect_error(&mut client, "fetch 1 from inner_scan").code, "34000");
        run(&mut client, "rollback to b; release a");
        same(&mut client, "select user_id, email from auth0.users where logins_count > 50");
    }
    assert_eq!(rows(&mut client, "fetch all from outer_scan").len(), 270, "the scan that was open all the time");
    run(&mut client, "commit");
    assert_eq!(count(&mut client, "select count(*) from kept"), 5);
    assert_eq!(db.locks(pid), 0);
}

#[test]
fn every_isolation_level_reads() {
    let (_db, _tenant, mut client) = copied_users(120);
    for level in [
        "isolation level repeatable read",
        "isolation level serializable",
        "isolation level serializable read only deferrable",
        "read only",
    ] {
        run(&mut client, &format!("begin transaction {level}"));
        same(&mut client, "select * from auth0.users where email_verified");
        same(&mut client, "select count(*) from auth0.users");
        assert!(analyzed(&mut client, "select * from auth0.users").contains("Rows Received: 120"));
        run(&mut client, "commit");
    }
    run(&mut client, "set default_transaction_read_only = on; set transaction_read_only = on");
    same(&mut client, "select user_id from auth0.users");
}

#[test]
fn snapshots_can_be_shared_and_transactions_prepared_after_a_scan() {
    let (db, _tenant, mut client) = copied_users(60);
    run(&mut client, "create table t (user_id text)");
    run(&mut client, "begin isolation level repeatable read");
    assert_eq!(count(&mut client, "select count(*) from auth0.users"), 60);
    let snapshot = value(&mut client, "select pg_export_snapshot()").unwrap();
    let mut other = db.client();
    run(&mut other, "begin isolation level repeatable read");
    run(&mut other, &format!("set transaction snapshot '{snapshot}'"));
    run(&mut client, "commit");
    same(&mut other, "select * from auth0.users");
    run(&mut other, "commit");
    // Foreign tables are only read, so nothing has to be committed remotely.
    run(&mut client, "begin; insert into t select user_id from auth0.users; prepare transaction 'two'");
    assert_eq!(count(&mut other, "select count(*) from t"), 0);
    run(&mut other, "commit prepared 'two'");
    assert_eq!(count(&mut client, "select count(*) from t"), 60);
    run(&mut client, "begin; declare c cursor for select user_id from auth0.users");
    rows(&mut client, "fetch 5 from c");
    run(&mut client, "prepare transaction 'open'");
    run(&mut client, "rollback prepared 'open'");
    same(&mut client, "select user_id from auth0.users");
}

#[test]
fn select_for_update_returns_rows() {
    let (_db, _tenant, mut client) = copied_users(60);
    run(&mut client, "create table orders as select logins_count n, user_id from local.users");
    for lock in ["for update", "for no key update", "for share", "for key share", "for update skip locked"] {
        run(&mut client, "begin");
        let sql = format!("select user_id, email from auth0.users where logins_count > 40 {lock}");
        same(&mut client, &sql);
        let join = "select o.n, u.email from orders o join auth0.users u using (user_id)";
        same(&mut client, &format!("{join} {lock}"));
        run(&mut client, "commit");
    }
}

#[test]
fn triggers_and_defaults_read_the_tenant() {
    let (_db, tenant, mut client) = copied_users(60);
    run(
        &mut client,
        "alter server auth0_server options (add max_retries '0');
         create table orders (n int, user_id text, email text);
         create function fill() returns trigger language plpgsql as $$
           begin
             select email into new.email from auth0.users where user_id = new.user_id;
             if not found then raise exception 'nobody' using errcode = '23503'; end if;
             return new;
           end $$;
         create trigger fill before insert on orders for each row execute function fill();
         insert into orders select row_number() over (), user_id from local.users where email is not null limit 15",
    );
    let wrong =
        "select count(*) from orders o left join local.users u using (user_id) where o.email is distinct from u.email";
    assert_eq!(count(&mut client, wrong), 0);
    assert_eq!(count(&mut client, "select count(*) from orders"), 15);
    assert_eq!(expect_error(&mut client, "insert into orders values (0, 'auth0|nobody')").code, "23503");
    // The tenant's error rolls back the whole statement.
    tenant.fault(Fault::once(FaultKind::HtmlInsteadOfJson).on_path("/api/v2/users/").nth(3));
    let insert = "insert into orders select n, user_id from orders limit 5";
    assert_eq!(expect_error(&mut client, insert).code, "08P01");
    tenant.clear_faults();
    assert_eq!(count(&mut client, "select count(*) from orders"), 15);
    run(&mut client, insert);
    assert_eq!(count(&mut client, "select count(*) from orders"), 20);
}
