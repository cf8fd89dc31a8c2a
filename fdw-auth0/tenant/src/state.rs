//! What the connections and the [`crate::Tenant`] share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tokio::sync::watch;

use crate::config::{Client, TenantConfig};
use crate::fault_queue::Faults;
use crate::rate_limit::{Bucket, RateLimit, Taken, since_epoch};
use crate::request_log::RequestLog;
use crate::store::Store;
use crate::token::Issuer;

/// What may be changed while the tenant runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) latency: Duration,
    pub(crate) wall: Option<usize>,
    pub(crate) unstable_ties: bool,
    pub(crate) compress: bool,
}

/// One tenant's state.
pub(crate) struct State {
    pub(crate) log: RequestLog,
    pub(crate) faults: Faults,
    pub(crate) issuer: Issuer,
    pub(crate) client: Client,
    pub(crate) max_target: usize,
    token_lifetime: Duration,
    users: RwLock<Arc<Store>>,
    /// What lists and searches see while they lag behind.
    frozen: RwLock<Option<Arc<Store>>>,
    settings: RwLock<Settings>,
    bucket: Mutex<Option<Bucket>>,
    turn: AtomicUsize,
    released: watch::Sender<u64>,
}

impl State {
    pub(crate) fn new(config: &TenantConfig, users: Store) -> Self {
        Self {
            log: RequestLog::default(),
            faults: Faults::default(),
            issuer: Issuer::new(&config.domain),
            client: config.client.clone(),
            max_target: config.max_target,
            token_lifetime: config.token_lifetime,
            users: RwLock::new(Arc::new(users)),
            frozen: RwLock::new(None),
            settings: RwLock::new(Settings {
                latency: config.latency,
                wall: config.wall,
                unstable_ties: config.unstable_ties,
                compress: config.compress,
            }),
            bucket: Mutex::new(config.rate_limit.map(|limit| Bucket::full(limit, since_epoch()))),
            turn: AtomicUsize::new(0),
            released: watch::Sender::new(0),
        }
    }

    pub(crate) fn users(&self) -> Arc<Store> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&users)
    }

    pub(crate) fn set_users(&self, store: Store) {
        *self.users.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(store);
    }

    /// The users as lists and searches see them.
    pub(crate) fn searched_users(&self) -> Arc<Store> {
        let frozen = self.frozen.read().unwrap_or_else(PoisonError::into_inner);
        frozen.as_ref().map_or_else(|| self.users(), Arc::clone)
    }

    pub(crate) fn freeze_search(&self, freeze: bool) {
        let mut frozen = self.frozen.write().unwrap_or_else(PoisonError::into_inner);
        if freeze {
            frozen.get_or_insert_with(|| self.users());
        } else {
            *frozen = None;
        }
    }

    pub(crate) fn search_is_frozen(&self) -> bool {
        self.frozen.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(crate) fn settings(&self) -> RwLockReadGuard<'_, Settings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settings_mut(&self) -> RwLockWriteGuard<'_, Settings> {
        self.settings.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn rate_limit(&self) -> Option<RateLimit> {
        let bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.as_ref().map(Bucket::limit)
    }

    /// Puts a full bucket in place, or none.
    pub(crate) fn set_rate_limit(&self, limit: Option<RateLimit>) {
        *self.bucket.lock().unwrap_or_else(PoisonError::into_inner) =
            limit.map(|limit| Bucket::full(limit, since_epoch()));
    }

    /// Counts one request against the rate limit, if there is one.
    pub(crate) fn take_from_bucket(&self) -> Option<Taken> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.as_mut().map(|bucket| bucket.take(since_epoch()))
    }

    /// How far ties are turned for this request.
    pub(crate) fn next_turn(&self) -> usize {
        if self.settings().unstable_ties { self.turn.fetch_add(1, Ordering::Relaxed) } else { 0 }
    }

    /// A token of the configured life for `scope`; gives its seconds too.
    pub(crate) fn issue(&self, client_id: &str, scope: &str) -> (String, u64) {
        let now = since_epoch().as_secs();
        let lifetime = self.token_lifetime.as_secs();
        let token = self.issuer.issue(client_id, scope, now, now.saturating_add(lifetime));
        (token, lifetime)
    }

    /// Resolves at the next [`State::clear_faults`].
    pub(crate) fn released(&self) -> watch::Receiver<u64> {
        self.released.subscribe()
    }

    /// Empties the queue of faults and lets every stalled answer go on.
    pub(crate) fn clear_faults(&self) {
        self.faults.clear();
        self.released.send_modify(|count| *count += 1);
    }
}
