//! A list that is one answer.

use super::key_set::KeySet;
use super::page_view::PageView;
use super::pager::{Accept, Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
use super::proof::Proof;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Entity;
use crate::plan::RemotePlan;
use crate::rest::decode::{ListMember, missing_list};

/// Reads a list that is one answer. An answer that says that more pages follow is an error, unless the list is declared
/// to be one answer.
pub(crate) struct WholePager {
    entity: &'static Entity,
    next: Option<PageRequest>,
}

impl WholePager {
    pub(crate) fn new(entity: &'static Entity, plan: &RemotePlan) -> Self {
        let is_object = entity.list_may_be_absent();
        let accept = if is_object { Accept::Absent } else { Accept::Rows };
        let target = Target::Path(plan.target(&[]));
        WholePager { entity, next: Some(PageRequest { id: 0, target, accept, expect: Expect::List, time: None }) }
    }

    #[cold]
    fn continues(&self, claim: &str) -> Error {
        let name = self.entity.name;
        let error =
            Error::new(ErrorKind::Incomplete, format!("the answer for \"{name}\" is not the whole list: {claim}"));
        if self.entity.definition.is_none() {
            return error.with_hint("The table reads one answer only. Please report this.");
        }
        error.with_hint(
            "Set the option paging (and what goes with it, such as link for the header Link), or paging 'none' if the answer is all there is.",
        )
    }
}

impl Pager for WholePager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        Ok(self.next.take())
    }

    fn learn(&mut self, _: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        let page = match answer {
            Answer::Page(page) => *page,
            _ => PageView::EMPTY,
        };
        if page.claims.list == ListMember::Absent {
            return Err(missing_list(self.entity));
        }
        if !self.entity.is_declared_whole && !self.entity.is_document() {
            let link = page.next_link.map(|_| "its header Link leads to a next page");
            if let Some(claim) = page.claims.continues.as_deref().or(link) {
                return Err(self.continues(claim));
            }
        }
        Ok(Verdict::new(keys.note(page.rows), Step::Done(Proof::OneAnswer)))
    }
}
