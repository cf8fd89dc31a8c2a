//! What a pager is: a state machine that says what to ask next and learns from each answer.

use std::borrow::Cow;

use super::key_set::KeySet;
use super::proof::Proof;
use super::slices::SlicesPager;
use crate::error::Result;
use crate::model::{Lookup, Rows};
use crate::plan::BoundValues;
use crate::rest::decode::{Batch, Claims, ListMember};

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
    fn slices(&mut self) -> Option<&mut SlicesPager> {
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

/// A page as a pager looks at it.
#[derive(Clone, Copy)]
pub(crate) struct PageView<'a> {
    pub(crate) rows: &'a dyn PageRows,
    pub(crate) claims: &'a Claims,
    /// The address in the header `Link`, relation `next`.
    pub(crate) next_link: Option<&'a str>,
    /// The server's time in milliseconds since 1970.
    pub(crate) date: Option<i64>,
}

/// The rows of a page as far as pagers look at them.
pub(crate) trait PageRows {
    /// The number of rows.
    fn len(&self) -> usize;
    /// True when rows have a key.
    fn has_keys(&self) -> bool;
    /// The key of a row.
    fn key(&self, row: usize) -> Cow<'_, str>;
    /// The time of a row in milliseconds since 1970, rounded down; nothing for one that cannot be read.
    fn time(&self, row: usize) -> Option<i64>;
    /// All values of a row, for rows without a key.
    fn content(&self, row: usize, add: &mut dyn FnMut(&str));

    /// The keys of all rows.
    fn keys(&self) -> Vec<String> {
        (0..self.len()).map(|row| self.key(row).into_owned()).collect()
    }
}

impl PageRows for Batch {
    fn len(&self) -> usize {
        self.len()
    }

    fn has_keys(&self) -> bool {
        self.has_keys()
    }

    fn key(&self, row: usize) -> Cow<'_, str> {
        self.key(row)
    }

    fn time(&self, row: usize) -> Option<i64> {
        self.time(row)
    }

    fn content(&self, row: usize, add: &mut dyn FnMut(&str)) {
        for cell in 0..self.width() {
            add(self.value(row, cell).unwrap_or_default());
        }
    }
}

impl<'a> PageView<'a> {
    /// What stands for a page of an answer that has none.
    pub(crate) const EMPTY: PageView<'a> = PageView { rows: &NoRows, claims: &NO_CLAIMS, next_link: None, date: None };
}

const NO_CLAIMS: Claims = Claims {
    total: None,
    start: None,
    limit: None,
    next: None,
    states_end: false,
    list: ListMember::Null,
    continues: None,
};

/// The rows of no page.
struct NoRows;

impl PageRows for NoRows {
    fn len(&self) -> usize {
        0
    }

    fn has_keys(&self) -> bool {
        true
    }

    fn key(&self, _row: usize) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn time(&self, _row: usize) -> Option<i64> {
        None
    }

    fn content(&self, _row: usize, _add: &mut dyn FnMut(&str)) {}
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
