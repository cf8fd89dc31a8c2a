//! A list that is read in slices, as the driver sees it: what is left of it may come from an exported file.

use crate::model::SliceKeys;
use crate::plan::RemotePlan;
use crate::source::Api;

/// A list, or what a search finds of it, as it is read in slices.
#[derive(Debug, Clone)]
pub(crate) struct SlicedList {
    /// The plan of the list before it is searched.
    pub(crate) plan: RemotePlan,
    /// What it is searched by.
    pub(crate) search: Option<String>,
    pub(crate) by: SliceKeys,
    /// Writes the search for a slice of the rows that a search finds.
    pub(crate) api: &'static dyn Api,
    /// No other list follows that may hold the same rows, so that keys need not be remembered.
    pub(crate) is_last: bool,
}

impl SlicedList {
    /// The member that tells when a row came into the list: in a search a change brings a row in.
    pub(crate) fn time_of_change(&self) -> &'static str {
        if self.search.is_some() { self.by.changed } else { self.by.time }
    }
}

/// The state of a list that is read in slices.
pub(crate) trait Sliced: Send + Sync {
    /// The list that is read.
    fn list(&self) -> &SlicedList;
    /// How many answers have come, and how many rows seem to be left.
    fn outlook(&self) -> (u64, u64);
    /// The number of rows that the list seems to have, and of its windows: those known and those left.
    fn progress(&self) -> (u64, (u64, u64));
    /// True for a row that has not been emitted: the rest of the list may come from elsewhere.
    fn is_left(&self, time: Option<i64>, key: &str) -> bool;
    /// The requests in flight have been dropped.
    fn ask_again(&mut self);
}
