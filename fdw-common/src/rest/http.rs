//! Requests: sent within the rate limit, repeated as the policy says, and every failure explained. Nothing here knows
//! what a page or a scan is.

pub(crate) mod client;
pub(crate) mod link;
pub(crate) mod oauth;
mod query_credential;
pub(crate) mod rate_headers;
pub(crate) mod request;
pub(crate) mod retry;
pub(crate) mod transport_error;

pub use request::{Connection, Credential, Limits, Phase};
pub use retry::RetryPolicy;
