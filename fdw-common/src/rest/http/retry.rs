//! Whether a failed request is repeated, and when. Pure: time and chance come in as arguments.

use std::time::Duration;

/// How a request ended that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// An answer with an error status and what its headers say about waiting.
    Status {
        code: u16,
        /// How long to wait, from `Retry-After` or else the rate limit's reset header.
        wait: Option<Duration>,
    },
    /// No connection was made.
    Connect,
    /// What comes again however often it is asked for: a certificate that is not trusted, an answer that
    /// is too large or no JSON.
    Lasting,
    /// The connection broke before the answer was complete.
    Broken,
    /// The answer took longer than the request timeout.
    Timeout,
}

impl Failure {
    /// The credential was not accepted (401).
    pub(crate) fn is_unauthenticated(self) -> bool {
        matches!(self, Failure::Status { code: 401, .. })
    }
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Repeat the request after this long.
    Retry(Duration),
    /// Repeating cannot help.
    Final,
    /// It was repeated as often as allowed.
    TooManyRetries,
    /// The next attempt would start after the time allowed; this is how long it would have to wait.
    OutOfTime(Duration),
}

/// The bounds of repeating one request. Only for requests that may be sent twice: all reads.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// How often it is repeated at most.
    pub max_retries: u32,
    /// How long after the first attempt another one may start.
    pub budget: Duration,
}

/// The first pause is up to this long; each further one up to twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// No pause of our own choice is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Spread added to a wait the server asked for, so that clients do not come back all at once.
const SPREAD: Duration = Duration::from_millis(250);

impl RetryPolicy {
    /// Decides after the attempt number `attempt` (0 is the first) failed, `elapsed` after the first
    /// one started. `chance` in `[0, 1)` is the jitter: full for our own pauses (any length up to the
    /// current bound), a small addition for waits the server asked for.
    pub(crate) fn decide(&self, attempt: u32, elapsed: Duration, failure: Failure, chance: f64) -> Decision {
        let asked = match failure {
            Failure::Lasting => return Decision::Final,
            Failure::Status { code: 408 | 429 | 500..=599, wait } => wait,
            Failure::Status { .. } => return Decision::Final,
            Failure::Connect | Failure::Broken | Failure::Timeout => None,
        };
        let wait = match asked {
            // Any number of seconds can be asked for.
            Some(asked) => asked.saturating_add(SPREAD.mul_f64(chance)),
            None => FIRST_PAUSE.saturating_mul(1 << attempt.min(16)).min(LONGEST_PAUSE).mul_f64(chance),
        };
        if attempt >= self.max_retries {
            Decision::TooManyRetries
        } else if elapsed.saturating_add(wait) > self.budget {
            Decision::OutOfTime(wait)
        } else {
            Decision::Retry(wait)
        }
    }
}

impl Decision {
    /// Which option ended it, in words that go behind those about the last attempt.
    pub(crate) fn bound(self, attempt: u32, policy: &RetryPolicy) -> String {
        match self {
            Decision::TooManyRetries if attempt > 0 => format!("; max_retries is {}", policy.max_retries),
            Decision::OutOfTime(wait) => format!(
                "; the next would have to wait {:.1} s and retry_timeout is {:.1} s",
                wait.as_secs_f64(),
                policy.budget.as_secs_f64()
            ),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy { max_retries: 3, budget: Duration::from_secs(30) };

    fn status(code: u16) -> Failure {
        Failure::Status { code, wait: None }
    }

    #[test]
    fn only_what_may_pass_is_repeated() {
        for code in 300..600 {
            let repeated = matches!(POLICY.decide(0, Duration::ZERO, status(code), 0.5), Decision::Retry(_));
            assert_eq!(repeated, code == 408 || code == 429 || code >= 500, "{code}");
        }
        for (failure, repeated) in
            [(Failure::Connect, true), (Failure::Broken, true), (Failure::Timeout, true), (Failure::Lasting, false)]
        {
            let decision = POLICY.decide(0, Duration::ZERO, failure, 0.5);
            assert_eq!(matches!(decision, Decision::Retry(_)), repeated, "{failure:?}");
        }
    }

    #[test]
    fn pauses_grow_up_to_a_bound_with_full_jitter() {
        let patient = RetryPolicy { max_retries: 99, budget: Duration::from_secs(3600) };
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
    fn a_wait_the_server_asks_for_is_kept() {
        let limited = Failure::Status { code: 429, wait: Some(Duration::from_secs(7)) };
        assert_eq!(POLICY.decide(0, Duration::ZERO, limited, 0.0), Decision::Retry(Duration::from_secs(7)));
        let Decision::Retry(wait) = POLICY.decide(2, Duration::ZERO, limited, 0.999) else { panic!("not repeated") };
        assert!(wait > Duration::from_secs(7) && wait < Duration::from_millis(7_250));
    }

    #[test]
    fn no_wait_is_too_long_to_be_reckoned_with() {
        let wait = Duration::from_secs(u64::MAX);
        let forever = Failure::Status { code: 429, wait: Some(wait) };
        for elapsed in [Duration::ZERO, Duration::from_millis(900), Duration::from_secs(2)] {
            assert!(matches!(POLICY.decide(0, elapsed, forever, 0.999), Decision::OutOfTime(asked) if asked >= wait));
        }
    }

    #[test]
    fn it_ends_by_count_and_by_time() {
        assert_eq!(POLICY.decide(3, Duration::ZERO, status(500), 0.0), Decision::TooManyRetries);
        let limited = Failure::Status { code: 429, wait: Some(Duration::from_secs(25)) };
        let late = Duration::from_secs(10);
        assert_eq!(POLICY.decide(0, late, limited, 0.0), Decision::OutOfTime(Duration::from_secs(25)));
        // A wait without end, as a broken clock or server may ask for.
        let endless = Failure::Status { code: 429, wait: Some(Duration::MAX) };
        assert_eq!(POLICY.decide(0, late, endless, 0.9), Decision::OutOfTime(Duration::MAX));
        let none = RetryPolicy { max_retries: 0, budget: Duration::ZERO };
        assert_eq!(none.decide(0, Duration::ZERO, status(500), 0.0), Decision::TooManyRetries);
    }

    #[test]
    fn the_option_that_ended_it_is_named() {
        assert_eq!(Decision::TooManyRetries.bound(3, &POLICY), "; max_retries is 3");
        assert_eq!(
            Decision::OutOfTime(Duration::from_secs(25)).bound(0, &POLICY),
            "; the next would have to wait 25.0 s and retry_timeout is 30.0 s"
        );
        // It was not tried again at all: nothing ended it but the failure.
        assert_eq!(Decision::TooManyRetries.bound(0, &POLICY), "");
        assert_eq!(Decision::Final.bound(0, &POLICY), "");
    }
}
