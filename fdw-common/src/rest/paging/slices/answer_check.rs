//! Checks that an answer matches its request, and the errors if it does not.

use std::ops::Range;

use super::windows::Millisecond;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Entity, SliceKeys};
use crate::rest::paging::page_view::PageRows;
use crate::slice::Direction;

/// The times of an answer's rows, checked to be in the requested order and range.
pub(in crate::rest::paging) fn checked_times(
    entity: &Entity,
    by: SliceKeys,
    direction: Direction,
    asked: &Range<Millisecond>,
    rows: &dyn PageRows,
) -> Result<Vec<Millisecond>> {
    let Some(times) = (0..rows.len()).map(|row| rows.time(row)).collect::<Option<Vec<_>>>() else {
        return Err(protocol(entity, &format!("a row has no \"{}\" that is a time", by.time)));
    };
    let in_order = match direction {
        Direction::Ascending => times.is_sorted(),
        Direction::Descending => times.iter().rev().is_sorted(),
    };
    if !in_order || !times.iter().all(|time| asked.contains(time)) {
        return Err(protocol(entity, &format!("its rows are not those asked for by \"{}\"", by.time)));
    }
    Ok(times)
}

#[cold]
pub(super) fn protocol(entity: &Entity, what: &str) -> Error {
    let name = entity.name;
    let message = format!("an answer to a search of \"{name}\" is not what was asked for: {what}");
    Error::new(ErrorKind::Protocol, message)
}

#[cold]
pub(super) fn unreadable(entity: &Entity, detail: &str) -> Error {
    Error::new(ErrorKind::Incomplete, format!("\"{}\" cannot be read completely", entity.name))
        .with_detail(detail)
        .with_hint("Ask for fewer rows, or read them with the option bulk 'export'.")
}
