//! APIs. The APIs that tokens are for.

use fdw_common::model::ColumnType::{Bool, Int8, Jsonb, Text, Timestamptz};
use fdw_common::model::{Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Rows, Stage};

use super::paging::{CAPPED_PAGES, checkpoint};

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "apis",
    title: "APIs",
    doc: "The APIs that tokens are for.",
    examples: &[
        Example {
            question: "Which APIs give long-lived tokens?",
            sql: "select name, identifier, token_lifetime\n\
                  from auth0.resource_servers\n\
                  where token_lifetime > 86400 and not is_system;",
        },
        Example {
            question: "Which permissions does each API have?",
            sql: "select r.identifier, s ->> 'value' as permission, s ->> 'description' as description\n\
                  from auth0.resource_servers r, jsonb_array_elements(r.scopes) s;",
        },
    ],
    entities: &[RESOURCE_SERVERS, RESOURCE_SERVER_SEARCH, TOKEN_EXCHANGE_PROFILES],
};

/// The columns of an API in every table of APIs.
pub(super) const API_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id that Auth0 gave the API."),
    Column::new("name", Text, "The name that the tenant gave the API."),
    Column::new(
        "is_system",
        Bool,
        "Whether Auth0 made the API, such as the Management API, so that it cannot be deleted.",
    ),
    Column::new("identifier", Text, "The API's identifier, the `audience` of its tokens. It never changes."),
    Column::new("scopes", Jsonb, "Permissions of the API, an array of objects with `value` and `description`."),
    Column::new("signing_alg", Text, "Algorithm that access tokens are signed with: `RS256`, `HS256` or another."),
    Column::new("allow_offline_access", Bool, "Whether refresh tokens can be issued for the API."),
    Column::new(
        "allow_online_access",
        Bool,
        "Whether refresh tokens that end with the session can be issued for the API.",
    ),
    Column::new(
        "allow_online_access_with_ephemeral_sessions",
        Bool,
        "Whether `allow_online_access` holds for sessions with a non-persistent cookie too.",
    ),
    Column::new(
        "skip_consent_for_verifiable_first_party_clients",
        Bool,
        "Whether the tenant's own applications get tokens without the user's consent.",
    ),
    Column::new("token_lifetime", Int8, "Time for which access tokens are valid, in seconds."),
    Column::new(
        "token_lifetime_for_web",
        Int8,
        "Time for which access tokens of the implicit and hybrid flows in browsers are valid, in seconds.",
    ),
    Column::new(
        "enforce_policies",
        Bool,
        "Whether access tokens are limited to the permissions that the user has by roles or directly (RBAC).",
    ),
    Column::new(
        "token_lifetime_for_anonymous_access_tokens",
        Int8,
        "Time for which access tokens of anonymous sessions are valid, in seconds.",
    ),
    Column::new(
        "token_dialect",
        Text,
        "Form of access tokens: `access_token`, `access_token_authz` with permissions, or one of RFC 9068.",
    ),
    Column::new(
        "access_token",
        Jsonb,
        "How access tokens are made, an object: `claims_mapping`. Null for the default.",
    ),
    Column::new(
        "token_encryption",
        Jsonb,
        "How access tokens are encrypted, an object: `format` and `encryption_key`. Null if they are not.",
    ),
    Column::new(
        "consent_policy",
        Text,
        "How users consent: `transactional-authorization-with-mfa`. Null for the default.",
    ),
    Column::new("require_consent_non_repudiation", Bool, "Whether the user's consent has to be kept as evidence."),
    Column::new(
        "authorization_details",
        Jsonb,
        "Types of `authorization_details` that the API accepts, an array of objects with `type`. Null without any.",
    ),
    Column::new(
        "proof_of_possession",
        Jsonb,
        "How access tokens are bound to a key, an object: `mechanism` and `required`. Null if they are not.",
    ),
    Column::new(
        "subject_type_authorization",
        Jsonb,
        "Applications that may get tokens, an object with a `policy` for `user`, `client` and `anonymous_user`.",
    ),
    Column::new(
        "authorization_policy",
        Jsonb,
        "Policy that decides about access, an object with `policy_id`. Null without one.",
    ),
    Column::new(
        "client_id",
        Text,
        "The id of the application that belongs to the API, as in `clients.client_id`. Null without one.",
    ),
];

/// The columns about the API in every table of grants.
pub(super) const GRANTED_API_COLUMNS: &[Column] = &[
    Column::new(
        "audience",
        Text,
        "The identifier of the API that the grant gives access to, as in `resource_servers.identifier`.",
    ),
    Column::new("scope", Jsonb, "Permissions of the API that the application gets, an array of texts."),
    Column::new(
        "organization_usage",
        Text,
        "Whether tokens may or must be for an organization: `deny`, `allow` or `require`.",
    ),
    Column::new(
        "allow_any_organization",
        Bool,
        "Whether the application may use the grant with every organization, without an association.",
    ),
];

/// Source: `GET /api/v2/resource-servers`.
pub(super) const RESOURCE_SERVERS: Entity = Entity {
    name: "resource_servers",
    doc: "The APIs of the tenant.",
    path: "resource-servers",
    rows: Rows::Member("resource_servers"),
    key: &["id"],
    paging: CAPPED_PAGES,
    scopes: &["read:resource_servers"],
    lookups: &[Lookup::row("resource-servers/{id}")],
    parameters: &[Parameter::of("identifiers", "identifier", ParameterType::Texts(10))],
    columns: columns![; API_COLUMNS; Column::new("signing_secret", Text, "Secret that access tokens are signed with when `signing_alg` is `HS256`. Null for other algorithms.")],
    secrets: &["signing_secret"],
    ..Entity::BASE
};

/// Source: `GET /api/v2/resource-servers/search`.
pub(super) const RESOURCE_SERVER_SEARCH: Entity = Entity {
    name: "resource_server_search",
    doc: "The APIs that a query in Auth0's syntax finds.",
    path: "resource-servers/search?q={q}",
    rows: Rows::Member("resource_servers"),
    key: &["id"],
    paging: checkpoint(50),
    scopes: &["read:resource_servers"],
    columns: columns![Column::bound("q", "The search, in the query syntax of Auth0."); API_COLUMNS],
    secrets: &["signing_secret"],
    stage: Stage::Early,
    ..Entity::BASE
};

/// Source: `GET /api/v2/token-exchange-profiles`.
pub(super) const TOKEN_EXCHANGE_PROFILES: Entity = Entity {
    name: "token_exchange_profiles",
    doc: "The rules for exchanging tokens of other issuers.",
    path: "token-exchange-profiles",
    rows: Rows::Member("token_exchange_profiles"),
    key: &["id"],
    paging: checkpoint(100),
    scopes: &["read:token_exchange_profiles"],
    lookups: &[Lookup::row("token-exchange-profiles/{id}")],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the token exchange profile, such as `tep_…`."),
        Column::new("name", Text, "The name that the tenant gave the token exchange profile."),
        Column::new(
            "subject_token_type",
            Text,
            "URI of the type of token that the profile accepts, `subject_token_type` in requests.",
        ),
        Column::new("action_id", Text, "The id of the action that checks the token, as in `actions.id`."),
        Column::new("type", Text, "Kind of exchange: `custom_authentication`."),
        Column::new("created_at", Timestamptz, "Time at which the token exchange profile was created."),
        Column::new("updated_at", Timestamptz, "Time at which the token exchange profile was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};
