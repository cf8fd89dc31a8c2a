//! A list read in slices by [`SliceWalk`], or what is left of it from an exported file: the requests, and
//! the rows handed on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::export::{ExportRun, Exported};
use super::row_source::{Demand, InFlight, Outlet, PageContext, demanded, window};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Export, Paging};
use crate::options::Bulk;
use crate::plan::{RemotePlan, SortOrder};
use crate::rest::decode::decoder::Batch;
use crate::rest::paging::page_walk::PageWalk;
use crate::rest::paging::slices::{Direction, SliceWalk};

/// A list that cannot be read page by page: it reaches the wall, or changes too fast.
pub(crate) struct SlicedList<'a> {
    /// The plan of the list before it is searched.
    pub(crate) whole: &'a RemotePlan,
    /// What it is searched by.
    pub(crate) search: Option<&'a str>,
    /// No other list follows that may hold the same rows.
    pub(crate) is_last: bool,
}

impl SlicedList<'_> {
    /// Reads the rows that `walk` has not handed on yet to their end.
    pub(crate) async fn run(
        &self,
        context: &Arc<PageContext>,
        walk: &mut PageWalk,
        delivered: &mut u64,
        demand: &Demand,
        outlet: &Outlet,
    ) -> Result<()> {
        let (Paging::Page(pages), Some(by), Some(parameter)) =
            (context.entity.paging, context.entity.slices(), context.entity.search)
        else {
            return Ok(());
        };
        let projection = context.projection.clone().with_time(by.time);
        let whole = self.whole.clone().with_member(context.entity, by.time).with_page_size(pages.max_size);
        let mut slices = SliceWalk::new(context.entity, pages, by);
        let mut in_flight = InFlight(VecDeque::new());
        let mut file = self.export(context)?;
        note(context, format!("slices of {}", by.time));
        while !slices.is_complete() {
            if let Some((export, members)) = file.take_if(|_| self.is_worth_a_file(&slices)) {
                // What is on its way is part of the file.
                in_flight = InFlight(VecDeque::new());
                let context = PageContext { projection: projection.clone(), ..PageContext::clone(context) };
                let run = ExportRun { context: &context, export, members: &members, demand, outlet };
                let keep = |batch: &mut Batch| {
                    let left = |row| slices.is_left(batch.time(row), &batch.key(row));
                    let kept: Vec<bool> = (0..batch.len()).map(left).collect();
                    batch.keep(&kept);
                    batch.retain(|key| walk.is_unknown(key, self.is_last));
                };
                match run.run(keep, delivered).await? {
                    Exported::Whole => {
                        note(&context, "export".to_owned());
                        return Ok(());
                    }
                    Exported::Refused(said) if self.whole.bulk == Bulk::Export => {
                        return Err(refused(&context, &said));
                    }
                    Exported::Refused(said) => {
                        note(&context, format!("slices of {}, since an export is refused: {said}", by.time));
                        slices.ask_again();
                        continue;
                    }
                }
            }
            let asked_for = demanded(demand, *delivered).await;
            while (in_flight.0.len() as u64) < window(asked_for, context.limits.max_concurrent_requests) {
                let Some(ask) = slices.next() else { break };
                let mut plan = whole.clone();
                if let Some(query) = context.connection.api().search_slice(self.search, &ask.slice) {
                    plan = plan.with_query(&parameter, &query);
                }
                if let (Some(direction), Some(sort)) = (ask.order, context.entity.sort) {
                    let descending = direction == Direction::Descending;
                    plan = plan.with_sort(&sort, SortOrder { member: by.time.to_owned(), attno: 0, descending });
                }
                let projection = projection.clone();
                let context = Arc::new(PageContext { plan, projection, ..PageContext::clone(context) });
                in_flight.0.push_back(tokio::spawn(async move {
                    let answer = context.search_page(&pages, ask.page).await?;
                    Ok((ask, answer))
                }));
            }
            let Some((ask, answer)) = in_flight.next().await? else {
                return Err(Error::new(ErrorKind::Internal, "a list is not read whole and has no slices left"));
            };
            let Some((envelope, mut batch)) = answer else {
                slices.too_slow(&ask)?;
                continue;
            };
            let kept = slices.answer(&ask, envelope, &batch)?;
            let (known, open) = slices.parts();
            context.counters.known_windows.store(known, Ordering::Relaxed);
            context.counters.open_windows.store(open, Ordering::Relaxed);
            context.counters.estimated_total.store(slices.estimated_rows(), Ordering::Relaxed);
            batch.keep(&kept);
            batch.retain(|key| walk.is_unknown(key, self.is_last));
            if !batch.is_empty() {
                *delivered += 1;
                outlet.send(Ok(batch));
            }
        }
        Ok(())
    }

    /// The job that may write the rows into a file, and the members it has to hold.
    ///
    /// # Errors
    /// `Unsupported` when a file is asked for that cannot hold what the query reads.
    fn export(&self, context: &PageContext) -> Result<Option<(&'static Export, Vec<&'static str>)>> {
        let entity = context.entity;
        let Some(export) = entity.export.as_ref().filter(|_| self.search.is_none() && self.whole.bulk != Bulk::Search)
        else {
            return Ok(None);
        };
        match self.whole.export_members(entity) {
            Some(members) => Ok(Some((export, members))),
            None if self.whole.bulk == Bulk::Auto => Ok(None),
            None => Err(Error::new(
                ErrorKind::Unsupported,
                format!("not all columns of \"{}\" can be exported", entity.name),
            )
            .with_detail("An export has to name its members, which attrs and what is not documented have none of.")
            .with_hint("Leave such columns out of the query, or set the option bulk to 'search'.")),
        }
    }

    fn is_worth_a_file(&self, slices: &SliceWalk) -> bool {
        self.whole.bulk == Bulk::Export || (slices.answers() >= ENOUGH_TO_TELL && slices.rows_left() > WORTH_A_FILE)
    }
}

/// Rows left from which on a file is asked for. In slices they would be 500 requests: four minutes at the
/// two a second of Auth0's free plan, half a minute at the most of a paid one. A job is some ten
/// requests and takes about a minute.
const WORTH_A_FILE: u64 = 50_000;

/// Answers after which the number of rows is estimated well enough.
const ENOUGH_TO_TELL: u64 = 12;

/// Says in EXPLAIN how the list is read.
fn note(context: &PageContext, text: String) {
    context.counters.set_bulk(text);
}

#[cold]
fn refused(context: &PageContext, said: &str) -> Error {
    let name = context.entity.name;
    let error = Error::new(ErrorKind::Denied, format!("the export of \"{name}\" is refused"))
        .with_hint("Set the option bulk to 'search' or 'auto'.");
    if said.is_empty() { error } else { error.with_detail(format!("The API says: {said}")) }
}
