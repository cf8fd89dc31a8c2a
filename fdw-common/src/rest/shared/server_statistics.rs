//! The statistics since the start of the server. They are in the directory for shared state, so that no `SELECT` writes a
//! table.
//!
//! Every session counts in a record of its own (`session_statistics`), which no other session writes. The sums of the
//! sessions that have ended are in one file of slots. The place of a slot follows from the names, so that adding to one
//! costs the same with one and with thousands of them.
//!
//! A session's record is added slot by slot and then removed. A process that is killed in between has left the record's
//! name in the file's first page, and in each slot whether the record has been added to it: the next process that takes
//! the lock finishes the work, and no count is lost or added twice.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use super::activity_slot::{SLOT, Slot};
use super::process::{Process, is_alive};
use super::state::{SharedState, checksum, open, read_at, try_lock};
use super::statistics::Activity;

/// The name of the file with the sums.
const NAME: &str = "statistics";
/// The prefix of the names of sessions' records.
const PREFIX: &str = "statistics-";
/// The bytes of a page.
const PAGE: usize = 4096;
/// The slots of a page.
const SLOTS: u64 = (PAGE / SLOT) as u64;
/// The pages with slots, a power of two. Pages without a slot in use take no memory.
const PAGES: u64 = 2048;
/// An activity is in the page that its names give, or in one of the next ones.
const WINDOW: u64 = 8;
/// The pause before another attempt to get the lock, and the most attempts. The holder adds the counts of one session.
const LOCK_PAUSE: Duration = Duration::from_micros(200);
const MOST_TRIES: u32 = 100;

/// The name of a session's record: it is the process's record with this number.
pub(super) fn record_name(process: Process, number: u64) -> String {
    format!("{PREFIX}{process}-{number}")
}

/// The process of a session's record.
fn process_of(name: &str) -> Option<Process> {
    Process::parse(name.strip_prefix(PREFIX)?.rsplit_once('-')?.0)
}

/// The activities in a session's record; `None` if there is no such record.
fn session_activities(folder: &SharedState, name: &str) -> io::Result<Option<Vec<Activity>>> {
    let file = match File::open(folder.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let slots = file.metadata()?.len() / SLOT as u64;
    let mut found = Vec::new();
    let mut bytes = [0; SLOT];
    for number in 0..slots {
        // The session may be writing a slot.
        for _ in 0..MOST_TRIES {
            read_at(&file, &mut bytes, number * SLOT as u64)?;
            if let Some(slot) = Slot::read(&bytes) {
                found.push(slot.activity);
                break;
            }
        }
    }
    Ok(Some(found))
}

/// The sums of the sessions that have ended, locked.
pub(super) struct EndedSessions<'a> {
    folder: &'a SharedState,
    file: File,
}

impl<'a> EndedSessions<'a> {
    /// Takes the lock, and finishes the work of a killed process; `None` if another process holds the lock.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn lock(folder: &'a SharedState) -> io::Result<Option<Self>> {
        let file = open(folder, &folder.join(NAME))?;
        for _ in 0..MOST_TRIES {
            if try_lock(&file)? {
                // Closing the file releases the lock.
                let ended = EndedSessions { folder, file };
                if let Some(name) = ended.unfinished()? {
                    ended.add_slots(&name)?;
                }
                return Ok(Some(ended));
            }
            std::thread::sleep(LOCK_PAUSE);
        }
        Ok(None)
    }

    /// Adds a session's record, and removes it. The session must not write it any more.
    ///
    /// # Errors
    /// Those of the file system. The record is added later then.
    pub(super) fn add(&self, name: &str) -> io::Result<()> {
        let mut header = [0; PAGE];
        header[..8].copy_from_slice(&checksum(name.as_bytes()).to_le_bytes());
        header[8..10].copy_from_slice(&(name.len() as u16).to_le_bytes());
        header[10..10 + name.len()].copy_from_slice(name.as_bytes());
        self.file.write_all_at(&header, 0)?;
        self.add_slots(name)
    }

    /// The name of the record that was last being added.
    fn unfinished(&self) -> io::Result<Option<String>> {
        let mut header = [0; PAGE];
        read_at(&self.file, &mut header, 0)?;
        let length = usize::from(u16::from_le_bytes([header[8], header[9]]));
        let Some(name) = header.get(10..10 + length).and_then(|name| std::str::from_utf8(name).ok()) else {
            return Ok(None);
        };
        let is_whole = header[..8] == checksum(name.as_bytes()).to_le_bytes() && process_of(name).is_some();
        Ok(is_whole.then(|| name.to_owned()))
    }

    /// Adds those activities of a record that are not added yet, and removes it.
    fn add_slots(&self, name: &str) -> io::Result<()> {
        let Some(activities) = session_activities(self.folder, name)? else { return Ok(()) };
        let added = checksum(name.as_bytes());
        for activity in activities {
            self.add_activity(activity, added)?;
        }
        std::fs::remove_file(self.folder.join(name))
    }

    /// Adds an activity of the record `added` to the sum of its entity, unless that was done before.
    fn add_activity(&self, mut activity: Activity, added: u64) -> io::Result<()> {
        let (at, sum) = self.place_of(&activity)?;
        if let Some(sum) = sum {
            if sum.added == added {
                return Ok(());
            }
            activity.merge(&sum.activity);
        }
        Slot { added, activity }.write(&self.file, at)
    }

    /// The number of the slot for an activity, and its sum if there is one.
    fn place_of(&self, activity: &Activity) -> io::Result<(u64, Option<Slot>)> {
        let first = window_of(activity);
        let mut least_used = (u64::MAX, first);
        let mut page = [0; PAGE];
        for at in (first..first + WINDOW * SLOTS).step_by(SLOTS as usize) {
            page.fill(0);
            read_at(&self.file, &mut page, at * SLOT as u64)?;
            for (at, bytes) in (at..).zip(page.chunks_exact(SLOT)) {
                match Slot::read(bytes) {
                    // The first free slot is used, and none becomes free again: the activity is in no later one.
                    None => return Ok((at, None)),
                    Some(slot) if slot.activity.is_of(activity) => return Ok((at, Some(slot))),
                    Some(slot) => least_used = least_used.min((slot.activity.requests, at)),
                }
            }
        }
        // The least used entity makes room for a new one, so that ever new names cannot fill the memory.
        Ok((least_used.1, None))
    }

    /// Adds the records of sessions that ended without doing it: killed ones.
    fn add_killed(&self, is_over: impl Fn(&Process) -> bool) {
        let mut names = self.folder.names();
        names.retain(|name| process_of(name).is_some_and(|process| is_over(&process)));
        // After an error (no memory is left) the next holder of the lock finishes the work first.
        let _ = names.iter().try_for_each(|name| self.add(name));
    }
}

/// The number of the first slot of an activity's window.
fn window_of(activity: &Activity) -> u64 {
    let names = [activity.origin.as_bytes(), b" ", activity.entity.as_bytes()].concat();
    (1 + checksum(&names) % PAGES) * SLOTS
}

/// Adds the records of killed sessions to the sums, so that they do not fill the memory.
pub(crate) fn clear(folder: &SharedState) {
    let own = Process::current();
    // The start time is not compared: reading it for every session would cost more than a record that stays longer.
    let is_over = |process: &Process| match process.id == own.id {
        true => *process != own,
        false => !is_alive(process.id),
    };
    if folder.names().iter().filter_map(|name| process_of(name)).any(|process| is_over(&process))
        && let Ok(Some(ended)) = EndedSessions::lock(folder)
    {
        ended.add_killed(is_over);
    }
}

/// The statistics since the start of the server.
pub fn activities(folder: &SharedState) -> Vec<Activity> {
    let mut sums: BTreeMap<(String, String), Activity> = BTreeMap::new();
    let mut add = |activity: Activity| {
        let names = (activity.origin.clone(), activity.entity.clone());
        sums.entry(names).and_modify(|sum| sum.merge(&activity)).or_insert(activity);
    };
    // While the lock is held, no session's record is added to the sums. A stopped process that holds it does not keep
    // users from the statistics.
    let ended = EndedSessions::lock(folder).ok().flatten();
    if let Some(ended) = &ended {
        ended.add_killed(|process| !process.is_running());
    }
    let file = ended.as_ref().map_or_else(|| File::open(folder.join(NAME)), |ended| ended.file.try_clone());
    let mut page = [0; PAGE];
    for at in 1..PAGES + WINDOW {
        let length = file.as_ref().ok().and_then(|file| read_at(file, &mut page, at * PAGE as u64).ok());
        if matches!(length, None | Some(0)) {
            break;
        }
        page.chunks_exact(SLOT).filter_map(Slot::read).for_each(|slot| add(slot.activity));
        page.fill(0);
    }
    for name in folder.names().into_iter().filter(|name| process_of(name).is_some()) {
        // The session may have ended in the meantime.
        session_activities(folder, &name).ok().flatten().into_iter().flatten().for_each(&mut add);
    }
    sums.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(entity: &str, requests: u64) -> Activity {
        Activity { scans: 1, requests, ..Activity::new("https://t", entity) }
    }

    /// Writes the record of a session with these activities.
    fn write(folder: &SharedState, name: &str, activities: &[Activity]) {
        let file = open(folder, &folder.join(name)).unwrap();
        for (number, activity) in activities.iter().enumerate() {
            Slot { added: 0, activity: activity.clone() }.write(&file, number as u64).unwrap();
        }
    }

    #[test]
    fn a_record_is_added_once_if_its_process_is_killed_at_any_moment() {
        let activities_of = |from: u64| (0..4).map(|at| activity(&format!("e{at}"), from + at)).collect::<Vec<_>>();
        // The number of slots that are added before the process is killed.
        for added in 0..=4 {
            let data = tempfile::tempdir().unwrap();
            let folder = SharedState::open(data.path(), 1).unwrap();
            let (first, second) = (record_name(Process::current(), 1), record_name(Process::current(), 2));
            let ended = EndedSessions::lock(&folder).unwrap().unwrap();
            write(&folder, &first, &activities_of(10));
            ended.add(&first).unwrap();
            // This writes the second record's name into the first page.
            write(&folder, &second, &[]);
            ended.add(&second).unwrap();
            write(&folder, &second, &activities_of(100));
            for activity in activities_of(100).into_iter().take(added) {
                ended.add_activity(activity, checksum(second.as_bytes())).unwrap();
            }
            drop(ended);
            let found: Vec<u64> = activities(&folder).iter().map(|activity| activity.requests).collect();
            assert_eq!(found, [110, 112, 114, 116], "{added}");
            assert!(!folder.join(&second).exists());
            folder.remove().unwrap();
        }
    }

    #[test]
    fn the_least_used_entity_makes_room_for_a_new_one() {
        let data = tempfile::tempdir().unwrap();
        let folder = SharedState::open(data.path(), 1).unwrap();
        let ended = EndedSessions::lock(&folder).unwrap().unwrap();
        let window = window_of(&activity("e0", 0));
        let mut entities =
            (0..).map(|number| format!("e{number}")).filter(|name| window_of(&activity(name, 0)) == window);
        let slots = WINDOW * SLOTS;
        for number in 0..slots {
            let requests = if number == 7 { 1 } else { 100 + number };
            ended.add_activity(activity(&entities.next().unwrap(), requests), 1).unwrap();
        }
        ended.add_activity(activity(&entities.next().unwrap(), 50), 2).unwrap();
        drop(ended);
        let mut found: Vec<u64> = activities(&folder).iter().map(|activity| activity.requests).collect();
        found.sort_unstable();
        assert_eq!((found.len() as u64, found[0], found[1]), (slots, 50, 100));
        folder.remove().unwrap();
    }

    #[test]
    fn the_file_of_the_sums_has_a_largest_size() {
        let data = tempfile::tempdir().unwrap();
        let folder = SharedState::open(data.path(), 1).unwrap();
        let ended = EndedSessions::lock(&folder).unwrap().unwrap();
        for number in 0..20_000 {
            ended.add_activity(activity(&format!("e{number}"), 1), number).unwrap();
        }
        let size = ended.file.metadata().unwrap().len();
        assert!(size <= (PAGES + WINDOW) * PAGE as u64, "{size}");
        folder.remove().unwrap();
    }
}
