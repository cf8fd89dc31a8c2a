//! A part of a list as a user search: a range of time, and how keys begin.

use fdw_common::slice::{KeyChoice, Slice};

use super::query::escaped;
use super::time::millisecond;

/// The search for a slice of all users, or of those that `search` finds, which is one of `query::queries`
/// and so a conjunction.
pub(crate) fn slice(search: Option<&str>, slice: &Slice) -> String {
    let bound = |time: Option<i64>| time.and_then(millisecond).unwrap_or_else(|| "*".to_owned());
    // An open end is included: `*}` has no documented meaning.
    let close = if slice.to.is_some() { '}' } else { ']' };
    let mut query = format!("{}:[{} TO {}{close}", slice.by.time, bound(slice.from), bound(slice.to));
    for choice in &slice.keys {
        let key = slice.by.key;
        let terms = |beginnings: &[String]| -> Vec<String> {
            beginnings.iter().map(|beginning| format!("{key}:{}*", escaped(beginning))).collect()
        };
        query.push_str(" AND ");
        match choice {
            KeyChoice::Beginning(beginnings) => match terms(beginnings).as_slice() {
                [only] => query.push_str(only),
                terms => query.push_str(&format!("({})", terms.join(" OR "))),
            },
            KeyChoice::NotBeginning(beginnings) => {
                let negations: Vec<String> = terms(beginnings).iter().map(|term| format!("NOT {term}")).collect();
                query.push_str(&negations.join(" AND "));
            }
        }
    }
    if let Some(search) = search {
        query.push_str(" AND ");
        query.push_str(search);
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdw_common::entity::SliceKeys;

    #[test]
    fn slices_are_written_as_searches() {
        const BY: SliceKeys = SliceKeys { time: "created_at", changed: "updated_at", key: "user_id" };
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let of = |from, to, keys| Slice { by: BY, from, to, keys };
        let cases = [
            (None, of(None, None, vec![]), "created_at:[* TO *]"),
            (None, of(Some(0), None, vec![]), "created_at:[1970-01-01T00:00:00.000Z TO *]"),
            (
                Some("blocked:true AND NOT username:\"x\""),
                of(None, Some(1_785_000_000_123), vec![]),
                "created_at:[* TO 2026-07-25T17:20:00.123Z} AND blocked:true AND NOT username:\"x\"",
            ),
            (
                None,
                of(Some(0), Some(1), vec![KeyChoice::Beginning(texts(&["auth0|a"]))]),
                "created_at:[1970-01-01T00:00:00.000Z TO 1970-01-01T00:00:00.001Z} AND user_id:auth0\\|a*",
            ),
            (
                None,
                of(
                    None,
                    None,
                    vec![KeyChoice::Beginning(texts(&["a", "b"])), KeyChoice::NotBeginning(texts(&["a1", "b*"]))],
                ),
                "created_at:[* TO *] AND (user_id:a* OR user_id:b*) AND NOT user_id:a1* AND NOT user_id:b\\**",
            ),
        ];
        for (search, slice_of, expected) in cases {
            assert_eq!(slice(search, &slice_of), expected);
        }
    }
}
