//! `alter extension wrappers update`, from every released version.
//!
//! A version's SQL never changes after its release (`wrappers/sql/`). The upgrade scripts must turn a database
//! created with an old version into the same state as a new one.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, rows, start_tenant, value};

const CURRENT: &str = env!("CARGO_PKG_VERSION");

/// Everything in the catalogs that belongs to the extension, one line of text each: kind, definition, privileges,
/// initial privileges for pg_dump, dependencies.
const CATALOG: &str = "
with member as (
  select d.classid, d.objid, o.type || ' ' || o.identity as name
    from pg_depend d
    join pg_extension e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass
   cross join pg_identify_object(d.classid, d.objid, 0) o
   where e.extname = 'wrappers' and d.deptype = 'e'
), acl as (
  select 'pg_proc'::regclass as classid, oid as objid, 0 as objsubid, 'privilege' as kind, proacl as items from pg_proc
   union all select 'pg_class'::regclass, oid, 0, 'privilege', relacl from pg_class
   union all select 'pg_attribute'::regclass, attrelid, attnum, 'privilege', attacl from pg_attribute
   union all select classoid::regclass, objoid, objsubid, 'initial privilege', initprivs from pg_init_privs
)
select e.extname, e.extversion, n.nspname, e.extrelocatable::text, e.extconfig::regclass[]::text,
       e.extcondition::text
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'wrappers'
union all
select m.name, 'definition', pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner), p.prorows::text, p.procost::text
  from member m join pg_proc p on m.classid = 'pg_proc'::regclass and p.oid = m.objid
union all
select m.name, 'definition', pg_get_viewdef(c.oid), pg_get_userbyid(c.relowner), c.relkind::text, c.reloptions::text
  from member m join pg_class c on m.classid = 'pg_class'::regclass and c.oid = m.objid
union all
select m.name, 'column', a.attnum::text, a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
  from member m join pg_class c on m.classid = 'pg_class'::regclass and c.oid = m.objid
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
union all
select m.name, 'default', a.attname, a.attnotnull::text, pg_get_expr(d.adbin, d.adrelid), null
  from member m join pg_attribute a on m.classid = 'pg_class'::regclass and a.attrelid = m.objid and a.attnum > 0
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select m.name, 'constraint', c.conname, pg_get_constraintdef(c.oid), null, null
  from member m join pg_constraint c on m.classid = 'pg_class'::regclass and c.conrelid = m.objid
union all
select m.name, 'comment', c.description, null, null, null
  from member m join pg_description c on c.classoid = m.classid and c.objoid = m.objid and c.objsubid = 0
union all
select m.name, acl.kind, acl.objsubid::text, x.grantor::regrole || ' to ' || coalesce(nullif(x.grantee, 0)::regrole::text, 'public'),
       x.privilege_type, x.is_grantable::text
  from member m join acl using (classid, objid) cross join aclexplode(acl.items) x
union all
select m.name, 'depends on', pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid), d.deptype::text, null, null
  from member m join pg_depend d using (classid, objid)
union all
select m.name, 'is there', null, null, null, null from member m
order by 1, 2, 3, 4, 5, 6";

/// The earlier versions that have SQL in `wrappers/sql` and in the extension's files.
fn released_versions() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../sql");
    let mut versions: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|file| {
            let name = file.unwrap().file_name().into_string().unwrap();
            let version = name.strip_prefix("wrappers--")?.strip_suffix(".sql")?;
            (!version.contains("--") && version != CURRENT).then(|| version.to_owned())
        })
        .collect();
    versions.sort();
    assert!(!versions.is_empty(), "no released version in {folder}");
    versions
}

/// A database with this version of the extension and the wrapper `auth0_wrapper`.
fn database_of(version: &str) -> Database {
    let db = Database::create();
    db.client()
        .batch_execute(&format!(
            "drop extension wrappers cascade;
             create extension wrappers version '{version}';
             create foreign data wrapper auth0_wrapper
               handler auth0_fdw_handler validator auth0_fdw_validator"
        ))
        .unwrap_or_else(|error| panic!("{version} can't be installed: {error:?}"));
    db
}

fn catalog(client: &mut Client) -> Vec<String> {
    rows(client, CATALOG).into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" | ")).collect()
}

#[test]
fn upgraded_database_equals_a_new_one() {
    let fresh = catalog(&mut Database::create().client());
    for (what, least) in [("| definition |", 12), ("| privilege |", 12), ("| comment |", 3), ("| depends on |", 24)] {
        let lines = fresh.iter().filter(|line| line.contains(what)).count();
        assert!(lines >= least, "only {lines} lines of \"{what}\" in {fresh:#?}");
    }
    for version in released_versions() {
        let db = database_of(&version);
        let mut client = db.client();
        client.batch_execute("alter extension wrappers update").unwrap();
        let upgraded = catalog(&mut client);
        let missing: Vec<_> = fresh.iter().filter(|line| !upgraded.contains(line)).collect();
        let unexpected: Vec<_> = upgraded.iter().filter(|line| !fresh.contains(line)).collect();
        assert!(
            missing.is_empty() && unexpected.is_empty(),
            "an upgrade from {version} differs from a new database, so wrappers/sql/wrappers--…--{CURRENT}.sql \
             lacks something\nmissing: {missing:#?}\nunexpected: {unexpected:#?}"
        );
    }
}

/// The library is replaced for the whole server at once, the SQL in each database when it is upgraded.
#[test]
fn tables_of_an_old_version_are_read_before_and_after_the_upgrade() {
    for version in released_versions() {
        let (db, tenant) = (database_of(&version), start_tenant(3));
        ForeignTable::users(&db, &tenant).create();
        let mut client = db.client();
        let users = "select user_id, email from auth0.users order by 1";
        let before = rows(&mut client, users);
        assert_eq!(before.len(), 3, "of version {version}");
        let tables = "select count(*) from auth0_fdw_entities()";
        assert!(value(&mut client, tables).is_some_and(|count| count.parse::<u32>().unwrap() > 100));
        let requests = "select sum(requests) > 0 from wrappers_statistics where object = 'users'";
        assert_eq!(value(&mut client, requests).as_deref(), Some("t"));

        client.batch_execute("alter extension wrappers update").unwrap();
        let installed = "select extversion from pg_extension where extname = 'wrappers'";
        assert_eq!(value(&mut client, installed).as_deref(), Some(CURRENT));
        assert_eq!(rows(&mut client, users), before);
        // The session that upgraded is not needed any more.
        assert_eq!(rows(&mut db.client(), users), before);
        ForeignTable::users(&db, &tenant).name("more_users").create_on_server();
        assert_eq!(rows(&mut db.client(), "select user_id, email from auth0.more_users order by 1"), before);
    }
}

#[test]
fn every_released_version_has_an_upgrade_script() {
    let db = Database::create();
    let mut client = db.client();
    let paths = rows(
        &mut client,
        &format!(
            "select source from pg_extension_update_paths('wrappers')
              where target = '{CURRENT}' and path is not null order by 1"
        ),
    );
    let paths: Vec<String> = paths.into_iter().flatten().flatten().collect();
    assert_eq!(paths, released_versions());
    let default = "select default_version from pg_available_extensions where name = 'wrappers'";
    assert_eq!(value(&mut client, default).as_deref(), Some(CURRENT));
}
