//! Personality: one API drawn at random, and the foreign table that is declared over it.

use fastrand::Rng;

/// How well an API matches the table's declaration, which decides whether a scan may be an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conduct {
    /// It does what the table declares: an error is a failure.
    Follows,
    /// It differs in a way that a scan can learn from its answers: an error is a failure.
    Learnable,
    /// It differs so much that a scan may be an error. Wrong rows are a failure.
    Strays,
}

/// The paging of the API's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// One answer has all rows.
    Whole,
    /// By a page number, from `first`.
    Number {
        /// The first page's number.
        first: u64,
        /// The API multiplies the number by the requested page size, although pages have another size.
        by_size_asked: bool,
    },
    /// By an offset: the number of rows before the page.
    Offset,
    /// By a cursor in a member.
    Cursor(Place),
    /// By the key of the last row.
    LastKey,
    /// By an address in the header `Link`.
    LinkHeader(Place),
    /// By an address in a member.
    LinkMember(Place),
}

/// The position in a cursor, or in the query of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The key of the last row of the previous page. Created and deleted rows move no others.
    Key,
    /// A position in a copy of the list that the API made for this reader.
    Snapshot,
    /// The number of rows before the page.
    Offset,
    /// The number of the page.
    Page,
}

/// How an API without declared paging shows that its answer is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The header `Link` with the relation `next`.
    LinkHeader,
    /// A member that is true.
    HasMore,
    /// A member with a token.
    NextToken,
    /// A total above the number of rows.
    Total,
}

/// The table's declaration of the paging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// The API's paging.
    AsIs,
    /// No paging; the API shows it if more pages follow.
    Nothing(Signal),
    /// One answer, which is true; the API says something that sounds like more pages.
    OneAnswer,
}

/// The page size of an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize {
    /// The requested size: the option `page_size`.
    pub asked: u32,
    /// The size is sent in a parameter.
    pub is_sent: bool,
    /// The size of pages that are requested without a size.
    pub default: u32,
    /// The largest size.
    pub largest: u32,
    /// The smallest size.
    pub smallest: u32,
    /// The API ignores the requested size and uses the default.
    pub is_ignored: bool,
}

impl PageSize {
    /// The rows of a page, for this requested size.
    pub fn given(&self, asked: Option<u32>) -> u32 {
        match asked {
            Some(asked) if !self.is_ignored => asked.clamp(self.smallest, self.largest),
            _ => self.default,
        }
    }

    /// The rows of a page in a full scan.
    pub fn of_full_scan(&self) -> u32 {
        self.given(self.is_sent.then_some(self.asked))
    }
}

/// The total that the API states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// No total.
    None,
    /// The number of rows.
    Right,
    /// The number of rows, as text.
    Text,
    /// The number of rows, on the first page only.
    FirstPageOnly,
    /// The number of rows on the first page, 0 on later ones.
    ZeroLater,
    /// The number of rows from this page on.
    Rest,
    /// The number of rows, capped at this.
    Capped(u64),
    /// The number of rows of the page.
    PageLength,
    /// The number of rows plus this, which may be negative.
    Off(i64),
    /// About twice the number of rows.
    Overstated,
    /// 2147483647.
    Huge,
    /// About half the number of rows.
    Understated,
    /// 0.
    Zero,
}

/// An answer without rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// An empty array.
    List,
    /// `null` in place of the array.
    Null,
    /// The array is absent.
    Absent,
    /// 204.
    NoContent,
}

/// The end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// An answer without rows: for a number or an offset past the end, or for the last cursor.
    Empty(Empty),
    /// The last page has no cursor: null.
    Null,
    /// The last page has no cursor: no such member.
    Absent,
    /// The last page has no cursor: an empty text.
    EmptyText,
    /// The last page has no cursor: false.
    False,
    /// The last page links to an empty page, which links to itself.
    EmptyLeadsToItself,
    /// The last page is repeated forever.
    LastPageAgain,
    /// The last page links to the first one.
    BackToTheStart,
    /// An error status past the end.
    Status(u16),
    /// An error in a 200 past the end.
    ErrorIn200,
}

/// The position of the array of rows in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// The answer is the array.
    Array,
    /// The array is in a member.
    Envelope,
    /// The array is in a nested member.
    Deep,
}

/// A mistake in the table's declaration of its paging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// The wrong number for the first page: `first_page '1'` instead of 0, or 0 instead of 1.
    FirstPage,
    /// `paging 'offset'` for numbered pages, or the other way round.
    Kind,
    /// A key that is not unique.
    Key,
}

/// An API's limit on how far paging goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageCap {
    /// An error status from this offset.
    Refused(u32),
    /// Empty pages from this offset.
    Empty(u32),
}

/// The order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By key.
    Ascending,
    /// By key, descending.
    Descending,
    /// Random, but the same for each request.
    Scrambled,
}

/// How rows move between requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moves {
    /// They do not move.
    None,
    /// Two neighbours are swapped.
    Swap,
    /// A row that was read and one that was not are swapped.
    Exchange,
    /// A row moves to the end: the list is sorted by the time of the last change.
    ToTheEnd,
    /// A row moves to the front: the list is sorted by the time of the last change, descending.
    ToTheFront,
    /// All rows are shuffled.
    Shuffle,
}

/// How rows are created and deleted between requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Churn {
    /// They are not.
    None,
    /// Some are deleted.
    Deleted,
    /// Some are created.
    Created,
    /// As many are created as deleted, so that the total stays.
    Balanced,
}

/// Duplicate rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubles {
    /// No duplicates.
    None,
    /// Each page begins with the last row of the previous one.
    Overlap,
    /// One row is in the list twice.
    Twin,
}

/// A failure of one request in the middle of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incident {
    /// No failure.
    None,
    /// 429 with `Retry-After`, in seconds.
    TooMany(u8),
    /// 503.
    Unavailable,
    /// The answer is cut short.
    Cut,
    /// An empty page, although there are rows.
    EmptyPage,
    /// An error in a 200.
    ErrorIn200,
    /// An element of the array that is not a row.
    NotARow,
}

/// The answers to requests for single rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Items {
    /// The answer for a row that exists.
    pub found: Found,
    /// The answer for a row that does not exist.
    pub missing: Missing,
}

/// The answer for a single row that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The answer is the row.
    Bare,
    /// The row is in a member, which the table names if it can.
    Enveloped,
    /// The row is in a member, which the table does not name.
    EnvelopedUndeclared,
    /// The row is in an array.
    InArray,
    /// Another row than the requested one.
    Another,
    /// An error in a 200.
    ErrorIn200,
}

/// The answer for a single row that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// An error status.
    Status(u16),
    /// 204.
    NoContent,
    /// `null`.
    Null,
    /// An empty object.
    EmptyObject,
    /// An error in a 200.
    ErrorIn200,
}

/// Headers that do not affect the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// The content type.
    pub content_type: &'static str,
    /// A byte order mark before the body.
    pub has_mark: bool,
    /// Other headers.
    pub more: Vec<(&'static str, &'static str)>,
}

/// One API and the table over it.
#[derive(Debug, Clone)]
pub struct Personality {
    /// The seed that it is drawn from.
    pub seed: u64,
    /// The paging of the list.
    pub pages: Pages,
    /// The table's declaration of the paging.
    pub declared: Declared,
    /// A mistake in that declaration.
    pub mistake: Option<Mistake>,
    /// The API's limit on how far paging goes.
    pub page_cap: Option<PageCap>,
    /// The page parameter has another name than declared, so that each request returns the first page.
    pub ignores_place: bool,
    /// The page size.
    pub size: PageSize,
    /// The number of rows at the start.
    pub rows: u32,
    /// The total that the answers state.
    pub total: Total,
    /// `total_path` is declared.
    pub total_is_declared: bool,
    /// `exact_total` is declared.
    pub exact_total: bool,
    /// `short_page_is_last` is declared.
    pub short_page_is_last: bool,
    /// `consistency 'declared'`.
    pub trusts: bool,
    /// The end of the list.
    pub end: End,
    /// The position of the array of rows.
    pub container: Container,
    /// The table has a key.
    pub has_key: bool,
    /// Keys are numbers, not texts.
    pub numeric_keys: bool,
    /// Keys are 1, 2, 3 …, like offsets.
    pub dense_keys: bool,
    /// The order of the rows.
    pub order: Order,
    /// How they move.
    pub moves: Moves,
    /// How they are created and deleted.
    pub churn: Churn,
    /// The most changes to the list while it is read.
    pub changes: u32,
    /// Duplicate rows.
    pub doubles: Doubles,
    /// Every n-th row is hidden, which makes its page shorter, but never empty.
    pub holes: Option<u32>,
    /// The failure of one request, and the number of that request in a scan.
    pub incident: (Incident, u32),
    /// The answers for single rows; `None` if `item_path` is not declared.
    pub items: Option<Items>,
    /// Other headers.
    pub headers: Headers,
    /// `max_concurrent_requests`. It is 1 if the results depend on the order of the requests.
    pub concurrent_requests: u32,
    /// The deviations from the table's declaration.
    pub deviations: Vec<(&'static str, Conduct)>,
    /// The deviations for single rows.
    pub item_deviations: Vec<(&'static str, Conduct)>,
}

impl Personality {
    /// The conduct that the results of a list's scan are judged by.
    pub fn conduct(&self) -> Conduct {
        worst(&self.deviations)
    }

    /// The conduct that the results of a lookup are judged by.
    pub fn item_conduct(&self) -> Conduct {
        worst(&self.item_deviations)
    }

    /// True if the pages have numbers or offsets.
    pub fn is_numbered(&self) -> bool {
        matches!(self.pages, Pages::Number { .. } | Pages::Offset)
    }

    /// True if the list changes while it is read.
    pub fn changes(&self) -> bool {
        self.moves != Moves::None || self.churn != Churn::None
    }

    /// True if rows are deleted, so that the list may become empty.
    pub fn may_become_empty(&self) -> bool {
        matches!(self.churn, Churn::Deleted | Churn::Balanced)
    }

    /// True if a page begins with the row of the requested key rather than after it.
    pub fn begins_with_last_row(&self) -> bool {
        self.pages == Pages::LastKey && self.end == End::LastPageAgain
    }

    /// True if a page begins after a key.
    pub fn is_by_key(&self) -> bool {
        matches!(
            self.pages,
            Pages::LastKey | Pages::Cursor(Place::Key) | Pages::LinkHeader(Place::Key) | Pages::LinkMember(Place::Key)
        )
    }
}

fn worst(deviations: &[(&'static str, Conduct)]) -> Conduct {
    deviations.iter().map(|(_, conduct)| *conduct).max().unwrap_or(Conduct::Follows)
}

/// A random number generator, which returns the same numbers for the same seed.
pub(crate) struct Dice(Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Dice(Rng::with_seed(seed))
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.usize(..bound.max(1))
    }

    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        self.0.shuffle(list);
    }
}
