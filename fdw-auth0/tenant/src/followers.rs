//! All that follows the changes to the tenant: events, the lag of lists, the history, and the users who come and go.

use crate::api::edit::PairKey;
use crate::change::Change;
use crate::entity::Entity;
use crate::events::{EventSettings, Events};
use crate::history::History;
use crate::lag::Lagging;
use crate::presence::Watch;

/// All that follows the changes. Its lock is taken before those of the users and collections.
pub(crate) struct Followers {
    pub(crate) watch: Watch,
    pub(crate) events: Events,
    pub(crate) lagging: Option<Lagging>,
    pub(crate) history: Option<History>,
    /// Number of requests to the Management API so far.
    pub(crate) requests: u64,
}

impl Followers {
    pub(crate) fn new(events: EventSettings) -> Self {
        Self { watch: Watch::new(None), events: Events::new(events), lagging: None, history: None, requests: 0 }
    }

    /// Follows a change that was asked for.
    pub(crate) fn record(&mut self, change: Change) {
        if change.before != change.after {
            self.events.write(&change);
            self.follow(change);
        }
    }

    /// Follows pairs that begin or end with another change, which have no events.
    pub(crate) fn record_pairs(&mut self, pairs: Vec<PairKey>, connected: bool) {
        for (entity, key) in pairs {
            self.follow(Change::of_pair(entity, key, connected));
        }
    }

    fn follow(&mut self, change: Change) {
        if let (Entity::Users, [user_id]) = (change.entity, change.key.as_slice()) {
            match (&change.before, &change.after) {
                (None, Some(_)) => self.watch.came(user_id),
                (Some(_), None) => self.watch.went(user_id),
                _ => {}
            }
        }
        if let Some(history) = &mut self.history {
            history.record(&change);
        }
        if let Some(lagging) = &mut self.lagging {
            lagging.push(change, self.requests);
        }
    }
}
