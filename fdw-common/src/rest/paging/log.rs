//! A log: new entries are appended, and any entry can be the start of reading forward without a limit.
//!
//! The whole log is read forward from its oldest entry. A search is read in numbered pages, oldest entry first, so that
//! new entries do not move existing ones. The API deletes the oldest entries after a retention period, which moves all
//! others: if the first entry differs at the end, the search is read again. Pages end at a page cap; entries past it are
//! read forward from the oldest entry of the search. That returns more entries than the search would, and Postgres
//! filters them.

use super::key_set::KeySet;
use super::page_view::PageView;
use super::pager::{Accept, Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
use super::proof::Proof;
use super::reading::MAX_READINGS;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Entity, LogPages, Rows};
use crate::plan::RemotePlan;
use crate::rest::decode::{ListMember, missing_list, not_as_declared};

/// The next request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// A page of the search.
    Search { page: u64 },
    /// The oldest entry of the search, to check that it is still the same.
    Oldest,
    /// The oldest entries, from which to read forward.
    Begin,
    /// The entries after this one.
    Forward { after: String },
}

/// Reads a log, or a search of it.
pub(crate) struct LogPager {
    entity: &'static Entity,
    pages: LogPages,
    plan: RemotePlan,
    /// No other search follows, so keys of entries that cannot be returned again need not be remembered.
    is_last: bool,
    state: State,
    is_asked: bool,
    /// The first entry of the current reading of the search.
    first: Option<String>,
    reading: u32,
    requests: u64,
}

impl LogPager {
    /// Reads the results of the plan's search.
    pub(crate) fn search(entity: &'static Entity, pages: LogPages, plan: RemotePlan, is_last: bool) -> Self {
        LogPager {
            entity,
            pages,
            plan,
            is_last,
            state: State::Search { page: 0 },
            is_asked: false,
            first: None,
            reading: 1,
            requests: 0,
        }
    }

    /// Reads the whole log.
    pub(crate) fn forward(entity: &'static Entity, pages: LogPages, plan: RemotePlan) -> Self {
        LogPager { state: State::Begin, ..LogPager::search(entity, pages, plan, true) }
    }

    fn search_pages(&self) -> u64 {
        self.pages.page_cap.div_ceil(u64::from(self.plan.page_size))
    }

    fn target(&self) -> String {
        let largest = self.pages.search.max_size;
        let sized = |size| self.plan.clone().with_page_size(size);
        match &self.state {
            State::Search { page } => self.plan.log_target(&self.pages, *page),
            State::Oldest => sized(1).log_target(&self.pages, 0),
            State::Begin => sized(largest).log_target(&self.pages, 0),
            State::Forward { after } => {
                // The API would ignore all other parameters.
                let mut plan = self.plan.clone();
                plan.query.clear();
                plan.target(&[(self.pages.from, after), (self.pages.size, &largest.to_string())])
            }
        }
    }

    fn go(&mut self, emit: Vec<bool>, state: State) -> Verdict {
        self.state = state;
        Verdict::new(emit, Step::Continue)
    }

    fn learn_search(&mut self, number: u64, page: &PageView<'_>, keys: &mut KeySet) -> Verdict {
        let rows = page.rows.len() as u64;
        if rows == 0 {
            return match number {
                0 => Verdict::new(Vec::new(), Step::Done(Proof::OneAnswer)),
                _ => self.go(Vec::new(), State::Oldest),
            };
        }
        let emit = keys.note(page.rows);
        if number == 0 {
            self.first = Some(page.rows.key(0).into_owned());
        }
        if number + 1 == self.search_pages() {
            return self.go(emit, State::Begin);
        }
        self.go(emit, State::Search { page: number + 1 })
    }

    fn learn_oldest(&mut self, page: &PageView<'_>) -> Result<Verdict> {
        if page.rows.len() > 0 && self.first.as_deref() == Some(&*page.rows.key(0)) {
            return Ok(Verdict::new(Vec::new(), Step::Done(Proof::OldestEntry)));
        }
        if self.reading == MAX_READINGS {
            let name = self.entity.name;
            let message = format!("\"{name}\" changed faster than it could be read");
            return Err(Error::new(ErrorKind::Incomplete, message)
                .with_detail(format!(
                    "It was searched {MAX_READINGS} times, and each time its oldest entries were deleted."
                ))
                .with_hint("Leave the oldest entries out by a condition on their date."));
        }
        self.reading += 1;
        Ok(self.go(Vec::new(), State::Search { page: 0 }))
    }

    fn learn_forward(&mut self, after: Option<&str>, page: &PageView<'_>, keys: &mut KeySet) -> Result<Verdict> {
        let Some(last) = page.rows.len().checked_sub(1) else {
            return Ok(Verdict::new(Vec::new(), Step::Done(Proof::Cursor)));
        };
        // The first page is sorted by date, the others are in the order in which entries were written. Continuing after
        // the last entry of the first page would miss an entry with a later date that was written before it.
        let next = page.rows.key(if after.is_some() { last } else { 0 }).into_owned();
        if after == Some(next.as_str()) {
            let parameter = self.pages.from;
            return Err(not_as_declared(
                self.entity,
                format!("\"{parameter}\" leads back to the entry it starts from"),
            ));
        }
        // Entries are written a little after their date: the page of the oldest ones also has entries dated after the
        // first one but written before it.
        let forget = after.is_some() && self.is_last;
        let emit = keys.unknown(page.rows, &vec![true; page.rows.len()], forget);
        Ok(self.go(emit, State::Forward { after: next }))
    }
}

impl Pager for LogPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        if std::mem::replace(&mut self.is_asked, true) {
            return Ok(None);
        }
        self.requests += 1;
        let expect = match self.state {
            State::Forward { .. } => Expect::Rows(Rows::Array),
            _ => Expect::List,
        };
        let accept = if self.entity.list_may_be_absent() { Accept::Absent } else { Accept::Rows };
        Ok(Some(PageRequest { id: self.requests, target: Target::Path(self.target()), accept, expect, time: None }))
    }

    fn learn(&mut self, _: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        self.is_asked = false;
        let page = if let Answer::Page(page) = answer { *page } else { PageView::EMPTY };
        if page.claims.list == ListMember::Absent {
            return Err(missing_list(self.entity));
        }
        match self.state.clone() {
            State::Search { page: number } => Ok(self.learn_search(number, &page, keys)),
            State::Oldest => self.learn_oldest(&page),
            State::Begin => self.learn_forward(None, &page, keys),
            State::Forward { after } => self.learn_forward(Some(&after), &page, keys),
        }
    }
}
