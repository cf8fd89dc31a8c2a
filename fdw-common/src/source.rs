//! What a plugin is: data plus a few functions.

use url::Url;

use crate::entity::{Entity, SearchParameter};
use crate::error::{Error, ErrorKind, Result, SHORTER_THAN_CREDENTIALS, repeated};
use crate::filter::{Filter, Search};
use crate::options::{Catalog, OptionTable, Options, closest};
use crate::secret::{Secret, SecretRef};
use crate::slice::Slice;

/// A credential as the options of one catalog object give it.
#[derive(Debug, Clone)]
pub enum CredentialRef {
    /// A bearer token.
    Token(SecretRef),
    /// A client's secret, and its name if it stands on the same object; else it is the server's.
    Client {
        /// The client's name.
        id: Option<String>,
        /// Its secret.
        secret: SecretRef,
    },
}

impl CredentialRef {
    /// Where the secret part stands.
    pub fn secret(&self) -> &SecretRef {
        match self {
            CredentialRef::Token(secret) | CredentialRef::Client { secret, .. } => secret,
        }
    }
}

/// Where a client's credentials are traded for a token (OAuth2 client credentials, RFC 6749, 4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEndpoint {
    /// Where to ask.
    pub url: Url,
    /// What the token is for.
    pub audience: String,
}

/// What a token tells of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TokenClaims {
    /// The scopes it was granted.
    pub scopes: Option<Vec<String>>,
    /// For how many seconds it is good; below zero it is not.
    pub expires_in: Option<f64>,
}

/// A REST API whose lists become foreign tables. It knows nothing of Postgres.
pub trait Source: Send + Sync + 'static {
    /// The name that SQL functions of the source begin with.
    const NAME: &'static str;
    /// The product's name as people write it, for messages.
    const TITLE: &'static str;
    /// The path of the API on its host, with a slash on both sides.
    const API_PATH: &'static str;
    /// Its options beside the ones every source has.
    const OPTIONS: OptionTable;
    /// The option with a client's name.
    const CLIENT_ID: &'static str;
    /// Its tables.
    const ENTITIES: &'static [Entity];

    /// Checks what the option table cannot: options that exclude each other, addresses.
    ///
    /// # Errors
    /// What is wrong with the combination.
    fn check(catalog: Catalog, options: &Options) -> Result<()>;

    /// Where the credential of one catalog object stands, if it has one.
    ///
    /// # Errors
    /// `OptionValue` when there is more than one.
    fn credential(options: &Options) -> Result<Option<CredentialRef>>;

    /// The address of the API, with a trailing slash, for a server's options and the token in use, if it
    /// is given.
    ///
    /// # Errors
    /// `OptionMissing` or `OptionValue` when there is no usable address.
    fn base_url(server: &Options, token: Option<&Secret>) -> Result<Url>;

    /// Where a client gets its token for the API at `base`.
    ///
    /// # Errors
    /// `OptionValue` when the options do not tell it.
    fn token_endpoint(server: &Options, base: &Url) -> Result<TokenEndpoint>;

    /// What a token tells of itself, if anything.
    fn token_claims(token: &Secret) -> TokenClaims;

    /// What to do about an error status of the token endpoint.
    fn login_hint(status: u16) -> Option<String>;

    /// The searches that find every row for which all of `filters` are true; they may find more. A
    /// parameter that has no value yet stands for any value and shows as `$1`.
    fn search(parameter: &SearchParameter, filters: &[Filter]) -> Search;

    /// True when the rows a search finds are just those for which all of `filters` are true.
    fn is_exact(parameter: &SearchParameter, filters: &[Filter]) -> bool;

    /// The search for the rows of a slice, of all or of those a search finds that [`Source::search`] wrote.
    /// Nothing for the slice of all rows, which is the list itself.
    fn search_slice(search: Option<&str>, slice: &Slice) -> Option<String>;

    /// True when an error answer says that a search took too long, so that one for fewer rows may not.
    fn is_too_slow(status: u16, body: &[u8]) -> bool;

    /// Which bucket of the API's rate limit a request draws from, by its path below the base address. An
    /// API without such groups has one bucket, [`WHOLE_API`](crate::rest::WHOLE_API).
    fn bucket(path: &str) -> &'static str;

    /// True when an error answer to a look-up says that there is no such row, and nothing else.
    fn is_absent(status: u16, body: &[u8]) -> bool;

    /// What the API says in the body of an error answer, if the body is of the API's own form.
    fn error_message(body: &[u8]) -> Option<String>;

    /// What to do about an error status, beyond what any API would have you do.
    fn error_hint(status: u16, entity: &Entity) -> Option<String>;
}

/// The entity a table's option `object` names.
///
/// # Errors
/// `OptionMissing` or `OptionValue`, with the closest name and where to find the others.
pub fn find_entity<S: Source>(object: Option<&str>) -> Result<&'static Entity> {
    let all = format!("`select entity, description from {}_fdw_entities()` lists all there are.", S::NAME);
    let Some(object) = object else {
        return Err(Error::new(ErrorKind::OptionMissing, "option \"object\" is required for a foreign table")
            .with_hint(format!("Name what the rows are. {all}")));
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
