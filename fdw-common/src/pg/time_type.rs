//! Types whose values are times.

use pgrx::pg_sys::{self, Oid};

/// The types of which no JSON number becomes a value by accident: the input functions of most would take one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeType {
    Date,
    Timestamp,
    /// Of day: no number counts it.
    Time,
}

impl TimeType {
    /// The kind of time of a type or of the domain over one; nothing for other types.
    pub(super) fn of(ty: Oid) -> Option<Self> {
        // SAFETY: look-ups in the syscache; a type that is no domain is its own base type.
        match unsafe { pg_sys::getBaseType(ty) } {
            pg_sys::DATEOID => Some(TimeType::Date),
            pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID => Some(TimeType::Timestamp),
            pg_sys::TIMEOID | pg_sys::TIMETZOID => Some(TimeType::Time),
            _ => None,
        }
    }
}

/// True for types whose columns may have the option `time_format`: of dates and timestamps, and arrays of them.
pub(super) fn takes_time_format(ty: Oid) -> bool {
    // SAFETY: a look-up in the syscache; a type that is no array has no element type.
    let element = unsafe { pg_sys::get_element_type(ty) };
    let ty = if element == Oid::INVALID { ty } else { element };
    matches!(TimeType::of(ty), Some(TimeType::Date | TimeType::Timestamp))
}
