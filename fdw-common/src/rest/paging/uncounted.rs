//! Numbered pages without a total: a page without rows is the end, or a short one where the API gives full pages up to
//! the last.
//!
//! Pages are asked for one after the other, since nothing says how many there are; in a second reading as many at once
//! as the first one had. Where the parameter is an offset it is the number of rows that have come, so that an API that
//! gives smaller pages than it was asked for leaves out nothing.

use super::key_set::KeySet;
use super::page_size::PageSize;
use super::page_view::PageView;
use super::pager::{Accept, Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
use super::reading::{Close, Readings};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Counts, Entity, UncountedPages};
use crate::plan::RemotePlan;
use crate::rest::decode::{ListMember, missing_list};

/// Reads one list in numbered pages without a total.
pub(crate) struct UncountedPager {
    entity: &'static Entity,
    pages: UncountedPages,
    plan: RemotePlan,
    size: PageSize,
    readings: Readings,
    next_page: u64,
    /// The last page that may be asked for.
    reach: u64,
    /// The rows of the present reading so far.
    rows: u64,
}

impl UncountedPager {
    pub(crate) fn new(entity: &'static Entity, pages: UncountedPages, plan: RemotePlan) -> Self {
        UncountedPager {
            entity,
            pages,
            size: PageSize::new(plan.page_size.into(), pages.max_size.into()),
            plan,
            readings: Readings::new(entity, pages.max_size.into()),
            next_page: 0,
            reach: 0,
            rows: 0,
        }
    }

    fn counts_pages(&self) -> bool {
        self.pages.page.counts == Counts::Pages
    }

    fn again(&mut self) -> Step {
        let pages = self.readings.expected_pages().filter(|_| self.counts_pages());
        (self.next_page, self.rows) = (0, 0);
        self.reach = pages.unwrap_or(0).saturating_sub(1);
        Step::Restart
    }

    fn in_another_size(&mut self, emit: Vec<bool>, keys: &mut KeySet) -> Result<Verdict> {
        self.readings.restart(self.plan.page_size.into(), keys)?;
        Ok(Verdict::new(emit, self.again()))
    }
}

impl Pager for UncountedPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        let page = self.next_page;
        if page > self.reach {
            return Ok(None);
        }
        self.next_page += 1;
        let plan = self.plan.clone().with_page_size(u32::try_from(self.size.rows).unwrap_or(u32::MAX));
        // An API may refuse another size than the declared one.
        let may_be_refused =
            self.pages.size.is_some() && self.size.may_be_refused() && self.entity.definition.is_some();
        let accept = if may_be_refused { Accept::PageSize } else { Accept::PageCap };
        let target = Target::Path(plan.uncounted_target(&self.pages, page, self.rows));
        Ok(Some(PageRequest { id: page, target, accept, expect: Expect::List, time: None }))
    }

    fn learn(&mut self, request: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        let page = match answer {
            Answer::Page(page) => *page,
            Answer::PageCap(_) if request.accept == Accept::PageSize => {
                self.size.declare();
                self.next_page = request.id;
                return Ok(Verdict::new(Vec::new(), Step::Restart));
            }
            Answer::PageCap(said) => return Err(self.beyond_cap(said)),
            Answer::NoContent | Answer::Absent | Answer::TooSlow => PageView::EMPTY,
        };
        if page.claims.list == ListMember::Absent {
            return Err(missing_list(self.entity));
        }
        let (number, rows) = (request.id, page.rows.len() as u64);
        // A page that comes again shows nothing of rows that moved.
        let is_repeated = number > 0 && keys.is_last_page(page.rows);
        let emit = if is_repeated { Vec::new() } else { keys.note(page.rows) };
        self.rows += rows;
        let full = self.pages.short_page_is_last.then_some(self.size.rows);
        let end = self.readings.page(number, rows, is_repeated, page.claims.total, full, keys);
        if number == 1 && rows > 0 && self.size.is_odd() {
            return Err(self.size.odd_size(self.entity, self.plan.page_size.into()));
        }
        if let Some(end) = end {
            let step = match self.readings.close(end, keys)? {
                Close::Proven(proof) => Step::Done(proof),
                Close::Again => self.again(),
            };
            return Ok(Verdict::new(emit, step));
        }
        if self.pages.size.is_some() && number == 0 {
            if self.size.is_small() && !(self.counts_pages() && keys.is_keyless()) {
                self.size.declare();
                // The reader goes on. An offset goes on from where it is; a page is another one in another size.
                if self.counts_pages() {
                    return self.in_another_size(emit, keys);
                }
            } else if self.counts_pages() {
                // A short page that is not the last: the pages are of another size.
                self.size.learn(rows, None, true);
            }
        }
        self.reach = self.reach.max(number + 1);
        Ok(Verdict::new(emit, Step::Continue))
    }
}

impl UncountedPager {
    #[cold]
    fn beyond_cap(&self, said: &str) -> Error {
        Error::new(ErrorKind::Incomplete, format!("\"{}\" is longer than paging reaches", self.entity.name))
            .with_detail(said)
            .with_hint("Ask for fewer rows.")
    }
}
