//! Executor callbacks of a foreign scan.

use std::ptr;

use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_guard;
use pgrx::pg_sys::{self, Oid};

use super::super::backend::current_user;
use super::super::catalog::unreadable_plan;
use super::super::report::OrRaise;
use super::super::saved_plan::read_plan;
use super::super::version;
use super::ahead::{self, Upcoming};
use super::batches::Batches;
use super::inputs::Inputs;
use super::run::ScanState;
use super::slot::VirtualSlot;
use crate::error::Result;
use crate::source::Source;

/// Initialises the node without sending a request (fdwhandler.h, `BeginForeignScan`).
#[pg_guard]
pub(in crate::pg) extern "C-unwind" fn begin_foreign_scan<S: Source>(node: *mut pg_sys::ForeignScanState, flags: i32) {
    if flags & pg_sys::EXEC_FLAG_EXPLAIN_ONLY as i32 != 0 {
        return;
    }
    // SAFETY: Postgres passes a node with its plan, relation and slot initialised (executor/nodeForeignscan.c); the
    // state lives in the query's memory context, as the node does.
    unsafe {
        let scan = (*node).ss.ps.plan.cast::<pg_sys::ForeignScan>();
        let statement = (*node).ss.ps.state;
        let context = (*statement).es_query_cxt;
        let plan = read_plan((*scan).fdw_private);
        let entry = range_table_entry(scan, statement).or_raise();
        let descriptor = (*(*node).ss.ss_ScanTupleSlot).tts_tupleDescriptor;
        let inputs = Inputs::new(node, &plan);
        let upcoming = plan.prefetch.and_then(|number| ahead::upcoming(statement as usize, number));
        let user = user_of(scan, entry);
        let batch = plan.batch;
        let state = ScanState::new::<S>((*entry).relid, user, plan, descriptor, context, statement, inputs);
        let state = match (batch, upcoming) {
            (Some(batch), Some(upcoming)) => {
                let alone = Upcoming::default();
                let batches = Batches::new(upcoming, alone.clone(), batch.most_keys as usize);
                state.with_upcoming(Some(alone)).with_batches(Some(batches))
            }
            (_, upcoming) => state.with_upcoming(upcoming),
        };
        (*node).fdw_state = PgMemoryContexts::For(context).leak_and_drop_on_delete(state).cast();
    }
}

/// The state of a node of ours; `None` if it has none, as in EXPLAIN.
///
/// # Safety
/// `node` is a node of ours that has begun, and no other reference to its state exists.
unsafe fn state_of<'a>(node: *mut pg_sys::ForeignScanState) -> Option<&'a mut ScanState> {
    // SAFETY: null, or set by `begin_foreign_scan`.
    unsafe { (*node).fdw_state.cast::<ScanState>().as_mut() }
}

/// Returns the next row, or an empty slot at the end (fdwhandler.h, `IterateForeignScan`). Called in the per-tuple
/// memory context, so a row's datums are freed before the next row.
#[pg_guard]
pub(in crate::pg) extern "C-unwind" fn iterate_foreign_scan<S: Source>(
    node: *mut pg_sys::ForeignScanState,
) -> *mut pg_sys::TupleTableSlot {
    // SAFETY: the node has begun; its slot is a virtual one of the scan's row type, and is cleared before it is
    // filled.
    unsafe {
        let slot = (*node).ss.ss_ScanTupleSlot;
        pg_sys::ExecClearTuple(slot);
        if state_of(node).is_some_and(|state| state.store_next::<S>(VirtualSlot::new(slot))) {
            pg_sys::ExecStoreVirtualTuple(slot);
        }
        slot
    }
}

/// Starts over: from cached pages if all are cached, else with new requests (fdwhandler.h, `ReScanForeignScan`).
#[pg_guard]
pub(in crate::pg) extern "C-unwind" fn rescan_foreign_scan(node: *mut pg_sys::ForeignScanState) {
    // SAFETY: a node of ours. Postgres frees the set of changed parameters after this call (execAmi.c, ExecReScan).
    let (state, parameters_changed) = unsafe { (state_of(node), !(*node).ss.ps.chgParam.is_null()) };
    if let Some(state) = state {
        state.restart(parameters_changed);
    }
}

/// Drops requests in flight and pages; the state itself is freed with the memory context (fdwhandler.h,
/// `EndForeignScan`).
#[pg_guard]
pub(in crate::pg) extern "C-unwind" fn end_foreign_scan(node: *mut pg_sys::ForeignScanState) {
    // SAFETY: a node of ours.
    if let Some(state) = unsafe { state_of(node) } {
        state.end();
    }
}

/// The scanned table's range table entry, also for an aggregate's scan (postgres_fdw.c, `postgresBeginForeignScan`).
///
/// # Safety
/// Both nodes belong to a running foreign scan.
pub(in crate::pg) unsafe fn range_table_entry(
    scan: *mut pg_sys::ForeignScan,
    statement: *mut pg_sys::EState,
) -> Result<*mut pg_sys::RangeTblEntry> {
    // SAFETY: indexes start at 1; the range table is a list of entries.
    unsafe {
        let index = match (*scan).scan.scanrelid {
            0 => pg_sys::bms_next_member((*scan).fs_relids, -1),
            index => index as i32,
        };
        let entries = pgrx::PgList::<pg_sys::RangeTblEntry>::from_pg((*statement).es_range_table);
        let entry = usize::try_from(index - 1).ok().and_then(|at| entries.get_ptr(at));
        entry.ok_or_else(|| unreadable_plan("it names no table"))
    }
}

/// The user whose privileges the scan has.
///
/// # Safety
/// The nodes belong to a running foreign scan and its table.
unsafe fn user_of(scan: *mut pg_sys::ForeignScan, entry: *mut pg_sys::RangeTblEntry) -> Oid {
    // SAFETY: valid nodes.
    match unsafe { version::checked_user(&*scan, &*entry) } {
        Oid::INVALID => current_user(),
        user => user,
    }
}

/// True for a relation that is a foreign table of one of our sources.
///
/// # Safety
/// `rel` is one of the planner's relations.
pub(in crate::pg) unsafe fn is_ours(rel: *mut pg_sys::RelOptInfo) -> bool {
    // SAFETY: a valid node; its routine is null or a wrapper's.
    is_our_routine(unsafe { (*rel).fdwroutine.as_ref() })
}

/// True for a scan of a foreign table of one of our sources.
///
/// # Safety
/// `scan` is a plan node.
pub(in crate::pg) unsafe fn is_our_scan(scan: *mut pg_sys::ForeignScan) -> bool {
    // SAFETY: the plan names an existing server, or none if Postgres joins locally.
    unsafe {
        let server = (*scan).fs_server;
        server != Oid::INVALID && is_our_routine(pg_sys::GetFdwRoutineByServerId(server).as_ref())
    }
}

/// True for a routine of ours: this callback is the same for all sources.
fn is_our_routine(routine: Option<&pg_sys::FdwRoutine>) -> bool {
    let ours: unsafe extern "C-unwind" fn(*mut pg_sys::ForeignScanState) = rescan_foreign_scan;
    routine.and_then(|routine| routine.ReScanForeignScan).is_some_and(|rescan| ptr::fn_addr_eq(rescan, ours))
}
