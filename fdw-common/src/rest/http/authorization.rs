//! The `Authorization` header, or what an API takes in its place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;
use crate::source::{Scheme, Source, TokenOrigin};

/// The longest header that is sent, in bytes. Servers take far less.
const LONGEST_HEADER: usize = 65_535;

/// The credential of a connection.
#[derive(Debug, Clone)]
pub enum Credential {
    /// None.
    None,
    /// A token, as it is.
    Token {
        /// The token.
        secret: Secret,
        /// Where it is configured.
        origin: TokenOrigin,
    },
    /// A user's name and password.
    User {
        /// The user's name, which is no secret.
        name: String,
        /// The password.
        secret: Secret,
    },
    /// A client's name and secret, which are traded for a token.
    Client {
        /// The client's name, which is no secret.
        id: String,
        /// Its secret.
        secret: Secret,
        /// The owner of the credential: nobody else gets the token, even if all else is the same.
        owner: String,
    },
}

/// The credential in the form in which a request carries it.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    /// The header that carries it.
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    /// The query parameter whose value is the first of the secrets.
    pub(crate) parameter: Option<String>,
    /// What no text may hold: the token or the password first, then each form in which it is sent.
    pub(crate) secrets: Vec<Secret>,
    /// The token's id, if it was fetched and another one can be.
    pub(crate) id: Option<u64>,
    /// The scopes that the token was granted, if the token endpoint stated them.
    pub(crate) scopes: Option<Vec<String>>,
}

impl Authorization {
    /// A fixed credential as the scheme sends it.
    ///
    /// # Errors
    /// `CredentialMissing` for a credential of another kind than the scheme's, `OptionValue` for one that no header
    /// can hold.
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

    /// True when requests carry no credential.
    pub(crate) fn is_none(&self) -> bool {
        self.header.is_none() && self.parameter.is_none()
    }
}

/// A header's value that is shown nowhere.
///
/// # Errors
/// `OptionValue` for a text that no header can hold.
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

/// A name and a secret as the scheme `Basic` takes them (RFC 7617, 2).
///
/// # Errors
/// `OptionValue` for a name with a colon, which ends it.
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
/// `OptionValue` for a text that is no token.
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
