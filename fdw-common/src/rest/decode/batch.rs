//! The rows of one page, as slices of its text.

use std::borrow::Cow;
use std::ops::Range;

use super::redaction::Redaction;

/// The place of a value in the page's text. Empty: the row does not have it, or it is `null`.
pub(super) type Cell = Range<u32>;

/// The rows of one page: the answer's text and the places of the wanted values in it.
#[derive(Debug)]
pub struct Batch {
    pub(super) text: String,
    pub(super) width: usize,
    pub(super) key_cells: Vec<usize>,
    pub(super) time_cell: Option<usize>,
    pub(super) cells: Vec<Cell>,
    pub(super) missing: Option<Box<MissingMembers>>,
}

/// What one page lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MissingMembers {
    /// The cells whose root member no row of the page has.
    pub(super) cells: Vec<usize>,
    /// Names of members that rows of the page have.
    pub(super) names: Vec<String>,
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

    /// What no row of the page has, if there is something that is asked for.
    pub(super) fn missing(&self) -> Option<&MissingMembers> {
        self.missing.as_deref()
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

    /// True when rows are identified by a key.
    pub(crate) fn has_keys(&self) -> bool {
        !self.key_cells.is_empty()
    }

    /// The number of cells of a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The row's time in milliseconds since 1970, rounded down; nothing when it has none that can be read,
    /// or the projection has none.
    pub(crate) fn time(&self, row: usize) -> Option<i64> {
        let text = plain_text(self.value(row, self.time_cell?)?)?;
        let time: jiff::Timestamp = text.parse().ok()?;
        Some(i64::try_from(time.as_nanosecond().div_euclid(1_000_000)).unwrap_or(i64::MAX - 1))
    }

    /// Keeps only the rows for which `kept` is true: none where it says nothing.
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

    /// Replaces secrets. Their replacements are appended to the answer's text. False when that would be longer
    /// than `longest`, and not all of them are replaced.
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

/// The longest text a cell can refer to.
pub(super) const LONGEST_TEXT: usize = u32::MAX as usize;

/// Between the parts of a row's key: the unit separator of ASCII.
pub const KEY_SEPARATOR: &str = "\u{1f}";

/// The text of a JSON string without quotes and escapes; nothing when it is no string or an escape
/// stands for no character.
pub fn plain_text(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_of_strings_only() {
        assert_eq!(plain_text(r#""a\u00e9\n""#).as_deref(), Some("aé\n"));
        assert_eq!(plain_text(r#""\ud800""#), None);
        assert_eq!(plain_text("17"), None);
    }
}
