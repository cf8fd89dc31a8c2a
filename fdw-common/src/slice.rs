//! A part of a list that is longer than its page cap.
//!
//! A slice is a range of a time that every row has and that never changes. If too many rows share one time, it is
//! also limited to some of their keys. A source turns it into a search.

use crate::model::SliceKeys;

/// The rows of a list that a request is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The columns that are compared.
    pub by: SliceKeys,
    /// The earliest time, inclusive, in milliseconds since 1970; `None` for no bound.
    pub from: Option<i64>,
    /// The time it ends before; `None` for no bound.
    pub to: Option<i64>,
    /// Conditions on the keys; all of them hold.
    pub keys: Vec<KeyChoice>,
}

/// A sort direction of the slices' time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// A condition on a row's key. Every key fulfils exactly one of a choice and its opposite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyChoice {
    /// Keys with any of these prefixes.
    Beginning(Vec<String>),
    /// Keys with none of these prefixes.
    NotBeginning(Vec<String>),
}

/// Prefixes that split keys like those of `sample` into two halves, as evenly as the sample allows. `None` if
/// prefixes of plain characters cannot split it.
pub(crate) fn split_keys<'a>(sample: impl IntoIterator<Item = &'a str>) -> Option<Vec<String>> {
    /// With more prefixes the query is too long.
    const MOST: usize = 24;
    let mut keys: Vec<&str> =
        sample.into_iter().filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic())).collect();
    keys.sort_unstable();
    keys.dedup();
    let longest = keys.iter().map(|key| key.len()).max()?;
    let mut best: Option<(usize, Vec<String>)> = None;
    for length in 1..=longest {
        let mut beginnings: Vec<String> = Vec::new();
        let mut taken = 0;
        for group in keys.chunk_by(|a, b| beginning(a, length) == beginning(b, length)) {
            // A short key may itself be a prefix of others.
            let whole = group.iter().any(|key| key.len() < length);
            if whole || taken + group.len() > keys.len() / 2 || beginnings.len() == MOST {
                continue;
            }
            taken += group.len();
            beginnings.extend(group.first().map(|key| beginning(key, length).to_owned()));
        }
        if best.as_ref().is_none_or(|(most, _)| taken > *most) && taken > 0 {
            best = Some((taken, beginnings));
        }
        // Even enough: longer prefixes make longer queries.
        if best.as_ref().is_some_and(|(most, _)| most * 5 >= keys.len() * 2) {
            break;
        }
    }
    best.map(|(_, beginnings)| beginnings)
}

/// A prefix of a key. Keys are ASCII here, so every length is a character boundary.
fn beginning(key: &str, length: usize) -> &str {
    key.get(..length).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_keys_gives_two_halves() {
        let hex = |prefix: &str, from: usize, to: usize| (from..to).map(|n| format!("{prefix}{n:04x}")).collect();
        let cases: &[(&str, Vec<String>)] = &[
            ("spread", hex("auth0|", 0, 4096)),
            ("one tail", hex("auth0|64a1b2c3d4e5f6", 0, 100)),
            ("two providers", [hex("auth0|x", 0, 50), hex("google-oauth2|x", 0, 50)].concat()),
            ("few of one, many of another", [hex("a|", 0, 3), hex("b|", 0, 97)].concat()),
            ("two", vec!["a".into(), "ab".into()]),
        ];
        for (name, keys) in cases {
            let beginnings = split_keys(keys.iter().map(String::as_str)).unwrap();
            let inside = keys.iter().filter(|key| beginnings.iter().any(|b| key.starts_with(b))).count();
            assert!(inside > 0 && inside < keys.len(), "{name}: {inside} by {beginnings:?}");
            assert!(
                keys.len() < 50 || inside * 4 >= keys.len(),
                "{name}: {inside} of {} by {beginnings:?}",
                keys.len()
            );
            assert!(beginnings.len() <= 24, "{name}");
        }
    }

    #[test]
    fn part_keys_is_none_for_one_key_and_other_characters() {
        assert_eq!(split_keys(["one"]), None);
        assert_eq!(split_keys(["\u{e9}1", "\u{e9}2"]), None);
        assert_eq!(split_keys([]), None);
    }
}
