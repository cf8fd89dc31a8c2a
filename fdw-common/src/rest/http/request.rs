//! One answer: sent, repeated as the policy says, read up to the cap, and every failure put in words.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nix::sys::eventfd::EventFd;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LINK};
use reqwest::{Client, StatusCode};
use secrecy::zeroize::Zeroizing;
use strum::EnumCount as _;
use url::Url;

use super::link::next_address;
use super::oauth::{ClientCredentials, LoginContext, Token};
use super::query_credential::{with_credential, without_credential};
use super::rate_headers::{RateHeaders, server_time, wait_asked};
use super::retry::{Decision, Failure, RetryPolicy};
use super::transport_error::NoAnswer;
use crate::error::{Error, ErrorKind, Result, one_line};
use crate::model::{Checkpoint, Entity, NextPage, Paging};
use crate::options::{self, Options};
use crate::rest::scan::progress::Reader;
use crate::rest::scan::transport::Api;
use crate::rest::shared::bucket::BudgetRules;
use crate::rest::shared::limiter::{NoAllowance, Permit};
use crate::rest::shared::statistics::Counts;
use crate::secret::Secret;
use crate::source::{GivenToken, Scheme, Source, TokenOrigin, constant_headers};

/// What a request is made with.
#[derive(Debug, Clone)]
pub enum Credential {
    /// None.
    None,
    /// A token, as it is.
    Token {
        /// The token.
        secret: Secret,
        /// Where it is configured.
        origin: TokenOrigin,
    },
    /// A user's name and password.
    User {
        /// The user's name, which is no secret.
        name: String,
        /// The password.
        secret: Secret,
    },
    /// A client's name and secret, which are traded for a token.
    Client {
        /// The client's name, which is no secret.
        id: String,
        /// Its secret.
        secret: Secret,
        /// Whose it is: nobody else gets the token, even if all else is the same.
        owner: String,
    },
}

/// An API to talk to and the credential for it.
#[derive(Clone, Debug)]
pub struct Connection {
    base: Url,
    /// The server's constant headers.
    headers: Vec<(String, String)>,
    authority: Authority,
    title: &'static str,
    bucket: fn(&str) -> &'static str,
    is_absent: fn(u16, &[u8], &Entity) -> bool,
    is_too_slow: fn(u16, &[u8]) -> bool,
    is_page_cap: fn(u16, &[u8]) -> bool,
    error_message: fn(&[u8]) -> Option<String>,
    error_hint: fn(u16, &[u8], &Entity) -> Option<String>,
    reader: Reader,
    reserved: Arc<AtomicU64>,
}

/// Where what shows whose a request is comes from.
#[derive(Clone, Debug)]
enum Authority {
    Fixed(Authorization),
    Login(ClientCredentials),
}

/// What shows whose a request is.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    header: Option<(HeaderName, HeaderValue)>,
    /// The query parameter whose value is the first of the secrets.
    parameter: Option<String>,
    /// What no text may hold: the token or the password first, then each form in which it is sent.
    secrets: Vec<Secret>,
    /// The token's id, if it was fetched and another one can be.
    id: Option<u64>,
    /// The scopes it was granted, if that was said.
    scopes: Option<Vec<String>>,
}

impl Connection {
    /// The API of source `S` for a server's options, with a bearer token that is one of them.
    ///
    /// # Errors
    /// As [`Connection::new`].
    pub fn bearer<S: Source>(server: &Options, token: Secret) -> Result<Self> {
        Self::new::<S>(server, Credential::Token { secret: token, origin: TokenOrigin::Server })
    }

    /// The API of source `S` for a server's options and a credential.
    ///
    /// # Errors
    /// `OptionValue` for a token that cannot stand in an HTTP header, and all of [`Source::base_url`] and
    /// [`Source::token_endpoint`].
    pub fn new<S: Source>(server: &Options, credential: Credential) -> Result<Self> {
        let scheme = S::scheme(server)?;
        let token = match &credential {
            Credential::Token { secret, origin } => Some(GivenToken { secret, origin: *origin }),
            _ => None,
        };
        let base = S::base_url(server, token)?;
        let authority = match (scheme, credential) {
            (Scheme::Bearer, Credential::Client { id, secret, owner }) => Authority::Login(ClientCredentials {
                client_id: id,
                client_secret: secret,
                endpoint: S::token_endpoint(server, &base)?,
                owner,
                title: S::TITLE,
                error_message: S::error_message,
                hint: S::login_hint,
            }),
            (scheme, credential) => Authority::Fixed(Authorization::new::<S>(&scheme, credential)?),
        };
        Ok(Connection {
            base,
            headers: S::headers(server)?,
            authority,
            title: S::TITLE,
            bucket: S::bucket,
            is_absent: S::is_absent,
            is_too_slow: S::is_too_slow,
            is_page_cap: S::is_page_cap,
            error_message: S::error_message,
            error_hint: S::error_hint,
            reader: Reader::default(),
            reserved: Arc::default(),
        })
    }

    /// The same connection for one of several runs of a scan, which share what `max_requests_per_scan`
    /// allows: `reserved` counts the requests of them all.
    pub fn for_run(self, reserved: Arc<AtomicU64>) -> Self {
        Connection { reserved, ..self }
    }

    /// The same connection for a table that others may watch being read.
    pub fn for_reader(self, reader: Reader) -> Self {
        Connection { reader, ..self }
    }

    pub(crate) fn reader(&self) -> Reader {
        self.reader
    }

    /// The credentials to log in with, if a login is needed.
    pub(crate) fn login(&self) -> Option<&ClientCredentials> {
        match &self.authority {
            Authority::Fixed(_) => None,
            Authority::Login(credentials) => Some(credentials),
        }
    }

    /// True when requests show whose they are.
    pub(crate) fn needs_credential(&self) -> bool {
        !matches!(&self.authority, Authority::Fixed(Authorization { header: None, parameter: None, .. }))
    }

    /// What no text may hold, as far as the options tell it.
    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let (fixed, login) = match &self.authority {
            Authority::Fixed(authorization) => (authorization.secrets.as_slice(), None),
            Authority::Login(login) => (&[] as &[Secret], Some(&login.client_secret)),
        };
        fixed.iter().chain(login)
    }

    /// The product's name.
    pub(crate) fn title(&self) -> &'static str {
        self.title
    }

    /// The bucket of the rate limit that a request for a path draws from.
    pub(crate) fn bucket(&self, path: &str) -> &'static str {
        (self.bucket)(path)
    }

    /// The origin all requests go to, which is what a rate limit is kept for.
    pub(crate) fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.base.scheme() == "https"
    }
}

impl Authorization {
    fn new<S: Source>(scheme: &Scheme, credential: Credential) -> Result<Self> {
        let parameter = match scheme {
            Scheme::Query(name) => Some(name.clone()),
            _ => None,
        };
        let (header, secrets) = match (scheme, credential) {
            (Scheme::Query(_), Credential::Token { secret: token, .. }) if !token.expose().trim().is_empty() => {
                (None, vec![token])
            }
            (Scheme::None, _) => (None, Vec::new()),
            (Scheme::Bearer, Credential::Token { secret: token, .. }) => {
                (Some((AUTHORIZATION, bearer(&token)?)), vec![token])
            }
            (Scheme::Header(name), Credential::Token { secret: token, .. }) => {
                (Some((name.clone(), sensitive(token.expose().trim())?)), vec![token])
            }
            (Scheme::Basic, Credential::User { name, secret }) => {
                let encoded = basic(&name, &secret)?;
                (Some((AUTHORIZATION, sensitive(&format!("Basic {}", encoded.expose()))?)), vec![secret, encoded])
            }
            (Scheme::Bearer | Scheme::Basic | Scheme::Header(_) | Scheme::Query(_), _) => {
                return Err(Error::new(
                    ErrorKind::CredentialMissing,
                    "the credential is not of the kind that the server asks for",
                )
                .with_hint(format!("Set {}.", S::CREDENTIAL_HINT)));
            }
        };
        Ok(Authorization { header, parameter, secrets, id: None, scopes: None })
    }
}

/// A header's value that is shown nowhere.
///
/// # Errors
/// `OptionValue` for a text that no header can hold.
pub(crate) fn sensitive(text: &str) -> Result<HeaderValue> {
    let unusable = || {
        Error::new(ErrorKind::OptionValue, "the credential cannot stand in a header of HTTP")
            .with_hint("It has no line breaks and no characters outside ASCII.")
    };
    if text.is_empty() || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(unusable());
    }
    let mut header = HeaderValue::try_from(text).map_err(|_| unusable())?;
    header.set_sensitive(true);
    Ok(header)
}

/// A name and a secret as the scheme `Basic` takes them (RFC 7617, 2).
///
/// # Errors
/// `OptionValue` for a name with a colon, which ends it.
pub(crate) fn basic(name: &str, secret: &Secret) -> Result<Secret> {
    if name.contains(':') {
        return Err(Error::new(ErrorKind::OptionValue, "the user's name holds a colon, which Basic cannot send"));
    }
    let pair = Zeroizing::new(format!("{name}:{}", secret.expose()));
    Ok(Secret::from(STANDARD.encode(pair.as_bytes())))
}

/// The header for a bearer token.
///
/// # Errors
/// `OptionValue` for a text that is no token.
pub(crate) fn bearer(token: &Secret) -> Result<HeaderValue> {
    let unusable =
        |hint: &str| Error::new(ErrorKind::OptionValue, "the credential is not a bearer token").with_hint(hint);
    let text = token.expose().trim();
    if text.len() >= 7 && text.as_bytes()[..7].eq_ignore_ascii_case(b"bearer ") {
        return Err(unusable("Give the token alone, without the word Bearer."));
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unusable("A token has no spaces, line breaks or characters outside ASCII."));
    }
    sensitive(&format!("Bearer {text}"))
}

/// The bounds of a scan's requests.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// See the option `connect_timeout`.
    pub connect_timeout: Duration,
    /// See the option `request_timeout`.
    pub request_timeout: Duration,
    /// See the options `retry_timeout` and `max_retries`.
    pub retry: RetryPolicy,
    /// See the option `max_response_size`; in bytes.
    pub max_response_size: usize,
    /// See the option `max_concurrent_requests`.
    pub max_concurrent_requests: usize,
    /// See the option `bulk_timeout`.
    pub bulk_timeout: Duration,
    /// See the options `rate_limit` and `rate_limit_headroom`.
    pub budget: BudgetRules,
    /// How many requests one scan may send; see the option `max_requests_per_scan`.
    pub max_requests: Option<u64>,
}

impl Limits {
    /// Refuses a scan of an entity that is expected to send more requests than it may.
    ///
    /// # Errors
    /// `TooManyRequests`.
    pub fn check_estimate(&self, entity: &Entity, expected: u64) -> Result<()> {
        match self.max_requests {
            Some(most) if expected > most => Err(too_many_requests(
                entity,
                &format!(
                    "The plan expects {expected} requests and the option max_requests_per_scan allows {most}. None was sent."
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The bounds that a server's and a table's options set; the table's go before.
    ///
    /// # Errors
    /// `OptionValue` for an option that cannot be read.
    pub fn for_table(server: &Options, table: &Options) -> Result<Self> {
        let limits = Self::from_options(server)?;
        let own = table.get(options::MAX_REQUESTS_PER_SCAN)?;
        Ok(Limits { max_requests: own.or(limits.max_requests), ..limits })
    }

    /// The bounds a server's options set.
    ///
    /// # Errors
    /// `OptionValue` for an option that cannot be read.
    pub fn from_options(server: &Options) -> Result<Self> {
        let narrow = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Limits {
            connect_timeout: server.get(options::CONNECT_TIMEOUT)?,
            request_timeout: server.get(options::REQUEST_TIMEOUT)?,
            retry: RetryPolicy {
                max_retries: u32::try_from(server.get(options::MAX_RETRIES)?).unwrap_or(u32::MAX),
                budget: server.get(options::RETRY_TIMEOUT)?,
            },
            max_response_size: narrow(server.get(options::MAX_RESPONSE_SIZE)?),
            max_concurrent_requests: narrow(server.get(options::MAX_CONCURRENT_REQUESTS)?),
            bulk_timeout: server.get(options::BULK_TIMEOUT)?,
            budget: BudgetRules {
                rate: server.get(options::RATE_LIMIT)?,
                headroom: server.get(options::RATE_LIMIT_HEADROOM)?,
            },
            max_requests: server.get(options::MAX_REQUESTS_PER_SCAN)?,
        })
    }
}

/// What a scan's requests have done so far, counted on the transport thread.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) counts: Counts,
    /// How many requests are in each phase.
    phases: [AtomicU64; Phase::COUNT],
    /// Rung when a scan comes into another phase.
    bell: Option<Arc<EventFd>>,
    events: Mutex<Vec<String>>,
    /// What the list first said of its length.
    pub(crate) total: std::sync::OnceLock<u64>,
    /// When the first answer came, by the server's clock and in milliseconds since 1970, if it says so.
    pub(crate) begun_at: std::sync::OnceLock<Option<i64>>,
    /// How many rows a list in slices seems to have; 0 while that is not known.
    pub(crate) estimated_total: AtomicU64,
    /// Its windows of time: how many are known, and how many are open.
    pub(crate) known_windows: AtomicU64,
    pub(crate) open_windows: AtomicU64,
    /// How a list past its wall is read, in words for EXPLAIN.
    pub(crate) bulk: std::sync::Mutex<Option<String>>,
}

/// What a scan waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumCount)]
pub enum Phase {
    /// An answer, or the next request.
    Http,
    /// A token.
    Login,
    /// The API's rate limit.
    RateLimit,
}

impl Phase {
    /// As people read it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Http => "http",
            Phase::Login => "login",
            Phase::RateLimit => "rate limit",
        }
    }
}

impl Counters {
    /// Windows that have been read, and that are known.
    pub(crate) fn windows(&self) -> Option<(u64, u64)> {
        let known = self.known_windows.load(Ordering::Relaxed);
        let open = self.open_windows.load(Ordering::Relaxed);
        (known > 0).then(|| (known.saturating_sub(open), known))
    }

    /// Counters that ring when the phase changes.
    pub(crate) fn with_bell(bell: Arc<EventFd>) -> Self {
        Counters { bell: Some(bell), ..Counters::default() }
    }

    /// Notes what happened, for the log. What nobody takes in time is not kept.
    pub(crate) fn note(&self, event: impl FnOnce() -> String) {
        const MOST: usize = 100;
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() < MOST {
            events.push(event());
        }
    }

    /// What was noted since the last call.
    pub(crate) fn take_events(&self) -> Vec<String> {
        std::mem::take(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the scan waits for: an answer if any request is on its way.
    pub(crate) fn phase(&self) -> Phase {
        let has = |phase: Phase| self.phases[phase as usize].load(Ordering::Relaxed) > 0;
        if has(Phase::Http) || !(has(Phase::Login) || has(Phase::RateLimit)) {
            Phase::Http
        } else if has(Phase::Login) {
            Phase::Login
        } else {
            Phase::RateLimit
        }
    }

    /// Counts one request as being in a phase until what is returned is dropped.
    pub(crate) fn enter(&self, phase: Phase) -> InPhase<'_> {
        let before = self.phase();
        self.phases[phase as usize].fetch_add(1, Ordering::Relaxed);
        self.ring_if_changed(before);
        InPhase { counters: self, phase }
    }

    fn ring_if_changed(&self, before: Phase) {
        if let (Some(bell), true) = (&self.bell, self.phase() != before) {
            // Fails only when it is ringing already.
            let _ = bell.write(1);
        }
    }
}

/// A request in a phase.
pub(crate) struct InPhase<'a> {
    counters: &'a Counters,
    phase: Phase,
}

impl Drop for InPhase<'_> {
    fn drop(&mut self) {
        let before = self.counters.phase();
        self.counters.phases[self.phase as usize].fetch_sub(1, Ordering::Relaxed);
        self.counters.ring_if_changed(before);
    }
}

/// Everything one request needs.
#[derive(Clone, Copy)]
pub(crate) struct Fetch<'a> {
    pub(crate) client: &'a Client,
    pub(crate) api: &'a Api,
    pub(crate) connection: &'a Connection,
    pub(crate) limits: &'a Limits,
    pub(crate) entity: &'static Entity,
    pub(crate) counters: &'a Counters,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A body to read.
    Page(Received),
    /// A success without a body (204, 205): no rows.
    NoContent,
    /// The API says that there is no such row.
    Absent,
    /// The API says that the search took too long.
    TooSlow,
    /// The API says that paging goes no further, in these words.
    PageCap(String),
    /// The API says that the tenant or the token may not do this, in these words.
    Refused(String),
}

/// A whole body, and the headers that matter beside it.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) body: Vec<u8>,
    /// The target of the header `Link` with the relation `next`.
    pub(crate) next_link: Option<String>,
    /// The header `Date`, in milliseconds since 1970.
    pub(crate) date: Option<i64>,
}

/// The error status that the caller of a request accepts as an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AcceptedStatus {
    /// None.
    Nothing,
    /// The one by which the API says that there is no such row.
    Absent,
    /// The one by which the API says that a search took too long.
    TooSlow,
    /// The one by which the API says that paging goes no further.
    PageCap,
    /// The one by which the API refuses, as this function recognises it.
    Refused(fn(u16, &[u8]) -> bool),
}

/// What is done at an address.
#[derive(Debug, Clone, Copy)]
enum Method<'a> {
    Get,
    /// With this JSON.
    Post(&'a str),
}

/// Why one attempt gave no body: what the policy needs to know, and what a person would.
struct Ended {
    failure: Failure,
    error: Error,
}

impl Fetch<'_> {
    /// The answer to `GET <base><target>`, or the error status that is `accepted`.
    ///
    /// # Errors
    /// One error for the last attempt; it says how often and how long it was tried.
    pub(crate) async fn get(&self, target: &str, accepted: AcceptedStatus) -> Result<Answer> {
        self.send(Method::Get, target, accepted).await
    }

    /// The answer to `POST <base><target>` with JSON, or its refusal. It is repeated only where it cannot
    /// have had an effect.
    ///
    /// # Errors
    /// As [`Fetch::get`].
    pub(crate) async fn post(&self, target: &str, json: &str, is_refused: fn(u16, &[u8]) -> bool) -> Result<Answer> {
        self.send(Method::Post(json), target, AcceptedStatus::Refused(is_refused)).await
    }

    async fn send(&self, method: Method<'_>, target: &str, accepted: AcceptedStatus) -> Result<Answer> {
        let base = &self.connection.base;
        // The credential goes nowhere but to the API.
        let url = base
            .join(target)
            .ok()
            .filter(|url| url.as_str().starts_with(base.as_str()))
            .ok_or_else(|| Error::new(ErrorKind::Internal, format!("\"{target}\" is no path of {base}")))?;
        let group = (self.connection.bucket)(&url.as_str()[base.as_str().len()..]);
        let mut started = None;
        let mut attempt = 0;
        let mut refused = None;
        loop {
            self.reserve(&url)?;
            let authorization = self.authorization(refused).await?;
            let permit = self.wait_for_allowance(group, started, attempt, &url).await?;
            let started = *started.get_or_insert_with(Instant::now);
            self.counters.counts.requests.fetch_add(1, Ordering::Relaxed);
            let in_phase = self.counters.enter(Phase::Http);
            let attempted = self.attempt(group, &permit, &authorization, method, &url, accepted);
            let ended = match tokio::time::timeout(self.limits.request_timeout, attempted).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(ended)) => ended,
                Err(_) => self.timed_out(),
            };
            drop(in_phase);
            // A token may end or be revoked in the middle of a scan. A new one that is refused too is wrong.
            if ended.failure.is_unauthenticated() && authorization.id.is_some() && refused.is_none() {
                refused = authorization.id;
                self.counters.note(|| format!("{}; logging in again", ended.error.message()));
                self.counters.counts.retries.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let failure = match (method, ended.failure) {
                (Method::Get, failure) => failure,
                (_, failure @ (Failure::Connect | Failure::Status { code: 429, .. })) => failure,
                _ => Failure::Lasting,
            };
            let decision = self.limits.retry.decide(attempt, started.elapsed(), failure, fastrand::f64());
            let Decision::Retry(pause) = decision else {
                return Err(self.give_up(ended.error, decision, attempt, started.elapsed(), &url));
            };
            let (error, pause_ms) = (ended.error.message(), pause.as_millis());
            self.counters.note(|| format!("{error}; repeating it in {pause_ms} ms (attempt {})", attempt + 2));
            tokio::time::sleep(pause).await;
            self.counters.counts.retries.fetch_add(1, Ordering::Relaxed);
            attempt += 1;
        }
    }

    /// The credential that requests are sent with, and the scopes granted with it, if it was fetched.
    pub(crate) async fn token(&self) -> Result<(Option<Secret>, Option<Vec<String>>)> {
        let authorization = self.authorization(None).await?;
        Ok((authorization.secrets.into_iter().next(), authorization.scopes))
    }

    /// Where an address leads that the answer to `target` gives, as a target.
    ///
    /// # Errors
    /// `Protocol` when that is not below the API's address, where alone the credential goes.
    pub(crate) async fn follow(&self, target: &str, next: &str) -> Result<String> {
        let base = &self.connection.base;
        let url = base.join(target).and_then(|page| page.join(next));
        match url {
            Ok(url) if url.as_str().starts_with(base.as_str()) => {
                let Authority::Fixed(Authorization { parameter: Some(name), .. }) = &self.connection.authority else {
                    return Ok(url.into());
                };
                Ok(without_credential(url, name).into())
            }
            url => {
                let place = url.map_or("no address".to_owned(), |url| url.origin().ascii_serialization());
                let message =
                    format!("a page of \"{}\" leads to what is not below the API's address", self.entity.name);
                Err(Error::new(ErrorKind::Protocol, message)
                    .with_detail(format!(
                        "It leads to {}; the server's address is {base}.",
                        self.quote_any(&place).await
                    ))
                    .with_hint(
                        "The credential goes to the server's address only, so that the address is not followed.",
                    ))
            }
        }
    }

    /// What to show: another credential than the one that was refused.
    async fn authorization(&self, refused: Option<u64>) -> Result<Authorization> {
        let login = match (&self.connection.authority, &self.api.login) {
            (Authority::Fixed(authorization), _) => return Ok(authorization.clone()),
            (Authority::Login(_), Some(login)) => login,
            (Authority::Login(_), None) => {
                return Err(Error::new(ErrorKind::Internal, "a login has no place for its token"));
            }
        };
        let _in_phase = self.counters.enter(Phase::Login);
        let context = LoginContext { client: self.client, limits: self.limits, counters: self.counters };
        let Token { id, secret, scopes, .. } = login.token(refused, context).await?;
        Ok(Authorization {
            header: Some((AUTHORIZATION, bearer(&secret)?)),
            parameter: None,
            secrets: vec![secret],
            id: Some(id),
            scopes: Some(scopes).filter(|scopes| !scopes.is_empty()),
        })
    }

    /// Waits for the budget: before the first attempt as long as a request may be repeated, from then on
    /// for what is left of that time.
    async fn wait_for_allowance(
        &self,
        group: &str,
        started: Option<Instant>,
        attempt: u32,
        url: &Url,
    ) -> Result<Permit> {
        let budget = self.limits.retry.budget;
        let patience = started.map_or(budget, |started| budget.saturating_sub(started.elapsed()));
        let asked = Instant::now();
        let _in_phase = self.counters.enter(Phase::RateLimit);
        let _waited = Waited { since: asked, counts: &self.counters.counts };
        match self.api.budget.admit(group, &self.limits.budget, patience).await? {
            Ok(permit) => Ok(permit),
            Err(NoAllowance { wait }) => {
                let error = Error::new(
                    ErrorKind::RateLimited,
                    format!(
                        "the rate limit of {} leaves no request for \"{}\"",
                        self.connection.title, self.entity.name
                    ),
                );
                let elapsed = started.unwrap_or(asked).elapsed();
                Err(self.give_up(error, Decision::OutOfTime(wait), attempt, elapsed, url))
            }
        }
    }

    /// ParameterType one request off those the scan may send, before anything is waited for.
    fn reserve(&self, url: &Url) -> Result<()> {
        let before = self.connection.reserved.fetch_add(1, Ordering::Relaxed);
        let Some(most) = self.limits.max_requests.filter(|most| before >= *most) else { return Ok(()) };
        let detail = format!("The scan needs more than the {most} that the option max_requests_per_scan allows.");
        Err(self.give_up(too_many_requests(self.entity, &detail), Decision::Final, 0, Duration::ZERO, url))
    }

    async fn attempt(
        &self,
        group: &str,
        permit: &Permit,
        authorization: &Authorization,
        method: Method<'_>,
        url: &Url,
        accepted: AcceptedStatus,
    ) -> Result<Answer, Ended> {
        let sent = authorization.secrets.as_slice();
        let url = match (&authorization.parameter, sent.first()) {
            (Some(name), Some(secret)) => &with_credential(url, name, secret),
            _ => url,
        };
        let request = match method {
            Method::Get => self.client.get(url.clone()),
            Method::Post(json) => self
                .client
                .post(url.clone())
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(json.to_owned()),
        };
        let mut headers = self.constant_headers()?;
        if let Some((name, value)) = &authorization.header {
            if headers.insert(name.clone(), value.clone()).is_some() {
                let message = format!("option \"headers\" of \"{}\" cannot set \"{name}\"", self.entity.name);
                let error =
                    Error::new(ErrorKind::OptionValue, message).with_hint("It is the header that holds the token.");
                return Err(Ended { failure: Failure::Lasting, error });
            }
        }
        let mut response =
            request.headers(headers).send().await.map_err(|error| self.no_answer(&error.without_url(), sent))?;
        let status = response.status();
        let said = RateHeaders::read(response.headers());
        let refused =
            (status == StatusCode::TOO_MANY_REQUESTS).then(|| wait_asked(response.headers(), SystemTime::now()));
        let learned = self.api.budget.learn(group, permit, &self.limits.budget, &said, refused).await;
        learned.map_err(|error| Ended { failure: Failure::Lasting, error })?;

        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        if let Some(length) = response.content_length() {
            self.check_size(length)?;
            body.reserve_exact(usize::try_from(length).unwrap_or(0));
        }
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    self.check_size((body.len() + chunk.len()) as u64)?;
                    self.counters.counts.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => break,
                // An error status is worth reporting even when its body never comes.
                Err(_) if !status.is_success() => break,
                Err(error) => return Err(self.no_answer(&error, sent)),
            }
        }
        self.counters.counts.answered(status.as_u16());
        let is_made = matches!(method, Method::Post(_)) && status.is_success();
        if status == StatusCode::OK || is_made {
            self.check_type(&headers, sent)?;
            let since_1970 = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).ok();
            let date = server_time(&headers).and_then(since_1970).and_then(|date| i64::try_from(date.as_millis()).ok());
            self.counters.begun_at.get_or_init(|| date);
            Ok(Answer::Page(Received { next_link: self.next_link(&headers)?, body, date }))
        } else if matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT) {
            Ok(Answer::NoContent)
        } else {
            let code = status.as_u16();
            match accepted {
                AcceptedStatus::Absent if (self.connection.is_absent)(code, &body, self.entity) => Ok(Answer::Absent),
                AcceptedStatus::TooSlow if (self.connection.is_too_slow)(code, &body) => Ok(Answer::TooSlow),
                AcceptedStatus::PageCap if (self.connection.is_page_cap)(code, &body) => {
                    let said = (self.connection.error_message)(&body).unwrap_or_default();
                    Ok(Answer::PageCap(self.quote(&said, sent)))
                }
                AcceptedStatus::Refused(is_refused) if is_refused(code, &body) => {
                    let said = (self.connection.error_message)(&body).unwrap_or_default();
                    Ok(Answer::Refused(self.quote(&said, sent)))
                }
                _ => Err(self.refused(status, &headers, &body, sent)),
            }
        }
    }

    /// The headers that every request of the entity has, `Accept` among them.
    fn constant_headers(&self) -> Result<HeaderMap, Ended> {
        let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        for (name, value) in constant_headers(&self.connection.headers, self.entity.headers) {
            let (Ok(name), Ok(value)) = (HeaderName::try_from(&name), HeaderValue::try_from(value)) else {
                let error = Error::new(ErrorKind::OptionValue, format!("\"{name}\" is no header of HTTP"));
                return Err(Ended { failure: Failure::Lasting, error });
            };
            headers.insert(name, value);
        }
        Ok(headers)
    }

    fn check_size(&self, size: u64) -> Result<(), Ended> {
        if size <= self.limits.max_response_size as u64 {
            return Ok(());
        }
        self.counters.counts.unanswered.fetch_add(1, Ordering::Relaxed);
        let error = Error::new(
            ErrorKind::TooLarge,
            format!("an answer for \"{}\" is larger than max_response_size", self.entity.name),
        )
        .with_detail(format!("It was not read past {} bytes.", self.limits.max_response_size))
        .with_hint("Set a larger max_response_size on the server, or read fewer columns.");
        Err(Ended { failure: Failure::Lasting, error })
    }

    /// The target of the header `Link` with the relation `next`. Where the list is not paged by it, a header
    /// that cannot be read counts as none.
    fn next_link(&self, headers: &HeaderMap) -> Result<Option<String>, Ended> {
        let values = headers.get_all(LINK).iter().map(|value| value.to_str().ok());
        let what = match next_address(values) {
            Ok(next) => return Ok(next),
            Err(what) => what,
        };
        if !matches!(self.entity.paging, Paging::Checkpoint(Checkpoint { next: NextPage::Header, .. })) {
            return Ok(None);
        }
        Err(Ended {
            failure: Failure::Lasting,
            error: Error::new(
                ErrorKind::Protocol,
                format!("the answer for \"{}\" is not what the API declares: {what}", self.entity.name),
            ),
        })
    }

    fn check_type(&self, headers: &HeaderMap, sent: &[Secret]) -> Result<(), Ended> {
        match headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("not text")) {
            Some(media) if !media.contains("json") && !self.is_asked_for(media) => {
                let error = Error::new(
                    ErrorKind::Protocol,
                    format!("the answer for \"{}\" is not JSON but {}", self.entity.name, self.quote(media, sent)),
                )
                .with_hint("Check the server's address: another program seems to answer there.");
                Err(Ended { failure: Failure::Lasting, error })
            }
            _ => Ok(()),
        }
    }

    /// True for a media type that the option `accept` asks for. Whether it is JSON is seen when it is read.
    fn is_asked_for(&self, media: &str) -> bool {
        let essence = |media: &str| media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let headers = constant_headers(&self.connection.headers, self.entity.headers);
        let accepted = headers.iter().find(|(name, _)| name == ACCEPT.as_str());
        accepted.is_some_and(|(_, accept)| accept.split(',').any(|wanted| essence(wanted) == essence(media)))
    }

    /// An answer whose status is not 200.
    fn refused(&self, status: StatusCode, headers: &HeaderMap, body: &[u8], sent: &[Secret]) -> Ended {
        let (title, entity) = (self.connection.title, self.entity);
        let code = status.as_u16();
        let reason = status.canonical_reason().unwrap_or("unknown status");
        let (kind, hint) = match code {
            401 => (ErrorKind::Unauthenticated, Some("Give a token that is valid and has not expired.".to_owned())),
            403 if entity.scopes.is_empty() => (ErrorKind::Denied, None),
            403 => {
                (ErrorKind::Denied, Some(format!("The token needs one of the scopes: {}.", entity.scopes.join(", "))))
            }
            404 => (ErrorKind::Remote, Some("Check the server's address.".to_owned())),
            408 => (ErrorKind::Broken, None),
            429 => (ErrorKind::RateLimited, None),
            300..=399 => (
                ErrorKind::Protocol,
                Some("Redirects are not followed. Set the server's address to the API's own host.".to_owned()),
            ),
            _ => (ErrorKind::Remote, None),
        };
        let mut error =
            Error::new(kind, format!("could not read \"{}\": {title} answered {code} {reason}", entity.name));
        if let Some(said) = (self.connection.error_message)(body) {
            error = error.with_detail(format!("{} says: {}", sentence(title), self.quote(&said, sent)));
        }
        if let Some(hint) = (self.connection.error_hint)(code, body, entity).or(hint) {
            error = error.with_hint(hint);
        }
        Ended { failure: Failure::Status { code, wait: wait_asked(headers, SystemTime::now()) }, error }
    }

    /// No answer, or half of one.
    fn no_answer(&self, error: &reqwest::Error, sent: &[Secret]) -> Ended {
        self.counters.counts.unanswered.fetch_add(1, Ordering::Relaxed);
        let (title, name) = (self.connection.title, self.entity.name);
        let why = NoAnswer::new(error, self.limits);
        let error = Error::new(why.kind, format!("could not read \"{name}\" from {title}: {}", why.what));
        let error = why.explain(error, &self.connection.origin(), &self.quote(&why.cause, sent));
        Ended { failure: why.failure, error }
    }

    fn timed_out(&self) -> Ended {
        self.counters.counts.unanswered.fetch_add(1, Ordering::Relaxed);
        let error = Error::new(
            ErrorKind::Broken,
            format!(
                "could not read \"{}\" from {}: no complete answer in time",
                self.entity.name, self.connection.title
            ),
        )
        .with_detail(format!("The option request_timeout allows {} ms.", self.limits.request_timeout.as_millis()));
        Ended { failure: Failure::Timeout, error }
    }

    /// Adds what was sent, and how often it was tried, to the last attempt's error.
    fn give_up(&self, error: Error, decision: Decision, attempt: u32, elapsed: Duration, url: &Url) -> Error {
        let mut detail = error.detail().map(str::to_owned).unwrap_or_default();
        if !detail.is_empty() {
            detail.push_str(" – ");
        }
        // The API may have given the address, and what it was asked with may be part of it.
        let asked = &url[url::Position::BeforePath..];
        let _ = write!(
            detail,
            "GET {}",
            self.connection.secrets().fold(asked.to_owned(), |text, secret| secret.redact_from(text))
        );
        if attempt > 0 {
            let _ = write!(detail, ", {} attempts in {:.1} s", attempt + 1, elapsed.as_secs_f64());
        }
        detail.push_str(&decision.bound(attempt, &self.limits.retry));
        error.with_detail(detail)
    }

    /// Words of the other side that no error answer holds, made fit for an error text.
    pub(crate) async fn quote_any(&self, text: &str) -> String {
        let sent = self.authorization(None).await.map(|authorization| authorization.secrets).unwrap_or_default();
        quote(text, sent.iter().chain(self.connection.secrets()))
    }

    /// Words of the other side, made fit for an error text.
    fn quote(&self, text: &str, sent: &[Secret]) -> String {
        quote(text, sent.iter().chain(self.connection.login().map(|login| &login.client_secret)))
    }
}

/// A product's name at the beginning of a sentence.
pub(crate) fn sentence(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The error for a scan that takes more requests than it may.
#[cold]
pub(crate) fn too_many_requests(entity: &Entity, detail: &str) -> Error {
    Error::new(ErrorKind::TooManyRequests, format!("reading \"{}\" takes more requests than allowed", entity.name))
        .with_detail(detail)
        .with_hint("Ask for less, or set a larger max_requests_per_scan on the table or the server.")
}

/// Counts the time until it is dropped as waited for the rate limit.
struct Waited<'a> {
    since: Instant,
    counts: &'a Counts,
}

impl Drop for Waited<'_> {
    fn drop(&mut self) {
        let waited = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counts.waited_microseconds.fetch_add(waited, Ordering::Relaxed);
    }
}

/// Words of the other side, made fit for an error text: one line, of bounded length, no echo of a secret.
pub(crate) fn quote<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    const LONGEST: usize = 500;
    // What may still move into the part that is shown when secrets are replaced by shorter words.
    let text = one_line(text, 20 * LONGEST);
    // Before it is cut: half a credential is still too much of it.
    let redacted = secrets.into_iter().fold(text, |text, secret| secret.redact_from(text));
    one_line(&redacted, LONGEST)
}
