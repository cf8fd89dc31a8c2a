//! Windows: ranges of time that are read concurrently. Together they cover all rows that have not been emitted.

use std::ops::Range;

use crate::slice::Direction;

/// Milliseconds since 1970.
pub(super) type Millisecond = i64;

/// No bound.
pub(super) const BEGINNING: Millisecond = Millisecond::MIN;
pub(super) const END: Millisecond = Millisecond::MAX;
/// The bounds for splitting a window without bounds: the years 2000 and 2100.
const EARLIEST: Millisecond = 946_684_800_000;
const LATEST: Millisecond = 4_102_444_800_000;

/// The share of all requests that may be extra requests for reading concurrently,
const SHARE_FOR_SPEED: f64 = 0.06;
/// and the number of extra requests on top of that share, for the beginning.
const FIRST_FOR_SPEED: f64 = 3.0;
/// The least number of rows for a split: below it, another window costs more requests than it saves round trips.
const WORTH_SPLITTING: u64 = 1_500;

/// A range of time of which no row has been emitted.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) id: u64,
    pub(super) from: Millisecond,
    pub(super) to: Millisecond,
    /// A request for it is in flight.
    pub(super) asked: bool,
    /// The number of remaining rows, if the API has stated it.
    pub(super) rows: Option<u64>,
    /// Rows per millisecond in its last answer.
    density: f64,
}

/// The windows of one list.
#[derive(Debug)]
pub(super) struct Windows {
    pub(super) all: Vec<Window>,
    last_id: u64,
    page_size: u64,
    /// The number of answers so far, and the unused room in them, in answers.
    answers: f64,
    wasted: f64,
    /// Enough rows remain for windows to be split.
    is_long: bool,
}

impl Windows {
    /// One window over all time.
    pub(super) fn new(page_size: u64) -> Self {
        Windows::of(BEGINNING..END, page_size)
    }

    /// One window over a range.
    pub(super) fn of(range: Range<Millisecond>, page_size: u64) -> Self {
        let all = vec![Window { id: 0, from: range.start, to: range.end, asked: false, rows: None, density: 0.0 }];
        Windows { all, last_id: 0, page_size, answers: 0.0, wasted: 0.0, is_long: false }
    }

    pub(super) fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The number of windows and instants so far.
    pub(super) fn made(&self) -> u64 {
        self.last_id + 1
    }

    /// The number of answers so far.
    pub(super) fn answers(&self) -> u64 {
        self.answers as u64
    }

    pub(super) fn position(&self, id: u64) -> Option<usize> {
        self.all.iter().position(|window| window.id == id)
    }

    /// True if enough rows remain to justify a request for the latest rows, which bound the last window.
    pub(super) fn is_long(&self) -> bool {
        self.is_long
    }

    /// The next window to request: one without a request in flight, or the later half of the longest one.
    pub(super) fn next(&mut self, end_is_known: bool) -> Option<usize> {
        self.all.iter().position(|window| !window.asked).or_else(|| self.split(end_is_known))
    }

    /// The window whose rows come first in an order.
    pub(super) fn outermost(&self, direction: Direction) -> Option<usize> {
        let windows = self.all.iter().enumerate();
        let first = match direction {
            Direction::Ascending => windows.min_by_key(|(_, window)| window.from),
            Direction::Descending => windows.max_by_key(|(_, window)| window.to),
        };
        first.map(|(at, _)| at)
    }

    fn split(&mut self, end_is_known: bool) -> Option<usize> {
        // On average, each window's last answer is half empty.
        let wasted = self.wasted + self.all.len() as f64 / 2.0;
        if !end_is_known || !self.is_long || wasted > FIRST_FOR_SPEED + self.answers * SHARE_FOR_SPEED {
            return None;
        }
        let worth_it = self.page_size * 4;
        let longest = self
            .all
            .iter()
            .enumerate()
            .filter(|(_, window)| window.from > BEGINNING && window.to < END)
            .filter(|(_, window)| window.rows.is_none_or(|rows| rows >= worth_it))
            .max_by_key(|(_, window)| (window.rows.unwrap_or(u64::MAX), window.to - window.from));
        let at = longest?.0;
        self.split_at(at)
    }

    /// Splits a window in the middle of its time, and returns the later half, or `None` if it cannot be split.
    pub(super) fn split_at(&mut self, at: usize) -> Option<usize> {
        let id = self.new_id();
        let window = &mut self.all[at];
        let from = if window.from == BEGINNING { EARLIEST } else { window.from };
        let to = if window.to == END { LATEST } else { window.to };
        let middle = from + (to - from) / 2;
        if middle <= from {
            return None;
        }
        let rows = window.rows.map(|rows| rows / 2);
        let later = Window { id, from: middle, to: window.to, asked: false, rows, density: window.density };
        (window.to, window.rows) = (middle, rows);
        self.all.push(later);
        Some(self.all.len() - 1)
    }

    /// Processes the rows of an answer, given by their times in its order. `is_all` says that the requested range has no
    /// other rows; `left_stated` is the number of its rows that the API states, unless it is capped. Returns which rows
    /// are emitted, and the instant that fills the answer, if one does.
    pub(super) fn learn(
        &mut self,
        at: usize,
        direction: Direction,
        asked: Range<Millisecond>,
        times: &[Millisecond],
        is_all: bool,
        left_stated: Option<u64>,
    ) -> (Vec<bool>, Option<Millisecond>) {
        let ends = times.first().copied().zip(times.last().copied());
        let covered = match (ends, direction) {
            _ if is_all => asked,
            // One millisecond fills the answer: its rows are read separately.
            (Some((first, last)), Direction::Ascending) if first == last => asked.start..first,
            (Some((first, last)), Direction::Descending) if first == last => first + 1..asked.end,
            (Some((_, last)), Direction::Ascending) => asked.start..last,
            (Some((_, last)), Direction::Descending) => last + 1..asked.end,
            (None, _) => asked,
        };
        let window = &mut self.all[at];
        let taken = covered.start.max(window.from)..covered.end.min(window.to);
        let kept: Vec<bool> = times.iter().map(|time| taken.contains(time)).collect();
        let emitted = kept.iter().filter(|kept| **kept).count() as u64;
        match direction {
            Direction::Ascending => window.from = window.from.max(covered.end),
            Direction::Descending if is_all => window.from = window.to,
            Direction::Descending => window.to = window.to.min(covered.start),
        }
        window.rows = left_stated.map(|rows| rows.saturating_sub(emitted));
        if let Some((first, last)) = ends {
            window.density = times.len() as f64 / (first.abs_diff(last) + 1) as f64;
        }
        self.is_long |= window.from < window.to && window.rows.is_none_or(|rows| rows >= WORTH_SPLITTING);
        let instant = ends.filter(|(first, last)| !is_all && first == last).map(|(first, _)| first);
        (kept, instant.filter(|instant| self.remove_instant(at, *instant)))
    }

    /// Resets `is_long` after the list's first page, which may not show whether the list is long: its total is capped.
    pub(super) fn doubt_length(&mut self) {
        self.is_long = self.all.iter().any(|window| window.rows.is_some_and(|rows| rows >= WORTH_SPLITTING));
    }

    /// Removes one millisecond from a window that begins or ends with it. False if it is in another window, which
    /// will reach it.
    fn remove_instant(&mut self, at: usize, instant: Millisecond) -> bool {
        let window = &mut self.all[at];
        if window.from == instant && instant < window.to {
            window.from = instant + 1;
        } else if window.to == instant + 1 && window.from <= instant {
            window.to = instant;
        } else {
            return false;
        }
        true
    }

    /// Counts an answer and its emitted rows, and drops the windows that are done.
    pub(super) fn count(&mut self, emitted: usize) {
        self.answers += 1.0;
        self.wasted += 1.0 - emitted as f64 / self.page_size as f64;
        self.all.retain(|window| window.from < window.to);
    }

    /// True for a time whose rows have not all been emitted.
    pub(super) fn contain(&self, time: Millisecond) -> bool {
        self.all.iter().any(|window| (window.from..window.to).contains(&time))
    }

    /// The estimated number of rows in the windows; `unknown` is the estimate for a window without known bounds.
    pub(super) fn estimated_rows(&self, unknown: u64) -> u64 {
        let left = |window: &Window| match window.rows {
            Some(rows) => rows,
            None if window.from == BEGINNING || window.to == END => unknown,
            None => (window.density * (window.to - window.from) as f64) as u64,
        };
        self.all.iter().map(left).sum()
    }
}
