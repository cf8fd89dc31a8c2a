//! Progress of running scans for other sessions: each scan writes a small record of its own, a few times a second.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, interval_at};

use super::counters::ScanCounters;
use super::request::{Reader, ScanRequest};
use super::resources::Resources;
use crate::error::Result;
use crate::rest::shared::process::Process;
use crate::rest::shared::state::{Record, SharedState};
use crate::rest::shared::statistics::Totals;

/// The prefix of the records' names.
const PREFIX: &str = "progress-";
/// The interval at which a running scan writes its progress. A shorter scan writes no record.
const INTERVAL: Duration = Duration::from_millis(250);

/// True once the process is about to exit.
static HAS_ENDED: Mutex<bool> = Mutex::new(false);

/// The progress of a scan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The backend's process id.
    pub process: u32,
    /// The reader.
    pub reader: Reader,
    /// The API's origin.
    pub origin: String,
    /// The entity.
    pub entity: String,
    /// The start time, in seconds since 1970.
    pub started_at: f64,
    /// Rows received so far.
    pub rows: u64,
    /// The total number of rows, as stated or, past the page cap of a list, estimated.
    pub total_rows: Option<u64>,
    /// Pages read.
    pub pages: u64,
    /// The total number of pages, from the total number of rows.
    pub total_pages: Option<u64>,
    /// For a list past its page cap: the windows of time that have been read, and all that are known.
    pub windows: Option<(u64, u64)>,
    /// Requests sent.
    pub requests: u64,
    /// The phase that the scan is waiting in.
    pub waits_for: String,
}

impl Progress {
    /// The expected end at the current speed, in seconds since 1970.
    pub fn expected_end(&self) -> Option<f64> {
        self.expected_end_at(unix_time())
    }

    fn expected_end_at(&self, now: f64) -> Option<f64> {
        let done = self.rows as f64 / self.total_rows.filter(|total| *total > 0)? as f64;
        (done > 0.0).then(|| self.started_at + (now - self.started_at) / done.min(1.0))
    }
}

/// The progress of all running scans. Records of killed processes are removed.
pub fn running(folder: &SharedState) -> Vec<Progress> {
    remove(folder, |process| !process.is_running());
    let progress = |name: String| {
        let process = process_of(&name)?;
        // The scan may have ended in the meantime.
        Some(Record::<Progress>::new(Some(folder), &name).get()).filter(|progress| progress.process == process.id)
    };
    folder.names().into_iter().filter_map(progress).collect()
}

/// Removes the records of processes that no longer run, and of earlier processes with the id of this one.
pub(crate) fn clear(folder: &SharedState) {
    let own = std::process::id();
    remove(folder, |process| process.id == own || !process.is_running());
}

/// Removes the records of this process, which is about to exit: its scans write no others.
pub(crate) fn end(folder: &SharedState) {
    let own = std::process::id();
    *HAS_ENDED.lock().unwrap_or_else(PoisonError::into_inner) = true;
    remove(folder, |process| process.id == own);
}

fn remove(folder: &SharedState, is_over: impl Fn(&Process) -> bool) {
    for name in folder.names().into_iter().filter(|name| process_of(name).is_some_and(|process| is_over(&process))) {
        // Another session may have removed it.
        let _ = std::fs::remove_file(folder.join(&name));
    }
}

/// The process of the scan that a progress record is about.
fn process_of(name: &str) -> Option<Process> {
    Process::parse(name.strip_prefix(PREFIX)?.rsplit_once('-')?.0)
}

/// The current time in seconds since 1970.
pub(crate) fn unix_time() -> f64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0.0, |elapsed| elapsed.as_secs_f64())
}

/// Publishes the progress of one scan until it is dropped, when the scan has ended in any way.
pub(crate) struct Observer {
    resources: Arc<Resources>,
    counters: Arc<ScanCounters>,
    origin: String,
    entity: &'static crate::model::Entity,
    page_size: u64,
    reported: Totals,
    is_first: bool,
    progress: Progress,
    /// The progress record, if there is one, with its file.
    record: Option<(Record<Progress>, PathBuf)>,
    error: Option<&'static str>,
}

impl Observer {
    pub(crate) fn new(resources: Arc<Resources>, counters: Arc<ScanCounters>, request: &ScanRequest) -> Self {
        let origin = request.connection.origin();
        Observer {
            progress: Progress {
                process: std::process::id(),
                reader: request.reader,
                origin: origin.clone(),
                entity: request.entity.name.to_owned(),
                started_at: unix_time(),
                ..Progress::default()
            },
            resources,
            counters,
            origin,
            entity: request.entity,
            page_size: u64::from(request.plan.page_size.max(1)),
            reported: Totals::default(),
            is_first: true,
            record: None,
            error: None,
        }
    }

    /// Runs a scan and publishes its progress.
    pub(crate) async fn observe(mut self, scan: impl Future<Output = Result<()>>) -> Result<()> {
        let mut ticks = interval_at(Instant::now() + INTERVAL, INTERVAL);
        tokio::pin!(scan);
        loop {
            tokio::select! {
                biased;
                result = &mut scan => {
                    self.error = result.as_ref().err().map(|error| error.kind().into());
                    return result;
                }
                _ = ticks.tick() => self.publish(),
            }
        }
    }

    fn publish(&mut self) {
        self.report();
        let Some(folder) = self.resources.folder() else { return };
        let counts = &self.counters.http.counts;
        let stated = self.counters.total.get().copied().filter(|total| !self.entity.is_capped(*total));
        let total = stated.or(self.counters.estimated_total());
        let progress = Progress {
            rows: counts.rows.load(Ordering::Relaxed),
            total_rows: total,
            pages: counts.pages.load(Ordering::Relaxed),
            total_pages: total.map(|total| total.div_ceil(self.page_size).max(1)),
            windows: self.counters.windows(),
            requests: counts.requests.load(Ordering::Relaxed),
            waits_for: self.counters.http.phase().name().to_owned(),
            ..self.progress.clone()
        };
        if progress == self.progress {
            return;
        }
        static SCANS: AtomicU64 = AtomicU64::new(0);
        let (record, _) = self.record.get_or_insert_with(|| {
            let name = format!("{PREFIX}{}-{}", Process::current(), SCANS.fetch_add(1, Ordering::Relaxed));
            (Record::new(Some(folder), &name), folder.join(&name))
        });
        self.progress = progress;
        let has_ended = HAS_ENDED.lock().unwrap_or_else(PoisonError::into_inner);
        if *has_ended {
            return;
        }
        // A query does not fail if its progress cannot be written.
        let _ = record.try_update(|shown| *shown = self.progress.clone());
    }

    /// Adds the new counts to the statistics.
    fn report(&mut self) {
        let totals = self.counters.http.counts.totals();
        let new = totals.since(&self.reported);
        if !self.is_first && new == Totals::default() && self.error.is_none() {
            return;
        }
        let error = self.error.take().map(|kind| (kind, unix_time()));
        self.resources.statistics.add((&self.origin, self.entity.name), self.is_first, &new, error);
        (self.reported, self.is_first) = (totals, false);
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.report();
        if let Some((_, path)) = &self.record {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn killed_processes_and_reused_ids_leave_no_progress() {
        let data = tempfile::tempdir().unwrap();
        let folder = SharedState::open(data.path(), 1).unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let own = Process::current();
        // The second one has the id of this process and was started before it.
        for (process, id) in
            [(format!("{}-1", child.id()), child.id()), (format!("{}-1", own.id), own.id), (own.to_string(), own.id)]
        {
            let record: Record<Progress> = Record::new(Some(&folder), &format!("{PREFIX}{process}-0"));
            record.try_update(|progress| progress.process = id).unwrap();
        }
        let found: Vec<u32> = running(&folder).iter().map(|progress| progress.process).collect();
        assert_eq!(found, [own.id]);
        assert_eq!(folder.names(), [format!("{PREFIX}{own}-0")]);
        clear(&folder);
        assert!(folder.names().is_empty());
        folder.remove().unwrap();
    }

    #[test]
    fn the_end_is_expected_from_the_rows_so_far() {
        let progress = |rows, total_rows| Progress { started_at: 1000.0, rows, total_rows, ..Progress::default() };
        assert_eq!(progress(25, Some(100)).expected_end_at(1010.0), Some(1040.0));
        assert_eq!(progress(100, Some(100)).expected_end_at(1010.0), Some(1010.0));
        assert_eq!(progress(120, Some(100)).expected_end_at(1010.0), Some(1010.0));
        assert_eq!(progress(0, Some(100)).expected_end_at(1010.0), None);
        assert_eq!(progress(5, None).expected_end_at(1010.0), None);
        assert_eq!(progress(0, Some(0)).expected_end_at(1010.0), None);
    }
}
