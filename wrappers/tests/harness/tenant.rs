//! Tenants that a container can reach.

use std::net::{Ipv4Addr, SocketAddr};

use auth0_tenant::{Tenant, TenantConfig};

/// Starts a tenant with this many synthetic users.
pub fn start_tenant(users: usize) -> Tenant {
    start_tenant_with(TenantConfig { users, ..TenantConfig::default() })
}

/// Starts a tenant on a free port of every interface, whatever `config.listen` is, because Postgres connects from its
/// container.
pub fn start_tenant_with(config: TenantConfig) -> Tenant {
    let listen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    Tenant::start(TenantConfig { listen, ..config }).unwrap_or_else(|error| panic!("no tenant: {error}"))
}

/// Stops a tenant with all its connections, and starts another one on the same port.
pub fn restart_tenant(tenant: Tenant, config: TenantConfig) -> Tenant {
    start_tenant_at(stop_tenant(tenant), config)
}

/// Stops a tenant with all its connections; returns its port, which then refuses connections.
pub fn stop_tenant(tenant: Tenant) -> u16 {
    tenant.addr().port()
}

/// Starts a tenant on the port of a stopped one.
pub fn start_tenant_at(port: u16, config: TenantConfig) -> Tenant {
    let listen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    Tenant::start(TenantConfig { listen, ..config }).unwrap_or_else(|error| panic!("no tenant again: {error}"))
}

/// The tenant's requests, in order: `GET /api/v2/users?page=0&per_page=100`.
pub fn request_lines(tenant: &Tenant) -> Vec<String> {
    let line = |request: auth0_tenant::RequestRecord| match request.query.as_str() {
        "" => format!("{} {}", request.method, request.path),
        query => format!("{} {}?{query}", request.method, request.path),
    };
    tenant.requests().into_iter().map(line).collect()
}
