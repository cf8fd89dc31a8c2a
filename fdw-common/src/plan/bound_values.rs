//! Values bound to the placeholders of a path.
//!
//! A value cannot change the structure of the URL: percent-encoding keeps it in one segment or one parameter, and a
//! value that could end the quotes or the word around it is refused, because the API's escape rules are not known.

use crate::error::{Error, ErrorKind, Result};

/// Bound values, each with the name of its column.
pub type BoundValues = Vec<(String, String)>;

/// The most combinations of values for one run. Each one is at least one request and is held in memory.
const MOST_COMBINATIONS: usize = 100_000;

/// A path with placeholders replaced by values.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filled {
    Path(String),
    /// This column's value is empty; many APIs ignore an empty parameter.
    Empty(String),
    /// The path cannot hold a value: a URL drops empty segments and segments of dots, encoded or not.
    Impossible,
    /// A value could change the meaning of the text around it.
    Unsafe(UnsafeValue),
}

/// A value that could change the meaning of the text around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnsafeValue {
    /// The column.
    pub(super) column: String,
    /// The first character that could do so.
    pub(super) character: char,
    /// The quotes around the placeholder, if any.
    pub(super) quote: Option<char>,
}

/// Replaces placeholders by their values. A placeholder without a bound value stays. `sends_empty` is true for
/// columns for which an empty parameter is sent.
pub(super) fn fill(path: &str, bound: &BoundValues, sends_empty: impl Fn(&str) -> bool) -> Filled {
    let mut filled = String::with_capacity(path.len());
    let mut rest = path;
    let mut before_all = 0;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        filled.push_str(before);
        before_all += before.len();
        let Some((_, value)) = bound.iter().find(|(column, _)| column == name) else {
            filled.push('{');
            filled.push_str(name);
            filled.push('}');
            before_all += name.len() + 2;
            rest = after;
            continue;
        };
        let place = Place::of(&path[..before_all], after);
        if place.is_parameter && value.is_empty() && !sends_empty(name) {
            return Filled::Empty(name.to_owned());
        }
        if !place.is_parameter && place.is_whole && matches!(value.as_str(), "" | "." | "..") {
            return Filled::Impossible;
        }
        if let Some(character) = value.chars().find(|c| place.refuses(*c)) {
            return Filled::Unsafe(UnsafeValue { column: name.to_owned(), character, quote: place.quote });
        }
        filled.extend(percent_encoding::utf8_percent_encode(value, SEGMENT));
        before_all += name.len() + 2;
        rest = after;
    }
    filled.push_str(rest);
    Filled::Path(filled)
}

/// The position of a placeholder in a path.
struct Place {
    /// True in a parameter, false in a segment.
    is_parameter: bool,
    /// True if the value is the whole segment, or everything after the parameter's name.
    is_whole: bool,
    /// The quotes around the value.
    quote: Option<char>,
}

impl Place {
    /// The position between the text before it in the path and the text after it.
    fn of(before: &str, after: &str) -> Self {
        let is_parameter = before.contains('?');
        let (start, ends): (usize, &[char]) = match is_parameter {
            true => (before.rfind(['?', '&']).map_or(0, |at| at + 1), &['&']),
            false => (before.rfind('/').map_or(0, |at| at + 1), &['/', '?']),
        };
        let before = &before[start..];
        let before = match (is_parameter, before.split_once('=')) {
            (true, Some((_, value))) => value,
            _ => before,
        };
        Place {
            is_parameter,
            is_whole: before.is_empty() && (after.is_empty() || after.starts_with(ends)),
            quote: open_quote(before),
        }
    }

    /// True for a character that could end the quotes or the word around the value. A value that is a whole segment
    /// or parameter has no such limits.
    fn refuses(&self, character: char) -> bool {
        match self.quote {
            Some(quote) => character == quote || character == '\\' || character.is_control(),
            // An expression, such as `id eq {id}`. Segments are exempt: no API has expressions without quotes there.
            None if self.is_parameter && !self.is_whole => {
                character.is_whitespace() || character.is_control() || "\"'`\\()[];&".contains(character)
            }
            None => false,
        }
    }
}

/// The quotation mark that is still open at the end of a text. Placeholders contain none.
fn open_quote(before: &str) -> Option<char> {
    let decoded = percent_encoding::percent_decode_str(before).decode_utf8_lossy();
    decoded.chars().fold(None, |open, c| match open {
        Some(quote) if quote == c => None,
        None if matches!(c, '"' | '\'' | '`') => Some(c),
        open => open,
    })
}

/// Encodes all characters but the unreserved ones (RFC 3986, 2.3).
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// All combinations of the values of these columns; a scan of `entity` sends a request for each.
///
/// # Errors
/// `TooManyRequests` if there are too many, before any is built.
pub fn combinations(
    entity: &str,
    keys: &[(&str, Vec<String>)],
    most_requests: Option<u64>,
) -> Result<Vec<BoundValues>> {
    let number = keys.iter().fold(1usize, |all, (_, values)| all.saturating_mul(values.len()));
    let most =
        most_requests.map_or(MOST_COMBINATIONS, |most| MOST_COMBINATIONS.min(most.min(usize::MAX as u64) as usize));
    if number > most {
        return Err(too_many(entity, keys, number, most));
    }
    let mut combinations = vec![Vec::new()];
    for (column, values) in keys {
        let with = |bound: &BoundValues, value: &String| {
            let mut bound = bound.clone();
            bound.push(((*column).to_owned(), value.clone()));
            bound
        };
        combinations =
            combinations.iter().flat_map(|bound| values.iter().map(move |value| with(bound, value))).collect();
    }
    Ok(combinations)
}

#[cold]
fn too_many(entity: &str, keys: &[(&str, Vec<String>)], number: usize, most: usize) -> Error {
    let columns: Vec<String> =
        keys.iter().map(|(column, values)| format!("{} of \"{column}\"", values.len())).collect();
    Error::new(ErrorKind::TooManyRequests, format!("\"{entity}\" would take {number} requests or more"))
        .with_detail(format!(
            "The query names {} values, and each combination is a request; {most} are allowed. None was sent.",
            columns.join(" and ")
        ))
        .with_hint("Name fewer values, or join with a table of them: a join requests them one after the other.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(path: &str, value: &str) -> Filled {
        fill(path, &vec![("v".to_owned(), value.to_owned())], |_| false)
    }

    #[test]
    fn fill_keeps_a_value_in_its_segment_or_parameter() {
        let cases = [
            ("a/{v}/b", "x/y?z&=#'\"\\ ", "a/x%2Fy%3Fz%26%3D%23%27%22%5C%20/b"),
            ("a/{v}.json", "..", "a/...json"),
            ("a/{v}.json", "", "a/.json"),
            ("a?q={v}", "it's \"x\" (a) & b", "a?q=it%27s%20%22x%22%20%28a%29%20%26%20b"),
            ("a?q={v}&r=1", "a b", "a?q=a%20b&r=1"),
            ("a?f=name eq \"{v}\"", "it's (a) b", "a?f=name eq \"it%27s%20%28a%29%20b\""),
            ("a?f=name%20eq%20%22{v}%22", "it's", "a?f=name%20eq%20%22it%27s%22"),
            ("a?f='x' and y eq {v}", "auth0|1", "a?f='x' and y eq auth0%7C1"),
            ("a?at={v}..{w}", "2024-01-01T00:00:00Z", "a?at=2024-01-01T00%3A00%3A00Z..{w}"),
            ("things('{v}')", "say \"x\"", "things('say%20%22x%22')"),
            ("a/{w}/{v}", "{w}", "a/{w}/%7Bw%7D"),
        ];
        for (path, value, expected) in cases {
            assert_eq!(filled(path, value), Filled::Path(expected.to_owned()), "{path}");
        }
    }

    #[test]
    fn fill_refuses_a_value_that_could_end_its_quotes() {
        let cases = [
            ("a?f=name eq \"{v}\"", "x\" or name pr \"", '"', Some('"')),
            ("a?f=name%20eq%20%22{v}%22", "x\"", '"', Some('"')),
            ("a?f=name eq \"{v}\"", "x\\", '\\', Some('"')),
            ("a?f=name eq '{v}'", "it's", '\'', Some('\'')),
            ("a?f=name%20eq%20%27{v}%27", "it's", '\'', Some('\'')),
            ("a?f=a eq 'it' and name eq '{v}'", "a\nb", '\n', Some('\'')),
            ("things('{v}')", "a')/users('b", '\'', Some('\'')),
            ("a?f=name eq {v}", "x and y", ' ', None),
            ("a?f=name eq {v}", "x)", ')', None),
            ("a?f=id=={v}", "x;a==b", ';', None),
        ];
        for (path, value, character, quote) in cases {
            let expected = UnsafeValue { column: "v".to_owned(), character, quote };
            assert_eq!(filled(path, value), Filled::Unsafe(expected), "{path}");
        }
    }

    #[test]
    fn fill_refuses_segments_that_are_empty_or_dots() {
        for value in ["", ".", ".."] {
            assert_eq!(filled("a/{v}/b", value), Filled::Impossible, "{value}");
            assert_eq!(filled("a/{v}?b=c", value), Filled::Impossible, "{value}");
        }
        assert_eq!(filled("a?v={v}", ".."), Filled::Path("a?v=..".to_owned()));
    }

    #[test]
    fn fill_sends_an_empty_parameter_only_if_rows_show_the_value() {
        let bound = vec![("v".to_owned(), String::new())];
        assert_eq!(fill("a?v={v}", &bound, |_| false), Filled::Empty("v".to_owned()));
        assert_eq!(fill("a?v={v}", &bound, |name| name == "v"), Filled::Path("a?v=".to_owned()));
    }

    fn values(number: usize) -> Vec<String> {
        (0..number).map(|n| n.to_string()).collect()
    }

    #[test]
    fn combinations_above_the_limit_are_an_error() {
        let count = |numbers: &[usize], most| {
            let keys: Vec<_> = numbers.iter().map(|number| ("column", values(*number))).collect();
            combinations("things", &keys, most).map(|made| made.len()).map_err(|error| error.kind())
        };
        assert_eq!(count(&[], None), Ok(1));
        assert_eq!(count(&[0, 7], None), Ok(0));
        assert_eq!(count(&[3, 7], None), Ok(21));
        assert_eq!(count(&[3, 7], Some(21)), Ok(21));
        assert_eq!(count(&[3, 7], Some(20)), Err(ErrorKind::TooManyRequests));
        assert_eq!(count(&[1000, 1000], None), Err(ErrorKind::TooManyRequests));
        assert_eq!(count(&[1000, 1000], Some(u64::MAX)), Err(ErrorKind::TooManyRequests));
    }

    #[test]
    fn combinations_are_each_built_once() {
        let made = combinations("things", &[("a", values(2)), ("b", values(2))], None).unwrap();
        let shown: Vec<String> = made
            .iter()
            .map(|bound| bound.iter().map(|(column, value)| format!("{column}={value}")).collect::<Vec<_>>().join("&"))
            .collect();
        assert_eq!(shown, ["a=0&b=0", "a=0&b=1", "a=1&b=0", "a=1&b=1"]);
    }
}
