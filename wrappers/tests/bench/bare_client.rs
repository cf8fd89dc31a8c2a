//! The floor: a program that fetches the same pages and parses them into a struct, no more.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::Value;
use wrappers_tests::auth0_tenant::Tenant;

/// A client with its connections, on a thread of its own.
pub(crate) struct BareClient {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    url: String,
    token: String,
}

#[derive(Deserialize)]
struct Page {
    users: Vec<User>,
}

/// The same 21 fields that the table has.
#[derive(Deserialize)]
#[expect(dead_code, reason = "they are there to be parsed")]
struct User {
    user_id: String,
    email: Option<String>,
    email_verified: Option<Value>,
    username: Option<String>,
    phone_number: Option<String>,
    phone_verified: Option<bool>,
    created_at: Option<String>,
    updated_at: Option<String>,
    identities: Option<Value>,
    app_metadata: Option<Value>,
    user_metadata: Option<Value>,
    picture: Option<String>,
    name: Option<String>,
    nickname: Option<String>,
    multifactor: Option<Value>,
    last_ip: Option<String>,
    last_login: Option<String>,
    logins_count: Option<i64>,
    blocked: Option<bool>,
    given_name: Option<String>,
    family_name: Option<String>,
}

impl BareClient {
    pub(crate) fn new(tenant: &Tenant) -> Self {
        // reqwest asks for one even where nothing is encrypted; a second time is refused and no matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            client: reqwest::Client::builder().build().unwrap(),
            url: format!("http://127.0.0.1:{}/api/v2/users", tenant.addr().port()),
            token: tenant.default_token(),
        }
    }

    /// Fetches and parses this many users, so many pages at once.
    pub(crate) fn fetch(&self, users: usize, at_once: usize) -> Duration {
        let started = Instant::now();
        let pages = stream::iter(0..users.div_ceil(100)).map(|page| async move {
            let request = self.client.get(format!("{}?page={page}&per_page=100&include_totals=true", self.url));
            let body = request.bearer_auth(&self.token).send().await?.error_for_status()?.bytes().await?;
            let page: Page = serde_json::from_slice(&body).unwrap();
            Ok::<usize, reqwest::Error>(page.users.len())
        });
        let counted = self
            .runtime
            .block_on(pages.buffered(at_once).try_fold(0, |sum, count| async move { Ok(sum + count) }))
            .unwrap();
        assert_eq!(counted, users);
        started.elapsed()
    }
}
