//! Requests of the next runs, started while the current run waits for its own.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::cache::RequestKey;
use crate::plan::BoundValues;
use crate::rest::{RowSource, ScanStatistics};

/// A scan has no more requests in flight at once.
pub(super) const MOST_STARTED: usize = 10;

/// The values that a prefetch node reads ahead, shared with the scan on the inner side.
pub(super) type Upcoming = Rc<RefCell<ReadAhead>>;

/// Values of outer rows that have been read ahead.
#[derive(Default)]
pub(super) struct ReadAhead {
    /// The values of the rows that have not been emitted yet, in order, without those whose requests have been
    /// started.
    pub(super) values: VecDeque<Vec<BoundValues>>,
    /// Number of outer rows that have been read and not been emitted yet.
    pub(super) rows: usize,
    /// True if the outer side has no further rows.
    pub(super) at_end: bool,
    /// Number of the outer side's run.
    pub(super) run: u64,
}

thread_local! {
    /// Keyed by the running statement and the prefetch node's number.
    static RUNNING: RefCell<HashMap<(usize, i32), Upcoming>> = RefCell::default();
}

/// The values that the node with this number in a running statement reads ahead, if the node exists.
pub(super) fn upcoming(statement: usize, number: i32) -> Option<Upcoming> {
    RUNNING.with_borrow(|running| running.get(&(statement, number)).cloned())
}

/// Registers a node that reads ahead, with an empty queue of values.
pub(super) fn register(statement: usize, number: i32) -> Upcoming {
    let upcoming = Upcoming::default();
    RUNNING.with_borrow_mut(|running| running.insert((statement, number), Rc::clone(&upcoming)));
    upcoming
}

/// Unregisters a node that has ended.
pub(super) fn unregister(statement: usize, number: i32) {
    RUNNING.with_borrow_mut(|running| running.remove(&(statement, number)));
}

/// A request that was started before its run begins.
struct Started {
    /// The run of the outer side that it was started for.
    run: u64,
    source: RowSource,
}

/// The requests that have been started ahead.
#[derive(Default)]
pub(super) struct Ahead {
    upcoming: Option<Upcoming>,
    started: HashMap<RequestKey, Started>,
    /// Statistics of the requests that were given up.
    given_up: ScanStatistics,
}

impl Ahead {
    pub(super) fn new(upcoming: Option<Upcoming>) -> Self {
        Ahead { upcoming, ..Ahead::default() }
    }

    /// The request for this key, if it was started ahead.
    pub(super) fn take(&mut self, key: &RequestKey) -> Option<RowSource> {
        self.started.remove(key).map(|started| started.source)
    }

    /// True if the request for this key was started ahead.
    pub(super) fn has(&self, key: &RequestKey) -> bool {
        self.started.contains_key(key)
    }

    /// Statistics of the requests started ahead so far.
    pub(super) fn statistics(&self) -> ScanStatistics {
        let mut all = ScanStatistics::default();
        all.add_requests(&self.given_up);
        for started in self.started.values() {
            all.add_requests(&started.source.statistics());
        }
        all
    }

    /// The next key to start a request for: `now` with other values, of these `columns`. Requests that are no longer
    /// useful are given up.
    pub(super) fn next(
        &mut self,
        now: &RequestKey,
        columns: &[String],
        is_answered: impl Fn(&RequestKey) -> bool,
    ) -> Option<RequestKey> {
        let upcoming = self.upcoming.clone()?;
        if now.is_empty {
            // The current run needs no request, so there is nothing to wait for.
            return None;
        }
        // Requests under other conditions will not be used.
        let is_other = |key: &RequestKey| key.searches != now.searches || key.parameters != now.parameters;
        self.give_up(|key, _| is_other(key), usize::MAX);
        let run = upcoming.borrow().run;
        let has_more = || !upcoming.borrow().values.is_empty();
        while has_more() && (self.started.len() < MOST_STARTED || self.give_up_leftover(run)) {
            let bound = upcoming.borrow_mut().values.pop_front()?;
            let next = RequestKey { bound, ..now.clone() }.with_columns(columns);
            if let Some(started) = self.started.get_mut(&next) {
                started.run = run;
            } else if !next.bound.is_empty() && next != *now && !is_answered(&next) {
                return Some(next);
            }
        }
        None
    }

    /// Stores a request that has been started.
    pub(super) fn add(&mut self, key: RequestKey, source: RowSource) {
        let run = self.upcoming.as_ref().map_or(0, |upcoming| upcoming.borrow().run);
        self.started.insert(key, Started { run, source });
    }

    pub(super) fn clear(&mut self) {
        self.give_up(|_, _| true, usize::MAX);
    }

    /// Gives up a request that an earlier run of the outer side started and did not use. Call it only when there is
    /// no room: otherwise the request stays, because this run may use it. Returns false if there is none.
    fn give_up_leftover(&mut self, run: u64) -> bool {
        self.give_up(|_, started| started.run != run, 1) > 0
    }

    /// Gives up at most `most` requests; they have been sent nevertheless. Returns how many.
    fn give_up(&mut self, is_of_no_use: impl Fn(&RequestKey, &Started) -> bool, most: usize) -> usize {
        let given_up: Vec<_> = self.started.extract_if(|key, started| is_of_no_use(key, started)).take(most).collect();
        for (_, started) in &given_up {
            self.given_up.add_requests(&started.source.statistics());
        }
        given_up.len()
    }
}
