//! Scans of a local tenant, without Postgres.

#![allow(dead_code, reason = "no test uses all of it")]

use auth0_tenant::Tenant;
use fdw_auth0::Auth0;
use fdw_common::error::Error;
use fdw_common::json_path::JsonPath;
use fdw_common::options::{Catalog, Options};
use fdw_common::plan::{PlannedColumn, RemotePlan};
use fdw_common::rest::{Connection, Credential, Limits, Projection, RowSource, ScanRequest, Transport};
use fdw_common::secret::Secret;
use fdw_common::source::{Source, find_entity};

/// The server options for a tenant, with some more.
pub(crate) fn options(tenant: &Tenant, more: &[(&str, &str)]) -> Options {
    let mut options = vec![("url".to_owned(), tenant.url())];
    options.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Auth0::OPTIONS.validate(Catalog::Server, options).unwrap()
}

/// A scan of the e-mail addresses of all users.
pub(crate) fn scan(transport: &Transport, tenant: &Tenant, more: &[(&str, &str)]) -> RowSource {
    search(transport, tenant, more, Vec::new())
}

/// A scan of the e-mail addresses of the users that some searches find, or of all.
pub(crate) fn search(
    transport: &Transport,
    tenant: &Tenant,
    more: &[(&str, &str)],
    searches: Vec<String>,
) -> RowSource {
    scan_with(transport, tenant, more, Credential::Token(Secret::from(tenant.default_token())), searches)
}

/// A scan with a credential.
pub(crate) fn scan_with(
    transport: &Transport,
    tenant: &Tenant,
    more: &[(&str, &str)],
    credential: Credential,
    searches: Vec<String>,
) -> RowSource {
    let options = options(tenant, more);
    let entity = find_entity::<Auth0>(Some("users")).unwrap();
    let bulk = options.text("bulk").unwrap().map(|bulk| bulk.parse().unwrap()).unwrap_or_default();
    let path = JsonPath::root_member("email");
    let projection = Projection::new(entity, [&path], false);
    let columns = vec![PlannedColumn { attno: 1, name: "email".to_owned(), path }];
    transport
        .scan(ScanRequest {
            connection: Connection::new::<Auth0>(&options, credential).unwrap(),
            limits: Limits::from_options(&options).unwrap(),
            entity,
            plan: RemotePlan { bulk, ..RemotePlan::full_scan(entity, columns, 0) },
            projection,
            lookups: None,
            keys: Vec::new(),
            searches,
            search_slice: Auth0::search_slice,
        })
        .unwrap()
}

/// The keys of all rows, or the error.
pub(crate) fn keys(source: &mut RowSource) -> Result<Vec<String>, Error> {
    let mut keys = Vec::new();
    while let Some(batch) = source.next_blocking()? {
        keys.extend((0..batch.len()).map(|row| batch.key(row).into_owned()));
    }
    Ok(keys)
}
