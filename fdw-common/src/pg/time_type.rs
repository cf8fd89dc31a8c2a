//! Types that hold dates and times.

use pgrx::pg_sys::{self, Oid};

use super::backend;

/// Types for which a JSON number needs the option `time_format`: the input functions of most would accept one by
/// accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeType {
    Date,
    Timestamp,
    /// Time of day: no number denotes it.
    Time,
}

impl TimeType {
    /// The kind of a date or time type, or of a domain over one; `None` for other types.
    pub(super) fn of(ty: Oid) -> Option<Self> {
        match backend::base_type(ty) {
            pg_sys::DATEOID => Some(TimeType::Date),
            pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID => Some(TimeType::Timestamp),
            pg_sys::TIMEOID | pg_sys::TIMETZOID => Some(TimeType::Time),
            _ => None,
        }
    }
}

/// True for types whose columns may have the option `time_format`: dates, timestamps, and arrays of them.
pub(super) fn takes_time_format(ty: Oid) -> bool {
    matches!(TimeType::of(backend::element_type(ty).unwrap_or(ty)), Some(TimeType::Date | TimeType::Timestamp))
}
