//! The limits of requests, from the options.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::retry::RetryPolicy;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Entity;
use crate::options::{self, Options};
use crate::rest::shared::bucket::RateLimitRules;

/// The limits of a scan's requests.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// See the option `connect_timeout`.
    pub connect_timeout: Duration,
    /// See the option `request_timeout`.
    pub request_timeout: Duration,
    /// See the options `retry_timeout` and `max_retries`.
    pub retry: RetryPolicy,
    /// See the option `max_response_size`; in bytes.
    pub max_response_size: usize,
    /// See the option `max_concurrent_requests`.
    pub max_concurrent_requests: usize,
    /// See the option `bulk_timeout`.
    pub bulk_timeout: Duration,
    /// See the options `rate_limit` and `rate_limit_headroom`.
    pub rate_limit: RateLimitRules,
    /// The most requests of one scan; see the option `max_requests_per_scan`.
    pub max_requests: Option<u64>,
}

impl Limits {
    /// Refuses a scan of an entity if its plan expects more requests than allowed.
    ///
    /// # Errors
    /// `TooManyRequests`.
    pub fn check_estimate(&self, entity: &Entity, expected: u64) -> Result<()> {
        match self.max_requests {
            Some(most) if expected > most => Err(too_many_requests(
                entity,
                &format!(
                    "The plan expects {expected} requests and the option max_requests_per_scan allows {most}. None was sent."
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The limits from a server's and a table's options; the table's take precedence.
    ///
    /// # Errors
    /// `OptionValue` for an option that cannot be read.
    pub fn for_table(server: &Options, table: &Options) -> Result<Self> {
        let limits = Self::from_options(server)?;
        let own = table.get(options::MAX_REQUESTS_PER_SCAN)?;
        Ok(Limits { max_requests: own.or(limits.max_requests), ..limits })
    }

    /// The limits from a server's options.
    ///
    /// # Errors
    /// `OptionValue` for an option that cannot be read.
    pub fn from_options(server: &Options) -> Result<Self> {
        let narrow = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let retry = RetryPolicy {
            max_retries: u32::try_from(server.get(options::MAX_RETRIES)?).unwrap_or(u32::MAX),
            retry_timeout: server.get(options::RETRY_TIMEOUT)?,
        };
        Ok(Limits {
            connect_timeout: server.get(options::CONNECT_TIMEOUT)?,
            request_timeout: server.get(options::REQUEST_TIMEOUT)?,
            retry,
            max_response_size: narrow(server.get(options::MAX_RESPONSE_SIZE)?),
            max_concurrent_requests: narrow(server.get(options::MAX_CONCURRENT_REQUESTS)?),
            bulk_timeout: server.get(options::BULK_TIMEOUT)?,
            rate_limit: RateLimitRules {
                rate: server.get(options::RATE_LIMIT)?,
                headroom: server.get(options::RATE_LIMIT_HEADROOM)?,
                longest_block: retry.retry_timeout.as_secs_f64(),
            },
            max_requests: server.get(options::MAX_REQUESTS_PER_SCAN)?,
        })
    }
}

/// The number of requests of one scan, or of several scans with a common `max_requests_per_scan`.
#[derive(Debug, Default)]
pub struct RequestCount(AtomicU64);

impl RequestCount {
    /// Counts one more request, before any wait. False if `most` requests had been counted already.
    pub(crate) fn add(&self, most: Option<u64>) -> bool {
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        most.is_none_or(|most| before < most)
    }
}

/// The error for a scan that takes more requests than allowed.
#[cold]
pub(crate) fn too_many_requests(entity: &Entity, detail: &str) -> Error {
    Error::new(ErrorKind::TooManyRequests, format!("reading \"{}\" takes more requests than allowed", entity.name))
        .with_detail(detail)
        .with_hint("Ask for less, or set a larger max_requests_per_scan on the table or the server.")
}
