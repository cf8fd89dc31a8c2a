//! One list: what its requests are made with, and which pager reads it.

use std::sync::{Arc, PoisonError};

use super::counters::ScanCounters;
use super::driver;
use super::request::ScanRequest;
use super::resources::Resources;
use super::sink::PageSink;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Entity, NumberedPages, Paging};
use crate::plan::RemotePlan;
use crate::rest::decode::{Batch, Claims, Decoder, Page, Projection};
use crate::rest::http::request::{ApiSession, Fetch};
use crate::rest::http::response::{self as http, AcceptedStatus};
use crate::rest::http::{Connection, Limits, RequestCount};
use crate::rest::paging::{
    Accept, CursorPager, Expect, KeySet, KeyedTarget, LogPager, LookupsPager, NumberedPager, PageRequest, Pager,
    SlicedList, Target, UncountedPager, WholePager,
};

/// What the requests of one list are made with.
#[derive(Clone)]
pub(crate) struct ListContext {
    client: reqwest::Client,
    session: ApiSession,
    pub(crate) connection: Connection,
    pub(crate) limits: Limits,
    pub(crate) entity: &'static Entity,
    pub(crate) plan: RemotePlan,
    pub(crate) projection: Projection,
    requests: Arc<RequestCount>,
    pub(crate) counters: Arc<ScanCounters>,
}

/// What came back for a request of a pager.
pub(crate) enum Reply {
    Page { page: Page, next_link: Option<String>, date: Option<i64> },
    NoContent,
    Absent,
    TooSlow,
    PageCap(String),
}

impl ListContext {
    /// # Errors
    /// `Connect` when no HTTP client can be made.
    pub(crate) fn new(resources: &Resources, request: &ScanRequest, counters: Arc<ScanCounters>) -> Result<Self> {
        let connection = &request.connection;
        let client = {
            let mut clients = resources.clients.lock().unwrap_or_else(PoisonError::into_inner);
            clients.get(connection.is_encrypted(), request.limits.connect_timeout)?
        };
        Ok(ListContext {
            client,
            session: resources.session(connection),
            connection: connection.clone(),
            limits: request.limits,
            entity: request.entity,
            plan: request.plan.clone(),
            projection: request.projection.clone(),
            requests: Arc::clone(&request.requests),
            counters,
        })
    }

    /// The HTTP client, for files that are on another host.
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    pub(crate) fn fetch(&self) -> Fetch<'_> {
        Fetch {
            client: &self.client,
            session: &self.session,
            connection: &self.connection,
            limits: &self.limits,
            entity: self.entity,
            counters: &self.counters.http,
            requests: &self.requests,
        }
    }

    /// What reads the answers of the list.
    pub(crate) fn decoder(&self) -> Decoder<'_> {
        Decoder { entity: self.entity, projection: &self.projection, given: &self.plan.bound }
    }

    /// Sends a pager's request, whose target becomes the path that was asked for, and decodes the answer.
    ///
    /// # Errors
    /// Whatever ends the request, and `Protocol` for an answer that is not as declared.
    pub(crate) async fn send(&self, request: &mut PageRequest) -> Result<Reply> {
        if let Target::Address { from, address } = &request.target {
            request.target = Target::Path(self.fetch().follow(from, address).await?);
        }
        let accepted = match request.accept {
            Accept::Rows => AcceptedStatus::Nothing,
            Accept::Absent => AcceptedStatus::Absent,
            Accept::TooSlow => AcceptedStatus::TooSlow,
            Accept::PageCap => AcceptedStatus::PageCap,
            Accept::PageSize => AcceptedStatus::Invalid,
        };
        let received = match self.fetch().get(request.target.text(), accepted).await? {
            http::Answer::Page(received) => received,
            http::Answer::NoContent => return Ok(Reply::NoContent),
            http::Answer::Absent => return Ok(Reply::Absent),
            http::Answer::TooSlow => return Ok(Reply::TooSlow),
            http::Answer::PageCap(said) | http::Answer::Refused(said) => return Ok(Reply::PageCap(said)),
        };
        let timed = request.time.map(|time| self.projection.clone().with_time(time));
        let projection = timed.as_ref().unwrap_or(&self.projection);
        let decoder = Decoder { projection, ..self.decoder() };
        let decoded = match &request.expect {
            Expect::List => decoder.page(self.entity.rows, received.body),
            Expect::Rows(rows) => decoder.page(*rows, received.body),
            Expect::Lookup { bound, lookup } => {
                let rows = Decoder { given: bound, ..decoder }.lookup(lookup, received.body);
                rows.map(|rows| Page { rows, claims: Claims::default() })
            }
        };
        let page = self.fetch().decoded(decoded).await?;
        Ok(Reply::Page { page, next_link: received.next_link, date: received.date })
    }

    pub(crate) fn with_plan(&self, plan: RemotePlan) -> Arc<Self> {
        Arc::new(ListContext { plan, ..self.clone() })
    }

    /// Whether and how the list is read in slices where pages do not prove it. A sorted list is read no further than
    /// its first page.
    fn sliced(&self, search: Option<&str>, is_last: bool) -> Option<SlicedList> {
        let by = self.entity.slices().filter(|_| self.plan.sort.is_none())?;
        let search = search.map(str::to_owned);
        Some(SlicedList { plan: self.plan.clone(), search, by, api: self.connection.api(), is_last })
    }

    fn numbered(&self, pages: NumberedPages, plan: RemotePlan, slices: Option<SlicedList>) -> Box<dyn Pager> {
        Box::new(NumberedPager::new(self.entity, pages, plan, slices))
    }
}

/// Reads the list, or what the searches find of it, to its proven end.
///
/// # Errors
/// Whatever ends it before.
pub(crate) async fn read_list(context: &Arc<ListContext>, searches: &[String], sink: &mut impl PageSink) -> Result<()> {
    let (entity, plan) = (context.entity, context.plan.clone());
    let mut keys = KeySet::default();
    let searches = entity.search.filter(|_| !searches.is_empty()).map(|parameter| (parameter, searches));
    if let Some((parameter, searches)) = searches {
        for (at, query) in searches.iter().enumerate() {
            let is_last = at + 1 == searches.len();
            let found = plan.clone().with_query(&parameter, query);
            let pager: Box<dyn Pager> = match entity.paging {
                Paging::Page(pages) => context.numbered(pages, found.clone(), context.sliced(Some(query), is_last)),
                Paging::Log(pages) => Box::new(LogPager::search(entity, pages, found.clone(), is_last)),
                _ => return Err(Error::new(ErrorKind::Internal, format!("\"{}\" cannot be searched", entity.name))),
            };
            driver::read(&context.with_plan(found), pager, &mut keys, sink).await?;
            keys.next_list();
        }
        return Ok(());
    }
    let pager: Box<dyn Pager> = match entity.paging {
        Paging::Whole => Box::new(WholePager::new(entity, &plan)),
        Paging::Page(pages) => context.numbered(pages, plan.by_time(entity), context.sliced(None, true)),
        Paging::Uncounted(pages) => Box::new(UncountedPager::new(entity, pages, plan)),
        Paging::Checkpoint(pages) => Box::new(CursorPager::new(entity, pages, plan)),
        // The reader wants no more than a page of a sorted log (see `plan::RemotePlan::with_sort`).
        Paging::Log(pages) if plan.sort.is_some() => Box::new(LogPager::search(entity, pages, plan, true)),
        Paging::Log(pages) => Box::new(LogPager::forward(entity, pages, plan)),
    };
    driver::read(context, pager, &mut keys, sink).await
}

/// Looks up rows, several at a time.
///
/// # Errors
/// Whatever ends a lookup.
pub(crate) async fn read_lookups(
    context: &Arc<ListContext>,
    lookup: &'static crate::model::Lookup,
    targets: Vec<KeyedTarget>,
    sink: &mut impl PageSink,
) -> Result<()> {
    if targets.is_empty() {
        return Ok(());
    }
    driver::read(context, Box::new(LookupsPager::new(lookup, targets)), &mut KeySet::default(), sink).await
}

/// The rows of an export's lines, for which the same context decodes.
pub(crate) fn lines(context: &ListContext, time: &'static str, body: Vec<u8>) -> Result<Batch> {
    let projection = context.projection.clone().with_time(time);
    let decoder = Decoder { projection: &projection, ..context.decoder() };
    Ok(decoder.page(crate::model::Rows::Array, body)?.rows)
}
