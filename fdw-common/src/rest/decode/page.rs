//! One decoded answer of a list: its rows, and what it claims about the list.

use super::batch::Batch;

/// One decoded answer of a list.
#[derive(Debug)]
pub struct Page {
    /// The rows.
    pub rows: Batch,
    /// What the page states about its list.
    pub claims: Claims,
}

/// What an answer says about its list beside the rows. Nothing here is proven; members that the entity does not
/// declare are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// The number of rows in all, as the answer states it.
    pub total: Option<u64>,
    /// The raw member `start`: an offset or a page number.
    pub start: Option<u64>,
    /// The page size the answer states.
    pub limit: Option<u64>,
    /// The cursor or address of the next page; nothing when the member is absent, null, empty or false.
    pub next: Option<String>,
    /// The member of the next page is there and says that there is none.
    pub states_end: bool,
    /// How the array of rows was found.
    pub list: ListMember,
    /// For lists that are read as one answer: in words, the member that says there is more.
    pub continues: Option<String>,
}

/// How an answer holds its array of rows. Whether a list may be missing is for the pager to decide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListMember {
    /// The answer has the array, or is the one row.
    Present,
    /// There is `null` in place of the array, of an object around it, or of the whole answer.
    Null,
    /// The answer does not have the member.
    #[default]
    Absent,
}
