//! The statistics of one session, in a record of its own: no other session waits for it, and no count is lost.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, PoisonError};

use super::activity_slot::Slot;
use super::process::Process;
use super::server_statistics::{EndedSessions, record_name};
use super::state::{SharedState, open};
use super::statistics::{Activity, Totals};

/// The most entities of a session's record. It is then added to the sums of the server, and another one begun.
const MOST_ACTIVITIES: usize = 64;
/// The most entities of a record that cannot be added, since a stopped process holds the lock.
const MOST_WAITING: usize = 1024;

/// The statistics of this process.
#[derive(Debug, Default)]
pub(crate) struct SessionStatistics {
    /// The place of the record; without it nobody could read it.
    folder: Option<SharedState>,
    record: Mutex<SessionRecord>,
}

/// The record of a session.
#[derive(Debug, Default)]
struct SessionRecord {
    /// The number of this process's records before it.
    number: u64,
    file: Option<File>,
    entries: Vec<Entry>,
    /// The entries by origin and entity.
    places: HashMap<(String, String), usize>,
    has_ended: bool,
}

#[derive(Debug)]
struct Entry {
    activity: Activity,
    is_written: bool,
}

impl SessionStatistics {
    pub(crate) fn new(folder: Option<SharedState>) -> Self {
        SessionStatistics { folder, record: Mutex::default() }
    }

    /// Adds the counts of a scan since the last call, and its error with the time.
    ///
    /// A query does not fail if its counts cannot be written: the next call writes them.
    pub(crate) fn add(&self, (origin, entity): (&str, &str), is_first: bool, new: &Totals, error: Option<(&str, f64)>) {
        let Some(folder) = &self.folder else { return };
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = record.entry(folder, origin, entity) else { return };
        entry.activity.add(is_first, new);
        if let Some((kind, at)) = error {
            entry.activity.last_error = Some(kind.to_owned());
            entry.activity.last_error_at = Some(at);
        }
        entry.is_written = false;
        let _ = record.write(folder);
    }

    /// Adds the record to the sums of the server. Later counts are dropped: the process is about to exit.
    pub(crate) fn end(&self) {
        let Some(folder) = &self.folder else { return };
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.has_ended = true;
        // If it cannot be added, another session adds it, as if this one had been killed.
        record.close(folder);
    }
}

impl SessionRecord {
    /// The entry of an entity; `None` if there is no room for it.
    fn entry(&mut self, folder: &SharedState, origin: &str, entity: &str) -> Option<&mut Entry> {
        let names = (origin.to_owned(), entity.to_owned());
        let place = match self.places.get(&names) {
            _ if self.has_ended => return None,
            Some(place) => *place,
            None => {
                if self.entries.len() >= MOST_ACTIVITIES {
                    self.close(folder);
                }
                if self.entries.len() >= MOST_WAITING {
                    return None;
                }
                self.entries.push(Entry { activity: Activity::new(origin, entity), is_written: false });
                self.places.insert(names, self.entries.len() - 1);
                self.entries.len() - 1
            }
        };
        self.entries.get_mut(place)
    }

    fn name(&self) -> String {
        record_name(Process::current(), self.number)
    }

    /// Writes the entries that have changed.
    fn write(&mut self, folder: &SharedState) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) if file.metadata()?.nlink() > 0 => file,
            // The file is new, or was removed.
            _ => {
                self.entries.iter_mut().for_each(|entry| entry.is_written = false);
                open(folder, &folder.join(&self.name()))?
            }
        };
        for (at, entry) in self.entries.iter_mut().enumerate().filter(|(_, entry)| !entry.is_written) {
            Slot { added: 0, activity: entry.activity.clone() }.write(&file, at as u64)?;
            entry.is_written = true;
        }
        self.file = Some(file);
        Ok(())
    }

    /// Adds the record to the sums of the server and begins another one, unless another process holds the lock.
    fn close(&mut self, folder: &SharedState) {
        if self.entries.is_empty() || self.write(folder).is_err() {
            return;
        }
        if let Ok(Some(ended)) = EndedSessions::lock(folder) {
            // After an error the next holder of the lock adds the record: nothing may be written to it.
            let _ = ended.add(&self.name());
            *self = SessionRecord { number: self.number + 1, has_ended: self.has_ended, ..SessionRecord::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::server_statistics::{activities, clear};
    use super::super::statistics::Counts;
    use super::*;

    /// A session whose records begin with this number: all sessions of a test are in one process.
    fn session(folder: &SharedState, number: u64) -> SessionStatistics {
        let record = SessionRecord { number, ..SessionRecord::default() };
        SessionStatistics { folder: Some(folder.clone()), record: Mutex::new(record) }
    }

    fn folder(data: &Path) -> SharedState {
        SharedState::open(data, 1).unwrap()
    }

    fn count(session: &SessionStatistics, entity: &str) {
        let counts = Counts::default();
        counts.answered(200);
        session.add(("https://t", entity), true, &counts.totals(), None);
    }

    /// The names of the records, and the scans and answers of each entity.
    fn found(folder: &SharedState) -> (usize, Vec<(String, u64, u64)>) {
        let all = activities(folder).into_iter().map(|activity| (activity.entity, activity.scans, activity.succeeded));
        (folder.names().iter().filter(|name| name.starts_with("statistics-")).count(), all.collect())
    }

    /// Makes the records of this process those of a killed one.
    fn kill(folder: &SharedState) {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let own = format!("statistics-{}", Process::current());
        for name in folder.names() {
            if let Some(number) = name.strip_prefix(&own) {
                std::fs::rename(folder.join(&name), folder.join(&format!("statistics-{}-1{number}", child.id())))
                    .unwrap();
            }
        }
    }

    #[test]
    fn no_count_is_lost_by_sessions_that_count_end_and_are_killed() {
        let data = tempfile::tempdir().unwrap();
        let folder = folder(data.path());
        let (first, second) = (session(&folder, 100), session(&folder, 200));
        for _ in 0..3 {
            count(&first, "users");
            count(&second, "users");
            count(&second, "roles");
        }
        let expected = vec![("roles".to_owned(), 3, 3), ("users".to_owned(), 6, 6)];
        assert_eq!(found(&folder), (2, expected.clone()), "both run");
        first.end();
        count(&first, "users");
        assert_eq!(found(&folder), (1, expected.clone()), "one has ended");
        kill(&folder);
        assert_eq!(found(&folder), (0, expected.clone()), "the other one was killed, and the view adds its record");
        let third = session(&folder, 300);
        count(&third, "users");
        kill(&folder);
        clear(&folder);
        assert_eq!(found(&folder), (0, vec![("roles".to_owned(), 3, 3), ("users".to_owned(), 7, 7)]));
        folder.remove().unwrap();
    }

    #[test]
    fn a_session_with_many_entities_keeps_a_short_record() {
        const ENTITIES: usize = 10_000;
        let data = tempfile::tempdir().unwrap();
        let folder = folder(data.path());
        let session = session(&folder, 0);
        for number in 0..ENTITIES {
            count(&session, &format!("e{number}"));
            assert!(session.record.lock().unwrap().entries.len() <= MOST_ACTIVITIES);
        }
        count(&session, "e0");
        let (records, found) = found(&folder);
        assert_eq!((records, found.len()), (1, ENTITIES), "the sums of so many entities are kept");
        assert!(found.iter().all(|(name, scans, _)| *scans == if name == "e0" { 2 } else { 1 }));
        session.end();
        folder.remove().unwrap();
    }

    #[test]
    fn counts_wait_while_another_process_holds_the_lock_of_the_sums() {
        let data = tempfile::tempdir().unwrap();
        let folder = folder(data.path());
        let session = session(&folder, 0);
        let held = EndedSessions::lock(&folder).unwrap();
        for number in 0..=MOST_ACTIVITIES {
            count(&session, &format!("e{number}"));
        }
        assert_eq!(found(&folder).1.len(), MOST_ACTIVITIES + 1);
        drop(held);
        count(&session, "another");
        assert_eq!(session.record.lock().unwrap().entries.len(), 1, "the others are added to the sums");
        assert_eq!(found(&folder).1.len(), MOST_ACTIVITIES + 2);
        folder.remove().unwrap();
    }

    #[test]
    fn a_removed_record_is_written_again() {
        let data = tempfile::tempdir().unwrap();
        let folder = folder(data.path());
        let session = session(&folder, 0);
        count(&session, "users");
        folder.remove().unwrap();
        count(&session, "roles");
        assert_eq!(found(&folder), (1, vec![("roles".to_owned(), 1, 1), ("users".to_owned(), 1, 1)]));
        folder.remove().unwrap();
    }

    #[test]
    fn eight_sessions_at_once_lose_no_count_while_others_read_and_end() {
        const SESSIONS: u64 = 50;
        let data = tempfile::tempdir().unwrap();
        let folder = folder(data.path());
        std::thread::scope(|scope| {
            let sessions: Vec<_> = (0..8)
                .map(|number| {
                    let folder = &folder;
                    scope.spawn(move || {
                        for at in 0..SESSIONS {
                            let session = session(folder, number * SESSIONS + at);
                            (0..100).for_each(|_| count(&session, "users"));
                            session.end();
                        }
                    })
                })
                .collect();
            let mut before = 0;
            while !sessions.iter().all(|session| session.is_finished()) {
                let scans = activities(&folder).first().map_or(0, |activity| activity.scans);
                assert!(scans >= before, "{scans} scans after {before}");
                before = scans;
            }
        });
        let scans = 8 * SESSIONS * 100;
        // A session that does not get the lock in time leaves its record, as if it had been killed.
        assert_eq!(found(&folder).1, [("users".to_owned(), scans, scans)]);
        folder.remove().unwrap();
    }
}
