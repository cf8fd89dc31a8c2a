//! The lag of lists and searches, and the history of all states.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::time::SystemTime;

use auth0_tenant::{Churn, Entity, SearchLag, Tenant, TenantConfig};
use client::Client;
use serde_json::{Value, json};

fn tenant(users: usize) -> (Tenant, Client) {
    let tenant = Tenant::start(TenantConfig { users, ..TenantConfig::default() }).unwrap();
    let client = Client::connect(tenant.addr(), Some(tenant.full_token()));
    (tenant, client)
}

fn user(id: &str, nickname: &str) -> String {
    format!(r#"{{"user_id":"{id}","nickname":"{nickname}"}}"#)
}

fn call(client: &mut Client, method: &str, path: &str, body: &Value) -> Value {
    let reply = client.call(method, &format!("/api/v2{path}"), "", &body.to_string());
    assert!(reply.status < 300, "{method} {path}: {}", reply.text());
    if reply.body.is_empty() { Value::Null } else { reply.json() }
}

fn total(client: &mut Client, list: &str) -> u64 {
    client.json(&format!("/api/v2{list}?include_totals=true"))["total"].as_u64().unwrap()
}

#[test]
fn lists_show_a_change_after_so_many_requests() {
    let (tenant, mut client) = tenant(5);
    tenant.set_search_lag(Some(SearchLag::Requests(2)));
    tenant.upsert_users(vec![user("new", "n")]);
    assert_eq!(client.json("/api/v2/users/new")["nickname"], "n");
    let search = "/users-by-email?email=none";
    assert_eq!([total(&mut client, "/users"), total(&mut client, "/users")], [5, 6]);
    call(&mut client, "DELETE", "/users/new", &Value::Null);
    assert_eq!(client.get("/api/v2/users/new").unwrap().status, 404);
    assert_eq!([total(&mut client, "/users"), total(&mut client, "/users")], [6, 5]);

    let role = call(&mut client, "POST", "/roles", &json!({"name": "New"}))["id"].as_str().unwrap().to_owned();
    assert_eq!(call(&mut client, "GET", &format!("/roles/{role}"), &Value::Null)["name"], "New");
    assert_eq!([total(&mut client, "/roles"), total(&mut client, "/roles")], [8, 9]);
    let organizations = client.json("/api/v2/organizations");
    let ids = organizations.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap());
    let lists: Vec<_> = ids.map(|id| format!("/organizations/{id}/members")).collect();
    let members = lists.into_iter().find(|list| total(&mut client, list) > 1).unwrap();
    let member = client.json(&format!("/api/v2{members}"))[0]["user_id"].clone();
    let before = total(&mut client, &members);
    call(&mut client, "DELETE", &members, &json!({"members": [member]}));
    assert_eq!([(); 3].map(|()| total(&mut client, &members)), [before, before, before - 1]);
    // The last change is shown at once if the lag ends.
    tenant.set_search_lag(Some(SearchLag::Ms(3_600_000)));
    tenant.upsert_users(vec![user("late", "n")]);
    client.get(&format!("/api/v2{search}")).unwrap();
    assert_eq!(total(&mut client, "/users"), 5);
    tenant.set_search_lag(None);
    assert_eq!(total(&mut client, "/users"), 6);
}

#[test]
fn a_history_has_every_state_of_an_object() {
    let (tenant, mut client) = tenant(3);
    assert!(tenant.history().is_none());
    tenant.upsert_users(vec![user("a", "0")]);
    tenant.record_history();
    tenant.upsert_users(vec![user("a", "1"), user("b", "1")]);
    let between = SystemTime::now();
    tenant.upsert_users(vec![user("a", "2"), user("a", "0")]);
    tenant.delete_users(&["a"]);
    call(&mut client, "DELETE", "/users/b", &Value::Null);
    let history = tenant.history().unwrap();
    // The roles and memberships of the deleted users end, too.
    assert!(history.len() > 6 && !history.is_empty());
    let states: Vec<_> = history.versions(Entity::Users, &["a"]);
    let rows: Vec<_> = states.iter().map(|state| state.row.clone()).collect();
    assert_eq!(rows, [Some(user("a", "0")), Some(user("a", "1")), Some(user("a", "2")), Some(user("a", "0")), None]);
    assert_eq!(states[0].from, history.began());
    assert!(states.windows(2).all(|pair| pair[0].until == Some(pair[1].from) && pair[0].from < pair[1].from));
    assert_eq!(states[4].until, None);
    // Members may be in another order.
    let was = history.times_of(Entity::Users, &["a"], r#"{"nickname":"0","user_id":"a"}"#);
    assert_eq!(was.iter().map(|state| state.from).collect::<Vec<_>>(), [states[0].from, states[3].from]);
    assert_eq!(history.times_of(Entity::Users, &["a"], &user("a", "9")), []);
    let keys = |at| history.rows_at(Entity::Users, at).into_keys().map(|key| key[0].clone()).collect::<Vec<_>>();
    let (before, all) = (keys(history.began()), keys(between));
    assert_eq!((before.len(), all.len(), keys(SystemTime::now()).len()), (4, 5, 3));
    assert_eq!(history.rows_at(Entity::Users, between)[&vec!["a".to_owned()]], user("a", "1"));
    assert!(!before.contains(&"b".to_owned()) && all.contains(&"b".to_owned()));
}

#[test]
fn a_history_has_roles_organizations_and_pairs() {
    let (tenant, mut client) = tenant(40);
    tenant.record_history();
    let began = tenant.history().unwrap().began();
    let count = |entity| tenant.history().unwrap().rows_at(entity, SystemTime::now()).len();
    let at_beginning: Vec<_> = Entity::ALL.iter().map(|entity| count(*entity)).collect();
    assert_eq!(at_beginning[..3], [40, 8, 25]);
    assert!(at_beginning[3..].iter().all(|count| *count > 20), "{at_beginning:?}");
    // A role and an organization that are deleted take their pairs with them.
    let history = tenant.history().unwrap();
    let pairs = |entity| history.rows_at(entity, began).into_keys().collect::<Vec<_>>();
    let roles_of_users: Vec<_> = pairs(Entity::RoleUsers).into_iter().map(|key| key[0].clone()).collect();
    let member_role = pairs(Entity::OrganizationMemberRoles).into_iter().find(|key| roles_of_users.contains(&key[2]));
    let [organization, user, role] = member_role.unwrap().try_into().unwrap();
    let path = format!("/organizations/{organization}/members");
    call(&mut client, "DELETE", &format!("/roles/{role}"), &Value::Null);
    let lost = |entity: Entity, key: &str| {
        let now = tenant.history().unwrap().rows_at(entity, SystemTime::now());
        assert!(!now.keys().any(|other| other.contains(&key.to_owned())), "{entity:?} of {key}");
        let then = pairs(entity).iter().filter(|other| other.contains(&key.to_owned())).count();
        assert!(then > 0, "{entity:?} of {key}");
    };
    lost(Entity::RoleUsers, &role);
    lost(Entity::OrganizationMemberRoles, &role);
    call(&mut client, "DELETE", &path, &json!({"members": [user]}));
    let key = [organization.as_str(), user.as_str()];
    let states = tenant.history().unwrap().versions(Entity::OrganizationMembers, &key);
    let rows: Vec<_> = states.iter().map(|state| state.row.clone()).collect();
    assert_eq!(rows, [Some(json!({"organization_id": organization, "user_id": user}).to_string()), None]);
    call(&mut client, "POST", &path, &json!({"members": [user]}));
    call(&mut client, "DELETE", &format!("/organizations/{organization}"), &Value::Null);
    lost(Entity::OrganizationMembers, &organization);
    lost(Entity::OrganizationMemberRoles, &organization);
    tenant.delete_users(&[&user]);
    lost(Entity::RoleUsers, &user);
    lost(Entity::OrganizationMembers, &user);
    // The API shows the rows that the history has for the present.
    let now = tenant.history().unwrap();
    for (entity, list) in [(Entity::OrganizationMembers, "members"), (Entity::RoleUsers, "users")] {
        let (parents, collection) = if entity == Entity::RoleUsers {
            (Entity::Roles, "roles")
        } else {
            (Entity::Organizations, "organizations")
        };
        let mut shown = Vec::new();
        for parent in now.rows_at(parents, SystemTime::now()).into_keys() {
            let rows = client.json(&format!("/api/v2/{collection}/{}/{list}?per_page=100", parent[0]));
            let pair = |row: &Value| vec![parent[0].clone(), row["user_id"].as_str().unwrap().to_owned()];
            shown.extend(rows.as_array().unwrap().iter().map(pair));
        }
        shown.sort();
        assert_eq!(now.rows_at(entity, SystemTime::now()).into_keys().collect::<Vec<_>>(), shown, "{entity:?}");
    }
}

#[test]
fn churn_and_other_processes_see_the_history() {
    let (tenant, mut client) = tenant(30);
    let mut control = Client::connect(tenant.addr(), None);
    assert_eq!(control.get("/_tenant/history").unwrap().status, 400);
    assert_eq!(control.call("PUT", "/_tenant/history", "", "").status, 200);
    tenant.churn(Some(Churn { every: 1, create: 2, update: 1, delete: 1, seed: 4 }));
    for _ in 0..5 {
        client.get("/api/v2/users").unwrap();
    }
    let summary = control.json("/_tenant/history");
    assert_eq!(summary["changes"], tenant.history().unwrap().len());
    assert!(summary["changes"].as_u64().unwrap() >= 20);
    let began = summary["began_us"].as_u64().unwrap();
    let rows = |control: &mut Client, at: u64| {
        let answer = control.json(&format!("/_tenant/history?entity=users&at_us={at}"));
        answer["rows"].as_array().unwrap().clone()
    };
    assert_eq!((rows(&mut control, began).len(), rows(&mut control, u64::MAX / 2).len()), (30, 35));
    let id = rows(&mut control, u64::MAX / 2)[34]["key"][0].as_str().unwrap().to_owned();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("entity", "users"), ("key", &id), ("row", &client_user(&mut client, &id))])
        .finish();
    let found = control.json(&format!("/_tenant/history?{query}"));
    assert_eq!(found["versions"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(control.get("/_tenant/history?entity=users").unwrap().status, 400);
    assert_eq!(control.get("/_tenant/history?entity=logs&key=x").unwrap().status, 400);
    control.call("DELETE", "/_tenant/history", "", "");
    assert!(tenant.history().is_none());
}

fn client_user(client: &mut Client, id: &str) -> String {
    let id: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
    client.get(&format!("/api/v2/users/{id}")).unwrap().text()
}
