//! Identification of processes that share state, and whether they are running.

use std::fmt;
use std::sync::OnceLock;

use nix::sys::signal::kill;
use nix::unistd::Pid;

/// A process with its start time, which distinguishes it from an earlier one with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    /// The process id.
    pub(crate) id: u32,
    /// The start time, in clock ticks since the machine started; 0 if /proc does not have it.
    started: u64,
}

impl Process {
    /// This process.
    pub(crate) fn current() -> Self {
        static STARTED: OnceLock<(u32, u64)> = OnceLock::new();
        let id = std::process::id();
        let (known, started) = *STARTED.get_or_init(|| (id, started(id).unwrap_or(0)));
        // A forked process has the memory of its parent.
        Process { id, started: if known == id { started } else { self::started(id).unwrap_or(0) } }
    }

    /// Parses the text form of a process, `<id>-<start>`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (id, started) = text.split_once('-')?;
        Some(Process { id: id.parse().ok()?, started: started.parse().ok()? })
    }

    /// True if exactly this process is running.
    pub(crate) fn is_running(&self) -> bool {
        is_alive(self.id) && started(self.id).is_none_or(|started| self.started == 0 || started == self.started)
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.id, self.started)
    }
}

/// True if a process with this id is running. A process of another user counts as gone, since it shares no state.
pub(crate) fn is_alive(process: u32) -> bool {
    i32::try_from(process).is_ok_and(|process| kill(Pid::from_raw(process), None).is_ok())
}

/// The start time of a process, from field 22 of `/proc/<id>/stat` (man 5 proc).
fn started(process: u32) -> Option<u64> {
    started_in(&std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Field 22 of a `stat` file. Field 2 is the name in parentheses, which may contain spaces and parentheses.
fn started_in(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_alive_is_true_for_running_processes_only() {
        assert!(is_alive(std::process::id()));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert!(!is_alive(child.id()));
        assert!(!is_alive(u32::MAX));
    }

    #[test]
    fn a_process_with_a_reused_id_is_another_process() {
        let current = Process::current();
        assert_ne!(current.started, 0);
        assert!(current.is_running());
        assert_eq!(Process::parse(&current.to_string()), Some(current));
        assert!(!Process { started: current.started + 1, ..current }.is_running());
        assert!(Process { started: 0, ..current }.is_running(), "without a start time only the id is compared");
    }

    #[test]
    fn the_start_time_is_found_after_any_name() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21";
        for name in ["postgres", "post gres", "a) b (c"] {
            assert_eq!(started_in(&format!("12 ({name}) {fields}")), Some(4711), "{name}");
        }
        assert_eq!(started_in("12 (x) S 1"), None);
    }
}
