//! The connection to an API: its address, its credential and the format of its answers.

use url::Url;

use super::authorization::{Authorization, Credential};
use super::oauth::ClientCredentials;
use crate::error::Result;
use crate::options::Options;
use crate::secret::Secret;
use crate::source::{Api, ConfiguredToken, Scheme, Source, TokenOrigin};

/// An API's address and the credential for it.
#[derive(Clone, Debug)]
pub struct Connection {
    base: Url,
    /// The server's constant headers.
    headers: Vec<(String, String)>,
    authentication: Authentication,
    api: &'static dyn Api,
}

/// The source of the `Authorization` header: fixed, or fetched by login.
#[derive(Clone, Debug)]
pub(crate) enum Authentication {
    /// The same authorization for every request.
    Fixed(Authorization),
    /// A token of the OAuth2 client credentials grant.
    Login(ClientCredentials),
}

impl Connection {
    /// The API of source `S` for a server's options and a bearer token of the server.
    ///
    /// # Errors
    /// The errors of [`Connection::new`].
    pub fn bearer<S: Source>(server: &Options, token: Secret) -> Result<Self> {
        Self::new::<S>(server, Credential::Token { secret: token, origin: TokenOrigin::Server })
    }

    /// The API of source `S` for a server's options and a credential.
    ///
    /// # Errors
    /// `OptionValue` for a token that is not valid in an HTTP header, and the errors of [`Source::base_url`] and
    /// [`Source::token_endpoint`].
    pub fn new<S: Source>(server: &Options, credential: Credential) -> Result<Self> {
        let scheme = S::scheme(server)?;
        let token = match &credential {
            Credential::Token { secret, origin } => Some(ConfiguredToken { secret, origin: *origin }),
            _ => None,
        };
        let base = S::base_url(server, token)?;
        let authentication = match (scheme, credential) {
            (Scheme::Bearer, Credential::Client { id, secret, owner }) => Authentication::Login(ClientCredentials {
                client_id: id,
                client_secret: secret,
                endpoint: S::token_endpoint(server, &base)?,
                owner,
                api: S::API,
            }),
            (scheme, credential) => Authentication::Fixed(Authorization::new::<S>(&scheme, credential)?),
        };
        Ok(Connection { base, headers: S::headers(server)?, authentication, api: S::API })
    }

    /// The address of the API, with a trailing slash.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// The format of the API's answers.
    pub(crate) fn api(&self) -> &'static dyn Api {
        self.api
    }

    /// The server's constant headers, with names in lower case.
    pub(crate) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The source of the `Authorization` header.
    pub(crate) fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// The credentials to log in with, if a login is needed.
    pub(crate) fn login(&self) -> Option<&ClientCredentials> {
        match &self.authentication {
            Authentication::Fixed(_) => None,
            Authentication::Login(credentials) => Some(credentials),
        }
    }

    /// True if requests have a credential.
    pub(crate) fn needs_credential(&self) -> bool {
        match &self.authentication {
            Authentication::Fixed(authorization) => !authorization.is_none(),
            Authentication::Login(_) => true,
        }
    }

    /// The query parameter for the credential, if it is sent in one.
    pub(crate) fn credential_parameter(&self) -> Option<&str> {
        match &self.authentication {
            Authentication::Fixed(authorization) => authorization.parameter.as_deref(),
            Authentication::Login(_) => None,
        }
    }

    /// The secrets of the options, to be redacted from all texts.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let (fixed, login) = match &self.authentication {
            Authentication::Fixed(authorization) => (authorization.secrets.as_slice(), None),
            Authentication::Login(login) => (&[] as &[Secret], Some(&login.client_secret)),
        };
        fixed.iter().chain(login)
    }

    /// The origin of all requests, to which the rate limit applies.
    pub(crate) fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// True for an https address.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.base.scheme() == "https"
    }
}
