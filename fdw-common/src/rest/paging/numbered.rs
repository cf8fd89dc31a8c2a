//! Numbered pages with a total.
//!
//! The total says how many pages can be asked for at once. It ends nothing: a list ends with a page that has no rows, or
//! with a short one where the API gives full pages up to the last. Lists whose rows have a time are proven by it: as
//! many rows came as every page states, and none of them was created since the first answer. Where that fails, and
//! where the list is longer than its page cap, it is read in slices.

use super::key_set::KeySet;
use super::page_size::PageSize;
use super::page_view::PageView;
use super::pager::{Accept, Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
use super::proof::Proof;
use super::reading::{Close, End, Readings};
use super::sliced::SlicedList;
use super::slices::SlicesPager;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Entity, NumberedPages, Position};
use crate::plan::RemotePlan;
use crate::rest::decode::{Claims, ListMember, missing_list};

/// The clocks that stamp rows and answers may differ by so much, in milliseconds.
const CLOCK_MARGIN: i64 = 5_000;

/// Reads one list in numbered pages.
pub(crate) struct NumberedPager {
    entity: &'static Entity,
    pages: NumberedPages,
    plan: RemotePlan,
    size: PageSize,
    readings: Readings,
    next_page: u64,
    /// The last page worth asking for, as far as is known.
    reach: u64,
    /// How the list is read where pages do not prove it.
    slices: Option<SlicedList>,
    /// Every page stated the same total, and no row was created meanwhile.
    is_steady: bool,
    /// The server's time at the first answer.
    begun_at: Option<i64>,
    /// The list reaches its page cap and cannot be sliced: its rows so far, or the API's words.
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
            entity,
            pages,
            size: PageSize::new(plan.page_size.into(), pages.max_size.into()),
            plan,
            readings: Readings::new(entity, pages.max_size.into()),
            next_page: 0,
            reach: 0,
            slices,
            is_steady: true,
            begun_at: None,
            capped: None,
        }
    }

    fn target(&self, page: u64) -> String {
        let mut plan = self.plan.clone().with_page_size(u32::try_from(self.size.rows).unwrap_or(u32::MAX));
        if let Some(time) = self.time(page) {
            plan = plan.with_member(self.entity, time);
        }
        plan.page_target(&self.pages, page)
    }

    /// The member by which rows are proven. The first page of a search, and a small one at which most readers stop, need
    /// not have it.
    fn time(&self, page: u64) -> Option<&'static str> {
        let list = self.slices.as_ref().filter(|list| !self.size.is_small() && (page > 0 || list.search.is_none()))?;
        Some(list.time_of_change())
    }

    /// Checks that a page is the one asked for.
    fn check_position(&self, page: u64, claims: &Claims) -> Result<()> {
        let expected = match self.pages.position {
            Position::Pages => page,
            Position::Rows => page.saturating_mul(claims.limit.unwrap_or(self.size.rows)),
        };
        match claims.start {
            Some(start) if start != expected => {
                let (name, member) = (self.entity.name, self.pages.start.unwrap_or_default().join("."));
                let message = format!(
                    "the answer for \"{name}\" is not the page asked for: \"{member}\" is {start} instead of {expected}"
                );
                Err(Error::new(ErrorKind::Protocol, message))
            }
            _ => Ok(()),
        }
    }

    /// True when rows may have come into the list since its first page was read: then it may be that as many have gone.
    fn has_inserts(&self, page: &PageView<'_>) -> bool {
        let Some(begun_at) = self.begun_at else { return true };
        (0..page.rows.len()).any(|row| page.rows.time(row).is_none_or(|time| time > begun_at - CLOCK_MARGIN))
    }

    /// What is left is read in slices; a first page that is the beginning of all slices counts as their first answer.
    fn fall_back(&mut self, emit: Vec<bool>, first: Option<&PageView<'_>>) -> Result<Option<Verdict>> {
        let Some(list) = self.slices.take() else { return Ok(None) };
        let mut slices = SlicesPager::new(self.entity, self.pages, list);
        if let Some(page) = first {
            slices.learn_first_page(page)?;
        }
        Ok(Some(Verdict::new(emit, Step::Fallback(Box::new(slices)))))
    }

    /// Asks for the first page again in the declared size: the reader goes on.
    fn in_declared_size(&mut self, emit: Vec<bool>, keys: &mut KeySet) -> Result<Verdict> {
        self.size.declare();
        self.readings.restart(self.plan.page_size.into(), keys)?;
        Ok(Verdict::new(emit, self.again()))
    }

    fn again(&mut self) -> Step {
        (self.next_page, self.is_steady) = (0, true);
        self.reach = self.size.reach(&self.readings, self.pages.short_page_is_last);
        Step::Restart
    }

    #[cold]
    fn beyond_cap(&self, said: &str) -> Error {
        let name = self.entity.name;
        Error::new(ErrorKind::Incomplete, format!("\"{name}\" is longer than paging reaches"))
            .with_detail(said)
            .with_hint("Ask for fewer rows: rows past the first page are not returned rather than some of them.")
    }
}

impl Pager for NumberedPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        if let Some(said) = &self.capped {
            return Err(self.beyond_cap(said));
        }
        let page = self.next_page;
        if page > self.reach {
            return Ok(None);
        }
        self.next_page += 1;
        // An API may refuse another size than the declared one.
        let may_be_refused = self.size.may_be_refused() && self.entity.definition.is_some();
        let accept = if may_be_refused { Accept::PageSize } else { Accept::PageCap };
        let time = self.time(page);
        Ok(Some(PageRequest { id: page, target: Target::Path(self.target(page)), accept, expect: Expect::List, time }))
    }

    fn learn(&mut self, request: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        let page = match answer {
            Answer::Page(page) => *page,
            Answer::PageCap(_) if request.accept == Accept::PageSize => {
                self.size.declare();
                self.next_page = request.id;
                return Ok(Verdict::new(Vec::new(), Step::Restart));
            }
            Answer::PageCap(said) => {
                return match self.fall_back(Vec::new(), None)? {
                    Some(verdict) => Ok(verdict),
                    None => Err(self.beyond_cap(said)),
                };
            }
            Answer::NoContent | Answer::Absent | Answer::TooSlow => PageView::EMPTY,
        };
        if page.claims.list == ListMember::Absent {
            return Err(missing_list(self.entity));
        }
        let (number, rows, total) = (request.id, page.rows.len() as u64, page.claims.total);
        self.check_position(number, page.claims)?;
        let asked = self.size.rows;
        // A page that comes again shows nothing of rows that moved.
        let is_repeated = number > 0 && keys.is_last_page(page.rows);
        let emit = if is_repeated { Vec::new() } else { keys.note(page.rows) };
        let is_small = self.size.is_small();
        if number == 0 {
            self.begun_at = page.date;
            if !is_small && (0..page.rows.len()).any(|row| page.rows.time(row).is_none()) {
                // Rows without a time are proven as others are.
                self.slices = self.slices.take().filter(|list| list.search.is_some());
            }
            if !is_small {
                // A short page that is not the last: the pages are of another size.
                let goes_on = !self.pages.short_page_is_last || total.is_some_and(|total| total > rows);
                self.size.learn(rows, page.claims.limit, goes_on);
            }
        } else {
            self.is_steady &= total == self.readings.stated() && !self.has_inserts(&page);
        }
        // A page of the size that it states is full, though more were asked for.
        let full = page.claims.limit.filter(|limit| *limit > 0).map_or(asked, |limit| limit.min(asked));
        let full = self.pages.short_page_is_last.then_some(full);
        let end = self.readings.page(number, rows, is_repeated, total, full, keys);
        let stated = self.readings.stated().unwrap_or(0);
        if number == 0 && stated > rows && self.entity.page_cap().is_some_and(|cap| stated >= cap) {
            let first = (!is_small).then_some(&page);
            if let Some(verdict) = self.fall_back(emit.clone(), first)? {
                return Ok(verdict);
            }
            self.capped = Some(format!("The API states {stated} rows or more and gives no more by paging."));
            return Ok(Verdict::new(emit, Step::Continue));
        }
        if number == 1 && rows > 0 && self.size.is_odd() {
            return Err(self.size.odd_size(self.entity, self.plan.page_size.into()));
        }
        let Some(end) = end else {
            if number == 0 && is_small {
                return self.in_declared_size(emit, keys);
            }
            let reach = self.size.reach(&self.readings, self.pages.short_page_is_last);
            self.reach = self.reach.max(reach).max(number + 1);
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
        let step = match self.readings.close(end, keys)? {
            Close::Proven(proof) => Step::Done(proof),
            Close::Again => self.again(),
        };
        Ok(Verdict::new(emit, step))
    }
}
