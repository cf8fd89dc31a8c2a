//! Orders the API can give.
//!
//! Only where the first page is all that is read: `ORDER BY … LIMIT n` of one relation. Rows with equal
//! sort keys have no stable order between requests, so that a second page could repeat or miss some of
//! them. And only by times that every row has, whose order is the same everywhere; the scan checks it.

use pgrx::PgList;
use pgrx::pg_sys;

use crate::json_path::JsonPath;
use crate::model::SortParameter;
use crate::plan::{PlannedColumn, RemotePlan, SortOrder};

/// The order the query wants of this relation, with its LIMIT, if the API can give both in one page.
///
/// # Safety
/// Both are the planner's nodes of a base relation.
pub(super) unsafe fn sort_order(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    parameter: &SortParameter,
    plan: &RemotePlan,
) -> Option<(SortOrder, u64)> {
    // SAFETY: plain fields of the nodes and lists of the types they are declared to hold. The limit is
    // unset (-1) under grouping, DISTINCT, windows and set-returning functions.
    unsafe {
        let alone = pg_sys::bms_equal((*root).all_baserels, (*rel).relids) && (*rel).joininfo.is_null();
        let limit = (*root).limit_tuples;
        // WITH TIES reads on until the key changes.
        let stops = (*(*root).parse).limitOption == pg_sys::LimitOption::LIMIT_OPTION_COUNT;
        if !alone || !stops || limit < 1.0 || limit > f64::from(plan.page_size) {
            return None;
        }
        let keys = PgList::<pg_sys::PathKey>::from_pg((*root).query_pathkeys);
        let key = keys.get_ptr(0).filter(|_| keys.len() == 1)?;
        let class = (*key).pk_eclass;
        if (*class).ec_has_volatile {
            return None;
        }
        let members = PgList::<pg_sys::EquivalenceMember>::from_pg((*class).ec_members);
        let var = members.iter_ptr().find_map(|member| {
            let var = (*member).em_expr.cast::<pg_sys::Var>();
            let own = (*var.cast::<pg_sys::Node>()).type_ == pg_sys::NodeTag::T_Var
                && i64::from((*var).varno) == i64::from((*rel).relid)
                && (*var).vartype == pg_sys::TIMESTAMPTZOID
                && (*var).varlevelsup == 0;
            own.then_some(var)
        })?;
        let is_key = |column: &&PlannedColumn| column.attno == (*var).varattno;
        let column = plan.columns.iter().find(is_key).filter(|column| column.time_format.is_none())?;
        let member = parameter.columns.iter().find(|name| column.path == JsonPath::root_member(name))?;
        let descending = is_descending(key);
        Some((SortOrder { member: (*member).to_owned(), attno: column.attno, descending }, limit as u64))
    }
}

/// # Safety
/// `key` is a path key.
unsafe fn is_descending(key: *mut pg_sys::PathKey) -> bool {
    // SAFETY: a plain field; 18 replaced the strategy by the comparison (nodes/pathnodes.h).
    #[cfg(not(feature = "pg18"))]
    unsafe {
        (*key).pk_strategy as u32 == pg_sys::BTGreaterStrategyNumber
    }
    #[cfg(feature = "pg18")]
    // SAFETY: as above.
    unsafe {
        (*key).pk_cmptype == pg_sys::CompareType::COMPARE_GT
    }
}
