//! The Management API over a real socket.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::collections::HashSet;
use std::io::Read as _;
use std::time::{Duration, Instant};

use auth0_tenant::{Authorization, RateLimit, Tenant, TenantConfig};
use client::Client;
use serde_json::{Value, json};

fn tenant(users: usize) -> Tenant {
    Tenant::start(TenantConfig { users, ..TenantConfig::default() }).unwrap()
}

#[test]
fn pages_have_the_users_byte_for_byte() {
    let tenant = tenant(120);
    let mut client = Client::new(&tenant);
    let reply = client.get("/api/v2/users?page=1&per_page=2&include_totals=true").unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(
        reply.text(),
        format!(
            r#"{{"start":2,"limit":2,"length":2,"users":[{},{}],"total":120}}"#,
            tenant.user_json(2).unwrap(),
            tenant.user_json(3).unwrap()
        )
    );
    assert_eq!(client.json("/api/v2/users").as_array().unwrap().len(), 50);
    assert_eq!(tenant.connections(), 1);
}

#[test]
fn every_user_is_found_by_id_and_email() {
    let tenant = tenant(200);
    let mut client = Client::new(&tenant);
    for index in 0..200 {
        let json = tenant.user_json(index).unwrap();
        let user: Value = serde_json::from_str(&json).unwrap();
        let id = percent_encoding::utf8_percent_encode(
            user["user_id"].as_str().unwrap(),
            percent_encoding::NON_ALPHANUMERIC,
        );
        let reply = client.get(&format!("/api/v2/users/{id}")).unwrap();
        assert_eq!(reply.text(), json);
        let Some(email) = user["email"].as_str() else {
            continue;
        };
        let email = email.replace('+', "%2B");
        let reply = client.get(&format!("/api/v2/users-by-email?email={email}")).unwrap();
        assert_eq!(reply.text(), format!("[{json}]"));
        let other = email.to_ascii_uppercase();
        assert_eq!(client.json(&format!("/api/v2/users-by-email?email={other}")), json!([]));
    }
    let by_id = client.get("/api/v2/users/auth0%7Cnobody").unwrap();
    assert_eq!(
        by_id.text(),
        r#"{"error":"Not Found","errorCode":"inexistent_user","message":"The user does not exist.","statusCode":404}"#
    );
}

#[test]
fn refusals_have_auth0s_bodies() {
    let tenant = tenant(3);
    let addr = tenant.addr();
    let list = "/api/v2/users";
    let unauthorized = |message: &str| json!({"statusCode": 401, "error": "Unauthorized", "message": message, "attributes": {"error": message}});
    let insufficient = |scopes: &str| json!({"statusCode": 403, "error": "Forbidden", "message": format!("Insufficient scope, expected any of: {scopes}"), "errorCode": "insufficient_scope"});
    let forbidden = Some(tenant.token(&["read:clients", "read:user"]));
    let table = [
        (None, "GET", list, json!({"statusCode": 401, "error": "Unauthorized", "message": "Missing authentication"})),
        (
            Some("x".to_owned()),
            "GET",
            list,
            json!({"statusCode": 400, "error": "Bad Request", "message": "Bad HTTP authentication header format", "errorCode": "Bearer"}),
        ),
        (Some("a.b.c".to_owned()), "GET", list, unauthorized("Invalid token")),
        (
            Some(tenant.expired_token()),
            "GET",
            list,
            unauthorized("Expired token received for JSON Web Token validation"),
        ),
        (forbidden.clone(), "GET", list, insufficient("read:users,read:user_idp_tokens")),
        (
            forbidden.clone(),
            "GET",
            "/api/v2/users/a",
            insufficient("read:users,read:current_user,read:user_idp_tokens"),
        ),
        (forbidden.clone(), "GET", "/api/v2/users-by-email?email=a", insufficient("read:users")),
        (forbidden, "GET", "/api/v2/nothing", json!({"statusCode": 404, "error": "Not Found", "message": "Not Found"})),
        (
            Some(tenant.default_token()),
            "DELETE",
            "/api/v2/clients/a",
            json!({"statusCode": 405, "error": "Method Not Allowed", "message": "The local tenant does not change this object.", "errorCode": "operation_not_supported"}),
        ),
        (Some(tenant.default_token()), "DELETE", "/api/v2/users/a", insufficient("delete:users,delete:current_user")),
        (None, "GET", "/favicon.ico", json!({"statusCode": 404, "error": "Not Found", "message": "Not Found"})),
    ];
    for (token, method, target, expected) in table {
        let reply = Client::connect(addr, token).call(method, target, "", "");
        assert_eq!(reply.json(), expected, "{method} {target}");
        assert_eq!(u64::from(reply.status), expected["statusCode"].as_u64().unwrap());
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    }
    let idp = Client::connect(addr, Some(tenant.token(&["read:user_idp_tokens"]))).get(list);
    assert_eq!(idp.unwrap().status, 200);
}

#[test]
fn login_returns_a_token_that_expires() {
    let tenant =
        Tenant::start(TenantConfig { token_lifetime: Duration::from_secs(1), ..TenantConfig::default() }).unwrap();
    let mut anonymous = Client::connect(tenant.addr(), None);
    let body = "grant_type=client_credentials&client_id=local-client-id&client_secret=local-client-secret&audience=https%3A%2F%2Flocal-tenant.us.auth0.com%2Fapi%2Fv2%2F";
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let answer = anonymous.call("POST", "/oauth/token", form, body).json();
    assert_eq!((&answer["expires_in"], &answer["scope"]), (&json!(1), &json!("read:users")));
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let mut client = Client::connect(tenant.addr(), Some(token));
    assert_eq!(client.get("/api/v2/users").unwrap().status, 200);
    std::thread::sleep(Duration::from_millis(1_050));
    let late = client.get("/api/v2/users").unwrap();
    assert_eq!(late.status, 401);
    assert!(late.text().contains("Expired token"));
}

#[test]
fn page_cap_applies_until_it_is_changed() {
    let tenant = tenant(1_500);
    let mut client = Client::new(&tenant);
    let page = "/api/v2/users?page=10&per_page=100&include_totals=true";
    let refused = client.get(page).unwrap();
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["errorCode"], "invalid_paging");
    let last = client.json("/api/v2/users?page=9&per_page=100&include_totals=true");
    assert_eq!((&last["length"], &last["total"]), (&json!(100), &json!(1_000)));
    tenant.set_page_cap(None);
    let open = client.json(page);
    assert_eq!((&open["length"], &open["total"]), (&json!(100), &json!(1_500)));
}

#[test]
fn ties_change_places_between_requests() {
    let tenant = tenant(90);
    let mut client = Client::new(&tenant);
    let target = "/api/v2/users?sort=created_at:-1&per_page=90&fields=user_id,created_at";
    let mut ask = || {
        let page = client.json(target);
        let column = |name: &str| -> Vec<String> {
            let rows = page.as_array().unwrap();
            rows.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
        };
        (column("user_id"), column("created_at"))
    };
    let (first, times) = ask();
    assert!(times.is_sorted_by(|a, b| a >= b));
    let (second, times_again) = ask();
    assert_eq!(times, times_again);
    assert_ne!(first, second);
    let set = |ids: &[String]| ids.iter().cloned().collect::<HashSet<_>>();
    assert_eq!(set(&first), set(&second));
    tenant.set_unstable_ties(false);
    assert_eq!(ask(), ask());
}

#[test]
fn a_search_lists_the_users_it_finds() {
    let tenant = tenant(1_500);
    let users: Vec<Value> =
        (0..1_500).map(|index| serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap()).collect();
    let ids = |wanted: &dyn Fn(&Value) -> bool| -> Vec<&Value> {
        users.iter().filter(|user| wanted(user)).map(|user| &user["user_id"]).collect()
    };
    let mut client = Client::new(&tenant);
    let mut search = |query: &str, rest: &str| {
        let query = percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC);
        client.get(&format!("/api/v2/users?search_engine=v3&per_page=100&include_totals=true&q={query}{rest}")).unwrap()
    };
    let google = ids(&|user| user["user_id"].as_str().is_some_and(|id| id.starts_with("google-oauth2|")));
    assert!(google.len() > 100);
    let mut found = Vec::new();
    for page in 0..=google.len() / 100 {
        let answer = search("user_id:google-oauth2|*", &format!("&fields=user_id&page={page}")).json();
        assert_eq!(answer["total"], google.len());
        found.extend(answer["users"].as_array().unwrap().iter().map(|user| user["user_id"].clone()));
    }
    assert_eq!(found.iter().collect::<Vec<_>>(), google);

    let one = &users[700];
    let id = one["user_id"].as_str().unwrap();
    let quoted = id.replace('\\', "\\\\").replace('"', "\\\"");
    let answer = search(&format!("user_id:\"{quoted}\""), "").json();
    assert_eq!((&answer["total"], &answer["users"]), (&json!(1), &json!([one])));

    // Sorted by time, as a client reads past the page cap.
    let walk = search("created_at:[2022-01-01T00:00:00.000Z TO *]", "&sort=created_at:1&fields=created_at").json();
    let times: Vec<&str> =
        walk["users"].as_array().unwrap().iter().map(|user| user["created_at"].as_str().unwrap()).collect();
    let mut expected: Vec<&str> = users.iter().filter_map(|user| user["created_at"].as_str()).collect();
    expected.retain(|time| *time >= "2022");
    expected.sort_unstable();
    assert_eq!((times.len(), &times[..]), (100, &expected[..100]));

    let everyone = search("_exists_:user_id", "&page=9").json();
    assert_eq!((&everyone["total"], &everyone["length"]), (&json!(1_000), &json!(100)));
    assert_eq!(search("_exists_:user_id", "&page=10").json()["errorCode"], "invalid_paging");
    assert_eq!(
        search("email:jane~", "").json(),
        json!({"statusCode": 400, "error": "Bad Request", "errorCode": "invalid_query_string",
            "message": "The query in the parameter q is not understood: ~ has no meaning here, as a part of a value it is written \\~."})
    );
}

#[test]
fn a_frozen_search_finds_the_users_at_the_time_of_the_freeze() {
    let user = |id: &str, name: &str| json!({"user_id": id, "email": format!("{id}@x"), "name": name});
    let store = |user: Value| vec![user.to_string()];
    let tenant =
        Tenant::start(TenantConfig { explicit_users: Some(store(user("a", "old"))), ..TenantConfig::default() })
            .unwrap();
    let mut client = Client::new(&tenant);
    tenant.freeze_search(true);
    tenant.set_users(store(user("a", "new")));
    // A second freeze keeps the users of the first one.
    tenant.freeze_search(true);
    let mut ask = |target: &str| client.json(target);
    assert_eq!(ask("/api/v2/users"), json!([user("a", "old")]));
    assert_eq!(ask("/api/v2/users?q=name:old"), json!([user("a", "old")]));
    assert_eq!(ask("/api/v2/users?q=name:new"), json!([]));
    assert_eq!(ask("/api/v2/users/a"), user("a", "new"));
    assert_eq!(ask("/api/v2/users-by-email?email=a@x"), json!([user("a", "new")]));
    tenant.freeze_search(false);
    assert_eq!(ask("/api/v2/users?q=name:new"), json!([user("a", "new")]));
    assert_eq!(ask("/api/v2/users?q=name:old"), json!([]));
    tenant.set_users(store(user("b", "new")));
    assert_eq!(ask("/api/v2/users?q=name:new"), json!([user("b", "new")]));
}

#[test]
fn a_target_longer_than_the_maximum_is_refused() {
    let tenant = Tenant::start(TenantConfig { max_target: 100, ..TenantConfig::default() }).unwrap();
    let mut client = Client::new(&tenant);
    let target = |length: usize| format!("{:x<length$}", "/api/v2/users?q=name:");
    assert_eq!(client.get(&target(100)).unwrap().status, 200);
    assert_eq!(
        client.get(&target(101)).unwrap().json(),
        json!({"statusCode": 414, "error": "URI Too Long", "message": "The address of the request is too long."})
    );
}

#[test]
fn rate_limit_refuses_requests_and_sends_its_headers() {
    let tenant = tenant(3);
    let mut client = Client::new(&tenant);
    assert_eq!(client.get("/api/v2/users").unwrap().header("x-ratelimit-limit"), None);
    tenant.set_rate_limit(Some(RateLimit { retry_after: true, ..RateLimit::new(2, 0.1) }));
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    for (status, remaining) in [(200, "1"), (200, "0"), (429, "0")] {
        let reply = client.get("/api/v2/users").unwrap();
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("x-ratelimit-limit"), Some("2"));
        assert_eq!(reply.header("x-ratelimit-remaining"), Some(remaining));
        let reset: u64 = reply.header("x-ratelimit-reset").unwrap().parse().unwrap();
        assert!((now + 9..now + 13).contains(&reset), "{reset} at {now}");
        if status == 429 {
            let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!((9..=10).contains(&wait));
            assert_eq!(
                reply.json(),
                json!({"statusCode": 429, "error": "Too Many Requests", "message": "Global limit has been reached", "errorCode": "too_many_requests"})
            );
        } else {
            assert_eq!(reply.header("retry-after"), None);
        }
    }
    let mut anonymous = Client::connect(tenant.addr(), None);
    let login = anonymous.call("POST", "/oauth/token", "", "{}");
    assert_eq!((login.status, login.header("x-ratelimit-limit")), (400, None));
}

#[test]
fn log_has_the_requests_but_no_token() {
    let tenant = tenant(5);
    let mut client = Client::new(&tenant);
    let token = tenant.default_token();
    client.send("GET", "/api/v2/users?page=0&q=a%20b+c", "X-Custom: Yes\r\n", "").unwrap();
    let reply = client.receive().unwrap();
    let mut other = Client::connect(tenant.addr(), None);
    other.call("PATCH", "/api/v2/users/auth0%7C1", "", "{}");
    Client::connect(tenant.addr(), Some(tenant.expired_token())).get("/api/v2/users").unwrap();
    Client::connect(tenant.addr(), Some("a.b.c".to_owned())).get("/api/v2/users").unwrap();

    let log = tenant.requests();
    let first = &log[0];
    assert_eq!((first.method.as_str(), first.path.as_str()), ("GET", "/api/v2/users"));
    assert_eq!(first.query, "page=0&q=a%20b+c");
    assert_eq!(first.param("q"), Some("a b c"));
    assert_eq!(first.header("x-custom"), Some("Yes"));
    assert_eq!((first.status, first.bytes_sent), (Some(400), reply.body.len() as u64));
    assert_eq!((log[1].method.as_str(), log[1].path.as_str()), ("PATCH", "/api/v2/users/auth0%7C1"));
    let authorizations: Vec<_> = log.iter().map(|record| record.authorization).collect();
    use Authorization::{Absent, Expired, Invalid, Valid};
    assert_eq!(authorizations, [Valid, Absent, Expired, Invalid]);
    assert!(!format!("{log:?}").contains(&token));
    assert_eq!(tenant.connections(), 4);

    tenant.clear_requests();
    client.get("/api/v2/users").unwrap();
    assert_eq!((tenant.requests().len(), tenant.connections()), (1, 1));
    assert_eq!(tenant.requests()[0].connection, first.connection);
}

#[test]
fn latency_of_parallel_requests_does_not_add_up() {
    let tenant = tenant(5);
    tenant.set_latency(Duration::from_millis(150));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| Client::new(&tenant).get("/api/v2/users").unwrap());
        }
    });
    let took = started.elapsed();
    assert!((150..600).contains(&took.as_millis()), "{took:?}");
    tenant.set_latency(Duration::ZERO);
    let started = Instant::now();
    Client::new(&tenant).get("/api/v2/users").unwrap();
    assert!(started.elapsed() < Duration::from_millis(100));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let tenant = tenant(5);
    tenant.set_latency(Duration::from_millis(20));
    let mut client = Client::new(&tenant);
    for page in 0..4 {
        let target = format!("/api/v2/users?per_page=1&include_totals=true&page={page}");
        client.send("GET", &target, "", "").unwrap();
    }
    for page in 0..4 {
        assert_eq!(client.receive().unwrap().json()["start"], page);
    }
}

#[test]
fn answers_are_gzipped_only_if_tenant_and_client_allow_it() {
    let tenant = tenant(50);
    let mut client = Client::new(&tenant);
    let mut get = |accept: &str| client.call("GET", "/api/v2/users", accept, "");
    let plain = get("Accept-Encoding: gzip\r\n");
    assert_eq!(plain.header("content-encoding"), None);
    tenant.set_compress(true);
    let packed = get("Accept-Encoding: br, gzip;q=0.8\r\n");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain.body);
    assert!(packed.body.len() < plain.body.len() / 2);
    for accept in ["", "Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding: br\r\n"] {
        assert_eq!(get(accept).body, plain.body, "{accept}");
    }
}

#[test]
fn explicit_users_are_served_unchanged() {
    let users = [r#"{"user_id": "a|1", "email":"x@y", "odd":"\u0000"}"#, r#"{"user_id":"a|2"}"#];
    let tenant = Tenant::start(TenantConfig {
        explicit_users: Some(users.map(str::to_owned).to_vec()),
        ..TenantConfig::default()
    })
    .unwrap();
    let mut client = Client::new(&tenant);
    assert_eq!(client.get("/api/v2/users").unwrap().text(), format!("[{}]", users.join(",")));
    assert_eq!(client.get("/api/v2/users/a%7C1").unwrap().text(), users[0]);
    tenant.set_users(vec![r#"{"user_id":"b"}"#.to_owned()]);
    assert_eq!(client.get("/api/v2/users").unwrap().text(), r#"[{"user_id":"b"}]"#);
    assert_eq!(client.get("/api/v2/users/a%7C1").unwrap().status, 404);
}

#[test]
fn dropping_the_tenant_closes_its_connections() {
    let tenant = tenant(5);
    let addr = tenant.addr();
    let mut client = Client::new(&tenant);
    client.get("/api/v2/users").unwrap();
    drop(tenant);
    assert!(client.get("/api/v2/users").is_err());
    assert!(std::net::TcpStream::connect(addr).is_err());
}
