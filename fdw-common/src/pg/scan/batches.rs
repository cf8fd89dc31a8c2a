//! Batches of keys: one request for the rows of several outer rows that have been read ahead.

use std::collections::HashMap;

use super::ahead::{MOST_STARTED, Upcoming};
use super::cache::RequestKey;
use crate::error::{Error, Result};
use crate::key_queue::{KeyBatch, KeyQueue, Query, Recovery};
use crate::plan::BoundValues;
use crate::rest::{Batch, Next, RowSource, ScanStatistics};

/// A batch that was started, and its rows that have not been used.
struct Started {
    /// The run of the outer side that it was started for.
    run: u64,
    /// The keys that no run has used yet, each with its position.
    keys: HashMap<String, usize>,
    /// The request; `None` after its end.
    source: Option<RowSource>,
    rows: HashMap<String, Batch>,
}

/// The row of a key that is in a batch.
pub(super) enum Found {
    /// The row.
    Row(Batch),
    /// The batch has no row with this key; a lookup may have one.
    NoRow,
    /// The batch has not been answered.
    Pending,
}

/// The keys that a prefetch node reads ahead, and the batches that request them.
pub(super) struct Batches {
    /// The keys of the prefetch node.
    upcoming: Upcoming,
    /// The keys to look up.
    alone: Upcoming,
    queue: KeyQueue,
    started: Vec<Started>,
    /// Statistics of the batches that have ended.
    ended: ScanStatistics,
    rows_received: u64,
}

impl Batches {
    /// Batches of at most this many keys. The prefetch node puts keys into `upcoming`; keys to look up are passed on to
    /// `alone`.
    pub(super) fn new(upcoming: Upcoming, alone: Upcoming, most: usize) -> Self {
        Batches {
            upcoming,
            alone,
            queue: KeyQueue::new(most),
            started: Vec::new(),
            ended: ScanStatistics::default(),
            rows_received: 0,
        }
    }

    /// Begins the run of a key: takes the keys that have been read ahead, except those that `is_known` says need no
    /// request. Returns the key as it is requested in a batch; `None` if it cannot be.
    pub(super) fn begin(
        &mut self,
        now: &RequestKey,
        is_known: impl Fn(&[BoundValues]) -> bool,
        is_writable: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let mut upcoming = self.upcoming.borrow_mut();
        let mut alone = self.alone.borrow_mut();
        if alone.run != upcoming.run {
            (alone.run, alone.values) = (upcoming.run, Default::default());
            self.queue.keep_last(0);
        }
        for values in std::mem::take(&mut upcoming.values) {
            match only(&values) {
                Some(key) if self.started.iter().any(|batch| batch.keys.contains_key(key)) => {}
                _ if is_known(&values) => {}
                Some(key) if is_writable(key) => self.queue.add(key.to_owned()),
                _ => alone.values.push_back(values),
            }
        }
        let now = only(&now.bound).map(str::to_owned);
        if let Some(key) = &now {
            self.queue.remove(key);
        }
        self.queue.keep_last(upcoming.rows);
        while alone.values.len() > upcoming.rows {
            alone.values.pop_front();
        }
        now.filter(|key| is_writable(key))
    }

    /// The next batch to start. With `now`, the key that the current row needs, it begins with that. Once batches have
    /// failed, all keys are to be looked up.
    pub(super) fn next(&mut self, now: Option<&str>, write: impl Fn(&[String]) -> Option<Query>) -> Option<KeyBatch> {
        if !self.queue.is_on() {
            let mut alone = self.alone.borrow_mut();
            while let Some(key) = self.queue.pop() {
                alone.values.push_back(as_values(key));
            }
            return None;
        }
        let (run, is_last) = (self.alone.borrow().run, self.upcoming.borrow().at_end);
        if self.started.len() >= MOST_STARTED {
            // A batch of an earlier run of the outer side is dropped only now: this run might have used it.
            let at = self.started.iter().position(|batch| batch.run != run)?;
            self.remove(at);
        }
        self.queue.next(now, is_last, write)
    }

    /// Adds a batch that has been started.
    pub(super) fn add(&mut self, keys: Vec<String>, source: RowSource) {
        let run = self.alone.borrow().run;
        let keys = keys.into_iter().zip(0..).collect();
        self.started.push(Started { run, keys, source: Some(source), rows: HashMap::new() });
    }

    /// True if a batch has this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.started.iter().position(|batch| batch.keys.contains_key(key))
    }

    /// The request of the batch with this key, if it has not ended.
    pub(super) fn source(&self, key: &str) -> Option<&RowSource> {
        self.started[self.position(key)?].source.as_ref()
    }

    /// The row of a key, which leaves its batch; `NoRow` if no batch has the key. The other keys without a row are to
    /// be looked up as well.
    ///
    /// # Errors
    /// The error of the batch.
    pub(super) fn poll(&mut self, key: &str) -> Result<Found> {
        let Some(at) = self.position(key) else { return Ok(Found::NoRow) };
        let batch = &mut self.started[at];
        while let Some(source) = &mut batch.source {
            match source.next()? {
                Next::Pending => return Ok(Found::Pending),
                Next::Batch(page) => {
                    self.rows_received += page.len() as u64;
                    for row in 0..page.len() {
                        if let Some(single) = page.single(row) {
                            batch.rows.insert(page.key(row).into_owned(), single);
                        }
                    }
                }
                Next::End => {
                    self.ended.add_requests(&source.statistics());
                    batch.source = None;
                    let is_missing = |other: &String| other != key && !batch.rows.contains_key(other);
                    let missing = batch.keys.extract_if(|key, _| is_missing(key)).collect();
                    self.alone.borrow_mut().values.extend(in_order(missing).map(as_values));
                }
            }
        }
        let row = batch.rows.remove(key);
        batch.keys.remove(key);
        if batch.keys.is_empty() {
            self.remove(at);
        }
        Ok(row.map_or(Found::NoRow, Found::Row))
    }

    /// Takes the keys of a failed batch back, in smaller batches or to be looked up.
    ///
    /// # Errors
    /// The error, if lookups would have it too.
    pub(super) fn recover(&mut self, key: &str, error: Error) -> Result<()> {
        let recovery = Recovery::of(error.kind());
        let Some(at) = self.position(key).filter(|_| recovery != Recovery::Raise) else { return Err(error) };
        let keys: Vec<String> = in_order(self.remove(at).into_iter().collect()).collect();
        tracing::warn!(keys = keys.len(), "{}; requesting fewer keys together", error.message());
        self.queue.fail(keys, recovery);
        self.queue.remove(key);
        Ok(())
    }

    /// Drops a batch, and returns its keys that have not been used.
    fn remove(&mut self, at: usize) -> HashMap<String, usize> {
        let batch = self.started.remove(at);
        if let Some(source) = &batch.source {
            self.ended.add_requests(&source.statistics());
        }
        batch.keys
    }

    /// Statistics of all batches so far.
    pub(super) fn statistics(&self) -> ScanStatistics {
        let mut all = ScanStatistics::default();
        all.add_requests(&self.ended);
        for source in self.started.iter().filter_map(|batch| batch.source.as_ref()) {
            all.add_requests(&source.statistics());
        }
        all
    }

    /// Number of rows that batches have received.
    pub(super) fn rows_received(&self) -> u64 {
        self.rows_received
    }

    /// Drops all batches and keys.
    pub(super) fn clear(&mut self) {
        while !self.started.is_empty() {
            self.remove(self.started.len() - 1);
        }
        self.queue.keep_last(0);
    }
}

/// The keys in the order of their rows.
fn in_order(mut keys: Vec<(String, usize)>) -> impl Iterator<Item = String> {
    keys.sort_by_key(|(_, position)| *position);
    keys.into_iter().map(|(key, _)| key)
}

/// A key as the values of an outer row, without the column's name, which the reader adds.
fn as_values(key: String) -> Vec<BoundValues> {
    vec![vec![(String::new(), key)]]
}

/// The one value of a run's key; `None` if it has several values or none.
fn only(values: &[BoundValues]) -> Option<&str> {
    match values {
        [bound] => match bound.as_slice() {
            [(_, value)] => Some(value),
            _ => None,
        },
        _ => None,
    }
}
