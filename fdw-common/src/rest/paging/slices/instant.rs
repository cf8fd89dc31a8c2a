//! The rows of one millisecond that do not fit into one answer: they are read page by page in the list's
//! own order, which is the same for every request.
//!
//! No row is created at a past time, so rows only move towards the beginning, when others are deleted,
//! and the total only falls. All rows have been read when each page and the next one were once answered
//! with the same total: a row that stays was then on one of the two, in one answer or the other. It could
//! only be missed if a whole page of rows were deleted in between, which is checked too.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::windows::Millisecond;
use crate::error::{Error, ErrorKind, Result};
use crate::slice::KeyChoice;

/// The most repeated answers before the rows are split by their keys.
const MAX_REPEATS: usize = 30;

#[derive(Debug)]
pub(super) struct Instant {
    pub(super) id: u64,
    pub(super) at: Millisecond,
    /// The conditions that select its rows.
    pub(super) keys: Vec<KeyChoice>,
    /// Some keys of its rows.
    pub(super) sample: Vec<String>,
    /// It has more rows than the page cap: the last page below the cap is requested as well, for a wider
    /// sample, by which the rows are split.
    pub(super) capped: bool,
    sampled: bool,
    size: u64,
    pages: Vec<Page>,
    repeats: usize,
    seen: Keys,
}

/// Keys, as hashes with a random seed.
#[derive(Debug, Clone, Default)]
struct Keys {
    here: HashSet<u64>,
    earlier: HashSet<u64>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Page {
    /// A request for it is in flight.
    asked: bool,
    /// The totals that its answers stated.
    totals: Vec<u64>,
}

/// The result of processing an answer: for each of its rows, whether it is new.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More answers are needed.
    New(Vec<bool>),
    /// All rows have been read.
    Complete(Vec<bool>),
    /// The remaining rows must be split by their keys.
    Part(Vec<bool>),
}

impl Instant {
    pub(super) fn new(id: u64, at: Millisecond, size: u64, sample: Vec<String>) -> Self {
        Instant {
            id,
            at,
            keys: Vec::new(),
            sample,
            capped: false,
            sampled: false,
            size,
            pages: vec![Page::default()],
            repeats: 0,
            seen: Keys::default(),
        }
    }

    /// The part of these rows with keys that match the choice.
    pub(super) fn part(&self, id: u64, choice: KeyChoice) -> Self {
        let mut seen = self.seen.clone();
        seen.earlier.extend(seen.here.drain());
        let keys = self.keys.iter().cloned().chain([choice]).collect();
        Instant { keys, seen, ..Instant::new(id, self.at, self.size, Vec::new()) }
    }

    /// Requests again everything in flight, after those requests were dropped.
    pub(super) fn ask_again(&mut self) {
        self.sampled = false;
        for page in &mut self.pages {
            page.asked = false;
        }
    }

    /// True for a key that belongs to this instant and has not been read.
    pub(super) fn is_left(&self, key: &str) -> bool {
        let begins = |beginnings: &[String]| beginnings.iter().any(|beginning| key.starts_with(beginning));
        let is_here = self.keys.iter().all(|choice| match choice {
            KeyChoice::Beginning(beginnings) => begins(beginnings),
            KeyChoice::NotBeginning(beginnings) => !begins(beginnings),
        });
        is_here && !self.seen.has(key)
    }

    /// The next page to request, at most `last`, if there is one that need not wait for an answer.
    pub(super) fn next(&mut self, last: u64) -> Option<u64> {
        if self.capped {
            return (!std::mem::replace(&mut self.sampled, true)).then_some(last);
        }
        let never = self.pages.iter().position(|page| !page.asked && page.totals.is_empty());
        let at = never.or_else(|| self.apart())?;
        self.pages[at].asked = true;
        Some(at as u64)
    }

    /// The page with the older total, of two consecutive pages that were never answered with the same total.
    fn apart(&self) -> Option<usize> {
        let pairs = self.pages.windows(2).enumerate();
        pairs.filter(|(_, pair)| !pair[0].asked && !pair[1].asked && !pair[0].agrees(&pair[1])).find_map(
            |(at, pair)| {
                let (first, second) = (pair[0].totals.last()?, pair[1].totals.last()?);
                Some(if first > second { at } else { at + 1 })
            },
        )
    }

    /// Processes an answer; `start` is the offset that it states, if any.
    ///
    /// # Errors
    /// `Protocol` if the page is not the requested one.
    pub(super) fn answer(
        &mut self,
        page: u64,
        (start, total): (Option<u64>, u64),
        keys: &[String],
        is_capped: bool,
    ) -> Result<Progress> {
        let nothing = || vec![false; keys.len()];
        let expected_start = page * self.size;
        if start.is_some_and(|start| start != expected_start) || keys.len() as u64 > self.size {
            return Err(Error::new(ErrorKind::Protocol, "an answer to a search is not the page asked for"));
        }
        if self.capped {
            self.sample.extend(keys.iter().cloned());
            // Answers to earlier requests arrive too.
            let is_sample = self.sampled && page > 0;
            return Ok(if is_sample { Progress::Part(nothing()) } else { Progress::New(nothing()) });
        }
        if page == 0 && self.sample.len() < 3 * keys.len() {
            self.sample.extend(keys.iter().cloned());
        }
        if is_capped {
            self.capped = true;
            return Ok(Progress::New(nothing()));
        }
        let expected = total.saturating_sub(expected_start).min(self.size);
        // The last page is the first one that is not full: a total does not end the list.
        let wanted = usize::try_from(total / self.size + 1).unwrap_or(usize::MAX);
        if self.pages.len() < wanted {
            self.pages.resize_with(wanted, Page::default);
        }
        let at = usize::try_from(page).unwrap_or(usize::MAX);
        if let Some(page) = self.pages.get_mut(at) {
            page.asked = false;
            self.repeats += usize::from(!page.totals.is_empty());
            if keys.len() as u64 == expected {
                page.totals.push(total);
            } else {
                self.repeats += 1;
            }
        }
        let seen = &mut self.seen;
        let new = keys.iter().map(|key| seen.is_new(key)).collect();
        if self.is_complete() {
            return Ok(Progress::Complete(new));
        }
        let is_waiting = self.pages.iter().any(|page| page.asked || page.totals.is_empty());
        if !is_waiting && self.apart().is_none() {
            // All pages agree with their neighbours, yet rows are missing, or too many were deleted.
            self.start_over();
        }
        Ok(if self.repeats > MAX_REPEATS { Progress::Part(new) } else { Progress::New(new) })
    }

    fn start_over(&mut self) {
        self.repeats += 1;
        self.pages = vec![Page::default()];
        self.seen.earlier.extend(self.seen.here.drain());
    }

    fn is_complete(&self) -> bool {
        let answered = self.pages.iter().all(|page| !page.asked && !page.totals.is_empty());
        let agreed = self.pages.windows(2).all(|pair| pair[0].agrees(&pair[1]));
        let totals = || self.pages.iter().flat_map(|page| &page.totals).copied();
        let (least, most) = (totals().min().unwrap_or(0), totals().max().unwrap_or(0));
        answered && agreed && most - least < self.size && self.seen.here.len() as u64 >= least
    }
}

impl Page {
    fn agrees(&self, other: &Page) -> bool {
        self.totals.iter().any(|total| other.totals.contains(total))
    }
}

impl Keys {
    fn has(&self, key: &str) -> bool {
        let hash = self.hasher.hash_one(key);
        self.here.contains(&hash) || self.earlier.contains(&hash)
    }

    fn is_new(&mut self, key: &str) -> bool {
        let hash = self.hasher.hash_one(key);
        self.here.insert(hash) && !self.earlier.contains(&hash)
    }
}
