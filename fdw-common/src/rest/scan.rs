//! Scans: the transport thread, and the requests that read one list, or many, to its proven end.

mod checkpoint;
pub(crate) mod counters;
pub(crate) mod export;
mod fan_out;
mod log_walk;
mod open_pages;
pub(crate) mod progress;
pub(crate) mod row_source;
mod server_check;
mod sliced_list;
pub(crate) mod transport;

pub use progress::{Progress, Reader, running};
pub use row_source::{Next, RowSource, ScanStatistics};
pub use server_check::{Check, CheckRequest, Finding, Verdict};
pub use transport::{KeyedTarget, ScanRequest, Transport};
