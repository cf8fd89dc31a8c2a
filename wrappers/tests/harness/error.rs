//! Postgres's error report for a failed statement.

use std::fmt;

use postgres::Client;

/// An error as reported by Postgres.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PgError {
    /// SQLSTATE, five characters.
    pub code: String,
    /// Primary message.
    pub message: String,
    /// DETAIL, empty if there is none.
    pub detail: String,
    /// HINT, empty if there is none.
    pub hint: String,
    /// CONTEXT, empty if there is none.
    pub context: String,
}

impl PgError {
    /// The error of a session terminated by an administrator (`admin_shutdown`).
    pub(crate) fn terminated() -> Self {
        Self { code: "57P01".to_owned(), ..Self::default() }
    }

    /// Extracts the server's report from a client's error. Panics if there is none, as when the connection was lost.
    pub fn from_client(error: &postgres::Error) -> Self {
        let Some(report) = error.as_db_error() else {
            panic!("not an error of the server: {error:?}");
        };
        let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
        Self {
            code: report.code().code().to_owned(),
            message: report.message().to_owned(),
            detail: text(report.detail()),
            hint: text(report.hint()),
            context: text(report.where_()),
        }
    }
}

/// Formats the error as psql does.
impl fmt::Display for PgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ERROR:  {}: {}", self.code, self.message)?;
        for (label, text) in [("DETAIL", &self.detail), ("HINT", &self.hint), ("CONTEXT", &self.context)] {
            if !text.is_empty() {
                write!(f, "\n{label}:  {text}")?;
            }
        }
        Ok(())
    }
}

/// Runs SQL that has to fail; returns the error.
///
/// # Panics
/// If it succeeds.
#[track_caller]
pub fn expect_error(client: &mut Client, sql: &str) -> PgError {
    match client.batch_execute(sql) {
        Ok(()) => panic!("this succeeded: {sql}"),
        Err(error) => PgError::from_client(&error),
    }
}
