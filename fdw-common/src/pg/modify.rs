//! INSERT, UPDATE and DELETE: refused at plan time.

use pgrx::pg_guard;
use pgrx::pg_sys;

use super::convert::text::from_server;
use super::report::raise;
use crate::error::{Error, ErrorKind};

/// Raises an error at plan time (fdwhandler.h, `PlanForeignModify`).
#[pg_guard]
pub(super) extern "C-unwind" fn plan_foreign_modify(
    root: *mut pg_sys::PlannerInfo,
    plan: *mut pg_sys::ModifyTable,
    result_relation: pg_sys::Index,
    _subplan: i32,
) -> *mut pg_sys::List {
    // SAFETY: Postgres passes valid planner nodes; the result relation is an index, from 1, into the query's range
    // table, and get_rel_name returns null or a C string.
    let (operation, table) = unsafe {
        let range_table = pgrx::PgList::<pg_sys::RangeTblEntry>::from_pg((*(*root).parse).rtable);
        let relation = range_table.get_ptr(result_relation as usize - 1).map(|entry| (*entry).relid);
        ((*plan).operation, relation.map(|id| from_server(pg_sys::get_rel_name(id))).unwrap_or_default())
    };
    let verb = match operation {
        pg_sys::CmdType::CMD_INSERT => "insert into",
        pg_sys::CmdType::CMD_UPDATE => "update of",
        pg_sys::CmdType::CMD_DELETE => "delete from",
        _ => "merge into",
    };
    raise(
        Error::new(ErrorKind::Unsupported, format!("{verb} foreign table \"{table}\" is not supported yet"))
            .with_hint("Nothing was changed. The table is read-only."),
    )
}
