//! What the scans of a personality have to come to, and what they came to.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use fdw_common::error::{Error, ErrorKind};
use fdw_common::source::Source;

use super::personality::{Conduct, Dice, Found, Mistake, Pages, Personality};
use super::stand_in::{StandIn, Truth, nth_key};
use super::table::{self, Read, Table};
use crate::api::Api;

/// What is wrong with a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// A row that was there all the time is missing, and there is no error.
    MissingRow,
    /// A row comes twice.
    DoubledRow,
    /// A row comes that was never there.
    InventedRow,
    /// `count(*)` is not the number of rows.
    Count,
    /// A reader of the first rows got too few.
    Limit,
    /// A lookup gives no row, or another one.
    Lookup,
    /// An error, though the API does what is declared.
    Refused,
    /// An error, though the answers show how the API differs.
    NotLearnt,
    /// A bug is reported as one.
    Internal,
    /// More requests than the list can be worth.
    TooManyRequests,
}

/// One failure.
#[derive(Debug)]
pub struct Failure {
    /// What is wrong.
    pub wrong: Wrong,
    /// Which scan: `full scan`, `count(*)`, `limit 3`, `lookup`.
    pub scan: String,
    /// The scan in detail: what was due, what came, and the requests.
    pub detail: String,
}

/// The most requests of a scan that are worth its list.
fn most_requests(rows: usize, page: usize) -> usize {
    12 * (rows / page.max(1) + 1) + 20
}

struct Checked<'a, S> {
    drawn: &'a Personality,
    stand_in: &'a StandIn,
    table: &'a Table<S>,
    failures: Vec<Failure>,
}

/// Runs the scans of one personality against its API.
pub(crate) fn check<S: Source>(drawn: &Personality, api: &Api) -> Vec<Failure> {
    let prefix = format!("/{:x}", drawn.seed);
    let stand_in = Arc::new(StandIn::new(drawn.clone(), prefix.clone()));
    let answers = Arc::clone(&stand_in);
    api.answer(move |request| answers.answer(request));
    let table = match Table::<S>::new(drawn, format!("{}{prefix}", api.url())) {
        Ok(table) => table,
        Err(error) => panic!("the table of seed {} cannot be declared: {error:?}\n{drawn:#?}", drawn.seed),
    };
    let mut checked = Checked { drawn, stand_in: &stand_in, table: &table, failures: Vec::new() };
    let found = checked.full_scan();
    checked.count(found);
    checked.limits();
    checked.lookups();
    checked.failures
}

impl<S: Source> Checked<'_, S> {
    fn begin(&self, page: u32) {
        // What comes meanwhile makes the list longer.
        let rows = self.drawn.rows as usize + self.drawn.changes.min(500) as usize;
        // Offsets that are taken for numbers of pages give one new row a page; what is the last page of an API that
        // counts from 0 may be taken for a first one of few rows.
        let page = if matches!(self.drawn.mistake, Some(Mistake::Kind | Mistake::FirstPage)) { 1 } else { page };
        // Pages without rows may be followed by others with rows, for long.
        let empty = if self.drawn.ignores_place && rows == 0 { 1_100 } else { 0 };
        self.stand_in.begin(most_requests(rows, page as usize) + empty);
    }

    fn fail(&mut self, wrong: Wrong, scan: &str, came: &str, truth: &Truth) {
        let mut detail = format!("{came}\n");
        let _ = writeln!(detail, "rows that were there all the time: {:?}", truth.permanent);
        let sometimes: Vec<&u32> = truth.possible.difference(&truth.permanent).collect();
        if !sometimes.is_empty() {
            let _ = writeln!(detail, "rows that came or went: {sometimes:?}");
        }
        let _ = writeln!(detail, "requests: {:#?}", truth.requests);
        self.failures.push(Failure { wrong, scan: scan.to_owned(), detail });
    }

    /// An error: may it be?
    fn judge(&mut self, error: &Error, scan: &str, conduct: Conduct, truth: &Truth) {
        let wrong = match conduct {
            _ if error.kind() == ErrorKind::Internal => Wrong::Internal,
            _ if format!("{error:?}").contains("too many requests for this list") => Wrong::TooManyRequests,
            Conduct::Follows => Wrong::Refused,
            Conduct::Learnable => Wrong::NotLearnt,
            Conduct::Strays => return,
        };
        self.fail(wrong, scan, &format!("{error:?}"), truth);
    }

    /// Compares the rows of a scan that was read to its end.
    fn compare(&mut self, rows: &[u32], scan: &str, truth: &Truth) {
        let distinct: BTreeSet<u32> = rows.iter().copied().collect();
        let missing: Vec<&u32> = truth.permanent.difference(&distinct).collect();
        let invented: Vec<&u32> = distinct.difference(&truth.possible).collect();
        if !missing.is_empty() {
            self.fail(Wrong::MissingRow, scan, &format!("missing: {missing:?}, of {rows:?}"), truth);
        }
        if !invented.is_empty() {
            self.fail(Wrong::InventedRow, scan, &format!("invented: {invented:?}, in {rows:?}"), truth);
        }
        if distinct.len() < rows.len() {
            self.fail(Wrong::DoubledRow, scan, &format!("doubled, in {rows:?}"), truth);
        }
    }

    /// Gives the rows that came.
    fn full_scan(&mut self) -> Option<usize> {
        self.begin(self.drawn.size.of_full_scan());
        let read = self.table.all();
        let truth = self.stand_in.truth();
        match read {
            Ok(rows) => {
                self.compare(&rows, "full scan", &truth);
                Some(rows.len())
            }
            Err(error) => {
                self.judge(&error, "full scan", self.drawn.conduct(), &truth);
                None
            }
        }
    }

    fn count(&mut self, found: Option<usize>) {
        self.begin(1);
        let Some(count) = self.table.count() else { return };
        let truth = self.stand_in.truth();
        match count {
            Ok(count) => {
                let (least, most) = (truth.permanent.len() as u64, truth.possible.len() as u64);
                if !(least..=most).contains(&count) {
                    let came = format!("counted {count}; the full scan gave {found:?}");
                    self.fail(Wrong::Count, "count(*)", &came, &truth);
                }
            }
            Err(error) => self.judge(&error, "count(*)", self.drawn.conduct(), &truth),
        }
    }

    fn limits(&mut self) {
        let mut dice = Dice::new(self.drawn.seed.rotate_left(17));
        let some = 1 + dice.below(self.drawn.rows as usize + 2) as u64;
        for (limit, is_read_whole) in [(1, false), (some, false), (1 + dice.below(10) as u64, true)] {
            if is_read_whole && !dice.one_in(3) {
                continue;
            }
            let scan = if is_read_whole { format!("limit {limit}, read on") } else { format!("limit {limit}") };
            let asked = self.drawn.size.is_sent.then_some(self.drawn.size.asked.min(limit as u32));
            self.begin(if self.drawn.pages == Pages::Whole { u32::MAX } else { self.drawn.size.given(asked) });
            let most = if is_read_whole { usize::MAX } else { limit as usize };
            let read: Read = self.table.limited(limit, most);
            let truth = self.stand_in.truth();
            match read {
                Ok(rows) if rows.len() < most => self.compare(&rows, &scan, &truth),
                Ok(rows) => {
                    let distinct: BTreeSet<u32> = rows.iter().copied().collect();
                    if distinct.len() < rows.len() || !distinct.is_subset(&truth.possible) {
                        self.fail(Wrong::Limit, &scan, &format!("{rows:?}"), &truth);
                    }
                }
                Err(error) => {
                    // Pages of another size may be what the API cannot do.
                    self.judge(&error, &scan, self.drawn.conduct(), &truth);
                }
            }
        }
    }

    fn lookups(&mut self) {
        let Some(items) = self.drawn.items else { return };
        self.begin(1);
        let mut dice = Dice::new(self.drawn.seed.rotate_left(33));
        let there: Vec<u32> = self.stand_in.truth().permanent.into_iter().collect();
        let mut asked: BTreeSet<u32> = BTreeSet::new();
        for _ in 0..dice.below(4) {
            asked.extend((!there.is_empty()).then(|| dice.pick(&there)));
        }
        let absent = nth_key(self.drawn, self.drawn.rows + dice.below(100) as u32);
        if dice.one_in(2) {
            asked.insert(absent);
        }
        if asked.is_empty() {
            return;
        }
        let keys: Vec<String> = asked.iter().map(|row| self.stand_in.key(*row)).collect();
        let read = self.table.lookup(&keys);
        let truth = self.stand_in.truth();
        let due: BTreeSet<u32> = asked.intersection(&truth.permanent).copied().collect();
        let is_declared = items.found != Found::Enveloped || table::has_option::<S>("item_rows_path");
        match read {
            Ok(rows) => {
                if rows.iter().copied().collect::<BTreeSet<_>>() != due || rows.len() != due.len() {
                    self.fail(Wrong::Lookup, "lookup", &format!("asked for {asked:?}, got {rows:?}"), &truth);
                }
            }
            Err(_) if !is_declared => {}
            Err(error) => self.judge(&error, "lookup", self.drawn.item_conduct(), &truth),
        }
    }
}
