//! The official SDK for Python against the local tenant.
//!
//! `AUTH0_SDK_VENV` names a virtual environment with `auth0-python` 6 in it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use auth0_tenant::{EventSettings, Tenant, TenantConfig};
use client::Client;
use serde_json::{Value, json};

fn venv() -> Option<PathBuf> {
    let venv = std::env::var_os("AUTH0_SDK_VENV");
    if venv.is_none() {
        eprintln!("skipped: AUTH0_SDK_VENV is not set");
    }
    venv.map(PathBuf::from)
}

/// Runs a script of this folder with the SDK; returns its output.
fn run(venv: &Path, script: &str, given: &Value) -> String {
    let mut python = Command::new(venv.join("bin/python"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    stdin.write_all(given.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = python.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn the_official_sdk_works_with_the_tenant() {
    let Some(venv) = venv() else { return };
    let tenant = Tenant::start(TenantConfig { users: 70, ..TenantConfig::default() }).unwrap();
    let users: Vec<Value> =
        (0..70).map(|index| serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap()).collect();
    let ids: Vec<&Value> = users.iter().map(|user| &user["user_id"]).collect();
    // An id with a slash, a space and more than one bar, to test the SDK's encoding.
    let odd = ids.iter().find(|id| id.as_str().is_some_and(|id| id.contains("/a b?")));
    let email = users.iter().find(|user| user["email"].as_str().is_some_and(|e| e.starts_with("user")));
    let given = json!({
        "url": tenant.url(),
        "audience": "https://local-tenant.us.auth0.com/api/v2/",
        "client_id": "local-client-id",
        "client_secret": "local-client-secret",
        "users": ids,
        "a_user": odd.unwrap(),
        "an_email": email.unwrap()["email"],
        "no_scope": tenant.token(&["read:clients"]),
        "expired": tenant.expired_token(),
    });
    assert_eq!(run(&venv, "drive.py", &given), "the SDK is satisfied");
    let statuses: Vec<_> = tenant.requests().iter().filter_map(|record| record.status).collect();
    assert_eq!(statuses[statuses.len() - 4..], [200, 429, 429, 200]);
}

#[test]
fn every_get_method_of_the_sdk_parses_its_answers() {
    let Some(venv) = venv() else { return };
    let tenant = Tenant::start(TenantConfig { users: 70, ..TenantConfig::default() }).unwrap();
    tenant.set_rows("/organizations", 120);
    tenant.set_rows("/clients", 150);
    tenant.set_events(EventSettings { cycle_ms: 0, ..EventSettings::default() });
    Client::new(&tenant).call("POST", "/api/v2/jobs/users-exports", "", "{}");
    let given = json!({
        "url": tenant.url(),
        "token": tenant.full_token(),
        "targets": tenant.example_targets(),
        "api_description": concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/api-description"),
    });
    let output = run(&venv, "endpoints.py", &given);
    eprintln!("{output}");
    let mut numbers = output.split_whitespace().filter_map(|word| word.parse::<usize>().ok());
    assert_eq!(numbers.next(), Some(209));
    assert!(numbers.next().unwrap() > 600, "{output}");
}

#[test]
fn the_sdk_reads_back_what_it_wrote() {
    let Some(venv) = venv() else { return };
    let tenant = Tenant::start(TenantConfig { users: 70, ..TenantConfig::default() }).unwrap();
    let given = json!({"url": tenant.url(), "token": tenant.full_token()});
    assert_eq!(run(&venv, "writes.py", &given), "all was read back");
    let written = tenant.requests().into_iter().filter(|record| record.method != "GET");
    let mut methods: Vec<_> = written.map(|record| record.method).collect();
    methods.sort();
    methods.dedup();
    assert_eq!(methods, ["DELETE", "PATCH", "POST"]);
}

#[test]
fn the_sdk_parses_events() {
    let Some(venv) = venv() else { return };
    let events = EventSettings { cycle_ms: 0, ..EventSettings::default() };
    let tenant = Tenant::start(TenantConfig { users: 10, events, ..TenantConfig::default() }).unwrap();
    let given = json!({"url": tenant.url(), "token": tenant.full_token()});
    assert_eq!(run(&venv, "events.py", &given), "8 events parsed");
}
