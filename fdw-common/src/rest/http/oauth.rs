//! OAuth2 client credentials (RFC 6749, 4.4): one token for all sessions of a server, fetched by the first session
//! that needs it.
//!
//! The token is in a file that only the server's processes can read. There is one file for each owner of a credential
//! and each set of values that the token depends on, so that no role gets the token of another. A session that finds
//! the token missing or about to expire takes the lease, requests a new token and writes it; the other sessions wait.
//! The lease is a file lock, which is released when its process ends.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response, StatusCode};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use strum::IntoEnumIterator;

use super::authorization::{basic, bearer, sensitive};
use super::counters::Counters;
use super::limits::Limits;
use super::quote::{quote, sentence};
use super::rate_headers::{is_rate_limited, wait_asked};
use super::response::{remove_byte_order_mark, status_error};
use super::retry::{Attempts, Decision, FailedAttempt, Failure};
use super::transport_error::TransportError;
use crate::error::{Error, ErrorKind, Result, repeated};
use crate::json::read_object;
use crate::rest::shared::state::{self, Record, SharedState, digest, now, unusable};
use crate::secret::Secret;
use crate::source::{Api, ClientAuthentication, TokenEndpoint};

/// A client's credentials, and the token endpoint for them.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// The token endpoint, with the audience and scope of the token.
    pub endpoint: TokenEndpoint,
    /// The owner of the credential: two owners share no token, even if all else is equal.
    pub owner: String,
    /// The format of the API's answers.
    pub api: &'static dyn Api,
}

impl ClientCredentials {
    /// A name for the token's file: a hash of all values that the token depends on.
    pub(crate) fn name(&self) -> String {
        let TokenEndpoint { url, audience, scope, client } = &self.endpoint;
        let parts = [
            self.owner.as_str(),
            url.as_str(),
            self.client_id.as_str(),
            audience.as_deref().unwrap_or_default(),
            scope.as_deref().unwrap_or_default(),
            match client {
                ClientAuthentication::Basic => "basic",
                ClientAuthentication::Form => "form",
            },
            self.client_secret.expose(),
        ];
        digest(parts.map(str::as_bytes))
    }
}

/// A token, with the facts from the answer of the token endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    /// Distinguishes it from earlier and later tokens.
    pub id: u64,
    #[serde(serialize_with = "expose", deserialize_with = "conceal")]
    /// The token.
    pub secret: Secret,
    /// The scopes granted.
    pub scopes: Vec<String>,
    /// The time from which a new token is requested, in seconds of the server's clock.
    pub renew_at: f64,
    /// The time at which it expires, in seconds of the server's clock.
    pub expires_at: f64,
}

fn expose<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

fn conceal_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()).map(Secret::from))
}

fn conceal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}

/// The state of one credential's token that sessions share.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct TokenState {
    token: Option<Token>,
    refusal: Option<Refusal>,
}

/// The error of a failed attempt to get a token.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Refusal {
    at: f64,
    kind: String,
    message: String,
    detail: String,
    hint: Option<String>,
}

impl Refusal {
    fn new(error: &Error) -> Self {
        Refusal {
            at: now(),
            kind: <&str>::from(error.kind()).to_owned(),
            message: error.message().to_owned(),
            detail: error.detail().unwrap_or_default().to_owned(),
            hint: error.hint().map(str::to_owned),
        }
    }

    fn error(self) -> Error {
        let kind = ErrorKind::iter().find(|kind| <&str>::from(kind) == self.kind).unwrap_or(ErrorKind::Internal);
        let error = Error::new(kind, self.message).with_detail(self.detail);
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

impl TokenState {
    /// The state after a failed attempt: a token that has not expired is still used, and is renewed a little
    /// later.
    fn refused(mut self, refused: Option<u64>, error: &Error) -> Self {
        let at = now();
        self.token = self.token.take().filter(|token| Some(token.id) != refused && at < token.expires_at);
        if let Some(token) = &mut self.token {
            token.renew_at = at + RENEW_PAUSE;
        }
        TokenState { refusal: Some(Refusal::new(error)), ..self }
    }

    /// The token to send, if it is not the refused one and the time `until` has not passed.
    fn usable(&self, refused: Option<u64>, until: impl Fn(&Token) -> f64) -> Option<&Token> {
        self.token.as_ref().filter(|token| Some(token.id) != refused && now() < until(token))
    }
}

/// The interval between checks for the token that another session is fetching.
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// The lifetime, in seconds, of a token if the answer states no valid one: short, and a 401 ends it in any case.
const UNKNOWN_LIFE: f64 = 300.0;
/// The longest lifetime of a token, in seconds: one year.
const LONGEST_LIFE: f64 = 365.0 * 86_400.0;
/// The most files in the directory: one token and one lease for each credential.
const MOST_RECORDS: usize = 2 * 500;
/// A token is renewed this many seconds before it expires, or a tenth of its lifetime if that is shorter,
const RENEW_BEFORE: f64 = 60.0;
/// but no later than this: its lifetime is stated in whole seconds.
const RENEW_BEFORE_LEAST: f64 = 1.5;
/// The pause, in seconds, after a failed renewal while the token is still valid.
const RENEW_PAUSE: f64 = 10.0;
/// The longest answer of a token endpoint that is read, in bytes.
const LARGEST_ANSWER: usize = 1 << 20;

/// The token of one credential.
#[derive(Debug)]
pub struct Login {
    credentials: ClientCredentials,
    kept: Record<TokenState>,
    lease: LeasePlace,
}

#[derive(Debug)]
enum LeasePlace {
    Local(Arc<tokio::sync::Mutex<()>>),
    Shared { folder: SharedState, path: PathBuf },
}

/// The right to request a token, until it is dropped.
enum Lease {
    Local { _guard: tokio::sync::OwnedMutexGuard<()> },
    Shared { _file: File },
}

/// The parts of a request that its login uses.
#[derive(Clone, Copy)]
pub(crate) struct LoginContext<'a> {
    pub(crate) client: &'a Client,
    pub(crate) limits: &'a Limits,
    pub(crate) counters: &'a Counters,
}

impl Login {
    /// A login with a token that all sessions of the server share in this folder, or that one connection keeps.
    pub fn new(folder: Option<&SharedState>, credentials: ClientCredentials) -> Self {
        let name = format!("token-{}", credentials.name());
        if let Some(folder) = folder {
            folder.make_room("token-", &name, MOST_RECORDS - 2);
        }
        let lease = match folder {
            Some(folder) => LeasePlace::Shared { folder: folder.clone(), path: folder.join(&format!("{name}.lease")) },
            None => LeasePlace::Local(Arc::default()),
        };
        Login { kept: Record::new(folder, &name), lease, credentials }
    }

    /// The token, fetched if there is none or if it is the refused one.
    ///
    /// # Errors
    /// The error of the token endpoint, for all sessions that wait for the token; `Broken` if another session has been
    /// fetching it for longer than the option `retry_timeout`.
    pub(crate) async fn token(&self, refused: Option<u64>, context: LoginContext<'_>) -> Result<Token> {
        let asked = now();
        loop {
            let kept = self.kept.get();
            if let Some(token) = kept.usable(refused, |token| token.renew_at) {
                return Ok(token.clone());
            }
            if let Some(refusal) = kept.refusal.clone().filter(|refusal| refusal.at > asked) {
                return Err(refusal.error());
            }
            if let Some(_lease) = self.try_lease()? {
                // Another session may have fetched it in the meantime.
                let kept = self.kept.get();
                if let Some(token) = kept.usable(refused, |token| token.renew_at) {
                    return Ok(token.clone());
                }
                let fetched = self.fetch(context).await;
                let result = match &fetched {
                    Ok(token) => TokenState { token: Some(token.clone()), refusal: None },
                    Err(error) => kept.refused(refused, error),
                };
                self.kept.update(|kept| *kept = result.clone()).await?;
                return match result.token {
                    Some(token) => Ok(token),
                    None => fetched,
                };
            }
            // While another session renews it, it is still valid.
            if let Some(token) = kept.usable(refused, |token| token.expires_at) {
                return Ok(token.clone());
            }
            let allowed = context.limits.retry.retry_timeout.as_secs_f64();
            if now() - asked > allowed {
                return Err(self
                    .error(ErrorKind::Broken, "timed out waiting for another session to fetch the token")
                    .with_detail(format!("The option retry_timeout allows {allowed:.1} s.")));
            }
            tokio::time::sleep(POLL_INTERVAL.mul_f64(0.5 + fastrand::f64())).await;
        }
    }

    fn try_lease(&self) -> Result<Option<Lease>> {
        match &self.lease {
            LeasePlace::Local(mutex) => {
                Ok(Arc::clone(mutex).try_lock_owned().ok().map(|guard| Lease::Local { _guard: guard }))
            }
            LeasePlace::Shared { folder, path } => {
                let file = state::open(folder, path).map_err(|error| unusable(&error))?;
                match file.try_lock() {
                    Ok(()) => Ok(Some(Lease::Shared { _file: file })),
                    Err(TryLockError::WouldBlock) => Ok(None),
                    Err(TryLockError::Error(error)) => Err(unusable(&error)),
                }
            }
        }
    }

    #[cold]
    fn error(&self, kind: ErrorKind, what: &str) -> Error {
        let title = self.credentials.api.title();
        Error::new(kind, format!("could not log in to {title} as client {}: {what}", self.client()))
    }

    /// The client's id for messages. It is cut if it is longer than ids are, since the user may have swapped it with
    /// the secret.
    fn client(&self) -> String {
        const LONGEST_NAME: usize = 40;
        repeated(&self.credentials.client_id, '"', LONGEST_NAME)
    }

    /// Requests a token, with the retry policy of all requests.
    async fn fetch(&self, context: LoginContext<'_>) -> Result<Token> {
        let LoginContext { limits, counters, .. } = context;
        let mut attempts = Attempts::new(&limits.retry);
        loop {
            counters.counts.logins.fetch_add(1, Ordering::Relaxed);
            attempts.start(Instant::now());
            let asked = now();
            let attempted = tokio::time::timeout(limits.request_timeout, self.attempt(context, asked)).await;
            let failed = match attempted {
                Ok(Ok(token)) => {
                    let (client, seconds) = (self.client(), (token.expires_at - asked).round());
                    tracing::info!(%client, seconds, "logged in to {}", self.credentials.api.title());
                    return Ok(token);
                }
                Ok(Err(failed)) => failed,
                Err(_) => {
                    let allowed = limits.request_timeout.as_millis();
                    let error = self.error(ErrorKind::Broken, "timed out");
                    let detail = format!("The option request_timeout allows {allowed} ms.");
                    FailedAttempt::new(Failure::Timeout, error.with_detail(detail))
                }
            };
            let error = failed.error;
            let decision = attempts.decide(failed.failure, failed.fingerprint);
            let Decision::Retry(pause) = decision else {
                let said = error.detail().map(|detail| format!("{detail} – ")).unwrap_or_default();
                let path = self.credentials.endpoint.url.path();
                return Err(error.with_detail(format!("{said}POST {path}{}", attempts.summary(decision))));
            };
            tracing::warn!(pause_ms = pause.as_millis(), "{}; repeating it", error.message());
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(&self, context: LoginContext<'_>, asked: f64) -> Result<Token, FailedAttempt> {
        let (form, authorization) = self.request().map_err(|error| FailedAttempt::new(Failure::Lasting, error))?;
        let mut request = context.client.post(self.credentials.endpoint.url.clone());
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(form)
            .send()
            .await
            .map_err(|error| self.no_answer(&error, context.limits))?;
        let (status, wait) = (response.status(), wait_asked(response.headers(), SystemTime::now()));
        let is_limited = is_rate_limited(status, response.headers());
        let body = self.body(response, context.limits).await?;
        if status == StatusCode::OK {
            self.read(&body, asked)
        } else {
            Err(self.refused(status, is_limited, wait, &body))
        }
    }

    /// The form and the `Authorization` header of a token request.
    fn request(&self) -> Result<(String, Option<HeaderValue>)> {
        let ClientCredentials { endpoint, client_id, client_secret, .. } = &self.credentials;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        let authorization = match endpoint.client {
            ClientAuthentication::Form => {
                form.append_pair("client_id", client_id).append_pair("client_secret", client_secret.expose());
                None
            }
            ClientAuthentication::Basic => {
                // Both are form-encoded before they are joined (RFC 6749, 2.3.1).
                let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let pair = basic(&encode(client_id), &Secret::from(encode(client_secret.expose())))?;
                Some(sensitive(&format!("Basic {}", pair.expose()))?)
            }
        };
        for (name, value) in [("audience", &endpoint.audience), ("scope", &endpoint.scope)] {
            if let Some(value) = value {
                form.append_pair(name, value);
            }
        }
        Ok((form.finish(), authorization))
    }

    async fn body(&self, mut response: Response, limits: &Limits) -> Result<Zeroizing<Vec<u8>>, FailedAttempt> {
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|error| self.no_answer(&error, limits))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                let error = self.error(ErrorKind::TooLarge, "the answer has more than 1 MB");
                return Err(FailedAttempt::new(Failure::Lasting, error));
            }
            body.extend_from_slice(&chunk);
        }
        remove_byte_order_mark(&mut body);
        Ok(body)
    }

    /// Reads the answer of a token endpoint to a request sent at `asked`, in seconds of the server's clock.
    ///
    /// # Errors
    /// A failed attempt for an answer without a valid token.
    pub fn read(&self, body: &[u8], asked: f64) -> Result<Token, FailedAttempt> {
        /// The answer of RFC 6749, 5.1, in the variants that endpoints use.
        #[derive(Deserialize)]
        struct Granted {
            #[serde(default, deserialize_with = "conceal_if_any")]
            access_token: Option<Secret>,
            #[serde(default)]
            expires_in: Value,
            #[serde(default)]
            scope: Value,
            token_type: Option<String>,
            #[serde(default)]
            error: Value,
        }
        let failed = |kind, what: &str| FailedAttempt::new(Failure::Lasting, self.error(kind, what));
        let protocol = |what: &str| failed(ErrorKind::Protocol, what);
        // The parser's error could quote the token.
        let granted: Granted =
            read_object(body).ok_or_else(|| protocol("the answer is not that of a token endpoint"))?;
        let Some(token) = granted.access_token else {
            if matches!(granted.error, Value::Null | Value::Bool(false)) {
                return Err(protocol("the answer has no access_token"));
            }
            let FailedAttempt { failure, error, .. } = failed(ErrorKind::Unauthenticated, "the token is refused");
            return Err(FailedAttempt::new(failure, self.with_api_message(error, body, StatusCode::BAD_REQUEST)));
        };
        if granted.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(protocol("the token is no bearer token"));
        }
        bearer(&token).map_err(|_| protocol("the token cannot be sent"))?;
        let life = seconds(&granted.expires_in).map_or(UNKNOWN_LIFE, |life| life.min(LONGEST_LIFE));
        Ok(Token {
            id: fastrand::u64(..),
            secret: token,
            scopes: words(&granted.scope),
            renew_at: asked + life - RENEW_BEFORE.min(life / 10.0).max(RENEW_BEFORE_LEAST).min(life / 2.0),
            expires_at: asked + life,
        })
    }

    /// The error for an answer of a token endpoint with an error status.
    pub fn refused(
        &self,
        status: StatusCode,
        is_rate_limited: bool,
        wait: Option<Duration>,
        body: &[u8],
    ) -> FailedAttempt {
        let code = status.as_u16();
        let kind = match code {
            _ if is_rate_limited => ErrorKind::RateLimited,
            400 | 401 => ErrorKind::Unauthenticated,
            _ => status_error(status).0,
        };
        let reason = status.canonical_reason().unwrap_or("unknown status");
        let title = self.credentials.api.title();
        let error = self.with_api_message(self.error(kind, &format!("{title} answered {code} {reason}")), body, status);
        let failure = match is_rate_limited {
            true => Failure::RateLimited { wait },
            false => Failure::Status { code, wait },
        };
        let failed = FailedAttempt::new(failure, error);
        if code == 500 { failed.with_fingerprint(body) } else { failed }
    }

    /// Adds the API's message, and a hint for the status.
    fn with_api_message(&self, mut error: Error, body: &[u8], status: StatusCode) -> Error {
        let ClientCredentials { api, client_secret, .. } = &self.credentials;
        if let Some(said) = api.error_message(body) {
            error = error.with_detail(format!("{} says: {}", sentence(api.title()), quote(&said, [client_secret])));
        }
        match api.login_hint(status.as_u16()) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    fn no_answer(&self, error: &reqwest::Error, limits: &Limits) -> FailedAttempt {
        let ClientCredentials { endpoint, client_secret, .. } = &self.credentials;
        let why = TransportError::new(error, limits);
        let address = endpoint.url.origin().ascii_serialization();
        let error = why.explain(self.error(why.kind, why.what), &address, &quote(&why.cause, [client_secret]));
        let failed = FailedAttempt::new(why.failure, error);
        if why.failure == Failure::Undecodable { failed.with_fingerprint(why.cause.as_bytes()) } else { failed }
    }
}

/// A number of seconds above 0, from a number or a text.
fn seconds(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|seconds| *seconds > 0.0)
}

/// The scopes, from one text or an array of texts.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        Value::Array(list) => list.iter().flat_map(words).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::THINGS;
    use url::Url;

    fn endpoint() -> TokenEndpoint {
        TokenEndpoint {
            url: Url::parse("https://t.example/oauth/token").unwrap(),
            audience: Some("https://t.example/api/".to_owned()),
            scope: None,
            client: ClientAuthentication::Form,
        }
    }

    fn credentials() -> ClientCredentials {
        ClientCredentials {
            client_id: "client".to_owned(),
            client_secret: Secret::from("secret-4711".to_owned()),
            endpoint: endpoint(),
            owner: "1/2/3".to_owned(),
            api: &THINGS,
        }
    }

    #[test]
    fn tokens_are_shared_only_if_all_they_depend_on_is_equal() {
        let name = credentials().name();
        assert_eq!(name, credentials().name());
        let of = |endpoint| ClientCredentials { endpoint, ..credentials() };
        let others = [
            ClientCredentials { client_id: "other".to_owned(), ..credentials() },
            ClientCredentials { client_secret: Secret::from("other".to_owned()), ..credentials() },
            of(TokenEndpoint { url: Url::parse("https://u.example/oauth/token").unwrap(), ..endpoint() }),
            of(TokenEndpoint { audience: Some("other".to_owned()), ..endpoint() }),
            of(TokenEndpoint { scope: Some("read".to_owned()), ..endpoint() }),
            of(TokenEndpoint { client: ClientAuthentication::Basic, ..endpoint() }),
            ClientCredentials { owner: "1/2/4".to_owned(), ..credentials() },
        ];
        for other in others {
            assert_ne!(other.name(), name, "{other:?}");
        }
    }

    #[test]
    fn credentials_are_sent_in_the_form_or_in_a_header() {
        let form = Login::new(None, credentials()).request().unwrap();
        assert_eq!(
            form.0,
            "grant_type=client_credentials&client_id=client&client_secret=secret-4711&audience=https%3A%2F%2Ft.example%2Fapi%2F"
        );
        assert!(form.1.is_none());
        let endpoint = TokenEndpoint {
            audience: None,
            scope: Some("read write".to_owned()),
            client: ClientAuthentication::Basic,
            ..endpoint()
        };
        let secret = Secret::from("s:1 2".to_owned());
        let login = Login::new(None, ClientCredentials { endpoint, client_secret: secret, ..credentials() });
        let (form, header) = login.request().unwrap();
        assert_eq!(form, "grant_type=client_credentials&scope=read+write");
        // client:s%3A1+2
        assert_eq!(header.unwrap().to_str().unwrap(), "Basic Y2xpZW50OnMlM0ExKzI=");
    }

    #[test]
    fn read_takes_a_valid_token_and_refuses_other_answers() {
        let login = Login::new(None, credentials());
        let (token, granted) = ("access_token", "e30.e30.sig");
        let good =
            format!(r#"{{"{token}":"{granted}","expires_in":1000,"scope":"read:a read:b","token_type":"bearer"}}"#);
        let read = login.read(good.as_bytes(), 100.0).unwrap();
        assert_eq!((read.scopes.len(), read.renew_at, read.expires_at), (2, 1040.0, 1100.0));
        let short = login.read(format!(r#"{{"{token}":"t","expires_in":10}}"#).as_bytes(), 100.0).unwrap();
        assert_eq!((short.renew_at, short.expires_at), (108.5, 110.0));
        let unknown = login.read(format!(r#"{{"{token}":"t"}}"#).as_bytes(), 100.0).unwrap();
        assert_eq!(unknown.expires_at, 400.0);
        for bad in [
            "<html>".to_owned(),
            "{}".to_owned(),
            format!(r#"{{"{token}":""}}"#),
            format!(r#"{{"{token}":"with space-4711"}}"#),
            format!(r#"{{"{token}":"t","token_type":"mac"}}"#),
            format!(r#"{{"{token}":["4711"]}}"#),
        ] {
            let FailedAttempt { failure, error, .. } = login.read(bad.as_bytes(), 100.0).unwrap_err();
            assert_eq!((failure, error.kind()), (Failure::Lasting, ErrorKind::Protocol), "{bad}");
            assert!(!error.to_string().contains("4711"), "{error}");
        }
    }

    #[test]
    fn lifetime_and_scopes_are_read_in_every_format() {
        let login = Login::new(None, credentials());
        let read = |member: &str| login.read(format!(r#"{{"access_token":"t",{member}}}"#).as_bytes(), 100.0).unwrap();
        let lives = [
            (r#""expires_in":"3600""#, 3600.0),
            (r#""expires_in":"3599.5""#, 3599.5),
            (r#""expires_in":60.5"#, 60.5),
            (r#""expires_in":null"#, UNKNOWN_LIFE),
            (r#""expires_in":0"#, UNKNOWN_LIFE),
            (r#""expires_in":-5"#, UNKNOWN_LIFE),
            (r#""expires_in":"soon""#, UNKNOWN_LIFE),
            (r#""expires_in":"NaN""#, UNKNOWN_LIFE),
            (r#""expires_in":{}"#, UNKNOWN_LIFE),
            (r#""expires_in":1000000000000000000"#, LONGEST_LIFE),
            (r#""expires_in":"1e400""#, LONGEST_LIFE),
            (r#""token_type":null"#, UNKNOWN_LIFE),
        ];
        for (member, life) in lives {
            assert_eq!(read(member).expires_at, 100.0 + life, "{member}");
        }
        for (member, scopes) in [
            (r#""scope":"read:a read:b""#, &["read:a", "read:b"][..]),
            (r#""scope":["read:a","read:b"]"#, &["read:a", "read:b"]),
            (r#""scope":["read:a read:b",7]"#, &["read:a", "read:b"]),
            (r#""scope":null"#, &[]),
            (r#""scope":7"#, &[]),
        ] {
            assert_eq!(read(member).scopes, scopes, "{member}");
        }
    }

    #[test]
    fn an_error_in_a_200_is_a_refusal_with_its_message() {
        let login = Login::new(None, credentials());
        let token = "access_token";
        let refused = format!(r#"{{"error":"invalid_scope","message":"no such scope","{token}":null}}"#);
        let FailedAttempt { failure, error, .. } = login.read(refused.as_bytes(), 100.0).unwrap_err();
        assert_eq!((failure, error.kind()), (Failure::Lasting, ErrorKind::Unauthenticated));
        assert_eq!(error.detail(), Some("Things says: no such scope"));
        // An `error` that is null is no error.
        assert!(login.read(format!(r#"{{"error":null,"{token}":"t"}}"#).as_bytes(), 100.0).is_ok());
    }

    #[test]
    fn a_refusal_is_the_same_error_for_all_sessions() {
        let error = Error::new(ErrorKind::Denied, "m").with_detail("d").with_hint("h");
        assert_eq!(Refusal::new(&error).error(), error);
    }

    #[test]
    fn no_secret_is_in_debug_texts_and_the_token_is_in_the_record() {
        let login = Login::new(None, credentials());
        let token = login.read(br#"{"access_token":"token-4711"}"#, 100.0).unwrap();
        let kept = TokenState { token: Some(token), refusal: None };
        let written = serde_json::to_string(&kept).unwrap();
        assert!(written.contains("token-4711"));
        let read: TokenState = serde_json::from_str(&written).unwrap();
        assert_eq!(read.token.as_ref().unwrap().secret.expose(), "token-4711");
        login.kept.try_update(|stored| *stored = read).unwrap();
        for text in [format!("{login:?}"), format!("{kept:?}")] {
            assert!(!text.contains("4711"), "{text}");
        }
    }
}
