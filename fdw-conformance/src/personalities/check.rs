//! Checks of the results of a personality's scans.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use fdw_common::error::{Error, ErrorKind};
use fdw_common::source::Source;

use super::personality::{Conduct, Dice, Found, Mistake, Pages, Personality};
use super::stand_in::{StandIn, Truth, nth_key};
use super::table::{self, Read, Table};
use crate::api::Api;

/// The kinds of failures of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// A row that existed all the time is missing, without an error.
    MissingRow,
    /// A row is returned twice.
    DoubledRow,
    /// A row is returned that never existed.
    InventedRow,
    /// `count(*)` is not the number of rows.
    Count,
    /// A reader of the first rows got wrong rows.
    Limit,
    /// A lookup returns no row, or another one.
    Lookup,
    /// An error, although the API does what the table declares.
    Refused,
    /// An error, although the answers show how the API differs.
    NotLearnt,
    /// An internal error, which is always a bug.
    Internal,
    /// More requests than the list should take.
    TooManyRequests,
}

/// One failure.
#[derive(Debug)]
pub struct Failure {
    /// The kind of failure.
    pub wrong: Wrong,
    /// The scan: `full scan`, `count(*)`, `limit 3`, `lookup`.
    pub scan: String,
    /// The scan in detail: the result, the expected rows, and the requests.
    pub detail: String,
}

/// The most requests that a scan of a list may send.
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
        // Rows created in the meantime make the list longer.
        let rows = self.drawn.rows as usize + self.drawn.changes.min(500) as usize;
        // If offsets are declared as page numbers, each page has one new row. The last page of an API that counts from
        // 0 may look like a first page with few rows.
        let page = if matches!(self.drawn.mistake, Some(Mistake::Kind | Mistake::FirstPage)) { 1 } else { page };
        // Many pages without rows may be read, since pages with rows may follow them.
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

    /// Records an error as a failure, unless the API's conduct allows it.
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

    /// Checks a full scan, and returns its number of rows.
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
                    // The API may not support pages of another size.
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
