//! What happened to a scan's requests, in the server's log: at the level of `wrappers.event_level`, from the main
//! thread only.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::{PgLogLevel, PgSqlErrorCode, PostgresGucEnum};

use super::report::report;

/// The levels events can have. None that a client sees by default: an event is not about its query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub(super) enum EventLevel {
    /// Not at all.
    #[name = c"off"]
    Off,
    /// For those who look for something.
    #[name = c"debug1"]
    Debug1,
    /// In the server's log.
    #[name = c"log"]
    Log,
}

static LEVEL: GucSetting<EventLevel> = GucSetting::<EventLevel>::new(EventLevel::Debug1);

/// Makes the setting `wrappers.event_level`. To be called when the library is loaded.
pub fn define_settings() {
    GucRegistry::define_enum_guc(
        c"wrappers.event_level",
        c"The level at which repeated requests, refusals and logins are logged.",
        c"Secrets are in none of them.",
        &LEVEL,
        GucContext::Suset,
        GucFlags::default(),
    );
}

/// Logs events, oldest first.
pub(super) fn log(events: Vec<String>) {
    let level = match LEVEL.get() {
        EventLevel::Off => return,
        EventLevel::Debug1 => PgLogLevel::DEBUG1,
        EventLevel::Log => PgLogLevel::LOG,
    };
    for event in events {
        let _held = InterruptsHeld::new();
        report(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, &event, None, None).report(level);
    }
}

/// Tells the client something about its query that is no error.
pub(super) fn notice(message: String, hint: Option<String>) {
    let _held = InterruptsHeld::new();
    report(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, &message, None, hint.as_deref()).report(PgLogLevel::NOTICE);
}

/// Warns the client.
pub(super) fn warn(warnings: Vec<ErrorReport>) {
    for warning in warnings {
        let _held = InterruptsHeld::new();
        warning.report(PgLogLevel::WARNING);
    }
}

/// Keeps a report from handling a cancel on its way, which would skip our destructors: the next wait
/// handles it.
struct InterruptsHeld;

impl InterruptsHeld {
    fn new() -> Self {
        // SAFETY: a counter of the main thread, as HOLD_INTERRUPTS changes it (miscadmin.h).
        unsafe { pg_sys::InterruptHoldoffCount += 1 };
        InterruptsHeld
    }
}

impl Drop for InterruptsHeld {
    fn drop(&mut self) {
        // SAFETY: as RESUME_INTERRUPTS; it was counted up before.
        unsafe { pg_sys::InterruptHoldoffCount -= 1 };
    }
}
