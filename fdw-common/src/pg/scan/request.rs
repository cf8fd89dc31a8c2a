//! The requests of one scan node: the request key of a run, its targets and its limits.

use std::rc::Rc;
use std::sync::Arc;

use pgrx::pg_sys::{self, Oid};

use super::super::backend::database;
use super::super::catalog::table_options;
use super::cache::RequestKey;
use super::inputs::Inputs;
use super::session::{Session, transport};
use crate::error::Result;
use crate::filter::{Filter, Search, Test, Value};
use crate::key_queue::{KeyBatch, Query};
use crate::model::{BatchBy, Entity};
use crate::parameters::parameters;
use crate::plan::{Access, BoundValues, RemotePlan, SortOrder, Target};
use crate::rest::{KeyedTarget, Limits, Projection, Reader, RequestCount, RowSource, ScanRequest};
use crate::source::Source;

/// Parts of a scan node that do not change during its life.
pub(super) struct ScanNode {
    pub(super) entity: &'static Entity,
    pub(super) plan: RemotePlan,
    pub(super) table: Oid,
    /// The user whose credential is used: the view's owner inside a view, else the current user.
    pub(super) user: Oid,
    /// The running statement, or null for ANALYZE.
    pub(super) statement: *mut pg_sys::EState,
    /// Inputs that the rows depend on besides the plan.
    pub(super) inputs: Inputs,
}

/// The session that this node's requests use, and its limits.
pub(super) struct Connected {
    session: Rc<Session>,
    pub(super) limits: Limits,
}

impl ScanNode {
    /// The request key of a run that begins now.
    pub(super) fn request_key<S: Source>(&self, limits: &Limits) -> Result<RequestKey> {
        let bound = match self.inputs.has_keys() {
            true => self.inputs.combinations(self.entity, limits.max_requests)?,
            false => Vec::new(),
        };
        // A key is NULL, or its list is empty.
        let is_empty = bound.is_empty() && self.inputs.has_keys();
        let mut key = RequestKey { bound, searches: Vec::new(), parameters: Vec::new(), first: None, is_empty };
        if self.plan.late_sort.is_some() {
            let is_a_page = |rows: &u64| (1..=u64::from(self.plan.page_size)).contains(rows);
            key.first = self.inputs.limit().filter(is_a_page);
        }
        if !matches!(self.plan.access, Access::Lookup(_)) && !self.plan.filters.is_empty() {
            let values = self.inputs.parameters();
            let filters: Vec<Filter> = self.plan.filters.iter().map(|filter| filter.bind(&values)).collect();
            key.parameters = parameters(self.entity, &filters);
            match self.entity.search.map(|parameter| S::search(&parameter, &filters)) {
                Some(Search::Queries(queries)) => key.searches = queries,
                Some(Search::Nothing) => key.is_empty = true,
                Some(Search::Whole) | None => {}
            }
        }
        Ok(key)
    }

    /// The lookup requests for these values; `None` if the list has to be read.
    fn targets(&self, bound: &[BoundValues]) -> Option<Vec<KeyedTarget>> {
        let lookup = self.plan.lookup(self.entity)?;
        let mut targets = Vec::new();
        for bound in bound {
            match self.plan.lookup_target(self.entity, lookup, bound) {
                Target::Request(target) => targets.push(KeyedTarget { bound: bound.clone(), target }),
                Target::NoRow => {}
                Target::List => return None,
            }
        }
        Some(targets)
    }

    /// The server and the limits at the time of the node's first row.
    pub(super) fn connect<S: Source>(&self) -> Result<Connected> {
        let session = Session::of::<S>(self.statement, self.table, self.user);
        let limits = Limits::for_table(&session.server.options, &table_options::<S>(self.table))?;
        // Checked here and not during planning, so that EXPLAIN can show the estimate and a node that never runs is
        // no error. ANALYZE has no statement and stops at its sample.
        if !self.statement.is_null() {
            limits.check_estimate(self.entity, self.plan.expected_requests())?;
        }
        Ok(Connected { session, limits })
    }

    /// The plan of a run: sorted if the query reads only the first rows.
    fn plan_of(&self, key: &RequestKey) -> RemotePlan {
        match (key.first, &self.plan.late_sort, self.entity.sort) {
            (Some(rows), Some(order), Some(parameter)) => {
                self.plan.clone().with_sort(&parameter, order.clone()).with_limit(rows)
            }
            _ => self.plan.clone(),
        }
    }

    /// The order of a run's rows, if the API sorts them.
    pub(super) fn order_of(&self, key: Option<&RequestKey>) -> Option<&SortOrder> {
        let late = self.plan.late_sort.as_ref().filter(|_| key.is_some_and(|key| key.first.is_some()));
        self.plan.sort.as_ref().or(late).or(self.plan.in_order.as_ref())
    }

    /// Starts the request for a batch of keys.
    ///
    /// # Errors
    /// The errors of [`ScanNode::start`].
    pub(super) fn start_batch<S: Source>(
        &self,
        connected: &Connected,
        requests: &Arc<RequestCount>,
        batch: KeyBatch,
    ) -> Result<RowSource> {
        let plan = self.plan.clone().for_keys(self.entity, batch.query);
        let request = self.scan_request::<S>(connected, requests, plan)?;
        let mut source = transport()?.scan(ScanRequest { key_batch: Some(batch.keys), ..request })?;
        source.begin();
        Ok(source)
    }

    /// A scan with this plan, without keys.
    fn scan_request<S: Source>(
        &self,
        connected: &Connected,
        requests: &Arc<RequestCount>,
        plan: RemotePlan,
    ) -> Result<ScanRequest> {
        Ok(ScanRequest {
            connection: connected.session.connection::<S>()?.clone(),
            limits: connected.limits,
            entity: self.entity,
            projection: Projection::of(self.entity, self.plan.columns.iter(), self.plan.expose_secrets),
            plan,
            lookups: None,
            key_batch: None,
            keys: Vec::new(),
            searches: Vec::new(),
            requests: Arc::clone(requests),
            reader: Reader { database: database().to_u32(), table: self.table.to_u32() },
        })
    }

    /// The request for the rows of a run; `None` if there can be no rows.
    ///
    /// # Errors
    /// Errors of [`Session::connection`], and of starting the transport.
    pub(super) fn start<S: Source>(
        &self,
        connected: &Connected,
        requests: &Arc<RequestCount>,
        key: &RequestKey,
    ) -> Result<Option<RowSource>> {
        let lookups = self.targets(&key.bound);
        if lookups.as_ref().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let keys = if matches!(self.plan.access, Access::Lookup(_)) { Vec::new() } else { key.bound.clone() };
        let plan = self.plan_of(key).with_parameters(key.parameters.clone());
        let request = self.scan_request::<S>(connected, requests, plan)?;
        let source = transport()?.scan(ScanRequest { lookups, keys, searches: key.searches.clone(), ..request })?;
        Ok(Some(source))
    }
}

/// The list's parameters that request the rows with these keys, if there is a lookup whose keys are requested in batches
/// and one request can take them.
pub(super) fn key_query<S: Source>(entity: &Entity, keys: &[String]) -> Option<Query> {
    let column = entity.column(entity.key.first()?)?;
    match entity.lookups.iter().find_map(|lookup| lookup.batch)? {
        BatchBy::Search => {
            let values = Value::List(keys.iter().map(|key| Value::Text(key.clone())).collect());
            let filter = Filter::Test { path: entity.column_path(column), test: Test::AnyOf(values) };
            let parameter = entity.search?;
            match S::search(&parameter, &[filter]) {
                Search::Queries(mut queries) if queries.len() == 1 => Some(parameter.query(queries.swap_remove(0))),
                _ => None,
            }
        }
    }
}
