//! The users: rendered JSON and the look-ups over it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use serde::Deserialize;

use crate::fields::root_members;
use crate::search::Search;
use crate::sort::{Order, Sort};

/// All users in their default order, each rendered once.
#[derive(Debug)]
pub(crate) struct Store {
    /// The users, joined by commas: a page in default order is one piece of it.
    json: Bytes,
    /// Where each user begins; one more entry, a comma behind the end.
    starts: Vec<usize>,
    by_id: OnceLock<HashMap<String, usize>>,
    by_email: OnceLock<HashMap<String, Vec<usize>>>,
    orders: Mutex<HashMap<Asked, Arc<Order>>>,
}

/// What an order was made for: pages of one list ask for the same again.
type Asked = (Option<Search>, Option<Sort>);

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
        if self.starts.len() > 1 {
            self.json.push(b',');
        }
        render(&mut self.json);
        self.starts.push(self.json.len() + 1);
    }

    /// The store of what was added.
    pub(crate) fn finish(self) -> Store {
        Store {
            json: self.json.into(),
            starts: self.starts,
            by_id: OnceLock::new(),
            by_email: OnceLock::new(),
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
        self.starts.len() - 1
    }

    /// The user at a place, counted in default order.
    pub(crate) fn get(&self, place: usize) -> Option<Bytes> {
        let (from, next) = (self.starts.get(place)?, self.starts.get(place + 1)?);
        Some(self.json.slice(*from..next - 1))
    }

    /// The user with this id.
    pub(crate) fn by_id(&self, user_id: &str) -> Option<Bytes> {
        let by_id = self.by_id.get_or_init(|| {
            let mut by_id = HashMap::with_capacity(self.len());
            self.each_text("user_id", |user_id, place| {
                by_id.entry(user_id).or_insert(place);
            });
            by_id
        });
        self.get(*by_id.get(user_id)?)
    }

    /// The users with exactly this e-mail address.
    pub(crate) fn by_email(&self, email: &str) -> Vec<Bytes> {
        let by_email = self.by_email.get_or_init(|| {
            let mut by_email = HashMap::<_, Vec<_>>::with_capacity(self.len());
            self.each_text("email", |email, place| {
                by_email.entry(email).or_default().push(place);
            });
            by_email
        });
        let places = by_email.get(email).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.get(*place)).collect()
    }

    /// The users that `search` finds in the order that `sort` asks for, made at the first use;
    /// `None` for all users in default order.
    pub(crate) fn order(&self, search: Option<&Search>, sort: Option<&Sort>) -> Option<Arc<Order>> {
        // A request may ask for anything: keep the orders of a few only.
        const KEPT: usize = 16;
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
        let places = self.found(search);
        let order = match sort {
            None => Order::of(places),
            Some(sort) => sort.order(places.iter().map(|place| self.slice(*place as usize))).of_users_at(&places),
        };
        let order = Arc::new(order);
        orders.insert(asked, Arc::clone(&order));
        Some(order)
    }

    fn found(&self, search: Option<&Search>) -> Vec<u32> {
        // A tenant of four billion users does not fit into memory.
        let all = 0..u32::try_from(self.len()).unwrap_or(u32::MAX);
        match search {
            None => all.collect(),
            Some(search) => all.filter(|place| search.finds(self.slice(*place as usize))).collect(),
        }
    }

    fn slice(&self, place: usize) -> &[u8] {
        &self.json[self.starts[place]..self.starts[place + 1] - 1]
    }

    fn each_text(&self, field: &str, mut found: impl FnMut(String, usize)) {
        for place in 0..self.len() {
            let members = root_members(self.slice(place)).unwrap_or_default();
            let text =
                members.iter().find(|(name, _)| name == field).and_then(|(_, raw)| String::deserialize(*raw).ok());
            if let Some(text) = text {
                found(text, place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_ups() {
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
}
