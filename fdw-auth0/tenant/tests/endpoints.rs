//! Every GET endpoint of the Management API.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::collections::{BTreeMap, BTreeSet};

use auth0_tenant::{EventSettings, Fault, FaultKind, Tenant, TenantConfig};
use client::Client;
use serde_json::{Value, json};

fn tenant(users: usize) -> Tenant {
    Tenant::start(TenantConfig { users, ..TenantConfig::default() }).unwrap()
}

/// A client with every scope.
fn client(tenant: &Tenant) -> Client {
    Client::connect(tenant.addr(), Some(tenant.full_token()))
}

fn rows<'a>(answer: &'a Value, key: &str) -> &'a Vec<Value> {
    answer[key].as_array().unwrap_or_else(|| panic!("no {key} in {answer}"))
}

/// All rows of a list, read by checkpoints, and the number of its pages.
fn walk(client: &mut Client, target: &str, key: &str, take: usize) -> (Vec<Value>, usize) {
    let (mut all, mut from) = (Vec::new(), String::new());
    for page in 1.. {
        let answer = client.json(&format!("{target}?take={take}{from}"));
        all.extend(rows(&answer, key).iter().cloned());
        match answer.get("next") {
            Some(next) => from = format!("&from={}", next.as_str().unwrap()),
            None => return (all, page),
        }
    }
    unreachable!()
}

fn texts(rows: &[Value], member: &str) -> Vec<String> {
    rows.iter().map(|row| row[member].as_str().unwrap_or_else(|| panic!("no {member} in {row}")).to_owned()).collect()
}

#[test]
fn every_endpoint_answers() {
    let tenant = tenant(40);
    Client::new(&tenant).call("POST", "/api/v2/jobs/users-exports", "", "{}");
    tenant.set_events(EventSettings { cycle_ms: 0, ..EventSettings::default() });
    let mut client = client(&tenant);
    let targets = tenant.example_targets();
    assert_eq!(targets.len(), 210);
    let mut statuses = BTreeMap::new();
    for target in &targets {
        let reply = client.get(target).unwrap();
        *statuses.entry(reply.status).or_insert(0) += 1;
        match target.as_str() {
            "/api/v2/anomaly/blocks/ips/203.0.113.7" => assert_eq!(reply.status, 404),
            _ if target.ends_with("/errors") => assert_eq!(reply.status, 204),
            "/api/v2/events" => assert_eq!(reply.header("content-type"), Some("text/event-stream")),
            _ if target.ends_with("/status") => assert_eq!((reply.status, reply.body.len()), (200, 0)),
            _ => {
                assert_eq!(reply.status, 200, "{target}: {}", reply.text());
                // A job progresses; everything else is unchanged.
                if !target.contains("/jobs/") {
                    assert_eq!(client.get(target).unwrap().text(), reply.text(), "{target}");
                }
            }
        }
    }
    assert_eq!(statuses, BTreeMap::from([(200, 208), (204, 1), (404, 1)]));
}

#[test]
fn a_missing_scope_is_refused_with_the_scopes_that_suffice() {
    let tenant = tenant(40);
    Client::new(&tenant).call("POST", "/api/v2/jobs/users-exports", "", "{}");
    tenant.set_events(EventSettings { cycle_ms: 0, ..EventSettings::default() });
    for target in tenant.example_targets() {
        let reply = Client::connect(tenant.addr(), Some(tenant.token(&["read:nothing"]))).get(&target).unwrap();
        assert_eq!((reply.status, &reply.json()["errorCode"]), (403, &json!("insufficient_scope")), "{target}");
        let message = reply.json()["message"].as_str().unwrap().to_owned();
        let expected = message.strip_prefix("Insufficient scope, expected any of: ").unwrap();
        let last = expected.split(',').next_back().unwrap();
        let reply = Client::connect(tenant.addr(), Some(tenant.token(&[last]))).get(&target).unwrap();
        assert_ne!(reply.status, 403, "{target} with {last}");
    }
}

#[test]
fn lists_have_their_pages_envelopes_and_errors() {
    let tenant = tenant(40);
    assert!(tenant.set_rows("/organizations", 1_203) && tenant.set_rows("roles", 7) && !tenant.set_rows("/nothing", 1));
    let mut client = client(&tenant);
    assert_eq!(client.json("/api/v2/roles").as_array().unwrap().len(), 7);
    let page = client.json("/api/v2/roles?per_page=3&page=1&include_totals=true");
    assert_eq!((&page["start"], &page["limit"], &page["total"]), (&json!(3), &json!(3), &json!(7)));
    assert_eq!((rows(&page, "roles").len(), page.get("length")), (3, None));
    let (all, pages) = walk(&mut client, "/api/v2/organizations", "organizations", 100);
    assert_eq!((all.len(), pages), (1_203, 13));
    assert_eq!(texts(&all, "id").iter().collect::<BTreeSet<_>>().len(), 1_203);
    // A full last page has a next page, which is empty.
    tenant.set_rows("/organizations", 200);
    let (all, pages) = walk(&mut client, "/api/v2/organizations", "organizations", 100);
    assert_eq!((all.len(), pages), (200, 3));
    tenant.set_rows("/organizations", 1_203);
    let beyond = client.get("/api/v2/organizations?page=10&per_page=100&include_totals=true").unwrap();
    assert_eq!(beyond.status, 400);
    assert!(
        beyond.text().contains("Requesting page 10 exceeds the allowed maximum of 1000 records"),
        "{}",
        beyond.text()
    );
    assert_eq!(client.json("/api/v2/organizations?page=9&per_page=100&include_totals=true")["total"], 1_203);
    // This envelope omits zeros.
    let triggers = client.json("/api/v2/actions/triggers");
    let id = triggers["triggers"][0]["id"].as_str().unwrap().to_owned();
    let target = format!("/api/v2/actions/triggers/{id}/bindings");
    tenant.set_rows("/actions/triggers/{id}/bindings", 0);
    assert_eq!(client.json(&target), json!({"bindings": [], "per_page": 20}));
    tenant.set_rows("/actions/triggers/{id}/bindings", 3);
    let second = client.json(&format!("{target}?page=1&per_page=2"));
    assert_eq!((&second["total"], &second["page"], rows(&second, "bindings").len()), (&json!(3), &json!(1), 1));
    for (target, status, words) in [
        ("/api/v2/roles?per_page=101", 400, "greater than maximum 100"),
        ("/api/v2/organizations?take=101", 400, "greater than maximum 100"),
        ("/api/v2/connection-profiles?take=11", 400, "greater than maximum 10"),
        ("/api/v2/organizations?from=nonsense", 400, "on property from"),
        ("/api/v2/refresh-tokens", 400, "Missing required property: user_id"),
        ("/api/v2/roles?include_totals=1", 400, "Expected type boolean"),
        ("/api/v2/clients?is_global=yes", 400, "Expected type boolean"),
        ("/api/v2/connections?strategy=nonsense", 400, "No enum match for: nonsense"),
        ("/api/v2/roles/rol_none", 404, "The role does not exist."),
        ("/api/v2/organizations/org_none/members", 404, "No organization found by that id or name"),
        ("/api/v2/users/nobody/roles", 404, "inexistent_user"),
        ("/api/v2/no-such-thing", 404, "Not Found"),
    ] {
        let reply = client.get(target).unwrap();
        assert_eq!(reply.status, status, "{target}");
        assert!(reply.text().contains(words), "{target}: {}", reply.text());
    }
}

#[test]
fn single_objects_equal_their_rows() {
    let tenant = tenant(40);
    let mut client = client(&tenant);
    for (list, member) in [
        ("/api/v2/organizations", "id"),
        ("/api/v2/clients", "client_id"),
        ("/api/v2/connections", "id"),
        ("/api/v2/log-streams", "id"),
        ("/api/v2/resource-servers", "id"),
        ("/api/v2/forms", "id"),
        ("/api/v2/keys/signing", "kid"),
        ("/api/v2/logs", "log_id"),
    ] {
        let all = client.json(list);
        for row in all.as_array().unwrap().iter().take(5) {
            let one = client.json(&format!("{list}/{}", row[member].as_str().unwrap()));
            for (name, value) in row.as_object().unwrap() {
                assert_eq!(one[name], *value, "{name} of {list}");
            }
        }
    }
    for (list, key, single) in [
        ("connections-scim-configurations", "scim_configurations", "scim-configuration"),
        ("connections-directory-provisionings", "directory_provisionings", "directory-provisioning"),
    ] {
        for row in rows(&client.json(&format!("/api/v2/{list}")), key) {
            let connection = row["connection_id"].as_str().unwrap();
            assert_eq!(client.json(&format!("/api/v2/connections/{connection}/{single}")), *row);
            assert_eq!(client.json(&format!("/api/v2/connections/{connection}"))["name"], row["connection_name"]);
        }
    }
    let legacy = format!("/api/v2/connections/{}/scim-configuration", tenant.connection_id("facebook"));
    assert_eq!(client.get(&legacy).unwrap().status, 404);
    for screen in client.json("/api/v2/prompts/rendering").as_array().unwrap() {
        let (prompt, name) = (screen["prompt"].as_str().unwrap(), screen["screen"].as_str().unwrap());
        assert_eq!(client.json(&format!("/api/v2/prompts/{prompt}/screen/{name}/rendering")), *screen);
    }
    // Sessions and refresh tokens of users have an address of their own too.
    for (list, key, single) in [("sessions", "sessions", "sessions"), ("refresh-tokens", "tokens", "refresh-tokens")] {
        let target = tenant.example_targets().into_iter().find(|target| target.ends_with(&format!("/{list}"))).unwrap();
        let row = client.json(&target)[key][0].clone();
        let one = format!("/api/v2/{single}/{}", row["id"].as_str().unwrap());
        assert_eq!(client.json(&one), row);
        let user: String = row["user_id"].as_str().unwrap().to_owned();
        tenant.delete_users(&[user]);
        assert_eq!(client.get(&one).unwrap().status, 404, "{one}");
    }
    let organization = client.json("/api/v2/organizations?per_page=1")[0].clone();
    let name = organization["name"].as_str().unwrap();
    assert_eq!(client.json(&format!("/api/v2/organizations/name/{name}")), organization);
    let api = client.json("/api/v2/resource-servers?per_page=1")[0].clone();
    assert_eq!(client.json("/api/v2/resource-servers/https%3A%2F%2Fapi0.example.com%2F")["id"], api["id"]);
    assert_eq!(client.json("/api/v2/clients?fields=client_id,name&per_page=1")[0].as_object().unwrap().len(), 2);
}

#[test]
fn relations_are_the_same_from_both_sides() {
    let tenant = tenant(60);
    let mut client = client(&tenant);
    let users: Vec<Value> =
        (0..60).map(|index| serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap()).collect();
    let encoded = |id: &str| id.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    for (lefts, forward, key, left_key, backward) in [
        ("organizations", "members", "members", "id", "organizations"),
        ("roles", "users", "users", "id", "roles"),
        ("groups", "members", "members", "id", "groups"),
    ] {
        let (mut from_left, mut from_right) = (BTreeSet::new(), BTreeSet::new());
        for left in texts(client.json(&format!("/api/v2/{lefts}")).as_array().unwrap(), left_key) {
            let (members, _) = walk(&mut client, &format!("/api/v2/{lefts}/{left}/{forward}"), key, 5);
            for member in members {
                let id = member.get("user_id").unwrap_or(&member["id"]).as_str().unwrap();
                let user = users.iter().find(|user| user["user_id"] == id).unwrap();
                if forward != "members" || lefts != "groups" {
                    assert_eq!(member.get("email"), user.get("email"), "{lefts}");
                }
                from_left.insert((left.clone(), id.to_owned()));
            }
        }
        for user in &users {
            let id = user["user_id"].as_str().unwrap();
            let of_user = client.json(&format!("/api/v2/users/{}/{backward}?per_page=100", encoded(id)));
            from_right
                .extend(texts(of_user.as_array().unwrap(), left_key).into_iter().map(|left| (left, id.to_owned())));
        }
        assert_eq!(from_left, from_right, "{lefts}");
        assert!(from_left.len() > 15, "{} {lefts}", from_left.len());
    }
    // Roles in an organization are roles of the tenant, and only members have them.
    let roles: BTreeSet<_> = texts(client.json("/api/v2/roles").as_array().unwrap(), "id").into_iter().collect();
    let mut found = 0;
    for organization in texts(client.json("/api/v2/organizations").as_array().unwrap(), "id") {
        let members = client
            .json(&format!("/api/v2/organizations/{organization}/members?fields=user_id,roles&include_fields=true"));
        for member in members.as_array().unwrap() {
            let target = format!(
                "/api/v2/organizations/{organization}/members/{}/roles",
                encoded(member["user_id"].as_str().unwrap())
            );
            let of_member = texts(client.json(&target).as_array().unwrap(), "id");
            assert_eq!(texts(member["roles"].as_array().unwrap(), "id"), of_member);
            assert!(of_member.iter().all(|role| roles.contains(role)));
            found += of_member.len();
        }
    }
    assert!(found > 10, "{found}");
    // A deleted user is no member any more.
    let organization = texts(client.json("/api/v2/organizations").as_array().unwrap(), "id")
        .into_iter()
        .find(|organization| {
            client.json(&format!("/api/v2/organizations/{organization}/members")).as_array().unwrap().len() > 2
        })
        .unwrap();
    let target = format!("/api/v2/organizations/{organization}/members");
    let before = texts(client.json(&target).as_array().unwrap(), "user_id");
    tenant.delete_users(&before[..1]);
    assert_eq!(texts(client.json(&target).as_array().unwrap(), "user_id"), before[1..]);
    tenant.set_rows("/organizations/{id}/members", 59);
    assert_eq!(walk(&mut client, &target, "members", 10).0.len(), 59);
}

#[test]
fn members_have_roles_only_if_fields_names_them_and_the_scope_is_granted() {
    let tenant = tenant(60);
    let mut client = client(&tenant);
    let organizations = texts(client.json("/api/v2/organizations").as_array().unwrap(), "id");
    let target = format!("/api/v2/organizations/{}/members", organizations[0]);
    let members = client.json(&target);
    assert!(members.as_array().unwrap().iter().all(|member| member.get("roles").is_none()), "{members}");
    let mut limited = Client::connect(tenant.addr(), Some(tenant.token(&["read:organization_members"])));
    assert_eq!(limited.get(&target).unwrap().status, 200);
    assert_eq!(limited.get(&format!("{target}?fields=roles&include_fields=false")).unwrap().status, 200);
    let refused = limited.get(&format!("{target}?fields=user_id,roles")).unwrap();
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("expected any of: read:organization_member_roles"), "{}", refused.text());
    let path = format!("/organizations/{}/members", organizations[1]);
    let given = r#"{"user_id":"a","roles":[{"id":"r","name":"n"}]}"#;
    assert!(tenant.set_collection(&path, vec![given.to_owned()]));
    assert_eq!(client.get(&format!("/api/v2{path}")).unwrap().text(), r#"[{"user_id":"a"}]"#);
    assert_eq!(client.get(&format!("/api/v2{path}?fields=user_id,roles")).unwrap().text(), format!("[{given}]"));
}

#[test]
fn lists_are_filtered_and_sorted() {
    let tenant = tenant(10);
    tenant.set_rows("/clients", 80);
    let mut client = client(&tenant);
    let all = client.json("/api/v2/clients?per_page=100");
    let spa = client.json("/api/v2/clients?per_page=100&app_type=spa&include_totals=true");
    let expected: Vec<_> =
        all.as_array().unwrap().iter().filter(|client| client["app_type"] == "spa").cloned().collect();
    assert_eq!((rows(&spa, "clients"), &spa["total"]), (&expected, &json!(expected.len())));
    assert!(!expected.is_empty());
    assert_eq!(client.json("/api/v2/roles?name_filter=ROLE%203").as_array().unwrap().len(), 1);
    assert_eq!(client.json("/api/v2/connections?strategy=auth0&strategy=sms").as_array().unwrap().len(), 2);
    assert_eq!(client.json("/api/v2/connections?name=github")[0]["id"], tenant.connection_id("github").as_str());
    let names = texts(client.json("/api/v2/organizations?sort=name:-1").as_array().unwrap(), "name");
    assert!(names.is_sorted_by(|a, b| a >= b) && names.len() == 25);
}

#[test]
fn logs_are_read_from_an_entry_on() {
    let tenant = tenant(10);
    tenant.set_rows("/logs", 230);
    let mut client = client(&tenant);
    let page = client.json("/api/v2/logs?per_page=100&include_totals=true");
    assert_eq!((&page["length"], &page["total"], &page["limit"]), (&json!(100), &json!(100), &json!(100)));
    let oldest = client.json("/api/v2/logs?sort=date:1&per_page=1")[0]["log_id"].as_str().unwrap().to_owned();
    let (mut target, mut seen) = (format!("/api/v2/logs?from={oldest}&take=100&q=type:none"), vec![oldest]);
    loop {
        let reply = client.get(&target).unwrap();
        let ids = texts(reply.json().as_array().unwrap(), "log_id");
        let link = reply.header("link").unwrap();
        let next = link.strip_prefix('<').unwrap().split_once(">; rel=\"next\"").unwrap().0;
        let (_, path) = next.split_once("/api/v2/").unwrap();
        let next = format!("/api/v2/{path}");
        if ids.is_empty() {
            assert_eq!(client.get(&next).unwrap().header("link"), reply.header("link"), "drained");
            break;
        }
        seen.extend(ids);
        target = next;
    }
    assert!(seen.is_sorted() && seen.len() == 230);
    assert_eq!(client.json("/api/v2/logs?take=3").as_array().unwrap().len(), 50, "take alone is ignored");
    let of_type = client.json("/api/v2/logs?per_page=100&q=type:sapi");
    assert!(
        of_type.as_array().unwrap().iter().all(|log| log["type"] == "sapi") && of_type.as_array().unwrap().len() == 33
    );
    let user = client
        .json("/api/v2/logs?per_page=100")
        .as_array()
        .unwrap()
        .iter()
        .find_map(|log| log["user_id"].as_str().map(str::to_owned))
        .unwrap();
    let encoded = user.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    assert!(
        texts(client.json(&format!("/api/v2/users/{encoded}/logs")).as_array().unwrap(), "user_id")
            .iter()
            .all(|id| *id == user)
    );
}

#[test]
fn given_rows_replace_generated_ones() {
    let tenant = tenant(10);
    let row = r#"{"id":"rol_x","name":"X"}"#;
    assert!(tenant.set_collection("/roles", vec![row.to_owned()]));
    assert!(tenant.set_collection("/roles/rol_x/permissions", vec![r#"{"permission_name":"p"}"#.to_owned()]));
    assert!(tenant.set_collection("/tenants/settings", vec![r#"{"friendly_name":"T"}"#.to_owned()]));
    assert!(!tenant.set_collection("/nothing", vec![]));
    assert!(tenant.set_collection("/users", vec![r#"{"user_id":"u"}"#.to_owned()]) && !tenant.set_rows("/users", 9));
    assert_eq!(tenant.user_count(), 1);
    tenant.upsert_users((0..9).map(|n| format!(r#"{{"user_id":"{n}"}}"#)).collect());
    let mut client = client(&tenant);
    assert_eq!(client.get("/api/v2/roles").unwrap().text(), format!("[{row}]"));
    assert_eq!(client.get("/api/v2/roles/rol_x").unwrap().text(), row);
    assert_eq!(client.json("/api/v2/roles/rol_x/permissions"), json!([{"permission_name": "p"}]));
    assert_eq!(client.json("/api/v2/tenants/settings"), json!({"friendly_name": "T"}));
    // Relations are drawn again with the given rows.
    tenant.set_rows("/roles/{id}/users", 10);
    assert_eq!(client.json("/api/v2/roles/rol_x/users?include_totals=true")["total"], 10);
}

#[test]
fn faults_apply_to_every_list() {
    let tenant = tenant(10);
    let mut client = client(&tenant);
    tenant.fault(Fault::once(FaultKind::EmptyPage).on_path("/api/v2/roles"));
    assert_eq!(client.json("/api/v2/clients?include_totals=true")["clients"].as_array().unwrap().len(), 12);
    let empty = client.json("/api/v2/roles?include_totals=true");
    assert_eq!((&empty["roles"], &empty["total"]), (&json!([]), &json!(8)));
    // Auth0's checkpoints may give an empty page that is not the last.
    tenant.fault(Fault::once(FaultKind::EmptyPage));
    let empty = client.json("/api/v2/organizations?take=5");
    assert!(rows(&empty, "organizations").is_empty() && empty["next"].is_string());
    tenant.fault(Fault::once(FaultKind::WrongTotal(3)));
    assert_eq!(client.json("/api/v2/roles?include_totals=true")["total"], 3);
}
