//! What a source's tables are made of: data, checked when the crate is compiled.

/// The type a column has when the extension chooses it, and what the docs print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `text`
    Text,
    /// `boolean`
    Bool,
    /// `bigint`
    Int8,
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
            ColumnType::Timestamptz => "timestamptz",
            ColumnType::Jsonb => "jsonb",
        }
    }
}

/// A documented root member of an entity's rows.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The column's and the member's name.
    pub name: &'static str,
    /// The type that holds every value the API documents for it.
    pub ty: ColumnType,
    /// One line: what it says.
    pub doc: &'static str,
}

impl Column {
    /// A column named as its root member.
    pub const fn new(name: &'static str, ty: ColumnType, doc: &'static str) -> Self {
        Column { name, ty, doc }
    }
}

/// How the rows of a list endpoint are cut into answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// Numbered pages, from 0; every answer says how many rows there are in all.
    Page(NumberedPages),
}

/// The names and limits of numbered pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberedPages {
    /// The query parameter of the page number.
    pub page: &'static str,
    /// The query parameter of the page size.
    pub size: &'static str,
    /// The largest page the API gives, in rows.
    pub max_size: u32,
    /// A parameter that makes the answers carry the total.
    pub ask_totals: Option<(&'static str, &'static str)>,
    /// The member with the number of rows in all.
    pub total: &'static str,
    /// The member that repeats the offset of the page's first row.
    pub start: &'static str,
    /// The member that repeats the page size.
    pub limit: &'static str,
    /// The wall: rows from this offset on are refused, and a total this large means "this many or more".
    pub wall: Option<u64>,
}

/// A query parameter that takes a comma-separated list of root members to return.
#[derive(Debug, Clone, Copy)]
pub struct FieldsParameter {
    /// The parameter's name.
    pub name: &'static str,
    /// A parameter to send along.
    pub with: Option<(&'static str, &'static str)>,
}

/// An endpoint that gives the rows with one value of a member, whichever page of the list they are on.
#[derive(Debug, Clone, Copy)]
pub struct Lookup {
    /// The root member that is looked up. Its values are strings, compared byte by byte.
    pub column: &'static str,
    /// Where to ask.
    pub target: LookupTarget,
}

/// How the value of a look-up is sent, and what comes back.
#[derive(Debug, Clone, Copy)]
pub enum LookupTarget {
    /// `<path>/<value>` gives the one row. No row has an empty value or one of dots alone, which a
    /// path cannot hold.
    Segment(&'static str),
    /// `<path>?<parameter>=<value>` gives an array of rows.
    Parameter {
        /// The path, relative to the API's base.
        path: &'static str,
        /// The query parameter.
        parameter: &'static str,
    },
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
    /// A point in time that every row has and that never changes. The list can be sorted by it.
    pub time: &'static str,
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

/// One kind of object the API lists: a table's `object`.
#[derive(Debug, Clone, Copy)]
pub struct Entity {
    /// The name given in the table option `object`.
    pub name: &'static str,
    /// What a row is, in one line.
    pub doc: &'static str,
    /// The list endpoint, relative to the API's base, without a leading slash.
    pub path: &'static str,
    /// The member of an answer that holds the rows.
    pub rows_at: &'static str,
    /// The root member that identifies a row.
    pub key: &'static str,
    /// How the list is paged.
    pub paging: Paging,
    /// The parameter that trims rows to some members.
    pub fields: Option<FieldsParameter>,
    /// The permissions of which any one allows reading.
    pub scopes: &'static [&'static str],
    /// The ways to single rows, the best first.
    pub lookups: &'static [Lookup],
    /// The parameter that searches, if the list has one.
    pub search: Option<SearchParameter>,
    /// The parameter that sorts, if the list has one.
    pub sort: Option<SortParameter>,
    /// The documented members.
    pub columns: &'static [Column],
    /// How many rows to expect when nothing better is known.
    pub typical_rows: u32,
}

/// The column that holds the whole row as the API sent it, in every table.
pub const WHOLE_ROW_COLUMN: &str = "attrs";

impl Entity {
    /// The number of rows from which on the list cannot be read whole.
    pub fn wall(&self) -> Option<u64> {
        let Paging::Page(pages) = self.paging;
        pages.wall
    }

    /// True when a list's total says no more than that its rows reach the wall: the API caps it there.
    /// A total above the wall is not capped by it.
    pub fn is_capped(&self, total: u64) -> bool {
        self.wall() == Some(total)
    }

    /// How the list is read in slices once it is longer than its wall.
    pub fn slices(&self) -> Option<SliceKeys> {
        self.wall().and(self.search?.slices)
    }

    /// The look-up by this column.
    pub fn lookup(&self, column: &str) -> Option<&'static Lookup> {
        self.lookups.iter().find(|lookup| lookup.column == column)
    }

    /// The documented column of this name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Stops compilation when an entity contradicts itself or another one:
/// `const _: () = check(ENTITIES);`.
pub const fn check(entities: &[Entity]) {
    let mut i = 0;
    while i < entities.len() {
        let entity = &entities[i];
        assert!(
            !entity.name.is_empty() && !entity.path.is_empty() && !entity.rows_at.is_empty(),
            "an entity lacks a name"
        );
        assert!(entity.path.as_bytes()[0] != b'/', "a path is relative to the API's base");
        assert!(!entity.scopes.is_empty(), "the error for 403 needs a scope to name");
        let Paging::Page(pages) = entity.paging;
        assert!(pages.max_size > 0, "a page holds at least one row");
        if let Some(wall) = pages.wall {
            assert!(wall % pages.max_size as u64 == 0, "whole pages must reach the wall");
        }
        let mut has_key = false;
        let mut c = 0;
        while c < entity.columns.len() {
            let column = &entity.columns[c];
            assert!(!column.doc.is_empty(), "every column has a doc");
            assert!(!same(column.name, WHOLE_ROW_COLUMN), "attrs is the whole row");
            has_key = has_key || same(column.name, entity.key);
            let mut d = 0;
            while d < c {
                assert!(!same(entity.columns[d].name, column.name), "two columns have one name");
                d += 1;
            }
            c += 1;
        }
        assert!(has_key, "the key is a column");
        let mut l = 0;
        while l < entity.lookups.len() {
            let (mut known, mut c) = (false, 0);
            while c < entity.columns.len() {
                known = known || same(entity.columns[c].name, entity.lookups[l].column);
                c += 1;
            }
            assert!(known, "a look-up is by a column");
            l += 1;
        }
        let mut j = 0;
        while j < i {
            assert!(!same(entities[j].name, entity.name), "two entities have one name");
            j += 1;
        }
        i += 1;
    }
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
