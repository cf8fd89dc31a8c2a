//! Relations between the rows of two collections, the same from both sides.

use std::collections::HashMap;

use crate::synthetic::Dice;

/// A relation between two collections.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) left: &'static str,
    pub(crate) right: &'static str,
    /// The lists of right rows below a left one.
    pub(crate) forward: &'static [&'static str],
    /// The lists of left rows below a right one.
    pub(crate) backward: &'static [&'static str],
    /// The average number of right rows below a left one.
    pub(crate) usual: usize,
}

/// Users in organizations.
pub(crate) const MEMBERS: Relation = Relation {
    left: "/organizations",
    right: "/users",
    forward: &["/organizations/{}/members"],
    backward: &["/users/{}/organizations"],
    usual: 9,
};

/// Applications that a connection is enabled for.
pub(crate) const CONNECTION_CLIENTS: Relation = Relation {
    left: "/connections",
    right: "/clients",
    forward: &["/connections/{}/clients"],
    backward: &["/clients/{}/connections"],
    usual: 3,
};

/// Roles that users have in the whole tenant.
pub(crate) const ROLE_USERS: Relation = Relation {
    left: "/roles",
    right: "/users",
    forward: &["/roles/{}/users"],
    backward: &["/users/{}/roles", "/users/{}/effective-roles"],
    usual: 9,
};

/// All relations.
pub(crate) const RELATIONS: [Relation; 10] = [
    MEMBERS,
    ROLE_USERS,
    Relation {
        left: "/groups",
        right: "/users",
        forward: &["/groups/{}/members"],
        backward: &["/users/{}/groups"],
        usual: 6,
    },
    CONNECTION_CLIENTS,
    Relation {
        left: "/organizations",
        right: "/client-grants",
        forward: &["/organizations/{}/client-grants"],
        backward: &["/client-grants/{}/organizations"],
        usual: 2,
    },
    Relation {
        left: "/roles",
        right: "/groups",
        forward: &["/roles/{}/groups"],
        backward: &["/groups/{}/roles"],
        usual: 2,
    },
    Relation {
        left: "/organizations",
        right: "/connections",
        forward: &["/organizations/{}/enabled_connections", "/organizations/{}/connections"],
        backward: &[],
        usual: 3,
    },
    Relation {
        left: "/actions/modules",
        right: "/actions/actions",
        forward: &["/actions/modules/{}/actions"],
        backward: &[],
        usual: 2,
    },
    Relation {
        left: "/organizations",
        right: "/clients",
        forward: &["/organizations/{}/clients"],
        backward: &[],
        usual: 2,
    },
    Relation {
        left: "/organizations",
        right: "/groups",
        forward: &["/organizations/{}/groups"],
        backward: &[],
        usual: 2,
    },
];

/// The relation that a list shows, and whether it shows it from the left.
pub(crate) fn of(template: &str) -> Option<(&'static Relation, bool)> {
    RELATIONS.iter().find_map(|relation| {
        let forward = relation.forward.contains(&template);
        (forward || relation.backward.contains(&template)).then_some((relation, forward))
    })
}

/// The keys of a collection by their position, so that only those that are drawn are read.
pub(crate) struct RightKeys<'a> {
    pub(crate) len: usize,
    pub(crate) get: &'a dyn Fn(usize) -> Option<String>,
}

/// The pairs of a relation, by keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edges {
    forward: HashMap<String, Vec<String>>,
    backward: HashMap<String, Vec<String>>,
}

impl Edges {
    /// Draws the edges: `size` right rows for each left one, or `usual` on average.
    pub(crate) fn new(lefts: &[String], rights: &RightKeys<'_>, size: Option<usize>, usual: usize, seed: u64) -> Self {
        let mut edges = Self { forward: HashMap::new(), backward: HashMap::new() };
        for (index, left) in lefts.iter().enumerate() {
            let mut dice = Dice::new(seed, index as u64);
            let drawn = dice.0.usize(..=2 * usual);
            let size = size.unwrap_or(drawn).min(rights.len);
            for right in spread(rights.len, size, &mut dice).into_iter().filter_map(|place| (rights.get)(place)) {
                edges.forward.entry(left.clone()).or_default().push(right.clone());
                edges.backward.entry(right.clone()).or_default().push(left.clone());
            }
        }
        edges
    }

    /// Connects two keys; false if they are.
    pub(crate) fn connect(&mut self, left: &str, right: &str) -> bool {
        let lefts = self.backward.entry(right.to_owned()).or_default();
        let is_new = !lefts.iter().any(|known| known == left);
        if is_new {
            lefts.push(left.to_owned());
            self.forward.entry(left.to_owned()).or_default().push(right.to_owned());
        }
        is_new
    }

    /// Disconnects two keys; false if they are not connected.
    pub(crate) fn disconnect(&mut self, left: &str, right: &str) -> bool {
        let Some(lefts) = self.backward.get_mut(right) else { return false };
        let Some(place) = lefts.iter().position(|known| known == left) else { return false };
        lefts.remove(place);
        if let Some(rights) = self.forward.get_mut(left) {
            rights.retain(|known| known != right);
        }
        true
    }

    /// Disconnects a key from all others, and returns these.
    pub(crate) fn remove(&mut self, key: &str, forward: bool) -> Vec<String> {
        let (own, other) =
            if forward { (&mut self.forward, &mut self.backward) } else { (&mut self.backward, &mut self.forward) };
        let neighbours = own.remove(key).unwrap_or_default();
        for neighbour in &neighbours {
            if let Some(keys) = other.get_mut(neighbour) {
                keys.retain(|known| known != key);
            }
        }
        neighbours
    }

    /// Every pair, left key first.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.forward.iter().flat_map(|(left, rights)| rights.iter().map(move |right| (left.as_str(), right.as_str())))
    }

    /// The keys on the other side of `key`.
    pub(crate) fn of(&self, key: &str, forward: bool) -> &[String] {
        let side = if forward { &self.forward } else { &self.backward };
        side.get(key).map(Vec::as_slice).unwrap_or_default()
    }
}

/// `count` different positions below `len`.
fn spread(len: usize, count: usize, dice: &mut Dice) -> Vec<usize> {
    if len == 0 {
        return Vec::new();
    }
    let start = dice.0.usize(..len);
    // A step that shares no factor with the length reaches every position once.
    let mut step = dice.0.usize(..len).max(1);
    while gcd(step, len) != 1 {
        step += 1;
    }
    (0..count).map(|nth| (start + nth * step) % len).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn positions_are_distinct() {
        for len in [0, 1, 2, 6, 97, 360] {
            for count in [0, 1, len / 2, len] {
                let count = count.min(len);
                let places = spread(len, count, &mut Dice::new(3, count as u64));
                assert_eq!(places.iter().collect::<HashSet<_>>().len(), count, "{count} of {len}");
                assert!(places.iter().all(|place| *place < len));
            }
        }
    }

    #[test]
    fn both_sides_agree() {
        let keys = |letter: char, count| (0..count).map(|n| format!("{letter}{n}")).collect::<Vec<_>>();
        let (lefts, rights) = (keys('l', 7), keys('r', 30));
        let new = |size| {
            let get = |place: usize| rights.get(place).cloned();
            Edges::new(&lefts, &RightKeys { len: rights.len(), get: &get }, size, 5, 1)
        };
        let edges = new(None);
        let pairs = |keys: &[String], forward| {
            let pairs = keys
                .iter()
                .flat_map(|key| edges.of(key, forward).iter().map(move |other| (key.clone(), other.clone())));
            pairs.collect::<HashSet<_>>()
        };
        let forward = pairs(&lefts, true);
        let backward: HashSet<_> = pairs(&rights, false).into_iter().map(|(right, left)| (left, right)).collect();
        assert_eq!(forward, backward);
        assert!((10..70).contains(&forward.len()), "{}", forward.len());
        assert_eq!(new(Some(4)).of("l3", true).len(), 4);
        assert_eq!(new(Some(99)).of("l3", true).len(), 30);
        assert!(edges.of("nobody", true).is_empty());
    }
    #[test]
    fn a_change_reaches_both_sides() {
        let keys = |letter: char, count| (0..count).map(|n| format!("{letter}{n}")).collect::<Vec<_>>();
        let rights = keys('r', 3);
        let get = |place: usize| rights.get(place).cloned();
        let mut edges = Edges::new(&keys('l', 2), &RightKeys { len: 3, get: &get }, Some(2), 5, 1);
        assert!(edges.connect("l0", "new") && !edges.connect("l0", "new"));
        assert_eq!((edges.of("new", false), edges.of("l0", true).len()), (&["l0".to_owned()][..], 3));
        assert!(edges.disconnect("l0", "new") && !edges.disconnect("l0", "new") && !edges.disconnect("l0", "nobody"));
        assert_eq!((edges.of("new", false).len(), edges.of("l0", true).len()), (0, 2));
        let users = edges.remove("l1", true);
        assert_eq!((users.len(), edges.of("l1", true).len()), (2, 0));
        assert!(users.iter().all(|user| !edges.of(user, false).contains(&"l1".to_owned())));
        assert_eq!(edges.remove("nobody", false), [""; 0]);
    }
}
