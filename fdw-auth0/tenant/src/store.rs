//! The users: rendered JSON and indexes over it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use serde::Deserialize;

use crate::fields::root_members;
use crate::search::{Search, instant};
use crate::sort::{Order, Sort};

/// All users in their default order, each rendered once. A change costs only its own index entries, so that a tenant
/// can change during a scan.
#[derive(Debug)]
pub(crate) struct Store {
    /// Every user by its slot; `None` for a deleted user. Slots are not reused, so their order is the default order.
    slots: Vec<Option<Bytes>>,
    /// The slots that hold a user.
    live: Vec<u32>,
    by_id: OnceLock<HashMap<String, u32>>,
    by_email: OnceLock<HashMap<String, Vec<u32>>>,
    /// `created_at` in milliseconds, and the slot; users without a time are not in it.
    by_creation: OnceLock<BTreeSet<(i64, u32)>>,
    orders: Mutex<HashMap<OrderKey, Arc<Order>>>,
}

/// The key of a cached order: all pages of one list have the same search and sort.
type OrderKey = (Option<Search>, Option<Sort>);

impl Clone for Store {
    fn clone(&self) -> Self {
        Self {
            slots: self.slots.clone(),
            live: self.live.clone(),
            by_id: self.by_id.clone(),
            by_email: self.by_email.clone(),
            by_creation: self.by_creation.clone(),
            orders: Mutex::default(),
        }
    }
}

/// Users appended one by one.
#[derive(Debug)]
pub(crate) struct StoreBuilder {
    json: Vec<u8>,
    starts: Vec<usize>,
}

impl StoreBuilder {
    /// An empty builder with room for `users` of usual size.
    pub(crate) fn new(users: usize) -> Self {
        let mut starts = Vec::with_capacity(users + 1);
        starts.push(0);
        Self { json: Vec::with_capacity(users * 900), starts }
    }

    /// Adds the user that `render` appends.
    pub(crate) fn push(&mut self, render: impl FnOnce(&mut Vec<u8>)) {
        render(&mut self.json);
        self.starts.push(self.json.len());
    }

    /// The store of what was added.
    pub(crate) fn finish(self) -> Store {
        let json = Bytes::from(self.json);
        let slots: Vec<_> = self.starts.windows(2).map(|ends| Some(json.slice(ends[0]..ends[1]))).collect();
        Store {
            live: (0..slot(slots.len())).collect(),
            slots,
            by_id: OnceLock::new(),
            by_email: OnceLock::new(),
            by_creation: OnceLock::new(),
            orders: Mutex::default(),
        }
    }
}

impl Store {
    /// A store of raw JSON objects.
    pub(crate) fn from_json(users: &[String]) -> Self {
        let mut builder = StoreBuilder::new(users.len());
        for user in users {
            builder.push(|out| out.extend_from_slice(user.as_bytes()));
        }
        builder.finish()
    }

    /// Number of users.
    pub(crate) fn len(&self) -> usize {
        self.live.len()
    }

    /// Number of users that were ever created.
    pub(crate) fn ever(&self) -> usize {
        self.slots.len()
    }

    /// The user at a position, counted in default order.
    pub(crate) fn get(&self, position: usize) -> Option<Bytes> {
        self.at(*self.live.get(position)?)
    }

    /// The user in a slot, as an [`Order`] names it.
    pub(crate) fn at(&self, slot: u32) -> Option<Bytes> {
        self.slots.get(slot as usize)?.clone()
    }

    /// The user with this id.
    pub(crate) fn by_id(&self, user_id: &str) -> Option<Bytes> {
        self.at(*self.ids().get(user_id)?)
    }

    /// The ids of all users, in default order.
    pub(crate) fn user_ids(&self) -> impl Iterator<Item = String> {
        self.live.iter().filter_map(|slot| text_member(self.json(*slot), "user_id"))
    }

    /// The users with exactly this e-mail address.
    pub(crate) fn by_email(&self, email: &str) -> Vec<Bytes> {
        let slots = self.emails().get(email).map(Vec::as_slice).unwrap_or_default();
        slots.iter().filter_map(|slot| self.at(*slot)).collect()
    }

    /// Replaces the user with the same `user_id`, or appends it; returns the id and the user before.
    pub(crate) fn upsert(&mut self, user: Bytes) -> (Option<String>, Option<Bytes>) {
        let user_id = text_member(&user, "user_id");
        let known = user_id.as_ref().and_then(|user_id| self.ids().get(user_id).copied());
        let (place, before) = match known {
            Some(place) => {
                self.leave_indexes(place);
                (place, self.slots[place as usize].replace(user))
            }
            None => {
                let place = slot(self.slots.len());
                self.slots.push(Some(user));
                self.live.push(place);
                (place, None)
            }
        };
        self.enter_indexes(place, user_id.as_ref());
        self.forget_orders();
        (user_id, before)
    }

    /// Deletes the user with this id, and returns it.
    pub(crate) fn delete(&mut self, user_id: &str) -> Option<Bytes> {
        let place = self.ids().get(user_id).copied()?;
        self.leave_indexes(place);
        if let Some(by_id) = self.by_id.get_mut() {
            by_id.remove(user_id);
        }
        let deleted = self.slots[place as usize].take();
        if let Ok(position) = self.live.binary_search(&place) {
            self.live.remove(position);
        }
        self.forget_orders();
        deleted
    }

    /// The users that `search` finds in the order of `sort`, computed at the first use; `None` for all users in default
    /// order.
    pub(crate) fn order(&self, search: Option<&Search>, sort: Option<&Sort>) -> Option<Arc<Order>> {
        // Requests may ask for any order: only a few are kept.
        const KEPT: usize = 64;
        if search.is_none() && sort.is_none() {
            return None;
        }
        let asked = (search.cloned(), sort.cloned());
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(order) = orders.get(&asked) {
            return Some(Arc::clone(order));
        }
        if orders.len() >= KEPT {
            orders.clear();
        }
        let order = Arc::new(self.make_order(search, sort));
        orders.insert(asked, Arc::clone(&order));
        Some(order)
    }

    fn make_order(&self, search: Option<&Search>, sort: Option<&Sort>) -> Order {
        let window = search.and_then(Search::created_within);
        match (sort, window) {
            (Some(sort), Some(window)) if sort.is_by("created_at") => {
                sort.order_of_times(self.within(window, search).collect(), &[])
            }
            (Some(sort), None) if sort.is_by("created_at") && search.is_none() => {
                let times: Vec<_> = self.creations().iter().copied().collect();
                let timeless: Vec<_> = if times.len() == self.live.len() {
                    Vec::new()
                } else {
                    let timed: HashSet<_> = times.iter().map(|(_, slot)| *slot).collect();
                    self.live.iter().copied().filter(|slot| !timed.contains(slot)).collect()
                };
                sort.order_of_times(times, &timeless)
            }
            _ => {
                let found: Vec<u32> = match (search, window) {
                    (None, _) => self.live.clone(),
                    (Some(_), Some(window)) => {
                        let mut found: Vec<_> = self.within(window, search).map(|(_, slot)| slot).collect();
                        found.sort_unstable();
                        found
                    }
                    (Some(search), None) => {
                        self.live.iter().copied().filter(|slot| search.finds(self.json(*slot))).collect()
                    }
                };
                match sort {
                    None => Order::of(found),
                    Some(sort) => sort.order(found.iter().map(|slot| self.json(*slot))).of_users_at(&found),
                }
            }
        }
    }

    /// The users created from `first` to `last` that `search` finds, by time and slot.
    fn within(&self, (first, last): (i64, i64), search: Option<&Search>) -> impl Iterator<Item = (i64, u32)> {
        // Reversed bounds are an empty window; a range of a set panics on them.
        let bounds = (first, 0)..=(last.max(first), if last < first { 0 } else { u32::MAX });
        let search = search.filter(|search| !search.is_window());
        let empty = last < first;
        self.creations()
            .range(bounds)
            .copied()
            .filter(move |(_, slot)| !empty && search.is_none_or(|search| search.finds(self.json(*slot))))
    }

    fn json(&self, slot: u32) -> &[u8] {
        self.slots.get(slot as usize).and_then(Option::as_deref).unwrap_or_default()
    }

    fn ids(&self) -> &HashMap<String, u32> {
        self.by_id.get_or_init(|| {
            let mut by_id = HashMap::with_capacity(self.len());
            for slot in &self.live {
                if let Some(user_id) = text_member(self.json(*slot), "user_id") {
                    by_id.entry(user_id).or_insert(*slot);
                }
            }
            by_id
        })
    }

    fn emails(&self) -> &HashMap<String, Vec<u32>> {
        self.by_email.get_or_init(|| {
            let mut by_email = HashMap::<_, Vec<_>>::with_capacity(self.len());
            for slot in &self.live {
                if let Some(email) = text_member(self.json(*slot), "email") {
                    by_email.entry(email).or_default().push(*slot);
                }
            }
            by_email
        })
    }

    fn creations(&self) -> &BTreeSet<(i64, u32)> {
        self.by_creation.get_or_init(|| {
            // Sorted first: building a set from sorted places is fast.
            let mut places: Vec<_> =
                self.live.iter().filter_map(|slot| Some((created(self.json(*slot))?, *slot))).collect();
            places.sort_unstable();
            places.into_iter().collect()
        })
    }

    /// Adds a slot to the indexes that have been built.
    fn enter_indexes(&mut self, slot: u32, user_id: Option<&String>) {
        let Some(user) = self.slots[slot as usize].clone() else { return };
        if let (Some(by_id), Some(user_id)) = (self.by_id.get_mut(), user_id) {
            by_id.insert(user_id.clone(), slot);
        }
        if let (Some(by_email), Some(email)) = (self.by_email.get_mut(), text_member(&user, "email")) {
            let slots = by_email.entry(email).or_default();
            let place = slots.partition_point(|other| *other < slot);
            slots.insert(place, slot);
        }
        if let (Some(by_creation), Some(created)) = (self.by_creation.get_mut(), created(&user)) {
            by_creation.insert((created, slot));
        }
    }

    /// Removes a slot from the indexes over e-mail address and time.
    fn leave_indexes(&mut self, slot: u32) {
        let Some(user) = self.slots[slot as usize].clone() else { return };
        if let (Some(by_email), Some(email)) = (self.by_email.get_mut(), text_member(&user, "email"))
            && let Some(slots) = by_email.get_mut(&email)
        {
            slots.retain(|other| *other != slot);
        }
        if let (Some(by_creation), Some(created)) = (self.by_creation.get_mut(), created(&user)) {
            by_creation.remove(&(created, slot));
        }
    }

    fn forget_orders(&mut self) {
        self.orders.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A tenant of four billion users does not fit into memory.
fn slot(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The value of a root member that is a text.
pub(crate) fn text_member(json: &[u8], name: &str) -> Option<String> {
    let members = root_members(json)?;
    let (_, raw) = members.iter().find(|(member, _)| member == name)?;
    String::deserialize(*raw).ok()
}

fn created(user: &[u8]) -> Option<i64> {
    instant(&text_member(user, "created_at")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_id_and_email() {
        let users = [
            r#"{"user_id":"auth0|\u00e9","email":"A@x.example"}"#,
            r#"{"user_id":"b","email":"a@x.example"}"#,
            r#"{"user_id":"c","email":"a@x.example"}"#,
            r#"{"user_id":7,"email":null}"#,
        ]
        .map(str::to_owned);
        let store = Store::from_json(&users);
        assert_eq!(store.len(), 4);
        for (place, user) in users.iter().enumerate() {
            assert_eq!(store.get(place).unwrap(), user.as_bytes());
        }
        assert_eq!(store.get(4), None);
        assert_eq!(store.by_id("auth0|é").unwrap(), users[0].as_bytes());
        assert_eq!(store.by_id("7"), None);
        let emails = |email| store.by_email(email).len();
        assert_eq!(emails("a@x.example"), 2);
        assert_eq!(emails("A@x.example"), 1);
        assert_eq!(emails("A@X.example"), 0);
        assert_eq!(Store::from_json(&[]).len(), 0);
        assert_eq!(Store::from_json(&[]).get(0), None);
    }

    fn user(id: &str, email: &str, day: u32) -> String {
        format!(r#"{{"user_id":"{id}","email":"{email}","created_at":"2024-01-{day:02}T00:00:00.000Z"}}"#)
    }

    fn ids(store: &Store, query: &str, sort: Option<&str>) -> String {
        let search = Search::parse(query).unwrap();
        let sort = sort.map(|sort| Sort::parse(sort).unwrap());
        let order = store.order(Some(&search), sort.as_ref()).unwrap();
        let slots = (0..order.len()).map(|position| order.place(position, 0).unwrap());
        slots.map(|slot| text_member(&store.at(slot).unwrap(), "user_id").unwrap()).collect()
    }

    #[test]
    fn changes_reach_every_index() {
        let users = [user("a", "a@x", 3), user("b", "b@x", 2), user("c", "b@x", 1)];
        // Once with indexes built before the changes, once after.
        for made_before in [true, false] {
            let mut store = Store::from_json(&users);
            let window = "created_at:[2024-01-02 TO 2024-01-31]";
            if made_before {
                assert_eq!(ids(&store, window, Some("created_at:1")), "ba");
                assert_eq!((store.by_id("a").is_some(), store.by_email("b@x").len()), (true, 2));
            }
            let before = store.clone();
            assert_eq!(store.upsert(user("d", "a@x", 9).into()), (Some("d".to_owned()), None));
            let replaced = store.upsert(user("b", "B@x", 20).into());
            assert_eq!(replaced, (Some("b".to_owned()), Some(users[1].clone().into())));
            assert_eq!((store.delete("a").unwrap(), store.delete("a")), (Bytes::from(users[0].clone()), None));
            assert_eq!(store.upsert(Bytes::from_static(b"{}")), (None, None));
            assert_eq!((store.len(), store.ever()), (4, 5));
            assert_eq!(ids(&store, window, None), "bd");
            assert_eq!(ids(&store, window, Some("created_at:1")), "db");
            assert_eq!(ids(&store, "created_at:[* TO 2024-01-10}", Some("created_at:-1")), "dc");
            assert_eq!(store.by_id("a"), None);
            assert_eq!(store.by_id("b").unwrap(), user("b", "B@x", 20));
            assert_eq!(store.by_email("b@x"), [user("c", "b@x", 1)]);
            assert_eq!(store.by_email("a@x"), [user("d", "a@x", 9)]);
            assert_eq!(store.get(0).unwrap(), user("b", "B@x", 20));
            assert_eq!(store.user_ids().collect::<String>(), "bcd");
            // A clone of the store keeps the users from before the changes.
            assert_eq!(ids(&before, window, Some("created_at:1")), "ba");
        }
    }

    #[test]
    fn windows_find_the_same_users_as_a_scan() {
        let users: Vec<_> = (0..90).map(|n| user(&format!("{n},"), "e@x", n % 30 + 1)).collect();
        let store = Store::from_json(&users);
        for query in [
            "created_at:[2024-01-05 TO 2024-01-09}",
            "created_at:{2024-01-05 TO *] AND user_id:1*",
            "user_id:2* AND (created_at:[* TO 2024-01-03] OR created_at:2024-01-29)",
            "created_at:[2024-01-05 TO 2024-01-09] AND NOT created_at:2024-01-06",
            "created_at:[2024-01-09 TO 2024-01-05]",
            "created_at:[2024-01-09 TO 2024-01-20] AND created_at:[2024-01-15 TO 2024-01-30]",
            "NOT created_at:[2024-01-02 TO 2024-01-31]",
            "created_at:2024-01-03 OR user_id:4*",
            "_exists_:created_at",
        ] {
            let search = Search::parse(query).unwrap();
            let scanned: String = users
                .iter()
                .filter(|user| search.finds(user.as_bytes()))
                .map(|user| text_member(user.as_bytes(), "user_id").unwrap())
                .collect();
            assert_eq!(ids(&store, query, None), scanned, "{query}");
        }
    }
}
