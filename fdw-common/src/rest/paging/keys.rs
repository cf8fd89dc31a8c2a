//! One request of a list for the rows of several keys.

use std::collections::HashSet;

use super::key_set::KeySet;
use super::pager::{Accept, Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
use super::proof::Proof;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Entity;
use crate::plan::RemotePlan;
use crate::rest::decode::{ListMember, missing_list};

/// Reads the first page of a list that was asked for the rows of some keys, and emits those that show one of the keys.
/// A key without a row proves nothing: its reader looks it up.
pub(crate) struct KeysPager {
    entity: &'static Entity,
    keys: HashSet<String>,
    next: Option<PageRequest>,
}

impl KeysPager {
    pub(crate) fn new(entity: &'static Entity, plan: &RemotePlan, keys: Vec<String>) -> Self {
        let target = Target::Path(plan.first_target(entity));
        let request = PageRequest { id: 0, target, accept: Accept::TooSlow, expect: Expect::List, time: None };
        KeysPager { entity, keys: keys.into_iter().collect(), next: Some(request) }
    }
}

impl Pager for KeysPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        Ok(self.next.take())
    }

    fn learn(&mut self, _: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        let page = match answer {
            Answer::Page(page) => page,
            Answer::TooSlow => {
                let message =
                    format!("a search for {} rows of \"{}\" took the API too long", self.keys.len(), self.entity.name);
                return Err(Error::new(ErrorKind::Remote, message));
            }
            _ => return Ok(Verdict::new(Vec::new(), Step::Done(Proof::Keys))),
        };
        if page.claims.list == ListMember::Absent {
            return Err(missing_list(self.entity));
        }
        let mut emit = keys.note(page.rows);
        for (row, emit) in emit.iter_mut().enumerate() {
            *emit = *emit && self.keys.contains(&*page.rows.key(row));
        }
        Ok(Verdict::new(emit, Step::Done(Proof::Keys)))
    }
}
