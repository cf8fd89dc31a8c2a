//! Fan-out: many lists of one kind, such as the members of every organization or the roles of every user.
//!
//! The query binds some of the values that identify a list; the others are read from the rows of the parents, which may
//! have parents themselves. Lists are read concurrently, in no order, each to its own proven end, and all of their
//! requests count as the scan's.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tracing::Instrument as _;

use super::context::ListContext;
use super::counters::ScanCounters;
use super::driver::window;
use super::list;
use super::request::ScanRequest;
use super::resources::Resources;
use super::sink::{ChannelSink, PageSink};
use crate::error::{Error, ErrorKind, Result};
use crate::json_path::JsonPath;
use crate::model::{Entity, Parents};
use crate::plan::{BoundValues, PlannedColumn, RemotePlan};
use crate::rest::decode::{Batch, Projection, plain_text};

/// Reads the list of the plan, or all lists if the plan's path is not bound.
pub(crate) async fn read(
    resources: Arc<Resources>,
    request: ScanRequest,
    counters: Arc<ScanCounters>,
    sink: &mut impl PageSink,
) -> Result<()> {
    let context = ListContext::new(&resources, &request, Arc::clone(&counters))?;
    if request.plan.is_bound() {
        return list::read_list(&Arc::new(context), &request.searches, sink).await;
    }
    let most = request.limits.max_concurrent_requests;
    let permits = Arc::new(Semaphore::new(1));
    let fan_out = Arc::new(FanOut { resources, context, request, counters, permits: Arc::clone(&permits) });
    let (keys_out, keys) = mpsc::channel(1);
    let (batches_out, mut batches) = mpsc::channel(1);
    let walk = Running(tokio::spawn({
        let (fan_out, batches_out) = (Arc::clone(&fan_out), batches_out.clone());
        async move { report(fan_out.find_keys(&keys_out).await, &batches_out).await }.in_current_span()
    }));
    let lists = Running(tokio::spawn(async move { fan_out.read_lists(keys, batches_out).await }.in_current_span()));
    let (mut read, mut allowed) = (1, 1);
    loop {
        sink.wanted().await;
        let Some(batch) = batches.recv().await else { break };
        let batch = batch?;
        // As with pages: a reader that continues will probably read all lists.
        read += 1;
        let wanted = window(read, most);
        permits.add_permits(usize::try_from(wanted - allowed).unwrap_or(0));
        allowed = wanted;
        if !batch.is_empty() {
            sink.send(batch).await;
        }
    }
    walk.end().await?;
    lists.end().await
}

/// The same as [`read`], boxed so that it can be recursive.
fn read_boxed(
    resources: Arc<Resources>,
    request: ScanRequest,
    counters: Arc<ScanCounters>,
    sink: &mut ChannelSink,
) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
    Box::pin(read(resources, request, counters, sink))
}

/// A task that is aborted when its scan ends.
struct Running(JoinHandle<()>);

impl Running {
    async fn end(mut self) -> Result<()> {
        (&mut self.0).await.map_err(|_| Error::new(ErrorKind::Internal, "the transport thread failed in a task"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends an error to the reader of the batches, if it still exists.
async fn report(result: Result<()>, batches: &mpsc::Sender<Result<Batch>>) {
    if let Err(error) = result {
        let _ = batches.send(Err(error)).await;
    }
}

struct FanOut {
    resources: Arc<Resources>,
    /// The context of all lists, except for the plan of each.
    context: ListContext,
    request: ScanRequest,
    counters: Arc<ScanCounters>,
    /// The permits for lists to be read concurrently.
    permits: Arc<Semaphore>,
}

impl FanOut {
    /// Sends the values of every list, each once: the query binds each set of values once, each parent's row is
    /// read once, and its whole key is among the values (see [`crate::model::check`]).
    async fn find_keys(&self, out: &mpsc::Sender<BoundValues>) -> Result<()> {
        let entity = self.request.entity;
        let of_query: &[BoundValues] = if self.request.keys.is_empty() { &[Vec::new()] } else { &self.request.keys };
        for bound in of_query {
            let is_bound = |column: &str| bound.iter().any(|(name, _)| name == column);
            if entity.required().all(is_bound) {
                send(bound.clone(), out).await;
                continue;
            }
            match entity.parents {
                Parents::Values { column, values } => {
                    for value in values {
                        let mut bound = bound.clone();
                        bound.push((column.to_owned(), (*value).to_owned()));
                        send(bound, out).await;
                    }
                }
                Parents::Of { entity: parent, keys } => self.walk(parent, keys, bound, out).await?,
                Parents::None => {
                    return Err(Error::new(ErrorKind::Internal, format!("\"{}\" has no parents", entity.name)));
                }
            }
        }
        Ok(())
    }

    /// Sends the values from the parents' rows.
    async fn walk(
        &self,
        parent: &'static Entity,
        keys: &[(&str, &str)],
        bound: &BoundValues,
        out: &mpsc::Sender<BoundValues>,
    ) -> Result<()> {
        let paths: Vec<JsonPath> = keys
            .iter()
            .filter_map(|(_, of_parent)| parent.column(of_parent))
            .map(|column| parent.column_path(column))
            .collect();
        let Some(request) = self.parents(parent, keys, &paths, bound)? else { return Ok(()) };
        let (batches_out, mut batches) = mpsc::channel(1);
        let _read = Running(tokio::spawn({
            let (resources, counters) = (Arc::clone(&self.resources), Arc::clone(&self.counters));
            async move {
                let mut sink = ChannelSink::new(batches_out.clone());
                // Parents may have parents.
                report(read_boxed(resources, request, counters, &mut sink).await, &batches_out).await;
                // The empty batch marks the end, which distinguishes it from a failed task.
                let _ = batches_out.send(Ok(Batch::empty())).await;
            }
            .in_current_span()
        }));
        let mut is_complete = false;
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            is_complete = batch.is_empty();
            'rows: for row in 0..batch.len() {
                let mut bound = bound.clone();
                for (cell, (own, of_parent)) in keys.iter().enumerate() {
                    let raw = batch.value(row, cell).unwrap_or_default();
                    let Some(value) = plain_text(raw) else {
                        let message = format!(
                            "a row of \"{}\" has no \"{of_parent}\", which the path of its list needs",
                            parent.name
                        );
                        return Err(Error::new(ErrorKind::Protocol, message));
                    };
                    match bound.iter().find(|(column, _)| column == own) {
                        Some((_, of_query)) if *of_query != value => continue 'rows,
                        Some(_) => {}
                        None => bound.push(((*own).to_owned(), value.into_owned())),
                    }
                }
                send(bound, out).await;
            }
        }
        if is_complete {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Internal, "the transport thread failed in a list of parents"))
    }

    /// The scan of the parents' rows; `None` if no parent can have the values that the query binds.
    fn parents(
        &self,
        parent: &'static Entity,
        keys: &[(&str, &str)],
        paths: &[JsonPath],
        bound: &BoundValues,
    ) -> Result<Option<ScanRequest>> {
        let columns =
            (1..).zip(keys).zip(paths).map(|((attno, (_, name)), path)| PlannedColumn::new(attno, *name, path.clone()));
        let mut plan = RemotePlan::full_scan(parent, columns.collect(), u64::from(parent.typical_rows));
        // The values that the query binds for the parent as well.
        let of_parent: BoundValues = keys
            .iter()
            .filter_map(|(own, of_parent)| {
                let (_, value) = bound.iter().find(|(column, _)| column == own)?;
                Some(((*of_parent).to_owned(), value.clone()))
            })
            .filter(|(name, _)| parent.required().any(|column| column == name))
            .collect();
        if parent.required().next().is_some() && of_parent.len() == parent.required().count() {
            match plan.with_bound(parent, of_parent.clone())? {
                Some(bound) => plan = bound,
                None => return Ok(None),
            }
        }
        Ok(Some(ScanRequest {
            connection: self.request.connection.clone(),
            reader: self.request.reader,
            limits: self.request.limits,
            entity: parent,
            projection: Projection::new(parent, paths, false),
            plan,
            lookups: None,
            key_batch: None,
            keys: if of_parent.is_empty() { Vec::new() } else { vec![of_parent] },
            searches: Vec::new(),
            requests: Arc::clone(&self.request.requests),
        }))
    }

    /// Reads the list of each set of values.
    async fn read_lists(self: Arc<Self>, mut keys: mpsc::Receiver<BoundValues>, out: mpsc::Sender<Result<Batch>>) {
        let mut lists = JoinSet::new();
        while let Some(bound) = keys.recv().await {
            // The semaphore is never closed.
            let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { break };
            let (fan_out, batches) = (Arc::clone(&self), out.clone());
            let list = async move { report(fan_out.read_one(bound, permit, &batches).await, &batches).await };
            lists.spawn(list.in_current_span());
            while let Some(read) = lists.try_join_next() {
                failed(read, &out).await;
            }
        }
        while let Some(read) = lists.join_next().await {
            failed(read, &out).await;
        }
    }

    async fn read_one(
        &self,
        bound: BoundValues,
        permit: OwnedSemaphorePermit,
        out: &mpsc::Sender<Result<Batch>>,
    ) -> Result<()> {
        // A value that is not valid in a path has no list.
        let Some(plan) = self.request.plan.clone().with_bound(self.request.entity, bound)? else { return Ok(()) };
        let context = self.context.with_plan(plan);
        list::read_list(&context, &self.request.searches, &mut ChannelSink::new(out.clone())).await?;
        drop(permit);
        let _ = out.send(Ok(Batch::empty())).await;
        Ok(())
    }
}

async fn send(bound: BoundValues, out: &mpsc::Sender<BoundValues>) {
    // The reader is gone when the scan has ended.
    let _ = out.send(bound).await;
}

async fn failed(read: std::result::Result<(), tokio::task::JoinError>, out: &mpsc::Sender<Result<Batch>>) {
    if read.is_err() {
        let _ = out.send(Err(Error::new(ErrorKind::Internal, "the transport thread failed in a list"))).await;
    }
}
