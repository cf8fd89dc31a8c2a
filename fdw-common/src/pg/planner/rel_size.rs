//! The list that a query of one foreign table reads, and its expected number of rows.

use std::ptr;

use pgrx::pg_guard;
use pgrx::pg_sys::{self, Oid};

use super::super::catalog::{Settings, TableColumns, columns, settings};
use super::access::access_paths;
use super::base_rel::BaseRel;
use super::bounds::{RowBound, is_never_run};
use super::expr::{Expr, list_of};
use super::filters::{Translator, is_implied};
use super::keys::{candidates, keys_of_filters};
use super::pushdown::{FilterPushdown, pushdown as grade};
use super::relation::{InOrder, RelationInfo};
use super::sort::{WantedOrder, wanted_order};
use crate::filter::{Filter, Search};
use crate::model::Entity;
use crate::options::Pushdown;
use crate::plan::{ConstantColumn, ListEstimate, RemotePlan, SortOrder, estimate_lists};
use crate::source::Source;

/// Decides the request and estimates the number of rows (fdwhandler.h, `GetForeignRelSize`).
#[pg_guard]
pub(in crate::pg) extern "C-unwind" fn get_foreign_rel_size<S: Source>(
    root: *mut pg_sys::PlannerInfo,
    node: *mut pg_sys::RelOptInfo,
    table: Oid,
) {
    // SAFETY: Postgres passes the nodes of a base relation, which live during this planning.
    let Some(rel) = (unsafe { BaseRel::new(root, node) }) else { return };
    let Settings { entity, pushdown, bulk, fan_out, expose_secrets } = settings::<S>(table);
    let guess = ListEstimate { lists: 1, walk: 0, rows: u64::from(entity.typical_rows) };
    let all = estimate_lists(entity, fan_out, &|_| None).unwrap_or(guess);
    // SAFETY: plain fields of the node, which this callback has to fill.
    unsafe {
        // Never analyzed: reltuples is unknown or 0.
        if (*node).tuples <= 0.0 {
            (*node).tuples = all.rows as f64;
        }
        pg_sys::set_baserel_size_estimates(root, node);
    }
    let TableColumns { read, constants } = columns::<S>(entity, table, rel.used_columns());
    let candidates = candidates(entity, &read);
    let mut list = RemotePlan { constants, ..RemotePlan::full_scan(entity, read, rel.tuples() as u64) };
    let restrictions = not_implied(rel, &list.constants);
    (list.lists, list.walk, list.expose_secrets, list.bulk) = (all.lists, all.walk, expose_secrets, bulk);
    let mut info = RelationInfo {
        entity,
        list,
        in_order: None,
        pushdown: pushdown != Pushdown::Off,
        searches: pushdown == Pushdown::Search,
        fan_out,
        is_exact: restrictions.is_empty(),
        is_never_run: is_never_run(rel),
        filter_values: ptr::null_mut(),
        limit_values: ptr::null_mut(),
        candidates,
        paths: Vec::new(),
    };
    if info.pushdown {
        if pushdown == Pushdown::Search {
            with_search::<S>(rel, &restrictions, &mut info);
        }
        if let (Some(limit), true) =
            (RowBound::of_query(rel).constant(), restrictions.is_empty() && keeps_rows_in_order(rel))
        {
            info.list = info.list.with_limit(limit);
        }
    }
    let keys = keys_of_filters(rel, &info.candidates);
    let fewest = access_paths(&info, &keys).iter().map(|(path, _)| path.lists.rows as f64).reduce(f64::min);
    // SAFETY: the nodes are the planner's; this callback has to fill their fields.
    unsafe {
        if let Some(fewest) = fewest {
            (*node).rows = (*node).rows.min(fewest).max(1.0);
        }
        info.keep(root, node);
    }
}

/// True if no join or sort between the scan and the query's LIMIT drops or reorders rows.
fn keeps_rows_in_order(rel: BaseRel<'_>) -> bool {
    rel.is_alone() && !rel.has_join_clauses() && rel.wanted_order().is_null()
}

/// Adds to the list a search for the filters that can be sent, and the query's order if sorting avoids reading the
/// rest.
fn with_search<S: Source>(rel: BaseRel<'_>, restrictions: &[Restriction<'_>], info: &mut RelationInfo) {
    let entity = info.entity;
    let (mut filters, mut searched) = (Vec::new(), Vec::new());
    let mut filter_values = ptr::null_mut();
    if entity.search.is_some() || !entity.parameters.is_empty() {
        let columns = info.list.columns.clone();
        let mut translator = Translator::new(rel.relid(), &columns);
        for (restriction, clause) in restrictions {
            let known = translator.parameters.len();
            let filter = translator.filter(*clause);
            if grade::<S>(entity, std::slice::from_ref(&filter)) == FilterPushdown::Unsupported {
                translator.parameters.truncate(known);
            } else {
                filters.push(filter);
                searched.push(*restriction);
            }
        }
        filter_values = list_of(translator.parameters);
    }
    if !filters.is_empty() {
        info.is_exact = filters.len() == restrictions.len() && grade::<S>(entity, &filters) == FilterPushdown::Exact;
        let searches = number_of_searches::<S>(entity, &filters);
        let found = (rel.tuples() * rel.selectivity(&searched)).max(1.0).round();
        info.list = info.list.clone().with_filters(filters, searches, found as u64);
        info.filter_values = filter_values;
    }
    let wanted = entity.sort.and_then(|parameter| Some((parameter, wanted_order(rel, &parameter, &info.list)?)));
    let Some((parameter, WantedOrder { order, is_all, pathkeys })) = wanted else { return };
    let in_order = |info: &RelationInfo, order| Some(InOrder { plan: read_in_order(rel, info, order)?, pathkeys });
    match (RowBound::of_query(rel), RowBound::expressions(rel)) {
        // Conditions that Postgres applies would drop rows of the first page.
        _ if !info.is_exact || !is_all => info.in_order = in_order(info, order),
        (RowBound::Constant(limit), _) if limit <= u64::from(info.list.page_size) => {
            info.list = info.list.clone().with_sort(&parameter, order).with_limit(limit);
        }
        (RowBound::WhenRun, Some(limits)) => {
            info.list.late_sort = Some(order);
            info.list.limit_values = limits.len();
            info.limit_values = list_of(limits);
        }
        _ => info.in_order = in_order(info, order),
    }
}

/// The list read page by page in an order, if its slices have that order. The number of rows is estimated from the LIMIT
/// and the selectivity of the conditions.
fn read_in_order(rel: BaseRel<'_>, info: &RelationInfo, order: SortOrder) -> Option<RemotePlan> {
    info.entity.slices().filter(|by| by.time == order.member)?;
    let RelationInfo { list, .. } = info;
    let share = rel.fields().1.rows / (list.expected_rows as f64).max(1.0);
    let wanted = RowBound::of_query(rel)
        .constant()
        .map_or(u64::from(list.page_size), |limit| (limit as f64 / share.clamp(1e-6, 1.0)) as u64);
    Some(list.clone().read_in_order(order, wanted.max(1)))
}

/// A condition of the query: the planner's node and its expression.
type Restriction<'p> = (*mut pg_sys::RestrictInfo, Expr<'p>);

/// The conditions on a relation that its constant columns do not already fulfil.
fn not_implied<'p>(rel: BaseRel<'p>, constants: &[ConstantColumn]) -> Vec<Restriction<'p>> {
    let conditions = rel.restrictions().into_iter().zip(rel.filters());
    conditions.filter(|(_, clause)| !is_implied(rel.relid(), *clause, constants)).collect()
}

/// The expected number of searches for the filters.
fn number_of_searches<S: Source>(entity: &Entity, filters: &[Filter]) -> u64 {
    match entity.search.map(|parameter| S::search(&parameter, filters)) {
        Some(Search::Queries(queries)) => queries.len() as u64,
        Some(Search::Whole | Search::Nothing) | None => 1,
    }
}
