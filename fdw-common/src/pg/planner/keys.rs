//! Columns that can be bound in a request, and the values that a query compares them with.
//!
//! A clause provides a value if it is `column = value` or `column = ANY (array)`, either by text equality under a
//! deterministic collation, which compares bytes as the API does, or between integers if the API has integers as
//! keys. The value must be known before the first row: no volatile function, no column of the same table, no subplan.
//! Postgres tests every clause as well.

use std::ptr;

use pgrx::PgList;
use pgrx::pg_guard;
use pgrx::pg_sys::{self, Relids};

use super::super::backend::element_type;
use super::super::convert::value;
use super::base_rel::BaseRel;
use super::expr::{Expr, is_deterministic};
use super::filters::{comparison, is_int, is_text_type};
use crate::filter::{Comparison, Value};
use crate::model::{Entity, KeyValues};
use crate::plan::PlannedColumn;

/// A column that a lookup or a list can bind, and the table's column that shows its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) column: &'static str,
    pub(super) attno: i16,
    /// True if an integer is sent as its digits.
    takes_integers: bool,
}

/// The bindable columns that the query reads.
pub(super) fn candidates(entity: &'static Entity, columns: &[PlannedColumn]) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let of_lookups = entity.lookups.iter().flat_map(|lookup| lookup.columns());
    for column in entity.required().chain(of_lookups) {
        let Some(path) = entity.column(column).map(|column| entity.column_path(column)) else { continue };
        let shown = columns.iter().find(|shown| shown.path == path);
        if let (Some(shown), false) = (shown, candidates.iter().any(|candidate| candidate.column == column)) {
            let takes_integers = entity.key_values == KeyValues::TextsOrNumbers;
            candidates.push(Candidate { column, attno: shown.attno, takes_integers });
        }
    }
    candidates
}

/// A bindable column, and the expression of the query with its value or an array of values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'p> {
    pub(super) candidate: Candidate,
    pub(super) value: Expr<'p>,
    /// The other relations in the value; null if there are none.
    pub(super) outer: Relids,
}

/// The keys with values from the relation's own filters.
pub(super) fn keys_of_filters<'p>(rel: BaseRel<'p>, candidates: &[Candidate]) -> Vec<Key<'p>> {
    let clauses = rel.filters();
    candidates
        .iter()
        .filter_map(|candidate| {
            let value = clauses.iter().find_map(|clause| value_of(rel, *clause, *candidate))?;
            Some(Key { candidate: *candidate, value, outer: ptr::null_mut() })
        })
        .collect()
}

/// The keys with values from other relations, each with these relations: from join clauses of the query, or from
/// clauses that equivalence implies (postgres_fdw.c, `postgresGetForeignPaths`).
pub(super) fn keys_of_joins<'p>(rel: BaseRel<'p>, candidates: &[Candidate]) -> Vec<Key<'p>> {
    let mut keys = Vec::new();
    for candidate in candidates {
        for (clause, relids) in join_clauses(rel, *candidate) {
            let Some(value) = value_of(rel, clause, *candidate) else { continue };
            let outer = rel.without_own(relids);
            if !outer.is_null() {
                keys.push(Key { candidate: *candidate, value, outer });
            }
        }
    }
    keys
}

/// Each join clause that may compare the candidate's column with another relation's value, and its relations.
fn join_clauses<'p>(rel: BaseRel<'p>, candidate: Candidate) -> Vec<(Expr<'p>, Relids)> {
    let mut attno = candidate.attno;
    // SAFETY: the nodes are the planner's own. The callback compares its argument with `attno`, which outlives the
    // call; implied clauses are allocated in the planner's memory.
    unsafe {
        let (root, node) = (rel.root(), rel.node());
        let mut clauses: Vec<_> = PgList::<pg_sys::RestrictInfo>::from_pg((*node).joininfo)
            .iter_ptr()
            .filter(|clause| pg_sys::join_clause_is_movable_to(*clause, node))
            .collect();
        if (*node).has_eclass_joins {
            let implied = pg_sys::generate_implied_equalities_for_column(
                root,
                node,
                Some(is_candidate),
                ptr::from_mut(&mut attno).cast(),
                (*node).lateral_referencers,
            );
            clauses.extend(PgList::<pg_sys::RestrictInfo>::from_pg(implied).iter_ptr());
        }
        clauses
            .into_iter()
            .filter_map(|clause| Some((Expr::new((*clause).clause.cast())?, (*clause).clause_relids)))
            .collect()
    }
}

/// True for the equivalence member that is the candidate's column.
#[pg_guard]
unsafe extern "C-unwind" fn is_candidate(
    _root: *mut pg_sys::PlannerInfo,
    rel: *mut pg_sys::RelOptInfo,
    _class: *mut pg_sys::EquivalenceClass,
    member: *mut pg_sys::EquivalenceMember,
    attno: *mut std::ffi::c_void,
) -> bool {
    // SAFETY: the argument is the attribute number that `join_clauses` passes; the nodes are the planner's.
    unsafe {
        Expr::new((*member).em_expr.cast())
            .is_some_and(|expression| expression.is_column((*rel).relid, *attno.cast::<i16>()))
    }
}

/// The value, or the array of values, that a clause compares the candidate's column with, if it can be bound in a
/// request.
pub(super) fn value_of<'p>(rel: BaseRel<'p>, clause: Expr<'p>, candidate: Candidate) -> Option<Expr<'p>> {
    let (operator, collation, is_array) = if let Some(node) = clause.get::<pg_sys::OpExpr>() {
        (node.opno, node.inputcollid, false)
    } else {
        let node = clause.get::<pg_sys::ScalarArrayOpExpr>().filter(|node| node.useOr)?;
        (node.opno, node.inputcollid, true)
    };
    let (left, right) = clause.two_arguments()?;
    let value = if left.is_column(rel.relid(), candidate.attno) {
        right
    } else if !is_array && right.is_column(rel.relid(), candidate.attno) {
        left
    } else {
        return None;
    };
    let ty = if is_array { element_type(value.ty())? } else { value.ty() };
    let is_equality = if is_text_type(ty) {
        operator.to_u32() == pg_sys::TextEqualOperator && is_deterministic(collation)
    } else {
        candidate.takes_integers && is_int(ty) && comparison(operator, ty) == Some((Comparison::Equal, false))
    };
    (is_equality && !rel.is_in(value) && value.is_stable()).then_some(value)
}

/// The expected number of values of a lookup.
pub(super) fn expected_values(value: Expr<'_>) -> u64 {
    /// Postgres's estimate for an array that is not known yet (selfuncs.c, estimate_array_length).
    const UNKNOWN_ARRAY: u64 = 10;
    if element_type(value.ty()).is_none() {
        return 1;
    }
    if let Some(constant) = value.get::<pg_sys::Const>() {
        return match value::constant(constant) {
            Some(Value::List(elements)) => elements.iter().filter(|element| **element != Value::Null).count() as u64,
            _ => 0,
        };
    }
    match value.get::<pg_sys::ArrayExpr>() {
        Some(_) => value.arguments().len() as u64,
        None => UNKNOWN_ARRAY,
    }
}

/// The first of these keys for a column.
pub(super) fn value_for<'p>(keys: &[Key<'p>], column: &str) -> Option<Key<'p>> {
    keys.iter().find(|key| key.candidate.column == column).copied()
}
