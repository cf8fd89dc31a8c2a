//! `LIKE` as a wildcard term, which has `*` only: `abc*` of any length, and `*abc` and `*abc*` from
//! three characters on (docs: user-search-query-syntax).

use super::query::escaped;

/// The minimum length of the text after a leading `*`.
const MIN_INFIX: usize = 3;

/// The search term for a pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// The pattern has no wildcard: it is this text.
    Text(String),
    /// A term with wildcards, ready for a query.
    Wildcard(String),
    /// No term finds everything that the pattern matches.
    Nothing,
}

/// The term that finds at least the texts that `LIKE pattern` matches. With `lower` it is in lower case, like the
/// index of a field that ignores case.
pub(super) fn like(pattern: &str, lower: bool) -> Term {
    pieces(pattern).map_or(Term::Nothing, |pieces| term(&pieces, lower))
}

/// The term that finds at least the texts that `ILIKE pattern` matches.
pub(super) fn ilike(pattern: &str) -> Term {
    pieces(pattern).map_or(Term::Nothing, |pieces| term(&in_any_case(pieces), true))
}

/// The term that finds at least the texts whose lower case is `text`.
pub(super) fn lower_is(text: &str) -> Term {
    term(&in_any_case(text.chars().map(Some).collect()), true)
}

/// The pieces with a wildcard for each letter whose lower case Postgres and the index may disagree on: letters beyond
/// ASCII. Of these only the dotted capital i (U+0130) and the Kelvin sign (U+212A) may become a letter of ASCII, `i`
/// and `k`.
fn in_any_case(pieces: Vec<Option<char>>) -> Vec<Option<char>> {
    pieces
        .into_iter()
        .map(|piece| piece.filter(|character| !"iIkK".contains(*character) && character.is_ascii()))
        .collect()
}

fn term(pieces: &[Option<char>], lower: bool) -> Term {
    if let Some(text) = pieces.iter().copied().collect::<Option<String>>() {
        return Term::Text(text);
    }
    // Runs of literal characters; characters beyond ASCII may have other forms in the index.
    let known = |piece: &Option<char>| piece.filter(|character| character.is_ascii_graphic() || *character == ' ');
    let runs: Vec<(usize, String)> = {
        let mut runs: Vec<(usize, String)> = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            match (known(piece), runs.last_mut()) {
                (Some(character), Some((start, run))) if *start + run.len() == at => run.push(character),
                (Some(character), _) => runs.push((at, character.to_string())),
                (None, _) => {}
            }
        }
        runs
    };
    let write = |run: &str| escaped(&if lower { run.to_ascii_lowercase() } else { run.to_owned() });
    match runs.first() {
        Some((0, prefix)) if !prefix.starts_with(' ') && prefix.len() >= MIN_INFIX => {
            Term::Wildcard(format!("{}*", write(prefix)))
        }
        first => match (first, runs.iter().max_by_key(|(_, run)| run.len())) {
            (_, Some((_, run))) if run.trim().len() == run.len() && run.len() >= MIN_INFIX => {
                Term::Wildcard(format!("*{}*", write(run)))
            }
            (Some((0, prefix)), _) if !prefix.starts_with(' ') => Term::Wildcard(format!("{}*", write(prefix))),
            _ => Term::Nothing,
        },
    }
}

/// The pattern's characters, with a wildcard as `None`. `None` for a pattern that ends within an escape, which is
/// an error in SQL.
fn pieces(pattern: &str) -> Option<Vec<Option<char>>> {
    let mut pieces = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        pieces.push(match character {
            '%' | '_' => None,
            '\\' => Some(characters.next()?),
            character => Some(character),
        });
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_become_the_widest_term_allowed() {
        let wildcard = |term: &str| Term::Wildcard(term.to_owned());
        let cases = [
            ("abc", Term::Text("abc".into())),
            (r"a\%b\_c\\", Term::Text(r"a%b_c\".into())),
            ("", Term::Text(String::new())),
            ("a%", wildcard("a*")),
            ("Jo_n%", wildcard("jo*")),
            ("J_hnny%", wildcard("*hnny*")),
            ("%", Term::Nothing),
            ("%ab", Term::Nothing),
            ("%abc", wildcard("*abc*")),
            ("%@acme.com", wildcard(r"*\@acme\.com*")),
            ("_abc%defg%", wildcard("*defg*")),
            (r"50\%%", wildcard(r"50\%*")),
            ("a*b?%", wildcard(r"a\*b\?*")),
            ("a b%", wildcard(r"a\ b*")),
            (" a%", Term::Nothing),
            ("% abc", Term::Nothing),
            ("\u{e9}abc%", wildcard("*abc*")),
            ("ab\u{e9}%", wildcard("ab*")),
            ("OR%", wildcard("or*")),
            (r"abc%\", Term::Nothing),
        ];
        for (pattern, expected) in cases {
            assert_eq!(like(pattern, true), expected, "{pattern}");
        }
        assert_eq!(like("Jo%", false), wildcard("Jo*"));
    }

    #[test]
    fn letters_with_another_form_beyond_ascii_become_wildcards() {
        let wildcard = |term: &str| Term::Wildcard(term.to_owned());
        let cases = [
            ("ann", Term::Text("ann".into())),
            ("istanbul", wildcard("*stanbul*")),
            ("mike@acme.com", wildcard(r"*e\@acme\.com*")),
            ("anni", wildcard("ann*")),
            ("anKe", wildcard("an*")),
            ("ii", Term::Nothing),
            ("\u{e9}a", Term::Nothing),
        ];
        for (text, expected) in cases {
            assert_eq!(lower_is(text), expected, "{text}");
            assert_eq!(ilike(text), expected, "{text}");
        }
        assert_eq!(lower_is("50%"), Term::Text("50%".into()));
        assert_eq!(ilike("Ann%"), wildcard("ann*"));
    }
}
