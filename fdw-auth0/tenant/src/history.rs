//! Every state that users, roles, organizations and their pairs had, since it is recorded.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::Value;

use crate::api::collection::{CollectionPath, Collections, TenantData as _};
use crate::change::Change;
use crate::entity::Entity;
use crate::lag::View;
use crate::rate_limit::since_epoch;
use crate::store::{Store, text_member};

/// The states of the tenant's objects since [`crate::Tenant::record_history`], as they were when this was returned.
///
/// Times have microseconds, and each change has a time of its own.
#[derive(Clone)]
pub struct History {
    /// Microseconds since 1970.
    began: u64,
    users: Arc<Store>,
    collections: Arc<Collections>,
    changes: Arc<Vec<Recorded>>,
}

#[derive(Debug, Clone)]
struct Recorded {
    at: u64,
    entity: Entity,
    key: Vec<String>,
    row: Option<Bytes>,
}

/// A state of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The time of the change that led to it, or of the beginning of the history.
    pub from: SystemTime,
    /// The time of the next change; `None` if there was none.
    pub until: Option<SystemTime>,
    /// The object's JSON; `None` while it did not exist. Pairs have the members of their key.
    pub row: Option<String>,
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("began", &self.began()).field("changes", &self.changes.len()).finish()
    }
}

impl History {
    /// Begins with these users and settled collections.
    pub(crate) fn new(users: Arc<Store>, collections: Collections) -> Self {
        Self { began: now(), users, collections: Arc::new(collections), changes: Arc::default() }
    }

    pub(crate) fn record(&mut self, change: &Change) {
        let last = self.changes.last().map_or(self.began, |change| change.at);
        let Change { entity, key, after, .. } = change.clone();
        Arc::make_mut(&mut self.changes).push(Recorded { at: now().max(last + 1), entity, key, row: after });
    }

    /// The time from which states are known.
    pub fn began(&self) -> SystemTime {
        time(self.began)
    }

    /// Number of changes so far.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// True if nothing has changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The states of one object in their order; the first is that at the beginning. The key's parts are in the order of
    /// [`Entity::key`].
    pub fn versions<S: AsRef<str>>(&self, entity: Entity, key: &[S]) -> Vec<Version> {
        let key: Vec<String> = key.iter().map(|part| part.as_ref().to_owned()).collect();
        let mut versions =
            vec![Version { from: self.began(), until: None, row: text(self.at_beginning(entity, &key)) }];
        for change in self.changes.iter().filter(|change| change.entity == entity && change.key == key) {
            if let Some(last) = versions.last_mut() {
                last.until = Some(time(change.at));
            }
            versions.push(Version { from: time(change.at), until: None, row: text(change.row.clone()) });
        }
        versions
    }

    /// The states of an object that are equal to `row`, which is JSON; its members may be in any order.
    pub fn times_of<S: AsRef<str>>(&self, entity: Entity, key: &[S], row: &str) -> Vec<Version> {
        let wanted: Option<Value> = serde_json::from_str(row).ok();
        let is_equal = |version: &Version| {
            let row = version.row.as_deref().and_then(|row| serde_json::from_str::<Value>(row).ok());
            row.is_some() && row == wanted
        };
        self.versions(entity, key).into_iter().filter(is_equal).collect()
    }

    /// The objects that existed at a time, by key. A change at that time is part of it.
    pub fn rows_at(&self, entity: Entity, at: SystemTime) -> BTreeMap<Vec<String>, String> {
        let at = at.duration_since(UNIX_EPOCH).map_or(0, microseconds);
        let mut rows = self.all_at_beginning(entity);
        for change in self.changes.iter().filter(|change| change.entity == entity && change.at <= at) {
            match &change.row {
                Some(row) => drop(rows.insert(change.key.clone(), row.clone())),
                None => drop(rows.remove(&change.key)),
            }
        }
        rows.into_iter().filter_map(|(key, row)| Some((key, text(Some(row))?))).collect()
    }

    fn view(&self) -> View<'static> {
        View { users: Arc::clone(&self.users), collections: Arc::clone(&self.collections), domain: "" }
    }

    fn at_beginning(&self, entity: Entity, key: &[String]) -> Option<Bytes> {
        match (entity, entity.relation(), key) {
            (Entity::Users, _, [user_id]) => self.users.by_id(user_id),
            (Entity::Roles | Entity::Organizations, _, [id]) => {
                let place = CollectionPath::new(entity.collections().first()?, &[]);
                self.collections.find(&self.view(), &place, id)
            }
            (_, Some(relation), [left, right]) => {
                self.collections.is_linked(&self.view(), relation, [left, right]).then(|| entity.pair(key))
            }
            (Entity::OrganizationMemberRoles, _, [organization, user, role]) => {
                let roles = self.collections.member_roles(&self.view(), organization, user);
                roles.contains(role).then(|| entity.pair(key))
            }
            _ => None,
        }
    }

    fn all_at_beginning(&self, entity: Entity) -> BTreeMap<Vec<String>, Bytes> {
        let view = self.view();
        let users = |list: &str, left: &str| self.collections.keys_below(&view, list, left);
        let pairs = |key: Vec<String>| (key.clone(), entity.pair(&key));
        match entity {
            Entity::Users => {
                let users = (0..self.users.len()).filter_map(|position| self.users.get(position));
                users.filter_map(|user| Some((vec![text_member(&user, "user_id")?], user))).collect()
            }
            Entity::Roles | Entity::Organizations => {
                let place = CollectionPath::new(entity.collections().first().unwrap_or(&""), &[]);
                let rows = self.collections.made(&view, &place);
                rows.rows().iter().filter_map(|row| Some((vec![text_member(row, "id")?], row.clone()))).collect()
            }
            Entity::RoleUsers => {
                let roles = view.collections().keys(&view, "/roles").into_iter();
                let of = |role: String| {
                    users("/roles/{}/users", &role).into_iter().map(move |user| vec![role.clone(), user])
                };
                roles.flat_map(of).map(pairs).collect()
            }
            Entity::OrganizationMembers | Entity::OrganizationMemberRoles => {
                let organizations = view.collections().keys(&view, "/organizations").into_iter();
                let members = organizations.flat_map(|organization| {
                    let users = users("/organizations/{}/members", &organization).into_iter();
                    users.map(move |user| vec![organization.clone(), user])
                });
                if entity == Entity::OrganizationMembers {
                    return members.map(pairs).collect();
                }
                let roles = |member: Vec<String>| {
                    let roles = self.collections.member_roles(&view, &member[0], &member[1]).into_iter();
                    roles.map(move |role| [member.as_slice(), &[role]].concat()).collect::<Vec<_>>()
                };
                members.flat_map(roles).map(pairs).collect()
            }
        }
    }
}

fn now() -> u64 {
    microseconds(since_epoch())
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn time(microseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(microseconds)
}

fn text(row: Option<Bytes>) -> Option<String> {
    row.map(|row| String::from_utf8_lossy(&row).into_owned())
}
