//! Resources that the scans of one process share: HTTP clients, rate limiters, logins and statistics.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::rest::http::Connection;
use crate::rest::http::client::Clients;
use crate::rest::http::oauth::{ClientCredentials, Login};
use crate::rest::http::request::ApiSession;
use crate::rest::shared::limiter::RateLimiter;
use crate::rest::shared::session_statistics::SessionStatistics;
use crate::rest::shared::state::SharedState;

/// The resources that the scans of one process share.
#[derive(Debug, Default)]
pub(crate) struct Resources {
    pub(crate) clients: Mutex<Clients>,
    /// The state that all processes of the cluster share; without it this process is on its own.
    folder: Option<SharedState>,
    pub(crate) statistics: SessionStatistics,
    limiters: Mutex<HashMap<String, Arc<RateLimiter>>>,
    logins: Mutex<HashMap<String, Arc<Login>>>,
}

/// The most logins in memory; one more drops all the others, whose tokens stay in the shared state.
const MAX_LOGINS: usize = 64;
/// The most rate limiters in memory; one more drops all the others.
const MAX_LIMITERS: usize = 64;

impl Resources {
    /// Resources that are shared with all processes that use the directory.
    pub(crate) fn in_folder(folder: SharedState) -> Self {
        let statistics = SessionStatistics::new(Some(folder.clone()));
        Resources { folder: Some(folder), statistics, ..Resources::default() }
    }

    pub(crate) fn folder(&self) -> Option<&SharedState> {
        self.folder.as_ref()
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
