//! Paths for nested loops whose outer side is read ahead, so that the scan on the inner side knows its next keys (see
//! `scan::prefetch`).

use std::ffi::c_int;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use pgrx::pg_sys::{self, List};
use pgrx::{PgList, pg_guard};

use super::super::scan;
use super::access::{PathPrivate, clauses_of};
use super::base_rel::BaseRel;
use super::expr::{Expr, list_of};
use super::keys::value_of;
use super::relation::RelationInfo;

/// The share of a loop's cost that is left when it is read ahead: the same requests, with less waiting.
const COST_SHARE: f64 = 0.9;

static mut PREVIOUS: pg_sys::set_join_pathlist_hook_type = None;

static PATH_METHODS: scan::Methods<pg_sys::CustomPathMethods> = scan::Methods::new(pg_sys::CustomPathMethods {
    CustomName: scan::PREFETCH_NAME.as_ptr(),
    PlanCustomPath: Some(plan_prefetch),
    ReparameterizeCustomPathByChild: None,
});

/// Puts the planner's hook in place, once the node it makes is known.
pub(super) fn install() {
    scan::register_prefetch();
    // SAFETY: the library is loaded on the backend's only thread, once.
    unsafe {
        PREVIOUS = pg_sys::set_join_pathlist_hook;
        pg_sys::set_join_pathlist_hook = Some(add_prefetching_joins);
    }
}

/// The planner's nodes of a join, as its hook passes them.
#[derive(Clone, Copy)]
struct Join {
    root: *mut pg_sys::PlannerInfo,
    joined: *mut pg_sys::RelOptInfo,
    outer: *mut pg_sys::RelOptInfo,
    inner: *mut pg_sys::RelOptInfo,
    kind: pg_sys::JoinType::Type,
    extra: *mut pg_sys::JoinPathExtraData,
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
    // SAFETY: the planner's nodes, as the hook promises; new ones live in its memory. The guarded call holds nothing that
    // has a destructor.
    unsafe {
        if let Some(previous) = PREVIOUS {
            pg_sys::ffi::pg_guard_ffi_boundary(|| previous(root, joined, outer, inner, kind, extra));
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
        let join = Join { root, joined, outer, inner, kind, extra };
        for path in PgList::<pg_sys::Path>::from_pg((*inner).pathlist).iter_ptr() {
            let parameters = (*path).param_info;
            if (*path).type_ == pg_sys::NodeTag::T_ForeignPath
                && !parameters.is_null()
                && pg_sys::bms_is_subset((*parameters).ppi_req_outer, (*outer).relids)
            {
                add_join(join, first, path.cast());
            }
        }
    }
}

/// Adds the join of an outer path, read ahead, with one of our paths that takes its values.
///
/// # Safety
/// The planner's nodes: `first` is an unparameterised path of the outer relation, `second` one of our paths of the inner
/// that takes no more than the outer's values.
unsafe fn add_join(join: Join, first: *mut pg_sys::Path, second: *mut pg_sys::ForeignPath) {
    static NUMBERS: AtomicI32 = AtomicI32::new(0);
    let Join { root, joined, outer, kind, extra, .. } = join;
    // SAFETY: the nodes are what this function asks for; the copies are flat ones of nodes the planner never frees.
    unsafe {
        let Some(private) = PathPrivate::read((*second).fdw_private) else { return };
        let Some(values) = values_in(join, &*(*first).pathtarget, second, &private) else { return };
        // Unique in a plan, which is all it takes; 0 is none.
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed) % (i32::MAX - 1) + 1;
        let ahead: *mut pg_sys::CustomPath = scan::new_node(pg_sys::NodeTag::T_CustomPath);
        (*ahead).path.pathtype = pg_sys::NodeTag::T_CustomScan;
        (*ahead).path.parent = outer;
        (*ahead).path.pathtarget = (*first).pathtarget;
        (*ahead).path.rows = (*first).rows;
        (*ahead).path.startup_cost = (*first).startup_cost;
        (*ahead).path.total_cost = (*first).total_cost;
        super::super::version::copy_disabled_nodes(&*first, &mut (*ahead).path);
        (*ahead).path.pathkeys = (*first).pathkeys;
        (*ahead).custom_paths = pg_sys::lappend(ptr::null_mut(), first.cast());
        (*ahead).custom_private = [pg_sys::makeInteger(number).cast(), pg_sys::makeInteger(rows_needed(&*root)).cast()]
            .into_iter()
            .chain([values.cast()])
            .fold(ptr::null_mut(), |list, part: *mut std::ffi::c_void| pg_sys::lappend(list, part));
        (*ahead).methods = PATH_METHODS.get();

        let looked_up = pg_sys::palloc(mem::size_of::<pg_sys::ForeignPath>()).cast::<pg_sys::ForeignPath>();
        ptr::copy_nonoverlapping(second, looked_up, 1);
        (*looked_up).fdw_private = PathPrivate { prefetch: Some(number), ..private }.write();

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
        (*join).jpath.path.total_cost *= COST_SHARE;
        (*join).jpath.path.startup_cost = (*join).jpath.path.startup_cost.min((*join).jpath.path.total_cost);
        pg_sys::add_path(joined, join.cast());
    }
}

/// The path's values as expressions of the outer rows; nothing when one of them is not in those. From 16 on a clause
/// of an outer join may have a clone that sees a column before the join has made it NULL: then the other one is.
///
/// # Safety
/// The planner's nodes, as for [`add_join`].
unsafe fn values_in(
    join: Join,
    rows: &pg_sys::PathTarget,
    path: *mut pg_sys::ForeignPath,
    private: &PathPrivate,
) -> Option<*mut List> {
    // SAFETY: the relation's facts were kept when it was sized; the clauses are the path's.
    let (rel, info, values, clauses) = unsafe {
        let rel = BaseRel::new(join.root, join.inner)?;
        let clauses = clauses_of(&*(*path).path.param_info);
        (rel, RelationInfo::of(join.inner)?, Expr::all(private.values), clauses)
    };
    let path = info.paths.get(usize::try_from(private.path).ok()?)?;
    let mut found = Vec::new();
    for (column, value) in path.keys.iter().zip(values) {
        let candidate = info.candidates.iter().find(|candidate| candidate.column == *column)?;
        let others = clauses.iter().filter_map(|clause| value_of(rel, *clause, *candidate));
        found.push(std::iter::once(value).chain(others).find(|value| is_of(*value, rows))?);
    }
    Some(list_of(found))
}

/// True when all columns of an expression are in the rows of a path just as it has them.
fn is_of(value: Expr<'_>, rows: &pg_sys::PathTarget) -> bool {
    let flags = pg_sys::PVC_RECURSE_AGGREGATES | pg_sys::PVC_RECURSE_WINDOWFUNCS | pg_sys::PVC_INCLUDE_PLACEHOLDERS;
    // SAFETY: both are lists of expressions.
    unsafe {
        let columns = Expr::all(pg_sys::pull_var_clause(value.node(), flags as c_int));
        columns.iter().all(|column| pg_sys::list_member(rows.exprs, column.node().cast()))
    }
}

/// How many rows of this part of the query are sure to be asked for, if there are so many: all, or those of
/// its LIMIT, or what an EXISTS or a cursor takes (pathnodes.h, `tuple_fraction`). Only a pace: a plan that runs with
/// another LIMIT reads on.
fn rows_needed(root: &pg_sys::PlannerInfo) -> c_int {
    let (limit, fraction) = (root.limit_tuples, root.tuple_fraction);
    // A number that is too large becomes the largest there is.
    if limit >= 1.0 {
        limit as c_int
    } else if fraction == 0.0 {
        c_int::MAX
    } else {
        fraction.max(1.0) as c_int
    }
}

/// Makes the plan node (extensible.h, `PlanCustomPath`). The filters are the child's.
#[pg_guard]
unsafe extern "C-unwind" fn plan_prefetch(
    _root: *mut pg_sys::PlannerInfo,
    _rel: *mut pg_sys::RelOptInfo,
    path: *mut pg_sys::CustomPath,
    targets: *mut List,
    _clauses: *mut List,
    children: *mut List,
) -> *mut pg_sys::Plan {
    // SAFETY: the planner's nodes; the path is one of `add_join`'s, with one child and three private parts.
    unsafe {
        let private = PgList::<pg_sys::Node>::from_pg((*path).custom_private);
        let part = |at| private.get_ptr(at).unwrap_or(ptr::null_mut());
        let numbers = pg_sys::lappend(pg_sys::lappend(ptr::null_mut(), part(0).cast()), part(1).cast());
        scan::new_prefetch_node(targets, children, numbers, part(2).cast()).cast()
    }
}
