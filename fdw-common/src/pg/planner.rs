//! Planner callbacks: which columns a query needs, what that will cost, and a plan that survives
//! being copied. Nothing here touches the network.

use std::ffi::CString;
use std::ptr;

use pgrx::pg_guard;
use pgrx::pg_sys::{self, Oid};
use serde::{Deserialize, Serialize};

use super::catalog::{Settings, columns, settings, text_of, unreadable_plan};
use super::filter::Translator;
use super::lookup::{Candidate, candidates, expected_values, is_column, value_of};
use super::report::{OrRaise, raise};
use super::sort::sort_order;
use crate::error::{Error, ErrorKind};
use crate::filter::{Filter, Search};
use crate::model::Entity;
use crate::options::Pushdown;
use crate::parameters::is_expressible;
use crate::plan::{Lists, RemotePlan, lists};
use crate::source::Source;

/// What a request costs in the planner's unit, the read of a page from disk: a round trip over the
/// internet takes some hundred times as long.
pub(super) const COST_PER_REQUEST: f64 = 500.0;

/// The price of a list that ANALYZE has found to be too long to be read whole: it will end in an
/// error, so that any other way comes first (costsize.c, disable_cost).
const COST_OF_UNREADABLE: f64 = 1.0e10;

/// What a search costs beside its requests: enough that a look-up of one row comes first, which sees
/// every change at once.
const COST_OF_SEARCH: f64 = COST_PER_REQUEST / 10.0;

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
        let Settings { entity, pushdown, bulk, fan_out, expose_secrets } = settings::<S>(table);
        let all = lists(entity, fan_out, &|_| None).unwrap_or(Lists {
            lists: 1,
            walk: 0,
            rows: u64::from(entity.typical_rows),
        });
        // Never analyzed: reltuples is unknown or 0.
        if (*rel).tuples <= 0.0 {
            (*rel).tuples = all.rows as f64;
        }
        let used = used_columns(rel);
        let columns = columns::<S>(entity, table, |attno| is_used(used, attno));
        let mut plan = RemotePlan::full_scan(entity, columns, (*rel).tuples as u64);
        plan.lists = all.lists;
        plan.walk = all.walk;
        plan.fan_out = fan_out;
        plan.expose_secrets = expose_secrets;
        plan.pushdown = pushdown != Pushdown::Off;
        pg_sys::set_baserel_size_estimates(root, rel);
        plan.bulk = bulk;
        if plan.pushdown {
            if pushdown == Pushdown::Search {
                plan = with_search::<S>(root, rel, entity, plan);
            }
            if let Some(limit) = limit_of_scan(root, rel) {
                plan = plan.with_limit(limit);
            }
        }
        let named = named_by_filters(root, rel, entity, &plan);
        for access in accesses(entity, &plan, &named) {
            (*rel).rows = (*rel).rows.min(access.rows as f64).max(1.0);
        }
        (*rel).fdw_private = write_plan(&plan).cast();
    }
}

/// The scan that is searched by the filters that can be, and asked for in the order the query wants
/// where that spares reading the rest.
///
/// # Safety
/// Both are the planner's nodes of a base relation.
unsafe fn with_search<S: Source>(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    entity: &'static Entity,
    mut plan: RemotePlan,
) -> RemotePlan {
    // SAFETY: as promised by our caller.
    unsafe {
        let (filters, clauses, _) = searched_by::<S>(rel, entity, &plan);
        if !filters.is_empty() {
            let searches = match entity.search.map(|parameter| S::search(&parameter, &filters)) {
                Some(Search::Queries(queries)) => queries.len() as u64,
                Some(Search::Whole | Search::Nothing) | None => 1,
            };
            let selectivity =
                pg_sys::clauselist_selectivity(root, clauses, 0, pg_sys::JoinType::JOIN_INNER, ptr::null_mut());
            let found = pg_sys::clamp_row_est((*rel).tuples * selectivity);
            plan = plan.with_filters(filters, searches, found as u64);
        }
        // Filters that Postgres has to apply would drop rows of the first page.
        if let (Some(parameter), true) = (entity.sort, is_exact::<S>(rel, entity, &plan))
            && let Some((order, limit)) = sort_order(root, rel, &parameter, &plan)
        {
            plan = plan.with_sort(&parameter, order).with_limit(limit);
        }
        plan
    }
}

/// True when the plan fetches just the rows that pass the relation's filters.
///
/// # Safety
/// `rel` is the planner's node of a base relation.
pub(super) unsafe fn is_exact<S: Source>(rel: *mut pg_sys::RelOptInfo, entity: &Entity, plan: &RemotePlan) -> bool {
    // SAFETY: as promised by our caller; the list holds RestrictInfo nodes.
    let filters = unsafe { pgrx::PgList::<pg_sys::RestrictInfo>::from_pg((*rel).baserestrictinfo).len() };
    let searched = entity.search.is_some_and(|parameter| S::is_exact(&parameter, &plan.filters));
    filters == 0 || (filters == plan.filters.len() && searched)
}

/// The relation's filters that a search or a parameter can take, their clauses, and the expressions their parameters
/// stand for. The same filters give the same answer, whenever it is asked.
///
/// # Safety
/// `rel` is the planner's node of a base relation.
unsafe fn searched_by<S: Source>(
    rel: *mut pg_sys::RelOptInfo,
    entity: &'static Entity,
    plan: &RemotePlan,
) -> (Vec<Filter>, *mut pg_sys::List, *mut pg_sys::List) {
    let (mut filters, mut clauses, mut expressions) = (Vec::new(), ptr::null_mut(), ptr::null_mut());
    if entity.search.is_none() && entity.parameters.is_empty() {
        return (filters, clauses, expressions);
    }
    let is_searched = |filter: &Filter| {
        let filter = std::slice::from_ref(filter);
        entity.search.is_some_and(|parameter| S::search(&parameter, filter) != Search::Whole)
    };
    // SAFETY: as promised by our caller; the list holds RestrictInfo nodes.
    unsafe {
        let mut translator = Translator::new((*rel).relid, &plan.columns);
        for restriction in pgrx::PgList::<pg_sys::RestrictInfo>::from_pg((*rel).baserestrictinfo).iter_ptr() {
            let known = translator.parameters.len();
            let filter = translator.filter((*restriction).clause.cast());
            if is_searched(&filter) || is_expressible(entity, &filter) {
                filters.push(filter);
                clauses = pg_sys::lappend(clauses, restriction.cast());
            } else {
                translator.parameters.truncate(known);
            }
        }
        for expression in translator.parameters {
            expressions = pg_sys::lappend(expressions, expression.cast());
        }
    }
    (filters, clauses, expressions)
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

/// The columns the query reads, in its output and in filters, as Postgres keeps such a set (var.c,
/// `pull_varattnos`).
///
/// # Safety
/// `rel` is the planner's node of a base relation.
unsafe fn used_columns(rel: *mut pg_sys::RelOptInfo) -> *mut pg_sys::Bitmapset {
    // SAFETY: both lists belong to the node; the set is freed with the planner's context.
    unsafe {
        let mut used = ptr::null_mut();
        pg_sys::pull_varattnos((*(*rel).reltarget).exprs.cast(), (*rel).relid, &mut used);
        for restriction in pgrx::PgList::<pg_sys::RestrictInfo>::from_pg((*rel).baserestrictinfo).iter_ptr() {
            pg_sys::pull_varattnos((*restriction).clause.cast(), (*rel).relid, &mut used);
        }
        used
    }
}

/// True when the column is in the set, or the whole row is.
fn is_used(used: *mut pg_sys::Bitmapset, attno: i16) -> bool {
    let member = |attno: i32| {
        // SAFETY: the set is that of `used_columns`, whose members are offset so that none is negative.
        unsafe { pg_sys::bms_is_member(attno - pg_sys::FirstLowInvalidHeapAttributeNumber, used) }
    };
    member(0) || member(i32::from(attno))
}

/// A column to ask with, and the expression of the query that gives its value or an array of values.
type Named = (Candidate, *mut pg_sys::Node);

/// The columns to ask with whose values the filters of the relation itself give.
///
/// # Safety
/// Both are the planner's nodes of a base relation.
unsafe fn named_by_filters(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    entity: &'static Entity,
    plan: &RemotePlan,
) -> Vec<Named> {
    let mut named = Vec::new();
    // SAFETY: as promised by our caller; the list holds RestrictInfo nodes.
    unsafe {
        let filters = pgrx::PgList::<pg_sys::RestrictInfo>::from_pg((*rel).baserestrictinfo);
        for candidate in candidates(entity, plan) {
            let value = filters.iter_ptr().find_map(|filter| value_of(root, rel, filter, candidate));
            named.extend(value.map(|value| (candidate, value)));
        }
    }
    named
}

/// A way to ask for fewer rows than all, with values that the query names.
#[derive(Clone)]
struct Access {
    /// The number among the entity's look-ups, or nothing for the list.
    lookup: Option<usize>,
    /// The columns whose values are named.
    keys: Vec<&'static str>,
    requests: u64,
    rows: u64,
    lists: Lists,
}

/// What can be asked for with the named values: every look-up that needs no others, and the lists that
/// they pick.
///
/// # Safety
/// The values are expressions.
unsafe fn accesses(entity: &'static Entity, plan: &RemotePlan, named: &[Named]) -> Vec<Access> {
    let values = |column: &str| {
        let (_, value) = named.iter().find(|(candidate, _)| candidate.column == column)?;
        // SAFETY: as promised by our caller.
        Some(unsafe { expected_values(*value) })
    };
    let mut accesses = Vec::new();
    if plan.pushdown {
        for (at, lookup) in entity.lookups.iter().enumerate() {
            let requests = lookup.columns().map(values).try_fold(1u64, |all, values| Some(all.saturating_mul(values?)));
            if let Some(requests) = requests {
                let lists = Lists { lists: 1, walk: 0, rows: requests };
                accesses.push(Access {
                    lookup: Some(at),
                    keys: lookup.columns().collect(),
                    requests,
                    rows: requests,
                    lists,
                });
            }
        }
    }
    let keys: Vec<&'static str> = entity.required().filter(|column| values(column).is_some()).collect();
    if let (false, Ok(lists)) = (keys.is_empty(), lists(entity, plan.fan_out, &values)) {
        let picked = plan.clone().with_keys(Vec::new(), lists);
        accesses.push(Access { lookup: None, keys, requests: picked.expected_requests(), rows: lists.rows, lists });
    }
    accesses
}

/// Adds the full scan and every look-up that filters or joins allow (fdwhandler.h,
/// `GetForeignPaths`).
#[pg_guard]
pub(super) extern "C-unwind" fn get_foreign_paths<S: Source>(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    _table: Oid,
) {
    // SAFETY: as in `get_foreign_rel_size`, which has set fdw_private.
    unsafe {
        let plan = read_plan((*rel).fdw_private.cast());
        let entity = entity_of::<S>(&plan);
        let named = named_by_filters(root, rel, entity, &plan);
        let mut ways: Vec<(Access, pg_sys::Relids)> =
            accesses(entity, &plan, &named).into_iter().map(|access| (access, ptr::null_mut())).collect();
        let joined = named_by_joins(root, rel, entity, &plan);
        let outers = distinct_outers(&joined);
        for outer in outers {
            let mut with_joins = named.clone();
            for (candidate, value, of) in &joined {
                let known = with_joins.iter().any(|(known, _)| known.column == candidate.column);
                if !known && pg_sys::bms_is_subset(*of, outer) {
                    with_joins.push((*candidate, *value));
                }
            }
            let by_joins = &with_joins[named.len()..];
            for access in accesses(entity, &plan, &with_joins) {
                if by_joins.iter().any(|(candidate, _)| access.keys.contains(&candidate.column)) {
                    ways.push((access, outer));
                }
            }
        }
        // ANALYZE finds just the wall for a list that reaches past it and cannot be read in slices.
        let unreadable = entity.is_capped((*rel).tuples as u64) && entity.slices().is_none() && plan.filters.is_empty();
        let penalty = match (unreadable && !ways.is_empty(), plan.filters.is_empty()) {
            _ if lists(entity, plan.fan_out, &|_| None).is_err() => COST_OF_UNREADABLE,
            (true, _) => COST_OF_UNREADABLE,
            (_, false) => COST_OF_SEARCH,
            _ => 0.0,
        };
        let fetched = (*rel).tuples.min(plan.expected_rows as f64);
        let pathkeys = if plan.sort.is_some() { (*root).query_pathkeys } else { ptr::null_mut() };
        let list = Path { requests: plan.expected_requests(), fetched, penalty, pathkeys, ..Path::default() };
        add_path(root, rel, list);
        for (access, outer) in ways {
            let (requests, fetched) = (access.requests, access.rows as f64);
            let attno = |column: &&str| {
                let candidates = candidates(entity, &plan).into_iter();
                candidates.filter(|candidate| candidate.column == *column).map(|candidate| candidate.attno).next()
            };
            let attnos = access.keys.iter().filter_map(attno).collect();
            let keys = access.keys.iter().map(|key| (*key).to_owned()).collect();
            let way = write_way(&Way { lookup: access.lookup, keys, attnos, ahead: None });
            add_path(root, rel, Path { requests, fetched, outer, way, ..Path::default() });
        }
    }
}

/// The columns to ask with whose values another relation gives, each with the relations it takes.
///
/// # Safety
/// Both are the planner's nodes of a base relation.
unsafe fn named_by_joins(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    entity: &'static Entity,
    plan: &RemotePlan,
) -> Vec<(Candidate, *mut pg_sys::Node, pg_sys::Relids)> {
    let mut joined = Vec::new();
    // SAFETY: as promised by our caller.
    unsafe {
        for candidate in candidates(entity, plan) {
            for clause in join_clauses(root, rel, candidate) {
                let Some(value) = value_of(root, rel, clause, candidate) else { continue };
                let outer = pg_sys::bms_union((*clause).clause_relids, (*rel).lateral_relids);
                let outer = pg_sys::bms_del_member(outer, (*rel).relid as i32);
                if pg_sys::bms_num_members(outer) > 0 {
                    joined.push((candidate, value, outer));
                }
            }
        }
    }
    joined
}

/// The sets of relations that may give values: each by itself, and all of them together.
///
/// # Safety
/// The sets are the planner's.
unsafe fn distinct_outers(joined: &[(Candidate, *mut pg_sys::Node, pg_sys::Relids)]) -> Vec<pg_sys::Relids> {
    let mut outers: Vec<pg_sys::Relids> = Vec::new();
    // SAFETY: as promised by our caller; the union is a new set in the planner's memory.
    unsafe {
        let all = joined.iter().fold(ptr::null_mut(), |all, (_, _, outer)| pg_sys::bms_union(all, *outer));
        for outer in joined.iter().map(|(_, _, outer)| *outer).chain([all]) {
            if !outer.is_null() && !outers.iter().any(|known| pg_sys::bms_equal(*known, outer)) {
                outers.push(outer);
            }
        }
    }
    outers
}

/// One way to fetch the rows.
struct Path {
    requests: u64,
    /// Rows the API sends.
    fetched: f64,
    /// What it costs beside requests and rows.
    penalty: f64,
    /// The order of the rows, or null.
    pathkeys: *mut pg_sys::List,
    /// The relations that give parameters, or null.
    outer: pg_sys::Relids,
    /// What is asked for, as `write_way` wrote it, or null for the whole list.
    way: *mut pg_sys::List,
}

impl Default for Path {
    fn default() -> Self {
        let (pathkeys, outer, way) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        Path { requests: 1, fetched: 0.0, penalty: 0.0, pathkeys, outer, way }
    }
}

/// # Safety
/// The planner's nodes of a base relation, and a path of it.
unsafe fn add_path(root: *mut pg_sys::PlannerInfo, rel: *mut pg_sys::RelOptInfo, path: Path) {
    let Path { requests, fetched, penalty, pathkeys, outer, way } = path;
    // SAFETY: as promised by our caller.
    unsafe {
        let rows =
            if outer.is_null() { (*rel).rows } else { (*pg_sys::get_baserel_parampathinfo(root, rel, outer)).ppi_rows };
        let startup = COST_PER_REQUEST + penalty;
        let total = penalty + requests.max(1) as f64 * COST_PER_REQUEST + fetched * pg_sys::cpu_tuple_cost;
        let required = if outer.is_null() { (*rel).lateral_relids } else { outer };
        let path = pg_sys::create_foreignscan_path(
            root,
            rel,
            ptr::null_mut(),
            rows,
            #[cfg(feature = "pg18")]
            0,
            startup,
            total,
            pathkeys,
            required,
            ptr::null_mut(),
            #[cfg(any(feature = "pg17", feature = "pg18"))]
            ptr::null_mut(),
            way,
        );
        pg_sys::add_path(rel, path.cast());
    }
}

/// The join clauses that compare the candidate's column with another relation's value, written out
/// by the query or implied by equivalence (postgres_fdw.c, `postgresGetForeignPaths`).
///
/// # Safety
/// Both are the planner's nodes of a base relation.
unsafe fn join_clauses(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    candidate: Candidate,
) -> Vec<*mut pg_sys::RestrictInfo> {
    // SAFETY: the callback only compares what it is given with the candidate, which outlives the call.
    unsafe {
        let mut clauses: Vec<_> = pgrx::PgList::<pg_sys::RestrictInfo>::from_pg((*rel).joininfo)
            .iter_ptr()
            .filter(|clause| pg_sys::join_clause_is_movable_to(*clause, rel))
            .collect();
        if (*rel).has_eclass_joins {
            let mut attno = candidate.attno;
            let implied = pg_sys::generate_implied_equalities_for_column(
                root,
                rel,
                Some(is_candidate),
                ptr::from_mut(&mut attno).cast(),
                (*rel).lateral_referencers,
            );
            clauses.extend(pgrx::PgList::<pg_sys::RestrictInfo>::from_pg(implied).iter_ptr());
        }
        clauses
    }
}

/// True for the equivalence member that is the candidate's column.
#[pg_guard]
unsafe extern "C-unwind" fn is_candidate(
    _root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    _class: *mut pg_sys::EquivalenceClass,
    member: *mut pg_sys::EquivalenceMember,
    attno: *mut std::ffi::c_void,
) -> bool {
    // SAFETY: the argument is what `join_clauses` passes; the nodes are the planner's.
    unsafe { is_column((*member).em_expr.cast(), (*rel).relid, *attno.cast::<i16>()) }
}

/// Makes the plan node; all filters stay with Postgres (fdwhandler.h, `GetForeignPlan`).
#[pg_guard]
pub(super) extern "C-unwind" fn get_foreign_plan<S: Source>(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    _table: Oid,
    path: *mut pg_sys::ForeignPath,
    targets: *mut pg_sys::List,
    clauses: *mut pg_sys::List,
    outer_plan: *mut pg_sys::Plan,
) -> *mut pg_sys::ForeignScan {
    // SAFETY: as in `get_foreign_rel_size`; the private list is made of nodes copyObject knows, so
    // that a cached plan stays whole.
    unsafe {
        let mut plan = read_plan((*rel).fdw_private.cast());
        let entity = entity_of::<S>(&plan);
        let mut expressions = ptr::null_mut();
        let way = read_way((*path).fdw_private);
        if let Some(Way { lookup, keys, ahead, .. }) = &way {
            plan.ahead = *ahead;
            let mut named = Vec::new();
            for key in keys {
                let candidate = candidates(entity, &plan).into_iter().find(|candidate| candidate.column == key);
                let value = candidate.and_then(|candidate| {
                    let value = pgrx::PgList::<pg_sys::RestrictInfo>::from_pg(clauses)
                        .iter_ptr()
                        .find_map(|clause| value_of(root, rel, clause, candidate))?;
                    Some((candidate, value))
                });
                let Some(value) = value else {
                    raise(Error::new(ErrorKind::Internal, format!("the column \"{key}\" has lost its value")))
                };
                named.push(value);
                expressions = pg_sys::lappend(expressions, value.1.cast());
            }
            let access = accesses(entity, &plan, &named).into_iter().find(|access| access.lookup == *lookup);
            let Some(access) = access else {
                raise(Error::new(ErrorKind::Internal, format!("\"{}\" has lost a way to its rows", entity.name)))
            };
            plan = match lookup {
                Some(lookup) => plan.without_search().with_lookup(entity, *lookup, access.rows),
                None => plan.with_keys(keys.clone(), access.lists),
            };
        } else if !plan.count
            && let Err(missing) = lists(entity, plan.fan_out, &|_| None)
        {
            raise(key_missing(entity, &plan, &missing));
        }
        if plan.lookup.is_none() && !plan.filters.is_empty() && !plan.count {
            expressions = pg_sys::list_concat(expressions, searched_by::<S>(rel, entity, &plan).2);
        }
        let filters = pg_sys::extract_actual_clauses(clauses, false);
        // Rows of an aggregate are not the table's: they are described by the result itself.
        let row_type = if plan.count { targets } else { ptr::null_mut() };
        pg_sys::make_foreignscan(
            targets,
            filters,
            (*rel).relid,
            expressions,
            write_plan(&plan),
            row_type,
            ptr::null_mut(),
            outer_plan,
        )
    }
}

/// The error for a query that leaves out what the API has to be asked with.
#[cold]
fn key_missing(entity: &Entity, plan: &RemotePlan, missing: &[&str]) -> Error {
    let columns = missing.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(" and ");
    let error = Error::new(ErrorKind::KeyMissing, format!("\"{}\" can only be read for a {columns}", entity.name))
        .with_detail(format!("The API has no list of all of them: it is asked with GET {}.", entity.path));
    let hint = format!("Compare {columns} with a value, or join on it.");
    error.with_hint(match plan.fan_out {
        true => hint,
        false => format!("{hint} The option fan_out is off, so that it is not read for each of the parents."),
    })
}

/// What a path remembers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Way {
    /// The look-up, or none for the list.
    pub(super) lookup: Option<usize>,
    /// The columns whose values it asks with,
    pub(super) keys: Vec<String>,
    /// and their attribute numbers.
    pub(super) attnos: Vec<i16>,
    /// The number of the node that reads the values ahead (see `prefetch`).
    pub(super) ahead: Option<u64>,
}

pub(super) fn write_way(way: &Way) -> *mut pg_sys::List {
    write_text(serde_json::to_string(way).unwrap_or_default())
}

/// The way of a path; nothing for the whole list's.
///
/// # Safety
/// `list` is null or what `write_way` wrote.
pub(super) unsafe fn read_way(list: *mut pg_sys::List) -> Option<Way> {
    if list.is_null() {
        return None;
    }
    // SAFETY: as promised by our caller.
    let text = unsafe { read_text(list) };
    Some(serde_json::from_str(&text).unwrap_or_else(|error| raise(unreadable_plan(&error.to_string()))))
}

/// A number as a list with one String node.
pub(super) fn write_number(number: u64) -> *mut pg_sys::List {
    write_text(number.to_string())
}

/// # Safety
/// `list` is what `write_number` wrote.
pub(super) unsafe fn read_number(list: *mut pg_sys::List) -> u64 {
    // SAFETY: as promised by our caller.
    let text = unsafe { read_text(list) };
    text.parse().unwrap_or_else(|_| raise(unreadable_plan("it has no number")))
}

/// The value that a clause compares a column with, if it can be asked with.
///
/// # Safety
/// As [`value_of`].
pub(super) unsafe fn value_of_column(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    clause: *mut pg_sys::RestrictInfo,
    attno: i16,
) -> Option<*mut pg_sys::Node> {
    // SAFETY: as promised by our caller.
    unsafe { value_of(root, rel, clause, Candidate { column: "", attno, takes_integers: true }) }
}

/// The plan as a list with one String node.
pub(super) fn write_plan(plan: &RemotePlan) -> *mut pg_sys::List {
    write_text(serde_json::to_string(plan).unwrap_or_default())
}

fn write_text(text: String) -> *mut pg_sys::List {
    let text = CString::new(text)
        .unwrap_or_else(|_| raise(Error::new(ErrorKind::Internal, "the plan of a foreign scan cannot be written")));
    // SAFETY: copies the text into the current memory context, which outlives the plan.
    unsafe { pg_sys::lappend(ptr::null_mut(), pg_sys::makeString(pg_sys::pstrdup(text.as_ptr())).cast()) }
}

/// The plan that `write_plan` wrote.
///
/// # Safety
/// `list` is null or a list of nodes.
pub(super) unsafe fn read_plan(list: *mut pg_sys::List) -> RemotePlan {
    // SAFETY: as promised by our caller.
    let text = unsafe { read_text(list) };
    serde_json::from_str(&text).unwrap_or_else(|error| raise(unreadable_plan(&error.to_string())))
}

/// # Safety
/// `list` is null or a list of nodes.
unsafe fn read_text(list: *mut pg_sys::List) -> String {
    // SAFETY: the caller vouches for the list; the node's type is checked before its text is read.
    unsafe {
        match pgrx::PgList::<pg_sys::Node>::from_pg(list).get_ptr(0) {
            Some(node) if (*node).type_ == pg_sys::NodeTag::T_String => text_of((*node.cast::<pg_sys::String>()).sval),
            _ => raise(unreadable_plan("it is not a string")),
        }
    }
}

/// The entity a plan is for.
pub(super) fn entity_of<S: Source>(plan: &RemotePlan) -> &'static Entity {
    S::planned_entity(&plan.entity, plan.definition.as_deref()).or_raise()
}
