//! Rows from a paginated REST list: fetched, retried, decoded and proven complete on a thread of
//! their own, and pulled page by page by whoever reads them.

mod checkpoint;
mod client;
pub mod decode;
mod fan_out;
mod fetch;
mod log_walk;
mod open_pages;
mod page_walk;
mod redact;
mod retry;
mod row_source;
mod slice_walk;
mod sliced_list;
mod throttle;
mod transport;

pub use decode::{Batch, Projection};
pub use fetch::{Connection, Limits};
pub use redact::REDACTED;
pub use retry::RetryPolicy;
pub use row_source::{Next, RowSource, ScanStatistics};
pub use transport::{KeyedTarget, ScanRequest, Transport};
