//! Rows of the tenant that are written elsewhere: materialized views, COPY, INSERT, MERGE.

use wrappers_tests::auth0_tenant::{Fault, FaultKind};
use wrappers_tests::{Interrupt, expect_error, interrupt, request_lines, value};

use crate::{analyzed, copied_users, count, run, same, sorted};

#[test]
fn failed_or_cancelled_refresh_keeps_the_old_rows() {
    let (db, tenant, mut client) = copied_users(250);
    run(
        &mut client,
        "alter server auth0_server options (add max_retries '0', add request_timeout '1 h', add retry_timeout '1 h');
         create materialized view m as select * from auth0.users;
         create unique index on m (user_id)",
    );
    let removed: Vec<String> =
        sorted(&mut client, "select user_id from m limit 5").concat().into_iter().flatten().collect();
    assert_eq!(tenant.delete_users(&removed), 5);
    let pid = wrappers_tests::Database::backend_pid(&mut client);
    for refresh in ["refresh materialized view m", "refresh materialized view concurrently m"] {
        tenant.fault(Fault::once(FaultKind::BrokenJson).on_query("page=2"));
        assert_eq!(expect_error(&mut client, refresh).code, "08P01");
        assert_eq!(count(&mut client, "select count(*) from m"), 250, "{refresh}");
        tenant.clear_requests();
        tenant.fault(Fault::forever(FaultKind::StallMidBody).on_query("page=1"));
        let hangs = || request_lines(&tenant).len() > 1 && db.waits_for(pid, "WrappersHttp");
        let (error, _) = interrupt(&db, &mut client, refresh, Interrupt::Cancel, hangs);
        assert_eq!(error.code, "57014");
        tenant.clear_faults();
        assert_eq!(count(&mut client, "select count(*) from m"), 250, "{refresh}");
        assert_eq!(db.locks(pid), 0);
    }
    run(&mut client, "refresh materialized view concurrently m");
    assert_eq!(count(&mut client, "select count(*) from m"), 245);
    assert_eq!(count(&mut client, "select count(*) from (table m except table local.users) d"), 0);
    run(&mut client, "refresh materialized view m with no data");
    assert_eq!(expect_error(&mut client, "select * from m").code, "55000");
    run(&mut client, "refresh materialized view m");
    assert_eq!(count(&mut client, "select count(*) from m"), 245);
}

#[test]
fn copy_to_writes_the_rows_of_a_select() {
    let (_db, tenant, mut client) = copied_users(130);
    let copied = |client: &mut wrappers_tests::postgres::Client, what: &str| {
        let mut text = String::new();
        let mut reader = client.copy_out(&format!("copy {what} to stdout"))?;
        std::io::Read::read_to_string(&mut reader, &mut text).expect("a text");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        Ok::<_, wrappers_tests::postgres::Error>(lines)
    };
    for query in ["(select * from auth0.users)", "(select email, plan from auth0.users where logins_count > 60)"] {
        let found = copied(&mut client, query).unwrap();
        assert_eq!(found, copied(&mut client, &query.replace("auth0.", "local.")).unwrap(), "{query}");
    }
    // Postgres only copies a foreign table through a query, and its error says so.
    let error = expect_error(&mut client, "copy auth0.users to '/tmp/x'");
    assert_eq!((error.code.as_str(), error.hint.as_str()), ("42809", "Try the COPY (SELECT ...) TO variant."));
    tenant.fault(Fault::forever(FaultKind::HtmlInsteadOfJson).on_query("page=1"));
    assert_eq!(expect_error(&mut client, "copy (select * from auth0.users) to '/tmp/x'").code, "08P01");
    tenant.clear_faults();
    same(&mut client, "select * from auth0.users");
}

#[test]
fn insert_merge_and_create_table_as_store_the_rows_of_a_select() {
    let (_db, tenant, mut client) = copied_users(130);
    run(
        &mut client,
        "alter server auth0_server options (add max_retries '0');
         create table t (user_id text primary key, email text, seen int not null default 1)",
    );
    let insert = "insert into t (user_id, email) select user_id, email from auth0.users
                  on conflict (user_id) do update set seen = t.seen + 1, email = excluded.email";
    run(&mut client, insert);
    run(&mut client, insert);
    assert!(analyzed(&mut client, insert).contains("Conflict Resolution"));
    assert_eq!(
        value(&mut client, "select min(seen) || ' ' || max(seen) || ' ' || count(*) from t").as_deref(),
        Some("3 3 130")
    );
    // An error in the middle rolls the statement back.
    tenant.fault(Fault::once(FaultKind::BrokenJson).on_query("page=1"));
    assert_eq!(expect_error(&mut client, insert).code, "08P01");
    assert_eq!(value(&mut client, "select max(seen) from t").as_deref(), Some("3"));
    run(&mut client, "delete from t where user_id < (select max(user_id) from auth0.users where email_verified)");
    run(
        &mut client,
        "merge into t using auth0.users u on u.user_id = t.user_id
           when matched then update set email = u.email
           when not matched then insert (user_id, email, seen) values (u.user_id, u.email, 0)",
    );
    let different =
        "select count(*) from t full join local.users u using (user_id) where t.email is distinct from u.email";
    assert_eq!(count(&mut client, different), 0);
    assert_eq!(count(&mut client, "select count(*) from t"), 130);
    run(&mut client, "update t set seen = coalesce(u.logins_count, 0) from auth0.users u where u.user_id = t.user_id");
    run(
        &mut client,
        "delete from t using auth0.users u where u.user_id = t.user_id and coalesce(u.logins_count, 0) > 500",
    );
    assert_eq!(
        count(&mut client, "select count(*) from t"),
        count(&mut client, "select count(*) from local.users where coalesce(logins_count, 0) <= 500")
    );
    run(
        &mut client,
        "create table local.again as select * from auth0.users; create table auth0.again as table local.users",
    );
    same(&mut client, "select * from auth0.again");
}
