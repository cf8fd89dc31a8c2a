//! The loop that reads lists: it gets requests from a pager, keeps as many in flight as the reader's demand allows,
//! passes the answers to the pager in the order of the requests, and emits the new rows.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::context::{Exchanged, ListContext, Reply};
use super::export::{Exported, PlannedExport};
use super::sink::PageSink;
use crate::error::{Error, ErrorKind, Result, one_line};
use crate::model::Entity;
use crate::rest::decode::{Batch, KEY_SEPARATOR, UnshownConditions};
use crate::rest::paging::{Answer, KeySet, PageRequest, PageView, Pager, Proof, Step, Verdict};

/// The most requests in flight when the reader has asked for page number `demand` (from 1). The first page is requested
/// alone: many readers stop there (`LIMIT`, `EXISTS`), and a reader that continues will probably read all pages.
pub(crate) fn window(demand: u64, most: usize) -> u64 {
    (2 * demand).saturating_sub(1).min(most as u64)
}

/// A request and its reply.
type Exchange = (PageRequest, Reply);

/// The requests in flight, which are aborted when their scan ends.
struct InFlight(VecDeque<JoinHandle<Result<Exchange>>>);

impl InFlight {
    fn send(&mut self, context: &Arc<ListContext>, mut request: PageRequest) {
        let context = Arc::clone(context);
        let exchange = async move {
            let reply = context.send(&mut request).await?;
            Ok((request, reply))
        };
        self.0.push_back(tokio::spawn(exchange.in_current_span()));
    }

    /// The result of the oldest request; `None` if none is in flight.
    async fn next(&mut self) -> Result<Option<Exchange>> {
        let Some(oldest) = self.0.front_mut() else { return Ok(None) };
        let given =
            oldest.await.map_err(|_| Error::new(ErrorKind::Internal, "the transport thread failed in a request"))?;
        self.0.pop_front();
        given.map(Some)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        for request in &self.0 {
            request.abort();
        }
    }
}

/// Reads one list to its proven end.
///
/// # Errors
/// The errors of requests and of the pager.
pub(crate) async fn read(
    context: &Arc<ListContext>,
    mut pager: Box<dyn Pager>,
    keys: &mut KeySet,
    sink: &mut impl PageSink,
) -> Result<()> {
    let counters = &context.counters;
    let mut in_flight = InFlight(VecDeque::new());
    let mut export: Option<Option<PlannedExport>> = None;
    let mut unshown =
        UnshownConditions::new(context.entity, &context.plan.bound, &context.plan.query, &context.projection);
    let mut demand = sink.wanted().await;
    loop {
        if let Some(slices) = pager.slices() {
            if export.is_none() {
                export = Some(PlannedExport::of(context, slices.list())?);
                counters.set_bulk(format!("slices of {}", slices.list().by.time));
            }
            if let Some(file) = export.as_mut().and_then(|file| file.take_if(|file| file.is_worth_it(slices))) {
                // The rows of the requests in flight are in the file too.
                in_flight = InFlight(VecDeque::new());
                slices.ask_again();
                match file.run(context, slices, keys, sink).await? {
                    Exported::Whole => {
                        counters.prove(Proof::Export);
                        return Ok(());
                    }
                    Exported::Refused => {}
                }
            }
        }
        while (in_flight.0.len() as u64) < window(demand, context.limits.max_concurrent_requests) {
            let Some(request) = pager.next()? else { break };
            in_flight.send(context, request);
        }
        let Some((request, reply)) = in_flight.next().await? else {
            return Err(Error::new(ErrorKind::Internal, "a list has neither requests nor an end"));
        };
        let (batch, verdict) = learn(pager.as_mut(), &request, reply, keys, context)?;
        if let Some(mut batch) = batch {
            batch.keep_only(&verdict.emit);
            if !batch.is_empty() {
                unshown.note(&batch);
                sink.send(batch).await;
                if !matches!(verdict.step, Step::Done(_)) {
                    demand = sink.wanted().await;
                }
            }
        }
        match verdict.step {
            Step::Continue => {}
            Step::Restart => in_flight = InFlight(VecDeque::new()),
            Step::Done(proof) => {
                unshown.end(context.entity)?;
                counters.prove(proof);
                return Ok(());
            }
            Step::Fallback(next) => {
                tracing::info!("the list cannot be read to its end this way; reading it in another");
                in_flight = InFlight(VecDeque::new());
                pager = next;
            }
        }
        if let Some(slices) = pager.slices() {
            let (rows, windows) = slices.progress();
            counters.sliced(rows, windows);
        }
    }
}

/// Passes a reply to the pager, and returns the page's rows and the pager's verdict.
fn learn(
    pager: &mut dyn Pager,
    request: &PageRequest,
    reply: Reply,
    keys: &mut KeySet,
    context: &ListContext,
) -> Result<(Option<Batch>, Verdict)> {
    let Exchanged { page, next_link, date } = match reply {
        Reply::Page(exchanged) => *exchanged,
        Reply::NoContent => return Ok((None, pager.learn(request, &Answer::NoContent, keys)?)),
        Reply::Absent => return Ok((None, pager.learn(request, &Answer::Absent, keys)?)),
        Reply::TooSlow => return Ok((None, pager.learn(request, &Answer::TooSlow, keys)?)),
        Reply::PageCap(said) => return Ok((None, pager.learn(request, &Answer::PageCap(&said), keys)?)),
    };
    if let Some(total) = page.claims.total {
        context.counters.total.get_or_init(|| total);
    }
    let view = PageView { rows: &page.rows, claims: &page.claims, next_link: next_link.as_deref(), date };
    let verdict = pager.learn(request, &Answer::Page(view), keys)?;
    match keys.shared_key() {
        Some(key) if context.entity.definition.is_some() => Err(shared_key(context.entity, key)),
        _ => Ok((Some(page.rows), verdict)),
    }
}

/// The error for two rows of one answer with the same key: one of them would be dropped.
#[cold]
fn shared_key(entity: &Entity, key: &str) -> Error {
    let message = format!("two rows of one answer for \"{}\" have the same key", entity.name);
    let columns = entity.key.join(", ");
    Error::new(ErrorKind::Protocol, message)
        .with_detail(format!("Both have {columns} = {}.", one_line(&key.replace(KEY_SEPARATOR, ", "), 100)))
        .with_hint("Set the option key to the columns that identify a row.")
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn the_window_grows_with_demand_up_to_its_limit() {
        let windows: Vec<u64> = (1..=7).map(|demand| window(demand, 10)).collect();
        assert_eq!(windows, [1, 3, 5, 7, 9, 10, 10]);
        assert_eq!(window(5, 1), 1);
    }
}
