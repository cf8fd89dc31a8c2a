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
    Column::new("id", Text, "The id."),
    Column::new("name", Text, "The name."),
    Column::new("is_system", Bool, "Whether it is Auth0's own."),
    Column::new("identifier", Text, "The identifier."),
    Column::new("scopes", Jsonb, "The permissions, an array of values and descriptions."),
    Column::new("signing_alg", Text, "The algorithm tokens are signed with."),
    Column::new("allow_offline_access", Bool, "Whether refresh tokens are given."),
    Column::new("allow_online_access", Bool, "Whether tokens are bound to a session."),
    Column::new("allow_online_access_with_ephemeral_sessions", Bool, "Whether that holds for short sessions too."),
    Column::new(
        "skip_consent_for_verifiable_first_party_clients",
        Bool,
        "Whether the tenant's own applications need no consent.",
    ),
    Column::new("token_lifetime", Int8, "How long a token lives, in seconds."),
    Column::new("token_lifetime_for_web", Int8, "How long a token lives in a browser, in seconds."),
    Column::new("enforce_policies", Bool, "Whether permissions come from roles."),
    Column::new(
        "token_lifetime_for_anonymous_access_tokens",
        Int8,
        "How long a token of an anonymous session lives, in seconds.",
    ),
    Column::new("token_dialect", Text, "The form of tokens."),
    Column::new("access_token", Jsonb, "How access tokens are made, an object."),
    Column::new("token_encryption", Jsonb, "How tokens are encrypted, an object."),
    Column::new("consent_policy", Text, "How consent is asked for."),
    Column::new("require_consent_non_repudiation", Bool, "Whether consent has to be kept as evidence."),
    Column::new("authorization_details", Jsonb, "The authorization details it accepts, an array."),
    Column::new("proof_of_possession", Jsonb, "How tokens are bound to a key, an object."),
    Column::new("subject_type_authorization", Jsonb, "The subjects that may get tokens, an object."),
    Column::new("authorization_policy", Jsonb, "The policy that decides, an object."),
    Column::new("client_id", Text, "The application's id."),
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
    columns: columns![; API_COLUMNS; Column::new("signing_secret", Text, "The secret tokens are signed with.")],
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
    columns: columns![Column::asked("q", "The query, in Auth0's search syntax."); API_COLUMNS],
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
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("subject_token_type", Text, "The type of token it accepts."),
        Column::new("action_id", Text, "The action's id."),
        Column::new("type", Text, "The type."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};
