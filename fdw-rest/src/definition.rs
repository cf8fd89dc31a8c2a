//! Entities made from the definitions of foreign tables, one for each definition.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use fdw_common::error::{Error, ErrorKind, Result};
use fdw_common::json_path::JsonPath;
use fdw_common::model::{
    At, Checkpoint, Column, ColumnType, Entity, KeyValues, Lookup, MemberPath, NextPage, NumberedPages, PageParameter,
    Paging, Parameter, ParameterType, Position, Rows, UncountedPages, WHOLE_ROW_COLUMN, contradiction, placeholders,
};
use fdw_common::options::{CONSTANT, Catalog, JSON_PATH, OptionTable};
use fdw_common::source::TableDefinition;
use serde::{Deserialize, Serialize};

use crate::options::{FROM_REQUEST, OPTIONS, PARAMETER};
use crate::paging::PagingOptions;
use crate::table::{RowsOptions, TableOptions};

/// The estimated number of rows of an unknown list. Postgres uses the same number for a table that was never analyzed.
const TYPICAL_ROWS: u32 = 1000;

const TABLE: OptionTable = OptionTable { own: OPTIONS };

/// The complete definition of an entity. A plan contains it, so that its entity can be found again.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Definition {
    table: String,
    options: Vec<(String, String)>,
    columns: Vec<ColumnDefinition>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ColumnDefinition {
    name: String,
    ty: String,
    json_path: Option<JsonPath>,
    parameter: Option<String>,
    /// The column shows the bound value of the request.
    from_request: bool,
}

/// The entities made so far, by their definitions. An entity stays until the process ends, so memory grows with the
/// number of definitions that a process uses, not with the number of scans.
static MADE: Mutex<Option<HashMap<&'static str, &'static Entity>>> = Mutex::new(None);

/// The entity of a foreign table.
///
/// # Errors
/// `OptionMissing` or `OptionValue` for options that are incomplete or do not match the columns.
pub fn entity(table: &TableDefinition<'_>) -> Result<&'static Entity> {
    let own = OPTIONS.iter().filter(|spec| spec.on.contains(&Catalog::Table));
    let mut options = Vec::new();
    for spec in own {
        if let Some(value) = table.options.written(spec)? {
            options.push((spec.name.to_owned(), value.to_owned()));
        }
    }
    let mut columns = Vec::new();
    for column in (table.columns)()? {
        // Every table has the column of the whole row, whatever its options. A constant is not part of the rows.
        if column.name == WHOLE_ROW_COLUMN || column.options.get(CONSTANT)?.is_some() {
            continue;
        }
        columns.push(ColumnDefinition {
            json_path: column.options.get(JSON_PATH)?,
            parameter: column.options.get(PARAMETER)?.map(|name| name.trim().to_owned()),
            from_request: column.options.get(FROM_REQUEST)?,
            ty: column.ty.sql().to_owned(),
            name: column.name,
        });
    }
    known_or_made(Definition { table: table.name.to_owned(), options, columns })
}

/// The entity of a plan.
///
/// # Errors
/// `Internal` for a plan without a valid definition.
pub fn planned(name: &str, definition: Option<&str>) -> Result<&'static Entity> {
    let unreadable = || Error::new(ErrorKind::Internal, format!("a plan has no valid definition of \"{name}\""));
    let text = definition.ok_or_else(unreadable)?;
    if let Some(entity) = known(text) {
        return Ok(entity);
    }
    known_or_made(serde_json::from_str(text).map_err(|_| unreadable())?)
}

fn known(text: &str) -> Option<&'static Entity> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.get(text).copied()
}

fn known_or_made(definition: Definition) -> Result<&'static Entity> {
    let text = serde_json::to_string(&definition)
        .map_err(|_| Error::new(ErrorKind::Internal, format!("\"{}\" cannot be defined", definition.table)))?;
    if let Some(entity) = known(&text) {
        return Ok(entity);
    }
    let options = TABLE.validate(Catalog::Table, definition.options.clone())?;
    let options = TableOptions::read(&options)?;
    check(&options, &definition.columns)?;
    let text = leak(&text);
    let entity: &'static Entity = Box::leak(Box::new(make(&definition, &options, text)));
    if let Some(what) = contradiction(entity) {
        return Err(Error::new(
            ErrorKind::OptionValue,
            format!("the options of \"{}\" do not fit: {what}", entity.name),
        ));
    }
    MADE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().insert(text, entity);
    Ok(entity)
}

/// Checks the options against the columns.
fn check(options: &TableOptions, columns: &[ColumnDefinition]) -> Result<()> {
    let find = |name: &str| columns.iter().find(|column| column.name == name);
    let unknown = |option: &str, name: &str| {
        let message = format!("option \"{option}\" names the column \"{name}\", which the table does not have");
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        Error::new(ErrorKind::OptionValue, message).with_hint(format!("Its columns are: {}.", names.join(", ")))
    };
    for name in &options.key {
        find(name).ok_or_else(|| unknown("key", name))?;
    }
    check_bound(options, columns)?;
    let of_list = placeholders(&options.path).map(|name| ("path", name));
    let of_rows = options.item_path.iter().flat_map(|path| placeholders(path)).map(|name| ("item_path", name));
    for (option, name) in of_list.chain(of_rows) {
        let column = find(name).ok_or_else(|| unknown(option, name))?;
        let is_text = column.ty == ColumnType::Text.sql();
        // Answers may not have the value in the path, so the column shows the value of the request.
        if !is_text && (option == "path" || column.ty != ColumnType::Int8.sql()) {
            let message = format!("the column \"{name}\" is in the option \"{option}\" and is of type {}", column.ty);
            let hint = match option {
                "path" => "Declare it as text, which holds numbers as well.",
                _ => "Declare it as text, which holds numbers as well, or as an integer.",
            };
            return Err(Error::new(ErrorKind::OptionValue, message).with_hint(hint));
        }
    }
    Ok(())
}

/// Checks the columns that show a bound value of the request.
fn check_bound(options: &TableOptions, columns: &[ColumnDefinition]) -> Result<()> {
    let refuse = |message: String, hint: String| Err(Error::new(ErrorKind::OptionValue, message).with_hint(hint));
    let segments = options.path.split('?').next().unwrap_or_default();
    for column in columns {
        let name = &column.name;
        let is_in = |part: &str| placeholders(part).any(|known| known == name);
        if column.from_request && !is_in(&options.path) {
            return refuse(
                format!("the column \"{name}\" is not in the option \"path\", so that no request has its value"),
                format!("Put {{{name}}} into the query of path, or leave from_request out."),
            );
        }
        if column.json_path.is_some() && (column.from_request || is_in(segments)) {
            return refuse(
                format!("the column \"{name}\" shows the value in the option \"path\", so that json_path has no use"),
                "Leave json_path out, and declare another column for the API's own member.".to_owned(),
            );
        }
    }
    Ok(())
}

/// The entity, made of leaked texts and lists.
fn make(definition: &Definition, options: &TableOptions, text: &'static str) -> Entity {
    let columns: Vec<Column> = definition.columns.iter().map(column).collect();
    let parameters = definition.columns.iter().filter_map(|column| {
        let name = leak(column.parameter.as_deref()?);
        Some(Parameter::of(name, leak(&column.name), ParameterType::Value))
    });
    let item_rows = leak_path(&options.item_rows);
    let lookups = options.item_path.iter().map(|path| Lookup::row(leak(path)).in_member(item_rows));
    let headers = options.headers.iter().map(|(name, value)| (leak(name), leak(value)));
    Entity {
        name: leak(&definition.table),
        definition: Some(text),
        path: leak(&options.path),
        rows: match &options.rows {
            RowsOptions::Array => Rows::Array,
            RowsOptions::Path(path) => Rows::Path(leak_path(path)),
            RowsOptions::Object => Rows::Document,
        },
        key: leak_path(&options.key),
        key_values: KeyValues::TextsOrNumbers,
        paging: paging(options),
        is_declared_whole: matches!(options.paging, PagingOptions::None { declared: true }),
        consistency: options.consistency,
        headers: leak_list(headers.collect()),
        lookups: leak_list(lookups.collect()),
        parameters: leak_list(parameters.collect()),
        columns: leak_list(columns),
        typical_rows: if options.rows == RowsOptions::Object { 1 } else { TYPICAL_ROWS },
        ..Entity::BASE
    }
}

fn column(column: &ColumnDefinition) -> Column {
    use ColumnType::{Bool, Float8, Int8, Jsonb, Text, Timestamptz};
    let ty = [Bool, Float8, Int8, Jsonb, Timestamptz].into_iter().find(|ty| ty.sql() == column.ty).unwrap_or(Text);
    let column_at = match &column.json_path {
        _ if column.from_request => At::Request,
        Some(path) => At::Path(Box::leak(Box::new(path.clone()))),
        None => At::Name,
    };
    Column { at: column_at, ..Column::new(leak(&column.name), ty, "") }
}

fn paging(options: &TableOptions) -> Paging {
    let max_size = options.page_size;
    let size = options.size_parameter.as_deref().map(leak);
    let checkpoint = |next| Paging::Checkpoint(Checkpoint { size, max_size, next, keeps_position: false });
    match &options.paging {
        PagingOptions::None { .. } => Paging::Whole,
        PagingOptions::Numbered { parameter, counts_rows, first, total, exact_total, short_page_is_last } => {
            let (exact_total, short_page_is_last) = (*exact_total, *short_page_is_last);
            let page = match counts_rows {
                true => PageParameter::rows(leak(parameter), *first),
                false => PageParameter::pages(leak(parameter), *first),
            };
            match (total, size) {
                (Some(total), Some(size)) => Paging::Page(NumberedPages {
                    page,
                    size,
                    max_size,
                    totals_parameter: None,
                    total: leak_path(total),
                    start: None,
                    limit: None,
                    position: Position::Rows,
                    page_cap: None,
                    short_page_is_last,
                    exact_total,
                }),
                _ => Paging::Uncounted(UncountedPages {
                    page,
                    size,
                    max_size,
                    envelope_parameter: None,
                    short_page_is_last,
                }),
            }
        }
        PagingOptions::Cursor { parameter, at } => {
            let parameter = leak(parameter);
            checkpoint(match at {
                Some(at) => NextPage::Cursor { parameter, at: leak_path(at) },
                None => NextPage::LastKey { parameter },
            })
        }
        PagingOptions::Link { at } => {
            checkpoint(at.as_ref().map_or(NextPage::Header, |at| NextPage::Address(leak_path(at))))
        }
    }
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn leak_list<T>(list: Vec<T>) -> &'static [T] {
    Box::leak(list.into_boxed_slice())
}

fn leak_path(names: &[String]) -> MemberPath {
    leak_list(names.iter().map(|name| leak(name)).collect())
}
