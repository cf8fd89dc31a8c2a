//! The retry policy: whether a failed request is retried, and when. Pure: time and randomness are arguments.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use super::response::Answer;
use crate::error::Error;

/// The kind of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// An answer with an error status, and the wait that its headers ask for.
    Status {
        /// The status.
        code: u16,
        /// The wait, from `Retry-After` or else from the rate limit's reset header.
        wait: Option<Duration>,
    },
    /// The rate limit refuses the request: 429, or another status with headers that say so.
    RateLimited {
        /// The wait, as for a status.
        wait: Option<Duration>,
    },
    /// No connection was made.
    Connect,
    /// A retry cannot help: a certificate that is not trusted, an answer that is too large or not JSON.
    Lasting,
    /// The connection broke before the answer was complete.
    Broken,
    /// The body cannot be decompressed: it is damaged, or its header `Content-Encoding` is wrong.
    Undecodable,
    /// The answer took longer than the request timeout.
    Timeout,
}

/// A failed attempt.
#[derive(Debug)]
pub struct FailedAttempt {
    /// The failure, for the retry policy.
    pub(crate) failure: Failure,
    /// The error, for the user.
    pub error: Error,
    /// A hash of the failure's contents, if a failure that repeats with equal contents is not an outage.
    pub(crate) fingerprint: Option<u64>,
    /// The answer, to be accepted if it stays the same in every attempt.
    pub(crate) answer: Option<Answer>,
}

impl FailedAttempt {
    /// An attempt that ended with an error.
    pub(crate) fn new(failure: Failure, error: Error) -> Self {
        FailedAttempt { failure, error, fingerprint: None, answer: None }
    }

    /// Adds a hash of these contents: a few attempts in a row with equal contents end the retries.
    pub(crate) fn with_fingerprint(self, contents: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        contents.hash(&mut hasher);
        FailedAttempt { fingerprint: Some(hasher.finish()), ..self }
    }
}

/// The decision about a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Retry after this pause.
    Retry(Duration),
    /// A retry cannot help.
    Final,
    /// All allowed retries have failed.
    TooManyRetries,
    /// It failed several times in exactly the same way, so it is not an outage.
    AlwaysTheSame,
    /// The next attempt would start after the allowed time; this is the wait before it.
    OutOfTime(Duration),
}

/// The limits of retries of one request. Only for requests that may be sent twice: all reads.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// The most retries.
    pub max_retries: u32,
    /// The longest time from the start of the first attempt to the start of another.
    pub retry_timeout: Duration,
}

/// The longest first pause; the bound doubles with each further pause.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The number of equal failures in a row after which there are no more retries.
const MOST_EQUAL: u32 = 3;
/// The longest pause, unless the server asks for a longer one.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The most that is added at random to a wait the server asks for, so that clients do not all return at once.
const SPREAD: Duration = Duration::from_millis(250);

impl RetryPolicy {
    /// The decision after attempt number `attempt` (0 is the first) failed, `elapsed` after the first one
    /// started. `chance` in `[0, 1)` is the jitter: full for our own pauses (any length up to the current
    /// bound), a small addition for waits that the server asks for.
    pub fn decide(&self, attempt: u32, elapsed: Duration, failure: Failure, chance: f64) -> Decision {
        let asked = match failure {
            Failure::Lasting => return Decision::Final,
            // 202: the API is still preparing the answer.
            Failure::Status { code: 202 | 408 | 500..=599, wait } | Failure::RateLimited { wait } => wait,
            Failure::Status { .. } => return Decision::Final,
            Failure::Connect | Failure::Broken | Failure::Undecodable | Failure::Timeout => None,
        };
        let wait = match asked {
            // A server may ask for any number of seconds.
            Some(asked) => asked.saturating_add(SPREAD.mul_f64(chance)),
            None => FIRST_PAUSE.saturating_mul(1 << attempt.min(16)).min(LONGEST_PAUSE).mul_f64(chance),
        };
        if attempt >= self.max_retries {
            Decision::TooManyRetries
        } else if elapsed.saturating_add(wait) > self.retry_timeout {
            Decision::OutOfTime(wait)
        } else {
            Decision::Retry(wait)
        }
    }
}

/// The shortest wait that an error mentions.
const WORTH_SAYING: Duration = Duration::from_millis(100);

/// The attempts of one request so far.
#[derive(Debug)]
pub(crate) struct Attempts<'a> {
    policy: &'a RetryPolicy,
    started: Option<Instant>,
    failed: u32,
    /// The fingerprint of the last failure, and how many in a row had it.
    equal: Option<(u64, u32)>,
}

impl<'a> Attempts<'a> {
    /// No attempt so far.
    pub(crate) fn new(policy: &'a RetryPolicy) -> Self {
        Attempts { policy, started: None, failed: 0, equal: None }
    }

    /// Records the start of an attempt, or of the wait for another session's answer.
    pub(crate) fn start(&mut self, at: Instant) {
        self.started.get_or_insert(at);
    }

    /// The time since the first attempt started.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.map_or(Duration::ZERO, |started| started.elapsed())
    }

    /// The time left in which another attempt may start.
    pub(crate) fn time_left(&self) -> Duration {
        self.policy.retry_timeout.saturating_sub(self.elapsed())
    }

    /// The number of the next attempt, from 1.
    pub(crate) fn next_number(&self) -> u32 {
        self.failed + 1
    }

    /// The decision after an attempt failed.
    pub(crate) fn decide(&mut self, failure: Failure, fingerprint: Option<u64>) -> Decision {
        let before = self.equal.filter(|(last, _)| Some(*last) == fingerprint).map_or(0, |(_, times)| times);
        self.equal = fingerprint.map(|fingerprint| (fingerprint, before + 1));
        let decision = if self.equal.is_some_and(|(_, times)| times >= MOST_EQUAL) {
            Decision::AlwaysTheSame
        } else {
            self.policy.decide(self.failed, self.elapsed(), failure, fastrand::f64())
        };
        self.failed += 1;
        decision
    }

    /// The number and duration of the attempts, and the option that ended them, as text after the request.
    pub(crate) fn summary(&self, decision: Decision) -> String {
        let retries = self.failed.saturating_sub(1);
        let waited = self.elapsed();
        let attempts = match (retries, decision) {
            (0, Decision::OutOfTime(_)) if waited >= WORTH_SAYING => {
                format!(", after a wait of {:.1} s", waited.as_secs_f64())
            }
            (0, _) => String::new(),
            _ => format!(", {} attempts in {:.1} s", self.failed, waited.as_secs_f64()),
        };
        attempts + &decision.bound(retries, self.policy)
    }
}

impl Decision {
    /// The option that ended the retries, as text after the description of the last attempt.
    pub(crate) fn bound(self, attempt: u32, policy: &RetryPolicy) -> String {
        match self {
            Decision::TooManyRetries if attempt > 0 => format!("; max_retries is {}", policy.max_retries),
            Decision::OutOfTime(wait) => format!(
                "; the next would have to wait {:.1} s and retry_timeout is {:.1} s",
                wait.as_secs_f64(),
                policy.retry_timeout.as_secs_f64()
            ),
            Decision::AlwaysTheSame => "; the last ones failed in the same way".to_owned(),
            Decision::Retry(_) | Decision::Final | Decision::TooManyRetries => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy { max_retries: 3, retry_timeout: Duration::from_secs(30) };

    fn status(code: u16) -> Failure {
        Failure::Status { code, wait: None }
    }

    #[test]
    fn only_temporary_failures_are_retried() {
        for code in 200..600 {
            let repeated = matches!(POLICY.decide(0, Duration::ZERO, status(code), 0.5), Decision::Retry(_));
            assert_eq!(repeated, code == 202 || code == 408 || code >= 500, "{code}");
        }
        for (failure, repeated) in [
            (Failure::Connect, true),
            (Failure::Broken, true),
            (Failure::Undecodable, true),
            (Failure::Timeout, true),
            (Failure::RateLimited { wait: None }, true),
            (Failure::Lasting, false),
        ] {
            let decision = POLICY.decide(0, Duration::ZERO, failure, 0.5);
            assert_eq!(matches!(decision, Decision::Retry(_)), repeated, "{failure:?}");
        }
    }

    #[test]
    fn pauses_grow_up_to_a_bound_with_full_jitter() {
        let patient = RetryPolicy { max_retries: 99, retry_timeout: Duration::from_secs(3600) };
        for (attempt, longest) in [(0, 100), (1, 200), (4, 1_600), (7, 10_000), (40, 10_000)] {
            assert_eq!(patient.decide(attempt, Duration::ZERO, status(503), 0.0), Decision::Retry(Duration::ZERO));
            let Decision::Retry(pause) = patient.decide(attempt, Duration::ZERO, status(503), 0.999) else {
                panic!("attempt {attempt} was not repeated");
            };
            assert!(
                pause > Duration::from_millis(longest * 9 / 10) && pause < Duration::from_millis(longest),
                "{pause:?}"
            );
        }
    }

    #[test]
    fn a_wait_that_the_server_asks_for_is_respected() {
        let limited = Failure::RateLimited { wait: Some(Duration::from_secs(7)) };
        assert_eq!(POLICY.decide(0, Duration::ZERO, limited, 0.0), Decision::Retry(Duration::from_secs(7)));
        let Decision::Retry(wait) = POLICY.decide(2, Duration::ZERO, limited, 0.999) else { panic!("not repeated") };
        assert!(wait > Duration::from_secs(7) && wait < Duration::from_millis(7_250));
    }

    #[test]
    fn any_wait_is_added_without_overflow() {
        let wait = Duration::from_secs(u64::MAX);
        let forever = Failure::RateLimited { wait: Some(wait) };
        for elapsed in [Duration::ZERO, Duration::from_millis(900), Duration::from_secs(2)] {
            assert!(matches!(POLICY.decide(0, elapsed, forever, 0.999), Decision::OutOfTime(asked) if asked >= wait));
        }
    }

    #[test]
    fn retries_end_by_count_and_by_time() {
        assert_eq!(POLICY.decide(3, Duration::ZERO, status(500), 0.0), Decision::TooManyRetries);
        let limited = Failure::RateLimited { wait: Some(Duration::from_secs(25)) };
        let late = Duration::from_secs(10);
        assert_eq!(POLICY.decide(0, late, limited, 0.0), Decision::OutOfTime(Duration::from_secs(25)));
        // An endless wait, as a broken clock or server may ask for.
        let endless = Failure::RateLimited { wait: Some(Duration::MAX) };
        assert_eq!(POLICY.decide(0, late, endless, 0.9), Decision::OutOfTime(Duration::MAX));
        let none = RetryPolicy { max_retries: 0, retry_timeout: Duration::ZERO };
        assert_eq!(none.decide(0, Duration::ZERO, status(500), 0.0), Decision::TooManyRetries);
    }

    #[test]
    fn equal_failures_in_a_row_end_the_retries() {
        let cases: &[(&[Option<u64>], bool)] = &[
            (&[Some(1), Some(1), Some(1)], true),
            (&[Some(2), Some(1), Some(1), Some(1)], true),
            (&[Some(1), Some(1), Some(2)], false),
            (&[Some(1), Some(1), None, Some(1)], false),
            (&[None, None, None, None], false),
        ];
        let patient = RetryPolicy { max_retries: 99, retry_timeout: Duration::from_secs(3600) };
        for (failures, given_up) in cases {
            let mut attempts = Attempts::new(&patient);
            let decisions: Vec<Decision> =
                failures.iter().map(|fingerprint| attempts.decide(status(500), *fingerprint)).collect();
            let (last, before) = decisions.split_last().unwrap();
            assert_eq!(*last == Decision::AlwaysTheSame, *given_up, "{failures:?}");
            assert!(before.iter().all(|decision| matches!(decision, Decision::Retry(_))), "{failures:?}");
        }
    }

    #[test]
    fn bound_names_the_option_that_ended_the_retries() {
        assert_eq!(Decision::TooManyRetries.bound(3, &POLICY), "; max_retries is 3");
        assert_eq!(
            Decision::OutOfTime(Duration::from_secs(25)).bound(0, &POLICY),
            "; the next would have to wait 25.0 s and retry_timeout is 30.0 s"
        );
        // There was no retry: no option ended it, only the failure.
        assert_eq!(Decision::TooManyRetries.bound(0, &POLICY), "");
        assert_eq!(Decision::Final.bound(0, &POLICY), "");
    }
}
