//! Endpoints that return the rows with a given key.

use super::column::MemberPath;

/// An endpoint that returns the rows with given column values, independent of the list's pages.
#[derive(Debug, Clone, Copy)]
pub struct Lookup {
    /// The endpoint, relative to the API's base; `{column}` is replaced by the column's value. Values are strings,
    /// compared byte by byte. A value in the path that is empty or consists of dots cannot be sent; no row has one.
    pub path: &'static str,
    /// The form of the response.
    pub answer: LookupAnswer,
    /// The members of the response that lead to the row or rows; empty if the response itself is the row or array.
    pub rows: MemberPath,
    /// True if it accepts the fields parameter, as the list does.
    pub fields: bool,
    /// True if no row has an empty value in the path's query. An empty parameter counts as none, so without this flag
    /// the list is read for an empty value.
    pub never_empty: bool,
    /// The list's request for the rows of several keys at once, if there is one.
    pub batch: Option<BatchBy>,
}

/// A request of the list for the rows of several keys of a lookup.
///
/// The lookup has to be of one row by the entity's whole key, one column, so that a row that the request returns is
/// all that the lookup would return. The request may return fewer rows than lookups: keys without a row are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchBy {
    /// The list's search, for any of the keys.
    Search,
}

/// Form of a lookup's response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupAnswer {
    /// The one row.
    Row,
    /// An array of rows.
    Array,
}

impl Lookup {
    /// A lookup of one row.
    pub const fn row(path: &'static str) -> Self {
        Lookup { path, answer: LookupAnswer::Row, rows: &[], fields: false, never_empty: false, batch: None }
    }

    /// A lookup of the rows in an array.
    pub const fn array(path: &'static str) -> Self {
        Lookup { answer: LookupAnswer::Array, ..Lookup::row(path) }
    }

    /// The same lookup with the row or rows in a member of the response.
    pub const fn in_member(mut self, rows: MemberPath) -> Self {
        self.rows = rows;
        self
    }

    /// The same lookup with the fields parameter.
    pub const fn with_fields(mut self) -> Self {
        self.fields = true;
        self
    }

    /// The same lookup for columns that are never empty.
    pub const fn never_empty(mut self) -> Self {
        self.never_empty = true;
        self
    }

    /// The same lookup, whose keys may also be requested together.
    pub const fn in_batches(mut self, by: BatchBy) -> Self {
        self.batch = Some(by);
        self
    }

    /// The columns whose values the lookup needs.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        placeholders(self.path)
    }
}

/// The names in braces in a path.
pub fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| part.split('}').next())
}
