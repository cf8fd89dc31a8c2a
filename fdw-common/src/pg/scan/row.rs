//! Writes a row of a page to a tuple slot.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use pgrx::pg_sys::panic::{CaughtError, ErrorReport};
use pgrx::pg_sys::{self, Oid, PgTryBuilder};
use pgrx::prelude::PgSqlErrorCode;

use super::super::convert::datum::{Converter, Misfit, json_type, type_name};
use super::super::report::{pack, raise, report};
use super::super::subtransaction::Subtransaction;
use super::slot::VirtualSlot;
use crate::error::{Error, ErrorKind, one_line};
use crate::json_path::JsonPath;
use crate::model::Entity;
use crate::plan::{ConstantColumn, PlannedColumn, RemotePlan, SortOrder};
use crate::rest::Batch;
use crate::rest::decode::KEY_SEPARATOR;

/// Converts the rows of a run.
pub(super) struct RowWriter {
    entity: &'static Entity,
    columns: Vec<ColumnReader>,
    /// The sort key of the previous row, if the API sorts.
    previous: Option<i64>,
    /// The columns with a value that does not fit their type, each with a warning about its first one. Only
    /// [`RowWriter::fill_lossy`] adds to them.
    misfits: BTreeMap<usize, ErrorReport>,
}

/// A value that does not fit its column's type.
struct Unfit {
    /// The column's index in `columns`.
    cell: usize,
    code: PgSqlErrorCode,
    /// The reason, if it was found before Postgres itself raised an error.
    misfit: Option<Misfit>,
}

struct ColumnReader {
    planned: PlannedColumn,
    /// The value of every row as JSON, for a column with the option `constant`.
    constant: Option<String>,
    ty: Oid,
    converter: Converter,
}

impl RowWriter {
    /// A writer for rows of a table.
    ///
    /// # Safety
    /// `descriptor` is the table's row type; `context` a live memory context that outlives the writer.
    pub(super) unsafe fn new(
        entity: &'static Entity,
        plan: &RemotePlan,
        descriptor: pg_sys::TupleDesc,
        context: pg_sys::MemoryContext,
    ) -> Self {
        // SAFETY: the executor holds the row type for as long as the node lives.
        let tuple = unsafe { pgrx::PgTupleDesc::from_pg_unchecked(descriptor) };
        let constant = |column: &ConstantColumn| {
            let planned = PlannedColumn::new(column.attno, &column.name, JsonPath::root_member(&column.name));
            (planned, Some(serde_json::Value::from(column.value.as_str()).to_string()))
        };
        let read = plan.columns.iter().map(|planned| (planned.clone(), None));
        let columns = read
            .chain(plan.constants.iter().map(constant))
            .filter_map(|(planned, constant)| {
                let attribute = tuple.get(usize::try_from(planned.attno).ok()?.checked_sub(1)?)?;
                // SAFETY: the memory context outlives the writer.
                let converter = unsafe { Converter::new(attribute.atttypid, attribute.atttypmod, context) };
                let converter = converter.with_time_format(planned.time_format);
                Some(ColumnReader { planned, constant, ty: attribute.atttypid, converter })
            })
            .collect();
        RowWriter { entity, columns, previous: None, misfits: BTreeMap::new() }
    }

    /// Prepares for the first row of a run.
    pub(super) fn restart(&mut self) {
        self.previous = None;
    }

    /// Converts the values of a row, except those of the cells `left_out`, which are NULL.
    ///
    /// # Errors
    /// The first value that does not fit its column. All other Postgres errors are raised.
    fn convert(&mut self, slot: VirtualSlot, batch: &Batch, row: usize, left_out: &[usize]) -> Result<(), Unfit> {
        slot.clear();
        let current = Cell::new(0);
        let columns = &mut self.columns;
        let mut convert = || -> Result<(), Misfit> {
            for (cell, column) in columns.iter_mut().enumerate() {
                if left_out.contains(&cell) {
                    continue;
                }
                current.set(cell);
                let value = column.constant.as_deref().or_else(|| batch.value(row, cell));
                let Some(raw) = value else { continue };
                let datum = column.converter.convert(raw)?;
                slot.set(column.planned.attno, datum);
            }
            Ok(())
        };
        // An input function's own message would contain the value: ours names the row and the column.
        let converted =
            PgTryBuilder::new(AssertUnwindSafe(|| convert().map_err(|misfit| (misfit.code(), Some(misfit)))))
                .catch_others(|error| match unfit_code(&error) {
                    Some(code) => Err((code, None)),
                    None => error.rethrow(),
                })
                .execute();
        converted.map_err(|(code, misfit)| Unfit { cell: current.get(), code, misfit })
    }

    /// Fills a virtual tuple with a row. Values that do not fit their column become NULL, see
    /// [`RowWriter::take_misfits`].
    pub(super) fn fill_lossy(&mut self, slot: VirtualSlot, batch: &Batch, row: usize) {
        let mut left_out = Vec::new();
        loop {
            // An input function that fails may leave resources open that only the end of a transaction closes.
            let subtransaction = Subtransaction::begin();
            let Err(unfit) = self.convert(slot, batch, row, &left_out) else {
                return subtransaction.commit();
            };
            subtransaction.roll_back();
            left_out.push(unfit.cell);
            if !self.misfits.contains_key(&unfit.cell) {
                let warning = self.report(&unfit, batch, row, PgSqlErrorCode::ERRCODE_WARNING);
                self.misfits.insert(unfit.cell, warning);
            }
        }
    }

    /// The warnings, one for each column with a value that does not fit.
    pub(super) fn take_misfits(&mut self) -> Vec<ErrorReport> {
        std::mem::take(&mut self.misfits).into_values().collect()
    }

    fn report(&self, unfit: &Unfit, batch: &Batch, row: usize, code: PgSqlErrorCode) -> ErrorReport {
        let column = &self.columns[unfit.cell];
        if column.constant.is_some() {
            let (name, ty) = (&column.planned.name, type_name(column.ty));
            let message = format!("option \"constant\" of column \"{name}\" is not a value of type {ty}");
            return report(code, &message, None, Some("Set the column's option constant to a value of its type."));
        }
        let raw = batch.value(row, unfit.cell).unwrap_or_default();
        self::unfit(unfit, code, column, raw, self.entity, &batch.key(row))
    }

    /// Fills a slot of the table's row type with a row.
    pub(super) fn fill(&mut self, slot: VirtualSlot, batch: &Batch, row: usize, order: Option<&SortOrder>) {
        if let Err(unfit) = self.convert(slot, batch, row, &[]) {
            raise(self.report(&unfit, batch, row, unfit.code));
        }
        if let Some(order) = order {
            // The sort key is a timestamptz, which is passed by value.
            let key = slot.get(order.attno).map(|key| key.value() as i64);
            let in_order = |key: i64| match self.previous {
                Some(previous) if order.descending => previous >= key,
                Some(previous) => previous <= key,
                None => true,
            };
            if !key.is_some_and(in_order) {
                raise(out_of_order(self.entity, &order.value()));
            }
            self.previous = key;
        }
    }
}

#[cold]
fn out_of_order(entity: &Entity, order: &str) -> Error {
    let message = format!("the rows of \"{}\" are not in the order asked for: {order}", entity.name);
    Error::new(ErrorKind::Protocol, message)
        .with_hint("Set the option pushdown to 'safe' on the table, and Postgres sorts.")
}

/// The SQLSTATE of an error that means that a value does not fit: data exceptions and domain constraints. All other
/// errors (a cancel, out of memory) are raised unchanged.
fn unfit_code(error: &CaughtError) -> Option<PgSqlErrorCode> {
    let report = match error {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => report,
        CaughtError::RustPanic { .. } => return None,
    };
    let code = report.sql_error_code();
    // The class is the first two characters, twelve bits (`ERRCODE_TO_CATEGORY`, utils/elog.h).
    let class = code as i32 & 0xFFF;
    (class == pack("22") || class == pack("23")).then_some(code)
}

#[cold]
fn unfit(
    unfit: &Unfit,
    code: PgSqlErrorCode,
    column: &ColumnReader,
    raw: &str,
    entity: &Entity,
    key: &str,
) -> ErrorReport {
    /// The longest row key in a message, in characters.
    const LONGEST_KEY: usize = 200;
    let ColumnReader { planned, ty, .. } = column;
    let of = match entity.key {
        [] => entity.name.to_owned(),
        names => format!("{} \"{}\"", names.join(", "), one_line(&key.replace(KEY_SEPARATOR, ", "), LONGEST_KEY)),
    };
    let message = format!("column \"{}\" of type {} cannot hold the value of {of}", planned.name, type_name(*ty));
    let mut detail = match unfit.misfit.and_then(Misfit::detail) {
        Some(detail) => detail.to_owned(),
        None => format!("The value is {} in JSON.", json_type(raw)),
    };
    if code == PgSqlErrorCode::ERRCODE_WARNING {
        detail.push_str(" The statistics leave such values out.");
    }
    let hint = match (unfit.misfit, unfit.code) {
        (Some(Misfit::NumberForTimeOfDay), _) => "Declare the column with the type bigint to see the number.",
        (Some(Misfit::NumberForTime), _) => {
            "Set the column's option time_format to 'unix_seconds' or 'unix_milliseconds', or declare it as bigint to see the number."
        }
        (_, PgSqlErrorCode::ERRCODE_UNTRANSLATABLE_CHARACTER) => {
            "A column of type json takes it as it is, unless it is extracted."
        }
        _ => "Declare the column with the type text or json to see it.",
    };
    report(code, &message, Some(&detail), Some(hint))
}
