//! The members that a query reads of every row.

use super::redaction::Redaction;
use crate::json_path::{JsonPath, Step};
use crate::model::{At, Column, Entity, Lookup};

/// The members wanted from every row, each with the number of the cell it goes to.
#[derive(Debug, Clone)]
pub struct Projection {
    pub(super) root: Node,
    /// The place that each cell shows.
    shown: Vec<JsonPath>,
    pub(super) width: usize,
    /// The cells of the columns that identify a row.
    pub(super) key_cells: Vec<usize>,
    /// Columns whose values the list is asked with, each with the cells that show it.
    pub(super) bound: Vec<(&'static str, Vec<usize>)>,
    /// Columns that rows are looked up by, each with a cell that shows it.
    pub(super) lookup_cells: Vec<(&'static str, usize)>,
    /// Cells that show secrets.
    pub(super) redactions: Vec<(usize, Redaction)>,
    pub(super) time_cell: Option<usize>,
}

/// A place in a row: the cells that show it, and the places below it that are wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    pub(super) cells: Vec<usize>,
    pub(super) members: Vec<(String, Node)>,
    pub(super) elements: Vec<(usize, Node)>,
}

impl Projection {
    /// A projection to one cell a path, in order, and one more cell for each part of the row's key.
    /// Members that hold secrets are redacted, unless they are to be exposed.
    pub fn new<'a>(
        entity: &'static Entity,
        paths: impl IntoIterator<Item = &'a JsonPath>,
        expose_secrets: bool,
    ) -> Self {
        let mut root = Node::default();
        let mut redactions = Vec::new();
        let mut shown: Vec<JsonPath> = Vec::new();
        for path in paths {
            root.insert(&in_row(entity, path).0, shown.len());
            if !expose_secrets && let Some(redaction) = Redaction::of(entity.secrets, path) {
                redactions.push((shown.len(), redaction));
            }
            shown.push(path.clone());
        }
        let mut key_cells = Vec::new();
        for column in entity.key.iter().filter_map(|name| entity.column(name)) {
            let path = entity.column_path(column);
            root.insert(&in_row(entity, &path).0, shown.len());
            key_cells.push(shown.len());
            shown.push(path);
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
        let width = shown.len().max(1);
        Projection { root, shown, width, key_cells, time_cell: None, bound, lookup_cells, redactions }
    }

    /// The cells that show a place.
    pub(super) fn cells_of(&self, path: &JsonPath) -> Vec<usize> {
        (0..self.shown.len()).filter(|cell| self.shown[*cell] == *path).collect()
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

    /// The same projection with one more cell, for the time by which the list is cut into slices.
    pub(crate) fn with_time(mut self, member: &str) -> Self {
        self.root.insert(&[Step::Key(member.to_owned())], self.width);
        self.time_cell = Some(self.width);
        self.width += 1;
        self
    }
}

/// The place of a value in a row. A value that a list is asked with may also be a member of its rows, which a
/// lookup that is not asked with it shows.
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
            // No row has it.
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

    /// True when nothing below this place is wanted.
    pub(super) fn is_leaf(&self) -> bool {
        self.members.is_empty() && self.elements.is_empty()
    }
}
