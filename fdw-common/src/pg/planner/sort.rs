//! Orders the API can give: by times that every row has, whose order is the same everywhere; the scan checks it.
//!
//! Rows with equal sort keys have no stable order between requests, so that a second page could repeat or miss some of
//! them. So the list is either asked for in an order whose first page is all that is read (`ORDER BY … LIMIT n` of one
//! relation, without conditions that Postgres has to test), or, by the time of its slices, read page by page in slices.
//! A LIMIT that is not constant is evaluated when the scan runs: then Postgres sorts the page or the list that comes.

use std::ptr;

use pgrx::PgList;
use pgrx::pg_sys::{self, List};

use super::super::version;
use super::base_rel::BaseRel;
use super::expr::Expr;
use crate::json_path::JsonPath;
use crate::model::SortParameter;
use crate::plan::{PlannedColumn, RemotePlan, SortOrder};

/// An order that the query wants of this relation and that the API can give.
pub(super) struct WantedOrder {
    pub(super) order: SortOrder,
    /// The query wants no other key behind this one.
    pub(super) is_all: bool,
    /// The planner's list of this key alone.
    pub(super) pathkeys: *mut List,
}

/// The first key of the order that the query wants of this relation, if the API can sort by it.
pub(super) fn wanted_order(rel: BaseRel<'_>, parameter: &SortParameter, plan: &RemotePlan) -> Option<WantedOrder> {
    if !rel.is_alone() || rel.has_join_clauses() {
        return None;
    }
    // SAFETY: the planner's lists hold what they are declared to hold.
    let (members, descending, is_all, pathkeys) = unsafe {
        let keys = PgList::<pg_sys::PathKey>::from_pg((*rel.root()).query_pathkeys);
        let key = keys.get_ptr(0)?;
        let class = (*key).pk_eclass;
        if (*class).ec_has_volatile {
            return None;
        }
        let members = PgList::<pg_sys::EquivalenceMember>::from_pg((*class).ec_members);
        let members: Vec<_> = members.iter_ptr().filter_map(|member| Expr::new((*member).em_expr.cast())).collect();
        (members, version::is_descending(&*key), keys.len() == 1, pg_sys::lappend(ptr::null_mut(), key.cast()))
    };
    let var = members.iter().filter_map(|member| member.get::<pg_sys::Var>()).find(|var| {
        i64::from(var.varno) == i64::from(rel.relid()) && var.vartype == pg_sys::TIMESTAMPTZOID && var.varlevelsup == 0
    })?;
    let is_key = |column: &&PlannedColumn| column.attno == var.varattno;
    let column = plan.columns.iter().find(is_key).filter(|column| column.time_format.is_none())?;
    let member = parameter.columns.iter().find(|name| column.path == JsonPath::root_member(name))?;
    let order = SortOrder { member: (*member).to_owned(), attno: column.attno, descending };
    Some(WantedOrder { order, is_all, pathkeys })
}
