//! Texts of the other side, and URLs, for error messages.

use crate::error::one_line;
use crate::secret::Secret;

/// The most characters of a text of the other side that an error quotes.
const LONGEST_QUOTE: usize = 500;
/// The most bytes of a URL that an error shows.
pub(crate) const LONGEST_URL: usize = 400;
/// The most bytes of an error's detail, and of its hint: an error text stays below 4 kB.
pub(crate) const LONGEST_DETAIL: usize = 2_400;
pub(crate) const LONGEST_HINT: usize = 1_000;

/// Quotes a text of the other side for an error: one line, of bounded length, with secrets redacted.
pub fn quote<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    // Redaction may shorten the text, so more than the shown length is kept until then.
    let text = one_line(text, 20 * LONGEST_QUOTE);
    // Secrets are redacted before the text is cut, since even half a credential must not be shown.
    one_line(&redact(text, secrets), LONGEST_QUOTE)
}

/// A URL for an error: with secrets redacted, and cut in the middle if it is long.
pub(crate) fn shown_url<'a>(url: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    shorten(&redact(url.to_owned(), secrets), LONGEST_URL)
}

fn redact<'a>(text: String, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    secrets.into_iter().fold(text, |text, secret| secret.redact_from(text))
}

/// A text of at most `longest` bytes: the middle of a longer one is replaced by `…`.
pub(crate) fn shorten(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let half = longest.saturating_sub('…'.len_utf8()) / 2;
    let head = text.floor_char_boundary(half);
    let tail = text.ceil_char_boundary(text.len() - half);
    format!("{}…{}", &text[..head], &text[tail..])
}

/// A product's name for the beginning of a sentence, with a capital letter.
pub(crate) fn sentence(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_in_its_middle() {
        assert_eq!(shorten("abcdefghij", 10), "abcdefghij");
        assert_eq!(shorten("abcdefghijk", 10), "abc…ijk");
        assert_eq!(shorten("äöüäöüäöü", 10), "ä…ü");
        for longest in 0..20 {
            assert!(shorten("äbcö€fghijklmnop", longest).len() <= longest.max('…'.len_utf8()), "{longest}");
        }
    }

    #[test]
    fn a_secret_is_removed_before_a_url_is_cut() {
        let secret = Secret::from("k3y-of-the-api".to_owned());
        let url = format!("/things?{}&api_key=k3y-of-the-api&{}", "a".repeat(176), "b".repeat(300));
        let shown = shown_url(&url, [&secret]);
        assert!(!shown.contains("k3y"), "{shown}");
        assert!(shown.len() <= LONGEST_URL && shown.starts_with("/things?a") && shown.ends_with('b'), "{shown}");
    }
}
