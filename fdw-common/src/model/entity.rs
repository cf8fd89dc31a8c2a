//! An entity: one kind of object that an API lists.

use super::column::{At, Column};
use super::export::Export;
use super::lookup::{Lookup, placeholders};
use super::paging::{Paging, Rows};
use super::search::{FieldsParameter, Parameter, SearchParameter, SliceKeys, SortParameter};
use crate::json_path::JsonPath;

/// Source of the values that a list's path needs when the query does not name them.
#[derive(Debug, Clone, Copy)]
pub enum Parents {
    /// No source: the query has to name them.
    None,
    /// The rows of another entity.
    Of {
        /// The other entity.
        entity: &'static Entity,
        /// Columns of this entity, each with the column of the other entity that holds its values.
        keys: &'static [(&'static str, &'static str)],
    },
    /// The values that the API documents for this column.
    Values {
        /// The column.
        column: &'static str,
        /// All its values.
        values: &'static [&'static str],
    },
}

/// JSON types of the values of a row's key. Two rows with the same key are the same row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyValues {
    /// Texts.
    Texts,
    /// Texts or numbers, a number the same as its text.
    TextsOrNumbers,
}

/// The evidence needed to report a list of several pages as complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Consistency {
    /// A proof that no row was missed between two pages while rows were inserted or deleted.
    Proven,
    /// One reading that agrees with the counts the API states.
    Declared,
}

/// The way in which a copy of the list learns of changes without reading the whole list again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// There is none.
    Unknown,
    /// Every row has the time of its last change in this column, by which the list can be searched.
    Updated(&'static str),
    /// Rows never change, and the API drops old ones. Every row has the time of its insert in this column, by which
    /// the list can be searched.
    Appended(&'static str),
}

impl Changes {
    /// The column with the time.
    pub const fn column(self) -> Option<&'static str> {
        match self {
            Changes::Unknown => None,
            Changes::Updated(column) | Changes::Appended(column) => Some(column),
        }
    }
}

/// The API's promise about how long an endpoint stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Generally available.
    Stable,
    /// Early access: the API may still change it.
    Early,
    /// The API will remove it.
    Deprecated,
}

/// One kind of object the API lists: a table's `object`.
#[derive(Debug, Clone, Copy)]
pub struct Entity {
    /// The name given in the table option `object`, or that of the foreign table.
    pub name: &'static str,
    /// The text it was made from, if it was made at run time; see [`Source::entity`](crate::source::Source::entity).
    pub definition: Option<&'static str>,
    /// Description of a row, in one line.
    pub doc: &'static str,
    /// The list endpoint, relative to the API's base, without a leading slash. `{column}`, in the path or in a
    /// parameter, is replaced by a value that the request needs.
    pub path: &'static str,
    /// Place of the rows in a response of the list.
    pub rows: Rows,
    /// The columns that together identify a row. Empty if no columns do, and for a single document.
    pub key: &'static [&'static str],
    /// JSON types of the key's values.
    pub key_values: KeyValues,
    /// How the list is paged.
    pub paging: Paging,
    /// The evidence needed to report a list of several pages as complete.
    pub consistency: Consistency,
    /// True if the list is declared to be one response; a response that announces a next page is then not an error.
    pub is_declared_whole: bool,
    /// Constant headers of its requests, names in lower case, none of them secret. They replace the server's headers
    /// of the same name.
    pub headers: &'static [(&'static str, &'static str)],
    /// Source of the values in the path when the query does not name them.
    pub parents: Parents,
    /// True if status 404 means no rows rather than a wrong address.
    pub may_be_absent: bool,
    /// The parameter that limits the members of each row.
    pub fields: Option<FieldsParameter>,
    /// Permissions; any one of them allows reading. Empty if the API has none.
    pub scopes: &'static [&'static str],
    /// Lookups of single rows, the best first.
    pub lookups: &'static [Lookup],
    /// The parameters that make the list shorter.
    pub parameters: &'static [Parameter],
    /// The parameter that searches, if the list has one.
    pub search: Option<SearchParameter>,
    /// The parameter that sorts, if the list has one.
    pub sort: Option<SortParameter>,
    /// The way in which a copy learns of changes.
    pub changes: Changes,
    /// The job that writes all rows to a file, if there is one.
    pub export: Option<Export>,
    /// The documented columns.
    pub columns: &'static [Column],
    /// Members that hold secrets, as paths of member names: `*` matches one name or element, `**` any number of them.
    /// They are shown only if the table option says so.
    pub secrets: &'static [&'static str],
    /// The API's promise about how long the endpoint stays.
    pub stage: Stage,
    /// Number of rows to expect without better knowledge; for a list with parents, rows for each parent.
    pub typical_rows: u32,
}

impl Entity {
    /// Defaults for most tables: `Entity { name: "…", …, ..Entity::BASE }`.
    pub const BASE: Entity = Entity {
        name: "",
        definition: None,
        doc: "",
        path: "",
        rows: Rows::Array,
        key: &[],
        key_values: KeyValues::Texts,
        paging: Paging::Whole,
        consistency: Consistency::Proven,
        is_declared_whole: true,
        headers: &[],
        parents: Parents::None,
        may_be_absent: false,
        fields: None,
        scopes: &[],
        lookups: &[],
        parameters: &[],
        search: None,
        sort: None,
        changes: Changes::Unknown,
        export: None,
        columns: &[],
        secrets: &[],
        stage: Stage::Stable,
        typical_rows: 10,
    };
}

/// Tables with a common topic: one page of the docs.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// The page's name.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Topic of the tables.
    pub doc: &'static str,
    /// Questions that the tables answer.
    pub examples: &'static [Example],
    /// The tables.
    pub entities: &'static [Entity],
}

/// A question and the query that answers it.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The question, as a user asks it.
    pub question: &'static str,
    /// The query.
    pub sql: &'static str,
}

/// Number of tables in all families.
pub const fn count(families: &[Family]) -> usize {
    let (mut total, mut f) = (0, 0);
    while f < families.len() {
        total += families[f].entities.len();
        f += 1;
    }
    total
}

/// The tables of all families; `N` is their total number.
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

impl Entity {
    /// The page cap: rows from this offset on cannot be read in pages.
    pub fn page_cap(&self) -> Option<u64> {
        match self.paging {
            Paging::Page(pages) => pages.page_cap,
            _ => None,
        }
    }

    /// True when a list's total only says that the list has at least as many rows as the page cap. A total above the
    /// page cap is exact.
    pub fn is_capped(&self, total: u64) -> bool {
        self.page_cap() == Some(total)
    }

    /// True when the total in a response is the number of rows.
    pub fn is_counted(&self) -> bool {
        matches!(self.paging, Paging::Page(pages) if pages.exact_total)
    }

    /// The most rows in one response of the list; `None` if one response holds them all.
    pub fn max_page_size(&self) -> Option<u32> {
        match self.paging {
            Paging::Whole => None,
            Paging::Page(pages) => Some(pages.max_size),
            Paging::Uncounted(pages) => Some(pages.max_size),
            Paging::Checkpoint(pages) => Some(pages.max_size),
            Paging::Log(pages) => Some(pages.search.max_size),
        }
    }

    /// The most keys in one request of a batch: its answer is one page.
    pub fn max_batch(&self) -> u32 {
        const MOST: u32 = 100;
        self.max_page_size().map_or(MOST, |size| size.min(MOST))
    }

    /// The columns whose values have to be bound in the list's path.
    pub fn required(&self) -> impl Iterator<Item = &'static str> {
        placeholders(self.path)
    }

    /// True for a column that shows the bound value whatever the row's own member of that name says: either the
    /// column is not in the rows, or it is in braces before the `?` of the path, where it identifies the list. In the
    /// query of the path the value is a condition, and the rows have to show it themselves.
    pub fn shows_bound_value(&self, column: &Column) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        column.at == At::Request || placeholders(path).any(|name| name == column.name)
    }

    /// True if status 404 on the list means no rows: the document, or one of the objects on the path, does not exist.
    /// A 404 caused by a condition in the query means a wrong address.
    pub fn list_may_be_absent(&self) -> bool {
        self.may_be_absent || self.path.split('?').next().is_some_and(|path| path.contains('{'))
    }

    /// The place of a column's value.
    pub fn column_path(&self, column: &Column) -> JsonPath {
        if self.shows_bound_value(column) { JsonPath::bound(column.name) } else { column.path() }
    }

    /// True if the rows with a given key can be requested without reading the whole list.
    pub fn has_lookup_by_key(&self) -> bool {
        let is_key = |column: &str| self.key.contains(&column);
        let mut required = self.required().peekable();
        (required.peek().is_some() && required.all(is_key))
            || self.lookups.iter().any(|lookup| lookup.columns().all(is_key))
    }

    /// The keys by which a list above its page cap is read in slices.
    pub fn slices(&self) -> Option<SliceKeys> {
        self.page_cap().and(self.search?.slices)
    }

    /// The documented column of this name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// True for a document: its columns have no key, each request gives one row.
    pub fn is_document(&self) -> bool {
        self.rows == Rows::Document
    }

    /// True for a root member that the API documents, which is one that the fields parameter accepts.
    pub fn documents(&self, member: &str) -> bool {
        self.columns.iter().any(|column| column.member() == Some(member))
    }
}

/// The rate limit bucket of all requests to an API without smaller buckets.
pub const WHOLE_API: &str = "api";
