//! What a plugin is: data plus a few functions.

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

/// A credential as the options of one catalog object give it.
#[derive(Debug, Clone)]
pub enum CredentialRef {
    /// A token, which is sent as it is.
    Token(SecretRef),
    /// A user's password.
    User {
        /// The user's name.
        name: NameRef,
        /// The password.
        secret: SecretRef,
    },
    /// A client's secret, which is traded for a token.
    Client {
        /// The client's name.
        name: NameRef,
        /// Its secret.
        secret: SecretRef,
    },
}

/// The name that goes with a secret. It is no secret itself.
#[derive(Debug, Clone)]
pub struct NameRef {
    /// The option it stands in.
    pub option: OptionalKey<String>,
    /// The name, if it stands on the same object as the secret; else it is the server's.
    pub name: Option<String>,
}

impl CredentialRef {
    /// Where the secret part stands.
    pub fn secret(&self) -> &SecretRef {
        match self {
            CredentialRef::Token(secret)
            | CredentialRef::User { secret, .. }
            | CredentialRef::Client { secret, .. } => secret,
        }
    }
}

/// The options that give one secret.
#[derive(Debug, Clone, Copy)]
pub struct SecretKeys {
    /// The secret itself.
    pub inline: OptionalKey<Secret>,
    /// Its id or key id in Vault.
    pub vault_id: OptionalKey<String>,
    /// Its name in Vault.
    pub vault_name: OptionalKey<String>,
    /// The credential that it is part of.
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

/// The one credential that an object's options give, if they give one.
///
/// # Errors
/// `OptionValue` when there are two.
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

/// How a request shows whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// Not at all.
    None,
    /// `Authorization: Bearer …` (RFC 6750), with a token or with one that a client logs in for.
    Bearer,
    /// `Authorization: Basic …` (RFC 7617), with a user's name and password.
    Basic,
    /// A header of its own, which holds a token and nothing else.
    Header(HeaderName),
    /// A query parameter of this name, whose value is a token. It is added when the URL is sent, and is part of no
    /// target before.
    Query(String),
}

/// Where a client's credentials are traded for a token (OAuth2 client credentials, RFC 6749, 4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEndpoint {
    /// Where to ask.
    pub url: Url,
    /// What the token is for, if that has to be said.
    pub audience: Option<String>,
    /// What it is to allow, if that has to be said.
    pub scope: Option<String>,
    /// How the client shows who it is.
    pub client: ClientAuthentication,
}

/// How a client shows a token endpoint who it is (RFC 6749, 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum ClientAuthentication {
    /// By the header `Authorization: Basic …`.
    Basic,
    /// By `client_id` and `client_secret` in the form that is sent.
    Form,
}

/// A foreign table as the catalogs have it.
pub struct TableDefinition<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its options.
    pub options: &'a Options,
    /// Its columns. Only a source that makes its entities of them asks for them.
    pub columns: &'a dyn Fn() -> Result<Vec<DeclaredColumn>>,
}

/// A column of a foreign table as the catalogs have it.
#[derive(Debug, Clone)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: String,
    /// The kind of its type.
    pub ty: ColumnType,
    /// Its options.
    pub options: Options,
}

/// Something in an object's options that should be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What is wrong, in lower case.
    pub message: String,
    /// One thing to do.
    pub hint: String,
}

/// The constant headers of a request: those of the server, and those of the table, which replace the server's of
/// the same name. Names are in lower case.
pub fn constant_headers(server: &[(String, String)], table: &[(&str, &str)]) -> Vec<(String, String)> {
    let is_replaced = |name: &str| table.iter().any(|(own, _)| *own == name);
    let of_server = server.iter().filter(|(name, _)| !is_replaced(name)).cloned();
    of_server.chain(table.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

/// What a token tells of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TokenClaims {
    /// The scopes it was granted.
    pub scopes: Option<Vec<String>>,
    /// For how many seconds it is good; below zero it is not.
    pub expires_in: Option<f64>,
}

/// The object of the catalogs that a token is configured on, which says who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenOrigin {
    /// The server: whoever chose the token may choose the server's address too.
    Server,
    /// A user mapping: a role that may only query can make one for itself.
    UserMapping,
}

/// A token that requests are sent with, and where it is from.
#[derive(Debug, Clone, Copy)]
pub struct GivenToken<'a> {
    /// The token.
    pub secret: &'a Secret,
    /// Where it is configured.
    pub origin: TokenOrigin,
}

/// How an API answers, and what to do about its errors: what is asked of a source while requests run.
pub trait Api: fmt::Debug + Sync {
    /// The product's name as people write it, for messages.
    fn title(&self) -> &'static str;

    /// Which bucket of the API's rate limit a request draws from, by its path below the base address. An
    /// API without such groups has one bucket, [`WHOLE_API`].
    fn bucket(&self, _path: &str) -> &'static str {
        WHOLE_API
    }

    /// True when an error answer to a request for one object, or for the rows below one, says that there is no such
    /// object, and nothing else.
    fn is_absent(&self, status: u16, body: &[u8], entity: &Entity) -> bool;

    /// True when an error answer says that a search took too long, so that one for fewer rows may not.
    fn is_too_slow(&self, _status: u16, _body: &[u8]) -> bool {
        false
    }

    /// True when an error answer says that paging goes no further than the page before.
    fn is_page_cap(&self, _status: u16, _body: &[u8]) -> bool {
        false
    }

    /// The API's words in the body of an error answer, if the body is of the API's own form.
    fn error_message(&self, body: &[u8]) -> Option<String>;

    /// What to do about an error answer with this status and body, beyond what any API would have you do.
    fn error_hint(&self, status: u16, body: &[u8], entity: &Entity) -> Option<String>;

    /// What to do about an error status of the token endpoint.
    fn login_hint(&self, status: u16) -> Option<String>;

    /// What a token says about itself, if anything.
    fn token_claims(&self, _token: &Secret) -> TokenClaims {
        TokenClaims::default()
    }

    /// The search for the rows of a slice, of all or of those a search finds that [`Source::search`] wrote.
    /// Nothing for the slice of all rows, which is the list itself.
    fn search_slice(&self, _search: Option<&str>, _slice: &Slice) -> Option<String> {
        None
    }
}

/// A REST API whose lists become foreign tables. It knows nothing of Postgres.
pub trait Source: Sized + Send + Sync + 'static {
    /// The name that SQL functions of the source begin with.
    const NAME: &'static str;
    /// The product's name as people write it, for messages.
    const TITLE: &'static str;
    /// The name in the list of sources.
    const LISTED_AS: &'static str = Self::TITLE;
    /// Its options beside the ones every source has.
    const OPTIONS: OptionTable;
    /// Its tables; none if every foreign table says what it is of, see [`Source::entity`].
    const ENTITIES: &'static [Entity];
    /// What to set where a credential is missing, as a sentence without its end: options by their names.
    const CREDENTIAL_HINT: &'static str;
    /// How the API answers.
    const API: &'static dyn Api;

    /// Checks what the option table cannot: options that exclude each other, addresses.
    ///
    /// # Errors
    /// What is wrong with the combination.
    fn check(catalog: Catalog, options: &Options) -> Result<()>;

    /// What a foreign table is of. A source without entities of its own makes one of the table's definition,
    /// once for each definition, since an entity stays for the life of the process; it gives it a
    /// [`Entity::definition`].
    ///
    /// # Errors
    /// What is wrong with the definition.
    fn entity(table: &TableDefinition<'_>) -> Result<&'static Entity> {
        find_entity::<Self>(table.options.get(OBJECT)?.as_deref())
    }

    /// The entity that a plan is for, by its name and by what it was made of, if it was.
    ///
    /// # Errors
    /// `Internal` for one that [`Source::entity`] has not given.
    fn planned_entity(name: &str, _definition: Option<&str>) -> Result<&'static Entity> {
        find_entity::<Self>(Some(name))
    }

    /// Where the credential of one catalog object stands, if it has one.
    ///
    /// # Errors
    /// `OptionValue` when there is more than one.
    fn credential(options: &Options) -> Result<Option<CredentialRef>>;

    /// The address of the API, with a trailing slash, for a server's options and the token in use, if it
    /// is given. What a token of a user mapping says never leads to a host that its role could have chosen.
    ///
    /// # Errors
    /// `OptionMissing` or `OptionValue` when there is no usable address.
    fn base_url(server: &Options, token: Option<GivenToken<'_>>) -> Result<Url>;

    /// The path of the API on its host, with a slash on both sides.
    ///
    /// # Errors
    /// As [`Source::base_url`].
    fn api_path(server: &Options) -> Result<String> {
        Ok(Self::base_url(server, None)?.path().to_owned())
    }

    /// How requests show whose they are.
    ///
    /// # Errors
    /// `OptionValue` or `OptionMissing` when the options do not tell it.
    fn scheme(_server: &Options) -> Result<Scheme> {
        Ok(Scheme::Bearer)
    }

    /// Constant headers of every request, no secret among them: names in lower case, each once.
    ///
    /// # Errors
    /// `OptionValue` for an option that is no list of headers.
    fn headers(_server: &Options) -> Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }

    /// What is allowed in an object's options but should be changed: shown as a WARNING when the object is made
    /// or altered. No option's value is part of it.
    fn warnings(_catalog: Catalog, _options: &Options) -> Vec<Warning> {
        Vec::new()
    }

    /// Where a client gets its token for the API at `base`.
    ///
    /// # Errors
    /// `OptionValue` when the options do not tell it.
    fn token_endpoint(server: &Options, base: &Url) -> Result<TokenEndpoint>;

    /// The searches that find every row for which all of `filters` are true; they may find more. A
    /// parameter that has no value yet stands for any value and shows as `$1`.
    fn search(_parameter: &SearchParameter, _filters: &[Filter]) -> Search {
        Search::Whole
    }

    /// True when the rows a search finds are just those for which all of `filters` are true.
    fn is_exact(_parameter: &SearchParameter, _filters: &[Filter]) -> bool {
        false
    }
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
