//! What a scan has done so far, for EXPLAIN, for those who watch it, and for the statistics.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use nix::sys::eventfd::EventFd;

use crate::rest::http::counters::Counters;
use crate::rest::paging::Proof;

/// What a scan and its requests have done so far, counted on the transport thread.
#[derive(Debug, Default)]
pub(crate) struct ScanCounters {
    /// The requests.
    pub(crate) http: Counters,
    /// The number of rows that the list first stated.
    pub(crate) total: OnceLock<u64>,
    /// How many rows a list in slices seems to have; 0 while that is not known.
    estimated_total: AtomicU64,
    /// Its windows of time: how many are known, and how many are open.
    known_windows: AtomicU64,
    open_windows: AtomicU64,
    /// How a list past its page cap is read, in words for EXPLAIN.
    bulk: Mutex<Option<String>>,
    /// Why the lists that were read to their end are complete.
    proofs: Mutex<BTreeSet<Proof>>,
}

impl ScanCounters {
    /// Counters that ring when what the scan waits for changes.
    pub(crate) fn with_bell(bell: Arc<EventFd>) -> Self {
        ScanCounters { http: Counters::with_bell(bell), ..ScanCounters::default() }
    }

    /// Windows that have been read, and that are known.
    pub(crate) fn windows(&self) -> Option<(u64, u64)> {
        let known = self.known_windows.load(Ordering::Relaxed);
        let open = self.open_windows.load(Ordering::Relaxed);
        (known > 0).then(|| (known.saturating_sub(open), known))
    }

    /// The estimated number of rows of a list in slices, once there is one.
    pub(crate) fn estimated_total(&self) -> Option<u64> {
        Some(self.estimated_total.load(Ordering::Relaxed)).filter(|total| *total > 0)
    }

    /// Notes how far a list in slices is.
    pub(crate) fn sliced(&self, estimated_rows: u64, (known, open): (u64, u64)) {
        self.known_windows.store(known, Ordering::Relaxed);
        self.open_windows.store(open, Ordering::Relaxed);
        self.estimated_total.store(estimated_rows, Ordering::Relaxed);
    }

    /// Notes for EXPLAIN how the list is read.
    pub(crate) fn set_bulk(&self, text: String) {
        *self.bulk.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// How the list is read past its page cap.
    pub(crate) fn bulk(&self) -> Option<String> {
        self.bulk.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes why a list is complete.
    pub(crate) fn prove(&self, proof: Proof) {
        self.proofs.lock().unwrap_or_else(PoisonError::into_inner).insert(proof);
    }

    /// The proofs so far, in words for EXPLAIN.
    pub(crate) fn proof(&self) -> Option<String> {
        let proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        (!proofs.is_empty()).then(|| proofs.iter().map(Proof::to_string).collect::<Vec<_>>().join(", "))
    }
}
