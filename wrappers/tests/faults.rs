//! Every way a request can go wrong, in every phase of a query, once and for ever: the right rows or a
//! clear error, and afterwards a session that works as before.
//!
//! What each cell comes to is printed; `docs/reliability.md` has the table.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::collections::BTreeMap;

use wrappers_tests::auth0_tenant::{Exports, Fault, FaultKind, Tenant, TenantConfig, WrongEnvelope};
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, PgError, start_tenant_with};

const AUDIENCE: &str = "https://local-tenant.us.auth0.com/api/v2/";

/// Where a fault strikes, and a query that comes there.
struct Phase {
    name: &'static str,
    users: usize,
    bulk: &'static str,
    login: bool,
    sql: &'static str,
    strike: fn(Fault) -> Fault,
}

const LIST: &str = "select count(user_id) from auth0.users";
const JOIN: &str = "select count(u.user_id) from ids join auth0.users u using (user_id)";

const PHASES: &[Phase] = &[
    Phase { name: "login", users: 250, bulk: "auto", login: true, sql: LIST, strike: |f| f.on_path("/oauth/token") },
    Phase { name: "first page", users: 250, bulk: "auto", login: false, sql: LIST, strike: |f| f.on_query("page=0") },
    Phase { name: "later page", users: 250, bulk: "auto", login: false, sql: LIST, strike: |f| f.on_query("page=2") },
    Phase {
        name: "slice",
        users: 1_300,
        bulk: "search",
        login: false,
        sql: LIST,
        strike: |f| f.on_query("sort=created_at:1"),
    },
    Phase { name: "join", users: 250, bulk: "auto", login: false, sql: JOIN, strike: |f| f.on_path("/api/v2/users/") },
    Phase {
        name: "export job",
        users: 1_300,
        bulk: "export",
        login: false,
        sql: LIST,
        strike: |f| f.on_path("/api/v2/jobs/users-exports"),
    },
    Phase {
        name: "export status",
        users: 1_300,
        bulk: "export",
        login: false,
        sql: LIST,
        strike: |f| f.on_path("/api/v2/jobs/job_"),
    },
    Phase { name: "download", users: 1_300, bulk: "export", login: false, sql: LIST, strike: Fault::on_downloads },
];

fn kinds() -> Vec<(String, FaultKind)> {
    let status = |code: u16| FaultKind::Status {
        code,
        body: format!(r#"{{"statusCode":{code},"error":"E","message":"said by the tenant"}}"#),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    let codes = [400, 401, 403, 404, 408, 409, 410, 414, 429, 500, 502, 503];
    let named = [
        ("closed", FaultKind::DropBeforeHeaders),
        ("reset", FaultKind::ResetBeforeHeaders),
        ("reset in the body", FaultKind::ResetMidBody),
        ("slow headers", FaultKind::StallBeforeHeaders),
        ("stalled body", FaultKind::StallMidBody),
        ("cut body", FaultKind::TruncateBody),
        ("damaged body", FaultKind::CorruptBody),
        ("HTML", FaultKind::HtmlInsteadOfJson),
        ("broken JSON", FaultKind::BrokenJson),
        ("wrong envelope", FaultKind::WrongEnvelope(WrongEnvelope::BareArray)),
        ("rows elsewhere", FaultKind::WrongEnvelope(WrongEnvelope::RowsUnder("rows".to_owned()))),
        ("doubled row", FaultKind::DuplicateRow),
        ("vanished row", FaultKind::MissingRow),
        ("empty page", FaultKind::EmptyPage),
        ("wrong total", FaultKind::WrongTotal(77)),
        ("unknown member", FaultKind::ExtraRootField),
        ("huge body", FaultKind::LargeBody(3 << 20)),
    ];
    let statuses = codes.into_iter().map(|code| (code.to_string(), status(code)));
    statuses.chain(named.into_iter().map(|(name, kind)| (name.to_owned(), kind))).collect()
}

/// What cannot be told from the truth: a whole file with other rows, and the API's word that there is no
/// such row.
fn is_the_truth(phase: &Phase, kind: &FaultKind) -> bool {
    match kind {
        FaultKind::DuplicateRow | FaultKind::MissingRow => phase.name == "download",
        FaultKind::Status { code: 404, .. } => phase.name == "join",
        _ => false,
    }
}

fn tenant_and_session(db: &Database, phase: &Phase) -> (Tenant, Client, String) {
    let exports = Exports { pending_polls: 0, processing_polls: 0, ..Exports::default() };
    let config = TenantConfig { users: phase.users, unstable_ties: false, exports, ..TenantConfig::default() };
    let tenant = start_tenant_with(config);
    let table = ForeignTable::users(db, &tenant)
        .option("bulk", phase.bulk)
        .server_option("max_retries", "1")
        .server_option("request_timeout", "400 ms")
        .server_option("retry_timeout", "2 s")
        .server_option("max_response_size", "2 MB");
    let table = if phase.login {
        table
            .without_mapping()
            .server_option("audience", AUDIENCE)
            .mapping_option("client_id", "local-client-id")
            .mapping_option("client_secret", "local-client-secret")
    } else {
        table
    };
    table.create();
    let mut client = db.client();
    client.batch_execute("create table ids (user_id text)").unwrap();
    if phase.sql == JOIN {
        for index in 0..12 {
            let user: serde_json::Value = serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap();
            let id = user["user_id"].as_str().unwrap().replace('\'', "''");
            client.batch_execute(&format!("insert into ids values ('{id}')")).unwrap();
        }
        client.batch_execute("analyze ids").unwrap();
    }
    let expected = if phase.sql == JOIN { "12".to_owned() } else { phase.users.to_string() };
    (tenant, client, expected)
}

fn run(phase: &Phase) {
    let db = Database::create();
    let (tenant, mut client, expected) = tenant_and_session(&db, phase);
    let pid = Database::backend_pid(&mut client);
    let ask = |client: &mut Client| match client.query_one(phase.sql, &[]) {
        Ok(row) => Ok(row.get::<_, i64>(0).to_string()),
        Err(error) => Err(PgError::from_client(&error)),
    };
    assert_eq!(ask(&mut client).unwrap(), expected, "{}: without faults", phase.name);
    let before = db.backend_stats(pid);
    let mut outcomes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, kind) in kinds() {
        if is_the_truth(phase, &kind) {
            continue;
        }
        for (how, fault) in [("once", Fault::once(kind.clone())), ("for ever", Fault::forever(kind.clone()))] {
            if phase.login {
                tenant.revoke_tokens();
            }
            tenant.fault((phase.strike)(fault));
            let cell = format!("{}, {name} {how}", phase.name);
            let outcome = match ask(&mut client) {
                Ok(count) => {
                    assert_eq!(count, expected, "{cell}");
                    "rows".to_owned()
                }
                Err(error) => {
                    assert_ne!(error.code, "XX000", "{cell}: {error}");
                    assert!(!error.message.is_empty(), "{cell}");
                    error.code
                }
            };
            outcomes.entry(outcome).or_default().push(format!("{name} {how}"));
            tenant.clear_faults();
            // The same session goes on, with nothing left of it.
            assert_eq!(db.locks(pid), 0, "{cell}");
            assert_eq!(ask(&mut client).unwrap(), expected, "after {cell}");
        }
    }
    let after = db.backend_stats(pid);
    // Threads of name look-ups come and go.
    assert!(after.threads <= before.threads + 4, "{}: {before:?} {after:?}", phase.name);
    assert!(after.open_files <= before.open_files + 12, "{}: {before:?} {after:?}", phase.name);
    assert!(after.anonymous_kib < before.anonymous_kib + 8_192, "{}: {before:?} {after:?}", phase.name);
    for (outcome, cells) in &outcomes {
        println!("{:13} {outcome}: {}", phase.name, cells.join(", "));
    }
}

macro_rules! phases {
    ($($test:ident: $at:literal,)*) => {
        $(
            #[test]
            fn $test() {
                run(&PHASES[$at]);
            }
        )*

        #[test]
        fn every_phase_is_tested() {
            assert_eq!(PHASES.len(), [$($at),*].len());
        }
    };
}

phases! {
    login: 0,
    first_page: 1,
    later_page: 2,
    slice: 3,
    join: 4,
    export_job: 5,
    export_status: 6,
    download: 7,
}
