//! A list that is longer than its page cap, read in slices of a time that never changes.
//!
//! Several windows of time are read side by side ([`windows`]). A window that is done helps with the longest one left, as
//! long as the part-filled answers at the ends of windows stay few. Rows that share one millisecond and do not fit into
//! an answer are read page by page ([`instant`]); past the page cap their keys part them, by a choice and its opposite.

mod instant;
#[cfg(test)]
mod tests;
mod walk;
mod windows;

use std::collections::HashMap;

use super::key_set::KeySet;
use super::pager::{Accept, Answer, Expect, PageRequest, PageView, Pager, Step, Target, Verdict};
use super::proof::Proof;
use crate::error::Result;
use crate::model::{Entity, NumberedPages, SliceKeys};
use crate::plan::{RemotePlan, SortOrder};
use crate::rest::decode::{ListMember, missing_list};
use crate::source::Api;
use walk::{Ask, SliceWalk};
use windows::Direction;

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

/// Reads one list in slices.
pub(crate) struct SlicesPager {
    entity: &'static Entity,
    pages: NumberedPages,
    list: SlicedList,
    walk: SliceWalk,
    /// What each request in flight asks for.
    asked: HashMap<u64, Ask>,
    last_id: u64,
}

impl SlicesPager {
    pub(crate) fn new(entity: &'static Entity, pages: NumberedPages, mut list: SlicedList) -> Self {
        list.plan = list.plan.with_member(entity, list.by.time).with_page_size(pages.max_size);
        let walk = SliceWalk::new(entity, pages, list.by);
        SlicesPager { entity, pages, list, walk, asked: HashMap::new(), last_id: 0 }
    }

    /// Takes in the list's first page where that is sorted by the time of the slices. Its rows have been emitted.
    ///
    /// # Errors
    /// `Protocol` when it is not sorted.
    pub(crate) fn learn_first_page(&mut self, page: &PageView<'_>) -> Result<()> {
        if self.list.search.is_none() && self.list.plan.is_read_by_time(self.entity) {
            self.walk.first_page(page.claims, page.rows)?;
        }
        Ok(())
    }

    /// The member by which the list is sliced.
    pub(crate) fn time(&self) -> &'static str {
        self.list.by.time
    }

    /// The list that is read.
    pub(crate) fn list(&self) -> &SlicedList {
        &self.list
    }

    /// How many answers have come, and how many rows seem to be left.
    pub(crate) fn outlook(&self) -> (u64, u64) {
        (self.walk.answers(), self.walk.rows_left())
    }

    /// The number of rows that the list seems to have, and of its windows: those known and those left.
    pub(crate) fn progress(&self) -> (u64, (u64, u64)) {
        (self.walk.estimated_rows(), self.walk.parts())
    }

    /// True for a row that has not been emitted: the rest of the list may come from elsewhere.
    pub(crate) fn is_left(&self, time: Option<i64>, key: &str) -> bool {
        self.walk.is_left(time, key)
    }

    /// The requests in flight have been dropped.
    pub(crate) fn ask_again(&mut self) {
        self.asked.clear();
        self.walk.ask_again();
    }

    fn target(&self, ask: &Ask) -> String {
        let mut plan = self.list.plan.clone();
        if let (Some(parameter), Some(query)) =
            (self.entity.search, self.list.api.search_slice(self.list.search.as_deref(), &ask.slice))
        {
            plan = plan.with_query(&parameter, &query);
        }
        if let (Some(direction), Some(sort)) = (ask.order, self.entity.sort) {
            let descending = direction == Direction::Descending;
            plan = plan.with_sort(&sort, SortOrder { member: self.list.by.time.to_owned(), attno: 0, descending });
        }
        plan.page_target(&self.pages, ask.page)
    }
}

impl Pager for SlicesPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        let Some(ask) = self.walk.next() else { return Ok(None) };
        let target = Target::Path(self.target(&ask));
        self.last_id += 1;
        self.asked.insert(self.last_id, ask);
        let time = Some(self.list.by.time);
        Ok(Some(PageRequest { id: self.last_id, target, accept: Accept::TooSlow, expect: Expect::List, time }))
    }

    fn learn(&mut self, request: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        let Some(ask) = self.asked.remove(&request.id) else {
            return Ok(Verdict::new(Vec::new(), Step::Continue));
        };
        let emit = match answer {
            Answer::TooSlow => {
                self.walk.too_slow(&ask)?;
                Vec::new()
            }
            answer => {
                let page = if let Answer::Page(page) = answer { *page } else { PageView::EMPTY };
                if page.claims.list == ListMember::Absent {
                    return Err(missing_list(self.entity));
                }
                let wanted = self.walk.answer(&ask, page.claims, page.rows)?;
                keys.unknown(page.rows, &wanted, self.list.is_last)
            }
        };
        let step = if self.walk.is_complete() { Step::Done(Proof::Slices) } else { Step::Continue };
        Ok(Verdict::new(emit, step))
    }

    fn slices(&mut self) -> Option<&mut SlicesPager> {
        Some(self)
    }
}
