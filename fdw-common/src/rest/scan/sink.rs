//! Sinks for the pages of a list, and the demand for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, mpsc};

use super::counters::ScanCounters;
use crate::error::Result;
use crate::rest::decode::Batch;
use crate::rest::wake::Wake;

/// A receiver of the pages of a list.
pub(crate) trait PageSink: Send {
    /// Waits until another page is wanted. Returns how many are wanted in total, which limits the requests in flight.
    fn wanted(&mut self) -> impl Future<Output = u64> + Send;
    /// Passes on a page with rows.
    fn send(&mut self, batch: Batch) -> impl Future<Output = ()> + Send;
}

/// The number of pages that the reader has asked for so far.
#[derive(Debug, Default)]
pub(crate) struct Demand {
    pages: AtomicU64,
    changed: Notify,
}

impl Demand {
    /// Asks for one more page.
    pub(crate) fn add(&self) {
        self.pages.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Waits until more than `delivered` pages are wanted, and returns their number.
    async fn exceeds(&self, delivered: u64) -> u64 {
        loop {
            let changed = self.changed.notified();
            let pages = self.pages.load(Ordering::Relaxed);
            if pages > delivered {
                return pages;
            }
            changed.await;
        }
    }
}

/// The sink for the reader in Postgres, in a task of [`Waking`](crate::rest::wake::Waking). The reader is woken when the
/// scan ends, even by a panic.
pub(crate) struct ReaderSink {
    sender: Option<mpsc::UnboundedSender<Result<Batch>>>,
    wake: Arc<Wake>,
    demand: Arc<Demand>,
    delivered: u64,
    counters: Arc<ScanCounters>,
}

impl ReaderSink {
    pub(crate) fn new(
        sender: mpsc::UnboundedSender<Result<Batch>>,
        wake: Arc<Wake>,
        demand: Arc<Demand>,
        counters: Arc<ScanCounters>,
    ) -> Self {
        ReaderSink { sender: Some(sender), wake, demand, delivered: 0, counters }
    }

    /// Ends the scan with an error.
    pub(crate) fn fail(&mut self, error: crate::error::Error) {
        self.put(Err(error));
    }

    fn put(&self, page: Result<Batch>) {
        if let Some(sender) = &self.sender {
            // A reader that is gone has aborted this task.
            let _ = sender.send(page);
            self.wake.set_soon();
        }
    }
}

impl PageSink for ReaderSink {
    async fn wanted(&mut self) -> u64 {
        self.demand.exceeds(self.delivered).await
    }

    async fn send(&mut self, batch: Batch) {
        self.counters.http.counts.delivered(batch.len());
        self.delivered += 1;
        self.put(Ok(batch));
    }
}

impl Drop for ReaderSink {
    fn drop(&mut self) {
        self.sender = None;
        self.wake.set_soon();
    }
}

/// The sink for another task on the transport thread. It holds one page at a time.
pub(crate) struct ChannelSink {
    sender: mpsc::Sender<Result<Batch>>,
    delivered: u64,
}

impl ChannelSink {
    pub(crate) fn new(sender: mpsc::Sender<Result<Batch>>) -> Self {
        ChannelSink { sender, delivered: 0 }
    }
}

impl PageSink for ChannelSink {
    async fn wanted(&mut self) -> u64 {
        self.delivered + 1
    }

    async fn send(&mut self, batch: Batch) {
        self.delivered += 1;
        // The reader is gone when the scan has ended.
        let _ = self.sender.send(Ok(batch)).await;
    }
}
