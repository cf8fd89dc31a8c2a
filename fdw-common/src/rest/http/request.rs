//! One request: sent, retried by the retry policy, and read up to the size limit, with an error for each failure.

mod follow;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LINK};
use reqwest::{Client, Response, StatusCode};
use tracing::Instrument as _;
use url::{Position, Url};

use super::authorization::{Authorization, bearer};
use super::connection::{Authentication, Connection};
use super::counters::{Counters, Phase};
use super::headers::{is_accepted, request_headers};
use super::limits::{Limits, RequestCount, too_many_requests};
use super::link::next_address;
use super::method::Method;
use super::oauth::{Login, LoginContext, Token};
use super::query_credential::with_credential;
use super::quote::{LONGEST_DETAIL, LONGEST_HINT, sentence, shorten, shown_url};
use super::rate_headers::{is_rate_limited, read_rate_headers, retry_after, server_time, wait_asked};
use super::response::{
    AcceptedStatus, Answer, Received, has_rows, is_page, remove_byte_order_mark, status_error, unreadable,
};
use super::retry::{Attempts, Decision, FailedAttempt, Failure};
use super::transport_error::TransportError;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Checkpoint, Entity, NextPage, Paging};
use crate::rest::shared::limiter::{NotAdmitted, Permit, RateLimiter};
use crate::secret::Secret;

/// The longest URL, in bytes, that the HTTP library can send.
const LONGEST_URL: usize = 65_534;
/// The most bytes of a media type that an error shows.
const LONGEST_NAME: usize = 100;
/// The shortest wait for the rate limit that is logged.
const NOTABLE_WAIT: Duration = Duration::from_millis(100);

/// The rate limiter and the login that all requests to one API with one credential share.
#[derive(Debug, Clone)]
pub(crate) struct ApiSession {
    pub(crate) limiter: Arc<RateLimiter>,
    pub(crate) login: Option<Arc<Login>>,
}

/// Everything one request needs.
#[derive(Clone, Copy)]
pub(crate) struct Fetch<'a> {
    pub(crate) client: &'a Client,
    pub(crate) session: &'a ApiSession,
    pub(crate) connection: &'a Connection,
    pub(crate) limits: &'a Limits,
    pub(crate) entity: &'static Entity,
    pub(crate) counters: &'a Counters,
    /// The requests that count towards `max_requests_per_scan`.
    pub(crate) requests: &'a RequestCount,
}

impl Fetch<'_> {
    /// The answer to `GET <base><target>`, or the error status that `accepted` allows.
    ///
    /// # Errors
    /// The error of the last attempt, with the number and duration of all attempts.
    pub(crate) async fn get(&self, target: &str, accepted: AcceptedStatus) -> Result<Answer> {
        self.send(Method::Get, target, accepted).await
    }

    /// The answer to `POST <base><target>` with JSON, or its refusal. It is retried only if it cannot
    /// have had an effect.
    ///
    /// # Errors
    /// The errors of [`Fetch::get`].
    pub(crate) async fn post(&self, target: &str, json: &str, is_refused: fn(u16, &[u8]) -> bool) -> Result<Answer> {
        self.send(Method::Post(json), target, AcceptedStatus::Refused(is_refused)).await
    }

    async fn send(&self, method: Method<'_>, target: &str, accepted: AcceptedStatus) -> Result<Answer> {
        let url = self.url(target)?;
        let shown = || shown_url(&url[Position::BeforePath..], self.connection.secrets());
        let span = tracing::info_span!("request", method = method.name(), target = shown());
        self.send_to(method, &url, accepted).instrument(span).await
    }

    async fn send_to(&self, method: Method<'_>, url: &Url, accepted: AcceptedStatus) -> Result<Answer> {
        let group = self.connection.api().bucket(&url.as_str()[self.connection.base().as_str().len()..]);
        let mut attempts = Attempts::new(&self.limits.retry);
        let mut refused_token = None;
        loop {
            if !self.requests.add(self.limits.max_requests) {
                let most = self.limits.max_requests.unwrap_or_default();
                let detail =
                    format!("The scan needs more than the {most} that the option max_requests_per_scan allows.");
                let error = too_many_requests(self.entity, &detail);
                return Err(self.give_up(error, &attempts, Decision::Final, method, url));
            }
            let authorization = self.authorization(refused_token).await?;
            let (title, name) = (self.title(), self.entity.name);
            let failed = match self.wait_for_allowance(group, &mut attempts).await? {
                Ok(permit) => {
                    match self.attempt_in_time(group, &permit, &authorization, method, url, accepted).await? {
                        Ok(answer) => return Ok(answer),
                        Err(failed) => failed,
                    }
                }
                Err(NotAdmitted::NoAnswer) => {
                    let message = format!("could not read \"{name}\" from {title}: it does not answer other sessions");
                    FailedAttempt::new(Failure::Connect, Error::new(ErrorKind::Connect, message))
                }
                Err(NotAdmitted::NoAnswerYet) => {
                    let message = format!("timed out waiting for the first answer of {title}, to read \"{name}\"");
                    let error = Error::new(ErrorKind::Connect, message);
                    return Err(self.give_up(error, &attempts, Decision::OutOfTime(Duration::ZERO), method, url));
                }
                Err(NotAdmitted::RateLimited(wait)) => {
                    let message = format!("the rate limit of {title} leaves no request for \"{name}\"");
                    let error = Error::new(ErrorKind::RateLimited, message);
                    return Err(self.give_up(error, &attempts, Decision::OutOfTime(wait), method, url));
                }
            };
            // A token may expire or be revoked during a scan. If a new one is refused too, it is an error.
            let is_unauthenticated = matches!(failed.failure, Failure::Status { code: 401, .. });
            if is_unauthenticated && authorization.id.is_some() && refused_token.is_none() {
                refused_token = authorization.id;
                tracing::warn!("{}; logging in again", failed.error.message());
                self.counters.counts.retries.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let decision = attempts.decide(method.failure(failed.failure), failed.fingerprint);
            match (decision, failed.answer) {
                (Decision::Retry(pause), _) => {
                    let (error, attempt) = (failed.error.message(), attempts.next_number());
                    tracing::warn!(attempt, pause_ms = pause.as_millis(), "{error}; repeating it");
                    tokio::time::sleep(pause).await;
                    self.counters.counts.retries.fetch_add(1, Ordering::Relaxed);
                }
                (Decision::AlwaysTheSame, Some(answer)) => return Ok(answer),
                (decision, _) => return Err(self.give_up(failed.error, &attempts, decision, method, url)),
            }
        }
    }

    /// The URL of a target, which must be below the API's address: the credential is sent nowhere else.
    fn url(&self, target: &str) -> Result<Url> {
        let base = self.connection.base();
        let below = base.join(target).ok().filter(|url| url.as_str().starts_with(base.as_str()));
        let url = below.ok_or_else(|| {
            let target = shown_url(target, self.connection.secrets());
            Error::new(ErrorKind::Internal, format!("\"{target}\" is no path of {base}"))
        })?;
        let length = url.as_str().len();
        if length <= LONGEST_URL {
            return Ok(url);
        }
        let message = format!("the URL to read \"{}\" is too long to be sent", self.entity.name);
        let shown = shown_url(&url[Position::BeforePath..], self.connection.secrets());
        Err(Error::new(ErrorKind::TooLarge, message)
            .with_detail(format!("It is {length} bytes long, and {LONGEST_URL} can be sent: {shown}"))
            .with_hint(
                "Compare with a shorter value. If a cursor of the API is that long, use another kind of paging.",
            ))
    }

    /// The credential of requests, and, for a fetched token, the scopes granted with it.
    pub(crate) async fn token(&self) -> Result<(Option<Secret>, Option<Vec<String>>)> {
        let authorization = self.authorization(None).await?;
        Ok((authorization.secrets.into_iter().next(), authorization.scopes))
    }

    /// The credential to send, which is not the refused token.
    pub(super) async fn authorization(&self, refused: Option<u64>) -> Result<Authorization> {
        let login = match (self.connection.authentication(), &self.session.login) {
            (Authentication::Fixed(authorization), _) => return Ok(authorization.clone()),
            (Authentication::Login(_), Some(login)) => login,
            (Authentication::Login(_), None) => {
                return Err(Error::new(ErrorKind::Internal, "a connection with a login has no place for its token"));
            }
        };
        let context = LoginContext { client: self.client, limits: self.limits, counters: self.counters };
        let token = self.counters.wait_in(Phase::Login, login.token(refused, context)).await?;
        let Token { id, secret, scopes, .. } = token;
        Ok(Authorization {
            header: Some((AUTHORIZATION, bearer(&secret)?)),
            parameter: None,
            secrets: vec![secret],
            id: Some(id),
            scopes: Some(scopes).filter(|scopes| !scopes.is_empty()),
        })
    }

    /// One attempt, which fails after the option `request_timeout`.
    async fn attempt_in_time(
        &self,
        group: &str,
        permit: &Permit,
        authorization: &Authorization,
        method: Method<'_>,
        url: &Url,
        accepted: AcceptedStatus,
    ) -> Result<Result<Answer, FailedAttempt>> {
        self.counters.counts.requests.fetch_add(1, Ordering::Relaxed);
        let _in_phase = self.counters.enter(Phase::Http);
        let attempted = self.attempt(group, permit, authorization, method, url, accepted);
        let attempted = match tokio::time::timeout(self.limits.request_timeout, attempted).await {
            Ok(attempted) => attempted,
            Err(_) => Err(self.timed_out()),
        };
        match &attempted {
            Ok(_) => tracing::debug!("answered"),
            Err(_) => self.session.limiter.fail(permit).await?,
        }
        Ok(attempted)
    }

    /// Waits for the rate limit: before the first attempt at most `retry_timeout`, later at most the rest of that
    /// time.
    async fn wait_for_allowance(
        &self,
        group: &str,
        attempts: &mut Attempts<'_>,
    ) -> Result<Result<Permit, NotAdmitted>> {
        let asked = Instant::now();
        let admission = self.session.limiter.admit(group, &self.limits.rate_limit, attempts.time_left());
        let admitted = self.counters.wait_in(Phase::RateLimit, admission).await?;
        let waited = asked.elapsed();
        if waited > NOTABLE_WAIT {
            tracing::info!(bucket = group, waited_ms = waited.as_millis(), "waited for the rate limit");
        }
        attempts.start(if admitted.is_ok() { Instant::now() } else { asked });
        Ok(admitted)
    }

    async fn attempt(
        &self,
        group: &str,
        permit: &Permit,
        authorization: &Authorization,
        method: Method<'_>,
        url: &Url,
        accepted: AcceptedStatus,
    ) -> Result<Answer, FailedAttempt> {
        let sent = authorization.secrets.as_slice();
        let url = match (&authorization.parameter, sent.first()) {
            (Some(name), Some(secret)) => with_credential(url, name, secret),
            _ => url.clone(),
        };
        let request = match method {
            Method::Get => self.client.get(url),
            Method::Post(json) => self
                .client
                .post(url)
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(json.to_owned()),
        };
        let headers = request_headers(self.connection, self.entity, authorization)
            .map_err(|error| FailedAttempt::new(Failure::Lasting, error))?;
        let sending = request.headers(headers).send().await;
        let mut response = sending.map_err(|error| self.no_answer(&error.without_url(), sent))?;
        let status = response.status();
        let is_limited = is_rate_limited(status, response.headers());
        if let Some(date) = date(response.headers()) {
            self.counters.answered_at(date);
        }
        self.learn(group, permit, response.headers(), is_limited).await?;
        let headers = std::mem::take(response.headers_mut());
        let body = self.body(response, status, sent).await?;
        self.counters.counts.answered(if is_limited { 429 } else { status.as_u16() });

        if is_page(status) || (matches!(method, Method::Post(_)) && status.is_success() && !body.is_empty()) {
            if let Some(failed) = self.asks_to_wait(&headers, &body, accepted, sent)? {
                self.learn(group, permit, &headers, true).await?;
                return Err(failed);
            }
            return self.page(&headers, body, sent).map(Answer::Page);
        }
        if matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT) {
            return Ok(Answer::NoContent);
        }
        let (api, code) = (self.connection.api(), status.as_u16());
        let said = || self.quote(&api.error_message(&body).unwrap_or_default(), sent);
        match accepted {
            AcceptedStatus::Absent if api.is_absent(code, &body, self.entity) => Ok(Answer::Absent),
            AcceptedStatus::TooSlow if api.is_too_slow(code, &body) => Ok(Answer::TooSlow),
            AcceptedStatus::PageCap | AcceptedStatus::Invalid
                if self.entity.list_may_be_absent() && api.is_absent(code, &body, self.entity) =>
            {
                Ok(Answer::Absent)
            }
            AcceptedStatus::PageCap if api.is_page_cap(code, &body) => Ok(Answer::PageCap(said())),
            AcceptedStatus::Invalid if matches!(code, 400 | 422) => Ok(Answer::PageCap(said())),
            AcceptedStatus::Refused(is_refused) if is_refused(code, &body) => Ok(Answer::Refused(said())),
            _ => Err(self.refused(status, &headers, &body, sent)),
        }
    }

    /// Passes the rate limit headers of an answer to the rate limiter.
    async fn learn(
        &self,
        group: &str,
        permit: &Permit,
        headers: &HeaderMap,
        is_limited: bool,
    ) -> Result<(), FailedAttempt> {
        let refused = is_limited.then(|| wait_asked(headers, SystemTime::now()));
        let said = read_rate_headers(headers);
        let learned = self.session.limiter.learn(group, permit, &self.limits.rate_limit, &said, refused).await;
        learned.map_err(|error| FailedAttempt::new(Failure::Lasting, error))
    }

    /// The whole body, without a byte order mark.
    async fn body(
        &self,
        mut response: Response,
        status: StatusCode,
        sent: &[Secret],
    ) -> Result<Vec<u8>, FailedAttempt> {
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
                // An error status is reported even if its body never arrives.
                Err(_) if !status.is_success() => break,
                Err(error) => return Err(self.no_answer(&error, sent)),
            }
        }
        remove_byte_order_mark(&mut body);
        Ok(body)
    }

    fn page(&self, headers: &HeaderMap, body: Vec<u8>, sent: &[Secret]) -> Result<Received, FailedAttempt> {
        if let Some(why) = unreadable(headers, &body, |media| is_accepted(self.connection, self.entity, media)) {
            let (text, name) = why.describe();
            let name = shorten(&self.quote(name, sent), LONGEST_NAME);
            let message = format!("the answer for \"{}\" {text}{name}", self.entity.name);
            let error = Error::new(ErrorKind::Protocol, message).with_hint(why.hint());
            return Err(FailedAttempt::new(Failure::Lasting, error));
        }
        let date = date(headers).and_then(|date| i64::try_from(date).ok());
        Ok(Received { next_link: self.next_link(headers)?, body, date })
    }

    /// A failure for a 200 with `Retry-After`, unless it has rows. An API may send the header with every answer: if the
    /// answer stays the same in every attempt, it is accepted.
    fn asks_to_wait(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        accepted: AcceptedStatus,
        sent: &[Secret],
    ) -> Result<Option<FailedAttempt>, FailedAttempt> {
        let Some(wait) = retry_after(headers, SystemTime::now()).filter(|wait| !wait.is_zero()) else {
            return Ok(None);
        };
        if has_rows(body, self.entity.is_document() || matches!(accepted, AcceptedStatus::Absent)) {
            return Ok(None);
        }
        let said = self.connection.api().error_message(body);
        let name = self.entity.name;
        let message = format!("could not read \"{name}\": {} answered 200 OK and asks to wait", self.title());
        let error = self.with_api_message(Error::new(ErrorKind::RateLimited, message), said.as_deref(), sent);
        let failed = FailedAttempt::new(Failure::RateLimited { wait: Some(wait) }, error);
        if said.is_some() {
            return Ok(Some(failed));
        }
        let answer = self.page(headers, body.to_vec(), sent).ok().map(Answer::Page);
        Ok(Some(FailedAttempt { answer, ..failed.with_fingerprint(body) }))
    }

    fn check_size(&self, size: u64) -> Result<(), FailedAttempt> {
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
        Err(FailedAttempt::new(Failure::Lasting, error))
    }

    /// The target of the header `Link` with the relation `next`. If the list is not paged by it, a header that is not
    /// valid is ignored.
    fn next_link(&self, headers: &HeaderMap) -> Result<Option<String>, FailedAttempt> {
        let values = headers.get_all(LINK).iter().map(|value| value.to_str().ok());
        let what = match next_address(values) {
            Ok(next) => return Ok(next),
            Err(what) => what,
        };
        if !matches!(self.entity.paging, Paging::Checkpoint(Checkpoint { next: NextPage::Header, .. })) {
            return Ok(None);
        }
        let message = format!("the answer for \"{}\" is not what the API declares: {what}", self.entity.name);
        Err(FailedAttempt::new(Failure::Lasting, Error::new(ErrorKind::Protocol, message)))
    }

    /// The failed attempt for an answer with an error status.
    fn refused(&self, status: StatusCode, headers: &HeaderMap, body: &[u8], sent: &[Secret]) -> FailedAttempt {
        let (api, entity, code) = (self.connection.api(), self.entity, status.as_u16());
        let wait = wait_asked(headers, SystemTime::now());
        let is_limited = is_rate_limited(status, headers);
        let (kind, hint) = match status_error(status) {
            _ if is_limited => (ErrorKind::RateLimited, None),
            (kind, None) if code == 403 && !entity.scopes.is_empty() => {
                (kind, Some(format!("The token needs one of the scopes: {}.", entity.scopes.join(", "))))
            }
            (kind, hint) => (kind, hint.map(str::to_owned)),
        };
        let reason = status.canonical_reason().unwrap_or("unknown status");
        let message = format!("could not read \"{}\": {} answered {code} {reason}", entity.name, api.title());
        let mut error = self.with_api_message(Error::new(kind, message), api.error_message(body).as_deref(), sent);
        // A refusal by the rate limit is not about permissions, even if its status usually is.
        let own = if is_limited && code != 429 { None } else { api.error_hint(code, body, entity) };
        if let Some(hint) = own.or(hint) {
            error = error.with_hint(hint);
        }
        match code {
            _ if is_limited => FailedAttempt::new(Failure::RateLimited { wait }, error),
            500 => FailedAttempt::new(Failure::Status { code, wait }, error).with_fingerprint(body),
            _ => FailedAttempt::new(Failure::Status { code, wait }, error),
        }
    }

    /// Adds the API's message to an error.
    fn with_api_message(&self, error: Error, said: Option<&str>, sent: &[Secret]) -> Error {
        match said {
            Some(said) => error.with_detail(format!("{} says: {}", sentence(self.title()), self.quote(said, sent))),
            None => error,
        }
    }

    /// The failed attempt for a missing or incomplete answer.
    fn no_answer(&self, error: &reqwest::Error, sent: &[Secret]) -> FailedAttempt {
        self.counters.counts.unanswered.fetch_add(1, Ordering::Relaxed);
        let (title, name) = (self.title(), self.entity.name);
        let why = TransportError::new(error, self.limits);
        let error = Error::new(why.kind, format!("could not read \"{name}\" from {title}: {}", why.what));
        let error = why.explain(error, &self.connection.origin(), &self.quote(&why.cause, sent));
        let failed = FailedAttempt::new(why.failure, error);
        if why.failure == Failure::Undecodable { failed.with_fingerprint(why.cause.as_bytes()) } else { failed }
    }

    fn timed_out(&self) -> FailedAttempt {
        self.counters.counts.unanswered.fetch_add(1, Ordering::Relaxed);
        let (title, name) = (self.title(), self.entity.name);
        let error = Error::new(ErrorKind::Broken, format!("could not read \"{name}\" from {title}: timed out"))
            .with_detail(format!("The option request_timeout allows {} ms.", self.limits.request_timeout.as_millis()));
        FailedAttempt::new(Failure::Timeout, error)
    }

    /// Adds the request, and the number of attempts, to the last attempt's error.
    fn give_up(
        &self,
        error: Error,
        attempts: &Attempts<'_>,
        decision: Decision,
        method: Method<'_>,
        url: &Url,
    ) -> Error {
        // The address may come from the API, and may contain a secret.
        let shown = shown_url(&url[Position::BeforePath..], self.connection.secrets());
        let before = error.detail().map(|detail| format!("{detail} – ")).unwrap_or_default();
        let detail = format!("{before}{} {shown}{}", method.name(), attempts.summary(decision));
        let hint = error.hint().map(|hint| shorten(hint, LONGEST_HINT));
        let error = error.with_detail(shorten(&detail, LONGEST_DETAIL));
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    fn title(&self) -> &'static str {
        self.connection.api().title()
    }
}

/// The header `Date`, in milliseconds since 1970.
fn date(headers: &HeaderMap) -> Option<u64> {
    let since_1970 = server_time(headers)?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    u64::try_from(since_1970.as_millis()).ok()
}
