//! How a list is cut into answers, and where an answer holds its rows.

use super::column::MemberPath;

/// The place of the rows in an answer of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// In the array under this member of an object.
    Member(&'static str),
    /// In the array deeper in an object, by the names of the members that lead to it.
    Path(MemberPath),
    /// The answer is the array.
    Array,
    /// The answer is the one row.
    Document,
}

/// How the rows of a list endpoint are cut into answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// Not at all: one answer has all of them.
    Whole,
    /// Numbered pages; every answer says how many rows there are in all.
    Page(NumberedPages),
    /// Numbered pages of which no answer says how many there are: an empty one is the end.
    /// Rows that go while such a list is read may move others to a page that has been read.
    Uncounted(UncountedPages),
    /// Every answer leads to the next one, the last does not.
    Checkpoint(Checkpoint),
    /// A log, which is written at one end: read from its oldest entry on.
    Log(LogPages),
}

/// The query parameter that picks a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageParameter {
    /// The parameter's name.
    pub name: &'static str,
    /// Its value for the first page.
    pub first: u64,
    /// What it counts.
    pub counts: Counts,
}

/// What the number of a page counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Pages.
    Pages,
    /// The rows before the page: it is an offset.
    Rows,
}

impl PageParameter {
    /// A parameter that counts pages.
    pub const fn pages(name: &'static str, first: u64) -> Self {
        PageParameter { name, first, counts: Counts::Pages }
    }

    /// A parameter that counts rows.
    pub const fn rows(name: &'static str, first: u64) -> Self {
        PageParameter { name, first, counts: Counts::Rows }
    }

    /// Its value for the page with so many pages, and so many rows, before it.
    pub const fn value(&self, pages: u64, rows: u64) -> u64 {
        let before = match self.counts {
            Counts::Pages => pages,
            Counts::Rows => rows,
        };
        self.first.saturating_add(before)
    }
}

/// The names and limits of numbered pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberedPages {
    /// The query parameter that picks the page.
    pub page: PageParameter,
    /// The query parameter of the page size.
    pub size: &'static str,
    /// The largest page the API gives, in rows.
    pub max_size: u32,
    /// A parameter that makes the answers carry the total.
    pub ask_totals: Option<(&'static str, &'static str)>,
    /// The member with the number of rows in all.
    pub total: MemberPath,
    /// The member that repeats the offset of the page's first row, if there is one.
    pub start: Option<MemberPath>,
    /// The member that repeats the page size, if there is one.
    pub limit: Option<MemberPath>,
    /// How an answer gives its position in the list.
    pub position: Position,
    /// The page cap: the API refuses rows from this offset on, and a total this large means "this many or more".
    pub page_cap: Option<u64>,
    /// A page with fewer rows than were asked for is the last one, unless the answer itself says otherwise.
    pub short_page_is_last: bool,
    /// The total is the number of rows, so that `count(*)` may be answered by it.
    pub exact_total: bool,
}

/// How an answer of a numbered list gives its position in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// `start` is the offset of the page's first row.
    Rows,
    /// `start` is the page's number. Members whose value is 0 are left out.
    Pages,
}

/// The names and limits of numbered pages without a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UncountedPages {
    /// The query parameter that picks the page.
    pub page: PageParameter,
    /// The query parameter of the page size, if there is one.
    pub size: Option<&'static str>,
    /// The largest page the API gives, in rows.
    pub max_size: u32,
    /// A parameter that makes the answer an object with its rows in a member.
    pub ask_envelope: Option<(&'static str, &'static str)>,
    /// A page with fewer rows than were asked for is the last one.
    pub short_page_is_last: bool,
}

/// The names and limits of pages that lead to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The query parameter of the page size, if there is one. It may also ask for this kind of paging.
    pub size: Option<&'static str>,
    /// The largest page the API gives, in rows.
    pub max_size: u32,
    /// How a page leads to the next one.
    pub next: NextPage,
    /// The API promises that rows which come or go move no others to a page that was read. Without the promise a
    /// cursor that is a small number counts as the number of a page.
    pub place_is_kept: bool,
}

/// How a page leads to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextPage {
    /// A member has its cursor. Absent, null or empty: there is none.
    Cursor {
        /// The query parameter that takes the cursor.
        parameter: &'static str,
        /// The member, a text or a number.
        at: MemberPath,
    },
    /// The key of its last row is the cursor; an empty page is the end.
    LastKey {
        /// The query parameter that takes the cursor.
        parameter: &'static str,
    },
    /// The header `Link` has its address, as the relation `next` (RFC 8288). Absent: there is none.
    Header,
    /// A member has its address. Absent, null or empty: there is none.
    Address(MemberPath),
}

/// How a log is read: searches by numbered pages up to a page cap, and all of it forward from an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPages {
    /// The pages of a search, oldest entry first.
    pub search: UncountedPages,
    /// The parameter that has the oldest entry come first.
    pub oldest_first: (&'static str, &'static str),
    /// Offsets from here on are refused in a search.
    pub page_cap: u64,
    /// The query parameter of the entry after which to go on. All others but the size are ignored with it.
    pub from: &'static str,
    /// The query parameter of the size of a page that goes on.
    pub size: &'static str,
}
