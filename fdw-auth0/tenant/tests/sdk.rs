//! The official SDK for Python against the local tenant.
//!
//! `AUTH0_SDK_VENV` names a virtual environment with `auth0-python` 6 in it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use auth0_tenant::{Tenant, TenantConfig};
use serde_json::{Value, json};

#[test]
fn the_official_sdk_takes_it_for_auth0() {
    let Some(venv) = std::env::var_os("AUTH0_SDK_VENV") else {
        eprintln!("skipped: AUTH0_SDK_VENV is not set");
        return;
    };
    let tenant = Tenant::start(TenantConfig { users: 70, ..TenantConfig::default() }).unwrap();
    let users: Vec<Value> =
        (0..70).map(|index| serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap()).collect();
    let ids: Vec<&Value> = users.iter().map(|user| &user["user_id"]).collect();
    // An id with a slash, a space and more than one bar has to survive the SDK's encoding.
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
    let mut python = Command::new(PathBuf::from(venv).join("bin/python"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/drive.py"))
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
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "the SDK is satisfied");
    let statuses: Vec<_> = tenant.requests().iter().filter_map(|record| record.status).collect();
    assert_eq!(statuses[statuses.len() - 4..], [200, 429, 429, 200]);
}
