//! One pass over a page: the members a query wants stay where they are, as slices of the answer's
//! own text; the rest is skipped, but still has to be JSON.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::page_walk::Envelope;
use crate::entity::{Entity, NumberedPages, Paging};
use crate::error::{Error, ErrorKind, Result};
use crate::json_path::{JsonPath, Step};

/// The members wanted from every row, each with the number of the cell it goes to.
#[derive(Debug, Clone)]
pub struct Projection {
    root: Node,
    width: usize,
    key_cell: usize,
    time_cell: Option<usize>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    cells: Vec<usize>,
    members: Vec<(String, Node)>,
    elements: Vec<(usize, Node)>,
}

impl Projection {
    /// A projection to one cell a path, in order, and one more cell for the row's key.
    pub fn new<'a>(paths: impl IntoIterator<Item = &'a JsonPath>, key: &str) -> Self {
        let mut root = Node::default();
        let mut width = 0;
        for path in paths {
            root.insert(&path.0, width);
            width += 1;
        }
        root.insert(&[Step::Key(key.to_owned())], width);
        Projection { root, width: width + 1, key_cell: width, time_cell: None }
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
}

/// Where a value stands in the page's text. Empty: the row does not have it, or it is `null`.
type Cell = Range<u32>;

/// The rows of one page: the answer's text and where the wanted values stand in it.
#[derive(Debug)]
pub struct Batch {
    text: String,
    width: usize,
    key_cell: usize,
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
        Batch { text: String::new(), width: 1, key_cell: 0, time_cell: None, cells: Vec::new() }
    }

    /// The raw JSON of a value, or nothing when the row does not have it or it is `null`.
    #[inline]
    pub fn value(&self, row: usize, cell: usize) -> Option<&str> {
        let range = &self.cells[row * self.width + cell];
        if range.is_empty() { None } else { self.text.get(range.start as usize..range.end as usize) }
    }

    /// The row's key as plain text.
    pub fn key(&self, row: usize) -> Cow<'_, str> {
        let raw = self.value(row, self.key_cell).unwrap_or_default();
        plain_text(raw).unwrap_or(Cow::Borrowed(raw))
    }

    /// The row's time in milliseconds since 1970, rounded down; nothing when it has none that can be read,
    /// or the projection has none.
    pub(crate) fn time(&self, row: usize) -> Option<i64> {
        let text = plain_text(self.value(row, self.time_cell?)?)?;
        let time: jiff::Timestamp = text.parse().ok()?;
        Some(i64::try_from(time.as_nanosecond().div_euclid(1_000_000)).unwrap_or(i64::MAX - 1))
    }

    /// Keeps only the rows whose key `keep` accepts.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
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
}

/// The text of a JSON string without quotes and escapes; nothing when it is no string or an escape
/// stands for no character.
pub fn plain_text(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// Decodes an answer whose envelope the entity declares.
///
/// # Errors
/// `Protocol`, naming the entity and where in the answer it stops being as declared; values are never
/// part of the text.
pub(crate) fn decode_page(
    entity: &Entity,
    pages: &NumberedPages,
    projection: &Projection,
    body: Vec<u8>,
) -> Result<(Envelope, Batch)> {
    let text = utf8(entity, body)?;
    let mut cells = Vec::new();
    let mut page = Page { entity, pages, projection, text: &text, cells: &mut cells, fault: None };
    let mut json = serde_json::Deserializer::from_str(&text);
    let envelope = json.deserialize_any(&mut page);
    let fault = page.fault.take();
    let envelope = envelope
        .and_then(|envelope| json.end().map(|()| envelope))
        .map_err(|error| undecodable(entity, fault, &error))?;
    let Projection { width, key_cell, time_cell, .. } = *projection;
    let batch = Batch { width, key_cell, time_cell, cells, text };
    Ok((envelope, batch))
}

/// Decodes the answer of a look-up: one row, or an array of rows.
///
/// # Errors
/// As [`decode_page`].
pub(crate) fn decode_lookup(entity: &Entity, projection: &Projection, many: bool, body: Vec<u8>) -> Result<Batch> {
    // One row is read as an array of it, so that there is one way to read rows.
    let body = if many { body } else { [b"[", body.as_slice(), b"]"].concat() };
    let text = utf8(entity, body)?;
    let mut cells = Vec::new();
    let Paging::Page(pages) = &entity.paging;
    let mut page = Page { entity, pages, projection, text: &text, cells: &mut cells, fault: None };
    let mut json = serde_json::Deserializer::from_str(&text);
    let decoded = Rows(&mut page).deserialize(&mut json);
    let fault = page.fault.take();
    decoded.and_then(|()| json.end()).map_err(|error| undecodable(entity, fault, &error))?;
    let Projection { width, key_cell, time_cell, .. } = *projection;
    let batch = Batch { width, key_cell, time_cell, cells, text };
    if !many && batch.len() != 1 {
        return Err(protocol(entity, format!("it is {} values instead of one row", batch.len())));
    }
    Ok(batch)
}

fn utf8(entity: &Entity, body: Vec<u8>) -> Result<String> {
    String::from_utf8(body)
        .map_err(|error| protocol(entity, format!("it is not UTF-8 at byte {}", error.utf8_error().valid_up_to())))
}

/// What is wrong with an answer, in our words where there are some.
#[cold]
fn undecodable(entity: &Entity, fault: Option<String>, error: &serde_json::Error) -> Error {
    let what = match (fault, error.classify()) {
        (Some(fault), _) => fault,
        (None, serde_json::error::Category::Eof) => "its JSON is cut short".to_owned(),
        (None, _) => format!("its JSON is broken at line {} column {}", error.line(), error.column()),
    };
    protocol(entity, what)
}

#[cold]
fn protocol(entity: &Entity, what: String) -> Error {
    Error::new(ErrorKind::Protocol, format!("the answer for \"{}\" is not what the API declares: {what}", entity.name))
}

struct Page<'a> {
    entity: &'a Entity,
    pages: &'a NumberedPages,
    projection: &'a Projection,
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
}

impl<'de> Visitor<'de> for &mut Page<'de> {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Envelope, A::Error> {
        let what = format!("it is a bare array instead of an object with \"{}\"", self.entity.rows_at);
        Err(self.fail(what))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
        let (mut start, mut limit, mut total, mut rows) = (None, None, None, false);
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if name == self.entity.rows_at {
                if std::mem::replace(&mut rows, true) {
                    let what = format!("it has \"{name}\" twice");
                    return Err(self.fail(what));
                }
                map.next_value_seed(Rows(self))?;
                continue;
            }
            let slot = match &*name {
                name if name == self.pages.start => &mut start,
                name if name == self.pages.limit => &mut limit,
                name if name == self.pages.total => &mut total,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let raw = map.next_value::<&RawValue>()?;
            match raw.get().parse::<u64>() {
                Ok(number) => *slot = Some(number),
                Err(_) => return Err(self.fail(format!("\"{name}\" is not a whole number"))),
            }
        }
        let missing = match (rows, start, limit, total) {
            (true, Some(start), Some(limit), Some(total)) => return Ok(Envelope { start, limit, total }),
            (false, ..) => self.entity.rows_at,
            (_, None, ..) => self.pages.start,
            (_, _, None, _) => self.pages.limit,
            _ => self.pages.total,
        };
        Err(self.fail(format!("it has no \"{missing}\"")))
    }
}

struct Rows<'p, 'a>(&'p mut Page<'a>);

impl<'de> DeserializeSeed<'de> for Rows<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        let what = format!("\"{}\" is an object instead of an array", self.0.entity.rows_at);
        Err(self.0.fail(what))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        let what = format!("\"{}\" is null instead of an array", self.0.entity.rows_at);
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
            let key = page.cells[first + projection.key_cell].clone();
            if !page.text.get(key.start as usize..key.end as usize).is_some_and(|raw| raw.starts_with('"')) {
                let what = format!("row {number} of the page has no \"{}\"", page.entity.key);
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
            let reader = Reader { text, cells: &mut *cells };
            map.next_value_seed(Value { node: &members[at].1, reader, expected: &mut 0 })?;
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
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ENTITY, PAGES};
    use proptest::prelude::*;

    fn decode(paths: &[&str], body: &str) -> Result<(Envelope, Batch)> {
        let paths: Vec<JsonPath> = paths
            .iter()
            .map(|path| if path.is_empty() { JsonPath::whole_row() } else { JsonPath::parse(path).unwrap() })
            .collect();
        decode_page(&ENTITY, &PAGES, &Projection::new(&paths, "id"), body.as_bytes().to_vec())
    }

    fn page(rows: &str) -> String {
        format!("{{\"start\":0,\"limit\":2,\"total\":1,\"length\":1,\"items\":[{rows}]}}")
    }

    #[test]
    fn a_look_up_is_one_row_or_an_array() {
        let projection = Projection::new(&[JsonPath::root_member("name")], "id");
        let decode = |many, body: &str| decode_lookup(&ENTITY, &projection, many, body.as_bytes().to_vec());
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
            ("\"x\"", "its JSON is broken at line 1 column 3"),
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
        let error =
            decode_page(&ENTITY, &PAGES, &Projection::new([], "id"), b"{\"items\":[\"\xff\"]}".to_vec()).unwrap_err();
        assert!(error.message().ends_with("it is not UTF-8 at byte 11"), "{error}");
    }

    #[test]
    fn plain_text_of_strings_only() {
        assert_eq!(plain_text(r#""a\u00e9\n""#).as_deref(), Some("aé\n"));
        assert_eq!(plain_text(r#""\ud800""#), None);
        assert_eq!(plain_text("17"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let projection = Projection::new(&[JsonPath::whole_row()], "id");
            let _ = decode_page(&ENTITY, &PAGES, &projection, body);
        }

        #[test]
        fn a_cut_answer_is_never_taken_for_a_whole_one(cut in 0usize..130) {
            let whole = page(r#"{"id":"1","name":"a","meta":{"x":[1,2,{"y":"z"}]}},{"id":"2","name":"b"}"#);
            prop_assume!(cut < whole.len());
            prop_assert!(decode(&["name"], &whole[..cut]).is_err());
        }
    }
}
