//! `count(*)` of a whole list: one request for the total in the response.
//!
//! Only if the number of rows is the list's total: no grouping, and only filters that a search answers exactly. A
//! total equal to the page cap only means "that many or more"; the rows are then read and counted.

use pgrx::pg_guard;
use pgrx::pg_sys;

use super::super::version;
use super::access::COST_PER_REQUEST;
use super::expr::Expr;
use super::relation::RelationInfo;
use crate::plan::RemotePlan;

/// Adds a path for `select count(*)` (fdwhandler.h, `GetForeignUpperPaths`).
#[pg_guard]
pub(in crate::pg) extern "C-unwind" fn get_foreign_upper_paths(
    root: *mut pg_sys::PlannerInfo,
    stage: pg_sys::UpperRelationKind::Type,
    input: *mut pg_sys::RelOptInfo,
    output: *mut pg_sys::RelOptInfo,
    _extra: *mut std::ffi::c_void,
) {
    // SAFETY: Postgres passes valid planner nodes and calls this for a relation of ours, which as a base relation has
    // its `RelationInfo`.
    let (query, results, target, info) = unsafe {
        let is_base = (*input).reloptkind == pg_sys::RelOptKind::RELOPT_BASEREL;
        if stage != pg_sys::UpperRelationKind::UPPERREL_GROUP_AGG || !is_base {
            return;
        }
        let Some(info) = RelationInfo::of(input) else { return };
        let target = (*root).upper_targets[stage as usize];
        (&*(*root).parse, Expr::all((*target).exprs), target, info)
    };
    let RelationInfo { entity, ref list, .. } = *info;
    let may_be_counted = info.pushdown && entity.is_counted() && list.is_bound() && info.is_exact;
    if !may_be_counted || !is_plain_count(query, &results) {
        return;
    }
    let count = RemotePlan { bulk: list.bulk, ..RemotePlan::count(entity).with_filters(list.filters.clone(), 1, 1) };
    let info = RelationInfo {
        entity,
        list: count,
        in_order: None,
        pushdown: true,
        searches: false,
        fan_out: info.fan_out,
        is_exact: true,
        is_never_run: false,
        filter_values: info.filter_values,
        limit_values: std::ptr::null_mut(),
        candidates: Vec::new(),
        paths: Vec::new(),
    };
    // SAFETY: the nodes are the planner's; only we plan the upper relation, because all of its rows are ours.
    unsafe {
        info.keep(root, output);
        let cost = COST_PER_REQUEST + pg_sys::cpu_tuple_cost;
        pg_sys::add_path(output, version::one_row_upper_path(root, output, target, cost).cast());
    }
}

/// True for a query without grouping that returns only `count(*)`.
fn is_plain_count(query: &pg_sys::Query, results: &[Expr<'_>]) -> bool {
    let is_ungrouped = query.groupClause.is_null() && query.groupingSets.is_null() && query.havingQual.is_null();
    let is_count = |result: &Expr<'_>| {
        result
            .get::<pg_sys::Aggref>()
            .is_some_and(|aggregate| aggregate.aggfnoid.to_u32() == pg_sys::F_COUNT_ && aggregate.aggfilter.is_null())
    };
    is_ungrouped && !query.hasTargetSRFs && !results.is_empty() && results.iter().all(is_count)
}
