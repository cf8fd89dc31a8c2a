//! The rows of every collection: given, or generated from a seed, with relations to the rows of other collections.

use std::collections::{HashMap, HashSet};
use std::hash::Hasher as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::api::description::{DESCRIPTION, Field, Kind, Shape};
use crate::api::generate::Generator;
use crate::api::key::{self, log_time};
use crate::api::relation::{self, CONNECTION_CLIENTS, Edges, MEMBERS, RELATIONS, Relation, RightKeys};
use crate::api::rows::IndexedRows;
use crate::store::{Store, text_member};
use crate::synthetic::{CONNECTIONS, Dice, timestamp};

/// A collection: the template of its list's path, and the values of the parameters in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CollectionPath {
    pub(crate) template: String,
    pub(crate) parents: Vec<String>,
}

impl CollectionPath {
    pub(crate) fn new(template: &str, parents: &[String]) -> Self {
        Self { template: template.to_owned(), parents: parents.to_vec() }
    }

    pub(super) fn root(template: &str) -> Self {
        Self::new(template, &[])
    }

    /// The place's hash, for seeds.
    fn hash(&self) -> u64 {
        // The same in every run, unlike the standard library's hash.
        let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
        for part in std::iter::once(&self.template).chain(&self.parents) {
            hasher.write(part.as_bytes());
            hasher.write(b"\n");
        }
        hasher.finish()
    }
}

struct Fnv(u64);

impl std::hash::Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The tenant around the collections: their rows refer to it and to each other.
pub(crate) trait TenantData {
    /// The users as they are now.
    fn users(&self) -> Arc<Store>;

    /// The tenant's domain.
    fn domain(&self) -> &str;

    /// The tenant's collections.
    fn collections(&self) -> &Collections;
}

/// The state of all collections.
pub(crate) struct Collections {
    seed: u64,
    kept: Mutex<Inner>,
    /// Held while the collections are settled.
    pub(super) settling: Mutex<()>,
}

#[derive(Default, Clone)]
pub(super) struct Inner {
    /// Numbers of rows, by the list's template.
    sizes: HashMap<String, usize>,
    pub(super) given: HashMap<CollectionPath, Arc<IndexedRows>>,
    made: HashMap<CollectionPath, Arc<IndexedRows>>,
    pub(super) edges: HashMap<usize, Arc<Edges>>,
    /// The collections whose rows were generated, and are kept since they can change.
    pub(super) changing: HashSet<&'static str>,
    /// The keys of changed collections before their first change. All that is drawn refers to these, so that a change
    /// to one row changes no other.
    pub(super) origins: HashMap<&'static str, Arc<Vec<String>>>,
    /// The roles of members that were changed, by user and organization.
    pub(super) member_roles: HashMap<String, HashMap<String, Vec<String>>>,
    /// The owner of each row below users, by the list's template and the row's key.
    row_owners: HashMap<String, Arc<RowOwners>>,
}

impl Inner {
    /// Forgets the generated rows, after a change to the data they depend on.
    fn forget(&mut self) {
        self.made.clear();
        self.edges.clear();
        self.row_owners.clear();
        self.origins.clear();
        self.member_roles.clear();
    }
}

impl Clone for Collections {
    fn clone(&self) -> Self {
        Self { seed: self.seed, kept: Mutex::new(self.lock().clone()), settling: Mutex::default() }
    }
}

/// The users that rows below them belong to.
struct RowOwners {
    /// Value of [`Store::ever`] when this was built.
    ever: usize,
    users: HashMap<String, String>,
}

/// The rows of a list, generated on access.
pub(crate) enum Rows {
    Indexed(Arc<IndexedRows>),
    /// Rows that are projections of another collection's rows.
    Related(Related),
}

/// The keys on the other side of a relation.
pub(crate) struct Related {
    place: CollectionPath,
    row: Kind,
    target: &'static str,
    keys: Vec<String>,
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Indexed(ready) => ready.rows().len(),
            Self::Related(related) => related.keys.len(),
        }
    }

    pub(crate) fn get(&self, tenant: &dyn TenantData, index: usize) -> Option<Bytes> {
        match self {
            Self::Indexed(ready) => ready.rows().get(index).cloned(),
            Self::Related(related) => tenant.collections().project(tenant, related, related.keys.get(index)?),
        }
    }

    /// The keys, in the order of the rows.
    pub(crate) fn keys(&self) -> Vec<String> {
        match self {
            Self::Indexed(ready) => ready.keys().collect(),
            Self::Related(related) => related.keys.clone(),
        }
    }

    /// The row with this key.
    pub(crate) fn find(&self, tenant: &dyn TenantData, key: &str) -> Option<Bytes> {
        match self {
            Self::Indexed(ready) => ready.find(key).cloned(),
            Self::Related(related) => {
                let known = related.keys.iter().any(|other| other == key);
                known.then(|| tenant.collections().project(tenant, related, key))?
            }
        }
    }
}

/// The default number of rows of a top-level collection.
fn usual_size(template: &str) -> usize {
    match template {
        "/organizations" => 25,
        "/roles" | "/groups" => 8,
        "/clients" | "/client-grants" => 12,
        "/connections" => CONNECTIONS.len(),
        "/logs" => 120,
        "/stats/daily" => 30,
        _ => 5,
    }
}

/// The lists of configurations that some connections have, and the path of each single configuration.
pub(crate) const CONNECTION_CONFIGURATIONS: [(&str, &str); 2] = [
    ("/connections-directory-provisionings", "/connections/{}/directory-provisioning"),
    ("/connections-scim-configurations", "/connections/{}/scim-configuration"),
];

/// Prompts and their screens.
const SCREENS: [(&str, &str); 6] = [
    ("login", "login"),
    ("login-id", "login-id"),
    ("login-password", "login-password"),
    ("signup", "signup"),
    ("mfa-otp", "mfa-otp-challenge"),
    ("logout", "logout"),
];

/// The scopes of every API.
const SCOPES: [&str; 3] = ["read:reports", "create:reports", "delete:reports"];

fn identifier(index: usize) -> String {
    format!("https://api{index}.example.com/")
}

impl Collections {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, kept: Mutex::default(), settling: Mutex::default() }
    }

    /// Sets the number of rows of every collection at a template.
    pub(crate) fn set_size(&self, template: &str, size: usize) {
        let mut kept = self.lock();
        kept.sizes.insert(template.to_owned(), size);
        if kept.changing.remove(template) {
            kept.given.remove(&CollectionPath::root(template));
        }
        kept.forget();
    }

    /// Replaces the rows of a collection.
    pub(crate) fn give(&self, place: CollectionPath, key: String, rows: Vec<Bytes>) {
        let mut kept = self.lock();
        kept.changing.remove(place.template.as_str());
        kept.given.insert(place, Arc::new(IndexedRows::new(key, rows)));
        kept.forget();
    }

    /// Forgets the rows that were generated for users that no longer exist.
    pub(crate) fn forget_users(&self) {
        self.lock().forget();
    }

    /// The rows that were given for a collection.
    pub(crate) fn given(&self, place: &CollectionPath) -> Option<Arc<IndexedRows>> {
        self.lock().given.get(place).cloned()
    }

    /// The rows of a list.
    pub(crate) fn rows(&self, tenant: &dyn TenantData, place: &CollectionPath, row: &Kind) -> Rows {
        if let Some(given) = self.given(place) {
            return Rows::Indexed(given);
        }
        let related = |target, keys: Vec<String>| {
            let place = place.clone();
            Rows::Related(Related { place, row: row.clone(), target, keys })
        };
        let parent = |index: usize| place.parents.get(index).map(String::as_str).unwrap_or_default();
        let other_side = |template: &str, key: &str| match relation::of(template) {
            Some((relation, forward)) => {
                let target = if forward { relation.right } else { relation.left };
                related(target, self.neighbours(tenant, relation, forward, key))
            }
            None => related("/roles", Vec::new()),
        };
        match place.template.as_str() {
            "/users/{}/logs" => {
                let logs = self.made(tenant, &CollectionPath::root("/logs"));
                let of_user = |log: &&Bytes| text_member(log, "user_id").as_deref() == Some(parent(0));
                Rows::Indexed(Arc::new(IndexedRows::new(
                    "log_id".to_owned(),
                    logs.rows().iter().filter(of_user).cloned().collect(),
                )))
            }
            "/organizations/{}/members/{}/roles" | "/organizations/{}/members/{}/effective-roles" => {
                related("/roles", self.member_roles(tenant, parent(0), parent(1)))
            }
            "/organizations/{}/roles/{}/members" => {
                let members = self.neighbours(tenant, &MEMBERS, true, parent(0));
                let has_role =
                    |user: &String| self.member_roles(tenant, parent(0), user).iter().any(|role| role == parent(1));
                related("/users", members.into_iter().filter(has_role).collect())
            }
            "/organizations/{}/groups/{}/roles" => other_side("/groups/{}/roles", parent(1)),
            "/organizations/{}/roles/{}/groups" => other_side("/roles/{}/groups", parent(1)),
            "/users/{}/effective-roles/sources/groups" => other_side("/users/{}/groups", parent(0)),
            "/organizations/{}/members/{}/effective-roles/sources/groups" => other_side("/users/{}/groups", parent(1)),
            template if CONNECTION_CONFIGURATIONS.iter().any(|(list, _)| *list == template) => {
                let mut keys = self.keys(tenant, "/connections");
                let size = self.lock().sizes.get(template).copied();
                keys.truncate(size.unwrap_or_else(|| usual_size(template)));
                related("/connections", keys)
            }
            template if relation::of(template).is_some() => other_side(template, parent(0)),
            template => match template.strip_suffix("/search") {
                // A search finds rows of its parent collection.
                Some(collection) => {
                    let keys = self.keys(tenant, collection);
                    match RELATIONS
                        .iter()
                        .flat_map(|relation| [relation.left, relation.right])
                        .find(|name| *name == collection)
                    {
                        Some(target) => related(target, keys),
                        None => Rows::Indexed(self.made(tenant, &CollectionPath::root(collection))),
                    }
                }
                None => Rows::Indexed(self.made(tenant, place)),
            },
        }
    }

    /// The roles of an organization's member: none, one or two of them, for members only.
    pub(crate) fn member_roles(&self, tenant: &dyn TenantData, organization: &str, user: &str) -> Vec<String> {
        if !self.edges(tenant, &MEMBERS).of(user, false).iter().any(|other| other == organization) {
            return Vec::new();
        }
        if let Some(roles) = self.settled_member_roles(organization, user) {
            return roles;
        }
        self.drawn_member_roles(organization, user, &self.keys(tenant, "/roles"))
    }

    /// The roles of a member after [`Collections::settle`]; `None` before.
    pub(super) fn settled_member_roles(&self, organization: &str, user: &str) -> Option<Vec<String>> {
        let origin = {
            let kept = self.lock();
            if let Some(changed) = kept.member_roles.get(user).and_then(|roles| roles.get(organization)) {
                return Some(changed.clone());
            }
            Arc::clone(kept.origins.get("/roles")?)
        };
        let mut drawn = self.drawn_member_roles(organization, user, &origin);
        let existing = self.given(&CollectionPath::root("/roles"));
        drawn.retain(|role| existing.as_ref().is_some_and(|rows| rows.find(role).is_some()));
        Some(drawn)
    }

    fn drawn_member_roles(&self, organization: &str, user: &str, roles: &[String]) -> Vec<String> {
        let place = CollectionPath::new("member roles", &[organization.to_owned(), user.to_owned()]);
        let size = self.lock().sizes.get("/organizations/{}/members/{}/roles").copied();
        let role = |place: usize| roles.get(place).cloned();
        let rights = RightKeys { len: roles.len(), get: &role };
        let edges = Edges::new(&[user.to_owned()], &rights, size, 1, self.seed ^ place.hash());
        edges.of(user, true).to_vec()
    }

    pub(super) fn edges(&self, tenant: &dyn TenantData, relation: &'static Relation) -> Arc<Edges> {
        let number = RELATIONS.iter().position(|other| other == relation).unwrap_or_default();
        let known = self.lock().edges.get(&number).cloned();
        known.unwrap_or_else(|| {
            let lefts = self.keys(tenant, relation.left);
            let users = tenant.users();
            let user = |place: usize| text_member(&users.get(place)?, "user_id");
            let keys = if relation.right == "/users" { Vec::new() } else { self.keys(tenant, relation.right) };
            let key = |place: usize| keys.get(place).cloned();
            let rights = match relation.right {
                "/users" => RightKeys { len: users.len(), get: &user },
                _ => RightKeys { len: keys.len(), get: &key },
            };
            let size = relation.forward.first().and_then(|list| self.lock().sizes.get(*list).copied());
            let seed = self.seed ^ CollectionPath::root(relation.forward.first().unwrap_or(&"")).hash();
            let edges = Arc::new(Edges::new(&lefts, &rights, size, relation.usual, seed));
            // Another thread may have drawn the same edges, and changed them.
            Arc::clone(self.lock().edges.entry(number).or_insert(edges))
        })
    }

    /// A member of an organization with its roles, for an answer to a request that names `roles`.
    pub(crate) fn with_roles(&self, tenant: &dyn TenantData, organization: &str, member: &Bytes) -> Bytes {
        let (Some(user), Ok(Value::Object(mut members))) =
            (text_member(member, "user_id"), serde_json::from_slice(member))
        else {
            return member.clone();
        };
        let role = |id: &String| {
            let role = self.find(tenant, &CollectionPath::root("/roles"), id)?;
            Some(json!({"id": id, "name": text_member(&role, "name")}))
        };
        let roles: Vec<Value> = self.member_roles(tenant, organization, &user).iter().filter_map(role).collect();
        members.insert("roles".to_owned(), roles.into());
        Value::Object(members).to_string().into()
    }

    /// The existing keys that a relation connects to `key`.
    pub(super) fn neighbours(
        &self,
        tenant: &dyn TenantData,
        relation: &'static Relation,
        forward: bool,
        key: &str,
    ) -> Vec<String> {
        let edges = self.edges(tenant, relation);
        let target = if forward { relation.right } else { relation.left };
        let users = tenant.users();
        // A deleted user is in no list.
        let exists = |key: &&String| target != "/users" || users.by_id(key).is_some();
        edges.of(key, forward).iter().filter(exists).cloned().collect()
    }

    /// The keys of a top-level collection.
    pub(crate) fn keys(&self, tenant: &dyn TenantData, template: &str) -> Vec<String> {
        if template == "/users" {
            return tenant.users().user_ids().collect();
        }
        if let Some(given) = self.given(&CollectionPath::root(template)) {
            return given.keys().collect();
        }
        self.made_keys(&CollectionPath::root(template))
    }

    /// The row with a key in a top-level collection.
    pub(crate) fn find(&self, tenant: &dyn TenantData, place: &CollectionPath, key: &str) -> Option<Bytes> {
        if place.template == "/users" {
            return tenant.users().by_id(key);
        }
        match self.given(place) {
            Some(given) => given.find(key).cloned(),
            None => self.rows(tenant, place, &row_kind(&place.template)).find(tenant, key),
        }
    }

    /// The row with a key in the lists of all users at `template`.
    pub(crate) fn find_below_users(&self, tenant: &dyn TenantData, template: &str, key: &str) -> Option<Bytes> {
        let users = tenant.users();
        let known = self.lock().row_owners.get(template).filter(|known| known.ever == users.ever()).cloned();
        let known = known.unwrap_or_else(|| {
            let keys_of = |user: &String| {
                let place = CollectionPath::new(template, std::slice::from_ref(user));
                match self.given(&place) {
                    Some(given) => given.keys().collect(),
                    None => self.made_keys(&place),
                }
            };
            let of_user = |user: String| keys_of(&user).into_iter().map(move |key| (key, user.clone()));
            let made = Arc::new(RowOwners { ever: users.ever(), users: users.user_ids().flat_map(of_user).collect() });
            self.lock().row_owners.insert(template.to_owned(), Arc::clone(&made));
            made
        });
        let user = known.users.get(key).filter(|user| users.by_id(user).is_some())?;
        self.find(tenant, &CollectionPath::new(template, std::slice::from_ref(user)), key)
    }

    /// The keys of a collection's generated rows.
    fn made_keys(&self, place: &CollectionPath) -> Vec<String> {
        let (field, size) = self.made_of(place, &row_kind(&place.template));
        (0..size).map(|index| key::key(&place.template, field, index, &mut self.dice(place, index))).collect()
    }

    /// The rows of a collection that is no projection of another.
    pub(crate) fn made(&self, tenant: &dyn TenantData, place: &CollectionPath) -> Arc<IndexedRows> {
        // Collections below others are many and small.
        const KEPT: usize = 20_000;
        if let Some(given) = self.given(place) {
            return given;
        }
        if let Some(made) = self.lock().made.get(place) {
            return Arc::clone(made);
        }
        let row = row_kind(&place.template);
        let (_, size) = self.made_of(place, &row);
        let rows = (0..size).map(|index| self.make(tenant, place, &row, index)).collect();
        let made = Arc::new(IndexedRows::new(key::member(&place.template, &row), rows));
        let mut kept = self.lock();
        if kept.made.len() >= KEPT {
            kept.made.clear();
        }
        kept.made.insert(place.clone(), Arc::clone(&made));
        made
    }

    /// The key's field and the number of rows of a generated collection.
    fn made_of(&self, place: &CollectionPath, row: &Kind) -> (Option<&'static Field>, usize) {
        let member = key::member(&place.template, row);
        let field = field(&place.template, &member);
        let size = self.lock().sizes.get(&place.template).copied();
        let size = size.unwrap_or_else(|| match field.map(|field| &field.kind) {
            Some(Kind::Enum(values)) => values.len(),
            _ if place.parents.is_empty() => usual_size(&place.template),
            _ => self.dice(place, usize::MAX).0.usize(..5),
        });
        match field.map(|field| &field.kind) {
            Some(Kind::Enum(values)) => (field, size.min(values.len())),
            _ => (field, size),
        }
    }

    fn dice(&self, place: &CollectionPath, index: usize) -> Dice {
        Dice::new(self.seed ^ place.hash(), index as u64)
    }

    fn make(&self, tenant: &dyn TenantData, place: &CollectionPath, row: &Kind, index: usize) -> Bytes {
        let template = place.template.as_str();
        let mut dice = self.dice(place, index);
        let member = key::member(template, row);
        let key = match row {
            // Enumerations in a list are their own rows.
            Kind::Enum(values) => return Value::from(values[index % values.len()].as_str()).to_string().into(),
            _ => key::key(template, field(template, &member), index, &mut dice),
        };
        let reference = |collection: &str, dice: &mut Dice| self.reference(tenant, collection, dice);
        let mut generator = Generator { dice, index, reference: &reference };
        let owned = owners(place);
        let kept: Vec<&str> = owned.iter().map(|(member, _)| member.as_str()).collect();
        let mut members = generator.object(row, &kept);
        if !member.is_empty() {
            members.insert(member, key.as_str().into());
        }
        for (owner, value) in &owned {
            if let Some(member) = members.get_mut(owner) {
                *member = value.as_str().into();
            }
        }
        let mut set = |name: &str, value: Value| {
            members.insert(name.to_owned(), value);
        };
        match template {
            "/organizations" => set("name", format!("org-{index}").into()),
            "/roles" => set("name", format!("Role {index}").into()),
            "/clients" => {
                set("global", false.into());
                set("tenant", tenant.domain().split('.').next().unwrap_or_default().into());
            }
            "/connections" if index < CONNECTIONS.len() => {
                set("name", CONNECTIONS[index].into());
                let strategies = ["auth0", "google-oauth2", "github", "samlp", "waad", "sms", "oauth2", "facebook"];
                set("strategy", strategies[index % strategies.len()].into());
            }
            "/connections" => set("name", format!("connection-{index}").into()),
            "/prompts/rendering" => {
                let (prompt, screen) = SCREENS[index % SCREENS.len()];
                set("prompt", prompt.into());
                set("screen", screen.into());
            }
            "/resource-servers" => {
                set("identifier", identifier(index).into());
                set("name", format!("API {index}").into());
                set("scopes", SCOPES.map(|scope| json!({"value": scope, "description": null})).as_slice().into());
            }
            "/roles/{}/permissions" | "/users/{}/permissions" | "/users/{}/effective-permissions" => {
                let servers = self.keys(tenant, "/resource-servers").len().max(1);
                let nth = self.dice(place, usize::MAX - 1).0.usize(..servers * SCOPES.len()) + index;
                let server = nth / SCOPES.len() % servers;
                set("permission_name", SCOPES[nth % SCOPES.len()].into());
                set("resource_server_identifier", identifier(server).into());
                set("resource_server_name", format!("API {server}").into());
            }
            "/logs" => {
                set("date", timestamp(log_time(index)).into());
                set("type", ["s", "f", "sapi", "seccft", "fp", "limit_wc", "slo"][index % 7].into());
            }
            _ => {}
        }
        if template == "/connections" {
            // The SDK has this member for single connections only; tenants have it in their lists.
            let clients = self.edges(tenant, &CONNECTION_CLIENTS).of(&key, true).to_vec();
            members.insert("enabled_clients".to_owned(), clients.into());
        }
        Value::Object(members).to_string().into()
    }

    fn reference(&self, tenant: &dyn TenantData, collection: &str, dice: &mut Dice) -> Option<String> {
        let index = dice.0.usize(..);
        match collection {
            "/users" => {
                let users = tenant.users();
                let user = (users.len() > 0).then(|| users.get(index % users.len()))??;
                text_member(&user, "user_id")
            }
            "/resource-servers" => {
                let servers = self.given(&CollectionPath::root(collection));
                match servers {
                    Some(given) if !given.rows().is_empty() => {
                        text_member(&given.rows()[index % given.rows().len()], "identifier")
                    }
                    Some(_) => None,
                    None => {
                        let (_, size) = self.made_of(&CollectionPath::root(collection), &row_kind(collection));
                        (size > 0).then(|| identifier(index % size))
                    }
                }
            }
            "connections by name" => Some(CONNECTIONS[index % CONNECTIONS.len()].to_owned()),
            _ => {
                if let Some(origin) = self.lock().origins.get(collection) {
                    return (!origin.is_empty()).then(|| origin[index % origin.len()].clone());
                }
                if let Some(given) = self.given(&CollectionPath::root(collection)) {
                    let rows = given.rows();
                    let row = (!rows.is_empty()).then(|| &rows[index % rows.len()])?;
                    return text_member(row, given.key());
                }
                let place = CollectionPath::root(collection);
                let (field, size) = self.made_of(&place, &row_kind(collection));
                let index = (size > 0).then(|| index % size)?;
                Some(key::key(collection, field, index, &mut self.dice(&place, index)))
            }
        }
    }

    /// The row of the list at `place` that shows the row `key` of the collection `target`.
    pub(super) fn projection(
        &self,
        tenant: &dyn TenantData,
        place: &CollectionPath,
        target: &'static str,
        key: &str,
    ) -> Option<Bytes> {
        let related = Related { place: place.clone(), row: row_kind(&place.template), target, keys: Vec::new() };
        self.project(tenant, &related, key)
    }

    /// The projection of the row `key` of another collection.
    fn project(&self, tenant: &dyn TenantData, related: &Related, key: &str) -> Option<Bytes> {
        let target = self.find(tenant, &CollectionPath::root(related.target), key)?;
        if related.row == row_kind(related.target) {
            return Some(target);
        }
        let original: Map<String, Value> = serde_json::from_slice(&target).ok()?;
        let place = &related.place;
        let own = CollectionPath::new(key, &place.parents);
        let reference = |collection: &str, dice: &mut Dice| self.reference(tenant, collection, dice);
        let mut generator = Generator { dice: self.dice(&own, 0), index: 0, reference: &reference };
        let owned = owners(place);
        let kept: Vec<&str> = owned.iter().map(|(member, _)| member.as_str()).collect();
        let mut members = generator.object(&related.row, &kept);
        let declared = DESCRIPTION.fields(&related.row, 0);
        for field in declared.iter().filter(|field| has_field(related.target, &field.name)) {
            match original.get(&field.name) {
                Some(value) => members.insert(field.name.clone(), value.clone()),
                None if field.optional => members.remove(&field.name),
                None => None,
            };
        }
        for (owner, value) in owned {
            if let Some(member) = members.get_mut(&owner) {
                *member = value.into();
            }
        }
        members.insert(key::member(&place.template, &related.row), key.into());
        match place.template.as_str() {
            "/connections-directory-provisionings" | "/connections-scim-configurations" => {
                if let Some(name) = original.get("name") {
                    members.insert("connection_name".to_owned(), name.clone());
                }
            }
            "/actions/modules/{}/actions" => {
                members.insert("action_name".to_owned(), original.get("name").cloned().unwrap_or_default());
            }
            "/groups/{}/members" => {
                members.insert("member_type".to_owned(), "user".into());
            }
            "/organizations/{}/enabled_connections" | "/organizations/{}/connections" => {
                members.insert(
                    "connection".to_owned(),
                    json!({"name": original.get("name"), "strategy": original.get("strategy")}),
                );
            }
            _ => {}
        }
        Some(Value::Object(members).to_string().into())
    }

    /// An object that is in no list.
    pub(crate) fn object(&self, tenant: &dyn TenantData, place: &CollectionPath, kind: &Kind) -> Bytes {
        let reference = |collection: &str, dice: &mut Dice| self.reference(tenant, collection, dice);
        let mut generator = Generator { dice: self.dice(place, 0), index: 0, reference: &reference };
        match kind {
            Kind::Type(_) | Kind::OneOf(_) => {
                // An object with a single member is an envelope, and always has that member.
                let only: Vec<&str> = match DESCRIPTION.fields(kind, 0) {
                    [field] => vec![field.name.as_str()],
                    _ => Vec::new(),
                };
                let mut members = generator.object(kind, &only);
                for (owner, value) in owners(place) {
                    if let Some(member) = members.get_mut(&owner) {
                        *member = value.into();
                    }
                }
                Value::Object(members).to_string().into()
            }
            _ => generator.value(kind, "value", 0).to_string().into(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The type of a collection's rows, or of its single objects if it has no list.
pub(crate) fn row_kind(template: &str) -> Kind {
    let shape = |template: &str| DESCRIPTION.endpoint(template).map(|endpoint| &endpoint.shape);
    match (shape(template), shape(&format!("{template}/{{}}"))) {
        (Some(Shape::Rows { row, .. }), _) => row.clone(),
        (_, Some(Shape::Object(kind))) => kind.clone(),
        _ => Kind::Any,
    }
}

fn has_field(template: &str, name: &str) -> bool {
    field(template, name).is_some()
}

fn field(template: &str, name: &str) -> Option<&'static Field> {
    let endpoint = DESCRIPTION.endpoint(template).filter(|endpoint| matches!(endpoint.shape, Shape::Rows { .. }));
    let endpoint = endpoint.or_else(|| DESCRIPTION.endpoint(&format!("{template}/{{}}")))?;
    let kind = match &endpoint.shape {
        Shape::Rows { row, .. } => row,
        Shape::Object(kind) => kind,
        _ => return None,
    };
    DESCRIPTION.fields(kind, 0).iter().find(|field| field.name == name)
}

/// The members that name a collection's parents, with their values.
fn owners(place: &CollectionPath) -> Vec<(String, String)> {
    let names = place.template.split('/').collect::<Vec<_>>();
    let names = names.windows(2).filter(|pair| pair[1] == "{}").map(|pair| match pair[0] {
        "event-streams" => "event_stream_id".to_owned(),
        "feature-flags" => "feature_flag_id".to_owned(),
        name => format!("{}_id", name.trim_end_matches('s')),
    });
    names.zip(place.parents.iter().cloned()).collect()
}
