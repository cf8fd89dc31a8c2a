//! A log: entries are written at one end, and can be read forward from any of them without a bound.
//!
//! The whole log is read from its oldest entry on. A search is read by numbered pages, which end at a
//! wall; what the wall hides is found by reading forward from the oldest entry that the search finds,
//! which gives more than the search would, and Postgres drops the rest.

use std::collections::HashSet;

use super::row_source::{Demand, Outlet, PageContext, demanded};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{LogPages, Rows};
use crate::plan::RemotePlan;
use crate::rest::decode::decoder::Batch;

/// How often a search is read before it is given up as changing too fast.
const MAX_PASSES: u32 = 5;

/// Reads what the searches find, or the whole log when there is none.
pub(crate) async fn run(
    context: &PageContext,
    pages: &LogPages,
    searches: &[String],
    demand: &Demand,
    outlet: &Outlet,
) -> Result<()> {
    let mut walk = LogWalk { context, pages, demand, outlet, delivered: 0, seen: HashSet::new() };
    match context.entity.search {
        Some(parameter) if !searches.is_empty() => {
            for (at, query) in searches.iter().enumerate() {
                let plan = context.plan.clone().with_query(&parameter, query);
                walk.search(&context.with_plan(plan), at + 1 == searches.len()).await?;
            }
            Ok(())
        }
        // The reader wants no more than a page of it (see `plan::RemotePlan::with_sort`).
        _ if context.plan.sort.is_some() => walk.search(context, true).await,
        _ => walk.forward(context, true).await,
    }
}

struct LogWalk<'a> {
    context: &'a PageContext,
    pages: &'a LogPages,
    demand: &'a Demand,
    outlet: &'a Outlet,
    delivered: u64,
    /// Entries that may come again.
    seen: HashSet<String>,
}

impl LogWalk<'_> {
    /// Reads a search, oldest entry first, so that new entries move none that are there. The oldest ones are
    /// deleted when their time is over, and that moves all others: then it is read again.
    async fn search(&mut self, search: &PageContext, is_last: bool) -> Result<()> {
        let pages = self.pages.page_cap.div_ceil(u64::from(search.plan.page_size));
        for _ in 0..MAX_PASSES {
            let mut first = None;
            for page in 0..pages {
                demanded(self.demand, self.delivered).await;
                let batch = search.list(&search.plan.log_target(self.pages, page)).await?;
                if batch.is_empty() {
                    self.hand_on(batch, true);
                    if page < 2 || self.begins_with(search, first.as_deref()).await? {
                        return Ok(());
                    }
                    break;
                }
                first = first.or_else(|| Some(batch.key(0).into_owned()));
                self.hand_on(batch, true);
                if page + 1 == pages {
                    return self.forward(search, is_last).await;
                }
            }
        }
        let name = self.context.entity.name;
        Err(Error::new(ErrorKind::Incomplete, format!("\"{name}\" changed faster than it could be read"))
            .with_detail(format!(
                "It was searched {MAX_PASSES} times, and each time its oldest entries went meanwhile."
            ))
            .with_hint("Leave the oldest entries out by a condition on their date."))
    }

    /// True when the oldest entry of a search is still this one.
    async fn begins_with(&self, search: &PageContext, first: Option<&str>) -> Result<bool> {
        let oldest = RemotePlan { page_size: 1, ..search.plan.clone() };
        let batch = search.list(&oldest.log_target(self.pages, 0)).await?;
        Ok(!batch.is_empty() && first.is_some_and(|first| batch.key(0) == first))
    }

    /// Reads forward from the oldest entry of a list. No entry comes twice on the way, so that those of
    /// the last list need not be remembered, however many they are.
    ///
    /// Entries are written a little later than they are dated, and go on in the order in which they were
    /// written: a page of the oldest ones has those, too, that were dated after the first and written
    /// before it.
    async fn forward(&mut self, list: &PageContext, is_last: bool) -> Result<()> {
        let LogPages { search: pages, from, size, .. } = self.pages;
        demanded(self.demand, self.delivered).await;
        let first = RemotePlan { page_size: pages.max_size, ..list.plan.clone() };
        let oldest = list.list(&first.log_target(self.pages, 0)).await?;
        if oldest.is_empty() {
            return Ok(());
        }
        let mut last = oldest.key(0).into_owned();
        self.hand_on(oldest, true);
        loop {
            demanded(self.demand, self.delivered).await;
            // All other parameters would be ignored.
            let mut plan = self.context.plan.clone();
            plan.query.clear();
            let rows = pages.max_size.to_string();
            let target = plan.target(&[(from, &last), (size, &rows)]);
            let Some(body) = self.context.answer(&target).await? else { return Ok(()) };
            let batch = self.context.decoder().list(Rows::Array, body)?;
            if batch.is_empty() {
                return Ok(());
            }
            let next = batch.key(batch.len() - 1).into_owned();
            if next == last {
                return Err(self
                    .context
                    .decoder()
                    .protocol(format!("\"{from}\" leads back to the entry it starts from")));
            }
            last = next;
            self.hand_on(batch, !is_last);
        }
    }

    fn hand_on(&mut self, mut batch: Batch, remember: bool) {
        batch.retain(|key| match remember {
            true => self.seen.insert(key.to_owned()),
            false => !self.seen.contains(key),
        });
        self.delivered += 1;
        self.outlet.send(Ok(batch));
    }
}
