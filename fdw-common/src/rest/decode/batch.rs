//! The rows of one page, as slices of its text.

use std::borrow::Cow;
use std::ops::Range;

use super::redaction::Redaction;

/// The range of a value in the page's text. It is empty if the row does not have the value, or if it is `null`.
pub(super) type Cell = Range<u32>;

/// The rows of one page: the answer's text and the ranges of the wanted values in it.
#[derive(Debug)]
pub struct Batch {
    pub(super) text: String,
    pub(super) width: usize,
    pub(super) key_cells: Vec<usize>,
    pub(super) time_cell: Option<usize>,
    pub(super) cells: Vec<Cell>,
    pub(super) missing: Option<Box<MissingMembers>>,
}

/// The wanted members that a page lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MissingMembers {
    /// The cells of root members that no row of the page has.
    pub(super) cells: Vec<usize>,
    /// Names of members that rows of the page have.
    pub(super) names: Vec<String>,
}

impl Batch {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.cells.len() / self.width
    }

    /// True if the page has no rows.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The memory that the page takes, in bytes.
    pub fn memory(&self) -> usize {
        self.text.capacity() + self.cells.capacity() * size_of::<Cell>()
    }

    /// A page without rows.
    pub(crate) fn empty() -> Self {
        Batch {
            text: String::new(),
            width: 1,
            key_cells: Vec::new(),
            time_cell: None,
            cells: Vec::new(),
            missing: None,
        }
    }

    /// The wanted members that no row of the page has, if there are any.
    pub(super) fn missing(&self) -> Option<&MissingMembers> {
        self.missing.as_deref()
    }

    /// The raw JSON of a value, or `None` if the row does not have it or it is `null`.
    #[inline]
    pub fn value(&self, row: usize, cell: usize) -> Option<&str> {
        let range = &self.cells[row * self.width + cell];
        if range.is_empty() { None } else { self.text.get(range.start as usize..range.end as usize) }
    }

    /// The row's key as plain text, with a separator between its parts that no key contains.
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

    /// True if rows are identified by a key.
    pub(crate) fn has_keys(&self) -> bool {
        !self.key_cells.is_empty()
    }

    /// The number of cells of a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The row's time in milliseconds since 1970, rounded down; `None` if the row has no valid time, or the
    /// projection has none.
    pub(crate) fn time(&self, row: usize) -> Option<i64> {
        let text = plain_text(self.value(row, self.time_cell?)?)?;
        let time: jiff::Timestamp = text.parse().ok()?;
        Some(i64::try_from(time.as_nanosecond().div_euclid(1_000_000)).unwrap_or(i64::MAX - 1))
    }

    /// A page with one of the rows, which holds only that row's text. `None` if that text is too long: values overlap
    /// in a page, and here each has its own.
    pub fn single(&self, row: usize) -> Option<Batch> {
        let (mut text, mut cells) = (String::new(), Vec::with_capacity(self.width));
        for cell in 0..self.width {
            let start = text.len() as u32;
            text.push_str(self.value(row, cell).unwrap_or_default());
            cells.push(start..u32::try_from(text.len()).ok()?);
        }
        let (width, key_cells, time_cell) = (self.width, self.key_cells.clone(), self.time_cell);
        Some(Batch { text, width, key_cells, time_cell, cells, missing: None })
    }

    /// Keeps only the rows for which `kept` is true. Rows past the end of `kept` are removed.
    pub(crate) fn keep_only(&mut self, kept: &[bool]) {
        let width = self.width;
        if kept.len() == self.len() && kept.iter().all(|keep| *keep) {
            return;
        }
        let mut cell = 0;
        self.cells.retain(|_| {
            cell += 1;
            kept.get((cell - 1) / width).copied().unwrap_or(false)
        });
    }

    /// Replaces secrets; the replacements are appended to the answer's text. False, with secrets left, if the text
    /// would become longer than `longest`.
    #[must_use]
    pub(super) fn redact(&mut self, redactions: &[(usize, Redaction)], longest: usize) -> bool {
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

/// The longest text that cells can refer to, in bytes.
pub(super) const LONGEST_TEXT: usize = u32::MAX as usize;

/// The separator between the parts of a row's key: the ASCII unit separator.
pub const KEY_SEPARATOR: &str = "\u{1f}";

/// The text of a JSON string without quotes and escapes; `None` if it is not a string, or if an escape is not a
/// valid character.
pub fn plain_text(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_row_has_its_own_text() {
        let text = r#"{"id":"a","n":1}{"id":"b"}"#.to_owned();
        // The whole row, its key, and a member; the second row lacks the member.
        let cells = vec![0..16, 6..9, 14..15, 16..26, 22..25, 0..0];
        let page = Batch { text, width: 3, key_cells: vec![1], time_cell: None, cells, missing: None };
        for (row, values) in
            [[Some(r#"{"id":"a","n":1}"#), Some(r#""a""#), Some("1")], [Some(r#"{"id":"b"}"#), Some(r#""b""#), None]]
                .into_iter()
                .enumerate()
        {
            let single = page.single(row).unwrap();
            assert_eq!((single.len(), single.key(0)), (1, page.key(row)));
            assert_eq!([0, 1, 2].map(|cell| single.value(0, cell)), values);
            assert_eq!([0, 1, 2].map(|cell| page.value(row, cell)), values);
        }
    }

    #[test]
    fn plain_text_accepts_only_valid_strings() {
        assert_eq!(plain_text(r#""a\u00e9\n""#).as_deref(), Some("aé\n"));
        assert_eq!(plain_text(r#""\ud800""#), None);
        assert_eq!(plain_text("17"), None);
    }
}
