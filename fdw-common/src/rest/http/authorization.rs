//! The `Authorization` header, or another header or query parameter for the credential.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;
use crate::source::{Scheme, Source, TokenOrigin};

/// The longest header that is sent, in bytes. Servers accept far less.
const LONGEST_HEADER: usize = 65_535;

/// The credential of a connection.
#[derive(Debug, Clone)]
pub enum Credential {
    /// No credential.
    None,
    /// A token, sent as it is.
    Token {
        /// The token.
        secret: Secret,
        /// The place where it is configured.
        origin: TokenOrigin,
    },
    /// A user's name and password.
    User {
        /// The user's name, which is not secret.
        name: String,
        /// The password.
        secret: Secret,
    },
    /// A client's id and secret, which are exchanged for a token.
    Client {
        /// The client's id, which is not secret.
        id: String,
        /// Its secret.
        secret: Secret,
        /// The owner of the credential: no other owner gets the token, even if all else is equal.
        owner: String,
    },
}

/// The credential in the form in which a request sends it.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    /// The header with the credential.
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    /// The query parameter for the credential; its value is the first of the secrets.
    pub(crate) parameter: Option<String>,
    /// The texts to redact everywhere: the token or the password first, then each form in which it is sent.
    pub(crate) secrets: Vec<Secret>,
    /// The token's id, if it was fetched, so that another one can be fetched.
    pub(crate) id: Option<u64>,
    /// The scopes that the token was granted, if the token endpoint stated them.
    pub(crate) scopes: Option<Vec<String>>,
}

impl Authorization {
    /// A fixed credential in the form of the scheme.
    ///
    /// # Errors
    /// `CredentialMissing` for a credential of another kind than the scheme's, `OptionValue` for one that is not valid
    /// in a header.
    pub(crate) fn new<S: Source>(scheme: &Scheme, credential: Credential) -> Result<Self> {
        let parameter = match scheme {
            Scheme::Query(name) => Some(name.clone()),
            _ => None,
        };
        let (header, secrets) = match (scheme, credential) {
            (Scheme::Query(_), Credential::Token { secret: token, .. }) if !token.expose().trim().is_empty() => {
                (None, vec![token])
            }
            (Scheme::None, _) => (None, Vec::new()),
            (Scheme::Bearer, Credential::Token { secret: token, .. }) => {
                (Some((AUTHORIZATION, bearer(&token)?)), vec![token])
            }
            (Scheme::Header(name), Credential::Token { secret: token, .. }) => {
                (Some((name.clone(), sensitive(token.expose().trim())?)), vec![token])
            }
            (Scheme::Basic, Credential::User { name, secret }) => {
                let encoded = basic(&name, &secret)?;
                (Some((AUTHORIZATION, sensitive(&format!("Basic {}", encoded.expose()))?)), vec![secret, encoded])
            }
            (Scheme::Bearer | Scheme::Basic | Scheme::Header(_) | Scheme::Query(_), _) => {
                return Err(Error::new(
                    ErrorKind::CredentialMissing,
                    "the credential is not of the kind that the server asks for",
                )
                .with_hint(format!("Set {}.", S::CREDENTIAL_HINT)));
            }
        };
        Ok(Authorization { header, parameter, secrets, id: None, scopes: None })
    }

    /// True if requests have no credential.
    pub(crate) fn is_none(&self) -> bool {
        self.header.is_none() && self.parameter.is_none()
    }
}

/// A header value that is never printed.
///
/// # Errors
/// `OptionValue` for a text that is not valid in a header.
pub(crate) fn sensitive(text: &str) -> Result<HeaderValue> {
    let unusable = |hint: &str| {
        Error::new(ErrorKind::OptionValue, "the credential cannot be sent in an HTTP header").with_hint(hint)
    };
    if text.len() > LONGEST_HEADER {
        return Err(unusable("It is longer than 65,535 bytes."));
    }
    let characters = "A header has no line breaks and no characters outside ASCII.";
    if text.is_empty() || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(unusable(characters));
    }
    let mut header = HeaderValue::try_from(text).map_err(|_| unusable(characters))?;
    header.set_sensitive(true);
    Ok(header)
}

/// A name and a secret, encoded for the scheme `Basic` (RFC 7617, 2).
///
/// # Errors
/// `OptionValue` for a name with a colon, which separates name and secret.
pub(crate) fn basic(name: &str, secret: &Secret) -> Result<Secret> {
    if name.contains(':') {
        return Err(Error::new(ErrorKind::OptionValue, "the user's name has a colon, which Basic cannot send"));
    }
    let pair = Zeroizing::new(format!("{name}:{}", secret.expose()));
    Ok(Secret::from(STANDARD.encode(pair.as_bytes())))
}

/// The header for a bearer token.
///
/// # Errors
/// `OptionValue` for a text that is not a valid token.
pub fn bearer(token: &Secret) -> Result<HeaderValue> {
    let unusable =
        |hint: &str| Error::new(ErrorKind::OptionValue, "the credential is not a bearer token").with_hint(hint);
    let text = token.expose().trim();
    if text.len() >= 7 && text.as_bytes()[..7].eq_ignore_ascii_case(b"bearer ") {
        return Err(unusable("Give the token alone, without the word Bearer."));
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unusable("A token has no spaces, line breaks or characters outside ASCII."));
    }
    sensitive(&format!("Bearer {text}"))
}
