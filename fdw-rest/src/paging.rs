//! The paging of a list, from a table's options.

use fdw_common::error::{Error, ErrorKind, Result};
use fdw_common::json_path::{JsonPath, Step};
use fdw_common::options::{OptionSpec, OptionalKey, Options};

use crate::options::{self, PagingKind};

/// The paging options, each with the kinds of paging that have it.
const VALID_WITH: &[(OptionSpec, &[PagingKind])] = &[
    (options::PAGE_PARAMETER.spec, &[PagingKind::Page, PagingKind::Offset]),
    (options::FIRST_PAGE.spec, &[PagingKind::Page]),
    (options::SIZE_PARAMETER.spec, &[PagingKind::Page, PagingKind::Offset, PagingKind::Cursor, PagingKind::Link]),
    (options::PAGE_SIZE.spec, &[PagingKind::Page, PagingKind::Offset, PagingKind::Cursor, PagingKind::Link]),
    (options::TOTAL_PATH.spec, &[PagingKind::Page, PagingKind::Offset]),
    (options::EXACT_TOTAL.spec, &[PagingKind::Page, PagingKind::Offset]),
    (options::SHORT_PAGE_IS_LAST.spec, &[PagingKind::Page, PagingKind::Offset]),
    (options::CONSISTENCY.spec, &[PagingKind::Page, PagingKind::Offset, PagingKind::Cursor, PagingKind::Link]),
    (options::CURSOR_PARAMETER.spec, &[PagingKind::Cursor]),
    (options::CURSOR_PATH.spec, &[PagingKind::Cursor]),
    (options::LINK_PATH.spec, &[PagingKind::Link]),
];

/// The paging of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PagingOptions {
    /// One answer has all rows.
    None {
        /// The option is set. Unset, an answer that says that more pages follow is an error.
        declared: bool,
    },
    /// By the page number, or by the number of rows before the page.
    Numbered {
        /// The query parameter of the number.
        parameter: String,
        /// The number counts rows.
        counts_rows: bool,
        /// Its value for the first page.
        first: u64,
        /// The path of the total in the answers.
        total: Option<Vec<String>>,
        /// The total is the number of rows.
        exact_total: bool,
        /// A page with fewer rows than requested is the last one.
        short_page_is_last: bool,
    },
    /// By a cursor.
    Cursor {
        /// The query parameter of the cursor.
        parameter: String,
        /// Its path in an answer, or `None` if it is the key of the last row.
        at: Option<Vec<String>>,
    },
    /// By the address of the next page.
    Link {
        /// Its path in an answer, or `None` if it is in the header `Link`.
        at: Option<Vec<String>>,
    },
}

/// Reads the paging options, for rows with this number of key columns.
///
/// # Errors
/// `OptionMissing` or `OptionValue` for options that are incomplete or contradict each other.
pub fn read(options: &Options, key_columns: usize) -> Result<PagingOptions> {
    let declared = options.get(options::PAGING)?;
    let kind = declared.unwrap_or(PagingKind::None);
    for (option, kinds) in VALID_WITH {
        if options.is_set(option) && !kinds.contains(&kind) {
            let kinds: Vec<String> = kinds.iter().map(|kind| format!("'{kind}'")).collect();
            let option = option.name;
            let with = if declared.is_some() { format!("with paging '{kind}'") } else { "without paging".to_owned() };
            let message = format!("option \"{option}\" has no use {with}");
            return Err(Error::new(ErrorKind::OptionValue, message)
                .with_hint(format!("It goes with paging {}.", kinds.join(" or "))));
        }
    }
    let text = |key: OptionalKey<String>| Ok::<_, Error>(options.get(key)?.map(|text| text.trim().to_owned()));
    match kind {
        PagingKind::Page | PagingKind::Offset => {
            if key_columns == 0 {
                return Err(missing("key", kind, "Name the columns that identify a row: rows may move between pages."));
            }
            let total = member_path(options, options::TOTAL_PATH)?;
            if total.is_some() && !options.is_set(&options::SIZE_PARAMETER.spec) {
                return Err(missing("size_parameter", kind, "With total_path, the pages are counted by their size."));
            }
            let exact_total = options.get(options::EXACT_TOTAL)?;
            if exact_total && total.is_none() {
                let error = Error::new(ErrorKind::OptionMissing, "option \"exact_total\" has no total");
                return Err(error.with_hint("Say with total_path where the answers have it."));
            }
            Ok(PagingOptions::Numbered {
                parameter: text(options::PAGE_PARAMETER)?.unwrap_or_else(|| kind.to_string()),
                counts_rows: kind == PagingKind::Offset,
                first: if kind == PagingKind::Offset { 0 } else { options.get(options::FIRST_PAGE)? },
                exact_total,
                short_page_is_last: options.get(options::SHORT_PAGE_IS_LAST)?,
                total,
            })
        }
        PagingKind::Cursor => {
            let at = member_path(options, options::CURSOR_PATH)?;
            let parameter = text(options::CURSOR_PARAMETER)?
                .ok_or_else(|| missing("cursor_parameter", kind, "Name the query parameter of the cursor."))?;
            if at.is_none() && key_columns != 1 {
                let hint = "Say where the answers have the cursor, or with key which one column is it.";
                return Err(missing("cursor_path", kind, hint));
            }
            Ok(PagingOptions::Cursor { parameter, at })
        }
        PagingKind::Link => Ok(PagingOptions::Link { at: member_path(options, options::LINK_PATH)? }),
        PagingKind::None => Ok(PagingOptions::None { declared: declared.is_some() }),
    }
}

/// The path of a value in an answer, as names of members.
///
/// # Errors
/// `OptionValue` for a path through an array.
pub(crate) fn member_path(options: &Options, key: OptionalKey<JsonPath>) -> Result<Option<Vec<String>>> {
    let name = key.spec.name;
    let Some(path) = options.get(key)? else { return Ok(None) };
    let steps = path.0.into_iter().map(|step| match step {
        Step::Key(key) => Ok(key),
        Step::Index(_) | Step::Bound(_) => {
            Err(Error::new(ErrorKind::OptionValue, format!("option \"{name}\" leads through an array"))
                .with_hint("Give the names of members, with dots between, such as 'data.items'."))
        }
    });
    steps.collect::<Result<_>>().map(Some)
}

fn missing(option: &str, kind: PagingKind, hint: &str) -> Error {
    Error::new(ErrorKind::OptionMissing, format!("option \"{option}\" is required with paging '{kind}'"))
        .with_hint(hint)
}
