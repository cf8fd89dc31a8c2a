//! Every block of SQL in the docs runs, fails with the error that the page states, and prints the output that the
//! page shows.
//!
//! Each page starts in a database with all objects that it does not create itself: the extension, the wrapper, the
//! server `auth0_server` with a user mapping, all tables in the schema `auth0`. Its blocks run in order, in one
//! session, against a local tenant of its own. A block is one transaction: a block that fails has no effect.
//! [`example`] replaces the values of the reader's tenant.
//! Comments before a block, which the reader does not see, control the test:
//!
//! | comment | |
//! |---|---|
//! | `<!-- error: HV00J -->` | the block fails with this SQLSTATE |
//! | `<!-- tenant: users 2500 -->`, `rows {"/roles": 3}` | sets the tenant's number of rows from here on |
//! | `<!-- tenant: upsert [{"user_id":"auth0\|1"}] -->` | adds users, or replaces those with the same ids |
//! | `<!-- tenant: collection /roles [{"id":"rol_1","name":"Reader"}] -->` | replaces the rows of one list |
//! | `<!-- tenant: fault {"kind":"truncate_body"} -->` | a fault, see `fdw-auth0/tenant/README.md` |
//! | `<!-- tenant: rate_limit {"burst":2,"per_second":2} -->` | a rate limit |
//! | `<!-- tenant: whole -->` | removes faults and limits |
//! | `<!-- last -->` | the block runs after all others of its page |
//!
//! A `text` block directly after an SQL block is its output. `scripts/docs --output` updates these blocks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "docs/example.rs"]
mod example;
#[path = "docs/output.rs"]
mod output;
#[path = "docs/page.rs"]
mod page;

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use example::{CLIENT, DOMAIN, Example};
use page::{Block, Page};
use serde::Deserialize;
use serde_json::Value;
use wrappers_tests::auth0_tenant::{Client, Tenant, TenantConfig};
use wrappers_tests::postgres::SimpleQueryMessage;
use wrappers_tests::{Database, Notices, PgError, postgres_major, rows, start_tenant_with};

/// The Postgres version of the plans in the docs.
const SHOWN_MAJOR: u32 = 15;

const USERS: usize = 50;

#[test]
fn every_block_of_sql_runs() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let pages: Vec<Page> = page::all(root).into_iter().filter(|page| !page.blocks.is_empty()).collect();
    let (next, run, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(page) = pages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // A page that fails does not hide failures of other pages.
                    match catch_unwind(AssertUnwindSafe(|| run_page(page))) {
                        Ok(blocks) => _ = run.fetch_add(blocks, Ordering::Relaxed),
                        Err(panic) => wrong.lock().unwrap().push(format!("{}: {}", page.name, reason(&*panic))),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let there: usize = pages.iter().map(|page| page.blocks.len()).sum();
    let fences: usize = pages.iter().map(|page| page.text.matches("```sql").count()).sum();
    assert_eq!((run.into_inner(), there), (fences, fences), "blocks run, found, and written");
    println!("{there} blocks of {} pages", pages.len());
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}

/// Runs a page's blocks; returns their number.
fn run_page(page: &Page) -> usize {
    let db = Database::create();
    let tenant = start_tenant_with(TenantConfig {
        users: USERS,
        domain: DOMAIN.to_owned(),
        unstable_ties: false,
        client: Client { id: CLIENT.0.to_owned(), secret: CLIENT.1.to_owned(), scopes: scopes(&db) },
        ..TenantConfig::default()
    });
    let example = Example { url: db.tenant_url(&tenant), token: tenant.full_token() };
    set_up(&db, page, &example);
    let (mut client, notices) = db.client_with_notices();
    let (mut above, mut outputs) = (None, Vec::new());
    for block in &page.blocks {
        let at = format!("line {}", block.line);
        for request in &block.tenant {
            tell(&tenant, request).unwrap_or_else(|error| panic!("{at}: {request}: {error}"));
        }
        let sql = example.sql(&block.sql, above.as_deref());
        let result = client.simple_query(&sql).map_err(|error| PgError::from_client(&error));
        match (&block.error, &result) {
            (None, Err(error)) => panic!("{at}: {sql}\n{error}"),
            (Some(code), Ok(_)) => panic!("{at} should fail with {code}: {sql}"),
            (Some(code), Err(error)) => assert_eq!(&error.code, code, "{at}: {sql}\n{error}"),
            (None, Ok(messages)) => above = first_value(messages),
        }
        let said = printed(&notices, &result, &example);
        if let Some(bytes) = &block.output {
            outputs.push((block, bytes.clone(), said));
        }
    }
    if postgres_major() == SHOWN_MAJOR {
        compare(page, outputs);
    }
    page.blocks.len()
}

/// All scopes that any table needs.
fn scopes(db: &Database) -> Vec<String> {
    let scopes = rows(&mut db.client(), "select distinct unnest(scopes) from auth0_fdw_entities()");
    scopes.into_iter().flatten().flatten().collect()
}

/// Creates the objects that the page does not create itself.
fn set_up(db: &Database, page: &Page, example: &Example) {
    let sql = page.sql();
    let creates = |what: &[&str]| what.iter().any(|what| sql.contains(&format!("create {what}")));
    let mut client = db.client();
    let mut execute = |sql: &str| client.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
    let makes_extension = creates(&["extension wrappers", "extension if not exists wrappers"]);
    let makes_wrapper = makes_extension || creates(&["foreign data wrapper auth0_wrapper"]);
    // Objects that depend on one that the page creates cannot exist before.
    let makes_server = makes_wrapper || creates(&["server auth0_server"]);
    if makes_extension {
        execute("drop extension wrappers cascade");
    } else {
        for wrapper in ["auth0_wrapper", "rest_wrapper"] {
            let wrapper = format!("foreign data wrapper {wrapper}");
            if creates(&[wrapper.as_str()]) {
                execute(&format!("drop {wrapper}"));
            }
        }
    }
    if !makes_server {
        let (client, secret) = CLIENT;
        execute(&format!(
            "create server auth0_server foreign data wrapper auth0_wrapper options ({}, client_id '{client}');
             create user mapping for public server auth0_server options (client_secret '{secret}')",
            example.address("")
        ));
    }
    if !creates(&["schema auth0", "schema if not exists auth0"]) {
        execute("create schema auth0");
        if !makes_server {
            execute("import foreign schema auth0 from server auth0_server into auth0");
        }
    }
}

/// Configures the tenant as a comment of the page states.
fn tell(tenant: &Tenant, request: &str) -> Result<(), String> {
    fn json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
    match request.split_once(' ').unwrap_or((request, "")) {
        ("users", count) => {
            let users = json(count)?;
            let other = start_tenant_with(TenantConfig { users, ..TenantConfig::default() });
            tenant.set_users((0..users).filter_map(|user| other.user_json(user)).collect());
        }
        ("rows", counts) => {
            for (list, count) in json::<BTreeMap<String, usize>>(counts)? {
                tenant.set_rows(&list, count).then_some(()).ok_or_else(|| format!("there is no list {list}"))?;
            }
        }
        ("collection", list) => {
            let (path, items) = list.split_once(' ').ok_or_else(|| "a list without rows".to_owned())?;
            let items = json::<Vec<Value>>(items)?.iter().map(Value::to_string).collect();
            tenant.set_collection(path, items).then_some(()).ok_or_else(|| format!("there is no list {path}"))?;
        }
        ("upsert", users) => {
            tenant.upsert_users(json::<Vec<Value>>(users)?.iter().map(Value::to_string).collect());
        }
        ("fault", fault) => tenant.fault(json(fault)?),
        ("rate_limit", limit) => tenant.set_rate_limit(json(limit)?),
        ("whole", "") => {
            tenant.clear_faults();
            tenant.set_rate_limit(None);
        }
        _ => return Err("the tenant has no such setting".to_owned()),
    }
    Ok(())
}

/// The output in psql: notices first, then the rows or the error.
fn printed(notices: &Notices, result: &Result<Vec<SimpleQueryMessage>, PgError>, example: &Example) -> String {
    let said = notices.take().into_iter().map(|notice| {
        let hint = if notice.hint.is_empty() { String::new() } else { format!("\nHINT:  {}", notice.hint) };
        example.output(&format!("{}:  {}{hint}", notice.severity, notice.message))
    });
    let rows = match result {
        Ok(messages) => output::show(messages, |text| example.output(text)),
        Err(error) => example.output(&error.to_string()),
    };
    said.chain([rows]).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn first_value(messages: &[SimpleQueryMessage]) -> Option<String> {
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    })
}

/// Compares the page's outputs with those printed; with `WRITE_DOCS` in the environment it updates the page.
fn compare(page: &Page, outputs: Vec<(&Block, Range<usize>, String)>) {
    let shown = |bytes: &Range<usize>| output::lasting(&page.text[bytes.clone()]);
    let mut differ: Vec<_> =
        outputs.into_iter().filter(|(_, bytes, said)| shown(bytes) != output::lasting(said)).collect();
    if std::env::var_os("WRITE_DOCS").is_some() && !differ.is_empty() {
        // From the end, so that earlier positions stay valid.
        differ.sort_by_key(|(_, bytes, _)| std::cmp::Reverse(bytes.start));
        let mut text = page.text.clone();
        for (_, bytes, said) in differ {
            text.replace_range(bytes, &format!("{}\n", said.trim_end()));
        }
        std::fs::write(&page.path, text).unwrap();
    } else if let Some((block, bytes, said)) = differ.first() {
        panic!(
            "line {} prints\n{said}\nand the page shows\n{}\nscripts/docs --output updates it",
            block.line,
            &page.text[bytes.clone()]
        );
    }
}
