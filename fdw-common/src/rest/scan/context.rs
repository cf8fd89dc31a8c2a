//! The context of one list's requests, and their replies.

use std::sync::{Arc, PoisonError};

use super::counters::ScanCounters;
use super::request::ScanRequest;
use super::resources::Resources;
use crate::error::Result;
use crate::model::{Entity, Rows};
use crate::plan::RemotePlan;
use crate::rest::decode::{Batch, Claims, Decoder, Page, Projection};
use crate::rest::http::request::{ApiSession, Fetch};
use crate::rest::http::response::{self as http, AcceptedStatus};
use crate::rest::http::{Connection, Limits, RequestCount};
use crate::rest::paging::{Accept, Expect, PageRequest, Target};

/// The context of one list's requests.
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

/// A page, with values from its headers.
pub(crate) struct Exchanged {
    pub(crate) page: Page,
    pub(crate) next_link: Option<String>,
    /// The server's time in milliseconds since 1970.
    pub(crate) date: Option<i64>,
}

/// The reply to a request of a pager.
pub(crate) enum Reply {
    Page(Box<Exchanged>),
    NoContent,
    Absent,
    TooSlow,
    PageCap(String),
}

impl ListContext {
    /// # Errors
    /// `Connect` if the HTTP client cannot be built.
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

    /// The HTTP client, for files on another host.
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

    /// The decoder of the list's answers.
    pub(crate) fn decoder(&self) -> Decoder<'_> {
        Decoder { entity: self.entity, projection: &self.projection, given: &self.plan.bound }
    }

    /// Sends a pager's request, sets its target to the requested path, and decodes the answer.
    ///
    /// # Errors
    /// The error of the request, and `Protocol` for an answer that is not as declared.
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
        Ok(Reply::Page(Box::new(Exchanged { page, next_link: received.next_link, date: received.date })))
    }

    pub(crate) fn with_plan(&self, plan: RemotePlan) -> Arc<Self> {
        Arc::new(ListContext { plan, ..self.clone() })
    }
}

/// The rows in an export's lines, decoded with the list's context.
pub(crate) fn lines(context: &ListContext, time: &'static str, body: Vec<u8>) -> Result<Batch> {
    let projection = context.projection.clone().with_time(time);
    let decoder = Decoder { projection: &projection, ..context.decoder() };
    Ok(decoder.page(Rows::Array, body)?.rows)
}
