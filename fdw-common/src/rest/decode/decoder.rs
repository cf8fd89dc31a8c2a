//! The decoder: one pass over an answer. Wanted members stay in place, as slices of the answer's text; the rest is
//! skipped, but must be valid JSON.

pub(crate) use super::batch::Batch;
use super::batch::LONGEST_TEXT;
use super::envelope::{DeclaredClaims, Envelope, EnvelopeReader, quoted};
use super::page::{Claims, ListMember, Page};
pub(crate) use super::projection::Projection;
use super::row::{List, Row, RowReader};
use crate::api_error;
use crate::error::{Error, ErrorKind, Result};
use crate::json;
use crate::model::{Entity, Paging, Rows};
use crate::plan::BoundValues;
use serde::de::DeserializeSeed;

/// Reads the answers of one list or lookup.
#[derive(Clone, Copy)]
pub struct Decoder<'a> {
    /// The entity of the answer.
    pub entity: &'static Entity,
    /// The columns that are read.
    pub projection: &'a Projection,
    /// The bound values of the request.
    pub given: &'a BoundValues,
}

impl Decoder<'_> {
    /// An answer of the list, with any paging. `rows` is the path of the rows in this kind of answer, usually
    /// [`Entity::rows`].
    ///
    /// # Errors
    /// `Remote` for an answer with an error of the API. Its detail is the API's message, with secrets not yet redacted.
    /// `Protocol` for an answer that is not as declared, with the entity and the place of the difference, but never
    /// with values. A missing list is not an error here, see [`Claims::list`].
    pub fn page(&self, rows: Rows, body: Vec<u8>) -> Result<Page> {
        let layout = Layout {
            place: match &rows {
                Rows::Member(name) => std::slice::from_ref(name),
                Rows::Path(path) => path,
                Rows::Array | Rows::Document => &[],
            },
            is_one_row: rows == Rows::Document,
            declared: DeclaredClaims::of(&self.entity.paging),
            looks_for_more: self.entity.paging == Paging::Whole,
        };
        self.read(&layout, body)
    }

    pub(super) fn read(&self, layout: &Layout<'_>, body: Vec<u8>) -> Result<Page> {
        let mut text = self.text(body)?;
        let projection = self.projection;
        // The bound values of the request are appended to the answer's text, as JSON.
        let mut appended = String::new();
        let mut bound = Vec::new();
        for (name, cells) in &projection.bound {
            if let (Some((_, value)), false) = (self.given.iter().find(|(column, _)| column == name), cells.is_empty())
            {
                let start = text.len() + appended.len();
                appended.push_str(&serde_json::Value::from(value.as_str()).to_string());
                bound.push((cells.as_slice(), start as u32..(text.len() + appended.len()) as u32));
            }
        }
        let mut reader = RowReader::new(self.entity, projection, bound, &text, layout.is_one_row);
        let envelope = match layout.read(&text, &mut reader) {
            Ok(envelope) => envelope,
            Err(error) => return Err(self.undecodable(reader.fault.take(), &error, &text)),
        };
        if let Some(error) = envelope.error {
            return Err(self.error_in(&text, &error));
        }
        if envelope.claims.list == ListMember::Absent && api_error::complaint(text.as_bytes()).is_some() {
            return Err(self.with_api_message(self.protocol(format!("it has no {}", quoted(layout.place))), &text));
        }
        if envelope.claims.list == ListMember::Present && !reader.has_known {
            self.check_unknown(&reader, &text)?;
        }
        let (cells, missing) = (std::mem::take(&mut reader.cells), reader.missing());
        text.push_str(&appended);
        let Projection { width, time_cell, .. } = *projection;
        let mut batch = Batch { width, key_cells: projection.key_cells.clone(), time_cell, cells, text, missing };
        if !batch.redact(&projection.redactions, LONGEST_TEXT) {
            let what = format!("an answer for \"{}\" is too large to be shown without its secrets", self.entity.name);
            return Err(Error::new(ErrorKind::TooLarge, what)
                .with_hint("Read fewer columns at once, or set a smaller max_response_size on the server."));
        }
        Ok(Page { rows: batch, claims: envelope.claims })
    }

    /// Refuses one row without any known member, if it is an error of the API, or if the table declares its members.
    /// A documented object may be empty.
    fn check_unknown(&self, reader: &RowReader<'_>, text: &str) -> Result<()> {
        if api_error::is_error_envelope(text.as_bytes()) {
            return Err(self.error_in(text, "it has none of the table's columns"));
        }
        if self.entity.definition.is_some() && reader.knows_members() {
            let error = self.protocol("it has none of the table's columns".to_owned());
            return Err(self.with_api_message(error, text));
        }
        Ok(())
    }

    /// The text of an answer.
    pub(super) fn text(&self, mut body: Vec<u8>) -> Result<String> {
        let mark = body.len() - json::without_byte_order_mark(&body).len();
        body.drain(..mark);
        if body.trim_ascii().is_empty() {
            return Err(self.protocol("it is empty".to_owned()));
        }
        if let Some(encoding) = json::other_encoding(&body) {
            return Err(self.protocol(format!("it is not UTF-8 but {encoding}")));
        }
        String::from_utf8(body)
            .map_err(|error| self.protocol(format!("it is not UTF-8 at byte {}", error.utf8_error().valid_up_to())))
    }

    /// The error for an answer that cannot be decoded: the API's error in it, or how it differs from the declaration.
    #[cold]
    fn undecodable(&self, fault: Option<String>, error: &serde_json::Error, text: &str) -> Error {
        match (fault, error.classify()) {
            (Some(fault), _) if api_error::is_error_envelope(text.as_bytes()) => self.error_in(text, &fault),
            (Some(fault), _) => self.with_api_message(self.protocol(fault), text),
            (None, serde_json::error::Category::Eof) => self.protocol("its JSON is cut short".to_owned()),
            (None, _) => {
                self.protocol(format!("its JSON is broken at line {} column {}", error.line(), error.column()))
            }
        }
    }

    /// The error for an answer with an error of the API and a success status; `what` names the member that says so, for
    /// an answer without a message.
    #[cold]
    fn error_in(&self, text: &str, what: &str) -> Error {
        let message = format!("the answer for \"{}\" holds an error", self.entity.name);
        let said = api_error::message(text.as_bytes()).map(|said| format!("The API says: {said}"));
        Error::new(ErrorKind::Remote, message).with_detail(said.unwrap_or_else(|| format!("In the answer {what}.")))
    }

    /// Adds the API's message to an error, if an object in place of the rows has one.
    #[cold]
    fn with_api_message(&self, error: Error, text: &str) -> Error {
        match api_error::complaint(text.as_bytes()) {
            Some(said) => error.with_detail(format!("The API says: {said}")),
            None => error,
        }
    }

    /// The error for an answer that is not as declared.
    #[cold]
    pub(crate) fn protocol(&self, what: String) -> Error {
        not_as_declared(self.entity, what)
    }
}

/// The error for an answer that is not as declared.
#[cold]
pub(crate) fn not_as_declared(entity: &Entity, what: String) -> Error {
    let name = entity.name;
    Error::new(ErrorKind::Protocol, format!("the answer for \"{name}\" is not what the API declares: {what}"))
}

/// The error for an answer that lacks the array of rows.
#[cold]
pub(crate) fn missing_list(entity: &Entity) -> Error {
    let place = match entity.rows {
        Rows::Member(name) => format!("no \"{name}\""),
        Rows::Path(path) => format!("no \"{}\"", path.join(".")),
        Rows::Array | Rows::Document => "no rows".to_owned(),
    };
    not_as_declared(entity, format!("it has {place}"))
}

/// The expected layout of an answer.
pub(super) struct Layout<'a> {
    /// The names of the members on the path to the rows; empty if the answer itself is the rows.
    pub(super) place: &'a [&'static str],
    pub(super) is_one_row: bool,
    pub(super) declared: DeclaredClaims,
    /// See [`Claims::continues`].
    pub(super) looks_for_more: bool,
}

impl Layout<'_> {
    fn read<'de>(&self, text: &'de str, rows: &mut RowReader<'de>) -> serde_json::Result<Envelope> {
        let found = |list| Envelope { claims: Claims { list, ..Claims::default() }, error: None };
        if text.trim_ascii() == "null" {
            return Ok(found(ListMember::Null));
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let envelope = if !self.place.is_empty() {
            EnvelopeReader::new(rows, self.place, self.declared, self.looks_for_more).read(&mut json)?
        } else if self.is_one_row {
            Row(rows).deserialize(&mut json)?;
            found(ListMember::Present)
        } else {
            found(List { reader: rows, place: &quoted(&[]) }.deserialize(&mut json)?)
        };
        json.end()?;
        Ok(envelope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json_path::JsonPath;
    use crate::model::{Checkpoint, Column, ColumnType, KeyValues, Lookup, NextPage, NumberedPages, Paging};
    use crate::testing::{ENTITY, PAGES, PRICES};
    use proptest::prelude::*;

    fn decoder(projection: &Projection) -> Decoder<'_> {
        const NOTHING: &BoundValues = &Vec::new();
        Decoder { entity: &ENTITY, projection, given: NOTHING }
    }

    fn decode(paths: &[&str], body: &str) -> Result<(Claims, Batch)> {
        let paths: Vec<JsonPath> = paths
            .iter()
            .map(|path| if path.is_empty() { JsonPath::whole_row() } else { JsonPath::parse(path).unwrap() })
            .collect();
        let projection = Projection::new(&ENTITY, &paths, true);
        decoder(&projection).page(ENTITY.rows, body.into()).map(|page| (page.claims, page.rows))
    }

    /// The claims in an answer of a list.
    fn claims(entity: &'static Entity, body: &str) -> Result<Claims> {
        let projection = Projection::new(entity, [], true);
        Decoder { entity, ..decoder(&projection) }.page(entity.rows, body.into()).map(|page| page.claims)
    }

    fn rows_in(rows: Rows, projection: &Projection, entity: &'static Entity, body: &str) -> Result<Batch> {
        Decoder { entity, ..decoder(projection) }.page(rows, body.into()).map(|page| page.rows)
    }

    fn page(rows: &str) -> String {
        format!("{{\"start\":0,\"limit\":2,\"total\":1,\"length\":1,\"items\":[{rows}]}}")
    }

    #[test]
    fn a_lookup_is_one_row_or_an_array() {
        let projection = Projection::new(&ENTITY, &[JsonPath::root_member("name")], true);
        let decode = |many, body: &str| {
            let lookup = if many { Lookup::array("things") } else { Lookup::row("things") };
            decoder(&projection).lookup(&lookup, body.as_bytes().to_vec())
        };
        let one = decode(false, r#" {"id":"1","name":"n"} "#).unwrap();
        assert_eq!((one.len(), one.value(0, 0), &*one.key(0)), (1, Some(r#""n""#), "1"));
        for (many, none) in [(true, "[]"), (true, "null"), (false, " null ")] {
            assert_eq!(decode(many, none).unwrap().len(), 0, "{none}");
        }
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
        ] {
            assert_eq!(decode(many, body).unwrap_err().kind(), ErrorKind::Protocol, "{body}");
        }
    }

    #[test]
    fn wanted_values_are_slices_of_the_answer() {
        let row =
            r#"{"x":[1,{"y":2}],"id":"k|\u0031","name":null,"meta":{"a":{"b":"\"q\""},"c":[10,[20,30]]},"n":-1.50e3}"#;
        let paths = ["name", "meta", "meta.a.b", "meta.c[1][0]", "n", "x[1].y", "missing", "n.deeper", "", "x[9]"];
        let (claims, batch) = decode(&paths, &page(row)).unwrap();
        let list = ListMember::Present;
        assert_eq!(claims, Claims { start: Some(0), limit: Some(2), total: Some(1), list, ..Claims::default() });
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
    fn the_last_of_duplicate_members_counts_as_in_jsonb() {
        let (_, batch) = decode(&["name"], &page(r#"{"id":"1","name":"a","name":"b"}"#)).unwrap();
        assert_eq!(batch.value(0, 0), Some("\"b\""));
        let row = r#"{"id":"1","meta":{"a":1,"b":[7]},"meta":{"b":[]}},{"id":"2","meta":{"a":1},"meta":null}"#;
        let (_, batch) = decode(&["meta.a", "meta.b[0]", "meta.b"], &page(row)).unwrap();
        let rows: Vec<_> = (0..2).map(|row| (0..3).map(|cell| batch.value(row, cell)).collect::<Vec<_>>()).collect();
        assert_eq!(rows, [[None, None, Some("[]")], [None, None, None]]);
    }

    #[test]
    fn keep_only_keeps_whole_rows() {
        let (_, mut batch) =
            decode(&["name"], &page(r#"{"id":"1","name":1},{"id":"2","name":2},{"id":"3","name":3}"#)).unwrap();
        batch.keep_only(&[true, false, true]);
        assert_eq!((batch.len(), batch.value(0, 0), batch.value(1, 0)), (2, Some("1"), Some("3")));
    }

    #[test]
    fn an_error_says_where_an_answer_is_not_as_declared() {
        let cases = [
            ("[]", "it is an array instead of an object with \"items\""),
            (r#"{"start":0,"limit":2,"total":"7 rows","items":[]}"#, "\"total\" is not a whole number"),
            (r#"{"start":0,"limit":2,"total":-7,"items":[]}"#, "\"total\" is not a whole number"),
            (r#"{"items":{},"start":0}"#, "\"items\" is an object instead of an array"),
            (r#"{"items":0,"start":0}"#, "\"items\" is a number instead of an array"),
            (r#"{"items":false}"#, "\"items\" is a boolean instead of an array"),
            (r#"{"items":""}"#, "\"items\" is a text instead of an array"),
            (r#"{"items":[],"items":[]}"#, "it has \"items\" twice"),
            (r#"{"items":[{"name":"secret"}]}"#, "row 0 of the page has no \"id\""),
            (r#"{"items":[{"id":"1"},{"id":7}]}"#, "row 1 of the page has no \"id\""),
            (r#"{"items":["secret"]}"#, "row 0 of the page is a text instead of an object"),
            (r#"{"items":[{"id":"1""#, "its JSON is cut short"),
            (r#"{"items":[{"id":"1",}]}"#, "its JSON is broken at line 1 column 21"),
            (r#"{"start":0,"limit":2,"total":0,"items":[]} x"#, "its JSON is broken at line 1 column 44"),
            ("<html>", "its JSON is broken at line 1 column 1"),
            ("", "it is empty"),
            (" \n", "it is empty"),
            ("\"x\"", "it is a text instead of an object with \"items\""),
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
            .page(ENTITY.rows, b"{\"items\":[\"\xff\"]}".to_vec())
            .unwrap_err();
        assert!(error.message().ends_with("it is not UTF-8 at byte 11"), "{error}");
    }

    #[test]
    fn every_row_has_the_bound_values_of_its_request() {
        let paths = [JsonPath::bound("thing_id"), JsonPath::root_member("amount"), JsonPath::whole_row()];
        let given = vec![("thing_id".to_owned(), "a\"\\é".to_owned())];
        let decode = |expose, body: &str| {
            let projection = Projection::new(&PRICES, &paths, expose);
            let decoder = Decoder { entity: &PRICES, projection: &projection, given: &given };
            decoder.page(Rows::Array, body.into()).unwrap().rows
        };
        let batch = decode(true, r#"[{"amount":1.5},{"thing_id":"own"},{}]"#);
        let ids: Vec<_> = (0..3).map(|row| batch.value(row, 0)).collect();
        assert_eq!(ids, [Some(r#""a\"\\é""#); 3]);
        assert_eq!((batch.value(0, 1), batch.value(0, 2)), (Some("1.5"), Some(r#"{"amount":1.5}"#)));
        let batch = decode(false, r#"[{"amount":1.5,"n":1},{"amount":null}]"#);
        assert_eq!(batch.value(0, 1), Some(r#""[redacted]""#));
        assert_eq!(batch.value(0, 2), Some(r#"{"amount":"[redacted]","n":1}"#));
        assert_eq!((batch.value(1, 1), batch.value(1, 2)), (None, Some(r#"{"amount":null}"#)));
    }

    #[test]
    fn a_page_is_refused_if_its_redacted_text_is_too_long() {
        let paths = [JsonPath::whole_row(), JsonPath::whole_row()];
        let projection = Projection::new(&PRICES, &paths, true);
        let given = Vec::new();
        let decoder = Decoder { entity: &PRICES, projection: &projection, given: &given };
        let body = r#"[{"thing_id":"a","amount":1.5}]"#;
        let shown = Projection::new(&PRICES, &paths, false);
        let replaced = r#"{"thing_id":"a","amount":"[redacted]"}"#.len();
        let room = body.len() + 2 * replaced;
        for (longest, fits) in [(room, true), (room - 1, false), (body.len(), false)] {
            let mut batch = decoder.page(Rows::Array, body.into()).unwrap().rows;
            assert_eq!(batch.redact(&shown.redactions, longest), fits, "{longest}");
        }
    }

    #[test]
    fn a_missing_list_is_reported_and_is_not_an_error() {
        static NESTED: Entity = Entity { rows: Rows::Path(&["data", "items"]), ..ENTITY };
        static BARE: Entity = Entity { rows: Rows::Array, ..ENTITY };
        use ListMember::{Absent, Null, Present};
        let cases: &[(&'static Entity, &str, ListMember)] = &[
            (&ENTITY, r#"{"items":[]}"#, Present),
            (&ENTITY, r#"{"items":null}"#, Null),
            (&ENTITY, "{}", Absent),
            (&ENTITY, "\u{feff} null ", Null),
            (&NESTED, r#"{"data":{"items":[]}}"#, Present),
            (&NESTED, r#"{"data":{"items":null}}"#, Null),
            (&NESTED, r#"{"data":null}"#, Null),
            (&NESTED, r#"{"data":{}}"#, Absent),
            (&NESTED, r#"{"items":[]}"#, Absent),
            (&BARE, "[]", Present),
            (&BARE, "null", Null),
        ];
        for (entity, body, list) in cases {
            assert_eq!(claims(entity, body).unwrap().list, *list, "{body}");
        }
    }

    #[test]
    fn claims_are_read_in_several_formats() {
        let cases = [
            (r#"{"items":[],"total":"5","start":5.0,"limit":5e0}"#, [Some(5), Some(5), Some(5)]),
            (r#"{"items":[],"total":null,"start":""}"#, [None; 3]),
            (r#"{"items":[]}"#, [None; 3]),
            (r#"{"total":1,"items":[],"total":2}"#, [Some(2), None, None]),
        ];
        for (body, expected) in cases {
            let claims = claims(&ENTITY, body).unwrap();
            assert_eq!([claims.total, claims.start, claims.limit], expected, "{body}");
        }
    }

    #[test]
    fn the_next_page_is_a_text_a_number_or_none() {
        const POINTS: Checkpoint = Checkpoint {
            size: Some("take"),
            max_size: 2,
            next: NextPage::Cursor { parameter: "from", at: &["next"] },
            keeps_position: true,
        };
        static POINTED: Entity = Entity { paging: Paging::Checkpoint(POINTS), ..ENTITY };
        let next = |body: &str| claims(&POINTED, body).map(|claims| claims.next);
        assert_eq!(next(r#"{"items":[{"id":"1"}],"next":"a\u0062"}"#).unwrap().as_deref(), Some("ab"));
        assert_eq!(next(r#"{"items":[],"next":17}"#).unwrap().as_deref(), Some("17"));
        for last in [
            "{}",
            r#"{"items":[]}"#,
            r#"{"next":null,"items":null}"#,
            r#"{"next":false,"items":[]}"#,
            r#"{"next":"","items":[],"total":"?"}"#,
        ] {
            assert_eq!(next(last).unwrap(), None, "{last}");
        }
        for wrong in [r#"{"items":[],"next":true}"#, r#"{"items":[],"next":{}}"#, "[]", r#"{"items":{}}"#] {
            assert_eq!(next(wrong).unwrap_err().kind(), ErrorKind::Protocol, "{wrong}");
        }
    }

    #[test]
    fn rows_and_claims_may_be_nested() {
        const DEEP: NumberedPages =
            NumberedPages { total: &["meta", "page", "total"], start: None, limit: None, ..PAGES };
        static NESTED: Entity = Entity { rows: Rows::Path(&["data", "items"]), paging: Paging::Page(DEEP), ..ENTITY };
        let projection = Projection::new(&NESTED, &[JsonPath::root_member("name")], true);
        let decoder = Decoder { entity: &NESTED, ..decoder(&projection) };
        let page = |body: &str| decoder.page(NESTED.rows, body.into());
        let Page { rows, claims } = page(
            r#"{"data":{"x":[{}],"items":[{"id":"1","name":"n","items":[]}]},"items":7,"meta":{"page":{"total":3}}}"#,
        )
        .unwrap();
        assert_eq!((claims.total, rows.len(), rows.value(0, 0)), (Some(3), 1, Some("\"n\"")));
        assert_eq!(page(r#"{"data":{"items":[]},"meta":{"page":3}}"#).unwrap().claims.total, None);
        let cases = [
            (r#"{"data":[]}"#, "\"data\" is an array instead of an object with \"items\""),
            (r#"{"data":7}"#, "\"data\" is a number instead of an object with \"items\""),
            (r#"{"data":{"items":{}}}"#, "\"data.items\" is an object instead of an array"),
            (r#"{"data":{"items":[]},"data":{"items":[]}}"#, "it has \"data.items\" twice"),
            (r#"{"data":{"items":[]},"data":null}"#, "it has \"data.items\" twice"),
            (r#"{"data":{"items":[]},"meta":{"page":{"total":"3.5"}}}"#, "\"meta.page.total\" is not a whole number"),
            ("[]", "it is an array instead of an object with \"data.items\""),
        ];
        for (body, what) in cases {
            let error = page(body).unwrap_err();
            assert!(error.message().ends_with(what), "{body}: {error}");
        }
    }

    #[test]
    fn elements_that_are_not_objects_are_an_error() {
        static KEYLESS: Entity = Entity { rows: Rows::Array, key: &[], ..ENTITY };
        static TEXTS: Entity =
            Entity { columns: &[Column::row("text", ColumnType::Text, "All of it.")], fields: None, ..KEYLESS };
        for paths in [vec![], vec![JsonPath::root_member("name")], vec![JsonPath::whole_row()]] {
            let projection = Projection::new(&KEYLESS, &paths, true);
            for (row, what) in
                [("null", "null"), ("7", "a number"), ("\"x\"", "a text"), ("[{}]", "an array"), ("true", "a boolean")]
            {
                let error = rows_in(Rows::Array, &projection, &KEYLESS, &format!("[{{}},{row}]")).unwrap_err();
                let expected = format!("row 1 of the page is {what} instead of an object");
                assert!(error.message().ends_with(&expected), "{error}");
                if row != "null" {
                    let error = rows_in(Rows::Document, &projection, &KEYLESS, row).unwrap_err();
                    let expected = format!("it is {what} instead of an object");
                    assert!(error.message().ends_with(&expected), "{error}");
                }
            }
            let texts = rows_in(Rows::Array, &projection, &TEXTS, r#"["a",null,7,[],{}]"#).unwrap();
            assert_eq!(texts.len(), 5);
        }
    }

    #[test]
    fn a_lookup_reads_its_row_from_its_declared_path() {
        let projection = Projection::new(&ENTITY, &[JsonPath::root_member("name")], true);
        let one = Lookup::row("things/{id}").in_member(&["data", "thing"]);
        let many = Lookup::array("things").in_member(&["things"]);
        let decode = |lookup: &Lookup, body: &str| decoder(&projection).lookup(lookup, body.into());
        let cases = [
            (one, r#"{"data":{"thing":{"id":"1","name":"n"}},"id":"2"}"#, Ok(vec!["1"])),
            (one, r#"{"data":{"thing":null}}"#, Ok(vec![])),
            (one, r#"{"data":null}"#, Ok(vec![])),
            (one, "null", Ok(vec![])),
            (one, r#"{"data":{}}"#, Err("it has no \"data.thing\"")),
            (one, r#"{"data":{"thing":[]}}"#, Err("it is an array instead of an object")),
            (one, r#"{"data":{"thing":{"name":"n"}}}"#, Err("it has no \"id\"")),
            (one, r#"{"data":{"thing":{"id":"1"},"thing":{"id":"2"}}}"#, Err("it has its row twice")),
            (many, r#"{"things":[{"id":"1"},{"id":"2"}]}"#, Ok(vec!["1", "2"])),
            (many, r#"{"things":null}"#, Ok(vec![])),
            (many, "{}", Err("it has no \"things\"")),
        ];
        for (lookup, body, expected) in cases {
            match (decode(&lookup, body), expected) {
                (Ok(batch), Ok(keys)) => {
                    assert_eq!((0..batch.len()).map(|row| batch.key(row)).collect::<Vec<_>>(), keys, "{body}");
                }
                (Err(error), Err(what)) => assert!(error.message().ends_with(what), "{body}: {error}"),
                (found, _) => panic!("{body}: {found:?}"),
            }
        }
    }

    #[test]
    fn an_error_with_a_success_status_is_an_error() {
        static BARE: Entity = Entity { rows: Rows::Array, ..ENTITY };
        static DOCUMENT: Entity = Entity { rows: Rows::Document, key: &[], ..ENTITY };
        static DECLARED: Entity = Entity { definition: Some("{}"), ..DOCUMENT };
        static COUNTED: Entity = Entity { rows: Rows::Member("errors"), ..ENTITY };
        const SAID: &str = "The API says: quota used up";
        let error = r#"{"error":{"code":17,"message":"quota used up"}}"#;
        let partial = r#"{"items":null,"errors":[{"message":"quota used up"}]}"#;
        let beside = r#"{"items":[{"id":"1"}],"errors":[{"message":"quota used up"}]}"#;
        let flag = r#"{"success":false,"message":"quota used up","items":[]}"#;
        let scalar = r#"{"items":0,"error":"quota used up"}"#;
        let errors = [(&ENTITY, error), (&ENTITY, partial), (&ENTITY, beside), (&ENTITY, flag), (&ENTITY, scalar)];
        for (entity, body) in errors.into_iter().chain([(&BARE, error), (&DOCUMENT, error), (&DECLARED, error)]) {
            let error = claims(entity, body).unwrap_err();
            assert_eq!((error.kind(), error.detail()), (ErrorKind::Remote, Some(SAID)), "{body}");
        }
        let wordless = claims(&ENTITY, r#"{"items":[],"ok":false}"#).unwrap_err();
        assert_eq!(wordless.detail(), Some("In the answer \"ok\" is false."));
        // An object with a message that is not an error envelope is not as declared.
        let words = r#"{"message":"quota used up"}"#;
        for entity in [&ENTITY, &BARE, &DECLARED] {
            let error = claims(entity, words).unwrap_err();
            assert_eq!((error.kind(), error.detail()), (ErrorKind::Protocol, Some(SAID)), "{}", entity.name);
        }
        assert_eq!(claims(&DECLARED, "{}").unwrap_err().kind(), ErrorKind::Protocol);
        let good: [(&'static Entity, &str); 7] = [
            (&ENTITY, r#"{"items":[],"errors":[],"error":null,"status":"ok"}"#),
            (&ENTITY, r#"{"items":[{"id":"1","error":"x"}],"meta":{"error":"x"}}"#),
            (&BARE, r#"[{"id":"1","error":"x","status":"error"}]"#),
            (&DOCUMENT, r#"{"name":"n","error":"x"}"#),
            (&DECLARED, r#"{"meta":{},"error":"x"}"#),
            (&DOCUMENT, "{}"),
            (&COUNTED, r#"{"errors":[{"id":"1"}]}"#),
        ];
        for (entity, body) in good {
            assert_eq!(claims(entity, body).map(|claims| claims.list), Ok(ListMember::Present), "{body}");
        }
    }

    #[test]
    fn a_list_read_as_one_answer_may_say_that_it_continues() {
        static WHOLE: Entity = Entity { paging: Paging::Whole, ..ENTITY };
        static NESTED: Entity = Entity { rows: Rows::Path(&["result", "items"]), ..WHOLE };
        static BARE: Entity = Entity { rows: Rows::Array, ..WHOLE };
        let cases: [(&'static Entity, &str, Option<&str>); 9] = [
            (&WHOLE, r#"{"has_more":true,"items":[{"id":"1"}]}"#, Some("\"has_more\" is true")),
            (&WHOLE, r#"{"items":[{"id":"1"}],"meta":{"next":"x"}}"#, Some("\"meta.next\" is filled")),
            (&WHOLE, r#"{"total":2,"items":[{"id":"1"}]}"#, Some("\"total\" is 2")),
            (&WHOLE, r#"{"total":1,"items":[{"id":"1"}]}"#, None),
            (&WHOLE, r#"{"items":[{"id":"1","has_more":true}]}"#, None),
            (&NESTED, r#"{"result":{"items":[],"total":7}}"#, Some("\"result.total\" is 7")),
            (&NESTED, r#"{"result":{"items":[]},"next":"x"}"#, Some("\"next\" is filled")),
            (&BARE, r#"[{"id":"1"}]"#, None),
            // This list declares its paging.
            (&ENTITY, r#"{"has_more":true,"items":[{"id":"1"}]}"#, None),
        ];
        for (entity, body, expected) in cases {
            assert_eq!(claims(entity, body).unwrap().continues.as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn keys_may_be_numbers_if_the_entity_declares_it() {
        static NUMBERED: Entity = Entity { key_values: KeyValues::TextsOrNumbers, ..ENTITY };
        let projection = Projection::new(&NUMBERED, [], true);
        let rows = |body: &str| rows_in(Rows::Array, &projection, &NUMBERED, body);
        let batch = rows(r#"[{"id":17},{"id":"a"},{"id":-1}]"#).unwrap();
        assert_eq!([0, 1, 2].map(|row| batch.key(row).into_owned()), ["17", "a", "-1"]);
        for wrong in ["[{}]", r#"[{"id":null}]"#, r#"[{"id":true}]"#, r#"[{"id":[1]}]"#] {
            assert_eq!(rows(wrong).unwrap_err().kind(), ErrorKind::Protocol, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_body_causes_a_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let projection = Projection::new(&ENTITY, &[JsonPath::whole_row()], true);
            let _ = decoder(&projection).page(ENTITY.rows, body);
        }

        #[test]
        fn a_truncated_answer_is_an_error(cut in 0usize..130) {
            let whole = page(r#"{"id":"1","name":"a","meta":{"x":[1,2,{"y":"z"}]}},{"id":"2","name":"b"}"#);
            prop_assume!(cut < whole.len());
            prop_assert!(decode(&["name"], &whole[..cut]).is_err());
        }
    }
}
