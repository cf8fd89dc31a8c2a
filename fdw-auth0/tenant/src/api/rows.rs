//! The rows of one collection, and an index over their keys.

use std::collections::HashMap;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::store::text_member;

/// Rows, and the position of each key.
#[derive(Clone)]
pub(crate) struct IndexedRows {
    key: String,
    rows: Vec<Bytes>,
    by_key: OnceLock<HashMap<String, usize>>,
    sorted: OnceLock<Vec<(String, usize)>>,
}

impl IndexedRows {
    pub(crate) fn new(key: String, rows: Vec<Bytes>) -> Self {
        Self { key, rows, by_key: OnceLock::new(), sorted: OnceLock::new() }
    }

    /// The member that is the key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn rows(&self) -> &[Bytes] {
        &self.rows
    }

    pub(crate) fn find(&self, key: &str) -> Option<&Bytes> {
        self.rows.get(self.find_place(key)?)
    }

    fn find_place(&self, key: &str) -> Option<usize> {
        let by_key = self.by_key.get_or_init(|| {
            let keys = self.rows.iter().enumerate();
            keys.filter_map(|(index, row)| Some((text_member(row, &self.key)?, index))).collect()
        });
        by_key.get(key).copied()
    }

    /// The keys, in the order of the rows.
    pub(crate) fn keys(&self) -> impl Iterator<Item = String> {
        self.rows.iter().filter_map(|row| text_member(row, &self.key))
    }

    /// Replaces or appends the row with this key, or deletes it; returns the row before.
    pub(crate) fn replace(&mut self, key: &str, after: Option<Bytes>) -> Option<Bytes> {
        let place = self.find_place(key);
        match (place, after) {
            (Some(place), Some(row)) => Some(std::mem::replace(&mut self.rows[place], row)),
            (None, Some(row)) => {
                self.rows.push(row);
                self.sorted = OnceLock::new();
                if let Some(by_key) = self.by_key.get_mut() {
                    by_key.insert(key.to_owned(), self.rows.len() - 1);
                }
                None
            }
            (Some(place), None) => {
                self.sorted = OnceLock::new();
                self.by_key = OnceLock::new();
                Some(self.rows.remove(place))
            }
            (None, None) => None,
        }
    }

    /// The rows whose keys are greater than `key`, in the order of their keys.
    pub(crate) fn after(&self, key: &str) -> impl Iterator<Item = (&str, &Bytes)> {
        let sorted = self.sorted.get_or_init(|| {
            let keys = self.rows.iter().enumerate();
            let mut keys: Vec<_> =
                keys.filter_map(|(index, row)| Some((text_member(row, &self.key)?, index))).collect();
            keys.sort();
            keys
        });
        let first = sorted.partition_point(|(other, _)| other.as_str() <= key);
        sorted[first..].iter().filter_map(|(key, index)| Some((key.as_str(), self.rows.get(*index)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_row_is_found_by_its_key() {
        let row = |id: &str, n: u8| Bytes::from(format!(r#"{{"id":"{id}","n":{n}}}"#));
        for index_is_built in [true, false] {
            let mut rows = IndexedRows::new("id".to_owned(), vec![row("b", 1), row("a", 2)]);
            if index_is_built {
                assert_eq!(rows.find("a"), Some(&row("a", 2)));
                assert_eq!(rows.after("").count(), 2);
            }
            assert_eq!(rows.replace("b", Some(row("b", 3))), Some(row("b", 1)));
            assert_eq!(rows.replace("c", Some(row("c", 4))), None);
            assert_eq!((rows.find("c"), rows.after("a").count()), (Some(&row("c", 4)), 2));
            assert_eq!((rows.replace("b", None), rows.replace("b", None)), (Some(row("b", 3)), None));
            assert_eq!((rows.find("b"), rows.find("c")), (None, Some(&row("c", 4))));
            assert_eq!((rows.keys().collect::<Vec<_>>(), rows.rows().len()), (vec!["a".to_owned(), "c".to_owned()], 2));
        }
    }
}
