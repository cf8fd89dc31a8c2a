//! The running tenant.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::api;
use crate::churn::Churn;
use crate::config::TenantConfig;
use crate::connection;
use crate::connections::connection_id;
use crate::endpoint_limit::EndpointLimit;
use crate::events::{EventFault, EventSettings};
use crate::fault::Fault;
use crate::history::History;
use crate::jobs::Exports;
use crate::lag::SearchLag;
use crate::presence::Presence;
use crate::rate_limit::{RateLimit, since_epoch};
use crate::recordings;
use crate::request_log::{Origin, RequestRecord};
use crate::search::instant;
use crate::state::State;
use crate::store::Store;
use crate::synthetic;
use crate::totals::Totals;
use crate::write;

/// A tenant that listens until it is dropped.
///
/// It runs on a thread of its own; dropping it closes all connections and frees the port.
pub struct Tenant {
    addr: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenant").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Tenant {
    /// Starts a tenant; it accepts requests when this returns.
    ///
    /// Fails if it can't listen on the address, the recordings can't be read, or a cluster's time is not valid.
    pub fn start(config: TenantConfig) -> io::Result<Self> {
        let users = match (&config.explicit_users, &config.recordings) {
            (Some(users), _) => Store::from_json(users),
            (None, Some(folder)) => Store::from_json(&recordings::users(folder)?),
            (None, None) => synthetic::users(config.users, config.seed, &clusters(&config.clusters)?),
        };
        let (listener, addr) = listen(config.listen)?;
        let (storage, storage_addr) = listen(SocketAddr::new(config.listen.ip(), config.storage_port))?;
        let state = Arc::new(State::new(&config, users, storage_addr.port()));
        if let Some(folder) = &config.recordings {
            api::learn(&state, &recordings::all_interactions(folder)?);
        }
        if config.search_lag.is_some() {
            state.set_search_lag(config.search_lag);
        }
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let shared = Arc::clone(&state);
        let thread = std::thread::Builder::new().name("auth0-tenant".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(Arc::clone(&shared), listener, Origin::Tenant) => {}
                    () = accept(shared, storage, Origin::Storage) => {}
                    _ = stopped => {}
                }
            });
            // Dropping the runtime drops every connection.
        })?;
        Ok(Self { addr, state, stop: Some(stop), thread: Some(thread) })
    }

    /// The address it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL for clients on this machine: `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        url(self.addr)
    }

    /// A token with these scopes and the configured lifetime.
    pub fn token(&self, scopes: &[&str]) -> String {
        let (token, _) = self.state.issue(&self.state.client.id, &scopes.join(" "));
        token
    }

    /// A token with the scope `read:users`.
    pub fn default_token(&self) -> String {
        self.token(&["read:users"])
    }

    /// A token with every scope of any endpoint.
    pub fn full_token(&self) -> String {
        let scopes = write::every_scope();
        self.token(&scopes.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A token with the scope `read:users` that expired a minute ago.
    pub fn expired_token(&self) -> String {
        let expired = since_epoch().as_secs().saturating_sub(60);
        self.state.issuer.issue(&self.state.client.id, "read:users", expired.saturating_sub(86_400), expired)
    }

    /// Sets the delay of every answer.
    pub fn set_latency(&self, latency: Duration) {
        self.state.settings_mut().latency = latency;
    }

    /// Sets the number of records that paging reaches; `None` removes the limit.
    pub fn set_page_cap(&self, page_cap: Option<usize>) {
        self.state.settings_mut().page_cap = page_cap;
    }

    /// Sets the maximum number of rows of a page, even if a request asks for more; `None` removes the limit.
    pub fn set_page_size_cap(&self, page_size_cap: Option<usize>) {
        self.state.settings_mut().page_size_cap = page_size_cap;
    }

    /// Sets the total in the envelopes of lists with numbered pages.
    pub fn set_totals(&self, totals: Totals) {
        self.state.settings_mut().totals = totals;
    }

    /// Sets the rate limit, with a full bucket; `None` removes it.
    pub fn set_rate_limit(&self, limit: Option<RateLimit>) {
        self.state.set_rate_limit(limit);
    }

    /// Sets whether users with equal sort keys change places between requests.
    pub fn set_unstable_ties(&self, unstable: bool) {
        self.state.settings_mut().unstable_ties = unstable;
    }

    /// Sets whether answers are gzipped for clients that accept it.
    pub fn set_compress(&self, compress: bool) {
        self.state.settings_mut().compress = compress;
    }

    /// Freezes the users that the list and its search read, until it is called with false: Auth0's search lags behind.
    /// Requests for users by id and by e-mail address always read the current users.
    pub fn freeze_search(&self, freeze: bool) {
        self.state.freeze_search(freeze);
    }

    /// Lets lists and searches show changes later than requests by id do; `None` ends that, and they show all changes.
    pub fn set_search_lag(&self, lag: Option<SearchLag>) {
        self.state.set_search_lag(lag);
    }

    /// Starts to record every state of users, roles, organizations and their pairs, or starts again.
    /// [`Tenant::set_users`], [`Tenant::set_rows`] and [`Tenant::set_collection`] start it again, too.
    pub fn record_history(&self) {
        self.state.record_history(true);
    }

    /// The states since [`Tenant::record_history`]; `None` before it.
    pub fn history(&self) -> Option<History> {
        self.state.followers().history.clone()
    }

    /// Sets the settings of the stream of events, also for open connections.
    pub fn set_events(&self, settings: EventSettings) {
        self.state.followers().events.set(settings);
    }

    /// Queues a fault of events.
    pub fn event_fault(&self, fault: EventFault) {
        self.state.followers().events.fault(fault);
    }

    /// Makes all cursors of events so far expire: 410, and an error on open connections.
    pub fn expire_cursors(&self) {
        self.state.followers().events.expire_cursors();
    }

    /// Queues a fault.
    pub fn fault(&self, fault: Fault) {
        self.state.faults.add(fault);
    }

    /// Empties the queues of faults and lets stalled answers continue.
    pub fn clear_faults(&self) {
        self.state.clear_faults();
    }

    /// The requests since the start or the last [`Tenant::clear_requests`], in their order.
    ///
    /// The latest 200,000 are kept. A record is complete before its answer's head is sent,
    /// except for the bytes of answers that a fault slows down.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.state.log.records()
    }

    /// Empties the request log.
    pub fn clear_requests(&self) {
        self.state.log.clear();
    }

    /// Number of TCP connections that carried a request since the log was last cleared.
    pub fn connections(&self) -> usize {
        self.state.log.connections()
    }

    /// The JSON of the user at `index` in default order, byte for byte as in answers.
    pub fn user_json(&self, index: usize) -> Option<String> {
        let user = self.state.users().get(index)?;
        Some(String::from_utf8_lossy(&user).into_owned())
    }

    /// Number of users.
    pub fn user_count(&self) -> usize {
        self.state.users().len()
    }

    /// Replaces the users with the same `user_id`s by these raw JSON objects, or appends them. The cost depends on the
    /// number of changed users only, not on the size of the tenant.
    pub fn upsert_users(&self, users: Vec<String>) {
        self.state.upsert_users(users.into_iter().map(Into::into));
    }

    /// Deletes the users with these ids; returns how many of them existed.
    pub fn delete_users<S: AsRef<str>>(&self, user_ids: &[S]) -> usize {
        self.state.delete_users(user_ids.iter().map(AsRef::as_ref))
    }

    /// Changes users after lists of users from now on, so that users change between the requests of a scan; `None`
    /// stops that. Restarts [`Tenant::presence`].
    pub fn churn(&self, churn: Option<Churn>) {
        self.state.churn(churn);
    }

    /// Restarts [`Tenant::presence`] with the current users.
    pub fn watch_users(&self) {
        self.state.watch_users();
    }

    /// The users that have existed since [`Tenant::churn`] or [`Tenant::watch_users`]; empty before one of these.
    /// Does not follow [`Tenant::set_users`].
    pub fn presence(&self) -> Presence {
        self.state.presence()
    }

    /// Sets how many rows a collection has, such as `/organizations` or `/organizations/{id}/members`, of which each
    /// organization then has as many. A collection that shows the rows of another has as many as that one. False if
    /// there is no such list.
    pub fn set_rows(&self, list: &str, count: usize) -> bool {
        api::set_rows(&self.state, list, count)
    }

    /// Replaces the rows of one list, such as `/roles` or `/roles/rol_1/permissions`, or a single object, such as
    /// `/tenants/settings`, by these raw JSON objects. A single object without a row does not exist (404). False if
    /// there is no such path.
    pub fn set_collection(&self, path: &str, rows: Vec<String>) -> bool {
        api::set_collection(&self.state, path, rows)
    }

    /// Path and query of one request to every GET endpoint, with the keys of existing objects. An endpoint with an
    /// empty collection is left out.
    pub fn example_targets(&self) -> Vec<String> {
        api::example_targets(&self.state)
    }

    /// The id of the connection with this name, as in `connection_id` of exports.
    pub fn connection_id(&self, name: &str) -> String {
        connection_id(name)
    }

    /// Sets the settings of exports.
    pub fn set_exports(&self, exports: Exports) {
        self.state.settings_mut().exports = exports;
    }

    /// Sets the number of users above which a search is too slow (503); `None` means that no search is.
    pub fn set_slow_search(&self, slow: Option<usize>) {
        self.state.settings_mut().slow_search = slow;
    }

    /// Sets the limits of endpoint groups, with full buckets.
    pub fn set_endpoint_limits(&self, limits: &[EndpointLimit]) {
        self.state.set_endpoint_limits(limits);
    }

    /// Makes every token issued so far invalid: 401 `Invalid token`.
    pub fn revoke_tokens(&self) {
        self.state.issuer.revoke();
    }

    /// The base URL of the storage for exported files, for clients on this machine.
    pub fn storage_url(&self) -> String {
        url(SocketAddr::new(self.addr.ip(), self.state.storage_port))
    }

    /// Replaces all users by these raw JSON objects, in this default order.
    pub fn set_users(&self, users: Vec<String>) {
        self.state.set_users(Store::from_json(&users));
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was reported there.
            let _ = thread.join();
        }
    }
}

fn url(mut addr: SocketAddr) -> String {
    if addr.ip().is_unspecified() {
        match addr {
            SocketAddr::V4(_) => addr.set_ip(Ipv4Addr::LOCALHOST.into()),
            SocketAddr::V6(_) => addr.set_ip(Ipv6Addr::LOCALHOST.into()),
        }
    }
    format!("http://{addr}")
}

fn listen(addr: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(addr)?;
    listener.set_nonblocking(true)?;
    let addr = listener.local_addr()?;
    Ok((listener, addr))
}

/// The clusters with their times in milliseconds.
fn clusters(clusters: &[(usize, String)]) -> io::Result<Vec<(usize, u64)>> {
    let read = |(size, time): &(usize, String)| {
        let created = instant(time).and_then(|ms| u64::try_from(ms).ok());
        let created = created.ok_or_else(|| {
            let message = format!("a cluster of users can not be created at '{time}'");
            io::Error::new(io::ErrorKind::InvalidInput, message)
        });
        Ok((*size, created?))
    };
    clusters.iter().map(read).collect()
}

async fn accept(state: Arc<State>, listener: TcpListener, origin: Origin) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection::serve(Arc::clone(&state), stream, origin));
            }
            // Usually out of file descriptors: wait until some close.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
