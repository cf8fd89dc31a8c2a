//! The state that the connections and the [`crate::Tenant`] share.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tokio::sync::watch;

use crate::api::collection::{CollectionPath, Collections, TenantData};
use crate::churn::{Churn, Churning};
use crate::config::{Client, TenantConfig};
use crate::connections::connection_id;
use crate::endpoint_limit::{Buckets, EndpointLimit};
use crate::fault_queue::Faults;
use crate::followers::Followers;
use crate::jobs::{Exports, Jobs};
use crate::list::Limits;
use crate::presence::{Presence, Watch};
use crate::rate_limit::{RateLimit, Taken, since_epoch};
use crate::request_log::RequestLog;
use crate::store::{Store, text_member};
use crate::synthetic::CONNECTIONS;
use crate::token::Issuer;
use crate::totals::Totals;

/// The settings that can change while the tenant runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) latency: Duration,
    pub(crate) page_cap: Option<usize>,
    pub(crate) page_size_cap: Option<usize>,
    pub(crate) totals: Totals,
    pub(crate) unstable_ties: bool,
    pub(crate) compress: bool,
    pub(crate) slow_search: Option<usize>,
    pub(crate) exports: Exports,
}

impl Settings {
    /// The limits of lists of users.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            page_cap: self.page_cap,
            page_size_cap: self.page_size_cap,
            totals: self.totals,
            slow_search: self.slow_search,
        }
    }
}

/// One tenant's state.
pub(crate) struct State {
    pub(crate) log: RequestLog,
    pub(crate) faults: Faults,
    pub(crate) issuer: Issuer,
    pub(crate) client: Client,
    pub(crate) jobs: Jobs,
    pub(crate) collections: Arc<Collections>,
    pub(crate) max_target: usize,
    /// The port of the storage.
    pub(crate) storage_port: u16,
    token_lifetime: Duration,
    users: RwLock<Arc<Store>>,
    pub(crate) followers: Mutex<Followers>,
    churning: Mutex<Option<Churning>>,
    /// The users that lists and searches read while they are frozen.
    frozen: RwLock<Option<Arc<Store>>>,
    settings: RwLock<Settings>,
    buckets: Mutex<Buckets>,
    connections: AtomicU64,
    turn: AtomicUsize,
    released: watch::Sender<u64>,
}

impl State {
    pub(crate) fn new(config: &TenantConfig, users: Store, storage_port: u16) -> Self {
        Self {
            log: RequestLog::default(),
            faults: Faults::default(),
            issuer: Issuer::new(&config.domain),
            client: config.client.clone(),
            jobs: Jobs::default(),
            collections: Arc::new(Collections::new(config.seed)),
            max_target: config.max_target,
            storage_port,
            token_lifetime: config.token_lifetime,
            users: RwLock::new(Arc::new(users)),
            followers: Mutex::new(Followers::new(config.events)),
            churning: Mutex::new(None),
            frozen: RwLock::new(None),
            settings: RwLock::new(Settings {
                latency: config.latency,
                page_cap: config.page_cap,
                page_size_cap: config.page_size_cap,
                totals: config.totals,
                unstable_ties: config.unstable_ties,
                compress: config.compress,
                slow_search: config.slow_search,
                exports: config.exports,
            }),
            buckets: Mutex::new(Buckets::full(config.rate_limit, &config.endpoint_limits, since_epoch())),
            connections: AtomicU64::new(0),
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
        self.collections.forget_users();
        self.restart_followers();
    }

    /// Gives the users to `change`.
    pub(crate) fn with_users<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        change(Arc::make_mut(&mut self.users.write().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Starts to record which users are created and deleted.
    pub(crate) fn watch_users(&self) {
        self.followers().watch = Watch::new(Some(self.users()));
    }

    pub(crate) fn presence(&self) -> Presence {
        self.followers().watch.presence()
    }

    /// Starts or stops changing users after lists.
    pub(crate) fn churn(&self, rule: Option<Churn>) {
        if rule.is_some() {
            self.watch_users();
        }
        *self.churning.lock().unwrap_or_else(PoisonError::into_inner) = rule.map(Churning::new);
    }

    /// Counts an answered list of users, and changes users if a change is due.
    pub(crate) fn listed(&self) {
        let mut churning = self.churning.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(churning) = churning.as_mut()
            && churning.is_due()
        {
            self.change_users(|users| churning.change(users));
        }
    }

    /// The name of the connection with this id, if it is in the collection of connections or any user comes from it.
    pub(crate) fn connection_name(&self, id: &str) -> Option<String> {
        if let Some(name) = CONNECTIONS.iter().find(|name| connection_id(name) == id) {
            return Some((*name).to_owned());
        }
        let collection = CollectionPath::new("/connections", &[]);
        if let Some(connection) = self.collections.find(self, &collection, id) {
            return text_member(&connection, "name");
        }
        let users = self.users();
        let names = (0..users.len()).filter_map(|position| {
            let user = users.get(position)?;
            let members = crate::fields::root_members(&user)?;
            let (_, identities) = members.iter().find(|(name, _)| name == "identities")?;
            let identities: Vec<&serde_json::value::RawValue> = serde_json::from_str(identities.get()).ok()?;
            Some(
                identities
                    .iter()
                    .filter_map(|identity| text_member(identity.get().as_bytes(), "connection"))
                    .collect::<Vec<_>>(),
            )
        });
        names.flatten().find(|name| connection_id(name) == id)
    }

    /// The number of a new TCP connection.
    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// The users that lists and searches read.
    pub(crate) fn searched_users(&self) -> Arc<Store> {
        let frozen = self.frozen.read().unwrap_or_else(PoisonError::into_inner);
        frozen.as_ref().map_or_else(|| self.view().users, Arc::clone)
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
        self.buckets().whole()
    }

    /// Sets the rate limit, with a full bucket; `None` removes it.
    pub(crate) fn set_rate_limit(&self, limit: Option<RateLimit>) {
        self.buckets().set_whole(limit, since_epoch());
    }

    pub(crate) fn endpoint_limits(&self) -> Vec<EndpointLimit> {
        self.buckets().endpoints()
    }

    /// Sets the limits of endpoint groups, with full buckets.
    pub(crate) fn set_endpoint_limits(&self, limits: &[EndpointLimit]) {
        self.buckets().set_endpoints(limits, since_epoch());
    }

    /// Counts one request against the rate limits, if there are any.
    pub(crate) fn take_from_buckets(&self, method: &str, path: &str) -> Option<Taken> {
        self.buckets().take(method, path, since_epoch())
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rotation of ties for this request.
    pub(crate) fn next_turn(&self) -> usize {
        if self.settings().unstable_ties { self.turn.fetch_add(1, Ordering::Relaxed) } else { 0 }
    }

    /// A token for `scope` with the configured lifetime, and that lifetime in seconds.
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

    /// Empties the queue of faults and lets every stalled answer continue.
    pub(crate) fn clear_faults(&self) {
        self.faults.clear();
        self.followers().events.clear_faults();
        self.released.send_modify(|count| *count += 1);
    }
}

impl TenantData for State {
    fn users(&self) -> Arc<Store> {
        State::users(self)
    }

    fn domain(&self) -> &str {
        self.issuer.domain()
    }

    fn collections(&self) -> &Collections {
        &self.collections
    }
}
