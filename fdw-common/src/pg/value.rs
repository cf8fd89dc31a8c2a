//! Values of SQL expressions that a scan is searched by: constants when it is planned, parameters and
//! stable expressions when it runs.

use std::ffi::CStr;
use std::ptr;

use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{FromDatum, PgList};

use super::catalog::text_of;
use crate::filter::Value;

/// Between 1970, where [`Value::Time`] counts from, and 2000, where Postgres does, in microseconds.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// True for the types [`value`] reads, and arrays of them.
pub(super) fn is_readable(ty: Oid) -> bool {
    // SAFETY: a look-up in the type cache; an unknown OID has no element type.
    let element = unsafe { pg_sys::get_element_type(ty) };
    let ty = if element == Oid::INVALID { ty } else { element };
    matches!(
        ty,
        pg_sys::TEXTOID
            | pg_sys::VARCHAROID
            | pg_sys::BOOLOID
            | pg_sys::INT2OID
            | pg_sys::INT4OID
            | pg_sys::INT8OID
            | pg_sys::TIMESTAMPTZOID
            | pg_sys::JSONBOID
    )
}

/// The value of a constant.
///
/// # Safety
/// `constant` is a Const node.
pub(super) unsafe fn constant(constant: *mut pg_sys::Const) -> Option<Value> {
    // SAFETY: a Const's datum is of its type.
    unsafe { value((*constant).consttype, (*constant).constvalue, (*constant).constisnull) }
}

/// A datum as a value, or nothing for a type that is not readable.
///
/// # Safety
/// `datum` is of the type `ty`, unless it is NULL.
pub(super) unsafe fn value(ty: Oid, datum: Datum, is_null: bool) -> Option<Value> {
    if is_null {
        return Some(Value::Null);
    }
    // SAFETY: the datum is of the type its branch reads.
    unsafe {
        Some(match ty {
            pg_sys::TEXTOID | pg_sys::VARCHAROID => Value::Text(text(datum)),
            pg_sys::BOOLOID => Value::Bool(bool::from_datum(datum, false)?),
            pg_sys::INT2OID => Value::Int(i16::from_datum(datum, false)?.into()),
            pg_sys::INT4OID => Value::Int(i32::from_datum(datum, false)?.into()),
            pg_sys::INT8OID => Value::Int(i64::from_datum(datum, false)?),
            // Infinity stays at the end of the range.
            pg_sys::TIMESTAMPTZOID => match i64::from_datum(datum, false)? {
                i64::MIN => Value::Time(i64::MIN),
                time => Value::Time(time.saturating_add(POSTGRES_EPOCH)),
            },
            pg_sys::JSONBOID => Value::Json(in_utf8(pg_sys::OidOutputFunctionCall(pg_sys::F_JSONB_OUT.into(), datum))),
            _ => {
                let element = pg_sys::get_element_type(ty);
                if element == Oid::INVALID || !is_readable(element) {
                    return None;
                }
                let elements = elements(datum, element);
                Value::List(
                    elements
                        .into_iter()
                        .map(|(datum, is_null)| value(element, datum, is_null))
                        .collect::<Option<_>>()?,
                )
            }
        })
    }
}

/// The elements of an array, each with whether it is NULL.
///
/// # Safety
/// `array` is an array of elements of the type `element`.
pub(super) unsafe fn elements(array: Datum, element: Oid) -> Vec<(Datum, bool)> {
    let (mut length, mut by_value, mut alignment) = (0, false, 0);
    let (mut values, mut nulls, mut count) = (ptr::null_mut(), ptr::null_mut(), 0);
    // SAFETY: the element type's form comes from the catalog; the results are arrays of `count` entries
    // in the current memory context.
    unsafe {
        pg_sys::get_typlenbyvalalign(element, &mut length, &mut by_value, &mut alignment);
        let array = pg_sys::pg_detoast_datum(array.cast_mut_ptr());
        pg_sys::deconstruct_array(
            array.cast(),
            element,
            length.into(),
            by_value,
            alignment,
            &mut values,
            &mut nulls,
            &mut count,
        );
        (0..count as usize).map(|at| (*values.add(at), *nulls.add(at))).collect()
    }
}

/// # Safety
/// `datum` is a text.
pub(super) unsafe fn text(datum: Datum) -> String {
    // SAFETY: gives a C string.
    unsafe { in_utf8(pg_sys::text_to_cstring(datum.cast_mut_ptr())) }
}

/// # Safety
/// `text` is a C string in the database's encoding.
unsafe fn in_utf8(text: *mut std::ffi::c_char) -> String {
    // SAFETY: gives the string itself, or its copy in UTF-8 if the encoding is another one.
    unsafe {
        let length = CStr::from_ptr(text).to_bytes().len();
        text_of(pg_sys::pg_server_to_any(text, length as i32, pg_sys::pg_enc::PG_UTF8 as i32))
    }
}

/// The expressions of a running scan whose values it is searched by.
pub(super) struct Parameters {
    expressions: Vec<(*mut pg_sys::ExprState, Oid)>,
    context: *mut pg_sys::ExprContext,
}

impl Parameters {
    /// The expressions of the plan behind its first ones, which are `keys`.
    ///
    /// # Safety
    /// `node` is a foreign scan's node that has been set up, and outlives the parameters.
    pub(super) unsafe fn new(node: *mut pg_sys::ForeignScanState, keys: usize) -> Self {
        // SAFETY: the plan's expressions are those our planner callback made, of readable types.
        unsafe {
            let scan = (*node).ss.ps.plan.cast::<pg_sys::ForeignScan>();
            let types = PgList::<pg_sys::Node>::from_pg((*scan).fdw_exprs)
                .iter_ptr()
                .map(|node| pg_sys::exprType(node))
                .collect::<Vec<_>>();
            let states =
                PgList::<pg_sys::ExprState>::from_pg(pg_sys::ExecInitExprList((*scan).fdw_exprs, &mut (*node).ss.ps));
            Parameters {
                expressions: states.iter_ptr().zip(types).skip(keys).collect(),
                context: (*node).ss.ps.ps_ExprContext,
            }
        }
    }

    /// None: for a scan without a node.
    pub(super) fn none() -> Self {
        Parameters { expressions: Vec::new(), context: ptr::null_mut() }
    }

    /// True when there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.expressions.is_empty()
    }

    /// The values of now.
    pub(super) fn values(&self) -> Vec<Value> {
        let evaluate = |(expression, ty): &(*mut pg_sys::ExprState, Oid)| {
            let mut is_null = false;
            // SAFETY: the expression belongs to the running node, whose context evaluates it in memory
            // that lives until the next row; the value is of the type the planner saw.
            unsafe {
                let datum = pg_sys::ExecEvalExprSwitchContext(*expression, self.context, &mut is_null);
                value(*ty, datum, is_null)
            }
        };
        self.expressions.iter().map(|expression| evaluate(expression).unwrap_or(Value::Null)).collect()
    }
}
