//! A slice of a list as a user search: a range of time, and prefixes of keys.

use fdw_common::slice::{KeyChoice, Slice};

use super::query::escaped;
use super::time::millisecond;

/// The search for a slice of all users, or of those that `search` finds, which is one of `query::queries`
/// and so a conjunction. `None` for all users: that is the list itself.
pub(crate) fn slice(search: Option<&str>, slice: &Slice) -> Option<String> {
    let mut clauses = Vec::new();
    if slice.from.is_some() || slice.to.is_some() {
        clauses.push(range(slice));
    }
    for choice in &slice.keys {
        let key = slice.by.key;
        let terms = |beginnings: &[String]| -> Vec<String> {
            beginnings.iter().map(|beginning| format!("{key}:{}*", escaped(beginning))).collect()
        };
        match choice {
            KeyChoice::Beginning(beginnings) => match terms(beginnings).as_slice() {
                [only] => clauses.push(only.clone()),
                terms => clauses.push(format!("({})", terms.join(" OR "))),
            },
            KeyChoice::NotBeginning(beginnings) => {
                clauses.extend(terms(beginnings).iter().map(|term| format!("NOT {term}")));
            }
        }
    }
    clauses.extend(search.map(str::to_owned));
    (!clauses.is_empty()).then(|| clauses.join(" AND "))
}

fn range(slice: &Slice) -> String {
    let bound = |time: Option<i64>| time.and_then(millisecond).unwrap_or_else(|| "*".to_owned());
    // An open end is included: `*}` has no documented meaning.
    let close = if slice.to.is_some() { '}' } else { ']' };
    format!("{}:[{} TO {}{close}", slice.by.time, bound(slice.from), bound(slice.to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdw_common::model::SliceKeys;

    #[test]
    fn slices_are_written_as_searches() {
        const BY: SliceKeys = SliceKeys { time: "created_at", changed: "updated_at", key: "user_id" };
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let of = |from, to, keys| Slice { by: BY, from, to, keys };
        let cases = [
            (None, of(None, None, vec![]), ""),
            (Some("blocked:true"), of(None, None, vec![]), "blocked:true"),
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
                "(user_id:a* OR user_id:b*) AND NOT user_id:a1* AND NOT user_id:b\\**",
            ),
        ];
        for (search, slice_of, expected) in cases {
            assert_eq!(slice(search, &slice_of).unwrap_or_default(), expected);
        }
    }
}
