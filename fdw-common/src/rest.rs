//! Rows from a paginated REST list: fetched, retried, decoded and proven complete on a thread of
//! their own, and pulled page by page by whoever reads them.

pub mod decode;
mod http;
mod paging;
mod scan;
mod shared;
mod wake;

pub use decode::{Batch, Projection, REDACTED};
pub use http::{Connection, Credential, Limits, Phase, RequestCount, RetryPolicy};
pub use paging::KeyedTarget;
pub use scan::{
    Check, CheckRequest, Finding, Next, Progress, Reader, RowSource, ScanRequest, ScanStatistics, Transport, Verdict,
    running,
};
pub use shared::{Activity, BucketState, RateLimitRules, SharedState, activities, bucket_states};
pub use wake::Event;

/// The parsers of bytes from outside, which the fuzz targets call. They are no interface for a source.
#[doc(hidden)]
pub mod parsers {
    pub use super::decode::{Claims, Decoder, ListMember, Page};
    pub use super::http::authorization::bearer;
    pub use super::http::link::next_address;
    pub use super::http::oauth::{ClientCredentials, Login, Token};
    pub use super::http::quote::quote;
    pub use super::http::rate_headers::{read_rate_headers, wait_asked};
    pub use super::http::retry::{Decision, FailedAttempt, Failure};
    pub use super::scan::export::file::{AnotherFile, File, FilePosition, as_array};
    pub use super::shared::bucket::{Admission, Bucket, RateHeaders, WaiterId};
}
