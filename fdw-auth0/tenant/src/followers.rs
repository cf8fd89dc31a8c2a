//! All that follows the changes to the tenant: events, and the users who come and go.

use crate::api::edit::PairKey;
use crate::change::Change;
use crate::entity::Entity;
use crate::events::{EventSettings, Events};
use crate::presence::Watch;

/// All that follows the changes. Its lock is taken before those of the users and collections.
pub(crate) struct Followers {
    pub(crate) watch: Watch,
    pub(crate) events: Events,
}

impl Followers {
    pub(crate) fn new(events: EventSettings) -> Self {
        Self { watch: Watch::new(None), events: Events::new(events) }
    }

    /// Follows a change that was asked for.
    pub(crate) fn record(&mut self, change: Change) {
        if change.before != change.after {
            self.events.write(&change);
            self.follow(&change);
        }
    }

    /// Follows pairs that begin or end with another change, which have no events.
    pub(crate) fn record_pairs(&mut self, pairs: Vec<PairKey>, connected: bool) {
        for (entity, key) in pairs {
            self.follow(&Change::of_pair(entity, key, connected));
        }
    }

    fn follow(&mut self, change: &Change) {
        if let (Entity::Users, [user_id]) = (change.entity, change.key.as_slice()) {
            match (&change.before, &change.after) {
                (None, Some(_)) => self.watch.came(user_id),
                (Some(_), None) => self.watch.went(user_id),
                _ => {}
            }
        }
    }
}
