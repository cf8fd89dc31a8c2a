//! The output of a block, as psql shows it, and its parts that may change between runs.

use std::sync::LazyLock;

use regex::Regex;
use wrappers_tests::postgres::SimpleQueryMessage;

use crate::example::regex;

/// Times, sizes that depend on them, and random ids.
static CHANGING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"actual time=[0-9.]+", "actual time=0"),
        (r"\b(Wait|Planning Time|Execution Time): [0-9.]+ ms", "$1: 0 ms"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "uuid"),
        (r"\bafter [0-9.]+ m?s\b", "after 0 s"),
        (r"\b[0-9.]+ ?(ms|s)\b", "0 s"),
    ]
    .into_iter()
    .map(|(pattern, instead)| (regex(pattern), instead))
    .collect()
});

/// Statistics of a list in slices: they vary, because slices are read concurrently.
static OF_SLICES: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(Requests|Bytes|Rows Received): [0-9]+"));

/// The text without the parts that may change.
pub(crate) fn lasting(text: &str) -> String {
    let mut text = CHANGING
        .iter()
        .fold(text.to_owned(), |text, (pattern, instead)| pattern.replace_all(&text, *instead).into_owned());
    if text.contains("Read In: ") {
        text = OF_SLICES.replace_all(&text, "$1: 0").into_owned();
    }
    trimmed(&text)
}

/// The text without blanks at line ends and without empty lines around it.
fn trimmed(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}

/// The results of a block's statements: plans line by line, rows as a table. `as_shown` converts each text to the
/// docs' form.
pub(crate) fn show(messages: &[SimpleQueryMessage], as_shown: impl Fn(&str) -> String) -> String {
    let mut results: Vec<Vec<Vec<String>>> = Vec::new();
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(columns) => {
                results.push(vec![columns.iter().map(|column| column.name().to_owned()).collect()]);
            }
            SimpleQueryMessage::Row(row) => {
                let cells = (0..row.len()).map(|cell| as_shown(row.get(cell).unwrap_or_default())).collect();
                results.last_mut().expect("rows follow their description").push(cells);
            }
            _ => {}
        }
    }
    results.iter().map(|rows| trimmed(&table(rows))).collect::<Vec<_>>().join("\n\n")
}

/// Rows below their header.
fn table(rows: &[Vec<String>]) -> String {
    if rows[0] == ["QUERY PLAN"] {
        return rows[1..].concat().join("\n");
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let is_number = |column: usize| rows[1..].iter().all(|row| row[column].parse::<f64>().is_ok());
    let columns: Vec<(usize, bool)> = (0..rows[0].len()).map(|column| (width(column), is_number(column))).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&columns).map(|(cell, (width, is_number))| match is_number {
            true => format!(" {cell:>width$} "),
            false => format!(" {cell:<width$} "),
        });
        cells.collect::<Vec<_>>().join("|")
    };
    let rule = columns.iter().map(|(width, _)| "-".repeat(width + 2)).collect::<Vec<_>>().join("+");
    let mut lines = vec![line(&rows[0]), rule];
    lines.extend(rows[1..].iter().map(line));
    lines.push(match rows.len() - 1 {
        1 => "(1 row)".to_owned(),
        count => format!("({count} rows)"),
    });
    lines.join("\n")
}
