//! Pages that lead to each other: each answer has the cursor of the next, the last one has none.
//!
//! The API keeps the place, so that rows that come or go meanwhile move no others. A page may be empty
//! though another one follows, and though the one before promised it.

use std::collections::HashSet;

use super::row_source::{Demand, Outlet, PageContext, demanded};
use crate::entity::Checkpoint;
use crate::error::Result;

use super::decode::Batch;

/// Reads the list to the page that leads nowhere.
pub(super) async fn run(context: &PageContext, pages: &Checkpoint, demand: &Demand, outlet: &Outlet) -> Result<()> {
    let mut cursor: Option<String> = None;
    let mut cursors = HashSet::new();
    let mut seen = HashSet::new();
    for delivered in 0.. {
        demanded(demand, delivered).await;
        let target = context.plan.checkpoint_target(pages, cursor.as_deref());
        let (next, mut batch) = match context.answer(&target).await? {
            Some(body) => context.decoder().checkpoint(pages, body)?,
            None => (None, Batch::empty()),
        };
        batch.retain(|key| seen.insert(key.to_owned()));
        outlet.send(Ok(batch));
        match next {
            None => break,
            // Going on would never end.
            Some(next) if !cursors.insert(next.clone()) => {
                return Err(context
                    .decoder()
                    .protocol(format!("\"{}\" leads back to a page that was read", pages.next)));
            }
            next => cursor = next,
        }
    }
    Ok(())
}
