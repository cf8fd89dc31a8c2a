//! Pages that are made up, for the tables of the pagers.

use std::borrow::Cow;

use super::page_view::PageRows;

/// Rows with keys and times.
pub(crate) struct Keyed(pub(crate) Vec<(String, i64)>);

impl Keyed {
    pub(crate) fn of(keys: &[&str]) -> Self {
        Keyed(keys.iter().map(|key| ((*key).to_owned(), 0)).collect())
    }
}

impl PageRows for Keyed {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn has_keys(&self) -> bool {
        true
    }

    fn key(&self, row: usize) -> Cow<'_, str> {
        Cow::Borrowed(&self.0[row].0)
    }

    fn time(&self, row: usize) -> Option<i64> {
        Some(self.0[row].1)
    }

    fn content(&self, row: usize, add: &mut dyn FnMut(&str)) {
        add(&self.0[row].0);
    }
}

/// Rows without keys, each one value.
pub(crate) struct Keyless<'a>(pub(crate) &'a [&'a str]);

impl PageRows for Keyless<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn has_keys(&self) -> bool {
        false
    }

    fn key(&self, _row: usize) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn time(&self, _row: usize) -> Option<i64> {
        None
    }

    fn content(&self, row: usize, add: &mut dyn FnMut(&str)) {
        add(self.0[row]);
    }
}
