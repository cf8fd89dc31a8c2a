//! Query parameters that search, sort, filter or limit a list.

/// A query parameter that filters a list. Rows it leaves out do not fulfil a condition on a column. Rows it returns
/// may not fulfil it either; Postgres tests them.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// The parameter's name.
    pub name: &'static str,
    /// The column with the condition.
    pub column: &'static str,
    /// The conditions it can express.
    pub takes: ParameterType,
}

/// Conditions that a parameter can express.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// Equality with a text.
    Text,
    /// Equality with any of at most this many texts; the parameter is repeated.
    Texts(usize),
    /// Equality with a text, a whole number or a boolean.
    Value,
    /// Equality with one of these words; the API refuses others.
    Word(&'static [&'static str]),
    /// Equality with any of these words; the parameter is repeated, and the API refuses other words.
    Words(&'static [&'static str]),
    /// Equality with true or false.
    Bool,
    /// Equality with true; the API refuses false.
    True,
    /// The first day (`YYYYMMDD`, UTC) of a point in time.
    FirstDay,
    /// The last day (`YYYYMMDD`, UTC) of a point in time.
    LastDay,
    /// The earliest point in time (RFC 3339).
    Earliest,
    /// The latest point in time (RFC 3339).
    Latest,
}

impl Parameter {
    /// A parameter with the name of its column.
    pub const fn new(column: &'static str, takes: ParameterType) -> Self {
        Parameter { name: column, column, takes }
    }

    /// A parameter with another name than its column.
    pub const fn of(name: &'static str, column: &'static str, takes: ParameterType) -> Self {
        Parameter { name, column, takes }
    }
}

/// A query parameter that takes a comma-separated list of root members to return.
#[derive(Debug, Clone, Copy)]
pub struct FieldsParameter {
    /// The parameter's name.
    pub name: &'static str,
    /// Another parameter to send with it.
    pub with: Option<(&'static str, &'static str)>,
    /// Members that a response holds only if the parameter names them.
    pub on_request: &'static [&'static str],
}

/// The parameter that searches a list.
#[derive(Debug, Clone, Copy)]
pub struct SearchParameter {
    /// The parameter that takes a query in the source's search syntax.
    pub name: &'static str,
    /// Another parameter to send with it.
    pub with: Option<(&'static str, &'static str)>,
    /// All fields that can be searched.
    pub fields: &'static [SearchField],
    /// The keys by which a list above its page cap is read in slices, if it can be.
    pub slices: Option<SliceKeys>,
}

impl SearchParameter {
    /// The query parameters of a search.
    pub fn query(&self, query: String) -> Vec<(String, String)> {
        let with = self.with.map(|(name, value)| (name.to_owned(), value.to_owned()));
        [(self.name.to_owned(), query)].into_iter().chain(with).collect()
    }
}

/// The fields by which a list is cut into slices below the page cap. All can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceKeys {
    /// A creation time: every row has it, it never changes, and the list can be sorted by it.
    pub time: &'static str,
    /// The time of the last change, which every row has.
    pub changed: &'static str,
    /// The row's key, searched by prefix if too many rows share one creation time.
    pub key: &'static str,
}

/// A field that the API can search by.
#[derive(Debug, Clone, Copy)]
pub struct SearchField {
    /// Keys from the root, joined by dots. Arrays on the way are not a step: any element matches.
    pub path: &'static str,
    /// The comparison of its values.
    pub kind: SearchKind,
}

/// The comparison of a field's values in the API's search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchKind {
    /// Whole texts, case-insensitive.
    TextAnyCase,
    /// Whole texts, byte by byte.
    Text,
    /// Booleans.
    Bool,
    /// Booleans. Some rows hold them as texts or numbers, which a search may or may not find.
    BoolOrText,
    /// Whole numbers, with ranges.
    Int,
    /// Points in time down to the millisecond, with ranges.
    Time,
    /// Whole texts, byte by byte. Some may be numbers. Nothing else is known about the search.
    Word,
    /// Points in time down to the millisecond, with ranges. Nothing else is known about the search.
    Moment,
    /// A document without a schema: its texts, byte by byte, and its booleans, each by its path.
    Document,
}

/// The parameter that sorts a list.
#[derive(Debug, Clone, Copy)]
pub struct SortParameter {
    /// The parameter, which takes `<member>:1` for ascending and `<member>:-1` for descending.
    pub name: &'static str,
    /// The columns that a list can be sorted by in SQL's order: points in time that every row has.
    pub columns: &'static [&'static str],
}
