//! Lookups of rows by key, one request per key.

use super::key_set::KeySet;
use super::pager::{Accept, Answer, Expect, PageRequest, Pager, Step, Target, Verdict};
use super::proof::Proof;
use crate::error::Result;
use crate::model::{Lookup, LookupAnswer};
use crate::plan::BoundValues;

/// A request that looks up rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedTarget {
    /// The bound values of the request.
    pub bound: BoundValues,
    /// Its path and query, relative to the API's base.
    pub target: String,
}

/// Looks up rows, with as many concurrent requests as are allowed.
pub(crate) struct LookupsPager {
    lookup: &'static Lookup,
    targets: std::vec::IntoIter<KeyedTarget>,
    sent: u64,
    came: u64,
}

impl LookupsPager {
    pub(crate) fn new(lookup: &'static Lookup, targets: Vec<KeyedTarget>) -> Self {
        LookupsPager { lookup, targets: targets.into_iter(), sent: 0, came: 0 }
    }
}

impl Pager for LookupsPager {
    fn next(&mut self) -> Result<Option<PageRequest>> {
        let Some(KeyedTarget { bound, target }) = self.targets.next() else { return Ok(None) };
        let (answer, id) = (self.lookup.answer, self.sent);
        let accept = if answer == LookupAnswer::Row { Accept::Absent } else { Accept::Rows };
        self.sent += 1;
        let expect = Expect::Lookup { bound, lookup: self.lookup };
        Ok(Some(PageRequest { id, target: Target::Path(target), accept, expect, time: None }))
    }

    fn learn(&mut self, _: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict> {
        self.came += 1;
        // Two values may find the same row, since an API may compare less strictly than SQL does.
        let emit = match answer {
            Answer::Page(page) => keys.note(page.rows),
            _ => Vec::new(),
        };
        let is_last = self.targets.len() == 0 && self.came == self.sent;
        Ok(Verdict::new(emit, if is_last { Step::Done(Proof::Lookups) } else { Step::Continue }))
    }
}
