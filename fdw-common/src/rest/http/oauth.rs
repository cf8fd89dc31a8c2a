//! OAuth2 client credentials (RFC 6749, 4.4): one token for the whole cluster, fetched by whoever needs it
//! first.
//!
//! The token stands in a file that only the server's processes can read, one for each owner of a
//! credential and each thing it depends on, so that no role gets the token of another. Whoever finds it
//! missing or at its end takes the lease, asks for a new one and leaves it there; the others wait for
//! that. The lease is a lock, which ends with its process.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response, StatusCode};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strum::IntoEnumIterator;

use super::rate_headers::wait_asked;
use super::request::{Counters, Limits, basic, bearer, quote, sensitive, sentence};
use super::retry::{Decision, Failure};
use super::transport_error::NoAnswer;
use crate::error::{Error, ErrorKind, Result, repeated};
use crate::json::read_object;
use crate::rest::shared::state::{self, Record, SharedState, digest, now, unusable};
use crate::secret::Secret;
use crate::source::{ClientAuthentication, TokenEndpoint};

/// How a client proves itself, and to whom.
#[derive(Debug, Clone)]
pub(crate) struct ClientCredentials {
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    /// Where tokens are given, and what they are for.
    pub(crate) endpoint: TokenEndpoint,
    /// Whose credential it is: two owners share no token, be everything else the same.
    pub(crate) owner: String,
    pub(crate) title: &'static str,
    pub(crate) error_message: fn(&[u8]) -> Option<String>,
    pub(crate) hint: fn(u16) -> Option<String>,
}

impl ClientCredentials {
    /// A name for the token that changes with everything it depends on.
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

/// A token and what was said of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    /// Tells it from the tokens before and after it.
    pub(crate) id: u64,
    #[serde(serialize_with = "expose", deserialize_with = "conceal")]
    pub(crate) secret: Secret,
    /// The scopes granted.
    pub(crate) scopes: Vec<String>,
    /// From then on a new one is asked for.
    pub(crate) renew_at: f64,
    pub(crate) expires_at: f64,
}

fn expose<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

fn conceal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}

/// What the sessions know of one credential's token.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Kept {
    token: Option<Token>,
    refusal: Option<Refusal>,
}

/// The last attempt, if it failed.
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

impl Kept {
    /// What is known after an attempt has failed: a token that has not ended yet is still good, and is
    /// renewed a little later.
    fn refused(mut self, refused: Option<u64>, error: &Error) -> Self {
        let at = now();
        self.token = self.token.take().filter(|token| Some(token.id) != refused && at < token.expires_at);
        if let Some(token) = &mut self.token {
            token.renew_at = at + RENEW_PAUSE;
        }
        Kept { refusal: Some(Refusal::new(error)), ..self }
    }

    /// The token to send, unless it is the one that was refused.
    fn usable(&self, refused: Option<u64>, until: impl Fn(&Token) -> f64) -> Option<&Token> {
        self.token.as_ref().filter(|token| Some(token.id) != refused && now() < until(token))
    }
}

/// The pause between two looks for the token that another session is fetching.
const LOOK_PAUSE: Duration = Duration::from_millis(10);
/// The life of a token whose answer does not tell it: short, and a 401 ends it in any case.
const UNKNOWN_LIFE: f64 = 300.0;
/// A token is renewed so long before its end, or a tenth of its life if that is shorter,
const RENEW_BEFORE: f64 = 60.0;
/// but no later than this: its end is stated in whole seconds.
const RENEW_BEFORE_LEAST: f64 = 1.5;
/// The pause after a renewal that failed while the token is still good.
const RENEW_PAUSE: f64 = 10.0;
/// The longest answer of a token endpoint that is read.
const LARGEST_ANSWER: usize = 1 << 20;

/// The token of one credential.
#[derive(Debug)]
pub(crate) struct Login {
    credentials: ClientCredentials,
    kept: Record<Kept>,
    lease: LeasePlace,
}

#[derive(Debug)]
enum LeasePlace {
    Local(Arc<tokio::sync::Mutex<()>>),
    Shared { folder: SharedState, path: PathBuf },
}

/// The right to ask for a token, until it is dropped.
enum Lease {
    Local { _guard: tokio::sync::OwnedMutexGuard<()> },
    Shared { _file: File },
}

/// What a login needs of the request it is for.
#[derive(Clone, Copy)]
pub(crate) struct LoginContext<'a> {
    pub(crate) client: &'a Client,
    pub(crate) limits: &'a Limits,
    pub(crate) counters: &'a Counters,
}

impl Login {
    pub(crate) fn new(folder: Option<&SharedState>, credentials: ClientCredentials) -> Self {
        let name = format!("token-{}", credentials.name());
        let lease = match folder {
            Some(folder) => LeasePlace::Shared { folder: folder.clone(), path: folder.join(&format!("{name}.lease")) },
            None => LeasePlace::Local(Arc::default()),
        };
        Login { kept: Record::new(folder, &name), lease, credentials }
    }

    /// The token, fetched if there is none or only the one that was refused.
    ///
    /// # Errors
    /// What the token endpoint says, to all who wait for it; `Broken` when another session has been at it for
    /// longer than a request may be repeated.
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
                // Another one may have been there since we looked.
                let kept = self.kept.get();
                if let Some(token) = kept.usable(refused, |token| token.renew_at) {
                    return Ok(token.clone());
                }
                let fetched = self.fetch(context).await;
                let result = match &fetched {
                    Ok(token) => Kept { token: Some(token.clone()), refusal: None },
                    Err(error) => kept.refused(refused, error),
                };
                self.kept.update(|kept| *kept = result.clone()).await?;
                return match result.token {
                    Some(token) => Ok(token),
                    None => fetched,
                };
            }
            // While it is renewed, it is still good.
            if let Some(token) = kept.usable(refused, |token| token.expires_at) {
                return Ok(token.clone());
            }
            if now() - asked > context.limits.retry.budget.as_secs_f64() {
                let allowed = context.limits.retry.budget.as_secs_f64();
                return Err(self
                    .error(ErrorKind::Broken, "another session does not come to an end with it")
                    .with_detail(format!("The option retry_timeout allows {allowed:.1} s.")));
            }
            tokio::time::sleep(LOOK_PAUSE.mul_f64(0.5 + fastrand::f64())).await;
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
        let title = self.credentials.title;
        Error::new(kind, format!("could not log in to {title} as client {}: {what}", self.client()))
    }

    /// The client's name for messages: not what is longer than names are, since it may have changed places with
    /// the secret.
    fn client(&self) -> String {
        const LONGEST_NAME: usize = 40;
        repeated(&self.credentials.client_id, '"', LONGEST_NAME)
    }

    /// Asks for a token, and again as the policy of all requests says.
    async fn fetch(&self, context: LoginContext<'_>) -> Result<Token> {
        let LoginContext { limits, counters, .. } = context;
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            counters.counts.logins.fetch_add(1, Ordering::Relaxed);
            let asked = now();
            let attempted = tokio::time::timeout(limits.request_timeout, self.attempt(context, asked)).await;
            let (failure, error) = match attempted {
                Ok(Ok(token)) => {
                    let title = self.credentials.title;
                    let life = token.expires_at - asked;
                    counters.note(|| format!("{title} gave client {} a token for {life:.0} s", self.client()));
                    return Ok(token);
                }
                Ok(Err(ended)) => ended,
                Err(_) => {
                    let allowed = limits.request_timeout.as_millis();
                    let error = self.error(ErrorKind::Broken, "no complete answer in time");
                    let detail = format!("The option request_timeout allows {allowed} ms.");
                    (Failure::Timeout, error.with_detail(detail))
                }
            };
            let decision = limits.retry.decide(attempt, started.elapsed(), failure, fastrand::f64());
            match decision {
                Decision::Retry(pause) => {
                    counters.note(|| format!("{}; repeating it in {} ms", error.message(), pause.as_millis()));
                    tokio::time::sleep(pause).await;
                }
                Decision::Final | Decision::TooManyRetries | Decision::OutOfTime(_) => {
                    let said = error.detail().map(|detail| format!("{detail} – ")).unwrap_or_default();
                    let (path, attempts) = (self.credentials.endpoint.url.path(), attempt + 1);
                    let tries = if attempt > 0 { format!(", {attempts} attempts") } else { String::new() };
                    let bound = decision.bound(attempt, &limits.retry);
                    return Err(error.with_detail(format!("{said}POST {path}{tries}{bound}")));
                }
            }
            attempt += 1;
        }
    }

    async fn attempt(&self, context: LoginContext<'_>, asked: f64) -> Result<Token, (Failure, Error)> {
        let (form, authorization) = self.request().map_err(|error| (Failure::Lasting, error))?;
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
        let body = self.body(response, context.limits).await?;
        if status == StatusCode::OK { self.read(&body, asked) } else { Err(self.refused(status, wait, &body)) }
    }

    /// The form that asks for a token, and the header that goes with it.
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
                // Both are encoded as in a form before they are put together.
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

    async fn body(&self, mut response: Response, limits: &Limits) -> Result<Zeroizing<Vec<u8>>, (Failure, Error)> {
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|error| self.no_answer(&error, limits))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err((Failure::Lasting, self.error(ErrorKind::TooLarge, "the answer has more than 1 MB")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    pub(crate) fn read(&self, body: &[u8], asked: f64) -> Result<Token, (Failure, Error)> {
        /// RFC 6749, 5.1.
        #[derive(Deserialize)]
        struct Granted {
            #[serde(deserialize_with = "conceal")]
            access_token: Secret,
            expires_in: Option<f64>,
            scope: Option<String>,
            token_type: Option<String>,
        }
        let protocol = |what: &str| (Failure::Lasting, self.error(ErrorKind::Protocol, what));
        // A parser's words could quote the token.
        let granted: Granted =
            read_object(body).ok_or_else(|| protocol("the answer is not that of a token endpoint"))?;
        if granted.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(protocol("the token is no bearer token"));
        }
        bearer(&granted.access_token).map_err(|_| protocol("the token cannot be sent"))?;
        let life = granted.expires_in.filter(|life| *life > 0.0).unwrap_or(UNKNOWN_LIFE);
        Ok(Token {
            id: fastrand::u64(..),
            secret: granted.access_token,
            scopes: granted.scope.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            renew_at: asked + life - RENEW_BEFORE.min(life / 10.0).max(RENEW_BEFORE_LEAST).min(life / 2.0),
            expires_at: asked + life,
        })
    }

    pub(crate) fn refused(&self, status: StatusCode, wait: Option<Duration>, body: &[u8]) -> (Failure, Error) {
        let ClientCredentials { title, error_message, hint, client_secret, .. } = &self.credentials;
        let code = status.as_u16();
        let kind = match code {
            400 | 401 => ErrorKind::Unauthenticated,
            403 => ErrorKind::Denied,
            408 => ErrorKind::Broken,
            429 => ErrorKind::RateLimited,
            300..=399 => ErrorKind::Protocol,
            _ => ErrorKind::Remote,
        };
        let reason = status.canonical_reason().unwrap_or("unknown status");
        let mut error = self.error(kind, &format!("{title} answered {code} {reason}"));
        if let Some(said) = error_message(body) {
            error = error.with_detail(format!("{} says: {}", sentence(title), quote(&said, [client_secret])));
        }
        if let Some(hint) = hint(code) {
            error = error.with_hint(hint);
        }
        (Failure::Status { code, wait }, error)
    }

    fn no_answer(&self, error: &reqwest::Error, limits: &Limits) -> (Failure, Error) {
        let ClientCredentials { endpoint, client_secret, .. } = &self.credentials;
        let why = NoAnswer::new(error, limits);
        let address = endpoint.url.origin().ascii_serialization();
        let error = why.explain(self.error(why.kind, why.what), &address, &quote(&why.cause, [client_secret]));
        (why.failure, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
            title: "Things",
            error_message: |_| None,
            hint: |_| None,
        }
    }

    #[test]
    fn tokens_are_shared_by_nobody_who_differs_in_anything() {
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
    fn a_client_shows_itself_in_the_form_or_in_a_header() {
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
    fn answers_of_token_endpoints() {
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
            let (failure, error) = login.read(bad.as_bytes(), 100.0).unwrap_err();
            assert_eq!((failure, error.kind()), (Failure::Lasting, ErrorKind::Protocol), "{bad}");
            assert!(!error.to_string().contains("4711"), "{error}");
        }
    }

    #[test]
    fn a_refusal_is_the_same_error_for_all() {
        let error = Error::new(ErrorKind::Denied, "m").with_detail("d").with_hint("h");
        assert_eq!(Refusal::new(&error).error(), error);
    }

    #[test]
    fn no_secret_is_in_debug_texts_and_the_token_is_in_the_record() {
        let login = Login::new(None, credentials());
        let token = login.read(br#"{"access_token":"token-4711"}"#, 100.0).unwrap();
        let kept = Kept { token: Some(token), refusal: None };
        let written = serde_json::to_string(&kept).unwrap();
        assert!(written.contains("token-4711"));
        let read: Kept = serde_json::from_str(&written).unwrap();
        assert_eq!(read.token.as_ref().unwrap().secret.expose(), "token-4711");
        login.kept.try_update(|stored| *stored = read).unwrap();
        for text in [format!("{login:?}"), format!("{kept:?}")] {
            assert!(!text.contains("4711"), "{text}");
        }
    }
}
