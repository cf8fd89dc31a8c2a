//! The planner's nodes of a base relation, with safe accessors.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use pgrx::PgList;
use pgrx::pg_sys::{self, List, Relids};

use super::expr::Expr;

/// A base relation that is being planned.
#[derive(Debug, Clone, Copy)]
pub(in crate::pg) struct BaseRel<'p> {
    root: NonNull<pg_sys::PlannerInfo>,
    rel: NonNull<pg_sys::RelOptInfo>,
    planning: PhantomData<&'p pg_sys::PlannerInfo>,
}

impl<'p> BaseRel<'p> {
    /// The relation of these nodes; `None` for null, which the planner never passes.
    ///
    /// # Safety
    /// Both are the planner's nodes of a base relation, valid for `'p`, the time of one planner call.
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

    /// The nodes' fields. Do not keep them: the planner changes them between its calls.
    pub(super) fn fields(self) -> (&'p pg_sys::PlannerInfo, &'p pg_sys::RelOptInfo) {
        // SAFETY: both nodes are valid for `'p`. No code writes to them while one of our functions reads them.
        unsafe { (self.root.as_ref(), self.rel.as_ref()) }
    }

    /// The relation's index in the range table.
    pub(super) fn relid(self) -> pg_sys::Index {
        self.fields().1.relid
    }

    /// The table's number of rows, counted by ANALYZE or estimated.
    pub(super) fn tuples(self) -> f64 {
        self.fields().1.tuples
    }

    /// The restrictions on this relation alone.
    pub(super) fn restrictions(self) -> Vec<*mut pg_sys::RestrictInfo> {
        // SAFETY: the list holds RestrictInfo nodes.
        unsafe { PgList::from_pg(self.fields().1.baserestrictinfo).iter_ptr().collect() }
    }

    /// The conditions of these restrictions.
    pub(super) fn filters(self) -> Vec<Expr<'p>> {
        // SAFETY: a restriction's clause is an expression of the planner.
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

    /// The order that the query wants of this relation, or null.
    pub(super) fn wanted_order(self) -> *mut List {
        self.fields().0.query_pathkeys
    }

    /// True if an expression has a column of this relation.
    pub(super) fn is_in(self, expression: Expr<'_>) -> bool {
        // SAFETY: an expression of the planner, which is only read.
        unsafe {
            let relations = pg_sys::pull_varnos(self.root(), expression.node());
            pg_sys::bms_is_member(self.relid() as i32, relations)
        }
    }

    /// The relations of a clause and those this relation depends on, without this one: a new set, null if empty.
    pub(super) fn without_own(self, relids: Relids) -> Relids {
        // SAFETY: the sets are the planner's; the union is a new one that may be changed.
        unsafe {
            let all = pg_sys::bms_union(relids, self.fields().1.lateral_relids);
            let others = pg_sys::bms_del_member(all, self.relid() as i32);
            if pg_sys::bms_num_members(others) > 0 { others } else { ptr::null_mut() }
        }
    }

    /// The share of rows for which all of these restrictions are true.
    pub(super) fn selectivity(self, restrictions: &[*mut pg_sys::RestrictInfo]) -> f64 {
        // SAFETY: the restrictions are the relation's own.
        unsafe {
            let list = restrictions.iter().fold(ptr::null_mut(), |list, one| pg_sys::lappend(list, one.cast()));
            let inner = pg_sys::JoinType::JOIN_INNER;
            pg_sys::clauselist_selectivity(self.root(), list, 0, inner, ptr::null_mut())
        }
    }

    /// The columns the query reads, in its output and in filters. The set has Postgres's offset (var.c,
    /// `pull_varattnos`), because members cannot be negative.
    pub(super) fn used_columns(self) -> impl Fn(i16) -> bool {
        let mut used = ptr::null_mut();
        // SAFETY: the output is a list of the planner's expressions; the set lives in its memory.
        unsafe {
            pg_sys::pull_varattnos((*self.fields().1.reltarget).exprs.cast(), self.relid(), &mut used);
            for filter in self.filters() {
                pg_sys::pull_varattnos(filter.node(), self.relid(), &mut used);
            }
        }
        move |attno| {
            // SAFETY: the set was built above, in the memory of the calling function.
            let is_member =
                |attno: i32| unsafe { pg_sys::bms_is_member(attno - pg_sys::FirstLowInvalidHeapAttributeNumber, used) };
            // Column 0 is the whole row.
            is_member(0) || is_member(i32::from(attno))
        }
    }
}
