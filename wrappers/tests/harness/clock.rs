//! The system time of the server's machine, which tests can change.

use std::path::Path;
use std::sync::OnceLock;

use testcontainers::core::Mount;
use testcontainers::{ContainerRequest, GenericImage, ImageExt};

use crate::Database;

/// Paths on the server: the preloaded library, and the file that it reads the offset from.
const PRELOADED: &str = "/usr/local/lib/libfaketime.so";
const FILE: &str = "/tmp/time";

static WANTED: OnceLock<Clock> = OnceLock::new();

/// The system time of all the server's processes, which [`Clock::jump`] changes. Monotonic clocks (`CLOCK_MONOTONIC`,
/// `CLOCK_BOOTTIME`) stay the kernel's, as they do when the system time is set.
#[derive(Debug)]
pub struct Clock(());

impl Clock {
    /// Gives the server of this test binary such a clock. Call it before the server starts.
    pub fn movable() -> &'static Self {
        let library = library();
        assert!(Path::new(&library).exists(), "there is no {library}: install Debian's package libfaketime");
        WANTED.get_or_init(|| Clock(()))
    }

    /// The clock, if the server needs one.
    pub(crate) fn wanted() -> Option<&'static Self> {
        WANTED.get()
    }

    pub(crate) fn part_of(&self, request: ContainerRequest<GenericImage>) -> ContainerRequest<GenericImage> {
        request
            .with_mount(Mount::bind_mount(library(), PRELOADED))
            .with_env_var("LD_PRELOAD", PRELOADED)
            .with_env_var("FAKETIME_TIMESTAMP_FILE", FILE)
            .with_env_var("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .with_env_var("FAKETIME_NO_CACHE", "1")
    }

    /// Sets the clock to this many seconds after the true time; negative for before.
    pub fn jump(&self, db: &Database, seconds: i64) {
        // Renamed into place, because half a line would be another time. Other tests do the same.
        db.shell(&format!("echo '{seconds:+}' > {FILE}.$$ && mv {FILE}.$$ {FILE}"));
    }
}

/// Path of the library of Debian's package `libfaketime`.
fn library() -> String {
    format!("/usr/lib/{}-linux-gnu/faketime/libfaketimeMT.so.1", std::env::consts::ARCH)
}
