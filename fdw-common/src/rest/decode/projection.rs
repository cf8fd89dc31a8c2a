//! Projection: the members of each row that a query reads.

use super::redaction::Redaction;
use crate::json_path::{JsonPath, Step};
use crate::model::{At, Column, Entity, Lookup};
use crate::plan::PlannedColumn;
use crate::spelling::is_same_name;

/// The wanted members of each row, with the numbers of their cells.
#[derive(Debug, Clone)]
pub struct Projection {
    pub(super) root: Node,
    /// The path of each cell's value.
    shown: Vec<JsonPath>,
    pub(super) width: usize,
    /// The cells of the columns that identify a row.
    pub(super) key_cells: Vec<usize>,
    /// Columns with bound values of the request, each with its cells.
    pub(super) bound: Vec<(&'static str, Vec<usize>)>,
    /// Columns of lookups, each with one of its cells.
    pub(super) lookup_cells: Vec<(&'static str, usize)>,
    /// Cells with secrets.
    pub(super) redactions: Vec<(usize, Redaction)>,
    pub(super) time_cell: Option<usize>,
    /// Root members that rows may have in another spelling.
    pub(super) spellings: Vec<OtherSpelling>,
    /// The first letters of their names, as bits: a fast check that rejects most names of a row.
    first_letters: u32,
    /// Root members to report if no row has them, each with one of its cells.
    pub(super) reported: Vec<(usize, usize)>,
}

/// A root member that rows may have in another spelling.
#[derive(Debug, Clone)]
pub(super) struct OtherSpelling {
    /// Its name in the column's spelling.
    pub(super) name: String,
    /// Its index in the root's members.
    pub(super) member: usize,
    /// The cells for its value in any spelling. Cells of columns with a path are not among them.
    pub(super) cells: Vec<usize>,
}

/// The bit for the first letter of a name; all characters that are not ASCII letters share one bit.
fn first_letter(name: &str) -> u32 {
    match name.as_bytes().first().map(u8::to_ascii_lowercase) {
        Some(letter @ b'a'..=b'z') => 1 << (letter - b'a'),
        _ => 1 << 26,
    }
}

/// A node of the tree of wanted values: the cells for the value, and the wanted members and elements below it.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    pub(super) cells: Vec<usize>,
    pub(super) members: Vec<(String, Node)>,
    pub(super) elements: Vec<(usize, Node)>,
}

impl Projection {
    /// A projection with one cell for each path, in order, and one more cell for each part of the row's key.
    /// Members with secrets are redacted, unless `expose_secrets` is true.
    pub fn new<'a>(
        entity: &'static Entity,
        paths: impl IntoIterator<Item = &'a JsonPath>,
        expose_secrets: bool,
    ) -> Self {
        Self::build(entity, paths.into_iter().map(|path| (path, false)), expose_secrets)
    }

    /// The projection for a table's columns: members in another spelling are found if the column allows it, and
    /// members that no row has are reported with the rows.
    pub fn of<'a>(
        entity: &'static Entity,
        columns: impl IntoIterator<Item = &'a PlannedColumn>,
        expose_secrets: bool,
    ) -> Self {
        let columns: Vec<&PlannedColumn> = columns.into_iter().collect();
        let paths = columns.iter().map(|column| (&column.path, column.any_spelling));
        let mut projection = Self::build(entity, paths, expose_secrets);
        for (cell, column) in columns.iter().enumerate() {
            // A documented member that no row has is not an error: its column is NULL.
            if let [Step::Key(name)] = column.path.0.as_slice()
                && (entity.definition.is_some() || !entity.documents(name))
                && let Some(member) = projection.root.member(name)
            {
                projection.reported.push((member, cell));
            }
        }
        projection
    }

    fn build<'a>(
        entity: &'static Entity,
        paths: impl Iterator<Item = (&'a JsonPath, bool)>,
        expose_secrets: bool,
    ) -> Self {
        let mut root = Node::default();
        let mut redactions = Vec::new();
        let mut shown: Vec<JsonPath> = Vec::new();
        let mut in_any_spelling = Vec::new();
        for (path, any_spelling) in paths {
            root.insert(&in_row(entity, path).0, shown.len());
            if !expose_secrets && let Some(redaction) = Redaction::of(entity.secrets, path) {
                redactions.push((shown.len(), redaction));
            }
            if any_spelling {
                in_any_spelling.push((path.clone(), shown.len()));
            }
            shown.push(path.clone());
        }
        let mut key_cells = Vec::new();
        for column in entity.key.iter().filter_map(|name| entity.column(name)) {
            let path = entity.column_path(column);
            root.insert(&in_row(entity, &path).0, shown.len());
            if entity.definition.is_some() && column.at == At::Name {
                in_any_spelling.push((path.clone(), shown.len()));
            }
            key_cells.push(shown.len());
            shown.push(path);
        }
        let mut spellings: Vec<OtherSpelling> = Vec::new();
        for (path, cell) in in_any_spelling {
            let [Step::Key(name)] = path.0.as_slice() else { continue };
            let Some(member) = root.member(name) else { continue };
            match spellings.iter_mut().find(|known| known.member == member) {
                Some(known) => known.cells.push(cell),
                None => spellings.push(OtherSpelling { name: name.clone(), member, cells: vec![cell] }),
            }
        }
        let bound = entity
            .required()
            .filter_map(|name| entity.column(name))
            .filter(|column| entity.shows_bound_value(column))
            .map(|column| {
                let path = entity.column_path(column);
                let cells = (0..shown.len()).filter(|cell| shown[*cell] == path).collect();
                (column.name, cells)
            })
            .collect();
        let by_column = |name: &'static str| {
            let path = entity.column_path(entity.column(name)?);
            Some((name, shown.iter().position(|known| *known == path)?))
        };
        let lookup_cells = entity.lookups.iter().flat_map(Lookup::columns).filter_map(by_column).collect();
        Projection {
            root,
            width: shown.len().max(1),
            shown,
            key_cells,
            time_cell: None,
            bound,
            lookup_cells,
            redactions,
            first_letters: spellings.iter().fold(0, |letters, spelling| letters | first_letter(&spelling.name)),
            spellings,
            reported: Vec::new(),
        }
    }

    /// The cells with the value at a path.
    pub(super) fn cells_of(&self, path: &JsonPath) -> Vec<usize> {
        (0..self.shown.len()).filter(|cell| self.shown[*cell] == *path).collect()
    }

    /// The index in `spellings` of the member that a name is another spelling of, for columns that allow it.
    #[inline]
    pub(super) fn other_spelling(&self, name: &str) -> Option<usize> {
        if self.first_letters & first_letter(name) == 0 {
            return None;
        }
        self.spellings.iter().position(|spelling| is_same_name(&spelling.name, name))
    }

    /// The root members that the entity documents or the query reads.
    pub(super) fn known_members(&self, entity: &'static Entity) -> Vec<&str> {
        let of_rows = entity.columns.iter().filter(|column| !entity.shows_bound_value(column));
        let documented = of_rows.filter_map(|column| match column.at {
            At::Path(path) => path.root(),
            _ => column.member(),
        });
        let read = self.root.members.iter().map(|(name, _)| name.as_str());
        documented.chain(read).collect()
    }

    /// The same projection with one more cell, for the time of the slices.
    pub(crate) fn with_time(mut self, member: &str) -> Self {
        self.root.insert(&[Step::Key(member.to_owned())], self.width);
        self.time_cell = Some(self.width);
        self.width += 1;
        self
    }
}

/// The path of a value in a row. A bound value of a list may also be a member of its rows, which is used by a lookup
/// that does not bind it.
fn in_row(entity: &Entity, path: &JsonPath) -> JsonPath {
    let bound = match path.0.as_slice() {
        [Step::Bound(name)] => entity.column(name),
        _ => None,
    };
    bound.map_or_else(|| path.clone(), Column::path)
}

impl Node {
    fn insert(&mut self, path: &[Step], cell: usize) {
        let Some((step, rest)) = path.split_first() else {
            self.cells.push(cell);
            return;
        };
        match step {
            Step::Key(key) => {
                let at = self.members.iter().position(|(k, _)| k == key).unwrap_or_else(|| {
                    self.members.push((key.clone(), Node::default()));
                    self.members.len() - 1
                });
                self.members[at].1.insert(rest, cell);
            }
            // Rows do not have it.
            Step::Bound(_) => {}
            Step::Index(index) => {
                let at = self.elements.iter().position(|(i, _)| i == index).unwrap_or_else(|| {
                    self.elements.push((*index, Node::default()));
                    self.elements.len() - 1
                });
                self.elements[at].1.insert(rest, cell);
            }
        }
    }

    /// The index of the member with this name.
    fn member(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|(known, _)| known == name)
    }

    /// True if nothing below this node is wanted.
    pub(super) fn is_leaf(&self) -> bool {
        self.members.is_empty() && self.elements.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Result;
    use crate::model::{ColumnType, KeyValues, Rows};
    use crate::plan::BoundValues;
    use crate::rest::decode::decoder::{Batch, Decoder};
    use crate::testing::ENTITY;

    static PEOPLE: Entity = Entity {
        name: "people",
        definition: Some("a table"),
        key: &["personid"],
        key_values: KeyValues::TextsOrNumbers,
        columns: &[
            Column::new("personid", ColumnType::Text, ""),
            Column::new("firstname", ColumnType::Text, ""),
            Column::new("age", ColumnType::Int8, ""),
        ],
        ..Entity::BASE
    };

    fn rows(entity: &'static Entity, columns: &[(&str, Option<&str>)], expose: bool, body: &str) -> Result<Batch> {
        let columns: Vec<PlannedColumn> = (1..)
            .zip(columns)
            .map(|(attno, (name, path))| {
                PlannedColumn::declared(entity, attno, name, path.map(|path| JsonPath::parse(path).unwrap()))
            })
            .collect();
        let projection = Projection::of(entity, &columns, expose);
        let decoder = Decoder { entity, projection: &projection, given: &BoundValues::new() };
        decoder.page(Rows::Array, body.into()).map(|page| page.rows)
    }

    #[test]
    fn an_exact_name_takes_precedence_over_another_spelling() {
        let cases = [
            (r#"[{"personId":1,"firstName":"a"}]"#, Some(r#""a""#)),
            (r#"[{"person_id":1,"FIRST-NAME":"a"}]"#, Some(r#""a""#)),
            (r#"[{"personid":1,"firstName":"a","firstname":"low"}]"#, Some(r#""low""#)),
            (r#"[{"personid":1,"firstname":"low","firstName":"a"}]"#, Some(r#""low""#)),
            (r#"[{"personid":1,"firstName":"a","firstname":null}]"#, None),
            (r#"[{"personid":1,"firstname":null,"firstName":"a"}]"#, None),
            (r#"[{"personid":1,"firstName":"a","first_name":"b","firstname":"low"}]"#, Some(r#""low""#)),
            (r#"[{"personid":1,"firstName":"a","firstName":"b"}]"#, Some(r#""b""#)),
            (r#"[{"personid":1,"_firstname":"a","first.name":"b"}]"#, None),
        ];
        for (body, expected) in cases {
            let batch = rows(&PEOPLE, &[("age", None), ("firstname", None)], true, body).unwrap();
            assert_eq!((batch.value(0, 1), &*batch.key(0)), (expected, "1"), "{body}");
        }
        // Each row is read by itself.
        let body = r#"[{"personId":1,"firstName":"a"},{"personid":2,"firstname":"b"},{"person_id":3}]"#;
        let batch = rows(&PEOPLE, &[("firstname", None)], true, body).unwrap();
        let found: Vec<_> = (0..3).map(|row| (batch.key(row).into_owned(), batch.value(row, 0))).collect();
        let expected = [("1", Some(r#""a""#)), ("2", Some(r#""b""#)), ("3", None)];
        assert_eq!(found, expected.map(|(key, value)| (key.to_owned(), value)));
    }

    #[test]
    fn two_other_spellings_of_a_column_are_an_error_that_names_both() {
        for body in [
            r#"[{"personid":1},{"personid":2,"firstName":"a","first_name":"b"}]"#,
            r#"[{"personid":1,"age":1},{"personid":2,"firstName":null,"age":2,"first_name":null}]"#,
        ] {
            let error = rows(&PEOPLE, &[("firstname", None)], true, body).unwrap_err();
            let expected =
                "row 1 of the page has \"firstName\" and \"first_name\", and either may be the column \"firstname\"";
            assert!(error.message().ends_with(expected), "{error}");
        }
    }

    #[test]
    fn a_path_is_taken_literally() {
        let body = r#"[{"personid":1,"Firstname":"a","Meta":{"a":1}}]"#;
        let columns = [("x", Some("firstname")), ("firstname", None), ("y", Some("meta.a"))];
        let batch = rows(&PEOPLE, &columns, true, body).unwrap();
        assert_eq!([0, 1, 2].map(|cell| batch.value(0, cell)), [None, Some(r#""a""#), None]);
    }

    #[test]
    fn documented_members_match_exactly_and_others_in_any_spelling() {
        static SECRETIVE: Entity = Entity { rows: Rows::Array, secrets: &["name", "token"], ..ENTITY };
        let body = r#"[{"id":"1","Name":"a","favoriteColor":"red","token":"t","Token":"u"}]"#;
        let columns = [("name", None), ("favoritecolor", None)];
        let batch = rows(&SECRETIVE, &columns, true, body).unwrap();
        assert_eq!([0, 1].map(|cell| batch.value(0, cell)), [None, Some(r#""red""#)]);
        // A secret is redacted for a column name in capitals too, documented or not.
        let body = r#"[{"id":"1","name":"a","token":"t"}]"#;
        let batch = rows(&SECRETIVE, &[("NAME", None), ("TOKEN", None)], false, body).unwrap();
        assert_eq!([0, 1].map(|cell| batch.value(0, cell)), [Some(r#""[redacted]""#); 2]);
    }
}
