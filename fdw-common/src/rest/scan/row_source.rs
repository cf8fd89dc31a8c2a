//! The rows of one scan, which Postgres pulls from the transport thread.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::context::ListContext;
use super::counters::ScanCounters;
use super::fan_out;
use super::list;
use super::progress::Observer;
use super::request::ScanRequest;
use super::resources::Resources;
use super::sink::{Demand, PageSink, ReaderSink};
use crate::error::{Error, ErrorKind, Result};
use crate::rest::decode::Batch;
use crate::rest::http::Phase;
use crate::rest::wake::{Event, Wake, Waking};

/// The statistics of a scan so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanStatistics {
    /// Requests sent, including retries.
    pub requests: u64,
    /// Of these, retries.
    pub retries: u64,
    /// Bytes of answers read, after decompression.
    pub bytes: u64,
    /// The earliest header `Date` of all responses, in milliseconds since 1970.
    pub first_date: Option<u64>,
    /// The number of rows that the list stated, once its first page was read. At the page cap it means "or more".
    pub total: Option<u64>,
    /// The estimated number of rows of a list past its page cap, from the rows so far.
    pub estimated_total: Option<u64>,
    /// A description of how a list past its page cap is read.
    pub bulk: Option<String>,
    /// The proofs that the lists that were read to their end are complete.
    pub proof: Option<String>,
}

impl ScanStatistics {
    /// Adds another scan's requests.
    pub fn add_requests(&mut self, other: &ScanStatistics) {
        self.requests += other.requests;
        self.retries += other.retries;
        self.bytes += other.bytes;
        self.first_date = [self.first_date, other.first_date].into_iter().flatten().min();
    }
}

/// The result of [`RowSource::next`].
#[derive(Debug)]
pub enum Next {
    /// Rows, at least one.
    Batch(Batch),
    /// No rows yet: wait until the source's file descriptor is readable.
    Pending,
    /// All rows have been returned, and the list is proven complete.
    End,
}

/// The rows of one scan, page by page. Dropping it aborts its requests in flight.
pub struct RowSource {
    pages: mpsc::UnboundedReceiver<Result<Batch>>,
    wake: Arc<Wake>,
    demand: Arc<Demand>,
    counters: Arc<ScanCounters>,
    /// Set when all rows have been sent, which distinguishes the end from a failed thread.
    complete: Arc<AtomicBool>,
    task: Task,
    /// True while a page is requested.
    waiting: bool,
    /// True if the last page was not there yet: the reader waits for `wake`.
    is_pending: bool,
    ended: bool,
}

/// The task that reads the rows on the transport thread.
enum Task {
    Waiting(Handle, Pin<Box<dyn Future<Output = ()> + Send>>),
    Running(JoinHandle<()>),
    Starting,
}

impl Task {
    /// Starts the task, unless it is running.
    fn start(&mut self) {
        *self = match std::mem::replace(self, Task::Starting) {
            Task::Waiting(runtime, scan) => Task::Running(runtime.spawn(scan)),
            running => running,
        };
    }
}

impl fmt::Debug for RowSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowSource")
            .field("counters", &self.counters)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

impl RowSource {
    /// Requests the next page, so that it is in flight before it is needed.
    pub fn begin(&mut self) {
        if !self.ended && !std::mem::replace(&mut self.waiting, true) {
            self.demand.add();
            self.task.start();
        }
    }

    /// The next page, without waiting.
    ///
    /// # Errors
    /// The error that ended the scan. After an error or the end there are no more rows.
    #[expect(clippy::should_implement_trait, reason = "it may be pending, which no iterator is")]
    pub fn next(&mut self) -> Result<Next> {
        while !self.ended {
            self.begin();
            // The event is cleared before the channel is read: a page that arrives in between sets it again.
            if std::mem::take(&mut self.is_pending) || self.wake.is_set() {
                self.wake.clear();
            }
            match self.pages.try_recv() {
                Ok(Ok(batch)) => {
                    self.waiting = false;
                    if !batch.is_empty() {
                        return Ok(Next::Batch(batch));
                    }
                }
                Ok(Err(error)) => {
                    self.ended = true;
                    return Err(error);
                }
                Err(mpsc::error::TryRecvError::Empty) => {
                    self.is_pending = true;
                    return Ok(Next::Pending);
                }
                Err(mpsc::error::TryRecvError::Disconnected) => self.end()?,
            }
        }
        Ok(Next::End)
    }

    fn end(&mut self) -> Result<()> {
        self.ended = true;
        if self.complete.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Internal, "the transport thread stopped in the middle of a scan"))
    }

    /// Waits for the next page, for programs that have nothing else to wait for.
    ///
    /// # Errors
    /// The errors of [`RowSource::next`].
    pub fn next_blocking(&mut self) -> Result<Option<Batch>> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        loop {
            match self.next()? {
                Next::Batch(batch) => return Ok(Some(batch)),
                Next::End => return Ok(None),
                Next::Pending => {
                    // An interrupted wait is not an error: the loop tries again.
                    let _ = poll(&mut [PollFd::new(self.wake.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
                }
            }
        }
    }

    /// The event that is set when [`RowSource::next`] may have a new result.
    pub fn event(&self) -> Event {
        self.wake.event()
    }

    /// The phase that the scan is waiting in.
    pub fn phase(&self) -> Phase {
        self.counters.http.phase()
    }

    /// The statistics so far.
    pub fn statistics(&self) -> ScanStatistics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = &self.counters.http.counts;
        ScanStatistics {
            requests: read(&counts.requests),
            retries: read(&counts.retries),
            bytes: read(&counts.bytes),
            first_date: self.counters.http.first_date(),
            total: self.counters.total.get().copied(),
            estimated_total: self.counters.estimated_total(),
            bulk: self.counters.bulk(),
            proof: self.counters.proof(),
        }
    }
}

impl AsFd for RowSource {
    /// A file descriptor that is readable when [`RowSource::next`] may have a new result.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl Drop for RowSource {
    fn drop(&mut self) {
        if let Task::Running(task) = &self.task {
            task.abort();
        }
    }
}

pub(crate) fn start(runtime: &Handle, resources: Arc<Resources>, request: ScanRequest) -> Result<RowSource> {
    let wake = Wake::new()?;
    let counters = Arc::new(ScanCounters::waking(Arc::clone(&wake)));
    let observer = Observer::new(Arc::clone(&resources), Arc::clone(&counters), &request);
    let demand = Arc::new(Demand::default());
    let complete = Arc::new(AtomicBool::new(false));
    let (sender, pages) = mpsc::unbounded_channel();
    let mut sink = ReaderSink::new(sender, Arc::clone(&wake), Arc::clone(&demand), Arc::clone(&counters));
    let span = tracing::info_span!("scan", entity = request.entity.name);
    let scan = {
        let (counters, complete) = (Arc::clone(&counters), Arc::clone(&complete));
        async move {
            tracing::debug!("started");
            let scan = read(resources, request, Arc::clone(&counters), &mut sink);
            let ended = observer.observe(scan).await;
            let counts = &counters.http.counts;
            let [requests, retries, bytes] =
                [&counts.requests, &counts.retries, &counts.bytes].map(|count| count.load(Ordering::Relaxed));
            tracing::debug!(requests, retries, bytes, is_complete = ended.is_ok(), "ended");
            match ended {
                Ok(()) => complete.store(true, Ordering::Release),
                Err(error) => sink.fail(error),
            }
            drop(sink);
        }
    };
    // The task starts with the first demand, which then wakes the transport thread only once.
    let task = Task::Waiting(runtime.clone(), Box::pin(Waking::new(scan.instrument(span), Arc::clone(&wake))));
    Ok(RowSource { pages, wake, demand, counters, complete, task, waiting: false, is_pending: false, ended: false })
}

/// Reads the rows of a scan: of a batch of keys, by lookups, from one list, or from many lists.
async fn read(
    resources: Arc<Resources>,
    request: ScanRequest,
    counters: Arc<ScanCounters>,
    sink: &mut ReaderSink,
) -> Result<()> {
    sink.wanted().await;
    if let Some(keys) = &request.key_batch {
        let context = Arc::new(ListContext::new(&resources, &request, counters)?);
        return list::read_keys(&context, keys.clone(), sink).await;
    }
    let lookup = request.plan.lookup(request.entity);
    if let (Some(targets), Some(lookup)) = (&request.lookups, lookup) {
        let context = Arc::new(ListContext::new(&resources, &request, counters)?);
        return list::read_lookups(&context, lookup, targets.clone(), sink).await;
    }
    fan_out::read(resources, request, counters, sink).await
}
