//! The processes that share state: which of them are running.

use std::fmt;
use std::sync::OnceLock;

use nix::sys::signal::kill;
use nix::unistd::Pid;

/// A process and when it was started, which tells it from an earlier one of the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    /// The process id.
    pub(crate) id: u32,
    /// When it was started, in clock ticks since the machine was; 0 where /proc does not say so.
    started: u64,
}

impl Process {
    /// This process.
    pub(crate) fn current() -> Self {
        static STARTED: OnceLock<(u32, u64)> = OnceLock::new();
        let id = std::process::id();
        let (known, started) = *STARTED.get_or_init(|| (id, started(id).unwrap_or(0)));
        // A fork has the memory of its parent.
        Process { id, started: if known == id { started } else { self::started(id).unwrap_or(0) } }
    }

    /// A process from its text form, `<id>-<start>`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (id, started) = text.split_once('-')?;
        Some(Process { id: id.parse().ok()?, started: started.parse().ok()? })
    }

    /// True when this very process is running.
    pub(crate) fn is_running(&self) -> bool {
        is_alive(self.id) && started(self.id).is_none_or(|started| self.started == 0 || started == self.started)
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.id, self.started)
    }
}

/// True when a process of this id is running. One of another user counts as gone: it shares nothing with this one.
pub(crate) fn is_alive(process: u32) -> bool {
    i32::try_from(process).is_ok_and(|process| kill(Pid::from_raw(process), None).is_ok())
}

/// When a process was started, by field 22 of `/proc/<id>/stat` (man 5 proc).
fn started(process: u32) -> Option<u64> {
    started_in(&std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Field 22 of a `stat` file. Field 2 is the name in parentheses, which may hold blanks and parentheses.
fn started_in(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_processes_that_run_are_alive() {
        assert!(is_alive(std::process::id()));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert!(!is_alive(child.id()));
        assert!(!is_alive(u32::MAX));
    }

    #[test]
    fn a_process_with_a_reused_id_is_another_one() {
        let current = Process::current();
        assert_ne!(current.started, 0);
        assert!(current.is_running());
        assert_eq!(Process::parse(&current.to_string()), Some(current));
        assert!(!Process { started: current.started + 1, ..current }.is_running());
        assert!(Process { started: 0, ..current }.is_running(), "where /proc does not say it, the id counts");
    }

    #[test]
    fn the_start_is_found_behind_any_name() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21";
        for name in ["postgres", "post gres", "a) b (c"] {
            assert_eq!(started_in(&format!("12 ({name}) {fields}")), Some(4711), "{name}");
        }
        assert_eq!(started_in("12 (x) S 1"), None);
    }
}
