//! `sort=field:1|-1`: an order by one root member. The order of ties is not defined.

use std::cmp::Ordering;

use crate::answer::Answer;
use crate::fields::root_members;

/// A parsed `sort` parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Sort {
    field: String,
    descending: bool,
}

impl Sort {
    /// Parses the parameter, or returns Auth0's 400.
    pub(crate) fn parse(value: &str) -> Result<Self, Answer> {
        let (field, descending) = match value.rsplit_once(':') {
            Some((field, "1")) => (field, false),
            Some((field, "-1")) => (field, true),
            _ => ("", false),
        };
        let well_formed =
            !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        if !well_formed {
            return Err(Self::refused("String does not match pattern"));
        }
        let root = field.split('.').next().unwrap_or_default();
        if root == "app_metadata" || root == "user_metadata" {
            return Err(Self::refused("Metadata can not be sorted by"));
        }
        Ok(Self { field: field.to_owned(), descending })
    }

    /// True if users are sorted by this member.
    pub(crate) fn is_by(&self, field: &str) -> bool {
        self.field == field
    }

    /// The order of users with these times, each with its slot; the `timeless` ones are last.
    pub(crate) fn order_of_times(&self, mut times: Vec<(i64, u32)>, timeless: &[u32]) -> Order {
        times.sort_unstable_by(|(a, first), (b, second)| {
            let order = if self.descending { b.cmp(a) } else { a.cmp(b) };
            order.then(first.cmp(second))
        });
        let begins = |index: &usize| *index == 0 || times[index - 1].0 != times[*index].0;
        let mut groups: Vec<_> = (0..times.len()).filter(begins).collect();
        if !timeless.is_empty() {
            groups.push(times.len());
        }
        let places = times.iter().map(|(_, slot)| *slot).chain(timeless.iter().copied()).collect();
        Order { places, groups }
    }

    fn refused(problem: &str) -> Answer {
        Answer::invalid_query(
            problem,
            "sort",
            "Field to sort by. Use field:order where order is 1 for ascending and -1 for descending. e.g. created_at:1",
        )
    }

    /// The order of `users`. Users without the field are last in both directions.
    pub(crate) fn order<'a>(&self, users: impl Iterator<Item = &'a [u8]>) -> Order {
        let keys: Vec<Key> = users.map(|user| self.key(user)).collect();
        // A tenant of four billion users does not fit into memory.
        let mut places: Vec<u32> = (0..u32::try_from(keys.len()).unwrap_or(u32::MAX)).collect();
        let key = |place: u32| &keys[place as usize];
        places.sort_by(|a, b| {
            let (a, b) = (key(*a), key(*b));
            match (a, b) {
                (Key::Missing, _) | (_, Key::Missing) => a.cmp_with(b),
                _ if self.descending => b.cmp_with(a),
                _ => a.cmp_with(b),
            }
        });
        let mut groups = vec![0];
        groups.extend(
            (1..places.len()).filter(|index| key(places[index - 1]).cmp_with(key(places[*index])) != Ordering::Equal),
        );
        Order { places, groups }
    }

    fn key(&self, user: &[u8]) -> Key {
        let members = root_members(user).unwrap_or_default();
        let value = members.iter().find(|(name, _)| *name == self.field);
        match value.map(|(_, raw)| serde_json::from_str(raw.get())) {
            Some(Ok(serde_json::Value::String(text))) => Key::Text(text),
            Some(Ok(serde_json::Value::Bool(flag))) => Key::Bool(flag),
            Some(Ok(serde_json::Value::Number(number))) => number.as_f64().map_or(Key::Missing, Key::Number),
            _ => Key::Missing,
        }
    }
}

#[derive(Debug)]
enum Key {
    Bool(bool),
    Number(f64),
    Text(String),
    Missing,
}

impl Key {
    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Number(_) => 1,
            Self::Text(_) => 2,
            Self::Missing => 3,
        }
    }

    fn cmp_with(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// Users in order, as places in the store, and the start of each group of equal keys.
#[derive(Debug)]
pub(crate) struct Order {
    places: Vec<u32>,
    groups: Vec<usize>,
}

impl Order {
    /// `places` in their present order, without ties.
    pub(crate) fn of(places: Vec<u32>) -> Self {
        Self { groups: (0..places.len()).collect(), places }
    }

    /// This order with each index into `places` replaced by the place in the store.
    pub(crate) fn of_users_at(mut self, places: &[u32]) -> Self {
        for place in &mut self.places {
            *place = places[*place as usize];
        }
        self
    }

    /// Number of users.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The place of the user at `position`, with every group of ties rotated by `turn`.
    pub(crate) fn place(&self, position: usize, turn: usize) -> Option<u32> {
        if position >= self.places.len() {
            return None;
        }
        let group = self.groups.partition_point(|begin| *begin <= position);
        let begin = self.groups[group - 1];
        let end = self.groups.get(group).copied().unwrap_or(self.places.len());
        let turned = begin + (position - begin + turn % (end - begin)) % (end - begin);
        Some(self.places[turned])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: [&str; 7] = [
        r#"{"user_id":"a","created_at":"2024-01-02","logins_count":10}"#,
        r#"{"user_id":"b","created_at":"2024-01-01","logins_count":9}"#,
        r#"{"user_id":"c","created_at":"2024-01-02"}"#,
        r#"{"user_id":"d","created_at":"2024-01-03","logins_count":null}"#,
        r#"{"user_id":"e","created_at":"2024-01-02","logins_count":-1}"#,
        r#"{"user_id":"f","created_at":"2024-01-01","logins_count":9.0}"#,
        r#"{"user_id":"g","created_at":{"a":1},"logins_count":100}"#,
    ];

    fn ids(sort: &str, turn: usize) -> String {
        let order = Sort::parse(sort).unwrap().order(USERS.iter().map(|user| user.as_bytes()));
        (0..USERS.len()).map(|position| char::from(b'a' + order.place(position, turn).unwrap() as u8)).collect()
    }

    #[test]
    fn users_are_sorted_and_ties_rotate() {
        let table = [
            ("created_at:1", 0, "bfacedg"),
            ("created_at:1", 1, "fbceadg"),
            ("created_at:1", 2, "bfeacdg"),
            ("created_at:1", 6, "bfacedg"),
            ("created_at:-1", 0, "dacebfg"),
            ("logins_count:1", 0, "ebfagcd"),
            ("logins_count:-1", 0, "gabfecd"),
            ("logins_count:-1", 1, "gafbedc"),
            ("nothing:1", 3, "defgabc"),
        ];
        for (sort, turn, expected) in table {
            assert_eq!(ids(sort, turn), expected, "{sort} turned by {turn}");
        }
    }

    #[test]
    fn times_are_sorted_and_ties_rotate() {
        let times = vec![(5, 0), (7, 1), (5, 2), (3, 4)];
        let places = |sort: &str, turn| {
            let order = Sort::parse(sort).unwrap().order_of_times(times.clone(), &[3, 5]);
            (0..order.len()).map(|position| order.place(position, turn).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(places("a:1", 0), [4, 0, 2, 1, 3, 5]);
        assert_eq!(places("a:1", 1), [4, 2, 0, 1, 5, 3]);
        assert_eq!(places("a:-1", 0), [1, 0, 2, 4, 3, 5]);
    }

    #[test]
    fn no_users_have_an_empty_order() {
        let order = Sort::parse("a:1").unwrap().order(std::iter::empty());
        assert_eq!(order.place(0, 1), None);
    }

    #[test]
    fn invalid_sorts_are_refused() {
        for sort in [
            "",
            "email",
            "email:",
            "email:2",
            ":1",
            "a b:1",
            "email:1,name:1",
            "app_metadata.plan:1",
            "user_metadata:-1",
        ] {
            assert_eq!(Sort::parse(sort).unwrap_err().status, 400, "{sort}");
        }
    }
}
