//! The facts about one foreign table that its planning needs, found once and kept in the planner's memory from
//! `GetForeignRelSize` to `GetForeignPlan` (postgres_fdw's `PgFdwRelationInfo`). Nothing here touches the network.

use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_sys::{self, List};

use super::keys::Candidate;
use crate::model::Entity;
use crate::plan::{Access, Lists, RemotePlan, lists};

/// A way to ask for fewer rows than all, with values that the query names.
#[derive(Debug, Clone)]
pub(in crate::pg) struct AccessPath {
    /// `Lookup`, or `List` for the lists that the values pick.
    pub(super) access: Access,
    /// The columns whose values are named.
    pub(super) keys: Vec<&'static str>,
    pub(super) requests: u64,
    /// The lists, and the rows in all of them; for a lookup one row for each combination of values.
    pub(super) lists: Lists,
}

/// A list that is read page by page in an order.
pub(super) struct InOrder {
    pub(super) plan: RemotePlan,
    /// The planner's list of the order's key.
    pub(super) pathkeys: *mut List,
}

/// The facts about one foreign table.
pub(in crate::pg) struct RelationInfo {
    pub(super) entity: &'static Entity,
    /// The list, searched by what filters can be and in the order the query wants, as far as the API gives it.
    pub(super) list: RemotePlan,
    /// The list read page by page in the order the query wants, where the API can give it and a reader may stop early.
    pub(super) in_order: Option<InOrder>,
    /// The API may be asked for less than the whole list; see the option `pushdown`.
    pub(super) pushdown: bool,
    /// Parents may be read for the values of a path; see the option `fan_out`.
    pub(super) fan_out: bool,
    /// The list has just the rows that pass the filters.
    pub(super) is_exact: bool,
    /// The query has LIMIT 0.
    pub(super) is_never_run: bool,
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
