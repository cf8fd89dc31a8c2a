//! The options of a foreign table that describe its list.

use fdw_common::error::{Error, ErrorKind, Result};
use fdw_common::model::{Consistency, placeholders};
use fdw_common::options::{OptionalKey, Options};
use url::Url;

use crate::headers;
use crate::options::{self, RowsForm};
use crate::paging::{self, PagingOptions};

/// The options of a table, read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableOptions {
    /// The path of the list.
    pub path: String,
    /// The path of a single row.
    pub item_path: Option<String>,
    /// The path of the row in an answer of `item_path`; empty if the answer is the row.
    pub item_rows: Vec<String>,
    /// Constant headers of its requests.
    pub headers: Vec<(String, String)>,
    /// The proof that a list of several pages is complete.
    pub consistency: Consistency,
    /// The path of the rows in an answer.
    pub rows: RowsOptions,
    /// The columns that identify a row.
    pub key: Vec<String>,
    /// The paging of the list.
    pub paging: PagingOptions,
    /// The query parameter of the page size.
    pub size_parameter: Option<String>,
    /// The page size to request.
    pub page_size: u32,
}

/// The position of the rows in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowsOptions {
    /// The answer is the array.
    Array,
    /// The array at this path.
    Path(Vec<String>),
    /// The answer is the one row.
    Object,
}

impl TableOptions {
    /// Reads a table's options.
    ///
    /// # Errors
    /// `OptionMissing` or `OptionValue`, with the name of the option.
    pub fn read(options: &Options) -> Result<Self> {
        let path = path(options, options::PATH)?.ok_or_else(|| {
            Error::new(ErrorKind::OptionMissing, "option \"path\" is required for a foreign table")
                .with_hint("Give the path of the list, relative to the server's url: path 'things'.")
        })?;
        let key = key(options)?;
        let paging = paging::read(options, key.len())?;
        let rows = match (options.get(options::ROWS)?, paging::member_path(options, options::ROWS_PATH)?) {
            (RowsForm::Object, Some(_)) => return Err(exclude("rows 'object'", "rows_path")),
            (RowsForm::Object, None) if !matches!(paging, PagingOptions::None { .. }) => {
                return Err(exclude("rows 'object'", "paging"));
            }
            (RowsForm::Object, None) => RowsOptions::Object,
            (RowsForm::Array, Some(path)) => RowsOptions::Path(path),
            (RowsForm::Array, None) => RowsOptions::Array,
        };
        let item_path = self::path(options, options::ITEM_PATH)?;
        let item_rows = paging::member_path(options, options::ITEM_ROWS_PATH)?;
        if item_rows.is_some() && item_path.is_none() {
            let error = Error::new(ErrorKind::OptionMissing, "option \"item_path\" is required with item_rows_path");
            return Err(error.with_hint("Give the path of single rows: item_path 'things/{id}'."));
        }
        Ok(TableOptions {
            path,
            item_path,
            item_rows: item_rows.unwrap_or_default(),
            headers: headers::read(options)?,
            consistency: options.get(options::CONSISTENCY)?,
            rows,
            key,
            paging,
            size_parameter: options.get(options::SIZE_PARAMETER)?.map(|name| name.trim().to_owned()),
            page_size: u32::try_from(options.get(options::PAGE_SIZE)?).unwrap_or(u32::MAX),
        })
    }
}

fn exclude(one: &str, other: &str) -> Error {
    Error::new(ErrorKind::OptionValue, format!("option \"{other}\" has no use with {one}"))
        .with_hint("One object is one row, and the answer as a whole.")
}

fn key(options: &Options) -> Result<Vec<String>> {
    let Some(text) = options.get(options::KEY)? else { return Ok(Vec::new()) };
    let key: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    let mut seen = std::collections::HashSet::new();
    if key.iter().any(|name| name.is_empty() || !seen.insert(name)) {
        return Err(Error::new(ErrorKind::OptionValue, format!("option \"key\" cannot be '{text}'"))
            .with_hint("Give the names of columns with commas between, each once."));
    }
    Ok(key)
}

/// Reads a path that stays below the server's address for all values of its placeholders, since the credential is sent
/// to it.
fn path(options: &Options, key: OptionalKey<String>) -> Result<Option<String>> {
    let name = key.spec.name;
    let Some(text) = options.get(key)? else { return Ok(None) };
    let text = text.trim();
    let refuse = |hint: &str| {
        Err(Error::new(ErrorKind::OptionValue, format!("option \"{name}\" cannot be '{text}'")).with_hint(hint))
    };
    if text.starts_with('/') {
        return refuse("It is relative to the server's url: give it without a leading slash.");
    }
    let mut filled = text.to_owned();
    for column in placeholders(text) {
        if column.is_empty() {
            return refuse("Give the name of a column between the braces.");
        }
        filled = filled.replace(&format!("{{{column}}}"), "x");
    }
    if filled.contains(['{', '}']) {
        return refuse("Braces enclose the name of a column: 'things/{id}'.");
    }
    if filled.contains(['#', '\\']) || filled.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refuse("Write other characters than those of a URL percent-encoded.");
    }
    const BASE: &str = "https://host.invalid/base/";
    let joined = Url::parse(BASE).and_then(|base| base.join(&filled));
    if !joined.is_ok_and(|url| url.as_str().starts_with(BASE)) {
        return refuse("The path must stay below the server's url.");
    }
    Ok(Some(text.to_owned()))
}
