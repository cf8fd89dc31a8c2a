//! Numbered pages without a total. A page without rows is the end, or a short page if the API fills all pages but the
//! last.
//!
//! Pages are requested one after the other, since their number is unknown; a second reading requests as many
//! concurrently as the first one had. If the parameter is an offset, it is the number of rows read so far, so that no
//! row is skipped when an API returns smaller pages than requested.

use super::key_set::KeySet;
use super::page_numbers::{PageNumbers, Received};
use super::pager::{Accept, Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
use super::reading::Close;
use crate::error::Result;
use crate::model::{Counts, Entity, UncountedPages};
use crate::plan::RemotePlan;

/// Reads one list in numbered pages without a total.
pub(crate) struct UncountedPager {
    pages: UncountedPages,
    numbers: PageNumbers,
    /// The number of rows read so far in the current reading.
    rows: u64,
}

impl UncountedPager {
    pub(crate) fn new(entity: &'static Entity, pages: UncountedPages, plan: RemotePlan) -> Self {
        UncountedPager { pages, numbers: PageNumbers::new(entity, plan, pages.max_size), rows: 0 }
    }

    fn counts_pages(&self) -> bool {
        self.pages.page.counts == Counts::Pages
    }

    fn again(&mut self) -> Step {
        let pages = self.numbers.readings.expected_pages().filter(|_| self.counts_pages());
        (self.numbers.next, self.rows) = (0, 0);
        self.numbers.reach = pages.unwrap_or(0).saturating_sub(1);
        Step::Restart
    }

    fn in_another_size(&mut self, emit: Vec<bool>, keys: &mut KeySet) -> Result<Verdict> {
        self.numbers.readings.restart(self.numbers.asked_size(), keys)?;
        Ok(Verdict::new(emit, self.again()))
    }
}

impl Pager for UncountedPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        let Some(page) = self.numbers.take() else { return Ok(None) };
        let accept = if self.pages.size.is_some() { self.numbers.accept() } else { Accept::PageCap };
        let target = Target::Path(self.numbers.plan().uncounted_target(&self.pages, page, self.rows));
        Ok(Some(PageRequest { id: page, target, accept, expect: Expect::List, time: None }))
    }

    fn learn(&mut self, request: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        let page = match self.numbers.receive(request, answer)? {
            Received::Page(page) => page,
            Received::SizeRefused => return Ok(Verdict::new(Vec::new(), Step::Restart)),
            Received::PageCap(said) => return Err(self.numbers.beyond_cap(said)),
        };
        let (number, rows) = (request.id, page.rows.len() as u64);
        // A repeated page does not show that rows moved.
        let is_repeated = number > 0 && keys.is_last_page(page.rows);
        let emit = if is_repeated { Vec::new() } else { keys.note(page.rows) };
        self.rows += rows;
        let full = self.pages.short_page_is_last.then_some(self.numbers.size.rows);
        let end = self.numbers.readings.page(number, rows, is_repeated, page.claims.total, full, keys);
        self.numbers.check_size(number, rows)?;
        if let Some(end) = end {
            let step = match self.numbers.readings.close(end, keys)? {
                Close::Proven(proof) => Step::Done(proof),
                Close::Again => self.again(),
            };
            return Ok(Verdict::new(emit, step));
        }
        if self.pages.size.is_some() && number == 0 {
            if self.numbers.size.is_small() && !(self.counts_pages() && keys.is_keyless()) {
                self.numbers.size.declare();
                // The reader wants more. An offset continues from here; page numbers change with the size.
                if self.counts_pages() {
                    return self.in_another_size(emit, keys);
                }
            } else if self.counts_pages() {
                // A short page that is not the last: the API uses another page size.
                self.numbers.size.learn(rows, None, true);
            }
        }
        self.numbers.reach = self.numbers.reach.max(number + 1);
        Ok(Verdict::new(emit, Step::Continue))
    }
}
