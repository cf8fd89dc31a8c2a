//! The jobs, and their progress.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::export::Selection;
use crate::store::Store;
use crate::token::random_key;

/// Settings of exports. A job leaves a state after enough requests for it and enough time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Exports {
    /// True if the plan has exports; else they are refused with 403. Default true.
    pub available: bool,
    /// Number of answers about a job with the state `pending`. Default 1.
    pub pending_polls: u32,
    /// Number of answers after those with the state `processing`. Default 1.
    pub processing_polls: u32,
    /// Milliseconds for which a job stays pending. Default 0.
    pub pending_ms: u64,
    /// Milliseconds after those for which it is processed. Default 0.
    pub processing_ms: u64,
    /// Seconds for which a link to the file is valid. Default 60, as Auth0.
    pub link_lifetime_s: u64,
    /// Seconds after which a job is forgotten. Default 86,400, as Auth0.
    pub job_lifetime_s: u64,
}

impl Default for Exports {
    fn default() -> Self {
        Self {
            available: true,
            pending_polls: 1,
            processing_polls: 1,
            pending_ms: 0,
            processing_ms: 0,
            link_lifetime_s: 60,
            job_lifetime_s: 86_400,
        }
    }
}

/// The jobs of a tenant, and the key that signs the links to their files.
pub(crate) struct Jobs {
    jobs: Mutex<HashMap<String, Job>>,
    key: [u8; 32],
}

impl Default for Jobs {
    fn default() -> Self {
        Self { jobs: Mutex::default(), key: random_key() }
    }
}

pub(super) struct Job {
    /// The members of every answer about the job.
    pub(super) members: Map<String, Value>,
    pub(super) created: Duration,
    pub(super) polls: u32,
    pub(super) fate: Fate,
    /// The users at the time the job was created.
    pub(super) users: Arc<Store>,
    pub(super) selection: Selection,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    Completes,
    NeverEnds,
    Fails(String),
}

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Pending,
    Processing { percentage_done: u64, time_left_seconds: u64 },
    Completed,
}

impl Exports {
    /// The state of a job at its answer number `polls` (from 1) and this age.
    pub(super) fn phase(&self, polls: u32, age: Duration) -> Phase {
        let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        if polls <= self.pending_polls || age_ms < self.pending_ms {
            return Phase::Pending;
        }
        let polls = u64::from(polls - self.pending_polls);
        let processed_ms = age_ms - self.pending_ms;
        let all_polls = u64::from(self.processing_polls);
        if polls <= all_polls || processed_ms < self.processing_ms {
            let by_polls = (polls * 100).checked_div(all_polls + 1).unwrap_or_default();
            let by_time = processed_ms.saturating_mul(100).checked_div(self.processing_ms).unwrap_or(99);
            let left_ms = self.processing_ms.saturating_sub(processed_ms);
            return Phase::Processing {
                percentage_done: by_polls.min(by_time).min(99),
                time_left_seconds: left_ms.div_ceil(1_000).max((all_polls + 1).saturating_sub(polls)),
            };
        }
        Phase::Completed
    }
}

impl Jobs {
    /// The users and the selection of a job's file, if `expires` was signed for it.
    pub(crate) fn file(&self, id: &str, expires: &str, signature: &str) -> Option<(Arc<Store>, Selection)> {
        if !self.is_signed(id, expires, signature) {
            return None;
        }
        let jobs = self.lock();
        let job = jobs.get(id)?;
        Some((Arc::clone(&job.users), job.selection.clone()))
    }

    /// The id of any one job.
    pub(crate) fn any(&self) -> Option<String> {
        self.lock().keys().next().cloned()
    }

    /// True if there is a job with this id.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.lock().contains_key(id)
    }

    fn sign(&self, id: &str, expires: &str) -> Option<Hmac<Sha256>> {
        // An HMAC takes a key of any length: this is never `None`.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(format!("{id}\n{expires}").as_bytes());
        Some(mac)
    }

    pub(super) fn signature(&self, id: &str, expires: &str) -> String {
        let bytes = self.sign(id, expires).map(|mac| mac.finalize().into_bytes());
        bytes.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn is_signed(&self, id: &str, expires: &str, signature: &str) -> bool {
        self.signature(id, expires) == signature
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<String, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_passes_its_phases_by_polls_and_age() {
        let polled = Exports { pending_polls: 2, processing_polls: 3, ..Exports::default() };
        let timed = Exports {
            pending_polls: 0,
            processing_polls: 0,
            pending_ms: 500,
            processing_ms: 4_000,
            ..Exports::default()
        };
        let at_once = Exports { pending_polls: 0, processing_polls: 0, ..Exports::default() };
        let processing = |percentage_done, time_left_seconds| Phase::Processing { percentage_done, time_left_seconds };
        let table = [
            (polled, 1, 0, Phase::Pending),
            (polled, 2, 9_999, Phase::Pending),
            (polled, 3, 0, processing(25, 3)),
            (polled, 5, 0, processing(75, 1)),
            (polled, 6, 0, Phase::Completed),
            (timed, 9, 499, Phase::Pending),
            (timed, 9, 500, processing(0, 4)),
            (timed, 9, 2_600, processing(52, 2)),
            (timed, 9, 4_500, Phase::Completed),
            (at_once, 1, 0, Phase::Completed),
        ];
        for (exports, polls, ms, expected) in table {
            assert_eq!(exports.phase(polls, Duration::from_millis(ms)), expected, "{polls} polls, {ms} ms");
        }
    }
}
