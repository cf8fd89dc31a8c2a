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
    Column::new("id", Text, "The id that Auth0 gave the template."),
    Column::new("display_name", Text, "The template's name as administrators see it."),
    Column::new("template", Jsonb, "Settings that a profile made from the template starts with, an object."),
];

/// The columns of a connection in every table of connections.
pub(super) const CONNECTION_COLUMNS: &[Column] = &[
    Column::new("name", Text, "The connection's name, unique in the tenant."),
    Column::new("display_name", Text, "The connection's name as users see it; null to show `name`."),
    Column::new(
        "options",
        Jsonb,
        "Settings of the identity provider, an object whose members depend on `strategy`, such as `client_id` and `scope`.",
    ),
    Column::new("id", Text, "The id that Auth0 gave the connection, such as `con_…`."),
    Column::new(
        "strategy",
        Text,
        "Kind of identity provider, such as `auth0` for databases, `google-oauth2`, `samlp` or `waad`.",
    ),
    Column::new("realms", Jsonb, "Realms that the connection serves, an array of texts; by default its name alone."),
    Column::new("is_domain_connection", Bool, "Whether third-party applications can use the connection too."),
    Column::new("show_as_button", Bool, "Whether the login page shows a button for the connection."),
    Column::new(
        "metadata",
        Jsonb,
        "The tenant's data about the connection, an object whose values are texts. Null if there is none.",
    ),
    Column::new("authentication", Jsonb, "Use of the connection for logins, an object: `active`."),
    Column::new(
        "connected_accounts",
        Jsonb,
        "Use of the connection for connected accounts, an object: `active`, `cross_app_access` and `allow_missing_user_id`.",
    ),
    Column::new(
        "cross_app_access_requesting_app",
        Jsonb,
        "Whether the tenant's applications may request access to others by this connection, an object: `active`.",
    ),
    Column::new(
        "cross_app_access_resource_app",
        Jsonb,
        "Whether other applications may request access by this connection, an object: `status` is `enabled` or `disabled`.",
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
    columns: columns![; CONNECTION_COLUMNS; Column::new( "enabled_clients", Jsonb, "Applications that use the connection, an array of `clients.client_id`. Newer tenants leave it out: see `connection_clients`.", ), Column::new("provisioning_ticket_url", Text, "URL at which the identity provider's administrator sets up the connection. Null for most strategies.")],
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
        Column::bound("connection_id", "The connection's id, as in `connections.id`."),
        Column::new("client_id", Text, "The application's id, as in `clients.client_id`."),
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
        Column::bound("connection_id", "The connection's id, as in `connections.id`."),
        Column::new("kid", Text, "The id of the key."),
        Column::new("cert", Text, "Certificate of the key, in PEM form."),
        Column::new("pkcs", Text, "Certificate of the key in a PKCS #7 container."),
        Column::new("current", Bool, "Whether the key is in use now."),
        Column::new("next", Bool, "Whether the key will be used after the next rotation."),
        Column::new("previous", Bool, "Whether the key was in use before the last rotation."),
        Column::new("current_since", Timestamptz, "Time at which the key came into use; null if it has not yet."),
        Column::new("fingerprint", Text, "Fingerprint of the certificate."),
        Column::new("thumbprint", Text, "Thumbprint of the certificate."),
        Column::new("algorithm", Text, "Algorithm that the key is used with, such as `RS256`."),
        Column::new("key_use", Text, "Use of the key: `signing` or `encryption`."),
        Column::new("subject_dn", Text, "Distinguished name of the certificate's subject."),
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
        Column::new("connection_id", Text, "The connection's id, as in `connections.id`."),
        Column::new("connection_name", Text, "The name of the connection, as in `connections.name`."),
        Column::new("strategy", Text, "Identity provider of the connection, such as `google-apps`."),
        Column::new(
            "mapping",
            Jsonb,
            "How attributes of the directory map to Auth0's, an array of objects with `auth0` and `idp`.",
        ),
        Column::new(
            "synchronize_automatically",
            Bool,
            "Whether users are synchronized on a schedule, without a request.",
        ),
        Column::new("synchronize_groups", Text, "Groups that are synchronized: `all`, `off` for none, or `selected`."),
        Column::new("created_at", Timestamptz, "Time at which the directory provisioning was created."),
        Column::new("updated_at", Timestamptz, "Time at which the directory provisioning was last changed."),
        Column::new("last_synchronization_at", Timestamptz, "Time of the last synchronization; null before the first."),
        Column::new("last_synchronization_status", Text, "Result of the last synchronization; null before the first."),
        Column::new("last_synchronization_error", Text, "Error of the last synchronization; null if it succeeded."),
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
        Column::bound("connection_id", "The connection's id, as in `connections.id`."),
        Column::new("auth0", Text, "Name of the user attribute at Auth0."),
        Column::new("idp", Text, "Name of the attribute at the identity provider that fills it."),
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
        Column::bound("connection_id", "The connection's id, as in `connections.id`."),
        Column::new("id", Text, "The id of the group in the directory."),
        Column::new("name", Text, "The name of the group in the directory."),
        Column::new("email", Text, "The e-mail address of the group in the directory."),
        Column::new(
            "direct_members_count",
            Int8,
            "Number of members in the group itself, without those of groups in it.",
        ),
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
        Column::new("connection_id", Text, "The connection's id, as in `connections.id`."),
        Column::new("connection_name", Text, "The name of the connection, as in `connections.name`."),
        Column::new("strategy", Text, "Identity provider of the connection, such as `okta` or `waad`."),
        Column::new("tenant_name", Text, "The name of the tenant that the connection belongs to."),
        Column::new("user_id_attribute", Text, "SCIM attribute that identifies the user, such as `externalId`."),
        Column::new(
            "mapping",
            Jsonb,
            "How SCIM attributes map to Auth0's, an array of objects with `auth0` and `scim`.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the SCIM configuration was created."),
        Column::new("updated_on", Timestamptz, "Time at which the SCIM configuration was last changed."),
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
        Column::bound("connection_id", "The connection's id, as in `connections.id`."),
        Column::new("auth0", Text, "Name of the user attribute at Auth0."),
        Column::new("scim", Text, "Name of the SCIM attribute that fills it."),
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
        Column::bound("connection_id", "The connection's id, as in `connections.id`."),
        Column::new("token_id", Text, "The id that Auth0 gave the token."),
        Column::new(
            "scopes",
            Jsonb,
            "SCIM operations that the token permits, an array, such as `get:users` or `post:users`.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the SCIM token was created."),
        Column::new("valid_until", Timestamptz, "Time at which the token expires; null if it does not."),
        Column::new("last_used_at", Timestamptz, "Time at which the token was last used; null if never."),
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
        Column::new("id", Text, "The id that Auth0 gave the connection profile."),
        Column::new("name", Text, "The name that the tenant gave the connection profile."),
        Column::new(
            "organization",
            Jsonb,
            "Settings of connections in organizations, an object: `show_as_button` and `assign_membership_on_login`.",
        ),
        Column::new(
            "connection_name_prefix_template",
            Text,
            "Template for the beginning of the names of connections made from the profile.",
        ),
        Column::new(
            "enabled_features",
            Jsonb,
            "Features that connections get, an array of `scim`, `universal_logout` and `directory_sync`.",
        ),
        Column::new("connection_config", Jsonb, "Settings that connections get, an object."),
        Column::new(
            "strategy_overrides",
            Jsonb,
            "Differences by kind of identity provider, an object with a member for each, such as `okta` or `samlp`.",
        ),
        Column::new(
            "provisioning",
            Jsonb,
            "How users of connections are provisioned, an object: `scim` and `google_workspace`.",
        ),
        Column::new(
            "cross_app_access_resource_app",
            Jsonb,
            "Whether other applications may request access by connections, an object: `status` with its default and allowed values.",
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
        Column::new("id", Text, "The id that Auth0 gave the user attribute profile."),
        Column::new("name", Text, "The name that the tenant gave the user attribute profile."),
        Column::new(
            "user_id",
            Jsonb,
            "How the user's id maps, an object: `oidc_mapping`, `saml_mapping`, `scim_mapping` and `strategy_overrides`.",
        ),
        Column::new(
            "user_attributes",
            Jsonb,
            "How attributes of users map, an object with a member for each attribute.",
        ),
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
        Column::new("id", Text, "The id that Auth0 gave the self-service profile."),
        Column::new("name", Text, "The name that the tenant gave the self-service profile."),
        Column::new("description", Text, "The tenant's text about the self-service profile; null if there is none."),
        Column::new(
            "user_attributes",
            Jsonb,
            "Attributes that the customer's administrator maps, an array of objects: `name`, `description` and `is_optional`.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the self-service profile was created."),
        Column::new("updated_at", Timestamptz, "Time at which the self-service profile was last changed."),
        Column::new("branding", Jsonb, "Look of the setup assistant, an object: `logo_url` and `colors`."),
        Column::new(
            "allowed_strategies",
            Jsonb,
            "Kinds of identity providers that the customer may choose, an array, such as `oidc`, `samlp` or `okta`.",
        ),
        Column::new(
            "user_attribute_profile_id",
            Text,
            "The id of the profile that maps attributes, as in `user_attribute_profiles.id`. Null without one.",
        ),
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
        Column::bound("profile_id", "The id of the self-service profile, as in `self_service_profiles.id`."),
        Column::bound("language", "Language of the texts, such as `en`."),
        Column::bound("page", "Page that shows the texts, such as `get-started`."),
        Column::row("texts", Jsonb, "The tenant's texts, an object: keys name the places on the page."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};
