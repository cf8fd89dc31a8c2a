//! A model of one token bucket of an API's rate limit, from the API's answers. Pure: time is an argument, in seconds.
//!
//! The bucket is the API's, and other clients take from it too. So every answer's `remaining` overrides the estimate,
//! and no request is sent that would leave less than the headroom in the bucket, which is always left to other
//! clients. The API does not say how fast the bucket fills; the rate is measured between two answers. No lock is held
//! while a request runs: the state has only counts and times, so that a killed process leaves nothing locked.

use serde::{Deserialize, Serialize};

/// A waiter that was not seen for this long has left the queue, in seconds. Waiters check more often than that.
const LAPSE: f64 = 1.0;
/// A waiter that was seen within this time, in seconds, is alive: asking for each one would cost a system call.
const SEEN_LATELY: f64 = 0.3;
/// The time, in seconds, after which another request probes an unknown bucket, if the first probe has no answer.
const PROBE: f64 = 0.5;
/// The time, in seconds, after which a request probes again: the measured rate is too low if others were busy.
const LOOK_AGAIN: f64 = 5.0;
/// The pause, in seconds, after a refusal that does not say how long to wait.
const UNKNOWN_RESET: f64 = 1.0;
/// The shortest pause after a refusal, in seconds, since an immediate retry would be refused again.
const SHORTEST_REFUSAL: f64 = 0.1;
/// The least rate is one request in this time, in seconds: a day, the longest period of Auth0's buckets.
const LONGEST_PERIOD: f64 = 86_400.0;
/// The factor for the estimated rate after a refusal: it was too high, or others are busy.
const AFTER_REFUSAL: f64 = 0.7;
/// The shortest reset, in seconds, that says something about the rate: it is rounded up to a second, and the answer's
/// date is rounded down.
const TELLING_RESET: f64 = 3.0;
/// The longest time over which a rate is measured, in seconds.
const LONGEST_MEASUREMENT: f64 = 10.0;
/// The shortest time over which a rate is measured, in seconds.
const SHORTEST_MEASUREMENT: f64 = 0.2;

/// The rate limit options of a server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimitRules {
    /// The requests per second that the API allows; `None` to learn the rate from the answers.
    pub rate: Option<f64>,
    /// The share that is left to others, from 0 to 1.
    pub headroom: f64,
    /// The longest time, in seconds, for which one answer stops the requests of all sessions: the option
    /// `retry_timeout`.
    pub longest_block: f64,
}

/// The state of a bucket in the headers of one answer.
///
/// Auth0 sends `x-ratelimit-limit`, `-remaining` and `-reset` with every answer; `reset` is the UNIX
/// second in which *one* request is added (docs: rate-limit-use-cases), rounded up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RateHeaders {
    /// The number of requests in a full bucket, more than 0.
    pub limit: Option<f64>,
    /// The number of requests that remain in it, 0 or more.
    pub remaining: Option<f64>,
    /// The seconds until the next request is added, 0 or more.
    pub reset: Option<f64>,
}

/// A bucket's last known state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// An answer has been received.
    known: bool,
    /// The number of requests in a full bucket; `None` if the API states no limit.
    pub(crate) limit: Option<f64>,
    /// The number of requests in it at the time `at`, without those in flight.
    level: f64,
    at: f64,
    /// The number of requests added per second.
    pub(crate) rate: f64,
    is_measured: bool,
    since: Option<Sample>,
    latest: Option<Sample>,
    /// The limit as the API last stated it.
    stated_limit: Option<f64>,
    /// The answer that later ones are compared with, to check that they are about this bucket.
    witness: Option<Witness>,
    /// Requests admitted so far.
    sent: u64,
    /// The number of the request with the last answer that was used.
    learned: u64,
    /// The time before which no request is sent.
    pub(crate) not_before: f64,
    /// The time at which the API says a request is available again, which may be later.
    stated_until: f64,
    /// The time from which one request may probe, whatever the estimate is.
    look_at: f64,
    /// The time until which one request is probing.
    probing_until: f64,
    /// The time at which a probe failed without an answer.
    probe_failed_at: f64,
    /// The number of requests available by the rate of the options, at the time `at_own`.
    own: f64,
    at_own: f64,
    waiting: Vec<Waiter>,
}

/// An answer that a measurement starts from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Sample {
    /// The estimated time at which the API counted it.
    at: f64,
    remaining: f64,
    number: u64,
    /// The bucket may have been full since then, so the API may have discarded requests.
    was_full: bool,
}

/// The answer that later ones of the same bucket are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Witness {
    remaining: f64,
    sent: f64,
    answered: f64,
}

/// The id of a request that waits for the rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WaiterId {
    /// Its process.
    pub process: u32,
    /// Its number in the process.
    pub number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Waiter {
    id: WaiterId,
    /// The time at which it entered the queue.
    since: f64,
    seen: f64,
}

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Admission {
    /// Yes, with this number.
    Go(u64),
    /// Not yet.
    Wait {
        /// The time to ask again.
        until: f64,
        /// The time until which the API itself refuses requests.
        stated_until: Option<f64>,
        /// Another request is probing.
        is_probing: bool,
    },
    /// Another request was probing, and failed without an answer.
    ProbeFailed,
}

impl Bucket {
    /// Takes one request for `id`, or puts it into the queue. `is_alive` says whether a process is running.
    pub fn admit(
        &mut self,
        id: WaiterId,
        rules: &RateLimitRules,
        now: f64,
        is_alive: impl Fn(u32) -> bool,
    ) -> Admission {
        self.waiting.retain(|waiter| {
            let unseen = now - waiter.seen;
            waiter.id == id || unseen < SEEN_LATELY || (unseen < LAPSE && is_alive(waiter.id.process))
        });
        if !self.known && self.waiting.iter().any(|waiter| waiter.id == id && waiter.since < self.probe_failed_at) {
            self.leave(id);
            return Admission::ProbeFailed;
        }
        let ahead = self.waiting.iter().position(|waiter| waiter.id == id).unwrap_or(self.waiting.len());
        let is_probing = rules.rate.is_none() && !self.known && now < self.probing_until;
        let ready = self.ready(rules, now, ahead);
        // The session that wrote it may have had a longer `retry_timeout`, or the record may be damaged.
        self.not_before = self.not_before.min(now + rules.longest_block);
        let blocked = self.not_before > now;
        if !blocked && !is_probing && ready <= now + 1e-6 {
            self.waiting.retain(|waiter| waiter.id != id);
            self.take(rules, now);
            return Admission::Go(self.sent);
        }
        match self.waiting.get_mut(ahead) {
            Some(waiter) => waiter.seen = now,
            None => self.waiting.push(Waiter { id, since: now, seen: now }),
        }
        let until = ready.max(self.not_before).max(if is_probing { self.probing_until } else { now });
        Admission::Wait { until, stated_until: blocked.then_some(self.stated_until.max(self.not_before)), is_probing }
    }

    /// Takes one request for `id` although the API probably refuses it, and returns its number.
    pub(crate) fn admit_blocked(&mut self, id: WaiterId, rules: &RateLimitRules, now: f64) -> u64 {
        self.leave(id);
        self.take(rules, now);
        self.sent
    }

    /// Counts a request that was attributed to another bucket, and returns its number.
    pub(crate) fn count(&mut self, rules: &RateLimitRules, now: f64) -> u64 {
        self.take(rules, now);
        self.sent
    }

    /// Records that a request got no answer. While the bucket is unknown, the waiting requests fail too, and the next may
    /// be sent.
    pub(crate) fn fail(&mut self, now: f64) {
        if !self.known {
            (self.probe_failed_at, self.probing_until) = (now, now);
        }
    }

    /// True if an answer has been received.
    pub(crate) fn is_known(&self) -> bool {
        self.known
    }

    /// True if an answer states the same limit as the bucket's last one.
    pub(crate) fn has_limit(&self, said: &RateHeaders) -> bool {
        self.stated_limit.is_some() && self.stated_limit == said.limit
    }

    /// False if the answer to a request sent at `sent` cannot be about this bucket: it states another limit, or more
    /// remaining requests than can have been added since an earlier answer.
    pub(crate) fn can_have_said(&self, said: &RateHeaders, sent: f64, now: f64) -> bool {
        if said.limit.is_some() && self.stated_limit.is_some() && !self.has_limit(said) {
            return false;
        }
        let (Some(limit), Some(remaining)) = (self.limit, said.remaining) else { return true };
        // A request that was sent before the earlier answer may have been counted before it.
        let Some(witness) = self.witness.filter(|witness| witness.answered <= sent) else { return true };
        // The measured rate may be too low while others are busy, but no bucket of Auth0 fills in less than a second.
        // `remaining` is rounded down by less than one request, and this request took one.
        remaining <= witness.remaining + limit * (now - witness.sent)
    }

    /// Takes `id` out of the queue.
    pub(crate) fn leave(&mut self, id: WaiterId) {
        self.waiting.retain(|waiter| waiter.id != id);
    }

    /// The time at which a request is available for a waiter with `ahead` others before it.
    fn ready(&self, rules: &RateLimitRules, now: f64, ahead: usize) -> f64 {
        let ahead = ahead as f64;
        let mut ready = now;
        if let Some(pace) = Pace::of(rules, self.limit) {
            ready = ready.max(now + pace.wait(self.own_at(&pace, now), 1.0 + ahead));
        }
        if let Some(limit) = self.limit {
            let needed = reserve(limit, rules.headroom) + 1.0 + ahead;
            let missing = needed - self.level_at(limit, now);
            if missing > 0.0 {
                let reckoned = now + missing / self.rate;
                // Only the first waiter may probe, for all of them.
                ready = ready.max(if ahead == 0.0 { reckoned.min(self.look_at.max(now)) } else { reckoned });
            }
        }
        ready
    }

    fn take(&mut self, rules: &RateLimitRules, now: f64) {
        if let Some(limit) = self.limit {
            self.level = self.level_at(limit, now) - 1.0;
            self.at = self.at.max(now);
        }
        if let Some(pace) = Pace::of(rules, self.limit) {
            self.own = self.own_at(&pace, now) - 1.0;
            self.at_own = now;
        }
        self.sent += 1;
        self.probing_until = now + PROBE;
        self.look_at = self.look_at.max(now + LOOK_AGAIN.min(rules.longest_block));
    }

    fn level_at(&self, limit: f64, now: f64) -> f64 {
        (self.level + (now - self.at).max(0.0) * self.rate).min(limit)
    }

    fn own_at(&self, pace: &Pace, now: f64) -> f64 {
        if self.at_own == 0.0 {
            return pace.most;
        }
        (self.own + (now - self.at_own).max(0.0) * pace.rate).min(pace.most)
    }

    /// The estimated number of requests in the bucket now.
    pub fn remaining(&self, now: f64) -> Option<f64> {
        Some(self.level_at(self.limit?, now))
    }

    /// The number of waiting requests.
    pub(crate) fn waiters(&self, now: f64) -> usize {
        self.waiting.iter().filter(|waiter| now - waiter.seen < LAPSE).count()
    }

    /// Learns from the answer to request `number`, which took `elapsed` seconds.
    pub fn learn(&mut self, number: u64, said: &RateHeaders, rules: &RateLimitRules, elapsed: f64, now: f64) {
        let first = !std::mem::replace(&mut self.known, true);
        // The record may have been lost since the request was sent, so that numbers started again.
        let number = number.min(self.sent);
        // An answer that arrives after a later request's answer has nothing new.
        let Some(remaining) = said.remaining.filter(|_| first || number > self.learned) else { return };
        self.learned = number;
        let limit = said.limit.or(self.limit).unwrap_or(0.0).max(remaining + 1.0);
        if self.limit.is_none() {
            self.rate = rules.rate.unwrap_or(assumed_rate(limit));
            (self.level, self.at) = (remaining, now);
        }
        self.limit = Some(limit);
        self.stated_limit = said.limit;
        let sent = now - elapsed;
        if self.witness.is_none_or(|witness| witness.answered <= sent) {
            self.witness = Some(Witness { remaining, sent, answered: now });
        }
        self.measure(Sample { at: now - elapsed / 2.0, remaining, number, was_full: remaining >= limit - 1.0 }, limit);

        let reserve = reserve(limit, rules.headroom);
        // `remaining` does not include the requests sent since, nor those added since.
        let since = self.sent.saturating_sub(number) as f64;
        let level = remaining - since + self.rate * elapsed / 2.0;
        let reckoned = self.level_at(limit, now);
        // A lower level is adopted at once, a higher one by half, since answers may arrive out of order.
        self.level = if level < reckoned { level } else { f64::midpoint(level, reckoned) };
        self.at = now;
        self.look_at = now + LOOK_AGAIN.min(rules.longest_block);
        if let Some(reset) = said.reset.filter(|reset| *reset >= TELLING_RESET) {
            self.rate = self.rate.min(1.0 / (reset - 2.0));
            if remaining < reserve + 1.0 {
                self.block(reset - 1.0, rules, now);
            }
        }
    }

    /// Stops all requests for a number of seconds.
    fn block(&mut self, seconds: f64, rules: &RateLimitRules, now: f64) {
        self.stated_until = self.stated_until.max(now + seconds);
        self.not_before = self.not_before.max(now + seconds.min(rules.longest_block));
    }

    /// Learns that the rate limit refused a request, and the wait in seconds.
    pub fn refuse(&mut self, said: &RateHeaders, wait: Option<f64>, rules: &RateLimitRules, now: f64) {
        self.known = true;
        self.block(wait.unwrap_or(UNKNOWN_RESET).max(SHORTEST_REFUSAL), rules, now);
        (self.since, self.latest, self.witness) = (None, None, None);
        if let Some(limit) = said.limit.or(self.limit) {
            self.rate = if self.limit.is_none() { assumed_rate(limit) } else { self.rate * AFTER_REFUSAL };
            self.limit = Some(limit);
            self.stated_limit = said.limit.or(self.stated_limit);
            // One request is added at that time, and is available for the probe.
            (self.level, self.at) = (0.0, self.not_before);
            self.look_at = self.not_before;
            if let Some(reset) = said.reset.filter(|reset| *reset >= TELLING_RESET) {
                self.rate = self.rate.min(1.0 / (reset - 2.0));
            }
        }
    }

    fn measure(&mut self, sample: Sample, limit: f64) {
        let latest = self.latest.replace(sample);
        let (Some(since), Some(latest)) = (&mut self.since, latest) else {
            self.since = Some(sample);
            return;
        };
        // The bucket may have been full between two answers.
        let unseen = latest.remaining + (sample.at - latest.at) * self.rate >= limit + 1.0;
        since.was_full |= sample.was_full || unseen;
        let passed = sample.at - since.at;
        let came = sample.remaining - since.remaining + sample.number.saturating_sub(since.number) as f64;
        let enough = if self.is_measured { 8.0 } else { 2.0 };
        if passed < SHORTEST_MEASUREMENT || (came < enough && passed < LONGEST_MEASUREMENT && !sample.was_full) {
            return;
        }
        let measured = came / passed;
        if since.was_full {
            // The API may have discarded requests: the rate is raised until the bucket is no longer full.
            let grown = if sample.was_full { (self.rate * 1.5).min(limit) } else { self.rate };
            self.rate = self.rate.max(measured).max(grown);
        } else if measured > 0.0 {
            self.rate = if self.is_measured { f64::midpoint(self.rate, measured) } else { measured };
            self.is_measured = true;
        } else {
            self.rate /= 2.0;
        }
        self.rate = self.rate.max(1.0 / LONGEST_PERIOD);
        self.since = Some(sample);
    }
}

/// The assumed rate, in requests per second, of a bucket that has not been measured. A rate that is too high would take
/// the share of others. Most of Auth0's buckets fill in 5 to 12 seconds, the smallest one, of the free plan, in one
/// (docs: rate-limit-configurations).
fn assumed_rate(limit: f64) -> f64 {
    if limit < 5.0 { limit / 2.0 } else { limit / 4.0 }
}

/// The number of requests left in a bucket for others: the headroom's share, rounded up, but never the whole bucket.
fn reserve(limit: f64, headroom: f64) -> f64 {
    (limit * headroom).ceil().min(limit - 1.0).max(0.0)
}

/// Our own share of the rate from the options.
struct Pace {
    rate: f64,
    /// The most requests that may be sent at once after a pause.
    most: f64,
}

impl Pace {
    fn of(rules: &RateLimitRules, limit: Option<f64>) -> Option<Self> {
        let rate = rules.rate?;
        let share = 1.0 - rules.headroom;
        // Without a stated limit, the requests of one second.
        let most = (limit.unwrap_or(rate) * share).max(1.0);
        Some(Pace { rate: (rate * share).max(1.0 / LONGEST_PERIOD), most })
    }

    /// The seconds until `needed` requests are available, if `have` are available now.
    fn wait(&self, have: f64, needed: f64) -> f64 {
        // A queue longer than the bucket is not served at once in any case.
        ((needed - have) / self.rate).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: RateLimitRules = RateLimitRules { rate: None, headroom: 0.2, longest_block: 3600.0 };
    const ALIVE: fn(u32) -> bool = |_| true;

    fn id(process: u32) -> WaiterId {
        WaiterId { process, number: 0 }
    }

    fn said(limit: f64, remaining: f64) -> RateHeaders {
        RateHeaders { limit: Some(limit), remaining: Some(remaining), reset: Some(1.0) }
    }

    fn go(bucket: &mut Bucket, process: u32, now: f64) -> Option<u64> {
        match bucket.admit(id(process), &RULES, now, ALIVE) {
            Admission::Go(number) => Some(number),
            Admission::Wait { .. } | Admission::ProbeFailed => None,
        }
    }

    #[test]
    fn a_first_request_without_an_answer_fails_all_waiting_requests() {
        let mut bucket = Bucket::default();
        assert!(go(&mut bucket, 1, 100.0).is_some());
        for process in 2..20 {
            assert_eq!(go(&mut bucket, process, 100.1), None);
        }
        bucket.fail(100.2);
        for process in 2..20 {
            assert_eq!(bucket.admit(id(process), &RULES, 100.25, ALIVE), Admission::ProbeFailed, "{process}");
        }
        assert_eq!(bucket.waiters(100.25), 0);
        // One of them probes again at once, and the others wait for its answer.
        let second = go(&mut bucket, 2, 100.3).unwrap();
        assert_eq!(go(&mut bucket, 3, 100.3), None);
        bucket.learn(second, &said(10.0, 9.0), &RULES, 0.1, 100.4);
        bucket.fail(100.5);
        assert!(go(&mut bucket, 3, 100.6).is_some(), "a failure does not change a known limit");
    }

    #[test]
    fn the_first_request_probes_alone() {
        let mut bucket = Bucket::default();
        let first = go(&mut bucket, 1, 100.0).unwrap();
        assert_eq!(go(&mut bucket, 2, 100.1), None);
        bucket.learn(first, &said(10.0, 9.0), &RULES, 0.1, 100.2);
        let sent = (0..20).filter(|_| go(&mut bucket, 2, 100.2).is_some()).count();
        assert_eq!(sent, 7, "9 remain, and 2 are reserved for others");
        // A process that died during its request does not block others.
        let mut bucket = Bucket::default();
        assert!(go(&mut bucket, 1, 100.0).is_some());
        assert!(go(&mut bucket, 2, 100.6).is_some());
    }

    #[test]
    fn an_api_without_a_limit_makes_no_request_wait() {
        let mut bucket = Bucket::default();
        let first = go(&mut bucket, 1, 100.0).unwrap();
        bucket.learn(first, &RateHeaders::default(), &RULES, 0.1, 100.1);
        assert!((0..1000).all(|_| go(&mut bucket, 2, 100.1).is_some()));
    }

    #[test]
    fn the_rate_of_the_options_applies_without_headers() {
        let rules = RateLimitRules { rate: Some(10.0), headroom: 0.2, longest_block: 3600.0 };
        let mut bucket = Bucket::default();
        let mut sent = 0;
        for step in 0..1000 {
            let now = 100.0 + f64::from(step) / 100.0;
            if let Admission::Go(number) = bucket.admit(id(1), &rules, now, ALIVE) {
                bucket.learn(number, &RateHeaders::default(), &rules, 0.0, now);
                sent += 1;
            }
        }
        assert!((86..=88).contains(&sent), "8 at once and 8 a second for 10 s: {sent}");
    }

    #[test]
    fn waiters_are_served_in_order_and_those_that_left_block_nobody() {
        let mut bucket = Bucket::default();
        let first = go(&mut bucket, 1, 100.0).unwrap();
        bucket.learn(first, &said(10.0, 2.0), &RULES, 0.0, 100.0);
        for process in [2, 3, 4] {
            assert_eq!(go(&mut bucket, process, 100.0), None);
        }
        // One request is added after 0.4 s, for the first waiter.
        assert_eq!(go(&mut bucket, 4, 100.41), None);
        assert!(go(&mut bucket, 2, 100.41).is_some());
        // The next waiter leaves, and the one after it takes its place.
        bucket.leave(id(3));
        assert!(go(&mut bucket, 4, 100.81).is_some());

        let mut bucket = Bucket::default();
        let first = go(&mut bucket, 1, 100.0).unwrap();
        bucket.learn(first, &said(10.0, 2.0), &RULES, 0.0, 100.0);
        assert_eq!(go(&mut bucket, 2, 100.0), None);
        assert_eq!(go(&mut bucket, 3, 100.0), None);
        assert!(
            matches!(bucket.admit(id(3), &RULES, 100.41, |process| process != 2), Admission::Go(_)),
            "2 was killed"
        );
        assert_eq!(go(&mut bucket, 2, 100.45), None);
        assert!(go(&mut bucket, 4, 101.5).is_some(), "2 was not seen for more than a second");
    }

    #[test]
    fn a_refusal_stops_all_requests_until_its_end() {
        let mut bucket = Bucket::default();
        let first = go(&mut bucket, 1, 100.0).unwrap();
        bucket.learn(first, &said(10.0, 9.0), &RULES, 0.0, 100.0);
        bucket.refuse(&said(10.0, 0.0), Some(7.0), &RULES, 100.0);
        let Admission::Wait { until, stated_until, .. } = bucket.admit(id(2), &RULES, 100.1, ALIVE) else {
            panic!("it was refused")
        };
        assert_eq!((until, stated_until), (107.0, Some(107.0)));
        assert!(go(&mut bucket, 2, 107.0).is_some(), "one request is added");
        assert_eq!(go(&mut bucket, 3, 107.0), None, "only one request is added");
    }

    #[test]
    fn an_answer_from_before_the_record_was_lost_does_not_stop_learning() {
        let mut bucket = Bucket::default();
        bucket.learn(5000, &said(10.0, 9.0), &RULES, 0.0, 100.0);
        let number = go(&mut bucket, 1, 100.0).unwrap();
        bucket.learn(number, &said(10.0, 2.0), &RULES, 0.0, 100.1);
        assert_eq!(bucket.remaining(100.1), Some(2.0));
    }

    #[test]
    fn no_header_blocks_an_origin_for_longer_than_the_rules_allow() {
        let rules = RateLimitRules { longest_block: 30.0, ..RULES };
        for wait in [31.0, 1e6, 1e18, f64::MAX, f64::INFINITY] {
            for (limit, remaining) in [(None, None), (Some(1.0), Some(0.0)), (Some(60.0), Some(0.0))] {
                let mut bucket = Bucket::default();
                let first = go(&mut bucket, 1, 100.0).unwrap();
                let said = RateHeaders { limit, remaining, reset: Some(wait) };
                bucket.learn(first, &said, &rules, 0.1, 100.1);
                bucket.refuse(&said, Some(wait), &rules, 100.1);
                let later = bucket.admit(id(2), &rules, 130.2, ALIVE);
                assert!(matches!(later, Admission::Go(_)), "{wait} {limit:?}: {later:?}");
            }
        }
    }

    #[test]
    fn a_block_by_another_sessions_rules_is_limited_by_our_own() {
        let patient = RateLimitRules { longest_block: 1e9, ..RULES };
        let mut bucket = Bucket::default();
        bucket.refuse(&RateHeaders::default(), Some(1e9), &patient, 100.0);
        let rules = RateLimitRules { longest_block: 30.0, ..RULES };
        // The block is short, and the error says how long the API asks to wait.
        let blocked = bucket.admit(id(1), &rules, 100.0, ALIVE);
        assert!(matches!(blocked, Admission::Wait { stated_until: Some(until), .. } if until > 1e9), "{blocked:?}");
        assert!(matches!(bucket.admit(id(1), &rules, 130.0, ALIVE), Admission::Go(_)));
    }

    #[test]
    fn a_distant_reset_is_waited_for() {
        let mut bucket = Bucket::default();
        let first = go(&mut bucket, 1, 100.0).unwrap();
        let said = RateHeaders { limit: Some(1.0), remaining: Some(0.0), reset: Some(100.0) };
        bucket.learn(first, &said, &RULES, 0.0, 100.0);
        let Admission::Wait { until, stated_until, .. } = bucket.admit(id(1), &RULES, 100.1, ALIVE) else {
            panic!("nothing is left")
        };
        assert!(stated_until == Some(until) && (198.0..=200.0).contains(&until), "{until}");
    }

    /// The result of a simulation.
    #[derive(Debug, Default)]
    struct Outcome {
        sent: f64,
        refused: u32,
        others_refused: u32,
        others_sent: u32,
    }

    /// Simulates an API's bucket, our clients, which share one [`Bucket`] and send as fast as allowed, and
    /// another client that sends `others` requests per second.
    fn simulate(limit: f64, rate: f64, latency: f64, clients: u32, others: f64, seconds: u32) -> Outcome {
        const STEP: f64 = 0.002;
        let mut bucket = Bucket::default();
        let mut outcome = Outcome::default();
        let (mut filling, mut others_due) = (limit, 0.0);
        // (counted at, answered at, sent at, client, number, answer)
        type Flight = (f64, f64, f64, u32, u64, Option<Option<f64>>);
        let mut flights: Vec<Flight> = Vec::new();
        let mut now = 1000.0;
        let take = |filling: &mut f64| {
            let allowed = *filling >= 1.0;
            if allowed {
                *filling -= 1.0;
            }
            allowed.then(|| filling.floor())
        };
        while now < 1000.0 + f64::from(seconds) {
            now += STEP;
            filling = (filling + rate * STEP).min(limit);
            others_due += others * STEP;
            if others_due >= 1.0 {
                others_due -= 1.0;
                outcome.others_sent += 1;
                outcome.others_refused += u32::from(take(&mut filling).is_none());
            }
            for flight in flights.iter_mut().filter(|flight| flight.5.is_none() && flight.0 <= now) {
                flight.5 = Some(take(&mut filling));
            }
            flights.retain(|(_, answered, sent, _, number, answer)| {
                let Some(answer) = answer.filter(|_| *answered <= now) else { return true };
                let reset = Some((1.0 / rate).ceil());
                let said = RateHeaders { limit: Some(limit), remaining: Some(answer.unwrap_or(0.0)), reset };
                match answer {
                    Some(_) => bucket.learn(*number, &said, &RULES, now - sent, now),
                    None => {
                        outcome.refused += 1;
                        bucket.refuse(&said, reset, &RULES, now);
                    }
                }
                outcome.sent += f64::from(u8::from(answer.is_some()));
                false
            });
            for client in 0..clients {
                if flights.iter().all(|flight| flight.3 != client)
                    && let Admission::Go(number) = bucket.admit(id(client), &RULES, now, ALIVE)
                {
                    // Latencies differ, so that answers arrive out of order.
                    let late = latency * (1.0 + f64::from((client * 7 + number as u32 * 3) % 5) / 10.0);
                    flights.push((now + late / 2.0, now + late, now, client, number, None));
                }
            }
        }
        outcome
    }

    #[test]
    fn any_limit_is_used_and_respected() {
        // (limit, rate per second, latency, clients, requests of others per second)
        let cases = [
            (10.0, 10.0, 0.005, 8, 0.0),
            (10.0, 10.0, 0.005, 8, 2.0),
            (10.0, 10.0, 0.3, 8, 0.0),
            (10.0, 10.0, 0.3, 8, 2.0),
            (10.0, 10.0, 0.15, 1, 0.0),
            (2.0, 2.0, 0.05, 8, 0.0),
            (2.0, 2.0, 0.2, 4, 0.4),
            (40.0, 500.0 / 60.0, 0.2, 20, 1.0),
            (10.0, 2.5, 0.2, 8, 0.5),
            (50.0, 16.0, 0.1, 30, 3.0),
            (10.0, 2.0, 0.1, 8, 0.4),
            (5.0, 5.0 / 60.0, 0.1, 4, 0.0),
        ];
        for (limit, rate, latency, clients, others) in cases {
            let seconds = 60;
            let outcome = simulate(limit, rate, latency, clients, others, seconds);
            let case = format!("{limit} {rate}/s, {latency} s, {clients} clients, {others}/s others: {outcome:?}");
            let allowed = (limit + (rate - others) * f64::from(seconds)) * (1.0 - RULES.headroom);
            let by_latency = f64::from(clients) * f64::from(seconds) / (latency * 1.2);
            assert!(outcome.sent >= 0.85 * allowed.min(by_latency), "too slow, {} of {allowed} – {case}", outcome.sent);
            assert!(outcome.refused <= 2, "refused – {case}");
            assert_eq!(outcome.others_refused, 0, "others are refused – {case}");
        }
    }

    #[test]
    fn few_requests_are_refused_when_others_use_nearly_all_of_the_rate() {
        // Others use 9 of 10 requests per second.
        let busy = simulate(10.0, 10.0, 0.05, 8, 9.0, 60);
        assert!(busy.sent > 30.0 && busy.refused <= 6, "{busy:?}");
        assert!(f64::from(busy.others_refused) < 0.02 * f64::from(busy.others_sent), "{busy:?}");
    }
}
