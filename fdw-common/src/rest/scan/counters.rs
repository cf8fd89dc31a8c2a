//! Counters of a scan, for EXPLAIN, for its progress, and for the statistics.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::rest::http::counters::Counters;
use crate::rest::paging::Proof;
use crate::rest::wake::Wake;

/// Counters of a scan and its requests, updated on the transport thread.
#[derive(Debug, Default)]
pub(crate) struct ScanCounters {
    /// The requests.
    pub(crate) http: Counters,
    /// The number of rows that the list first stated.
    pub(crate) total: OnceLock<u64>,
    /// The estimated number of rows of a list in slices; 0 while it is not known.
    estimated_total: AtomicU64,
    /// The windows of time of a list in slices: how many are known, and how many are not completely read.
    known_windows: AtomicU64,
    open_windows: AtomicU64,
    /// A description for EXPLAIN of how a list past its page cap is read.
    bulk: Mutex<Option<String>>,
    /// The proofs that the lists that were read to their end are complete.
    proofs: Mutex<BTreeSet<Proof>>,
}

impl ScanCounters {
    /// Counters that set `wake` when the phase changes.
    pub(crate) fn waking(wake: Arc<Wake>) -> Self {
        ScanCounters { http: Counters::waking(wake), ..ScanCounters::default() }
    }

    /// The number of windows that have been read, and of all that are known.
    pub(crate) fn windows(&self) -> Option<(u64, u64)> {
        let known = self.known_windows.load(Ordering::Relaxed);
        let open = self.open_windows.load(Ordering::Relaxed);
        (known > 0).then(|| (known.saturating_sub(open), known))
    }

    /// The estimated number of rows of a list in slices, once it is known.
    pub(crate) fn estimated_total(&self) -> Option<u64> {
        Some(self.estimated_total.load(Ordering::Relaxed)).filter(|total| *total > 0)
    }

    /// Sets the progress of a list in slices.
    pub(crate) fn sliced(&self, estimated_rows: u64, (known, open): (u64, u64)) {
        self.known_windows.store(known, Ordering::Relaxed);
        self.open_windows.store(open, Ordering::Relaxed);
        self.estimated_total.store(estimated_rows, Ordering::Relaxed);
    }

    /// Sets the description of how the list is read.
    pub(crate) fn set_bulk(&self, text: String) {
        *self.bulk.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// The description of how the list is read past its page cap.
    pub(crate) fn bulk(&self) -> Option<String> {
        self.bulk.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds the proof that a list is complete.
    pub(crate) fn prove(&self, proof: Proof) {
        self.proofs.lock().unwrap_or_else(PoisonError::into_inner).insert(proof);
    }

    /// The proofs so far, as text for EXPLAIN.
    pub(crate) fn proof(&self) -> Option<String> {
        let proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        (!proofs.is_empty()).then(|| proofs.iter().map(Proof::to_string).collect::<Vec<_>>().join(", "))
    }
}
