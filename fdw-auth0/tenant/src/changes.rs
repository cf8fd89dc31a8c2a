//! Changes to the tenant: requests and control change it here only, so that its followers see all of them.

use std::sync::{Arc, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::api::collection::{CollectionPath, Collections};
use crate::change::Change;
use crate::editor::UserEditor;
use crate::entity::Entity;
use crate::followers::Followers;
use crate::history::History;
use crate::lag::{Lagging, SearchLag, View};
use crate::state::State;
use crate::store::text_member;

impl State {
    /// Changes users.
    pub(crate) fn change_users<T>(&self, change: impl FnOnce(&mut UserEditor<'_>) -> T) -> T {
        let mut followers = self.followers();
        // Copied only if a frozen search, a watch or an export still holds the previous users.
        self.with_users(|store| {
            change(&mut UserEditor { store, collections: &self.collections, followers: &mut followers })
        })
    }

    /// Replaces users with the same ids, or appends them.
    pub(crate) fn upsert_users(&self, users: impl IntoIterator<Item = Bytes>) {
        self.change_users(|editor| users.into_iter().for_each(|user| editor.upsert(user)));
    }

    /// Deletes users; returns how many of them existed.
    pub(crate) fn delete_users<'a>(&self, user_ids: impl IntoIterator<Item = &'a str>) -> usize {
        self.change_users(|editor| user_ids.into_iter().filter(|user_id| editor.delete(user_id)).count())
    }

    /// Replaces or appends a role or an organization, or deletes it.
    pub(crate) fn change_row(&self, entity: Entity, key: &str, after: Option<Bytes>) {
        let [template] = entity.collections() else { return };
        self.collections.settle(self);
        let mut followers = self.followers();
        let unlinked = match after {
            None => self.collections.forget_row(template, key, followers.history.is_some()),
            Some(_) => Vec::new(),
        };
        let before = self.collections.replace_row(template, key, after.clone());
        followers.record(Change { entity, key: vec![key.to_owned()], before, after, role_name: None });
        followers.record_pairs(unlinked, false);
    }

    /// Connects or disconnects a user and a role, a member and an organization, or a member and a role.
    pub(crate) fn change_link(&self, entity: Entity, key: &[&str], connected: bool) {
        self.collections.settle(self);
        let role = key.get(2).and_then(|role| self.collections.find(self, &CollectionPath::new("/roles", &[]), role));
        let mut followers = self.followers();
        let effect = self.collections.link_pair(self, entity, key, connected);
        if effect.changed {
            let key = key.iter().map(|part| (*part).to_owned()).collect();
            let role_name = role.and_then(|role| text_member(&role, "name"));
            followers.record(Change { role_name, ..Change::of_pair(entity, key, connected) });
        }
        followers.record_pairs(effect.linked, true);
        followers.record_pairs(effect.unlinked, false);
    }

    /// Counts a request to the Management API.
    pub(crate) fn count_request(&self) {
        self.followers().requests += 1;
    }

    /// The users and collections that lists and searches show.
    pub(crate) fn view(&self) -> View<'_> {
        let mut followers = self.followers();
        let requests = followers.requests;
        match &mut followers.lagging {
            Some(lagging) => lagging.view(requests, self.issuer.domain()),
            None => {
                View { users: self.users(), collections: Arc::clone(&self.collections), domain: self.issuer.domain() }
            }
        }
    }

    /// Lets lists and searches lag behind changes from now on; `None` ends that, and they show all changes.
    pub(crate) fn set_search_lag(&self, lag: Option<SearchLag>) {
        self.collections.settle(self);
        let mut followers = self.followers();
        followers.lagging = lag.map(|lag| Lagging::new(lag, self.users(), Collections::clone(&self.collections)));
    }

    pub(crate) fn search_lag(&self) -> Option<SearchLag> {
        self.followers().lagging.as_ref().map(Lagging::lag)
    }

    /// Records the states of objects from now on, or ends that and forgets them.
    pub(crate) fn record_history(&self, record: bool) {
        if record {
            self.collections.settle(self);
        }
        let mut followers = self.followers();
        followers.history = record.then(|| History::new(self.users(), Collections::clone(&self.collections)));
    }

    /// Begins the lag and the history again, after users or collections were replaced as a whole.
    pub(crate) fn restart_followers(&self) {
        if let Some(lag) = self.search_lag() {
            self.set_search_lag(Some(lag));
        }
        if self.followers().history.is_some() {
            self.record_history(true);
        }
    }

    /// True if an object exists; `collection` is that of users, roles or organizations.
    pub(crate) fn exists(&self, collection: &str, key: &str) -> bool {
        self.collections.find(self, &CollectionPath::new(collection, &[]), key).is_some()
    }

    /// The strategy of the connection with this name.
    pub(crate) fn connection_strategy(&self, name: &str) -> Option<String> {
        let connections = self.collections.made(self, &CollectionPath::new("/connections", &[]));
        let connection = connections.rows().iter().find(|row| text_member(row, "name").as_deref() == Some(name));
        match connection {
            Some(connection) => text_member(connection, "strategy"),
            // Recordings may lack the connection of their users.
            None => (name == crate::synthetic::CONNECTIONS[0]).then(|| "auth0".to_owned()),
        }
    }

    pub(crate) fn followers(&self) -> MutexGuard<'_, Followers> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
