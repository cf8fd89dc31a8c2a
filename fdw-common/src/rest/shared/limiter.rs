//! One rate limiter per API for all sessions of a server: every request is admitted here before it is sent.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::bucket::{Admission, Bucket, RateHeaders, RateLimitRules, WaiterId};
use super::buckets::{Buckets, Ticket};
use super::process::is_alive;
use super::state::{Record, SharedState, digest, now};
use crate::error::Result;

/// Waiters come back at least this often: others may have left.
const LONGEST_SLEEP: f64 = 0.25;
/// Every session sends a request this often, in seconds, whatever is believed of the API: what sessions share
/// cannot shut it.
const TRY_AGAIN: f64 = 60.0;
/// The rate limits of more origins than this are not kept.
const MOST_ORIGINS: usize = 200;

/// While the first request finds out the limit, the others wait for its answer.
const PROBE_SLEEP: f64 = 0.01;

/// What is known of a bucket, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketState {
    /// The API's origin.
    pub origin: String,
    /// The group of endpoints, or [`WHOLE_API`](crate::model::WHOLE_API) when several draw from it.
    pub name: String,
    /// What it holds when it is full; nothing when the API states no limit.
    pub limit: Option<f64>,
    /// What is in it now, requests on their way taken off.
    pub remaining: Option<f64>,
    /// What comes in a second, as far as it was measured.
    pub rate: Option<f64>,
    /// For how much longer the API refuses.
    pub refused_for: Option<Duration>,
    /// How many sessions wait for a request.
    pub waiting: usize,
}

/// The rate limiter of one API.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    origin: String,
    buckets: Record<Buckets>,
    /// The requests of this process go to the queue of all sessions one by one.
    gates: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// When this session last sent a request of a group, or was first kept from it.
    tried: Mutex<HashMap<String, f64>>,
}

/// Tells the requests of this process apart.
static TURNS: AtomicU64 = AtomicU64::new(0);

/// The right to send one request.
#[derive(Debug)]
pub(crate) struct Permit(Ticket);

/// Why a request was not admitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum NotAdmitted {
    /// Its time is over, and this is how long it would still have had to wait.
    RateLimited(Duration),
    /// Its time is over, and the first request to the API has had no answer yet.
    NoAnswerYet,
    /// The first request to the API, for which it waited, got no answer.
    NoAnswer,
}

impl RateLimiter {
    /// The rate limiter of the API at an origin.
    pub(crate) fn new(folder: Option<&SharedState>, origin: &str) -> Self {
        if let Some(folder) = folder {
            folder.keep_newest(PREFIX, MOST_ORIGINS - 1);
        }
        RateLimiter {
            origin: origin.to_owned(),
            buckets: Record::new(folder, &format!("{PREFIX}{}", digest([origin.as_bytes()]))),
            gates: Mutex::default(),
            tried: Mutex::default(),
        }
    }

    fn gate(&self, group: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(group.to_owned()).or_default())
    }

    /// True when this session has been kept from sending for so long that it sends whatever is believed.
    fn may_try(&self, group: &str, now: f64) -> bool {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        now - *tried.entry(group.to_owned()).or_insert(now) >= TRY_AGAIN
    }

    fn note_try(&self, group: &str, now: f64) {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).insert(group.to_owned(), now);
    }

    /// Waits for a request from the bucket of a group of endpoints, for `patience` at most. The time
    /// spent behind this process' own requests does not count: they are served as fast as may be.
    ///
    /// # Errors
    /// Those of [`Record::update`].
    pub(crate) async fn admit(
        &self,
        group: &str,
        rules: &RateLimitRules,
        patience: Duration,
    ) -> Result<Result<Permit, NotAdmitted>> {
        let gate = self.gate(group);
        let _turn = gate.lock().await;
        let id = WaiterId { process: std::process::id(), number: TURNS.fetch_add(1, Ordering::Relaxed) };
        let mut place = Place { limiter: self, id, is_queued: false };
        let deadline = now() + patience.as_secs_f64();
        loop {
            let admitted = self
                .buckets
                .update(|buckets| {
                    if buckets.origin.is_empty() {
                        buckets.origin.clone_from(&self.origin);
                    }
                    let now = now();
                    buckets.admit(group, id, rules, now, (is_alive, || self.may_try(group, now)))
                })
                .await?;
            let (until, stated_until, is_probing) = match admitted {
                (Admission::Go(number), bucket) => {
                    place.is_queued = false;
                    self.note_try(group, now());
                    return Ok(Ok(Permit(Ticket { bucket, number, sent: now() })));
                }
                (Admission::ProbeFailed, _) => {
                    place.is_queued = false;
                    return Ok(Err(NotAdmitted::NoAnswer));
                }
                (Admission::Wait { until, stated_until, is_probing }, _) => (until, stated_until, is_probing),
            };
            place.is_queued = true;
            let now = now();
            if is_probing && now >= deadline {
                return Ok(Err(NotAdmitted::NoAnswerYet));
            }
            // While an answer is on its way that tells more, nothing is refused yet.
            let is_over = now >= deadline || stated_until.is_some_and(|until| until > deadline);
            if !is_probing && is_over {
                return Ok(Err(NotAdmitted::RateLimited(seconds(stated_until.unwrap_or(until) - now))));
            }
            let longest = if is_probing { PROBE_SLEEP } else { LONGEST_SLEEP };
            tokio::time::sleep(seconds((until - now).clamp(0.001, longest))).await;
        }
    }

    /// A request that was admitted got no answer.
    ///
    /// # Errors
    /// Those of [`Record::update`].
    pub(crate) async fn fail(&self, permit: &Permit) -> Result<()> {
        // Only the first requests to an API are waited for.
        if self.buckets.get().is_known() {
            return Ok(());
        }
        self.buckets.update(|buckets| buckets.fail(permit.0, now())).await
    }

    /// Learns from the head of an answer; `refused` is how long a refusal asks to wait.
    ///
    /// # Errors
    /// Those of [`Record::update`].
    pub(crate) async fn learn(
        &self,
        group: &str,
        permit: &Permit,
        rules: &RateLimitRules,
        said: &RateHeaders,
        refused: Option<Option<Duration>>,
    ) -> Result<()> {
        let refused = refused.map(|wait| wait.map(|wait| wait.as_secs_f64()));
        self.buckets.update(|buckets| buckets.learn(group, permit.0, said, refused, rules, now())).await
    }

    /// What is known of the bucket that a group of endpoints draws from; nothing before its first answer.
    pub(crate) fn state(&self, group: &str) -> Option<BucketState> {
        let buckets = self.buckets.get();
        let (name, bucket) = buckets.of(group)?;
        Some(state(&buckets.origin, name, bucket, now()))
    }
}

/// The names of the records begin with this.
const PREFIX: &str = "rate-limit-";

/// What the sessions know of the rate limits of all APIs.
pub fn bucket_states(folder: &SharedState) -> Vec<BucketState> {
    let names = folder.names().into_iter().filter(|name| name.starts_with(PREFIX));
    names.flat_map(|name| states(&Record::<Buckets>::new(Some(folder), &name).get())).collect()
}

fn states(buckets: &Buckets) -> Vec<BucketState> {
    let now = now();
    buckets.named().map(|(name, bucket)| state(&buckets.origin, name, bucket, now)).collect()
}

fn state(origin: &str, name: &str, bucket: &Bucket, now: f64) -> BucketState {
    BucketState {
        origin: origin.to_owned(),
        name: name.to_owned(),
        limit: bucket.limit,
        remaining: bucket.remaining(now),
        rate: bucket.limit.map(|_| bucket.rate),
        refused_for: (bucket.not_before > now).then(|| seconds(bucket.not_before - now)),
        waiting: bucket.waiters(now),
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

/// A place in the queue of all sessions. Given up when the request is dropped, so that nobody waits behind it.
struct Place<'a> {
    limiter: &'a RateLimiter,
    id: WaiterId,
    is_queued: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_queued {
            // If it cannot be done right now, the place lapses by itself.
            let _ = self.limiter.buckets.try_update(|buckets| buckets.leave(self.id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_session_tries_once_a_minute_whatever_is_believed() {
        let limiter = RateLimiter::new(None, "https://api.example");
        for (at, may) in [(100.0, false), (159.0, false), (160.0, true)] {
            assert_eq!(limiter.may_try("api", at), may, "{at}");
        }
        limiter.note_try("api", 160.0);
        for (at, may) in [(161.0, false), (219.0, false), (220.0, true)] {
            assert_eq!(limiter.may_try("api", at), may, "{at}");
        }
    }
}
