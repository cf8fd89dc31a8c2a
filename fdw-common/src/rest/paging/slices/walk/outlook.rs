//! The progress of the walk and its estimate of the remaining rows, by which an export is chosen.

use super::SliceWalk;
use crate::rest::paging::slices::windows::Millisecond;

impl SliceWalk {
    /// The number of windows and instants so far, and of those that remain.
    pub(in super::super) fn parts(&self) -> (u64, u64) {
        (self.windows.made(), (self.windows.all.len() + self.instants.len()) as u64)
    }

    /// The number of processed answers.
    pub(in super::super) fn answers(&self) -> u64 {
        self.windows.answers()
    }

    /// The estimated number of remaining rows.
    pub(in super::super) fn rows_left(&self) -> u64 {
        self.estimated_rows() - self.emitted
    }

    /// True for a row that has not been emitted. Another source may supply the remaining rows.
    pub(in super::super) fn is_left(&self, time: Option<Millisecond>, key: &str) -> bool {
        let Some(time) = time else { return true };
        self.windows.contain(time) || self.instants.is_left(time, key)
    }

    /// The estimated number of rows of the list: those emitted, and an estimate for the windows by their density so far.
    pub(in super::super) fn estimated_rows(&self) -> u64 {
        let cap = self.entity.page_cap().unwrap_or_default();
        let instants = self.instants.capped() * cap;
        self.emitted + instants + self.windows.estimated_rows(cap)
    }
}
