//! Comparison of names in different spellings: Postgres folds `firstName` to `firstname`, and one API writes
//! `first_name`, another `first-name`.

/// True if two names differ at most in case and in `_`, `-` and spaces between their words. A separator before or
/// after a name counts, and so does one between two digits: `_id` is not `id`, and `v1_1` is not `v11`.
pub fn is_same_name(one: &str, other: &str) -> bool {
    folded(one).eq(folded(other))
}

/// The characters of a name that distinguish it from others.
fn folded(name: &str) -> impl Iterator<Item = char> {
    let mut rest = name.chars().peekable();
    let mut before: Option<char> = None;
    std::iter::from_fn(move || {
        loop {
            let c = rest.next()?;
            let is_separator = matches!(c, '_' | '-' | ' ');
            let next = rest.peek().copied();
            let counts = match (before, next) {
                (Some(before), Some(next)) => before.is_ascii_digit() && next.is_ascii_digit(),
                _ => true,
            };
            if !is_separator {
                before = Some(c);
            }
            if !is_separator || counts {
                return Some(c);
            }
        }
    })
    .flat_map(char::to_lowercase)
}

/// The candidate most similar to `name`, if it is close enough to be a typing error.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_same_name_ignores_case_and_separators() {
        let same = ["firstname", "firstName", "FirstName", "first_name", "first-name", "FIRST_NAME", "first__Name"];
        for one in same {
            for other in same {
                assert!(is_same_name(one, other), "{one} {other}");
            }
        }
        assert!(is_same_name("größe", "GRÖSSE") == ("größe".to_lowercase() == "GRÖSSE".to_lowercase()));
        assert!(is_same_name("Äpfel", "äpfel"));
        assert!(is_same_name("address1", "address_1"));
    }

    #[test]
    fn is_same_name_is_false_for_other_names() {
        let pairs = [
            ("id", "_id"),
            ("id", "id_"),
            ("v1_1", "v11"),
            ("v1_1", "v_11"),
            ("name", "names"),
            ("firstname", "first.name"),
            ("", "_"),
            ("a", ""),
        ];
        for (one, other) in pairs {
            assert!(!is_same_name(one, other) && !is_same_name(other, one), "{one} {other}");
        }
    }
}
