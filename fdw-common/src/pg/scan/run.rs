//! State of one scan node: its inputs, its current run, and the cached results of earlier runs.

mod batched;
mod statistics;

use std::sync::Arc;
use std::time::{Duration, Instant};

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, Oid};

use super::super::log;
use super::super::report::{OrRaise, raise};
use super::super::saved_plan::entity_of;
use super::super::wait::wait_for;
use super::ahead::{Ahead, Upcoming};
use super::batches::Batches;
use super::cache::{Answers, Pages, RequestKey};
use super::inputs::Inputs;
use super::request::{Connected, ScanNode};
use super::row::RowWriter;
use super::session_reads::add_to_session;
use super::slot::VirtualSlot;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Access, RemotePlan};
use crate::rest::decode::MissingColumns;
use crate::rest::{Batch, Next, RequestCount, RowSource, ScanStatistics};
use crate::source::Source;

/// State of one scan node. Owned by the query's memory context, which drops it at the end and on every error.
pub(in crate::pg) struct ScanState {
    node: ScanNode,
    /// The session and the limits, set at the first row.
    connected: Option<Connected>,
    run: Run,
    answers: Answers,
    ahead: Ahead,
    /// The keys that are requested in batches, if they are.
    batches: Option<Batches>,
    totals: Totals,
}

/// State of one run, from its first row to its last.
struct Run {
    /// The request key, once the run has begun.
    key: Option<RequestKey>,
    /// The running request; `None` before the first row is requested and after the last.
    source: Option<RowSource>,
    pages: Pages,
    rows: RowWriter,
    /// True if the count has been returned.
    is_counted: bool,
    /// True while an Append requests rows, because it waits for several scans at once.
    must_not_wait: bool,
    /// True if a row was requested in that time and has not arrived yet.
    is_pending: bool,
}

/// Statistics of the node.
#[derive(Default)]
struct Totals {
    /// Requests of all runs, for the option `max_requests_per_scan`.
    requests: Arc<RequestCount>,
    /// Columns whose member was in no row so far.
    missing: MissingColumns,
    /// Statistics of earlier runs.
    finished: ScanStatistics,
    rows_received: u64,
    waited: Duration,
}

impl ScanState {
    /// A scan that has not begun.
    ///
    /// # Safety
    /// `descriptor` is the table's row type; `context` is a live memory context that outlives the state, and
    /// `statement` is null or outlives it too.
    pub(in crate::pg) unsafe fn new<S: Source>(
        table: Oid,
        user: Oid,
        plan: RemotePlan,
        descriptor: pg_sys::TupleDesc,
        context: pg_sys::MemoryContext,
        statement: *mut pg_sys::EState,
        inputs: Inputs,
    ) -> Self {
        let entity = entity_of::<S>(&plan);
        // SAFETY: the row type and the memory context fulfil this function's contract.
        let rows = unsafe { RowWriter::new(entity, &plan, descriptor, context) };
        ScanState {
            node: ScanNode { entity, plan, table, user, statement, inputs },
            connected: None,
            run: Run {
                key: None,
                source: None,
                pages: Pages::default(),
                rows,
                is_counted: false,
                must_not_wait: false,
                is_pending: false,
            },
            answers: Answers::default(),
            ahead: Ahead::default(),
            batches: None,
            totals: Totals::default(),
        }
    }

    /// The same scan, which also starts requests for values that a prefetch node reads ahead.
    pub(super) fn with_upcoming(self, upcoming: Option<Upcoming>) -> Self {
        ScanState { ahead: Ahead::new(upcoming), ..self }
    }

    /// True if only the number of rows is requested.
    pub(super) fn is_count(&self) -> bool {
        self.node.plan.access == Access::Count
    }

    /// Drops the requests in flight.
    fn stop(&mut self) {
        self.totals.finished = self.begun();
        self.run.source = None;
    }

    /// Drops requests in flight and pages, and reports columns that are in no row.
    pub(super) fn end(&mut self) {
        let is_whole = self.run.pages.is_complete && !matches!(self.node.plan.access, Access::Lookup(_));
        self.stop();
        self.ahead.clear();
        if let Some(batches) = &mut self.batches {
            batches.clear();
        }
        add_to_session(&self.statistics());
        self.run.pages = Pages::default();
        self.answers = Answers::default();
        if is_whole {
            self.report_missing();
        }
    }

    /// Sends a notice about columns that are NULL in every row because no row has their member.
    fn report_missing(&mut self) {
        let missing = std::mem::take(&mut self.totals.missing);
        let columns: Vec<_> = missing.cells().iter().filter_map(|cell| self.node.plan.columns.get(*cell)).collect();
        if columns.is_empty() {
            return;
        }
        let quoted: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let message = format!("no row of \"{}\" has the member of {}", self.node.entity.name, quoted.join(", "));
        let closest: Vec<String> = columns
            .iter()
            .filter_map(|column| {
                let member = missing.closest(column.path.root()?)?;
                Some(format!("json_path '{member}' for the column \"{}\"", column.name))
            })
            .collect();
        let hint = (!closest.is_empty()).then(|| format!("Perhaps you meant {}.", closest.join(", ")));
        log::notice(message, hint);
    }

    /// Starts over: from cached pages if all are cached, else with new requests.
    pub(super) fn restart(&mut self, parameters_changed: bool) {
        self.run.is_counted = false;
        self.run.rows.restart();
        if (parameters_changed && !self.node.inputs.is_empty()) || self.node.inputs.has_limit() {
            self.stop();
            let pages = std::mem::take(&mut self.run.pages);
            if let Some(key) = self.run.key.take() {
                self.answers.keep(key, pages);
            }
        } else if !self.run.pages.rewind() {
            self.stop();
        }
    }

    /// Sets whether a row that has not arrived yet is waited for. Returns true if one was left pending since the last
    /// call.
    pub(super) fn set_nonblocking(&mut self, must_not_wait: bool) -> bool {
        self.run.must_not_wait = must_not_wait;
        std::mem::take(&mut self.run.is_pending)
    }

    /// The running request.
    pub(super) fn source(&self) -> Option<&RowSource> {
        self.run.source.as_ref()
    }

    /// Begins a run at its first row: computes its request key, with the limits of the first run.
    fn begin<S: Source>(&mut self) -> Result<()> {
        if self.run.key.is_some() {
            return Ok(());
        }
        log::flush();
        let connected = match self.connected.take() {
            Some(connected) => connected,
            None => self.node.connect::<S>()?,
        };
        let key = self.node.request_key::<S>(&connected.limits);
        self.connected = Some(connected);
        let key = key?;
        if let Some(pages) = self.answers.take(&key) {
            self.run.pages = pages;
        }
        self.run.key = Some(key);
        Ok(())
    }

    /// Moves to the next row. Returns false if there is none.
    pub(in crate::pg) fn advance<S: Source>(&mut self) -> bool {
        self.begin::<S>().or_raise();
        loop {
            if self.run.pages.advance() {
                return true;
            }
            if self.run.pages.is_complete {
                return false;
            }
            if self.run.source.is_none()
                && let Some(row) = self.next_batched::<S>()
            {
                self.run.pages.add(row);
                // It is the only one with its key.
                self.run.pages.is_complete = true;
                continue;
            }
            match self.next_page::<S>() {
                // Rows with equal keys may be on both pages or on none (see `planner::sort`).
                Some(_) if self.node.plan.sort.is_some() && !self.run.pages.is_empty() => raise(
                    Error::new(ErrorKind::Incomplete, "a sorted scan was read past its LIMIT")
                        .with_hint("Set the option pushdown to 'safe' on the table and say how the query ran."),
                ),
                Some(batch) if self.run.key.as_ref().is_some_and(|key| key.first.is_some()) => {
                    self.add_first::<S>(batch);
                }
                Some(batch) => {
                    self.totals.rows_received += batch.len() as u64;
                    self.totals.missing.add(&batch);
                    self.run.pages.add(batch);
                }
                None if self.run.is_pending => return false,
                None => {
                    self.run.pages.is_complete = true;
                    self.stop();
                }
            }
        }
    }

    /// Adds the first rows in an order, if they are all that the query reads. If the API's pages are smaller than
    /// requested, the run reads the list from the start without an order: rows with equal keys may be on two pages or
    /// on none.
    fn add_first<S: Source>(&mut self, batch: Batch) {
        let Some(key) = &mut self.run.key else { return };
        let has_all = key.first.is_some_and(|first| batch.len() as u64 >= first);
        if has_all || self.next_page::<S>().is_none() {
            self.totals.rows_received += batch.len() as u64;
            self.totals.missing.add(&batch);
            self.run.pages.add(batch);
            self.run.pages.is_complete = true;
        } else if let Some(key) = &mut self.run.key {
            key.first = None;
        }
        self.stop();
    }

    /// The next page; `None` at the end and when it is pending.
    fn next_page<S: Source>(&mut self) -> Option<Batch> {
        if self.run.source.is_none() {
            let key = self.run.key.clone()?;
            self.run.source = match self.ahead.take(&key) {
                _ if key.is_empty => None,
                Some(started) => Some(started),
                None => self.start::<S>(&key).or_raise(),
            };
            // The current run's request is queued first.
            if let Some(source) = &mut self.run.source {
                source.begin();
            }
            self.start_ahead::<S>(&key);
        }
        let source = self.run.source.as_mut()?;
        loop {
            let next = source.next();
            log::flush();
            match next.or_raise() {
                Next::Batch(batch) => return Some(batch),
                Next::End => return None,
                Next::Pending if self.run.must_not_wait => {
                    self.run.is_pending = true;
                    return None;
                }
                Next::Pending => {
                    let start = Instant::now();
                    wait_for(&source.event(), source.phase());
                    self.totals.waited += start.elapsed();
                }
            }
        }
    }

    /// Starts the requests of the next runs while this one waits for its own.
    fn start_ahead<S: Source>(&mut self, now: &RequestKey) {
        let answers = &self.answers;
        while let Some(next) = self.ahead.next(now, &self.node.plan.keys, |key| answers.has(key)) {
            let Some(connected) = &self.connected else { return };
            if let Some(mut source) = self.node.start::<S>(connected, &self.totals.requests, &next).or_raise() {
                source.begin();
                self.ahead.add(next, source);
            }
        }
    }

    /// The request for the rows of a run; `None` if there can be no rows.
    fn start<S: Source>(&self, key: &RequestKey) -> Result<Option<RowSource>> {
        let Some(connected) = &self.connected else {
            return Err(Error::new(ErrorKind::Internal, "a run was started before it had a connection"));
        };
        self.node.start::<S>(connected, &self.totals.requests, key)
    }

    /// The number of rows: the list's total, or counted if the total only means "that many or more".
    fn count<S: Source>(&mut self) -> u64 {
        let mut rows = 0;
        let stated =
            |state: &Self, rows| state.statistics().total.filter(|total| *total >= rows && !state.list_is_capped());
        while stated(self, rows.max(1)).is_none() && self.advance::<S>() {
            rows += 1;
        }
        let total = stated(self, rows).unwrap_or(rows);
        self.stop();
        total
    }

    /// Stores the next row in a slot. Returns false at the end, and when the row is pending.
    pub(super) fn store_next<S: Source>(&mut self, slot: VirtualSlot) -> bool {
        if self.is_count() {
            if std::mem::replace(&mut self.run.is_counted, true) {
                return false;
            }
            let count = self.count::<S>() as i64;
            slot.set_all(count.into());
            return true;
        }
        let has_row = self.advance::<S>();
        if has_row {
            self.fill(slot);
        }
        has_row
    }

    /// Fills a slot with the current row.
    fn fill(&mut self, slot: VirtualSlot) {
        let Some((batch, row)) = self.run.pages.current() else { return };
        self.run.rows.fill(slot, batch, row, self.node.order_of(self.run.key.as_ref()));
    }

    /// Fills a slot with the current row. Values that do not fit their column become NULL and are reported by
    /// [`ScanState::take_misfits`].
    pub(in crate::pg) fn fill_lossy(&mut self, slot: VirtualSlot) {
        let Some((batch, row)) = self.run.pages.current() else { return };
        self.run.rows.fill_lossy(slot, batch, row);
    }

    /// The warnings, one for each column with a value that does not fit.
    pub(in crate::pg) fn take_misfits(&mut self) -> Vec<ErrorReport> {
        self.run.rows.take_misfits()
    }
}
