//! Requests that change users, roles, organizations and their pairs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use auth0_tenant::{EndpointLimit, Fault, FaultKind, Tenant, TenantConfig};
use client::Client;
use serde_json::{Value, json};

const DATABASE: &str = "Username-Password-Authentication";

fn tenant() -> (Tenant, Client) {
    let tenant = Tenant::start(TenantConfig { users: 60, ..TenantConfig::default() }).unwrap();
    let client = Client::connect(tenant.addr(), Some(tenant.full_token()));
    (tenant, client)
}

fn call(client: &mut Client, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let reply = client.call(method, &format!("/api/v2{path}"), "Content-Type: application/json\r\n", &body);
    (reply.status, if reply.body.is_empty() { Value::Null } else { reply.json() })
}

fn ok(client: &mut Client, method: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = call(client, method, path, body);
    assert!((200..300).contains(&status), "{method} {path} {body}: {status} {answer}");
    answer
}

fn encoded(id: &str) -> String {
    id.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn new_user(client: &mut Client, email: &str) -> Value {
    let body = json!({"connection": DATABASE, "email": email, "password": "secret", "app_metadata": {"a": 1}});
    ok(client, "POST", "/users", &body)
}

fn ids(client: &mut Client, path: &str, member: &str) -> Vec<String> {
    let rows = ok(client, "GET", path, &Value::Null);
    rows.as_array().unwrap().iter().map(|row| row[member].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_user_is_created_changed_and_deleted() {
    let (tenant, mut client) = tenant();
    let user = new_user(&mut client, "new@x.example");
    let path = format!("/users/{}", encoded(user["user_id"].as_str().unwrap()));
    assert_eq!(ok(&mut client, "GET", &path, &Value::Null), user);
    assert_eq!((&user["created_at"], user.get("password")), (&user["updated_at"], None));
    assert_eq!(tenant.user_count(), 61);
    assert_eq!(ids(&mut client, "/users-by-email?email=new@x.example", "user_id"), [user["user_id"].as_str().unwrap()]);
    let patch = json!({"app_metadata": {"b": {"c": [2]}}, "nickname": "n", "blocked": true, "picture": null});
    let changed = ok(&mut client, "PATCH", &path, &patch);
    assert_eq!(changed["app_metadata"], json!({"a": 1, "b": {"c": [2]}}));
    assert_eq!((&changed["nickname"], &changed["blocked"], changed.get("picture")), (&json!("n"), &json!(true), None));
    assert!(changed["updated_at"].as_str() >= user["updated_at"].as_str());
    assert_eq!(changed["created_at"], user["created_at"]);
    assert_eq!(ok(&mut client, "GET", &path, &Value::Null), changed);
    let reset = ok(&mut client, "PATCH", &path, &json!({"password": "other"}));
    assert_eq!(reset["last_password_reset"], reset["updated_at"]);
    // 204 whether the user existed or not.
    for _ in 0..2 {
        assert_eq!(call(&mut client, "DELETE", &path, &Value::Null), (204, Value::Null));
    }
    assert_eq!(call(&mut client, "GET", &path, &Value::Null).0, 404);
    assert_eq!(tenant.user_count(), 60);
}

#[test]
fn numbers_and_escapes_of_a_body_are_stored_unchanged() {
    let (_tenant, mut client) = tenant();
    let body = format!(
        "{{\"connection\":\"{DATABASE}\",\"password\":\"p\",\"email\":\"a@b.c\",\n \"user_metadata\": {{ \"n\": 1.50, \"big\": 12345678901234567890123, \"t\": \"\\u00e9 {{ }}\" }} }}"
    );
    let reply = client.call("POST", "/api/v2/users", "", &body);
    assert_eq!(reply.status, 201, "{}", reply.text());
    let stored = r#""user_metadata":{"n":1.50,"big":12345678901234567890123,"t":"\u00e9 { }"}"#;
    assert!(reply.text().contains(stored), "{}", reply.text());
}

#[test]
fn refused_changes_have_auth0s_errors() {
    let (tenant, mut client) = tenant();
    new_user(&mut client, "taken@x.example");
    let user = new_user(&mut client, "own@x.example");
    let own = format!("/users/{}", encoded(user["user_id"].as_str().unwrap()));
    let social = (0..60).find_map(|index| {
        let user: Value = serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap();
        (user["identities"][0]["provider"] == "google-oauth2").then(|| user["user_id"].as_str().unwrap().to_owned())
    });
    let social = format!("/users/{}", encoded(&social.unwrap()));
    let organization = ids(&mut client, "/organizations", "id").remove(0);
    let (role, role_name) = {
        let roles = ok(&mut client, "GET", "/roles", &Value::Null);
        (roles[0]["id"].as_str().unwrap().to_owned(), roles[0]["name"].clone())
    };
    let database = |body: Value| {
        let mut body = body;
        body["connection"] = DATABASE.into();
        body
    };
    let table = [
        ("POST", "/users", json!({"email": "a@b.c"}), 400, "Missing required property: connection"),
        ("POST", "/users", database(json!({"email": "a@b.c"})), 400, "Missing required property: password"),
        ("POST", "/users", database(json!({"password": "p"})), 400, "Missing required property: email"),
        ("POST", "/users", database(json!({"email": 7, "password": "p"})), 400, "on property email"),
        ("POST", "/users", database(json!({"email": "a@b.c", "password": "p", "x": 1})), 400, "not allowed: x"),
        ("POST", "/users", json!({"connection": "nowhere"}), 400, "The connection does not exist."),
        ("POST", "/users", json!({"connection": "github", "email": "a@b.c"}), 400, "does not support user creation"),
        (
            "POST",
            "/users",
            database(json!({"email": "taken@x.example", "password": "p"})),
            409,
            "The user already exists.",
        ),
        ("PATCH", &own, json!({}), 400, "Too few properties defined (0), minimum 1"),
        (
            "PATCH",
            &own,
            json!({"password": "p", "email": "c@d.e"}),
            400,
            "Cannot update password and email simultaneously.",
        ),
        (
            "PATCH",
            &own,
            json!({"username": "u", "email_verified": true}),
            400,
            "Cannot update username and email_verified simultaneously.",
        ),
        ("PATCH", &own, json!({"email": "taken@x.example"}), 400, "The specified new email already exists"),
        ("PATCH", &own, json!({"user_metadata": null}), 400, "on property user_metadata"),
        ("PATCH", &own, json!({"user_id": "x"}), 400, "not allowed: user_id"),
        ("PATCH", &social, json!({"email": "c@d.e"}), 400, "Cannot update email for non-database user."),
        ("PATCH", "/users/nobody", json!({"blocked": true}), 404, "The user does not exist."),
        ("POST", "/users/nobody/roles", json!({"roles": [role]}), 404, "The user does not exist."),
        ("POST", &format!("{own}/roles"), json!({"roles": ["none"]}), 404, "One or more of the roles do not exist."),
        ("POST", &format!("{own}/roles"), json!({"roles": []}), 400, "Array is too short"),
        ("POST", "/roles", json!({"description": "d"}), 400, "Missing required property: name"),
        ("POST", "/roles", json!({"name": role_name}), 409, "The role already exists."),
        ("PATCH", "/roles/none", json!({"name": "x"}), 404, "The role does not exist."),
        ("DELETE", "/roles/none", Value::Null, 404, "The role does not exist."),
        ("POST", "/roles/none/users", json!({"users": ["u"]}), 404, "The role does not exist."),
        (
            "POST",
            &format!("/roles/{role}/users"),
            json!({"users": ["u"]}),
            404,
            "One or more of the users do not exist.",
        ),
        ("POST", "/organizations", json!({"name": "org-1"}), 409, "An organization with this name already exists."),
        ("DELETE", "/organizations/none", Value::Null, 404, "No organization found by that id or name"),
        (
            "POST",
            &format!("/organizations/{organization}/members"),
            json!({"members": "u"}),
            400,
            "Expected type array",
        ),
        (
            "POST",
            &format!("/organizations/{organization}/members/nobody/roles"),
            json!({"roles": [role]}),
            404,
            "The user does not exist.",
        ),
    ];
    for (method, path, body, status, message) in table {
        let (answered, answer) = call(&mut client, method, path, &body);
        assert_eq!((answered, &answer["statusCode"]), (status, &json!(status)), "{method} {path} {body}: {answer}");
        assert!(answer["message"].as_str().unwrap().contains(message), "{method} {path} {body}: {answer}");
    }
    assert_eq!(tenant.user_count(), 62);
}

#[test]
fn a_role_is_created_changed_given_and_deleted() {
    let (_tenant, mut client) = tenant();
    let before = ok(&mut client, "GET", "/roles", &Value::Null);
    let role = ok(&mut client, "POST", "/roles", &json!({"name": "New"}));
    let id = role["id"].as_str().unwrap().to_owned();
    assert_eq!(role, json!({"id": id, "name": "New", "description": null}));
    let path = format!("/roles/{id}");
    assert_eq!(ok(&mut client, "GET", &path, &Value::Null), json!({"id": id, "name": "New", "description": ""}));
    let changed = ok(&mut client, "PATCH", &path, &json!({"description": "d"}));
    assert_eq!(changed, json!({"id": id, "name": "New", "description": "d"}));
    let mut all = before.as_array().unwrap().clone();
    all.push(changed);
    // All other roles are unchanged.
    assert_eq!(ok(&mut client, "GET", "/roles", &Value::Null), Value::from(all));

    let user = new_user(&mut client, "new@x.example")["user_id"].as_str().unwrap().to_owned();
    let (of_user, of_role) = (format!("/users/{}/roles", encoded(&user)), format!("{path}/users"));
    assert_eq!(ids(&mut client, &of_user, "id"), [""; 0]);
    assert_eq!(call(&mut client, "POST", &of_user, &json!({"roles": [id]})), (204, Value::Null));
    assert_eq!(ids(&mut client, &of_user, "id"), [id.as_str()]);
    assert_eq!(ids(&mut client, &of_role, "user_id"), [user.as_str()]);
    ok(&mut client, "DELETE", &of_user, &json!({"roles": [id]}));
    assert_eq!(ids(&mut client, &of_role, "user_id"), [""; 0]);
    assert_eq!(call(&mut client, "POST", &of_role, &json!({"users": [user, user]})).0, 200);
    assert_eq!(ids(&mut client, &of_user, "id"), [id.as_str()]);
    assert_eq!(call(&mut client, "DELETE", &path, &json!({})), (200, json!({})));
    assert_eq!(ids(&mut client, &of_user, "id"), [""; 0]);
    assert_eq!(ok(&mut client, "GET", "/roles", &Value::Null), before);
}

#[test]
fn members_of_an_organization_come_and_go() {
    let (_tenant, mut client) = tenant();
    let body = json!({"name": "new-org", "display_name": "New", "metadata": {"a": "b"}});
    let organization = ok(&mut client, "POST", "/organizations", &body)["id"].as_str().unwrap().to_owned();
    let path = format!("/organizations/{organization}");
    assert_eq!(ok(&mut client, "GET", "/organizations/name/new-org", &Value::Null)["display_name"], "New");
    let changed = ok(&mut client, "PATCH", &path, &json!({"metadata": {}, "display_name": "Newer"}));
    assert_eq!(changed, json!({"id": organization, "name": "new-org", "display_name": "Newer"}));
    let role = ids(&mut client, "/roles", "id").remove(0);
    let user = new_user(&mut client, "new@x.example")["user_id"].as_str().unwrap().to_owned();
    let members = format!("{path}/members");
    let roles = format!("{members}/{}/roles", encoded(&user));
    let of_user = format!("/users/{}/organizations", encoded(&user));
    // Roles that were given before are shown when the user is a member.
    ok(&mut client, "POST", &roles, &json!({"roles": [role]}));
    assert_eq!(call(&mut client, "GET", &roles, &Value::Null).0, 404);
    assert_eq!(call(&mut client, "POST", &members, &json!({"members": [user]})), (204, Value::Null));
    assert_eq!(ids(&mut client, &roles, "id"), [role.as_str()]);
    assert_eq!(ids(&mut client, &of_user, "id"), [organization.as_str()]);
    let row = ok(&mut client, "GET", &format!("{members}?fields=user_id,email,roles"), &Value::Null);
    assert_eq!((&row[0]["email"], &row[0]["roles"][0]["id"]), (&json!("new@x.example"), &json!(role)));
    ok(&mut client, "DELETE", &roles, &json!({"roles": [role]}));
    assert_eq!(ids(&mut client, &roles, "id"), [""; 0]);
    ok(&mut client, "POST", &roles, &json!({"roles": [role]}));
    ok(&mut client, "DELETE", &members, &json!({"members": [user]}));
    ok(&mut client, "POST", &members, &json!({"members": [user]}));
    assert_eq!(ids(&mut client, &roles, "id"), [""; 0], "a new membership begins without roles");
    // A deleted user is no member, not even after it was created again.
    ok(&mut client, "DELETE", &format!("/users/{}", encoded(&user)), &Value::Null);
    assert_eq!(ids(&mut client, &members, "user_id"), [""; 0]);
    let local = user.strip_prefix("auth0|").unwrap();
    let again = json!({"connection": DATABASE, "user_id": local, "email": "new@x.example", "password": "p"});
    assert_eq!(ok(&mut client, "POST", "/users", &again)["user_id"], user);
    assert_eq!(ids(&mut client, &members, "user_id"), [""; 0]);
    assert_eq!(call(&mut client, "DELETE", &path, &Value::Null), (204, Value::Null));
    assert_eq!(call(&mut client, "GET", &members, &Value::Null).0, 404);
    assert_eq!(ids(&mut client, &of_user, "id"), [""; 0]);
}

#[test]
fn a_change_changes_nothing_else() {
    let (tenant, mut client) = tenant();
    let targets: Vec<_> = tenant
        .example_targets()
        .into_iter()
        .filter(|target| !target.ends_with("/events") && !target.contains("/jobs"))
        .collect();
    let all = |client: &mut Client| targets.iter().map(|target| client.get(target).unwrap().text()).collect::<Vec<_>>();
    let before = all(&mut client);
    let role = ok(&mut client, "POST", "/roles", &json!({"name": "New"}))["id"].as_str().unwrap().to_owned();
    let body = json!({"name": "new-org"});
    let organization = ok(&mut client, "POST", "/organizations", &body)["id"].as_str().unwrap().to_owned();
    let user = new_user(&mut client, "new@x.example")["user_id"].as_str().unwrap().to_owned();
    ok(&mut client, "POST", &format!("/organizations/{organization}/members"), &json!({"members": [user]}));
    ok(&mut client, "POST", &format!("/users/{}/roles", encoded(&user)), &json!({"roles": [role]}));
    ok(&mut client, "DELETE", &format!("/roles/{role}"), &Value::Null);
    ok(&mut client, "DELETE", &format!("/organizations/{organization}"), &Value::Null);
    ok(&mut client, "DELETE", &format!("/users/{}", encoded(&user)), &Value::Null);
    for (target, (before, after)) in targets.iter().zip(before.iter().zip(all(&mut client))) {
        assert_eq!(*before, after, "{target}");
    }
}

#[test]
fn given_lists_show_changes() {
    let (tenant, mut client) = tenant();
    let user = new_user(&mut client, "new@x.example")["user_id"].as_str().unwrap().to_owned();
    tenant.set_collection("/organizations", vec![r#"{"id":"org_1","name":"one"}"#.to_owned()]);
    tenant.set_collection("/organizations/org_1/members", vec![r#"{"user_id":"auth0|old"}"#.to_owned()]);
    let members = "/organizations/org_1/members";
    ok(&mut client, "POST", members, &json!({"members": [user]}));
    assert_eq!(ids(&mut client, members, "user_id"), ["auth0|old", user.as_str()]);
    ok(&mut client, "DELETE", members, &json!({"members": ["auth0|old"]}));
    assert_eq!(ids(&mut client, members, "user_id"), [user.as_str()]);
    ok(&mut client, "DELETE", &format!("/users/{}", encoded(&user)), &Value::Null);
    assert_eq!(ids(&mut client, members, "user_id"), [""; 0]);
}

#[test]
fn changes_are_logged_with_their_bodies_and_limited_by_their_groups() {
    let (tenant, mut client) = tenant();
    tenant.set_endpoint_limits(&[EndpointLimit::new(&["POST /users", "PATCH /users/{id}"], 1, 0)]);
    let user = new_user(&mut client, "new@x.example");
    let path = format!("/users/{}", encoded(user["user_id"].as_str().unwrap()));
    assert_eq!(call(&mut client, "PATCH", &path, &json!({"blocked": true})).0, 429);
    assert_eq!(call(&mut client, "DELETE", &path, &Value::Null).0, 204);
    let log = tenant.requests();
    let shown: Vec<_> =
        log.iter().map(|record| (record.method.as_str(), record.status, record.body.as_str())).collect();
    assert_eq!(shown[1..], [("PATCH", Some(429), r#"{"blocked":true}"#), ("DELETE", Some(204), "")]);
    assert!(shown[0].2.contains("new@x.example"));
    let one = Tenant::start(TenantConfig::default()).unwrap();
    let mut reader = Client::new(&one);
    let (status, answer) = call(&mut reader, "POST", "/roles", &json!({"name": "x"}));
    assert_eq!((status, &answer["errorCode"]), (403, &json!("insufficient_scope")));
    assert_eq!(answer["message"], "Insufficient scope, expected any of: create:roles");
}

#[test]
fn faults_are_before_or_after_a_change() {
    let after = |body: &str| FaultKind::StatusAfterRequest { code: 503, body: body.to_owned() };
    let table = [
        (FaultKind::DropBeforeHeaders, None, false),
        (FaultKind::DropAfterRequest, None, true),
        (after("late"), Some((503, "late".to_owned())), true),
        (FaultKind::ResetMidBody, None, true),
    ];
    for (kind, answer, is_carried_out) in table {
        let (tenant, mut client) = tenant();
        tenant.fault(Fault::once(kind.clone()).on_method("PATCH"));
        let user = new_user(&mut client, "new@x.example");
        let path = format!("/api/v2/users/{}", encoded(user["user_id"].as_str().unwrap()));
        client.send("PATCH", &path, "", r#"{"nickname":"changed"}"#).unwrap();
        let reply = client.receive().ok().map(|reply| (reply.status, reply.text()));
        assert_eq!(reply, answer, "{kind:?}");
        let mut client = Client::connect(tenant.addr(), Some(tenant.full_token()));
        assert_eq!(client.json(&path)["nickname"] == "changed", is_carried_out, "{kind:?}");
    }
}
