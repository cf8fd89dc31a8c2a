//! How a list is cut into pages, as a table's options say it.

use fdw_common::error::{Error, ErrorKind, Result};
use fdw_common::options::Options;

/// The options of paging, each with the kinds of paging that it goes with.
const GOES_WITH: &[(&str, &[&str])] = &[
    ("page_parameter", &["page", "offset"]),
    ("first_page", &["page"]),
    ("size_parameter", &["page", "offset", "cursor", "link"]),
    ("page_size", &["page", "offset", "cursor", "link"]),
    ("total_path", &["page", "offset"]),
    ("exact_total", &["page", "offset"]),
    ("short_page_is_last", &["page", "offset"]),
    ("consistency", &["page", "offset", "cursor", "link"]),
    ("cursor_parameter", &["cursor"]),
    ("cursor_path", &["cursor"]),
    ("link_path", &["link"]),
];

/// How a list is cut into pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PagingOptions {
    /// Not at all: one answer has all rows.
    None {
        /// The option says so. Unset, an answer that says that there is more is an error.
        declared: bool,
    },
    /// By the number of a page or of the rows before it.
    Numbered {
        /// The parameter that picks the page.
        parameter: String,
        /// It counts rows.
        counts_rows: bool,
        /// Its value for the first page.
        first: u64,
        /// Where the answers say how many rows there are.
        total: Option<Vec<String>>,
        /// The total is the number of rows.
        exact_total: bool,
        /// A page with fewer rows than were asked for is the last one.
        short_page_is_last: bool,
    },
    /// By a cursor.
    Cursor {
        /// The parameter that takes it.
        parameter: String,
        /// Where it stands in an answer; else it is the key of the last row.
        at: Option<Vec<String>>,
    },
    /// By the address of the next page.
    Link {
        /// Where it stands in an answer; else a header has it.
        at: Option<Vec<String>>,
    },
}

/// Reads the options of paging, for rows with so many key columns.
///
/// # Errors
/// `OptionMissing` or `OptionValue` for what does not go together.
pub fn read(options: &Options, key_columns: usize) -> Result<PagingOptions> {
    let kind = options.text("paging")?.unwrap_or("none");
    for (option, kinds) in GOES_WITH {
        if options.is_set(option) && !kinds.contains(&kind) {
            let kinds: Vec<String> = kinds.iter().map(|kind| format!("'{kind}'")).collect();
            let with =
                if options.is_set("paging") { format!("with paging '{kind}'") } else { "without paging".to_owned() };
            let message = format!("option \"{option}\" has no use {with}");
            return Err(Error::new(ErrorKind::OptionValue, message)
                .with_hint(format!("It goes with paging {}.", kinds.join(" or "))));
        }
    }
    let text = |name: &str, default: &str| Ok::<_, Error>(options.text(name)?.unwrap_or(default).trim().to_owned());
    match kind {
        "page" | "offset" => {
            if key_columns == 0 {
                return Err(missing(
                    "key",
                    kind,
                    "Name the columns that tell the rows apart: rows may move between pages.",
                ));
            }
            let total = member_path(options, "total_path")?;
            if total.is_some() && !options.is_set("size_parameter") {
                return Err(missing("size_parameter", kind, "With total_path, the pages are counted by their size."));
            }
            let exact_total = options.bool("exact_total")?;
            if exact_total && total.is_none() {
                let error = Error::new(ErrorKind::OptionMissing, "option \"exact_total\" has no total");
                return Err(error.with_hint("Say with total_path where the answers have it."));
            }
            Ok(PagingOptions::Numbered {
                parameter: text("page_parameter", kind)?,
                counts_rows: kind == "offset",
                first: if kind == "offset" { 0 } else { options.integer("first_page")? },
                exact_total,
                short_page_is_last: options.bool("short_page_is_last")?,
                total,
            })
        }
        "cursor" => {
            let at = member_path(options, "cursor_path")?;
            if !options.is_set("cursor_parameter") {
                return Err(missing("cursor_parameter", kind, "Name the query parameter that takes the cursor."));
            }
            if at.is_none() && key_columns != 1 {
                let hint = "Say where the answers have the cursor, or with key which one column is it.";
                return Err(missing("cursor_path", kind, hint));
            }
            Ok(PagingOptions::Cursor { parameter: text("cursor_parameter", "")?, at })
        }
        "link" => Ok(PagingOptions::Link { at: member_path(options, "link_path")? }),
        _ => Ok(PagingOptions::None { declared: options.is_set("paging") }),
    }
}

/// The names of the members that lead to a value of an answer.
///
/// # Errors
/// `OptionValue` for a path through an array.
pub(crate) fn member_path(options: &Options, name: &str) -> Result<Option<Vec<String>>> {
    use fdw_common::json_path::{JsonPath, Step};
    let Some(text) = options.text(name)? else { return Ok(None) };
    let steps = JsonPath::parse(text)?.0.into_iter().map(|step| match step {
        Step::Key(key) => Ok(key),
        Step::Index(_) | Step::Bound(_) => {
            Err(Error::new(ErrorKind::OptionValue, format!("option \"{name}\" leads through an array"))
                .with_hint("Give the names of members, with dots between, such as 'data.items'."))
        }
    });
    steps.collect::<Result<_>>().map(Some)
}

fn missing(option: &str, kind: &str, hint: &str) -> Error {
    Error::new(ErrorKind::OptionMissing, format!("option \"{option}\" is required with paging '{kind}'"))
        .with_hint(hint)
}
