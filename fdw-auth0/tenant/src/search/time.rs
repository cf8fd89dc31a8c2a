//! Times in queries and users: milliseconds since 1970, in UTC.

/// The first and the last millisecond of a month, a day or a date-time. Parts that are left out make the period
/// longer.
pub(super) fn period(text: &str) -> Option<(i64, i64)> {
    // `YYYY-MM-DDTHH:MM:SS.mmmZ` at most: bounds finer than the index are a client's mistake.
    let bytes = text.as_bytes();
    if !text.is_ascii() || !matches!(bytes.len(), 7 | 10 | 20 | 24) || bytes[4] != b'-' {
        return None;
    }
    let (year, month) = (number(&text[..4])?, number(&text[5..7])?);
    let length = month_length(year, month)?;
    let first_day = days(year, month);
    if bytes.len() == 7 {
        return Some(span(first_day * DAY, length * DAY));
    }
    let day = number(&text[8..10])?;
    if bytes[7] != b'-' || !(1..=length).contains(&day) {
        return None;
    }
    let start = (first_day + day - 1) * DAY;
    if bytes.len() == 10 {
        return Some(span(start, DAY));
    }
    let clock = clock(&text[10..19])?;
    match &text[19..] {
        "Z" => Some(span(start + clock, 1_000)),
        rest => {
            let ms = number(rest.strip_prefix('.')?.strip_suffix('Z')?)?;
            Some(span(start + clock + ms, 1))
        }
    }
}

/// The time of a user's member in milliseconds since 1970; finer digits are cut off.
pub(crate) fn instant(text: &str) -> Option<i64> {
    let (whole, fraction) = text.strip_suffix('Z')?.split_once('.').unwrap_or((text.strip_suffix('Z')?, "0"));
    if whole.len() != 19 || !(1..=9).contains(&fraction.len()) {
        return None;
    }
    number(fraction)?;
    let ms: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    Some(period(&format!("{whole}Z"))?.0 + ms)
}

const DAY: i64 = 86_400_000;

fn span(first: i64, length: i64) -> (i64, i64) {
    (first, first + length - 1)
}

/// The number of a text of digits only: no sign, no spaces.
fn number(digits: &str) -> Option<i64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Milliseconds of `THH:MM:SS`.
fn clock(text: &str) -> Option<i64> {
    let mut parts = text.strip_prefix('T')?.split(':').map(|part| if part.len() == 2 { number(part) } else { None });
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let valid = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    valid.then_some((hour * 3_600 + minute * 60 + second) * 1_000)
}

fn month_length(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// Days from 1970 to the first of a month.
fn days(year: i64, month: i64) -> i64 {
    // Years that begin in March have their leap day at the end.
    let shifted = if month > 2 { year } else { year - 1 };
    let since_march = (month + 9) % 12;
    let leap_days = shifted.div_euclid(4) - shifted.div_euclid(100) + shifted.div_euclid(400);
    shifted * 365 + leap_days + (since_march * 153 + 2) / 5 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_gives_its_period() {
        let table = [
            ("1970-01-01", (0, DAY - 1)),
            ("1970-01", (0, 31 * DAY - 1)),
            ("1969-12-31", (-DAY, -1)),
            ("1970-01-01T00:00:01Z", (1_000, 1_999)),
            ("2000-02-29T00:00:00.007Z", (951_782_400_007, 951_782_400_007)),
            ("2024-02-29T23:59:59.999Z", (1_709_251_199_999, 1_709_251_199_999)),
            ("2024-02", (1_706_745_600_000, 1_709_251_199_999)),
            ("2020-01-01T00:00:00.000Z", (1_577_836_800_000, 1_577_836_800_000)),
        ];
        for (text, expected) in table {
            assert_eq!(period(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_time_give_no_period() {
        for text in [
            "",
            "2024",
            "2024-13",
            "2024-00",
            "2023-02-29",
            "1900-02-29",
            "2024-01-00",
            "2024/01/01",
            "2024-01-01T00:00:00",
            "2024-01-01T24:00:00Z",
            "2024-01-01 00:00:00Z",
            "2024-01-01T0:000:00Z",
            "2024-01-01T00:00:00.1234567Z",
            "2024-01-01T00:00:00.+12Z",
            "2024-01-01T00:00:00,123Z",
            "+024-01",
            "2024-0é",
        ] {
            assert_eq!(period(text), None, "{text}");
        }
    }

    #[test]
    fn a_members_time_is_cut_to_milliseconds() {
        let table = [
            ("1970-01-01T00:00:01Z", Some(1_000)),
            ("1970-01-01T00:00:01.5Z", Some(1_500)),
            ("1970-01-01T00:00:01.123999Z", Some(1_123)),
            ("1970-01-01", None),
            ("1970-01-01T00:00:01", None),
            ("1970-01-01T00:00:01.Z", None),
            ("1970-01-01T00:00:01.1é0Z", None),
            ("Z", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(instant(text), expected, "{text}");
        }
    }
}
