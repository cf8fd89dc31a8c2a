//! Rows from a paginated REST list: fetched, retried, decoded and proven complete on a thread of
//! their own, and pulled page by page by whoever reads them.

pub mod decode;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod paging;
mod scan;
mod shared;

pub use decode::{Batch, Projection, REDACTED};
pub use http::{Connection, Credential, Limits, Phase, RequestCount, RetryPolicy};
pub use paging::KeyedTarget;
pub use scan::{
    Check, CheckRequest, Finding, Next, Progress, Reader, RowSource, ScanRequest, ScanStatistics, Transport, Verdict,
    running,
};
pub use shared::{Activity, BucketState, RateLimitRules, SharedState, activities, bucket_states};
