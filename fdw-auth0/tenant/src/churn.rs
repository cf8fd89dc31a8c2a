//! Changes to users while clients read lists, and which users existed all the time.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::editor::UserEditor;
use crate::fields::root_members;
use crate::rate_limit::since_epoch;
use crate::store::{Store, text_member};
use crate::synthetic::{self, timestamp};

/// Changes to users after every `every` lists of users. The seed and the lists decide which users change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Churn {
    /// Lists of users that are answered before each change; 1 means a change after every list.
    pub every: u64,
    /// Users that each change creates, with `created_at` now.
    #[serde(default)]
    pub create: u32,
    /// Users whose `updated_at` each change sets to now, as a login does.
    #[serde(default)]
    pub update: u32,
    /// Users that each change deletes.
    #[serde(default)]
    pub delete: u32,
    /// Seed of the choice of users.
    #[serde(default)]
    pub seed: u64,
}

/// The state of the current churn.
#[derive(Debug)]
pub(crate) struct Churning {
    rule: Churn,
    lists: u64,
    dice: fastrand::Rng,
}

impl Churning {
    pub(crate) fn new(rule: Churn) -> Self {
        Self { rule, lists: 0, dice: fastrand::Rng::with_seed(rule.seed) }
    }

    /// Counts an answered list; returns true if a change is due.
    pub(crate) fn is_due(&mut self) -> bool {
        self.lists += 1;
        self.rule.every > 0 && self.lists.is_multiple_of(self.rule.every)
    }

    /// Changes the users.
    pub(crate) fn change(&mut self, users: &mut UserEditor<'_>) {
        let now = u64::try_from(since_epoch().as_millis()).unwrap_or(u64::MAX);
        for _ in 0..self.rule.create {
            // No user has been generated with this number yet: it is the number of users created so far.
            let user = synthetic::user_of_now(self.rule.seed, users.store.ever() as u64, now);
            users.upsert(user.into());
        }
        for _ in 0..self.rule.update {
            if let Some(user) = self.any(users.store) {
                users.upsert(touched(&user, &timestamp(now)));
            }
        }
        for _ in 0..self.rule.delete {
            if let Some(user_id) = self.any(users.store).and_then(|user| text_member(&user, "user_id")) {
                users.delete(&user_id);
            }
        }
    }

    fn any(&mut self, users: &Store) -> Option<Bytes> {
        (users.len() > 0).then(|| users.get(self.dice.usize(..users.len())))?
    }
}

/// The user with another `updated_at`; the other members are unchanged, byte for byte.
fn touched(user: &Bytes, now: &str) -> Bytes {
    let Some(members) = root_members(user) else { return user.clone() };
    let members = members.iter().map(|(name, raw)| {
        let name = serde_json::Value::from(name.as_ref());
        if name == "updated_at" { format!("{name}:\"{now}\"") } else { format!("{name}:{}", raw.get()) }
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(",")).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use crate::api::collection::Collections;
    use crate::events::EventSettings;
    use crate::followers::Followers;
    use crate::presence::{Presence, Watch};

    fn run(rule: Churn, lists: u32) -> (Arc<Store>, Store, Presence) {
        let before = Arc::new(synthetic::users(100, 1, &[]));
        let mut users = Store::clone(&before);
        let mut followers = Followers::new(EventSettings::default());
        followers.watch = Watch::new(Some(Arc::clone(&before)));
        let collections = Collections::new(1);
        let mut churning = Churning::new(rule);
        for _ in 0..lists {
            if churning.is_due() {
                let store = &mut users;
                churning.change(&mut UserEditor { store, collections: &collections, followers: &mut followers });
            }
        }
        (before, users, followers.watch.presence())
    }

    #[test]
    fn churn_changes_users_after_every_so_many_lists() {
        let rule = Churn { every: 3, create: 2, update: 1, delete: 1, seed: 9 };
        for (lists, users) in [(2, 100), (3, 101), (5, 101), (6, 102)] {
            assert_eq!(run(rule, lists).1.len(), users, "{lists} lists");
        }
        assert_eq!(run(Churn { every: 0, ..rule }, 9).1.len(), 100);
    }

    #[test]
    fn the_seed_decides_which_users_change_and_presence_reports_them() {
        let rule = Churn { every: 1, create: 5, update: 3, delete: 4, seed: 3 };
        let (before, after, presence) = run(rule, 20);
        let (_, again, _) = run(rule, 20);
        let ids = |store: &Store| store.user_ids().collect::<BTreeSet<_>>();
        assert_eq!(ids(&after), ids(&again));
        assert_ne!(ids(&after), ids(&run(Churn { seed: 4, ..rule }, 20).1));
        let (before, after) = (ids(&before), ids(&after));
        assert_eq!(after.len(), 120);
        assert_eq!(presence.throughout, before.intersection(&after).cloned().collect());
        assert!(presence.throughout.len() < 100 && presence.ever.len() == 200);
        assert!(presence.ever.is_superset(&after));
    }

    #[test]
    fn an_update_changes_one_member() {
        let user = Bytes::from_static(br#"{"a":1.50,"updated_at":"x","b":"\u00e9"}"#);
        assert_eq!(touched(&user, "now"), r#"{"a":1.50,"updated_at":"now","b":"\u00e9"}"#);
    }
}
