//! Many lists of one kind: the members of every organization, the roles of every user.
//!
//! The values that tell the lists apart are named by the query, all of them or some; the others are read
//! from the rows of the parents, which may have parents themselves. Lists are read several at a time, in
//! no order, each to its own proven end, and all of their requests count as the scan's.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};

use super::counters::ScanCounters;
use super::row_source::{Demand, Outlet, PageContext, demanded, start_part, window};
use super::transport::{ScanRequest, Shared};
use crate::error::{Error, ErrorKind, Result};
use crate::json_path::JsonPath;
use crate::model::{Entity, Parents};
use crate::plan::{BoundValues, PlannedColumn, RemotePlan};
use crate::rest::decode::decoder::{Batch, Projection, plain_text};

/// Reads all the lists that the plan, which is open, stands for.
pub(crate) async fn run(
    shared: Arc<Shared>,
    request: ScanRequest,
    context: &PageContext,
    demand: &Demand,
    outlet: &Outlet,
) -> Result<()> {
    let most = context.limits.max_concurrent_requests;
    let permits = Arc::new(Semaphore::new(1));
    let fan_out =
        Arc::new(FanOut { shared, request, counters: Arc::clone(&context.counters), permits: Arc::clone(&permits) });
    let (keys_out, keys) = mpsc::channel(1);
    let (batches_out, mut batches) = mpsc::channel(1);
    let walk = Running(tokio::spawn({
        let (fan_out, batches_out) = (Arc::clone(&fan_out), batches_out.clone());
        async move { hand_on(fan_out.find_keys(&keys_out).await, &batches_out).await }
    }));
    let read = Running(tokio::spawn(async move { fan_out.read_lists(keys, batches_out).await }));
    let (mut delivered, mut read_batches, mut allowed) = (0, 1, 1);
    loop {
        demanded(demand, delivered).await;
        let Some(batch) = batches.recv().await else { break };
        let batch = batch?;
        // As with pages: a reader who goes on means to read it all.
        read_batches += 1;
        let wanted = window(read_batches, most);
        permits.add_permits(usize::try_from(wanted - allowed).unwrap_or(0));
        allowed = wanted;
        if !batch.is_empty() {
            delivered += 1;
            outlet.send(Ok(batch));
        }
    }
    walk.end().await?;
    read.end().await
}

/// A task that ends with the scan it belongs to.
struct Running(JoinHandle<()>);

impl Running {
    async fn end(mut self) -> Result<()> {
        (&mut self.0).await.map_err(|_| Error::new(ErrorKind::Internal, "the transport thread failed in a walk"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Gives an error to whoever reads the batches. One who is gone needs none.
async fn hand_on(result: Result<()>, batches: &mpsc::Sender<Result<Batch>>) {
    if let Err(error) = result {
        let _ = batches.send(Err(error)).await;
    }
}

struct FanOut {
    shared: Arc<Shared>,
    request: ScanRequest,
    counters: Arc<ScanCounters>,
    /// How many lists may be read at a time.
    permits: Arc<Semaphore>,
}

impl FanOut {
    /// Sends the values of every list, each once: the query names each set of values once, a parent's row
    /// comes once, and its whole key is among the values (see [`crate::model::check`]).
    async fn find_keys(&self, out: &mpsc::Sender<BoundValues>) -> Result<()> {
        let entity = self.request.entity;
        let named: &[BoundValues] = if self.request.keys.is_empty() { &[Vec::new()] } else { &self.request.keys };
        for named in named {
            let is_named = |column: &str| named.iter().any(|(name, _)| name == column);
            if entity.required().all(is_named) {
                send(named.clone(), out).await;
                continue;
            }
            match entity.parents {
                Parents::Values { column, values } => {
                    for value in values {
                        let mut given = named.clone();
                        given.push((column.to_owned(), (*value).to_owned()));
                        send(given, out).await;
                    }
                }
                Parents::Of { entity: parent, keys } => self.walk(parent, keys, named, out).await?,
                Parents::None => {
                    return Err(Error::new(ErrorKind::Internal, format!("nothing leads to \"{}\"", entity.name)));
                }
            }
        }
        Ok(())
    }

    /// Sends the values that the parents' rows give.
    async fn walk(
        &self,
        parent: &'static Entity,
        keys: &[(&str, &str)],
        named: &BoundValues,
        out: &mpsc::Sender<BoundValues>,
    ) -> Result<()> {
        // What the query names of the parent as well.
        let named_of_parent: BoundValues = keys
            .iter()
            .filter_map(|(own, of_parent)| {
                let (_, value) = named.iter().find(|(column, _)| column == own)?;
                Some(((*of_parent).to_owned(), value.clone()))
            })
            .collect();
        let paths: Vec<JsonPath> = keys
            .iter()
            .filter_map(|(_, of_parent)| parent.column(of_parent))
            .map(|column| parent.column_path(column))
            .collect();
        let columns = (1..)
            .zip(keys)
            .zip(&paths)
            .map(|((attno, (_, name)), path)| PlannedColumn::new(attno, *name, path.clone()));
        let mut plan = RemotePlan::full_scan(parent, columns.collect(), u64::from(parent.typical_rows));
        let asked: BoundValues = named_of_parent
            .iter()
            .filter(|(name, _)| parent.required().any(|column| column == name))
            .cloned()
            .collect();
        if parent.required().next().is_some() && asked.len() == parent.required().count() {
            match plan.with_bound(parent, asked.clone())? {
                Some(given) => plan = given,
                None => return Ok(()),
            }
        }
        let request = ScanRequest {
            connection: self.request.connection.clone(),
            limits: self.request.limits,
            entity: parent,
            projection: Projection::new(parent, &paths, false),
            plan,
            lookups: None,
            keys: if asked.is_empty() { Vec::new() } else { vec![asked] },
            searches: Vec::new(),
            requests: Arc::clone(&self.request.requests),
            reader: self.request.reader,
        };
        let mut parents =
            start_part(&Handle::current(), Arc::clone(&self.shared), request, Arc::clone(&self.counters))?;
        while let Some(batch) = parents.next_page().await? {
            'rows: for row in 0..batch.len() {
                let mut given = named.clone();
                for (cell, (own, of_parent)) in keys.iter().enumerate() {
                    let raw = batch.value(row, cell).unwrap_or_default();
                    let Some(value) = plain_text(raw) else {
                        return Err(Error::new(
                            ErrorKind::Protocol,
                            format!("a row of \"{}\" has no \"{of_parent}\" to go on from", parent.name),
                        ));
                    };
                    match given.iter().find(|(column, _)| column == own) {
                        Some((_, named)) if *named != value => continue 'rows,
                        Some(_) => {}
                        None => given.push(((*own).to_owned(), value.into_owned())),
                    }
                }
                send(given, out).await;
            }
        }
        Ok(())
    }

    /// Reads the list of each set of values.
    async fn read_lists(self: Arc<Self>, mut keys: mpsc::Receiver<BoundValues>, out: mpsc::Sender<Result<Batch>>) {
        let mut lists = JoinSet::new();
        while let Some(given) = keys.recv().await {
            // Never closed.
            let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { break };
            let (fan_out, batches) = (Arc::clone(&self), out.clone());
            lists.spawn(async move { hand_on(fan_out.read_list(given, permit, &batches).await, &batches).await });
            while let Some(read) = lists.try_join_next() {
                failed(read, &out).await;
            }
        }
        while let Some(read) = lists.join_next().await {
            failed(read, &out).await;
        }
    }

    async fn read_list(
        &self,
        given: BoundValues,
        permit: OwnedSemaphorePermit,
        out: &mpsc::Sender<Result<Batch>>,
    ) -> Result<()> {
        // No list can have a value that no path can hold.
        let Some(plan) = self.request.plan.clone().with_bound(self.request.entity, given)? else { return Ok(()) };
        let request = ScanRequest {
            connection: self.request.connection.clone(),
            limits: self.request.limits,
            entity: self.request.entity,
            projection: self.request.projection.clone(),
            plan,
            lookups: None,
            keys: Vec::new(),
            searches: self.request.searches.clone(),
            requests: Arc::clone(&self.request.requests),
            reader: self.request.reader,
        };
        let mut list = start_part(&Handle::current(), Arc::clone(&self.shared), request, Arc::clone(&self.counters))?;
        while let Some(batch) = list.next_page().await? {
            // The reader is gone when the scan has ended.
            let _ = out.send(Ok(batch)).await;
        }
        drop(permit);
        let _ = out.send(Ok(Batch::empty())).await;
        Ok(())
    }
}

async fn send(given: BoundValues, out: &mpsc::Sender<BoundValues>) {
    // The reader is gone when the scan has ended.
    let _ = out.send(given).await;
}

async fn failed(read: std::result::Result<(), tokio::task::JoinError>, out: &mpsc::Sender<Result<Batch>>) {
    if read.is_err() {
        let _ = out.send(Err(Error::new(ErrorKind::Internal, "the transport thread failed in a list"))).await;
    }
}
