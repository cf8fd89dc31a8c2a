//! What a scan knows about itself while it runs, for EXPLAIN and for those who watch it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use nix::sys::eventfd::EventFd;

use crate::rest::http::counters::Counters;

/// What a scan, with all its parts, did so far.
#[derive(Debug, Default)]
pub(crate) struct ScanCounters {
    /// Its requests.
    pub(crate) http: Counters,
    /// The number of rows that the list stated first.
    pub(crate) total: OnceLock<u64>,
    /// The date of the first answer, in milliseconds since 1970 by the server's clock, if it states one.
    pub(crate) begun_at: OnceLock<Option<i64>>,
    /// How many rows a list in slices seems to have; 0 while that is not known.
    pub(crate) estimated_total: AtomicU64,
    /// How many slices of time are known.
    pub(crate) known_windows: AtomicU64,
    /// How many of them are still to be read.
    pub(crate) open_windows: AtomicU64,
    /// How a list past its page cap is read, in words for EXPLAIN.
    bulk: Mutex<Option<String>>,
}

impl ScanCounters {
    /// Counters that write to `bell` when the phase changes.
    pub(crate) fn with_bell(bell: Arc<EventFd>) -> Self {
        ScanCounters { http: Counters::with_bell(bell), ..ScanCounters::default() }
    }

    /// Slices of time that were read, and that are known.
    pub(crate) fn windows(&self) -> Option<(u64, u64)> {
        let known = self.known_windows.load(Ordering::Relaxed);
        let open = self.open_windows.load(Ordering::Relaxed);
        (known > 0).then(|| (known.saturating_sub(open), known))
    }

    /// The estimated number of rows, once there is one.
    pub(crate) fn estimated_total(&self) -> Option<u64> {
        Some(self.estimated_total.load(Ordering::Relaxed)).filter(|total| *total > 0)
    }

    /// Says how a list past its page cap is read.
    pub(crate) fn set_bulk(&self, text: String) {
        *self.bulk.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// How a list past its page cap is read.
    pub(crate) fn bulk(&self) -> Option<String> {
        self.bulk.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
