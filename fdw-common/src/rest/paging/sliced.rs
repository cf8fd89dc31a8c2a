//! A list that is read in slices, as the driver sees it: what is left of it may come from an exported file.

use crate::model::{Entity, NumberedPages, SliceKeys};
use crate::plan::{RemotePlan, SortOrder};
use crate::slice::{Direction, Slice};
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

    /// True when the plan's first page is sorted by the time of the slices.
    pub(super) fn is_read_by_time(&self, entity: &Entity) -> bool {
        self.search.is_none() && self.plan.is_read_by_time(entity)
    }

    /// From now on slices are asked for, in full pages, whose rows have the time.
    pub(super) fn begin_slices(&mut self, entity: &Entity, pages: NumberedPages) {
        self.plan = self.plan.clone().with_member(entity, self.by.time).with_page_size(pages.max_size);
    }

    /// The path and query for a page of a slice, in the order by time or in the list's own.
    pub(super) fn slice_target(
        &self,
        entity: &Entity,
        pages: NumberedPages,
        slice: &Slice,
        order: Option<Direction>,
        page: u64,
    ) -> String {
        let mut plan = self.plan.clone();
        if let (Some(parameter), Some(query)) = (entity.search, self.api.search_slice(self.search.as_deref(), slice)) {
            plan = plan.with_query(&parameter, &query);
        }
        if let (Some(direction), Some(sort)) = (order, entity.sort) {
            let descending = direction == Direction::Descending;
            plan = plan.with_sort(&sort, SortOrder { member: self.by.time.to_owned(), attno: 0, descending });
        }
        plan.page_target(&pages, page)
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
