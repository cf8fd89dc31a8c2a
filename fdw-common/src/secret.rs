//! The one type a secret lives in.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A credential that cannot be printed, compared or serialised, and is wiped when dropped.
///
/// ```
/// # use fdw_common::secret::Secret;
/// assert_eq!(format!("{:?}", Secret::from("hunter2".to_owned())), "[redacted]");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The secret's text. Every call is a place where it could leak: the tests list them all.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// `text` with every occurrence of this secret replaced: the last line of defence for words
    /// that come from the other side, which may echo a request.
    pub fn redact_from(&self, text: String) -> String {
        let secret = self.expose();
        if !secret.is_empty() && text.contains(secret) { text.replace(secret, "[redacted]") } else { text }
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

/// Where a credential stands: in the option itself, or in Supabase Vault.
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
    fn a_known_secret_is_absent_from_debug_text() {
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
    }
}
