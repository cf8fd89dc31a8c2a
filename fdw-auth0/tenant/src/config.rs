//! What a tenant is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::{EndpointLimit, Exports, RateLimit, Totals};

/// Everything a [`crate::Tenant`] is started with.
///
/// Users come from `explicit_users`, else from `recordings`, else they are made from `seed`. All
/// that may be changed later is a method of the tenant.
#[derive(Debug, Clone)]
pub struct TenantConfig {
    /// Number of synthetic users. Default 50.
    pub users: usize,
    /// More synthetic users behind those, in clusters with one `created_at` each: the number of
    /// users and their time in UTC with milliseconds, such as `2025-03-01T00:00:00.000Z`. Like all
    /// synthetic users they come from several connections. Default none.
    pub clusters: Vec<(usize, String)>,
    /// Seed of the synthetic users: the same seed gives the same users, byte for byte.
    pub seed: u64,
    /// Time every answer is held back. Default zero.
    pub latency: Duration,
    /// Number of records that paging reaches; `None` removes the limit. Default 1,000, as Auth0.
    pub page_cap: Option<usize>,
    /// Rows that a page holds at most, whatever it is asked for; its envelope says so. `None` (default) gives as many
    /// as are asked for.
    pub page_size_cap: Option<usize>,
    /// What lists with numbered pages state as their total.
    pub totals: Totals,
    /// A search that finds more users than this takes too long and is answered with 503; `None`
    /// (default) lets all end in time. Auth0's limit is two seconds, whatever is found.
    pub slow_search: Option<usize>,
    /// Rate limit of the Management API; `None` (default) means no limit and no headers.
    pub rate_limit: Option<RateLimit>,
    /// Limits of endpoint groups beside it. Default none.
    pub endpoint_limits: Vec<EndpointLimit>,
    /// How exports of users go. Default as in [`Exports`].
    pub exports: Exports,
    /// Address to listen on. Default `127.0.0.1:0`: a free port, this machine only.
    pub listen: SocketAddr,
    /// Port of the storage that exported files lie in, at the same address. Default 0: a free one.
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
    /// Life of the tokens issued. Default 24 hours, as Auth0; resolution is one second.
    pub token_lifetime: Duration,
    /// Bytes of the longest request target that is not answered with 414. Default 8,192: Auth0
    /// does not name its number.
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
    /// The default application with every scope that a GET endpoint names.
    pub fn granted_everything() -> Self {
        Self { scopes: crate::api::all_scopes().into_iter().collect(), ..Self::default() }
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
