//! Numbered pages with a total.
//!
//! The total says how many pages can be requested concurrently. It does not end the list: the end is a page without
//! rows, or a short page if the API fills all pages but the last. Lists of rows with a time are proven by it: the
//! number of rows is the total that every page states, and no row was created since the first answer. If that fails,
//! or if the list is longer than its page cap, it is read in slices.

use super::key_set::KeySet;
use super::page_numbers::{PageNumbers, Received};
use super::page_view::PageView;
use super::pager::{Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
use super::proof::Proof;
use super::reading::{Close, End};
use super::sliced::SlicedList;
use super::slices::SlicesPager;
use super::ties::TiesPager;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Entity, NumberedPages, Position};
use crate::plan::RemotePlan;
use crate::rest::decode::Claims;

/// The greatest expected difference between the clocks of rows and of answers, in milliseconds.
const CLOCK_MARGIN: i64 = 5_000;

/// Reads one list in numbered pages.
pub(crate) struct NumberedPager {
    pages: NumberedPages,
    numbers: PageNumbers,
    /// The list in slices, for when pages do not prove it complete.
    slices: Option<SlicedList>,
    /// Pages are sorted by the time of the slices.
    is_by_time: bool,
    /// The first and the last time of each sorted page.
    page_times: Vec<(i64, i64)>,
    /// Every page stated the same total, and no row was created in the meantime.
    is_steady: bool,
    /// The server's time at the first answer.
    begun_at: Option<i64>,
    /// The list reaches its page cap and cannot be sliced: the detail of the error.
    capped: Option<String>,
}

impl NumberedPager {
    pub(crate) fn new(
        entity: &'static Entity,
        pages: NumberedPages,
        plan: RemotePlan,
        slices: Option<SlicedList>,
    ) -> Self {
        NumberedPager {
            pages,
            numbers: PageNumbers::new(entity, plan, pages.max_size),
            is_by_time: slices.as_ref().is_some_and(|list| list.is_read_by_time(entity)),
            slices,
            page_times: Vec::new(),
            is_steady: true,
            begun_at: None,
            capped: None,
        }
    }

    fn target(&self, page: u64) -> String {
        let mut plan = self.numbers.plan();
        if let Some(time) = self.time(page) {
            plan = plan.with_member(self.numbers.entity, time);
        }
        plan.page_target(&self.pages, page)
    }

    /// The member with the time that proves rows. The first page of a search does not need it, nor does a small page,
    /// after which most readers stop.
    fn time(&self, page: u64) -> Option<&'static str> {
        let is_small = self.numbers.size.is_small();
        let list = self.slices.as_ref().filter(|list| !is_small && (page > 0 || list.search.is_none()))?;
        Some(list.time_of_change())
    }

    /// Checks that a page is the requested one.
    fn check_position(&self, page: u64, claims: &Claims) -> Result<()> {
        let expected = match self.pages.position {
            Position::Pages => page,
            Position::Rows => page.saturating_mul(claims.limit.unwrap_or(self.numbers.size.rows)),
        };
        match claims.start {
            Some(start) if start != expected => {
                let (name, member) = (self.numbers.entity.name, self.pages.start.unwrap_or_default().join("."));
                let message = format!(
                    "the answer for \"{name}\" is not the page asked for: \"{member}\" is {start} instead of {expected}"
                );
                Err(Error::new(ErrorKind::Protocol, message))
            }
            _ => Ok(()),
        }
    }

    /// True if rows may have been created since the first page was read: then as many may have been deleted.
    fn has_inserts(&self, page: &PageView<'_>) -> bool {
        let Some(begun_at) = self.begun_at else { return true };
        (0..page.rows.len()).any(|row| page.rows.time(row).is_none_or(|time| time > begun_at - CLOCK_MARGIN))
    }

    /// Reads the remaining rows in slices. A first page in the order of the slices counts as their first answer.
    fn fall_back(&mut self, emit: Vec<bool>, first: Option<&PageView<'_>>) -> Result<Option<Verdict>> {
        let Some(list) = self.slices.take() else { return Ok(None) };
        let mut slices = SlicesPager::new(self.numbers.entity, self.pages, list);
        if let Some(page) = first {
            slices.learn_first_page(page)?;
        }
        Ok(Some(Verdict::new(emit, Step::Fallback(Box::new(slices)))))
    }

    /// Reads again the rows of the times that two pages share: the number of rows is the stated total, but some are
    /// duplicates, probably of those times.
    fn complete_ties(&mut self, emit: &[bool], keys: &KeySet) -> Option<Verdict> {
        let stated = self.numbers.readings.stated()?;
        if !self.is_by_time || !self.is_steady || self.begun_at.is_none() || keys.rows() != stated {
            return None;
        }
        let mut shared: Vec<i64> = self
            .page_times
            .windows(2)
            .filter_map(|pages| Some(pages.first()?.1).filter(|last| pages.last().is_some_and(|next| next.0 == *last)))
            .collect();
        shared.dedup();
        let missing = stated.checked_sub(keys.distinct()).filter(|missing| *missing > 0 && !shared.is_empty())?;
        let list = self.slices.take()?;
        let ties = TiesPager::new(self.numbers.entity, self.pages, list, shared, missing);
        Some(Verdict::new(emit.to_vec(), Step::Fallback(Box::new(ties))))
    }

    /// Requests the first page again in the declared size, since the reader wants more rows.
    fn in_declared_size(&mut self, emit: Vec<bool>, keys: &mut KeySet) -> Result<Verdict> {
        self.numbers.size.declare();
        self.numbers.readings.restart(self.numbers.asked_size(), keys)?;
        Ok(Verdict::new(emit, self.again()))
    }

    fn again(&mut self) -> Step {
        (self.numbers.next, self.is_steady) = (0, true);
        self.page_times.clear();
        self.numbers.reach = self.numbers.size.reach(&self.numbers.readings, self.pages.short_page_is_last);
        Step::Restart
    }
}

impl Pager for NumberedPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        if let Some(said) = &self.capped {
            return Err(self.numbers.beyond_cap(said));
        }
        let Some(page) = self.numbers.take() else { return Ok(None) };
        let (accept, time) = (self.numbers.accept(), self.time(page));
        Ok(Some(PageRequest { id: page, target: Target::Path(self.target(page)), accept, expect: Expect::List, time }))
    }

    fn learn(&mut self, request: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        let page = match self.numbers.receive(request, answer)? {
            Received::Page(page) => page,
            Received::SizeRefused => return Ok(Verdict::new(Vec::new(), Step::Restart)),
            Received::PageCap(said) => {
                return self.fall_back(Vec::new(), None)?.ok_or_else(|| self.numbers.beyond_cap(said));
            }
        };
        let (number, rows, total) = (request.id, page.rows.len() as u64, page.claims.total);
        self.check_position(number, page.claims)?;
        let asked = self.numbers.size.rows;
        // A repeated page does not show that rows moved.
        let is_repeated = number > 0 && keys.is_last_page(page.rows);
        let emit = if is_repeated { Vec::new() } else { keys.note(page.rows) };
        let is_small = self.numbers.size.is_small();
        if number == 0 {
            self.begun_at = page.date;
            if !is_small && (0..page.rows.len()).any(|row| page.rows.time(row).is_none()) {
                // Without times, two equal readings are the proof.
                self.slices = self.slices.take().filter(|list| list.search.is_some());
            }
            if !is_small {
                // A short page that is not the last: the API uses another page size.
                let has_next = !self.pages.short_page_is_last || total.is_some_and(|total| total > rows);
                self.numbers.size.learn(rows, page.claims.limit, has_next);
            }
        } else {
            self.is_steady &= total == self.numbers.readings.stated() && !self.has_inserts(&page);
        }
        let time = |row: u64| page.rows.time(usize::try_from(row).ok()?);
        self.page_times.extend(rows.checked_sub(1).and_then(|last| Some((time(0)?, time(last)?))));
        // A page of the size that it states is full, even if more rows were requested.
        let full = page.claims.full_page(asked);
        let full = self.pages.short_page_is_last.then_some(full);
        let end = self.numbers.readings.page(number, rows, is_repeated, total, full, keys);
        let stated = self.numbers.readings.stated().unwrap_or(0);
        if number == 0 && stated > rows && self.numbers.entity.page_cap().is_some_and(|cap| stated >= cap) {
            let first = self.is_by_time.then_some(&page);
            if let Some(verdict) = self.fall_back(emit.clone(), first)? {
                return Ok(verdict);
            }
            self.capped = Some(format!("The API states {stated} rows or more and gives no more by paging."));
            return Ok(Verdict::new(emit, Step::Continue));
        }
        self.numbers.check_size(number, rows)?;
        if let Some(verdict) = self.complete_ties(&emit, keys) {
            return Ok(verdict);
        }
        let Some(end) = end else {
            if number == 0 && is_small {
                return self.in_declared_size(emit, keys);
            }
            let reach = self.numbers.size.reach(&self.numbers.readings, self.pages.short_page_is_last);
            self.numbers.reach = self.numbers.reach.max(reach).max(number + 1);
            return Ok(Verdict::new(emit, Step::Continue));
        };
        if self.slices.is_some() && number > 0 && self.begun_at.is_some() {
            if self.is_steady && stated == keys.distinct() && !matches!(end, End::Repeated { .. }) {
                return Ok(Verdict::new(emit, Step::Done(Proof::Times)));
            }
            if let Some(verdict) = self.fall_back(emit.clone(), None)? {
                return Ok(verdict);
            }
        }
        let step = match self.numbers.readings.close(end, keys)? {
            Close::Proven(proof) => Step::Done(proof),
            Close::Again => self.again(),
        };
        Ok(Verdict::new(emit, step))
    }
}
