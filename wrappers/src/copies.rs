//! Local copies of foreign tables: plain tables that are filled and kept fresh by reading (docs/copies.md).
//!
//! The copies are SQL, in the files beside this one, so that transactions, privileges and privilege checks are those
//! of the user's own statements. Rust tells what SQL cannot know: the key of a foreign table, and the requests and the
//! API's time of the scans that a run consists of.

use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

use fdw_common::model::Changes;
use fdw_common::pg::copies;

use crate::registry;

/// The properties of a foreign table by which it can be copied. No rows if it is not a table of this extension.
#[pg_extern(volatile, strict)]
#[expect(clippy::type_complexity, reason = "the columns are named in the signature")]
fn wrappers_copy_source(
    source: pg_sys::Oid,
    handler: &str,
) -> TableIterator<
    'static,
    (
        name!(key, Vec<String>),
        name!(missing, Vec<String>),
        name!(kind, &'static str),
        name!(change_column, Option<&'static str>),
        name!(has_lookup, bool),
    ),
> {
    TableIterator::new(registry::copy_source(handler, source).into_iter().map(|source| {
        let kind = match source.changes {
            Changes::Unknown => "whole",
            Changes::Updated(_) => "incremental",
            Changes::Appended(_) => "append",
        };
        (source.key, source.missing, kind, source.changes.column(), source.has_lookup)
    }))
}

/// The requests of this session's scans that have ended since the last call, and the earliest time in their responses.
#[pg_extern(volatile, strict)]
fn wrappers_session_reads()
-> TableIterator<'static, (name!(requests, i64), name!(api_time, Option<TimestampWithTimeZone>))> {
    TableIterator::once(copies::session_reads())
}

// Each needs the one before it, since pgrx orders what does not depend on each other differently in each build.
extension_sql_file!(
    "copies/tables.sql",
    name = "copies_tables",
    requires = ["status_views", wrappers_copy_source, wrappers_session_reads]
);
extension_sql_file!("copies/create.sql", name = "copies_create", requires = ["copies_tables"]);
extension_sql_file!("copies/history.sql", name = "copies_history", requires = ["copies_create"]);
extension_sql_file!("copies/refresh.sql", name = "copies_refresh", requires = ["copies_history"]);
extension_sql_file!("copies/freshness.sql", name = "copies_freshness", requires = ["copies_refresh"]);
