//! The common state of lists in numbered pages, with or without a total: next page, page size, readings.

use super::page_size::PageSize;
use super::page_view::PageView;
use super::pager::{Accept, Answer, PageRequest};
use super::reading::Readings;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Entity;
use crate::plan::RemotePlan;
use crate::rest::decode::{ListMember, missing_list};

/// The state of a list that is read in numbered pages.
pub(super) struct PageNumbers {
    pub(super) entity: &'static Entity,
    plan: RemotePlan,
    pub(super) size: PageSize,
    pub(super) readings: Readings,
    pub(super) next: u64,
    /// The number of the last page to request, as far as known.
    pub(super) reach: u64,
}

/// The answer to a request for a page.
pub(super) enum Received<'a> {
    Page(PageView<'a>),
    /// The API refused the page size; pages of the declared size are requested instead.
    SizeRefused,
    /// The API says that paging ends here.
    PageCap(&'a str),
}

impl PageNumbers {
    /// The state before the first page; pages have at most `max_size` rows.
    pub(super) fn new(entity: &'static Entity, plan: RemotePlan, max_size: u32) -> Self {
        PageNumbers {
            entity,
            size: PageSize::new(plan.page_size.into(), max_size.into()),
            plan,
            readings: Readings::new(entity, max_size.into()),
            next: 0,
            reach: 0,
        }
    }

    /// The number of the next page, if it can be requested before further answers arrive.
    pub(super) fn take(&mut self) -> Option<u64> {
        let page = self.next;
        (page <= self.reach).then(|| {
            self.next += 1;
            page
        })
    }

    /// The plan with the current page size.
    pub(super) fn plan(&self) -> RemotePlan {
        self.plan.clone().with_page_size(u32::try_from(self.size.rows).unwrap_or(u32::MAX))
    }

    /// The page size of the first request.
    pub(super) fn asked_size(&self) -> u64 {
        self.plan.page_size.into()
    }

    /// Answers that are accepted in place of rows: an API may refuse any size but the declared one.
    pub(super) fn accept(&self) -> Accept {
        let may_be_refused = self.size.may_be_refused() && self.entity.definition.is_some();
        if may_be_refused { Accept::PageSize } else { Accept::PageCap }
    }

    /// Classifies the answer to a request for a page.
    ///
    /// # Errors
    /// `Protocol` for an answer without the list.
    pub(super) fn receive<'a>(&mut self, request: &PageRequest, answer: &Answer<'a>) -> Result<Received<'a>> {
        let page = match answer {
            Answer::Page(page) => *page,
            Answer::PageCap(_) if request.accept == Accept::PageSize => {
                self.size.declare();
                self.next = request.id;
                return Ok(Received::SizeRefused);
            }
            Answer::PageCap(said) => return Ok(Received::PageCap(said)),
            Answer::NoContent | Answer::Absent | Answer::TooSlow => PageView::EMPTY,
        };
        if page.claims.list == ListMember::Absent {
            return Err(missing_list(self.entity));
        }
        Ok(Received::Page(page))
    }

    /// Checks the learnt size when the second page shows that the list has more than one.
    ///
    /// # Errors
    /// `Incomplete` for a first page that is much smaller than requested.
    pub(super) fn check_size(&self, page: u64, rows: u64) -> Result<()> {
        if page == 1 && rows > 0 && self.size.is_odd() {
            return Err(self.size.odd_size(self.entity, self.asked_size()));
        }
        Ok(())
    }

    /// The error for a list longer than the page cap.
    #[cold]
    pub(super) fn beyond_cap(&self, said: &str) -> Error {
        let name = self.entity.name;
        Error::new(ErrorKind::Incomplete, format!("\"{name}\" is longer than paging reaches"))
            .with_detail(said)
            .with_hint("Ask for fewer rows: rows past the first page are not returned rather than some of them.")
    }
}
