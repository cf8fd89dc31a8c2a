//! The rate limit headers of an answer.
//!
//! APIs use many formats. Each header is read in its plausible format; an implausible value is ignored.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::rest::shared::bucket::RateHeaders;

/// The longest plausible reset. A later one means a wrong clock or a daily limit: `Retry-After` and the retry policy
/// decide about the wait. The same applies to a date that can only be compared with our own clock.
const LONGEST_CREDIBLE_RESET: Duration = Duration::from_secs(120);
/// The longest plausible `Retry-After`.
const LONGEST_CREDIBLE_WAIT: Duration = Duration::from_secs(31 * 86_400);

/// The prefixes of the header names in use: of most APIs, of X (formerly Twitter), and of the IETF draft before
/// version 07.
const PREFIXES: [&str; 3] = ["x-ratelimit-", "x-rate-limit-", "ratelimit-"];

/// The state of the rate limit's bucket, from the headers of an answer.
pub fn read_rate_headers(headers: &HeaderMap) -> RateHeaders {
    let draft = draft_fields(headers);
    let stated = |name: &str, short: &str| {
        PREFIXES
            .iter()
            .find_map(|prefix| leading_number(text(headers, &format!("{prefix}{name}"))?))
            .or_else(|| draft.iter().find(|(known, _)| *known == name || *known == short)?.1)
    };
    RateHeaders {
        limit: stated("limit", "q").filter(|limit| *limit > 0.0),
        remaining: stated("remaining", "r").filter(|remaining| *remaining >= 0.0),
        reset: reset_in(headers).map(|wait| wait.as_secs_f64()),
    }
}

/// The wait that an answer asks for: `Retry-After`, else until the rate limit's reset. `clock` is this machine's time.
pub fn wait_asked(headers: &HeaderMap, clock: SystemTime) -> Option<Duration> {
    retry_after(headers, clock).or_else(|| reset_in(headers))
}

/// True for an answer by which the rate limit refuses a request: 429, or a 403 with `Retry-After`, or with no remaining
/// requests and a reset.
pub(crate) fn is_rate_limited(status: StatusCode, headers: &HeaderMap) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || (status == StatusCode::FORBIDDEN
            && (headers.contains_key(RETRY_AFTER) || {
                let said = read_rate_headers(headers);
                said.remaining.is_some_and(|remaining| remaining < 1.0) && has_reset(headers)
            }))
}

/// `Retry-After`: seconds or a date (RFC 9110, 10.2.3), or a UNIX time, which some APIs send.
pub(crate) fn retry_after(headers: &HeaderMap, clock: SystemTime) -> Option<Duration> {
    let text = text(headers, RETRY_AFTER.as_str())?;
    let wait = match point_in_time(text)? {
        When::In(wait) => wait,
        When::At(time) => {
            let wait_from = |now| time.duration_since(now).unwrap_or_default();
            let by_our_clock = || Some(wait_from(clock)).filter(|wait| *wait <= LONGEST_CREDIBLE_RESET);
            server_time(headers).map(wait_from).or_else(by_our_clock)?
        }
    };
    (wait <= LONGEST_CREDIBLE_WAIT).then_some(wait)
}

fn reset_in(headers: &HeaderMap) -> Option<Duration> {
    let wait = match reset(headers)? {
        When::In(wait) => wait,
        // The server's own clock, if it sends `Date`: ours may be wrong by more than the wait.
        When::At(time) => time.duration_since(server_time(headers).unwrap_or_else(SystemTime::now)).unwrap_or_default(),
    };
    (wait <= LONGEST_CREDIBLE_RESET).then_some(wait)
}

fn has_reset(headers: &HeaderMap) -> bool {
    reset(headers).is_some()
}

fn reset(headers: &HeaderMap) -> Option<When> {
    let own = PREFIXES.iter().find_map(|prefix| point_in_time(text(headers, &format!("{prefix}reset"))?));
    own.or_else(|| {
        let draft = draft_fields(headers);
        let (_, seconds) = draft.into_iter().find(|(name, _)| matches!(*name, "reset" | "t"))?;
        Some(when(seconds?))
    })
}

/// The server's own time, from `Date`, in whole seconds.
pub(crate) fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, DATE.as_str())?).ok()
}

/// A time in a header.
#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    /// After this duration.
    In(Duration),
    /// At this time.
    At(SystemTime),
}

/// A number as a time: seconds from now, or, if it is too large for that, a UNIX time in seconds, milliseconds,
/// microseconds or nanoseconds.
fn when(number: f64) -> When {
    let unix = |seconds: f64| {
        let since = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        // Past the range of the clock: the longest duration.
        SystemTime::UNIX_EPOCH.checked_add(since).map_or(When::In(Duration::MAX), When::At)
    };
    match number {
        // As a UNIX time it would be before the year 2001.
        ..1e9 => When::In(Duration::try_from_secs_f64(number.max(0.0)).unwrap_or_default()),
        ..1e11 => unix(number),
        ..1e14 => unix(number / 1e3),
        ..1e17 => unix(number / 1e6),
        _ => unix(number / 1e9),
    }
}

/// Reads a number, a duration with units such as `1m30s` or `250ms`, or a date in the format of HTTP or RFC 3339.
fn point_in_time(text: &str) -> Option<When> {
    let text = text.trim();
    if let Some(number) = number(text) {
        return (number >= 0.0).then(|| when(number));
    }
    if let Some(wait) = duration(text) {
        return Some(When::In(wait));
    }
    if let Ok(date) = httpdate::parse_http_date(text) {
        return Some(When::At(date));
    }
    let date = text.parse::<jiff::Timestamp>().ok()?;
    let since = Duration::from_millis(u64::try_from(date.as_millisecond()).unwrap_or(0));
    SystemTime::UNIX_EPOCH.checked_add(since).map(When::At)
}

/// A duration: the sum of numbers with units.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount = number(&rest[..digits])?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        seconds += amount
            * match &rest[..letters] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3_600.0,
                _ => return None,
            };
        rest = &rest[letters..];
    }
    Duration::try_from_secs_f64(seconds).ok().filter(|_| !text.is_empty())
}

/// The parameters of the header `RateLimit` and then of `RateLimit-Policy`, in the forms of the IETF draft
/// draft-ietf-httpapi-ratelimit-headers: `limit=10, remaining=5, reset=30` (version 07) and `"name";r=5;t=30`,
/// `"name";q=10;w=60` (from version 08 on).
fn draft_fields(headers: &HeaderMap) -> Vec<(&str, Option<f64>)> {
    let values = ["ratelimit", "ratelimit-policy"].into_iter().filter_map(|name| text(headers, name));
    let pairs = values.flat_map(|value| value.split([',', ';'])).filter_map(|part| part.split_once('='));
    pairs.map(|(name, value)| (name.trim(), number(value.trim()))).collect()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The number at the start of a value: `100, 100;w=60` has the limit and then its policy.
fn leading_number(text: &str) -> Option<f64> {
    number(text.split([',', ';']).next()?.trim())
}

/// A finite decimal number without an exponent.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_decimal = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|number: &f64| is_decimal && number.is_finite())
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

    fn said(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let date = ("date", DATE_TEXT.to_owned());
        headers(&pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).chain([date]).collect::<Vec<_>>())
    }

    fn limited(remaining: u64, reset: u64) -> HeaderMap {
        said(&[
            ("x-ratelimit-limit", "10"),
            ("x-ratelimit-remaining", &remaining.to_string()),
            ("x-ratelimit-reset", &(DATE_UNIX + reset).to_string()),
        ])
    }

    #[test]
    fn a_wait_is_read_in_its_plausible_format() {
        let milliseconds = |n| Some(Duration::from_millis(n));
        let unix = |seconds: u64| (DATE_UNIX + seconds).to_string();
        let cases: &[(&str, Option<Duration>)] = &[
            ("3", milliseconds(3_000)),
            (" 3 ", milliseconds(3_000)),
            ("0", milliseconds(0)),
            ("1.5", milliseconds(1_500)),
            ("250ms", milliseconds(250)),
            ("1m30s", milliseconds(90_000)),
            ("3600", milliseconds(3_600_000)),
            ("Tue, 24 Nov 2026 10:00:09 GMT", milliseconds(9_000)),
            ("Tue, 24 Nov 2026 09:00:00 GMT", milliseconds(0)),
            ("2026-11-24T10:00:09Z", milliseconds(9_000)),
            (&unix(9), milliseconds(9_000)),
            (&format!("{}250", unix(9)), milliseconds(9_250)),
            (&format!("{}250000", unix(9)), milliseconds(9_250)),
            // Not plausible.
            ("999999999", None),
            ("99999999999999999999999", None),
            ("4102444800", None),
            ("-1", None),
            ("soon", None),
            ("1e3", None),
            ("NaN", None),
            ("", None),
        ];
        for (text, wait) in cases {
            assert_eq!(wait_asked(&said(&[("retry-after", text)]), SystemTime::UNIX_EPOCH), *wait, "{text}");
        }
    }

    #[test]
    fn a_date_is_compared_with_our_clock_only_if_the_answer_has_no_date() {
        let seconds = |n| Some(Duration::from_secs(n));
        let cases: &[(HeaderMap, Option<Duration>)] = &[
            (headers(&[]), None),
            (headers(&[("retry-after", "Thu, 01 Jan 1970 00:01:30 GMT".to_owned())]), seconds(90)),
            (headers(&[("retry-after", DATE_TEXT.to_owned())]), None),
            (limited(0, 4), seconds(4)),
            (limited(0, 100_000), None),
        ];
        for (headers, wait) in cases {
            assert_eq!(wait_asked(headers, SystemTime::UNIX_EPOCH), *wait, "{headers:?}");
        }
    }

    type Headers = &'static [(&'static str, &'static str)];

    #[test]
    fn the_state_of_the_bucket_is_read_in_every_format() {
        let state = |limit, remaining, reset| RateHeaders { limit, remaining, reset };
        let (ten, seven, two) = (Some(10.0), Some(7.0), Some(2.0));
        let unix = (DATE_UNIX + 2).to_string();
        let cases: &[(&[(&'static str, &str)], RateHeaders)] = &[
            (&[], RateHeaders::default()),
            (
                &[("x-ratelimit-limit", "10"), ("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", &unix)],
                state(ten, seven, two),
            ),
            (
                &[("x-rate-limit-limit", "10"), ("x-rate-limit-remaining", "7"), ("x-rate-limit-reset", "2")],
                state(ten, seven, two),
            ),
            (
                &[("ratelimit-limit", "10, 10;w=60"), ("ratelimit-remaining", "7"), ("ratelimit-reset", "2")],
                state(ten, seven, two),
            ),
            (&[("ratelimit", "limit=10, remaining=7, reset=2")], state(ten, seven, two)),
            (
                &[("ratelimit", r#""default";r=7;t=2"#), ("ratelimit-policy", r#""default";q=10;w=60"#)],
                state(ten, seven, two),
            ),
            (&[("ratelimit", r#""default";r=7"#)], state(None, seven, None)),
            (&[("x-ratelimit-reset", "2500ms")], state(None, None, Some(2.5))),
            // A limit of 0, -1 remaining for "no limit", and implausible times are ignored.
            (&[("x-ratelimit-limit", "0"), ("x-ratelimit-remaining", "-1")], RateHeaders::default()),
            (&[("x-ratelimit-reset", "4102444800")], RateHeaders::default()),
            (&[("x-ratelimit-reset", "2100-01-01T00:00:00Z")], RateHeaders::default()),
            (&[("x-ratelimit-reset", "86400")], RateHeaders::default()),
            (&[("x-ratelimit-limit", "unlimited")], RateHeaders::default()),
        ];
        for (pairs, expected) in cases {
            assert_eq!(read_rate_headers(&said(pairs)), *expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_403_is_a_rate_limit_only_by_its_headers() {
        const RESET: (&str, &str) = ("x-ratelimit-reset", "2");
        let cases: &[(u16, Headers, bool)] = &[
            (429, &[], true),
            (403, &[], false),
            (403, &[("retry-after", "1")], true),
            (403, &[("x-ratelimit-remaining", "0"), RESET], true),
            (403, &[("x-ratelimit-remaining", "0")], false),
            (403, &[("x-ratelimit-remaining", "5"), RESET], false),
            (400, &[("retry-after", "1")], false),
            (503, &[("retry-after", "1")], false),
        ];
        for (status, pairs, expected) in cases {
            let status = StatusCode::from_u16(*status).unwrap();
            assert_eq!(is_rate_limited(status, &said(pairs)), *expected, "{status} {pairs:?}");
        }
    }

    proptest! {
        /// A header with any text is ignored, or is a number within bounds.
        #[test]
        fn any_text_is_a_bounded_number_or_ignored(text in "[ -~]{0,24}|-?[0-9]{1,25}(\\.[0-9]{1,3})?", name in 0usize..7) {
            let name = [
                "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit",
                "ratelimit-policy", "x-rate-limit-reset",
            ][name];
            let headers = headers(&[(name, text)]);
            let said = read_rate_headers(&headers);
            prop_assert!(said.limit.is_none_or(|limit| limit > 0.0 && limit.is_finite()));
            prop_assert!(said.remaining.is_none_or(|remaining| remaining >= 0.0 && remaining.is_finite()));
            prop_assert!(said.reset.is_none_or(|reset| (0.0..=LONGEST_CREDIBLE_RESET.as_secs_f64()).contains(&reset)));
            let wait = wait_asked(&headers, SystemTime::now());
            prop_assert!(wait.is_none_or(|wait| wait <= LONGEST_CREDIBLE_WAIT));
        }
    }
}
