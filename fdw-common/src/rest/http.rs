//! HTTP requests: sent within the rate limit, retried by the retry policy, with an error for each failure. This module
//! knows neither pages nor scans.

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
