//! State that the processes of one database cluster share: small records in a private directory.
//!
//! Postgres's shared memory is available only to preloaded extensions (on 15 and 16), and only to the main
//! thread. Files on an in-memory file system work everywhere, and from the transport thread. A record is
//! replaced as a whole under a lock that the kernel releases when its holder dies. A checksum detects a
//! truncated record, which counts as missing. No process holds a lock for longer than it takes to write a
//! page, so a process that finds it locked tries again a moment later instead of blocking in the kernel.

use std::fs::{DirBuilder, DirEntry, File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use secrecy::zeroize::Zeroizing;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::owner;
use crate::error::{Error, ErrorKind, Result};

/// The in-memory file system of Linux.
const MEMORY: &str = "/dev/shm";
/// The prefix of the names of clusters' folders.
const PREFIX: &str = "wrappers-";
/// A directory in the data directory that base backups omit (docs: protocol-replication).
const NOT_BACKED_UP: &str = "pg_stat_tmp";
/// The pause before another attempt to get a lock.
const LOCK_PAUSE: Duration = Duration::from_millis(1);
/// The most attempts to read a record without its lock, and the pause between them. A write takes microseconds.
const MOST_READS: u32 = 500;
const READ_PAUSE: Duration = Duration::from_micros(100);
/// The format of the records, as part of their names. It is raised with every change of the contents, so that
/// sessions with an older library use records of their own.
const FORMAT: &str = ".v5";
/// The most files of records that stay open in a process. Postgres does not know of them.
const MOST_KEPT: usize = 32;
/// The longest wait for a lock: a process that holds it longer is stopped, not busy.
const LONGEST_LOCK: Duration = Duration::from_secs(10);

/// The seconds since the machine was started, the same in all its processes. Setting the clock does not
/// change it.
pub(crate) fn now() -> f64 {
    // Every supported Linux has this clock; without it no time would ever pass.
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(0.0, |time| Duration::from(time).as_secs_f64())
}

/// The directory of one run of one database cluster, accessible to its operating system user only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedState {
    /// The directories to create, outermost first; the last one contains the records.
    path: Vec<PathBuf>,
}

impl SharedState {
    /// Creates the directory of the server that was started at `started` (any number that no other start has)
    /// on a data directory. The files of earlier runs are removed.
    ///
    /// The directory is in memory, or below the data directory if that is not possible.
    ///
    /// # Errors
    /// `Internal` or `Resources` if a private directory can be created in neither place.
    pub fn open(data_directory: &Path, started: i64) -> Result<Self> {
        let run = format!("{started:x}");
        let cluster = format!("{PREFIX}{}", cluster_name(data_directory));
        let (mut refusals, mut kind) = (Vec::new(), ErrorKind::Internal);
        for place in [PathBuf::from(MEMORY), data_directory.join(NOT_BACKED_UP)] {
            let base = place.join(&cluster);
            let folder = SharedState { path: vec![base.clone(), base.join(&run)] };
            let is_first = !base.join(&run).exists();
            match folder.make() {
                Ok(()) => {
                    if is_first {
                        // Without the note the folder stays when the server is gone.
                        let _ = owner::note(&base, data_directory);
                    }
                    remove_others(&base, &run);
                    return Ok(folder);
                }
                Err(error) => {
                    kind = ErrorKind::of_system(&error);
                    refusals.push(format!("{}: {error}", base.display()));
                }
            }
        }
        Err(Error::new(kind, "cannot create the directory for shared state").with_detail(refusals.join("; ")))
    }

    /// Removes the directory with all records.
    ///
    /// # Errors
    /// The errors of the file system.
    pub fn remove(&self) -> io::Result<()> {
        self.path.first().map_or(Ok(()), std::fs::remove_dir_all)
    }

    /// Removes the folders of this user's other clusters whose servers have stopped.
    pub fn remove_stopped(&self) {
        if let Some((base, place)) = self.path.first().and_then(|base| Some((base, base.parent()?))) {
            owner::remove_stopped(place, PREFIX, base);
        }
    }

    /// Makes the folders that are missing.
    fn make(&self) -> io::Result<()> {
        self.path.iter().try_for_each(|folder| make_private(folder))
    }

    /// The file of a record.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.last().map_or_else(PathBuf::new, |folder| folder.join(format!("{name}{FORMAT}")))
    }

    /// The names of the existing records of this format.
    pub(crate) fn names(&self) -> Vec<String> {
        let Some(entries) = self.path.last().and_then(|folder| folder.read_dir().ok()) else { return Vec::new() };
        let name = |entry: io::Result<DirEntry>| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            name.strip_suffix(FORMAT).map(str::to_owned)
        };
        entries.filter_map(name).collect()
    }

    /// Removes the least recently changed records with names that begin with `prefix` before another one is made, so
    /// that at most `most` are left then: records of ever new APIs cannot fill the memory.
    pub(crate) fn make_room(&self, prefix: &str, name: &str, most: usize) {
        if !self.join(name).exists() {
            self.keep_newest(prefix, most);
        }
    }

    fn keep_newest(&self, prefix: &str, most: usize) {
        let files = self.names().into_iter().filter(|name| name.starts_with(prefix)).map(|name| self.join(&name));
        let changed = |path: &PathBuf| path.metadata().and_then(|found| found.modified()).ok();
        let mut files: Vec<_> = files.map(|path| (changed(&path), path)).collect();
        if files.len() <= most {
            return;
        }
        files.sort_unstable();
        for (_, path) in &files[..files.len() - most] {
            // Another session may have removed it.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A name that no other cluster of this machine has, not even one in a container with the same paths.
fn cluster_name(data_directory: &Path) -> String {
    let (device, inode) = data_directory.metadata().map_or((0, 0), |found| (found.dev(), found.ino()));
    digest([data_directory.to_string_lossy().as_bytes(), &device.to_le_bytes(), &inode.to_le_bytes()])
}

/// A hash of these parts in this order, as 32 hexadecimal digits.
pub(crate) fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Creates a directory that only this user can access, or checks that an existing one is private: in a place
/// where all users may write, another user may have created it to read the records.
fn make_private(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = folder.symlink_metadata()?;
    if found.is_dir() && found.uid() == nix::unistd::geteuid().as_raw() && found.mode() & 0o077 == 0 {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "it exists and is not private to this user"))
    }
}

/// Removes the files of earlier runs. Postgres runs only once on a data directory, so no other run is alive.
fn remove_others(base: &Path, run: &str) {
    let Ok(entries) = base.read_dir() else { return };
    let is_run = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    for entry in entries.flatten().filter(|entry| entry.file_name() != *run && is_run(entry)) {
        // A folder that cannot be removed is not used.
        let _ = std::fs::remove_dir_all(entry.path());
    }
}

/// One value that all processes of a cluster share, or that is private to one process.
#[derive(Debug)]
pub(crate) enum Record<T> {
    Local(Mutex<T>),
    Shared(RecordFile),
}

/// The file of a record. It stays open between two uses, if this process has not too many open already.
#[derive(Debug)]
pub(crate) struct RecordFile {
    folder: SharedState,
    path: PathBuf,
    kept: Mutex<Option<KeptFile>>,
}

/// A file that stays open.
#[derive(Debug)]
struct KeptFile(File);

/// The number of files that stay open.
static KEPT: AtomicUsize = AtomicUsize::new(0);

impl KeptFile {
    fn new(file: File) -> Option<Self> {
        let is_allowed = |kept: usize| (kept < MOST_KEPT).then_some(kept + 1);
        KEPT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_allowed).is_ok().then(|| KeptFile(file))
    }
}

impl Drop for KeptFile {
    fn drop(&mut self) {
        KEPT.fetch_sub(1, Ordering::Relaxed);
    }
}

impl RecordFile {
    fn new(folder: &SharedState, name: &str) -> Self {
        RecordFile { folder: folder.clone(), path: folder.join(name), kept: Mutex::default() }
    }

    /// Calls `action` with the locked file and its size; `None` if another process holds the lock.
    fn try_locked<R>(&self, action: impl FnOnce(&File, u64) -> io::Result<R>) -> io::Result<Option<R>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = kept.take() {
            if !try_lock(&file.0)? {
                *kept = Some(file);
                return Ok(None);
            }
            let found = file.0.metadata()?;
            if found.nlink() > 0 {
                // After an error the file is closed, which releases the lock too.
                let result = action(&file.0, found.size())?;
                file.0.unlock()?;
                *kept = Some(file);
                return Ok(Some(result));
            }
        }
        let file = open(&self.folder, &self.path)?;
        if !try_lock(&file)? {
            *kept = KeptFile::new(file);
            return Ok(None);
        }
        let result = action(&file, file.metadata()?.size())?;
        file.unlock()?;
        *kept = KeptFile::new(file);
        Ok(Some(result))
    }

    /// Calls `action` with the file and its size, without the lock; `None` if there is no file.
    fn unlocked<R>(&self, action: impl FnOnce(&File, u64) -> R) -> Option<R> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = kept.take()
            && let Some(found) = file.0.metadata().ok().filter(|found| found.nlink() > 0)
        {
            let result = action(&file.0, found.size());
            *kept = Some(file);
            return Some(result);
        }
        let file = File::options().read(true).write(true).open(&self.path).ok()?;
        let result = action(&file, file.metadata().ok()?.size());
        *kept = KeptFile::new(file);
        Some(result)
    }
}

/// Takes the lock of a file; false if another process holds it.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl<T: Default + Serialize + DeserializeOwned> Record<T> {
    /// The record with a name in the directory; without a directory, a record of this process.
    pub(crate) fn new(folder: Option<&SharedState>, name: &str) -> Self {
        match folder {
            Some(folder) => Record::Shared(RecordFile::new(folder, name)),
            None => Record::Local(Mutex::default()),
        }
    }

    /// Changes the value and returns the result of `change`, which is called at most once; `None` if another
    /// process holds the lock. A value that stays the same is not written.
    ///
    /// # Errors
    /// The errors of the file system.
    pub(crate) fn try_update<R>(&self, change: impl FnOnce(&mut T) -> R) -> io::Result<Option<R>> {
        match self {
            Record::Local(value) => Ok(Some(change(&mut value.lock().unwrap_or_else(PoisonError::into_inner)))),
            Record::Shared(file) => file.try_locked(|file, size| {
                let old = read_bytes(file, size)?;
                let mut value = body(&old).and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
                let result = change(&mut value);
                write(file, &old, &value)?;
                Ok(result)
            }),
        }
    }

    /// Changes the value, and tries again as long as another process holds the lock.
    ///
    /// # Errors
    /// `Internal` for an error of the file system, or if another process does not release its lock.
    pub(crate) async fn update<R>(&self, mut change: impl FnMut(&mut T) -> R) -> Result<R> {
        let started = now();
        loop {
            if let Some(result) = self.try_update(&mut change).map_err(|error| unusable(&error))? {
                return Ok(result);
            }
            if now() - started > LONGEST_LOCK.as_secs_f64() {
                return Err(unusable(&io::Error::other("another process does not release its lock")));
            }
            tokio::time::sleep(LOCK_PAUSE.mul_f64(0.5 + fastrand::f64())).await;
        }
    }

    /// The value as it was last written, or the default if there is none. It is read without the lock, or with
    /// it during a write.
    pub(crate) fn get(&self) -> T
    where
        T: Clone,
    {
        let file = match self {
            Record::Local(value) => return value.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Record::Shared(file) => file,
        };
        for _ in 0..MOST_READS {
            let found = file.unlocked(|file, size| {
                if let Some(value) = read(file, size) {
                    return Some(value);
                }
                file.try_lock_shared().ok()?;
                // With the lock there is no writer: an incomplete value is damaged.
                let size = file.metadata().map_or(0, |found| found.size());
                let value = read(file, size).unwrap_or_default();
                file.unlock().ok()?;
                Some(value)
            });
            match found {
                None => return T::default(),
                Some(Some(value)) => return value,
                Some(None) => std::thread::sleep(READ_PAUSE),
            }
        }
        T::default()
    }
}

/// The error for shared state that cannot be used. Continuing without it could exceed the tenant's rate
/// limit.
#[cold]
pub(crate) fn unusable(error: &io::Error) -> Error {
    Error::new(ErrorKind::of_system(error), format!("cannot use the shared state of all sessions: {error}"))
        .with_hint("See that /dev/shm, or pg_stat_tmp in the data directory, can be written and is not full.")
}

/// Opens a record's file, and creates its directories again if they were removed.
pub(crate) fn open(folder: &SharedState, path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            folder.make()?;
            options.open(path)
        }
        opened => opened,
    }
}

/// The value in a file of this size, or `None` if the file is empty, truncated or of another version.
fn read<T: DeserializeOwned>(file: &File, size: u64) -> Option<T> {
    serde_json::from_slice(body(&read_bytes(file, size).ok()?)?).ok()
}

/// The bytes of a file of this size, or fewer if it has become shorter. They may be a token.
fn read_bytes(file: &File, size: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; usize::try_from(size).unwrap_or(0)]);
    let filled = read_at(file, &mut bytes, 0)?;
    bytes.truncate(filled);
    Ok(bytes)
}

/// Fills a buffer from a position on, and returns the number of bytes before the file's end.
pub(super) fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The bytes of a value in those of its file: a checksum, the value's length, the value, and zeros up to the longest
/// value so far.
fn body(bytes: &[u8]) -> Option<&[u8]> {
    let (sum, rest) = bytes.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let body = rest.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    (u64::from_le_bytes(*sum) == checksum(body)).then_some(body)
}

/// Replaces the value in a file with these bytes.
fn write<T: Serialize>(file: &File, old: &[u8], value: &T) -> io::Result<()> {
    let new = Zeroizing::new(serde_json::to_vec(value)?);
    if body(old) == Some(new.as_slice()) {
        return Ok(());
    }
    let size = old.len().max(new.len() + 12);
    let mut bytes = Zeroizing::new(Vec::with_capacity(size));
    bytes.extend_from_slice(&checksum(&new).to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(new.len()).map_err(io::Error::other)?.to_le_bytes());
    bytes.extend_from_slice(&new);
    // The end of a longer old value may be one of a token.
    bytes.resize(size, 0);
    file.write_all_at(&bytes, 0)
}

/// A number that two different texts have in common only by chance.
pub(super) fn checksum(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn folder(base: &Path) -> SharedState {
        SharedState { path: vec![base.join("wrappers"), base.join("wrappers/run")] }
    }

    #[test]
    fn processes_see_each_others_changes() {
        let base = tempfile::tempdir().unwrap();
        let records: Vec<Record<u64>> = (0..2).map(|_| Record::new(Some(&folder(base.path())), "r")).collect();
        for expected in 1..=6 {
            let record = &records[expected % 2];
            let found = record.try_update(|value| {
                *value += 1;
                *value
            });
            assert_eq!(found.unwrap(), Some(expected as u64));
        }
        assert_eq!((records[0].get(), records[1].get()), (6, 6));
    }

    #[test]
    fn a_record_is_locked_until_its_holder_is_gone() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        let record: Record<u64> = Record::new(Some(&folder), "r");
        let held = open(&folder, &folder.join("r")).unwrap();
        held.lock().unwrap();
        assert_eq!(record.try_update(|value| *value += 1).unwrap(), None);
        drop(held);
        assert_eq!(record.try_update(|value| *value += 1).unwrap(), Some(()));
    }

    #[test]
    fn a_truncated_record_counts_as_missing() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        let record: Record<Vec<u64>> = Record::new(Some(&folder), "r");
        record.try_update(|value| value.extend(0..100)).unwrap();
        let whole = std::fs::read(folder.join("r")).unwrap();
        for length in 0..whole.len() {
            std::fs::write(folder.join("r"), &whole[..length]).unwrap();
            assert_eq!(record.get(), Vec::<u64>::new(), "{length}");
        }
        // The beginning of a new value over an old one.
        let mut mixed = whole.clone();
        mixed[20] ^= 1;
        std::fs::write(folder.join("r"), mixed).unwrap();
        assert_eq!(record.get(), Vec::<u64>::new());
        std::fs::write(folder.join("r"), whole).unwrap();
        assert_eq!(record.get().len(), 100);
    }

    #[test]
    fn readers_see_complete_values_while_others_write() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        let record = || -> Record<Vec<u64>> { Record::new(Some(&folder), "r") };
        record().try_update(|value| value.push(1)).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                // Long and short values: a short one is written over a long one before the file is cut.
                for number in 1..300 {
                    record()
                        .try_update(|value| *value = vec![number; if number % 2 == 0 { 1 } else { 10_000 }])
                        .unwrap();
                }
            });
            while !writer.is_finished() {
                assert!(!record().get().is_empty());
            }
        });
    }

    #[test]
    fn only_the_user_can_read_and_directories_open_to_others_are_refused() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        let record: Record<u64> = Record::new(Some(&folder), "r");
        record.try_update(|value| *value += 1).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
        assert_eq!((mode(&base.path().join("wrappers/run")), mode(&folder.join("r"))), (0o700, 0o600));

        let open = base.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(make_private(&open).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        let link = base.path().join("link");
        std::os::unix::fs::symlink(base.path().join("wrappers"), &link).unwrap();
        assert_eq!(make_private(&link).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_removed_directory_is_created_again() {
        let base = tempfile::tempdir().unwrap();
        let record: Record<u64> = Record::new(Some(&folder(base.path())), "r");
        record.try_update(|value| *value = 7).unwrap();
        std::fs::remove_dir_all(base.path().join("wrappers")).unwrap();
        assert_eq!(record.try_update(|value| std::mem::replace(value, 1)).unwrap(), Some(0));
        assert_eq!(record.get(), 1);
    }

    #[test]
    fn a_run_uses_no_records_of_the_previous_run() {
        let data = tempfile::tempdir().unwrap();
        let record =
            |started| -> Record<u64> { Record::new(Some(&SharedState::open(data.path(), started).unwrap()), "r") };
        record(1).try_update(|value| *value = 7).unwrap();
        assert_eq!(record(1).get(), 7);
        assert_eq!(record(2).get(), 0);
        assert_eq!(record(1).get(), 0, "the second run removed the records of the first");
        SharedState::open(data.path(), 3).unwrap().remove().unwrap();
    }

    #[test]
    fn the_data_directory_is_used_if_memory_cannot_be() {
        let data = tempfile::tempdir().unwrap();
        let trap = Path::new(MEMORY).join(format!("wrappers-{}", cluster_name(data.path())));
        std::fs::create_dir(&trap).unwrap();
        std::fs::set_permissions(&trap, std::fs::Permissions::from_mode(0o755)).unwrap();
        let refused = SharedState::open(data.path(), 1);
        std::fs::create_dir(data.path().join(NOT_BACKED_UP)).unwrap();
        let folder = SharedState::open(data.path(), 1);
        std::fs::remove_dir(&trap).unwrap();
        let error = refused.unwrap_err();
        assert!(error.detail().unwrap().contains("not private to this user"), "{error}");
        assert!(folder.unwrap().join("r").starts_with(data.path()));
    }

    #[test]
    fn the_oldest_records_of_a_kind_are_removed() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        for (at, name) in ["a-1", "b-1", "a-2", "a-3"].into_iter().enumerate() {
            Record::<u64>::new(Some(&folder), name).try_update(|value| *value = 1).unwrap();
            let changed = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1000 - at as u64);
            File::options().write(true).open(folder.join(name)).unwrap().set_modified(changed).unwrap();
        }
        folder.keep_newest("a-", 2);
        let mut names = folder.names();
        names.sort_unstable();
        assert_eq!(names, ["a-1", "a-2", "b-1"]);
        folder.keep_newest("a-", 2);
        assert_eq!(folder.names().len(), 3);
    }

    #[test]
    fn records_of_another_format_are_ignored() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        Record::<u64>::new(Some(&folder), "r").try_update(|value| *value = 1).unwrap();
        let path = folder.join("r");
        std::fs::rename(&path, path.with_extension("v1")).unwrap();
        assert_eq!(folder.names(), Vec::<String>::new());
        assert_eq!(Record::<u64>::new(Some(&folder), "r").get(), 0);
    }

    #[test]
    fn a_digest_depends_on_the_boundaries_of_its_parts() {
        let of = |parts: &[&str]| digest(parts.iter().map(|part| part.as_bytes()));
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(of(&["ab", ""]), of(&["a", "b"]));
        assert_eq!(of(&[]).len(), 32);
    }
}
