//! How fast a page loop is: 100,000 users in 1,000 pages over one connection.
//!
//! Run with `cargo test --release --test throughput -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;

use std::time::Instant;

use auth0_tenant::{Tenant, TenantConfig};
use client::Client;

#[test]
#[ignore = "a measurement, for release builds"]
fn a_page_loop() {
    const USERS: usize = 100_000;
    let started = Instant::now();
    let tenant = Tenant::start(TenantConfig { users: USERS, wall: None, ..TenantConfig::default() }).unwrap();
    eprintln!("{USERS} users made in {:?}", started.elapsed());
    let mut client = Client::new(&tenant);
    for query in
        ["", "&fields=user_id,email,created_at", "&sort=created_at:1", "&q=email:user*+AND+logins_count:[0+TO+*]"]
    {
        // The first page of a sort or a search pays for the order.
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
