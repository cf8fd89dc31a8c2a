//! Changes to collections: single rows, and the pairs of relations.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;

use crate::api::collection::{CollectionPath, Collections, TenantData, row_kind};
use crate::api::key;
use crate::api::relation::{Edges, MEMBERS, RELATIONS, Relation};
use crate::api::rows::IndexedRows;
use crate::entity::Entity;

/// The collections whose rows can be changed one by one.
const CHANGING: [&str; 2] = ["/roles", "/organizations"];

/// A pair that begins or ends with another change: its entity and key.
pub(crate) type PairKey = (Entity, Vec<String>);

/// The effect of connecting or disconnecting a pair.
#[derive(Debug, Default)]
pub(crate) struct LinkEffect {
    /// False if nothing changed.
    pub(crate) changed: bool,
    /// The roles of a new member.
    pub(crate) linked: Vec<PairKey>,
    /// The roles of a former member.
    pub(crate) unlinked: Vec<PairKey>,
}

impl Collections {
    /// Draws every relation and generates the rows of the collections that change, so that what is read later does not
    /// depend on changes in between.
    pub(crate) fn settle(&self, tenant: &dyn TenantData) {
        let _settling = self.settling.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.lock().origins.is_empty() {
            return;
        }
        for relation in &RELATIONS {
            self.edges(tenant, relation);
        }
        for template in CHANGING {
            let rows = self.made(tenant, &CollectionPath::root(template));
            let mut kept = self.lock();
            kept.origins.insert(template, Arc::new(rows.keys().collect()));
            if kept.given.insert(CollectionPath::root(template), rows).is_none() {
                kept.changing.insert(template);
            }
        }
    }

    /// Replaces or appends a row of `/roles` or `/organizations`, or deletes it; returns the row before. The collections
    /// have to be settled.
    pub(crate) fn replace_row(&self, template: &str, key: &str, after: Option<Bytes>) -> Option<Bytes> {
        let mut kept = self.lock();
        let rows = kept.given.entry(CollectionPath::root(template));
        let rows =
            rows.or_insert_with(|| Arc::new(IndexedRows::new(key::member(template, &row_kind(template)), Vec::new())));
        Arc::make_mut(rows).replace(key, after)
    }

    /// Sets the rows of a list without an effect on any other.
    pub(crate) fn set_list(&self, place: CollectionPath, rows: Vec<Bytes>) {
        let key = key::member(&place.template, &row_kind(&place.template));
        self.lock().given.insert(place, Arc::new(IndexedRows::new(key, rows)));
    }

    /// True if the relation connects the two keys.
    pub(crate) fn is_linked(&self, tenant: &dyn TenantData, relation: &'static Relation, keys: [&str; 2]) -> bool {
        let [left, right] = keys;
        let listed = relation.forward.first().map(|list| CollectionPath::new(list, &[left.to_owned()]));
        match listed.and_then(|list| self.given(&list)) {
            Some(given) => given.find(right).is_some(),
            None => self.edges(tenant, relation).of(right, false).iter().any(|known| known == left),
        }
    }

    /// The keys of a list below one object.
    pub(crate) fn keys_below(&self, tenant: &dyn TenantData, list: &str, parent: &str) -> Vec<String> {
        self.rows(tenant, &CollectionPath::new(list, &[parent.to_owned()]), &row_kind(list)).keys()
    }

    /// Connects or disconnects a user and a role, a member and an organization, or a member and a role. The collections
    /// have to be settled.
    pub(crate) fn link_pair(
        &self,
        tenant: &dyn TenantData,
        entity: Entity,
        key: &[&str],
        connected: bool,
    ) -> LinkEffect {
        let mut effect = LinkEffect::default();
        match (entity.relation(), key) {
            (Some(relation), [left, right]) => {
                effect.changed = self.link(tenant, relation, [left, right], connected);
                if entity == Entity::OrganizationMembers && effect.changed {
                    if connected {
                        let roles = self.begin_membership([left, right]).into_iter();
                        effect.linked = roles.map(|role| member_role(left, right, &role)).collect();
                    } else {
                        effect.unlinked = self.end_membership([left, right]);
                    }
                }
            }
            (None, [organization, user, role]) => {
                // The roles of a user who is no member are not shown.
                let is_member = self.is_linked(tenant, &MEMBERS, [organization, user]);
                if !is_member {
                    self.begin_membership([organization, user]);
                }
                effect.changed = self.link_member_role([organization, user, role], connected) && is_member;
            }
            _ => {}
        }
        effect
    }

    /// Connects or disconnects two keys, on both sides; false if nothing changes.
    fn link(&self, tenant: &dyn TenantData, relation: &'static Relation, keys: [&str; 2], connected: bool) -> bool {
        let was_linked = self.is_linked(tenant, relation, keys);
        let [left, right] = keys;
        let sides = [(relation.forward, left, right, relation.right), (relation.backward, right, left, relation.left)];
        for (lists, parent, child, target) in sides {
            for list in lists {
                let place = CollectionPath::new(list, &[parent.to_owned()]);
                if self.given(&place).is_none() {
                    continue;
                }
                let row = connected.then(|| self.projection(tenant, &place, target, child)).flatten();
                if let Some(rows) = self.lock().given.get_mut(&place)
                    && (row.is_some() || !connected)
                {
                    Arc::make_mut(rows).replace(child, row);
                }
            }
        }
        self.edges(tenant, relation);
        self.with_edges(relation, |edges| match connected {
            true => edges.connect(left, right),
            false => edges.disconnect(left, right),
        });
        was_linked != connected
    }

    /// Gives a member of an organization a role or takes it; false if nothing changes. It is shown as long as the user
    /// is a member.
    fn link_member_role(&self, keys: [&str; 3], has_role: bool) -> bool {
        let [organization, user, role] = keys;
        let shown = self.settled_member_roles(organization, user).unwrap_or_default();
        let mut kept = self.lock();
        let of_user = kept.member_roles.entry(user.to_owned()).or_default();
        let roles = of_user.entry(organization.to_owned()).or_insert(shown);
        let had_role = roles.iter().any(|known| known == role);
        match has_role {
            true if !had_role => roles.push(role.to_owned()),
            true => {}
            false => roles.retain(|known| known != role),
        }
        had_role != has_role
    }

    /// The roles of a user who becomes a member: those that it was given before, and none that are drawn.
    fn begin_membership(&self, [organization, user]: [&str; 2]) -> Vec<String> {
        let mut kept = self.lock();
        kept.member_roles.entry(user.to_owned()).or_default().entry(organization.to_owned()).or_default().clone()
    }

    /// Takes all roles of a member, and returns them.
    fn end_membership(&self, [organization, user]: [&str; 2]) -> Vec<PairKey> {
        let roles = self.settled_member_roles(organization, user).unwrap_or_default();
        let mut kept = self.lock();
        kept.member_roles.entry(user.to_owned()).or_default().insert(organization.to_owned(), Vec::new());
        drop(kept);
        roles.into_iter().map(|role| member_role(organization, user, &role)).collect()
    }

    /// Takes a deleted user out of all lists. Needs no users, so that they may be locked.
    pub(crate) fn forget_user(&self, user: &str) -> Vec<PairKey> {
        let mut unlinked = Vec::new();
        for relation in RELATIONS.iter().filter(|relation| relation.right == "/users") {
            for left in self.with_edges(relation, |edges| edges.remove(user, false)).unwrap_or_default() {
                if *relation == MEMBERS {
                    unlinked.extend(self.end_membership([&left, user]));
                }
                unlinked.extend(unlinked_pair(relation, [left, user.to_owned()]));
            }
            self.forget_given(relation.forward, user);
        }
        let mut kept = self.lock();
        kept.member_roles.remove(user);
        kept.given.retain(|place, _| {
            !place.template.starts_with("/users/{}/") || place.parents.first().is_none_or(|of| of != user)
        });
        unlinked
    }

    /// Takes a row of `/roles` or `/organizations` out of all lists, before it is deleted. Members who have a role by
    /// the seed are searched if `all` is set: it is a matter of all members.
    pub(crate) fn forget_row(&self, template: &str, key: &str, all: bool) -> Vec<PairKey> {
        let mut unlinked = Vec::new();
        if template == "/roles" {
            unlinked.extend(self.forget_member_role(key, all));
        }
        for relation in &RELATIONS {
            for (forward, collection, lists) in
                [(true, relation.left, relation.backward), (false, relation.right, relation.forward)]
            {
                if collection != template {
                    continue;
                }
                self.forget_given(lists, key);
                for other in self.with_edges(relation, |edges| edges.remove(key, forward)).unwrap_or_default() {
                    if *relation == MEMBERS {
                        unlinked.extend(self.end_membership([key, &other]));
                    }
                    unlinked.extend(unlinked_pair(relation, [key.to_owned(), other]));
                }
            }
        }
        unlinked
    }

    /// The members that lose a role.
    fn forget_member_role(&self, role: &str, all: bool) -> Vec<PairKey> {
        let members = match self.lock().edges.get(&0) {
            Some(edges) if all && RELATIONS[0] == MEMBERS => Arc::clone(edges),
            _ => Arc::default(),
        };
        let mut unlinked = Vec::new();
        for (organization, user) in members.pairs() {
            let is_changed = self.lock().member_roles.get(user).is_some_and(|of| of.contains_key(organization));
            let roles = if is_changed { None } else { self.settled_member_roles(organization, user) };
            if roles.is_some_and(|roles| roles.iter().any(|known| known == role)) {
                unlinked.push(member_role(organization, user, role));
            }
        }
        for (user, of_user) in &mut self.lock().member_roles {
            for (organization, roles) in of_user {
                if roles.iter().any(|known| known == role) {
                    roles.retain(|known| known != role);
                    unlinked.push(member_role(organization, user, role));
                }
            }
        }
        unlinked
    }

    fn forget_given(&self, lists: &[&str], key: &str) {
        let mut kept = self.lock();
        let given = kept.given.iter_mut().filter(|(place, _)| lists.contains(&place.template.as_str()));
        for (_, rows) in given.filter(|(_, rows)| rows.find(key).is_some()) {
            Arc::make_mut(rows).replace(key, None);
        }
    }

    /// Changes the edges of a relation; `None` if they have not been drawn.
    fn with_edges<T>(&self, relation: &Relation, change: impl FnOnce(&mut Edges) -> T) -> Option<T> {
        let number = RELATIONS.iter().position(|other| other == relation)?;
        self.lock().edges.get_mut(&number).map(|edges| change(Arc::make_mut(edges)))
    }
}

fn member_role(organization: &str, user: &str, role: &str) -> PairKey {
    (Entity::OrganizationMemberRoles, [organization, user, role].map(str::to_owned).to_vec())
}

/// The pair of a relation, if its changes are followed.
fn unlinked_pair(relation: &Relation, pair: [String; 2]) -> Option<PairKey> {
    let entity = Entity::ALL.into_iter().find(|entity| entity.relation() == Some(relation))?;
    Some((entity, pair.to_vec()))
}
