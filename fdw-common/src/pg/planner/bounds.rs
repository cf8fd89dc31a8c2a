//! Number of rows that a query reads of one scan.

use pgrx::pg_sys;

use super::base_rel::BaseRel;
use super::expr::Expr;

/// The LIMIT of a query, with its OFFSET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowBound {
    /// The query may read all rows.
    None,
    /// The number is known only during execution: a cached plan may run with another number than it was made with.
    WhenRun,
    /// The number is the same in every execution.
    Constant(u64),
}

impl RowBound {
    /// The bound of the query that a relation is part of. `None` under grouping, DISTINCT, windows and set-returning
    /// functions (planner.c, `grouping_planner`), and with FETCH … WITH TIES, which continues until the key changes.
    pub(super) fn of_query(rel: BaseRel<'_>) -> Self {
        let root = rel.fields().0;
        let (query, [count, offset]) = limits(rel);
        let combines_rows = !query.groupClause.is_null()
            || !query.groupingSets.is_null()
            || !query.distinctClause.is_null()
            || query.hasAggs
            || query.hasWindowFuncs
            || query.hasTargetSRFs
            || root.hasHavingQual;
        let stops = query.limitOption == pg_sys::LimitOption::LIMIT_OPTION_COUNT;
        let is_constant = |limit: Option<Expr<'_>>| limit.is_none_or(|limit| limit.get::<pg_sys::Const>().is_some());
        match count {
            Some(_) if !combines_rows && stops => {}
            _ => return RowBound::None,
        }
        match is_constant(count) && is_constant(offset) {
            true if root.limit_tuples >= 1.0 => RowBound::Constant(root.limit_tuples as u64),
            true => RowBound::None,
            false => RowBound::WhenRun,
        }
    }

    /// The expressions of the query's LIMIT and OFFSET, if they can be evaluated before the first row.
    pub(super) fn expressions<'p>(rel: BaseRel<'p>) -> Option<Vec<Expr<'p>>> {
        let is_known = |limit: &Expr<'_>| limit.is_stable() && !limit.has_columns();
        let limits: Vec<_> = limits(rel).1.into_iter().flatten().collect();
        limits.iter().all(is_known).then_some(limits)
    }

    /// The number, if it is constant.
    pub(super) fn constant(self) -> Option<u64> {
        match self {
            RowBound::Constant(rows) => Some(rows),
            RowBound::None | RowBound::WhenRun => None,
        }
    }
}

/// True for a query with LIMIT 0, which runs none of its nodes (nodeLimit.c).
pub(super) fn is_never_run(rel: BaseRel<'_>) -> bool {
    let count = limits(rel).1[0].and_then(|count| count.get::<pg_sys::Const>());
    // The type of a limit is bigint (parse_clause.c, `transformLimitClause`).
    count.is_some_and(|count| !count.constisnull && count.constvalue.value() == 0)
}

/// The query that a relation is part of, with its LIMIT and OFFSET.
fn limits<'p>(rel: BaseRel<'p>) -> (&'p pg_sys::Query, [Option<Expr<'p>>; 2]) {
    // SAFETY: the planner's node has a query; its limits are expressions or null.
    unsafe {
        let query = &*rel.fields().0.parse;
        (query, [Expr::new(query.limitCount), Expr::new(query.limitOffset)])
    }
}
