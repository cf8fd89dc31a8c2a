//! One decoded answer of a list: its rows, and its claims about the list.

use super::batch::Batch;

/// One decoded answer of a list.
#[derive(Debug)]
pub struct Page {
    /// The rows.
    pub rows: Batch,
    /// The page's claims about its list.
    pub claims: Claims,
}

/// The claims of an answer about its list. None of them is proven; members that the entity does not declare are
/// omitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// The total number of rows that the answer states.
    pub total: Option<u64>,
    /// The raw member `start`: an offset or a page number.
    pub start: Option<u64>,
    /// The page size that the answer states.
    pub limit: Option<u64>,
    /// The cursor or address of the next page; `None` if the member is absent, null, empty or false.
    pub next: Option<String>,
    /// The answer has the member for the next page, and it says that there is none.
    pub states_end: bool,
    /// Whether the answer has the array of rows.
    pub list: ListMember,
    /// For lists that are read as one answer: a description of the member that says that more pages follow.
    pub continues: Option<String>,
}

impl Claims {
    /// The rows of a full page where so many were requested: an API may cap the size of its pages, and state it.
    pub(crate) fn full_page(&self, requested: u64) -> u64 {
        self.limit.filter(|limit| *limit > 0).map_or(requested, |limit| limit.min(requested))
    }
}

/// Whether an answer has its array of rows. The pager decides whether the list may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListMember {
    /// The answer has the array, or is the one row.
    Present,
    /// The array, an object around it, or the whole answer is `null`.
    Null,
    /// The answer does not have the member.
    #[default]
    Absent,
}
