//! The reader of rows: from the JSON of each row to the cells of the wanted members.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::batch::{Cell, MissingMembers};
use super::page::ListMember;
use super::projection::{Node, OtherSpelling, Projection};
use crate::error::one_line;
use crate::model::{At, Entity, KeyValues};
use crate::spelling::is_same_name;

/// The name of a member, not copied if it has no escape.
#[derive(serde::Deserialize)]
pub(super) struct Name<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// A reader of an answer's text.
pub(super) type Json<'de> = serde_json::Deserializer<serde_json::de::StrRead<'de>>;

/// Reads the rows of one answer.
pub(super) struct RowReader<'de> {
    entity: &'static Entity,
    projection: &'de Projection,
    /// The cells of each bound value of the request, and the range of that value after the answer's text.
    bound: Vec<(&'de [usize], Cell)>,
    text: &'de str,
    rows_are_objects: bool,
    /// The answer has one row and no array.
    is_one_row: bool,
    /// For one row: the members that the entity or the query knows, since the answer may not be a row at all.
    known: Vec<&'de str>,
    /// One of the known members was found.
    pub(super) has_known: bool,
    pub(super) cells: Vec<Cell>,
    pub(super) rows: u64,
    /// The next member if the row has its members in the order of the previous row.
    expected: usize,
    /// For each of the root's members: whether the row has it by its exact name, and whether any row has it in any
    /// spelling.
    seen: Vec<bool>,
    seen_in_any: Vec<bool>,
    /// Members of the row that are other spellings of wanted ones, with the index of the spelling.
    others: Vec<(usize, Cow<'de, str>)>,
    /// Names of members of the first rows, if missing members are reported.
    names: Vec<Cow<'de, str>>,
    /// The description of the error in the answer, since serde's message would contain values.
    pub(super) fault: Option<String>,
}

impl<'de> RowReader<'de> {
    pub(super) fn new(
        entity: &'static Entity,
        projection: &'de Projection,
        bound: Vec<(&'de [usize], Cell)>,
        text: &'de str,
        is_one_row: bool,
    ) -> Self {
        let rows_are_objects = !entity.columns.iter().any(|column| column.at == At::Row);
        let known = if is_one_row && rows_are_objects { projection.known_members(entity) } else { Vec::new() };
        RowReader {
            entity,
            projection,
            bound,
            text,
            rows_are_objects,
            is_one_row,
            has_known: !is_one_row || !rows_are_objects,
            known,
            cells: Vec::new(),
            rows: 0,
            expected: 0,
            seen: vec![false; projection.root.members.len()],
            seen_in_any: vec![false; projection.root.members.len()],
            others: Vec::new(),
            names: Vec::new(),
            fault: None,
        }
    }

    pub(super) fn is_one_row(&self) -> bool {
        self.is_one_row
    }

    /// True if the entity or the query knows members of the one row.
    pub(super) fn knows_members(&self) -> bool {
        !self.known.is_empty()
    }

    /// The wanted members that no row has, for pages with rows.
    pub(super) fn missing(&mut self) -> Option<Box<MissingMembers>> {
        let reported = self.projection.reported.iter();
        let cells: Vec<usize> =
            reported.filter(|(member, _)| !self.seen_in_any[*member]).map(|(_, cell)| *cell).collect();
        if cells.is_empty() || self.rows == 0 {
            return None;
        }
        let short = |name: &Cow<'_, str>| one_line(name, LONGEST_NAME);
        let names: BTreeSet<String> = self.names.iter().map(short).collect();
        Some(Box::new(MissingMembers { cells, names: names.into_iter().collect() }))
    }

    /// Reads the one row from its text.
    pub(super) fn one_row(&mut self, raw: &'de str) -> serde_json::Result<ListMember> {
        if raw == "null" {
            return Ok(ListMember::Null);
        }
        if self.rows > 0 {
            return Err(self.fail("it has its row twice".to_owned()));
        }
        Row(self).deserialize(&mut serde_json::Deserializer::from_str(raw))?;
        Ok(ListMember::Present)
    }

    #[cold]
    pub(super) fn fail<E: serde::de::Error>(&mut self, what: String) -> E {
        self.fault = Some(what);
        E::custom("not as declared")
    }

    /// The current row, for messages.
    fn this_row(&self) -> String {
        if self.is_one_row { "it".to_owned() } else { format!("row {} of the page", self.rows) }
    }

    #[cold]
    fn not_an_object<E: serde::de::Error>(&mut self, what: &str) -> E {
        let what = format!("{} is {what} instead of an object", self.this_row());
        self.fail(what)
    }

    /// Refuses a row with two members that a column could mean.
    fn check_spellings<E: serde::de::Error>(&mut self) -> Result<(), E> {
        for (at, (spelling, name)) in self.others.iter().enumerate() {
            let OtherSpelling { name: column, member, .. } = &self.projection.spellings[*spelling];
            let is_second = |(known, other): &&(usize, Cow<'_, str>)| known == spelling && other != name;
            if !self.seen[*member]
                && let Some((_, other)) = self.others[..at].iter().find(is_second)
            {
                let [one, two] = [other, name].map(|name| one_line(name, LONGEST_NAME));
                let row = self.this_row();
                let what = format!("{row} has \"{one}\" and \"{two}\", and either may be the column \"{column}\"");
                return Err(self.fail(what));
            }
            self.seen_in_any[*member] = true;
        }
        Ok(())
    }

    /// Completes the row with cells from `first`.
    fn end_row<E: serde::de::Error>(&mut self, first: usize) -> Result<(), E> {
        if !self.others.is_empty() {
            self.check_spellings()?;
            self.others.clear();
        }
        let row = &mut self.cells[first..];
        for (cells, value) in &self.bound {
            for cell in *cells {
                row[*cell] = value.clone();
            }
        }
        let is_key = |cell: &Cell| match self.text.as_bytes().get(cell.start as usize) {
            // Empty: the row has no value. Past the text: a bound value of the request.
            _ if cell.is_empty() => false,
            None | Some(b'"') => true,
            Some(byte) => {
                self.entity.key_values == KeyValues::TextsOrNumbers && (*byte == b'-' || byte.is_ascii_digit())
            }
        };
        if let Some(at) = self.projection.key_cells.iter().position(|cell| !is_key(&row[*cell])) {
            let what = format!("{} has no \"{}\"", self.this_row(), self.entity.key[at]);
            return Err(self.fail(what));
        }
        self.rows += 1;
        Ok(())
    }
}

/// The limits for names of members: the rows of a page they are collected from, their number, and their shown length.
const NAMED_ROWS: u64 = 3;
const MOST_NAMES: usize = 200;
const LONGEST_NAME: usize = 100;

/// The JSON type of a value, for error texts.
pub(super) fn kind_of(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'"') => "a text",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// Implements the visitor's methods for scalars: each returns the error of `$fail(self, "a number")`, with its own
/// type.
macro_rules! refuse_scalars {
    ($fail:expr) => {
        fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
            $fail(self, "a boolean")
        }
        fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
            $fail(self, "a number")
        }
        fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
            $fail(self, "a number")
        }
        fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
            $fail(self, "a number")
        }
        fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
            $fail(self, "a text")
        }
    };
}
pub(super) use refuse_scalars;

/// The array of rows at a path in the answer, with the path's name for messages.
pub(super) struct List<'r, 'de> {
    pub(super) reader: &'r mut RowReader<'de>,
    pub(super) place: &'r str,
}

impl List<'_, '_> {
    fn refuse<E: serde::de::Error>(self, what: &str) -> Result<ListMember, E> {
        let what = format!("{} is {what} instead of an array", self.place);
        Err(self.reader.fail(what))
    }
}

impl<'de> DeserializeSeed<'de> for List<'_, 'de> {
    type Value = ListMember;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ListMember, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, 'de> {
    type Value = ListMember;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<ListMember, A::Error> {
        while rows.next_element_seed(Row(self.reader))?.is_some() {}
        Ok(ListMember::Present)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<ListMember, E> {
        Ok(ListMember::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<ListMember, A::Error> {
        self.refuse("an object")
    }

    refuse_scalars!(List::refuse);
}

/// One row.
pub(super) struct Row<'r, 'de>(pub(super) &'r mut RowReader<'de>);

impl<'de> DeserializeSeed<'de> for Row<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let reader = self.0;
        let root = &reader.projection.root;
        let first = reader.cells.len();
        reader.cells.resize(first + reader.projection.width, 0..0);
        if root.cells.is_empty() {
            deserializer.deserialize_any(Members { reader: &mut *reader, first })?;
        } else {
            let raw: &'de RawValue = serde::Deserialize::deserialize(deserializer)?;
            let raw = raw.get();
            Cells { text: reader.text, cells: &mut reader.cells[first..] }.note(&root.cells, raw);
            if !raw.starts_with('{') && reader.rows_are_objects {
                return Err(reader.not_an_object(kind_of(raw)));
            }
            if !root.is_leaf() || !reader.has_known {
                let members = Members { reader: &mut *reader, first };
                serde_json::Deserializer::from_str(raw).deserialize_any(members).map_err(D::Error::custom)?;
            }
        }
        reader.end_row(first)
    }
}

/// The members of a row with cells from `first`.
struct Members<'r, 'de> {
    reader: &'r mut RowReader<'de>,
    first: usize,
}

impl Members<'_, '_> {
    fn refuse<E: serde::de::Error>(self, what: &str) -> Result<(), E> {
        if self.reader.rows_are_objects { Err(self.reader.not_an_object(what)) } else { Ok(()) }
    }
}

impl<'de> Visitor<'de> for Members<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let RowReader { projection, text, cells, expected, known, has_known, seen, seen_in_any, .. } = self.reader;
        let members = &projection.root.members;
        let keeps_names = self.reader.rows < NAMED_ROWS && !projection.reported.is_empty();
        if !projection.spellings.is_empty() {
            seen.fill(false);
        }
        while let Some(Name(name)) = map.next_key()? {
            *has_known = *has_known || known.iter().any(|known| is_same_name(known, &name));
            if keeps_names && self.reader.names.len() < MOST_NAMES {
                self.reader.names.push(name.clone());
            }
            let Some(at) = find_member(members, *expected, &name) else {
                let Some(spelling) = projection.other_spelling(&name) else {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                };
                let raw = map.next_value::<&'de RawValue>()?.get();
                let OtherSpelling { member, cells: shown, .. } = &projection.spellings[spelling];
                if !seen[*member] {
                    Cells { text, cells: &mut cells[self.first..] }.note(shown, raw);
                }
                self.reader.others.push((spelling, name));
                continue;
            };
            *expected = at + 1;
            seen[at] = true;
            seen_in_any[at] = true;
            let cells = Cells { text, cells: &mut cells[self.first..] };
            map.next_value_seed(Value::replacing(&members[at].1, cells))?;
        }
        *expected = 0;
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.refuse("an array")?;
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.refuse("null")
    }

    refuse_scalars!(Members::refuse);
}

/// The index of the wanted member with this name. Objects usually have their members in the same order.
fn find_member(members: &[(String, Node)], expected: usize, name: &str) -> Option<usize> {
    match members.get(expected) {
        Some((key, _)) if key == name => Some(expected),
        _ => members.iter().position(|(key, _)| key == name),
    }
}

/// The cells of one row.
struct Cells<'c, 'de> {
    text: &'de str,
    cells: &'c mut [Cell],
}

impl Cells<'_, '_> {
    /// Records the range of `raw`, a part of the text.
    fn note(&mut self, cells: &[usize], raw: &str) {
        let start = raw.as_ptr() as usize - self.text.as_ptr() as usize;
        // The body cap of 1 GiB keeps every offset within 32 bits. The cell of `null` is empty.
        let place = if raw == "null" { 0..0 } else { start as u32..(start + raw.len()) as u32 };
        for cell in cells {
            self.cells[*cell] = place.clone();
        }
    }

    /// Clears the cells of a node and of all nodes below it.
    fn clear(&mut self, node: &Node) {
        for cell in &node.cells {
            self.cells[*cell] = 0..0;
        }
        let below = node.members.iter().map(|(_, node)| node).chain(node.elements.iter().map(|(_, node)| node));
        below.for_each(|node| self.clear(node));
    }
}

/// One value inside a row, read into the cells of its node and of the nodes below.
struct Value<'n, 'c, 'de> {
    node: &'n Node,
    cells: Cells<'c, 'de>,
}

impl<'n, 'c, 'de> Value<'n, 'c, 'de> {
    /// A member's value, which replaces all values of an earlier duplicate.
    fn replacing(node: &'n Node, mut cells: Cells<'c, 'de>) -> Self {
        if !node.is_leaf() {
            cells.clear(node);
        }
        Value { node, cells }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<(), D::Error> {
        if self.node.cells.is_empty() {
            return deserializer.deserialize_any(self);
        }
        let raw: &'de RawValue = serde::Deserialize::deserialize(deserializer)?;
        self.cells.note(&self.node.cells, raw.get());
        if self.node.is_leaf() {
            return Ok(());
        }
        serde_json::Deserializer::from_str(raw.get()).deserialize_any(self).map_err(D::Error::custom)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Cells { text, cells } = self.cells;
        let members = &self.node.members;
        let mut expected = 0;
        while let Some(Name(name)) = map.next_key()? {
            let Some(at) = find_member(members, expected, &name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            expected = at + 1;
            map.next_value_seed(Value::replacing(&members[at].1, Cells { text, cells: &mut *cells }))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let Cells { text, cells } = self.cells;
        let mut index = 0;
        loop {
            let more = match self.node.elements.iter().find(|(i, _)| *i == index) {
                Some((_, node)) => {
                    let cells = Cells { text, cells: &mut *cells };
                    elements.next_element_seed(Value { node, cells })?.is_some()
                }
                None => elements.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                return Ok(());
            }
            index += 1;
        }
    }

    // A value on the path may not be an object in this row: then its members are missing.
    ignore_scalars!();
}
