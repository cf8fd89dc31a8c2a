//! What lists in numbered pages have in common, with a total and without one: the next page, the page size, the readings.

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
    /// The last page worth asking for, as far as is known.
    pub(super) reach: u64,
}

/// What came for a page.
pub(super) enum Received<'a> {
    Page(PageView<'a>),
    /// The API does not take the page size, and is asked again for pages of the declared one.
    SizeRefused,
    /// The API says that paging goes no further.
    PageCap(&'a str),
}

impl PageNumbers {
    /// The list of a plan, whose pages have at most `max_size` rows.
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

    /// The number of the next page, if it need not wait for an answer.
    pub(super) fn take(&mut self) -> Option<u64> {
        let page = self.next;
        (page <= self.reach).then(|| {
            self.next += 1;
            page
        })
    }

    /// The plan, in pages of the present size.
    pub(super) fn plan(&self) -> RemotePlan {
        self.plan.clone().with_page_size(u32::try_from(self.size.rows).unwrap_or(u32::MAX))
    }

    /// The page size that is asked for first.
    pub(super) fn asked_size(&self) -> u64 {
        self.plan.page_size.into()
    }

    /// Which answers are accepted: an API may refuse another size than the declared one.
    pub(super) fn accept(&self) -> Accept {
        let may_be_refused = self.size.may_be_refused() && self.entity.definition.is_some();
        if may_be_refused { Accept::PageSize } else { Accept::PageCap }
    }

    /// Looks at the answer to a request for a page.
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

    /// Checks the size that was learnt, when the second page shows that there are others.
    ///
    /// # Errors
    /// `Incomplete` for a first page that is much smaller than was asked for.
    pub(super) fn check_size(&self, page: u64, rows: u64) -> Result<()> {
        if page == 1 && rows > 0 && self.size.is_odd() {
            return Err(self.size.odd_size(self.entity, self.asked_size()));
        }
        Ok(())
    }

    /// The error for a list that the API does not page to its end.
    #[cold]
    pub(super) fn beyond_cap(&self, said: &str) -> Error {
        let name = self.entity.name;
        Error::new(ErrorKind::Incomplete, format!("\"{name}\" is longer than paging reaches"))
            .with_detail(said)
            .with_hint("Ask for fewer rows: rows past the first page are not returned rather than some of them.")
    }
}
