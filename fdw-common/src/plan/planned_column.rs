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
    /// The path is a root member that nothing but the column's name tells: a member of the same name in another
    /// spelling is meant where a row has no member of just this name.
    pub any_spelling: bool,
    /// What a JSON number says in a column of a time. Conditions on such a column are not sent: the API compares
    /// numbers.
    pub time_format: Option<TimeFormat>,
}

/// A column that has one value in every row, which its option `constant` says.
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

    /// A column as the table declares it, with the value of its option `json_path`.
    pub fn declared(entity: &Entity, attno: i16, name: &str, json_path: Option<JsonPath>) -> Self {
        // The columns of an entity that is made of a table are documented by nothing but their names.
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

/// The one documented column whose member has this name in another spelling.
fn documented_in_another_spelling(entity: &Entity, name: &str) -> Option<&'static Column> {
    if entity.definition.is_some() || entity.documents(name) || name == WHOLE_ROW_COLUMN {
        return None;
    }
    let is_meant = |column: &&Column| is_same_name(column.member().unwrap_or(column.name), name);
    let mut found = entity.columns.iter().filter(is_meant);
    found.next().filter(|_| found.next().is_none())
}

/// Where the value of the column `name` stands: at its option `json_path`, else where the entity says,
/// else `attrs` is the whole row and any other name is a root member.
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
    fn columns_are_found_by_option_then_by_name() {
        let path = |name, option| column_path(&ENTITY, name, option);
        assert_eq!(path("attrs", None), JsonPath::whole_row());
        assert_eq!(path("a.b", None), JsonPath::root_member("a.b"));
        assert_eq!(path("attrs", Some(JsonPath::parse("x.y").unwrap())).to_string(), "x.y");
    }
}
