//! Every state that the users of a tenant ever had.

use std::collections::HashMap;
use std::time::SystemTime;

use fastrand::Rng;
use jiff::Timestamp;

/// A state of a user.
#[derive(Debug, Clone)]
pub(crate) struct State {
    name: String,
    /// The time of the next change, in seconds since 1970; `None` for the current state.
    pub(crate) ended: Option<f64>,
    /// True if it ended because the user was deleted.
    pub(crate) was_deleted: bool,
}

/// The states of all users, by id, the oldest first. Each state has a name of its own.
#[derive(Debug, Default)]
pub(crate) struct Past {
    states: HashMap<String, Vec<State>>,
    made: usize,
}

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

impl Past {
    /// Creates the user with a number, long ago.
    pub(crate) fn create(&mut self, number: usize) -> String {
        let long_ago = Timestamp::from_millisecond(1_700_000_000_000 + number as i64).unwrap();
        self.set(&id(number), long_ago, long_ago)
    }

    /// Creates another user, now.
    pub(crate) fn create_next(&mut self) -> String {
        let number = self.states.len();
        self.set(&id(number), Timestamp::now(), Timestamp::now())
    }

    /// Creates users at one time.
    pub(crate) fn import(&mut self, number: usize) -> Vec<String> {
        let at = Timestamp::now();
        (0..number).map(|_| self.set(&id(self.states.len()), at, at)).collect()
    }

    /// Creates a user again who was deleted, if there is one.
    pub(crate) fn create_again(&mut self, dice: &mut Rng) -> Vec<String> {
        let mut gone: Vec<String> = self.states.keys().filter(|user| !self.exists(user)).cloned().collect();
        gone.sort();
        let again = dice.choice(&gone).cloned();
        again.map(|user| self.set(&user, Timestamp::now(), Timestamp::now())).into_iter().collect()
    }

    /// Changes at most so many users.
    pub(crate) fn change_some(&mut self, dice: &mut Rng, most: usize) -> Vec<String> {
        let created_at = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
        let users = self.some(dice, most);
        users.iter().map(|user| self.set(user, created_at, Timestamp::now())).collect()
    }

    /// Deletes at most so many users. Returns their ids.
    pub(crate) fn delete_some(&mut self, dice: &mut Rng, most: usize) -> Vec<String> {
        let users = self.some(dice, most);
        for user in &users {
            self.end(user, true);
        }
        users
    }

    /// True if the user exists.
    pub(crate) fn exists(&self, user: &str) -> bool {
        self.states.get(user).and_then(|states| states.last()).is_some_and(|state| state.ended.is_none())
    }

    /// The state with a name.
    pub(crate) fn state(&self, user: &str, name: &str) -> Option<&State> {
        self.states.get(user)?.iter().find(|state| state.name == name)
    }

    fn some(&self, dice: &mut Rng, most: usize) -> Vec<String> {
        let mut users: Vec<String> = self.states.keys().filter(|user| self.exists(user)).cloned().collect();
        users.sort();
        let number = dice.usize(..=most);
        dice.choose_multiple(users, number)
    }

    fn end(&mut self, user: &str, was_deleted: bool) {
        if let Some(state) = self.states.get_mut(user).and_then(|states| states.last_mut())
            && state.ended.is_none()
        {
            (state.ended, state.was_deleted) = (Some(now()), was_deleted);
        }
    }

    /// Gives a user a new state. Returns the user as JSON.
    fn set(&mut self, user: &str, created_at: Timestamp, updated_at: Timestamp) -> String {
        self.end(user, false);
        self.made += 1;
        let name = format!("state {}", self.made);
        let state = State { name: name.clone(), ended: None, was_deleted: false };
        self.states.entry(user.to_owned()).or_default().push(state);
        let [created_at, updated_at] =
            [created_at, updated_at].map(|at| at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string());
        format!(
            r#"{{"user_id":"{user}","name":"{name}","created_at":"{created_at}","updated_at":"{updated_at}","identities":[]}}"#
        )
    }
}

fn id(number: usize) -> String {
    format!("auth0|{number:05}")
}
