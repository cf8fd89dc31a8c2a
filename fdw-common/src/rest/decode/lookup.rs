//! Answers of lookups, with the check that a row has the requested key.

use std::borrow::Cow;

use serde_json::Value;

use super::batch::{Batch, plain_text};
use super::decoder::{Decoder, Layout};
use super::envelope::{DeclaredClaims, quoted};
use super::page::ListMember;
use crate::error::{Error, ErrorKind, Result, one_line};
use crate::model::{Lookup, LookupAnswer};

impl Decoder<'_> {
    /// The answer of a lookup: one row or an array of rows, or no rows for `null`.
    ///
    /// # Errors
    /// The errors of [`Decoder::page`], and `Protocol` for one row with another key than the requested one, or no key.
    pub fn lookup(&self, lookup: &Lookup, body: Vec<u8>) -> Result<Batch> {
        let layout = Layout {
            place: lookup.rows,
            is_one_row: lookup.answer == LookupAnswer::Row,
            declared: DeclaredClaims::default(),
            looks_for_more: false,
        };
        // Only a table that SQL declares has the option in the hint.
        let may_be_below = layout.place.is_empty() && layout.is_one_row && self.entity.definition.is_some();
        let kept = may_be_below.then(|| body.clone());
        self.read(&layout, body)
            .and_then(|page| match page.claims.list {
                ListMember::Absent => Err(self.protocol(format!("it has no {}", quoted(layout.place)))),
                ListMember::Present | ListMember::Null => self.check_key(lookup, page.rows),
            })
            .map_err(|error| self.with_hint(error, kept.as_deref()))
    }

    /// Refuses a row with another key than the requested one. An array may contain other rows as well, which Postgres
    /// filters.
    fn check_key(&self, lookup: &Lookup, batch: Batch) -> Result<Batch> {
        if lookup.answer == LookupAnswer::Array {
            return Ok(batch);
        }
        for (name, cell) in &self.projection.lookup_cells {
            let Some((_, asked)) = self.given.iter().find(|(column, _)| column == name) else { continue };
            if !lookup.columns().any(|column| column == *name) {
                continue;
            }
            for row in 0..batch.len() {
                let Some(raw) = batch.value(row, *cell) else {
                    return Err(self.protocol(format!("it has no \"{name}\", by which the row was asked for")));
                };
                // A number is equal to its text.
                let shown = plain_text(raw).unwrap_or(Cow::Borrowed(raw));
                if shown != *asked {
                    let message = format!(
                        "the row of \"{}\" that was asked for by its \"{name}\" has another one",
                        self.entity.name
                    );
                    let (asked, shown) = (one_line(asked, LONGEST_VALUE), one_line(&shown, LONGEST_VALUE));
                    return Err(Error::new(ErrorKind::Protocol, message)
                        .with_detail(format!("It was asked for with '{asked}' and shows '{shown}'."))
                        .with_hint("Ask with the value that the API shows."));
                }
            }
        }
        Ok(batch)
    }

    /// Adds to an error the option for the path of the row, if the row is in a member of the answer.
    #[cold]
    fn with_hint(&self, error: Error, body: Option<&[u8]>) -> Error {
        let body = body.filter(|_| error.hint().is_none()).unwrap_or_default();
        let Ok(Value::Object(envelope)) = serde_json::from_slice(body) else { return error };
        let members: Vec<String> = self
            .entity
            .columns
            .iter()
            .filter_map(|column| self.entity.column_path(column).root().map(str::to_owned))
            .collect();
        let is_row = |value: &Value| members.iter().any(|name| value.get(name).is_some());
        match envelope.iter().find(|(_, value)| is_row(value)) {
            Some((name, _)) => {
                error.with_hint(format!("The row seems to be in a member: set item_rows_path '{name}'."))
            }
            None => error,
        }
    }
}

/// The most characters of a key that an error shows.
const LONGEST_VALUE: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json_path::JsonPath;
    use crate::model::{Column, ColumnType, Entity, KeyValues};
    use crate::plan::BoundValues;
    use crate::rest::decode::Projection;

    const BARE: Lookup = Lookup::row("orders/{order_id}/lines/{id}");

    const LINES: Entity = Entity {
        name: "lines",
        definition: Some("a table"),
        path: "orders/{order_id}/lines",
        key_values: KeyValues::TextsOrNumbers,
        lookups: &[BARE],
        columns: &[
            Column::new("order_id", ColumnType::Text, ""),
            Column::new("id", ColumnType::Text, ""),
            Column::new("n", ColumnType::Int8, ""),
        ],
        ..Entity::BASE
    };

    /// The values of `order_id` and `id` in the answer to a lookup of order 5 and line 7.
    fn looked_up(lookup: &Lookup, body: &str) -> Result<Vec<(Option<String>, Option<String>)>> {
        let paths: Vec<JsonPath> = LINES.columns.iter().map(|column| LINES.column_path(column)).collect();
        let projection = Projection::new(&LINES, &paths, true);
        let given: BoundValues = vec![("order_id".to_owned(), "5".to_owned()), ("id".to_owned(), "7".to_owned())];
        let batch = Decoder { entity: &LINES, projection: &projection, given: &given }.lookup(lookup, body.into())?;
        let value = |row, cell| batch.value(row, cell).map(str::to_owned);
        Ok((0..batch.len()).map(|row| (value(row, 0), value(row, 1))).collect())
    }

    #[test]
    fn a_lookup_returns_the_row_with_its_key() {
        let order = Some("\"5\"".to_owned());
        for (body, id) in [(r#"{"id":7}"#, "7"), (r#"{"id":"7"}"#, "\"7\""), (r#"{"id":"\u0037"}"#, "\"\\u0037\"")] {
            assert_eq!(looked_up(&BARE, body), Ok(vec![(order.clone(), Some(id.to_owned()))]), "{body}");
        }
        // The order is in the list's path: its column has the requested value.
        assert_eq!(looked_up(&BARE, r#"{"id":7,"order_id":6}"#), Ok(vec![(order, Some("7".to_owned()))]));
        assert_eq!(looked_up(&BARE, "null"), Ok(vec![]));
    }

    #[test]
    fn a_row_with_another_key_or_none_is_an_error() {
        let cases = [
            (r#"{"id":8,"n":1}"#, "has another one"),
            (r#"{"id":"07"}"#, "has another one"),
            (r#"{"id":7.0}"#, "has another one"),
            (r#"{"id":{"x":7}}"#, "has another one"),
            (r#"{"id":null,"n":1}"#, "it has no \"id\""),
            (r#"{"n":1}"#, "it has no \"id\""),
            ("{}", ""),
            ("[]", "instead of an object"),
            (r#"[{"id":7}]"#, "instead of an object"),
            ("7", "instead of an object"),
            (r#"{"error":"no such line"}"#, ""),
        ];
        for (body, message) in cases {
            let error = looked_up(&BARE, body).unwrap_err();
            let kind = if body.contains("error") { ErrorKind::Remote } else { ErrorKind::Protocol };
            assert_eq!(error.kind(), kind, "{body}");
            assert!(error.message().contains(message), "{body}: {error}");
        }
        let error = looked_up(&BARE, r#"{"id":8}"#).unwrap_err();
        assert_eq!(error.detail(), Some("It was asked for with '7' and shows '8'."));
    }

    #[test]
    fn an_item_in_an_envelope_is_read_from_its_declared_path() {
        let in_data = BARE.in_member(&["data"]);
        let deeper = BARE.in_member(&["data", "item"]);
        let found = Ok(vec![(Some("\"5\"".to_owned()), Some("7".to_owned()))]);
        assert_eq!(looked_up(&in_data, r#" {"meta":{"id":1},"data":{"id":7}} "#), found);
        assert_eq!(looked_up(&deeper, r#"{"data":{"item":{"id":7}}}"#), found);
        for body in [r#"{"data":null}"#, r#"{"data":{"item":null}}"#, "null"] {
            assert_eq!(looked_up(&deeper, body), Ok(vec![]), "{body}");
        }
        let cases = [
            (r#"{"data":{"id":8}}"#, "has another one"),
            (r#"{"data":[{"id":7}]}"#, "it is an array instead of an object"),
            (r#"{"id":7}"#, "it has no \"data\""),
            ("[1]", "it is an array instead of an object with \"data\""),
            (r#"{"data":{"id":7"#, "cut short"),
        ];
        for (body, message) in cases {
            let error = looked_up(&in_data, body).unwrap_err();
            assert!(error.kind() == ErrorKind::Protocol && error.message().contains(message), "{body}: {error}");
        }
    }

    #[test]
    fn an_error_in_place_of_an_item_is_not_a_missing_row() {
        let in_data = BARE.in_member(&["data"]);
        for body in [r#"{"data":null,"errors":[{"message":"used up"}]}"#, r#"{"success":false,"message":"used up"}"#] {
            let error = looked_up(&in_data, body).unwrap_err();
            assert_eq!((error.kind(), error.detail()), (ErrorKind::Remote, Some("The API says: used up")), "{body}");
        }
    }

    #[test]
    fn an_item_in_an_undeclared_member_is_an_error_that_names_the_option() {
        for body in [r#"{"data":{"id":7,"n":1}}"#, r#"{"ok":true,"data":{"n":1}}"#] {
            let error = looked_up(&BARE, body).unwrap_err();
            assert_eq!(error.hint(), Some("The row seems to be in a member: set item_rows_path 'data'."), "{body}");
        }
        assert_eq!(looked_up(&BARE, r#"{"data":{"x":7}}"#).unwrap_err().hint(), None);
    }
}
