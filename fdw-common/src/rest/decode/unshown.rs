//! Conditions that were sent to an API and that no row shows.
//!
//! Postgres checks every condition again. It drops a row without the condition's column, so if no row had the column,
//! the list would be empty without an error.

use super::batch::Batch;
use super::projection::Projection;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Entity, placeholders};
use crate::plan::BoundValues;

/// The conditions of one list with columns that no row has had so far.
#[derive(Debug)]
pub(crate) struct UnshownConditions {
    conditions: Vec<Condition>,
    rows: u64,
}

/// A condition on one column, as it was sent.
#[derive(Debug)]
struct Condition {
    column: &'static str,
    /// The query parameter from the column's option `parameter`; `None` if the column is in braces in the path.
    parameter: Option<&'static str>,
    /// The cells of the column.
    cells: Vec<usize>,
}

impl UnshownConditions {
    /// The conditions that a plan sends in its bound values and its query, on columns that are read.
    pub(crate) fn new(
        entity: &'static Entity,
        bound: &BoundValues,
        query: &[(String, String)],
        projection: &Projection,
    ) -> Self {
        let is_bound = |name: &str| bound.iter().any(|(column, _)| column == name);
        let is_sent = |name: &str| query.iter().any(|(parameter, _)| parameter == name);
        let in_braces = placeholders(entity.path).filter(|name| is_bound(name)).map(|name| (name, None));
        // The rows of a built-in API are documented, with the members that they lack.
        let is_declared = entity.definition.is_some();
        let by_parameter = entity.parameters.iter().filter(|parameter| is_declared && is_sent(parameter.name));
        let by_parameter = by_parameter.map(|parameter| (parameter.column, Some(parameter.name)));
        let condition = |(name, parameter)| {
            let column = entity.column(name).filter(|column| !entity.shows_bound_value(column))?;
            let cells = projection.cells_of(&entity.column_path(column));
            (!cells.is_empty()).then_some(Condition { column: column.name, parameter, cells })
        };
        let conditions = in_braces.chain(by_parameter).filter_map(condition).collect();
        UnshownConditions { conditions, rows: 0 }
    }

    /// Records the columns that the rows of a page have.
    pub(crate) fn note(&mut self, batch: &Batch) {
        if self.conditions.is_empty() {
            return;
        }
        self.rows += batch.len() as u64;
        let shows =
            |cells: &[usize]| (0..batch.len()).any(|row| cells.iter().any(|cell| batch.value(row, *cell).is_some()));
        self.conditions.retain(|condition| !shows(&condition.cells));
    }

    /// Checks the conditions at the end of the list.
    ///
    /// # Errors
    /// `Protocol` for a list with rows if no row has the column of a condition.
    pub(crate) fn end(&self, entity: &Entity) -> Result<()> {
        let Some(Condition { column, parameter, .. }) = self.conditions.first().filter(|_| self.rows > 0) else {
            return Ok(());
        };
        let message = format!("no row of \"{}\" shows \"{column}\", which the API was asked with", entity.name);
        let hint = match parameter {
            _ if entity.definition.is_none() => "Read the table without this condition.".to_owned(),
            None => format!(
                "Say with json_path where the rows have it. If they do not have it, put {{{column}}} before the ? of \
                 path, or set from_request 'true' on the column."
            ),
            Some(parameter) => format!(
                "Say with json_path where the rows have it. If they do not have it, put {parameter}={{{column}}} into \
                 the query of path, and from_request 'true' on the column in place of parameter."
            ),
        };
        let detail = format!("{} rows came, and Postgres would have dropped all of them.", self.rows);
        Err(Error::new(ErrorKind::Protocol, message).with_detail(detail).with_hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json_path::JsonPath;
    use crate::model::{At, Column, ColumnType, Parameter, ParameterType};
    use crate::plan::{PlannedColumn, RemotePlan};
    use crate::rest::decode::decoder::Decoder;

    static LIST: Entity = Entity {
        name: "things",
        definition: Some("a table"),
        path: "shops/{shop}/things?owner={owner}&q={q}",
        parameters: &[Parameter::of("status", "state", ParameterType::Value)],
        columns: &[
            Column::new("shop", ColumnType::Text, ""),
            Column::new("owner", ColumnType::Text, ""),
            Column { at: At::Request, ..Column::new("q", ColumnType::Text, "") },
            Column::new("state", ColumnType::Text, ""),
        ],
        ..Entity::BASE
    };

    /// The result at the end of a list with these pages, if these parameters are sent.
    fn end(query: &[(&str, &str)], pages: &[&str]) -> Result<()> {
        let paths: Vec<JsonPath> = LIST.columns.iter().map(|column| LIST.column_path(column)).collect();
        let columns = paths.iter().map(|path| PlannedColumn::new(1, "", path.clone()));
        let bound: BoundValues =
            ["shop", "owner", "q"].iter().map(|name| ((*name).to_owned(), "a".to_owned())).collect();
        let mut plan =
            RemotePlan::full_scan(&LIST, columns.collect(), 1).with_bound(&LIST, bound.clone()).unwrap().unwrap();
        plan.query.extend(query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let projection = Projection::new(&LIST, &paths, true);
        let mut unshown = UnshownConditions::new(&LIST, &plan.bound, &plan.query, &projection);
        for page in pages {
            let decoder = Decoder { entity: &LIST, projection: &projection, given: &bound };
            unshown.note(&decoder.page(LIST.rows, page.as_bytes().to_vec()).unwrap().rows);
        }
        unshown.end(&LIST)
    }

    #[test]
    fn a_condition_that_no_row_shows_is_an_error_with_a_hint() {
        for pages in [&[r#"[{"id":1,"state":"x"}]"#][..], &["[]", r#"[{"owner":null,"state":"x"}]"#]] {
            let error = end(&[], pages).unwrap_err();
            assert!(error.message().contains("\"owner\"") && error.hint().unwrap().contains("from_request"), "{error}");
        }
        let error = end(&[("status", "new")], &[r#"[{"owner":"a"}]"#]).unwrap_err();
        assert!(error.message().contains("\"state\"") && error.hint().unwrap().contains("status={state}"), "{error:?}");
    }

    #[test]
    fn a_list_that_shows_its_conditions_or_has_no_rows_is_valid() {
        let shown = r#"[{"id":1},{"owner":"b"}]"#;
        for pages in [&[][..], &["[]"], &[shown], &[r#"[{"id":1,"x":2}]"#, shown]] {
            assert_eq!(end(&[], pages), Ok(()), "{pages:?}");
        }
        assert_eq!(end(&[("status", "new")], &[r#"[{"owner":"a","state":"old"}]"#]), Ok(()));
    }
}
