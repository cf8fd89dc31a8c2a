//! Scans: the transport thread, and the loop that reads lists to their proven end.

mod context;
mod counters;
mod driver;
pub(crate) mod export;
mod fan_out;
mod list;
mod progress;
mod request;
mod resources;
mod row_source;
mod server_check;
mod sink;
mod transport;

pub use progress::{Progress, running};
pub use request::{Reader, ScanRequest};
pub use row_source::{Next, RowSource, ScanStatistics};
pub use server_check::{Check, CheckRequest, Finding, Verdict};
pub use transport::Transport;
