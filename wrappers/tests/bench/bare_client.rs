//! The lower bound: a program that only fetches the same pages and parses them into a struct.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::write::GzDecoder;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use wrappers_tests::auth0_tenant::Tenant;

/// A client with its connections, on its own thread.
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

/// The fields of an export.
#[derive(Deserialize)]
#[expect(dead_code, reason = "they are there to be parsed")]
struct Exported {
    user_id: String,
    created_at: String,
    email: Option<String>,
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

/// Parses the complete lines and removes them.
fn parse_lines(text: &mut Vec<u8>) -> usize {
    let Some(end) = text.iter().rposition(|byte| *byte == b'\n') else { return 0 };
    let rest = text.split_off(end + 1);
    let lines = std::mem::replace(text, rest);
    let mut count = 0;
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let _: Exported = serde_json::from_slice(line).unwrap();
        count += 1;
    }
    count
}

impl BareClient {
    pub(crate) fn new(tenant: &Tenant) -> Self {
        // reqwest needs a provider even without TLS; installing a second one fails, which does not matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            client: reqwest::Client::builder().build().unwrap(),
            url: format!("http://127.0.0.1:{}/api/v2/users", tenant.addr().port()),
            token: tenant.default_token(),
        }
    }

    /// Exports users, and downloads, unpacks and parses the file as it arrives.
    pub(crate) fn export(&self, users: usize) -> Duration {
        let started = Instant::now();
        let count = self.runtime.block_on(self.exported()).unwrap();
        assert_eq!(count, users);
        started.elapsed()
    }

    async fn exported(&self) -> Result<usize, reqwest::Error> {
        let jobs = self.url.replace("/users", "/jobs");
        let fields = ["user_id", "created_at", "email"].map(|name| json!({ "name": name }));
        let asked = json!({ "format": "json", "fields": fields }).to_string();
        let request = self.client.post(format!("{jobs}/users-exports")).header("content-type", "application/json");
        let made = request.bearer_auth(&self.token).body(asked).send().await?.bytes().await?;
        let mut job: Value = serde_json::from_slice(&made).unwrap();
        while job["location"].is_null() {
            let request = self.client.get(format!("{jobs}/{}", job["id"].as_str().unwrap()));
            let body = request.bearer_auth(&self.token).send().await?.bytes().await?;
            job = serde_json::from_slice(&body).unwrap();
        }
        let mut file = self.client.get(job["location"].as_str().unwrap()).send().await?.error_for_status()?;
        let (mut decoder, mut count) = (GzDecoder::new(Vec::new()), 0);
        while let Some(chunk) = file.chunk().await? {
            decoder.write_all(&chunk).unwrap();
            count += parse_lines(decoder.get_mut());
        }
        decoder.try_finish().unwrap();
        count += parse_lines(decoder.get_mut());
        Ok(count)
    }

    /// Looks a user up for some time, `at_once` requests at a time; returns how often.
    pub(crate) fn look_up(&self, id: &str, at_once: usize, time: Duration) -> u64 {
        let started = Instant::now();
        let mut url = reqwest::Url::parse(&self.url).unwrap();
        url.path_segments_mut().unwrap().push(id);
        let one_by_one = |_| async {
            let mut count = 0;
            while started.elapsed() < time {
                let request = self.client.get(url.clone()).bearer_auth(&self.token);
                let body = request.send().await?.error_for_status()?.bytes().await?;
                let _: User = serde_json::from_slice(&body).unwrap();
                count += 1;
            }
            Ok::<u64, reqwest::Error>(count)
        };
        let all = futures_util::future::try_join_all((0..at_once).map(one_by_one));
        self.runtime.block_on(all).unwrap().into_iter().sum()
    }

    /// Fetches and parses this many users, `at_once` pages concurrently.
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
