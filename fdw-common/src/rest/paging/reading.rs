//! Readings of a list in numbered pages, and the conditions under which they prove it complete.
//!
//! Rows may be created and deleted between two pages, and then a row that existed all the time may be on neither. A
//! second reading shows this: if rows had been deleted or had moved, it would not have exactly the same rows. A total
//! does not show it, since as many rows may be created as deleted. A total is only a claim: it says which pages may be
//! requested concurrently, and a list with fewer rows than its total is not complete.

use super::key_set::KeySet;
use super::proof::Proof;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Consistency, Entity};

/// The most consecutive pages without a new row; after that a reading ends, since the API repeats rows.
const MAX_STALE_PAGES: u32 = 20;
/// No API returns pages smaller than this when larger ones are requested.
const SMALLEST_PAGE: u64 = 5;

/// The most readings of a list before an error says that it changes too fast.
pub(crate) const MAX_READINGS: u32 = 5;

/// The end of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A page without rows.
    Empty,
    /// A page with fewer rows than requested, if the API declares such a page to be the last.
    Short,
    /// A page without a new row.
    Repeated {
        /// It is the second page, so the API may ignore the page parameter.
        is_second: bool,
        /// It has fewer rows than the page before, as a last page has.
        is_short: bool,
    },
}

/// The consequence of the end of a reading.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Close {
    Proven(Proof),
    /// The list has to be read again.
    Again,
}

/// The readings of one list.
#[derive(Debug)]
pub(crate) struct Readings {
    entity: &'static Entity,
    /// The page size that the entity declares.
    declared: u64,
    /// The number of the current reading, from 1.
    number: u32,
    /// The number of pages with rows so far in the current reading, and the rows of the largest.
    filled: u64,
    largest: u64,
    /// The number of consecutive pages without a new row in the current reading.
    stale: u32,
    distinct: u64,
    /// The largest total that a page of the current reading stated.
    stated: Option<u64>,
    before: Option<Past>,
}

/// A finished reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Past {
    filled: u64,
    stated: Option<u64>,
    /// A row was on two pages.
    has_doubles: bool,
    /// It reached the end of the list, as far as its last page shows.
    is_whole: bool,
}

impl Readings {
    pub(crate) fn new(entity: &'static Entity, declared: u64) -> Self {
        Readings {
            entity,
            declared,
            number: 1,
            filled: 0,
            largest: 0,
            stale: 0,
            distinct: 0,
            stated: None,
            before: None,
        }
    }

    /// The number of pages with rows in the previous reading.
    pub(crate) fn expected_pages(&self) -> Option<u64> {
        self.before.map(|before| before.filled)
    }

    /// The total that the current reading must reach.
    pub(crate) fn stated(&self) -> Option<u64> {
        self.stated
    }

    /// Processes a page, in order, after its rows have been noted. Returns the end of the reading if this page is the end.
    pub(crate) fn page(
        &mut self,
        page: u64,
        rows: u64,
        is_repeated: bool,
        stated: Option<u64>,
        is_last_if_short: Option<u64>,
        keys: &KeySet,
    ) -> Option<End> {
        self.stated = self.stated.max(stated);
        if rows == 0 {
            return Some(End::Empty);
        }
        self.stale = if keys.distinct() > self.distinct { 0 } else { self.stale + 1 };
        self.distinct = keys.distinct();
        if is_repeated {
            let is_short = rows < self.largest;
            return Some(End::Repeated { is_second: page == 1 && !is_short, is_short });
        }
        if self.stale > MAX_STALE_PAGES {
            return Some(End::Repeated { is_second: false, is_short: false });
        }
        self.filled += 1;
        self.largest = self.largest.max(rows);
        if is_last_if_short.is_some_and(|size| rows < size) && self.reaches_stated(keys) {
            return Some(End::Short);
        }
        None
    }

    /// True if no page states more rows than have been read.
    pub(crate) fn reaches_stated(&self, keys: &KeySet) -> bool {
        self.stated.unwrap_or(0) <= keys.distinct()
    }

    /// Ends a reading: the list is proven complete, or it is read again.
    ///
    /// # Errors
    /// `Incomplete` if another reading would not prove it either.
    pub(crate) fn close(&mut self, end: End, keys: &mut KeySet) -> Result<Close> {
        let reaches_stated = self.reaches_stated(keys);
        let is_end = match end {
            End::Empty | End::Short => true,
            // An API may repeat its last page for all later numbers. A full page may be its limit rather than the end.
            End::Repeated { is_second: false, is_short } => is_short,
            // An API may also return all rows for each page: only if they are few, and as many as it states.
            End::Repeated { is_second: true, .. } => {
                self.stated == Some(keys.distinct()) && keys.distinct() < SMALLEST_PAGE.min(self.declared)
            }
        };
        if is_end && reaches_stated {
            if keys.is_empty() || (end == End::Short && self.filled == 1) {
                return Ok(Close::Proven(Proof::OneAnswer));
            }
            if self.entity.consistency == Consistency::Declared && !keys.has_doubles() {
                return Ok(Close::Proven(Proof::Declared));
            }
            // A row on two pages shows that rows have moved, so others may have moved to a page already read.
            let was_whole = self.before.is_some_and(|before| before.is_whole);
            if was_whole && keys.readings_agree() && !keys.has_doubles() {
                return Ok(Close::Proven(Proof::EqualReadings));
            }
        }
        let (has_doubles, is_whole) = (keys.has_doubles(), is_end && reaches_stated);
        let past = Past { filled: self.filled, stated: self.stated, has_doubles, is_whole };
        // A second page equal to the first may be a coincidence while rows move.
        let enough = if matches!(end, End::Repeated { .. }) { 3 } else { 2 };
        // So may be rows that moved in only one of the readings, and an end that only one of them had.
        let is_lasting = |before: Past| {
            let is_alike = has_doubles == before.has_doubles && before.is_whole;
            before.stated == past.stated && (is_alike || !is_whole)
        };
        let is_same = keys.readings_agree() && self.before.is_some_and(is_lasting);
        if is_same && self.number >= enough {
            return Err(self.same_twice(end, keys));
        }
        if self.number > 1 && keys.is_keyless() {
            return Err(self
                .changed(keys)
                .with_hint("Run the query again, or set the option key, which identifies rows."));
        }
        if self.number == MAX_READINGS {
            return Err(self.changed(keys).with_hint("Run the query again."));
        }
        *self = Readings { number: self.number + 1, before: Some(past), ..Readings::new(self.entity, self.declared) };
        keys.next_reading();
        Ok(Close::Again)
    }

    /// Starts again with pages of another size, which cannot be compared with the pages so far.
    ///
    /// # Errors
    /// `Incomplete` if rows have no key: rows already emitted would be emitted again.
    pub(crate) fn restart(&mut self, asked: u64, keys: &mut KeySet) -> Result<()> {
        if keys.is_keyless() {
            let (name, rows) = (self.entity.name, self.largest);
            let message = format!("\"{name}\" has pages of {rows} rows where {asked} were asked for");
            return Err(Error::new(ErrorKind::Incomplete, message)
                .with_detail("It cannot be known whether the API counts its pages by the one size or by the other.")
                .with_hint(format!("Set page_size '{rows}', or the option key, which identifies rows.")));
        }
        *self = Readings { number: self.number, ..Readings::new(self.entity, self.declared) };
        keys.next_list();
        Ok(())
    }

    #[cold]
    fn changed(&self, keys: &KeySet) -> Error {
        let (name, rows) = (self.entity.name, keys.distinct());
        let stated = self.stated.map_or(String::new(), |stated| format!(" and stated {stated}"));
        Error::new(ErrorKind::Incomplete, format!("\"{name}\" changed faster than it could be read")).with_detail(
            format!("It was read {} times; the last reading gave {rows} different rows{stated}.", self.number),
        )
    }

    /// The error for a list that fails in the same way each time: the cause is probably an option, not a change.
    #[cold]
    fn same_twice(&self, end: End, keys: &KeySet) -> Error {
        let (name, rows) = (self.entity.name, keys.distinct());
        let stated = self.stated.unwrap_or(0);
        let (detail, hint) = match end {
            End::Repeated { is_second: true, .. } => (
                format!("The second page has only rows of the first. {rows} rows came, twice."),
                "Check page_parameter and first_page: the API may not know the parameter. If one page is the whole list, set short_page_is_last or leave paging out.",
            ),
            End::Repeated { .. } if stated <= rows => (
                format!("A full page came again after {rows} rows, twice: the API may give no page further."),
                "Set total_path, so that it shows whether rows are missing, or ask for fewer rows.",
            ),
            _ if keys.has_doubles() => (
                format!("{rows} different rows came, twice, and both times some of them on two pages."),
                "Check the option key: rows with equal keys count as one row.",
            ),
            _ => (
                format!("The API states {stated} rows and gave {rows} different ones, twice."),
                "Check first_page, page_size and total_path.",
            ),
        };
        // Only tables that their own options define have these options.
        let hint = if self.entity.definition.is_some() {
            hint
        } else {
            "Run the query again; if it stays so, ask for fewer rows."
        };
        Error::new(ErrorKind::Incomplete, format!("\"{name}\" cannot be read completely"))
            .with_detail(detail)
            .with_hint(hint)
    }
}
