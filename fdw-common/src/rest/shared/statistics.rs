//! The counts of scans: those of one scan, and the totals of all scans of one entity of one API.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The longest origin in bytes: a host has at most 253.
const LONGEST_ORIGIN: usize = 280;
/// The longest name of an entity in bytes. Entities with the same first bytes share their totals.
const LONGEST_ENTITY: usize = 80;
/// The longest kind of an error in bytes.
const LONGEST_ERROR: usize = 24;

/// The totals of all scans of one entity of one API, including running ones up to a moment ago.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Activity {
    /// The API's origin.
    pub origin: String,
    /// The entity.
    pub entity: String,
    /// Scans started: a nested loop starts one for each outer row.
    pub scans: u64,
    /// Requests sent, including retries.
    pub requests: u64,
    /// Of these, answered with a status below 400.
    pub succeeded: u64,
    /// Refused by the rate limit (429).
    pub rate_limited: u64,
    /// Answered with another status of 400 to 499.
    pub client_errors: u64,
    /// Answered with 500 to 599.
    pub server_errors: u64,
    /// Not answered, or not read to the end: no connection, timeouts, too large.
    pub unanswered: u64,
    /// Retried requests.
    pub retries: u64,
    /// Bytes of answers read, after decompression.
    pub bytes: u64,
    /// Rows received.
    pub rows: u64,
    /// Tokens requested.
    pub logins: u64,
    /// Time that requests waited for the rate limit.
    pub waited: Duration,
    /// The kind of the last error that ended a scan.
    pub last_error: Option<String>,
    /// The time of the last error, in seconds since 1970.
    pub last_error_at: Option<f64>,
}

/// The counters of one scan.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) requests: AtomicU64,
    pub(crate) succeeded: AtomicU64,
    pub(crate) rate_limited: AtomicU64,
    pub(crate) client_errors: AtomicU64,
    pub(crate) server_errors: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) rows: AtomicU64,
    pub(crate) pages: AtomicU64,
    pub(crate) logins: AtomicU64,
    pub(crate) waited_microseconds: AtomicU64,
    pub(crate) unanswered: AtomicU64,
}

impl Counts {
    /// Counts an answer by its status.
    pub(crate) fn answered(&self, status: u16) {
        let class = match status {
            429 => &self.rate_limited,
            400..=499 => &self.client_errors,
            500.. => &self.server_errors,
            _ => &self.succeeded,
        };
        class.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a page that is passed to the reader.
    pub(crate) fn delivered(&self, rows: usize) {
        self.pages.fetch_add(1, Ordering::Relaxed);
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    pub(crate) fn totals(&self) -> Totals {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Totals([
            read(&self.requests),
            read(&self.succeeded),
            read(&self.rate_limited),
            read(&self.client_errors),
            read(&self.server_errors),
            read(&self.unanswered),
            read(&self.retries),
            read(&self.bytes),
            read(&self.rows),
            read(&self.logins),
            read(&self.waited_microseconds),
        ])
    }
}

/// The number of counters.
const COUNTERS: usize = 11;

/// A snapshot of the counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals([u64; COUNTERS]);

impl Totals {
    /// The difference from `before`.
    pub(crate) fn since(&self, before: &Totals) -> Totals {
        Totals(std::array::from_fn(|at| self.0[at].saturating_sub(before.0[at])))
    }
}

impl Activity {
    /// The activity of an entity without any scan.
    pub(super) fn new(origin: &str, entity: &str) -> Self {
        let (origin, entity) = (cut(origin, LONGEST_ORIGIN), cut(entity, LONGEST_ENTITY));
        Activity { origin: origin.to_owned(), entity: entity.to_owned(), ..Activity::default() }
    }

    /// True if both are about the same entity of the same API.
    pub(super) fn is_of(&self, other: &Activity) -> bool {
        self.origin == other.origin && self.entity == other.entity
    }

    /// The counters of all scans.
    fn totals(&self) -> Totals {
        Totals([
            self.requests,
            self.succeeded,
            self.rate_limited,
            self.client_errors,
            self.server_errors,
            self.unanswered,
            self.retries,
            self.bytes,
            self.rows,
            self.logins,
            u64::try_from(self.waited.as_micros()).unwrap_or(u64::MAX),
        ])
    }

    /// Adds the counts of a scan since the last call.
    pub(super) fn add(&mut self, is_first: bool, new: &Totals) {
        self.scans += u64::from(is_first);
        let sums = [
            &mut self.requests,
            &mut self.succeeded,
            &mut self.rate_limited,
            &mut self.client_errors,
            &mut self.server_errors,
            &mut self.unanswered,
            &mut self.retries,
            &mut self.bytes,
            &mut self.rows,
            &mut self.logins,
        ];
        for (sum, new) in sums.into_iter().zip(new.0) {
            *sum = sum.saturating_add(new);
        }
        self.waited = self.waited.saturating_add(Duration::from_micros(new.0[COUNTERS - 1]));
    }

    /// Adds the totals of other scans of the same entity.
    pub(super) fn merge(&mut self, other: &Activity) {
        self.scans = self.scans.saturating_add(other.scans);
        self.add(false, &other.totals());
        if other.last_error_at > self.last_error_at {
            self.last_error.clone_from(&other.last_error);
            self.last_error_at = other.last_error_at;
        }
    }

    /// The activity as bytes, fewer than [`LONGEST_ACTIVITY`].
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LONGEST_ACTIVITY);
        for number in self.totals().0.iter().chain([&self.scans]) {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.last_error_at.unwrap_or_default().to_le_bytes());
        let error = cut(self.last_error.as_deref().unwrap_or_default(), LONGEST_ERROR);
        for text in [cut(&self.origin, LONGEST_ORIGIN), cut(&self.entity, LONGEST_ENTITY), error] {
            // The longest text has fewer bytes than two bytes can count.
            bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }

    /// The activity in bytes of [`Activity::to_bytes`], which others may follow.
    pub(super) fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let numbers = &mut bytes;
        let mut number = || take(numbers).map(u64::from_le_bytes);
        let mut totals = Totals::default();
        for total in &mut totals.0 {
            *total = number()?;
        }
        let (scans, at) = (number()?, f64::from_bits(number()?));
        let mut text = || {
            let length = usize::from(u16::from_le_bytes(take(&mut bytes)?));
            let (text, rest) = bytes.split_at_checked(length)?;
            bytes = rest;
            std::str::from_utf8(text).ok()
        };
        let mut activity = Activity { scans, ..Activity::new(text()?, text()?) };
        activity.add(false, &totals);
        if let Some(error) = text().filter(|error| !error.is_empty()) {
            (activity.last_error, activity.last_error_at) = (Some(error.to_owned()), Some(at));
        }
        Some(activity)
    }
}

/// The most bytes of an activity: its numbers, and its texts with their lengths.
pub(super) const LONGEST_ACTIVITY: usize = (COUNTERS + 2) * 8 + 3 * 2 + LONGEST_ORIGIN + LONGEST_ENTITY + LONGEST_ERROR;

/// The next bytes, which are removed.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (next, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*next)
}

/// The beginning of a text, of at most `most` bytes.
fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_their_status() {
        let counts = Counts::default();
        for status in [200, 204, 302, 400, 404, 429, 429, 500, 503, 599] {
            counts.answered(status);
        }
        counts.waited_microseconds.store(1_500_000, Ordering::Relaxed);
        let mut of = Activity::new("https://t", "users");
        of.add(true, &counts.totals());
        counts.answered(200);
        of.add(false, &counts.totals().since(&Totals::default()));
        assert_eq!((of.scans, of.succeeded, of.client_errors, of.rate_limited, of.server_errors), (1, 7, 4, 4, 6));
        assert_eq!(of.waited, Duration::from_secs(3));
    }

    #[test]
    fn since_counts_only_the_difference() {
        let counts = Counts::default();
        counts.rows.store(5, Ordering::Relaxed);
        let before = counts.totals();
        counts.rows.store(8, Ordering::Relaxed);
        let mut activity = Activity::new("o", "e");
        activity.add(true, &before);
        activity.add(false, &counts.totals().since(&before));
        assert_eq!(activity.rows, 8);
    }

    /// An activity in which every number is another one.
    fn numbered(origin: &str, entity: &str, from: u64) -> Activity {
        let mut activity = Activity { scans: from, ..Activity::new(origin, entity) };
        activity.add(false, &Totals(std::array::from_fn(|at| from + 1 + at as u64)));
        activity
    }

    #[test]
    fn bytes_are_read_as_written_and_damaged_ones_are_refused() {
        let error = |activity| Activity { last_error: Some("remote".into()), last_error_at: Some(1.5), ..activity };
        let long = "ü".repeat(1_000);
        for activity in [
            Activity::new("https://t", "users"),
            error(numbered("https://t", "users", 1_000)),
            numbered(&long, &long, u64::MAX - 20),
            Activity {
                last_error: Some(long[..LONGEST_ERROR].to_owned()),
                last_error_at: Some(2.0),
                ..numbered(&long, &long, 1)
            },
        ] {
            let bytes = activity.to_bytes();
            assert!(bytes.len() <= LONGEST_ACTIVITY, "{}", bytes.len());
            assert_eq!(Activity::from_bytes(&bytes), Some(activity.clone()));
            let padded = [bytes.as_slice(), &[0; 9]].concat();
            assert_eq!(Activity::from_bytes(&padded), Some(activity));
            for length in 0..100 {
                assert_eq!(Activity::from_bytes(&bytes[..length]), None);
            }
        }
    }

    #[test]
    fn merging_adds_every_number_and_keeps_the_last_error() {
        let failed = |kind: &str, at| Activity {
            last_error: Some(kind.to_owned()),
            last_error_at: Some(at),
            ..numbered("o", "e", 100)
        };
        let mut sum = numbered("o", "e", 1);
        sum.merge(&failed("first", 5.0));
        sum.merge(&failed("earlier", 4.0));
        let numbers: Vec<u64> = sum.totals().0.iter().chain([&sum.scans]).copied().collect();
        assert_eq!(numbers, [204, 207, 210, 213, 216, 219, 222, 225, 228, 231, 234, 201]);
        assert_eq!((sum.last_error.as_deref(), sum.last_error_at), (Some("first"), Some(5.0)));
    }
}
