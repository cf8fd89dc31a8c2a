//! The foreign table over a personality's list, and its scans.

use std::collections::BTreeMap;

use fdw_common::error::Error;
use fdw_common::json_path::JsonPath;
use fdw_common::model::{ColumnType, Entity};
use fdw_common::options::{Catalog, Options};
use fdw_common::plan::{PlannedColumn, RemotePlan, Target};
use fdw_common::rest::{Connection, Credential, KeyedTarget, Limits, Projection, RowSource, ScanRequest, Transport};
use fdw_common::source::{DeclaredColumn, Source, TableDefinition};
use serde_json::Value;

use super::personality::{Declared, Found, Mistake, Pages, Personality};
use super::stand_in::{ITEM, NEXT, PLACE, SIZE, TOTAL, rows_path};

/// A foreign table, with the transport of its scans.
pub(crate) struct Table<S> {
    entity: &'static Entity,
    server: Options,
    transport: Transport,
    source: std::marker::PhantomData<S>,
}

/// True if the source has this option for tables.
pub(crate) fn has_option<S: Source>(name: &str) -> bool {
    S::OPTIONS.specs().any(|spec| spec.name == name && spec.on.contains(&Catalog::Table))
}

/// The options of the table.
pub(crate) fn options<S: Source>(drawn: &Personality) -> Vec<(String, String)> {
    let mut options: BTreeMap<&str, String> = BTreeMap::from([("path", "things".to_owned())]);
    let mut set = |name: &'static str, value: &str| {
        // Options that the source does not have are omitted.
        if has_option::<S>(name) {
            options.insert(name, value.to_owned());
        }
    };
    let path = rows_path(drawn.container);
    if !path.is_empty() {
        set("rows_path", &path.join("."));
    }
    if drawn.has_key {
        set("key", if drawn.mistake == Some(Mistake::Key) { "kind" } else { "id" });
    }
    let declared = match (drawn.mistake, drawn.pages) {
        (Some(Mistake::FirstPage), Pages::Number { first, by_size_asked }) => {
            Pages::Number { first: 1 - first, by_size_asked }
        }
        (Some(Mistake::Kind), Pages::Offset) => Pages::Number { first: 0, by_size_asked: false },
        (Some(Mistake::Kind), Pages::Number { .. }) => Pages::Offset,
        (_, pages) => pages,
    };
    let kind = match declared {
        Pages::Whole => (drawn.declared == Declared::OneAnswer).then_some("none"),
        Pages::Number { .. } => Some("page"),
        Pages::Offset => Some("offset"),
        Pages::Cursor(_) | Pages::LastKey => Some("cursor"),
        Pages::LinkHeader(_) | Pages::LinkMember(_) => Some("link"),
    };
    if let Some(kind) = kind {
        set("paging", kind);
    }
    match declared {
        Pages::Whole | Pages::LinkHeader(_) => {}
        Pages::Number { first, .. } => {
            set("page_parameter", PLACE);
            set("first_page", &first.to_string());
        }
        Pages::Offset => set("page_parameter", PLACE),
        Pages::Cursor(_) => {
            set("cursor_parameter", PLACE);
            set("cursor_path", &NEXT.join("."));
        }
        Pages::LastKey => set("cursor_parameter", PLACE),
        Pages::LinkMember(_) => set("link_path", &NEXT.join(".")),
    }
    if drawn.pages != Pages::Whole {
        set("page_size", &drawn.size.asked.to_string());
        if drawn.size.is_sent {
            set("size_parameter", SIZE);
        }
        if drawn.trusts {
            set("consistency", "declared");
        }
    }
    if drawn.total_is_declared {
        set("total_path", &TOTAL.join("."));
    }
    for (is_set, name) in [(drawn.exact_total, "exact_total"), (drawn.short_page_is_last, "short_page_is_last")] {
        if is_set {
            set(name, "true");
        }
    }
    if let Some(items) = drawn.items {
        set("item_path", "things/{id}");
        if items.found == Found::Enveloped {
            set("item_rows_path", &ITEM.join("."));
        }
    }
    options.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The result of a scan: the numbers of its rows.
pub(crate) type Read = Result<Vec<u32>, Error>;

impl<S: Source> Table<S> {
    /// Declares the table over an API at this address.
    ///
    /// # Errors
    /// The source's error about the options.
    pub(crate) fn new(drawn: &Personality, url: String) -> Result<Self, Error> {
        let options = S::OPTIONS.validate(Catalog::Table, options::<S>(drawn))?;
        let columns = || {
            let of = |(name, ty): (&str, ColumnType)| {
                let options = S::OPTIONS.validate(Catalog::Column, Vec::new())?;
                Ok(DeclaredColumn { name: name.to_owned(), ty, options })
            };
            [
                ("id", ColumnType::Text),
                ("n", ColumnType::Int8),
                ("kind", ColumnType::Int8),
                ("attrs", ColumnType::Jsonb),
            ]
            .map(of)
            .into_iter()
            .collect()
        };
        let entity = S::entity(&TableDefinition { name: "things", options: &options, columns: &columns })?;
        let server = [
            ("url", url),
            ("auth", "none".to_owned()),
            ("max_concurrent_requests", drawn.concurrent_requests.to_string()),
            ("retry_timeout", "20 s".to_owned()),
            ("request_timeout", "20 s".to_owned()),
        ];
        let server = server.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(Table {
            entity,
            server: S::OPTIONS.validate(Catalog::Server, server)?,
            transport: Transport::start()?,
            source: std::marker::PhantomData,
        })
    }

    fn plan(&self) -> RemotePlan {
        let columns = vec![PlannedColumn::new(1, "attrs", JsonPath::whole_row())];
        RemotePlan::full_scan(self.entity, columns, 0)
    }

    fn scan(&self, plan: RemotePlan, lookups: Option<Vec<KeyedTarget>>) -> Result<RowSource, Error> {
        self.transport.scan(ScanRequest {
            connection: Connection::new::<S>(&self.server, Credential::None)?,
            limits: Limits::from_options(&self.server)?,
            entity: self.entity,
            plan,
            projection: Projection::new(self.entity, [&JsonPath::whole_row()], false),
            lookups,
            key_batch: None,
            keys: Vec::new(),
            searches: Vec::new(),
            requests: std::sync::Arc::default(),
            reader: fdw_common::rest::Reader::default(),
        })
    }

    /// The rows of a scan, for a reader that stops after `most`.
    fn read(mut source: RowSource, most: usize) -> Read {
        let mut rows = Vec::new();
        while rows.len() < most
            && let Some(batch) = source.next_blocking()?
        {
            for row in 0..batch.len().min(most - rows.len()) {
                let row: Option<Value> = batch.value(row, 0).and_then(|text| serde_json::from_str(text).ok());
                // An invented row gets 0, which no row of the list has.
                let number = row.and_then(|row| row["n"].as_u64()).and_then(|number| u32::try_from(number).ok());
                rows.push(number.unwrap_or_default());
            }
        }
        Ok(rows)
    }

    /// All rows.
    pub(crate) fn all(&self) -> Read {
        Self::read(self.scan(self.plan(), None)?, usize::MAX)
    }

    /// The first rows, with a plan for `limit` rows and a reader that stops after `most`.
    pub(crate) fn limited(&self, limit: u64, most: usize) -> Read {
        Self::read(self.scan(self.plan().with_limit(limit), None)?, most)
    }

    /// `count(*)`, if the total answers it.
    pub(crate) fn count(&self) -> Option<Result<u64, Error>> {
        self.entity.is_counted().then(|| {
            let mut source = self.scan(RemotePlan::count(self.entity), None)?;
            // As in the executor: the total of the first page, or else the counted rows.
            let mut rows = 0;
            while let Some(batch) = source.next_blocking()? {
                rows += batch.len() as u64;
                if let Some(total) = source.statistics().total.filter(|total| *total >= rows) {
                    return Ok(total);
                }
            }
            Ok(source.statistics().total.filter(|total| *total >= rows).unwrap_or(rows))
        })
    }

    /// The rows with these keys.
    pub(crate) fn lookup(&self, keys: &[String]) -> Read {
        let plan = self.plan().with_lookup(self.entity, 0, keys.len() as u64);
        let mut targets = Vec::new();
        for key in keys {
            let given = vec![("id".to_owned(), key.clone())];
            if let Target::Request(target) = plan.lookup_target(self.entity, &self.entity.lookups[0], &given) {
                targets.push(KeyedTarget { bound: given, target });
            }
        }
        Self::read(self.scan(plan, Some(targets))?, usize::MAX)
    }
}
