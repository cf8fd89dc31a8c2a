//! Headers of answers: for any values, waits are bounded, and the rate limiter's numbers stay finite.

#![no_main]

use std::time::{Duration, SystemTime};

use arbitrary::Arbitrary;
use fdw_common::rest::RetryPolicy;
use libfuzzer_sys::fuzz_target;
use wrappers_fuzz::parsers::{Tap, asked_wait, headers, pause};

/// A header with an arbitrary or a valid value.
#[derive(Debug, Arbitrary)]
enum Header {
    Absent,
    Any(Vec<u8>),
    Number(u64),
    Small(u8),
    Date(u32),
}

impl Header {
    fn value(&self) -> Option<Vec<u8>> {
        match self {
            Header::Absent => None,
            Header::Any(bytes) => Some(bytes.clone()),
            Header::Number(number) => Some(number.to_string().into_bytes()),
            Header::Small(number) => Some(number.to_string().into_bytes()),
            Header::Date(seconds) => {
                let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(*seconds));
                Some(httpdate::fmt_http_date(time).into_bytes())
            }
        }
    }
}

#[derive(Debug, Arbitrary)]
struct Answer {
    retry_after: Header,
    date: Header,
    limit: Header,
    remaining: Header,
    reset: Header,
    code: u16,
    seconds: u16,
}

fuzz_target!(|data: (Option<u16>, u8, Vec<Answer>)| {
    let (rate, headroom, answers) = data;
    let policy = RetryPolicy { max_retries: 8, retry_timeout: Duration::from_secs(60) };
    let rate = rate.map(|rate| f64::from(rate.max(1)) / 60.0);
    let mut tap = Tap::new(rate, f64::from(headroom % 91) / 100.0);
    for (number, answer) in (0..).zip(&answers) {
        let pairs = [
            ("retry-after", answer.retry_after.value()),
            ("date", answer.date.value()),
            ("x-ratelimit-limit", answer.limit.value()),
            ("x-ratelimit-remaining", answer.remaining.value()),
            ("x-ratelimit-reset", answer.reset.value()),
        ];
        let pairs: Vec<_> = pairs.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        let headers = headers(&pairs);
        let elapsed = Duration::from_millis(u64::from(answer.seconds));
        if let Some(pause) = pause(&policy, answer.code, &headers, number, elapsed) {
            assert!(elapsed + pause <= policy.retry_timeout, "{pause:?}");
            assert!(matches!(answer.code, 202 | 408 | 429 | 500..=599), "{}", answer.code);
        }
        if let Some(Ok(seconds)) =
            answer.retry_after.value().map(|value| String::from_utf8_lossy(&value).parse::<u64>())
            && seconds <= 31 * 86_400
        {
            assert_eq!(asked_wait(&headers), Some(Duration::from_secs(seconds)));
        }
        let wait = tap.admit();
        assert!(wait.is_none_or(|wait| wait.is_finite() && wait >= 0.0), "{wait:?}");
        // No answer blocks requests for longer than the rules allow; a rate in the options may.
        assert!(wait.is_none_or(|wait| wait <= 2.0 * 86_400.0), "{wait:?}");
        assert!(rate.is_some() || wait.is_none_or(|wait| wait <= 61.0), "{wait:?}");
        tap.answer(&headers, answer.code == 429);
        let remaining = tap.remaining();
        assert!(remaining.is_none_or(f64::is_finite), "{remaining:?}");
        tap.pass(f64::from(answer.seconds) / 100.0);
    }
});
