//! Connections. The sources of users: databases, enterprise directories, social networks; and the profiles that
//! describe them.

use fdw_common::model::ColumnType::{Bool, Int8, Jsonb, Text, Timestamptz};
use fdw_common::model::{Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Parents, Rows, Stage};

use super::paging::{FIELDS, PAGES, checkpoint};

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "connections",
    title: "Connections",
    doc: "The sources of users: databases, enterprise directories, social networks; and the profiles that describe them.",
    examples: &[
        Example {
            question: "Which enterprise connections are there?",
            sql: "select name, strategy, options ->> 'domain' as domain\n\
                  from auth0.connections\n\
                  where strategy in ('samlp', 'oidc', 'okta', 'waad');",
        },
        Example {
            question: "Which application uses which connection?",
            sql: "select c.name as connection, a.name as application\n\
                  from auth0.connections c\n\
                  join auth0.connection_clients k on k.connection_id = c.id\n\
                  join auth0.clients a on a.client_id = k.client_id;",
        },
    ],
    entities: &[
        CONNECTIONS,
        CONNECTION_CLIENTS,
        CONNECTION_KEYS,
        CONNECTION_DIRECTORY_PROVISIONINGS,
        DIRECTORY_PROVISIONING_DEFAULT_MAPPINGS,
        DIRECTORY_SYNCHRONIZED_GROUPS,
        CONNECTION_SCIM_CONFIGURATIONS,
        SCIM_DEFAULT_MAPPINGS,
        SCIM_TOKENS,
        CONNECTION_PROFILES,
        CONNECTION_PROFILE_TEMPLATES,
        USER_ATTRIBUTE_PROFILES,
        USER_ATTRIBUTE_PROFILE_TEMPLATES,
        SELF_SERVICE_PROFILES,
        SELF_SERVICE_PROFILE_CUSTOM_TEXTS,
    ],
};

/// The secret members of identity provider settings: credentials, private keys, the values that scripts of
/// database connections get, and headers sent to gateways.
pub(super) const SECRETS: &[&str] = &[
    "options.**.client_secret",
    "options.**.app_secret",
    "options.**.consumer_secret",
    "options.**.secret",
    "options.**.twilio_token",
    "options.**.auth_token",
    "options.**.api_key",
    "options.**.private_key",
    "options.**.privateKey",
    "options.**.signing_key.key",
    "options.**.signingKey.key",
    "options.**.decryptionKey.key",
    "options.configuration.*",
    "options.customHeaders.*",
    "options.password",
    "options.bindPassword",
    "provisioning_ticket_url",
];

/// The kinds of identity providers that the API has.
pub(super) const STRATEGIES: &[&str] = &[
    "ad",
    "adfs",
    "amazon",
    "apple",
    "dropbox",
    "bitbucket",
    "auth0-oidc",
    "auth0",
    "baidu",
    "bitly",
    "box",
    "custom",
    "daccount",
    "dwolla",
    "email",
    "evernote-sandbox",
    "evernote",
    "exact",
    "facebook",
    "fitbit",
    "github",
    "google-apps",
    "google-oauth2",
    "instagram",
    "ip",
    "line",
    "linkedin",
    "oauth1",
    "oauth2",
    "office365",
    "oidc",
    "okta",
    "paypal",
    "paypal-sandbox",
    "pingfederate",
    "planningcenter",
    "salesforce-community",
    "salesforce-sandbox",
    "salesforce",
    "samlp",
    "sharepoint",
    "shopify",
    "shop",
    "sms",
    "soundcloud",
    "thirtysevensignals",
    "twitter",
    "untappd",
    "vkontakte",
    "waad",
    "weibo",
    "windowslive",
    "wordpress",
    "yahoo",
    "yandex",
    "notion-mcp",
    "asana",
    "atlassian",
    "cloudflare-mcp",
    "gitlab",
    "hubspot-mcp",
    "linear-mcp",
    "sentry-mcp",
    "slack",
    "auth0-adldap",
];

/// The columns of a profile template.
pub(super) const TEMPLATE_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id."),
    Column::new("display_name", Text, "The name people see."),
    Column::new("template", Jsonb, "The template, an object."),
];

/// The columns of a connection in every table of connections.
pub(super) const CONNECTION_COLUMNS: &[Column] = &[
    Column::new("name", Text, "The name."),
    Column::new("display_name", Text, "The name people see."),
    Column::new("options", Jsonb, "The settings of the identity provider, an object."),
    Column::new("id", Text, "The id."),
    Column::new("strategy", Text, "The kind of identity provider."),
    Column::new("realms", Jsonb, "The realms it is used for, an array."),
    Column::new("is_domain_connection", Bool, "Whether it is found by the domain of an e-mail address."),
    Column::new("show_as_button", Bool, "Whether it is offered as a button."),
    Column::new("metadata", Jsonb, "The tenant's own data about it, an object of texts."),
    Column::new("authentication", Jsonb, "Whether it is used to log in, an object."),
    Column::new("connected_accounts", Jsonb, "Whether it is used for connected accounts, an object."),
    Column::new(
        "cross_app_access_requesting_app",
        Jsonb,
        "Whether its applications may ask for access to others, an object.",
    ),
    Column::new(
        "cross_app_access_resource_app",
        Jsonb,
        "Whether others may ask for access to its applications, an object.",
    ),
];

/// Source: `GET /api/v2/connections`.
pub(super) const CONNECTIONS: Entity = Entity {
    name: "connections",
    doc: "The connections of the tenant.",
    path: "connections",
    rows: Rows::Member("connections"),
    key: &["id"],
    paging: checkpoint(100),
    fields: Some(FIELDS),
    scopes: &["read:connections"],
    lookups: &[Lookup::row("connections/{id}").with_fields()],
    parameters: &[
        Parameter::new("strategy", ParameterType::Words(STRATEGIES)),
        Parameter::new("name", ParameterType::Text),
    ],
    columns: columns![; CONNECTION_COLUMNS; Column::new( "enabled_clients", Jsonb, "The applications that use it, an array of ids. Newer tenants leave it out: see `connection_clients`.", ), Column::new("provisioning_ticket_url", Text, "The address where the identity provider's administrator sets it up.")],
    secrets: SECRETS,
    typical_rows: 20,
    ..Entity::BASE
};

/// Source: `GET /api/v2/connections/{connection_id}/clients`.
pub(super) const CONNECTION_CLIENTS: Entity = Entity {
    name: "connection_clients",
    doc: "The applications that use connections.",
    path: "connections/{connection_id}/clients",
    rows: Rows::Member("clients"),
    key: &["connection_id", "client_id"],
    paging: checkpoint(1000),
    parents: Parents::Of { entity: &CONNECTIONS, keys: &[("connection_id", "id")] },
    scopes: &["read:connections"],
    columns: &[
        Column::asked("connection_id", "The connection's id."),
        Column::new("client_id", Text, "The application's id."),
    ],
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/connections/{connection_id}/keys`.
pub(super) const CONNECTION_KEYS: Entity = Entity {
    name: "connection_keys",
    doc: "The keys of enterprise connections.",
    path: "connections/{connection_id}/keys",
    key: &["connection_id", "kid"],
    parents: Parents::Of { entity: &CONNECTIONS, keys: &[("connection_id", "id")] },
    scopes: &["read:connections_keys"],
    columns: &[
        Column::asked("connection_id", "The connection's id."),
        Column::new("kid", Text, "The key's id."),
        Column::new("cert", Text, "The certificate."),
        Column::new("pkcs", Text, "The certificate chain."),
        Column::new("current", Bool, "Whether it is in use."),
        Column::new("next", Bool, "Whether it is the next one."),
        Column::new("previous", Bool, "Whether it was the one before."),
        Column::new("current_since", Timestamptz, "Since when it is in use."),
        Column::new("fingerprint", Text, "The fingerprint."),
        Column::new("thumbprint", Text, "The thumbprint."),
        Column::new("algorithm", Text, "The algorithm."),
        Column::new("key_use", Text, "The use of the key."),
        Column::new("subject_dn", Text, "The subject of the certificate."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/connections-directory-provisionings`.
pub(super) const CONNECTION_DIRECTORY_PROVISIONINGS: Entity = Entity {
    name: "connection_directory_provisionings",
    doc: "The connections that fetch users from a directory.",
    path: "connections-directory-provisionings",
    rows: Rows::Member("directory_provisionings"),
    key: &["connection_id"],
    paging: checkpoint(100),
    scopes: &["read:directory_provisionings"],
    lookups: &[Lookup::row("connections/{connection_id}/directory-provisioning")],
    columns: &[
        Column::new("connection_id", Text, "The connection's id."),
        Column::new("connection_name", Text, "The connection's name."),
        Column::new("strategy", Text, "The kind of identity provider."),
        Column::new("mapping", Jsonb, "The mapping of attributes, an array."),
        Column::new("synchronize_automatically", Bool, "Whether it synchronizes by itself."),
        Column::new("synchronize_groups", Text, "The groups that are synchronized."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
        Column::new("last_synchronization_at", Timestamptz, "When it last synchronized."),
        Column::new("last_synchronization_status", Text, "How the last synchronization ended."),
        Column::new("last_synchronization_error", Text, "The error of the last synchronization."),
    ],
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/connections/{connection_id}/directory-provisioning/default-mapping`.
pub(super) const DIRECTORY_PROVISIONING_DEFAULT_MAPPINGS: Entity = Entity {
    name: "directory_provisioning_default_mappings",
    doc: "The attributes a connection would fetch from a directory by default.",
    path: "connections/{connection_id}/directory-provisioning/default-mapping",
    rows: Rows::Member("mapping"),
    parents: Parents::Of { entity: &CONNECTIONS, keys: &[("connection_id", "id")] },
    scopes: &["read:directory_provisionings"],
    columns: &[
        Column::asked("connection_id", "The connection's id."),
        Column::new("auth0", Text, "The attribute at Auth0."),
        Column::new("idp", Text, "The attribute at the identity provider."),
    ],
    ..Entity::BASE
};

/// Source: `GET /api/v2/connections/{connection_id}/directory-provisioning/synchronized-groups`.
pub(super) const DIRECTORY_SYNCHRONIZED_GROUPS: Entity = Entity {
    name: "directory_synchronized_groups",
    doc: "The groups that connections fetch from a directory.",
    path: "connections/{connection_id}/directory-provisioning/synchronized-groups",
    rows: Rows::Member("groups"),
    key: &["connection_id", "id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &CONNECTION_DIRECTORY_PROVISIONINGS, keys: &[("connection_id", "connection_id")] },
    scopes: &["read:directory_provisionings"],
    columns: &[
        Column::asked("connection_id", "The connection's id."),
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("email", Text, "The e-mail address."),
        Column::new("direct_members_count", Int8, "How many members it has itself."),
    ],
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/connections-scim-configurations`.
pub(super) const CONNECTION_SCIM_CONFIGURATIONS: Entity = Entity {
    name: "connection_scim_configurations",
    doc: "The connections that are provisioned by SCIM.",
    path: "connections-scim-configurations",
    rows: Rows::Member("scim_configurations"),
    key: &["connection_id"],
    paging: checkpoint(100),
    scopes: &["read:scim_config"],
    lookups: &[Lookup::row("connections/{connection_id}/scim-configuration")],
    columns: &[
        Column::new("connection_id", Text, "The connection's id."),
        Column::new("connection_name", Text, "The connection's name."),
        Column::new("strategy", Text, "The kind of identity provider."),
        Column::new("tenant_name", Text, "The tenant's name."),
        Column::new("user_id_attribute", Text, "The attribute that is the user's id."),
        Column::new("mapping", Jsonb, "The mapping of attributes, an array."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_on", Timestamptz, "When it was last changed."),
    ],
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/connections/{connection_id}/scim-configuration/default-mapping`.
pub(super) const SCIM_DEFAULT_MAPPINGS: Entity = Entity {
    name: "scim_default_mappings",
    doc: "The attributes a connection would take by SCIM by default.",
    path: "connections/{connection_id}/scim-configuration/default-mapping",
    rows: Rows::Member("mapping"),
    parents: Parents::Of { entity: &CONNECTIONS, keys: &[("connection_id", "id")] },
    scopes: &["read:scim_config"],
    columns: &[
        Column::asked("connection_id", "The connection's id."),
        Column::new("auth0", Text, "The attribute at Auth0."),
        Column::new("scim", Text, "The attribute in SCIM."),
    ],
    ..Entity::BASE
};

/// Source: `GET /api/v2/connections/{connection_id}/scim-configuration/tokens`.
pub(super) const SCIM_TOKENS: Entity = Entity {
    name: "scim_tokens",
    doc: "The tokens that directories provision with; never the tokens themselves.",
    path: "connections/{connection_id}/scim-configuration/tokens",
    key: &["connection_id", "token_id"],
    parents: Parents::Of { entity: &CONNECTION_SCIM_CONFIGURATIONS, keys: &[("connection_id", "connection_id")] },
    scopes: &["read:scim_token"],
    columns: &[
        Column::asked("connection_id", "The connection's id."),
        Column::new("token_id", Text, "The token's id."),
        Column::new("scopes", Jsonb, "The permissions, an array."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("valid_until", Timestamptz, "Until when it is valid."),
        Column::new("last_used_at", Timestamptz, "When it was last used."),
    ],
    secrets: &["token"],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/connection-profiles`.
pub(super) const CONNECTION_PROFILES: Entity = Entity {
    name: "connection_profiles",
    doc: "Settings that connections can be made from.",
    path: "connection-profiles",
    rows: Rows::Member("connection_profiles"),
    key: &["id"],
    paging: checkpoint(10),
    scopes: &["read:connection_profiles"],
    lookups: &[Lookup::row("connection-profiles/{id}")],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("organization", Jsonb, "The settings for organizations, an object."),
        Column::new("connection_name_prefix_template", Text, "How names of connections begin."),
        Column::new("enabled_features", Jsonb, "The features it switches on, an array."),
        Column::new("connection_config", Jsonb, "The settings for connections, an object."),
        Column::new("strategy_overrides", Jsonb, "The differences by kind of identity provider, an object."),
        Column::new("provisioning", Jsonb, "How users are provisioned, an object."),
        Column::new(
            "cross_app_access_resource_app",
            Jsonb,
            "Whether others may ask for access to its applications, an object.",
        ),
    ],
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/connection-profiles/templates`.
pub(super) const CONNECTION_PROFILE_TEMPLATES: Entity = Entity {
    name: "connection_profile_templates",
    doc: "Auth0's templates for connection profiles.",
    path: "connection-profiles/templates",
    rows: Rows::Member("connection_profile_templates"),
    key: &["id"],
    scopes: &["read:connection_profiles"],
    lookups: &[Lookup::row("connection-profiles/templates/{id}")],
    columns: TEMPLATE_COLUMNS,
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/user-attribute-profiles`.
pub(super) const USER_ATTRIBUTE_PROFILES: Entity = Entity {
    name: "user_attribute_profiles",
    doc: "How attributes of users map to those of identity providers.",
    path: "user-attribute-profiles",
    rows: Rows::Member("user_attribute_profiles"),
    key: &["id"],
    paging: checkpoint(50),
    scopes: &["read:user_attribute_profiles"],
    lookups: &[Lookup::row("user-attribute-profiles/{id}")],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("user_id", Jsonb, "How the user's id maps, an object."),
        Column::new("user_attributes", Jsonb, "How attributes map, an object."),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/user-attribute-profiles/templates`.
pub(super) const USER_ATTRIBUTE_PROFILE_TEMPLATES: Entity = Entity {
    name: "user_attribute_profile_templates",
    doc: "Auth0's templates for user attribute profiles.",
    path: "user-attribute-profiles/templates",
    rows: Rows::Member("user_attribute_profile_templates"),
    key: &["id"],
    scopes: &["read:user_attribute_profiles"],
    lookups: &[Lookup::row("user-attribute-profiles/templates/{id}")],
    columns: TEMPLATE_COLUMNS,
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/self-service-profiles`.
pub(super) const SELF_SERVICE_PROFILES: Entity = Entity {
    name: "self_service_profiles",
    doc: "How customers set up their own connections.",
    path: "self-service-profiles",
    rows: Rows::Member("self_service_profiles"),
    key: &["id"],
    paging: PAGES,
    scopes: &["read:self_service_profiles"],
    lookups: &[Lookup::row("self-service-profiles/{id}")],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("description", Text, "The description."),
        Column::new("user_attributes", Jsonb, "The attributes, an array."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
        Column::new("branding", Jsonb, "Logo and colors, an object."),
        Column::new("allowed_strategies", Jsonb, "The kinds of identity providers offered, an array."),
        Column::new("user_attribute_profile_id", Text, "The user attribute profile it uses."),
    ],
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/self-service-profiles/{profile_id}/custom-text/{language}/{page}`.
pub(super) const SELF_SERVICE_PROFILE_CUSTOM_TEXTS: Entity = Entity {
    name: "self_service_profile_custom_texts",
    doc: "The tenant's own texts for a self-service profile.",
    path: "self-service-profiles/{profile_id}/custom-text/{language}/{page}",
    rows: Rows::Document,
    parents: Parents::Of { entity: &SELF_SERVICE_PROFILES, keys: &[("profile_id", "id")] },
    scopes: &["read:self_service_profile_custom_texts"],
    columns: &[
        Column::asked("profile_id", "The self-service profile's id."),
        Column::asked("language", "The language, such as `en`."),
        Column::asked("page", "The page, such as `get-started`."),
        Column::row("texts", Jsonb, "The texts by their keys, an object."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};
