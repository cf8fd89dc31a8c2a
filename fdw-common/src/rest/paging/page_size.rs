//! The size of numbered pages: learnt from the first page if the API returns another size than requested.

use super::reading::Readings;
use crate::error::{Error, ErrorKind};
use crate::model::Entity;

/// A learnt size below the declared size divided by this is odd: an API may return few rows when many are requested.
const SMALLEST_SHARE: u64 = 128;

/// The page size to request.
///
/// An API may lower or raise the size, and may or may not count pages by the requested size: a second page of 100 after
/// a first one of 50 could skip 50 rows. So later pages are requested in the size of the first one, for which both
/// counts agree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSize {
    pub(crate) rows: u64,
    /// The size that the entity declares. An API may refuse smaller ones.
    declared: u64,
    is_learnt: bool,
}

impl PageSize {
    pub(crate) fn new(asked: u64, declared: u64) -> Self {
        PageSize { rows: asked.max(1), declared: declared.max(asked), is_learnt: false }
    }

    /// Learns the size from the first page; `stated` is the size that the page states, and `has_next` says that another
    /// page will be requested. True if the API uses another size: the page has more rows than requested, states fewer,
    /// or has fewer and may not be the last.
    pub(crate) fn learn(&mut self, rows: u64, stated: Option<u64>, has_next: bool) -> bool {
        let size = match stated.filter(|stated| *stated > 0) {
            Some(stated) if stated < self.rows => stated.max(rows),
            _ if rows > self.rows => rows,
            _ if rows < self.rows && has_next => rows,
            _ => return false,
        };
        if self.is_learnt || rows == 0 || size == self.rows {
            return false;
        }
        (self.rows, self.is_learnt) = (size, true);
        true
    }

    /// True while pages smaller than the declared size are requested, for a reader that may stop early.
    pub(crate) fn is_small(&self) -> bool {
        self.rows < self.declared && !self.is_learnt
    }

    /// True if the learnt size is so small that the first page is probably an exception; the list would take many
    /// requests.
    pub(crate) fn is_odd(&self) -> bool {
        self.is_learnt && self.rows.saturating_mul(SMALLEST_SHARE) < self.declared
    }

    /// The error for a first page that is much smaller than requested, and not the last.
    #[cold]
    pub(crate) fn odd_size(&self, entity: &Entity, asked: u64) -> Error {
        let (name, rows) = (entity.name, self.rows);
        Error::new(ErrorKind::Incomplete, format!("\"{name}\" has a first page of {rows} rows where {asked} were asked for"))
            .with_detail("Others follow it, and it cannot be known whether the API counts its pages by the one size or by the other.")
            .with_hint(format!("Set page_size '{rows}' if that is the API's size; else check first_page."))
    }

    /// True while pages smaller than the declared size are requested, which the API may refuse.
    pub(crate) fn may_be_refused(&self) -> bool {
        self.rows < self.declared
    }

    /// Switches to the declared size: the reader wants more rows, or the API refused the requested size.
    pub(crate) fn declare(&mut self) {
        self.rows = self.declared;
    }

    /// The number of pages that hold `rows` rows.
    pub(crate) fn pages(&self, rows: u64) -> u64 {
        rows.div_ceil(self.rows)
    }

    /// The number of the page that shows the end of a list of `rows` rows.
    pub(crate) fn last_page(&self, rows: u64, short_page_is_last: bool) -> u64 {
        if short_page_is_last { rows / self.rows } else { self.pages(rows) }
    }

    /// The number of the last page to request, from the stated total and the previous reading.
    pub(crate) fn reach(&self, readings: &Readings, short_page_is_last: bool) -> u64 {
        let stated = readings.stated().map(|rows| self.last_page(rows, short_page_is_last));
        let before = readings.expected_pages().map(|pages| pages.saturating_sub(1));
        stated.max(before).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_learnt_from_the_first_page() {
        // Requested size, rows of the page, stated size, whether another page follows; expected size.
        let cases = [
            (100, 100, None, true, 100),
            (100, 50, None, true, 50),
            (100, 50, None, false, 100),
            (100, 50, Some(50), false, 50),
            (100, 30, Some(50), false, 50),
            (100, 100, Some(20), true, 100),
            (5, 10, None, false, 10),
            (5, 10, Some(10), false, 10),
            (5, 5, Some(5), true, 5),
            (100, 30, Some(100), false, 100),
            (100, 30, Some(0), false, 100),
        ];
        for (asked, rows, stated, has_next, expected) in cases {
            let mut size = PageSize::new(asked, 100);
            let learnt = size.learn(rows, stated, has_next);
            assert_eq!((size.rows, learnt), (expected, expected != asked), "{asked} {rows} {stated:?} {has_next}");
        }
    }

    #[test]
    fn a_size_is_learnt_once() {
        let mut size = PageSize::new(100, 100);
        assert!(size.learn(97, None, true));
        assert!(!size.learn(94, None, true));
        assert_eq!(size.rows, 97);
    }

    #[test]
    fn pages_of_the_declared_size_follow_a_small_first_page() {
        let mut size = PageSize::new(5, 100);
        assert!(size.is_small());
        size.declare();
        assert_eq!((size.rows, size.is_small()), (100, false));
        assert!(size.learn(50, None, true), "the small page taught nothing");
    }

    #[test]
    fn last_page_is_the_page_that_shows_the_end() {
        let size = PageSize::new(100, 100);
        for (rows, short_is_last, page) in
            [(250, true, 2), (200, true, 2), (250, false, 3), (200, false, 2), (0, false, 0)]
        {
            assert_eq!(size.last_page(rows, short_is_last), page, "{rows} {short_is_last}");
        }
    }
}
