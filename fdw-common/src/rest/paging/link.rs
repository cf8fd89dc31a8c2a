//! Addresses and cursors of the next page: whether they keep the position in the list, or count pages or rows.

use url::Url;

/// The least number that is a time or a key, rather than a page number or an offset.
const NO_POSITION: u64 = 1_000_000_000;

/// True for a cursor that may be a page number or an offset: created and deleted rows move others past it. A key that
/// is a small number looks the same.
pub(crate) fn is_position(cursor: &str) -> bool {
    cursor.parse::<u64>().is_ok_and(|number| number < NO_POSITION)
}

/// True if the next page's address differs from this page's only in small numbers, as `?page=2` does.
pub(crate) fn counts_pages(this: &str, next: &str) -> bool {
    let Ok(base) = Url::parse("http://api.invalid/") else { return true };
    let (Ok(this), Ok(next)) = (base.join(this), base.join(next)) else { return false };
    let query = |url: &Url| url.query_pairs().into_owned().collect::<Vec<_>>();
    let (before, after) = (query(&this), query(&next));
    let value = |pairs: &[(String, String)], name: &str| {
        pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let changed: Vec<&(String, String)> =
        after.iter().filter(|(name, text)| value(&before, name).as_ref() != Some(text)).collect();
    // A part of the path may be the number as well.
    let paths = || next.path_segments().into_iter().flatten().zip(this.path_segments().into_iter().flatten());
    let path_counts = paths().any(|(after, before)| after != before && is_position(after));
    path_counts || (!changed.is_empty() && changed.iter().all(|(_, text)| is_position(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_positions() {
        let cases =
            [("2", true), ("0", true), ("1795514400", false), ("-1", false), ("eyJpZCI6MX0", false), ("", false)];
        for (cursor, expected) in cases {
            assert_eq!(is_position(cursor), expected, "{cursor}");
        }
    }

    #[test]
    fn addresses_that_differ_in_small_numbers_count_pages() {
        for (this, next, expected) in [
            ("things", "/v1/things?page=2", true),
            ("things?page=2", "?page=3", true),
            ("things?page=2&n=100", "https://api.example/v1/things?n=100&page=3", true),
            ("things?offset=100&limit=100", "things?offset=200&limit=100", true),
            ("things?page%5Bnumber%5D=1", "things?page%5Bnumber%5D=2", true),
            ("things/page/1", "/things/page/2", true),
            ("things", "things?after=x17", false),
            ("things?after=x17", "things?after=x18&page=2", false),
            ("things?after=7", "things?after=9007199254740993", false),
            ("things?a=1", "things?a=1", false),
        ] {
            assert_eq!(counts_pages(this, next), expected, "{this} -> {next}");
        }
    }
}
