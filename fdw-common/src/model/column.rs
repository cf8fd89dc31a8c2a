//! Columns: their types, and the place of their value in a row.

use crate::json_path::JsonPath;

/// A column's type in an imported table and in the docs.
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
    /// The place of its value in a row.
    pub at: At,
    /// The type that holds every value the API documents for it.
    pub ty: ColumnType,
    /// Its description, in one line.
    pub doc: &'static str,
}

/// The place of a column's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// In the root member of the column's name.
    Name,
    /// In the root member of another name.
    Member(&'static str),
    /// Deeper in the row.
    Path(&'static JsonPath),
    /// The row itself, when it is a text or a number instead of an object.
    Row,
    /// Not in the row: the value is bound in the request, as part of its path or as a parameter. A column in braces
    /// before the `?` of the list's path is always read this way, see
    /// [`Entity::shows_bound_value`](super::Entity::shows_bound_value).
    Request,
}

impl Column {
    /// A column named as its root member.
    pub const fn new(name: &'static str, ty: ColumnType, doc: &'static str) -> Self {
        Column { name, at: At::Name, ty, doc }
    }

    /// A column with another name than its root member.
    pub const fn of(name: &'static str, member: &'static str, ty: ColumnType, doc: &'static str) -> Self {
        Column { name, at: At::Member(member), ty, doc }
    }

    /// The only column of rows that are not objects.
    pub const fn row(name: &'static str, ty: ColumnType, doc: &'static str) -> Self {
        Column { name, at: At::Row, ty, doc }
    }

    /// A text column that is not in the rows: its value is bound in the request.
    pub const fn bound(name: &'static str, doc: &'static str) -> Self {
        Column { name, at: At::Request, ty: ColumnType::Text, doc }
    }

    /// The root member that holds the value. `None` for the row itself, for a deeper place and for a value bound in
    /// the request.
    pub const fn member(&self) -> Option<&'static str> {
        match self.at {
            At::Name => Some(self.name),
            At::Member(member) => Some(member),
            At::Row | At::Path(_) | At::Request => None,
        }
    }

    /// The path to the value in a row.
    pub(crate) fn path(&self) -> JsonPath {
        match self.at {
            At::Row => JsonPath::whole_row(),
            At::Member(member) => JsonPath::root_member(member),
            At::Path(path) => path.clone(),
            At::Name => JsonPath::root_member(self.name),
            At::Request => JsonPath::bound(self.name),
        }
    }
}

/// Names of the members that lead from the root of a response to a value.
pub type MemberPath = &'static [&'static str];

/// The columns of several lists; `N` is their total number.
pub const fn join_columns<const N: usize>(lists: &[&[Column]]) -> [Column; N] {
    let mut all = [Column::bound("", ""); N];
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

/// The column that holds the whole row as the API sent it, in every table.
pub const WHOLE_ROW_COLUMN: &str = "attrs";
