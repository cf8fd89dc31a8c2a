//! What may be said about an API in SQL.

use fdw_common::error::{Error, ErrorKind, Result};
use fdw_common::options::{Catalog, OptionKind, OptionSpec, Options};
use fdw_common::source::{CredentialRef, SecretOption, find_credential};

use crate::{address, table};

const CREDENTIAL: &[Catalog] = &[Catalog::UserMapping, Catalog::Server];
const SERVER: &[Catalog] = &[Catalog::Server];
const TABLE: &[Catalog] = &[Catalog::Table];

/// What a credential stands in.
pub const CREDENTIAL_HINT: &str = "token (auth 'bearer', 'header' and 'query'), user and password (auth 'basic') or client_id and client_secret (auth \
     'oauth2'), the secret one also by its Vault id or name (token_id, token_name …)";

/// The options beside those of every REST source.
pub const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new("url", SERVER, OptionKind::Text, "The address below which the API's paths are."),
    OptionSpec::new(
        "auth",
        SERVER,
        OptionKind::Choice(&["bearer", "basic", "header", "query", "oauth2", "none"]),
        "How requests show whose they are. 'bearer': a token in `Authorization`; 'header': a token in a header of its own; 'query': a token in a query parameter; 'basic': a user and a password; 'oauth2': a client, which logs in for a token; 'none': not at all.",
    )
    .with_default("bearer"),
    OptionSpec::new("header", SERVER, OptionKind::Text, "The header that holds the token, for `auth 'header'`."),
    OptionSpec::new(
        "query_parameter",
        SERVER,
        OptionKind::Text,
        "The query parameter that holds the token, for `auth 'query'`. It is added when a request is sent, and no plan, error or log shows it.",
    ),
    OptionSpec::new(
        "token_url",
        SERVER,
        OptionKind::Text,
        "Where a client gets its token (OAuth2 client credentials), for `auth 'oauth2'`.",
    ),
    OptionSpec::new("audience", SERVER, OptionKind::Text, "What the token is for, where the token endpoint asks for it."),
    OptionSpec::new("scope", SERVER, OptionKind::Text, "What the token is to allow, several scopes with blanks between."),
    OptionSpec::new(
        "client_authentication",
        SERVER,
        OptionKind::Choice(&["basic", "form"]),
        "How the client shows the token endpoint who it is: by a header, or by client_id and client_secret in the form that is sent.",
    )
    .with_default("basic"),
    OptionSpec::new(
        "token",
        CREDENTIAL,
        OptionKind::Secret,
        "The token of `auth 'bearer'`, `'header'` and `'query'`. On a server every role can read it; in a user mapping it is hidden.",
    ),
    OptionSpec::new("token_id", CREDENTIAL, OptionKind::Uuid, "The id or the key id of a Vault secret with the token."),
    OptionSpec::new("token_name", CREDENTIAL, OptionKind::Text, "The name of a Vault secret with the token."),
    OptionSpec::new(
        "user",
        CREDENTIAL,
        OptionKind::Text,
        "The user of `auth 'basic'`. May stand on the server with the password in user mappings.",
    ),
    OptionSpec::new(
        "password",
        CREDENTIAL,
        OptionKind::Secret,
        "The user's password. On a server every role can read it; in a user mapping it is hidden.",
    ),
    OptionSpec::new(
        "password_id",
        CREDENTIAL,
        OptionKind::Uuid,
        "The id or the key id of a Vault secret with the password.",
    ),
    OptionSpec::new("password_name", CREDENTIAL, OptionKind::Text, "The name of a Vault secret with the password."),
    OptionSpec::new(
        "client_id",
        CREDENTIAL,
        OptionKind::Text,
        "The client of `auth 'oauth2'`. May stand on the server with its secret in user mappings.",
    ),
    OptionSpec::new(
        "client_secret",
        CREDENTIAL,
        OptionKind::Secret,
        "The client's secret. On a server every role can read it; in a user mapping it is hidden.",
    ),
    OptionSpec::new(
        "client_secret_id",
        CREDENTIAL,
        OptionKind::Uuid,
        "The id or the key id of a Vault secret with the client's secret.",
    ),
    OptionSpec::new(
        "client_secret_name",
        CREDENTIAL,
        OptionKind::Text,
        "The name of a Vault secret with the client's secret.",
    ),
    OptionSpec::new(
        "headers",
        &[Catalog::Server, Catalog::Table],
        OptionKind::Text,
        "Constant headers of every request, one a line: 'X-Api-Version: 2022-11-28'. Every role can read them, so that they hold no credential. The table's go before the server's of the same name.",
    ),
    OptionSpec::new(
        "accept",
        &[Catalog::Server, Catalog::Table],
        OptionKind::Text,
        "The media type that is asked for, in place of `application/json`. The answer is JSON in any case. The table's goes before the server's.",
    ),
    OptionSpec::new(
        "path",
        TABLE,
        OptionKind::Text,
        "Where the list is, below the server's `url`: 'things', 'things?state=open'. `{column}` in it stands for a value that the query has to name.",
    ),
    OptionSpec::new(
        "item_path",
        TABLE,
        OptionKind::Text,
        "Where single rows are, by the value of a column of type text or an integer: 'things/{id}'. A 404 there means that there is no such row.",
    ),
    OptionSpec::new(
        "item_rows_path",
        TABLE,
        OptionKind::JsonPath,
        "Where the answer of `item_path` has the row, such as 'data' or 'data.item'. Without it the answer is the row.",
    ),
    OptionSpec::new(
        "rows",
        TABLE,
        OptionKind::Choice(&["array", "object"]),
        "Whether the answer holds an array of rows, or is one row.",
    )
    .with_default("array"),
    OptionSpec::new(
        "rows_path",
        TABLE,
        OptionKind::JsonPath,
        "Where the array stands in the answer, such as 'data.items'. Without it the answer is the array.",
    ),
    OptionSpec::new(
        "key",
        TABLE,
        OptionKind::Text,
        "The columns that tell the rows apart, with commas between. A row that comes twice is one row.",
    ),
    OptionSpec::new(
        "paging",
        TABLE,
        OptionKind::Choice(&["none", "page", "offset", "cursor", "link"]),
        "How the list is cut into pages. 'page' and 'offset': by their number, or by the number of rows before; 'cursor': each answer has a text that leads to the next, or the key of its last row does; 'link': each answer has the address of the next; 'none': one answer has all rows, whatever else it says. Unset, one answer is read, and one that says that there is more is an error.",
    ),
    OptionSpec::new(
        "page_parameter",
        TABLE,
        OptionKind::Text,
        "The query parameter that picks the page: with paging 'page' it is 'page' unless set, with 'offset' it is 'offset'.",
    ),
    OptionSpec::new(
        "first_page",
        TABLE,
        OptionKind::Integer { min: 0, max: 1 },
        "The number of the first page, with paging 'page'.",
    )
    .with_default("1"),
    OptionSpec::new(
        "size_parameter",
        TABLE,
        OptionKind::Text,
        "The query parameter of the page size. Without it none is sent.",
    ),
    OptionSpec::new(
        "page_size",
        TABLE,
        OptionKind::Integer { min: 1, max: 100_000 },
        "The rows a page is asked for: the most the API gives.",
    )
    .with_default("100"),
    OptionSpec::new(
        "total_path",
        TABLE,
        OptionKind::JsonPath,
        "Where the answers say how many rows there are, such as 'meta.total', with paging 'page' and 'offset'. Then several pages are asked for at once, and a total larger than the rows that come is an error.",
    ),
    OptionSpec::new(
        "exact_total",
        TABLE,
        OptionKind::Bool,
        "The total is the number of rows that this credential can read: `count(*)` is answered by it, in one request.",
    )
    .with_default("false"),
    OptionSpec::new(
        "short_page_is_last",
        TABLE,
        OptionKind::Bool,
        "A page with fewer rows than were asked for is the last one, with paging 'page' and 'offset'. Otherwise the list ends with an empty page.",
    )
    .with_default("false"),
    OptionSpec::new(
        "consistency",
        TABLE,
        OptionKind::Choice(&["proven", "declared"]),
        "What it takes to call a list of several pages complete. 'proven': pages by number are read until two readings agree, since rows may move between pages while they are read; 'declared': one reading is taken.",
    )
    .with_default("proven"),
    OptionSpec::new(
        "cursor_parameter",
        TABLE,
        OptionKind::Text,
        "The query parameter that takes the cursor, with paging 'cursor'.",
    ),
    OptionSpec::new(
        "cursor_path",
        TABLE,
        OptionKind::JsonPath,
        "Where the answers have the cursor of the next page, such as 'meta.next'. Without it the key of the last row is the cursor.",
    ),
    OptionSpec::new(
        "link_path",
        TABLE,
        OptionKind::JsonPath,
        "Where the answers have the address of the next page, such as 'links.next', with paging 'link'. Without it the header Link has it.",
    ),
    OptionSpec::new(
        "parameter",
        &[Catalog::Column],
        OptionKind::Text,
        "The query parameter by which the API leaves out rows whose value is another one. Sent for `=`, with a text, a whole number or a boolean. The rows have to show the value.",
    ),
    OptionSpec::new(
        "from_request",
        &[Catalog::Column],
        OptionKind::Bool,
        "No row has the value: the column, which is in braces in the query of `path`, shows what the list was asked with. A column in braces before the `?` does so in any case.",
    )
    .with_default("false"),
];

/// Checks what single options do not show.
///
/// # Errors
/// For a server an address or a kind of credential that lacks something, for a table options that do not go
/// together, and for both kinds of credential holders more than one credential.
pub fn check(catalog: Catalog, options: &Options) -> Result<()> {
    match catalog {
        Catalog::Server => {
            address::check(options)?;
            credential(options).map(drop)
        }
        Catalog::UserMapping => {
            let found = credential(options)?;
            for (name, secret) in [("user", "password"), ("client_id", "client_secret")] {
                if options.is_set(name) && found.is_none() {
                    let message = format!("option \"{name}\" comes without a secret");
                    let hint = format!("Add {secret}, {secret}_id or {secret}_name.");
                    return Err(Error::new(ErrorKind::OptionMissing, message).with_hint(hint));
                }
            }
            Ok(())
        }
        Catalog::Table => table::TableOptions::read(options).map(drop),
        Catalog::Wrapper | Catalog::Column | Catalog::Import => Ok(()),
    }
}

/// The one credential among the options, if there is one.
///
/// # Errors
/// `OptionValue` when there are two.
pub fn credential(options: &Options) -> Result<Option<CredentialRef>> {
    find_credential(
        options,
        &[
            ("token", SecretOption::Token),
            ("password", SecretOption::User("user")),
            ("client_secret", SecretOption::Client("client_id")),
        ],
    )
}
