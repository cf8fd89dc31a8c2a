//! Parsing of the claims of an answer about its list.

use super::batch::plain_text;

/// A whole number: `5`, `5.0`, `5e0`, or one of these in a text. `None` for null and for an empty text.
///
/// # Errors
/// For any other value, and for a number below zero or above 2^64 - 1.
pub(super) fn whole_number(raw: &str) -> Result<Option<u64>, ()> {
    if raw == "null" {
        return Ok(None);
    }
    match plain_text(raw) {
        Some(text) if text.trim().is_empty() => Ok(None),
        Some(text) => parse(text.trim()).map(Some).ok_or(()),
        None => parse(raw).map(Some).ok_or(()),
    }
}

/// The value of a decimal number with an optional fraction and exponent, if it is whole.
fn parse(text: &str) -> Option<u64> {
    if let Ok(number) = text.parse() {
        return text.as_bytes().first().filter(|first| first.is_ascii_digit()).and(Some(number));
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let leading = significant.trim_start_matches('0');
    if leading.is_empty() {
        return Some(0);
    }
    // The position of the last significant digit, counted from the decimal point.
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    let scale = zeros + i64::from(exponent) - i64::try_from(fraction.len()).ok()?;
    let scale = u32::try_from(scale).ok()?;
    leading.parse::<u64>().ok()?.checked_mul(10u64.checked_pow(scale)?)
}

/// The cursor or address of the next page: a text or a number. `None` for null, false and an empty text.
///
/// # Errors
/// For any other value.
pub(super) fn next(raw: &str) -> Result<Option<String>, ()> {
    match plain_text(raw) {
        Some(text) => Ok(Some(text.into_owned()).filter(|text| !text.is_empty())),
        None if matches!(raw, "null" | "false") => Ok(None),
        None if raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) => Ok(Some(raw.to_owned())),
        None => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_in_every_notation() {
        let cases = [
            ("5", Ok(Some(5))),
            ("0", Ok(Some(0))),
            ("5.0", Ok(Some(5))),
            ("5e0", Ok(Some(5))),
            ("1.25e2", Ok(Some(125))),
            ("1.20E+3", Ok(Some(1200))),
            ("500e-2", Ok(Some(5))),
            ("0.0e99", Ok(Some(0))),
            ("\"5\"", Ok(Some(5))),
            ("\" 5.00 \"", Ok(Some(5))),
            ("\"\"", Ok(None)),
            ("\" \"", Ok(None)),
            ("null", Ok(None)),
            ("18446744073709551615", Ok(Some(u64::MAX))),
            ("18446744073709551616", Err(())),
            ("1e99999", Err(())),
            ("1e99999999999", Err(())),
            ("5.5", Err(())),
            ("55e-1", Err(())),
            ("-5", Err(())),
            ("\"5 rows\"", Err(())),
            ("\"+5\"", Err(())),
            ("\"5.\u{663}\"", Err(())),
            ("true", Err(())),
            ("[5]", Err(())),
            ("{}", Err(())),
        ];
        for (raw, expected) in cases {
            assert_eq!(whole_number(raw), expected, "{raw}");
        }
    }

    #[test]
    fn a_next_page_is_a_text_or_a_number() {
        let cases = [
            (r#""a\u0062""#, Ok(Some("ab"))),
            ("17", Ok(Some("17"))),
            ("0", Ok(Some("0"))),
            ("\"\"", Ok(None)),
            ("null", Ok(None)),
            ("false", Ok(None)),
            ("true", Err(())),
            ("{}", Err(())),
            ("[]", Err(())),
            (r#""\ud800""#, Err(())),
        ];
        for (raw, expected) in cases {
            assert_eq!(next(raw), expected.map(|next| next.map(str::to_owned)), "{raw}");
        }
    }
}
