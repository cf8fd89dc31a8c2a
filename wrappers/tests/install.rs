//! The extension installs, and lists its sources.

use wrappers_tests::{Database, rows, value};

#[test]
fn extension_has_a_handler_and_a_validator() {
    let db = Database::create();
    let mut client = db.client();
    let functions = rows(
        &mut client,
        "select p.proname, p.prorettype::regtype
           from pg_proc p join pg_depend d on d.objid = p.oid and d.deptype = 'e'
           join pg_extension e on e.oid = d.refobjid and e.extname = 'wrappers'
          where p.proname like 'auth0_fdw_%' order by 1",
    );
    let functions: Vec<Vec<&str>> =
        functions.iter().map(|row| row.iter().map(|field| field.as_deref().unwrap_or("")).collect()).collect();
    assert_eq!(
        functions,
        [
            ["auth0_fdw_columns", "record"],
            ["auth0_fdw_entities", "record"],
            ["auth0_fdw_handler", "fdw_handler"],
            ["auth0_fdw_meta", "record"],
            ["auth0_fdw_validator", "void"]
        ]
    );
}

#[test]
fn sources_list_their_name_and_version() {
    let db = Database::create();
    assert_eq!(
        rows(&mut db.client(), "select name, version from auth0_fdw_meta()"),
        [[Some("Auth0".to_owned()), Some(env!("CARGO_PKG_VERSION").to_owned())]]
    );
}

#[test]
fn extension_can_be_dropped_and_created_again() {
    let db = Database::create();
    let mut client = db.client();
    client.batch_execute("drop extension wrappers cascade; create extension wrappers").unwrap();
    let version = value(&mut client, "select extversion from pg_extension where extname = 'wrappers'");
    assert_eq!(version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
}

#[test]
fn loading_the_library_starts_no_thread() {
    let db = Database::create();
    let mut client = db.client();
    client.batch_execute("load 'wrappers'").unwrap();
    let pid = Database::backend_pid(&mut client);
    assert_eq!(db.backend_stats(pid).threads, 1);
}
