//! The options that describe an API in SQL.

use fdw_common::error::Result;
use fdw_common::json_path::JsonPath;
use fdw_common::model::Consistency;
use fdw_common::options::{Catalog, Key, OptionSpec, OptionalKey, Options};
use fdw_common::secret::Secret;
use fdw_common::source::{ClientAuthentication, CredentialRef, SecretKeys, SecretKind, find_credential};
use strum::{Display, EnumString, VariantNames};

const CREDENTIAL: &[Catalog] = &[Catalog::UserMapping, Catalog::Server];
const SERVER: &[Catalog] = &[Catalog::Server];
const TABLE: &[Catalog] = &[Catalog::Table];

/// The options that contain a credential, for hints.
pub const CREDENTIAL_HINT: &str = "token (auth 'bearer', 'header' and 'query'), user and password (auth 'basic') or client_id and client_secret (auth \
     'oauth2'), the secret one also by its Vault id or name (token_id, token_name …)";

/// How requests authenticate: the option `auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Auth {
    /// With a token in the header `Authorization`.
    Bearer,
    /// With a user and a password.
    Basic,
    /// With a token in another header.
    Header,
    /// With a token in a query parameter.
    Query,
    /// With a token that a client logs in for.
    Oauth2,
    /// Without a credential.
    None,
}

/// The form of an answer: the option `rows`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum RowsForm {
    /// An array of rows, or an object that contains one.
    Array,
    /// One row.
    Object,
}

/// How a list is paged: the option `paging`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum PagingKind {
    /// One answer has all rows.
    None,
    /// By the page number.
    Page,
    /// By the number of rows before the page.
    Offset,
    /// By the cursor of the next page.
    Cursor,
    /// By the address of the next page.
    Link,
}

/// The options of this source, in addition to those of every source.
pub const OPTIONS: &[OptionSpec] = &[
    URL.spec,
    AUTH.spec,
    HEADER.spec,
    QUERY_PARAMETER.spec,
    TOKEN_URL.spec,
    AUDIENCE.spec,
    SCOPE.spec,
    CLIENT_AUTHENTICATION.spec,
    TOKEN.spec,
    TOKEN_ID.spec,
    TOKEN_NAME.spec,
    USER.spec,
    PASSWORD.spec,
    PASSWORD_ID.spec,
    PASSWORD_NAME.spec,
    CLIENT_ID.spec,
    CLIENT_SECRET.spec,
    CLIENT_SECRET_ID.spec,
    CLIENT_SECRET_NAME.spec,
    HEADERS.spec,
    ACCEPT.spec,
    PATH.spec,
    ITEM_PATH.spec,
    ITEM_ROWS_PATH.spec,
    ROWS.spec,
    ROWS_PATH.spec,
    KEY.spec,
    PAGING.spec,
    PAGE_PARAMETER.spec,
    FIRST_PAGE.spec,
    SIZE_PARAMETER.spec,
    PAGE_SIZE.spec,
    TOTAL_PATH.spec,
    EXACT_TOTAL.spec,
    SHORT_PAGE_IS_LAST.spec,
    CONSISTENCY.spec,
    CURSOR_PARAMETER.spec,
    CURSOR_PATH.spec,
    LINK_PATH.spec,
    PARAMETER.spec,
    FROM_REQUEST.spec,
];

/// The API's base address.
pub const URL: OptionalKey<String> = OptionalKey::text("url", SERVER, "The base address of the API's paths.");

/// How requests authenticate.
pub const AUTH: Key<Auth> = OptionalKey::choice(
    "auth",
    SERVER,
    "How requests authenticate. 'bearer': a token in `Authorization`; 'header': a token in another header; 'query': a token in a query parameter; 'basic': a user and a password; 'oauth2': a client, which logs in for a token; 'none': no credential.",
)
.with_default("bearer");

/// The header for the token.
pub const HEADER: OptionalKey<String> =
    OptionalKey::text("header", SERVER, "The header that holds the token, for `auth 'header'`.");

/// The query parameter for the token.
pub const QUERY_PARAMETER: OptionalKey<String> = OptionalKey::text(
    "query_parameter",
    SERVER,
    "The query parameter that holds the token, for `auth 'query'`. It is added when a request is sent, and no plan, error or log shows it.",
);

/// The token endpoint.
pub const TOKEN_URL: OptionalKey<String> = OptionalKey::text(
    "token_url",
    SERVER,
    "The address of the token endpoint (OAuth2 client credentials), for `auth 'oauth2'`.",
);

/// The token's audience.
pub const AUDIENCE: OptionalKey<String> =
    OptionalKey::text("audience", SERVER, "The token's audience, if the token endpoint asks for one.");

/// The token's scopes.
pub const SCOPE: OptionalKey<String> = OptionalKey::text("scope", SERVER, "The token's scopes, separated by spaces.");

/// How a client authenticates to the token endpoint.
pub const CLIENT_AUTHENTICATION: Key<ClientAuthentication> = OptionalKey::choice(
    "client_authentication",
    SERVER,
    "How the client authenticates to the token endpoint: by the header `Authorization`, or by client_id and client_secret in the form.",
)
.with_default("basic");

/// The token.
pub const TOKEN: OptionalKey<Secret> = OptionalKey::secret(
    "token",
    CREDENTIAL,
    "The token of `auth 'bearer'`, `'header'` and `'query'`. On a server every role can read it; in a user mapping it is hidden.",
);

/// The id of the token in Vault.
pub const TOKEN_ID: OptionalKey<String> =
    OptionalKey::uuid("token_id", CREDENTIAL, "The id or the key id of a Vault secret with the token.");

/// The name of the token in Vault.
pub const TOKEN_NAME: OptionalKey<String> =
    OptionalKey::text("token_name", CREDENTIAL, "The name of a Vault secret with the token.");

/// The name of the user.
pub const USER: OptionalKey<String> = OptionalKey::text(
    "user",
    CREDENTIAL,
    "The user of `auth 'basic'`. It can be on the server while the password is in user mappings.",
);

/// The user's password.
pub const PASSWORD: OptionalKey<Secret> = OptionalKey::secret(
    "password",
    CREDENTIAL,
    "The user's password. On a server every role can read it; in a user mapping it is hidden.",
);

/// The id of the password in Vault.
pub const PASSWORD_ID: OptionalKey<String> =
    OptionalKey::uuid("password_id", CREDENTIAL, "The id or the key id of a Vault secret with the password.");

/// The name of the password in Vault.
pub const PASSWORD_NAME: OptionalKey<String> =
    OptionalKey::text("password_name", CREDENTIAL, "The name of a Vault secret with the password.");

/// The id of the client.
pub const CLIENT_ID: OptionalKey<String> = OptionalKey::text(
    "client_id",
    CREDENTIAL,
    "The client of `auth 'oauth2'`. It can be on the server while its secret is in user mappings.",
);

/// The client's secret.
pub const CLIENT_SECRET: OptionalKey<Secret> = OptionalKey::secret(
    "client_secret",
    CREDENTIAL,
    "The client's secret. On a server every role can read it; in a user mapping it is hidden.",
);

/// The id of the secret in Vault.
pub const CLIENT_SECRET_ID: OptionalKey<String> = OptionalKey::uuid(
    "client_secret_id",
    CREDENTIAL,
    "The id or the key id of a Vault secret with the client's secret.",
);

/// The name of the secret in Vault.
pub const CLIENT_SECRET_NAME: OptionalKey<String> =
    OptionalKey::text("client_secret_name", CREDENTIAL, "The name of a Vault secret with the client's secret.");

/// Constant headers, one per line.
pub const HEADERS: OptionalKey<String> = OptionalKey::text(
    "headers",
    &[Catalog::Server, Catalog::Table],
    "Constant headers of every request, one per line: 'X-Api-Version: 2022-11-28'. Every role can read them, so they must not contain a credential. The table's take precedence over the server's of the same name.",
);

/// The media type that requests accept.
pub const ACCEPT: OptionalKey<String> = OptionalKey::text(
    "accept",
    &[Catalog::Server, Catalog::Table],
    "The media type to request instead of `application/json`. The answer must be JSON in any case. The table's takes precedence over the server's.",
);

/// The path of the list.
pub const PATH: OptionalKey<String> = OptionalKey::text(
    "path",
    TABLE,
    "The path of the list below the server's `url`: 'things', 'things?state=open'. `{column}` in it is replaced by the column's value, for which the query needs a condition.",
);

/// The path of a single row.
pub const ITEM_PATH: OptionalKey<String> = OptionalKey::text(
    "item_path",
    TABLE,
    "The path of a single row, by the value of a column of type text or an integer: 'things/{id}'. A 404 means that the row does not exist.",
);

/// The path of the row in an answer of `item_path`.
pub const ITEM_ROWS_PATH: OptionalKey<JsonPath> = OptionalKey::json_path(
    "item_rows_path",
    TABLE,
    "The path of the row in the answer of `item_path`, such as 'data' or 'data.item'. Without it the whole answer is the row.",
);

/// Whether an answer is an array of rows or one row.
pub const ROWS: Key<RowsForm> =
    OptionalKey::choice("rows", TABLE, "Whether the answer holds an array of rows, or is one row.")
        .with_default("array");

/// The path of the array in an answer.
pub const ROWS_PATH: OptionalKey<JsonPath> = OptionalKey::json_path(
    "rows_path",
    TABLE,
    "The path of the array in the answer, such as 'data.items'. Without it the answer is the array.",
);

/// The columns of the key.
pub const KEY: OptionalKey<String> = OptionalKey::text(
    "key",
    TABLE,
    "The columns that identify a row, separated by commas. Rows with equal keys count as one row.",
);

/// How the list is paged.
pub const PAGING: OptionalKey<PagingKind> = OptionalKey::choice(
    "paging",
    TABLE,
    "How the list is paged. 'page' and 'offset': by the page number, or by the number of rows before the page; 'cursor': by a cursor in each answer, or by the key of its last row; 'link': by the address of the next page in each answer; 'none': one answer has all rows, whatever else it says. Unset, one answer is read, and an answer that says that more pages follow is an error.",
);

/// The query parameter of the page.
pub const PAGE_PARAMETER: OptionalKey<String> = OptionalKey::text(
    "page_parameter",
    TABLE,
    "The query parameter of the page number or the offset. The default is 'page' with paging 'page', and 'offset' with paging 'offset'.",
);

/// The number of the first page.
pub const FIRST_PAGE: Key<u64> =
    OptionalKey::integer("first_page", TABLE, 0, 1, "The number of the first page, with paging 'page'.")
        .with_default("1");

/// The query parameter of the page size.
pub const SIZE_PARAMETER: OptionalKey<String> =
    OptionalKey::text("size_parameter", TABLE, "The query parameter of the page size. Without it none is sent.");

/// The page size.
pub const PAGE_SIZE: Key<u64> =
    OptionalKey::integer("page_size", TABLE, 1, 100_000, "The page size to request: the largest that the API allows.")
        .with_default("100");

/// The path of the total in an answer.
pub const TOTAL_PATH: OptionalKey<JsonPath> = OptionalKey::json_path(
    "total_path",
    TABLE,
    "The path of the total number of rows in the answers, such as 'meta.total', with paging 'page' and 'offset'. With it, pages are requested concurrently, and a total above the number of rows read is an error.",
);

/// Whether the total is the number of rows.
pub const EXACT_TOTAL: Key<bool> = OptionalKey::bool(
    "exact_total",
    TABLE,
    "The total is the number of rows that this credential can read, so it answers `count(*)` in one request.",
)
.with_default("false");

/// Whether a short page ends the list.
pub const SHORT_PAGE_IS_LAST: Key<bool> = OptionalKey::bool(
    "short_page_is_last",
    TABLE,
    "A page with fewer rows than requested is the last one, with paging 'page' and 'offset'. Otherwise the list ends with an empty page.",
)
.with_default("false");

/// The proof that a list of several pages is complete.
pub const CONSISTENCY: Key<Consistency> = OptionalKey::choice(
    "consistency",
    TABLE,
    "The proof that a list of several pages is complete. 'proven': numbered pages are read until two readings agree, since rows may move between pages while they are read; 'declared': one reading is enough.",
)
.with_default("proven");

/// The query parameter of the cursor.
pub const CURSOR_PARAMETER: OptionalKey<String> =
    OptionalKey::text("cursor_parameter", TABLE, "The query parameter of the cursor, with paging 'cursor'.");

/// The path of the next cursor in an answer.
pub const CURSOR_PATH: OptionalKey<JsonPath> = OptionalKey::json_path(
    "cursor_path",
    TABLE,
    "The path of the next page's cursor in the answers, such as 'meta.next'. Without it the key of the last row is the cursor.",
);

/// The path of the next address in an answer.
pub const LINK_PATH: OptionalKey<JsonPath> = OptionalKey::json_path(
    "link_path",
    TABLE,
    "The path of the next page's address in the answers, such as 'links.next', with paging 'link'. Without it the address is in the header `Link`.",
);

/// The query parameter that filters by the column.
pub const PARAMETER: OptionalKey<String> = OptionalKey::text(
    "parameter",
    &[Catalog::Column],
    "The query parameter by which the API filters rows by this column. It is sent for `=`, with a text, a whole number or a boolean. The rows must have the column's value.",
);

/// Whether the column shows the bound value of the request.
pub const FROM_REQUEST: Key<bool> = OptionalKey::bool(
    "from_request",
    &[Catalog::Column],
    "The rows do not have the column, which is in braces in the query of `path`: it shows the value of the request. A column in braces before the `?` always does.",
)
.with_default("false");

/// The one credential among the options, if there is one.
///
/// # Errors
/// `OptionValue` if there are several.
pub fn credential(options: &Options) -> Result<Option<CredentialRef>> {
    find_credential(
        options,
        &[
            SecretKeys { inline: TOKEN, vault_id: TOKEN_ID, vault_name: TOKEN_NAME, kind: SecretKind::Token },
            SecretKeys {
                inline: PASSWORD,
                vault_id: PASSWORD_ID,
                vault_name: PASSWORD_NAME,
                kind: SecretKind::Password { user: USER },
            },
            SecretKeys {
                inline: CLIENT_SECRET,
                vault_id: CLIENT_SECRET_ID,
                vault_name: CLIENT_SECRET_NAME,
                kind: SecretKind::ClientSecret { client: CLIENT_ID },
            },
        ],
    )
}
