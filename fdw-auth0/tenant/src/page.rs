//! A page of users and its two envelopes, whole or wrong on purpose.

use bytes::{BufMut, Bytes, BytesMut};

use crate::fault::{FaultKind, WrongEnvelope};

/// A page before it is rendered.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) start: usize,
    pub(crate) limit: usize,
    pub(crate) total: u64,
    pub(crate) include_totals: bool,
    pub(crate) rows: Vec<Bytes>,
}

impl Page {
    /// The body Auth0 sends; the members stand in Auth0's order.
    pub(crate) fn render(&self) -> Bytes {
        self.render_with("users", "")
    }

    /// The body with `fault` in it. Kinds that are not about pages change nothing.
    pub(crate) fn render_wrong(mut self, fault: &FaultKind) -> Bytes {
        match fault {
            FaultKind::WrongEnvelope(WrongEnvelope::RowsUnder(key)) => {
                self.include_totals = true;
                return self.render_with(key, "");
            }
            FaultKind::WrongEnvelope(WrongEnvelope::BareArray) => self.include_totals = false,
            FaultKind::WrongEnvelope(WrongEnvelope::Totals) => self.include_totals = true,
            FaultKind::DuplicateRow => self.rows.extend(self.rows.first().cloned()),
            FaultKind::MissingRow if !self.rows.is_empty() => {
                self.rows.remove(self.rows.len() / 2);
            }
            FaultKind::EmptyPage => self.rows.clear(),
            FaultKind::WrongTotal(total) => self.total = *total,
            FaultKind::ExtraRootField => {
                return self.render_with("users", r#","unexpected":{"nested":[1,null]}"#);
            }
            FaultKind::LargeBody(bytes) => {
                // Spaces are padding that JSON allows in both envelopes.
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

    fn render_with(&self, key: &str, more: &str) -> Bytes {
        let size: usize = self.rows.iter().map(|row| row.len() + 1).sum();
        let mut body = BytesMut::with_capacity(size + key.len() + more.len() + 128);
        if self.include_totals {
            let head = format!(r#"{{"start":{},"limit":{},"length":{},"#, self.start, self.limit, self.rows.len());
            body.put_slice(head.as_bytes());
            body.put_slice(serde_json::Value::from(key).to_string().as_bytes());
            body.put_u8(b':');
        }
        body.put_u8(b'[');
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 {
                body.put_u8(b',');
            }
            body.put_slice(row);
        }
        body.put_u8(b']');
        if self.include_totals {
            body.put_slice(format!(r#","total":{}{more}}}"#, self.total).as_bytes());
        }
        body.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_on_purpose() {
        let rows = ["1", "2", "3"].map(|row| Bytes::from_static(row.as_bytes()));
        let page = |include_totals| Page { start: 0, limit: 3, total: 9, include_totals, rows: rows.to_vec() };
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
}
