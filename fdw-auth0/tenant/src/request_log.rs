//! The log of the tenant's requests.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde::Serialize;

/// The log keeps this many requests; older ones are dropped.
const KEPT: usize = 200_000;

/// One request and its answer.
#[derive(Debug, Clone, Serialize)]
pub struct RequestRecord {
    /// Number of the request, counted from the tenant's start.
    pub number: u64,
    /// Time at which its head was read.
    #[serde(serialize_with = "unix_milliseconds")]
    pub at: SystemTime,
    /// The origin that received the request.
    pub origin: Origin,
    /// HTTP method.
    pub method: String,
    /// Path as sent, still percent-encoded.
    pub path: String,
    /// Query string as sent, without the `?`; empty if there was none.
    pub query: String,
    /// The query's pairs in their order, decoded.
    pub pairs: Vec<(String, String)>,
    /// Headers in their order, names in lower case, without `authorization`.
    pub headers: Vec<(String, String)>,
    /// The state of the `Authorization` header. The token itself is never kept.
    pub authorization: Authorization,
    /// Body of the request; empty for the login, whose body has a secret.
    pub body: String,
    /// Status of the answer; `None` before an answer, or without one.
    pub status: Option<u16>,
    /// Bytes of the answer's body written to the connection so far.
    pub bytes_sent: u64,
    /// Number of the TCP connection, counted from the tenant's start.
    pub connection: u64,
}

impl RequestRecord {
    /// The decoded value of the first query parameter called `name`.
    pub fn param(&self, name: &str) -> Option<&str> {
        let (_, value) = self.pairs.iter().find(|(key, _)| key == name)?;
        Some(value)
    }

    /// The value of the first header called `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        Some(value)
    }
}

/// An origin of the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The tenant's domain: Management API and login.
    Tenant,
    /// The storage that exported files are downloaded from.
    Storage,
}

/// The state of an `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Authorization {
    /// No header.
    Absent,
    /// A valid token of this tenant, with any scopes.
    Valid,
    /// An expired token of this tenant.
    Expired,
    /// Anything else.
    Invalid,
}

fn unix_milliseconds<S: serde::Serializer>(at: &SystemTime, out: S) -> Result<S::Ok, S::Error> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    out.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The log itself.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    records: VecDeque<RequestRecord>,
    connections: HashSet<u64>,
    next: u64,
}

impl RequestLog {
    /// Logs a new request; returns its number.
    pub(crate) fn begin(&self, mut record: RequestRecord) -> u64 {
        let mut inner = self.lock();
        let number = inner.next;
        inner.next += 1;
        record.number = number;
        inner.connections.insert(record.connection);
        if inner.records.len() == KEPT {
            inner.records.pop_front();
        }
        inner.records.push_back(record);
        number
    }

    /// Logs the body of request `number`.
    pub(crate) fn received(&self, number: u64, body: &[u8]) {
        if !body.is_empty() {
            self.change(number, |record| record.body = String::from_utf8_lossy(body).into_owned());
        }
    }

    /// Logs the status of the answer to request `number`.
    pub(crate) fn answered(&self, number: u64, status: u16) {
        self.change(number, |record| record.status = Some(status));
    }

    /// Logs that `bytes` more of the body were sent.
    pub(crate) fn sent(&self, number: u64, bytes: u64) {
        self.change(number, |record| record.bytes_sent += bytes);
    }

    /// All requests since the last [`RequestLog::clear`].
    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        self.lock().records.iter().cloned().collect()
    }

    /// Number of connections that carried those requests.
    pub(crate) fn connections(&self) -> usize {
        self.lock().connections.len()
    }

    /// Drops all requests. Later changes to dropped requests are ignored.
    pub(crate) fn clear(&self) {
        let mut inner = self.lock();
        inner.records.clear();
        inner.connections.clear();
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut RequestRecord)) {
        let mut inner = self.lock();
        let Some(first) = inner.records.front().map(|record| record.number) else {
            return;
        };
        let index = number.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        if let Some(record) = index.and_then(|index| inner.records.get_mut(index)) {
            change(record);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
