//! A list that is longer than its page cap, read in slices of a time that never changes.
//!
//! Several windows of time are read concurrently ([`windows`]). When a window is done, the longest remaining one is
//! split, as long as the partly filled answers at the ends of windows stay few. Rows of one millisecond that do not fit
//! into an answer are read page by page ([`instant`]); past the page cap they are divided by their keys, into those that
//! match a condition and those that do not.

mod answer_check;
mod ask;
mod instant;
mod instants;
#[cfg(test)]
mod tests;
mod walk;
mod windows;

use std::collections::HashMap;
use std::ops::Range;

use super::key_set::KeySet;
use super::page_view::PageView;
use super::pager::{Accept, Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
use super::proof::Proof;
use super::sliced::{Sliced, SlicedList};
use crate::error::Result;
use crate::model::{Entity, NumberedPages};
use crate::rest::decode::{ListMember, missing_list};
use crate::slice::Direction;
pub(super) use answer_check::checked_times;
use ask::Ask;
use walk::SliceWalk;

/// Reads one list in slices.
pub(crate) struct SlicesPager {
    entity: &'static Entity,
    pages: NumberedPages,
    list: SlicedList,
    walk: SliceWalk,
    /// The requests in flight, by id.
    asked: HashMap<u64, Ask>,
    last_id: u64,
}

impl SlicesPager {
    pub(crate) fn new(entity: &'static Entity, pages: NumberedPages, mut list: SlicedList) -> Self {
        list.begin_slices(entity, pages);
        let walk = SliceWalk::new(entity, pages, list.by);
        SlicesPager { entity, pages, list, walk, asked: HashMap::new(), last_id: 0 }
    }

    /// Reads the rows of a range of time in their order.
    pub(crate) fn in_order(
        entity: &'static Entity,
        pages: NumberedPages,
        list: SlicedList,
        direction: Direction,
        range: Range<i64>,
    ) -> Self {
        let walk = SliceWalk::in_order(entity, pages, list.by, direction, range);
        SlicesPager { walk, ..SlicesPager::new(entity, pages, list) }
    }

    /// Processes the list's first page, which is sorted by the time of the slices. Its rows have been emitted.
    ///
    /// # Errors
    /// `Protocol` if it is not sorted.
    pub(crate) fn learn_first_page(&mut self, page: &PageView<'_>) -> Result<()> {
        self.walk.first_page(page.claims, page.rows)?;
        Ok(())
    }
}

impl Pager for SlicesPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        let Some(ask) = self.walk.next() else { return Ok(None) };
        let target = Target::Path(self.list.slice_target(self.entity, self.pages, &ask.slice, ask.order, ask.page));
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

    fn slices(&mut self) -> Option<&mut dyn Sliced> {
        Some(self)
    }
}

impl Sliced for SlicesPager {
    fn list(&self) -> &SlicedList {
        &self.list
    }

    fn outlook(&self) -> (u64, u64) {
        (self.walk.answers(), self.walk.rows_left())
    }

    fn progress(&self) -> (u64, (u64, u64)) {
        (self.walk.estimated_rows(), self.walk.parts())
    }

    fn is_left(&self, time: Option<i64>, key: &str) -> bool {
        self.walk.is_left(time, key)
    }

    fn ask_again(&mut self) {
        self.asked.clear();
        self.walk.ask_again();
    }
}
