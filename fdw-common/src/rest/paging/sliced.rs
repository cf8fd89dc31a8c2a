//! A list that is read in slices, as the driver sees it: an exported file may supply its remaining rows.

use crate::model::{Entity, NumberedPages, SliceKeys};
use crate::plan::{RemotePlan, SortOrder};
use crate::slice::{Direction, Slice};
use crate::source::Api;

/// A list, or the results of a search in it, to be read in slices.
#[derive(Debug, Clone)]
pub(crate) struct SlicedList {
    /// The plan of the list without the search.
    pub(crate) plan: RemotePlan,
    /// The search.
    pub(crate) search: Option<String>,
    pub(crate) by: SliceKeys,
    /// The API, which writes the search for a slice.
    pub(crate) api: &'static dyn Api,
    /// No other list follows that may have the same rows, so keys need not be remembered.
    pub(crate) is_last: bool,
}

impl SlicedList {
    /// The member with the time at which a row entered the list: an update can make a row match a search.
    pub(crate) fn time_of_change(&self) -> &'static str {
        if self.search.is_some() { self.by.changed } else { self.by.time }
    }

    /// True if the plan's first page is sorted by the time of the slices.
    pub(super) fn is_read_by_time(&self, entity: &Entity) -> bool {
        self.search.is_none() && self.plan.is_read_by_time(entity)
    }

    /// Prepares the plan for slices: full pages of rows that include the time.
    pub(super) fn begin_slices(&mut self, entity: &Entity, pages: NumberedPages) {
        self.plan = self.plan.clone().with_member(entity, self.by.time).with_page_size(pages.max_size);
    }

    /// The path and query for a page of a slice, sorted by time or in the list's own order.
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
    /// The number of answers received, and the estimated number of remaining rows.
    fn outlook(&self) -> (u64, u64);
    /// The estimated number of rows of the list, and the number of its windows: all so far, and remaining.
    fn progress(&self) -> (u64, (u64, u64));
    /// True for a row that has not been emitted. Another source may supply the remaining rows.
    fn is_left(&self, time: Option<i64>, key: &str) -> bool;
    /// Requests again everything in flight, after those requests were dropped.
    fn ask_again(&mut self);
}
