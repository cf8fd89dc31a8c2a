//! The facts about one foreign table that its planning needs, found once and kept in the planner's memory from
//! `GetForeignRelSize` to `GetForeignPlan` (postgres_fdw's `PgFdwRelationInfo`). Nothing here touches the network.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_guard;
use pgrx::pg_sys::{self, Oid, Relids};
use pgrx::{PgList, pg_sys::List};

use super::super::catalog::{Settings, columns, settings};
use super::access::{AccessPath, access_paths};
use super::bounds::RowBound;
use super::expr::{Expr, list_of};
use super::filters::Translator;
use super::keys::{Candidate, Key, candidates, keys_of_filters};
use super::pushdown::{FilterPushdown, pushdown as grade};
use super::sort::sort_order;
use crate::filter::{Filter, Search};
use crate::model::Entity;
use crate::options::Pushdown;
use crate::plan::{Lists, RemotePlan, lists};
use crate::source::Source;

/// A base relation that is being planned.
#[derive(Debug, Clone, Copy)]
pub(in crate::pg) struct BaseRel<'p> {
    root: NonNull<pg_sys::PlannerInfo>,
    rel: NonNull<pg_sys::RelOptInfo>,
    planning: PhantomData<&'p pg_sys::PlannerInfo>,
}

impl<'p> BaseRel<'p> {
    /// The relation of these nodes; nothing for null, which the planner never passes.
    ///
    /// # Safety
    /// Both are the planner's nodes of a base relation, valid for `'p`, the time of one call of the planner.
    pub(in crate::pg) unsafe fn new(
        root: *mut pg_sys::PlannerInfo,
        rel: *mut pg_sys::RelOptInfo,
    ) -> Option<BaseRel<'p>> {
        Some(BaseRel { root: NonNull::new(root)?, rel: NonNull::new(rel)?, planning: PhantomData })
    }

    pub(super) fn root(self) -> *mut pg_sys::PlannerInfo {
        self.root.as_ptr()
    }

    pub(super) fn node(self) -> *mut pg_sys::RelOptInfo {
        self.rel.as_ptr()
    }

    /// The nodes' fields, for one look: the planner changes them between its calls.
    pub(super) fn fields(self) -> (&'p pg_sys::PlannerInfo, &'p pg_sys::RelOptInfo) {
        // SAFETY: both nodes are valid for `'p`. Nobody writes to them while one of our functions looks.
        unsafe { (self.root.as_ref(), self.rel.as_ref()) }
    }

    /// The relation's index in the range table.
    pub(super) fn relid(self) -> pg_sys::Index {
        self.fields().1.relid
    }

    /// The table's rows, as ANALYZE has counted them or as they are guessed.
    pub(super) fn tuples(self) -> f64 {
        self.fields().1.tuples
    }

    /// The restrictions of this relation alone.
    fn restrictions(self) -> Vec<*mut pg_sys::RestrictInfo> {
        // SAFETY: the list holds RestrictInfo nodes.
        unsafe { PgList::from_pg(self.fields().1.baserestrictinfo).iter_ptr().collect() }
    }

    /// The conditions of those.
    pub(super) fn filters(self) -> Vec<Expr<'p>> {
        // SAFETY: a restriction's clause is an expression of the planner's.
        self.restrictions().into_iter().filter_map(|clause| unsafe { Expr::new((*clause).clause.cast()) }).collect()
    }

    /// True when the query reads no other relation.
    pub(super) fn is_alone(self) -> bool {
        let (root, rel) = self.fields();
        // SAFETY: both sets are the planner's.
        unsafe { pg_sys::bms_equal(root.all_baserels, rel.relids) }
    }

    /// True when conditions join the relation with others.
    pub(super) fn has_join_clauses(self) -> bool {
        !self.fields().1.joininfo.is_null()
    }

    /// The order the query wants of this part of it, or null.
    pub(super) fn wanted_order(self) -> *mut List {
        self.fields().0.query_pathkeys
    }

    /// True when a column of this relation is in an expression.
    pub(super) fn is_in(self, expression: Expr<'_>) -> bool {
        // SAFETY: an expression of the planner's, which is only read.
        unsafe {
            let relations = pg_sys::pull_varnos(self.root(), expression.node());
            pg_sys::bms_is_member(self.relid() as i32, relations)
        }
    }

    /// The relations of a clause and those this one depends on, without this one: a new set, null for none.
    pub(super) fn without_own(self, relids: Relids) -> Relids {
        // SAFETY: the sets are the planner's; the union is a new one, which may be changed.
        unsafe {
            let all = pg_sys::bms_union(relids, self.fields().1.lateral_relids);
            let others = pg_sys::bms_del_member(all, self.relid() as i32);
            if pg_sys::bms_num_members(others) > 0 { others } else { ptr::null_mut() }
        }
    }

    /// The share of the rows for which all of these restrictions are true.
    fn selectivity(self, restrictions: &[*mut pg_sys::RestrictInfo]) -> f64 {
        // SAFETY: the restrictions are the relation's own.
        unsafe {
            let list = restrictions.iter().fold(ptr::null_mut(), |list, one| pg_sys::lappend(list, one.cast()));
            let inner = pg_sys::JoinType::JOIN_INNER;
            pg_sys::clauselist_selectivity(self.root(), list, 0, inner, ptr::null_mut())
        }
    }

    /// The columns the query reads, in its output and in filters, as Postgres keeps such a set (var.c,
    /// `pull_varattnos`): without these offsets a member would be negative.
    fn used_columns(self) -> impl Fn(i16) -> bool {
        let mut used = ptr::null_mut();
        // SAFETY: the output is a list of expressions of the planner's; the set lives in its memory.
        unsafe {
            pg_sys::pull_varattnos((*self.fields().1.reltarget).exprs.cast(), self.relid(), &mut used);
            for filter in self.filters() {
                pg_sys::pull_varattnos(filter.node(), self.relid(), &mut used);
            }
        }
        move |attno| {
            // SAFETY: the set was made above, in the memory of the call that asks.
            let is_member =
                |attno: i32| unsafe { pg_sys::bms_is_member(attno - pg_sys::FirstLowInvalidHeapAttributeNumber, used) };
            // Column 0 is the whole row.
            is_member(0) || is_member(i32::from(attno))
        }
    }
}

/// The facts about one foreign table.
pub(in crate::pg) struct RelationInfo {
    pub(super) entity: &'static Entity,
    /// The list, searched by what filters can be and in the order the query wants, as far as the API gives it.
    pub(super) list: RemotePlan,
    /// The API may be asked for less than the whole list; see the option `pushdown`.
    pub(super) pushdown: bool,
    /// Parents may be read for the values of a path; see the option `fan_out`.
    pub(super) fan_out: bool,
    /// The list has just the rows that pass the filters.
    pub(super) is_exact: bool,
    /// The expressions that the list's filters name as parameters.
    pub(super) filter_values: *mut List,
    /// The expressions of the LIMIT and the OFFSET, where the list has an order for them.
    pub(super) limit_values: *mut List,
    pub(super) candidates: Vec<Candidate>,
    /// The paths that ask with values, by the number that each carries.
    pub(super) paths: Vec<AccessPath>,
}

impl RelationInfo {
    /// Keeps the facts in the memory of a planning, until it ends.
    ///
    /// # Safety
    /// The planner's nodes.
    pub(super) unsafe fn keep(self, root: *mut pg_sys::PlannerInfo, rel: *mut pg_sys::RelOptInfo) {
        // SAFETY: the planner's memory outlives its nodes; dropping frees no memory of Postgres's.
        unsafe {
            let mut context = PgMemoryContexts::For((*root).planner_cxt);
            (*rel).fdw_private = context.leak_and_drop_on_delete(self).cast();
        }
    }

    /// The facts about a relation.
    ///
    /// # Safety
    /// `rel` is a relation of ours for which facts were kept, if any, and nobody else holds a reference to them.
    pub(super) unsafe fn of<'a>(rel: *mut pg_sys::RelOptInfo) -> Option<&'a mut RelationInfo> {
        // SAFETY: only `keep` sets the field of a relation of ours.
        unsafe { (*rel).fdw_private.cast::<RelationInfo>().as_mut() }
    }

    /// What reading the lists costs when the query names none of their values; nothing when they cannot be read so.
    pub(super) fn all_lists(&self) -> Result<Lists, Vec<&'static str>> {
        lists(self.entity, self.fan_out, &|_| None)
    }
}

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

/// The facts of a relation's keys, as `keys` gives them for a path: each column once, the first value for it.
pub(super) fn value_for<'p>(keys: &[Key<'p>], column: &str) -> Option<Key<'p>> {
    keys.iter().find(|key| key.candidate.column == column).copied()
}
