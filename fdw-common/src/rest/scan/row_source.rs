//! The rows of one scan: which loop reads them, and how they reach the reader.

use std::collections::{HashSet, VecDeque};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::sys::eventfd::{EfdFlags, EventFd};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use super::counters::ScanCounters;
use super::progress::Observer;
use super::sliced_list::SlicedList;
use super::transport::{KeyedTarget, ScanRequest, Shared};
use super::{checkpoint, fan_out, log_walk, open_pages};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Lookup, LookupAnswer, NumberedPages, Paging, SliceKeys};
use crate::rest::decode::UnshownConditions;
use crate::rest::decode::decoder::{Batch, Decoder, Envelope};
use crate::rest::http::connection::Connection;
use crate::rest::http::counters::Phase;
use crate::rest::http::limits::{Limits, RequestCount};
use crate::rest::http::request::{ApiSession, Fetch};
use crate::rest::http::response::{AcceptedStatus, Answer, Received};
use crate::rest::paging::page_walk::{PageWalk, Step};

/// What a scan has cost so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanStatistics {
    /// Requests sent, repeated ones included.
    pub requests: u64,
    /// Of these, the repeated ones.
    pub retries: u64,
    /// Bytes of answers read, after decompression.
    pub bytes: u64,
    /// The number of rows the list stated, once its first page is there. At the wall it means "or more".
    pub total: Option<u64>,
    /// The number of rows that a list past its wall seems to have, by what has come of it.
    pub estimated_total: Option<u64>,
    /// How a list past its wall is read, in words.
    pub bulk: Option<String>,
}

impl ScanStatistics {
    /// Adds another scan's requests.
    pub fn add_requests(&mut self, other: &ScanStatistics) {
        self.requests += other.requests;
        self.retries += other.retries;
        self.bytes += other.bytes;
    }
}

/// What [`RowSource::next`] finds.
#[derive(Debug)]
pub enum Next {
    /// Rows, at least one.
    Batch(Batch),
    /// Nothing yet: wait until the source's file descriptor is readable.
    Pending,
    /// All rows have come, and it is proven that they are all.
    End,
}

/// The rows of one scan, page by page. Dropping it drops its requests in flight.
#[derive(Debug)]
pub struct RowSource {
    pages: mpsc::UnboundedReceiver<Result<Batch>>,
    wake: Arc<EventFd>,
    demand: Arc<Demand>,
    counters: Arc<ScanCounters>,
    /// Set when all rows have come; the reader tells the end from a failed thread by it.
    complete: Arc<AtomicBool>,
    task: JoinHandle<()>,
    waiting: bool,
    ended: bool,
}

/// How many pages the reader has asked for so far. It is what bounds the pages in flight.
#[derive(Debug, Default)]
pub(crate) struct Demand {
    pages: AtomicU64,
    changed: Notify,
}

impl RowSource {
    /// Asks for the next page, so that it is on its way before it is needed.
    pub fn begin(&mut self) {
        if !self.ended && !std::mem::replace(&mut self.waiting, true) {
            self.demand.pages.fetch_add(1, Ordering::Relaxed);
            self.demand.changed.notify_one();
        }
    }

    /// The next page, without waiting.
    ///
    /// # Errors
    /// Whatever ended the scan. After an error or the end there is nothing more.
    #[expect(clippy::should_implement_trait, reason = "it may be pending, which no iterator is")]
    pub fn next(&mut self) -> Result<Next> {
        while !self.ended {
            self.begin();
            // First the bell, then the letter box: a page that comes in between rings again.
            let _ = self.wake.read();
            match self.pages.try_recv() {
                Ok(Ok(batch)) => {
                    self.waiting = false;
                    if !batch.is_empty() {
                        return Ok(Next::Batch(batch));
                    }
                }
                Ok(Err(error)) => {
                    self.ended = true;
                    return Err(error);
                }
                Err(mpsc::error::TryRecvError::Empty) => return Ok(Next::Pending),
                Err(mpsc::error::TryRecvError::Disconnected) => self.end()?,
            }
        }
        Ok(Next::End)
    }

    /// The next page that has rows, for a task on the transport thread itself.
    pub(crate) async fn next_page(&mut self) -> Result<Option<Batch>> {
        while !self.ended {
            self.demand.pages.fetch_add(1, Ordering::Relaxed);
            self.demand.changed.notify_one();
            match self.pages.recv().await {
                Some(Ok(batch)) if batch.is_empty() => {}
                Some(Ok(batch)) => return Ok(Some(batch)),
                Some(Err(error)) => {
                    self.ended = true;
                    return Err(error);
                }
                None => self.end()?,
            }
        }
        Ok(None)
    }

    fn end(&mut self) -> Result<()> {
        self.ended = true;
        if self.complete.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Internal, "the transport thread stopped in the middle of a scan"))
    }

    /// The next page, waiting for it: for programs that have nothing else to wait for.
    ///
    /// # Errors
    /// As [`RowSource::next`].
    pub fn next_blocking(&mut self) -> Result<Option<Batch>> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        loop {
            match self.next()? {
                Next::Batch(batch) => return Ok(Some(batch)),
                Next::End => return Ok(None),
                Next::Pending => {
                    // An interrupted wait is no error: the loop looks again.
                    let _ = poll(&mut [PollFd::new(self.wake.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
                }
            }
        }
    }

    /// What happened to its requests since the last call, in words for a log. No secret is in them.
    pub fn events(&self) -> Vec<String> {
        self.counters.http.take_events()
    }

    /// What the scan waits for.
    pub fn phase(&self) -> Phase {
        self.counters.http.phase()
    }

    /// What the scan has cost so far.
    pub fn statistics(&self) -> ScanStatistics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ScanStatistics {
            requests: read(&self.counters.http.counts.requests),
            retries: read(&self.counters.http.counts.retries),
            bytes: read(&self.counters.http.counts.bytes),
            total: self.counters.total.get().copied(),
            estimated_total: self.counters.estimated_total(),
            bulk: self.counters.bulk(),
        }
    }
}

impl AsFd for RowSource {
    /// Readable when [`RowSource::next`] may find something new.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl Drop for RowSource {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the transport thread wakes a backend with.
///
/// # Errors
/// `Internal` when the system gives none.
pub(crate) fn event() -> Result<Arc<EventFd>> {
    EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)
        .map(Arc::new)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("no eventfd for a scan: {error}")))
}

pub(crate) fn start(runtime: &Handle, shared: Arc<Shared>, request: ScanRequest) -> Result<RowSource> {
    let wake = event()?;
    let counters = Arc::new(ScanCounters::with_bell(Arc::clone(&wake)));
    let observer = Observer::new(Arc::clone(&shared), Arc::clone(&counters), &request);
    spawn(runtime, shared, request, counters, wake, Some(observer))
}

/// Starts a scan whose requests count as those of another one, which is the one that is observed.
pub(crate) fn start_part(
    runtime: &Handle,
    shared: Arc<Shared>,
    request: ScanRequest,
    counters: Arc<ScanCounters>,
) -> Result<RowSource> {
    spawn(runtime, shared, request, counters, event()?, None)
}

fn spawn(
    runtime: &Handle,
    shared: Arc<Shared>,
    request: ScanRequest,
    counters: Arc<ScanCounters>,
    wake: Arc<EventFd>,
    observer: Option<Observer>,
) -> Result<RowSource> {
    let demand = Arc::new(Demand::default());
    let complete = Arc::new(AtomicBool::new(false));
    let (sender, pages) = mpsc::unbounded_channel();
    let delivered = observer.is_some().then(|| Arc::clone(&counters));
    let entity = request.entity;
    let (bound, query) = (&request.plan.bound, &request.plan.query);
    let unshown = Mutex::new(UnshownConditions::new(entity, bound, query, &request.projection));
    let mut outlet = Outlet { sender: Some(sender), wake: Arc::clone(&wake), delivered, unshown };
    let task = runtime.spawn({
        let (demand, counters, complete) = (Arc::clone(&demand), Arc::clone(&counters), Arc::clone(&complete));
        async move {
            let scan = run(shared, request, &demand, &counters, &outlet);
            let result = match observer {
                Some(observer) => observer.observe(scan).await,
                None => scan.await,
            };
            match result.and_then(|()| outlet.conditions().end(entity)) {
                Ok(()) => complete.store(true, Ordering::Release),
                Err(error) => outlet.send(Err(error)),
            }
            outlet.close();
        }
    });
    Ok(RowSource { pages, wake, demand, counters, complete, task, waiting: false, ended: false })
}

/// Where pages go out. Whatever way it ends, a panic included, the reader is woken.
pub(crate) struct Outlet {
    sender: Option<mpsc::UnboundedSender<Result<Batch>>>,
    wake: Arc<EventFd>,
    /// Where what goes out is counted, if it goes to Postgres.
    delivered: Option<Arc<ScanCounters>>,
    unshown: Mutex<UnshownConditions>,
}

impl Outlet {
    fn conditions(&self) -> MutexGuard<'_, UnshownConditions> {
        self.unshown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn send(&self, page: Result<Batch>) {
        if let Ok(batch) = &page {
            self.conditions().note(batch);
        }
        if let Some(sender) = &self.sender {
            if let (Ok(batch), Some(counters)) = (&page, &self.delivered) {
                counters.http.counts.delivered(batch.len());
            }
            // A reader that is gone has aborted this task.
            let _ = sender.send(page);
            self.ring();
        }
    }

    fn close(&mut self) {
        self.sender = None;
        self.ring();
    }

    fn ring(&self) {
        // Fails only when the counter is at its end, and then it is readable already.
        let _ = self.wake.write(1);
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.close();
    }
}

/// How many pages may be asked for but not yet read, when the reader has asked for the page number
/// `demand` (from 1). The first page comes alone: many readers stop there (`LIMIT`, `EXISTS`), and a
/// reader that goes on shows that it means to read it all.
pub(crate) fn window(demand: u64, most: usize) -> u64 {
    (2 * demand).saturating_sub(1).min(most as u64)
}

/// Requests that end when their scan does.
pub(crate) struct InFlight<T>(pub(crate) VecDeque<JoinHandle<Result<T>>>);

impl<T> InFlight<T> {
    /// What the oldest request gives; nothing when there is none.
    pub(crate) async fn next(&mut self) -> Result<Option<T>> {
        let Some(oldest) = self.0.front_mut() else { return Ok(None) };
        let given =
            oldest.await.map_err(|_| Error::new(ErrorKind::Internal, "the transport thread failed in a request"))?;
        self.0.pop_front();
        given.map(Some)
    }
}

impl<T> Drop for InFlight<T> {
    fn drop(&mut self) {
        for page in &self.0 {
            page.abort();
        }
    }
}

async fn run(
    shared: Arc<Shared>,
    request: ScanRequest,
    demand: &Demand,
    counters: &Arc<ScanCounters>,
    outlet: &Outlet,
) -> Result<()> {
    demanded(demand, 0).await;
    let connection = &request.connection;
    let entity = request.entity;
    let client = {
        let mut clients = shared.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.get(connection.is_encrypted(), request.limits.connect_timeout)?
    };
    let context = Arc::new(PageContext {
        client,
        session: shared.session(connection),
        connection: connection.clone(),
        limits: request.limits,
        entity,
        plan: request.plan.clone(),
        projection: request.projection.clone(),
        counters: Arc::clone(counters),
        requests: Arc::clone(&request.requests),
    });
    match (&request.lookups, request.plan.lookup.and_then(|lookup| entity.lookups.get(lookup))) {
        (Some(targets), Some(lookup)) => return run_lookups(&context, lookup, targets, demand, outlet).await,
        _ if !request.plan.is_bound() => return fan_out::run(shared, request, &context, demand, outlet).await,
        _ => {}
    }
    match entity.paging {
        Paging::Page(pages) => run_lists(context, pages, &request.searches, demand, outlet).await,
        Paging::Uncounted(pages) => open_pages::run(&context, &pages, demand, outlet).await,
        Paging::Checkpoint(pages) => checkpoint::run(&context, &pages, demand, outlet).await,
        Paging::Log(pages) => log_walk::run(&context, &pages, &request.searches, demand, outlet).await,
        Paging::Whole => {
            outlet.send(Ok(context.list(&context.plan.target(&[])).await?));
            Ok(())
        }
    }
}

/// Reads the whole list, or what the searches find of it.
async fn run_lists(
    mut context: Arc<PageContext>,
    pages: NumberedPages,
    searches: &[String],
    demand: &Demand,
    outlet: &Outlet,
) -> Result<()> {
    let mut walk = PageWalk::new(context.entity, pages, context.plan.page_size);
    let mut delivered = 0;
    let whole = context.plan.clone();
    let Some(parameter) = context.entity.search.filter(|_| !searches.is_empty()) else {
        if let Read::InSlices = run_list(&context, pages, &mut walk, &mut delivered, demand, outlet).await? {
            let list = SlicedList { whole: &whole, search: None, is_last: true };
            list.run(&context, &mut walk, &mut delivered, demand, outlet).await?;
        }
        return Ok(());
    };
    for (at, query) in searches.iter().enumerate() {
        let plan = whole.clone().with_query(&parameter, query);
        context = Arc::new(context.with_plan(plan));
        if let Read::InSlices = run_list(&context, pages, &mut walk, &mut delivered, demand, outlet).await? {
            let list = SlicedList { whole: &whole, search: Some(query), is_last: at + 1 == searches.len() };
            list.run(&context, &mut walk, &mut delivered, demand, outlet).await?;
        }
        walk = walk.next_list();
    }
    Ok(())
}

/// What reading a list page by page comes to.
enum Read {
    /// All rows have been handed on.
    Whole,
    /// It reaches the wall, or changes faster than its pages can be read: what is left is read in slices.
    InSlices,
}

/// Rows that have come into a list since its first page was read.
///
/// Pages that state the same total prove nothing if as many rows have come as gone in between: the others
/// may have moved from a page that was still to be read to one that had been. But then one that came is
/// on a page read later, and is younger than the first. So the pages behind the first say of every row
/// when it was made, or in a search, where a change brings a row in, when it last changed.
struct Newcomers {
    /// What pages behind the first are fetched with.
    context: Arc<PageContext>,
    knows_times: bool,
}

impl Newcomers {
    fn of(context: &Arc<PageContext>, slices: Option<SliceKeys>) -> Self {
        let Some(by) = slices else { return Newcomers { context: Arc::clone(context), knows_times: false } };
        let member = if context.plan.filters.is_empty() { by.time } else { by.changed };
        let plan = context.plan.clone().with_member(context.entity, member);
        let projection = context.projection.clone().with_time(member);
        let context = PageContext { plan, projection, ..PageContext::clone(context) };
        Newcomers { context: Arc::new(context), knows_times: true }
    }

    fn are_in(&self, batch: &Batch) -> bool {
        /// The clocks that stamp rows and answers may differ by so much.
        const MARGIN: i64 = 5_000;
        let begun_at = self.context.counters.begun_at.get().copied().flatten();
        let Some(begun_at) = begun_at.filter(|_| self.knows_times && batch.has_times()) else { return false };
        (0..batch.len()).any(|row| batch.time(row).is_none_or(|time| time > begun_at - MARGIN))
    }
}

/// Reads one list to its proven end, or finds out that it has to be read in slices.
async fn run_list(
    context: &Arc<PageContext>,
    pages: NumberedPages,
    walk: &mut PageWalk,
    delivered: &mut u64,
    demand: &Demand,
    outlet: &Outlet,
) -> Result<Read> {
    // A sorted list is read no further than its first page.
    let slices = context.entity.slices().filter(|_| context.plan.sort.is_none());
    let can_be_sliced = slices.is_some();
    let newcomers = Newcomers::of(context, slices);
    let mut in_flight = InFlight(VecDeque::new());
    loop {
        let asked_for = demanded(demand, *delivered).await;
        if walk.is_capped() && can_be_sliced {
            return Ok(Read::InSlices);
        }
        while (in_flight.0.len() as u64) < window(asked_for, context.limits.max_concurrent_requests) {
            let Some(page) = walk.next_page()? else { break };
            let context = Arc::clone(if page == 0 { context } else { &newcomers.context });
            in_flight.0.push_back(tokio::spawn(async move { context.page(&pages, page).await }));
        }
        let Some((page, envelope, mut batch)) = in_flight.next().await? else {
            return Err(Error::new(ErrorKind::Internal, "a scan has neither pages nor an end"));
        };
        walk.open(page, envelope, batch.len() as u64)?;
        let is_proof = !newcomers.are_in(&batch);
        context.counters.total.get_or_init(|| envelope.total);
        batch.retain(|key| walk.is_new(key));
        let step = walk.close(page);
        *delivered += 1;
        outlet.send(Ok(batch));
        match step {
            _ if !is_proof => return Ok(Read::InSlices),
            Err(_) if can_be_sliced => return Ok(Read::InSlices),
            Err(error) => return Err(error),
            Ok(Step::Continue) => {}
            Ok(Step::Complete) => return Ok(Read::Whole),
            // What is still in flight belongs to a pass that proved nothing.
            Ok(Step::Repeat) => in_flight = InFlight(VecDeque::new()),
        }
    }
}

/// Looks up rows, several at a time: all of them are wanted, so that none waits for the ones before.
async fn run_lookups(
    context: &Arc<PageContext>,
    lookup: &'static Lookup,
    targets: &[KeyedTarget],
    demand: &Demand,
    outlet: &Outlet,
) -> Result<()> {
    let mut targets = targets.iter();
    let mut in_flight = InFlight(VecDeque::new());
    // Two values may lead to one row, where the API compares less strictly than SQL does.
    let mut seen = HashSet::new();
    for delivered in 0.. {
        demanded(demand, delivered).await;
        while in_flight.0.len() < context.limits.max_concurrent_requests {
            let Some(target) = targets.next().cloned() else { break };
            let context = Arc::clone(context);
            in_flight.0.push_back(tokio::spawn(async move { context.lookup(lookup, &target).await }));
        }
        let Some(mut batch) = in_flight.next().await? else { break };
        batch.retain(|key| seen.insert(key.to_owned()));
        outlet.send(Ok(batch));
    }
    Ok(())
}

/// Waits until more than `delivered` pages are asked for, and tells how many.
pub(crate) async fn demanded(demand: &Demand, delivered: u64) -> u64 {
    loop {
        let changed = demand.changed.notified();
        let pages = demand.pages.load(Ordering::Relaxed);
        if pages > delivered {
            return pages;
        }
        changed.await;
    }
}

/// What every page of a scan is fetched with.
#[derive(Clone)]
pub(crate) struct PageContext {
    pub(crate) client: reqwest::Client,
    pub(crate) session: ApiSession,
    pub(crate) connection: Connection,
    pub(crate) limits: Limits,
    pub(crate) entity: &'static crate::model::Entity,
    pub(crate) plan: crate::plan::RemotePlan,
    pub(crate) projection: crate::rest::decode::decoder::Projection,
    pub(crate) counters: Arc<ScanCounters>,
    pub(crate) requests: Arc<RequestCount>,
}

impl PageContext {
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

    /// The same for another plan of the same rows.
    pub(crate) fn with_plan(&self, plan: crate::plan::RemotePlan) -> Self {
        PageContext { plan, ..self.clone() }
    }

    /// What reads the answers of the list.
    pub(crate) fn decoder(&self) -> Decoder<'_> {
        Decoder { entity: self.entity, projection: &self.projection, given: &self.plan.bound }
    }

    /// An answer of the list, or nothing when what it is of is not there: the object the query names, or
    /// a document that a tenant need not have.
    pub(crate) async fn received(&self, target: &str) -> Result<Option<Received>> {
        let may_be_absent = self.entity.list_may_be_absent();
        let accepted = if may_be_absent { AcceptedStatus::Absent } else { AcceptedStatus::Nothing };
        match self.fetch().get(target, accepted).await? {
            Answer::Page(received) => {
                self.counters.begun_at.get_or_init(|| received.date);
                Ok(Some(received))
            }
            Answer::NoContent | Answer::Absent | Answer::TooSlow | Answer::PageCap(_) | Answer::Refused(_) => Ok(None),
        }
    }

    /// The same without what its headers say.
    pub(crate) async fn answer(&self, target: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.received(target).await?.map(|received| received.body))
    }

    /// Where an address leads that the answer to `target` gives.
    ///
    /// # Errors
    /// `Protocol` when that is not below the API's address, where alone the credential goes.
    pub(crate) async fn follow(&self, target: &str, next: &str) -> Result<String> {
        self.fetch().follow(target, next).await
    }

    /// The rows of an answer whose envelope says nothing more.
    pub(crate) async fn list(&self, target: &str) -> Result<Batch> {
        match self.answer(target).await? {
            Some(body) => self.fetch().decoded(self.decoder().list(self.entity.rows, body)).await,
            None => Ok(Batch::empty()),
        }
    }

    /// The envelope of an empty page of this number.
    fn asked_for(&self, page: u64) -> Envelope {
        let limit = u64::from(self.plan.page_size);
        Envelope { start: page * limit, limit, total: 0 }
    }

    async fn page(&self, pages: &NumberedPages, page: u64) -> Result<(u64, Envelope, Batch)> {
        let asked_for = self.asked_for(page);
        let (envelope, batch) = match self.answer(&self.plan.page_target(pages, page)).await? {
            Some(body) => self.fetch().decoded(self.decoder().numbered(pages, asked_for, body)).await?,
            None => (asked_for, Batch::empty()),
        };
        Ok((page, envelope, batch))
    }

    /// The page of a search, or nothing when it took the API too long.
    pub(crate) async fn search_page(&self, pages: &NumberedPages, page: u64) -> Result<Option<(Envelope, Batch)>> {
        match self.fetch().get(&self.plan.page_target(pages, page), AcceptedStatus::TooSlow).await? {
            Answer::Page(received) => {
                let decoded = self.decoder().numbered(pages, self.asked_for(page), received.body);
                self.fetch().decoded(decoded).await.map(Some)
            }
            Answer::NoContent | Answer::Absent | Answer::TooSlow | Answer::PageCap(_) | Answer::Refused(_) => Ok(None),
        }
    }

    async fn lookup(&self, lookup: &Lookup, target: &KeyedTarget) -> Result<Batch> {
        let accepted =
            if lookup.answer == LookupAnswer::Row { AcceptedStatus::Absent } else { AcceptedStatus::Nothing };
        match self.fetch().get(&target.target, accepted).await? {
            Answer::Page(received) => {
                let decoder = Decoder { given: &target.given, ..self.decoder() };
                self.fetch().decoded(decoder.lookup(lookup, received.body)).await
            }
            Answer::NoContent | Answer::Absent | Answer::TooSlow | Answer::PageCap(_) | Answer::Refused(_) => {
                Ok(Batch::empty())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn the_window_opens_with_demand_up_to_its_bound() {
        let windows: Vec<u64> = (1..=7).map(|demand| window(demand, 10)).collect();
        assert_eq!(windows, [1, 3, 5, 7, 9, 10, 10]);
        assert_eq!(window(5, 1), 1);
    }
}
