//! Rows from a paginated REST list: fetched, retried, decoded and proven complete on a thread of
//! their own, and pulled page by page by whoever reads them.

mod client;
pub mod decode;
mod fetch;

mod page_walk;
mod retry;
mod row_source;
mod slice_walk;
mod sliced_list;
mod throttle;
mod transport;

pub use decode::{Batch, Projection};
pub use fetch::{Connection, Limits};
pub use retry::RetryPolicy;
pub use row_source::{Next, RowSource, ScanStatistics};
pub use transport::{ScanRequest, Transport};
