//! Columns with members that no row of a list has.

use std::collections::BTreeSet;

use super::batch::Batch;
use crate::spelling::closest;

/// The most names of members that are kept.
const MOST_NAMES: usize = 500;

/// The columns with members that no row of a scan has had so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MissingColumns {
    /// `None` before the first row.
    cells: Option<Vec<usize>>,
    names: BTreeSet<String>,
}

impl MissingColumns {
    /// Adds the rows of a page.
    pub fn add(&mut self, page: &Batch) {
        if page.is_empty() || self.cells.as_ref().is_some_and(Vec::is_empty) {
            return;
        }
        let Some(missing) = page.missing() else {
            self.cells = Some(Vec::new());
            return;
        };
        match &mut self.cells {
            Some(cells) => cells.retain(|cell| missing.cells.contains(cell)),
            None => self.cells = Some(missing.cells.clone()),
        }
        let room = MOST_NAMES.saturating_sub(self.names.len());
        self.names.extend(missing.names.iter().take(room).cloned());
    }

    /// The numbers of their cells.
    pub fn cells(&self) -> &[usize] {
        self.cells.as_deref().unwrap_or_default()
    }

    /// The member of a row that is most similar to `name`, if one is similar enough.
    pub fn closest(&self, name: &str) -> Option<&str> {
        closest(name, self.names.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Entity, Rows};
    use crate::plan::{BoundValues, PlannedColumn};
    use crate::rest::decode::Projection;
    use crate::rest::decode::decoder::Decoder;

    static PEOPLE: Entity = Entity { name: "people", definition: Some("a table"), rows: Rows::Array, ..Entity::BASE };

    fn missing(names: &[&str], pages: &[&str]) -> MissingColumns {
        let columns: Vec<PlannedColumn> =
            (1..).zip(names).map(|(attno, name)| PlannedColumn::declared(&PEOPLE, attno, name, None)).collect();
        let projection = Projection::of(&PEOPLE, &columns, true);
        let mut missing = MissingColumns::default();
        for page in pages {
            let decoder = Decoder { entity: &PEOPLE, projection: &projection, given: &BoundValues::new() };
            missing.add(&decoder.page(Rows::Array, (*page).into()).unwrap().rows);
        }
        missing
    }

    #[test]
    fn a_column_is_missing_if_no_row_of_any_page_has_its_member() {
        let cases: [(&[&str], &[&str], &[usize]); 7] = [
            (&["id", "nick"], &[r#"[{"id":1,"name":"a"},{"id":2}]"#], &[1]),
            (&["id", "nick"], &[r#"[{"id":1}]"#, r#"[{"id":2},{"id":3,"nick":null}]"#], &[]),
            (&["id", "nick"], &[r#"[{"id":1}]"#, "[]"], &[1]),
            (&["a", "b", "c"], &[r#"[{"c":1}]"#, r#"[{"b":1}]"#, "[]", "[{}]"], &[0]),
            (&["nick"], &["[]"], &[]),
            (&["nick"], &[r#"[{"Nick":1}]"#], &[]),
            (&["attrs"], &[r#"[{"id":1}]"#], &[]),
        ];
        for (names, pages, expected) in cases {
            assert_eq!(missing(names, pages).cells(), expected, "{names:?} {pages:?}");
        }
    }

    #[test]
    fn closest_finds_a_similar_member_of_the_rows() {
        let missing = missing(&["nickname"], &[r#"[{"id":1,"nick_names":"a"}]"#, r#"[{"other":1}]"#]);
        assert_eq!(missing.closest("nickname"), Some("nick_names"));
        assert_eq!(missing.closest("quite_different"), None);
    }
}
