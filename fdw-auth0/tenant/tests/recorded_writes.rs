//! Replays the recorded changes of users, roles, organizations and their pairs against the local tenant.
//!
//! A recording is replayed in its order, reads of the changed objects included, with the ids that the local tenant gave
//! in place of the recorded ones. Statuses and names of members must be those of the real tenant.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::collections::{BTreeMap, BTreeSet};

use auth0_tenant::recordings::{Interaction, all_interactions};
use auth0_tenant::{Tenant, TenantConfig};
use client::Client;
use serde_json::Value;

/// The paths that are replayed, with `{}` for an id.
const REPLAYED: [&str; 8] = [
    "/users",
    "/users/{}",
    "/users/{}/roles",
    "/roles",
    "/roles/{}",
    "/organizations",
    "/organizations/{}",
    "/organizations/{}/members",
];
const REPLAYED_ROLES: &str = "/organizations/{}/members/{}/roles";

fn template(target: &str) -> String {
    let path = target.split('?').next().unwrap().trim_start_matches("/api/v2");
    let segments = path.split('/').enumerate().map(|(index, segment)| {
        // Ids are at the even positions: `/users/ID/roles`.
        if index > 0 && index % 2 == 0 { "{}" } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}

fn is_replayed(interaction: &Interaction) -> bool {
    let template = template(interaction.target());
    let is_ours = REPLAYED.contains(&template.as_str()) || template == REPLAYED_ROLES;
    // Lists of all objects show those of the real tenant; a page of a checkpoint needs its cursor.
    let is_list = ["/users", "/roles", "/organizations"].contains(&template.as_str()) && interaction.method == "GET";
    is_ours && !is_list && !interaction.target().contains("from=")
}

/// The names of members at every depth. Arrays are left out if one of them is empty: reads of a moment between others
/// are missing from the recordings, as equal ones are dropped.
fn names(value: &Value, other: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), names(value, &other[name]))).collect()
        }
        Value::Array(items) if !items.is_empty() && other.as_array().is_some_and(|other| !other.is_empty()) => {
            items.iter().take(1).map(|item| names(item, &other[0])).collect()
        }
        _ => Value::Null,
    }
}

/// The ids in a text.
fn ids_in(text: &str) -> Vec<String> {
    let text = text.replace("%7C", "|");
    let ids = ["rol_", "org_", "auth0|"].iter().flat_map(|prefix| {
        text.match_indices(prefix).map(|(at, _)| {
            let rest = &text[at + prefix.len()..];
            let end = rest.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(rest.len());
            text[at..at + prefix.len() + end].to_owned()
        })
    });
    ids.collect()
}

/// The text with the local tenant's ids.
fn translate(text: &str, ids: &BTreeMap<String, String>) -> String {
    ids.iter().fold(text.to_owned(), |text, (recorded, own)| {
        let encoded = |id: &str| id.replace('|', "%7C");
        text.replace(recorded, own).replace(&encoded(recorded), &encoded(own))
    })
}

/// The answer without members that depend on the tenant's age, on its lag, or on connections that are created by
/// requests that the local tenant does not have.
fn comparable(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        for name in ["third_party_client_access", "is_app_entitlement_active", "next", "enabled_connections"] {
            members.remove(name);
        }
    }
    value
}

#[test]
fn recorded_changes_have_the_recorded_statuses_and_members() {
    let Some(folder) = std::env::var_os("AUTH0_RECORDINGS") else {
        eprintln!("skipped: AUTH0_RECORDINGS is not set");
        return;
    };
    let mut recordings = BTreeMap::<String, Vec<Interaction>>::new();
    for interaction in all_interactions(folder.as_ref()).unwrap() {
        if is_replayed(&interaction) {
            recordings.entry(interaction.recording.clone()).or_default().push(interaction);
        }
    }
    let (mut changes, mut reads, mut kinds) = (0, 0, BTreeSet::new());
    for (recording, mut interactions) in recordings {
        interactions.sort_by_key(|interaction| interaction.seq);
        // This answer depends on the tenant's custom domains.
        if interactions.iter().any(|interaction| interaction.response_body.get().contains("custom_domain_conflict")) {
            continue;
        }
        let tenant = Tenant::start(TenantConfig { users: 0, ..TenantConfig::default() }).unwrap();
        let mut client = Client::connect(tenant.addr(), Some(tenant.full_token()));
        let mut ids = BTreeMap::new();
        for interaction in &interactions {
            let body = interaction.request_body.as_ref().map_or("", |body| body.get());
            // An object that another recording creates, or that was there before.
            let named = ids_in(interaction.target()).into_iter().chain(ids_in(body));
            if interaction.status < 400 && !named.into_iter().all(|id| ids.contains_key(&id)) {
                continue;
            }
            let (target, body) = (translate(interaction.target(), &ids), translate(body, &ids));
            let place = format!("{} {target} {body} of {recording}", interaction.method);
            let reply = client.call(&interaction.method, &target, "", &body);
            let recorded: Value = serde_json::from_str(interaction.response_body.get()).unwrap();
            assert_eq!(reply.status, interaction.status, "{place}: {}", reply.text());
            let answer = if reply.body.is_empty() { Value::Null } else { reply.json() };
            let (ours, theirs) = (comparable(answer.clone()), comparable(recorded.clone()));
            assert_eq!(names(&ours, &theirs), names(&theirs, &ours), "{place}");
            if interaction.method == "GET" {
                reads += 1;
            } else {
                changes += 1;
                kinds.insert(format!("{} {}", interaction.method, template(interaction.target())));
            }
            for member in ["id", "user_id"] {
                if let (Some(recorded), Some(own)) = (recorded[member].as_str(), answer[member].as_str())
                    && interaction.method == "POST"
                {
                    ids.insert(recorded.to_owned(), own.to_owned());
                }
            }
        }
    }
    eprintln!("{changes} changes of {} kinds and {reads} reads replayed", kinds.len());
    assert!(changes > 200 && reads > 80 && kinds.len() >= 14, "{changes} {reads} {kinds:?}");
}
