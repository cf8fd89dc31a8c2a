//! The size of numbered pages: learnt from the first page, where the API gives another one than it is asked for.

use super::reading::Readings;
use crate::error::{Error, ErrorKind};
use crate::model::Entity;

/// A size is learnt that is no less than this part of the declared one: an API may give few rows where many are asked for.
const SMALLEST_SHARE: u64 = 128;

/// The size that pages are asked for.
///
/// An API may cap the size, or raise it, and still count the pages by the size that it was asked for: then a second page
/// of 100 after a first one of 50 would leave out 50 rows. So the pages that follow are asked for in the size that the
/// first one had, which leaves no doubt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSize {
    pub(crate) rows: u64,
    /// The size the entity declares, which an API takes that refuses smaller ones.
    declared: u64,
    is_learnt: bool,
}

impl PageSize {
    pub(crate) fn new(asked: u64, declared: u64) -> Self {
        PageSize { rows: asked.max(1), declared: declared.max(asked), is_learnt: false }
    }

    /// Learns from the first page; `stated` is the size that it states, and `goes_on` says that another page is to be
    /// asked for. True when the API has another size: the page has more rows than it was asked for, states fewer, or
    /// has fewer and may not be the last.
    pub(crate) fn learn(&mut self, rows: u64, stated: Option<u64>, goes_on: bool) -> bool {
        let size = match stated.filter(|stated| *stated > 0) {
            Some(stated) if stated < self.rows => stated.max(rows),
            _ if rows > self.rows => rows,
            _ if rows < self.rows && goes_on => rows,
            _ => return false,
        };
        if self.is_learnt || rows == 0 || size == self.rows {
            return false;
        }
        (self.rows, self.is_learnt) = (size, true);
        true
    }

    /// True while a page is asked for that is smaller than the declared size, for a reader who may stop there.
    pub(crate) fn is_small(&self) -> bool {
        self.rows < self.declared && !self.is_learnt
    }

    /// True when the size that was learnt is so small that the first page is rather an odd one, and the list would take
    /// many requests.
    pub(crate) fn is_odd(&self) -> bool {
        self.is_learnt && self.rows.saturating_mul(SMALLEST_SHARE) < self.declared
    }

    /// The error for a list whose first page is much smaller than was asked for, and is followed by others.
    #[cold]
    pub(crate) fn odd_size(&self, entity: &Entity, asked: u64) -> Error {
        let (name, rows) = (entity.name, self.rows);
        Error::new(ErrorKind::Incomplete, format!("\"{name}\" has a first page of {rows} rows where {asked} were asked for"))
            .with_detail("Others follow it, and it cannot be known whether the API counts its pages by the one size or by the other.")
            .with_hint(format!("Set page_size '{rows}' if that is the API's size; else check first_page."))
    }

    /// True while pages are asked for in another size than the declared one, which the API may refuse.
    pub(crate) fn may_be_refused(&self) -> bool {
        self.rows < self.declared
    }

    /// The declared size from now on: the reader goes on, or the API refused the size that was asked for.
    pub(crate) fn declare(&mut self) {
        self.rows = self.declared;
    }

    /// The number of pages that so many rows are on.
    pub(crate) fn pages(&self, rows: u64) -> u64 {
        rows.div_ceil(self.rows)
    }

    /// The number of the last page that can say something: the one that ends a list with so many rows.
    pub(crate) fn last_page(&self, rows: u64, short_page_is_last: bool) -> u64 {
        if short_page_is_last { rows / self.rows } else { self.pages(rows) }
    }

    /// The last page worth asking for, by what is stated and by what the reading before had.
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
    fn the_first_page_tells_the_size() {
        // Asked for, rows that came, size stated, whether others follow; the size from then on.
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
        for (asked, rows, stated, goes_on, expected) in cases {
            let mut size = PageSize::new(asked, 100);
            let learnt = size.learn(rows, stated, goes_on);
            assert_eq!((size.rows, learnt), (expected, expected != asked), "{asked} {rows} {stated:?} {goes_on}");
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
    fn a_small_first_page_is_followed_by_pages_of_the_declared_size() {
        let mut size = PageSize::new(5, 100);
        assert!(size.is_small());
        size.declare();
        assert_eq!((size.rows, size.is_small()), (100, false));
        assert!(size.learn(50, None, true), "the small page taught nothing");
    }

    #[test]
    fn the_last_page_is_the_one_that_ends_the_list() {
        let size = PageSize::new(100, 100);
        for (rows, short_is_last, page) in
            [(250, true, 2), (200, true, 2), (250, false, 3), (200, false, 2), (0, false, 0)]
        {
            assert_eq!(size.last_page(rows, short_is_last), page, "{rows} {short_is_last}");
        }
    }
}
