//! A page of a list and its envelopes, with or without a fault.

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};

use crate::fault::{FaultKind, WrongEnvelope};

/// The envelope of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// A bare array.
    Array,
    /// `start`, `limit`, `total`.
    Totals,
    /// `start`, `limit`, `length`, `total`, for users, clients and logs.
    TotalsAndLength,
    /// `start` and `limit` only, for invitations.
    Start,
    /// `next`, if more pages may follow; `total`, if the request asks for it and the list has one.
    Checkpoint { next: Option<String>, total: bool },
    /// `total`, `page`, `per_page`; each is omitted if it is zero.
    Actions { page: usize },
    /// An object with the rows only.
    Alone,
}

/// A page before it is rendered.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// The member that holds the rows.
    pub(crate) key: Cow<'static, str>,
    pub(crate) envelope: Envelope,
    pub(crate) start: usize,
    pub(crate) limit: usize,
    pub(crate) total: u64,
    pub(crate) rows: Vec<Bytes>,
    /// More headers of the answer.
    pub(crate) headers: Vec<(String, String)>,
}

impl Page {
    /// A bare array.
    pub(crate) fn array(rows: Vec<Bytes>) -> Self {
        let key = Cow::Borrowed("rows");
        let (limit, total) = (rows.len(), rows.len() as u64);
        Self { key, envelope: Envelope::Array, start: 0, limit, total, rows, headers: Vec::new() }
    }

    /// The body that Auth0 sends.
    pub(crate) fn render(&self) -> Bytes {
        self.render_with("")
    }

    /// The body with `fault` applied. Kinds that do not concern pages change nothing.
    pub(crate) fn render_wrong(mut self, fault: &FaultKind) -> Bytes {
        match fault {
            FaultKind::WrongEnvelope(WrongEnvelope::RowsUnder(key)) => {
                self.key = Cow::Owned(key.clone());
                self.wrap();
            }
            FaultKind::WrongEnvelope(WrongEnvelope::BareArray) => self.envelope = Envelope::Array,
            FaultKind::WrongEnvelope(WrongEnvelope::Totals) => self.wrap(),
            FaultKind::DuplicateRow => self.rows.extend(self.rows.first().cloned()),
            FaultKind::MissingRow if !self.rows.is_empty() => {
                self.rows.remove(self.rows.len() / 2);
            }
            FaultKind::EmptyPage => self.rows.clear(),
            FaultKind::WrongTotal(total) => self.total = *total,
            FaultKind::ExtraRootField => {
                return self.render_with(r#","unexpected":{"nested":[1,null]}"#);
            }
            FaultKind::LargeBody(bytes) => {
                // Spaces are padding that JSON allows in all envelopes.
                let whole = self.render();
                let mut large = BytesMut::with_capacity(bytes + whole.len() + 1);
                large.put_bytes(b' ', bytes.saturating_sub(whole.len()) + 1);
                large.put_slice(&whole);
                return large.freeze();
            }
            FaultKind::ReplaceUser { position, json } => {
                if let Some(row) = self.rows.get_mut(*position) {
                    *row = Bytes::copy_from_slice(json.as_bytes());
                }
            }
            _ => {}
        }
        self.render()
    }

    /// Puts a bare array into an envelope.
    fn wrap(&mut self) {
        if self.envelope == Envelope::Array {
            self.envelope = Envelope::TotalsAndLength;
        }
    }

    fn render_with(&self, more: &str) -> Bytes {
        let (start, limit, length, total) = (self.start, self.limit, self.rows.len(), self.total);
        // The members before and after the rows, in Auth0's order.
        let (before, after) = match &self.envelope {
            Envelope::Array => return self.array_of_rows("", ""),
            Envelope::Totals => (format!(r#""start":{start},"limit":{limit},"#), format!(r#","total":{total}"#)),
            Envelope::TotalsAndLength => {
                (format!(r#""start":{start},"limit":{limit},"length":{length},"#), format!(r#","total":{total}"#))
            }
            Envelope::Start => (format!(r#""start":{start},"limit":{limit},"#), String::new()),
            Envelope::Checkpoint { next, total: with_total } => {
                let next = next.as_ref().map(|next| format!(r#","next":{}"#, serde_json::Value::from(next.as_str())));
                let total = with_total.then(|| format!(r#","total":{total}"#));
                (String::new(), next.unwrap_or_default() + &total.unwrap_or_default())
            }
            Envelope::Actions { page } => {
                let member = |name: &str, value: u64| match value {
                    0 => String::new(),
                    value => format!(r#","{name}":{value}"#),
                };
                let after = member("total", total) + &member("page", *page as u64) + &member("per_page", limit as u64);
                (String::new(), after)
            }
            Envelope::Alone => (String::new(), String::new()),
        };
        let key = serde_json::Value::from(self.key.as_ref());
        self.array_of_rows(&format!("{{{before}{key}:"), &format!("{after}{more}}}"))
    }

    fn array_of_rows(&self, before: &str, after: &str) -> Bytes {
        let size: usize = self.rows.iter().map(|row| row.len() + 1).sum();
        let mut body = BytesMut::with_capacity(size + before.len() + after.len() + 2);
        body.put_slice(before.as_bytes());
        body.put_u8(b'[');
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 {
                body.put_u8(b',');
            }
            body.put_slice(row);
        }
        body.put_u8(b']');
        body.put_slice(after.as_bytes());
        body.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_change_the_page() {
        let rows = ["1", "2", "3"].map(|row| Bytes::from_static(row.as_bytes()));
        let page = |include_totals| Page {
            key: Cow::Borrowed("users"),
            envelope: if include_totals { Envelope::TotalsAndLength } else { Envelope::Array },
            start: 0,
            limit: 3,
            total: 9,
            rows: rows.to_vec(),
            headers: Vec::new(),
        };
        let replace = |position| FaultKind::ReplaceUser { position, json: "{".to_owned() };
        let under = WrongEnvelope::RowsUnder("it\"ems".to_owned());
        let table = [
            (true, FaultKind::BrokenJson, r#"{"start":0,"limit":3,"length":3,"users":[1,2,3],"total":9}"#),
            (false, FaultKind::WrongEnvelope(under), r#"{"start":0,"limit":3,"length":3,"it\"ems":[1,2,3],"total":9}"#),
            (true, FaultKind::WrongEnvelope(WrongEnvelope::BareArray), "[1,2,3]"),
            (
                false,
                FaultKind::WrongEnvelope(WrongEnvelope::Totals),
                r#"{"start":0,"limit":3,"length":3,"users":[1,2,3],"total":9}"#,
            ),
            (false, FaultKind::DuplicateRow, "[1,2,3,1]"),
            (false, FaultKind::MissingRow, "[1,3]"),
            (true, FaultKind::EmptyPage, r#"{"start":0,"limit":3,"length":0,"users":[],"total":9}"#),
            (true, FaultKind::WrongTotal(2), r#"{"start":0,"limit":3,"length":3,"users":[1,2,3],"total":2}"#),
            (
                true,
                FaultKind::ExtraRootField,
                r#"{"start":0,"limit":3,"length":3,"users":[1,2,3],"total":9,"unexpected":{"nested":[1,null]}}"#,
            ),
            (false, replace(1), "[1,{,3]"),
            (false, replace(3), "[1,2,3]"),
            (false, FaultKind::LargeBody(10), "    [1,2,3]"),
            (false, FaultKind::LargeBody(1), " [1,2,3]"),
        ];
        for (totals, fault, expected) in table {
            assert_eq!(page(totals).render_wrong(&fault), expected, "{fault:?}");
        }
    }

    #[test]
    fn envelopes_have_auth0s_members() {
        let rows = vec![Bytes::from_static(b"1")];
        let page = |envelope, start, total| {
            let page =
                Page { key: Cow::Borrowed("k"), envelope, start, limit: 5, total, rows: rows.clone(), headers: vec![] };
            String::from_utf8(page.render().to_vec()).unwrap()
        };
        let checkpoint = |next: Option<&str>, total| Envelope::Checkpoint { next: next.map(str::to_owned), total };
        let table = [
            (Envelope::Array, 0, "[1]"),
            (Envelope::Totals, 5, r#"{"start":5,"limit":5,"k":[1],"total":9}"#),
            (Envelope::Start, 5, r#"{"start":5,"limit":5,"k":[1]}"#),
            (checkpoint(Some("a\""), false), 0, r#"{"k":[1],"next":"a\""}"#),
            (checkpoint(None, true), 0, r#"{"k":[1],"total":9}"#),
            (Envelope::Actions { page: 0 }, 0, r#"{"k":[1],"total":9,"per_page":5}"#),
            (Envelope::Actions { page: 1 }, 5, r#"{"k":[1],"total":9,"page":1,"per_page":5}"#),
            (Envelope::Alone, 0, r#"{"k":[1]}"#),
        ];
        for (envelope, start, expected) in table {
            assert_eq!(page(envelope.clone(), start, 9), expected, "{envelope:?}");
        }
        assert_eq!(page(Envelope::Actions { page: 0 }, 0, 0), r#"{"k":[1],"per_page":5}"#);
    }
}
