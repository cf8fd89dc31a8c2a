//! A column that a query reads, with the place of its value in a row.

use serde::{Deserialize, Serialize};

use crate::json_path::JsonPath;
use crate::model::{Column, Entity, WHOLE_ROW_COLUMN};
use crate::options::TimeFormat;
use crate::spelling::is_same_name;

/// A column of the foreign table that the query reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedColumn {
    /// The attribute number, from 1.
    pub attno: i16,
    /// The column's name in SQL, for messages.
    pub name: String,
    /// The place of its value in a row.
    pub path: JsonPath,
    /// The path is a root member known only from the column's name. A row without a member of exactly this name may
    /// have it in another spelling.
    pub any_spelling: bool,
    /// Unit of a JSON number in a column with a time type. Conditions on such a column are not sent: the API compares
    /// numbers.
    pub time_format: Option<TimeFormat>,
}

/// A column with the same value in every row, from its option `constant`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConstantColumn {
    /// The attribute number, from 1.
    pub attno: i16,
    /// The column's name in SQL, for messages.
    pub name: String,
    /// The value, as text.
    pub value: String,
}

impl PlannedColumn {
    /// A column at a path.
    pub fn new(attno: i16, name: impl Into<String>, path: JsonPath) -> Self {
        PlannedColumn { attno, name: name.into(), path, any_spelling: false, time_format: None }
    }

    /// A column as declared by the table, with the value of its option `json_path`.
    pub fn declared(entity: &Entity, attno: i16, name: &str, json_path: Option<JsonPath>) -> Self {
        // The columns of an entity made from a table are documented only by their names.
        let is_documented = entity.definition.is_none() && entity.column(name).is_some();
        let is_named = json_path.is_none() && !is_documented;
        if is_named && let Some(column) = documented_in_another_spelling(entity, name) {
            return PlannedColumn::new(attno, name, entity.column_path(column));
        }
        let path = column_path(entity, name, json_path);
        let any_spelling = is_named && path == JsonPath::root_member(name);
        PlannedColumn { any_spelling, ..PlannedColumn::new(attno, name, path) }
    }
}

/// The only documented column whose member has this name in another spelling.
fn documented_in_another_spelling(entity: &Entity, name: &str) -> Option<&'static Column> {
    if entity.definition.is_some() || entity.documents(name) || name == WHOLE_ROW_COLUMN {
        return None;
    }
    let is_meant = |column: &&Column| is_same_name(column.member().unwrap_or(column.name), name);
    let mut found = entity.columns.iter().filter(is_meant);
    found.next().filter(|_| found.next().is_none())
}

/// Place of the value of the column `name`: its option `json_path`, else the entity's definition, else the whole row
/// for `attrs` and a root member for any other name.
fn column_path(entity: &Entity, name: &str, json_path: Option<JsonPath>) -> JsonPath {
    match (json_path, entity.column(name)) {
        (Some(path), _) => path,
        (None, Some(column)) => entity.column_path(column),
        (None, None) if name == WHOLE_ROW_COLUMN => JsonPath::whole_row(),
        (None, None) => JsonPath::root_member(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ENTITY;

    #[test]
    fn column_path_prefers_the_option_to_the_name() {
        let path = |name, option| column_path(&ENTITY, name, option);
        assert_eq!(path("attrs", None), JsonPath::whole_row());
        assert_eq!(path("a.b", None), JsonPath::root_member("a.b"));
        assert_eq!(path("attrs", Some(JsonPath::parse("x.y").unwrap())).to_string(), "x.y");
    }
}
