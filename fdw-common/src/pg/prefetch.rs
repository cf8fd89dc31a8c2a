//! A nested loop that looks its keys up several at a time.
//!
//! Postgres runs the inner side of a nested loop once for each outer row, and waits for it. That would
//! be one round trip after the other. So the outer side is read ahead, by a node of our own that passes
//! its rows on: the keys of the next rows are known before their turn, and the scan on the inner side
//! starts their requests meanwhile. How far it reads depends on how many rows the query needs
//! ([`rows_ahead`]): who stops early has asked for little.
//!
//! The two nodes of a plan find each other by a number that the planner gives them (nodes/extensible.h,
//! "CUSTOM SCAN"; postgres's nodeNestloop.c).

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::ffi::c_int;
use std::mem;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_sys;
use pgrx::{PgList, pg_guard};

use super::lookup::{self, Key};
use super::planner::{Way, read_number, read_way, value_of_column, write_number, write_way};
use super::scan;
use crate::plan::BoundValues;
use crate::read_ahead::rows_ahead;

/// What reading ahead is worth to the planner, as a share of the loop's cost: the same requests, with less
/// waiting.
const WORTH: f64 = 0.9;

/// What a node reads ahead, shared with the scan on the inner side.
pub(super) type Wanted = Rc<RefCell<ReadAhead>>;

/// What has been read ahead of the outer rows.
#[derive(Default)]
pub(super) struct ReadAhead {
    /// The values of the rows that have not been handed on, in their order. Those whose requests have been
    /// started are taken out.
    pub(super) values: VecDeque<Vec<BoundValues>>,
    /// The number of the outer side's run.
    pub(super) run: u64,
}

thread_local! {
    /// By the running query and the plan's number.
    static RUNNING: RefCell<HashMap<(usize, u64), Wanted>> = RefCell::new(HashMap::new());
}

/// What the node with this number in the running query reads ahead, if there is one.
pub(super) fn wanted(query: *mut pg_sys::EState, number: u64) -> Option<Wanted> {
    RUNNING.with_borrow(|running| running.get(&(query as usize, number)).cloned())
}

static mut PREVIOUS: pg_sys::set_join_pathlist_hook_type = None;

/// Methods are pointers to constant data, which any thread may read.
struct Methods<T>(T);

// SAFETY: nothing in them is ever changed.
unsafe impl<T> Sync for Methods<T> {}

const NAME: *const std::ffi::c_char = c"Prefetch".as_ptr();

static PATH_METHODS: Methods<pg_sys::CustomPathMethods> = Methods(pg_sys::CustomPathMethods {
    CustomName: NAME,
    PlanCustomPath: Some(plan_prefetch),
    ReparameterizeCustomPathByChild: None,
});

static SCAN_METHODS: Methods<pg_sys::CustomScanMethods> =
    Methods(pg_sys::CustomScanMethods { CustomName: NAME, CreateCustomScanState: Some(create_prefetch_state) });

static EXEC_METHODS: Methods<pg_sys::CustomExecMethods> = Methods(pg_sys::CustomExecMethods {
    CustomName: NAME,
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

/// Puts the planner's hook in place: called once, when the library is loaded.
pub fn install() {
    // SAFETY: the library is loaded on the backend's only thread, once; the methods are static.
    unsafe {
        PREVIOUS = pg_sys::set_join_pathlist_hook;
        pg_sys::set_join_pathlist_hook = Some(add_prefetching_joins);
        pg_sys::RegisterCustomScanMethods(&SCAN_METHODS.0);
    }
}

/// Adds nested loops that read ahead, for joins whose inner side is a table of ours that is looked up by
/// the outer's values (optimizer/paths.h, `set_join_pathlist_hook`).
#[pg_guard]
unsafe extern "C-unwind" fn add_prefetching_joins(
    root: *mut pg_sys::PlannerInfo,
    joined: *mut pg_sys::RelOptInfo,
    outer: *mut pg_sys::RelOptInfo,
    inner: *mut pg_sys::RelOptInfo,
    kind: pg_sys::JoinType::Type,
    extra: *mut pg_sys::JoinPathExtraData,
) {
    // SAFETY: the planner's nodes, as the hook promises; what is made lives in its memory context.
    unsafe {
        if let Some(previous) = PREVIOUS {
            previous(root, joined, outer, inner, kind, extra);
        }
        use pg_sys::JoinType::{JOIN_ANTI, JOIN_INNER, JOIN_LEFT, JOIN_SEMI};
        if !matches!(kind, JOIN_INNER | JOIN_LEFT | JOIN_SEMI | JOIN_ANTI) || !scan::is_ours(inner) {
            return;
        }
        let first = (*outer).cheapest_total_path;
        // A single row leaves nothing to read ahead.
        if first.is_null() || !(*first).param_info.is_null() || (*first).rows < 2.0 {
            return;
        }
        for path in PgList::<pg_sys::Path>::from_pg((*inner).pathlist).iter_ptr() {
            let parameters = (*path).param_info;
            if (*path).type_ == pg_sys::NodeTag::T_ForeignPath
                && !parameters.is_null()
                && pg_sys::bms_is_subset((*parameters).ppi_req_outer, (*outer).relids)
            {
                add_join(root, joined, outer, inner, kind, extra, first, path.cast());
            }
        }
    }
}

/// # Safety
/// The planner's nodes: `first` is an unparameterised path of `outer`, `second` one of our paths of `inner`
/// that takes no more than the outer's values.
#[expect(clippy::too_many_arguments, reason = "they are the hook's")]
unsafe fn add_join(
    root: *mut pg_sys::PlannerInfo,
    joined: *mut pg_sys::RelOptInfo,
    outer: *mut pg_sys::RelOptInfo,
    inner: *mut pg_sys::RelOptInfo,
    kind: pg_sys::JoinType::Type,
    extra: *mut pg_sys::JoinPathExtraData,
    first: *mut pg_sys::Path,
    second: *mut pg_sys::ForeignPath,
) {
    static NUMBERS: AtomicU64 = AtomicU64::new(1);
    // SAFETY: as promised by our caller; the copies are flat ones of nodes the planner never frees.
    unsafe {
        let Some(way) = read_way((*second).fdw_private) else { return };
        let mut values = ptr::null_mut();
        let clauses = [(*inner).baserestrictinfo, (*(*second).path.param_info).ppi_clauses];
        for attno in &way.attnos {
            let value = clauses.iter().find_map(|list| {
                PgList::<pg_sys::RestrictInfo>::from_pg(*list)
                    .iter_ptr()
                    .filter_map(|clause| value_of_column(root, inner, clause, *attno))
                    .find(|value| is_of(*value, (*first).pathtarget))
            });
            let Some(value) = value else { return };
            values = pg_sys::lappend(values, value.cast());
        }
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let ahead: *mut pg_sys::CustomPath = node(pg_sys::NodeTag::T_CustomPath);
        (*ahead).path.pathtype = pg_sys::NodeTag::T_CustomScan;
        (*ahead).path.parent = outer;
        (*ahead).path.pathtarget = (*first).pathtarget;
        (*ahead).path.rows = (*first).rows;
        (*ahead).path.startup_cost = (*first).startup_cost;
        (*ahead).path.total_cost = (*first).total_cost;
        #[cfg(feature = "pg18")]
        {
            (*ahead).path.disabled_nodes = (*first).disabled_nodes;
        }
        (*ahead).path.pathkeys = (*first).pathkeys;
        (*ahead).custom_paths = pg_sys::lappend(ptr::null_mut(), first.cast());
        let (number_node, needed) = (write_number(number), write_number(rows_needed(root)));
        (*ahead).custom_private = [number_node, needed, values]
            .into_iter()
            .fold(ptr::null_mut(), |list, part: *mut pg_sys::List| pg_sys::lappend(list, part.cast()));
        (*ahead).methods = &PATH_METHODS.0;

        let looked_up = pg_sys::palloc(mem::size_of::<pg_sys::ForeignPath>()).cast::<pg_sys::ForeignPath>();
        ptr::copy_nonoverlapping(second, looked_up, 1);
        (*looked_up).fdw_private = write_way(&Way { ahead: Some(number), ..way });

        let (first, second) = (ahead.cast::<pg_sys::Path>(), looked_up.cast::<pg_sys::Path>());
        let mut workspace = pg_sys::JoinCostWorkspace::default();
        pg_sys::initial_cost_nestloop(root, &mut workspace, kind, first, second, extra);
        let pathkeys = pg_sys::build_join_pathkeys(root, joined, kind, (*first).pathkeys);
        let join = pg_sys::create_nestloop_path(
            root,
            joined,
            kind,
            &mut workspace,
            extra,
            first,
            second,
            (*extra).restrictlist,
            pathkeys,
            ptr::null_mut(),
        );
        (*join).jpath.path.total_cost *= WORTH;
        (*join).jpath.path.startup_cost = (*join).jpath.path.startup_cost.min((*join).jpath.path.total_cost);
        pg_sys::add_path(joined, join.cast());
    }
}

/// How many rows of this part of the query are sure to be asked for, if there are so many: all, or those of
/// its LIMIT, or what an EXISTS or a cursor takes (pathnodes.h, `tuple_fraction`).
///
/// # Safety
/// The planner's node.
unsafe fn rows_needed(root: *mut pg_sys::PlannerInfo) -> u64 {
    // SAFETY: plain fields of the node.
    let (limit, fraction) = unsafe { ((*root).limit_tuples, (*root).tuple_fraction) };
    if limit >= 1.0 {
        limit as u64
    } else if fraction == 0.0 {
        u64::MAX
    } else {
        fraction.max(1.0) as u64
    }
}

/// True when all columns of an expression are in the rows of a path just as it has them. From 16 on a clause
/// of an outer join may have a clone that sees a column before the join has made it NULL.
///
/// # Safety
/// The planner's nodes.
unsafe fn is_of(value: *mut pg_sys::Node, target: *mut pg_sys::PathTarget) -> bool {
    let flags = pg_sys::PVC_RECURSE_AGGREGATES | pg_sys::PVC_RECURSE_WINDOWFUNCS | pg_sys::PVC_INCLUDE_PLACEHOLDERS;
    // SAFETY: as promised by our caller; both are lists of expressions.
    unsafe {
        let columns = PgList::<pg_sys::Node>::from_pg(pg_sys::pull_var_clause(value, flags as c_int));
        columns.iter_ptr().all(|column| pg_sys::list_member((*target).exprs, column.cast()))
    }
}

/// A new node of this tag, its fields zero (nodes.h, `newNode`).
///
/// # Safety
/// `T` is the struct of the tag.
unsafe fn node<T>(tag: pg_sys::NodeTag) -> *mut T {
    // SAFETY: zeroes are a valid node, whose first field is the tag.
    unsafe {
        let node = pg_sys::palloc0(mem::size_of::<T>());
        (*node.cast::<pg_sys::Node>()).type_ = tag;
        node.cast()
    }
}

/// Makes the plan node (extensible.h, `PlanCustomPath`). The filters are the child's.
#[pg_guard]
unsafe extern "C-unwind" fn plan_prefetch(
    _root: *mut pg_sys::PlannerInfo,
    _rel: *mut pg_sys::RelOptInfo,
    path: *mut pg_sys::CustomPath,
    targets: *mut pg_sys::List,
    _clauses: *mut pg_sys::List,
    children: *mut pg_sys::List,
) -> *mut pg_sys::Plan {
    // SAFETY: the planner's nodes; the path is one of `add_join`'s, with one child.
    unsafe {
        let scan: *mut pg_sys::CustomScan = node(pg_sys::NodeTag::T_CustomScan);
        let private = PgList::<pg_sys::Node>::from_pg((*path).custom_private);
        let (number, needed, values) = (private.get_ptr(0), private.get_ptr(1), private.get_ptr(2));
        let child = PgList::<pg_sys::Plan>::from_pg(children).get_ptr(0);
        (*scan).scan.plan.targetlist = targets;
        (*scan).custom_plans = children;
        (*scan).custom_private = [number, needed]
            .into_iter()
            .fold(ptr::null_mut(), |list, part| pg_sys::lappend(list, part.unwrap_or(ptr::null_mut()).cast()));
        (*scan).custom_exprs = values.unwrap_or(ptr::null_mut()).cast();
        if let Some(child) = child {
            // The rows are the child's, as they are.
            (*scan).custom_scan_tlist = pg_sys::copyObjectImpl((*child).targetlist.cast()).cast();
        }
        (*scan).methods = &SCAN_METHODS.0;
        scan.cast()
    }
}

/// A running node: Postgres's part first.
#[repr(C)]
struct PrefetchState {
    custom: pg_sys::CustomScanState,
    ours: *mut Prefetch,
}

/// What the node keeps. Owned by the query's memory context.
struct Prefetch {
    query: usize,
    number: u64,
    child: *mut pg_sys::PlanState,
    keys: Vec<Key>,
    wanted: Wanted,
    rows: VecDeque<pg_sys::MinimalTuple>,
    /// The row handed on last, which the slot may point into.
    current: pg_sys::MinimalTuple,
    /// How many outer rows have been read since the scan began.
    read: u64,
    /// How many the query is sure to need.
    needed: u64,
    at_end: bool,
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        // The rows go with the memory context.
        RUNNING.with_borrow_mut(|running| running.remove(&(self.query, self.number)));
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn create_prefetch_state(_scan: *mut pg_sys::CustomScan) -> *mut pg_sys::Node {
    // SAFETY: the struct begins with Postgres's.
    unsafe {
        let state: *mut PrefetchState = node(pg_sys::NodeTag::T_CustomScanState);
        (*state).custom.methods = &EXEC_METHODS.0;
        state.cast()
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn begin_prefetch(
    state: *mut pg_sys::CustomScanState,
    query: *mut pg_sys::EState,
    flags: c_int,
) {
    // SAFETY: the executor's nodes; the state is one of `create_prefetch_state`'s, the plan one of
    // `plan_prefetch`'s.
    unsafe {
        let scan = (*state).ss.ps.plan.cast::<pg_sys::CustomScan>();
        let Some(plan) = PgList::<pg_sys::Plan>::from_pg((*scan).custom_plans).get_ptr(0) else { return };
        // The child is read forward only, whatever is asked of this node.
        let flags = flags & !(pg_sys::EXEC_FLAG_BACKWARD | pg_sys::EXEC_FLAG_MARK) as c_int;
        let child = pg_sys::ExecInitNode(plan, query, flags);
        (*state).custom_ps = pg_sys::lappend(ptr::null_mut(), child.cast());
        let private = PgList::<pg_sys::List>::from_pg((*scan).custom_private);
        let [number, needed] = [0, 1].map(|at| read_number(private.get_ptr(at).unwrap_or(ptr::null_mut())));
        let wanted = Wanted::default();
        RUNNING.with_borrow_mut(|running| running.insert((query as usize, number), Rc::clone(&wanted)));
        let prefetch = Prefetch {
            query: query as usize,
            number,
            child,
            keys: lookup::keys_of((*scan).custom_exprs, &mut (*state).ss.ps),
            wanted,
            rows: VecDeque::new(),
            current: ptr::null_mut(),
            read: 0,
            needed,
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

/// The next row of the child, read ahead or now.
#[pg_guard]
unsafe extern "C-unwind" fn next_row(state: *mut pg_sys::ScanState) -> *mut pg_sys::TupleTableSlot {
    // SAFETY: as in `exec_prefetch`; a row is freed when the slot no longer points into it.
    unsafe {
        let slot = (*state).ss_ScanTupleSlot;
        let prefetch = &mut *(*state.cast::<PrefetchState>()).ours;
        pg_sys::ExecClearTuple(slot);
        if !prefetch.current.is_null() {
            pg_sys::pfree(mem::replace(&mut prefetch.current, ptr::null_mut()).cast());
        }
        if prefetch.rows.is_empty() {
            prefetch.read_ahead(&mut (*state).ps, slot);
        }
        if let Some(row) = prefetch.rows.pop_front() {
            prefetch.current = row;
            pg_sys::ExecForceStoreMinimalTuple(row, slot, false);
        }
        // The scan may have had the rows for this one's values, and asked for nothing.
        let values = &mut prefetch.wanted.borrow_mut().values;
        while values.len() > prefetch.rows.len() {
            values.pop_front();
        }
        slot
    }
}

/// A row that has changed while it was being locked is checked again by a plan of its own, whose scans of
/// tables give that one row: the child's next row is the one to go on with, if it has one (execScan.c,
/// `ExecScanFetch`; execMain.c, `EvalPlanQual`).
#[pg_guard]
unsafe extern "C-unwind" fn recheck(state: *mut pg_sys::ScanState, slot: *mut pg_sys::TupleTableSlot) -> bool {
    // SAFETY: as in `exec_prefetch`; the slot keeps a copy of its own.
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
    /// A copy of the child's next row, in the query's memory: the row after it overwrites the one before.
    ///
    /// # Safety
    /// The child is initialised and has not ended.
    unsafe fn next_of_child(&self) -> Option<pg_sys::MinimalTuple> {
        // SAFETY: as promised by our caller (executor.h, `ExecProcNode`; tuptable.h, `ExecCopySlotMinimalTuple`).
        unsafe {
            if !(*self.child).chgParam.is_null() {
                pg_sys::ExecReScan(self.child);
            }
            let row = (*self.child).ExecProcNode?(self.child);
            if row.is_null() || u32::from((*row).tts_flags) & pg_sys::TTS_FLAG_EMPTY != 0 {
                return None;
            }
            let copy = (*(*row).tts_ops).copy_minimal_tuple?;
            let before = pg_sys::MemoryContextSwitchTo((*(*self.child).state).es_query_cxt);
            let row = copy(
                row,
                #[cfg(feature = "pg18")]
                0,
            );
            pg_sys::MemoryContextSwitchTo(before);
            Some(row)
        }
    }

    /// # Safety
    /// `node` is the running node's own part, `slot` its empty slot for rows of the child.
    unsafe fn read_ahead(&mut self, node: *mut pg_sys::PlanState, slot: *mut pg_sys::TupleTableSlot) {
        let most = rows_ahead(self.read, self.needed);
        // SAFETY: the child is initialised; the slot has the row type the key expressions were made for.
        unsafe {
            let context = (*node).ps_ExprContext;
            while !self.at_end && self.rows.len() < most {
                let Some(row) = self.next_of_child() else {
                    self.at_end = true;
                    break;
                };
                self.rows.push_back(row);
                self.read += 1;
                // The expressions expect the node's own kind of slot.
                pg_sys::ExecForceStoreMinimalTuple(row, slot, false);
                (*context).ecxt_scantuple = slot;
                let before = pg_sys::MemoryContextSwitchTo((*context).ecxt_per_tuple_memory);
                let given = lookup::given(&self.keys);
                pg_sys::MemoryContextSwitchTo(before);
                pg_sys::ExecClearTuple(slot);
                pg_sys::MemoryContextReset((*context).ecxt_per_tuple_memory);
                self.wanted.borrow_mut().values.push_back(given);
            }
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn rescan_prefetch(state: *mut pg_sys::CustomScanState) {
    // SAFETY: as in `exec_prefetch`; Postgres passes changed parameters on to no custom child itself
    // (execAmi.c, `ExecReScan`).
    unsafe {
        let prefetch = &mut *(*state.cast::<PrefetchState>()).ours;
        pg_sys::ExecClearTuple((*state).ss.ss_ScanTupleSlot);
        for row in prefetch.rows.drain(..).chain([mem::replace(&mut prefetch.current, ptr::null_mut())]) {
            if !row.is_null() {
                pg_sys::pfree(row.cast());
            }
        }
        let run = prefetch.wanted.borrow().run + 1;
        *prefetch.wanted.borrow_mut() = ReadAhead { run, ..ReadAhead::default() };
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
    // SAFETY: as in `exec_prefetch`; the rest goes with the query's memory context.
    unsafe {
        if let Some(prefetch) = (*state.cast::<PrefetchState>()).ours.as_ref() {
            pg_sys::ExecEndNode(prefetch.child);
        }
    }
}
