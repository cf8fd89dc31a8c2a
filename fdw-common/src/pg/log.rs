//! Messages of the extension: `tracing` events in the server's log, and notices and warnings for the client.
//!
//! Events occur on the transport thread, which never calls into Postgres. A subscriber stores them there, and the
//! backend's own thread reports them the next time it asks for a page, at the level of `wrappers.log_level`. No field
//! of an event holds a secret.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::{PgLogLevel, PgSqlErrorCode, PostgresGucEnum};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use super::report::report;

/// Log levels of events. Clients see none of them by default: an event is not a message about their query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub(super) enum LogLevel {
    /// Not logged.
    #[name = c"off"]
    Off,
    /// Logged if `log_min_messages` or `client_min_messages` includes it.
    #[name = c"debug1"]
    Debug1,
    /// In the server's log.
    #[name = c"log"]
    Log,
}

static LOG_LEVEL: GucSetting<LogLevel> = GucSetting::<LogLevel>::new(LogLevel::Debug1);

/// Defines the setting `wrappers.log_level`. Call it when the library is loaded.
pub fn define_settings() {
    GucRegistry::define_enum_guc(
        c"wrappers.log_level",
        c"The level at which repeated requests, logins and waits for the rate limit are logged.",
        c"Each request is logged at debug2. No line holds a secret.",
        &LOG_LEVEL,
        GucContext::Suset,
        GucFlags::default(),
    );
}

/// The events that are stored, according to the settings: 0 none, 1 up to tracing's INFO, 2 up to DEBUG.
static WANTED: AtomicU8 = AtomicU8::new(0);

/// The most lines that wait to be reported. A backend that asks for no page reports none.
const MOST_LINES: usize = 1000;

/// Lines that are stored and not yet reported.
static LINES: Mutex<Lines> = Mutex::new(Lines { waiting: VecDeque::new(), dropped: 0 });

struct Lines {
    waiting: VecDeque<Line>,
    /// Number of lines dropped because the queue was full.
    dropped: u64,
}

struct Line {
    is_debug: bool,
    text: String,
}

/// The open spans by number.
static SPANS: Mutex<Option<HashMap<u64, Span>>> = Mutex::new(None);

struct Span {
    text: String,
    references: usize,
}

thread_local! {
    /// The spans this thread has entered, the outermost first.
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with_spans<T>(look: impl FnOnce(&mut HashMap<u64, Span>) -> T) -> T {
    look(lock(&SPANS).get_or_insert_with(HashMap::new))
}

/// Subscriber that stores the events of our crates for the backend's own thread.
struct LineWriter;

impl Subscriber for LineWriter {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // The HTTP client's own events repeat ours.
        if metadata.target().starts_with("fdw_") { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        match WANTED.load(Ordering::Relaxed) {
            0 => false,
            1 => *metadata.level() <= Level::INFO,
            _ => *metadata.level() <= Level::DEBUG,
        }
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed).max(1);
        let mut fields = Fields::default();
        span.record(&mut fields);
        let text = format!("{}{{{}}}", span.metadata().name(), fields.others.trim_start());
        with_spans(|spans| spans.insert(number, Span { text, references: 1 }));
        Id::from_u64(number)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut text = String::new();
        ENTERED.with_borrow(|entered| {
            with_spans(|spans| {
                for span in entered.iter().filter_map(|number| spans.get(number)) {
                    text.push_str(&span.text);
                    text.push_str(": ");
                }
            });
        });
        text.push_str(&fields.message);
        text.push_str(&fields.others);
        let mut lines = lock(&LINES);
        if lines.waiting.len() < MOST_LINES {
            lines.waiting.push_back(Line { is_debug: *event.metadata().level() > Level::INFO, text });
        } else {
            lines.dropped += 1;
        }
    }

    fn enter(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| {
            if let Some(at) = entered.iter().rposition(|number| *number == span.into_u64()) {
                entered.remove(at);
            }
        });
    }

    fn clone_span(&self, span: &Id) -> Id {
        with_spans(|spans| {
            if let Some(span) = spans.get_mut(&span.into_u64()) {
                span.references += 1;
            }
        });
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        with_spans(|spans| {
            let number = span.into_u64();
            let is_last = spans.get_mut(&number).is_some_and(|span| {
                span.references -= 1;
                span.references == 0
            });
            if is_last {
                spans.remove(&number);
            }
            is_last
        })
    }
}

/// The fields of a span or an event as text.
#[derive(Default)]
struct Fields {
    message: String,
    /// Each as ` name=value`.
    others: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.others, " {name}={value:?}"),
        };
    }
}

/// Starts storing events. Call it once, before the transport thread starts.
pub(super) fn subscribe() {
    // A subscriber set before can only be this process's own.
    let _ = tracing::subscriber::set_global_default(LineWriter);
}

/// Reports the stored lines, the oldest first, and applies the current settings.
pub(super) fn flush() {
    let level = match LOG_LEVEL.get() {
        LogLevel::Off => None,
        LogLevel::Debug1 => Some(PgLogLevel::DEBUG1),
        LogLevel::Log => Some(PgLogLevel::LOG),
    };
    // SAFETY: compares a level with settings (elog.c).
    let is_wanted = |level: PgLogLevel| unsafe { pg_sys::message_level_is_interesting(level as i32) };
    let wanted = match level {
        Some(_) if is_wanted(PgLogLevel::DEBUG2) => 2,
        Some(level) if is_wanted(level) => 1,
        _ => 0,
    };
    WANTED.store(wanted, Ordering::Relaxed);
    let (lines, dropped) = {
        let mut lines = lock(&LINES);
        (std::mem::take(&mut lines.waiting), std::mem::take(&mut lines.dropped))
    };
    let Some(level) = level else { return };
    let show = |level: PgLogLevel, text: &str| {
        let _held = InterruptsHeld::new();
        report(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, text, None, None).report(level);
    };
    for Line { is_debug, text } in lines {
        show(if is_debug { PgLogLevel::DEBUG2 } else { level }, &text);
    }
    if dropped > 0 {
        show(level, &format!("{dropped} more events were dropped"));
    }
}

/// Sends the client a notice about its query.
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

/// Keeps a report from handling a cancel, which would skip our destructors: the next wait handles it.
struct InterruptsHeld;

impl InterruptsHeld {
    fn new() -> Self {
        // SAFETY: a counter of the main thread, changed as HOLD_INTERRUPTS does (miscadmin.h).
        unsafe { pg_sys::InterruptHoldoffCount += 1 };
        InterruptsHeld
    }
}

impl Drop for InterruptsHeld {
    fn drop(&mut self) {
        // SAFETY: as RESUME_INTERRUPTS; the counter was incremented before.
        unsafe { pg_sys::InterruptHoldoffCount -= 1 };
    }
}
