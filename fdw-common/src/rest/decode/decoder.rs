//! One pass over a page: the members a query wants stay where they are, as slices of the answer's
//! own text; the rest is skipped, but still has to be JSON.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::redaction::Redaction;
use crate::error::{Error, ErrorKind, Result};
use crate::json_path::{JsonPath, Step};
use crate::model::{Checkpoint, Entity, KeyValues, LookupAnswer, MemberPath, NextPage, NumberedPages, Position, Rows};
use crate::plan::BoundValues;

/// What a page's envelope says; what it leaves open is as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) start: u64,
    pub(crate) limit: u64,
    pub(crate) total: u64,
}

/// The members wanted from every row, each with the number of the cell it goes to.
#[derive(Debug, Clone)]
pub struct Projection {
    root: Node,
    width: usize,
    /// The cells of the columns that identify a row.
    key_cells: Vec<usize>,
    /// Columns that the list is asked with, each with the cells that show it.
    asked: Vec<(&'static str, Vec<usize>)>,
    /// Cells that show secrets.
    redactions: Vec<(usize, Redaction)>,
    time_cell: Option<usize>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    cells: Vec<usize>,
    members: Vec<(String, Node)>,
    elements: Vec<(usize, Node)>,
}

impl Projection {
    /// A projection to one cell a path, in order, and one more cell for each part of the row's key.
    /// Members that hold secrets come redacted, unless they are to be exposed.
    pub fn new<'a>(
        entity: &'static Entity,
        paths: impl IntoIterator<Item = &'a JsonPath>,
        expose_secrets: bool,
    ) -> Self {
        let mut root = Node::default();
        let mut redactions = Vec::new();
        let mut shown: Vec<JsonPath> = Vec::new();
        for path in paths {
            root.insert(&path.0, shown.len());
            if !expose_secrets && let Some(redaction) = Redaction::of(entity.secrets, path) {
                redactions.push((shown.len(), redaction));
            }
            shown.push(path.clone());
        }
        let mut key_cells = Vec::new();
        for column in entity.key.iter().filter_map(|name| entity.column(name)) {
            let path = column.path();
            root.insert(&path.0, shown.len());
            key_cells.push(shown.len());
            shown.push(path);
        }
        let asked = entity
            .required()
            .filter_map(|name| entity.column(name))
            .map(|column| {
                let path = column.path();
                let cells = (0..shown.len()).filter(|cell| shown[*cell] == path).collect();
                (column.name, cells)
            })
            .collect();
        Projection { root, width: shown.len().max(1), key_cells, time_cell: None, asked, redactions }
    }

    /// The same projection with one more cell, for the time by which the list is cut into slices.
    pub(crate) fn with_time(mut self, member: &str) -> Self {
        self.root.insert(&[Step::Key(member.to_owned())], self.width);
        self.time_cell = Some(self.width);
        self.width += 1;
        self
    }
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
            Step::Index(index) => {
                let at = self.elements.iter().position(|(i, _)| i == index).unwrap_or_else(|| {
                    self.elements.push((*index, Node::default()));
                    self.elements.len() - 1
                });
                self.elements[at].1.insert(rest, cell);
            }
        }
    }

    fn is_leaf(&self) -> bool {
        self.members.is_empty() && self.elements.is_empty()
    }

    /// Forgets what was found at this place and below: of doubled members the last counts, with all it lacks.
    fn clear(&self, cells: &mut [Cell]) {
        for cell in &self.cells {
            cells[*cell] = 0..0;
        }
        let below = self.members.iter().map(|(_, node)| node).chain(self.elements.iter().map(|(_, node)| node));
        below.for_each(|node| node.clear(cells));
    }
}

/// Where a value stands in the page's text. Empty: the row does not have it, or it is `null`.
type Cell = Range<u32>;

/// The rows of one page: the answer's text and where the wanted values stand in it.
#[derive(Debug)]
pub struct Batch {
    text: String,
    width: usize,
    key_cells: Vec<usize>,
    time_cell: Option<usize>,
    cells: Vec<Cell>,
}

impl Batch {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.cells.len() / self.width
    }

    /// True when the page has no rows.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The length of the page's text, in bytes.
    pub fn text_len(&self) -> usize {
        self.text.len()
    }

    /// A page without rows.
    pub(crate) fn empty() -> Self {
        Batch { text: String::new(), width: 1, key_cells: Vec::new(), time_cell: None, cells: Vec::new() }
    }

    /// The raw JSON of a value, or nothing when the row does not have it or it is `null`.
    #[inline]
    pub fn value(&self, row: usize, cell: usize) -> Option<&str> {
        let range = &self.cells[row * self.width + cell];
        if range.is_empty() { None } else { self.text.get(range.start as usize..range.end as usize) }
    }

    /// The row's key as plain text, its parts with a separator that no key has between them.
    pub fn key(&self, row: usize) -> Cow<'_, str> {
        let part = |cell: usize| {
            let raw = self.value(row, cell).unwrap_or_default();
            plain_text(raw).unwrap_or(Cow::Borrowed(raw))
        };
        match self.key_cells.as_slice() {
            [only] => part(*only),
            cells => Cow::Owned(cells.iter().map(|cell| part(*cell)).collect::<Vec<_>>().join(KEY_SEPARATOR)),
        }
    }

    /// True when the rows' times have been read.
    pub(crate) fn has_times(&self) -> bool {
        self.time_cell.is_some()
    }

    /// The row's time in milliseconds since 1970, rounded down; nothing when it has none that can be read,
    /// or the projection has none.
    pub(crate) fn time(&self, row: usize) -> Option<i64> {
        let text = plain_text(self.value(row, self.time_cell?)?)?;
        let time: jiff::Timestamp = text.parse().ok()?;
        Some(i64::try_from(time.as_nanosecond().div_euclid(1_000_000)).unwrap_or(i64::MAX - 1))
    }

    /// Keeps only the rows whose key `keep` accepts. Rows without keys are all kept.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        if self.key_cells.is_empty() {
            return;
        }
        let kept: Vec<bool> = (0..self.len()).map(|row| keep(&self.key(row))).collect();
        self.keep(&kept);
    }

    /// Keeps only the rows for which `kept` is true.
    pub(crate) fn keep(&mut self, kept: &[bool]) {
        let width = self.width;
        if kept.iter().all(|keep| *keep) {
            return;
        }
        let mut row = 0;
        self.cells.retain(|_| {
            row += 1;
            kept.get((row - 1) / width).copied().unwrap_or(false)
        });
    }

    /// Replaces secrets. What replaces them stands behind the answer's text. False when that would be longer
    /// than `longest`, and not all of them are replaced.
    #[must_use]
    fn redact(&mut self, redactions: &[(usize, Redaction)], longest: usize) -> bool {
        for row in 0..self.len() {
            for (cell, redaction) in redactions {
                let Some(redacted) = self.value(row, *cell).and_then(|raw| redaction.apply(raw)) else { continue };
                let start = self.text.len();
                if start + redacted.len() > longest {
                    return false;
                }
                self.text.push_str(&redacted);
                self.cells[row * self.width + cell] = start as u32..self.text.len() as u32;
            }
        }
        true
    }
}

/// The longest text a cell can stand in.
const LONGEST_TEXT: usize = u32::MAX as usize;

/// Between the parts of a row's key: the unit separator of ASCII.
pub const KEY_SEPARATOR: &str = "\u{1f}";

/// The text of a JSON string without quotes and escapes; nothing when it is no string or an escape
/// stands for no character.
pub fn plain_text(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// Reads the answers of one list or look-up.
#[derive(Clone, Copy)]
pub(crate) struct Decoder<'a> {
    pub(crate) entity: &'static Entity,
    pub(crate) projection: &'a Projection,
    /// The values the answer was asked with.
    pub(crate) given: &'a BoundValues,
}

impl Decoder<'_> {
    /// A numbered page, whose envelope says where it stands, or else that it is as it was asked for.
    ///
    /// # Errors
    /// `Protocol`, naming the entity and where in the answer it stops being as declared; values are
    /// never part of the text.
    pub(crate) fn page(&self, pages: &NumberedPages, asked_for: Envelope, body: Vec<u8>) -> Result<(Envelope, Batch)> {
        let members: Vec<MemberPath> = [Some(pages.total), pages.start, pages.limit].into_iter().flatten().collect();
        let (found, batch) = self.rows(self.entity.rows, &members, None, body)?;
        let number = |member: MemberPath| {
            let at = members.iter().position(|known| *known == member);
            match (at.and_then(|at| found.numbers[at]), pages.position) {
                (Some(number), _) => Ok(number),
                (None, Position::Pages) => Ok(0),
                (None, Position::Rows) => Err(self.protocol(format!("it has no \"{}\"", member.join(".")))),
            }
        };
        let start = pages.start.map(number).transpose()?;
        let limit = pages.limit.map(number).transpose()?.unwrap_or(asked_for.limit);
        let start = match pages.position {
            Position::Pages => start.map(|page| page.saturating_mul(limit)),
            Position::Rows => start,
        };
        Ok((Envelope { start: start.unwrap_or(asked_for.start), limit, total: number(pages.total)? }, batch))
    }

    /// A page that leads to the next one, and the cursor or the address of that if a member has it.
    ///
    /// # Errors
    /// As [`Decoder::page`].
    pub(crate) fn checkpoint(&self, pages: &Checkpoint, body: Vec<u8>) -> Result<(Option<String>, Batch)> {
        let member = match pages.next {
            NextPage::Cursor { at, .. } | NextPage::Address(at) => Some(at),
            NextPage::LastKey { .. } | NextPage::Header => None,
        };
        let (found, batch) = self.rows(self.entity.rows, &[], member, body)?;
        Ok((found.text.filter(|next| !next.is_empty()), batch))
    }

    /// A page of which nothing but its rows matters.
    ///
    /// # Errors
    /// As [`Decoder::page`].
    pub(crate) fn list(&self, rows: Rows, body: Vec<u8>) -> Result<Batch> {
        Ok(self.rows(rows, &[], None, body)?.1)
    }

    /// The answer of a look-up.
    ///
    /// # Errors
    /// As [`Decoder::page`].
    pub(crate) fn lookup(&self, answer: LookupAnswer, body: Vec<u8>) -> Result<Batch> {
        self.list(if answer == LookupAnswer::Row { Rows::Document } else { Rows::Array }, body)
    }

    fn rows(
        &self,
        rows: Rows,
        numbers: &[MemberPath],
        next: Option<MemberPath>,
        body: Vec<u8>,
    ) -> Result<(Found, Batch)> {
        // One row is read as an array of it, so that there is one way to read rows.
        let body = if rows == Rows::Document { [b"[", body.as_slice(), b"]"].concat() } else { body };
        let mut text = String::from_utf8(body)
            .map_err(|error| self.protocol(format!("it is not UTF-8 at byte {}", error.utf8_error().valid_up_to())))?;
        // What the list was asked with stands behind the answer, as JSON of its own.
        let mut asked = String::new();
        let mut given = Vec::new();
        for (name, cells) in &self.projection.asked {
            if let (Some((_, value)), false) = (self.given.iter().find(|(column, _)| column == name), cells.is_empty())
            {
                let start = text.len() + asked.len();
                asked.push_str(&serde_json::Value::from(value.as_str()).to_string());
                given.push((cells.as_slice(), start as u32..(text.len() + asked.len()) as u32));
            }
        }
        let mut cells = Vec::new();
        let mut page = Page {
            entity: self.entity,
            projection: self.projection,
            rows: match &rows {
                Rows::Member(name) => Some(std::slice::from_ref(name)),
                Rows::Path(path) => Some(path),
                Rows::Array | Rows::Document => None,
            },
            numbers,
            next,
            found: Found { numbers: vec![None; numbers.len()], text: None, has_rows: false },
            given: &given,
            text: &text,
            cells: &mut cells,
            fault: None,
        };
        let mut json = serde_json::Deserializer::from_str(&text);
        let read = match rows {
            Rows::Member(_) | Rows::Path(_) => json.deserialize_any(Object { page: &mut page, at: &mut Vec::new() }),
            Rows::Array | Rows::Document => RowsOf(&mut page).deserialize(&mut json),
        };
        let (fault, found) = (page.fault.take(), std::mem::take(&mut page.found));
        let place = page.place();
        read.and_then(|()| json.end()).map_err(|error| self.undecodable(fault, &error))?;
        if matches!(rows, Rows::Member(_) | Rows::Path(_)) && !found.has_rows {
            return Err(self.protocol(format!("it has no {place}")));
        }
        text.push_str(&asked);
        let projection = self.projection;
        let Projection { width, time_cell, .. } = *projection;
        let mut batch = Batch { width, key_cells: projection.key_cells.clone(), time_cell, cells, text };
        if rows == Rows::Document && batch.len() != 1 {
            return Err(self.protocol(format!("it is {} values instead of one row", batch.len())));
        }
        if !batch.redact(&projection.redactions, LONGEST_TEXT) {
            let what = format!("an answer for \"{}\" is too large to be shown without its secrets", self.entity.name);
            return Err(Error::new(ErrorKind::TooLarge, what)
                .with_hint("Read fewer columns at once, or set a smaller max_response_size on the server."));
        }
        Ok((found, batch))
    }

    /// What is wrong with an answer, in our words where there are some.
    #[cold]
    fn undecodable(&self, fault: Option<String>, error: &serde_json::Error) -> Error {
        self.protocol(match (fault, error.classify()) {
            (Some(fault), _) => fault,
            (None, serde_json::error::Category::Eof) => "its JSON is cut short".to_owned(),
            (None, _) => format!("its JSON is broken at line {} column {}", error.line(), error.column()),
        })
    }

    /// An answer that is not as declared.
    #[cold]
    pub(crate) fn protocol(&self, what: String) -> Error {
        let name = self.entity.name;
        Error::new(ErrorKind::Protocol, format!("the answer for \"{name}\" is not what the API declares: {what}"))
    }
}

/// What an answer says beside its rows.
#[derive(Default)]
struct Found {
    numbers: Vec<Option<u64>>,
    text: Option<String>,
    has_rows: bool,
}

struct Page<'a> {
    entity: &'static Entity,
    projection: &'a Projection,
    /// Where the rows stand in an object; nothing where the answer is the rows.
    rows: Option<&'a [&'static str]>,
    numbers: &'a [MemberPath],
    next: Option<MemberPath>,
    found: Found,
    given: &'a [(&'a [usize], Cell)],
    text: &'a str,
    cells: &'a mut Vec<Cell>,
    /// Our own words for what is wrong: serde's would hold values.
    fault: Option<String>,
}

impl Page<'_> {
    #[cold]
    fn fail<E: serde::de::Error>(&mut self, what: String) -> E {
        self.fault = Some(what);
        E::custom("not as declared")
    }

    /// What the rows are in, for messages.
    fn place(&self) -> String {
        self.rows.map_or("it".to_owned(), |path| format!("\"{}\"", path.join(".")))
    }

    /// Everything that is looked for in an object, each by the names that lead to it.
    fn wanted(&self) -> impl Iterator<Item = &[&'static str]> {
        self.rows.into_iter().chain(self.numbers.iter().copied()).chain(self.next)
    }
}

/// An object of the answer that is not a row: the answer itself or one inside.
struct Object<'p, 'a> {
    page: &'p mut Page<'a>,
    /// The names of the members that lead here.
    at: &'p mut Vec<&'static str>,
}

impl<'de> DeserializeSeed<'de> for Object<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Object<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if self.at.is_empty() {
            let what = format!("it is a bare array instead of an object with {}", self.page.place());
            return Err(self.page.fail(what));
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Object { page, at } = self;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let leads_on = |path: &[&'static str]| match path.strip_prefix(at.as_slice()) {
                Some([step, ..]) if *step == name => Some(*step),
                _ => None,
            };
            let Some(step) = page.wanted().find_map(leads_on) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            at.push(step);
            let is_here = |path: &[&'static str]| path == at.as_slice();
            let dotted = |at: &[&str]| at.join(".");
            if page.rows.is_some_and(is_here) {
                if std::mem::replace(&mut page.found.has_rows, true) {
                    let what = format!("it has {} twice", page.place());
                    return Err(page.fail(what));
                }
                map.next_value_seed(RowsOf(page))?;
            } else if let Some(number) = page.numbers.iter().position(|path| is_here(path)) {
                match map.next_value::<&RawValue>()?.get().parse::<u64>() {
                    Ok(found) => page.found.numbers[number] = Some(found),
                    Err(_) => return Err(page.fail(format!("\"{}\" is not a whole number", dotted(at)))),
                }
            } else if page.next.is_some_and(is_here) {
                let raw = map.next_value::<&RawValue>()?.get();
                let is_number = raw.starts_with(|first: char| first == '-' || first.is_ascii_digit());
                page.found.text = match plain_text(raw) {
                    Some(text) => Some(text.into_owned()),
                    None if is_number => Some(raw.to_owned()),
                    None if raw == "null" => None,
                    None => return Err(page.fail(format!("\"{}\" is not a text", dotted(at)))),
                };
            } else {
                map.next_value_seed(Object { page: &mut *page, at: &mut *at })?;
            }
            at.pop();
        }
        Ok(())
    }

    // What should hold something holds nothing: that it is missing is said at the end.
    ignore_scalars!();
}

struct RowsOf<'p, 'a>(&'p mut Page<'a>);

impl<'de> DeserializeSeed<'de> for RowsOf<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowsOf<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        let what = format!("{} is an object instead of an array", self.0.place());
        Err(self.0.fail(what))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        let what = format!("{} is null instead of an array", self.0.place());
        Err(self.0.fail(what))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        let page = self.0;
        let projection = page.projection;
        let mut number = 0;
        let mut expected = 0;
        loop {
            let first = page.cells.len();
            page.cells.resize(first + projection.width, 0..0);
            let reader = Reader { text: page.text, cells: &mut page.cells[first..] };
            let seed = Value { node: &projection.root, reader, expected: &mut expected };
            if rows.next_element_seed(seed)?.is_none() {
                page.cells.truncate(first);
                return Ok(());
            }
            let row = &mut page.cells[first..];
            for (cells, value) in page.given {
                for cell in *cells {
                    if row[*cell].is_empty() {
                        row[*cell] = value.clone();
                    }
                }
            }
            let is_key = |cell: &Cell| match page.text.as_bytes().get(cell.start as usize) {
                // Nothing, or what the list was asked with.
                _ if cell.is_empty() => false,
                None | Some(b'"') => true,
                Some(byte) => {
                    page.entity.key_values == KeyValues::TextsOrNumbers && (*byte == b'-' || byte.is_ascii_digit())
                }
            };
            if let Some(at) = projection.key_cells.iter().position(|cell| !is_key(&row[*cell])) {
                let what = format!("row {number} of the page has no \"{}\"", page.entity.key[at]);
                return Err(page.fail(what));
            }
            number += 1;
        }
    }
}

struct Reader<'c, 'de> {
    text: &'de str,
    cells: &'c mut [Cell],
}

impl Reader<'_, '_> {
    /// Notes where `raw`, a part of the text, stands.
    fn note(&mut self, node: &Node, raw: &str) {
        let start = raw.as_ptr() as usize - self.text.as_ptr() as usize;
        // The body cap of 1 GiB keeps every offset within 32 bits; `null` is told apart by its cell being empty.
        let cell = if raw == "null" { 0..0 } else { start as u32..(start + raw.len()) as u32 };
        for index in &node.cells {
            self.cells[*index] = cell.clone();
        }
    }
}

/// Reads one value into the cells of its node and of the nodes below.
struct Value<'n, 'c, 'de, 'e> {
    node: &'n Node,
    reader: Reader<'c, 'de>,
    /// The member that comes next if this object has its members in the order of the last one.
    expected: &'e mut usize,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_, 'de, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<(), D::Error> {
        if self.node.cells.is_empty() {
            return deserializer.deserialize_any(self);
        }
        let raw: &'de RawValue = serde::Deserialize::deserialize(deserializer)?;
        self.reader.note(self.node, raw.get());
        if self.node.is_leaf() {
            return Ok(());
        }
        serde_json::Deserializer::from_str(raw.get()).deserialize_any(self).map_err(D::Error::custom)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_, 'de, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Reader { text, cells } = self.reader;
        let members = &self.node.members;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let wanted = match members.get(*self.expected) {
                Some((key, _)) if *key == name => Some(*self.expected),
                _ => members.iter().position(|(key, _)| *key == name),
            };
            let Some(at) = wanted else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            *self.expected = at + 1;
            let node = &members[at].1;
            if !node.is_leaf() {
                node.clear(cells);
            }
            let reader = Reader { text, cells: &mut *cells };
            map.next_value_seed(Value { node, reader, expected: &mut 0 })?;
        }
        *self.expected = 0;
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let Reader { text, cells } = self.reader;
        let mut index = 0;
        loop {
            let more = match self.node.elements.iter().find(|(i, _)| *i == index) {
                Some((_, node)) => {
                    let reader = Reader { text, cells: &mut *cells };
                    elements.next_element_seed(Value { node, reader, expected: &mut 0 })?.is_some()
                }
                None => elements.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                return Ok(());
            }
            index += 1;
        }
    }

    // A path may lead through a value that is no object in this row: then there is nothing.
    ignore_scalars!();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ENTITY, PAGES, PRICES};
    use proptest::prelude::*;

    const ASKED_FOR: Envelope = Envelope { start: 4, limit: 2, total: 0 };

    fn decoder(projection: &Projection) -> Decoder<'_> {
        const NOTHING: &BoundValues = &Vec::new();
        Decoder { entity: &ENTITY, projection, given: NOTHING }
    }

    fn decode(paths: &[&str], body: &str) -> Result<(Envelope, Batch)> {
        let paths: Vec<JsonPath> = paths
            .iter()
            .map(|path| if path.is_empty() { JsonPath::whole_row() } else { JsonPath::parse(path).unwrap() })
            .collect();
        let projection = Projection::new(&ENTITY, &paths, true);
        decoder(&projection).page(&PAGES, ASKED_FOR, body.as_bytes().to_vec())
    }

    fn page(rows: &str) -> String {
        format!("{{\"start\":0,\"limit\":2,\"total\":1,\"length\":1,\"items\":[{rows}]}}")
    }

    #[test]
    fn a_look_up_is_one_row_or_an_array() {
        let projection = Projection::new(&ENTITY, &[JsonPath::root_member("name")], true);
        let decode = |many, body: &str| {
            let answer = if many { LookupAnswer::Array } else { LookupAnswer::Row };
            decoder(&projection).lookup(answer, body.as_bytes().to_vec())
        };
        let one = decode(false, r#" {"id":"1","name":"n"} "#).unwrap();
        assert_eq!((one.len(), one.value(0, 0), &*one.key(0)), (1, Some(r#""n""#), "1"));
        assert_eq!(decode(true, "[]").unwrap().len(), 0);
        assert_eq!(decode(true, r#"[{"id":"1"},{"id":"2"}]"#).unwrap().len(), 2);
        for (many, body) in [
            (false, ""),
            (false, "[]"),
            (false, r#"{"id":"1"},{"id":"2"}"#),
            (false, r#"{"name":"n"}"#),
            (false, r#"{"id":"1""#),
            (true, r#"{"id":"1"}"#),
            (true, r#"[{"id":"1"}"#),
            (true, r#"[{"id":"1"}] x"#),
            (true, "null"),
        ] {
            assert_eq!(decode(many, body).unwrap_err().kind(), ErrorKind::Protocol, "{body}");
        }
    }

    #[test]
    fn wanted_values_are_slices_of_the_answer() {
        let row =
            r#"{"x":[1,{"y":2}],"id":"k|\u0031","name":null,"meta":{"a":{"b":"\"q\""},"c":[10,[20,30]]},"n":-1.50e3}"#;
        let paths = ["name", "meta", "meta.a.b", "meta.c[1][0]", "n", "x[1].y", "missing", "n.deeper", "", "x[9]"];
        let (envelope, batch) = decode(&paths, &page(row)).unwrap();
        assert_eq!(envelope, Envelope { start: 0, limit: 2, total: 1 });
        let expected = [
            None,
            Some(r#"{"a":{"b":"\"q\""},"c":[10,[20,30]]}"#),
            Some(r#""\"q\"""#),
            Some("20"),
            Some("-1.50e3"),
            Some("2"),
            None,
            None,
            Some(row),
            None,
        ];
        for (cell, value) in expected.iter().enumerate() {
            assert_eq!(batch.value(0, cell), *value, "{}", paths[cell]);
        }
        assert_eq!(batch.key(0), "k|1");
    }

    #[test]
    fn member_order_may_change_from_row_to_row() {
        let (_, batch) = decode(
            &["name", "meta"],
            &page(r#"{"id":"1","name":"a","meta":1},{"meta":2,"name":"b","id":"2"},{"id":"3"}"#),
        )
        .unwrap();
        let rows: Vec<_> = (0..3).map(|row| (batch.value(row, 0), batch.value(row, 1))).collect();
        assert_eq!(rows, [(Some("\"a\""), Some("1")), (Some("\"b\""), Some("2")), (None, None)]);
    }

    #[test]
    fn of_doubled_members_the_last_counts_as_in_jsonb() {
        let (_, batch) = decode(&["name"], &page(r#"{"id":"1","name":"a","name":"b"}"#)).unwrap();
        assert_eq!(batch.value(0, 0), Some("\"b\""));
        let row = r#"{"id":"1","meta":{"a":1,"b":[7]},"meta":{"b":[]}},{"id":"2","meta":{"a":1},"meta":null}"#;
        let (_, batch) = decode(&["meta.a", "meta.b[0]", "meta.b"], &page(row)).unwrap();
        let rows: Vec<_> = (0..2).map(|row| (0..3).map(|cell| batch.value(row, cell)).collect::<Vec<_>>()).collect();
        assert_eq!(rows, [[None, None, Some("[]")], [None, None, None]]);
    }

    #[test]
    fn retain_keeps_whole_rows() {
        let (_, mut batch) =
            decode(&["name"], &page(r#"{"id":"1","name":1},{"id":"2","name":2},{"id":"3","name":3}"#)).unwrap();
        batch.retain(|key| key != "2");
        assert_eq!((batch.len(), batch.value(0, 0), batch.value(1, 0)), (2, Some("1"), Some("3")));
    }

    #[test]
    fn an_answer_that_is_not_as_declared_says_where() {
        let cases = [
            ("[]", "it is a bare array instead of an object with \"items\""),
            (r#"{"start":0,"limit":2,"total":0}"#, "it has no \"items\""),
            (r#"{"start":0,"limit":2,"items":[]}"#, "it has no \"total\""),
            (r#"{"limit":2,"total":0,"items":[]}"#, "it has no \"start\""),
            (r#"{"start":0,"total":0,"items":[]}"#, "it has no \"limit\""),
            (r#"{"start":0,"limit":2,"total":"7","items":[]}"#, "\"total\" is not a whole number"),
            (r#"{"start":0,"limit":2,"total":-7,"items":[]}"#, "\"total\" is not a whole number"),
            (r#"{"items":{},"start":0}"#, "\"items\" is an object instead of an array"),
            (r#"{"items":null,"start":0}"#, "\"items\" is null instead of an array"),
            (r#"{"items":[],"items":[]}"#, "it has \"items\" twice"),
            (r#"{"items":[{"name":"secret"}]}"#, "row 0 of the page has no \"id\""),
            (r#"{"items":[{"id":"1"},{"id":7}]}"#, "row 1 of the page has no \"id\""),
            (r#"{"items":["secret"]}"#, "row 0 of the page has no \"id\""),
            (r#"{"items":[{"id":"1""#, "its JSON is cut short"),
            (r#"{"items":[{"id":"1",}]}"#, "its JSON is broken at line 1 column 21"),
            (r#"{"start":0,"limit":2,"total":0,"items":[]} x"#, "its JSON is broken at line 1 column 44"),
            ("<html>", "its JSON is broken at line 1 column 1"),
            ("", "its JSON is cut short"),
            ("\"x\"", "it has no \"items\""),
        ];
        for (body, what) in cases {
            let error = decode(&["name"], body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{body}");
            assert_eq!(
                error.message(),
                format!("the answer for \"things\" is not what the API declares: {what}"),
                "{body}"
            );
        }
    }

    #[test]
    fn a_body_that_is_not_utf8_is_refused() {
        let error = decoder(&Projection::new(&ENTITY, [], true))
            .page(&PAGES, ASKED_FOR, b"{\"items\":[\"\xff\"]}".to_vec())
            .unwrap_err();
        assert!(error.message().ends_with("it is not UTF-8 at byte 11"), "{error}");
    }

    #[test]
    fn plain_text_of_strings_only() {
        assert_eq!(plain_text(r#""a\u00e9\n""#).as_deref(), Some("aé\n"));
        assert_eq!(plain_text(r#""\ud800""#), None);
        assert_eq!(plain_text("17"), None);
    }

    #[test]
    fn what_was_asked_with_stands_in_every_row_that_lacks_it() {
        let paths = [JsonPath::root_member("thing_id"), JsonPath::root_member("amount"), JsonPath::whole_row()];
        let given = vec![("thing_id".to_owned(), "a\"\\é".to_owned())];
        let decode = |expose, body: &str| {
            let projection = Projection::new(&PRICES, &paths, expose);
            let decoder = Decoder { entity: &PRICES, projection: &projection, given: &given };
            decoder.list(Rows::Array, body.as_bytes().to_vec()).unwrap()
        };
        let batch = decode(true, r#"[{"amount":1.5},{"thing_id":"own"},{}]"#);
        let ids: Vec<_> = (0..3).map(|row| batch.value(row, 0)).collect();
        assert_eq!(ids, [Some(r#""a\"\\é""#), Some(r#""own""#), Some(r#""a\"\\é""#)]);
        assert_eq!((batch.value(0, 1), batch.value(0, 2)), (Some("1.5"), Some(r#"{"amount":1.5}"#)));
        let batch = decode(false, r#"[{"amount":1.5,"n":1},{"amount":null}]"#);
        assert_eq!(batch.value(0, 1), Some(r#""[redacted]""#));
        assert_eq!(batch.value(0, 2), Some(r#"{"amount":"[redacted]","n":1}"#));
        assert_eq!((batch.value(1, 1), batch.value(1, 2)), (None, Some(r#"{"amount":null}"#)));
        assert_eq!(decode(false, r#"["text"]"#).value(0, 2), Some(r#""text""#));
    }

    #[test]
    fn a_page_whose_secrets_take_too_much_room_is_refused() {
        let paths = [JsonPath::whole_row(), JsonPath::whole_row()];
        let projection = Projection::new(&PRICES, &paths, true);
        let given = Vec::new();
        let decoder = Decoder { entity: &PRICES, projection: &projection, given: &given };
        let body = r#"[{"thing_id":"a","amount":1.5}]"#;
        let shown = Projection::new(&PRICES, &paths, false);
        let replaced = r#"{"thing_id":"a","amount":"[redacted]"}"#.len();
        let room = body.len() + 2 * replaced;
        for (longest, fits) in [(room, true), (room - 1, false), (body.len(), false)] {
            let mut batch = decoder.list(Rows::Array, body.as_bytes().to_vec()).unwrap();
            assert_eq!(batch.redact(&shown.redactions, longest), fits, "{longest}");
        }
    }

    #[test]
    fn a_cursor_is_a_text_or_none() {
        const POINTS: Checkpoint = Checkpoint {
            size: Some("take"),
            max_size: 2,
            next: NextPage::Cursor { parameter: "from", at: &["next"] },
            place_is_kept: true,
        };
        let projection = Projection::new(&ENTITY, [], true);
        let next = |body: &str| Ok::<_, Error>(decoder(&projection).checkpoint(&POINTS, body.as_bytes().to_vec())?.0);
        assert_eq!(next(r#"{"items":[{"id":"1"}],"next":"a\u0062"}"#).unwrap().as_deref(), Some("ab"));
        assert_eq!(next(r#"{"items":[],"next":17}"#).unwrap().as_deref(), Some("17"));
        for last in [r#"{"items":[]}"#, r#"{"next":null,"items":[]}"#, r#"{"next":"","items":[],"total":"?"}"#] {
            assert_eq!(next(last).unwrap(), None, "{last}");
        }
        for wrong in
            [r#"{"items":[],"next":true}"#, r#"{"items":[],"next":{}}"#, r#"{"next":"a"}"#, "[]", r#"{"items":{}}"#]
        {
            assert_eq!(next(wrong).unwrap_err().kind(), ErrorKind::Protocol, "{wrong}");
        }
    }

    #[test]
    fn rows_and_what_is_said_of_them_may_stand_deep() {
        const DEEP: NumberedPages =
            NumberedPages { total: &["meta", "page", "total"], start: None, limit: None, ..PAGES };
        static NESTED: Entity = Entity { rows: Rows::Path(&["data", "items"]), ..ENTITY };
        let projection = Projection::new(&NESTED, &[JsonPath::root_member("name")], true);
        let decoder = Decoder { entity: &NESTED, ..decoder(&projection) };
        let page = |body: &str| decoder.page(&DEEP, ASKED_FOR, body.as_bytes().to_vec());
        let (envelope, batch) = page(
            r#"{"data":{"x":[{}],"items":[{"id":"1","name":"n","items":[]}]},"items":7,"meta":{"page":{"total":3}}}"#,
        )
        .unwrap();
        assert_eq!(envelope, Envelope { start: 4, limit: 2, total: 3 }, "as it was asked for");
        assert_eq!((batch.len(), batch.value(0, 0)), (1, Some("\"n\"")));
        let cases = [
            (r#"{"data":[],"meta":{"page":{"total":3}}}"#, "it has no \"data.items\""),
            (r#"{"data":null,"meta":{"page":{"total":3}}}"#, "it has no \"data.items\""),
            (r#"{"data":{"items":{}}}"#, "\"data.items\" is an object instead of an array"),
            (r#"{"data":{"items":[]},"data":{"items":[]}}"#, "it has \"data.items\" twice"),
            (r#"{"data":{"items":[]},"meta":{"page":3}}"#, "it has no \"meta.page.total\""),
            (r#"{"data":{"items":[]},"meta":{"page":{"total":"3"}}}"#, "\"meta.page.total\" is not a whole number"),
            ("[]", "it is a bare array instead of an object with \"data.items\""),
        ];
        for (body, what) in cases {
            let error = page(body).unwrap_err();
            assert!(error.message().ends_with(what), "{body}: {error}");
        }
    }

    #[test]
    fn keys_may_be_numbers_where_the_api_has_such() {
        static NUMBERED: Entity = Entity { key_values: KeyValues::TextsOrNumbers, ..ENTITY };
        let projection = Projection::new(&NUMBERED, [], true);
        let decoder = Decoder { entity: &NUMBERED, ..decoder(&projection) };
        let batch = decoder.list(Rows::Array, br#"[{"id":17},{"id":"a"},{"id":-1}]"#.to_vec()).unwrap();
        assert_eq!([0, 1, 2].map(|row| batch.key(row).into_owned()), ["17", "a", "-1"]);
        for wrong in ["[{}]", r#"[{"id":null}]"#, r#"[{"id":true}]"#, r#"[{"id":[1]}]"#] {
            assert_eq!(decoder.list(Rows::Array, wrong.into()).unwrap_err().kind(), ErrorKind::Protocol, "{wrong}");
        }
    }

    #[test]
    fn zeros_left_out_are_zeros_where_the_api_does_so() {
        const ZEROS: NumberedPages = NumberedPages { position: Position::Pages, ..PAGES };
        let projection = Projection::new(&ENTITY, [], true);
        let envelope = |body: &str| decoder(&projection).page(&ZEROS, ASKED_FOR, body.as_bytes().to_vec()).unwrap().0;
        assert_eq!(envelope(r#"{"items":[],"limit":2}"#), Envelope { start: 0, limit: 2, total: 0 });
        let page = envelope(r#"{"items":[],"limit":2,"start":3,"total":9}"#);
        assert_eq!(page, Envelope { start: 6, limit: 2, total: 9 });
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let projection = Projection::new(&ENTITY, &[JsonPath::whole_row()], true);
            let _ = decoder(&projection).page(&PAGES, ASKED_FOR, body);
        }

        #[test]
        fn a_cut_answer_is_never_taken_for_a_whole_one(cut in 0usize..130) {
            let whole = page(r#"{"id":"1","name":"a","meta":{"x":[1,2,{"y":"z"}]}},{"id":"2","name":"b"}"#);
            prop_assume!(cut < whole.len());
            prop_assert!(decode(&["name"], &whole[..cut]).is_err());
        }
    }
}
