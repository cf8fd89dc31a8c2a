//! Every recorded GET of users, asked again of the local tenant.
//!
//! The tenant holds the users as the recording knew them just before the request; status and
//! shape (members and JSON types, at every depth) must be those of the real tenant.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::collections::HashMap;
use std::path::PathBuf;

use auth0_tenant::recordings::{KnownUsers, interactions, users};
use auth0_tenant::{Tenant, TenantConfig};
use client::Client;
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("AUTH0_RECORDINGS");
    if folder.is_none() {
        eprintln!("skipped: AUTH0_RECORDINGS is not set");
    }
    folder.map(PathBuf::from)
}

/// Members and types of a value, for comparison.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), shape(value))).collect())
        }
    }
}

#[test]
fn recorded_gets_have_the_recorded_shape() {
    let Some(folder) = folder() else { return };
    let tenant = Tenant::start(TenantConfig::default()).unwrap();
    let mut client = Client::new(&tenant);
    let (mut replayed, mut searches) = (0, 0);
    for file in ["users.jsonl", "users_by_email.jsonl"] {
        let mut known = HashMap::<String, KnownUsers>::new();
        for interaction in interactions(&folder.join(file)).unwrap() {
            let known = known.entry(interaction.recording.clone()).or_default();
            let target = interaction.target();
            if interaction.method != "GET" {
                known.learn(&interaction);
                continue;
            }
            let path = target.split('?').next().unwrap();
            // A user made before the recording began is only known by this answer.
            if known.to_users().is_empty() {
                known.learn(&interaction);
            }
            tenant.set_users(known.to_users());
            let reply = client.get(target).unwrap();
            searches += usize::from(target.contains("q="));
            assert_eq!(reply.status, interaction.status, "{target}: {}", reply.text());
            let recorded: Value = serde_json::from_str(interaction.response_body.get()).unwrap();
            assert_eq!(shape(&reply.json()), shape(&recorded), "{path} of {}", interaction.recording);
            replayed += 1;
        }
    }
    eprintln!("{replayed} requests replayed, {searches} of them searches");
    assert!(replayed >= 15, "only {replayed} requests replayed");
}

#[test]
fn the_recorded_envelope_is_ours() {
    let Some(folder) = folder() else { return };
    let all = interactions(&folder.join("users.jsonl")).unwrap();
    let lists = all
        .iter()
        .filter(|interaction| interaction.method == "GET" && interaction.target().starts_with("/api/v2/users?"));
    let mut compared = 0;
    for list in lists {
        let rows = list.users().iter().map(|user| (*user).to_owned()).collect();
        let tenant = Tenant::start(TenantConfig { explicit_users: Some(rows), ..TenantConfig::default() }).unwrap();
        let reply = Client::new(&tenant).get(list.target()).unwrap();
        // Not the shape only: start, limit, length, total and the users themselves.
        let recorded: Value = serde_json::from_str(list.response_body.get()).unwrap();
        assert_eq!(reply.json(), recorded);
        compared += 1;
    }
    assert!(compared > 0);
}

#[test]
fn recorded_users_can_be_served() {
    let Some(folder) = folder() else { return };
    let recorded = users(&folder).unwrap();
    let tenant = Tenant::start(TenantConfig { recordings: Some(folder), ..TenantConfig::default() }).unwrap();
    assert!(recorded.len() > 20, "{}", recorded.len());
    let reply = Client::new(&tenant).get("/api/v2/users?per_page=100").unwrap();
    assert_eq!(reply.text(), format!("[{}]", recorded.join(",")));
}
