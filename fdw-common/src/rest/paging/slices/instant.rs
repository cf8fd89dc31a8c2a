//! The rows of one millisecond, which are too many for one answer: page by page in the list's own order,
//! which is the same for every request.
//!
//! No row is added to a time that is past, so that rows only move towards the beginning, when others are
//! deleted, and the total only falls. All have come when every page and the next one have been answered
//! with the same total once: then a row that stays was in one of both, at the one time or the other. For
//! it to slip past, a whole page of rows would have to be deleted in between, which is checked too.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::windows::Millisecond;
use crate::error::{Error, ErrorKind, Result};
use crate::slice::KeyChoice;

/// How many more answers than pages are asked for before the rows are parted.
const MAX_REPEATS: usize = 30;

#[derive(Debug)]
pub(super) struct Instant {
    pub(super) id: u64,
    pub(super) at: Millisecond,
    /// Which of its rows.
    pub(super) keys: Vec<KeyChoice>,
    /// Some of their keys.
    pub(super) sample: Vec<String>,
    /// Too many for the page cap: the last page below it is asked for as well, so that the sample is
    /// wider, and they are parted by it.
    pub(super) capped: bool,
    sampled: bool,
    size: u64,
    pages: Vec<Page>,
    repeats: usize,
    seen: Keys,
}

/// Keys, as hashes under a random key.
#[derive(Debug, Clone, Default)]
struct Keys {
    here: HashSet<u64>,
    earlier: HashSet<u64>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Page {
    /// A request for it is on its way.
    asked: bool,
    /// The totals its answers stated.
    totals: Vec<u64>,
}

/// What an answer leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Which of its rows have not come before.
    New(Vec<bool>),
    /// The same, and all rows have come.
    Complete(Vec<bool>),
    /// The same, and the rows that are left have to be parted by their keys.
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

    /// A part of these rows, those whose keys are as chosen.
    pub(super) fn part(&self, id: u64, choice: KeyChoice) -> Self {
        let mut seen = self.seen.clone();
        seen.earlier.extend(seen.here.drain());
        let keys = self.keys.iter().cloned().chain([choice]).collect();
        Instant { keys, seen, ..Instant::new(id, self.at, self.size, Vec::new()) }
    }

    /// The requests on their way have been dropped.
    pub(super) fn ask_again(&mut self) {
        self.sampled = false;
        for page in &mut self.pages {
            page.asked = false;
        }
    }

    /// True for a key that belongs here and has not come.
    pub(super) fn is_left(&self, key: &str) -> bool {
        let begins = |beginnings: &[String]| beginnings.iter().any(|beginning| key.starts_with(beginning));
        let is_here = self.keys.iter().all(|choice| match choice {
            KeyChoice::Beginning(beginnings) => begins(beginnings),
            KeyChoice::NotBeginning(beginnings) => !begins(beginnings),
        });
        is_here && !self.seen.has(key)
    }

    /// The next page to ask for, if it need not wait for an answer. Up to `last` may be asked for.
    pub(super) fn next(&mut self, last: u64) -> Option<u64> {
        if self.capped {
            return (!std::mem::replace(&mut self.sampled, true)).then_some(last);
        }
        let never = self.pages.iter().position(|page| !page.asked && page.totals.is_empty());
        let at = never.or_else(|| self.apart())?;
        self.pages[at].asked = true;
        Some(at as u64)
    }

    /// The older page of a pair that was never answered with one total.
    fn apart(&self) -> Option<usize> {
        let pairs = self.pages.windows(2).enumerate();
        pairs.filter(|(_, pair)| !pair[0].asked && !pair[1].asked && !pair[0].agrees(&pair[1])).find_map(
            |(at, pair)| {
                let (first, second) = (pair[0].totals.last()?, pair[1].totals.last()?);
                Some(if first > second { at } else { at + 1 })
            },
        )
    }

    /// Takes in an answer; `start` is the offset that it states, if it does.
    ///
    /// # Errors
    /// `Protocol` when the page is not the one asked for.
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
            // What was on its way before comes too.
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
        // The last page is one that is not full: a total ends nothing.
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
            // All pages agree with their neighbours and still rows are missing, or too many were deleted.
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
