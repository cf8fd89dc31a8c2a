//! The thread that talks to the network.
//!
//! A Postgres backend is one thread that must stay free to be cancelled, and nothing but that thread
//! may call into Postgres or run its signal handlers. So all I/O happens on one other thread, with
//! every signal blocked, that knows nothing of Postgres; the backend waits on its latch and on an
//! eventfd. Threads a dependency starts (DNS look-ups) inherit the blocked signals.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use nix::sys::signal::{SigSet, SigmaskHow};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::progress::{self, Reader};
use super::row_source::{self, RowSource};
use super::server_check::{self, Check, CheckRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Entity;
use crate::plan::{BoundValues, RemotePlan};
use crate::rest::decode::decoder::Projection;
use crate::rest::http::client::Clients;
use crate::rest::http::connection::Connection;
use crate::rest::http::limits::{Limits, RequestCount};
use crate::rest::http::oauth::{ClientCredentials, Login};
use crate::rest::http::request::ApiSession;
use crate::rest::shared::limiter::RateLimiter;
use crate::rest::shared::state::{Record, SharedState};
use crate::rest::shared::statistics::{self, Activities};

/// One scan to run.
#[derive(Debug)]
pub struct ScanRequest {
    /// Where to and as whom.
    pub connection: Connection,
    /// The bounds to keep.
    pub limits: Limits,
    /// What is listed.
    pub entity: &'static Entity,
    /// What is asked for.
    pub plan: RemotePlan,
    /// What is read from the rows.
    pub projection: Projection,
    /// Where the rows are, if they are looked up: in this order, each once. Without it the list is read.
    pub lookups: Option<Vec<KeyedTarget>>,
    /// The values the query names for the path of the list: for each list one set of them, of all the
    /// path asks for or of some. Without any, all lists are read.
    pub keys: Vec<BoundValues>,
    /// The searches to run in place of reading the whole list, one after the other; a row that several
    /// of them find comes once. Without any the list is read.
    pub searches: Vec<String>,
    /// The requests that `max_requests_per_scan` bounds: shared by the runs of a scan.
    pub requests: Arc<RequestCount>,
    /// Who reads, for those who watch the scan.
    pub reader: Reader,
}

/// A request that looks up rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedTarget {
    /// The values it asks with.
    pub given: BoundValues,
    /// Its path and query, relative to the API's base.
    pub target: String,
}

/// Threads for DNS look-ups; one that hangs must not stop the next scan.
const MAX_LOOKUP_THREADS: usize = 4;

/// The transport thread and what its scans share. Made at the first scan of a process, kept for the
/// process' life; dropping it ends the thread.
#[derive(Debug)]
pub struct Transport {
    runtime: Handle,
    shared: Arc<Shared>,
    /// Dropped to end the thread.
    _stop: oneshot::Sender<()>,
}

#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) clients: Mutex<Clients>,
    /// Where the processes of the cluster meet; without it this one is on its own.
    folder: Option<SharedState>,
    statistics: OnceLock<Record<Activities>>,
    limiters: Mutex<HashMap<String, Arc<RateLimiter>>>,
    logins: Mutex<HashMap<String, Arc<Login>>>,
}

/// A credential's token is looked up by its name again after this many others were in use.
const MAX_LOGINS: usize = 64;
/// So is an API's rate limiter.
const MAX_LIMITERS: usize = 64;

impl Shared {
    pub(crate) fn folder(&self) -> Option<&SharedState> {
        self.folder.as_ref()
    }

    pub(crate) fn statistics(&self) -> &Record<Activities> {
        self.statistics.get_or_init(|| Record::new(self.folder(), statistics::NAME))
    }

    pub(crate) fn session(&self, connection: &Connection) -> ApiSession {
        ApiSession {
            limiter: self.limiter(connection.origin()),
            login: connection.login().map(|login| self.login(login)),
        }
    }

    fn login(&self, credentials: &ClientCredentials) -> Arc<Login> {
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        if logins.len() >= MAX_LOGINS {
            logins.clear();
        }
        let login = || Arc::new(Login::new(self.folder.as_ref(), credentials.clone()));
        Arc::clone(logins.entry(credentials.name()).or_insert_with(login))
    }

    fn limiter(&self, origin: String) -> Arc<RateLimiter> {
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        if limiters.len() >= MAX_LIMITERS && !limiters.contains_key(&origin) {
            limiters.clear();
        }
        let new = |origin: &String| Arc::new(RateLimiter::new(self.folder.as_ref(), origin));
        Arc::clone(limiters.entry(origin).or_insert_with_key(new))
    }
}

impl Transport {
    /// Starts the thread of a process that shares nothing with others.
    ///
    /// # Errors
    /// `Internal` when the system gives no thread or no event queue.
    pub fn start() -> Result<Self> {
        Self::start_with(Shared::default(), || {})
    }

    /// Starts the thread of a process that shares rate limits and tokens with all others that use the folder.
    ///
    /// Each of its threads calls `prepare` before anything else: a process whose main thread changes its locale gives
    /// them a locale of their own, since looking up host names reads it.
    ///
    /// # Errors
    /// As [`Transport::start`].
    pub fn start_in(folder: SharedState, prepare: fn()) -> Result<Self> {
        progress::clear_own(&folder);
        Self::start_with(Shared { folder: Some(folder), ..Shared::default() }, prepare)
    }

    fn start_with(shared: Shared, prepare: fn()) -> Result<Self> {
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
