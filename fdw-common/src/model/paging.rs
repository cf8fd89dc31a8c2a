//! Paging of a list, and the place of the rows in a response.

use super::column::MemberPath;

/// The place of the rows in a response of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// In the array under this member of an object.
    Member(&'static str),
    /// In an array deeper in an object, at this path of member names.
    Path(MemberPath),
    /// The response is the array of rows.
    Array,
    /// The response is one row.
    Document,
}

/// Paging of a list endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// No paging: one response has all rows.
    Whole,
    /// Numbered pages; every response states the total number of rows.
    Page(NumberedPages),
    /// Numbered pages without a total; an empty page is the end. A row deleted during reading may move other rows to
    /// a page that has already been read.
    Uncounted(UncountedPages),
    /// Every response but the last leads to the next one.
    Checkpoint(Checkpoint),
    /// A log, which is appended at one end; it is read from its oldest entry.
    Log(LogPages),
}

/// The query parameter that picks a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageParameter {
    /// The parameter's name.
    pub name: &'static str,
    /// Its value for the first page.
    pub first: u64,
    /// Unit of its value.
    pub counts: Counts,
}

/// Unit of a page parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Pages.
    Pages,
    /// Rows before the page: the value is an offset.
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

    /// The parameter's value for the page with `pages` pages and `rows` rows before it.
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
    /// A parameter that adds the total to the responses.
    pub totals_parameter: Option<(&'static str, &'static str)>,
    /// The member with the total number of rows.
    pub total: MemberPath,
    /// The member that repeats the offset of the page's first row, if there is one.
    pub start: Option<MemberPath>,
    /// The member that repeats the page size, if there is one.
    pub limit: Option<MemberPath>,
    /// The form in which a response gives its position in the list.
    pub position: Position,
    /// The page cap: the API refuses rows from this offset on, and a total this large means "this many or more".
    pub page_cap: Option<u64>,
    /// True if a page with fewer rows than requested is the last one, unless the response says otherwise.
    pub short_page_is_last: bool,
    /// True if the total is the exact number of rows; `count(*)` can then use it.
    pub exact_total: bool,
}

/// The form in which a response of a numbered list gives its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// `start` is the offset of the page's first row.
    Rows,
    /// `start` is the page's number. Members with the value 0 are left out.
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
    /// A parameter that makes the response an object with the rows in a member.
    pub envelope_parameter: Option<(&'static str, &'static str)>,
    /// True if a page with fewer rows than requested is the last one.
    pub short_page_is_last: bool,
}

/// Names and limits of pages that link to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The query parameter of the page size, if there is one. It may also select this kind of paging.
    pub size: Option<&'static str>,
    /// The largest page the API gives, in rows.
    pub max_size: u32,
    /// The form of the link to the next page.
    pub next: NextPage,
    /// True if the API promises that inserts and deletes move no other rows to a page that has been read. Without the
    /// promise, a cursor that is a small number is treated as a page number.
    pub keeps_position: bool,
}

/// The form of the link to the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextPage {
    /// A member has the next page's cursor. Absent, null or empty: there is no next page.
    Cursor {
        /// The query parameter that takes the cursor.
        parameter: &'static str,
        /// The member, a text or a number.
        at: MemberPath,
    },
    /// The key of the page's last row is the cursor; an empty page is the end.
    LastKey {
        /// The query parameter that takes the cursor.
        parameter: &'static str,
    },
    /// The header `Link` has the next page's URL, as the relation `next` (RFC 8288). Absent: there is no next page.
    Header,
    /// A member has the next page's URL. Absent, null or empty: there is no next page.
    Address(MemberPath),
}

/// Paging of a log: a search has numbered pages up to a page cap; reading from an entry onward has no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPages {
    /// The pages of a search, oldest entry first.
    pub search: UncountedPages,
    /// The parameter that sorts the oldest entry first.
    pub oldest_first: (&'static str, &'static str),
    /// The page cap: a search refuses offsets from here on.
    pub page_cap: u64,
    /// The query parameter of the entry to continue after. The API then ignores all other parameters but the size.
    pub from: &'static str,
    /// The query parameter of the page size when reading continues after an entry.
    pub size: &'static str,
}
