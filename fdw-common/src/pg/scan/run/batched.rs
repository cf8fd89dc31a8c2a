//! Runs whose key is requested in a batch.

use std::time::Instant;

use super::super::super::log;
use super::super::super::report::OrRaise;
use super::super::super::wait::wait_for;
use super::super::batches::{Batches, Found};
use super::super::cache::RequestKey;
use super::super::request::key_query;
use super::ScanState;
use crate::rest::Batch;
use crate::source::Source;

impl ScanState {
    /// The row of the current run from a batch; `None` if the key has to be looked up. Starts the next batches.
    pub(super) fn next_batched<S: Source>(&mut self) -> Option<Batch> {
        let (Some(batches), Some(now)) = (&mut self.batches, self.run.key.clone()) else { return None };
        let (entity, columns) = (self.node.entity, &self.node.plan.keys);
        let (answers, ahead) = (&self.answers, &self.ahead);
        let is_known = |values: &[_]| {
            let key = RequestKey { bound: values.to_vec(), ..now.clone() }.with_columns(columns);
            key.bound.is_empty() || answers.has(&key) || ahead.has(&key)
        };
        let key = batches.begin(&now, is_known, |key| key_query::<S>(entity, &[key.to_owned()]).is_some())?;
        let is_looked_up = self.ahead.has(&now);
        loop {
            self.start_batches::<S>((!is_looked_up).then_some(&key));
            let batches = self.batches.as_mut().filter(|batches| batches.has(&key))?;
            match batches.poll(&key) {
                Ok(Found::Row(row)) => return Some(row),
                Ok(Found::NoRow) => return None,
                Ok(Found::Pending) => self.wait_for_batch::<S>(&now, &key),
                Err(error) => batches.recover(&key, error).or_raise(),
            }
            log::flush();
        }
    }

    /// Starts the batches of the next keys; with `now`, the key that the current row needs, unless a batch has it, the
    /// first of them has it.
    fn start_batches<S: Source>(&mut self, now: Option<&String>) {
        let entity = self.node.entity;
        while let Some(batches) = &mut self.batches {
            let now = now.filter(|key| !batches.has(key)).map(String::as_str);
            let Some(next) = batches.next(now, |keys| key_query::<S>(entity, keys)) else { return };
            let Some(connected) = &self.connected else { return };
            let keys = next.keys.clone();
            let source = self.node.start_batch::<S>(connected, &self.totals.requests, next).or_raise();
            batches.add(keys, source);
        }
    }

    /// Waits for the batch with this key. Keys that have to be looked up are requested meanwhile.
    fn wait_for_batch<S: Source>(&mut self, now: &RequestKey, key: &str) {
        self.start_ahead::<S>(now);
        // An Append never waits for this scan: it is the inner side of a loop.
        if let Some(source) = self.batches.as_ref().and_then(|batches| batches.source(key)) {
            let start = Instant::now();
            wait_for(&source.event(), source.phase());
            self.totals.waited += start.elapsed();
        }
    }

    /// Sets the keys that are requested in batches.
    pub(in super::super) fn with_batches(self, batches: Option<Batches>) -> Self {
        ScanState { batches, ..self }
    }
}
