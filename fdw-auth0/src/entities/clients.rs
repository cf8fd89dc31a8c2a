//! Applications. Applications, their credentials, and their grants.

use fdw_common::model::ColumnType::{Bool, Int8, Jsonb, Text, Timestamptz};
use fdw_common::model::{Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Parents, Rows, Stage};

use super::connections::STRATEGIES;
use super::paging::{CAPPED_PAGES, FIELDS, checkpoint};

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "clients",
    title: "Applications",
    doc: "Applications, their credentials, and their grants.",
    examples: &[
        Example {
            question: "Which applications may get tokens without a user?",
            sql: "select name, client_id, app_type\n\
                  from auth0.clients\n\
                  where app_type = 'non_interactive' and is_first_party;",
        },
        Example {
            question: "Which application has which permissions of an API?",
            sql: "select c.name, g.scope\n\
                  from auth0.client_grants g\n\
                  join auth0.clients c on c.client_id = g.client_id\n\
                  where g.audience = 'https://api.example.com';",
        },
    ],
    entities: &[
        CLIENTS,
        CLIENT_CREDENTIALS,
        CLIENT_CONNECTIONS,
        CLIENT_SEARCH,
        CLIENT_GRANTS,
        CLIENT_GRANT_ORGANIZATIONS,
        CLIENT_GRANT_SEARCH,
        CLIENT_PROFILES,
        GRANTS,
        DEVICE_CREDENTIALS,
        AGENTS,
    ],
};

/// The values that the API accepts.
const APP_TYPES: &[&str] = &[
    "native",
    "spa",
    "regular_web",
    "non_interactive",
    "resource_server",
    "express_configuration",
    "rms",
    "box",
    "cloudbees",
    "concur",
    "dropbox",
    "mscrm",
    "echosign",
    "egnyte",
    "newrelic",
    "office365",
    "salesforce",
    "sentry",
    "sharepoint",
    "slack",
    "springcm",
    "zendesk",
    "zoom",
    "sso_integration",
    "oag",
];

/// The columns of a client grant in every table of grants.
pub(super) const CLIENT_GRANT_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id."),
    Column::new("client_id", Text, "The application's id."),
    Column::new("audience", Text, "The identifier of the API."),
    Column::new("scope", Jsonb, "The permissions granted, an array."),
    Column::new("organization_usage", Text, "Whether organizations may or must be used with it."),
    Column::new("allow_any_organization", Bool, "Whether it holds for every organization."),
    Column::new("default_for", Text, "The applications it is the default of."),
    Column::new("is_system", Bool, "Whether it is Auth0's own."),
    Column::new("subject_type", Text, "Whether it is for applications or for users."),
    Column::new("authorization_details_types", Jsonb, "The types of authorization details, an array."),
    Column::new("allow_all_scopes", Bool, "Whether all permissions are granted, regardless of `scope`."),
];

/// The columns of an application in every table of applications.
pub(super) const CLIENT_COLUMNS: &[Column] = &[
    Column::new("client_id", Text, "The application's id."),
    Column::new("created_at", Timestamptz, "When it was created."),
    Column::new("updated_at", Timestamptz, "When it was last changed."),
    Column::new("tenant", Text, "The tenant's name."),
    Column::new("name", Text, "The name."),
    Column::new("description", Text, "The description."),
    Column::new("global", Bool, "Whether it is the tenant's own application."),
    Column::new("app_type", Text, "The kind of application."),
    Column::new("logo_uri", Text, "The address of the logo."),
    Column::new("is_first_party", Bool, "Whether it is one of the tenant's own."),
    Column::new("oidc_conformant", Bool, "Whether it keeps to OpenID Connect."),
    Column::new("callbacks", Jsonb, "The addresses that a login may redirect to, an array."),
    Column::new("allowed_origins", Jsonb, "The origins that may call from a browser, an array."),
    Column::new("web_origins", Jsonb, "The origins that may log in silently, an array."),
    Column::new("client_aliases", Jsonb, "Other audiences for its SAML assertions, an array."),
    Column::new("allowed_clients", Jsonb, "Applications that may ask for delegation, an array."),
    Column::new("allowed_logout_urls", Jsonb, "The addresses that a logout may redirect to, an array."),
    Column::new("session_transfer", Jsonb, "How a session passes from a native application to the web, an object."),
    Column::new("oidc_logout", Jsonb, "How it is notified of logouts, an object."),
    Column::new("grant_types", Jsonb, "The flows it may use, an array."),
    Column::new("jwt_configuration", Jsonb, "How its tokens are made, an object."),
    Column::new("sso", Bool, "Whether a session is used in place of a login."),
    Column::new("sso_disabled", Bool, "Whether single sign-on is switched off."),
    Column::new("cross_origin_authentication", Bool, "Whether it may log in from another origin."),
    Column::new("cross_origin_loc", Text, "The page for logins from another origin."),
    Column::new("custom_login_page_on", Bool, "Whether the login page is its own."),
    Column::new("custom_login_page", Text, "Its own login page."),
    Column::new("custom_login_page_preview", Text, "A draft of its own login page."),
    Column::new("form_template", Text, "The form for WS-Federation."),
    Column::new("token_endpoint_auth_method", Text, "How it logs in for tokens."),
    Column::new("is_token_endpoint_ip_header_trusted", Bool, "Whether the address it forwards is believed."),
    Column::new("client_metadata", Jsonb, "The tenant's own data about it, an object of texts."),
    Column::new("mobile", Jsonb, "Settings for mobile applications, an object."),
    Column::new("initiate_login_uri", Text, "The address that starts a login."),
    Column::new("native_social_login", Jsonb, "Logins by the device's own accounts, an object."),
    Column::new("fedcm_login", Jsonb, "Logins by the browser's own accounts, an object."),
    Column::new("refresh_token", Jsonb, "How refresh tokens live, an object."),
    Column::new("default_organization", Jsonb, "The organization used when none is named, an object."),
    Column::new("organization_usage", Text, "Whether organizations may or must be used with it."),
    Column::new("organization_require_behavior", Text, "When an organization is asked for."),
    Column::new("organization_discovery_methods", Jsonb, "How an organization is found, an array."),
    Column::new("client_authentication_methods", Jsonb, "The credentials it may log in with, an object."),
    Column::new("require_pushed_authorization_requests", Bool, "Whether requests have to be pushed first."),
    Column::new("require_proof_of_possession", Bool, "Whether tokens are bound to a key."),
    Column::new("signed_request_object", Jsonb, "Whether requests have to be signed, an object."),
    Column::new("token_vault_privileged_access", Jsonb, "Its access to the token vault, an object."),
    Column::new("compliance_level", Text, "The security profile it keeps to."),
    Column::new(
        "skip_non_verifiable_callback_uri_confirmation_prompt",
        Bool,
        "Whether users confirm callbacks that cannot be verified: true leaves it out.",
    ),
    Column::new("token_exchange", Jsonb, "The tokens it may exchange, an object."),
    Column::new("par_request_expiry", Int8, "How long a pushed request lives, in seconds."),
    Column::new("token_quota", Jsonb, "How many tokens may be issued, an object."),
    Column::new("express_configuration", Jsonb, "Settings of Express Configuration, an object."),
    Column::new("b2b_integration_configuration", Jsonb, "Settings of integrations for businesses, an object."),
    Column::new("my_organization_configuration", Jsonb, "Settings of the My Organization API, an object."),
    Column::new("identity_assertion_authorization_grant", Jsonb, "Settings of identity assertions, an object."),
    Column::new("anonymous_sessions", Jsonb, "Settings of anonymous sessions, an object."),
    Column::new(
        "enforce_anon_session_transfer_network_binding",
        Text,
        "Whether an anonymous session stays in its network.",
    ),
    Column::new("third_party_security_mode", Text, "The security mode of a third-party application."),
    Column::new("redirection_policy", Text, "Whether open redirects are blocked."),
    Column::new("resource_server_identifier", Text, "The identifier of the API the permission is of."),
    Column::new("async_approval_notification_channels", Jsonb, "How users are asked to approve, an array."),
    Column::new("external_metadata_type", Text, "The kind of metadata it was registered by."),
    Column::new("external_metadata_created_by", Text, "The party that registered it by its metadata."),
    Column::new("external_metadata_status", Text, "The state of its metadata elsewhere."),
    Column::new("external_client_id", Text, "The address it was registered by."),
    Column::new("jwks_uri", Text, "The address of its public keys."),
];

/// Source: `GET /api/v2/clients`.
pub(super) const CLIENTS: Entity = Entity {
    name: "clients",
    doc: "The applications of the tenant.",
    path: "clients",
    rows: Rows::Member("clients"),
    key: &["client_id"],
    paging: checkpoint(100),
    fields: Some(FIELDS),
    scopes: &["read:clients", "read:client_keys", "read:client_credentials", "read:client_summary"],
    lookups: &[Lookup::row("clients/{client_id}").with_fields()],
    parameters: &[
        Parameter::of("is_global", "global", ParameterType::Bool),
        Parameter::new("is_first_party", ParameterType::Bool),
        Parameter::new("app_type", ParameterType::Word(APP_TYPES)),
        Parameter::new("external_client_id", ParameterType::Text),
    ],
    columns: columns![; CLIENT_COLUMNS; Column::new("client_secret", Text, "The secret it logs in with."), Column::new("signing_keys", Jsonb, "The certificates its tokens are signed with, an array."), Column::new("encryption_key", Jsonb, "The public key its tokens are encrypted with, an object."), Column::new("cross_origin_auth", Bool, "The former name of `cross_origin_authentication`."), Column::new("addons", Jsonb, "Settings for other products, an object.")],
    secrets: &[
        "client_secret",
        "addons.**.secret",
        "addons.**.private_key",
        "addons.**.privateKey",
        "addons.**.storageAccessKey",
        "addons.**.sasKey",
        "addons.**.servicePassword",
        "addons.**.masterkey",
        "addons.**.client_secret",
    ],
    typical_rows: 30,
    ..Entity::BASE
};

/// Source: `GET /api/v2/clients/{client_id}/credentials`.
pub(super) const CLIENT_CREDENTIALS: Entity = Entity {
    name: "client_credentials",
    doc: "The keys and certificates that applications log in with.",
    path: "clients/{client_id}/credentials",
    key: &["client_id", "id"],
    parents: Parents::Of { entity: &CLIENTS, keys: &[("client_id", "client_id")] },
    scopes: &["read:client_credentials"],
    lookups: &[Lookup::row("clients/{client_id}/credentials/{id}")],
    columns: &[
        Column::asked("client_id", "The application's id."),
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("kid", Text, "The key's id."),
        Column::new("alg", Text, "The algorithm."),
        Column::new("credential_type", Text, "The kind of credential."),
        Column::new("subject_dn", Text, "The subject of the certificate."),
        Column::new("thumbprint_sha256", Text, "The fingerprint of the certificate."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
        Column::new("expires_at", Timestamptz, "When it expires."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/clients/{client_id}/connections`.
pub(super) const CLIENT_CONNECTIONS: Entity = Entity {
    name: "client_connections",
    doc: "The connections that applications use.",
    path: "clients/{client_id}/connections",
    rows: Rows::Member("connections"),
    key: &["client_id", "id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &CLIENTS, keys: &[("client_id", "client_id")] },
    scopes: &["read:connections", "read:clients", "read:client_summary"],
    parameters: &[Parameter::new("strategy", ParameterType::Words(STRATEGIES))],
    columns: columns![Column::asked("client_id", "The application's id."); super::connections::CONNECTION_COLUMNS],
    secrets: super::connections::SECRETS,
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/clients/search`.
pub(super) const CLIENT_SEARCH: Entity = Entity {
    name: "client_search",
    doc: "The applications that a query in Auth0's syntax finds.",
    path: "clients/search?q={q}",
    rows: Rows::Member("clients"),
    key: &["client_id"],
    paging: checkpoint(50),
    scopes: &["read:clients"],
    columns: columns![Column::asked("q", "The query, in Auth0's search syntax."); CLIENT_COLUMNS],
    secrets: &["client_secret"],
    stage: Stage::Early,
    typical_rows: 20,
    ..Entity::BASE
};

/// Source: `GET /api/v2/client-grants`.
pub(super) const CLIENT_GRANTS: Entity = Entity {
    name: "client_grants",
    doc: "The permissions of an API that an application may request.",
    path: "client-grants",
    rows: Rows::Member("client_grants"),
    key: &["id"],
    paging: checkpoint(100),
    scopes: &["read:client_grants"],
    lookups: &[Lookup::row("client-grants/{id}")],
    parameters: &[
        Parameter::new("audience", ParameterType::Text),
        Parameter::new("client_id", ParameterType::Text),
        Parameter::new("allow_any_organization", ParameterType::True),
        Parameter::new("subject_type", ParameterType::Word(&["client", "user"])),
        Parameter::new("default_for", ParameterType::Word(&["third_party_clients"])),
    ],
    columns: CLIENT_GRANT_COLUMNS,
    typical_rows: 30,
    ..Entity::BASE
};

/// Source: `GET /api/v2/client-grants/{grant_id}/organizations`.
pub(super) const CLIENT_GRANT_ORGANIZATIONS: Entity = Entity {
    name: "client_grant_organizations",
    doc: "The organizations that grants are used in.",
    path: "client-grants/{grant_id}/organizations",
    rows: Rows::Member("organizations"),
    key: &["grant_id", "id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &CLIENT_GRANTS, keys: &[("grant_id", "id")] },
    scopes: &["read:organization_client_grants"],
    columns: columns![Column::asked("grant_id", "The grant's id."); super::organizations::ORGANIZATION_COLUMNS],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/client-grants/search`.
pub(super) const CLIENT_GRANT_SEARCH: Entity = Entity {
    name: "client_grant_search",
    doc: "The grants that a query in Auth0's syntax finds.",
    path: "client-grants/search?q={q}",
    rows: Rows::Member("client_grants"),
    key: &["id"],
    paging: checkpoint(50),
    scopes: &["read:client_grants"],
    columns: columns![Column::asked("q", "The query, in Auth0's search syntax."); CLIENT_GRANT_COLUMNS],
    stage: Stage::Early,
    typical_rows: 20,
    ..Entity::BASE
};

/// Source: `GET /api/v2/client-profiles`.
pub(super) const CLIENT_PROFILES: Entity = Entity {
    name: "client_profiles",
    doc: "Settings that applications can be made from.",
    path: "client-profiles",
    rows: Rows::Member("client_profiles"),
    key: &["id"],
    paging: checkpoint(50),
    scopes: &["read:client_profiles"],
    lookups: &[Lookup::row("client-profiles/{id}")],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("description", Text, "The description."),
        Column::new("client_configuration", Jsonb, "The settings it gives an application, an object."),
        Column::new("apply_policy", Jsonb, "When it is applied, an object."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/grants`.
pub(super) const GRANTS: Entity = Entity {
    name: "grants",
    doc: "The consents of users.",
    path: "grants",
    rows: Rows::Member("grants"),
    key: &["id"],
    paging: CAPPED_PAGES,
    scopes: &["read:grants"],
    parameters: &[
        Parameter::new("user_id", ParameterType::Text),
        Parameter::new("client_id", ParameterType::Text),
        Parameter::new("audience", ParameterType::Text),
    ],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::of("client_id", "clientID", Text, "The application's id."),
        Column::new("user_id", Text, "The user's id."),
        Column::new("audience", Text, "The identifier of the API."),
        Column::new("scope", Jsonb, "The permissions granted, an array."),
        Column::new("organization_id", Text, "The organization's id."),
    ],
    typical_rows: 500,
    ..Entity::BASE
};

/// Source: `GET /api/v2/device-credentials`. A request with paging parameters and without a type lists only the
/// refresh tokens.
pub(super) const DEVICE_CREDENTIALS: Entity = Entity {
    name: "device_credentials",
    doc: "The devices users have given access.",
    path: "device-credentials?type={type}",
    rows: Rows::Member("device_credentials"),
    key: &["id"],
    paging: CAPPED_PAGES,
    parents: Parents::Values { column: "type", values: &["public_key", "refresh_token", "rotating_refresh_token"] },
    scopes: &["read:device_credentials"],
    parameters: &[Parameter::new("user_id", ParameterType::Text), Parameter::new("client_id", ParameterType::Text)],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("device_name", Text, "The device's name."),
        Column::new("device_id", Text, "The device's id."),
        Column::new("type", Text, "The type."),
        Column::new("user_id", Text, "The user's id."),
        Column::new("client_id", Text, "The application's id."),
    ],
    typical_rows: 100,
    ..Entity::BASE
};

/// Source: `GET /api/v2/agents`.
pub(super) const AGENTS: Entity = Entity {
    name: "agents",
    doc: "The AI agents registered with the tenant.",
    path: "agents",
    rows: Rows::Member("agents"),
    key: &["agent_id"],
    paging: checkpoint(50),
    scopes: &["read:agents"],
    lookups: &[Lookup::row("agents/{agent_id}")],
    columns: &[
        Column::new("agent_id", Text, "The agent's id."),
        Column::new("name", Text, "The name."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
        Column::new("external_agent_id", Text, "The agent's id elsewhere."),
        Column::new("metadata", Jsonb, "The tenant's own data about it, an object of texts."),
    ],
    stage: Stage::Early,
    ..Entity::BASE
};
