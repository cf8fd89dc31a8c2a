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

/// The columns of a client grant in every table of grants of the whole tenant.
const CLIENT_GRANT_COLUMNS: &[Column] = columns![
    Column::new("id", Text, "The id that Auth0 gave the client grant, such as `cgr_…`."),
    Column::new(
        "client_id",
        Text,
        "The id of the application that has the grant, as in `clients.client_id`. Null in defaults for many applications.",
    );
    super::apis::GRANTED_API_COLUMNS;
    Column::new(
        "default_for",
        Text,
        "Group of applications that the grant is the default for: `third_party_clients`. Null for a single application.",
    ),
    Column::new("is_system", Bool, "Whether Auth0 made the grant, which then cannot be changed."),
    Column::new(
        "subject_type",
        Text,
        "Subject of the tokens: `client` for applications, `user` for users, `anonymous_user` for anonymous sessions.",
    ),
    Column::new(
        "authorization_details_types",
        Jsonb,
        "Types of `authorization_details` that the application may request, an array of texts.",
    ),
    Column::new(
        "allow_all_scopes",
        Bool,
        "Whether the application gets all permissions of the API, regardless of `scope`.",
    ),
];

/// The columns of an application in every table of applications.
pub(super) const CLIENT_COLUMNS: &[Column] = &[
    Column::new("client_id", Text, "The application's id, the `client_id` of OAuth 2.0."),
    Column::new("created_at", Timestamptz, "Time at which the application was created."),
    Column::new("updated_at", Timestamptz, "Time at which the application was last changed."),
    Column::new("tenant", Text, "The name of the tenant that the application belongs to."),
    Column::new("name", Text, "The name that the tenant gave the application."),
    Column::new("description", Text, "The tenant's text about the application; null if there is none."),
    Column::new(
        "global",
        Bool,
        "Whether it is the tenant's global application, \"All Applications\", which Auth0 makes itself.",
    ),
    Column::new(
        "app_type",
        Text,
        "Kind of application: `native`, `spa`, `regular_web`, `non_interactive` for machines, and others.",
    ),
    Column::new("logo_uri", Text, "URL of the application's logo; null for the default logo."),
    Column::new("is_first_party", Bool, "Whether the tenant owns the application; false for third parties."),
    Column::new(
        "oidc_conformant",
        Bool,
        "Whether the application follows OpenID Connect strictly, without Auth0's older behavior.",
    ),
    Column::new("callbacks", Jsonb, "URLs that a login may redirect to, an array of texts."),
    Column::new("allowed_origins", Jsonb, "Origins that may send requests from a browser (CORS), an array of texts."),
    Column::new("web_origins", Jsonb, "Origins that may log in silently by web message, an array of texts."),
    Column::new(
        "client_aliases",
        Jsonb,
        "Audiences and realms of the application in SAML and WS-Federation, an array of texts.",
    ),
    Column::new(
        "allowed_clients",
        Jsonb,
        "Applications that may request delegation tokens for it, an array of `clients.client_id`.",
    ),
    Column::new("allowed_logout_urls", Jsonb, "URLs that a logout may redirect to, an array of texts."),
    Column::new(
        "session_transfer",
        Jsonb,
        "How a native application passes its session to the web: `can_create_session_transfer_token`, `allowed_authentication_methods`, `enforce_device_binding` and others.",
    ),
    Column::new(
        "oidc_logout",
        Jsonb,
        "How the application is notified of logouts, an object: `backchannel_logout_urls`, `backchannel_logout_initiators` and others.",
    ),
    Column::new(
        "grant_types",
        Jsonb,
        "OAuth grants that the application may use, an array, such as `authorization_code` or `client_credentials`.",
    ),
    Column::new(
        "jwt_configuration",
        Jsonb,
        "How its ID tokens are made, an object: `alg`, `lifetime_in_seconds`, `secret_encoded` and `scopes`.",
    ),
    Column::new("sso", Bool, "Whether Auth0 handles single sign-on; if false, the identity provider does."),
    Column::new("sso_disabled", Bool, "Whether single sign-on is switched off for the application."),
    Column::new(
        "cross_origin_authentication",
        Bool,
        "Whether the application may send logins from a page on another origin.",
    ),
    Column::new("cross_origin_loc", Text, "URL of the page on which the application verifies cross-origin logins."),
    Column::new("custom_login_page_on", Bool, "Whether the application uses the login page in `custom_login_page`."),
    Column::new(
        "custom_login_page",
        Text,
        "HTML of the application's own login page, for the classic login experience.",
    ),
    Column::new("custom_login_page_preview", Text, "HTML of a draft of the application's own login page."),
    Column::new("form_template", Text, "HTML of the form that WS-Federation uses."),
    Column::new(
        "token_endpoint_auth_method",
        Text,
        "How the application authenticates for tokens: `none`, `client_secret_post` or `client_secret_basic`. Null with `client_authentication_methods`.",
    ),
    Column::new(
        "is_token_endpoint_ip_header_trusted",
        Bool,
        "Whether Auth0 trusts the IP address in the header `auth0-forwarded-for` of token requests.",
    ),
    Column::new(
        "client_metadata",
        Jsonb,
        "The tenant's data about the application, an object whose values are texts. Null if there is none.",
    ),
    Column::new(
        "mobile",
        Jsonb,
        "Settings of mobile apps: `android` (`app_package_name`, `sha256_cert_fingerprints`) and `ios` (`team_id`, `app_bundle_identifier`).",
    ),
    Column::new("initiate_login_uri", Text, "URL of the application that starts a login, for links from Auth0."),
    Column::new(
        "native_social_login",
        Jsonb,
        "Whether native logins are switched on, an object: `enabled` below `apple`, `facebook` and `google`.",
    ),
    Column::new(
        "fedcm_login",
        Jsonb,
        "Whether logins by FedCM in the browser are switched on, an object: `is_enabled` below `google`.",
    ),
    Column::new(
        "refresh_token",
        Jsonb,
        "Refresh tokens of the application: `rotation_type`, `expiration_type`, `token_lifetime` and `idle_token_lifetime` in seconds, and others.",
    ),
    Column::new(
        "default_organization",
        Jsonb,
        "Organization for requests that name none, an object: `organization_id` and `flows`. Null without one.",
    ),
    Column::new(
        "organization_usage",
        Text,
        "Whether logins may or must be for an organization: `deny`, `allow` or `require`.",
    ),
    Column::new(
        "organization_require_behavior",
        Text,
        "When users choose an organization: `no_prompt`, `pre_login_prompt` or `post_login_prompt`.",
    ),
    Column::new(
        "organization_discovery_methods",
        Jsonb,
        "How users are led to their organization, an array of `email` and `organization_name`.",
    ),
    Column::new(
        "client_authentication_methods",
        Jsonb,
        "Credentials in place of a secret: `private_key_jwt`, `tls_client_auth` and `self_signed_tls_client_auth`. Null with a secret.",
    ),
    Column::new(
        "require_pushed_authorization_requests",
        Bool,
        "Whether the application has to push its authorization requests first (PAR).",
    ),
    Column::new("require_proof_of_possession", Bool, "Whether the application's tokens have to be bound to a key."),
    Column::new(
        "signed_request_object",
        Jsonb,
        "Signed requests (JAR), an object: `required`, and `credentials` whose keys sign.",
    ),
    Column::new(
        "token_vault_privileged_access",
        Jsonb,
        "Privileged access to Token Vault, an object: `credentials`, `ip_allowlist` and `grants`. Null without it.",
    ),
    Column::new(
        "compliance_level",
        Text,
        "Security profile that is enforced: `none`, or one of FAPI such as `fapi1_adv_mtls_par`. Null for none.",
    ),
    Column::new(
        "skip_non_verifiable_callback_uri_confirmation_prompt",
        Bool,
        "Whether users are not asked to confirm callbacks that cannot be verified. Null for the tenant's setting.",
    ),
    Column::new(
        "token_exchange",
        Jsonb,
        "Token exchanges that the application may do, an object: `allow_any_profile_of_type`.",
    ),
    Column::new(
        "par_request_expiry",
        Int8,
        "Time for which a pushed authorization request is valid, in seconds. Null for the default.",
    ),
    Column::new(
        "token_quota",
        Jsonb,
        "Limits on tokens for machines, an object: `client_credentials` with `per_hour`, `per_day` and `enforce`. Null without limits.",
    ),
    Column::new(
        "express_configuration",
        Jsonb,
        "Settings of Express Configuration, an object: `enable_client`, `enable_organization`, `connection_profile_id`, `linked_clients` and others.",
    ),
    Column::new(
        "b2b_integration_configuration",
        Jsonb,
        "Settings of an integration for businesses, an object: `integration_type` and `sso_profiles`.",
    ),
    Column::new(
        "my_organization_configuration",
        Jsonb,
        "Settings of the My Organization API, an object: `connection_profile_id`, `allowed_strategies`, `connection_deletion_behavior` and others.",
    ),
    Column::new(
        "identity_assertion_authorization_grant",
        Jsonb,
        "Settings of grants by identity assertion, an object: `active`.",
    ),
    Column::new("anonymous_sessions", Jsonb, "Settings of sessions without a login, an object: `active`."),
    Column::new(
        "enforce_anon_session_transfer_network_binding",
        Text,
        "Network that the transfer of an anonymous session is bound to: `ip`, `asn` or `none`.",
    ),
    Column::new(
        "third_party_security_mode",
        Text,
        "Security mode of a third-party application: `strict` or `permissive`.",
    ),
    Column::new(
        "redirection_policy",
        Text,
        "Protection against open redirects: `allow_always` or `open_redirect_protection`.",
    ),
    Column::new(
        "resource_server_identifier",
        Text,
        "The identifier of the API that the application belongs to. Null unless `app_type` is `resource_server`.",
    ),
    Column::new(
        "async_approval_notification_channels",
        Jsonb,
        "How users are asked for approval, an array of `guardian-push`, `email` and `my-account`.",
    ),
    Column::new(
        "external_metadata_type",
        Text,
        "How the application was registered: `cimd` by a metadata document, `dcr` dynamically. Null if neither.",
    ),
    Column::new(
        "external_metadata_created_by",
        Text,
        "Party that registered the application: `admin` or `client`. Null without registration.",
    ),
    Column::new(
        "external_metadata_status",
        Text,
        "State of the application's metadata document: `available` or `unavailable`. Null without one.",
    ),
    Column::new(
        "external_client_id",
        Text,
        "URL of the metadata document that is the application's id outside of Auth0. Null without one.",
    ),
    Column::new("jwks_uri", Text, "URL of the JSON Web Key Set with the application's public keys. Null without one."),
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
    columns: columns![; CLIENT_COLUMNS; Column::new("client_secret", Text, "Secret that the application authenticates with; null for public applications or without the scope for it."), Column::new("signing_keys", Jsonb, "Certificates that the application's tokens are signed with, an array of objects: `cert`, `pkcs7`, `subject`."), Column::new("encryption_key", Jsonb, "Public key that the application's ID tokens are encrypted with, an object: `pub`, `cert`, `subject`. Null without encryption."), Column::new("cross_origin_auth", Bool, "Former name of `cross_origin_authentication`."), Column::new("addons", Jsonb, "Settings of add-ons, an object with a member for each, such as `samlp`, `wsfed`, `aws` or `salesforce`.")],
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
        Column::bound("client_id", "The application's id, as in `clients.client_id`."),
        Column::new("id", Text, "The id that Auth0 gave the credential."),
        Column::new("name", Text, "The name that the tenant gave the credential."),
        Column::new("kid", Text, "The id of the key, generated with the credential."),
        Column::new("alg", Text, "Algorithm that the key signs with: `RS256`, `RS384` or `PS256`."),
        Column::new("credential_type", Text, "Kind of credential: `public_key`, `x509_cert` or `cert_subject_dn`."),
        Column::new("subject_dn", Text, "Distinguished name of the certificate's subject; null for other credentials."),
        Column::new("thumbprint_sha256", Text, "SHA-256 thumbprint of the certificate; null for other credentials."),
        Column::new("created_at", Timestamptz, "Time at which the credential was created."),
        Column::new("updated_at", Timestamptz, "Time at which the credential was last changed."),
        Column::new("expires_at", Timestamptz, "Time at which the credential expires; null if it does not."),
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
    columns: columns![Column::bound("client_id", "The application's id, as in `clients.client_id`."); super::connections::CONNECTION_COLUMNS],
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
    columns: columns![Column::bound("q", "The search, in the query syntax of Auth0."); CLIENT_COLUMNS],
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
    columns: columns![Column::bound("grant_id", "The id of the client grant, as in `client_grants.id`."); super::organizations::ORGANIZATION_COLUMNS],
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
    columns: columns![Column::bound("q", "The search, in the query syntax of Auth0."); CLIENT_GRANT_COLUMNS],
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
        Column::new("id", Text, "The id that Auth0 gave the client profile."),
        Column::new("name", Text, "The name that the tenant gave the client profile."),
        Column::new("description", Text, "The tenant's text about the client profile; null if there is none."),
        Column::new(
            "client_configuration",
            Jsonb,
            "Settings that an application gets, an object: `refresh_token`, `organization_usage`, `organization_require_behavior` and others.",
        ),
        Column::new(
            "apply_policy",
            Jsonb,
            "Applications that the profile applies to, an object: `external_metadata_type` and `external_metadata_created_by`.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the client profile was created."),
        Column::new("updated_at", Timestamptz, "Time at which the client profile was last changed."),
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
        Column::new("id", Text, "The id that Auth0 gave the consent."),
        Column::of(
            "client_id",
            "clientID",
            Text,
            "The id of the application that may act for the user, as in `clients.client_id`.",
        ),
        Column::new("user_id", Text, "The id of the user who consented, as in `users.user_id`."),
        Column::new("audience", Text, "The identifier of the API that the consent gives access to."),
        Column::new("scope", Jsonb, "Permissions that the user consented to, an array of texts."),
        Column::new(
            "organization_id",
            Text,
            "The id of the organization that the consent is for, as in `organizations.id`. Null without one.",
        ),
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
        Column::new("id", Text, "The id that Auth0 gave the device credential."),
        Column::new("device_name", Text, "Name of the user's device."),
        Column::new("device_id", Text, "The id that the application gave the device."),
        Column::new("type", Text, "Kind of credential: `public_key`, `refresh_token` or `rotating_refresh_token`."),
        Column::new("user_id", Text, "The id of the user who owns the device, as in `users.user_id`."),
        Column::new("client_id", Text, "The id of the application that has the credential, as in `clients.client_id`."),
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
        Column::new("agent_id", Text, "The id that Auth0 gave the agent."),
        Column::new("name", Text, "The name that the tenant gave the agent."),
        Column::new("created_at", Timestamptz, "Time at which the agent was created."),
        Column::new("updated_at", Timestamptz, "Time at which the agent was last changed."),
        Column::new("external_agent_id", Text, "The agent's id outside of Auth0; null if there is none."),
        Column::new(
            "metadata",
            Jsonb,
            "The tenant's data about the agent, an object whose values are texts. Null if there is none.",
        ),
    ],
    stage: Stage::Early,
    ..Entity::BASE
};
