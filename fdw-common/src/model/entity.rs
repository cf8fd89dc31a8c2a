//! An entity: one kind of object that an API lists.

use super::column::{At, Column};
use super::export::Export;
use super::lookup::{Lookup, placeholders};
use super::paging::{Paging, Rows};
use super::search::{FieldsParameter, Parameter, SearchParameter, SliceKeys, SortParameter};
use crate::json_path::JsonPath;

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

/// What the values of a row's key are. Two rows of one key are one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyValues {
    /// Texts.
    Texts,
    /// Texts or numbers, a number the same as its text.
    TextsOrNumbers,
}

/// What it takes to call a list of several pages complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Consistency {
    /// A proof that no row slipped between two pages while rows came and went.
    Proven,
    /// One reading that agrees with what the API states about itself.
    Declared,
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
    /// The list endpoint, relative to the API's base, without a leading slash; `{column}` is replaced by a
    /// value that the request needs, in the path or in a parameter.
    pub path: &'static str,
    /// Where an answer of the list holds the rows.
    pub rows: Rows,
    /// The columns that identify a row together. None where nothing does, and for a single document.
    pub key: &'static [&'static str],
    /// What the values of the key are.
    pub key_values: KeyValues,
    /// How the list is paged.
    pub paging: Paging,
    /// What it takes to call a list of several pages complete.
    pub consistency: Consistency,
    /// The list is declared to be one answer, so that an answer that says it continues is not an error.
    pub is_declared_whole: bool,
    /// Constant headers of its requests, no secret among them, names in lower case. They replace the server's of
    /// the same name.
    pub headers: &'static [(&'static str, &'static str)],
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

impl Entity {
    /// The number of rows from which on the list cannot be read whole.
    pub fn page_cap(&self) -> Option<u64> {
        match self.paging {
            Paging::Page(pages) => pages.page_cap,
            _ => None,
        }
    }

    /// True when a list's total says no more than that its rows reach the page cap.
    /// A total above the page cap is not capped by it.
    pub fn is_capped(&self, total: u64) -> bool {
        self.page_cap() == Some(total)
    }

    /// True when the total that an answer states may be taken for the number of rows.
    pub fn is_counted(&self) -> bool {
        matches!(self.paging, Paging::Page(pages) if pages.exact_total)
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

    /// True for a column that shows the value that the list was asked with, whatever the API's own member of that
    /// name says: it is in no row, or in braces before the `?` of the path, where it says which list it is. In the
    /// query of the path it is a condition, and the rows have to show its value.
    pub fn shows_bound_value(&self, column: &Column) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        column.at == At::Request || placeholders(path).any(|name| name == column.name)
    }

    /// True where the API's "there is none" (404) about the list means no rows: there is no such document, or none of
    /// the objects that the path leads through. A 404 because of a condition in the query is a wrong address.
    pub fn list_may_be_absent(&self) -> bool {
        self.may_be_absent || self.path.split('?').next().is_some_and(|path| path.contains('{'))
    }

    /// The place of a column's value.
    pub fn column_path(&self, column: &Column) -> JsonPath {
        if self.shows_bound_value(column) { JsonPath::bound(column.name) } else { column.path() }
    }

    /// How the list is read in slices once it is longer than its page cap.
    pub fn slices(&self) -> Option<SliceKeys> {
        self.page_cap().and(self.search?.slices)
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

/// The bucket that all requests of an API share which has no smaller ones.
pub const WHOLE_API: &str = "api";
