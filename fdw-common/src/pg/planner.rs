//! Planner callbacks: which columns a query needs, what that will cost, and a plan that survives
//! being copied. Nothing here touches the network.

use std::ffi::CString;
use std::ptr;

use pgrx::pg_guard;
use pgrx::pg_sys::{self, Oid};

use super::catalog::{columns, table_options, unreadable_plan};
use super::report::{OrRaise, raise};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind};
use crate::plan::RemotePlan;
use crate::source::{Source, find_entity};

/// What a request costs in the planner's unit, the read of a page from disk: a round trip over the
/// internet takes some hundred times as long.
const COST_PER_REQUEST: f64 = 500.0;

/// Decides the request and the number of rows (fdwhandler.h, `GetForeignRelSize`).
#[pg_guard]
pub(super) extern "C-unwind" fn get_foreign_rel_size<S: Source>(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    table: Oid,
) {
    // SAFETY: Postgres passes valid planner nodes that live for this planning; everything stored in
    // them is allocated in the planner's memory context.
    unsafe {
        let entity = find_entity::<S>(table_options::<S>(table).text("object").or_raise()).or_raise();
        // Never analyzed: reltuples is unknown or 0.
        if (*rel).tuples <= 0.0 {
            (*rel).tuples = f64::from(entity.typical_rows);
        }
        let columns = columns::<S>(table, |attno| is_used(rel, attno));
        let mut plan = RemotePlan::full_scan(entity, columns, (*rel).tuples as u64);
        if let Some(limit) = limit_of_scan(root, rel) {
            plan = plan.with_limit(limit);
        }
        (*rel).fdw_private = write_plan(&plan).cast();
        pg_sys::set_baserel_size_estimates(root, rel);
    }
}

/// How many rows the query reads of this scan at most, where its LIMIT is also the scan's: one
/// relation, and nothing between the two that drops or sorts rows.
///
/// # Safety
/// Both are the planner's nodes of a base relation.
unsafe fn limit_of_scan(root: *mut pg_sys::PlannerInfo, rel: *mut pg_sys::RelOptInfo) -> Option<u64> {
    // SAFETY: plain fields of the nodes. The limit is unset (-1) under grouping, DISTINCT, windows and
    // set-returning functions (planner.c, grouping_planner).
    unsafe {
        let alone = pg_sys::bms_equal((*root).all_baserels, (*rel).relids);
        let unfiltered = (*rel).baserestrictinfo.is_null() && (*rel).joininfo.is_null();
        let unsorted = (*root).query_pathkeys.is_null();
        let limit = (*root).limit_tuples;
        (alone && unfiltered && unsorted && limit >= 1.0).then_some(limit as u64)
    }
}

/// True when the query reads the column: in its output, in a filter, or as part of the whole row.
///
/// # Safety
/// `rel` is the planner's node of a base relation.
unsafe fn is_used(rel: *mut pg_sys::RelOptInfo, attno: i16) -> bool {
    // SAFETY: both lists belong to the node; the set is freed with the planner's context.
    unsafe {
        let mut used = ptr::null_mut();
        pg_sys::pull_varattnos((*(*rel).reltarget).exprs.cast(), (*rel).relid, &mut used);
        for restriction in pgrx::PgList::<pg_sys::RestrictInfo>::from_pg((*rel).baserestrictinfo).iter_ptr() {
            pg_sys::pull_varattnos((*restriction).clause.cast(), (*rel).relid, &mut used);
        }
        let member = |attno: i32| pg_sys::bms_is_member(attno - pg_sys::FirstLowInvalidHeapAttributeNumber, used);
        let found = member(0) || member(i32::from(attno));
        pg_sys::bms_free(used);
        found
    }
}

/// Adds the one path there is, the full scan (fdwhandler.h, `GetForeignPaths`).
#[pg_guard]
pub(super) extern "C-unwind" fn get_foreign_paths(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    _table: Oid,
) {
    // SAFETY: as in `get_foreign_rel_size`, which has set fdw_private.
    unsafe {
        let plan = read_plan((*rel).fdw_private.cast());
        let fetched = (*rel).tuples;
        let startup = COST_PER_REQUEST;
        let total = plan.expected_requests() as f64 * COST_PER_REQUEST + fetched * pg_sys::cpu_tuple_cost;
        let path = pg_sys::create_foreignscan_path(
            root,
            rel,
            ptr::null_mut(),
            (*rel).rows,
            #[cfg(feature = "pg18")]
            0,
            startup,
            total,
            ptr::null_mut(),
            (*rel).lateral_relids,
            ptr::null_mut(),
            #[cfg(any(feature = "pg17", feature = "pg18"))]
            ptr::null_mut(),
            ptr::null_mut(),
        );
        pg_sys::add_path(rel, path.cast());
    }
}

/// Makes the plan node; all filters stay with Postgres (fdwhandler.h, `GetForeignPlan`).
#[pg_guard]
pub(super) extern "C-unwind" fn get_foreign_plan(
    _root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    _table: Oid,
    _path: *mut pg_sys::ForeignPath,
    targets: *mut pg_sys::List,
    clauses: *mut pg_sys::List,
    outer_plan: *mut pg_sys::Plan,
) -> *mut pg_sys::ForeignScan {
    // SAFETY: as in `get_foreign_rel_size`; the private list is made of nodes copyObject knows, so
    // that a cached plan stays whole.
    unsafe {
        let filters = pg_sys::extract_actual_clauses(clauses, false);
        pg_sys::make_foreignscan(
            targets,
            filters,
            (*rel).relid,
            ptr::null_mut(),
            (*rel).fdw_private.cast(),
            ptr::null_mut(),
            ptr::null_mut(),
            outer_plan,
        )
    }
}

/// The plan as a list with one String node.
fn write_plan(plan: &RemotePlan) -> *mut pg_sys::List {
    let text = serde_json::to_string(plan)
        .ok()
        .and_then(|text| CString::new(text).ok())
        .unwrap_or_else(|| raise(Error::new(ErrorKind::Internal, "the plan of a foreign scan cannot be written")));
    // SAFETY: copies the text into the current memory context, which outlives the plan.
    unsafe { pg_sys::lappend(ptr::null_mut(), pg_sys::makeString(pg_sys::pstrdup(text.as_ptr())).cast()) }
}

/// The plan that `write_plan` wrote.
///
/// # Safety
/// `list` is null or a list of nodes.
pub(super) unsafe fn read_plan(list: *mut pg_sys::List) -> RemotePlan {
    // SAFETY: the caller vouches for the list; the node's type is checked before its text is read.
    let text = unsafe {
        let nodes = pgrx::PgList::<pg_sys::Node>::from_pg(list);
        match nodes.get_ptr(0) {
            Some(node) if (*node).type_ == pg_sys::NodeTag::T_String => {
                super::catalog::text_of((*node.cast::<pg_sys::String>()).sval)
            }
            _ => raise(unreadable_plan("it is not a string")),
        }
    };
    serde_json::from_str(&text).unwrap_or_else(|error| raise(unreadable_plan(&error.to_string())))
}

/// The entity a plan is for.
pub(super) fn entity_of<S: Source>(plan: &RemotePlan) -> &'static Entity {
    find_entity::<S>(Some(&plan.entity)).or_raise()
}
