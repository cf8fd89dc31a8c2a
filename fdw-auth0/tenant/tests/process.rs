//! The binary, and its control endpoints for other processes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use client::Client;
use serde_json::json;

struct Process {
    child: Child,
    addr: SocketAddr,
}

impl Process {
    fn start(arguments: &[&str]) -> Self {
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_auth0-tenant")).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let addr = line.trim().strip_prefix("http://").unwrap().parse().unwrap();
        Self { child, addr }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn binary_prints_its_url_writes_a_private_token_and_ends_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "old").unwrap();
    let file = token_file.to_str().unwrap();
    let mut process = Process::start(&["--users", "7", "--page-cap", "5", "--token-file", file]);
    let mode = std::fs::metadata(&token_file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let token = std::fs::read_to_string(&token_file).unwrap();
    let mut client = Client::connect(process.addr, Some(token.clone()));
    let page = client.json("/api/v2/users?include_totals=true");
    assert_eq!((&page["length"], &page["total"]), (&json!(5), &json!(5)));

    // An open connection must not delay the end of the process.
    let killed = Command::new("kill").arg(process.child.id().to_string()).status().unwrap();
    assert!(killed.success());
    let started = Instant::now();
    let status = loop {
        if let Some(status) = process.child.try_wait().unwrap() {
            break status;
        }
        assert!(started.elapsed() < Duration::from_secs(3), "still running");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(0));
    let mut rest = String::new();
    process.child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn an_unknown_option_is_an_error_with_the_usage() {
    let output = Command::new(env!("CARGO_BIN_EXE_auth0-tenant")).arg("--userz").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("there is no option --userz") && error.contains("--users N"));
}

#[test]
fn other_processes_control_it() {
    let process = Process::start(&["--users", "30"]);
    let mut control = Client::connect(process.addr, None);
    let token = control.json("/_tenant/token?scope=read:users")["access_token"].as_str().unwrap().to_owned();
    let mut client = Client::connect(process.addr, Some(token.clone()));

    let settings = control.call(
        "PUT",
        "/_tenant/settings",
        "",
        r#"{"page_cap":20,"latency_ms":60,"rate_limit":{"burst":3,"per_second":0}}"#,
    );
    assert_eq!(settings.status, 200, "{}", settings.text());
    let started = Instant::now();
    assert_eq!(client.json("/api/v2/users?include_totals=true")["total"], 20);
    assert!(started.elapsed() >= Duration::from_millis(60));
    let fault = r#"{"kind":"truncate_body","times":1,"when":{"query":"page=1"}}"#;
    assert_eq!(control.call("POST", "/_tenant/faults", "", fault).status, 200);
    let status = r#"{"kind":{"status":{"code":502,"body":"bad","content_type":"text/plain"}},"times":1,"when":{"occurrence":{"nth":2}}}"#;
    assert_eq!(control.call("POST", "/_tenant/faults", "", status).status, 200);
    assert_eq!(client.get("/api/v2/users").unwrap().status, 200);
    assert_eq!(client.get("/api/v2/users").unwrap().status, 502);
    assert!(client.get("/api/v2/users?per_page=2&page=1").is_err());
    let settings = control.call(
        "PUT",
        "/_tenant/settings",
        "",
        r#"{"page_cap":null,"page_size_cap":50,"totals":"true","rate_limit":null,"latency_ms":0,"freeze_search":true,"slow_search":9,"exports":{"link_lifetime_s":5},
            "search_lag":{"requests":3},"events":{"cycle_ms":50},
            "endpoint_limits":[{"endpoints":["GET /logs"],"limit":{"burst":1,"per_second":1.5}}]}"#,
    );
    assert_eq!(
        settings.json(),
        json!({
            "page_cap": null,
            "page_size_cap": 50,
            "totals": "true",
            "slow_search": 9,
            "rate_limit": null,
            "endpoint_limits": [{"endpoints": ["GET /logs"], "limit": {"burst": 1, "per_second": 1.5, "retry_after": false}}],
            "exports": {
                "available": true,
                "pending_polls": 1,
                "processing_polls": 1,
                "pending_ms": 0,
                "processing_ms": 0,
                "link_lifetime_s": 5,
                "job_lifetime_s": 86_400
            },
            "latency_ms": 0,
            "compress": false,
            "unstable_ties": true,
            "freeze_search": true,
            "search_lag": {"requests": 3},
            "events": {
                "kept": 10_000,
                "connections": 8,
                "cycle_ms": 50,
                "cycle_events": null,
                "heartbeat_ms": 15_000,
                "retry_ms": 2_000
            },
            "users": 30
        })
    );
    control.call("PUT", "/_tenant/settings", "", r#"{"slow_search":null,"search_lag":null}"#);

    let log = control.json("/_tenant/requests");
    let log = log["requests"].as_array().unwrap();
    let statuses: Vec<_> = log.iter().map(|record| record["status"].clone()).collect();
    assert_eq!(statuses, [json!(200), json!(200), json!(502), json!(200)]);
    assert_eq!(log[0]["authorization"], "valid");
    assert_eq!(log[0]["pairs"], json!([["include_totals", "true"]]));
    control.call("DELETE", "/_tenant/requests", "", "");
    assert_eq!(control.json("/_tenant/requests")["requests"], json!([]));

    assert_eq!(control.call("PUT", "/_tenant/users", "", r#"[{"user_id":"a"}]"#).json(), json!({"users": 1}));
    // The search was frozen before, and a fault ended the first connection.
    let mut client = Client::connect(process.addr, Some(token));
    let total = "/api/v2/users?include_totals=true&q=_exists_:user_id";
    assert_eq!(client.json(total)["total"], 30);
    control.call("PUT", "/_tenant/settings", "", r#"{"freeze_search":false}"#);
    assert_eq!(client.json(total)["total"], 1);
    control.call("PUT", "/_tenant/churn", "", r#"{"every":1,"create":1}"#);
    assert_eq!(client.json(total)["total"], 1);
    assert_eq!(client.json(total)["total"], 2);
    control.call("PUT", "/_tenant/churn", "", "null");
    assert_eq!(
        control.call("PATCH", "/_tenant/users", "", r#"[{"user_id":"a"},{"user_id":"b"}]"#).json(),
        json!({"users": 4})
    );
    assert_eq!(control.call("DELETE", "/_tenant/users", "", r#"["a","x"]"#).json(), json!({"deleted": 1}));
    let presence = control.json("/_tenant/presence");
    assert_eq!(presence["throughout"], json!([]));
    assert_eq!(presence["ever"].as_array().unwrap().len(), 4);
    control.call("PUT", "/_tenant/presence", "", "");
    assert_eq!(control.json("/_tenant/presence")["throughout"].as_array().unwrap().len(), 3);
    assert_eq!(control.call("PUT", "/_tenant/rows", "", r#"{"/roles":3}"#).status, 200);
    assert_eq!(
        control.call("PUT", "/_tenant/collection?path=/clients", "", r#"[{"client_id":"x"}]"#).json(),
        json!({"rows": 1})
    );
    let token =
        control.json("/_tenant/token?scope=read:roles+read:clients")["access_token"].as_str().unwrap().to_owned();
    let mut reader = Client::connect(process.addr, Some(token));
    assert_eq!(reader.json("/api/v2/roles").as_array().unwrap().len(), 3);
    assert_eq!(reader.json("/api/v2/clients"), json!([{"client_id": "x"}]));
    control.call("DELETE", "/_tenant/tokens", "", "");
    assert_eq!(client.get(total).unwrap().status, 401);
    for (method, path, body) in [
        ("PUT", "churn", r#"{"create":1}"#),
        ("DELETE", "users", r#"{"a":1}"#),
        ("PUT", "rows", r#"{"/nothing":1}"#),
        ("PUT", "collection?path=/nothing", "[]"),
        ("PUT", "settings", r#"{"exports":{"links":1}}"#),
        ("PUT", "settings", r#"{"page_caps":1}"#),
        ("PUT", "settings", r#"{"latency_ms":5,"page_cap":-1}"#),
        ("PUT", "settings", r#"{"totals":"some"}"#),
        ("POST", "faults", r#"{"kind":"nonsense"}"#),
    ] {
        let reply = control.call(method, &format!("/_tenant/{path}"), "", body);
        assert_eq!(reply.status, 400, "{body}");
    }
    assert_eq!(control.json("/_tenant/settings")["latency_ms"], 0);
}
