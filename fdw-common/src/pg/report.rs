//! Converts this crate's errors to Postgres reports.

use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::PgLogLevel;

use super::convert::text::for_message;
use crate::error::{Error, Result};

/// The number that Postgres packs a SQLSTATE, or its prefix, into (`MAKE_SQLSTATE`, utils/elog.h).
pub(super) fn pack(state: &str) -> i32 {
    state.bytes().rev().fold(0, |packed, byte| (packed << 6) + ((i32::from(byte) - i32::from(b'0')) & 0x3F))
}

/// A report that can be sent to every client. All messages of ours reach Postgres through this function.
pub(super) fn report(code: PgSqlErrorCode, message: &str, detail: Option<&str>, hint: Option<&str>) -> ErrorReport {
    let mut report = ErrorReport::new(code, for_message(message), "wrappers");
    if let Some(detail) = detail {
        report = report.set_detail(for_message(detail));
    }
    if let Some(hint) = hint {
        report = report.set_hint(for_message(hint));
    }
    report
}

impl From<Error> for ErrorReport {
    fn from(error: Error) -> Self {
        let code = PgSqlErrorCode::from(pack(error.kind().sqlstate()));
        report(code, error.message(), error.detail(), error.hint())
    }
}

/// Ends the statement with a report. It unwinds, so destructors run.
#[cold]
pub(super) fn raise(report: impl Into<ErrorReport>) -> ! {
    report.into().report(PgLogLevel::ERROR);
    unreachable!("a report of level ERROR does not return")
}

/// Returns the value, or ends the statement with the error.
pub(super) trait OrRaise<T> {
    fn or_raise(self) -> T;
}

impl<T> OrRaise<T> for Result<T> {
    fn or_raise(self) -> T {
        self.unwrap_or_else(|error| raise(error))
    }
}
