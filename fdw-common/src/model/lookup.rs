//! Endpoints that return the rows of one key.

use super::column::MemberPath;

/// An endpoint that gives the rows with some values, whichever page of the list they are on.
#[derive(Debug, Clone, Copy)]
pub struct Lookup {
    /// The endpoint, relative to the API's base; `{column}` is replaced by the column's value. Values are
    /// strings, compared byte by byte. No row has a value in the path that is empty or of dots alone,
    /// which a path cannot hold.
    pub path: &'static str,
    /// What comes back.
    pub answer: LookupAnswer,
    /// The members of the answer that lead to the row or the rows; none if the answer is them.
    pub rows: MemberPath,
    /// It takes the parameter that trims rows, as the list does.
    pub fields: bool,
    /// No row has an empty value in the path's query. An empty parameter is no parameter, so that without this the list
    /// is read for an empty value.
    pub never_empty: bool,
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
        Lookup { path, answer: LookupAnswer::Row, rows: &[], fields: false, never_empty: false }
    }

    /// A lookup of the rows in an array.
    pub const fn array(path: &'static str) -> Self {
        Lookup { answer: LookupAnswer::Array, ..Lookup::row(path) }
    }

    /// The same lookup, whose answer has the row or the rows in a member.
    pub const fn in_member(mut self, rows: MemberPath) -> Self {
        self.rows = rows;
        self
    }

    /// The same look-up, which takes the parameter that trims rows.
    pub const fn with_fields(mut self) -> Self {
        self.fields = true;
        self
    }

    /// The same lookup, whose columns are never empty.
    pub const fn never_empty(mut self) -> Self {
        self.never_empty = true;
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
