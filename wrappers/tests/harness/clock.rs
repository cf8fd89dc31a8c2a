//! The time of day on the server's machine, which tests can change.

use std::path::Path;
use std::sync::OnceLock;

use testcontainers::core::Mount;
use testcontainers::{ContainerRequest, GenericImage, ImageExt};

use crate::Database;

/// Where the server's processes have it, and look up what time it is.
const PRELOADED: &str = "/usr/local/lib/libfaketime.so";
const FILE: &str = "/tmp/time";

static WANTED: OnceLock<Clock> = OnceLock::new();

/// The time of day that all processes of the server see, which [`Clock::jump`] changes. The clocks that only
/// go forward (`CLOCK_MONOTONIC`, `CLOCK_BOOTTIME`) stay the kernel's, as they do when somebody sets the time.
#[derive(Debug)]
pub struct Clock(());

impl Clock {
    /// Has the server of this test binary, which must not have been started, run with such a clock.
    pub fn movable() -> &'static Self {
        let library = library();
        assert!(Path::new(&library).exists(), "there is no {library}: install Debian's package libfaketime");
        WANTED.get_or_init(|| Clock(()))
    }

    /// The clock, if the server is to have it.
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

    /// Sets the clock to so many seconds after the true time, or before it.
    pub fn jump(&self, db: &Database, seconds: i64) {
        // Renamed into its place: half a line would be another time. Other tests do the same.
        db.shell(&format!("echo '{seconds:+}' > {FILE}.$$ && mv {FILE}.$$ {FILE}"));
    }
}

/// Where Debian's package `libfaketime` has its library.
fn library() -> String {
    format!("/usr/lib/{}-linux-gnu/faketime/libfaketimeMT.so.1", std::env::consts::ARCH)
}
