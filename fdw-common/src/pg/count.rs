//! `count(*)` of a whole list: one request for the total it states.
//!
//! Only where nothing stands between the rows and their number: no grouping, and no filter but those a
//! search answers exactly. A total at the wall is no number ("that many or more"): then the rows are read
//! and counted.

use std::ptr;

use pgrx::pg_sys;
use pgrx::{PgList, pg_guard};

use super::planner::{COST_PER_REQUEST, entity_of, is_exact, read_plan, write_plan};
use crate::plan::RemotePlan;
use crate::source::Source;

/// Adds a path for `select count(*)` (fdwhandler.h, `GetForeignUpperPaths`).
#[pg_guard]
pub(super) extern "C-unwind" fn get_foreign_upper_paths<S: Source>(
    root: *mut pg_sys::PlannerInfo,
    stage: pg_sys::UpperRelationKind::Type,
    input: *mut pg_sys::RelOptInfo,
    output: *mut pg_sys::RelOptInfo,
    _extra: *mut std::ffi::c_void,
) {
    // SAFETY: Postgres passes valid planner nodes; a base relation of ours has its plan in fdw_private,
    // set by `get_foreign_rel_size`.
    unsafe {
        let is_base = (*input).reloptkind == pg_sys::RelOptKind::RELOPT_BASEREL;
        if stage != pg_sys::UpperRelationKind::UPPERREL_GROUP_AGG || !is_base || (*input).fdw_private.is_null() {
            return;
        }
        let plan = read_plan((*input).fdw_private.cast());
        let target = (*root).upper_targets[stage as usize];
        let entity = entity_of::<S>(&plan);
        if !plan.pushdown
            || !entity.is_counted()
            || !plan.is_bound()
            || !is_exact::<S>(input, entity, &plan)
            || !is_plain_count((*root).parse, target)
        {
            return;
        }
        let bulk = plan.bulk;
        let count = RemotePlan { bulk, ..RemotePlan::count(entity).with_filters(plan.filters, 1, 1) };
        (*output).fdw_private = write_plan(&count).cast();
        let cost = COST_PER_REQUEST + pg_sys::cpu_tuple_cost;
        let path = pg_sys::create_foreign_upper_path(
            root,
            output,
            target,
            1.0,
            #[cfg(feature = "pg18")]
            0,
            cost,
            cost,
            ptr::null_mut(),
            ptr::null_mut(),
            #[cfg(any(feature = "pg17", feature = "pg18"))]
            ptr::null_mut(),
            ptr::null_mut(),
        );
        pg_sys::add_path(output, path.cast());
    }
}

/// True for a query without grouping whose only results are `count(*)`.
///
/// # Safety
/// The planner's nodes.
unsafe fn is_plain_count(query: *mut pg_sys::Query, target: *mut pg_sys::PathTarget) -> bool {
    // SAFETY: as promised by our caller; a node's tag says its type.
    unsafe {
        let query = &*query;
        let ungrouped = query.groupClause.is_null() && query.groupingSets.is_null() && query.havingQual.is_null();
        let results = PgList::<pg_sys::Node>::from_pg((*target).exprs);
        ungrouped
            && !query.hasTargetSRFs
            && !results.is_empty()
            && results.iter_ptr().all(|node| {
                let aggregate = node.cast::<pg_sys::Aggref>();
                (*node).type_ == pg_sys::NodeTag::T_Aggref
                    && (*aggregate).aggfnoid.to_u32() == pg_sys::F_COUNT_
                    && (*aggregate).aggfilter.is_null()
            })
    }
}
