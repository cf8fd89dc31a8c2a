//! How Auth0 writes JSON and times.

use std::fmt::Write as _;

/// Members of an object under construction.
pub(crate) struct Object<'a> {
    pub(crate) out: &'a mut String,
    pub(crate) escape_all: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn open(out: &'a mut String, escape_all: bool) -> Self {
        out.push('{');
        Self { out, escape_all }
    }

    pub(crate) fn key(&mut self, key: &str) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        quote(self.out, key, false);
        self.out.push(':');
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        quote(self.out, value, self.escape_all);
    }

    pub(crate) fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.push_str(value);
    }

    pub(crate) fn close(self) {
        self.out.push('}');
    }
}

/// A JSON string; with `escape_all` all that is not ASCII becomes `\uXXXX`, as some
/// serializers write it.
fn quote(out: &mut String, text: &str, escape_all: bool) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ if character.is_control() || (escape_all && !character.is_ascii()) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// An RFC 3339 time with milliseconds in UTC, as Auth0 writes all of its times.
pub(crate) fn timestamp(ms: u64) -> String {
    // Civil date from days: Howard Hinnant's algorithm, for dates after 1970.
    let days = ms / 86_400_000 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (seconds, ms) = (ms / 1000 % 86_400, ms % 1000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let table = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_007, "2000-02-29T00:00:00.007Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_577_836_800_000, "2020-01-01T00:00:00.000Z"),
            (1_798_761_600_000, "2027-01-01T00:00:00.000Z"),
        ];
        for (ms, expected) in table {
            assert_eq!(timestamp(ms), expected);
        }
    }
}
