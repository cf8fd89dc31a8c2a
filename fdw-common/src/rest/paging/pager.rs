//! What a pager is: a state machine that says what to ask next and learns from each answer.

use super::key_set::KeySet;
use super::page_view::PageView;
use super::proof::Proof;
use super::sliced::Sliced;
use crate::error::Result;
use crate::model::{Lookup, Rows};
use crate::plan::BoundValues;

/// Reads one list. A pager decides and sends nothing: the driver asks it for requests, sends them, and feeds it the
/// answers in the order of their requests.
pub(crate) trait Pager: Send {
    /// The next request that need not wait for an answer, if there is one.
    ///
    /// # Errors
    /// `Incomplete` when the list goes on and cannot be read further. The driver asks only when its reader wants
    /// more, so that a reader who stops early meets no error.
    fn next(&mut self) -> Result<Option<PageRequest>>;

    /// Takes in the answer to a request.
    ///
    /// # Errors
    /// `Protocol` for an answer that contradicts the request, `Incomplete` when the list cannot be proven complete.
    fn learn(&mut self, request: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict>;

    /// The state of a list that is read in slices.
    fn slices(&mut self) -> Option<&mut dyn Sliced> {
        None
    }
}

/// One request for a part of a list.
#[derive(Debug, Clone)]
pub(crate) struct PageRequest {
    /// Tells a pager's requests apart: most pagers number their pages.
    pub(crate) id: u64,
    pub(crate) target: Target,
    /// Which answers are as good as rows.
    pub(crate) accept: Accept,
    pub(crate) expect: Expect,
    /// The root member that holds each row's time, where the pager needs it.
    pub(crate) time: Option<&'static str>,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A path and query relative to the API's base.
    Path(String),
    /// An address that an answer gave, relative to the target of that answer.
    Address { from: String, address: String },
}

impl Target {
    /// The text of the path or of the address.
    pub(crate) fn text(&self) -> &str {
        match self {
            Target::Path(path) => path,
            Target::Address { address, .. } => address,
        }
    }
}

/// Which answers are accepted in place of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accept {
    /// None.
    Rows,
    /// "There is none", where the object that the list belongs to need not exist.
    Absent,
    /// "The search took too long."
    TooSlow,
    /// "Paging goes no further", and "there is none" where the list may be absent.
    PageCap,
    /// "The request is not valid", where another page size may be, and "there is none" where the list may be absent.
    PageSize,
}

/// What an answer holds.
#[derive(Debug, Clone)]
pub(crate) enum Expect {
    /// A page of the list, as the entity declares it.
    List,
    /// A page whose rows are in another place than the entity's.
    Rows(Rows),
    /// The answer to a lookup by these values.
    Lookup { bound: BoundValues, lookup: &'static Lookup },
}

/// An answer.
pub(crate) enum Answer<'a> {
    Page(PageView<'a>),
    /// 204 or 205: there is nothing to show.
    NoContent,
    /// There is no such object.
    Absent,
    /// The search took the API too long.
    TooSlow,
    /// Paging goes no further, or not in pages of this size, in the API's words.
    PageCap(&'a str),
}

/// What follows from an answer.
pub(crate) struct Verdict {
    /// For each row of the answer whether it is emitted; nothing emits none.
    pub(crate) emit: Vec<bool>,
    pub(crate) step: Step,
}

/// How the list goes on.
pub(crate) enum Step {
    /// More answers are needed.
    Continue,
    /// The requests in flight belong to a reading that is over; their answers are dropped.
    Restart,
    /// Every row has come, and this proves it.
    Done(Proof),
    /// Another pager reads what is left. The requests in flight are dropped.
    Fallback(Box<dyn Pager>),
}

impl Verdict {
    pub(crate) fn new(emit: Vec<bool>, step: Step) -> Self {
        Verdict { emit, step }
    }
}
