//! Look-ups by key: which filters they answer, and their values once the scan runs.
//!
//! A filter answers to a look-up if it is `column = value` or `column = ANY (array)` by text equality
//! under a deterministic collation, which compares bytes as the API does, or of integers where the API has
//! them as keys, and its value is known before the first row: no volatile function, no column of the same
//! table, no subplan. Every filter stays with Postgres as well.

use std::collections::HashSet;

use pgrx::PgList;
use pgrx::pg_sys::{self, Oid};

use super::filter::{comparison, is_int, is_text_type};
use super::value;
use crate::filter::{Comparison, Value};
use crate::model::{Entity, KeyValues};
use crate::plan::{BoundValues, RemotePlan};

/// A column whose value a look-up or a list can be asked with, and the one of the table that shows it.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub(super) column: &'static str,
    pub(super) attno: i16,
    /// Whether an integer is asked for by its digits.
    pub(super) takes_integers: bool,
}

/// The columns to ask with that the query reads.
pub(super) fn candidates(entity: &'static Entity, plan: &RemotePlan) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let of_lookups = entity.lookups.iter().flat_map(|lookup| lookup.columns());
    for column in entity.required().chain(of_lookups) {
        let Some(path) = entity.column(column).map(|column| entity.column_path(column)) else { continue };
        let shown = plan.columns.iter().find(|shown| shown.path == path);
        if let (Some(shown), false) = (shown, candidates.iter().any(|candidate| candidate.column == column)) {
            let takes_integers = entity.key_values == KeyValues::TextsOrNumbers;
            candidates.push(Candidate { column, attno: shown.attno, takes_integers });
        }
    }
    candidates
}

/// The value, or the array of values, that `clause` compares the candidate's column with, if the
/// look-up answers it.
///
/// # Safety
/// The nodes are the planner's: `rel` of a base relation, `clause` a RestrictInfo.
pub(super) unsafe fn value_of(
    root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    clause: *mut pg_sys::RestrictInfo,
    candidate: Candidate,
) -> Option<*mut pg_sys::Node> {
    // SAFETY: a node's tag says its type; all of them are the planner's.
    unsafe {
        let expression = (*clause).clause.cast::<pg_sys::Node>();
        let (operator, collation, arguments, array) = match (*expression).type_ {
            pg_sys::NodeTag::T_OpExpr => {
                let operation = expression.cast::<pg_sys::OpExpr>();
                ((*operation).opno, (*operation).inputcollid, (*operation).args, false)
            }
            pg_sys::NodeTag::T_ScalarArrayOpExpr => {
                let operation = expression.cast::<pg_sys::ScalarArrayOpExpr>();
                if !(*operation).useOr {
                    return None;
                }
                ((*operation).opno, (*operation).inputcollid, (*operation).args, true)
            }
            _ => return None,
        };
        let arguments = PgList::<pg_sys::Node>::from_pg(arguments);
        let (left, right) = (arguments.get_ptr(0)?, arguments.get_ptr(1)?);
        let value = if is_column(left, (*rel).relid, candidate.attno) {
            right
        } else if !array && is_column(right, (*rel).relid, candidate.attno) {
            left
        } else {
            return None;
        };
        let value_type = pg_sys::exprType(value);
        let value_type = if array { pg_sys::get_element_type(value_type) } else { value_type };
        let is_equality = if is_text_type(value_type) {
            operator.to_u32() == pg_sys::TextEqualOperator && pg_sys::get_collation_isdeterministic(collation)
        } else {
            let is_equal = matches!(comparison(operator, value_type), Some((Comparison::Equal, false)));
            candidate.takes_integers && is_int(value_type) && is_equal
        };
        if !is_equality {
            return None;
        }
        let own = pg_sys::bms_is_member((*rel).relid as i32, pg_sys::pull_varnos(root, value));
        (!own && !pg_sys::contain_volatile_functions(value) && !pg_sys::contain_subplans(value)).then_some(value)
    }
}

/// True for the column itself, be it a varchar seen as text.
///
/// # Safety
/// `node` is an expression.
pub(super) unsafe fn is_column(node: *mut pg_sys::Node, relation: pg_sys::Index, attno: i16) -> bool {
    // SAFETY: a node's tag says its type.
    unsafe {
        let mut node = node;
        while (*node).type_ == pg_sys::NodeTag::T_RelabelType {
            node = (*node.cast::<pg_sys::RelabelType>()).arg.cast();
        }
        let var = node.cast::<pg_sys::Var>();
        (*node).type_ == pg_sys::NodeTag::T_Var
            && i64::from((*var).varno) == i64::from(relation)
            && (*var).varattno == attno
            && (*var).varlevelsup == 0
    }
}

/// How many values a look-up is expected to have.
///
/// # Safety
/// `value` is an expression.
pub(super) unsafe fn expected_values(value: *mut pg_sys::Node) -> u64 {
    /// An array that is not known yet, as Postgres has it (selfuncs.c, estimate_array_length).
    const UNKNOWN_ARRAY: u64 = 10;
    // SAFETY: a node's tag says its type; a constant of an array type that is not null holds an array.
    unsafe {
        if pg_sys::get_element_type(pg_sys::exprType(value)) == Oid::INVALID {
            return 1;
        }
        match (*value).type_ {
            pg_sys::NodeTag::T_Const => match value::constant(value.cast()) {
                Some(Value::List(elements)) => {
                    elements.iter().filter(|element| **element != Value::Null).count() as u64
                }
                _ => 0,
            },
            pg_sys::NodeTag::T_ArrayExpr => {
                PgList::<pg_sys::Node>::from_pg((*value.cast::<pg_sys::ArrayExpr>()).elements).len() as u64
            }
            _ => UNKNOWN_ARRAY,
        }
    }
}

/// A value to ask with, as an expression that is ready to run.
pub(super) struct Key {
    column: String,
    expression: *mut pg_sys::ExprState,
    context: *mut pg_sys::ExprContext,
    ty: Oid,
}

/// The values to ask with: the first expressions of the plan, one for each of its keys.
///
/// # Safety
/// `node` is a foreign scan's node that has been set up, and outlives the keys.
pub(super) unsafe fn keys(node: *mut pg_sys::ForeignScanState, plan: &RemotePlan) -> Vec<Key> {
    // SAFETY: the plan's expressions are made by our planner callback.
    unsafe {
        let scan = (*node).ss.ps.plan.cast::<pg_sys::ForeignScan>();
        let mut keys = keys_of((*scan).fdw_exprs, &mut (*node).ss.ps);
        keys.truncate(plan.keys.len());
        for (key, column) in keys.iter_mut().zip(&plan.keys) {
            key.column.clone_from(column);
        }
        keys
    }
}

/// The expressions of a node, ready to run as values to ask with, whose columns have no names.
///
/// # Safety
/// `node` is a node that has been set up, and outlives the keys; the expressions are its plan's.
pub(super) unsafe fn keys_of(expressions: *mut pg_sys::List, node: *mut pg_sys::PlanState) -> Vec<Key> {
    // SAFETY: as promised by our caller.
    unsafe {
        let values = PgList::<pg_sys::Node>::from_pg(expressions);
        let states = PgList::<pg_sys::ExprState>::from_pg(pg_sys::ExecInitExprList(expressions, node));
        let key = |(value, expression): (*mut pg_sys::Node, *mut pg_sys::ExprState)| Key {
            column: String::new(),
            expression,
            context: (*node).ps_ExprContext,
            ty: pg_sys::exprType(value),
        };
        values.iter_ptr().zip(states.iter_ptr()).map(key).collect()
    }
}

/// Each combination of the values of now.
pub(super) fn given(keys: &[Key]) -> Vec<BoundValues> {
    keys.iter().fold(vec![Vec::new()], |combinations, key| {
        let values = key.values();
        let with = |given: &BoundValues, value: &String| {
            let mut given = given.clone();
            given.push((key.column.clone(), value.clone()));
            given
        };
        combinations.iter().flat_map(|given| values.iter().map(move |value| with(given, value))).collect()
    })
}

impl Key {
    /// The values of now, each once. NULL matches nothing, so it is none of them.
    fn values(&self) -> Vec<String> {
        let mut is_null = false;
        // SAFETY: the expression belongs to the running node, whose context evaluates it in memory that
        // lives until the next row; its value is of the type the planner saw.
        let value = unsafe {
            let datum = pg_sys::ExecEvalExprSwitchContext(self.expression, self.context, &mut is_null);
            value::value(self.ty, datum, is_null)
        };
        let values = match value {
            Some(Value::List(values)) => values,
            one => one.into_iter().collect(),
        };
        let mut seen = HashSet::new();
        values.into_iter().filter_map(as_asked).filter(|value| seen.insert(value.clone())).collect()
    }
}

/// A value as it stands in a request.
fn as_asked(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}
