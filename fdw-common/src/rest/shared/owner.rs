//! The owner of a folder of shared records: its cluster, so that folders of stopped servers can be removed.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The file in a cluster's folder that names its data directory.
const FILE: &str = "cluster";
/// The file in a data directory that names its postmaster (miscinit.c, `CreateDataDirLockFile`).
const LOCK_FILE: &str = "postmaster.pid";

/// Writes the data directory of the folder's cluster into the folder.
///
/// # Errors
/// Those of the file system.
pub(super) fn note(folder: &Path, data_directory: &Path) -> io::Result<()> {
    use std::io::Write as _;
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(folder.join(FILE))?;
    writeln!(file, "{}\n{}", namespaces()?, data_directory.display())
}

/// Removes the folders below `place` with names that begin with `prefix`, if they belong to this user and their server
/// has stopped. In doubt a folder stays.
pub(super) fn remove_stopped(place: &Path, prefix: &str, own: &Path) {
    let (Ok(entries), Ok(namespaces)) = (place.read_dir(), namespaces()) else { return };
    let user = nix::unistd::geteuid().as_raw();
    for entry in entries.flatten() {
        let folder = entry.path();
        let is_candidate = entry.file_name().to_string_lossy().starts_with(prefix) && folder != own;
        let is_ours = folder.symlink_metadata().is_ok_and(|found| found.is_dir() && found.uid() == user);
        if is_candidate && is_ours && is_stopped(&folder, &namespaces) {
            // Another session may be at it too.
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

/// True when the server of a folder certainly does not run.
fn is_stopped(folder: &Path, namespaces: &str) -> bool {
    let Ok(text) = fs::read_to_string(folder.join(FILE)) else { return false };
    // The server may run in another container, where this process cannot see it.
    let directory = |rest: &str| rest.strip_prefix('\n')?.strip_suffix('\n').map(PathBuf::from);
    let Some(data_directory) = text.strip_prefix(namespaces).and_then(directory) else { return false };
    match fs::read_to_string(data_directory.join(LOCK_FILE)) {
        Ok(lock) => {
            let postmaster = lock.lines().next().and_then(|pid| pid.trim().parse::<u32>().ok());
            // A postmaster's working directory is its data directory (miscinit.c, `ChangeToDataDir`), so that another
            // process with a reused id is recognized.
            let directory = postmaster.map(|pid| fs::read_link(format!("/proc/{pid}/cwd")));
            match directory {
                Some(Ok(directory)) => fs::canonicalize(&data_directory).is_ok_and(|own| own != directory),
                Some(Err(error)) => error.kind() == io::ErrorKind::NotFound,
                None => false,
            }
        }
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// The namespaces of processes and of files that this process sees.
fn namespaces() -> io::Result<String> {
    let of = |kind: &str| fs::read_link(format!("/proc/self/ns/{kind}"));
    Ok(format!("{} {}", of("pid")?.display(), of("mnt")?.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_servers_that_are_gone_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let data = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = place.path().join(name);
            fs::create_dir(&folder).unwrap();
            folder
        };
        let cluster = |name: &str, lock: Option<String>| {
            let directory = data.path().join(name);
            fs::create_dir(&directory).unwrap();
            if let Some(lock) = lock {
                fs::write(directory.join(LOCK_FILE), lock).unwrap();
            }
            let folder = folder(name);
            note(&folder, &directory).unwrap();
            folder
        };
        // No process has an id beyond the kernel's largest one.
        let killed = cluster("w-killed", Some(format!("{}\n/data\n", u32::MAX)));
        let stopped = cluster("w-stopped", None);
        let reused = cluster("w-reused", Some(format!("{}\n/data\n", std::process::id())));
        let deleted = folder("w-deleted");
        note(&deleted, &data.path().join("nowhere")).unwrap();
        let running = folder("w-running");
        let here = std::env::current_dir().unwrap();
        note(&running, &here).unwrap();
        let elsewhere = folder("w-elsewhere");
        fs::write(elsewhere.join(FILE), format!("pid:[1] mnt:[2]\n{}\n", data.path().join("nowhere").display()))
            .unwrap();
        let (unknown, other, own) = (folder("w-unknown"), folder("x-other"), folder("w-own"));
        note(&own, &data.path().join("nowhere")).unwrap();

        // The only directory that is known to be a process's own is that of this test.
        let lock = here.join(LOCK_FILE);
        fs::write(&lock, std::process::id().to_string()).unwrap();
        remove_stopped(place.path(), "w-", &own);
        fs::remove_file(lock).unwrap();

        for (folder, is_there) in [
            (killed, false),
            (stopped, false),
            (reused, false),
            (deleted, false),
            (running, true),
            (elsewhere, true),
            (unknown, true),
            (other, true),
            (own, true),
        ] {
            assert_eq!(folder.exists(), is_there, "{}", folder.display());
        }
    }
}
