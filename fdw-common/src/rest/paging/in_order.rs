//! A list that is read in the order of a time that never changes, for as long as its reader wants rows.
//!
//! The API sorts the first page. The rows after it are requested as slices, one after the other, from the time of the
//! last row on. Page numbers would lose rows: a deleted row moves the others to pages already read. A slice does not
//! depend on other rows. So a reader that stops early needs few requests, and one that reads to the end gets every row,
//! in order.

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

/// Reads one list in the order of its slices.
pub(crate) struct InOrderPager {
    entity: &'static Entity,
    pages: NumberedPages,
    list: SlicedList,
    direction: Direction,
    is_asked: bool,
    /// Reads all that follows the first page.
    rest: Option<SlicesPager>,
}

impl InOrderPager {
    /// Reads a list. Its first page has the plan's page size, those that follow have the largest.
    pub(crate) fn new(
        entity: &'static Entity,
        pages: NumberedPages,
        mut list: SlicedList,
        direction: Direction,
    ) -> Self {
        list.plan = list.plan.with_member(entity, list.by.time);
        InOrderPager { entity, pages, list, direction, is_asked: false, rest: None }
    }

    /// Has the rest read in slices, from the time of the first page's last row on.
    fn read_rest(&mut self, last: Option<i64>) {
        let range = match (self.direction, last) {
            (_, None) => i64::MIN..i64::MAX,
            (Direction::Ascending, Some(last)) => last..i64::MAX,
            (Direction::Descending, Some(last)) => i64::MIN..last.saturating_add(1),
        };
        self.rest = Some(SlicesPager::in_order(self.entity, self.pages, self.list.clone(), self.direction, range));
    }

    fn learn_first(&mut self, page: &PageView<'_>, keys: &mut KeySet) -> Result<Verdict> {
        if page.claims.list == ListMember::Absent {
            return Err(missing_list(self.entity));
        }
        let times = checked_times(self.entity, self.list.by, self.direction, &(i64::MIN..i64::MAX), page.rows)?;
        let emit = keys.unknown(page.rows, &vec![true; times.len()], false);
        let rows = times.len() as u64;
        let full = page.claims.full_page(self.list.plan.page_size.into());
        let is_short = rows < full && (self.pages.short_page_is_last || rows == 0);
        if is_short && page.claims.total.is_none_or(|total| total <= rows) {
            return Ok(Verdict::new(emit, Step::Done(Proof::OneAnswer)));
        }
        self.read_rest(times.last().copied());
        Ok(Verdict::new(emit, Step::Continue))
    }
}

impl Pager for InOrderPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        if let Some(rest) = &mut self.rest {
            return rest.next();
        }
        if std::mem::replace(&mut self.is_asked, true) {
            return Ok(None);
        }
        let all = Slice { by: self.list.by, from: None, to: None, keys: Vec::new() };
        let target = self.list.slice_target(self.entity, self.pages, &all, Some(self.direction), 0);
        let (target, time) = (Target::Path(target), Some(self.list.by.time));
        Ok(Some(PageRequest { id: 0, target, accept: Accept::TooSlow, expect: Expect::List, time }))
    }

    fn learn(&mut self, request: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        if let Some(rest) = &mut self.rest {
            return rest.learn(request, answer, keys);
        }
        match answer {
            Answer::Page(page) => self.learn_first(page, keys),
            Answer::TooSlow => {
                self.read_rest(None);
                Ok(Verdict::new(Vec::new(), Step::Continue))
            }
            _ => self.learn_first(&PageView::EMPTY, keys),
        }
    }
}
