//! Users that change during a scan, and searches over windows of `created_at`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::collections::BTreeSet;

use auth0_tenant::{Churn, EndpointLimit, RateLimit, Tenant, TenantConfig};
use client::Client;
use serde_json::{Value, json};

fn tenant(config: TenantConfig) -> Tenant {
    Tenant::start(config).unwrap()
}

fn user(id: &str, created_at: &str) -> String {
    json!({"user_id": id, "email": format!("{id}@x.example"), "created_at": created_at}).to_string()
}

fn ids(page: &Value) -> Vec<&str> {
    page["users"].as_array().unwrap().iter().map(|user| user["user_id"].as_str().unwrap()).collect()
}

#[test]
fn changes_are_visible_except_in_a_frozen_search() {
    let users = vec![user("a", "2024-01-01T00:00:00.000Z"), user("b", "2024-01-02T00:00:00.000Z")];
    let tenant = tenant(TenantConfig { explicit_users: Some(users), ..TenantConfig::default() });
    let mut client = Client::new(&tenant);
    let window = "/api/v2/users?include_totals=true&sort=created_at:1&q=created_at:%5B2024-01-02+TO+*%5D";
    assert_eq!(ids(&client.json(window)), ["b"]);
    tenant.freeze_search(true);
    tenant.watch_users();
    tenant.upsert_users(vec![user("c", "2024-01-03T00:00:00.000Z"), user("a", "2024-01-04T00:00:00.000Z")]);
    assert_eq!(tenant.delete_users(&["b", "nobody"]), 1);
    assert_eq!(ids(&client.json(window)), ["b"]);
    assert_eq!(client.get("/api/v2/users/b").unwrap().status, 404);
    assert_eq!(client.json("/api/v2/users/c")["email"], "c@x.example");
    tenant.freeze_search(false);
    assert_eq!(ids(&client.json(window)), ["c", "a"]);
    assert_eq!(ids(&client.json("/api/v2/users?include_totals=true")), ["a", "c"]);
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    let presence = tenant.presence();
    assert_eq!((presence.throughout, presence.ever), (set(&["a"]), set(&["a", "b", "c"])));
}

#[test]
fn churn_changes_users_between_pages() {
    let tenant = tenant(TenantConfig { users: 400, ..TenantConfig::default() });
    let mut client = Client::new(&tenant);
    tenant.churn(Some(Churn { every: 2, create: 3, update: 1, delete: 1, seed: 5 }));
    let total = |client: &mut Client| client.json("/api/v2/users?include_totals=true&per_page=0")["total"].clone();
    assert_eq!([(); 5].map(|()| total(&mut client)), [400, 400, 402, 402, 404]);
    // A lookup is no list, so it changes nothing.
    client.get("/api/v2/users/nobody").unwrap();
    tenant.churn(None);
    assert_eq!(total(&mut client), 404);
    let presence = tenant.presence();
    assert_eq!((presence.throughout.len(), presence.ever.len()), (398, 406));
    let newest = client.json("/api/v2/users?include_totals=true&per_page=6&sort=created_at:-1");
    let at_start: BTreeSet<_> = presence.throughout;
    assert!(ids(&newest).iter().all(|id| !at_start.contains(*id)), "the new users are the latest");
}

#[test]
fn a_window_finds_a_whole_cluster() {
    let clusters = vec![(1_500, "2025-03-01T00:00:00.000Z".to_owned()), (7, "2025-03-02T00:00:00.000Z".to_owned())];
    let tenant = tenant(TenantConfig { users: 30, clusters, slow_search: Some(1_506), ..TenantConfig::default() });
    assert_eq!(tenant.user_count(), 1_537);
    let mut client = Client::new(&tenant);
    let window = |from: &str, to: &str| {
        format!("/api/v2/users?include_totals=true&per_page=1&q=created_at:%5B{from}+TO+{to}%7D")
    };
    assert_eq!(client.json(&window("2025-03-01", "2025-03-02"))["total"], 1_000);
    assert_eq!(client.json(&window("2025-03-02", "2025-03-03"))["total"], 7);
    let slow = client.get(&window("2025-03-01", "2025-03-03")).unwrap();
    assert_eq!((slow.status, &slow.json()["error"]), (503, &json!("Service Unavailable")));
    tenant.set_slow_search(None);
    assert_eq!(client.json(&window("2025-03-01", "2025-03-03"))["total"], 1_000);
    // Ties of a window change places between requests.
    let page = format!("{}&sort=created_at:1", window("2025-03-02", "2025-03-03").replace("per_page=1", "per_page=3"));
    let (first, second) = (client.json(&page), client.json(&page));
    assert_ne!(ids(&first), ids(&second));
    let wrong = TenantConfig { clusters: vec![(1, "yesterday".to_owned())], ..TenantConfig::default() };
    assert!(Tenant::start(wrong).unwrap_err().to_string().contains("yesterday"));
}

#[test]
fn revoked_tokens_are_invalid_and_new_ones_are_valid() {
    let tenant = tenant(TenantConfig::default());
    let mut client = Client::new(&tenant);
    assert_eq!(client.get("/api/v2/users").unwrap().status, 200);
    tenant.revoke_tokens();
    let refused = client.get("/api/v2/users").unwrap();
    assert_eq!((refused.status, &refused.json()["message"]), (401, &json!("Invalid token")));
    assert_eq!(Client::new(&tenant).get("/api/v2/users").unwrap().status, 200);
}

#[test]
fn endpoint_limits_apply_in_addition_to_the_tenants() {
    let tenant = tenant(TenantConfig {
        rate_limit: Some(RateLimit::new(50, 0.0)),
        endpoint_limits: vec![EndpointLimit::new(&["GET /users"], 1, 0)],
        ..TenantConfig::default()
    });
    let mut client = Client::new(&tenant);
    let mut shown = |path: &str| {
        let reply = client.get(path).unwrap();
        let header = |name: &str| reply.header(name).unwrap().parse::<u32>().unwrap();
        (reply.status, header("x-ratelimit-limit"), header("x-ratelimit-remaining"))
    };
    assert_eq!(shown("/api/v2/users"), (200, 1, 0));
    assert_eq!(shown("/api/v2/users"), (429, 1, 0));
    assert_eq!(shown("/api/v2/users-by-email?email=x"), (200, 50, 47));
    tenant.set_endpoint_limits(&EndpointLimit::essentials());
    assert_eq!(shown("/api/v2/users"), (200, 40, 39));
}
