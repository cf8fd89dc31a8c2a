//! The requests of one scan node: what a run is asked with, and where to.

use std::rc::Rc;
use std::sync::Arc;

use pgrx::pg_sys::{self, Oid};

use super::super::backend::database;
use super::super::catalog::table_options;
use super::cache::RequestKey;
use super::inputs::Inputs;
use super::session::{Session, transport};
use crate::error::Result;
use crate::filter::{Filter, Search};
use crate::model::Entity;
use crate::parameters::parameters;
use crate::plan::{Access, BoundValues, RemotePlan, SortOrder, Target};
use crate::rest::{KeyedTarget, Limits, Projection, Reader, RequestCount, RowSource, ScanRequest};
use crate::source::Source;

/// What does not change while the node lives.
pub(super) struct ScanNode {
    pub(super) entity: &'static Entity,
    pub(super) plan: RemotePlan,
    pub(super) table: Oid,
    /// The user whose credential is used: the view's owner inside a view, else the current user.
    pub(super) user: Oid,
    /// The running statement, or null for none.
    pub(super) statement: *mut pg_sys::EState,
    /// What the rows depend on beside the plan.
    pub(super) inputs: Inputs,
}

/// Where the requests of this node go, and its bounds.
pub(super) struct Connected {
    session: Rc<Session>,
    pub(super) limits: Limits,
}

impl ScanNode {
    /// What a run of now is asked with.
    pub(super) fn request_key<S: Source>(&self, limits: &Limits) -> Result<RequestKey> {
        let bound = match self.inputs.has_keys() {
            true => self.inputs.combinations(self.entity, limits.max_requests)?,
            false => Vec::new(),
        };
        // A key that is NULL, or in an empty list.
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

    /// The requests of a lookup for these values; nothing when the list has to be read.
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

    /// The server and the limits, as they are at the node's first row.
    pub(super) fn connect<S: Source>(&self) -> Result<Connected> {
        let session = Session::of::<S>(self.statement, self.table, self.user);
        let limits = Limits::for_table(&session.server.options, &table_options::<S>(self.table))?;
        // Not when it is planned, so that EXPLAIN shows what it would be, and not for a node that never runs.
        // ANALYZE, which is no statement's scan, stops at its sample.
        if !self.statement.is_null() {
            limits.check_estimate(self.entity, self.plan.expected_requests())?;
        }
        Ok(Connected { session, limits })
    }

    /// The plan of a run: in an order where that is all that the query reads.
    fn plan_of(&self, key: &RequestKey) -> RemotePlan {
        match (key.first, &self.plan.late_sort, self.entity.sort) {
            (Some(rows), Some(order), Some(parameter)) => {
                self.plan.clone().with_sort(&parameter, order.clone()).with_limit(rows)
            }
            _ => self.plan.clone(),
        }
    }

    /// The order in which the rows of a run come, if the API sorts them.
    pub(super) fn order_of(&self, key: Option<&RequestKey>) -> Option<&SortOrder> {
        let late = self.plan.late_sort.as_ref().filter(|_| key.is_some_and(|key| key.first.is_some()));
        self.plan.sort.as_ref().or(late).or(self.plan.in_order.as_ref())
    }

    /// The request for the rows of a run; nothing when there can be none.
    ///
    /// # Errors
    /// Those of [`Session::connection`], and of a transport that cannot be started.
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
        let source = transport()?.scan(ScanRequest {
            connection: connected.session.connection::<S>()?.clone(),
            limits: connected.limits,
            entity: self.entity,
            projection: Projection::of(self.entity, self.plan.columns.iter(), self.plan.expose_secrets),
            plan: self.plan_of(key).with_parameters(key.parameters.clone()),
            lookups,
            keys,
            searches: key.searches.clone(),
            requests: Arc::clone(requests),
            reader: Reader { database: database().to_u32(), table: self.table.to_u32() },
        })?;
        Ok(Some(source))
    }
}
