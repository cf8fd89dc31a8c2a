//! The users that existed all the time, and those that ever did.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use serde::Serialize;

use crate::store::Store;

/// The users that have existed since [`crate::Tenant::churn`] or [`crate::Tenant::watch_users`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// The ids of the users that existed all the time.
    pub throughout: BTreeSet<String>,
    /// The ids of the users that existed at any time.
    pub ever: BTreeSet<String>,
}

/// The users created and deleted since the watch began.
#[derive(Debug)]
pub(crate) struct Watch {
    /// The users at the beginning. Their ids are read on demand.
    beginning: Option<Arc<Store>>,
    came: Vec<String>,
    went: HashSet<String>,
}

impl Watch {
    pub(crate) fn new(beginning: Option<Arc<Store>>) -> Self {
        Self { beginning, came: Vec::new(), went: HashSet::new() }
    }

    pub(crate) fn came(&mut self, user_id: &str) {
        if self.beginning.is_some() {
            self.came.push(user_id.to_owned());
        }
    }

    pub(crate) fn went(&mut self, user_id: &str) {
        if self.beginning.is_some() {
            self.went.insert(user_id.to_owned());
        }
    }

    pub(crate) fn presence(&self) -> Presence {
        let beginning: BTreeSet<String> = self.beginning.iter().flat_map(|users| users.user_ids()).collect();
        let throughout = beginning.iter().filter(|user_id| !self.went.contains(*user_id)).cloned().collect();
        let ever = beginning.into_iter().chain(self.came.iter().cloned()).collect();
        Presence { throughout, ever }
    }
}
