//! One rate limiter per API for all sessions of a server: it admits every request before it is sent.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::bucket::{Admission, Bucket, RateHeaders, RateLimitRules, WaiterId};
use super::buckets::{Buckets, Ticket};
use super::process::is_alive;
use super::state::{Record, SharedState, digest, now};
use crate::error::Result;

/// The longest sleep of a waiting request, in seconds: others may have left the queue.
const LONGEST_SLEEP: f64 = 0.25;
/// Every session may send a request at this interval, in seconds, whatever the shared state says: wrong shared state
/// cannot block an API forever.
const TRY_AGAIN: f64 = 60.0;
/// The most origins with a record of their rate limits.
const MOST_ORIGINS: usize = 200;

/// The sleep, in seconds, while the first request probes the limit and the others wait for its answer.
const PROBE_SLEEP: f64 = 0.01;

/// The known state of a bucket, for users.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketState {
    /// The API's origin.
    pub origin: String,
    /// The group of endpoints, or [`WHOLE_API`](crate::model::WHOLE_API) if several groups share the bucket.
    pub name: String,
    /// The number of requests in a full bucket; `None` if the API states no limit.
    pub limit: Option<f64>,
    /// The number of requests in it now, without those in flight.
    pub remaining: Option<f64>,
    /// The number of requests added per second, as measured.
    pub rate: Option<f64>,
    /// The time for which the API still refuses requests.
    pub refused_for: Option<Duration>,
    /// The number of waiting requests of all sessions.
    pub waiting: usize,
}

/// The rate limiter of one API.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    origin: String,
    buckets: Record<Buckets>,
    /// One lock per group: the requests of this process enter the queue of all sessions one by one.
    gates: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// The time at which this session last sent a request of a group, or first had to wait.
    tried: Mutex<HashMap<String, f64>>,
}

/// The number of the next request of this process.
static TURNS: AtomicU64 = AtomicU64::new(0);

/// The right to send one request.
#[derive(Debug)]
pub(crate) struct Permit(Ticket);

/// The reason why a request was not admitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum NotAdmitted {
    /// Its time is over, and it would have to wait this much longer.
    RateLimited(Duration),
    /// Its time is over, and the first request to the API has no answer yet.
    NoAnswerYet,
    /// The first request to the API, for which it waited, failed without an answer.
    NoAnswer,
}

impl RateLimiter {
    /// The rate limiter of the API at an origin.
    pub(crate) fn new(folder: Option<&SharedState>, origin: &str) -> Self {
        let name = format!("{PREFIX}{}", digest([origin.as_bytes()]));
        if let Some(folder) = folder {
            folder.make_room(PREFIX, &name, MOST_ORIGINS - 1);
        }
        RateLimiter {
            origin: origin.to_owned(),
            buckets: Record::new(folder, &name),
            gates: Mutex::default(),
            tried: Mutex::default(),
        }
    }

    fn gate(&self, group: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(group.to_owned()).or_default())
    }

    /// True if this session has waited so long that it may send a request whatever the shared state says.
    fn may_try(&self, group: &str, now: f64) -> bool {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        now - *tried.entry(group.to_owned()).or_insert(now) >= TRY_AGAIN
    }

    fn note_try(&self, group: &str, now: f64) {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).insert(group.to_owned(), now);
    }

    /// Waits for a permit from the bucket of a group of endpoints, for at most `patience`. The wait for
    /// other requests of this process does not count: they are admitted as fast as possible.
    ///
    /// # Errors
    /// The errors of [`Record::update`].
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
            // While the answer of a probe is pending, no request is refused yet.
            let is_over = now >= deadline || stated_until.is_some_and(|until| until > deadline);
            if !is_probing && is_over {
                return Ok(Err(NotAdmitted::RateLimited(seconds(stated_until.unwrap_or(until) - now))));
            }
            let longest = if is_probing { PROBE_SLEEP } else { LONGEST_SLEEP };
            tokio::time::sleep(seconds((until - now).clamp(0.001, longest))).await;
        }
    }

    /// Records that an admitted request got no answer.
    ///
    /// # Errors
    /// The errors of [`Record::update`].
    pub(crate) async fn fail(&self, permit: &Permit) -> Result<()> {
        // Other requests wait only for the first requests to an API.
        if self.buckets.get().is_known() {
            return Ok(());
        }
        self.buckets.update(|buckets| buckets.fail(permit.0, now())).await
    }

    /// Learns from the headers of an answer; `refused` is the wait that a refusal asks for.
    ///
    /// # Errors
    /// The errors of [`Record::update`].
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

    /// The known state of the bucket of a group of endpoints; `None` before its first answer.
    pub(crate) fn state(&self, group: &str) -> Option<BucketState> {
        let buckets = self.buckets.get();
        let (name, bucket) = buckets.of(group)?;
        Some(state(&buckets.origin, name, bucket, now()))
    }
}

/// The prefix of the records' names.
const PREFIX: &str = "rate-limit-";

/// The known states of the rate limits of all APIs.
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

/// A place in the queue of all sessions. It is released when the request is dropped, so that no other waits behind it.
struct Place<'a> {
    limiter: &'a RateLimiter,
    id: WaiterId,
    is_queued: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_queued {
            // If the record is locked, the place expires by itself.
            let _ = self.limiter.buckets.try_update(|buckets| buckets.leave(self.id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_session_may_try_once_a_minute() {
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
