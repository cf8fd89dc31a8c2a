//! Query parameters that search, sort, filter or trim a list.

/// A query parameter that makes a list shorter: what it leaves out does not fulfil a condition on a
/// column. What it leaves in may not either, which Postgres tests.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// The parameter's name.
    pub name: &'static str,
    /// The column with the condition.
    pub column: &'static str,
    /// Which conditions it can express.
    pub takes: ParameterType,
}

/// Which conditions a parameter can express.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
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
    pub const fn new(column: &'static str, takes: ParameterType) -> Self {
        Parameter { name: column, column, takes }
    }

    /// A parameter of another name than its column's.
    pub const fn of(name: &'static str, column: &'static str, takes: ParameterType) -> Self {
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
    /// Members that an answer holds only where the parameter names them.
    pub on_request: &'static [&'static str],
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
    /// How a list that is longer than its page cap is read in slices, if it can be.
    pub slices: Option<SliceKeys>,
}

/// The members by which a list is cut into slices, each below the page cap. Both can be searched.
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
    /// Booleans that some rows hold as texts or numbers, which a search may or may not find.
    BoolOrText,
    /// Whole numbers, with ranges.
    Int,
    /// Points in time down to the millisecond, with ranges.
    Time,
    /// Whole texts, byte by byte, some of which may be numbers, and nothing else is known of how they are searched.
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
