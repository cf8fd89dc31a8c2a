//! One decoded answer of a list: its rows, and what it claims about the list.

use super::batch::Batch;

/// One decoded answer of a list.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) rows: Batch,
    pub(crate) claims: Claims,
}

/// What an answer says about its list beside the rows. Nothing here is proven; members that the entity does not
/// declare are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// The number of rows in all, as the answer states it.
    pub(crate) total: Option<u64>,
    /// The raw member `start`: an offset or a page number.
    pub(crate) start: Option<u64>,
    /// The page size the answer states.
    pub(crate) limit: Option<u64>,
    /// The cursor or address of the next page; nothing when the member is absent, null, empty or false.
    pub(crate) next: Option<String>,
    /// The member of the next page is there and says that there is none.
    pub(crate) states_end: bool,
    /// How the array of rows was found.
    pub(crate) list: ListMember,
    /// For lists that are read as one answer: in words, the member that says there is more.
    pub(crate) continues: Option<String>,
}

/// How an answer holds its array of rows. Whether a list may be missing is for the pager to decide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ListMember {
    /// The answer has the array, or is the one row.
    Present,
    /// There is `null` in place of the array, of an object around it, or of the whole answer.
    Null,
    /// The answer does not have the member.
    #[default]
    Absent,
}
