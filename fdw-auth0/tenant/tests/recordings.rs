//! Replays every recorded GET of users against the local tenant.
//!
//! The tenant has the users as recorded just before the request. Status and shape (members and JSON types, at every
//! depth) must be those of the real tenant.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use auth0_tenant::recordings::{Interaction, KnownUsers, all_interactions, interactions, users};
use auth0_tenant::{Tenant, TenantConfig};
use client::Client;
use serde_json::Value;

/// The members of envelopes other than the rows.
const ENVELOPE: [&str; 7] = ["start", "limit", "length", "total", "next", "page", "per_page"];

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
            // A user created before the recording began is only in this answer.
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
fn the_recorded_envelope_of_users_is_reproduced() {
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
        // Not only the shape: also start, limit, length, total and the users themselves.
        let recorded: Value = serde_json::from_str(list.response_body.get()).unwrap();
        assert_eq!(reply.json(), recorded);
        compared += 1;
    }
    assert!(compared > 0);
}

/// A recorded GET of another collection than users: its path as a template, its query, its answer.
struct Recorded {
    template: String,
    query: String,
    answer: Value,
}

fn recorded_gets(folder: &Path) -> Vec<Recorded> {
    let read = |interaction: &Interaction| {
        let (path, query) = interaction.target().split_once('?').unwrap_or((interaction.target(), ""));
        // A recorded checkpoint is not valid for another tenant.
        let query: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("from=")).collect();
        Recorded {
            template: path.trim_start_matches("/api/v2").to_owned(),
            query: query.join("&"),
            answer: serde_json::from_str(interaction.response_body.get()).unwrap(),
        }
    };
    let all = all_interactions(folder).unwrap();
    let gets = all.iter().filter(|interaction| interaction.method == "GET" && interaction.status == 200);
    gets.filter(|interaction| interaction.target().starts_with("/api/v2/")).map(read).collect()
}

/// True if a path has another's template: as many segments, and equal ones except for ids.
fn is_like(path: &str, other: &str) -> bool {
    let segments = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (path, other) = (segments(path), segments(other));
    let is_name = |segment: &str| {
        segment.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte == b'_') && segment != "login"
    };
    path.len() == other.len() && path.iter().zip(&other).all(|(a, b)| a == b || (!is_name(a) && !is_name(b)))
}

#[test]
fn recorded_envelopes_are_reproduced() {
    let Some(folder) = folder() else { return };
    let tenant = Tenant::start(TenantConfig::default()).unwrap();
    let mut client = Client::connect(tenant.addr(), Some(tenant.full_token()));
    let targets = tenant.example_targets();
    let (mut compared, mut kinds) = (0, BTreeSet::new());
    for recorded in recorded_gets(&folder) {
        // The recorder replaced their values, including lists.
        let is_rewritten = recorded.answer.get("client_secret").is_some() || recorded.template.starts_with("/clients/");
        let target = targets.iter().find(|target| is_like(target.trim_start_matches("/api/v2"), &recorded.template));
        let Some(target) = target.filter(|_| !is_rewritten) else { continue };
        let reply = client.get(&format!("{target}?{}", recorded.query)).unwrap();
        assert_eq!(reply.status, 200, "{target}?{}: {}", recorded.query, reply.text());
        let ours = reply.json();
        assert_eq!(ours.is_array(), recorded.answer.is_array(), "{target}?{}", recorded.query);
        let is_rows = |members: &serde_json::Map<String, Value>| {
            members.keys().all(|key| ENVELOPE.contains(&key.as_str()) || members[key].is_array())
                && members.values().any(Value::is_array)
        };
        if let Some(members) = recorded.answer.as_object().filter(|members| is_rows(members)) {
            // Members that are omitted if there are no more pages or if they are zero. Some totals are newer than the SDK.
            let keys = |members: &serde_json::Map<String, Value>| {
                let keys = members.keys().filter(|key| !["next", "total", "page", "length"].contains(&key.as_str()));
                keys.cloned().collect::<BTreeSet<_>>()
            };
            assert_eq!(keys(ours.as_object().unwrap()), keys(members), "{target}?{}", recorded.query);
        }
        compared += 1;
        kinds.insert(target);
    }
    eprintln!("{compared} answers of {} endpoints compared", kinds.len());
    assert!(compared > 300 && kinds.len() > 60, "{compared} answers of {} endpoints", kinds.len());
}

#[test]
fn recorded_404s_are_reproduced() {
    let Some(folder) = folder() else { return };
    let tenant = Tenant::start(TenantConfig::default()).unwrap();
    for object in ["/emails/provider", "/branding/templates/universal-login", "/branding/themes/default"] {
        assert!(tenant.set_collection(object, Vec::new()));
    }
    let mut client = Client::connect(tenant.addr(), Some(tenant.full_token()));
    let mut compared = BTreeSet::new();
    for interaction in all_interactions(&folder).unwrap() {
        let target = interaction.target();
        let recorded: Value = serde_json::from_str(interaction.response_body.get()).unwrap();
        // The recorder rewrote the bodies of clients, and a connection may exist without a SCIM configuration.
        let is_ours = recorded["statusCode"] == 404 && !target.ends_with("/scim-configuration");
        if interaction.method == "GET" && interaction.status == 404 && is_ours {
            // An object below an organization is missing from an organization that exists.
            let (organization, below) =
                target.trim_start_matches("/api/v2/organizations/").split_once('/').unwrap_or_default();
            let there = if below.is_empty() { "another" } else { organization };
            tenant.set_collection("/organizations", vec![format!(r#"{{"id":"{there}"}}"#)]);
            let reply = client.get(target).unwrap();
            assert_eq!((reply.status, reply.json()), (404, recorded), "{target}");
            compared.insert(target.split('/').nth(3).map(str::to_owned));
        }
    }
    assert!(compared.len() > 12, "{compared:?}");
}

#[test]
fn recorded_rows_are_served() {
    let Some(folder) = folder() else { return };
    let tenant = Tenant::start(TenantConfig { recordings: Some(folder), ..TenantConfig::default() }).unwrap();
    let mut client = Client::connect(tenant.addr(), Some(tenant.full_token()));
    for (list, least) in [("roles", 5), ("organizations", 20), ("connections", 50), ("resource-servers", 15)] {
        let rows = client.json(&format!("/api/v2/{list}?per_page=100"));
        let rows = rows.as_array().unwrap();
        assert!(rows.len() >= least, "{} {list}", rows.len());
        let id = rows[0]["id"].as_str().unwrap();
        assert_eq!(client.json(&format!("/api/v2/{list}/{id}")), rows[0]);
    }
    assert!(client.json("/api/v2/tenants/settings")["flags"].is_object());
}

#[test]
fn recorded_users_are_served() {
    let Some(folder) = folder() else { return };
    let recorded = users(&folder).unwrap();
    let tenant = Tenant::start(TenantConfig { recordings: Some(folder), ..TenantConfig::default() }).unwrap();
    assert!(recorded.len() > 20, "{}", recorded.len());
    let reply = Client::new(&tenant).get("/api/v2/users?per_page=100").unwrap();
    assert_eq!(reply.text(), format!("[{}]", recorded.join(",")));
}
