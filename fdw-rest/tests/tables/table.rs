//! A foreign table of an API, without Postgres.

use std::sync::{Arc, LazyLock};

use fdw_common::error::Result;
use fdw_common::json_path::JsonPath;
use fdw_common::model::{ColumnType, Entity};
use fdw_common::options::Catalog;
use fdw_common::plan::{BoundValues, PlannedColumn, RemotePlan, Target};
use fdw_common::rest::{Connection, Credential, KeyedTarget, Limits, Projection, Reader, ScanRequest, Transport};
use fdw_common::source::{DeclaredColumn, Source, TableDefinition};
use fdw_conformance::Api;
use fdw_rest::Rest;

static TRANSPORT: LazyLock<Transport> = LazyLock::new(|| Transport::start().unwrap());

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn owned(pairs: Pairs<'_>) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A foreign table and its server.
pub(crate) struct Table {
    pub(crate) entity: &'static Entity,
    columns: Vec<PlannedColumn>,
    pub(crate) server: Vec<(String, String)>,
    pub(crate) credential: Credential,
}

impl Table {
    /// The table `t` with columns of type text, each with its options, on a server without a credential.
    pub(crate) fn new(options: Pairs<'_>, columns: &[(&str, Pairs<'_>)]) -> Result<Self> {
        let options = Rest::OPTIONS.validate(Catalog::Table, owned(options))?;
        Rest::check(Catalog::Table, &options)?;
        let declared = || {
            let column = |(name, options): &(&str, Pairs<'_>)| {
                let options = Rest::OPTIONS.validate(Catalog::Column, owned(options))?;
                Ok(DeclaredColumn { name: (*name).to_owned(), ty: ColumnType::Text, options })
            };
            columns.iter().map(column).collect()
        };
        let entity = Rest::entity(&TableDefinition { name: "t", options: &options, columns: &declared })?;
        let planned = (1..).zip(columns).map(|(attno, (name, options))| {
            let json_path = options.iter().find(|(option, _)| *option == "json_path");
            let json_path = json_path.map(|(_, path)| JsonPath::parse(path)).transpose()?;
            Ok(PlannedColumn::declared(entity, attno, name, json_path))
        });
        let columns = planned.collect::<Result<_>>()?;
        Ok(Table { entity, columns, server: owned(&[("auth", "none")]), credential: Credential::None })
    }

    /// The table on a server with these options and this credential.
    pub(crate) fn on(self, server: Pairs<'_>, credential: Credential) -> Self {
        Table { server: owned(server), credential, ..self }
    }

    /// The values of all columns of the rows, as the API's JSON, for a query with these bound values.
    pub(crate) fn read(&self, api: &Api, bound: Pairs<'_>) -> Result<Vec<Vec<String>>> {
        self.read_from(&api.url(), bound)
    }

    /// The same from an API at this address.
    pub(crate) fn read_from(&self, url: &str, bound: Pairs<'_>) -> Result<Vec<Vec<String>>> {
        let mut server = self.server.clone();
        server.push(("url".to_owned(), format!("{url}/v1")));
        let server = Rest::OPTIONS.validate(Catalog::Server, server)?;
        Rest::check(Catalog::Server, &server)?;
        let entity = self.entity;
        let bound: BoundValues = owned(bound);
        let mut plan = RemotePlan::full_scan(entity, self.columns.clone(), 1);
        let has = |name: &str| bound.iter().any(|(column, _)| column == name);
        let at = entity.lookups.iter().position(|lookup| !bound.is_empty() && lookup.columns().all(has));
        let mut lookups = None;
        if let Some(at) = at {
            plan = plan.with_lookup(entity, at, 1);
            match plan.lookup_target(entity, &entity.lookups[at], &bound) {
                Target::Request(target) => lookups = Some(vec![KeyedTarget { bound: bound.clone(), target }]),
                Target::NoRow => return Ok(Vec::new()),
                Target::List => {}
            }
        }
        let keys = if bound.is_empty() || at.is_some() { Vec::new() } else { vec![bound] };
        let mut source = TRANSPORT.scan(ScanRequest {
            connection: Connection::new::<Rest>(&server, self.credential.clone())?,
            limits: Limits::from_options(&server)?,
            entity,
            projection: Projection::of(entity, self.columns.iter(), true),
            plan,
            lookups,
            key_batch: None,
            keys,
            searches: Vec::new(),
            requests: Arc::default(),
            reader: Reader::default(),
        })?;
        let mut rows = Vec::new();
        while let Some(batch) = source.next_blocking()? {
            for row in 0..batch.len() {
                let value = |cell| batch.value(row, cell).unwrap_or("null").to_owned();
                rows.push((0..self.columns.len()).map(value).collect());
            }
        }
        Ok(rows)
    }
}
