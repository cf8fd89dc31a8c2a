//! Rows from a paginated REST list: fetched, retried, decoded and proven complete on a thread of
//! their own, and pulled page by page by whoever reads them.

/// The part of a visitor of JSON that looks into objects and arrays only.
macro_rules! ignore_scalars {
    () => {
        fn visit_bool<E>(self, _: bool) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_i64<E>(self, _: i64) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_u64<E>(self, _: u64) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_f64<E>(self, _: f64) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_str<E>(self, _: &str) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_unit<E>(self) -> std::result::Result<(), E> {
            Ok(())
        }
    };
}

mod bucket;
mod budget;
mod check;
mod checkpoint;
mod client;
mod cluster;
pub mod decode;
mod export;
mod fan_out;
mod fetch;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod link;
mod log_walk;
mod login;
mod no_answer;
mod open_pages;
mod page_walk;
mod progress;
mod redact;
mod retry;
mod row_source;
mod slice_walk;
mod sliced_list;
mod statistics;
mod throttle;
mod transport;

pub use bucket::BudgetRules;
pub use budget::{BucketState, WHOLE_API, bucket_states};
pub use check::{Check, CheckRequest, Finding, Verdict};
pub use cluster::ClusterFolder;
pub use decode::{Batch, Projection};
pub use fetch::{Connection, Credential, Limits, Phase};
pub use progress::{Progress, Reader, running};
pub use redact::REDACTED;
pub use retry::RetryPolicy;
pub use row_source::{Next, RowSource, ScanStatistics};
pub use statistics::{Activity, activities};
pub use transport::{KeyedTarget, ScanRequest, Transport};
