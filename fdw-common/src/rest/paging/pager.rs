//! Trait of the pagers: state machines that choose the next request and learn from each answer.

use super::key_set::KeySet;
use super::page_view::PageView;
use super::proof::Proof;
use super::sliced::Sliced;
use crate::error::Result;
use crate::model::{Lookup, Rows};
use crate::plan::BoundValues;

/// Reads one list. A pager only decides; the driver asks it for requests, sends them, and passes it the
/// answers in the order of their requests.
pub(crate) trait Pager: Send {
    /// The next request that can be sent before further answers arrive, if there is one.
    ///
    /// # Errors
    /// `Incomplete` when the list continues and cannot be read further. The driver calls this only when its reader wants
    /// more rows, so that a reader that stops early gets no error.
    fn next(&mut self) -> Result<Option<PageRequest>>;

    /// Processes the answer to a request.
    ///
    /// # Errors
    /// `Protocol` for an answer that contradicts the request, `Incomplete` when the list cannot be proven complete.
    fn learn(&mut self, request: &PageRequest, answer: &Answer<'_>, keys: &mut KeySet) -> Result<Verdict>;

    /// The state of the list, if it is read in slices.
    fn slices(&mut self) -> Option<&mut dyn Sliced> {
        None
    }
}

/// One request for a part of a list.
#[derive(Debug, Clone)]
pub(crate) struct PageRequest {
    /// Identifies the request within its pager; usually the number of the page.
    pub(crate) id: u64,
    pub(crate) target: Target,
    /// Answers without rows that are accepted.
    pub(crate) accept: Accept,
    pub(crate) expect: Expect,
    /// The root member that holds each row's time, if the pager needs it.
    pub(crate) time: Option<&'static str>,
}

/// The address of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A path and query relative to the API's base.
    Path(String),
    /// An address from an answer, relative to that answer's own address.
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

/// Answers that are accepted in place of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accept {
    /// No others.
    Rows,
    /// "Not found": the object that the list belongs to need not exist.
    Absent,
    /// "The search took too long".
    TooSlow,
    /// "Paging ends here", and "not found" if the list may be absent.
    PageCap,
    /// "The request is not valid", since another page size may be valid, and "not found" if the list may be absent.
    PageSize,
}

/// The expected content of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Expect {
    /// A page of the list, as the entity declares it.
    List,
    /// A page with its rows in another member than the entity declares.
    Rows(Rows),
    /// The answer to a lookup with these values.
    Lookup { bound: BoundValues, lookup: &'static Lookup },
}

/// An answer.
pub(crate) enum Answer<'a> {
    Page(PageView<'a>),
    /// 204 or 205: no content.
    NoContent,
    /// The object does not exist.
    Absent,
    /// The search timed out in the API.
    TooSlow,
    /// Paging ends here, or pages of this size are refused; with the API's message.
    PageCap(&'a str),
}

/// The result of processing an answer.
pub(crate) struct Verdict {
    /// For each row of the answer, whether it is emitted; an empty list emits none.
    pub(crate) emit: Vec<bool>,
    pub(crate) step: Step,
}

/// The next step in reading the list.
pub(crate) enum Step {
    /// More answers are needed.
    Continue,
    /// The reading starts again; answers to requests in flight are dropped.
    Restart,
    /// All rows have been read; the proof says why.
    Done(Proof),
    /// Another pager reads the remaining rows. Answers to requests in flight are dropped.
    Fallback(Box<dyn Pager>),
}

impl Verdict {
    pub(crate) fn new(emit: Vec<bool>, step: Step) -> Self {
        Verdict { emit, step }
    }
}
