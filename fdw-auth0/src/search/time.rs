//! Bounds of times: the index has milliseconds, SQL has microseconds and texts.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// The milliseconds just below and above a time; the same one twice for a whole millisecond. `None` for a time
/// whose year does not have four digits.
pub(super) fn around(microseconds: i64) -> Option<(String, String)> {
    let below = microseconds.div_euclid(1_000);
    let above = below + i64::from(microseconds.rem_euclid(1_000) > 0);
    Some((millisecond(below)?, millisecond(above)?))
}

/// The text of a time in milliseconds since 1970. `None` for a time whose year does not have four digits.
pub(super) fn millisecond(milliseconds: i64) -> Option<String> {
    let text = format!("{:.3}", Timestamp::from_millisecond(milliseconds).ok()?);
    // Other years make a longer text.
    (text.len() == "2026-01-02T03:04:05.678Z".len() && !text.starts_with("0000")).then_some(text)
}

/// The day before and the day after the day that a text begins with. Every collation orders the texts of an
/// earlier day before those of a later one.
pub(super) fn days_around(text: &str) -> Option<(String, String)> {
    let day: Date = text.get(..10)?.parse().ok()?;
    // No time after the day, or a time in the API's own form.
    let rest = &text[10..];
    let is_time = rest.is_empty() || (rest.starts_with(['T', ' ']) && rest.is_ascii());
    if !is_time || !(1..=9998).contains(&day.year()) {
        return None;
    }
    let show = |day: Date| day.to_string();
    Some((show(day.checked_sub(1.day()).ok()?), show(day.checked_add(1.day()).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_between_its_milliseconds() {
        let cases = [
            (0, Some(("1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z"))),
            (1, Some(("1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.001Z"))),
            (-1, Some(("1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z"))),
            (1_785_000_000_123_000, Some(("2026-07-25T17:20:00.123Z", "2026-07-25T17:20:00.123Z"))),
            (1_785_000_000_123_456, Some(("2026-07-25T17:20:00.123Z", "2026-07-25T17:20:00.124Z"))),
            (i64::MAX, None),
            (i64::MIN, None),
            (-62_167_219_200_000_000, None),
        ];
        for (microseconds, expected) in cases {
            let bounds = around(microseconds);
            assert_eq!(bounds.as_ref().map(|(from, to)| (from.as_str(), to.as_str())), expected, "{microseconds}");
        }
    }

    #[test]
    fn text_of_a_time_is_bounded_by_the_days_around_it() {
        let cases = [
            ("2026-03-01", Some(("2026-02-28", "2026-03-02"))),
            ("2026-12-31T23:59:59.999Z", Some(("2026-12-30", "2027-01-01"))),
            ("2026-12-31 23:59", Some(("2026-12-30", "2027-01-01"))),
            ("2026-13-01", None),
            ("2026-3-1", None),
            ("2026-03-011", None),
            ("2026-03", None),
            ("9999-12-31", None),
            ("", None),
            ("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", None),
        ];
        for (text, expected) in cases {
            let days = days_around(text);
            assert_eq!(days.as_ref().map(|(from, to)| (from.as_str(), to.as_str())), expected, "{text}");
        }
    }
}
