//! The HTTP clients of a process: one connection pool for each pair of scheme and connect timeout.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Client;
use rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, ErrorKind, Result};

/// Idle connections are closed after this time, before load balancers on the way close them.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// The settings of a client that cannot be set per request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Settings {
    encrypted: bool,
    connect_timeout: Duration,
}

/// The most clients at a time; one more drops all the others.
const MAX_CLIENTS: usize = 8;

/// The clients built so far. Connections have no credential, so servers and users share them.
#[derive(Debug, Default)]
pub(crate) struct Clients(HashMap<Settings, Client>);

impl Clients {
    /// A client for the address' scheme and the connect timeout.
    ///
    /// # Errors
    /// `Connect` if the client cannot be built.
    pub(crate) fn get(&mut self, encrypted: bool, connect_timeout: Duration) -> Result<Client> {
        let settings = Settings { encrypted, connect_timeout };
        if let Some(client) = self.0.get(&settings) {
            return Ok(client.clone());
        }
        if self.0.len() >= MAX_CLIENTS {
            self.0.clear();
        }
        let client = build(settings)?;
        self.0.insert(settings, client.clone());
        Ok(client)
    }
}

fn build(settings: Settings) -> Result<Client> {
    let builder = Client::builder()
        .user_agent(concat!("wrappers/", env!("CARGO_PKG_VERSION")))
        // A redirect would send the credential to an address that is not configured.
        .redirect(reqwest::redirect::Policy::none())
        // Retries are decided in one place, `retry`.
        .retry(reqwest::retry::never())
        .connect_timeout(settings.connect_timeout)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        .tls_backend_preconfigured(tls_config(settings.encrypted)?);
    // Plain http is for the local machine only: a proxy would see the credential.
    let builder = if settings.encrypted { builder } else { builder.no_proxy() };
    builder.build().map_err(|error| Error::new(ErrorKind::Connect, format!("no HTTP client can be made: {error}")))
}

/// A TLS configuration with the root certificates of the machine, or Mozilla's if the machine has none (minimal
/// container images).
fn tls_config(encrypted: bool) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if encrypted {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Connect, format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
