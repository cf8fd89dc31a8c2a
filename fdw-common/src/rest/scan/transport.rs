//! The transport thread, which does all network I/O.
//!
//! A Postgres backend is one thread that must stay free to be cancelled, and only that thread may call into
//! Postgres or run its signal handlers. So all I/O runs on one other thread, which blocks every signal and
//! does not call Postgres; the backend waits on its latch and on an eventfd. Threads that a dependency starts
//! (DNS lookups) inherit the blocked signals.

use std::sync::Arc;
use std::thread;

use nix::sys::signal::{SigSet, SigmaskHow};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::progress;
use super::request::ScanRequest;
use super::resources::Resources;
use super::row_source::{self, RowSource};
use super::server_check::{self, Check, CheckRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::rest::shared::server_statistics;
use crate::rest::shared::state::SharedState;

/// The most threads for DNS lookups: one that hangs must not stop the next scan.
const MAX_LOOKUP_THREADS: usize = 4;

/// The transport thread and the resources of its scans. It is created at the first scan of a process and kept
/// until the process ends; dropping it ends the thread.
#[derive(Debug)]
pub struct Transport {
    runtime: Handle,
    shared: Arc<Resources>,
    /// Dropped to end the thread.
    _stop: oneshot::Sender<()>,
}

impl Transport {
    /// Starts the thread of a process that shares no state with others.
    ///
    /// # Errors
    /// `Resources` if the system has no thread or file left, `Internal` if it cannot create them.
    pub fn start() -> Result<Self> {
        Self::start_with(Resources::default(), || {})
    }

    /// Starts the thread of a process that shares rate limits and tokens with all others that use the directory.
    ///
    /// Each of its threads calls `prepare` first: a process that changes the locale of its main thread gives
    /// them a locale of their own, since looking up host names reads it.
    ///
    /// # Errors
    /// The errors of [`Transport::start`].
    pub fn start_in(folder: SharedState, prepare: fn()) -> Result<Self> {
        progress::clear(&folder);
        server_statistics::clear(&folder);
        folder.remove_stopped();
        Self::start_with(Resources::in_folder(folder), prepare)
    }

    fn start_with(shared: Resources, prepare: fn()) -> Result<Self> {
        let failed = |what: &str, error: std::io::Error| {
            let kind = ErrorKind::of_system(&error);
            Error::new(kind, format!("the transport thread cannot be started: {what}: {error}"))
        };
        let (stop, stopped) = oneshot::channel();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(MAX_LOOKUP_THREADS)
            .on_thread_start(prepare)
            .build()
            .map_err(|error| failed("no event queue", error))?;
        let handle = runtime.handle().clone();

        // The new thread inherits the mask; our own mask is restored in any case.
        let mask =
            SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).map_err(|error| failed("signals", error.into()))?;
        let spawned = thread::Builder::new().name("wrappers-http".to_owned()).spawn(move || {
            prepare();
            // This returns when the sender is dropped, which is the only possible error.
            let _ = runtime.block_on(stopped);
        });
        mask.thread_set_mask().map_err(|error| failed("signals", error.into()))?;
        spawned.map_err(|error| failed("no thread", error))?;
        Ok(Transport { runtime: handle, shared: Arc::new(shared), _stop: stop })
    }

    /// Removes the records of this process's scans and adds its statistics to those of the server: it is about to exit.
    pub fn end(&self) {
        if let Some(folder) = self.shared.folder() {
            progress::end(folder);
        }
        self.shared.statistics.end();
    }

    /// Starts the check of a server.
    ///
    /// # Errors
    /// `Internal` if the system cannot create an eventfd.
    pub fn check(&self, request: CheckRequest) -> Result<Check> {
        server_check::start(&self.runtime, Arc::clone(&self.shared), request)
    }

    /// Prepares a scan. No request is sent before the first row is requested.
    ///
    /// # Errors
    /// `Internal` if the system cannot create an eventfd.
    pub fn scan(&self, request: ScanRequest) -> Result<RowSource> {
        row_source::start(&self.runtime, Arc::clone(&self.shared), request)
    }
}
