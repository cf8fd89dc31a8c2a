//! Cursors: held, scrolled, many at once, closed early.

use wrappers_tests::auth0_tenant::{Fault, FaultKind};
use wrappers_tests::{expect_error, request_lines};

use crate::{copied_users, count, rows, run, sorted};

#[test]
fn scroll_cursor_returns_the_same_rows_in_both_directions() {
    let (_db, _tenant, mut client) = copied_users(250);
    for sql in [
        "select user_id from auth0.users",
        "select user_id from auth0.users where logins_count > 300",
        "select u.user_id from auth0.users u join local.users l using (user_id)",
        "select user_id from auth0.users union all select user_id from auth0.users",
    ] {
        run(&mut client, &format!("begin; declare c scroll cursor for {sql}"));
        let all = rows(&mut client, "fetch all from c");
        let mut backwards = rows(&mut client, "fetch backward all from c");
        backwards.reverse();
        assert_eq!(backwards, all, "{sql}");
        assert_eq!(rows(&mut client, "fetch absolute 7 from c")[0], all[6], "{sql}");
        assert_eq!(rows(&mut client, "fetch prior from c")[0], all[5], "{sql}");
        assert_eq!(rows(&mut client, "fetch last from c")[0], all[all.len() - 1], "{sql}");
        assert_eq!(rows(&mut client, "fetch first from c")[0], all[0], "{sql}");
        run(&mut client, "commit");
        assert_eq!(
            all.len(),
            count(&mut client, &format!("select count(*) from ({}) q", sql.replace("auth0.", "local.")))
        );
    }
}

#[test]
fn no_scroll_cursor_cannot_fetch_backward() {
    let (_db, _tenant, mut client) = copied_users(250);
    run(&mut client, "begin; declare c no scroll cursor for select user_id from auth0.users");
    assert_eq!(rows(&mut client, "fetch 120 from c").len(), 120);
    let error = expect_error(&mut client, "fetch backward 5 from c");
    assert_eq!(
        (error.code.as_str(), error.hint.as_str()),
        ("55000", "Declare it with SCROLL option to enable backward scan.")
    );
    run(&mut client, "rollback");
    // Postgres makes a cursor scrollable if that costs nothing: ours are not.
    run(&mut client, "begin; declare c cursor for select user_id from auth0.users");
    assert_eq!(rows(&mut client, "fetch 120 from c").len(), 120);
    assert_eq!(expect_error(&mut client, "fetch backward 5 from c").code, "55000");
    run(&mut client, "rollback");
    assert_eq!(count(&mut client, "select count(*) from auth0.users"), 250);
}

#[test]
fn held_cursor_sends_no_requests() {
    let (_db, tenant, mut client) = copied_users(250);
    run(&mut client, "begin; declare h scroll cursor with hold for select user_id from auth0.users");
    let first = rows(&mut client, "fetch 3 from h");
    run(&mut client, "commit");
    tenant.clear_requests();
    tenant.fault(Fault::forever(FaultKind::DropBeforeHeaders));
    let rest = rows(&mut client, "fetch all from h");
    assert_eq!((first.len(), rest.len()), (3, 247));
    run(&mut client, "move absolute 0 in h");
    assert_eq!(rows(&mut client, "fetch all from h"), [first, rest].concat());
    assert_eq!(request_lines(&tenant), [""; 0]);
    tenant.clear_faults();
    run(&mut client, "close h");
    // A cursor that cannot be read to its end makes the commit fail.
    run(&mut client, "begin; declare h cursor with hold for select user_id from auth0.users");
    tenant.fault(Fault::forever(FaultKind::HtmlInsteadOfJson).on_query("page=2"));
    assert_eq!(expect_error(&mut client, "commit").code, "08P01");
    tenant.clear_faults();
    assert_eq!(count(&mut client, "select count(*) from pg_cursors"), 0);
    assert_eq!(count(&mut client, "select count(*) from auth0.users"), 250);
}

#[test]
fn thirty_cursors_are_read_in_turns() {
    let (db, _tenant, mut client) = copied_users(350);
    let pid = wrappers_tests::Database::backend_pid(&mut client);
    let read = |client: &mut wrappers_tests::postgres::Client| {
        run(client, "begin");
        for number in 0..30 {
            run(client, &format!("declare c{number} cursor for select user_id from auth0.users"));
        }
        let mut found = vec![Vec::new(); 30];
        for turn in 1..5 {
            for (number, found) in found.iter_mut().enumerate() {
                // Every third one is closed early.
                if number % 3 == 0 && turn == 3 {
                    run(client, &format!("close c{number}"));
                } else if number % 3 != 0 || turn < 3 {
                    found.extend(rows(client, &format!("fetch {} from c{number}", turn * 60)));
                }
            }
        }
        run(client, "commit");
        found
    };
    let expected = sorted(&mut client, "select user_id from local.users");
    for (number, mut found) in read(&mut client).into_iter().enumerate() {
        found.sort();
        if number % 3 == 0 {
            assert_eq!(found.len(), 180);
        } else {
            assert_eq!(found, expected, "cursor {number}");
        }
    }
    let before = db.backend_stats(pid);
    read(&mut client);
    let after = db.backend_stats(pid);
    assert!(after.open_files <= before.open_files + 4, "{before:?} {after:?}");
    assert!(after.threads <= before.threads + 4, "{before:?} {after:?}");
    assert!(after.anonymous_kib < before.anonymous_kib + 4_096, "{before:?} {after:?}");
}

#[test]
fn plpgsql_cursor_is_returned_and_moved() {
    let (_db, _tenant, mut client) = copied_users(130);
    run(
        &mut client,
        "create function opened(lowest bigint) returns refcursor language plpgsql as $$
           declare c cursor for select user_id, email from auth0.users where logins_count >= lowest; u record;
           begin
             open c;
             fetch c into u;
             move forward 2 from c;
             return c;
           end $$",
    );
    run(&mut client, "begin");
    let name = wrappers_tests::value(&mut client, "select opened(10)").unwrap();
    let rest = rows(&mut client, &format!("fetch all from \"{name}\"")).len();
    run(&mut client, "commit");
    assert_eq!(rest + 3, count(&mut client, "select count(*) from local.users where logins_count >= 10"));
}
