//! A part of a list that is longer than the API lets anybody page through.
//!
//! A slice is a range of a time that every row has and that never changes, and, where too many rows
//! share one time, a choice among their keys. A source writes it as a search.

use crate::model::SliceKeys;

/// Which rows of a list a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The members that are compared.
    pub by: SliceKeys,
    /// The earliest time, in milliseconds since 1970, included; nothing for no bound.
    pub from: Option<i64>,
    /// The time it ends before; nothing for no bound.
    pub to: Option<i64>,
    /// What holds for the keys, all of it.
    pub keys: Vec<KeyChoice>,
}

/// An order by the time of slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// Which keys a slice is about. A choice and its opposite are all keys there can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyChoice {
    /// Those that begin with any of these texts.
    Beginning(Vec<String>),
    /// Those that begin with none of them.
    NotBeginning(Vec<String>),
}

/// The beginnings that part keys like those of `sample` into two halves, as evenly as it shows;
/// nothing when it cannot be parted by plain characters.
pub(crate) fn part_keys<'a>(sample: impl IntoIterator<Item = &'a str>) -> Option<Vec<String>> {
    /// More beginnings make a query that is too long.
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
            // One key alone may be the beginning of others.
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
        // Even enough: longer beginnings make longer queries.
        if best.as_ref().is_some_and(|(most, _)| most * 5 >= keys.len() * 2) {
            break;
        }
    }
    best.map(|(_, beginnings)| beginnings)
}

/// Keys are ASCII here, so that every length is a boundary.
fn beginning(key: &str, length: usize) -> &str {
    key.get(..length).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_parted_into_halves() {
        let hex = |prefix: &str, from: usize, to: usize| (from..to).map(|n| format!("{prefix}{n:04x}")).collect();
        let cases: &[(&str, Vec<String>)] = &[
            ("spread", hex("auth0|", 0, 4096)),
            ("one tail", hex("auth0|64a1b2c3d4e5f6", 0, 100)),
            ("two providers", [hex("auth0|x", 0, 50), hex("google-oauth2|x", 0, 50)].concat()),
            ("few of one, many of another", [hex("a|", 0, 3), hex("b|", 0, 97)].concat()),
            ("two", vec!["a".into(), "ab".into()]),
        ];
        for (name, keys) in cases {
            let beginnings = part_keys(keys.iter().map(String::as_str)).unwrap();
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
    fn keys_that_cannot_be_parted() {
        assert_eq!(part_keys(["one"]), None);
        assert_eq!(part_keys(["\u{e9}1", "\u{e9}2"]), None);
        assert_eq!(part_keys([]), None);
    }
}
