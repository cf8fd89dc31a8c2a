//! The values that a run is asked with: expressions of the plan, evaluated before its first request.

use std::collections::HashSet;

use pgrx::pg_sys::{self, Oid};
use pgrx::{PgList, check_for_interrupts};

use super::super::convert::value;
use crate::error::Result;
use crate::filter::Value;
use crate::model::Entity;
use crate::plan::{BoundValues, RemotePlan, combinations};

/// A loop over values looks for a cancel after each so many of them.
const VALUES_BETWEEN_INTERRUPTS: usize = 1000;

/// The expressions a run evaluates before its first request.
pub(in crate::pg) struct Inputs {
    /// The values the API is asked with, each with its column's name.
    keys: Vec<(String, Expression)>,
    /// The values in the conditions that the list is searched by.
    parameters: Vec<Expression>,
    /// The LIMIT and the OFFSET of a list with an order for them.
    limits: Vec<Expression>,
}

/// An expression of a running node.
pub(super) struct Expression {
    state: *mut pg_sys::ExprState,
    context: *mut pg_sys::ExprContext,
    ty: Oid,
}

impl Expression {
    /// The expressions of a list, ready to run.
    ///
    /// # Safety
    /// `node` is a node that has been set up, and outlives the expressions; they are its plan's.
    pub(super) unsafe fn all(expressions: *mut pg_sys::List, node: *mut pg_sys::PlanState) -> Vec<Expression> {
        // SAFETY: the list holds expressions of the node's plan, which the executor sets up in its own memory.
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

    /// The value of now, or nothing for a type that is not read.
    fn value(&self) -> Option<Value> {
        let mut is_null = false;
        // SAFETY: the expression belongs to the running node, whose context evaluates it in memory that
        // lives until the next row; its value is of the type the planner saw.
        unsafe {
            let datum = pg_sys::ExecEvalExprSwitchContext(self.state, self.context, &mut is_null);
            value::value(self.ty, datum, is_null)
        }
    }

    /// The values of now as they are written in a request, each once. NULL matches nothing, so it is none of them.
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

/// A value as it is written in a request.
fn as_requested(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Inputs {
    /// None: for a scan without a node.
    pub(in crate::pg) fn none() -> Self {
        Inputs { keys: Vec::new(), parameters: Vec::new(), limits: Vec::new() }
    }

    /// The expressions of a node's plan: `fdw_exprs` holds the values of its keys, after them those of its
    /// filters, and at the end the limits.
    ///
    /// # Safety
    /// `node` is a foreign scan's node of ours that has been set up, and outlives the inputs.
    pub(super) unsafe fn new(node: *mut pg_sys::ForeignScanState, plan: &RemotePlan) -> Self {
        // SAFETY: the plan node's list holds the expressions that the planner put there.
        let mut keys = unsafe {
            let scan = (*node).ss.ps.plan.cast::<pg_sys::ForeignScan>();
            Expression::all((*scan).fdw_exprs, &mut (*node).ss.ps)
        };
        let mut parameters = keys.split_off(plan.keys.len().min(keys.len()));
        let limits = if plan.late_sort.is_some() { plan.limit_values } else { 0 };
        let limits = parameters.split_off(parameters.len().saturating_sub(limits));
        Inputs { keys: plan.keys.iter().cloned().zip(keys).collect(), parameters, limits }
    }

    /// True when nothing that a run is asked with depends on the time it runs.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.parameters.is_empty() && self.limits.is_empty()
    }

    /// True when a run is asked with a limit, which the query evaluates anew for each.
    pub(super) fn has_limit(&self) -> bool {
        !self.limits.is_empty()
    }

    /// How many rows the query reads at most, as of now; nothing without a limit.
    pub(super) fn limit(&self) -> Option<u64> {
        let mut all = 0u64;
        for (nth, limit) in self.limits.iter().enumerate() {
            match limit.value()? {
                Value::Int(number) => all = all.checked_add(u64::try_from(number).ok()?)?,
                // No OFFSET is none of it, and no LIMIT is no end.
                _ if nth > 0 => {}
                _ => return None,
            }
        }
        Some(all)
    }

    pub(super) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Each combination of the keys' values of now.
    ///
    /// # Errors
    /// `TooManyRequests` before they are made, when there are too many.
    pub(super) fn combinations(&self, entity: &Entity, most_requests: Option<u64>) -> Result<Vec<BoundValues>> {
        let keys: Vec<_> =
            self.keys.iter().map(|(column, expression)| (column.as_str(), expression.values())).collect();
        combinations(entity.name, &keys, most_requests)
    }

    /// The values of the filters' parameters of now.
    pub(super) fn parameters(&self) -> Vec<Value> {
        self.parameters.iter().map(|expression| expression.value().unwrap_or(Value::Null)).collect()
    }
}

/// Each combination of the values of these expressions of now, for columns that the reader names. Nothing where there
/// are more than a run is asked with: the reader's own run says so.
pub(super) fn unnamed_combinations(expressions: &[Expression]) -> Vec<BoundValues> {
    let values: Vec<_> = expressions.iter().map(|expression| ("", expression.values())).collect();
    combinations("", &values, None).unwrap_or_default()
}
