//! The paths to a table's rows: its list, and each lookup or list for which filters or joins provide values.

use std::ptr;

use pgrx::PgList;
use pgrx::pg_guard;
use pgrx::pg_sys::{self, List, Oid, Relids};

use super::super::backend::cpu_tuple_cost;
use super::super::version::{self, ForeignPathParts};
use super::base_rel::BaseRel;
use super::expr::{Expr, list_of};
use super::keys::{Key, expected_values, keys_of_filters, keys_of_joins, value_for, value_of};
use super::relation::{AccessPath, RelationInfo};
use crate::model::Paging;
use crate::plan::{Access, ListEstimate, estimate_lists};

/// The cost of a request in the planner's unit, the sequential read of a page from disk: a round trip over the
/// internet takes some hundred times as long.
pub(super) const COST_PER_REQUEST: f64 = 500.0;

/// The cost of a list that cannot be read: it ends in an error, so any other path is preferred (costsize.c,
/// disable_cost).
const COST_OF_UNREADABLE: f64 = 1.0e10;

/// The disabled nodes of a list that cannot be read, for Postgres 18, which compares them before the cost: more than
/// any plan has because of settings (`enable_nestloop` …).
const NODES_OF_UNREADABLE: i32 = 1000;

/// The cost of a search in addition to its requests: enough that a lookup of one row, which sees every change at
/// once, is preferred.
const COST_OF_SEARCH: f64 = COST_PER_REQUEST / 10.0;

/// Requests that wait for each other take so many times as long as those that are sent side by side.
const ONE_BY_ONE: u64 = 3;

/// Everything that can be asked for with these values, each with the values in the order of the path's keys: every
/// lookup that needs no others, and the lists that they pick.
pub(super) fn access_paths<'p>(info: &RelationInfo, keys: &[Key<'p>]) -> Vec<(AccessPath, Vec<Key<'p>>)> {
    let count = |column: &str| value_for(keys, column).map(|key| expected_values(key.value));
    let values = |columns: &[&'static str]| columns.iter().filter_map(|column| value_for(keys, column)).collect();
    let mut paths = Vec::new();
    let lookups = info.entity.lookups.iter().enumerate().filter(|_| info.pushdown);
    for (index, lookup) in lookups {
        let requests = lookup.columns().map(count).try_fold(1u64, |all, values| Some(all.saturating_mul(values?)));
        if let Some(requests) = requests {
            let columns: Vec<&'static str> = lookup.columns().collect();
            let (values, lists) = (values(&columns), ListEstimate { lists: 1, walk: 0, rows: requests });
            paths.push((AccessPath { access: Access::Lookup(index), keys: columns, requests, lists }, values));
        }
    }
    let columns: Vec<&'static str> = info.entity.required().filter(|column| count(column).is_some()).collect();
    if let (false, Ok(lists)) = (columns.is_empty(), estimate_lists(info.entity, info.fan_out, &count)) {
        let selected = info.list.clone().with_keys(info.entity, Vec::new(), lists);
        let (values, requests) = (values(&columns), selected.expected_requests());
        paths.push((AccessPath { access: Access::List, keys: columns, requests, lists }, values));
    }
    paths
}

/// Adds the list and every path with values from filters or joins (fdwhandler.h, `GetForeignPaths`).
#[pg_guard]
pub(in crate::pg) extern "C-unwind" fn get_foreign_paths(
    root: *mut pg_sys::PlannerInfo,
    node: *mut pg_sys::RelOptInfo,
    _table: Oid,
) {
    // SAFETY: Postgres passes the nodes of a base relation; `get_foreign_rel_size` has stored its `RelationInfo`.
    let (Some(rel), Some(info)) = (unsafe { (BaseRel::new(root, node), RelationInfo::of(node)) }) else { return };
    let of_filters = keys_of_filters(rel, &info.candidates);
    let mut found: Vec<_> =
        access_paths(info, &of_filters).into_iter().map(|(path, keys)| (path, keys, ptr::null_mut())).collect();
    let of_joins = keys_of_joins(rel, &info.candidates);
    for outer in distinct_outers(&of_joins) {
        let mut keys = of_filters.clone();
        for key in of_joins.iter().filter(|key| is_subset(key.outer, outer)) {
            if value_for(&keys, key.candidate.column).is_none() {
                keys.push(*key);
            }
        }
        for (path, keys) in access_paths(info, &keys) {
            if keys.iter().any(|key| !key.outer.is_null()) {
                found.push((path, with_values_of_path(rel, &keys, outer), outer));
            }
        }
    }
    add_list(rel, info, !found.is_empty());
    if let Some(in_order) = &info.in_order {
        add_list_in_order(rel, info, in_order.pathkeys);
    }
    for (path, keys, outer) in found {
        let private = PathPrivate {
            path: info.paths.len() as i32,
            values: list_of(keys.iter().map(|key| key.value)),
            prefetch: None,
            batched: 0,
        };
        add_path(rel, path.requests, path.lists.rows as f64, outer, private.write());
        info.paths.push(path);
    }
}

fn is_subset(one: Relids, other: Relids) -> bool {
    // SAFETY: the sets are the planner's.
    unsafe { pg_sys::bms_is_subset(one, other) }
}

/// The sets of outer relations that may provide values: each by itself, and all of them together.
fn distinct_outers(keys: &[Key<'_>]) -> Vec<Relids> {
    let mut outers: Vec<Relids> = Vec::new();
    // SAFETY: the sets are the planner's; the union is a new one in its memory.
    unsafe {
        let all = keys.iter().fold(ptr::null_mut(), |all, key| pg_sys::bms_union(all, key.outer));
        for outer in keys.iter().map(|key| key.outer).chain([all]) {
            if !outer.is_null() && !outers.iter().any(|known| pg_sys::bms_equal(*known, outer)) {
                outers.push(outer);
            }
        }
    }
    outers
}

/// The same keys, each with the value in the clauses of a path with these outer relations. Among equivalent values
/// the clauses may have another one, and columns of an outer join have the form that is valid there. A key without
/// such a clause keeps its own value, which equals the others.
fn with_values_of_path<'p>(rel: BaseRel<'p>, keys: &[Key<'p>], outer: Relids) -> Vec<Key<'p>> {
    let clauses = clauses_of(parameters_of(rel, outer));
    let value = |key: &Key<'p>| clauses.iter().find_map(|clause| value_of(rel, *clause, key.candidate));
    keys.iter()
        .map(|key| match value(key).filter(|_| !key.outer.is_null()) {
            Some(value) => Key { value, ..*key },
            None => *key,
        })
        .collect()
}

/// The conditions that a parameterized path applies.
pub(super) fn clauses_of(parameters: &pg_sys::ParamPathInfo) -> Vec<Expr<'_>> {
    // SAFETY: the list holds RestrictInfo nodes; their clauses are expressions that live as long as the path.
    unsafe {
        let clauses = PgList::<pg_sys::RestrictInfo>::from_pg(parameters.ppi_clauses);
        clauses.iter_ptr().filter_map(|clause| Expr::new((*clause).clause.cast())).collect()
    }
}

/// Adds the path of the list: searched, sorted or whole.
fn add_list(rel: BaseRel<'_>, info: &RelationInfo, has_others: bool) {
    let RelationInfo { entity, list, .. } = info;
    // ANALYZE stores exactly the page cap as the number of rows of a list that exceeds it and has no slices.
    let reaches_past_cap =
        entity.is_capped(rel.tuples() as u64) && entity.slices().is_none() && list.filters.is_empty();
    let is_unreadable = info.all_lists().is_err() || (reaches_past_cap && has_others);
    let (penalty, disabled_nodes) = match (is_unreadable, list.filters.is_empty()) {
        (true, _) => (COST_OF_UNREADABLE, NODES_OF_UNREADABLE),
        (false, false) => (COST_OF_SEARCH, 0),
        (false, true) => (0.0, 0),
    };
    let fetched = rel.tuples().min(list.expected_rows as f64);
    let (_, node) = rel.fields();
    let parts = ForeignPathParts {
        rows: node.rows,
        disabled_nodes,
        startup_cost: COST_PER_REQUEST + penalty,
        total_cost: penalty + cost(worth_in_requests(info, fetched), fetched),
        pathkeys: if list.sort.is_some() { rel.wanted_order() } else { ptr::null_mut() },
        required_outer: node.lateral_relids,
        private: ptr::null_mut(),
    };
    add(rel, parts);
}

/// Adds the list that is read page by page in the order of the query's first key, for readers who stop early.
fn add_list_in_order(rel: BaseRel<'_>, info: &RelationInfo, pathkeys: *mut List) {
    let (_, node) = rel.fields();
    let fetched = rel.tuples().min(info.list.expected_rows as f64);
    let parts = ForeignPathParts {
        rows: node.rows,
        disabled_nodes: 0,
        startup_cost: COST_PER_REQUEST,
        total_cost: cost(info.list.expected_requests().saturating_mul(ONE_BY_ONE), fetched),
        pathkeys,
        required_outer: node.lateral_relids,
        private: PathPrivate { path: PathPrivate::IN_ORDER, values: ptr::null_mut(), prefetch: None, batched: 0 }
            .write(),
    };
    add(rel, parts);
}

/// The cost of reading the list, as a number of requests. One answer of many rows takes as long as several pages of them.
fn worth_in_requests(info: &RelationInfo, fetched: f64) -> u64 {
    /// Rows per page of other lists.
    const ROWS_A_PAGE: f64 = 100.0;
    let requests = info.list.expected_requests();
    match info.entity.paging {
        Paging::Whole => requests.max((fetched / ROWS_A_PAGE) as u64),
        _ => requests,
    }
}

/// Adds a path with values.
fn add_path(rel: BaseRel<'_>, requests: u64, fetched: f64, outer: Relids, private: *mut List) {
    let (_, node) = rel.fields();
    let (rows, required_outer) = match outer.is_null() {
        true => (node.rows, node.lateral_relids),
        false => (parameters_of(rel, outer).ppi_rows, outer),
    };
    let parts = ForeignPathParts {
        rows,
        disabled_nodes: 0,
        startup_cost: COST_PER_REQUEST,
        total_cost: cost(requests, fetched),
        pathkeys: ptr::null_mut(),
        required_outer,
        private,
    };
    add(rel, parts);
}

/// Adds a path to the planner's.
fn add(rel: BaseRel<'_>, parts: ForeignPathParts) {
    // SAFETY: the planner's nodes of a base relation; the lists of the path are in its memory.
    unsafe {
        let path = version::foreign_scan_path(rel.root(), rel.node(), parts);
        pg_sys::add_path(rel.node(), path.cast());
    }
}

/// The shared properties of this relation's paths with these outer relations.
fn parameters_of<'p>(rel: BaseRel<'p>, outer: Relids) -> &'p pg_sys::ParamPathInfo {
    // SAFETY: the nodes are the planner's, and the set has other relations of the query. The result lives as long as
    // those.
    unsafe { &*pg_sys::get_baserel_parampathinfo(rel.root(), rel.node(), outer) }
}

/// The cost of requests and of the rows they fetch.
pub(super) fn cost(requests: u64, fetched: f64) -> f64 {
    requests.max(1) as f64 * COST_PER_REQUEST + fetched * cpu_tuple_cost()
}

/// Private data of a path; the list's path has none.
pub(in crate::pg) struct PathPrivate {
    /// The path's number among the relation's, or [`PathPrivate::IN_ORDER`].
    pub(super) path: i32,
    /// The values to bind, in the order of the path's keys.
    pub(super) values: *mut List,
    /// Number of the prefetch node that reads the values ahead (see `prefetch_path`).
    pub(super) prefetch: Option<i32>,
    /// The expected number of keys that are requested in batches; 0 if they are lookups.
    pub(super) batched: i32,
}

impl PathPrivate {
    /// In place of a number: the list that is read in order.
    pub(super) const IN_ORDER: i32 = -1;

    /// A list of three numbers and a list. The planner only passes it on.
    pub(super) fn write(&self) -> *mut List {
        // SAFETY: new nodes in the planner's memory.
        unsafe {
            let numbers = [self.path, self.prefetch.unwrap_or(0), self.batched];
            let add = |list, number| pg_sys::lappend(list, pg_sys::makeInteger(number).cast());
            pg_sys::lappend(numbers.into_iter().fold(ptr::null_mut(), add), self.values.cast())
        }
    }

    /// Reads the list written by `write`.
    ///
    /// # Safety
    /// `list` is the private part of a path of ours.
    pub(super) unsafe fn read(list: *mut List) -> Option<PathPrivate> {
        // SAFETY: the private data of our paths is null or written by `write`.
        unsafe {
            let parts = PgList::<pg_sys::Node>::from_pg(list);
            let number = |at| Some((*parts.get_ptr(at)?.cast::<pg_sys::Integer>()).ival);
            let (path, prefetch, batched) = (number(0)?, number(1)?, number(2)?);
            let values = pg_sys::list_nth(list, 3).cast();
            Some(PathPrivate { path, values, prefetch: Some(prefetch).filter(|number| *number > 0), batched })
        }
    }
}

/// The path for a child of a partitioned outer relation, with values in the child's columns (fdwhandler.h,
/// `ReparameterizeForeignPathByChild`).
#[pg_guard]
pub(in crate::pg) unsafe extern "C-unwind" fn reparameterize_path(
    root: *mut pg_sys::PlannerInfo,
    private: *mut List,
    child: *mut pg_sys::RelOptInfo,
) -> *mut List {
    // SAFETY: the nodes are the planner's, and the list is the private data of one of our paths.
    unsafe {
        match PathPrivate::read(private) {
            Some(own) => PathPrivate { values: version::for_child(root, own.values, child), ..own }.write(),
            None => private,
        }
    }
}
