//! The keys of the rows read so far: they show which rows are new, and whether two readings of a list agree.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use super::page_view::PageRows;

/// The keys of one scan.
///
/// Keys are stored as 64-bit hashes with a random seed. If two keys share a hash, a row is not emitted, and the
/// readings or the count disagree: the scan ends in an error, not in fewer rows.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    hasher: RandomState,
    /// For each key, the last reading that had it, and a hash of its row's contents.
    last_seen: HashMap<u64, (u32, u32)>,
    compares: bool,
    reading: u32,
    /// The first reading of the current list.
    first: u32,
    now: Tally,
    before: Option<Tally>,
    /// A key of two rows on one page.
    shared_key: Option<String>,
    /// The number of rows of the last noted page, and the sum of the hashes of their keys.
    last_page: (usize, u64),
}

/// The rows of one reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    rows: u64,
    distinct: u64,
    /// Keys that the previous reading had as well.
    repeated: u64,
    /// Rows have no key; they are compared by a sum of hashes of their contents.
    is_keyless: bool,
    contents: u64,
}

impl KeySet {
    /// Keys that SQL declares and that several rows may share: the contents of rows are compared as well.
    pub(crate) fn comparing() -> Self {
        KeySet { compares: true, ..KeySet::default() }
    }

    /// Records the rows of a page, and returns for each whether it has never been emitted. In a second reading, rows
    /// without a key count as known, since the first reading emitted them.
    pub(crate) fn note(&mut self, rows: &dyn PageRows) -> Vec<bool> {
        let len = rows.len();
        self.now.rows += len as u64;
        if !rows.has_keys() {
            self.now.is_keyless = true;
            for row in 0..len {
                self.now.contents = self.now.contents.wrapping_add(self.content(rows, row));
            }
            self.now.distinct += len as u64;
            return vec![self.reading == self.first; len];
        }
        self.last_page = (len, 0);
        let mut doubled = Vec::new();
        let mut unknown = Vec::with_capacity(len);
        for row in 0..len {
            let (hash, shown) = (self.hash(rows, row), self.shown(rows, row));
            self.last_page.1 = self.last_page.1.wrapping_add(hash);
            let before = self.last_seen.insert(hash, (self.reading, shown));
            unknown.push(before.is_none());
            match before {
                Some((reading, _)) if reading == self.reading => doubled.push(row),
                before => {
                    self.now.distinct += 1;
                    let is_repeated = before.is_some_and(|(reading, _)| reading + 1 == self.reading);
                    self.now.repeated += u64::from(self.before.is_some() && is_repeated);
                }
            }
        }
        if self.shared_key.is_none() && !doubled.is_empty() {
            self.shared_key = shared_key(rows, &doubled);
        }
        unknown
    }

    /// True if the current reading already has all rows of the page, with the same contents.
    pub(crate) fn has_all(&self, rows: &dyn PageRows) -> bool {
        let now = |row| (self.reading, self.shown(rows, row));
        let is_here = |row| self.last_seen.get(&self.hash(rows, row)) == Some(&now(row));
        rows.len() > 0 && rows.has_keys() && (0..rows.len()).all(is_here)
    }

    /// True if the page has exactly the rows of the last noted page.
    pub(crate) fn is_last_page(&self, rows: &dyn PageRows) -> bool {
        let (len, last_sum) = self.last_page;
        let sum = || (0..len).fold(0, |sum: u64, row| sum.wrapping_add(self.hash(rows, row)));
        len > 0 && rows.len() == len && rows.has_keys() && sum() == last_sum
    }

    fn shown(&self, rows: &dyn PageRows, row: usize) -> u32 {
        if self.compares { self.content(rows, row) as u32 } else { 0 }
    }

    /// A hash of all values of a row.
    fn content(&self, rows: &dyn PageRows, row: usize) -> u64 {
        let mut hash = self.hasher.build_hasher();
        rows.content(row, &mut |value| {
            hash.write(value.as_bytes());
            hash.write_u8(0xff);
        });
        hash.finish()
    }

    fn hash(&self, rows: &dyn PageRows, row: usize) -> u64 {
        self.hasher.hash_one(&*rows.key(row))
    }

    /// For each row, whether `wanted` selects it and it is new. New rows are remembered, unless `forget` says that no
    /// other request can return them.
    pub(crate) fn unknown(&mut self, rows: &dyn PageRows, wanted: &[bool], forget: bool) -> Vec<bool> {
        let mut is_unknown = |row: usize| {
            let hash = self.hash(rows, row);
            let is_unknown = !self.last_seen.contains_key(&hash);
            if is_unknown && !forget {
                self.last_seen.insert(hash, (self.reading, 0));
            }
            is_unknown
        };
        wanted.iter().enumerate().map(|(row, wanted)| *wanted && is_unknown(row)).collect()
    }

    /// Begins another reading of the same list.
    pub(crate) fn next_reading(&mut self) {
        self.reading += 1;
        self.before = Some(std::mem::take(&mut self.now));
    }

    /// Begins another list, which may contain rows of the previous lists.
    pub(crate) fn next_list(&mut self) {
        self.reading += 2;
        self.first = self.reading;
        self.before = None;
        self.now = Tally::default();
    }

    /// The number of rows of the current reading.
    pub(crate) fn rows(&self) -> u64 {
        self.now.rows
    }

    /// The number of distinct keys of the current reading, or the number of its rows if they have no key.
    pub(crate) fn distinct(&self) -> u64 {
        self.now.distinct
    }

    /// True if rows have no key, so that a second reading cannot show which rows are new.
    pub(crate) fn is_keyless(&self) -> bool {
        self.now.is_keyless
    }

    /// True if no row has been read at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.last_seen.is_empty() && self.now.rows == 0 && self.before.is_none_or(|before| before.rows == 0)
    }

    /// A key of two rows on one page, if there is one: such a key is not unique.
    pub(crate) fn shared_key(&self) -> Option<&str> {
        self.shared_key.as_deref()
    }

    /// True if the current reading has a key twice.
    pub(crate) fn has_doubles(&self) -> bool {
        self.now.rows > self.now.distinct
    }

    /// True if the current reading has exactly the rows of the previous one.
    pub(crate) fn readings_agree(&self) -> bool {
        self.before.is_some_and(|before| {
            let now = self.now;
            let is_same = if now.is_keyless { now.contents == before.contents } else { now.repeated == now.distinct };
            is_same && now.distinct == before.distinct
        })
    }
}

/// The key of one of the `doubled` rows that another row of the same page shares.
fn shared_key(rows: &dyn PageRows, doubled: &[usize]) -> Option<String> {
    let mut count: HashMap<Cow<'_, str>, u32> = HashMap::new();
    for row in 0..rows.len() {
        *count.entry(rows.key(row)).or_default() += 1;
    }
    doubled
        .iter()
        .map(|row| rows.key(*row))
        .find(|key| count.get(key).is_some_and(|rows| *rows > 1))
        .map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::paging::tests::{Keyed, Keyless};

    fn note(keys: &mut KeySet, rows: &[&str]) -> Vec<bool> {
        keys.note(&Keyed::of(rows))
    }

    #[test]
    fn a_row_is_new_once() {
        let mut keys = KeySet::default();
        assert_eq!(note(&mut keys, &["a", "b", "a"]), [true, true, false]);
        assert!(keys.has_doubles());
        keys.next_reading();
        assert_eq!(note(&mut keys, &["a", "c"]), [false, true]);
        assert!(!keys.has_doubles());
    }

    #[test]
    fn shared_key_finds_a_key_of_two_rows_on_one_page() {
        for (pages, expected) in [
            (&[&["a", "b"], &["b", "c"]][..], None),
            (&[&["a", "b"], &["c", "c"]], Some("c")),
            (&[&["a", "b"], &["a", "a"]], Some("a")),
        ] {
            let mut keys = KeySet::default();
            for page in pages {
                note(&mut keys, *page);
            }
            assert_eq!(keys.shared_key(), expected, "{pages:?}");
        }
    }

    #[test]
    fn is_last_page_recognizes_a_repeated_page() {
        let mut keys = KeySet::default();
        note(&mut keys, &["a", "b"]);
        note(&mut keys, &["c", "d"]);
        for (page, is_known, is_last) in [
            (&["d", "c"][..], true, true),
            (&["c"], true, false),
            (&["a", "b"], true, false),
            (&["c", "e"], false, false),
            (&[], false, false),
        ] {
            let page_rows = Keyed::of(page);
            assert_eq!((keys.has_all(&page_rows), keys.is_last_page(&page_rows)), (is_known, is_last), "{page:?}");
        }
    }

    #[test]
    fn readings_agree_when_they_have_the_same_keys() {
        let cases: &[(&[&str], &[&str], bool)] = &[
            (&["a", "b"], &["b", "a"], true),
            (&["a", "b"], &["a", "a", "b"], true),
            (&["a", "b"], &["a", "c"], false),
            (&["a", "b"], &["a"], false),
            (&["a"], &["a", "b"], false),
            (&[], &[], true),
        ];
        for (first, second, agree) in cases {
            let mut keys = KeySet::default();
            note(&mut keys, first);
            assert!(!keys.readings_agree(), "one reading agrees with nothing");
            keys.next_reading();
            note(&mut keys, second);
            assert_eq!(keys.readings_agree(), *agree, "{first:?} {second:?}");
        }
    }

    #[test]
    fn only_consecutive_readings_are_compared() {
        let mut keys = KeySet::default();
        for rows in [&["a", "b"], &["a", "c"], &["a", "b"]] {
            note(&mut keys, rows);
            assert!(!keys.readings_agree(), "{rows:?}");
            keys.next_reading();
        }
        note(&mut keys, &["b", "a"]);
        assert!(keys.readings_agree());
    }

    #[test]
    fn next_list_keeps_known_rows_and_compares_no_readings() {
        let mut keys = KeySet::default();
        note(&mut keys, &["a"]);
        keys.next_list();
        assert_eq!(note(&mut keys, &["a", "b"]), [false, true]);
        assert!(!keys.readings_agree());
    }

    #[test]
    fn rows_without_keys_are_compared_by_their_contents() {
        for (second, agree) in [(&["x", "y"], true), (&["y", "x"], true), (&["x", "z"], false)] {
            let mut keys = KeySet::default();
            assert_eq!(keys.note(&Keyless(&["x", "y"])), [true, true]);
            keys.next_reading();
            assert_eq!(keys.note(&Keyless(second)), [false, false]);
            assert_eq!(keys.readings_agree(), agree, "{second:?}");
        }
    }

    #[test]
    fn rows_of_disjoint_requests_are_not_remembered() {
        let mut keys = KeySet::default();
        note(&mut keys, &["a"]);
        let rows = Keyed::of(&["a", "b", "c"]);
        assert_eq!(keys.unknown(&rows, &[true, true, false], true), [false, true, false]);
        assert_eq!(keys.unknown(&rows, &[true, true, true], false), [false, true, true]);
        assert_eq!(keys.unknown(&rows, &[true, true, true], true), [false, false, false]);
    }
}
