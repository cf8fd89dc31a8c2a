//! Parsing of option values: numbers with units, booleans, words, and the error for a value of the wrong form.

use std::time::Duration;

use super::spec::{OptionKind, OptionSpec};
use crate::error::{Error, ErrorKind, Result, SHORTER_THAN_CREDENTIALS, repeated};
use crate::json_path::JsonPath;

/// Checks that a value has its option's form.
///
/// # Errors
/// `OptionValue`, with the form in the hint.
pub(super) fn check_value(spec: &OptionSpec, text: &str) -> Result<()> {
    let fits = match spec.kind {
        OptionKind::Text | OptionKind::Secret => !text.trim().is_empty(),
        OptionKind::Bool => parse_bool(text).is_some(),
        OptionKind::Integer { min, max } => text.parse().is_ok_and(|n: u64| (min..=max).contains(&n)),
        OptionKind::Duration { min, max } => parse_duration(text).is_some_and(|d| (min..=max).contains(&d)),
        OptionKind::Size { min, max } => parse_size(text).is_some_and(|n| (min..=max).contains(&n)),
        OptionKind::Rate => parse_rate(text).is_some(),
        OptionKind::Percent { min, max } => parse_percent(text).is_some_and(|n| (min..=max).contains(&n)),
        OptionKind::Choice(words) => words.contains(&text),
        OptionKind::Uuid => is_uuid(text),
        OptionKind::JsonPath => {
            JsonPath::parse(text)?;
            true
        }
    };
    if fits { Ok(()) } else { Err(wrong_value(spec, text)) }
}

/// The error for a value of the wrong form. A secret is not repeated.
pub(super) fn wrong_value(spec: &OptionSpec, text: &str) -> Error {
    let expected = match spec.kind {
        OptionKind::Text | OptionKind::Secret => "a text that is not empty".to_owned(),
        OptionKind::Bool => "'true' or 'false'".to_owned(),
        OptionKind::Integer { min, max } => format!("a whole number from {min} to {max}"),
        OptionKind::Duration { min, max } => {
            format!(
                "a length of time with its unit (ms, s, min, h) from '{} ms' to '{} s'",
                min.as_millis(),
                max.as_secs()
            )
        }
        OptionKind::Size { min, max } => {
            format!("a size with its unit (B, kB, MB, GB) from '{min} B' to '{} MB'", max >> 20)
        }
        OptionKind::Rate => {
            "a number above 0, a second or with its unit, such as '10', '2.5/s' or '150/min'".to_owned()
        }
        OptionKind::Percent { min, max } => format!("a share from '{min} %' to '{max} %'"),
        OptionKind::Choice(words) => format!("'{}'", words.join("' or '")),
        OptionKind::Uuid => "a UUID such as '3e8b5a4c-0f6d-4d1e-9a43-0d8a2f6b7c11'".to_owned(),
        OptionKind::JsonPath => "a JSON path".to_owned(),
    };
    let message = match spec.kind {
        // In an option for the id of a secret, the likeliest mistake is the secret itself.
        OptionKind::Secret | OptionKind::Uuid => format!("option \"{}\" has an unusable value", spec.name),
        _ => format!("option \"{}\" cannot be {}", spec.name, repeated(text, '\'', SHORTER_THAN_CREDENTIALS)),
    };
    Error::new(ErrorKind::OptionValue, message).with_hint(format!("Give {expected}."))
}

/// A boolean in Postgres's spellings (`true`, `on`, `yes`, `1` …), case-insensitive.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "on" | "yes" | "y" | "1" => Some(true),
        "false" | "f" | "off" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

pub(super) fn is_uuid(text: &str) -> bool {
    let mut groups = text.trim().split('-');
    [8, 4, 4, 4, 12].iter().all(|length| {
        groups.next().is_some_and(|group| group.len() == *length && group.bytes().all(|b| b.is_ascii_hexdigit()))
    }) && groups.next().is_none()
}

pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

pub(super) fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text)?;
    let shift = match unit {
        "B" => 0,
        "kB" => 10,
        "MB" => 20,
        "GB" => 30,
        _ => return None,
    };
    number.checked_mul(1u64 << shift)
}

pub(super) fn parse_rate(text: &str) -> Option<f64> {
    let (number, period) = match text.split_once('/') {
        None => (text, 1.0),
        Some((number, unit)) => match unit.trim() {
            "s" => (number, 1.0),
            "min" => (number, 60.0),
            _ => return None,
        },
    };
    let number = number.trim();
    // No sign, exponent or word: Rust parses more forms than users write.
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let rate = number.parse::<f64>().ok().filter(|_| is_plain)? / period;
    (rate > 0.0 && rate <= 1e6).then_some(rate)
}

pub(super) fn parse_percent(text: &str) -> Option<u64> {
    text.trim().strip_suffix('%')?.trim_end().parse().ok()
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim_start()))
}
