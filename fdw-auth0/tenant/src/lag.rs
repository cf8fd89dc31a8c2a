//! The lag of lists and searches behind the tenant's objects.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::api::collection::{Collections, TenantData};
use crate::change::Change;
use crate::entity::Entity;
use crate::store::Store;

/// The time after which lists and searches show a change. Requests by id show it at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchLag {
    /// After so many milliseconds.
    Ms(u64),
    /// After so many requests to the Management API.
    Requests(u64),
}

/// The users and collections that lists and searches read.
pub(crate) struct View<'a> {
    pub(crate) users: Arc<Store>,
    pub(crate) collections: Arc<Collections>,
    pub(crate) domain: &'a str,
}

impl TenantData for View<'_> {
    fn users(&self) -> Arc<Store> {
        Arc::clone(&self.users)
    }

    fn domain(&self) -> &str {
        self.domain
    }

    fn collections(&self) -> &Collections {
        &self.collections
    }
}

/// The state of lists and searches, and the changes that they do not show yet.
pub(crate) struct Lagging {
    lag: SearchLag,
    users: Arc<Store>,
    collections: Arc<Collections>,
    pending: VecDeque<(Due, Change)>,
}

#[derive(Debug, Clone, Copy)]
enum Due {
    At(Instant),
    /// After the request with this number.
    After(u64),
}

impl Due {
    fn is_reached(self, request: u64) -> bool {
        match self {
            Self::At(time) => Instant::now() >= time,
            Self::After(number) => request > number,
        }
    }
}

impl Lagging {
    /// Starts with the users and the settled collections as they are.
    pub(crate) fn new(lag: SearchLag, users: Arc<Store>, collections: Collections) -> Self {
        Self { lag, users, collections: Arc::new(collections), pending: VecDeque::new() }
    }

    pub(crate) fn lag(&self) -> SearchLag {
        self.lag
    }

    /// Queues a change that was made during the request with this number.
    pub(crate) fn push(&mut self, change: Change, request: u64) {
        let due = match self.lag {
            SearchLag::Ms(ms) => Due::At(Instant::now() + Duration::from_millis(ms)),
            SearchLag::Requests(count) => Due::After(request + count),
        };
        self.pending.push_back((due, change));
    }

    /// The state for the request with this number.
    pub(crate) fn view<'a>(&mut self, request: u64, domain: &'a str) -> View<'a> {
        while self.pending.front().is_some_and(|(due, _)| due.is_reached(request)) {
            if let Some((_, change)) = self.pending.pop_front() {
                self.apply(&change, domain);
            }
        }
        View { users: Arc::clone(&self.users), collections: Arc::clone(&self.collections), domain }
    }

    fn apply(&mut self, change: &Change, domain: &str) {
        let key: Vec<&str> = change.key.iter().map(String::as_str).collect();
        match (change.entity, key.as_slice()) {
            (Entity::Users, [user_id]) => {
                let users = Arc::make_mut(&mut self.users);
                match &change.after {
                    Some(user) => drop(users.upsert(user.clone())),
                    None => {
                        users.delete(user_id);
                        self.collections.forget_user(user_id);
                    }
                }
            }
            (Entity::Roles | Entity::Organizations, [id]) => {
                let [template] = change.entity.collections() else { return };
                if change.after.is_none() {
                    self.collections.forget_row(template, id, false);
                }
                self.collections.replace_row(template, id, change.after.clone());
            }
            (entity, key) => {
                let view = View { users: Arc::clone(&self.users), collections: Arc::clone(&self.collections), domain };
                self.collections.link_pair(&view, entity, key, change.after.is_some());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn a_change_is_shown_after_its_requests() {
        let users = Arc::new(Store::from_json(&[r#"{"user_id":"a"}"#.to_owned()]));
        let mut lagging = Lagging::new(SearchLag::Requests(2), users, Collections::new(1));
        let change = |id: &str, after: bool| Change {
            entity: Entity::Users,
            key: vec![id.to_owned()],
            before: None,
            after: after.then(|| Bytes::from(format!(r#"{{"user_id":"{id}"}}"#))),
            role_name: None,
        };
        lagging.push(change("b", true), 5);
        lagging.push(change("a", false), 6);
        let table = [(5, "a"), (6, "a"), (7, "a"), (8, "ab"), (9, "b")];
        for (request, expected) in table {
            assert_eq!(lagging.view(request, "t").users.user_ids().collect::<String>(), expected, "{request}");
        }
    }

    #[test]
    fn a_change_is_shown_after_its_time() {
        let users = Arc::new(Store::from_json(&[]));
        for (ms, expected) in [(0, 1), (60_000, 0)] {
            let mut lagging = Lagging::new(SearchLag::Ms(ms), Arc::clone(&users), Collections::new(1));
            let after = Some(Bytes::from_static(br#"{"user_id":"a"}"#));
            let key = vec!["a".to_owned()];
            lagging.push(Change { entity: Entity::Users, key, before: None, after, role_name: None }, 1);
            assert_eq!(lagging.view(1, "t").users.len(), expected, "{ms}");
        }
    }
}
