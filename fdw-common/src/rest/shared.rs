//! State that all sessions of one server share: small records in files on an in-memory file system.

pub(crate) mod bucket;
pub(crate) mod buckets;
pub(crate) mod limiter;
mod owner;
pub(crate) mod process;
pub(crate) mod state;
pub(crate) mod statistics;

pub use bucket::RateLimitRules;
pub use limiter::{BucketState, bucket_states};
pub use state::SharedState;
pub use statistics::{Activity, activities};
