//! Types whose values are times.

use pgrx::pg_sys::{self, Oid};

use super::backend;

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
        match backend::base_type(ty) {
            pg_sys::DATEOID => Some(TimeType::Date),
            pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID => Some(TimeType::Timestamp),
            pg_sys::TIMEOID | pg_sys::TIMETZOID => Some(TimeType::Time),
            _ => None,
        }
    }
}

/// True for types whose columns may have the option `time_format`: of dates and timestamps, and arrays of them.
pub(super) fn takes_time_format(ty: Oid) -> bool {
    matches!(TimeType::of(backend::element_type(ty).unwrap_or(ty)), Some(TimeType::Date | TimeType::Timestamp))
}
