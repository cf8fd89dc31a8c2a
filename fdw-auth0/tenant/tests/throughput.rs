//! Measures the speed of a page loop (100,000 users in 1,000 pages over one connection), of windows of a search and of
//! an export, and the memory of the export.
//!
//! Run with `cargo test --release --test throughput -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::time::{Duration, Instant};

use auth0_tenant::{Tenant, TenantConfig};
use client::Client;

/// Measures windows of about 500 users, each a search of its own, with three kinds of query.
#[test]
#[ignore = "a measurement, for release builds"]
fn time_of_windows() {
    for users in [25_000, 100_000] {
        let tenant = Tenant::start(TenantConfig { users, ..TenantConfig::default() }).unwrap();
        let mut client = Client::new(&tenant);
        client.get("/api/v2/users?per_page=1&q=created_at:2020-01-01").unwrap();
        let created = |index| {
            let user: serde_json::Value = serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap();
            user["created_at"].as_str().unwrap().to_owned()
        };
        let mut times: Vec<String> = (0..users).map(created).collect();
        times.sort();
        let bounds: Vec<_> = times.into_iter().step_by(500).collect();
        let count = bounds.len() - 1;
        for more in ["", "+AND+email:user*", "+AND+NOT+blocked:true&sort=created_at:1"] {
            let mut slowest = Duration::ZERO;
            let started = Instant::now();
            for ends in bounds.windows(2) {
                let (first, last) = (&ends[0], &ends[1]);
                let target = format!(
                    "/api/v2/users?per_page=100&include_totals=true&q=created_at:%5B%22{first}%22+TO+%22{last}%22%7D{more}"
                );
                let one = Instant::now();
                let reply = client.get(&target).unwrap();
                slowest = slowest.max(one.elapsed());
                assert_eq!(reply.status, 200, "{}", reply.text());
            }
            let mean = started.elapsed().as_secs_f64() * 1e3 / count as f64;
            eprintln!("{users} users, {count} windows{more:45} {mean:.2} ms each, {slowest:.1?} the slowest");
        }
    }
}

/// Measures lists below others, and logs from an entry on.
#[test]
#[ignore = "a measurement, for release builds"]
fn time_of_other_lists() {
    let tenant = Tenant::start(TenantConfig { users: 25_000, ..TenantConfig::default() }).unwrap();
    tenant.set_rows("/organizations", 2_500);
    tenant.set_rows("/organizations/{id}/members", 500);
    tenant.set_rows("/logs", 100_000);
    let mut client = Client::connect(tenant.addr(), Some(tenant.full_token()));
    let mut measure = |name: &str, targets: &[String]| {
        let (mut slowest, started) = (Duration::ZERO, Instant::now());
        for target in targets {
            let one = Instant::now();
            let reply = client.get(target).unwrap();
            slowest = slowest.max(one.elapsed());
            assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        }
        let mean = started.elapsed().as_secs_f64() * 1e3 / targets.len() as f64;
        eprintln!("{name:30} {mean:.2} ms each, {slowest:.1?} the slowest");
    };
    let ids: Vec<String> = {
        let mut client = Client::connect(tenant.addr(), Some(tenant.full_token()));
        let page = client.json("/api/v2/organizations?per_page=100");
        page.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let users: Vec<String> = (0..100)
        .map(|index| {
            let user: serde_json::Value = serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap();
            user["user_id"].as_str().unwrap().bytes().map(|byte| format!("%{byte:02X}")).collect()
        })
        .collect();
    let of = |template: &str, ids: &[String]| ids.iter().map(|id| template.replace("{}", id)).collect::<Vec<_>>();
    measure("organizations by id", &of("/api/v2/organizations/{}", &ids));
    measure("members", &of("/api/v2/organizations/{}/members?take=100", &ids));
    measure("members with roles", &of("/api/v2/organizations/{}/members?take=100&fields=user_id,roles", &ids));
    measure("roles of users", &of("/api/v2/users/{}/roles", &users));
    measure("organizations of users", &of("/api/v2/users/{}/organizations", &users));
    measure("sessions of users", &of("/api/v2/users/{}/sessions", &users));
    let logs: Vec<String> = (0..100).map(|page| format!("/api/v2/logs?per_page=10&page={page}")).collect();
    measure("logs", &logs);
    let from: Vec<String> = (0..100).map(|n| format!("/api/v2/logs?from=90020260{}&take=100", 101 + n)).collect();
    measure("logs from a log", &from);
}

/// Measures an export of a million users, read as it arrives.
#[test]
#[ignore = "a measurement, for release builds"]
fn time_and_memory_of_an_export() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1_024.0
    };
    let exports = auth0_tenant::Exports { pending_polls: 0, processing_polls: 0, ..Default::default() };
    let tenant = Tenant::start(TenantConfig { users: 1_000_000, exports, ..TenantConfig::default() }).unwrap();
    let before = resident();
    let mut client = Client::new(&tenant);
    let body = r#"{"fields":[{"name":"user_id"},{"name":"email"},{"name":"created_at"},{"name":"app_metadata"}]}"#;
    let job = client.call("POST", "/api/v2/jobs/users-exports", "", body).json();
    let job = client.json(&format!("/api/v2/jobs/{}", job["id"].as_str().unwrap()));
    let (_, file) = job["location"].as_str().unwrap().split_once("/exports/").unwrap();
    let storage = tenant.storage_url();
    let mut download = Client::connect(storage.strip_prefix("http://").unwrap().parse().unwrap(), None);
    let started = Instant::now();
    download.send("GET", &format!("/exports/{file}"), "", "").unwrap();
    download.receive_head().unwrap();
    let mut bytes = 0;
    while let Some(chunk) = download.receive_chunk().unwrap() {
        bytes += chunk.len();
    }
    eprintln!(
        "a million users: {:.1} MB in {:.1?}; peak memory {before:.0} MB before, {:.0} MB after",
        bytes as f64 / 1e6,
        started.elapsed(),
        resident()
    );
}

#[test]
#[ignore = "a measurement, for release builds"]
fn time_of_a_page_loop() {
    const USERS: usize = 100_000;
    let started = Instant::now();
    let tenant = Tenant::start(TenantConfig { users: USERS, page_cap: None, ..TenantConfig::default() }).unwrap();
    eprintln!("{USERS} users made in {:?}", started.elapsed());
    let mut client = Client::new(&tenant);
    for query in
        ["", "&fields=user_id,email,created_at", "&sort=created_at:1", "&q=email:user*+AND+logins_count:[0+TO+*]"]
    {
        // The first page of a sort or a search includes the time to compute the order.
        let first = Instant::now();
        client.get(&format!("/api/v2/users?page=0{query}")).unwrap();
        let first = first.elapsed();
        let started = Instant::now();
        let mut bytes = 0;
        for page in 0..USERS / 100 {
            let target = format!("/api/v2/users?page={page}&per_page=100&include_totals=true{query}");
            bytes += client.get(&target).unwrap().body.len();
        }
        let took = started.elapsed();
        eprintln!(
            "{:35} first {first:9.1?}  {:6.1} µs a page  {:7.1} MB/s",
            format!("users?{query}"),
            took.as_secs_f64() * 1e6 / 1_000.0,
            bytes as f64 / took.as_secs_f64() / 1e6
        );
    }
}
