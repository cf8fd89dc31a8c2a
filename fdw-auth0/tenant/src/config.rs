//! The configuration of a tenant.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::{EndpointLimit, EventSettings, Exports, RateLimit, SearchLag, Totals};

/// The configuration of a [`crate::Tenant`] at its start.
///
/// Users come from `explicit_users`, else from `recordings`, else they are generated from `seed`. Methods of the
/// tenant change the settings that may change later.
#[derive(Debug, Clone)]
pub struct TenantConfig {
    /// Number of synthetic users. Default 50.
    pub users: usize,
    /// More synthetic users after those, in clusters with one `created_at` each: the number of
    /// users and their time in UTC with milliseconds, such as `2025-03-01T00:00:00.000Z`. Like all
    /// synthetic users they come from several connections. Default none.
    pub clusters: Vec<(usize, String)>,
    /// Seed of the synthetic users: the same seed gives the same users, byte for byte.
    pub seed: u64,
    /// Delay of every answer. Default zero.
    pub latency: Duration,
    /// Number of records that paging reaches; `None` removes the limit. Default 1,000, as Auth0.
    pub page_cap: Option<usize>,
    /// Maximum number of rows of a page, even if a request asks for more; the envelope's `limit` shows it. `None`
    /// (default) gives as many as the request asks for.
    pub page_size_cap: Option<usize>,
    /// The total in the envelopes of lists with numbered pages.
    pub totals: Totals,
    /// A search that finds more users than this is answered with 503 as too slow; `None` (default) means that no search
    /// is too slow. Auth0's limit is two seconds, for any number of users.
    pub slow_search: Option<usize>,
    /// Rate limit of the Management API; `None` (default) means no limit and no headers.
    pub rate_limit: Option<RateLimit>,
    /// Rate limits of endpoint groups, in addition to `rate_limit`. Default none.
    pub endpoint_limits: Vec<EndpointLimit>,
    /// Settings of exports. Default as in [`Exports`].
    pub exports: Exports,
    /// Settings of the stream of events. Default as in [`EventSettings`].
    pub events: EventSettings,
    /// The time after which lists and searches show a change; `None` (default) means at once.
    pub search_lag: Option<SearchLag>,
    /// Address to listen on. Default `127.0.0.1:0`: a free port, this machine only.
    pub listen: SocketAddr,
    /// Port of the storage for exported files, at the same address. Default 0: a free port.
    pub storage_port: u16,
    /// Tenant domain, as in the tokens' `iss` and `aud`. Default `local-tenant.us.auth0.com`.
    pub domain: String,
    /// Whether users with equal sort keys change places between requests. Default true, as Auth0.
    pub unstable_ties: bool,
    /// Whether answers are gzipped for clients that accept it. Default false.
    pub compress: bool,
    /// Folder of recorded interactions (JSON Lines) to take the users from, and the rows of every other
    /// collection that was recorded.
    pub recordings: Option<PathBuf>,
    /// The users, one raw JSON object each, in their default order.
    pub explicit_users: Option<Vec<String>>,
    /// Lifetime of the issued tokens. Default 24 hours, as Auth0; resolution is one second.
    pub token_lifetime: Duration,
    /// Maximum length of a request target in bytes; a longer one is answered with 414. Default 8,192: Auth0's limit is
    /// not documented.
    pub max_target: usize,
    /// The application that may ask `/oauth/token` for a token.
    pub client: Client,
}

/// A machine-to-machine application with its grant for the Management API.
#[derive(Clone)]
pub struct Client {
    /// `client_id`. Default `local-client-id`.
    pub id: String,
    /// `client_secret`. Default `local-client-secret`.
    pub secret: String,
    /// Scopes of the client grant. Default `read:users`.
    pub scopes: Vec<String>,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            id: "local-client-id".to_owned(),
            secret: "local-client-secret".to_owned(),
            scopes: vec!["read:users".to_owned()],
        }
    }
}

impl Client {
    /// The default application with every scope of any endpoint.
    pub fn granted_everything() -> Self {
        Self { scopes: crate::write::every_scope().into_iter().collect(), ..Self::default() }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

impl Default for TenantConfig {
    fn default() -> Self {
        Self {
            users: 50,
            clusters: Vec::new(),
            seed: 1,
            latency: Duration::ZERO,
            page_cap: Some(1000),
            page_size_cap: None,
            totals: Totals::default(),
            slow_search: None,
            rate_limit: None,
            endpoint_limits: Vec::new(),
            exports: Exports::default(),
            events: EventSettings::default(),
            search_lag: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            storage_port: 0,
            domain: "local-tenant.us.auth0.com".to_owned(),
            unstable_ties: true,
            compress: false,
            recordings: None,
            explicit_users: None,
            token_lifetime: Duration::from_secs(86_400),
            max_target: 8_192,
            client: Client::default(),
        }
    }
}
