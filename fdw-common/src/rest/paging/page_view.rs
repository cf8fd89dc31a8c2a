//! The parts of a page that pagers use.

use std::borrow::Cow;

use crate::rest::decode::{Batch, Claims, ListMember};

/// The parts of a page that a pager uses.
#[derive(Clone, Copy)]
pub(crate) struct PageView<'a> {
    pub(crate) rows: &'a dyn PageRows,
    pub(crate) claims: &'a Claims,
    /// The address in the header `Link`, relation `next`.
    pub(crate) next_link: Option<&'a str>,
    /// The server's time in milliseconds since 1970.
    pub(crate) date: Option<i64>,
}

/// The rows of a page, as pagers use them.
pub(crate) trait PageRows {
    /// The number of rows.
    fn len(&self) -> usize;
    /// True if rows have a key.
    fn has_keys(&self) -> bool;
    /// The key of a row.
    fn key(&self, row: usize) -> Cow<'_, str>;
    /// The time of a row in milliseconds since 1970, rounded down; `None` if it cannot be read.
    fn time(&self, row: usize) -> Option<i64>;
    /// Passes all values of a row to `add`, for rows without a key.
    fn content(&self, row: usize, add: &mut dyn FnMut(&str));

    /// The keys of all rows.
    fn keys(&self) -> Vec<String> {
        (0..self.len()).map(|row| self.key(row).into_owned()).collect()
    }
}

impl PageRows for Batch {
    fn len(&self) -> usize {
        self.len()
    }

    fn has_keys(&self) -> bool {
        self.has_keys()
    }

    fn key(&self, row: usize) -> Cow<'_, str> {
        self.key(row)
    }

    fn time(&self, row: usize) -> Option<i64> {
        self.time(row)
    }

    fn content(&self, row: usize, add: &mut dyn FnMut(&str)) {
        for cell in 0..self.width() {
            add(self.value(row, cell).unwrap_or_default());
        }
    }
}

impl<'a> PageView<'a> {
    /// The page of an answer without content.
    pub(crate) const EMPTY: PageView<'a> = PageView { rows: &NoRows, claims: &NO_CLAIMS, next_link: None, date: None };
}

const NO_CLAIMS: Claims = Claims {
    total: None,
    start: None,
    limit: None,
    next: None,
    states_end: false,
    list: ListMember::Null,
    continues: None,
};

/// An empty list of rows.
struct NoRows;

impl PageRows for NoRows {
    fn len(&self) -> usize {
        0
    }

    fn has_keys(&self) -> bool {
        true
    }

    fn key(&self, _row: usize) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn time(&self, _row: usize) -> Option<i64> {
        None
    }

    fn content(&self, _row: usize, _add: &mut dyn FnMut(&str)) {}
}
