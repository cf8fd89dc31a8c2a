//! A list read in slices by [`SliceWalk`]: the requests, and the rows handed on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::page_walk::PageWalk;
use super::row_source::{Demand, InFlight, Outlet, PageContext, demanded, window};
use super::slice_walk::{Direction, SliceWalk};
use crate::entity::Paging;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{RemotePlan, SortOrder};

/// A list that cannot be read page by page: it reaches the wall, or changes too fast.
pub(super) struct SlicedList<'a> {
    /// The plan of the list before it is searched.
    pub(super) whole: &'a RemotePlan,
    /// What it is searched by.
    pub(super) search: Option<&'a str>,
    /// No other list follows that may hold the same rows.
    pub(super) is_last: bool,
}

impl SlicedList<'_> {
    /// Reads the rows that `walk` has not handed on yet to their end.
    pub(super) async fn run(
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
        while !slices.is_complete() {
            let asked_for = demanded(demand, *delivered).await;
            while (in_flight.0.len() as u64) < window(asked_for, context.limits.max_concurrent_requests) {
                let Some(ask) = slices.next() else { break };
                let query = (context.search_slice)(self.search, &ask.slice);
                let mut plan = whole.clone().with_query(&parameter, &query);
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
}
