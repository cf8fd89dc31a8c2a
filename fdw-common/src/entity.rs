//! What a source's tables are made of: data, checked when the crate is compiled.

use crate::json_path::JsonPath;

/// The type a column has when the extension chooses it, and what the docs print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `text`
    Text,
    /// `boolean`
    Bool,
    /// `bigint`
    Int8,
    /// `double precision`
    Float8,
    /// `timestamptz`
    Timestamptz,
    /// `jsonb`
    Jsonb,
}

impl ColumnType {
    /// The type's name in SQL.
    pub const fn sql(self) -> &'static str {
        match self {
            ColumnType::Text => "text",
            ColumnType::Bool => "boolean",
            ColumnType::Int8 => "bigint",
            ColumnType::Float8 => "double precision",
            ColumnType::Timestamptz => "timestamptz",
            ColumnType::Jsonb => "jsonb",
        }
    }
}

/// A documented column of an entity.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The column's name.
    pub name: &'static str,
    /// Where its value stands.
    pub at: At,
    /// The type that holds every value the API documents for it.
    pub ty: ColumnType,
    /// One line: what it says.
    pub doc: &'static str,
}

/// Where a column's value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// In the root member of the column's name.
    Name,
    /// In the root member of another name.
    Member(&'static str),
    /// Deeper in the row.
    Path(&'static JsonPath),
    /// The row itself, which is no object but a text or a number.
    Row,
    /// In no row: it is what the list was asked with, a part of its path or a parameter.
    Request,
}

impl Column {
    /// A column named as its root member.
    pub const fn new(name: &'static str, ty: ColumnType, doc: &'static str) -> Self {
        Column { name, at: At::Name, ty, doc }
    }

    /// A column of another name than its root member's.
    pub const fn of(name: &'static str, member: &'static str, ty: ColumnType, doc: &'static str) -> Self {
        Column { name, at: At::Member(member), ty, doc }
    }

    /// The one column of rows that are no objects.
    pub const fn row(name: &'static str, ty: ColumnType, doc: &'static str) -> Self {
        Column { name, at: At::Row, ty, doc }
    }

    /// A column that no row has: the list is asked with its value, a text.
    pub const fn asked(name: &'static str, doc: &'static str) -> Self {
        Column { name, at: At::Request, ty: ColumnType::Text, doc }
    }

    /// The root member that holds the value; nothing for the row itself, for what stands deeper and for what
    /// no row has.
    pub const fn member(&self) -> Option<&'static str> {
        match self.at {
            At::Name => Some(self.name),
            At::Member(member) => Some(member),
            At::Row | At::Path(_) | At::Request => None,
        }
    }

    /// The path to the value. What the list was asked with stands as if it were a root member.
    pub fn path(&self) -> JsonPath {
        match self.at {
            At::Row => JsonPath::whole_row(),
            At::Member(member) => JsonPath::root_member(member),
            At::Path(path) => path.clone(),
            At::Name | At::Request => JsonPath::root_member(self.name),
        }
    }
}

/// The names of the members that lead to a value of an answer, from its root on.
pub type MemberPath = &'static [&'static str];

/// Where the rows stand in an answer of the list.
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
    /// How an answer says where it stands.
    pub position: Position,
    /// The wall: rows from this offset on are refused, and a total this large means "this many or more".
    pub wall: Option<u64>,
}

/// How an answer of a numbered list says where it stands.
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

/// How a log is read: searches by numbered pages up to a wall, and all of it forward from an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPages {
    /// The pages of a search, oldest entry first.
    pub search: UncountedPages,
    /// The parameter that has the oldest entry come first.
    pub oldest_first: (&'static str, &'static str),
    /// Offsets from here on are refused in a search.
    pub wall: u64,
    /// The query parameter of the entry after which to go on. All others but the size are ignored with it.
    pub from: &'static str,
    /// The query parameter of the size of a page that goes on.
    pub size: &'static str,
}

/// Where the values come from that a list has to be asked with, when the query does not name them.
#[derive(Debug, Clone, Copy)]
pub enum Parents {
    /// Nowhere: the query has to name them.
    None,
    /// The rows of another entity.
    Of {
        /// The other entity.
        entity: &'static Entity,
        /// Columns of this entity, each with the one of the other that holds its values.
        keys: &'static [(&'static str, &'static str)],
    },
    /// The values the API documents for this column.
    Values {
        /// The column.
        column: &'static str,
        /// All its values.
        values: &'static [&'static str],
    },
}

/// A query parameter that makes a list shorter: what it leaves out does not fulfil a condition on a
/// column. What it leaves in may not either, which Postgres tests.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// The parameter's name.
    pub name: &'static str,
    /// The column with the condition.
    pub column: &'static str,
    /// Which conditions it can express.
    pub takes: Takes,
}

/// Which conditions a parameter can express.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Equality with a text.
    Text,
    /// Equality with any of so many texts, the parameter repeated.
    Texts(usize),
    /// Equality with a text, a whole number or a boolean.
    Value,
    /// Equality with one of these words; the API refuses others.
    Word(&'static [&'static str]),
    /// Equality with any of these words, the parameter repeated; the API refuses others.
    Words(&'static [&'static str]),
    /// Being true or false.
    Bool,
    /// Being true; the API refuses false.
    True,
    /// The first day (`YYYYMMDD`, UTC) a point in time may be on.
    FirstDay,
    /// The last day (`YYYYMMDD`, UTC) a point in time may be on.
    LastDay,
    /// The earliest point in time (RFC 3339).
    Earliest,
    /// The latest point in time (RFC 3339).
    Latest,
}

impl Parameter {
    /// A parameter named as its column.
    pub const fn new(column: &'static str, takes: Takes) -> Self {
        Parameter { name: column, column, takes }
    }

    /// A parameter of another name than its column's.
    pub const fn of(name: &'static str, column: &'static str, takes: Takes) -> Self {
        Parameter { name, column, takes }
    }
}

/// A query parameter that takes a comma-separated list of root members to return.
#[derive(Debug, Clone, Copy)]
pub struct FieldsParameter {
    /// The parameter's name.
    pub name: &'static str,
    /// A parameter to send along.
    pub with: Option<(&'static str, &'static str)>,
}

/// An endpoint that gives the rows with some values, whichever page of the list they are on.
#[derive(Debug, Clone, Copy)]
pub struct Lookup {
    /// Where to ask, relative to the API's base; `{column}` stands for a column's value. Values are
    /// strings, compared byte by byte. No row has a value in the path that is empty or of dots alone,
    /// which a path cannot hold.
    pub path: &'static str,
    /// What comes back.
    pub answer: LookupAnswer,
    /// It takes the parameter that trims rows, as the list does.
    pub fields: bool,
}

/// What the answer of a look-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupAnswer {
    /// The one row.
    Row,
    /// An array of rows.
    Array,
}

impl Lookup {
    /// A look-up of one row.
    pub const fn row(path: &'static str) -> Self {
        Lookup { path, answer: LookupAnswer::Row, fields: false }
    }

    /// The same look-up, which takes the parameter that trims rows.
    pub const fn with_fields(mut self) -> Self {
        self.fields = true;
        self
    }

    /// The columns whose values it needs.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        placeholders(self.path)
    }
}

/// The names between braces of a path.
pub fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| part.split('}').next())
}

/// How a list is asked for the rows that fulfil a condition.
#[derive(Debug, Clone, Copy)]
pub struct SearchParameter {
    /// The parameter that takes a query in the source's search syntax.
    pub name: &'static str,
    /// A parameter to send along.
    pub with: Option<(&'static str, &'static str)>,
    /// What can be searched. Anything else is not.
    pub fields: &'static [SearchField],
    /// How a list that is longer than the wall is read in slices, if it can be.
    pub slices: Option<SliceKeys>,
}

/// The members by which a list is cut into slices, each below its wall. Both can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceKeys {
    /// A point in time that every row has and that never changes, when it was made. The list can be sorted
    /// by it.
    pub time: &'static str,
    /// A point in time that every row has: when it last changed.
    pub changed: &'static str,
    /// The key, which is searched by how it begins where too many rows share one time.
    pub key: &'static str,
}

/// A member the API can search by.
#[derive(Debug, Clone, Copy)]
pub struct SearchField {
    /// Keys from the root, joined by dots. Arrays on the way are no step of it: any element counts.
    pub path: &'static str,
    /// How its values are compared.
    pub kind: SearchKind,
}

/// How the API's search compares the values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchKind {
    /// Whole texts, in any case.
    TextAnyCase,
    /// Whole texts, byte by byte.
    Text,
    /// Booleans.
    Bool,
    /// Booleans that some rows hold as texts, which a search may or may not find.
    BoolOrText,
    /// Whole numbers, with ranges.
    Int,
    /// Points in time down to the millisecond, with ranges.
    Time,
    /// Whole texts, byte by byte, and nothing else is known of how they are searched.
    Word,
    /// Points in time down to the millisecond, with ranges, and nothing else is known of it.
    Moment,
    /// A document without a schema: its texts byte by byte and its booleans, each by its path.
    Document,
}

/// How a list is asked for in an order.
#[derive(Debug, Clone, Copy)]
pub struct SortParameter {
    /// The parameter, which takes `<member>:1` for ascending and `<member>:-1` for descending.
    pub name: &'static str,
    /// The members a list can be ordered by whose order is that of SQL: points in time that every row
    /// has.
    pub columns: &'static [&'static str],
}

/// A job of the API that writes all rows into a file: gzipped JSON, one row a line.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    /// Where a job is made (`POST`), relative to the API's base.
    pub create: &'static str,
    /// Where a job is looked at, up to its id.
    pub job: &'static str,
    /// The body that asks for these root members of every row.
    pub request: fn(&[&str]) -> String,
    /// What an answer about a job says; nothing when it is not of the API's form.
    pub read: fn(&[u8]) -> Option<Job>,
    /// True when an error answer says that the tenant or the token may not export.
    pub is_refused: fn(u16, &[u8]) -> bool,
}

/// A job, as an answer tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// How far it is.
    pub state: JobState,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// Not yet done.
    Running,
    /// The file is there, behind a link that is a permission itself.
    Done {
        /// The link.
        location: String,
    },
    /// It will not be done, for this reason.
    Failed(Option<String>),
}

/// What the values of a row's key are. Two rows of one key are one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyValues {
    /// Texts.
    Texts,
    /// Texts or numbers, a number the same as its text.
    TextsOrNumbers,
}

/// Whether a table is there to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// In general use.
    Stable,
    /// Given early: the API may still change it.
    Early,
    /// The API will end it.
    Deprecated,
}

/// One kind of object the API lists: a table's `object`.
#[derive(Debug, Clone, Copy)]
pub struct Entity {
    /// The name given in the table option `object`, or that of the foreign table.
    pub name: &'static str,
    /// What it was made of, if it was made when it was needed; see [`Source::entity`](crate::source::Source::entity).
    pub definition: Option<&'static str>,
    /// What a row is, in one line.
    pub doc: &'static str,
    /// The list endpoint, relative to the API's base, without a leading slash; `{column}` stands for a
    /// value the list has to be asked with, in the path or in a parameter.
    pub path: &'static str,
    /// Where an answer of the list holds the rows.
    pub rows: Rows,
    /// The columns that identify a row together. None where nothing does, and for a single document.
    pub key: &'static [&'static str],
    /// What the values of the key are.
    pub key_values: KeyValues,
    /// How the list is paged.
    pub paging: Paging,
    /// Where the values for the path come from when the query does not name them.
    pub parents: Parents,
    /// The API's "there is none" (404) means no row rather than a wrong address.
    pub may_be_absent: bool,
    /// The parameter that trims rows to some members.
    pub fields: Option<FieldsParameter>,
    /// The permissions of which any one allows reading, if the API has such.
    pub scopes: &'static [&'static str],
    /// The ways to single rows, the best first.
    pub lookups: &'static [Lookup],
    /// The parameters that make the list shorter.
    pub parameters: &'static [Parameter],
    /// The parameter that searches, if the list has one.
    pub search: Option<SearchParameter>,
    /// The parameter that sorts, if the list has one.
    pub sort: Option<SortParameter>,
    /// The job that writes all rows into a file, if there is one.
    pub export: Option<Export>,
    /// The documented columns.
    pub columns: &'static [Column],
    /// Members that hold secrets, as paths of member names: `*` is any one name or element, `**` any
    /// number of them. They are shown only where the table says so.
    pub secrets: &'static [&'static str],
    /// Whether it is there to stay.
    pub stage: Stage,
    /// How many rows to expect when nothing better is known; of a list with parents, for each of them.
    pub typical_rows: u32,
}

impl Entity {
    /// What most tables have in common, to be completed: `Entity { name: "…", …, ..Entity::BASE }`.
    pub const BASE: Entity = Entity {
        name: "",
        definition: None,
        doc: "",
        path: "",
        rows: Rows::Array,
        key: &[],
        key_values: KeyValues::Texts,
        paging: Paging::Whole,
        parents: Parents::None,
        may_be_absent: false,
        fields: None,
        scopes: &[],
        lookups: &[],
        parameters: &[],
        search: None,
        sort: None,
        export: None,
        columns: &[],
        secrets: &[],
        stage: Stage::Stable,
        typical_rows: 10,
    };
}

/// Tables that belong together: a page of the docs.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// The page's name.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What the tables are about.
    pub doc: &'static str,
    /// Questions they answer.
    pub examples: &'static [Example],
    /// The tables.
    pub entities: &'static [Entity],
}

/// A question and the query that answers it.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The question, as one would ask it.
    pub question: &'static str,
    /// The query.
    pub sql: &'static str,
}

/// The columns of some lists, of which there are `N` together.
pub const fn join_columns<const N: usize>(lists: &[&[Column]]) -> [Column; N] {
    let mut all = [Column::asked("", ""); N];
    let (mut at, mut l) = (0, 0);
    while l < lists.len() {
        let mut c = 0;
        while c < lists[l].len() {
            all[at] = lists[l][c];
            at += 1;
            c += 1;
        }
        l += 1;
    }
    all
}

/// How many tables the families have together.
pub const fn count(families: &[Family]) -> usize {
    let (mut total, mut f) = (0, 0);
    while f < families.len() {
        total += families[f].entities.len();
        f += 1;
    }
    total
}

/// The tables of all families, of which there are `N`.
pub const fn join<const N: usize>(families: &[Family]) -> [Entity; N] {
    let mut all = [Entity::BASE; N];
    let (mut at, mut f) = (0, 0);
    while f < families.len() {
        let mut e = 0;
        while e < families[f].entities.len() {
            all[at] = families[f].entities[e];
            at += 1;
            e += 1;
        }
        f += 1;
    }
    all
}

/// The column that holds the whole row as the API sent it, in every table.
pub const WHOLE_ROW_COLUMN: &str = "attrs";

impl Entity {
    /// The number of rows from which on the list cannot be read whole.
    pub fn wall(&self) -> Option<u64> {
        match self.paging {
            Paging::Page(pages) => pages.wall,
            _ => None,
        }
    }

    /// True when a list's total says no more than that its rows reach the wall: the API caps it there.
    /// A total above the wall is not capped by it.
    pub fn is_capped(&self, total: u64) -> bool {
        self.wall() == Some(total)
    }

    /// True when every answer of the list says how many rows there are.
    pub fn is_counted(&self) -> bool {
        matches!(self.paging, Paging::Page(_))
    }

    /// The most rows an answer of the list holds; nothing where one answer holds them all.
    pub fn max_page_size(&self) -> Option<u32> {
        match self.paging {
            Paging::Whole => None,
            Paging::Page(pages) => Some(pages.max_size),
            Paging::Uncounted(pages) => Some(pages.max_size),
            Paging::Checkpoint(pages) => Some(pages.max_size),
            Paging::Log(pages) => Some(pages.search.max_size),
        }
    }

    /// The columns whose values the list has to be asked with.
    pub fn required(&self) -> impl Iterator<Item = &'static str> {
        placeholders(self.path)
    }

    /// How the list is read in slices once it is longer than its wall.
    pub fn slices(&self) -> Option<SliceKeys> {
        self.wall().and(self.search?.slices)
    }

    /// The documented column of this name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The document's columns are not identified by anything: there is one row for each request.
    pub fn is_document(&self) -> bool {
        self.rows == Rows::Document
    }

    /// True for a root member the API documents, which the parameter that trims rows knows.
    pub fn documents(&self, member: &str) -> bool {
        self.columns.iter().any(|column| column.member() == Some(member))
    }
}

/// Stops compilation when an entity contradicts itself or another one:
/// `const _: () = check(ENTITIES);`.
pub const fn check(entities: &[Entity]) {
    let mut i = 0;
    while i < entities.len() {
        let entity = &entities[i];
        assert!(!entity.doc.is_empty(), "an entity has a doc");
        assert!(!entity.scopes.is_empty(), "the error for 403 needs a scope to name");
        let mut c = 0;
        while c < entity.columns.len() {
            assert!(!entity.columns[c].doc.is_empty(), "every column has a doc");
            c += 1;
        }
        if let Some(contradiction) = contradiction(entity) {
            panic!("{}", contradiction);
        }
        let mut j = 0;
        while j < i {
            assert!(!same(entities[j].name, entity.name), "two entities have one name");
            j += 1;
        }
        i += 1;
    }
}

/// What is wrong with an entity by itself, if anything: for those that are made when they are needed.
pub const fn contradiction(entity: &Entity) -> Option<&'static str> {
    if entity.name.is_empty() || entity.path.is_empty() {
        return Some("an entity has a name and a path");
    }
    if entity.path.as_bytes()[0] == b'/' {
        return Some("a path is relative to the API's base");
    }
    if let Some(fault) = contradiction_in_paging(entity) {
        return Some(fault);
    }
    let mut c = 0;
    while c < entity.columns.len() {
        let column = &entity.columns[c];
        if same(column.name, WHOLE_ROW_COLUMN) {
            return Some("attrs is the whole row");
        }
        if let At::Request = column.at {
            if !asks_for(entity.path, column.name) {
                return Some("the list is asked with what no row has");
            }
            let mut l = 0;
            while l < entity.lookups.len() {
                if !asks_for(entity.lookups[l].path, column.name) {
                    return Some("a look-up leaves out what no row has");
                }
                l += 1;
            }
        }
        let mut d = 0;
        while d < c {
            if same(entity.columns[d].name, column.name) {
                return Some("two columns have one name");
            }
            d += 1;
        }
        c += 1;
    }
    let mut k = 0;
    while k < entity.key.len() {
        if !has_column(entity, entity.key[k]) {
            return Some("the key is made of columns");
        }
        k += 1;
    }
    let mut filled = is_filled_with_columns(entity, entity.path);
    let mut l = 0;
    while l < entity.lookups.len() {
        filled = filled && is_filled_with_columns(entity, entity.lookups[l].path);
        l += 1;
    }
    if !filled {
        return Some("a path is filled with columns");
    }
    let mut p = 0;
    while p < entity.parameters.len() {
        if !has_column(entity, entity.parameters[p].column) {
            return Some("a parameter is for a column");
        }
        p += 1;
    }
    contradiction_with_parents(entity)
}

const fn contradiction_in_paging(entity: &Entity) -> Option<&'static str> {
    let size = match entity.paging {
        Paging::Page(pages) => {
            if let Some(wall) = pages.wall
                && (pages.max_size == 0 || !wall.is_multiple_of(pages.max_size as u64))
            {
                return Some("whole pages must reach the wall");
            }
            if entity.key.is_empty() {
                return Some("a list in pages needs a key to tell its rows by");
            }
            pages.max_size
        }
        Paging::Uncounted(pages) => pages.max_size,
        Paging::Checkpoint(pages) => {
            if matches!(pages.next, NextPage::LastKey { .. }) && entity.key.len() != 1 {
                return Some("a list goes on after a key");
            }
            pages.max_size
        }
        Paging::Log(pages) => {
            if entity.key.len() != 1 || pages.wall == 0 {
                return Some("a log goes on after a key");
            }
            pages.search.max_size
        }
        Paging::Whole => return None,
    };
    if size == 0 {
        return Some("a page holds at least one row");
    }
    if let Rows::Document = entity.rows {
        return Some("a document has no pages");
    }
    None
}

const fn contradiction_with_parents(entity: &Entity) -> Option<&'static str> {
    const GIVE: &str = "parents give what the list is asked with";
    const LEAD: &str = "two rows of the parent must not lead to one list";
    match entity.parents {
        Parents::None => {}
        Parents::Values { column, values } => {
            if !asks_for(entity.path, column) || values.is_empty() {
                return Some(GIVE);
            }
        }
        Parents::Of { entity: parent, keys } => {
            if parent.key.is_empty() {
                return Some(LEAD);
            }
            let mut k = 0;
            while k < keys.len() {
                if !asks_for(entity.path, keys[k].0) {
                    return Some(GIVE);
                }
                if !has_column(parent, keys[k].1) {
                    return Some("a parent's key is a column of it");
                }
                k += 1;
            }
            let mut p = 0;
            while p < parent.key.len() {
                let (mut given, mut k) = (false, 0);
                while k < keys.len() {
                    given = given || same(keys[k].1, parent.key[p]);
                    k += 1;
                }
                if !given {
                    return Some(LEAD);
                }
                p += 1;
            }
        }
    }
    None
}

const fn has_column(entity: &Entity, name: &str) -> bool {
    let mut c = 0;
    while c < entity.columns.len() {
        if same(entity.columns[c].name, name) {
            return true;
        }
        c += 1;
    }
    false
}

/// True when what stands between the braces of a path are columns.
const fn is_filled_with_columns(entity: &Entity, path: &str) -> bool {
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'{' {
            let mut c = 0;
            let mut known = false;
            while c < entity.columns.len() {
                known = known || braced(path, at, entity.columns[c].name);
                c += 1;
            }
            if !known {
                return false;
            }
        }
        at += 1;
    }
    true
}

/// True when `{column}` stands in the path.
const fn asks_for(path: &str, column: &str) -> bool {
    let mut at = 0;
    while at < path.len() {
        if braced(path, at, column) {
            return true;
        }
        at += 1;
    }
    false
}

/// True when `{column}` stands in the path at this byte.
const fn braced(path: &str, at: usize, column: &str) -> bool {
    let (path, column) = (path.as_bytes(), column.as_bytes());
    if path[at] != b'{' || at + column.len() + 1 >= path.len() || path[at + column.len() + 1] != b'}' {
        return false;
    }
    let mut i = 0;
    while i < column.len() {
        if path[at + 1 + i] != column[i] {
            return false;
        }
        i += 1;
    }
    true
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
