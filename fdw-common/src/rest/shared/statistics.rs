//! Statistics since the start of the server, by API and entity. They are in the directory for shared state, so that no
//! `SELECT` writes a table.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::state::{Record, SharedState};

/// The record's name.
pub(crate) const NAME: &str = "statistics";

/// The most entities, of all APIs, with statistics.
const MOST_ACTIVITIES: usize = 2_000;

/// The totals of all scans of one entity of one API, including running ones up to a moment ago.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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

/// A snapshot of the counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals([u64; 11]);

impl Totals {
    /// The difference from `before`.
    pub(crate) fn since(&self, before: &Totals) -> Totals {
        Totals(std::array::from_fn(|at| self.0[at].saturating_sub(before.0[at])))
    }
}

impl Activity {
    fn add(&mut self, new: &Totals) {
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
            *sum += new;
        }
        self.waited += Duration::from_micros(new.0[10]);
    }
}

/// The activities of all entities of all APIs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Activities(BTreeMap<String, Activity>);

impl Activities {
    fn of(&mut self, origin: &str, entity: &str) -> &mut Activity {
        let name = format!("{origin} {entity}");
        if self.0.len() >= MOST_ACTIVITIES && !self.0.contains_key(&name) {
            // The least used entity is removed, so that ever new names cannot fill the memory.
            let least = self.0.iter().min_by_key(|(_, activity)| activity.requests);
            if let Some(least) = least.map(|(name, _)| name.clone()) {
                self.0.remove(&least);
            }
        }
        self.0.entry(name).or_insert_with(|| Activity {
            origin: origin.to_owned(),
            entity: entity.to_owned(),
            ..Activity::default()
        })
    }

    /// Adds the counts of a scan since the last call.
    pub(crate) fn add(&mut self, origin: &str, entity: &str, is_first: bool, new: &Totals) -> &mut Activity {
        let activity = self.of(origin, entity);
        activity.scans += u64::from(is_first);
        activity.add(new);
        activity
    }
}

/// The statistics since the start of the server.
pub fn activities(folder: &SharedState) -> Vec<Activity> {
    Record::<Activities>::new(Some(folder), NAME).get().0.into_values().collect()
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
        let mut activities = Activities::default();
        activities.add("https://t", "users", true, &counts.totals());
        counts.answered(200);
        activities.add("https://t", "users", false, &counts.totals().since(&Totals::default()));
        let of = activities.of("https://t", "users");
        assert_eq!((of.scans, of.succeeded, of.client_errors, of.rate_limited, of.server_errors), (1, 7, 4, 4, 6));
        assert_eq!(of.waited, Duration::from_secs(3));
    }

    #[test]
    fn the_least_used_entity_is_removed_for_a_new_one() {
        let mut activities = Activities::default();
        for number in 0..MOST_ACTIVITIES + 10 {
            activities.of("https://t", &format!("e{number}")).requests = if number == 7 { 0 } else { 5 };
        }
        assert_eq!(activities.0.len(), MOST_ACTIVITIES);
        assert!(!activities.0.contains_key("https://t e7"));
        let last = format!("https://t e{}", MOST_ACTIVITIES + 9);
        assert!(activities.0.contains_key(&last));
    }

    #[test]
    fn since_counts_only_the_difference() {
        let counts = Counts::default();
        counts.rows.store(5, Ordering::Relaxed);
        let before = counts.totals();
        counts.rows.store(8, Ordering::Relaxed);
        let mut activities = Activities::default();
        activities.add("o", "e", true, &before);
        assert_eq!(activities.add("o", "e", false, &counts.totals().since(&before)).rows, 8);
    }
}
