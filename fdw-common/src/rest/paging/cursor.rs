//! Pages that link to the next one: by a cursor, by the key of their last row, or by an address. The last page has no
//! link.
//!
//! If the cursor keeps the position in the list, created and deleted rows move no others past it, and the end of the
//! cursor is the proof. A cursor that counts pages or rows does not: the list is read until two readings agree. A page
//! may be empty although another one follows.

use std::collections::HashSet;

use url::Url;

use super::key_set::KeySet;
use super::link;
use super::page_view::PageView;
use super::pager::{Accept, Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
use super::proof::Proof;
use super::reading::MAX_READINGS;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Checkpoint, Consistency, Entity, NextPage};
use crate::plan::RemotePlan;
use crate::rest::decode::{ListMember, missing_list, not_as_declared};

/// The most consecutive pages without a new row, after which reading is an error: the API always links to another page.
const MAX_STALE_PAGES: u32 = 1_000;

/// Reads one list in pages that link to the next one.
pub(crate) struct CursorPager {
    entity: &'static Entity,
    pages: Checkpoint,
    plan: RemotePlan,
    /// The address of the next page; `None` while a page is in flight.
    next: Option<Target>,
    page: u64,
    reading: u32,
    /// The addresses of the pages of the current reading.
    seen: HashSet<String>,
    /// No cursor of the current reading counts pages or rows.
    keeps_place: bool,
    /// The number of consecutive pages without a new row.
    stale: u32,
    /// The number of rows of the first page, and of the largest page of the current reading.
    first_rows: usize,
    most_rows: usize,
    /// The previous reading had a row on two pages.
    had_doubles: bool,
}

impl CursorPager {
    pub(crate) fn new(entity: &'static Entity, pages: Checkpoint, plan: RemotePlan) -> Self {
        let next = Some(Target::Path(plan.checkpoint_target(&pages, None)));
        CursorPager {
            entity,
            pages,
            plan,
            next,
            page: 0,
            reading: 1,
            seen: HashSet::new(),
            keeps_place: true,
            stale: 0,
            first_rows: 0,
            most_rows: 0,
            had_doubles: false,
        }
    }

    /// The cursor, key or address of the page after this one.
    fn next_of(&self, page: &PageView<'_>) -> Option<String> {
        match self.pages.next {
            NextPage::Cursor { .. } | NextPage::Address(_) => page.claims.next.clone(),
            NextPage::LastKey { .. } => last_key(page),
            NextPage::Header => page.next_link.map(str::to_owned),
        }
    }

    fn target(&self, this: &Target, next: String) -> Target {
        match self.pages.next {
            NextPage::Cursor { .. } | NextPage::LastKey { .. } => {
                Target::Path(self.plan.checkpoint_target(&self.pages, Some(&next)))
            }
            NextPage::Address(_) | NextPage::Header => Target::Address { from: this.text().to_owned(), address: next },
        }
    }

    /// True if the cursor or address of the next page may count pages or rows.
    fn counts(&self, this: &Target, next: &str) -> bool {
        match self.pages.next {
            _ if self.pages.keeps_position => false,
            NextPage::LastKey { .. } => false,
            NextPage::Cursor { .. } => link::is_position(next),
            NextPage::Address(_) | NextPage::Header => link::counts_pages(this.text(), next),
        }
    }

    fn end(&mut self, keys: &mut KeySet) -> Result<Step> {
        // A row on two pages: it moved, or several rows have the key that the table's options declare.
        if keys.has_doubles() && self.entity.definition.is_some() {
            if self.had_doubles {
                return Err(self.doubled());
            }
            let step = self.read_again(keys)?;
            self.had_doubles = true;
            return Ok(step);
        }
        if keys.readings_agree() {
            return Ok(Step::Done(Proof::EqualReadings));
        }
        if self.keeps_place || self.page == 1 {
            return Ok(Step::Done(Proof::Cursor));
        }
        if self.entity.consistency == Consistency::Declared {
            return Ok(Step::Done(Proof::Declared));
        }
        self.read_again(keys)
    }

    #[cold]
    fn doubled(&self) -> Error {
        let (name, key) = (self.entity.name, self.entity.key.join(", "));
        Error::new(ErrorKind::Incomplete, format!("\"{name}\" has rows of the same key on different pages"))
            .with_detail(format!("It was read twice, and both times rows with the same {key} came on two pages."))
            .with_hint("Set the option key to the columns that identify a row.")
    }

    fn read_again(&mut self, keys: &mut KeySet) -> Result<Step> {
        let name = self.entity.name;
        let changed = || Error::new(ErrorKind::Incomplete, format!("\"{name}\" changed faster than it could be read"));
        if self.reading > 1 && keys.is_keyless() {
            return Err(changed().with_hint("Set the option key, which identifies rows."));
        }
        if self.reading == MAX_READINGS {
            let detail = format!("It was read {MAX_READINGS} times, each time with other rows.");
            return Err(changed().with_detail(detail).with_hint("Run the query again."));
        }
        keys.next_reading();
        let first = CursorPager::new(self.entity, self.pages, self.plan.clone());
        *self = CursorPager { reading: self.reading + 1, ..first };
        Ok(Step::Restart)
    }

    #[cold]
    fn leads_back(&self) -> Error {
        let what = match self.pages.next {
            NextPage::Cursor { at, .. } | NextPage::Address(at) => format!("\"{}\"", at.join(".")),
            NextPage::LastKey { parameter } => format!("\"{parameter}\""),
            NextPage::Header => "the header Link".to_owned(),
        };
        not_as_declared(self.entity, format!("{what} leads back to a page that was read"))
    }
}

impl Pager for CursorPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        let Some(target) = self.next.take() else { return Ok(None) };
        let is_object = self.entity.list_may_be_absent();
        let accept = if is_object { Accept::Absent } else { Accept::Rows };
        Ok(Some(PageRequest { id: self.page, target, accept, expect: Expect::List, time: None }))
    }

    fn learn(&mut self, request: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        let is_first = self.page == 0;
        self.page += 1;
        let page = match answer {
            Answer::Page(page) => *page,
            // The object that the list belongs to was deleted, or the API is wrong: reading the first page again decides.
            Answer::Absent if !is_first => return Ok(Verdict::new(Vec::new(), self.read_again(keys)?)),
            _ => PageView::EMPTY,
        };
        let next = self.next_of(&page);
        // The last answer may omit an empty list, if it says that it is the last.
        if page.claims.list == ListMember::Absent && (is_first || !page.claims.states_end) {
            return Err(missing_list(self.entity));
        }
        let is_back = !self.seen.insert(request.target.text().to_owned());
        let is_known = !is_first && keys.has_all(page.rows);
        let is_new = !is_known && page.rows.len() > 0;
        // A repeated page, or a page without new rows that links to itself, does not show that rows moved.
        let is_end = next
            .as_ref()
            .is_some_and(|next| leads_to_itself(&request.target, &self.target(&request.target, next.clone())));
        let emit = if is_known && (is_back || is_end) { Vec::new() } else { keys.note(page.rows) };
        let rows = page.rows.len();
        // A second page equal to the first: the API may ignore the parameter.
        let is_first_again = self.page == 2 && is_known && rows >= self.first_rows;
        if is_first_again && !self.had_doubles {
            // Or a whole page of rows was created in the meantime: another reading decides.
            let step = self.read_again(keys)?;
            self.had_doubles = true;
            return Ok(Verdict::new(Vec::new(), step));
        }
        if (is_back && is_new) || is_first_again {
            return Err(self.leads_back());
        }
        if is_first {
            self.first_rows = rows;
        }
        // A page may begin with the row that was its cursor. It shows the end only if it has room for more rows.
        if is_end && !is_new && rows >= self.most_rows && matches!(self.pages.next, NextPage::LastKey { .. }) {
            return Err(self.leads_back());
        }
        self.most_rows = self.most_rows.max(rows);
        self.stale = if is_new { 0 } else { self.stale + 1 };
        let Some(next) = next.filter(|_| !is_back) else {
            return Ok(Verdict::new(emit, self.end(keys)?));
        };
        self.keeps_place &= !self.counts(&request.target, &next);
        let target = self.target(&request.target, next);
        // A last page may link to itself. If it had new rows, it is requested again: others may follow them.
        if is_end && !is_new {
            return Ok(Verdict::new(emit, self.end(keys)?));
        }
        // A path that was requested before leads back; a relative address is resolved only when it is requested.
        if matches!(target, Target::Path(_)) && !is_end && self.seen.contains(target.text()) {
            return if is_new { Err(self.leads_back()) } else { Ok(Verdict::new(emit, self.end(keys)?)) };
        }
        if self.stale > MAX_STALE_PAGES {
            return Err(not_as_declared(self.entity, format!("{MAX_STALE_PAGES} pages in a row have no new row")));
        }
        self.next = Some(target);
        Ok(Verdict::new(emit, Step::Continue))
    }
}

/// True if a page links to itself, as far as the addresses show. The address of a first page is not known.
fn leads_to_itself(this: &Target, next: &Target) -> bool {
    match next {
        Target::Path(path) => path == this.text(),
        Target::Address { from, address } => {
            Url::parse(from).and_then(|page| page.join(address)).is_ok_and(|next| next.as_str() == this.text())
        }
    }
}

/// The key of a page's last row.
fn last_key(page: &PageView<'_>) -> Option<String> {
    let last = page.rows.len().checked_sub(1)?;
    page.rows.has_keys().then(|| page.rows.key(last).into_owned())
}
