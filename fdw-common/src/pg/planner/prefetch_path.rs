//! Nested-loop paths that read their outer side ahead, so that the scan on the inner side knows its next keys (see
//! `scan::prefetch`).

use std::ffi::c_int;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use pgrx::pg_sys::{self, List};
use pgrx::{PgList, pg_guard};

use super::super::scan;
use super::access::{PathPrivate, clauses_of, cost};
use super::base_rel::BaseRel;
use super::expr::{Expr, list_of};
use super::keys::value_of;
use super::relation::RelationInfo;

/// Cost of a loop that reads ahead as a share of one that does not: the same requests, with less waiting.
const COST_SHARE: f64 = 0.9;

static mut PREVIOUS: pg_sys::set_join_pathlist_hook_type = None;

static PATH_METHODS: scan::Methods<pg_sys::CustomPathMethods> = scan::Methods::new(pg_sys::CustomPathMethods {
    CustomName: scan::PREFETCH_NAME.as_ptr(),
    PlanCustomPath: Some(plan_prefetch),
    ReparameterizeCustomPathByChild: None,
});

/// Installs the planner hook, after the node type is registered.
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

/// Adds nested loops that read ahead, for joins with one of our tables on the inner side and lookups by the outer
/// side's values (optimizer/paths.h, `set_join_pathlist_hook`).
#[pg_guard]
unsafe extern "C-unwind" fn add_prefetching_joins(
    root: *mut pg_sys::PlannerInfo,
    joined: *mut pg_sys::RelOptInfo,
    outer: *mut pg_sys::RelOptInfo,
    inner: *mut pg_sys::RelOptInfo,
    kind: pg_sys::JoinType::Type,
    extra: *mut pg_sys::JoinPathExtraData,
) {
    // SAFETY: the nodes are the planner's, as the hook promises; new ones live in its memory. The guarded call holds
    // nothing that has a destructor.
    unsafe {
        if let Some(previous) = PREVIOUS {
            pg_sys::ffi::pg_guard_ffi_boundary(|| previous(root, joined, outer, inner, kind, extra));
        }
        use pg_sys::JoinType::{JOIN_ANTI, JOIN_INNER, JOIN_LEFT, JOIN_SEMI};
        if !matches!(kind, JOIN_INNER | JOIN_LEFT | JOIN_SEMI | JOIN_ANTI) || !scan::is_ours(inner) {
            return;
        }
        let first = (*outer).cheapest_total_path;
        // With a single outer row there is nothing to read ahead.
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
/// The nodes are the planner's: `first` is an unparameterized path of the outer relation, `second` one of our paths
/// of the inner relation that takes only the outer's values.
unsafe fn add_join(join: Join, first: *mut pg_sys::Path, second: *mut pg_sys::ForeignPath) {
    static NUMBERS: AtomicI32 = AtomicI32::new(0);
    let Join { root, joined, outer, kind, extra, .. } = join;
    // SAFETY: the nodes fulfil this function's contract; the copies are flat ones of nodes the planner never frees.
    unsafe {
        let Some(private) = PathPrivate::read((*second).fdw_private) else { return };
        let Some((values, batch)) = values_in(join, &*(*first).pathtarget, second, &private) else { return };
        // The number has to be unique within a plan only; 0 means none.
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
        let numbers = [number, rows_needed(&*root), batch.map_or(0, |most| most as c_int)];
        let numbers = numbers
            .into_iter()
            .fold(ptr::null_mut(), |list, number| pg_sys::lappend(list, pg_sys::makeInteger(number).cast()));
        (*ahead).custom_private = pg_sys::lappend(pg_sys::lappend(ptr::null_mut(), numbers.cast()), values.cast());
        (*ahead).methods = PATH_METHODS.get();

        let inner_path = pg_sys::palloc(mem::size_of::<pg_sys::ForeignPath>()).cast::<pg_sys::ForeignPath>();
        ptr::copy_nonoverlapping(second, inner_path, 1);
        let batched = if batch.is_some() { ((*first).rows as c_int).min(rows_needed(&*root)).max(1) } else { 0 };
        (*inner_path).fdw_private = PathPrivate { prefetch: Some(number), batched, ..private }.write();
        if let Some(most) = batch {
            // The price of each row is its share of the requests of all.
            let requests = ((*first).rows / f64::from(most)).ceil();
            let path = &mut (*inner_path).path;
            path.total_cost = path.total_cost - cost(1, 0.0) + cost(1, 0.0) * requests / (*first).rows;
            path.startup_cost = path.startup_cost.min(path.total_cost);
        }

        let (first, second) = (ahead.cast::<pg_sys::Path>(), inner_path.cast::<pg_sys::Path>());
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
        let cost_of = &mut (*join).jpath.path;
        cost_of.total_cost *= COST_SHARE;
        // The first row waits for a whole request.
        let startup = cost_of.startup_cost.max((*first).startup_cost + cost(1, 0.0));
        cost_of.startup_cost = startup.min(cost_of.total_cost);
        pg_sys::add_path(joined, join.cast());
    }
}

/// The path's values as expressions of the outer rows, and the most of them in one request (see
/// [`RelationInfo::batch`]); `None` if one of them is not in those rows. Since 16 a clause of an outer join may have a
/// clone that sees a column before the join has made it NULL; then the other clause is used.
///
/// # Safety
/// The planner's nodes, as for [`add_join`].
unsafe fn values_in(
    join: Join,
    rows: &pg_sys::PathTarget,
    path: *mut pg_sys::ForeignPath,
    private: &PathPrivate,
) -> Option<(*mut List, Option<u32>)> {
    // SAFETY: the `RelationInfo` was stored when the relation was sized; the clauses are the path's.
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
    Some((list_of(found), info.batch(path)))
}

/// True if the rows of a path contain all columns of an expression unchanged.
fn is_of(value: Expr<'_>, rows: &pg_sys::PathTarget) -> bool {
    let flags = pg_sys::PVC_RECURSE_AGGREGATES | pg_sys::PVC_RECURSE_WINDOWFUNCS | pg_sys::PVC_INCLUDE_PLACEHOLDERS;
    // SAFETY: both are lists of expressions.
    unsafe {
        let columns = Expr::all(pg_sys::pull_var_clause(value.node(), flags as c_int));
        columns.iter().all(|column| pg_sys::list_member(rows.exprs, column.node().cast()))
    }
}

/// The number of rows of this part of the query that are certainly requested, if it has that many: all, those of its
/// LIMIT, or those of an EXISTS or a cursor (pathnodes.h, `tuple_fraction`). It only sets the pace: a plan that runs
/// with another LIMIT continues reading.
fn rows_needed(root: &pg_sys::PlannerInfo) -> c_int {
    let (limit, fraction) = (root.limit_tuples, root.tuple_fraction);
    // A number that is too large saturates.
    if limit >= 1.0 {
        limit as c_int
    } else if fraction == 0.0 {
        c_int::MAX
    } else {
        fraction.max(1.0) as c_int
    }
}

/// Creates the plan node (extensible.h, `PlanCustomPath`). Filters belong to the child.
#[pg_guard]
unsafe extern "C-unwind" fn plan_prefetch(
    _root: *mut pg_sys::PlannerInfo,
    _rel: *mut pg_sys::RelOptInfo,
    path: *mut pg_sys::CustomPath,
    targets: *mut List,
    _clauses: *mut List,
    children: *mut List,
) -> *mut pg_sys::Plan {
    // SAFETY: the nodes are the planner's; the path is one of `add_join`'s, with one child and two private parts.
    unsafe {
        let private = PgList::<pg_sys::Node>::from_pg((*path).custom_private);
        let part = |at| private.get_ptr(at).unwrap_or(ptr::null_mut());
        scan::new_prefetch_node(targets, children, part(0).cast(), part(1).cast()).cast()
    }
}
