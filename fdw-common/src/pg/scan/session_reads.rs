//! Requests of this session's scans, for functions that report what a statement has cost.

use std::cell::RefCell;

use crate::rest::ScanStatistics;

thread_local! {
    static READS: RefCell<ScanStatistics> = RefCell::default();
}

/// Adds a scan that ends.
pub(super) fn add_to_session(scan: &ScanStatistics) {
    READS.with_borrow_mut(|reads| reads.add_requests(scan));
}

/// The requests of the scans that have ended since the last call.
pub(in crate::pg) fn take_session_reads() -> ScanStatistics {
    READS.take()
}
