//! Numbered pages of which no answer says how many there are: an empty page is the end.
//!
//! Nothing proves such a list complete. A row that comes twice shows that others have moved, and the
//! list is read again; one that goes between two pages may take another one with it unseen. A page with fewer
//! rows than were asked for is not the end: an API may give no more than that.

use std::collections::HashSet;

use super::row_source::{Demand, Outlet, PageContext, demanded};
use crate::error::{Error, ErrorKind, Result};
use crate::model::UncountedPages;

/// How often a list is read before it is given up as changing too fast.
const MAX_PASSES: u32 = 5;

/// Reads the list up to an empty page.
pub(crate) async fn run(context: &PageContext, pages: &UncountedPages, demand: &Demand, outlet: &Outlet) -> Result<()> {
    let mut delivered = 0;
    let mut handed_on = HashSet::new();
    for _ in 0..MAX_PASSES {
        let mut seen = HashSet::new();
        let (mut doubled, mut rows) = (false, 0);
        for page in 0.. {
            demanded(demand, delivered).await;
            let mut batch = context.list(&context.plan.uncounted_target(pages, page, rows)).await?;
            rows += batch.len() as u64;
            let (is_empty, known) = (batch.is_empty(), seen.len());
            batch.retain(|key| {
                doubled |= !seen.insert(key.to_owned());
                handed_on.insert(key.to_owned())
            });
            delivered += 1;
            outlet.send(Ok(batch));
            // A page without anything new would be followed by others of its kind for ever, if the API does not
            // know the parameter.
            if is_empty || doubled && seen.len() == known {
                break;
            }
        }
        if !doubled {
            return Ok(());
        }
    }
    Err(Error::new(ErrorKind::Incomplete, format!("\"{}\" changed faster than it could be read", context.entity.name))
        .with_detail(format!("It was read {MAX_PASSES} times, and each time rows moved from one page to another."))
        .with_hint(format!(
            "Run the query again. An API that does not know the parameter \"{}\" gives the same rows each time, too.",
            pages.page.name
        )))
}
