//! How many rows a query reads of one scan.

use pgrx::pg_sys;

use super::expr::Expr;
use super::relation::BaseRel;

/// The LIMIT of a query, with its OFFSET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowBound {
    /// The query may read all rows.
    None,
    /// The number holds for the values that the plan was made with. A plan that is kept may run with others.
    Estimated(u64),
    /// The number holds whenever the plan runs.
    Constant(u64),
}

impl RowBound {
    /// The bound of the query that a relation is part of. None under grouping, DISTINCT, windows and set-returning
    /// functions (planner.c, `grouping_planner`), and with FETCH … WITH TIES, which reads on until the key changes.
    pub(super) fn of_query(rel: BaseRel<'_>) -> Self {
        // SAFETY: plain fields of the planner's nodes; the limits are expressions or null.
        let (rows, count, offset, option) = unsafe {
            let (root, query) = (rel.root(), (*rel.root()).parse);
            let (count, offset) = (Expr::new((*query).limitCount), Expr::new((*query).limitOffset));
            ((*root).limit_tuples, count, offset, (*query).limitOption)
        };
        if rows < 1.0 || option != pg_sys::LimitOption::LIMIT_OPTION_COUNT {
            return RowBound::None;
        }
        let is_constant = |limit: Option<Expr<'_>>| limit.is_none_or(|limit| limit.get::<pg_sys::Const>().is_some());
        if is_constant(count) && is_constant(offset) {
            RowBound::Constant(rows as u64)
        } else {
            RowBound::Estimated(rows as u64)
        }
    }

    /// The number, where it may be relied on.
    pub(super) fn constant(self) -> Option<u64> {
        match self {
            RowBound::Constant(rows) => Some(rows),
            RowBound::None | RowBound::Estimated(_) => None,
        }
    }
}
