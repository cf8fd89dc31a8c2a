//! The node that reads the outer side of a nested loop ahead.
//!
//! Postgres runs the inner side of a nested loop once for each outer row and waits for it: one round trip after the
//! other. A node of ours therefore reads the outer side ahead and emits its rows later: the keys of the next rows are
//! known early, and the scan on the inner side starts their requests meanwhile, for one key or for many at once. The
//! number of rows read ahead depends on how many the query needs ([`rows_ahead`]), so that a query that stops early
//! sends few requests.
//!
//! The planner gives both nodes the same number, by which they find each other (nodes/extensible.h, "CUSTOM SCAN";
//! postgres's nodeNestloop.c).

use std::collections::VecDeque;
use std::ffi::{CStr, c_int};
use std::mem;
use std::ptr;

use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_sys;
use pgrx::{PgList, pg_guard};

use super::super::version;
use super::ahead::{self, ReadAhead, Upcoming};
use super::inputs::{Expression, unnamed_combinations};
use crate::read_ahead::{is_low, rows_ahead, rows_ahead_in_batches};

/// Callbacks of a node: constant data that any thread may read.
pub(in crate::pg) struct Methods<T>(T);

// SAFETY: the callbacks are never changed.
unsafe impl<T> Sync for Methods<T> {}

impl<T> Methods<T> {
    pub(in crate::pg) const fn new(methods: T) -> Self {
        Methods(methods)
    }

    pub(in crate::pg) fn get(&'static self) -> *const T {
        &raw const self.0
    }
}

/// No more rows are read ahead when those that are take this many bytes.
const MOST_BYTES: usize = 4 << 20;

/// The node's name, in EXPLAIN and in Postgres's registry of custom scans.
pub(in crate::pg) const PREFETCH_NAME: &CStr = c"WrappersPrefetch";

static SCAN_METHODS: Methods<pg_sys::CustomScanMethods> = Methods(pg_sys::CustomScanMethods {
    CustomName: PREFETCH_NAME.as_ptr(),
    CreateCustomScanState: Some(create_prefetch_state),
});

static EXEC_METHODS: Methods<pg_sys::CustomExecMethods> = Methods(pg_sys::CustomExecMethods {
    CustomName: PREFETCH_NAME.as_ptr(),
    BeginCustomScan: Some(begin_prefetch),
    ExecCustomScan: Some(exec_prefetch),
    EndCustomScan: Some(end_prefetch),
    ReScanCustomScan: Some(rescan_prefetch),
    MarkPosCustomScan: None,
    RestrPosCustomScan: None,
    EstimateDSMCustomScan: None,
    InitializeDSMCustomScan: None,
    ReInitializeDSMCustomScan: None,
    InitializeWorkerCustomScan: None,
    ShutdownCustomScan: None,
    ExplainCustomScan: None,
});

/// Registers the node by its name, so that a copied plan finds its callbacks.
pub(in crate::pg) fn register_prefetch() {
    // SAFETY: the library is loaded on the backend's only thread, once; the methods are static.
    unsafe { pg_sys::RegisterCustomScanMethods(SCAN_METHODS.get()) };
}

/// A new plan node that emits its child's rows unchanged. `numbers` are its own number, the number of rows that are
/// certainly needed and the most keys in one request (0 if each is a lookup), `values` the expressions of the keys.
///
/// # Safety
/// The lists are the planner's: `children` holds one plan, `numbers` three Integer nodes.
pub(in crate::pg) unsafe fn new_prefetch_node(
    targets: *mut pg_sys::List,
    children: *mut pg_sys::List,
    numbers: *mut pg_sys::List,
    values: *mut pg_sys::List,
) -> *mut pg_sys::CustomScan {
    // SAFETY: a new node; its fields hold the types required by extensible.h.
    unsafe {
        let scan: *mut pg_sys::CustomScan = new_node(pg_sys::NodeTag::T_CustomScan);
        (*scan).scan.plan.targetlist = targets;
        (*scan).custom_plans = children;
        (*scan).custom_private = numbers;
        (*scan).custom_exprs = values;
        if let Some(child) = PgList::<pg_sys::Plan>::from_pg(children).get_ptr(0) {
            // The child's rows are emitted unchanged.
            (*scan).custom_scan_tlist = pg_sys::copyObjectImpl((*child).targetlist.cast()).cast();
        }
        (*scan).methods = SCAN_METHODS.get();
        scan
    }
}

/// A new node with this tag and zeroed fields (nodes.h, `newNode`).
///
/// # Safety
/// `T` is the struct of the tag.
pub(in crate::pg) unsafe fn new_node<T>(tag: pg_sys::NodeTag) -> *mut T {
    // SAFETY: a zeroed struct is a valid node; its first field is the tag.
    unsafe {
        let node = pg_sys::palloc0(mem::size_of::<T>());
        (*node.cast::<pg_sys::Node>()).type_ = tag;
        node.cast()
    }
}

/// A running node; Postgres's struct is its first field.
#[repr(C)]
struct PrefetchState {
    custom: pg_sys::CustomScanState,
    ours: *mut Prefetch,
}

/// State of the node, owned by the query's memory context.
struct Prefetch {
    statement: usize,
    number: i32,
    child: *mut pg_sys::PlanState,
    keys: Vec<Expression>,
    upcoming: Upcoming,
    rows: VecDeque<pg_sys::MinimalTuple>,
    /// The memory that they take, in bytes.
    bytes: usize,
    /// The last row emitted; the slot may point into it.
    current: pg_sys::MinimalTuple,
    /// Number of outer rows read since the scan began.
    read: u64,
    /// Number of outer rows that the query certainly needs.
    needed: u64,
    /// The most keys in one request; 0 if each is a lookup.
    batch: u64,
    at_end: bool,
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        // The rows are freed with the memory context.
        ahead::unregister(self.statement, self.number);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn create_prefetch_state(_scan: *mut pg_sys::CustomScan) -> *mut pg_sys::Node {
    // SAFETY: the struct begins with Postgres's struct.
    unsafe {
        let state: *mut PrefetchState = new_node(pg_sys::NodeTag::T_CustomScanState);
        (*state).custom.methods = EXEC_METHODS.get();
        state.cast()
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn begin_prefetch(
    state: *mut pg_sys::CustomScanState,
    query: *mut pg_sys::EState,
    flags: c_int,
) {
    // SAFETY: the nodes are the executor's; the state is from `create_prefetch_state`, the plan from `plan_prefetch`.
    unsafe {
        let scan = (*state).ss.ps.plan.cast::<pg_sys::CustomScan>();
        let Some(plan) = PgList::<pg_sys::Plan>::from_pg((*scan).custom_plans).get_ptr(0) else { return };
        // The child is only read forward, whatever flags this node gets.
        let flags = flags & !(pg_sys::EXEC_FLAG_BACKWARD | pg_sys::EXEC_FLAG_MARK) as c_int;
        let child = pg_sys::ExecInitNode(plan, query, flags);
        (*state).custom_ps = pg_sys::lappend(ptr::null_mut(), child.cast());
        let numbers = PgList::<pg_sys::Integer>::from_pg((*scan).custom_private);
        let [number, needed, batch] = [0, 1, 2].map(|at| numbers.get_ptr(at).map_or(0, |number| (*number).ival));
        let prefetch = Prefetch {
            statement: query as usize,
            number,
            child,
            keys: Expression::all((*scan).custom_exprs, &mut (*state).ss.ps),
            upcoming: ahead::register(query as usize, number),
            rows: VecDeque::new(),
            bytes: 0,
            current: ptr::null_mut(),
            read: 0,
            needed: if needed == c_int::MAX { u64::MAX } else { needed as u64 },
            batch: batch as u64,
            at_end: false,
        };
        (*state.cast::<PrefetchState>()).ours =
            PgMemoryContexts::For((*query).es_query_cxt).leak_and_drop_on_delete(prefetch);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn exec_prefetch(state: *mut pg_sys::CustomScanState) -> *mut pg_sys::TupleTableSlot {
    // SAFETY: the node has begun.
    unsafe { pg_sys::ExecScan(&mut (*state).ss, Some(next_row), Some(recheck)) }
}

/// The next row of the child, read ahead before or now.
#[pg_guard]
unsafe extern "C-unwind" fn next_row(state: *mut pg_sys::ScanState) -> *mut pg_sys::TupleTableSlot {
    // SAFETY: as in `exec_prefetch`; a row is freed after the slot has stopped pointing into it.
    unsafe {
        let slot = (*state).ss_ScanTupleSlot;
        let prefetch = &mut *(*state.cast::<PrefetchState>()).ours;
        pg_sys::ExecClearTuple(slot);
        if !prefetch.current.is_null() {
            pg_sys::pfree(mem::replace(&mut prefetch.current, ptr::null_mut()).cast());
        }
        prefetch.read_ahead(&mut (*state).ps, slot);
        if let Some(row) = prefetch.rows.pop_front() {
            prefetch.bytes -= (*row).t_len as usize;
            prefetch.current = row;
            pg_sys::ExecForceStoreMinimalTuple(row, slot, false);
        }
        let mut upcoming = prefetch.upcoming.borrow_mut();
        (upcoming.rows, upcoming.at_end) = (prefetch.rows.len(), prefetch.at_end);
        // Drop values that the scan did not take, because it had the rows for them cached.
        while upcoming.values.len() > upcoming.rows {
            upcoming.values.pop_front();
        }
        slot
    }
}

/// A row that changed while it was being locked is checked again by a separate plan in which table scans return just
/// that row: the child's next row, if it has one, continues the check (execScan.c, `ExecScanFetch`; execMain.c,
/// `EvalPlanQual`).
#[pg_guard]
unsafe extern "C-unwind" fn recheck(state: *mut pg_sys::ScanState, slot: *mut pg_sys::TupleTableSlot) -> bool {
    // SAFETY: as in `exec_prefetch`; the slot keeps its own copy.
    unsafe {
        let prefetch = &*(*state.cast::<PrefetchState>()).ours;
        match prefetch.next_of_child() {
            Some(row) => {
                pg_sys::ExecForceStoreMinimalTuple(row, slot, true);
                true
            }
            None => false,
        }
    }
}

impl Prefetch {
    /// A copy of the child's next row in the query's memory, because the child overwrites each row with the next.
    ///
    /// # Safety
    /// The child is initialised and has not ended.
    unsafe fn next_of_child(&self) -> Option<pg_sys::MinimalTuple> {
        // SAFETY: a running node has its function (executor.h, `ExecProcNode`), which is guarded and holds nothing of
        // ours; the memory is the statement's.
        unsafe {
            if !(*self.child).chgParam.is_null() {
                pg_sys::ExecReScan(self.child);
            }
            let (child, run) = (self.child, (*self.child).ExecProcNode?);
            let row = pg_sys::ffi::pg_guard_ffi_boundary(|| run(child));
            if row.is_null() || u32::from((*row).tts_flags) & pg_sys::TTS_FLAG_EMPTY != 0 {
                return None;
            }
            PgMemoryContexts::For((*(*child).state).es_query_cxt).switch_to(|_| version::copy_minimal_tuple(row))
        }
    }

    /// Reads the next outer rows, if few are left, and the values of their keys.
    ///
    /// # Safety
    /// `node` is the running node's Postgres state, `slot` its empty slot for rows of the child.
    unsafe fn read_ahead(&mut self, node: *mut pg_sys::PlanState, slot: *mut pg_sys::TupleTableSlot) {
        let (most, keys) = match self.batch {
            0 => (rows_ahead(self.read, self.needed), u64::MAX),
            keys => (rows_ahead_in_batches(self.read, self.needed, keys), keys),
        };
        if !is_low(self.rows.len(), most, keys) {
            return;
        }
        // SAFETY: the child is initialised; the slot has the row type that the key expressions were compiled for.
        unsafe {
            let context = (*node).ps_ExprContext;
            while !self.at_end && self.rows.len() < most && (self.bytes < MOST_BYTES || self.rows.is_empty()) {
                let Some(row) = self.next_of_child() else {
                    self.at_end = true;
                    break;
                };
                self.rows.push_back(row);
                self.bytes += (*row).t_len as usize;
                self.read += 1;
                // The expressions expect the node's own kind of slot.
                pg_sys::ExecForceStoreMinimalTuple(row, slot, false);
                (*context).ecxt_scantuple = slot;
                let values = PgMemoryContexts::For((*context).ecxt_per_tuple_memory)
                    .switch_to(|_| unnamed_combinations(&self.keys));
                pg_sys::ExecClearTuple(slot);
                pg_sys::MemoryContextReset((*context).ecxt_per_tuple_memory);
                self.upcoming.borrow_mut().values.push_back(values);
            }
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn rescan_prefetch(state: *mut pg_sys::CustomScanState) {
    // SAFETY: as in `exec_prefetch`; Postgres itself does not pass changed parameters to custom children (execAmi.c,
    // `ExecReScan`).
    unsafe {
        let prefetch = &mut *(*state.cast::<PrefetchState>()).ours;
        pg_sys::ExecClearTuple((*state).ss.ss_ScanTupleSlot);
        for row in prefetch.rows.drain(..).chain([mem::replace(&mut prefetch.current, ptr::null_mut())]) {
            if !row.is_null() {
                pg_sys::pfree(row.cast());
            }
        }
        prefetch.bytes = 0;
        let run = prefetch.upcoming.borrow().run + 1;
        *prefetch.upcoming.borrow_mut() = ReadAhead { run, ..ReadAhead::default() };
        (prefetch.read, prefetch.at_end) = (0, false);
        let changed = (*state).ss.ps.chgParam;
        if !changed.is_null() {
            pg_sys::UpdateChangedParamSet(prefetch.child, changed);
        }
        if (*prefetch.child).chgParam.is_null() {
            pg_sys::ExecReScan(prefetch.child);
        }
        pg_sys::ExecScanReScan(&mut (*state).ss);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn end_prefetch(state: *mut pg_sys::CustomScanState) {
    // SAFETY: as in `exec_prefetch`; the rest is freed with the query's memory context.
    unsafe {
        if let Some(prefetch) = (*state.cast::<PrefetchState>()).ours.as_ref() {
            pg_sys::ExecEndNode(prefetch.child);
        }
    }
}
