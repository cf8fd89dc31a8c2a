//! Scans of a local tenant, without Postgres.

#![allow(dead_code, reason = "no test uses all of it")]

use auth0_tenant::Tenant;
use fdw_auth0::Auth0;
use fdw_common::error::Error;
use fdw_common::filter::{Filter, Search};
use fdw_common::json_path::JsonPath;
use fdw_common::model::Entity;
use fdw_common::options::{BULK, Catalog, Options};
use fdw_common::parameters::parameters;
use fdw_common::plan::{BoundValues, PlannedColumn, RemotePlan, Target};
use fdw_common::rest::{
    Connection, Credential, KeyedTarget, Limits, Projection, Reader, RowSource, ScanRequest, Transport,
};
use fdw_common::secret::Secret;
use fdw_common::source::{Source, TokenOrigin, find_entity};

/// The server options for a tenant, with `more` options.
pub(crate) fn options(tenant: &Tenant, more: &[(&str, &str)]) -> Options {
    let mut options = vec![("url".to_owned(), tenant.url())];
    options.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Auth0::OPTIONS.validate(Catalog::Server, options).unwrap()
}

/// A scan of the e-mail addresses of all users.
pub(crate) fn scan(transport: &Transport, tenant: &Tenant, more: &[(&str, &str)]) -> RowSource {
    search(transport, tenant, more, Vec::new())
}

/// A scan of the e-mail addresses of the users that the searches find; of all users without a search.
pub(crate) fn search(
    transport: &Transport,
    tenant: &Tenant,
    more: &[(&str, &str)],
    searches: Vec<String>,
) -> RowSource {
    scan_with(
        transport,
        tenant,
        more,
        Credential::Token { secret: Secret::from(tenant.default_token()), origin: TokenOrigin::Server },
        searches,
    )
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
    let bulk = options.get(BULK).unwrap().unwrap_or_default();
    let path = JsonPath::root_member("email");
    let projection = Projection::new(entity, [&path], false);
    let columns = vec![PlannedColumn::new(1, "email", path)];
    transport
        .scan(ScanRequest {
            connection: Connection::new::<Auth0>(&options, credential).unwrap(),
            limits: Limits::from_options(&options).unwrap(),
            entity,
            plan: RemotePlan { bulk, ..RemotePlan::full_scan(entity, columns, entity.typical_rows.into()) },
            projection,
            lookups: None,
            key_batch: None,
            keys: Vec::new(),
            searches,
            requests: std::sync::Arc::default(),
            reader: Reader::default(),
        })
        .unwrap()
}

/// A scan of an entity: values, filters, and columns.
#[derive(Clone)]
pub(crate) struct EntityScan {
    pub(crate) entity: &'static Entity,
    /// The values for the path or the lookup.
    pub(crate) bound: BoundValues,
    /// The index of the lookup in the entity's lookups; `None` for the list.
    pub(crate) lookup: Option<usize>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) expose_secrets: bool,
    /// False to read only the key, which tests the parameter `fields`.
    pub(crate) all_columns: bool,
}

impl EntityScan {
    pub(crate) fn of(entity: &'static Entity) -> Self {
        EntityScan {
            entity,
            bound: Vec::new(),
            lookup: None,
            filters: Vec::new(),
            expose_secrets: false,
            all_columns: true,
        }
    }

    pub(crate) fn with(self, bound: &BoundValues) -> Self {
        EntityScan { bound: bound.clone(), ..self }
    }

    pub(crate) fn by(self, lookup: usize) -> Self {
        EntityScan { lookup: Some(lookup), ..self }
    }
}

/// A row: the raw JSON of the declared columns, then that of the whole row.
pub(crate) type Row = Vec<Option<String>>;

/// All rows of an entity, read with this token.
pub(crate) fn rows(
    transport: &Transport,
    tenant: &Tenant,
    token: &str,
    entity_scan: &EntityScan,
) -> Result<Vec<Row>, Error> {
    rows_at(transport, &tenant.url(), token, entity_scan)
}

/// All rows of an entity of the API at this address.
pub(crate) fn rows_at(
    transport: &Transport,
    url: &str,
    token: &str,
    entity_scan: &EntityScan,
) -> Result<Vec<Row>, Error> {
    let url = vec![("url".to_owned(), url.to_owned())];
    let options = Auth0::OPTIONS.validate(Catalog::Server, url).unwrap();
    let entity = entity_scan.entity;
    let mut paths: Vec<JsonPath> = entity.columns.iter().map(|column| entity.column_path(column)).collect();
    paths.push(JsonPath::whole_row());
    if !entity_scan.all_columns {
        paths.truncate(1);
    }
    let columns: Vec<PlannedColumn> =
        (1..).zip(&paths).map(|(attno, path)| PlannedColumn::new(attno, attno.to_string(), path.clone())).collect();
    let mut plan = RemotePlan::full_scan(entity, columns, entity.typical_rows.into());
    plan.filters = entity_scan.filters.clone();
    let mut lookups = None;
    let mut keys = Vec::new();
    match entity_scan.lookup {
        Some(at) => {
            plan = plan.with_lookup(entity, at, 1);
            let target = match plan.lookup_target(entity, &entity.lookups[at], &entity_scan.bound) {
                Target::Request(target) => target,
                other => panic!("{other:?}"),
            };
            lookups = Some(vec![KeyedTarget { bound: entity_scan.bound.clone(), target }]);
        }
        None if !entity_scan.bound.is_empty() => keys.push(entity_scan.bound.clone()),
        None => {}
    }
    let mut searches = Vec::new();
    if let Some(parameter) = entity.search
        && let Search::Queries(queries) = Auth0::search(&parameter, &entity_scan.filters)
    {
        searches = queries;
    }
    let plan = plan.with_parameters(parameters(entity, &entity_scan.filters));
    let mut source = transport.scan(ScanRequest {
        connection: Connection::bearer::<Auth0>(&options, Secret::from(token.to_owned())).unwrap(),
        limits: Limits::from_options(&options).unwrap(),
        entity,
        plan,
        projection: Projection::new(entity, &paths, entity_scan.expose_secrets),
        lookups,
        key_batch: None,
        keys,
        searches,
        requests: std::sync::Arc::default(),
        reader: Reader::default(),
    })?;
    let mut rows = Vec::new();
    while let Some(batch) = source.next_blocking()? {
        for row in 0..batch.len() {
            rows.push((0..paths.len()).map(|cell| batch.value(row, cell).map(str::to_owned)).collect());
        }
    }
    Ok(rows)
}

/// A token with the scopes of all tables.
pub(crate) fn full_token(tenant: &Tenant) -> String {
    let scopes: Vec<&str> = Auth0::ENTITIES.iter().flat_map(|entity| entity.scopes).copied().collect();
    tenant.token(&scopes)
}

/// The keys of all rows, or the error.
pub(crate) fn keys(source: &mut RowSource) -> Result<Vec<String>, Error> {
    let mut keys = Vec::new();
    while let Some(batch) = source.next_blocking()? {
        keys.extend((0..batch.len()).map(|row| batch.key(row).into_owned()));
    }
    Ok(keys)
}
