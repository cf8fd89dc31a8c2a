//! ANALYZE: the number of rows and a sample of them.
//!
//! A list that can be read whole is read whole. If it reaches its page cap, a bounded number of rows is the sample:
//! rows of slices spread over its time range, whose density gives the estimated number of rows; or, without slices,
//! the first page, with the page cap as the number of rows, because such a total only means "that many or more".
//!
//! A value that its column cannot hold ends a query but not ANALYZE, which often runs for a whole database: the value
//! is left out of the statistics, with one warning per column.

use std::ffi::c_int;
use std::ptr;

use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_guard;
use pgrx::pg_sys;

use super::backend::current_user;
use super::catalog::{Settings, TableColumns, columns, settings};
use super::log;
use super::scan::{Inputs, ScanState, VirtualSlot};
use crate::plan::{RemotePlan, estimate_lists};
use crate::source::Source;

/// The most rows fetched for statistics: ten pages of a large API.
const LARGEST_SAMPLE: usize = 1000;

/// Returns whether ANALYZE is possible, and sets the sampling function (fdwhandler.h, `AnalyzeForeignTable`). A table
/// that needs a value for its path has no sample.
#[pg_guard]
pub(super) extern "C-unwind" fn analyze_foreign_table<S: Source>(
    relation: pg_sys::Relation,
    sample: *mut pg_sys::AcquireSampleRowsFunc,
    pages: *mut pg_sys::BlockNumber,
) -> bool {
    // SAFETY: Postgres passes an open relation and valid pointers for the results. The size on disk has no meaning
    // for an API.
    unsafe {
        let Settings { entity, fan_out, .. } = settings::<S>((*relation).rd_id);
        if estimate_lists(entity, fan_out, &|_| None).is_err() {
            return false;
        }
        *sample = Some(acquire_sample_rows::<S>);
        *pages = 1;
    }
    true
}

/// Fills `rows` with up to `most` tuples and sets the total number of rows (commands/vacuum.h,
/// `AcquireSampleRowsFunc`).
#[pg_guard]
unsafe extern "C-unwind" fn acquire_sample_rows<S: Source>(
    relation: pg_sys::Relation,
    _level: c_int,
    rows: *mut pg_sys::HeapTuple,
    most: c_int,
    total_rows: *mut f64,
    total_dead_rows: *mut f64,
) -> c_int {
    let most = usize::try_from(most).unwrap_or(0).min(LARGEST_SAMPLE);
    // SAFETY: Postgres passes a relation it holds open and locked, and an array of at least `most` tuples; tuples are
    // allocated in the caller's memory context, values in one of our own.
    unsafe {
        let table = (*relation).rd_id;
        let descriptor = (*relation).rd_att;
        let entity = settings::<S>(table).entity;
        let TableColumns { read, constants } = columns::<S>(entity, table, |_| true);
        let plan = RemotePlan { constants, ..RemotePlan::full_scan(entity, read, most as u64) };
        let user = current_user();
        let mut state = ScanState::new::<S>(
            table,
            user,
            plan,
            descriptor,
            pg_sys::CurrentMemoryContext,
            ptr::null_mut(),
            Inputs::none(),
        );
        let slot = pg_sys::MakeSingleTupleTableSlot(descriptor, &pg_sys::TTSOpsVirtual);
        let mut values = PgMemoryContexts::new("wrappers sample");
        let mut count = 0;
        let page_size = usize::try_from(state.page_size()).unwrap_or(usize::MAX);
        while count < most {
            let is_unreadable = state.list_is_capped() && entity.slices().is_none();
            if is_unreadable && count == page_size || !state.advance::<S>() {
                break;
            }
            values.switch_to(|_| state.fill_lossy(VirtualSlot::new(slot)));
            *rows.add(count) = VirtualSlot::new(slot).tuple();
            values.reset();
            count += 1;
        }
        let statistics = state.statistics();
        let total = statistics.estimated_total.or(statistics.total);
        *total_rows = total.map_or(count as f64, |total| total.max(count as u64) as f64);
        *total_dead_rows = 0.0;
        pg_sys::ExecDropSingleTupleTableSlot(slot);
        let misfits = state.take_misfits();
        // A warning that is interrupted skips destructors. The state must not leak, because its requests are still
        // running.
        drop(state);
        log::warn(misfits);
        count as c_int
    }
}
