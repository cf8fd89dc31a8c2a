//! The walk over a list in slices: it chooses the next slice to request, and the range of time that an answer covers.
//!
//! The API sorts by time, and each answer is one snapshot of its index. So an answer by itself has all rows from the
//! start of its range up to the time of its last row. The next answer begins at that time again and supplies the rows of
//! that time. Answers need not agree with each other: rows may be created, deleted and changed between them. A row that
//! exists from the first request to the last belongs to exactly one slice, and so is emitted exactly once. The total
//! that an answer states does not end a slice: a slice ends with an answer that is not full.

mod outlook;

use std::ops::Range;

use super::answer_check::{checked_times, protocol, unreadable};
use super::ask::{Ask, Part};
use super::instants::{CannotSplit, InstantAnswer, Instants};
use super::windows::{BEGINNING, END, Millisecond, Windows};
use crate::error::Result;
use crate::model::{Entity, NumberedPages, SliceKeys};
use crate::rest::decode::Claims;
use crate::rest::paging::page_view::PageRows;
use crate::slice::{Direction, Slice};

/// The number of retries for an answer that contradicts itself.
pub(super) const MAX_FAILURES: u32 = 4;

/// The state of reading one list in slices.
#[derive(Debug)]
pub(super) struct SliceWalk {
    entity: &'static Entity,
    pages: NumberedPages,
    by: SliceKeys,
    windows: Windows,
    instants: Instants,
    /// The latest rows have been requested, and received.
    top_asked: bool,
    top_known: bool,
    failures: u32,
    emitted: u64,
    /// Rows come in this order; nothing where windows are read side by side.
    order: Option<Direction>,
}

impl SliceWalk {
    pub(super) fn new(entity: &'static Entity, pages: NumberedPages, by: SliceKeys) -> Self {
        SliceWalk {
            entity,
            pages,
            by,
            windows: Windows::new(pages.max_size.into()),
            instants: Instants::default(),
            top_asked: false,
            top_known: false,
            failures: 0,
            emitted: 0,
            order: None,
        }
    }

    /// Reads the rows of a range in their order by time, one answer after the other.
    pub(super) fn in_order(
        entity: &'static Entity,
        pages: NumberedPages,
        by: SliceKeys,
        direction: Direction,
        range: Range<Millisecond>,
    ) -> Self {
        let windows = Windows::of(range, pages.max_size.into());
        SliceWalk { windows, order: Some(direction), ..SliceWalk::new(entity, pages, by) }
    }

    /// Requests again everything in flight, after those requests were dropped.
    pub(super) fn ask_again(&mut self) {
        for window in &mut self.windows.all {
            window.asked = false;
        }
        self.instants.ask_again();
        self.top_asked = self.top_known;
    }

    /// True when every row has been emitted.
    pub(super) fn is_complete(&self) -> bool {
        self.windows.all.is_empty() && self.instants.is_empty()
    }

    /// The next request, if there is one that need not wait for an answer.
    pub(super) fn next(&mut self) -> Option<Ask> {
        let pages = self.entity.page_cap().unwrap_or(0) / u64::from(self.pages.max_size);
        if let Some(ask) = self.instants.next(self.by, pages.saturating_sub(1)) {
            return Some(ask);
        }
        if let Some(direction) = self.order {
            // The rows of one millisecond come before those behind it.
            let is_waiting = !self.instants.is_empty() || self.windows.all.iter().any(|window| window.asked);
            let at = self.windows.outermost(direction).filter(|_| !is_waiting)?;
            return Some(self.ask_window(at, direction));
        }
        let is_busy = self.windows.all.iter().all(|window| window.asked);
        if is_busy && !self.top_asked && self.windows.is_long() && !self.windows.all.is_empty() {
            self.top_asked = true;
            let order = Some(Direction::Descending);
            return Some(Ask { slice: self.slice(BEGINNING, END), order, page: 0, part: Part::Top });
        }
        let at = self.windows.next(self.top_known)?;
        Some(self.ask_window(at, Direction::Ascending))
    }

    fn ask_window(&mut self, at: usize, direction: Direction) -> Ask {
        let window = &mut self.windows.all[at];
        window.asked = true;
        let (id, from, to) = (window.id, window.from, window.to);
        Ask { slice: self.slice(from, to), order: Some(direction), page: 0, part: Part::Window { id, from, to } }
    }

    fn slice(&self, from: Millisecond, to: Millisecond) -> Slice {
        let (from, to) = ((from > BEGINNING).then_some(from), (to < END).then_some(to));
        Slice { by: self.by, from, to, keys: Vec::new() }
    }

    /// Processes the list's first page, which is sorted by time and so is the beginning of the walk.
    pub(super) fn first_page(&mut self, claims: &Claims, rows: &dyn PageRows) -> Result<Vec<bool>> {
        let kept = self.window_answer(Some(0), Direction::Ascending, BEGINNING..END, claims, rows)?;
        self.count(&kept);
        self.windows.doubt_length();
        Ok(kept)
    }

    /// Processes an answer, and returns which of its rows are emitted.
    ///
    /// # Errors
    /// `Protocol` for an answer that does not match the request, `Incomplete` if the slice cannot be read
    /// completely.
    pub(super) fn answer(&mut self, ask: &Ask, claims: &Claims, rows: &dyn PageRows) -> Result<Vec<bool>> {
        let kept = match ask.part {
            Part::Window { id, from, to } => {
                let at = self.windows.position(id);
                if let Some(at) = at {
                    self.windows.all[at].asked = false;
                }
                self.window_answer(at, self.order.unwrap_or(Direction::Ascending), from..to, claims, rows)?
            }
            Part::Top => {
                self.top_known = true;
                let at = self.windows.all.iter().position(|window| window.to == END);
                self.window_answer(at, Direction::Descending, BEGINNING..END, claims, rows)?
            }
            Part::Instant { id } => self.instant_answer(id, ask.page, claims, rows)?,
        };
        self.count(&kept);
        Ok(kept)
    }

    fn count(&mut self, kept: &[bool]) {
        let emitted = kept.iter().filter(|kept| **kept).count();
        self.emitted += emitted as u64;
        self.windows.count(emitted);
    }

    /// Splits the slice of a request that timed out in the API, so that the next ones ask for fewer rows.
    ///
    /// # Errors
    /// `Incomplete` if the slice cannot be split.
    pub(super) fn too_slow(&mut self, ask: &Ask) -> Result<()> {
        let is_split = match ask.part {
            // The windows reach the latest rows too.
            Part::Top => {
                self.top_known = true;
                true
            }
            Part::Window { id, .. } => match self.windows.position(id) {
                Some(at) => {
                    self.windows.all[at].asked = false;
                    self.windows.split_at(at).is_some()
                }
                None => true,
            },
            Part::Instant { .. } => false,
        };
        if is_split {
            return Ok(());
        }
        Err(unreadable(self.entity, "A search for the rows of a single millisecond took the API too long."))
    }

    fn window_answer(
        &mut self,
        at: Option<usize>,
        direction: Direction,
        asked: Range<Millisecond>,
        claims: &Claims,
        rows: &dyn PageRows,
    ) -> Result<Vec<bool>> {
        let times = checked_times(self.entity, self.by, direction, &asked, rows)?;
        let nothing = vec![false; times.len()];
        let count = times.len() as u64;
        let size = claims.full_page(self.pages.max_size.into());
        if claims.start.is_some_and(|start| start != 0) || count > size {
            return Err(protocol(self.entity, "it is not the page asked for"));
        }
        // A total below the number of rows in the answer is ignored.
        let total = claims.total.filter(|total| *total >= count);
        if total.is_some_and(|total| count != total.min(size))
            || (!self.pages.short_page_is_last && count > 0 && count < size)
        {
            // The same rows are requested once more, since none has been emitted.
            self.failures += 1;
            if self.failures > MAX_FAILURES {
                let stated = total.unwrap_or(count);
                let detail = format!("Of {stated} rows it states it gave {count}, {MAX_FAILURES} times.");
                return Err(unreadable(self.entity, &detail));
            }
            if direction == Direction::Descending {
                self.top_asked = false;
                self.top_known = false;
            }
            return Ok(nothing);
        }
        self.failures = 0;
        // Another answer has finished the window.
        let Some(at) = at else { return Ok(nothing) };
        let is_all = count < size;
        let stated = total.filter(|total| !self.entity.is_capped(*total));
        let (kept, instant) = self.windows.learn(at, direction, asked, &times, is_all, stated);
        if let Some(instant) = instant {
            let id = self.windows.new_id();
            self.instants.add(id, instant, u64::from(self.pages.max_size), rows.keys());
        }
        Ok(kept)
    }

    fn instant_answer(&mut self, id: u64, page: u64, claims: &Claims, rows: &dyn PageRows) -> Result<Vec<bool>> {
        let Some(total) = claims.total else {
            return Err(protocol(self.entity, "it does not state how many rows there are"));
        };
        let answer = InstantAnswer { page, start: claims.start, total, is_capped: self.entity.is_capped(total) };
        let windows = &mut self.windows;
        let learnt = self.instants.answer(id, answer, rows, || windows.new_id())?;
        learnt.map_err(|CannotSplit| {
            let (time, key) = (self.by.time, self.by.key);
            let detail =
                format!("Too many rows have the same \"{time}\", and they cannot be split by their \"{key}\".");
            unreadable(self.entity, &detail)
        })
    }
}
