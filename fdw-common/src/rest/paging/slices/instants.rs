//! Instants with more rows than one answer holds.

use std::collections::VecDeque;

use super::ask::{Ask, Part};
use super::instant::{Instant, Progress};
use super::windows::Millisecond;
use crate::error::Result;
use crate::model::SliceKeys;
use crate::rest::paging::page_view::PageRows;
use crate::slice::{KeyChoice, Slice, split_keys};

/// The instants of one list that are not completely read.
#[derive(Debug, Default)]
pub(super) struct Instants(VecDeque<Instant>);

/// The claims of an answer about an instant.
pub(super) struct InstantAnswer {
    pub(super) page: u64,
    /// The offset that it states, if any.
    pub(super) start: Option<u64>,
    pub(super) total: u64,
    /// The total reaches the page cap.
    pub(super) is_capped: bool,
}

/// Too many rows share one instant, and they cannot be split by their keys.
#[derive(Debug)]
pub(super) struct CannotSplit;

impl Instants {
    pub(super) fn add(&mut self, id: u64, at: Millisecond, size: u64, sample: Vec<String>) {
        self.0.push_back(Instant::new(id, at, size, sample));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of instants with rows up to the page cap, or more.
    pub(super) fn capped(&self) -> u64 {
        self.0.iter().filter(|instant| instant.capped).count() as u64
    }

    /// True for a row that belongs to one of them and has not been emitted.
    pub(super) fn is_left(&self, time: Millisecond, key: &str) -> bool {
        self.0.iter().any(|instant| instant.at == time && instant.is_left(key))
    }

    /// Requests again everything in flight, after those requests were dropped.
    pub(super) fn ask_again(&mut self) {
        for instant in &mut self.0 {
            instant.ask_again();
        }
    }

    /// The next request, for a page up to `last`, if there is one that need not wait for an answer.
    pub(super) fn next(&mut self, by: SliceKeys, last: u64) -> Option<Ask> {
        self.0.iter_mut().find_map(|instant| {
            let page = instant.next(last)?;
            let (from, to, keys) = (Some(instant.at), Some(instant.at + 1), instant.keys.clone());
            let slice = Slice { by, from, to, keys };
            Some(Ask { slice, order: None, page, part: Part::Instant { id: instant.id } })
        })
    }

    /// Processes an answer, and returns which of its rows are emitted: none if the instant has been split since.
    ///
    /// # Errors
    /// `Protocol` if the page is not the requested one.
    pub(super) fn answer(
        &mut self,
        id: u64,
        answer: InstantAnswer,
        rows: &dyn PageRows,
        mut new_id: impl FnMut() -> u64,
    ) -> Result<Result<Vec<bool>, CannotSplit>> {
        let keys = rows.keys();
        let Some(at) = self.0.iter().position(|instant| instant.id == id) else {
            return Ok(Ok(vec![false; keys.len()]));
        };
        let InstantAnswer { page, start, total, is_capped } = answer;
        match self.0[at].answer(page, (start, total), &keys, is_capped)? {
            Progress::New(new) => Ok(Ok(new)),
            Progress::Complete(new) => {
                self.0.remove(at);
                Ok(Ok(new))
            }
            Progress::Part(new) => Ok(self.part(at, &mut new_id).map(|()| new)),
        }
    }

    /// Splits the rows of an instant by their keys.
    fn part(&mut self, at: usize, new_id: &mut impl FnMut() -> u64) -> Result<(), CannotSplit> {
        let Some(instant) = self.0.remove(at) else { return Ok(()) };
        let beginnings = split_keys(instant.sample.iter().map(String::as_str)).ok_or(CannotSplit)?;
        for choice in [KeyChoice::Beginning(beginnings.clone()), KeyChoice::NotBeginning(beginnings)] {
            self.0.push_back(instant.part(new_id(), choice));
        }
        Ok(())
    }
}
