//! Requests: sent within the rate limit, repeated as the policy says, and every failure explained. Nothing here knows
//! what a page or a scan is.

pub(crate) mod authorization;
pub(crate) mod client;
pub(crate) mod connection;
pub(crate) mod counters;
mod echo;
mod headers;
pub(crate) mod limits;
pub(crate) mod link;
mod method;
mod next_address;
pub(crate) mod oauth;
mod query_credential;
pub(crate) mod quote;
pub(crate) mod rate_headers;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod transport_error;

pub use authorization::Credential;
pub use connection::Connection;
pub use counters::Phase;
pub use limits::{Limits, RequestCount};
pub use retry::RetryPolicy;
