//! How a list behind a wall is read whole: in slices of a time that never changes. Pure.
//!
//! The API sorts by that time and one answer is one look at its index. So an answer proves by itself
//! that it holds all rows from where it was asked to begin up to the time of its last row; the next one
//! begins at that time again, whose rows are taken from there. No answer has to agree with another one:
//! rows may come, go and change between them. A row that is there from the first request to the last
//! belongs to one slice only, and so comes exactly once.
//!
//! Several windows of time are walked side by side. A window that is done helps with the longest one
//! left, as long as the part-filled answers at the ends of windows stay few.
//!
//! Rows that share one millisecond and do not fit into an answer are read page by page ([`instant`]); past
//! the wall their keys part them, by a choice and its opposite.

mod instant;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Entity, NumberedPages, SliceKeys};
use crate::rest::decode::Envelope;
use crate::rest::decode::decoder::Batch;
use crate::slice::{KeyChoice, Slice, part_keys};
use instant::{Instant, Progress};

/// Milliseconds since 1970.
type Millisecond = i64;

/// No bound.
const BEGINNING: Millisecond = Millisecond::MIN;
const END: Millisecond = Millisecond::MAX;
/// Where a window without bounds is parted: between these, the years 2000 and 2100.
const EARLIEST: Millisecond = 946_684_800_000;
const LATEST: Millisecond = 4_102_444_800_000;

/// How often an answer that contradicts itself is asked for again.
const MAX_FAILURES: u32 = 4;

/// The share of all requests that may be spent on working side by side,
const SHARE_FOR_SPEED: f64 = 0.06;
/// and how many more, for the beginning.
const FIRST_FOR_SPEED: f64 = 3.0;

/// A request of the walk. Answers are taken in the order of their requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) slice: Slice,
    /// The order by time, or the list's own.
    pub(crate) order: Option<Direction>,
    /// The number of the page, from 0.
    pub(crate) page: u64,
    part: Part,
}

/// An order by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// What an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Window {
        id: u64,
        from: Millisecond,
        to: Millisecond,
    },
    /// The latest rows, of the window that has no end.
    Top,
    Instant {
        id: u64,
    },
}

/// The rows of an answer as far as the walk looks at them.
pub(crate) trait Rows {
    /// The times in milliseconds, rounded down; nothing for one that cannot be read.
    fn times(&self) -> Vec<Option<Millisecond>>;
    /// The keys.
    fn keys(&self) -> Vec<String>;
}

impl Rows for Batch {
    fn times(&self) -> Vec<Option<Millisecond>> {
        (0..self.len()).map(|row| self.time(row)).collect()
    }

    fn keys(&self) -> Vec<String> {
        (0..self.len()).map(|row| self.key(row).into_owned()).collect()
    }
}

/// The state of reading one list in slices.
#[derive(Debug)]
pub(crate) struct SliceWalk {
    entity: &'static Entity,
    pages: NumberedPages,
    by: SliceKeys,
    windows: Vec<Window>,
    instants: VecDeque<Instant>,
    last_id: u64,
    /// The latest rows have been asked for, and have come.
    top_asked: bool,
    top_known: bool,
    /// Answers so far, and how many would hold the rows that were not handed on.
    answers: f64,
    wasted: f64,
    failures: u32,
    /// Rows handed on.
    given: u64,
}

/// A range of time of which no row has been handed on yet.
#[derive(Debug)]
struct Window {
    id: u64,
    from: Millisecond,
    to: Millisecond,
    /// A request for it is on its way.
    asked: bool,
    /// How many rows are left, where the API has said so.
    rows: Option<u64>,
    /// Rows a millisecond, where it was last read.
    density: f64,
}

impl SliceWalk {
    pub(crate) fn new(entity: &'static Entity, pages: NumberedPages, by: SliceKeys) -> Self {
        SliceWalk {
            entity,
            pages,
            by,
            windows: vec![Window { id: 0, from: BEGINNING, to: END, asked: false, rows: None, density: 0.0 }],
            instants: VecDeque::new(),
            last_id: 0,
            top_asked: false,
            top_known: false,
            answers: 0.0,
            wasted: 0.0,
            failures: 0,
            given: 0,
        }
    }

    /// The requests on their way have been dropped: what they asked for is asked for again.
    pub(crate) fn ask_again(&mut self) {
        for window in &mut self.windows {
            window.asked = false;
        }
        for instant in &mut self.instants {
            instant.ask_again();
        }
        self.top_asked = self.top_known;
    }

    /// How many windows and instants there have been, and how many of them are left.
    pub(crate) fn parts(&self) -> (u64, u64) {
        (self.last_id + 1, (self.windows.len() + self.instants.len()) as u64)
    }

    /// How many answers have been taken in.
    pub(crate) fn answers(&self) -> u64 {
        self.answers as u64
    }

    /// How many rows seem to be left.
    pub(crate) fn rows_left(&self) -> u64 {
        self.estimated_rows() - self.given
    }

    /// True for a row that has not been handed on: the rest of the list may come from elsewhere.
    pub(crate) fn is_left(&self, time: Option<Millisecond>, key: &str) -> bool {
        let Some(time) = time else { return true };
        self.windows.iter().any(|window| (window.from..window.to).contains(&time))
            || self.instants.iter().any(|instant| instant.at == time && instant.is_left(key))
    }

    /// How many rows the list seems to have: those handed on, and what the windows seem to hold by what
    /// has come of them.
    pub(crate) fn estimated_rows(&self) -> u64 {
        let cap = self.entity.page_cap().unwrap_or_default();
        let left = |window: &Window| match window.rows {
            Some(rows) => rows,
            None if window.from == BEGINNING || window.to == END => cap,
            None => (window.density * (window.to - window.from) as f64) as u64,
        };
        let instants = self.instants.iter().filter(|instant| instant.capped).count() as u64 * cap;
        self.given + instants + self.windows.iter().map(left).sum::<u64>()
    }

    /// True when every row has been handed on.
    pub(crate) fn is_complete(&self) -> bool {
        self.windows.is_empty() && self.instants.is_empty()
    }

    /// The next request, if there is one that need not wait for an answer.
    pub(crate) fn next(&mut self) -> Option<Ask> {
        let pages = self.entity.page_cap().unwrap_or(0) / u64::from(self.pages.max_size);
        for instant in &mut self.instants {
            if let Some(page) = instant.next(pages.saturating_sub(1)) {
                let (from, to, keys) = (Some(instant.at), Some(instant.at + 1), instant.keys.clone());
                let slice = Slice { by: self.by, from, to, keys };
                return Some(Ask { slice, order: None, page, part: Part::Instant { id: instant.id } });
            }
        }
        let idle = self.windows.iter().position(|window| !window.asked);
        if idle.is_none() && !self.top_asked && !self.windows.is_empty() {
            self.top_asked = true;
            let order = Some(Direction::Descending);
            return Some(Ask { slice: self.slice(BEGINNING, END), order, page: 0, part: Part::Top });
        }
        let at = idle.or_else(|| self.split())?;
        let Window { id, from, to, .. } = self.windows[at];
        self.windows[at].asked = true;
        let order = Some(Direction::Ascending);
        Some(Ask { slice: self.slice(from, to), order, page: 0, part: Part::Window { id, from, to } })
    }

    fn slice(&self, from: Millisecond, to: Millisecond) -> Slice {
        let (from, to) = ((from > BEGINNING).then_some(from), (to < END).then_some(to));
        Slice { by: self.by, from, to, keys: Vec::new() }
    }

    /// Parts the window that has most left in two, if that is worth a request; gives the new one.
    fn split(&mut self) -> Option<usize> {
        // Each window's last answer is half empty, as a rule.
        let wasted = self.wasted + self.windows.len() as f64 / 2.0;
        if !self.top_known || wasted > FIRST_FOR_SPEED + self.answers * SHARE_FOR_SPEED {
            return None;
        }
        let worth_it = u64::from(self.pages.max_size) * 4;
        let longest = self
            .windows
            .iter()
            .enumerate()
            .filter(|(_, window)| window.from > BEGINNING && window.to < END)
            .filter(|(_, window)| window.rows.is_none_or(|rows| rows >= worth_it))
            .max_by_key(|(_, window)| (window.rows.unwrap_or(u64::MAX), window.to - window.from));
        let at = longest?.0;
        self.split_at(at)
    }

    /// Parts a window in the middle of its time; gives the later half, or nothing when it has no middle.
    fn split_at(&mut self, at: usize) -> Option<usize> {
        let id = self.new_id();
        let window = &mut self.windows[at];
        let from = if window.from == BEGINNING { EARLIEST } else { window.from };
        let to = if window.to == END { LATEST } else { window.to };
        let middle = from + (to - from) / 2;
        if middle <= from {
            return None;
        }
        let rows = window.rows.map(|rows| rows / 2);
        let later = Window { id, from: middle, to: window.to, asked: false, rows, density: window.density };
        (window.to, window.rows) = (middle, rows);
        self.windows.push(later);
        Some(self.windows.len() - 1)
    }

    fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// ParameterType an answer in and tells which of its rows are handed on.
    ///
    /// # Errors
    /// `Protocol` for an answer that is not the one asked for, `Incomplete` when what is asked for cannot
    /// be read whole.
    pub(crate) fn answer(&mut self, ask: &Ask, envelope: Envelope, rows: &impl Rows) -> Result<Vec<bool>> {
        let kept = match ask.part {
            Part::Window { id, from, to } => {
                let at = self.windows.iter().position(|window| window.id == id);
                if let Some(at) = at {
                    self.windows[at].asked = false;
                }
                self.window_answer(at, Direction::Ascending, from..to, envelope, rows)?
            }
            Part::Top => {
                self.top_known = true;
                let at = self.windows.iter().position(|window| window.to == END);
                self.window_answer(at, Direction::Descending, BEGINNING..END, envelope, rows)?
            }
            Part::Instant { id } => self.instant_answer(id, ask.page, envelope, rows)?,
        };
        let given = kept.iter().filter(|kept| **kept).count();
        self.given += given as u64;
        self.answers += 1.0;
        self.wasted += 1.0 - given as f64 / f64::from(self.pages.max_size);
        self.windows.retain(|window| window.from < window.to);
        Ok(kept)
    }

    /// An answer took the API too long: fewer rows are asked for.
    ///
    /// # Errors
    /// `Incomplete` when there are no fewer.
    pub(crate) fn too_slow(&mut self, ask: &Ask) -> Result<()> {
        let parted = match ask.part {
            // The windows will come to the latest rows too.
            Part::Top => {
                self.top_known = true;
                true
            }
            Part::Window { id, .. } => match self.windows.iter().position(|window| window.id == id) {
                Some(at) => {
                    self.windows[at].asked = false;
                    self.split_at(at).is_some()
                }
                None => true,
            },
            Part::Instant { .. } => false,
        };
        if parted {
            return Ok(());
        }
        Err(self.unreadable("A search for the rows of a single millisecond took the API too long."))
    }

    fn window_answer(
        &mut self,
        at: Option<usize>,
        direction: Direction,
        asked: Range<Millisecond>,
        envelope: Envelope,
        rows: &impl Rows,
    ) -> Result<Vec<bool>> {
        let times = self.checked_times(direction, &asked, rows)?;
        let nothing = vec![false; times.len()];
        let count = times.len() as u64;
        let size = u64::from(self.pages.max_size);
        if envelope.start != 0 || envelope.limit != size || count > size {
            return Err(self.protocol("it is not the page asked for"));
        }
        if count != envelope.total.min(size) {
            // Asked for once more: nothing has been handed on.
            self.failures += 1;
            if self.failures > MAX_FAILURES {
                let detail = format!("Of {} rows it states it gave {count}, {MAX_FAILURES} times.", envelope.total);
                return Err(self.unreadable(&detail));
            }
            if direction == Direction::Descending {
                self.top_asked = false;
                self.top_known = false;
            }
            return Ok(nothing);
        }
        self.failures = 0;
        // A window that another answer has finished.
        let Some(at) = at else { return Ok(nothing) };
        let is_all = envelope.total == count && !self.entity.is_capped(envelope.total);
        let ends = times.first().copied().zip(times.last().copied());
        let covered = match (ends, direction) {
            _ if is_all => asked,
            // One millisecond fills the answer: its rows are counted on their own.
            (Some((first, last)), Direction::Ascending) if first == last => asked.start..first,
            (Some((first, last)), Direction::Descending) if first == last => first + 1..asked.end,
            (Some((_, last)), Direction::Ascending) => asked.start..last,
            (Some((_, last)), Direction::Descending) => last + 1..asked.end,
            (None, _) => asked,
        };
        let window = &mut self.windows[at];
        let taken = covered.start.max(window.from)..covered.end.min(window.to);
        let kept: Vec<bool> = times.iter().map(|time| taken.contains(time)).collect();
        let left = envelope.total - kept.iter().filter(|kept| **kept).count() as u64;
        match direction {
            Direction::Ascending => window.from = window.from.max(covered.end),
            Direction::Descending if is_all => window.from = window.to,
            Direction::Descending => window.to = window.to.min(covered.start),
        }
        window.rows = (!self.entity.is_capped(envelope.total)).then_some(left);
        if let Some((first, last)) = ends {
            window.density = times.len() as f64 / (first.abs_diff(last) + 1) as f64;
        }
        match ends {
            Some((first, last)) if !is_all && first == last => self.part_off_instant(at, first, rows.keys()),
            _ => {}
        }
        Ok(kept)
    }

    /// ParameterType one millisecond out of a window that begins or ends with it.
    fn part_off_instant(&mut self, at: usize, instant: Millisecond, sample: Vec<String>) {
        let window = &mut self.windows[at];
        if window.from == instant && instant < window.to {
            window.from = instant + 1;
        } else if window.to == instant + 1 && window.from <= instant {
            window.to = instant;
        } else {
            // It belongs to another window, which will come to it.
            return;
        }
        let id = self.new_id();
        self.instants.push_back(Instant::new(id, instant, u64::from(self.pages.max_size), sample));
    }

    fn instant_answer(&mut self, id: u64, page: u64, envelope: Envelope, rows: &impl Rows) -> Result<Vec<bool>> {
        let keys = rows.keys();
        let nothing = vec![false; keys.len()];
        // What was still on its way when the rows were parted.
        let Some(at) = self.instants.iter().position(|instant| instant.id == id) else { return Ok(nothing) };
        let is_capped = self.entity.is_capped(envelope.total);
        match self.instants[at].answer(page, envelope, &keys, is_capped)? {
            Progress::New(new) => Ok(new),
            Progress::Complete(new) => {
                self.instants.remove(at);
                Ok(new)
            }
            Progress::Part(new) => {
                self.part_instant(at)?;
                Ok(new)
            }
        }
    }

    /// Parts the rows of an instant by their keys.
    fn part_instant(&mut self, at: usize) -> Result<()> {
        let Some(instant) = self.instants.remove(at) else { return Ok(()) };
        let Some(beginnings) = part_keys(instant.sample.iter().map(String::as_str)) else {
            return Err(self.unreadable(&format!(
                "Too many rows have the same \"{}\", and their \"{}\" do not part them.",
                self.by.time, self.by.key
            )));
        };
        for choice in [KeyChoice::Beginning(beginnings.clone()), KeyChoice::NotBeginning(beginnings)] {
            let id = self.new_id();
            self.instants.push_back(instant.part(id, choice));
        }
        Ok(())
    }

    /// The times of an answer, which come in the order asked for and lie within the range.
    fn checked_times(
        &self,
        direction: Direction,
        asked: &Range<Millisecond>,
        rows: &impl Rows,
    ) -> Result<Vec<Millisecond>> {
        let Some(times) = rows.times().into_iter().collect::<Option<Vec<_>>>() else {
            return Err(self.protocol(&format!("a row has no \"{}\" that is a time", self.by.time)));
        };
        let in_order = match direction {
            Direction::Ascending => times.is_sorted(),
            Direction::Descending => times.iter().rev().is_sorted(),
        };
        if !in_order || !times.iter().all(|time| asked.contains(time)) {
            return Err(self.protocol(&format!("its rows are not those asked for by \"{}\"", self.by.time)));
        }
        Ok(times)
    }

    #[cold]
    fn protocol(&self, what: &str) -> Error {
        let name = self.entity.name;
        Error::new(
            ErrorKind::Protocol,
            format!("an answer to a search of \"{name}\" is not what was asked for: {what}"),
        )
    }

    #[cold]
    fn unreadable(&self, detail: &str) -> Error {
        let (name, cap) = (self.entity.name, self.entity.page_cap().unwrap_or_default());
        Error::new(ErrorKind::Incomplete, format!("\"{name}\" has {cap} rows or more, and not all of them can be read"))
            .with_detail(detail)
            .with_hint("Ask for fewer rows, or read them with the option bulk 'export'.")
    }
}
