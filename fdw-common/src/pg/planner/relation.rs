//! Planning data of one foreign table, computed once and kept in the planner's memory from `GetForeignRelSize` to
//! `GetForeignPlan` (postgres_fdw's `PgFdwRelationInfo`). No network access.

use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_sys::{self, List};

use super::keys::Candidate;
use crate::model::Entity;
use crate::plan::{Access, ListEstimate, RemotePlan, estimate_lists};

/// A path that requests fewer than all rows, with values that the query names.
#[derive(Debug, Clone)]
pub(in crate::pg) struct AccessPath {
    /// `Lookup`, or `List` for the lists that the values select.
    pub(super) access: Access,
    /// The columns with these values.
    pub(super) keys: Vec<&'static str>,
    pub(super) requests: u64,
    /// The lists, and the rows in all of them; for a lookup one row per combination of values.
    pub(super) lists: ListEstimate,
}

/// A list that is read page by page in an order.
pub(super) struct InOrder {
    pub(super) plan: RemotePlan,
    /// The planner's list of the order's key.
    pub(super) pathkeys: *mut List,
}

/// Planning data of one foreign table.
pub(in crate::pg) struct RelationInfo {
    pub(super) entity: &'static Entity,
    /// The list, with the search and the order that the API supports.
    pub(super) list: RemotePlan,
    /// The list read page by page in the order of the query, if the API supports it, for readers that may stop early.
    pub(super) in_order: Option<InOrder>,
    /// True if less than the whole list may be requested; see the option `pushdown`.
    pub(super) pushdown: bool,
    /// True if searches may be sent; see the option `pushdown`.
    pub(super) searches: bool,
    /// True if parents may be read for the values of a path; see the option `fan_out`.
    pub(super) fan_out: bool,
    /// True if the list has exactly the rows that pass the filters.
    pub(super) is_exact: bool,
    /// True for a query with LIMIT 0.
    pub(super) is_never_run: bool,
    /// The expressions that are parameters in the list's filters.
    pub(super) filter_values: *mut List,
    /// The expressions of LIMIT and OFFSET, if the list has an order for them.
    pub(super) limit_values: *mut List,
    pub(super) candidates: Vec<Candidate>,
    /// The paths with values, by their index.
    pub(super) paths: Vec<AccessPath>,
}

impl RelationInfo {
    /// Stores the data in the planner's memory until planning ends.
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

    /// The data of a relation.
    ///
    /// # Safety
    /// `rel` is a relation of ours, with or without stored data, and no other reference to the data exists.
    pub(super) unsafe fn of<'a>(rel: *mut pg_sys::RelOptInfo) -> Option<&'a mut RelationInfo> {
        // SAFETY: only `keep` sets the field of a relation of ours.
        unsafe { (*rel).fdw_private.cast::<RelationInfo>().as_mut() }
    }

    /// The most keys of the path that one request takes; `None` if each is a lookup.
    pub(super) fn batch(&self, path: &AccessPath) -> Option<u32> {
        let Access::Lookup(lookup) = path.access else { return None };
        // A path with an array takes several requests for each row.
        let is_one = self.searches && path.requests == 1;
        self.entity.lookups[lookup].batch.filter(|_| is_one).map(|_| self.entity.max_batch()).filter(|most| *most > 1)
    }

    /// Cost of reading all lists if the query names no values for them; `Err` if they cannot be read that way.
    pub(super) fn all_lists(&self) -> Result<ListEstimate, Vec<&'static str>> {
        estimate_lists(self.entity, self.fan_out, &|_| None)
    }
}
