//! The parsers of external input, as the fuzz targets call them.

use std::time::{Duration, SystemTime};

use fdw_common::error::{Error, Result};
use fdw_common::model::{Entity, Job, Lookup, Rows};
use fdw_common::plan::BoundValues;
use fdw_common::rest::parsers::{
    Admission, AnotherFile, Bucket, ClientCredentials, Decision, Decoder, Failure, File, FilePosition, Login, WaiterId,
    as_array, bearer, next_address, quote, read_rate_headers, wait_asked,
};
use fdw_common::rest::{Batch, Projection, RateLimitRules, RetryPolicy};
use fdw_common::secret::Secret;
use fdw_common::source::{Api, ClientAuthentication, TokenEndpoint};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

/// A decoded answer.
#[derive(Debug)]
pub struct Page {
    /// Its rows.
    pub batch: Batch,
    /// Its claims of the total, the offset and the page size.
    pub numbers: [Option<u64>; 3],
    /// The cursor of the next page.
    pub cursor: Option<String>,
}

/// Decodes an answer of an entity's list.
///
/// # Errors
/// The errors of the decoder.
pub fn page(entity: &'static Entity, projection: &Projection, given: &BoundValues, body: Vec<u8>) -> Result<Page> {
    let page = Decoder { entity, projection, given }.page(entity.rows, body)?;
    let claims = page.claims;
    Ok(Page { batch: page.rows, numbers: [claims.total, claims.start, claims.limit], cursor: claims.next })
}

/// Decodes the answer of a lookup: one row, or an array of rows.
///
/// # Errors
/// The errors of the decoder.
pub fn lookup(entity: &'static Entity, projection: &Projection, one: bool, body: Vec<u8>) -> Result<Batch> {
    let lookup = if one { Lookup::row("things") } else { Lookup::array("things") };
    Decoder { entity, projection, given: &BoundValues::new() }.lookup(&lookup, body)
}

/// The address of the next page in the headers `Link` of an answer.
///
/// # Errors
/// A description of the error in the headers.
pub fn next_link(values: &[&[u8]]) -> Result<Option<String>, &'static str> {
    next_address(values.iter().map(|value| std::str::from_utf8(value).ok()))
}

/// The job in an answer.
pub fn job(entity: &'static Entity, body: &[u8]) -> Option<Job> {
    entity.export.and_then(|export| (export.read)(body))
}

/// The lines of an exported file that arrives in pieces of this size.
///
/// # Errors
/// The reason why the file is not complete.
pub fn unpack(bytes: &[u8], size: usize, least: usize) -> Result<Vec<Vec<u8>>, String> {
    let mut file = File::default();
    let mut batches = Vec::new();
    for piece in bytes.chunks(size) {
        file.add(piece)?;
        batches.extend(file.lines(least));
    }
    file.end()?;
    batches.extend(file.lines(0));
    Ok(batches)
}

/// Decodes complete lines of an exported file.
///
/// # Errors
/// The errors of the decoder.
pub fn lines(entity: &'static Entity, projection: &Projection, lines: Vec<u8>) -> Result<Batch> {
    Decoder { entity, projection, given: &BoundValues::new() }.page(Rows::Array, as_array(lines)).map(|page| page.rows)
}

/// Repeated downloads of a file, which emit each line once.
#[derive(Default)]
pub struct Downloads(FilePosition);

impl Downloads {
    /// Starts a download.
    pub fn begin(&mut self) {
        self.0.begin();
    }

    /// Emits the new lines among the next complete lines.
    ///
    /// # Errors
    /// If the file differs from the previous download.
    pub fn emit(&mut self, lines: Vec<u8>) -> Result<Option<Vec<u8>>, String> {
        let new = self.0.pass(lines).map_err(|AnotherFile| "it is another file".to_owned())?;
        if new.is_some() {
            self.0.take();
        }
        Ok(new)
    }
}

/// Reads the answer of a token endpoint to a client with this secret: the token, its scopes, and the seconds until it
/// is renewed and until it expires.
///
/// # Errors
/// The error for the answer.
pub fn token(secret: &str, status: u16, body: &[u8]) -> Result<(Secret, Vec<String>, f64, f64)> {
    let login = Login::new(None, credentials(secret));
    if status != 200 {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
        return Err(login.refused(status, false, None, body).error);
    }
    let token = login.read(body, 0.0).map_err(|failed| failed.error)?;
    Ok((token.secret, token.scopes, token.renew_at, token.expires_at))
}

/// An API with the whole body as its error message.
#[derive(Debug)]
struct Repeating;

impl Api for Repeating {
    fn title(&self) -> &'static str {
        "Things"
    }

    fn is_absent(&self, _status: u16, _body: &[u8], _entity: &Entity) -> bool {
        false
    }

    fn error_message(&self, body: &[u8]) -> Option<String> {
        Some(String::from_utf8_lossy(body).into_owned())
    }

    fn error_hint(&self, _status: u16, _body: &[u8], _entity: &Entity) -> Option<String> {
        None
    }

    fn login_hint(&self, _status: u16) -> Option<String> {
        None
    }
}

fn credentials(secret: &str) -> ClientCredentials {
    ClientCredentials {
        client_id: "client".to_owned(),
        client_secret: Secret::from(secret.to_owned()),
        endpoint: TokenEndpoint {
            url: Url::parse("https://api.example/oauth/token").unwrap_or_else(|error| unreachable!("{error}")),
            audience: None,
            scope: None,
            client: ClientAuthentication::Form,
        },
        owner: String::new(),
        api: &Repeating,
    }
}

/// Checks that a token can be sent.
///
/// # Errors
/// The reason why it cannot be sent.
pub fn sendable(token: &Secret) -> Result<(), Error> {
    bearer(token).map(drop)
}

/// Quotes a text of the other side for an error text.
pub fn quoted(text: &str, secrets: &[&Secret]) -> String {
    quote(text, secrets.iter().copied())
}

/// The headers of an answer; those that HTTP does not allow are omitted.
pub fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &[u8])| {
        Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
    };
    pairs.iter().filter_map(pair).collect()
}

/// The wait that an error answer with these headers asks for.
pub fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    wait_asked(headers, SystemTime::UNIX_EPOCH)
}

/// The pause before a request that got this status and these headers is retried; `None` if it is not retried.
pub fn pause(
    policy: &RetryPolicy,
    code: u16,
    headers: &HeaderMap,
    attempt: u32,
    elapsed: Duration,
) -> Option<Duration> {
    let wait = asked_wait(headers);
    let failure = if code == 429 { Failure::RateLimited { wait } } else { Failure::Status { code, wait } };
    match policy.decide(attempt, elapsed, failure, 0.999) {
        Decision::Retry(pause) => Some(pause),
        Decision::Final | Decision::TooManyRetries | Decision::AlwaysTheSame | Decision::OutOfTime(_) => None,
    }
}

/// A bucket of a rate limit that learns from answers, with a simulated clock.
#[derive(Debug)]
pub struct Tap {
    bucket: Bucket,
    rules: RateLimitRules,
    now: f64,
    number: u64,
}

impl Tap {
    /// An unknown bucket.
    pub fn new(rate: Option<f64>, headroom: f64) -> Self {
        Tap {
            bucket: Bucket::default(),
            rules: RateLimitRules { rate, headroom, longest_block: 60.0 },
            now: 1000.0,
            number: 0,
        }
    }

    /// Advances the clock.
    pub fn pass(&mut self, seconds: f64) {
        self.now += seconds;
    }

    /// The seconds until a request may be sent; `None` if it was sent.
    pub fn admit(&mut self) -> Option<f64> {
        match self.bucket.admit(WaiterId { process: 1, number: 1 }, &self.rules, self.now, |_| true) {
            Admission::Go(number) => {
                self.number = number;
                None
            }
            Admission::Wait { until, .. } => Some(until - self.now),
            // Requests never fail here.
            Admission::ProbeFailed => Some(0.0),
        }
    }

    /// Processes the answer to the last request that was sent.
    pub fn answer(&mut self, headers: &HeaderMap, refused: bool) {
        let said = read_rate_headers(headers);
        if refused {
            let wait = asked_wait(headers).map(|wait| wait.as_secs_f64());
            self.bucket.refuse(&said, wait, &self.rules, self.now);
        } else {
            self.bucket.learn(self.number, &said, &self.rules, 0.1, self.now);
        }
    }

    /// The estimated number of remaining requests.
    pub fn remaining(&self) -> Option<f64> {
        self.bucket.remaining(self.now)
    }
}
