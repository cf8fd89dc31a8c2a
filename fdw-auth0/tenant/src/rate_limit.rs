//! The token bucket behind the `x-ratelimit-*` headers.

use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A token bucket: `burst` requests at once, refilled with `per_second` requests a second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Size of the bucket, and the value of `x-ratelimit-limit`.
    pub burst: u32,
    /// Requests added per second; 2.5 is Auth0's 150 a minute.
    pub per_second: f64,
    /// True if a 429 also has `Retry-After`. Auth0 documents it for other endpoints only.
    #[serde(default)]
    pub retry_after: bool,
}

impl RateLimit {
    /// A limit without `Retry-After`.
    pub fn new(burst: u32, per_second: f64) -> Self {
        Self { burst, per_second, retry_after: false }
    }
}

/// The state of the bucket after one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) allowed: bool,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Unix seconds at which the bucket gets its next request.
    pub(crate) reset: u64,
    /// True for the bucket of an endpoint, false for the tenant's.
    pub(crate) is_endpoint: bool,
    /// Seconds for `Retry-After`, if the limit has it and the request was refused.
    pub(crate) retry_after: Option<u64>,
}

/// The fill level of a [`RateLimit`]. Times are since the Unix epoch.
#[derive(Debug)]
pub(crate) struct Bucket {
    limit: RateLimit,
    filling: f64,
    at: Duration,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn full(limit: RateLimit, now: Duration) -> Self {
        Self { limit, filling: f64::from(limit.burst), at: now }
    }

    /// The rules of this bucket.
    pub(crate) fn limit(&self) -> RateLimit {
        self.limit
    }

    /// Takes one request from the bucket, if there is one.
    pub(crate) fn take(&mut self, now: Duration) -> Taken {
        let rate = self.limit.per_second.max(0.0);
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.filling = (self.filling + passed * rate).min(f64::from(self.limit.burst));
        self.at = self.at.max(now);
        // Floating-point sums may be slightly below the exact whole number.
        let allowed = self.filling >= 1.0 - 1e-9;
        if allowed {
            self.filling = (self.filling - 1.0).max(0.0);
        }
        let missing = 1.0 - self.filling.fract();
        let wait = if rate > 0.0 { missing / rate } else { 86_400.0 };
        let reset = (self.at.as_secs_f64() + wait).ceil();
        Taken {
            allowed,
            limit: self.limit.burst,
            remaining: self.filling as u32,
            reset: reset as u64,
            is_endpoint: false,
            retry_after: (!allowed && self.limit.retry_after).then(|| wait.ceil().max(1.0) as u64),
        }
    }
}

/// Time since the Unix epoch; zero if the clock is before it.
pub(crate) fn since_epoch() -> Duration {
    UNIX_EPOCH.elapsed().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_refills_with_time() {
        let start = Duration::from_secs(1_000);
        let mut bucket = Bucket::full(RateLimit::new(2, 0.5), start);
        // (milliseconds after the start, allowed, remaining, reset)
        let table = [
            (0, true, 1, 1_002),
            (0, true, 0, 1_002),
            (100, false, 0, 1_002),
            (1_900, false, 0, 1_002),
            (2_000, true, 0, 1_004),
            (3_000, false, 0, 1_004),
            (60_000, true, 1, 1_062),
        ];
        for (ms, allowed, remaining, reset) in table {
            let taken = bucket.take(start + Duration::from_millis(ms));
            assert_eq!((taken.allowed, taken.remaining, taken.reset), (allowed, remaining, reset), "after {ms} ms");
            assert_eq!((taken.limit, taken.retry_after), (2, None));
        }
    }

    #[test]
    fn retry_after_only_on_refusal() {
        let limit = RateLimit { retry_after: true, ..RateLimit::new(1, 0.25) };
        let mut bucket = Bucket::full(limit, Duration::ZERO);
        assert_eq!(bucket.take(Duration::ZERO).retry_after, None);
        assert_eq!(bucket.take(Duration::from_secs(1)).retry_after, Some(3));
    }

    #[test]
    fn a_clock_that_goes_back_adds_no_request() {
        let mut bucket = Bucket::full(RateLimit::new(1, 1.0), Duration::from_secs(10));
        assert!(bucket.take(Duration::from_secs(10)).allowed);
        assert!(!bucket.take(Duration::from_secs(5)).allowed);
        assert!(bucket.take(Duration::from_secs(11)).allowed);
    }
}
