//! The procedure of `docs/from-supabase.md`. This extension takes the place of the other one, which has the same
//! name.

use wrappers_tests::{Database, ForeignTable, start_tenant};

use crate::{count, run};

/// The shell commands of the page, for the database `app`.
fn commands() -> String {
    let page = include_str!("../../../docs/from-supabase.md");
    let mut commands = String::new();
    let mut is_shell = false;
    for line in page.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)) {
        match line {
            "```sh" => is_shell = true,
            "```" => is_shell = false,
            line if is_shell => commands.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    assert!(commands.contains("pg_dump") && commands.contains("pg_restore"), "{commands}");
    commands
}

/// The definitions and privileges of all objects in the database. Newer versions of pg_dump write a random key.
fn definitions(db: &Database) -> String {
    let dump = db.shell(&format!("pg_dump -U postgres --schema-only {}", db.name()));
    dump.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn replacing_the_extension_loses_no_object() {
    let (db, tenant) = (Database::create(), start_tenant(130));
    ForeignTable::users(&db, &tenant).create();
    let role = db.create_role("reader");
    let mut client = db.client();
    run(
        &mut client,
        &format!(
            "create table public.kept as select user_id, email from auth0.users;
             create view public.ids as select user_id from auth0.users;
             create view public.both as select k.email from public.kept k join public.ids i using (user_id);
             comment on view public.both is 'Kept and current';
             comment on foreign table auth0.users is 'Users';
             create materialized view public.seen as select user_id from auth0.users;
             create unique index on public.seen (user_id);
             create user mapping for {role} server auth0_server options (api_key 'of the reader');
             grant usage on foreign server auth0_server to {role};
             grant usage on schema auth0 to {role};
             grant select on auth0.users, public.both to {role}"
        ),
    );
    let before = definitions(&db);
    assert!(before.contains("CREATE SERVER") && before.contains("CREATE USER MAPPING"), "{before}");
    drop(client);
    let folder = format!("/tmp/{}", db.name());
    let script =
        commands().replace(" app\n", &format!(" {}\n", db.name())).replace("=app ", &format!("={} ", db.name()));
    assert!(script.split([' ', '=', '\n']).all(|word| word != "app"), "{script}");
    let output = db.shell(&format!(
        "export PGUSER=postgres; mkdir {folder} && cd {folder} && {{ set -e; {script} }} 2>&1; echo exit $?; rm -r {folder}"
    ));
    assert!(output.contains("drop cascades to") && output.trim().ends_with("exit 0"), "{output}");
    assert_same_definitions(&definitions(&db), &before);
    let mut client = db.client();
    run(&mut client, "refresh materialized view public.seen");
    assert_eq!(count(&mut client, "select count(*) from public.both"), count(&mut client, "select count(*) from kept"));
    assert_eq!(count(&mut client, "select count(*) from public.seen"), 130);
}

#[track_caller]
fn assert_same_definitions(found: &str, expected: &str) {
    let lost: Vec<&str> = expected.lines().filter(|line| !found.contains(line)).collect();
    assert!(lost.is_empty(), "lost: {lost:#?}");
    assert_eq!(found, expected);
}
