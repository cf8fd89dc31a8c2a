//! Resource usage of a backend.

use crate::container::Server;

/// Memory, threads and open files of a backend, from its `/proc` entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackendStats {
    /// Highest resident memory so far, in KiB.
    pub peak_kib: u64,
    /// Resident memory, in KiB.
    pub resident_kib: u64,
    /// Resident memory that is not backed by a file nor shared, in KiB.
    pub anonymous_kib: u64,
    /// Threads.
    pub threads: u64,
    /// Open file descriptors, except those of tables and indexes, which Postgres closes at any time.
    pub open_files: u64,
}

impl BackendStats {
    pub(crate) fn read(server: &Server, pid: i32) -> Self {
        let files = format!("ls -l /proc/{pid}/fd | grep -- '->' | grep -vc -e /base/ -e /global/");
        let output = server.shell(&format!("cat /proc/{pid}/status && echo OpenFiles: $({files})"));
        let field = |name: &str| {
            output
                .lines()
                .find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
                .unwrap_or_else(|| panic!("no {name} of process {pid} in:\n{output}"))
        };
        Self {
            peak_kib: field("VmHWM:"),
            resident_kib: field("VmRSS:"),
            anonymous_kib: field("RssAnon:"),
            threads: field("Threads:"),
            open_files: field("OpenFiles:"),
        }
    }
}
