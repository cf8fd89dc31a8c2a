//! The thread that talks to the network.
//!
//! A Postgres backend is one thread that must stay free to be cancelled, and nothing but that thread
//! may call into Postgres or run its signal handlers. So all I/O happens on one other thread, with
//! every signal blocked, that knows nothing of Postgres; the backend waits on its latch and on an
//! eventfd. Threads a dependency starts (DNS look-ups) inherit the blocked signals.

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
use crate::rest::shared::state::SharedState;

/// Threads for DNS look-ups; one that hangs must not stop the next scan.
const MAX_LOOKUP_THREADS: usize = 4;

/// The transport thread and what its scans share. Made at the first scan of a process, kept for the
/// process' life; dropping it ends the thread.
#[derive(Debug)]
pub struct Transport {
    runtime: Handle,
    shared: Arc<Resources>,
    /// Dropped to end the thread.
    _stop: oneshot::Sender<()>,
}

impl Transport {
    /// Starts the thread of a process that shares nothing with others.
    ///
    /// # Errors
    /// `Internal` when the system gives no thread or no event queue.
    pub fn start() -> Result<Self> {
        Self::start_with(Resources::default(), || {})
    }

    /// Starts the thread of a process that shares rate limits and tokens with all others that use the folder.
    ///
    /// Each of its threads calls `prepare` before anything else: a process whose main thread changes its locale gives
    /// them a locale of their own, since looking up host names reads it.
    ///
    /// # Errors
    /// As [`Transport::start`].
    pub fn start_in(folder: SharedState, prepare: fn()) -> Result<Self> {
        progress::clear(&folder);
        folder.remove_stopped();
        Self::start_with(Resources::in_folder(folder), prepare)
    }

    fn start_with(shared: Resources, prepare: fn()) -> Result<Self> {
        let failed = |what: &str, error: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Internal, format!("the transport thread cannot be started: {what}: {error}"))
        };
        let (stop, stopped) = oneshot::channel();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(MAX_LOOKUP_THREADS)
            .on_thread_start(prepare)
            .build()
            .map_err(|error| failed("no event queue", &error))?;
        let handle = runtime.handle().clone();

        // The new thread inherits the mask; ours is put back whatever happens.
        let mask =
            SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).map_err(|error| failed("signals", &error))?;
        let spawned = thread::Builder::new().name("wrappers-http".to_owned()).spawn(move || {
            prepare();
            // Ends when the sender is dropped; the error says just that.
            let _ = runtime.block_on(stopped);
        });
        mask.thread_set_mask().map_err(|error| failed("signals", &error))?;
        spawned.map_err(|error| failed("no thread", &error))?;
        Ok(Transport { runtime: handle, shared: Arc::new(shared), _stop: stop })
    }

    /// Tries a server from end to end.
    ///
    /// # Errors
    /// `Internal` when the system gives no eventfd.
    pub fn check(&self, request: CheckRequest) -> Result<Check> {
        server_check::start(&self.runtime, Arc::clone(&self.shared), request)
    }

    /// Prepares a scan. No request is sent before the first row is asked for.
    ///
    /// # Errors
    /// `Internal` when the system gives no eventfd.
    pub fn scan(&self, request: ScanRequest) -> Result<RowSource> {
        row_source::start(&self.runtime, Arc::clone(&self.shared), request)
    }
}
