//! Rows of equal times on two pages of a sorted list.
//!
//! An API may return rows of equal times in another order for each request. Then one row is on both pages, and another
//! one on neither. The rows of such a time are requested once more, all in one answer, which is complete; the pages
//! prove all others.

use super::key_set::KeySet;
use super::page_view::PageView;
use super::pager::{Accept, Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
use super::proof::Proof;
use super::sliced::SlicedList;
use super::slices::{SlicesPager, checked_times};
use crate::error::Result;
use crate::model::{Entity, NumberedPages};
use crate::rest::decode::{ListMember, missing_list};
use crate::slice::{Direction, Slice};

/// Reads the rows of a few times, to complete a list in pages that all state the same total.
pub(super) struct TiesPager {
    entity: &'static Entity,
    pages: NumberedPages,
    list: SlicedList,
    /// The times, in milliseconds since 1970.
    times: Vec<i64>,
    asked: usize,
    answered: usize,
    /// The number of missing rows.
    missing: u64,
}

impl TiesPager {
    /// Reads the rows of these times, to find `missing` rows.
    pub(super) fn new(
        entity: &'static Entity,
        pages: NumberedPages,
        mut list: SlicedList,
        times: Vec<i64>,
        missing: u64,
    ) -> Self {
        list.begin_slices(entity, pages);
        TiesPager { entity, pages, list, times, asked: 0, answered: 0, missing }
    }

    fn fall_back(&self, emit: Vec<bool>) -> Verdict {
        let slices = SlicesPager::new(self.entity, self.pages, self.list.clone());
        Verdict::new(emit, Step::Fallback(Box::new(slices)))
    }
}

impl Pager for TiesPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        let Some(time) = self.times.get(self.asked).copied() else { return Ok(None) };
        let slice = Slice { by: self.list.by, from: Some(time), to: Some(time + 1), keys: Vec::new() };
        let target = self.list.slice_target(self.entity, self.pages, &slice, Some(Direction::Ascending), 0);
        let id = self.asked as u64;
        self.asked += 1;
        let (accept, time) = (Accept::TooSlow, Some(self.list.by.time));
        Ok(Some(PageRequest { id, target: Target::Path(target), accept, expect: Expect::List, time }))
    }

    fn learn(&mut self, request: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        let page = match answer {
            Answer::Page(page) => *page,
            Answer::TooSlow => return Ok(self.fall_back(Vec::new())),
            _ => PageView::EMPTY,
        };
        if page.claims.list == ListMember::Absent {
            return Err(missing_list(self.entity));
        }
        let time = self.times[request.id as usize];
        let times = checked_times(self.entity, self.list.by, Direction::Ascending, &(time..time + 1), page.rows)?;
        let emit = keys.unknown(page.rows, &vec![true; times.len()], false);
        let found = emit.iter().filter(|is_new| **is_new).count() as u64;
        let rows = times.len() as u64;
        let is_whole = rows < u64::from(self.pages.max_size) && page.claims.total.is_none_or(|total| total <= rows);
        // More new rows than were missing: the total did not count these rows.
        let Some(missing) = self.missing.checked_sub(found).filter(|_| is_whole) else {
            return Ok(self.fall_back(emit));
        };
        self.missing = missing;
        self.answered += 1;
        if self.answered < self.times.len() {
            return Ok(Verdict::new(emit, Step::Continue));
        }
        if missing > 0 {
            return Ok(self.fall_back(emit));
        }
        Ok(Verdict::new(emit, Step::Done(Proof::Times)))
    }
}
