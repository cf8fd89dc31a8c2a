//! State that all sessions of one server share: small records in files on an in-memory file system.

mod activity_slot;
pub(crate) mod bucket;
pub(crate) mod buckets;
pub(crate) mod limiter;
mod owner;
pub(crate) mod process;
pub(crate) mod server_statistics;
pub(crate) mod session_statistics;
pub(crate) mod state;
pub(crate) mod statistics;

pub use bucket::RateLimitRules;
pub use limiter::{BucketState, bucket_states};
pub use server_statistics::activities;
pub use state::SharedState;
pub use statistics::Activity;
