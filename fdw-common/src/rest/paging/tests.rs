//! Simulated pages for the tests of the pagers.

mod cursors;
mod in_order;
mod keys;
mod logs;
mod numbers;
mod ties;
mod times;

use std::borrow::Cow;
use std::collections::VecDeque;

use super::key_set::KeySet;
use super::page_view::{PageRows, PageView};
use super::pager::{Answer, PageRequest, Pager, Step};
use super::proof::Proof;
use crate::error::{Error, Result};
use crate::rest::decode::{Claims, ListMember};

/// Rows with keys and times.
pub(crate) struct Keyed(pub(crate) Vec<(String, i64)>);

impl Keyed {
    pub(crate) fn of(keys: &[&str]) -> Self {
        Keyed(keys.iter().map(|key| ((*key).to_owned(), 0)).collect())
    }
}

impl PageRows for Keyed {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn has_keys(&self) -> bool {
        true
    }

    fn key(&self, row: usize) -> Cow<'_, str> {
        Cow::Borrowed(&self.0[row].0)
    }

    fn time(&self, row: usize) -> Option<i64> {
        Some(self.0[row].1)
    }

    fn content(&self, row: usize, add: &mut dyn FnMut(&str)) {
        add(&self.0[row].0);
    }
}

/// Rows without keys, of one value each.
pub(crate) struct Keyless<'a>(pub(crate) &'a [&'a str]);

impl PageRows for Keyless<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn has_keys(&self) -> bool {
        false
    }

    fn key(&self, _row: usize) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn time(&self, _row: usize) -> Option<i64> {
        None
    }

    fn content(&self, row: usize, add: &mut dyn FnMut(&str)) {
        add(self.0[row]);
    }
}

/// An answer of a simulated API.
pub(crate) enum Reply {
    Page(Page),
    NoContent,
    Absent,
    TooSlow,
    PageCap,
}

/// A page of a simulated API.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) rows: Vec<(String, i64)>,
    pub(crate) claims: Claims,
    pub(crate) next_link: Option<String>,
}

impl Page {
    pub(crate) fn of(keys: &[&str]) -> Self {
        let claims = Claims { list: ListMember::Present, ..Claims::default() };
        Page { rows: Keyed::of(keys).0, claims, next_link: None }
    }

    pub(crate) fn stating(mut self, total: u64) -> Self {
        self.claims.total = Some(total);
        self
    }

    pub(crate) fn leading_to(mut self, next: &str) -> Self {
        self.claims.next = Some(next.to_owned());
        self
    }
}

/// The result of reading a list.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) keys: Vec<String>,
    pub(crate) targets: Vec<String>,
    pub(crate) end: Result<Proof, Error>,
}

impl Read {
    /// The rows, the number of requests, and the proof.
    pub(crate) fn proven(&self) -> (Vec<&str>, usize, Proof) {
        let end = self.end.as_ref().unwrap_or_else(|error| panic!("{error:?} after {:#?}", self.targets));
        (self.keys.iter().map(String::as_str).collect(), self.targets.len(), *end)
    }

    pub(crate) fn error(&self) -> &Error {
        self.end.as_ref().expect_err("reading returns an error")
    }
}

/// Reads a list as the driver does, with three concurrent requests. `answer` gets the number of the request and its
/// target.
pub(crate) fn read(mut pager: Box<dyn Pager>, mut answer: impl FnMut(usize, &str) -> Reply) -> Read {
    let (mut keys, mut in_flight) = (KeySet::default(), VecDeque::<PageRequest>::new());
    let mut read = Read { keys: Vec::new(), targets: Vec::new(), end: Ok(Proof::Declared) };
    loop {
        while in_flight.len() < 3 {
            match pager.next() {
                Ok(Some(request)) => {
                    read.targets.push(request.target.text().to_owned());
                    in_flight.push_back(request);
                }
                Ok(None) => break,
                Err(error) => return Read { end: Err(error), ..read },
            }
            assert!(read.targets.len() < 200, "the list does not end: {:#?}", read.targets);
        }
        let request = in_flight.pop_front().expect("a list has neither requests nor an end");
        let number = read.targets.len() - in_flight.len();
        let (page, learnt) = match answer(number, request.target.text()) {
            Reply::Page(page) => {
                let rows = Keyed(page.rows.clone());
                let view = PageView {
                    rows: &rows,
                    claims: &page.claims,
                    next_link: page.next_link.as_deref(),
                    date: Some(1_000_000),
                };
                let learnt = pager.learn(&request, &Answer::Page(view), &mut keys);
                (page.rows, learnt)
            }
            Reply::NoContent => (Vec::new(), pager.learn(&request, &Answer::NoContent, &mut keys)),
            Reply::Absent => (Vec::new(), pager.learn(&request, &Answer::Absent, &mut keys)),
            Reply::TooSlow => (Vec::new(), pager.learn(&request, &Answer::TooSlow, &mut keys)),
            Reply::PageCap => (Vec::new(), pager.learn(&request, &Answer::PageCap("no further"), &mut keys)),
        };
        let verdict = match learnt {
            Ok(verdict) => verdict,
            Err(error) => return Read { end: Err(error), ..read },
        };
        let emitted = page.into_iter().zip(verdict.emit).filter(|(_, emit)| *emit);
        read.keys.extend(emitted.map(|((key, _), _)| key));
        match verdict.step {
            Step::Continue => {}
            Step::Restart => in_flight.clear(),
            Step::Done(proof) => return Read { end: Ok(proof), ..read },
            Step::Fallback(next) => {
                in_flight.clear();
                pager = next;
            }
        }
    }
}
