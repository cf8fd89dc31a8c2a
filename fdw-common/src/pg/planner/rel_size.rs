//! The list that a query of one foreign table reads, and how many rows it is expected to have.

use std::ptr;

use pgrx::pg_guard;
use pgrx::pg_sys::{self, Oid};

use super::super::catalog::{Settings, columns, settings};
use super::access::access_paths;
use super::base_rel::BaseRel;
use super::bounds::RowBound;
use super::expr::list_of;
use super::filters::Translator;
use super::keys::{candidates, keys_of_filters};
use super::pushdown::{FilterPushdown, pushdown as grade};
use super::relation::RelationInfo;
use super::sort::sort_order;
use crate::filter::{Filter, Search};
use crate::model::Entity;
use crate::options::Pushdown;
use crate::plan::{Lists, RemotePlan, lists};
use crate::source::Source;

/// Decides the request and the number of rows (fdwhandler.h, `GetForeignRelSize`).
#[pg_guard]
pub(in crate::pg) extern "C-unwind" fn get_foreign_rel_size<S: Source>(
    root: *mut pg_sys::PlannerInfo,
    node: *mut pg_sys::RelOptInfo,
    table: Oid,
) {
    // SAFETY: Postgres passes the nodes of a base relation, which live for this planning.
    let Some(rel) = (unsafe { BaseRel::new(root, node) }) else { return };
    let Settings { entity, pushdown, bulk, fan_out, expose_secrets } = settings::<S>(table);
    let guess = Lists { lists: 1, walk: 0, rows: u64::from(entity.typical_rows) };
    let all = lists(entity, fan_out, &|_| None).unwrap_or(guess);
    // SAFETY: plain fields of the node, which this callback is to fill.
    unsafe {
        // Never analyzed: reltuples is unknown or 0.
        if (*node).tuples <= 0.0 {
            (*node).tuples = all.rows as f64;
        }
        pg_sys::set_baserel_size_estimates(root, node);
    }
    let columns = columns::<S>(entity, table, rel.used_columns());
    let candidates = candidates(entity, &columns);
    let mut list = RemotePlan::full_scan(entity, columns, rel.tuples() as u64);
    (list.lists, list.walk, list.expose_secrets, list.bulk) = (all.lists, all.walk, expose_secrets, bulk);
    let mut info = RelationInfo {
        entity,
        list,
        pushdown: pushdown != Pushdown::Off,
        fan_out,
        is_exact: rel.filters().is_empty(),
        filter_values: ptr::null_mut(),
        limit_values: ptr::null_mut(),
        candidates,
        paths: Vec::new(),
    };
    if info.pushdown {
        if pushdown == Pushdown::Search {
            with_search::<S>(rel, &mut info);
        }
        if let (Some(limit), true) = (RowBound::of_query(rel).constant(), is_read_as_it_comes(rel)) {
            info.list = info.list.with_limit(limit);
        }
    }
    let keys = keys_of_filters(rel, &info.candidates);
    let fewest = access_paths(&info, &keys).iter().map(|(path, _)| path.lists.rows as f64).reduce(f64::min);
    // SAFETY: the planner's nodes, whose fields this callback is to fill.
    unsafe {
        if let Some(fewest) = fewest {
            (*node).rows = (*node).rows.min(fewest).max(1.0);
        }
        info.keep(root, node);
    }
}

/// True when nothing between the scan and the query's LIMIT drops or sorts rows: one relation without conditions.
fn is_read_as_it_comes(rel: BaseRel<'_>) -> bool {
    rel.is_alone() && rel.filters().is_empty() && !rel.has_join_clauses() && rel.wanted_order().is_null()
}

/// Has the list searched by the filters that can be, and asked for in the order the query wants where that spares
/// reading the rest.
fn with_search<S: Source>(rel: BaseRel<'_>, info: &mut RelationInfo) {
    let entity = info.entity;
    let restrictions = rel.restrictions();
    let (mut filters, mut searched) = (Vec::new(), Vec::new());
    let mut filter_values = ptr::null_mut();
    if entity.search.is_some() || !entity.parameters.is_empty() {
        let columns = info.list.columns.clone();
        let mut translator = Translator::new(rel.relid(), &columns);
        for (restriction, clause) in restrictions.iter().zip(rel.filters()) {
            let known = translator.parameters.len();
            let filter = translator.filter(clause);
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
    // Filters that Postgres has to apply would drop rows of the first page.
    if let (Some(parameter), true) = (entity.sort, info.is_exact)
        && let Some(order) = sort_order(rel, &parameter, &info.list)
    {
        match (RowBound::of_query(rel), RowBound::expressions(rel)) {
            (RowBound::Constant(limit), _) if limit <= u64::from(info.list.page_size) => {
                info.list = info.list.clone().with_sort(&parameter, order).with_limit(limit);
            }
            (RowBound::WhenRun, Some(limits)) => {
                info.list.late_sort = Some(order);
                info.list.limit_values = limits.len();
                info.limit_values = list_of(limits);
            }
            _ => {}
        }
    }
}

/// How many searches the filters are expected to take.
fn number_of_searches<S: Source>(entity: &Entity, filters: &[Filter]) -> u64 {
    match entity.search.map(|parameter| S::search(&parameter, filters)) {
        Some(Search::Queries(queries)) => queries.len() as u64,
        Some(Search::Whole | Search::Nothing) | None => 1,
    }
}
