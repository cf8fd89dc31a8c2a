//! Orders that the API can return: by times that every row has, which sort the same everywhere; the scan checks it.
//!
//! Rows with equal sort keys have no stable order between requests, so a second page could repeat or miss some of
//! them. So either just the first page is read (`ORDER BY … LIMIT n` of one relation, without conditions that Postgres
//! applies), or the list is read by the time of its slices, page by page. A LIMIT that is not constant is evaluated
//! during the scan; Postgres then sorts the rows, of the page or of the list, again.

use std::ptr;

use pgrx::PgList;
use pgrx::pg_sys::{self, List};

use super::super::version;
use super::base_rel::BaseRel;
use super::expr::Expr;
use crate::json_path::JsonPath;
use crate::model::SortParameter;
use crate::plan::{PlannedColumn, RemotePlan, SortOrder};

/// An order that the query wants of this relation and that the API can return.
pub(super) struct WantedOrder {
    pub(super) order: SortOrder,
    /// True if the query sorts by no other key.
    pub(super) is_all: bool,
    /// The planner's list of this key alone.
    pub(super) pathkeys: *mut List,
}

/// The first key of the order that the query wants of this relation, if the API can sort by it.
pub(super) fn wanted_order(rel: BaseRel<'_>, parameter: &SortParameter, plan: &RemotePlan) -> Option<WantedOrder> {
    if !rel.is_alone() || rel.has_join_clauses() {
        return None;
    }
    // SAFETY: the planner's lists hold nodes of their declared types.
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
