//! Pages that lead to each other: by a cursor, by the key of their last row, or by an address. The last one
//! leads nowhere.
//!
//! The API keeps the place, so that rows that come or go meanwhile move no others. A page may be empty
//! though another one follows, and though the one before promised it.

use std::collections::HashSet;

use super::row_source::{Demand, Outlet, PageContext, demanded};
use crate::error::Result;
use crate::model::{Checkpoint, NextPage};

/// Reads the list to the page that leads nowhere.
pub(crate) async fn run(context: &PageContext, pages: &Checkpoint, demand: &Demand, outlet: &Outlet) -> Result<()> {
    let mut target = context.plan.checkpoint_target(pages, None);
    let mut cursors = HashSet::new();
    let mut seen = HashSet::new();
    for delivered in 0.. {
        demanded(demand, delivered).await;
        let Some(received) = context.received(&target).await? else { break };
        let (stated, mut batch) = context.decoder().checkpoint(pages, received.body)?;
        let next = match pages.next {
            NextPage::Cursor { .. } | NextPage::Address(_) => stated,
            NextPage::LastKey { .. } => batch.len().checked_sub(1).map(|last| batch.key(last).into_owned()),
            NextPage::Header => received.next_link,
        };
        batch.retain(|key| seen.insert(key.to_owned()));
        outlet.send(Ok(batch));
        let Some(next) = next else { break };
        target = match pages.next {
            NextPage::Cursor { .. } | NextPage::LastKey { .. } => context.plan.checkpoint_target(pages, Some(&next)),
            NextPage::Address(_) | NextPage::Header => context.follow(&target, &next).await?,
        };
        // Going on would never end.
        if !cursors.insert(target.clone()) {
            let what = match pages.next {
                NextPage::Cursor { at, .. } | NextPage::Address(at) => format!("\"{}\"", at.join(".")),
                NextPage::LastKey { parameter } => format!("\"{parameter}\""),
                NextPage::Header => "the header Link".to_owned(),
            };
            return Err(context.decoder().protocol(format!("{what} leads back to a page that was read")));
        }
    }
    Ok(())
}
