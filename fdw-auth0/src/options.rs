//! The SQL options for an Auth0 tenant.

use fdw_common::error::Result;
use fdw_common::options::{Catalog, OBJECT, OptionSpec, OptionalKey, Options};
use fdw_common::secret::Secret;
use fdw_common::source::{CredentialRef, SecretKeys, SecretKind, find_credential};

const CREDENTIAL: &[Catalog] = &[Catalog::UserMapping, Catalog::Server];

/// The options that hold a tenant's credential, for error hints.
pub const CREDENTIAL_HINT: &str = "client_id and client_secret (or client_secret_id, client_secret_name), or api_key \
                                   (or api_key_id, api_key_name)";

/// Auth0's options, in addition to those of every REST source.
pub const OPTIONS: &[OptionSpec] = &[
    URL.spec,
    DOMAIN.spec,
    API_KEY.spec,
    API_KEY_ID.spec,
    API_KEY_NAME.spec,
    CLIENT_ID.spec,
    CLIENT_SECRET.spec,
    CLIENT_SECRET_ID.spec,
    CLIENT_SECRET_NAME.spec,
    AUDIENCE.spec,
    OBJECT.spec,
];

/// The tenant's address.
pub const URL: OptionalKey<String> = OptionalKey::text(
    "url",
    &[Catalog::Server],
    "The tenant's address: its origin, or with /api/v2 or /api/v2/users behind it. Without it and `domain` the token's own claims give the tenant; for a token of a user mapping only if its host is under auth0.com.",
);

/// The tenant's domain.
pub const DOMAIN: OptionalKey<String> =
    OptionalKey::text("domain", &[Catalog::Server], "The tenant's domain, instead of `url`.");

/// A token of the Management API.
pub const API_KEY: OptionalKey<Secret> = OptionalKey::secret(
    "api_key",
    CREDENTIAL,
    "A token of the Management API. On a server every role can read it; in a user mapping it is hidden.",
);

/// The id of the token in Vault.
pub const API_KEY_ID: OptionalKey<String> =
    OptionalKey::uuid("api_key_id", CREDENTIAL, "The id or the key id of a Vault secret with the token.");

/// The name of the token in Vault.
pub const API_KEY_NAME: OptionalKey<String> =
    OptionalKey::text("api_key_name", CREDENTIAL, "The name of a Vault secret with the token.");

/// The id of the application.
pub const CLIENT_ID: OptionalKey<String> = OptionalKey::text(
    "client_id",
    CREDENTIAL,
    "The machine-to-machine application whose tokens are used, instead of a token. It can be on the server while its secret is in user mappings.",
);

/// The application's secret.
pub const CLIENT_SECRET: OptionalKey<Secret> = OptionalKey::secret(
    "client_secret",
    CREDENTIAL,
    "The application's secret. On a server every role can read it; in a user mapping it is hidden.",
);

/// The id of the secret in Vault.
pub const CLIENT_SECRET_ID: OptionalKey<String> = OptionalKey::uuid(
    "client_secret_id",
    CREDENTIAL,
    "The id or the key id of a Vault secret with the application's secret.",
);

/// The name of the secret in Vault.
pub const CLIENT_SECRET_NAME: OptionalKey<String> =
    OptionalKey::text("client_secret_name", CREDENTIAL, "The name of a Vault secret with the application's secret.");

/// The Management API's identifier.
pub const AUDIENCE: OptionalKey<String> = OptionalKey::text(
    "audience",
    &[Catalog::Server],
    "The Management API's identifier, for `client_id`: by default https://<the server's domain>/api/v2/. With a custom domain it is still that of the tenant's own domain.",
);

/// The one credential among the options, if there is one.
///
/// # Errors
/// `OptionValue` when there are two.
pub fn credential(options: &Options) -> Result<Option<CredentialRef>> {
    find_credential(
        options,
        &[
            SecretKeys { inline: API_KEY, vault_id: API_KEY_ID, vault_name: API_KEY_NAME, kind: SecretKind::Token },
            SecretKeys {
                inline: CLIENT_SECRET,
                vault_id: CLIENT_SECRET_ID,
                vault_name: CLIENT_SECRET_NAME,
                kind: SecretKind::ClientSecret { client: CLIENT_ID },
            },
        ],
    )
}
