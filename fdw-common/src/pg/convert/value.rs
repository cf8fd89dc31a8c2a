//! Values of SQL expressions in filters: constants at plan time, parameters and stable expressions during the scan.

use std::ptr;

use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{FromDatum, check_for_interrupts};

use super::super::backend::element_type;
use super::text::from_server;
use crate::filter::Value;

/// Microseconds between 1970, the epoch of [`Value::Time`], and 2000, the epoch of Postgres.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// Number of array elements after which a loop checks for interrupts.
const ELEMENTS_BETWEEN_INTERRUPTS: usize = 1000;

/// True for the types that [`value`] reads, and arrays of them.
pub(in crate::pg) fn is_readable(ty: Oid) -> bool {
    matches!(
        element_type(ty).unwrap_or(ty),
        pg_sys::TEXTOID
            | pg_sys::VARCHAROID
            | pg_sys::BOOLOID
            | pg_sys::INT2OID
            | pg_sys::INT4OID
            | pg_sys::INT8OID
            | pg_sys::TIMESTAMPTZOID
            | pg_sys::TIMESTAMPOID
            | pg_sys::DATEOID
            | pg_sys::JSONBOID
    )
}

/// The value of a constant.
pub(in crate::pg) fn constant(constant: &pg_sys::Const) -> Option<Value> {
    // SAFETY: a Const's datum is of its type.
    unsafe { value(constant.consttype, constant.constvalue, constant.constisnull) }
}

/// A datum as a value; `None` for a type that is not readable.
///
/// # Safety
/// `datum` is of the type `ty`, unless it is NULL.
pub(in crate::pg) unsafe fn value(ty: Oid, datum: Datum, is_null: bool) -> Option<Value> {
    if is_null {
        return Some(Value::Null);
    }
    // SAFETY: the datum has the type that its branch reads.
    unsafe {
        Some(match ty {
            pg_sys::TEXTOID | pg_sys::VARCHAROID => Value::Text(text(datum)),
            pg_sys::BOOLOID => Value::Bool(bool::from_datum(datum, false)?),
            pg_sys::INT2OID => Value::Int(i16::from_datum(datum, false)?.into()),
            pg_sys::INT4OID => Value::Int(i32::from_datum(datum, false)?.into()),
            pg_sys::INT8OID => Value::Int(i64::from_datum(datum, false)?),
            pg_sys::TIMESTAMPTZOID => time(i64::from_datum(datum, false)?),
            // A date or a timestamp without time zone is compared as the point in time in the session's zone. One
            // outside the range of timestamptz is beyond its end (timestamp.c, `timestamp_cmp_timestamptz_internal`).
            pg_sys::DATEOID => {
                let day = i32::from_datum(datum, false)?;
                time(with_overflow(|overflow| pg_sys::date2timestamptz_opt_overflow(day, overflow)))
            }
            pg_sys::TIMESTAMPOID => {
                let local = i64::from_datum(datum, false)?;
                time(with_overflow(|overflow| pg_sys::timestamp2timestamptz_opt_overflow(local, overflow)))
            }
            pg_sys::JSONBOID => {
                Value::Json(from_server(pg_sys::OidOutputFunctionCall(pg_sys::F_JSONB_OUT.into(), datum)))
            }
            _ => {
                let element = element_type(ty).filter(|element| is_readable(*element))?;
                let mut values = Vec::new();
                for (nth, (datum, is_null)) in elements(datum, element).into_iter().enumerate() {
                    if nth % ELEMENTS_BETWEEN_INTERRUPTS == ELEMENTS_BETWEEN_INTERRUPTS - 1 {
                        check_for_interrupts!();
                    }
                    values.push(value(element, datum, is_null)?);
                }
                Value::List(values)
            }
        })
    }
}

/// Microseconds since 1970, from Postgres's since 2000. Infinity stays at the end of the range.
fn time(microseconds: i64) -> Value {
    match microseconds {
        i64::MIN => Value::Time(i64::MIN),
        microseconds => Value::Time(microseconds.saturating_add(POSTGRES_EPOCH)),
    }
}

/// The result of a conversion, or the end of the range that it reports as exceeded.
fn with_overflow(convert: impl FnOnce(&mut i32) -> i64) -> i64 {
    let mut overflow = 0;
    let converted = convert(&mut overflow);
    match overflow {
        0 => converted,
        1.. => i64::MAX,
        _ => i64::MIN,
    }
}

/// The elements of an array, each with its NULL flag.
///
/// # Safety
/// `array` is an array of elements of the type `element`.
pub(in crate::pg) unsafe fn elements(array: Datum, element: Oid) -> Vec<(Datum, bool)> {
    let (mut length, mut by_value, mut alignment) = (0, false, 0);
    let (mut values, mut nulls, mut count) = (ptr::null_mut(), ptr::null_mut(), 0);
    // SAFETY: the element type's properties come from the catalog; the results are arrays of `count` entries in the
    // current memory context.
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
pub(in crate::pg) unsafe fn text(datum: Datum) -> String {
    // SAFETY: returns a C string.
    unsafe { from_server(pg_sys::text_to_cstring(datum.cast_mut_ptr())) }
}
