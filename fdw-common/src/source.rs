//! The interface of a plugin: constant data and a few functions.

use std::fmt;

pub use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use crate::error::{Error, ErrorKind, Result, SHORTER_THAN_CREDENTIALS, repeated};
use crate::filter::{Filter, Search};
use crate::model::{ColumnType, Entity, SearchParameter, WHOLE_API};
use crate::options::{Catalog, OBJECT, OptionTable, OptionalKey, Options};
use crate::secret::{Secret, SecretRef};
use crate::slice::Slice;
use crate::spelling::closest;

/// A credential as given by the options of one catalog object.
#[derive(Debug, Clone)]
pub enum CredentialRef {
    /// A token, sent unchanged.
    Token(SecretRef),
    /// A user's password.
    User {
        /// The user's name.
        name: NameRef,
        /// The password.
        secret: SecretRef,
    },
    /// A client's secret, exchanged for a token.
    Client {
        /// The client's name.
        name: NameRef,
        /// Its secret.
        secret: SecretRef,
    },
}

/// The name that belongs to a secret. It is not secret.
#[derive(Debug, Clone)]
pub struct NameRef {
    /// The option that holds it.
    pub option: OptionalKey<String>,
    /// The name, if it is on the same object as the secret; otherwise the server's option is read.
    pub name: Option<String>,
}

impl CredentialRef {
    /// Location of the secret part.
    pub fn secret(&self) -> &SecretRef {
        match self {
            CredentialRef::Token(secret)
            | CredentialRef::User { secret, .. }
            | CredentialRef::Client { secret, .. } => secret,
        }
    }
}

/// The three options that can hold one secret.
#[derive(Debug, Clone, Copy)]
pub struct SecretKeys {
    /// The secret itself.
    pub inline: OptionalKey<Secret>,
    /// Its id or key id in Vault.
    pub vault_id: OptionalKey<String>,
    /// Its name in Vault.
    pub vault_name: OptionalKey<String>,
    /// The credential that the secret is part of.
    pub kind: SecretKind,
}

/// The credential that a secret is part of.
#[derive(Debug, Clone, Copy)]
pub enum SecretKind {
    /// A token.
    Token,
    /// A user's password.
    Password {
        /// The option with the user's name.
        user: OptionalKey<String>,
    },
    /// A client's secret.
    ClientSecret {
        /// The option with the client's name.
        client: OptionalKey<String>,
    },
}

/// The credential in an object's options, if there is one.
///
/// # Errors
/// `OptionValue` if there are two.
pub fn find_credential(options: &Options, secrets: &[SecretKeys]) -> Result<Option<CredentialRef>> {
    let mut found: Option<(&'static str, CredentialRef)> = None;
    for SecretKeys { inline, vault_id, vault_name, kind } in secrets {
        let given = [
            (options.get(*inline)?.map(SecretRef::Inline), inline.spec.name),
            (options.get(*vault_id)?.map(SecretRef::VaultId), vault_id.spec.name),
            (options.get(*vault_name)?.map(SecretRef::VaultName), vault_name.spec.name),
        ];
        for (secret, option) in given {
            let Some(secret) = secret else { continue };
            if let Some((first, _)) = found {
                return Err(Error::new(
                    ErrorKind::OptionValue,
                    format!("options \"{first}\" and \"{option}\" both give the credential"),
                )
                .with_hint("Keep one of them."));
            }
            let named = |option: OptionalKey<String>| {
                Ok::<_, Error>(NameRef { option, name: options.get(option)?.map(|name| name.trim().to_owned()) })
            };
            let credential = match *kind {
                SecretKind::Token => CredentialRef::Token(secret),
                SecretKind::Password { user } => CredentialRef::User { name: named(user)?, secret },
                SecretKind::ClientSecret { client } => CredentialRef::Client { name: named(client)?, secret },
            };
            found = Some((option, credential));
        }
    }
    Ok(found.map(|(_, credential)| credential))
}

/// Form in which a request carries the credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// No credential.
    None,
    /// `Authorization: Bearer …` (RFC 6750), with a configured token or one from a client's login.
    Bearer,
    /// `Authorization: Basic …` (RFC 7617), with a user's name and password.
    Basic,
    /// A header of its own that holds only the token.
    Header(HeaderName),
    /// A query parameter of this name with the token as its value. It is added only when the URL is sent; no request
    /// target before that contains it.
    Query(String),
}

/// Endpoint that exchanges a client's credentials for a token (OAuth2 client credentials, RFC 6749, 4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEndpoint {
    /// The endpoint's URL.
    pub url: Url,
    /// The token's audience, if the endpoint needs one.
    pub audience: Option<String>,
    /// The token's scope, if the endpoint needs one.
    pub scope: Option<String>,
    /// Form in which the client authenticates.
    pub client: ClientAuthentication,
}

/// Authentication of a client at a token endpoint (RFC 6749, 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum ClientAuthentication {
    /// With the header `Authorization: Basic …`.
    Basic,
    /// With `client_id` and `client_secret` in the form body.
    Form,
}

/// A foreign table as defined in the catalogs.
pub struct TableDefinition<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its options.
    pub options: &'a Options,
    /// Its columns. Only a source that makes its entities from them calls this.
    pub columns: &'a dyn Fn() -> Result<Vec<DeclaredColumn>>,
}

/// A column of a foreign table as defined in the catalogs.
#[derive(Debug, Clone)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// The kind of its type.
    pub ty: ColumnType,
    /// Its options.
    pub options: Options,
}

/// A setting in an object's options that should be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The problem, in lower case.
    pub message: String,
    /// One thing to do.
    pub hint: String,
}

/// The constant headers of a request: the server's, and the table's, which replace the server's headers of the same
/// name. Names are in lower case.
pub fn constant_headers(server: &[(String, String)], table: &[(&str, &str)]) -> Vec<(String, String)> {
    let is_replaced = |name: &str| table.iter().any(|(own, _)| *own == name);
    let of_server = server.iter().filter(|(name, _)| !is_replaced(name)).cloned();
    of_server.chain(table.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

/// Claims of a token about itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TokenClaims {
    /// The scopes it was granted.
    pub scopes: Option<Vec<String>>,
    /// Seconds until it expires; negative if it has expired.
    pub expires_in: Option<f64>,
}

/// The catalog object that a token is configured on. It tells who chose the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenOrigin {
    /// The server: its owner may choose the server's address too.
    Server,
    /// A user mapping: a role that may only query can make one for itself.
    UserMapping,
}

/// A token that requests are sent with, and its origin.
#[derive(Debug, Clone, Copy)]
pub struct ConfiguredToken<'a> {
    /// The token.
    pub secret: &'a Secret,
    /// The object it is configured on.
    pub origin: TokenOrigin,
}

/// Behaviour of an API while requests run: its rate limit buckets and the meaning of its errors.
pub trait Api: fmt::Debug + Sync {
    /// The product's name as users write it, for messages.
    fn title(&self) -> &'static str;

    /// The bucket of the API's rate limit that a request counts in, by its path below the base address. An API
    /// without separate buckets has one, [`WHOLE_API`].
    fn bucket(&self, _path: &str) -> &'static str {
        WHOLE_API
    }

    /// True if an error response to a request for one object, or for the rows below one, means that the object does
    /// not exist and nothing else.
    fn is_absent(&self, status: u16, body: &[u8], entity: &Entity) -> bool;

    /// True if an error response means that a search took too long, so that one for fewer rows may succeed.
    fn is_too_slow(&self, _status: u16, _body: &[u8]) -> bool {
        false
    }

    /// True if an error response means that paging ends after the previous page.
    fn is_page_cap(&self, _status: u16, _body: &[u8]) -> bool {
        false
    }

    /// The API's message in the body of an error response, if the body has the API's own form.
    fn error_message(&self, body: &[u8]) -> Option<String>;

    /// A hint for an error response with this status and body, if it needs more than the general hint.
    fn error_hint(&self, status: u16, body: &[u8], entity: &Entity) -> Option<String>;

    /// A hint for an error status of the token endpoint.
    fn login_hint(&self, status: u16) -> Option<String>;

    /// The claims in a token, if it has any.
    fn token_claims(&self, _token: &Secret) -> TokenClaims {
        TokenClaims::default()
    }

    /// The search for the rows of a slice: of all rows, or of the rows found by a search that [`Source::search`]
    /// wrote. `None` for the slice of all rows, which is the list itself.
    fn search_slice(&self, _search: Option<&str>, _slice: &Slice) -> Option<String> {
        None
    }
}

/// A REST API whose lists become foreign tables. It does not depend on Postgres.
pub trait Source: Sized + Send + Sync + 'static {
    /// The prefix of the source's SQL functions.
    const NAME: &'static str;
    /// The product's name as users write it, for messages.
    const TITLE: &'static str;
    /// The name in the list of sources.
    const LISTED_AS: &'static str = Self::TITLE;
    /// Its options besides those that every source has.
    const OPTIONS: OptionTable;
    /// Its tables; empty if every foreign table describes its own entity, see [`Source::entity`].
    const ENTITIES: &'static [Entity];
    /// The options to set when a credential is missing, as a sentence without its end.
    const CREDENTIAL_HINT: &'static str;
    /// The behaviour of the API.
    const API: &'static dyn Api;

    /// Checks what the option table cannot check: options that exclude each other, addresses.
    ///
    /// # Errors
    /// The fault in the combination.
    fn check(catalog: Catalog, options: &Options) -> Result<()>;

    /// The entity of a foreign table. A source without its own entities makes one from the table's definition, once
    /// per definition, because an entity lives as long as the process; it sets [`Entity::definition`].
    ///
    /// # Errors
    /// The fault in the definition.
    fn entity(table: &TableDefinition<'_>) -> Result<&'static Entity> {
        find_entity::<Self>(table.options.get(OBJECT)?.as_deref())
    }

    /// The entity that a plan is for, by its name and its definition, if it has one.
    ///
    /// # Errors
    /// `Internal` for an entity that [`Source::entity`] has not returned.
    fn planned_entity(name: &str, _definition: Option<&str>) -> Result<&'static Entity> {
        find_entity::<Self>(Some(name))
    }

    /// Location of the credential of one catalog object, if it has one.
    ///
    /// # Errors
    /// `OptionValue` if there is more than one.
    fn credential(options: &Options) -> Result<Option<CredentialRef>>;

    /// The address of the API, with a trailing slash, for a server's options and the token in use, if there is one.
    /// The content of a user mapping's token never leads to a host that its role could have chosen.
    ///
    /// # Errors
    /// `OptionMissing` or `OptionValue` if there is no usable address.
    fn base_url(server: &Options, token: Option<ConfiguredToken<'_>>) -> Result<Url>;

    /// The path of the API on its host, with a slash on both sides.
    ///
    /// # Errors
    /// As [`Source::base_url`].
    fn api_path(server: &Options) -> Result<String> {
        Ok(Self::base_url(server, None)?.path().to_owned())
    }

    /// The form in which requests carry the credential.
    ///
    /// # Errors
    /// `OptionValue` or `OptionMissing` if the options do not define it.
    fn scheme(_server: &Options) -> Result<Scheme> {
        Ok(Scheme::Bearer)
    }

    /// Constant headers of every request, none of them secret: names in lower case, each once.
    ///
    /// # Errors
    /// `OptionValue` for an option that is not a list of headers.
    fn headers(_server: &Options) -> Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }

    /// Warnings about settings that are allowed but should be changed, shown when the object is created or altered.
    /// They contain no option's value.
    fn warnings(_catalog: Catalog, _options: &Options) -> Vec<Warning> {
        Vec::new()
    }

    /// The endpoint that gives a client its token for the API at `base`.
    ///
    /// # Errors
    /// `OptionValue` if the options do not define it.
    fn token_endpoint(server: &Options, base: &Url) -> Result<TokenEndpoint>;

    /// The searches that find every row for which all of `filters` are true; they may find more. A parameter without
    /// a value yet matches any value and is shown as `$1`.
    fn search(_parameter: &SearchParameter, _filters: &[Filter]) -> Search {
        Search::Whole
    }

    /// True if a search finds exactly the rows for which all of `filters` are true.
    fn is_exact(_parameter: &SearchParameter, _filters: &[Filter]) -> bool {
        false
    }
}

/// The entity named by a table's option `object`.
///
/// # Errors
/// `OptionMissing` or `OptionValue`, with the closest name and the query that lists the others.
pub fn find_entity<S: Source>(object: Option<&str>) -> Result<&'static Entity> {
    let all = format!("`select entity, description from {}_fdw_entities()` lists all there are.", S::NAME);
    let Some(object) = object else {
        return Err(Error::new(ErrorKind::OptionMissing, "option \"object\" is required for a foreign table")
            .with_hint(format!("Name the entity. {all}")));
    };
    S::ENTITIES.iter().find(|entity| entity.name == object).ok_or_else(|| {
        Error::new(ErrorKind::OptionValue, {
            let object = repeated(object, '\'', SHORTER_THAN_CREDENTIALS);
            format!("option \"object\" cannot be {object}")
        })
        .with_hint(match closest(object, S::ENTITIES.iter().map(|entity| entity.name)) {
            Some(near) => format!("Perhaps you meant '{near}'. {all}"),
            None => all,
        })
    })
}
