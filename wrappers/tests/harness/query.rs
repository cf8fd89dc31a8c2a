//! Results as text, in psql's format.

use postgres::{Client, SimpleQueryMessage};

use crate::PgError;

/// All rows of a query, each value in its text form; NULL is `None`.
///
/// # Panics
/// If the query fails.
#[track_caller]
pub fn rows(client: &mut Client, sql: &str) -> Vec<Vec<Option<String>>> {
    let messages = match client.simple_query(sql) {
        Ok(messages) => messages,
        Err(error) => panic!("{sql}\n{}", PgError::from_client(&error)),
    };
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect()),
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}

/// The value of a query with one row and one column; NULL is `None`.
///
/// # Panics
/// If the query fails or returns any other shape.
#[track_caller]
pub fn value(client: &mut Client, sql: &str) -> Option<String> {
    let mut rows = rows(client, sql);
    match rows.as_mut_slice() {
        [row] if row.len() == 1 => row.remove(0),
        _ => panic!("one value expected of: {sql}\ngot {rows:?}"),
    }
}

/// The plan of a query, one line per line of `EXPLAIN (VERBOSE, COSTS OFF)`.
#[track_caller]
pub fn explain(client: &mut Client, sql: &str) -> String {
    let lines = rows(client, &format!("explain (verbose, costs off) {sql}"));
    lines.into_iter().flatten().flatten().collect::<Vec<_>>().join("\n")
}
