//! Numbers that count time since 1970-01-01 UTC, as in the column option `time_format`.

use crate::options::TimeFormat;

/// Error: the time is outside the range of every Postgres type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfRange;

/// The date and time in UTC that a number denotes, in a form that Postgres reads with any setting, such as
/// `2026-01-02 03:04:05.678`. `None` for a text that is not a number in JSON's notation. The number may have a
/// fraction and an exponent; digits below a microsecond are rounded.
///
/// # Errors
/// [`OutOfRange`]
pub fn timestamp_text(number: &str, format: TimeFormat) -> Option<Result<String, OutOfRange>> {
    let microseconds = match scaled(number, format, true)? {
        Ok(microseconds) => microseconds,
        Err(error) => return Some(Err(error)),
    };
    let (days, rest) = (microseconds.div_euclid(DAY), microseconds.rem_euclid(DAY));
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    let (year, date) = civil(days);
    let time = format!("{:02}:{:02}:{:02}.{fraction:06}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(Ok(format!("{date} {time}+00{}", era(year))))
}

/// The date in UTC that a number denotes, as [`timestamp_text`]. The time of day is cut off, not rounded.
///
/// # Errors
/// [`OutOfRange`]
pub fn date_text(number: &str, format: TimeFormat) -> Option<Result<String, OutOfRange>> {
    Some(scaled(number, format, false)?.map(|microseconds| {
        let (year, date) = civil(microseconds.div_euclid(DAY));
        format!("{date}{}", era(year))
    }))
}

/// Microseconds per day.
const DAY: i64 = 86_400_000_000;

/// A decimal number in microseconds: the nearest whole number, or the one below.
fn scaled(number: &str, format: TimeFormat, nearest: bool) -> Option<Result<i64, OutOfRange>> {
    let (is_negative, number) = match number.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, number),
    };
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            // A larger exponent is also out of range, or also rounds to zero.
            let size = digits.parse::<i64>().unwrap_or(i64::MAX).min(1_000_000);
            (mantissa, if exponent.starts_with('-') { -size } else { size })
        }
        None => (number, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, part)| (whole, Some(part)));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || fraction.is_some_and(|part| !is_digits(part)) {
        return None;
    }
    let fraction = fraction.unwrap_or_default();
    let digits = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    let unit = match format {
        TimeFormat::UnixSeconds => 6,
        TimeFormat::UnixMilliseconds => 3,
    };
    if digits.is_empty() {
        return Some(Ok(0));
    }
    // Number of digits that are whole microseconds.
    let point = digits.len() as i64 - fraction.len() as i64 + exponent + unit;
    // Numbers of twenty or more digits do not fit.
    if point > 19 {
        return Some(Err(OutOfRange));
    }
    let kept = usize::try_from(point).unwrap_or(0);
    let mut all = digits.chars().chain(std::iter::repeat('0'));
    let size: i128 =
        all.by_ref().take(kept).fold(0, |sum, digit| sum * 10 + i128::from(digit.to_digit(10).unwrap_or(0)));
    // With the decimal point before the first digit, the fraction starts with zeros.
    let rest = if point < 0 { "0" } else { digits.get(kept..).unwrap_or_default() };
    let is_more = point < 0 || rest.bytes().any(|byte| byte != b'0');
    let up = if nearest { rest.as_bytes().first().is_some_and(|digit| *digit >= b'5') } else { is_negative && is_more };
    let size = size + i128::from(up);
    Some(i64::try_from(if is_negative { -size } else { size }).map_err(|_| OutOfRange))
}

/// The year and the date of a day since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). Year 1
/// BC is 0, earlier years are negative.
fn civil(days: i64) -> (i64, String) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let shown = if year > 0 { year } else { 1 - year };
    (year, format!("{shown:04}-{month:02}-{day:02}"))
}

fn era(year: i64) -> &'static str {
    if year > 0 { "" } else { " BC" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TimeFormat::{UnixMilliseconds, UnixSeconds};

    #[test]
    fn timestamp_text_converts_seconds_and_milliseconds() {
        let cases = [
            ("0", UnixSeconds, "1970-01-01 00:00:00.000000+00"),
            ("-0", UnixSeconds, "1970-01-01 00:00:00.000000+00"),
            ("1767323045", UnixSeconds, "2026-01-02 03:04:05.000000+00"),
            ("1767323045.123456", UnixSeconds, "2026-01-02 03:04:05.123456+00"),
            ("1767323045.1234565", UnixSeconds, "2026-01-02 03:04:05.123457+00"),
            ("1767323045.99999949", UnixSeconds, "2026-01-02 03:04:05.999999+00"),
            ("1767323045123", UnixMilliseconds, "2026-01-02 03:04:05.123000+00"),
            ("1767323045123.4567", UnixMilliseconds, "2026-01-02 03:04:05.123457+00"),
            ("1.767323045e9", UnixSeconds, "2026-01-02 03:04:05.000000+00"),
            ("1767323045000e-3", UnixSeconds, "2026-01-02 03:04:05.000000+00"),
            ("0.000001", UnixSeconds, "1970-01-01 00:00:00.000001+00"),
            ("0.0000005", UnixSeconds, "1970-01-01 00:00:00.000001+00"),
            ("0.00000004", UnixSeconds, "1970-01-01 00:00:00.000000+00"),
            ("1e-99999999999", UnixSeconds, "1970-01-01 00:00:00.000000+00"),
            ("-1", UnixSeconds, "1969-12-31 23:59:59.000000+00"),
            ("-0.5", UnixMilliseconds, "1969-12-31 23:59:59.999500+00"),
            ("951782400", UnixSeconds, "2000-02-29 00:00:00.000000+00"),
            ("-62135596801", UnixSeconds, "0001-12-31 23:59:59.000000+00 BC"),
            ("253402300800", UnixSeconds, "10000-01-01 00:00:00.000000+00"),
        ];
        for (number, format, expected) in cases {
            assert_eq!(timestamp_text(number, format), Some(Ok(expected.to_owned())), "{number}");
        }
    }

    #[test]
    fn date_text_is_the_day_of_the_time() {
        let cases = [
            ("1767323045", UnixSeconds, "2026-01-02"),
            ("1767311999.9999999", UnixSeconds, "2026-01-01"),
            ("1767312000000", UnixMilliseconds, "2026-01-02"),
            ("-0.0000000001", UnixSeconds, "1969-12-31"),
            ("-1e-40", UnixSeconds, "1969-12-31"),
            ("-86400", UnixSeconds, "1969-12-31"),
        ];
        for (number, format, expected) in cases {
            assert_eq!(date_text(number, format), Some(Ok(expected.to_owned())), "{number}");
        }
    }

    #[test]
    fn other_texts_are_none_and_large_numbers_out_of_range() {
        for text in
            ["", "-", "now", "2026-01-02", "1.", ".5", "1e", "1e+", "+1", " 1", "1_000", "0x1", "NaN", "--1", "1.-5"]
        {
            assert_eq!(timestamp_text(text, UnixSeconds), None, "{text}");
            assert_eq!(date_text(text, UnixMilliseconds), None, "{text}");
        }
        for text in ["1e400", "9223372036854775807", "-1e14", "1e999999999999999999999", "99999999999999999999"] {
            assert_eq!(timestamp_text(text, UnixSeconds), Some(Err(OutOfRange)), "{text}");
        }
    }
}
