//! Reading of one list, with the pager for its paging.

use std::sync::Arc;

use super::context::ListContext;
use super::driver;
use super::sink::PageSink;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Lookup, NumberedPages, Paging};
use crate::plan::{RemotePlan, SortOrder};
use crate::rest::paging::{
    CursorPager, InOrderPager, KeySet, KeyedTarget, KeysPager, LogPager, LookupsPager, NumberedPager, Pager,
    SlicedList, UncountedPager, WholePager,
};
use crate::slice::Direction;

/// Reads the list, or the results of the searches in it, to its proven end.
///
/// # Errors
/// The error that ends the read.
pub(crate) async fn read_list(context: &Arc<ListContext>, searches: &[String], sink: &mut impl PageSink) -> Result<()> {
    let (entity, plan) = (context.entity, context.plan.clone());
    let mut keys = if entity.definition.is_some() { KeySet::comparing() } else { KeySet::default() };
    if let (Paging::Page(pages), Some(order)) = (entity.paging, &plan.in_order) {
        // Several searches have an order each: the whole list is read, whose rows Postgres tests.
        let search = searches.first().filter(|_| searches.len() == 1).cloned();
        let pager = in_order(context, pages, order, search)?;
        return driver::read(context, pager, &mut keys, sink).await;
    }
    let searches = entity.search.filter(|_| !searches.is_empty()).map(|parameter| (parameter, searches));
    if let Some((parameter, searches)) = searches {
        for (at, query) in searches.iter().enumerate() {
            let is_last = at + 1 == searches.len();
            let found = plan.clone().with_query(&parameter, query);
            let pager: Box<dyn Pager> = match entity.paging {
                Paging::Page(pages) => numbered(context, pages, found.clone(), sliced(context, Some(query), is_last)),
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
        Paging::Page(pages) => numbered(context, pages, plan.by_time(entity), sliced(context, None, true)),
        Paging::Uncounted(pages) => Box::new(UncountedPager::new(entity, pages, plan)),
        Paging::Checkpoint(pages) => Box::new(CursorPager::new(entity, pages, plan)),
        // The reader wants at most one page of a sorted log (see `plan::RemotePlan::with_sort`).
        Paging::Log(pages) if plan.sort.is_some() => Box::new(LogPager::search(entity, pages, plan, true)),
        Paging::Log(pages) => Box::new(LogPager::forward(entity, pages, plan)),
    };
    driver::read(context, pager, &mut keys, sink).await
}

/// Looks up rows, several concurrently.
///
/// # Errors
/// The error of the first failed lookup.
pub(crate) async fn read_lookups(
    context: &Arc<ListContext>,
    lookup: &'static Lookup,
    targets: Vec<KeyedTarget>,
    sink: &mut impl PageSink,
) -> Result<()> {
    if targets.is_empty() {
        return Ok(());
    }
    driver::read(context, Box::new(LookupsPager::new(lookup, targets)), &mut KeySet::default(), sink).await
}

/// Requests the rows with these keys together, by the query of the plan.
///
/// # Errors
/// The error of the request.
pub(crate) async fn read_keys(context: &Arc<ListContext>, keys: Vec<String>, sink: &mut impl PageSink) -> Result<()> {
    let pager = KeysPager::new(context.entity, &context.plan, keys);
    driver::read(context, Box::new(pager), &mut KeySet::default(), sink).await
}

/// The list in slices, for when pages do not prove it complete; `None` if it cannot be sliced. Of a sorted list only the
/// first page is read.
fn sliced(context: &ListContext, search: Option<&str>, is_last: bool) -> Option<SlicedList> {
    let by = context.entity.slices().filter(|_| context.plan.sort.is_none())?;
    let search = search.map(str::to_owned);
    Some(SlicedList { plan: context.plan.clone(), search, by, api: context.connection.api(), is_last })
}

/// The list in an order by the time of its slices.
fn in_order(
    context: &ListContext,
    pages: NumberedPages,
    order: &SortOrder,
    search: Option<String>,
) -> Result<Box<dyn Pager>> {
    let list = sliced(context, search.as_deref(), true).filter(|list| list.by.time == order.member);
    let Some(list) = list else {
        let name = context.entity.name;
        return Err(Error::new(ErrorKind::Internal, format!("\"{name}\" cannot be read by \"{}\"", order.member)));
    };
    let direction = if order.descending { Direction::Descending } else { Direction::Ascending };
    Ok(Box::new(InOrderPager::new(context.entity, pages, list, direction)))
}

fn numbered(
    context: &ListContext,
    pages: NumberedPages,
    plan: RemotePlan,
    slices: Option<SlicedList>,
) -> Box<dyn Pager> {
    Box::new(NumberedPager::new(context.entity, pages, plan, slices))
}
