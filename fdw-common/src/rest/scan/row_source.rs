//! The rows of one scan, as Postgres pulls them from the transport thread.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::sys::eventfd::{EfdFlags, EventFd};
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

/// What a scan has cost so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanStatistics {
    /// Requests sent, repeated ones included.
    pub requests: u64,
    /// Of these, the repeated ones.
    pub retries: u64,
    /// Bytes of answers read, after decompression.
    pub bytes: u64,
    /// The number of rows the list stated, once its first page is there. At the page cap it means "or more".
    pub total: Option<u64>,
    /// The number of rows that a list past its page cap seems to have, by what has come of it.
    pub estimated_total: Option<u64>,
    /// How a list past its page cap is read, in words.
    pub bulk: Option<String>,
    /// Why the lists that were read to their end are complete, in words.
    pub proof: Option<String>,
}

impl ScanStatistics {
    /// Adds another scan's requests.
    pub fn add_requests(&mut self, other: &ScanStatistics) {
        self.requests += other.requests;
        self.retries += other.retries;
        self.bytes += other.bytes;
    }
}

/// What [`RowSource::next`] finds.
#[derive(Debug)]
pub enum Next {
    /// Rows, at least one.
    Batch(Batch),
    /// Nothing yet: wait until the source's file descriptor is readable.
    Pending,
    /// All rows have come, and it is proven that they are all.
    End,
}

/// The rows of one scan, page by page. Dropping it drops its requests in flight.
#[derive(Debug)]
pub struct RowSource {
    pages: mpsc::UnboundedReceiver<Result<Batch>>,
    wake: Arc<EventFd>,
    demand: Arc<Demand>,
    counters: Arc<ScanCounters>,
    /// Set when all rows have come; the reader tells the end from a failed thread by it.
    complete: Arc<AtomicBool>,
    task: JoinHandle<()>,
    waiting: bool,
    ended: bool,
}

impl RowSource {
    /// Asks for the next page, so that it is on its way before it is needed.
    pub fn begin(&mut self) {
        if !self.ended && !std::mem::replace(&mut self.waiting, true) {
            self.demand.add();
        }
    }

    /// The next page, without waiting.
    ///
    /// # Errors
    /// Whatever ended the scan. After an error or the end there is nothing more.
    #[expect(clippy::should_implement_trait, reason = "it may be pending, which no iterator is")]
    pub fn next(&mut self) -> Result<Next> {
        while !self.ended {
            self.begin();
            // First the bell, then the letter box: a page that comes in between rings again.
            let _ = self.wake.read();
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
                Err(mpsc::error::TryRecvError::Empty) => return Ok(Next::Pending),
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

    /// The next page, waiting for it: for programs that have nothing else to wait for.
    ///
    /// # Errors
    /// As [`RowSource::next`].
    pub fn next_blocking(&mut self) -> Result<Option<Batch>> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        loop {
            match self.next()? {
                Next::Batch(batch) => return Ok(Some(batch)),
                Next::End => return Ok(None),
                Next::Pending => {
                    // An interrupted wait is no error: the loop looks again.
                    let _ = poll(&mut [PollFd::new(self.wake.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
                }
            }
        }
    }

    /// What the scan waits for.
    pub fn phase(&self) -> Phase {
        self.counters.http.phase()
    }

    /// What the scan has cost so far.
    pub fn statistics(&self) -> ScanStatistics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = &self.counters.http.counts;
        ScanStatistics {
            requests: read(&counts.requests),
            retries: read(&counts.retries),
            bytes: read(&counts.bytes),
            total: self.counters.total.get().copied(),
            estimated_total: self.counters.estimated_total(),
            bulk: self.counters.bulk(),
            proof: self.counters.proof(),
        }
    }
}

impl AsFd for RowSource {
    /// Readable when [`RowSource::next`] may find something new.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl Drop for RowSource {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the transport thread wakes a backend with.
///
/// # Errors
/// `Internal` when the system gives none.
pub(crate) fn event() -> Result<Arc<EventFd>> {
    EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)
        .map(Arc::new)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("no eventfd for a scan: {error}")))
}

pub(crate) fn start(runtime: &Handle, resources: Arc<Resources>, request: ScanRequest) -> Result<RowSource> {
    let wake = event()?;
    let counters = Arc::new(ScanCounters::with_bell(Arc::clone(&wake)));
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
    let task = runtime.spawn(scan.instrument(span));
    Ok(RowSource { pages, wake, demand, counters, complete, task, waiting: false, ended: false })
}

/// Reads what a scan asks for: rows by their keys, one list, or many.
async fn read(
    resources: Arc<Resources>,
    request: ScanRequest,
    counters: Arc<ScanCounters>,
    sink: &mut ReaderSink,
) -> Result<()> {
    sink.wanted().await;
    let lookup = request.plan.lookup(request.entity);
    if let (Some(targets), Some(lookup)) = (&request.lookups, lookup) {
        let context = Arc::new(ListContext::new(&resources, &request, counters)?);
        return list::read_lookups(&context, lookup, targets.clone(), sink).await;
    }
    fan_out::read(resources, request, counters, sink).await
}
