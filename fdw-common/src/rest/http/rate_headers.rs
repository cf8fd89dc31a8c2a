//! What the headers of an answer say about the API's rate limit.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// A reset further away than this is a clock that is off, not a rate limit that is reset daily: waiting for
/// it is left to `Retry-After` and the retry budget. So is a date that only our own clock can be compared with.
const LONGEST_CREDIBLE_RESET: Duration = Duration::from_secs(120);

/// The state of a bucket as one answer tells it.
///
/// Auth0 sends `x-ratelimit-limit`, `-remaining` and `-reset` with every answer; `reset` is the UNIX
/// second in which *one* request is added (docs: rate-limit-use-cases), rounded up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct RateHeaders {
    /// How many requests the bucket holds.
    pub(crate) limit: Option<f64>,
    /// How many are left in it.
    pub(crate) remaining: Option<f64>,
    /// Seconds until the next is added.
    pub(crate) reset: Option<f64>,
}

impl RateHeaders {
    /// What `headers` say.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        RateHeaders {
            limit: number(headers, "x-ratelimit-limit").filter(|limit| *limit > 0).map(|limit| limit as f64),
            remaining: number(headers, "x-ratelimit-remaining").map(|remaining| remaining as f64),
            reset: reset_in(headers).map(|wait| wait.as_secs_f64()),
        }
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
            let wait_from = |now| date.duration_since(now).unwrap_or_default();
            let by_our_clock = || Some(wait_from(clock)).filter(|wait| *wait <= LONGEST_CREDIBLE_RESET);
            if let Some(wait) = server_time(headers).map(wait_from).or_else(by_our_clock) {
                return Some(wait);
            }
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

/// The server's own clock, to the second.
pub(crate) fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    const DATE_TEXT: &str = "Tue, 24 Nov 2026 10:00:00 GMT";
    const DATE_UNIX: u64 = 1_795_514_400;

    fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn limited(remaining: u64, reset: u64) -> HeaderMap {
        headers(&[
            ("date", DATE_TEXT.to_owned()),
            ("x-ratelimit-limit", "10".to_owned()),
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
            (headers(&[("retry-after", "Thu, 01 Jan 1970 00:01:30 GMT".to_owned())]), seconds(90)),
            (headers(&[("retry-after", DATE_TEXT.to_owned())]), None),
            (limited(0, 4), seconds(4)),
            (limited(0, 100_000), None),
        ];
        for (headers, wait) in cases {
            assert_eq!(wait_asked(headers, SystemTime::UNIX_EPOCH), *wait, "{headers:?}");
        }
    }

    #[test]
    fn the_state_of_the_bucket_is_read_from_its_headers() {
        let read = RateHeaders::read(&limited(7, 2));
        assert_eq!(read, RateHeaders { limit: Some(10.0), remaining: Some(7.0), reset: Some(2.0) });
        assert_eq!(RateHeaders::read(&headers(&[])), RateHeaders::default());
        assert_eq!(RateHeaders::read(&headers(&[("x-ratelimit-limit", "0".to_owned())])), RateHeaders::default());
    }

    proptest! {
        /// A header of any text says nothing, or a number that can be reckoned with.
        #[test]
        fn any_text_is_a_number_or_nothing(text in "[ -~]{0,24}|[0-9]{1,25}", name in 0usize..4) {
            let name = ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"][name];
            let headers = headers(&[(name, text.clone())]);
            let said = RateHeaders::read(&headers);
            let number = text.trim().parse::<u64>().ok();
            if let Some(found) = said.limit.or(said.remaining) {
                prop_assert_eq!(number.map(|number| number as f64), Some(found));
            }
            if let (Some(wait), "retry-after") = (wait_asked(&headers, SystemTime::now()), name) {
                prop_assert!(number.is_none_or(|number| wait == Duration::from_secs(number)));
            }
            prop_assert!(said.reset.is_none_or(|reset| (0.0..=LONGEST_CREDIBLE_RESET.as_secs_f64()).contains(&reset)));
        }
    }
}
