//! What the walk has read and what it expects to be left, for progress and for the choice of an export.

use super::SliceWalk;
use crate::rest::paging::slices::windows::Millisecond;

impl SliceWalk {
    /// How many windows and instants there have been, and how many of them are left.
    pub(in super::super) fn parts(&self) -> (u64, u64) {
        (self.windows.made(), (self.windows.all.len() + self.instants.len()) as u64)
    }

    /// How many answers have been taken in.
    pub(in super::super) fn answers(&self) -> u64 {
        self.windows.answers()
    }

    /// How many rows seem to be left.
    pub(in super::super) fn rows_left(&self) -> u64 {
        self.estimated_rows() - self.emitted
    }

    /// True for a row that has not been emitted: the rest of the list may come from elsewhere.
    pub(in super::super) fn is_left(&self, time: Option<Millisecond>, key: &str) -> bool {
        let Some(time) = time else { return true };
        self.windows.contain(time) || self.instants.is_left(time, key)
    }

    /// How many rows the list seems to have: those emitted, and what the windows seem to hold by what has come of them.
    pub(in super::super) fn estimated_rows(&self) -> u64 {
        let cap = self.entity.page_cap().unwrap_or_default();
        let instants = self.instants.capped() * cap;
        self.emitted + instants + self.windows.estimated_rows(cap)
    }
}
