//! One API drawn at random, and the foreign table that is declared over it.

use fastrand::Rng;

/// How well an API keeps to the table's declaration: what a scan of it may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conduct {
    /// It does what is declared: an error is a failure.
    Follows,
    /// It differs in a way that a scan can learn from its answers: an error is a failure.
    Learnable,
    /// It differs so that a scan may end in an error. Wrong rows are a failure.
    Strays,
}

/// How the API cuts its list into answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// One answer has all rows.
    Whole,
    /// By a number, from `first` on.
    Number {
        /// The first page's number.
        first: u64,
        /// The number is multiplied by the page size asked for, though the page holds another number of rows.
        by_size_asked: bool,
    },
    /// By the number of rows before the page.
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

/// What a cursor, or the query of an address, says of the place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The key of the last row of the page before. Rows that come or go move no others.
    Key,
    /// A place in a copy that the API made for this reader.
    Snapshot,
    /// The number of rows before.
    Offset,
    /// The number of the page.
    Page,
}

/// How an API that is not declared to have pages shows that its answer is not all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The header `Link` with the relation `next`.
    LinkHeader,
    /// A member that is true.
    HasMore,
    /// A member with a token.
    NextToken,
    /// A total beyond the number of rows.
    Total,
}

/// What the table says about paging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// As the API has it.
    AsIs,
    /// Nothing, and the API shows that there is more, if there is.
    Nothing(Signal),
    /// One answer, which is so; the API says things that sound like more.
    OneAnswer,
}

/// The rows of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize {
    /// What is asked for: the option `page_size`.
    pub asked: u32,
    /// A parameter says it.
    pub is_sent: bool,
    /// What the API gives unasked.
    pub default: u32,
    /// The most it gives.
    pub largest: u32,
    /// The least it gives.
    pub smallest: u32,
    /// It gives the default whatever it is asked for.
    pub is_ignored: bool,
}

impl PageSize {
    /// The rows of a page for which so many are asked.
    pub fn given(&self, asked: Option<u32>) -> u32 {
        match asked {
            Some(asked) if !self.is_ignored => asked.clamp(self.smallest, self.largest),
            _ => self.default,
        }
    }

    /// The rows of a page of a full scan.
    pub fn of_full_scan(&self) -> u32 {
        self.given(self.is_sent.then_some(self.asked))
    }
}

/// What the API says about the number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// Nothing.
    None,
    /// The number.
    Right,
    /// The number, as text.
    Text,
    /// The number, on the first page only.
    FirstPageOnly,
    /// The number on the first page, then 0.
    ZeroLater,
    /// The number of rows from this page on.
    Rest,
    /// No more than this.
    Capped(u64),
    /// The number of rows of the page.
    PageLength,
    /// So many too many, or too few.
    Off(i64),
    /// About twice as many.
    Overstated,
    /// 2147483647.
    Huge,
    /// About half of them.
    Understated,
    /// 0.
    Zero,
}

/// An answer without rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// An empty array.
    List,
    /// null in place of the array.
    Null,
    /// No array.
    Absent,
    /// 204.
    NoContent,
}

/// How a list ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With an answer without rows: for a number or an offset past the end, or where the last cursor leads.
    Empty(Empty),
    /// The last page has no cursor: null.
    Null,
    /// The last page has no cursor: no such member.
    Absent,
    /// The last page has no cursor: an empty text.
    EmptyText,
    /// The last page has no cursor: false.
    False,
    /// The last page leads to an empty page, which leads to itself.
    EmptyLeadsToItself,
    /// The last page again, for ever.
    LastPageAgain,
    /// The last page leads to the first one.
    BackToTheStart,
    /// An error status past the end.
    Status(u16),
    /// An error in a 200 past the end.
    ErrorIn200,
}

/// Where the array of rows is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// The answer is the array.
    Array,
    /// In a member.
    Envelope,
    /// Deep in the answer.
    Deep,
}

/// What the table says of its pages that is not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// The other number for the first page: `first_page '1'` for 0, or 0 for 1.
    FirstPage,
    /// `paging 'offset'` where pages are numbered, or the other way around.
    Kind,
    /// A key that several rows share.
    Key,
}

/// An API's limit on how far paging goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageCap {
    /// An error status from this offset on.
    Refused(u32),
    /// Empty pages from this offset on.
    Empty(u32),
}

/// The order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By key.
    Ascending,
    /// By key, the largest first.
    Descending,
    /// Any, but the same at each request.
    Scrambled,
}

/// How rows change place between requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moves {
    /// They do not.
    None,
    /// Two neighbours are exchanged.
    Swap,
    /// A row that was read and one that was not are exchanged.
    Exchange,
    /// One goes to the end: sorted by the time of the last change.
    ToTheEnd,
    /// One goes to the front: sorted by the time of the last change, the latest first.
    ToTheFront,
    /// All are shuffled.
    Shuffle,
}

/// How rows come and go between requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Churn {
    /// They do not.
    None,
    /// Some go.
    Deleted,
    /// Some come.
    Created,
    /// As many come as go, so that the total stays.
    Balanced,
}

/// Rows that come twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubles {
    /// None.
    None,
    /// Each page begins with the last row of the one before.
    Overlap,
    /// One row is in the list twice.
    Twin,
}

/// What happens to one request in the middle of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incident {
    /// Nothing.
    None,
    /// 429 with `Retry-After`, in seconds.
    TooMany(u8),
    /// 503.
    Unavailable,
    /// The answer is cut short.
    Cut,
    /// An empty page, though there are rows.
    EmptyPage,
    /// An error in a 200.
    ErrorIn200,
    /// An element of the array that is no row.
    NotARow,
}

/// Where single rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Items {
    /// The form of a row that is there.
    pub found: Found,
    /// The answer for a row that is not there.
    pub missing: Missing,
}

/// The form of a single row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The answer is the row.
    Bare,
    /// It is in a member, which the table names if it can.
    Enveloped,
    /// It is in a member, which the table does not name.
    EnvelopedUndeclared,
    /// In an array of one.
    InArray,
    /// Another row than the one asked for.
    Another,
    /// An error in a 200.
    ErrorIn200,
}

/// The answer for a row that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// An error status.
    Status(u16),
    /// 204.
    NoContent,
    /// null.
    Null,
    /// An empty object.
    EmptyObject,
    /// An error in a 200.
    ErrorIn200,
}

/// Headers that say nothing about rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// The content type.
    pub content_type: &'static str,
    /// A byte order mark before the body.
    pub has_mark: bool,
    /// Others.
    pub more: Vec<(&'static str, &'static str)>,
}

/// One API and the table over it.
#[derive(Debug, Clone)]
pub struct Personality {
    /// What it is drawn from.
    pub seed: u64,
    /// How the list is cut.
    pub pages: Pages,
    /// What the table says about it.
    pub declared: Declared,
    /// What it says that is not so.
    pub mistake: Option<Mistake>,
    /// How far paging goes.
    pub page_cap: Option<PageCap>,
    /// The page parameter has another name than declared, so that each request gets the first page.
    pub ignores_place: bool,
    /// The rows of a page.
    pub size: PageSize,
    /// The number of rows at the start.
    pub rows: u32,
    /// What the answers say of it.
    pub total: Total,
    /// `total_path` is declared.
    pub total_is_declared: bool,
    /// `exact_total` is declared.
    pub exact_total: bool,
    /// `short_page_is_last` is declared.
    pub short_page_is_last: bool,
    /// `consistency 'declared'`.
    pub trusts: bool,
    /// How the list ends.
    pub end: End,
    /// Where the array is.
    pub container: Container,
    /// The table has a key.
    pub has_key: bool,
    /// Keys are numbers, not texts.
    pub numeric_keys: bool,
    /// Keys are 1, 2, 3 …, as offsets are.
    pub dense_keys: bool,
    /// The order of the rows.
    pub order: Order,
    /// How they move.
    pub moves: Moves,
    /// How they come and go.
    pub churn: Churn,
    /// How often something moves, comes or goes at most.
    pub changes: u32,
    /// Rows that come twice.
    pub doubles: Doubles,
    /// Every so-manieth row is not shown, and its page is shorter for it; never all of a page.
    pub holes: Option<u32>,
    /// What happens to one request, and to which of a scan.
    pub incident: (Incident, u32),
    /// Single rows; none if `item_path` is not declared.
    pub items: Option<Items>,
    /// Other headers.
    pub headers: Headers,
    /// `max_concurrent_requests`. 1 where the order of the requests decides what happens.
    pub concurrent_requests: u32,
    /// The reasons why it is not what is declared.
    pub deviations: Vec<(&'static str, Conduct)>,
    /// The same for single rows.
    pub item_deviations: Vec<(&'static str, Conduct)>,
}

impl Personality {
    /// What a scan of its list may come to.
    pub fn conduct(&self) -> Conduct {
        worst(&self.deviations)
    }

    /// What a lookup may come to.
    pub fn item_conduct(&self) -> Conduct {
        worst(&self.item_deviations)
    }

    /// The pages are numbered, or counted in rows.
    pub fn is_numbered(&self) -> bool {
        matches!(self.pages, Pages::Number { .. } | Pages::Offset)
    }

    /// The list changes while it is read.
    pub fn changes(&self) -> bool {
        self.moves != Moves::None || self.churn != Churn::None
    }

    /// Rows go, so that the list may be empty at some time.
    pub fn may_become_empty(&self) -> bool {
        matches!(self.churn, Churn::Deleted | Churn::Balanced)
    }

    /// A page begins with the row whose key is asked for, not behind it.
    pub fn begins_with_last_row(&self) -> bool {
        self.pages == Pages::LastKey && self.end == End::LastPageAgain
    }

    /// A page begins behind a key.
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

/// Draws from a seed: the same ones each time.
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
