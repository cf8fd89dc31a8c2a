//! One server with one user for one statement: even if options are altered meanwhile, a statement reads one tenant
//! with one credential, and Vault is read once.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::c_int;
use std::rc::Rc;
use std::sync::OnceLock;

use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_guard;
use pgrx::pg_sys::{self, Datum, Oid};

use super::super::catalog::{Server, server_of_table};
use super::super::credentials;
use super::super::locale::use_c_locale;
use super::super::log;
use super::super::process_exit;
use super::super::shared_state::shared_state;
use crate::error::{Error, ErrorKind, Result};
use crate::rest::{Connection, Transport};
use crate::source::Source;

/// The server and user of a statement's requests.
pub(in crate::pg) struct Session {
    server_id: Oid,
    user: Oid,
    /// The server at the time of the statement's first scan of it.
    pub(super) server: Server,
    /// Created for the first request.
    connection: OnceCell<Connection>,
}

/// The sessions of one statement, by server and user. Owned by the statement's memory context.
type Sessions = HashMap<(Oid, Oid), Rc<Session>>;

thread_local! {
    /// Keyed by the running statement.
    static RUNNING: RefCell<HashMap<usize, Sessions>> = RefCell::default();
}

/// Removes a statement's sessions when its memory context is freed.
struct Forget(usize);

impl Drop for Forget {
    fn drop(&mut self) {
        RUNNING.with_borrow_mut(|running| running.remove(&self.0));
    }
}

impl Session {
    /// The session of a user with a table's server in a running statement. If `statement` is null, as in ANALYZE, the
    /// session is not shared.
    pub(super) fn of<S: Source>(statement: *mut pg_sys::EState, table: Oid, user: Oid) -> Rc<Session> {
        let (server_id, server) = server_of_table::<S>(table);
        let session = || Rc::new(Session { server_id, user, server, connection: OnceCell::new() });
        if statement.is_null() {
            return session();
        }
        let is_first = RUNNING.with_borrow(|running| !running.contains_key(&(statement as usize)));
        if is_first {
            // SAFETY: a running statement's memory context outlives its scans.
            let mut context = PgMemoryContexts::For(unsafe { (*statement).es_query_cxt });
            context.leak_and_drop_on_delete(Forget(statement as usize));
        }
        RUNNING.with_borrow_mut(|running| {
            let sessions = running.entry(statement as usize).or_default();
            Rc::clone(sessions.entry((server_id, user)).or_insert_with(session))
        })
    }

    /// The connection, with the user's credential.
    ///
    /// # Errors
    /// Errors of the server's options and of the credential.
    pub(super) fn connection<S: Source>(&self) -> Result<&Connection> {
        if self.connection.get().is_none() {
            let credential = credentials::resolve::<S>(self.user, self.server_id, &self.server)?;
            let connection = Connection::new::<S>(&self.server.options, credential)?;
            // Resolving runs SQL, but no scan of the same statement.
            let _ = self.connection.set(connection);
        }
        self.connection.get().ok_or_else(|| Error::new(ErrorKind::Internal, "a connection was lost"))
    }
}

/// The backend's transport, started with its first scan.
static TRANSPORT: OnceLock<Transport> = OnceLock::new();

/// The backend's transport.
pub(in crate::pg) fn transport() -> Result<&'static Transport> {
    match TRANSPORT.get() {
        Some(transport) => Ok(transport),
        None => {
            log::subscribe();
            let started = Transport::start_in(shared_state()?, use_c_locale)?;
            process_exit::install_in_session(end_transport);
            Ok(TRANSPORT.get_or_init(|| started))
        }
    }
}

#[pg_guard]
extern "C-unwind" fn end_transport(_code: c_int, _argument: Datum) {
    if let Some(transport) = TRANSPORT.get() {
        transport.end();
    }
}
