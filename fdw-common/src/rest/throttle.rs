//! What the answers of one API say about its rate limit, and what follows for the next request.

use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The state of one API's rate limit as its last answers told it.
///
/// Auth0 sends `x-ratelimit-limit`, `-remaining` and `-reset` with every answer; `reset` is the UNIX
/// second in which *one* request is added (docs: rate-limit-use-cases). Without such headers
/// nothing is ever held back.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    known: Option<Allowance>,
}

#[derive(Debug, Clone, Copy)]
struct Allowance {
    remaining: u64,
    next_at: Instant,
}

/// A reset further away than this is a clock that is off, not a rate limit that is reset daily:
/// waiting for it is left to `Retry-After` and the retry budget.
const LONGEST_CREDIBLE_RESET: Duration = Duration::from_secs(120);
/// The pause when the limit is used up and the reset is not known.
const UNKNOWN_RESET: Duration = Duration::from_secs(1);

impl Throttle {
    /// Takes one request from the allowance: zero, or how long to wait first.
    pub(crate) fn admit(&mut self, now: Instant) -> Duration {
        let Some(known) = &mut self.known else { return Duration::ZERO };
        if known.remaining > 0 {
            known.remaining -= 1;
            return Duration::ZERO;
        }
        let wait = known.next_at.saturating_duration_since(now);
        // Whoever comes next waits for the token after ours.
        known.next_at = known.next_at.max(now) + UNKNOWN_RESET;
        wait
    }

    /// Learns from an answer while `in_flight` other requests of ours are not yet counted in it.
    pub(crate) fn learn(&mut self, headers: &HeaderMap, in_flight: u64, now: Instant) {
        let Some(remaining) = number(headers, "x-ratelimit-remaining") else { return };
        let reset = reset_in(headers).unwrap_or(UNKNOWN_RESET);
        let remaining = remaining.saturating_sub(in_flight);
        let next_at = match self.known {
            // Several answers that say "none left" must not pull the queue of waiters forward.
            Some(known) if remaining == 0 && known.remaining == 0 => known.next_at.max(now + reset),
            _ => now + reset,
        };
        self.known = Some(Allowance { remaining, next_at });
    }
}

/// How long an error answer asks to wait: `Retry-After` in seconds or as a date, else until the rate
/// limit's reset.
pub(crate) fn wait_asked(headers: &HeaderMap, clock: SystemTime) -> Option<Duration> {
    if let Some(text) = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()) {
        if let Ok(seconds) = text.trim().parse() {
            return Some(Duration::from_secs(seconds));
        }
        if let Ok(date) = httpdate::parse_http_date(text.trim()) {
            let now = server_time(headers).unwrap_or(clock);
            return Some(date.duration_since(now).unwrap_or_default());
        }
    }
    reset_in(headers)
}

fn reset_in(headers: &HeaderMap) -> Option<Duration> {
    let reset = SystemTime::UNIX_EPOCH + Duration::from_secs(number(headers, "x-ratelimit-reset")?.min(1 << 40));
    // The server's own clock, where it says it: ours may be off by more than the wait.
    let now = server_time(headers).unwrap_or_else(SystemTime::now);
    let wait = reset.duration_since(now).unwrap_or_default();
    (wait <= LONGEST_CREDIBLE_RESET).then_some(wait)
}

fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE_TEXT: &str = "Tue, 24 Nov 2026 10:00:00 GMT";
    const DATE_UNIX: u64 = 1_795_514_400;

    fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn limited(remaining: u64, reset: u64) -> HeaderMap {
        headers(&[
            ("date", DATE_TEXT.to_owned()),
            ("x-ratelimit-remaining", remaining.to_string()),
            ("x-ratelimit-reset", (DATE_UNIX + reset).to_string()),
        ])
    }

    #[test]
    fn waits_asked_for_by_headers() {
        let seconds = |n| Some(Duration::from_secs(n));
        let date = ("date", DATE_TEXT.to_owned());
        let cases: &[(HeaderMap, Option<Duration>)] = &[
            (headers(&[]), None),
            (headers(&[("retry-after", "3".to_owned())]), seconds(3)),
            (headers(&[date.clone(), ("retry-after", "Tue, 24 Nov 2026 10:00:09 GMT".to_owned())]), seconds(9)),
            (headers(&[date.clone(), ("retry-after", "Tue, 24 Nov 2026 09:00:00 GMT".to_owned())]), seconds(0)),
            (headers(&[("retry-after", "soon".to_owned())]), None),
            (limited(0, 4), seconds(4)),
            (limited(0, 100_000), None),
        ];
        for (headers, wait) in cases {
            assert_eq!(wait_asked(headers, SystemTime::UNIX_EPOCH), *wait, "{headers:?}");
        }
    }

    #[test]
    fn nothing_is_held_back_without_headers() {
        let mut throttle = Throttle::default();
        let now = Instant::now();
        throttle.learn(&headers(&[]), 3, now);
        assert_eq!(throttle.admit(now), Duration::ZERO);
    }

    #[test]
    fn the_allowance_is_used_up_and_then_waited_for_in_turn() {
        let mut throttle = Throttle::default();
        let now = Instant::now();
        throttle.learn(&limited(3, 5), 1, now);
        assert_eq!(throttle.admit(now), Duration::ZERO);
        assert_eq!(throttle.admit(now), Duration::ZERO);
        assert_eq!(throttle.admit(now), Duration::from_secs(5), "2 of 3 were free, 1 was in flight");
        assert_eq!(throttle.admit(now), Duration::from_secs(6));
        throttle.learn(&limited(9, 1), 0, now);
        assert_eq!(throttle.admit(now), Duration::ZERO);
    }
}
