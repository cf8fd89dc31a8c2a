//! The only type that holds a secret.

use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

/// A run of this many bytes of a secret is redacted.
const REDACTED_RUN: usize = 12;
/// An encoding shorter than this is not redacted: it may be an ordinary word.
const SHORTEST_ENCODING: usize = 6;

/// Encodes all bytes but the unreserved ones of a query (RFC 3986, 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A credential that cannot be printed, compared or serialised, and is wiped when dropped.
///
/// ```
/// # use fdw_common::secret::Secret;
/// assert_eq!(format!("{:?}", Secret::from("hunter2".to_owned())), "[redacted]");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The secret's text. Every call is a possible leak: a test lists all calls.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// `text` with every occurrence of this secret and every longer part of it replaced, in plain form,
    /// percent-encoded or in base64. This is the last line of defence for texts of the other side, which may echo a
    /// request. It does not protect against a side that reveals the secret on purpose: other encodings exist.
    pub fn redact_from(&self, text: String) -> String {
        let mut hidden = vec![false; text.len()];
        for form in self.forms() {
            hide(text.as_bytes(), form.as_bytes(), &mut hidden);
        }
        if !hidden.contains(&true) {
            return text;
        }
        let mut shown = String::with_capacity(text.len());
        let mut was_hidden = false;
        for (at, c) in text.char_indices() {
            // A character is hidden if any of its bytes is.
            let is_hidden = hidden[at..at + c.len_utf8()].contains(&true);
            match (is_hidden, was_hidden) {
                (true, false) => shown.push_str("[redacted]"),
                (true, true) => {}
                (false, _) => shown.push(c),
            }
            was_hidden = is_hidden;
        }
        shown
    }

    /// The forms in which the secret may be written: plain, percent-encoded, and in both alphabets of base64,
    /// starting at any of the three offsets within a group.
    fn forms(&self) -> Vec<Zeroizing<String>> {
        let secret = self.expose();
        let mut forms = Vec::new();
        for set in [NON_ALPHANUMERIC, UNRESERVED] {
            let encoded = Zeroizing::new(utf8_percent_encode(secret, set).to_string());
            // HTML forms encode a space as `+`; some clients write lower-case hexadecimal digits.
            forms.push(Zeroizing::new(encoded.replace("%20", "+")));
            forms.push(Zeroizing::new(lower_case_escapes(&encoded)));
            forms.push(encoded);
        }
        for (before, mixed) in [(0, 0), (1, 2), (2, 3)] {
            let bytes = Zeroizing::new([vec![0; before].as_slice(), secret.as_bytes()].concat());
            for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                // The first characters also encode the bytes before the secret.
                let encoded = Zeroizing::new(alphabet.encode(&*bytes));
                forms.push(Zeroizing::new(encoded.get(mixed..).unwrap_or_default().to_owned()));
            }
        }
        forms.retain(|form| form.len() >= SHORTEST_ENCODING);
        forms.push(Zeroizing::new(secret.to_owned()));
        forms
    }
}

/// A percent-encoded text with its hexadecimal digits in lower case.
fn lower_case_escapes(encoded: &str) -> String {
    let mut digits = 0_u8;
    let lower = |c: char| {
        let is_digit = digits > 0;
        digits = if c == '%' { 2 } else { digits.saturating_sub(1) };
        if is_digit { c.to_ascii_lowercase() } else { c }
    };
    encoded.chars().map(lower).collect()
}

/// Marks the positions where `text` has `form` or a run of `REDACTED_RUN` bytes of it.
fn hide(text: &[u8], form: &[u8], hidden: &mut [bool]) {
    let length = form.len().min(REDACTED_RUN);
    if length == 0 || text.len() < length {
        return;
    }
    let parts: HashSet<&[u8]> = form.windows(length).collect();
    for (at, part) in text.windows(length).enumerate() {
        if parts.contains(part) {
            hidden[at..at + length].fill(true);
        }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret(SecretString::from(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Location of a credential: the option itself, or Supabase Vault.
#[derive(Debug, Clone)]
pub enum SecretRef {
    /// The option's value is the credential.
    Inline(Secret),
    /// The option's value is the `id` or the `key_id` of a Vault secret.
    VaultId(String),
    /// The option's value is the unique name of a Vault secret.
    VaultName(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_text_has_no_secret() {
        let secret = Secret::from("known-value-4711".to_owned());
        let texts = [format!("{secret:?}"), format!("{:#?}", SecretRef::Inline(secret.clone()))];
        for text in texts {
            assert!(!text.contains("4711"), "{text}");
        }
    }

    #[test]
    fn redact_from_removes_every_echo() {
        let secret = Secret::from("abc".to_owned());
        assert_eq!(secret.redact_from("x abc y abc".to_owned()), "x [redacted] y [redacted]");
        assert_eq!(Secret::from(String::new()).redact_from("x".to_owned()), "x");
        assert_eq!(Secret::from("päß".to_owned()).redact_from("ä päß ß".to_owned()), "ä [redacted] ß");
    }

    #[test]
    fn redact_from_removes_parts_and_encodings() {
        let text = "k3y+/with-s0me.Signs_and|more=Of-them~0123456789";
        let secret = Secret::from(text.to_owned());
        let base64 = |before: &str| STANDARD_NO_PAD.encode(format!("{before}{text}"));
        let echoes = [
            text.to_owned(),
            text[..20].to_owned(),
            text[text.len() - 12..].to_owned(),
            utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
            base64(""),
            base64("a"),
            base64("id:"),
            base64("Bearer "),
            base64("client:"),
            URL_SAFE_NO_PAD.encode(text),
            STANDARD_NO_PAD.encode(&text[..16]),
        ];
        for echo in echoes {
            let shown = secret.redact_from(format!("you sent {echo}, which is wrong"));
            assert!(shown.starts_with("you sent ") && shown.ends_with(", which is wrong"), "{shown}");
            assert!(shown.contains("[redacted]"), "{shown}");
            // No longer part of the secret is left.
            let left = shown.replace("[redacted]", "").len() - "you sent , which is wrong".len();
            assert!(left <= 10, "{echo}: {shown}");
        }
        let harmless = "k3y+/with-s, and other words of the API";
        assert_eq!(secret.redact_from(harmless.to_owned()), harmless);
    }
}
