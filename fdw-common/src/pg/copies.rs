//! Data for copies of foreign tables: the key of a table, and the requests of a run.

use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::Oid;

use super::catalog::{table_columns, try_entity};
use super::report::OrRaise;
use super::scan::take_session_reads;
use super::status::timestamp;
use crate::model::Changes;
use crate::source::Source;

/// The properties of a foreign table by which it can be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySource {
    /// The columns that together identify a row. Empty if the source declares none.
    pub key: Vec<String>,
    /// Key columns that the foreign table does not have, or reads from another member.
    pub missing: Vec<String>,
    /// The way in which a copy learns of changes, if the foreign table has the column for it.
    pub changes: Changes,
    /// True if the rows with a given key can be requested without reading the whole list.
    pub has_lookup: bool,
}

/// The properties of a foreign table by which it can be copied. Raises the error in the table's options.
pub fn copy_source<S: Source>(table: Oid) -> CopySource {
    let entity = try_entity::<S>(table).or_raise();
    let columns = table_columns::<S>(entity, table);
    let has = |name: &str| {
        let declared = entity.column(name).map(|column| entity.column_path(column));
        columns.iter().any(|column| column.name == name && Some(&column.path) == declared.as_ref())
    };
    CopySource {
        key: entity.key.iter().map(|name| (*name).to_owned()).collect(),
        missing: entity.key.iter().filter(|name| !has(name)).map(|name| (*name).to_owned()).collect(),
        changes: match entity.changes.column() {
            Some(column) if has(column) => entity.changes,
            _ => Changes::Unknown,
        },
        has_lookup: entity.has_lookup_by_key(),
    }
}

/// The requests of this session's scans that have ended since the last call, and the earliest `Date` of a response.
pub fn session_reads() -> (i64, Option<TimestampWithTimeZone>) {
    let reads = take_session_reads();
    let requests = i64::try_from(reads.requests).unwrap_or(i64::MAX);
    (requests, reads.first_date.and_then(|date| timestamp(date as f64 / 1e3)))
}
