//! The inputs of a run: expressions of the plan, evaluated before its first request.

use std::collections::HashSet;

use pgrx::pg_sys::{self, Oid};
use pgrx::{PgList, check_for_interrupts};

use super::super::convert::value;
use crate::error::Result;
use crate::filter::Value;
use crate::model::Entity;
use crate::plan::{BoundValues, RemotePlan, combinations};

/// Number of values after which a loop checks for interrupts.
const VALUES_BETWEEN_INTERRUPTS: usize = 1000;

/// The expressions that a run evaluates before its first request.
pub(in crate::pg) struct Inputs {
    /// The bound values, each with its column's name.
    keys: Vec<(String, Expression)>,
    /// The values in the list's filters.
    parameters: Vec<Expression>,
    /// LIMIT and OFFSET, for a list that has an order for them.
    limits: Vec<Expression>,
}

/// An expression of a running node.
pub(super) struct Expression {
    state: *mut pg_sys::ExprState,
    context: *mut pg_sys::ExprContext,
    ty: Oid,
}

impl Expression {
    /// The expressions of a list, initialised.
    ///
    /// # Safety
    /// `node` is initialised and outlives the expressions; they belong to its plan.
    pub(super) unsafe fn all(expressions: *mut pg_sys::List, node: *mut pg_sys::PlanState) -> Vec<Expression> {
        // SAFETY: the list holds expressions of the node's plan, which the executor initialises in its own memory.
        unsafe {
            let values = PgList::<pg_sys::Node>::from_pg(expressions);
            let states = PgList::<pg_sys::ExprState>::from_pg(pg_sys::ExecInitExprList(expressions, node));
            values
                .iter_ptr()
                .zip(states.iter_ptr())
                .map(|(value, state)| Expression {
                    state,
                    context: (*node).ps_ExprContext,
                    ty: pg_sys::exprType(value),
                })
                .collect()
        }
    }

    /// The current value; `None` for a type that is not readable.
    fn value(&self) -> Option<Value> {
        let mut is_null = false;
        // SAFETY: the expression belongs to the running node, whose context evaluates it in memory that lives until
        // the next row; its value has the type that the planner saw.
        unsafe {
            let datum = pg_sys::ExecEvalExprSwitchContext(self.state, self.context, &mut is_null);
            value::value(self.ty, datum, is_null)
        }
    }

    /// The distinct current values as sent in a request. NULL matches no row and is left out.
    fn values(&self) -> Vec<String> {
        let values = match self.value() {
            Some(Value::List(values)) => values,
            one => one.into_iter().collect(),
        };
        let mut seen = HashSet::with_capacity(values.len());
        let mut distinct = Vec::new();
        for (nth, value) in values.into_iter().enumerate() {
            if nth % VALUES_BETWEEN_INTERRUPTS == VALUES_BETWEEN_INTERRUPTS - 1 {
                check_for_interrupts!();
            }
            if let Some(value) = as_requested(value).filter(|value| !seen.contains(value)) {
                seen.insert(value.clone());
                distinct.push(value);
            }
        }
        distinct
    }
}

/// A value as sent in a request.
fn as_requested(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Inputs {
    /// Empty inputs, for a scan without a node.
    pub(in crate::pg) fn none() -> Self {
        Inputs { keys: Vec::new(), parameters: Vec::new(), limits: Vec::new() }
    }

    /// The expressions of a node's plan: `fdw_exprs` has the values of the keys, then those of the filters, then the
    /// limits.
    ///
    /// # Safety
    /// `node` is an initialised foreign scan node of ours, and outlives the inputs.
    pub(super) unsafe fn new(node: *mut pg_sys::ForeignScanState, plan: &RemotePlan) -> Self {
        // SAFETY: the plan node's list holds expressions added by the planner.
        let mut keys = unsafe {
            let scan = (*node).ss.ps.plan.cast::<pg_sys::ForeignScan>();
            Expression::all((*scan).fdw_exprs, &mut (*node).ss.ps)
        };
        let mut parameters = keys.split_off(plan.keys.len().min(keys.len()));
        let limits = if plan.late_sort.is_some() { plan.limit_values } else { 0 };
        let limits = parameters.split_off(parameters.len().saturating_sub(limits));
        Inputs { keys: plan.keys.iter().cloned().zip(keys).collect(), parameters, limits }
    }

    /// True if the inputs of a run do not change during the statement.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.parameters.is_empty() && self.limits.is_empty()
    }

    /// True if a run has a LIMIT, which the query evaluates anew for each run.
    pub(super) fn has_limit(&self) -> bool {
        !self.limits.is_empty()
    }

    /// The most rows that the query currently reads; `None` without a limit.
    pub(super) fn limit(&self) -> Option<u64> {
        let mut all = 0u64;
        for (nth, limit) in self.limits.iter().enumerate() {
            match limit.value()? {
                Value::Int(number) => all = all.checked_add(u64::try_from(number).ok()?)?,
                // A NULL OFFSET is 0; a NULL LIMIT means no limit.
                _ if nth > 0 => {}
                _ => return None,
            }
        }
        Some(all)
    }

    pub(super) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// All combinations of the keys' current values.
    ///
    /// # Errors
    /// `TooManyRequests` if there are too many, before any is built.
    pub(super) fn combinations(&self, entity: &Entity, most_requests: Option<u64>) -> Result<Vec<BoundValues>> {
        let keys: Vec<_> =
            self.keys.iter().map(|(column, expression)| (column.as_str(), expression.values())).collect();
        combinations(entity.name, &keys, most_requests)
    }

    /// The current values of the filters' parameters.
    pub(super) fn parameters(&self) -> Vec<Value> {
        self.parameters.iter().map(|expression| expression.value().unwrap_or(Value::Null)).collect()
    }
}

/// All combinations of these expressions' current values, without column names, which the reader adds. Empty if there
/// are more than one run may have: the reader's own run raises the error.
pub(super) fn unnamed_combinations(expressions: &[Expression]) -> Vec<BoundValues> {
    let values: Vec<_> = expressions.iter().map(|expression| ("", expression.values())).collect();
    combinations("", &values, None).unwrap_or_default()
}
