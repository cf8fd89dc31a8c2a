//! Values bound to the names in braces of a path.

/// Values the API is asked with, each with the name of its column.
pub type BoundValues = Vec<(String, String)>;

/// A path with values in place of names in braces.
pub(super) enum Filled {
    Path(String),
    /// A value is empty, and an empty parameter is no parameter.
    Empty,
    /// A path cannot hold a value: a URL drops segments of dots, encoded or not, and empty ones.
    Impossible,
}

/// Replaces names in braces by their values, each of which stays one segment or one parameter. A name without
/// a bound value stays.
pub(super) fn fill(path: &str, bound: &BoundValues) -> Filled {
    let mut filled = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        filled.push_str(before);
        match bound.iter().find(|(column, _)| column == name) {
            Some((_, value)) if value.is_empty() && filled.contains('?') => return Filled::Empty,
            Some((_, value)) if matches!(value.as_str(), "" | "." | "..") && !filled.contains('?') => {
                return Filled::Impossible;
            }
            Some((_, value)) => filled.extend(percent_encoding::utf8_percent_encode(value, SEGMENT)),
            None => {
                filled.push('{');
                filled.push_str(name);
                filled.push('}');
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    Filled::Path(filled)
}

/// Everything but what stands for itself in every part of a URL (RFC 3986, 2.3).
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
