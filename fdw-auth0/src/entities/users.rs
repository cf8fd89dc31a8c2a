//! Users. The users of the tenant and their roles, permissions, sessions, tokens and logs.

use fdw_common::model::ColumnType::{Bool, Int8, Jsonb, Text, Timestamptz};
use fdw_common::model::{
    BatchBy, Changes, Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Parents, Rows, SearchField,
    SearchKind, SearchParameter, SliceKeys, SortParameter, Stage,
};

use super::paging::{CAPPED_PAGES, FIELDS, LOG_OF_ONE_PAGES, PAGES, checkpoint};

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "users",
    title: "Users",
    doc: "The users of the tenant and their roles, permissions, sessions, tokens and logs.",
    examples: &[
        Example {
            question: "Which roles do the users of a domain have?",
            sql: "select u.email, r.name as role\n\
                  from auth0.users u\n\
                  join auth0.user_roles r on r.user_id = u.user_id\n\
                  where u.email like '%@example.com';",
        },
        Example {
            question: "From where is a user logged in right now?",
            sql: "select id, created_at, last_interacted_at, device ->> 'last_ip' as ip\n\
                  from auth0.user_sessions\n\
                  where user_id = 'auth0|5f7c8ec7c33c6c004bbafe82'\n\
                  order by last_interacted_at desc;",
        },
    ],
    entities: &[
        USERS,
        USER_ROLES,
        USER_PERMISSIONS,
        USER_ORGANIZATIONS,
        USER_SESSIONS,
        USER_REFRESH_TOKENS,
        REFRESH_TOKENS,
        USER_AUTHENTICATION_METHODS,
        USER_ENROLLMENTS,
        GUARDIAN_ENROLLMENTS,
        USER_LOGS,
        USER_GROUPS,
        USER_CONNECTED_ACCOUNTS,
        USER_FEDERATED_CONNECTIONS_TOKENSETS,
        USER_EFFECTIVE_ROLES,
        USER_EFFECTIVE_ROLE_GROUPS,
        USER_EFFECTIVE_PERMISSIONS,
        USER_EFFECTIVE_PERMISSION_ROLES,
        USER_BLOCKS,
        USER_BLOCKS_BY_IDENTIFIER,
    ],
};

const fn field(path: &'static str, kind: SearchKind) -> SearchField {
    SearchField { path, kind }
}

/// The fields that the documentation lists as searchable (docs: user-search-query-syntax, user-profile-structure).
/// Not listed and so not searched: `picture`, `multifactor`, `last_password_reset`, paths into
/// `identities` without a documented example.
const SEARCH: SearchParameter = SearchParameter {
    name: "q",
    with: Some(("search_engine", "v3")),
    fields: &[
        field("email", SearchKind::TextAnyCase),
        field("name", SearchKind::TextAnyCase),
        field("given_name", SearchKind::TextAnyCase),
        field("family_name", SearchKind::TextAnyCase),
        field("nickname", SearchKind::TextAnyCase),
        field("user_id", SearchKind::Text),
        field("username", SearchKind::Text),
        field("phone_number", SearchKind::Text),
        field("last_ip", SearchKind::Text),
        // "email_verified" may be a text (go-auth0, management/user.go; auth0-java 605): an identity provider's
        // mapping sets it. The same mapping sets "phone_verified". "blocked" is set by the Management API only,
        // which accepts a boolean only.
        field("email_verified", SearchKind::BoolOrText),
        field("phone_verified", SearchKind::BoolOrText),
        field("blocked", SearchKind::Bool),
        field("logins_count", SearchKind::Int),
        field("created_at", SearchKind::Time),
        field("updated_at", SearchKind::Time),
        field("last_login", SearchKind::Time),
        field("identities.connection", SearchKind::Text),
        field("app_metadata", SearchKind::Document),
        field("user_metadata", SearchKind::Document),
    ],
    slices: Some(SliceKeys { time: "created_at", changed: "updated_at", key: "user_id" }),
};

/// The columns of a reason for a block in every table of blocks.
const USER_BLOCK_COLUMNS: &[Column] = &[
    Column::new("identifier", Text, "User name, e-mail address or phone number that too many logins failed with."),
    Column::new("ip", Text, "IP address from which logins with the identifier are blocked; null if all addresses are."),
    Column::new(
        "connection",
        Text,
        "The name of the connection in which the user is blocked, as in `connections.name`.",
    ),
];

/// The columns of a refresh token in every table of refresh tokens.
pub(super) const REFRESH_TOKEN_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id that Auth0 gave the refresh token."),
    Column::new("user_id", Text, "The user's id, as in `users.user_id`."),
    Column::new("created_at", Timestamptz, "Time at which the refresh token was created."),
    Column::new(
        "idle_expires_at",
        Timestamptz,
        "Time at which the token expires unless it is used before; null if it has no such limit.",
    ),
    Column::new(
        "expires_at",
        Timestamptz,
        "Time at which the token expires even if it is used; null if it has no such limit.",
    ),
    Column::new(
        "device",
        Jsonb,
        "The first and the last device that used the token: `initial_ip`, `initial_user_agent`, `last_ip`, `last_user_agent` and others.",
    ),
    Column::new(
        "client_id",
        Text,
        "The id of the application that the token was issued to, as in `clients.client_id`.",
    ),
    Column::new("session_id", Text, "The id of the session in which the token was issued; null if it belongs to none."),
    Column::new("rotating", Bool, "Whether each use of the token returns a new token."),
    Column::new(
        "resource_servers",
        Jsonb,
        "APIs that the token gives access to, an array of objects: `audience`, and `scopes` separated by spaces.",
    ),
    Column::new(
        "refresh_token_metadata",
        Jsonb,
        "Metadata that the tenant attached to the token, an object; null if there is none.",
    ),
    Column::new("last_exchanged_at", Timestamptz, "Time at which the token was last exchanged for an access token."),
];

/// Source: `GET /api/v2/users`, schema `UserResponseSchema`.
pub(super) const USERS: Entity = Entity {
    name: "users",
    doc: "The users of the tenant, of every connection.",
    path: "users",
    rows: Rows::Member("users"),
    key: &["user_id"],
    // "You can only page through the first 1000 records"; the total is capped there as well.
    paging: CAPPED_PAGES,
    fields: Some(FIELDS),
    scopes: &["read:users", "read:user_idp_tokens"],
    // Both lookups see a change at once; search does not (docs: user-search).
    lookups: &[
        // Ids have the form `provider|id`.
        Lookup::row("users/{user_id}").with_fields().in_batches(BatchBy::Search),
        // Exact and case-sensitive (API: get_users_by_email), as SQL's `=`.
        // A user may have no e-mail, but no user has an empty one.
        Lookup::array("users-by-email?email={email}").with_fields().never_empty(),
    ],
    search: Some(SEARCH),
    // Every user has both. Other sort fields are not documented.
    sort: Some(SortParameter { name: "sort", columns: &["created_at", "updated_at"] }),
    changes: Changes::Updated("updated_at"),
    export: Some(crate::export::USERS),
    columns: &[
        Column::new("user_id", Text, "The user's id: the identity provider, a bar, and the provider's own id."),
        Column::new("email", Text, "The user's e-mail address; null if the user has none."),
        Column::new("email_verified", Bool, "Whether the user's e-mail address has been verified."),
        Column::new("username", Text, "The user's name for logging in; null in connections without user names."),
        Column::new(
            "phone_number",
            Text,
            "The user's phone number in E.164 form, such as `+15551234567`; null if the user has none.",
        ),
        Column::new("phone_verified", Bool, "Whether the user's phone number has been verified."),
        Column::new("created_at", Timestamptz, "Time at which the user was created. It never changes."),
        Column::new("updated_at", Timestamptz, "Time at which the profile was last changed, which every login does."),
        Column::new(
            "identities",
            Jsonb,
            "Accounts linked to this user, an array of objects: `connection`, `provider`, `user_id`, `isSocial`, `profileData`.",
        ),
        Column::new(
            "app_metadata",
            Jsonb,
            "Data that applications keep about the user, an object. The user cannot change it. Null if there is none.",
        ),
        Column::new(
            "user_metadata",
            Jsonb,
            "Data about the user that the user may change, an object, such as preferences. Null if there is none.",
        ),
        Column::new("picture", Text, "URL of the user's picture."),
        Column::new("name", Text, "The user's full name."),
        Column::new("nickname", Text, "The user's nickname."),
        Column::new(
            "multifactor",
            Jsonb,
            "Providers of second factors that the user is enrolled with, an array of names, such as `guardian`. Null without any.",
        ),
        Column::new(
            "multifactor_last_modified",
            Timestamptz,
            "Time at which the user's second factors were last changed; null if they never were.",
        ),
        Column::new("last_ip", Text, "IP address from which the user last logged in; null before the first login."),
        Column::new(
            "last_login",
            Timestamptz,
            "Time of the last interactive login; silent logins and refresh tokens do not count. Null before the first.",
        ),
        Column::new(
            "last_password_reset",
            Timestamptz,
            "Time at which the user's password was last changed; null if it never was.",
        ),
        Column::new("logins_count", Int8, "Number of times the user has logged in; null before the first login."),
        Column::new("blocked", Bool, "Whether an administrator has blocked the user; null if none ever did."),
        Column::new("given_name", Text, "The user's given name; null if it is not known."),
        Column::new("family_name", Text, "The user's family name; null if it is not known."),
    ],
    secrets: &["identities.access_token", "identities.access_token_secret", "identities.refresh_token"],
    // More than the page cap: for a tenant of unknown size the planner then prefers a hundred lookups by key to
    // the list, which may not be readable to its end.
    typical_rows: 10_000,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/roles`.
pub(super) const USER_ROLES: Entity = Entity {
    name: "user_roles",
    doc: "The roles given to users directly.",
    path: "users/{user_id}/roles",
    rows: Rows::Member("roles"),
    key: &["user_id", "id"],
    paging: PAGES,
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:users", "read:roles", "read:role_members"],
    columns: columns![Column::bound("user_id", "The user's id, as in `users.user_id`."); super::roles::ROLE_COLUMNS],
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/permissions`.
pub(super) const USER_PERMISSIONS: Entity = Entity {
    name: "user_permissions",
    doc: "The permissions users have, directly or by their roles.",
    path: "users/{user_id}/permissions",
    rows: Rows::Member("permissions"),
    key: &["user_id", "resource_server_identifier", "permission_name"],
    paging: PAGES,
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:users"],
    columns: columns![
        Column::bound("user_id", "The user's id, as in `users.user_id`.");
        super::roles::PERMISSION_COLUMNS;
        Column::new(
            "sources",
            Jsonb,
            "How the user has the permission, an array of objects: given directly, or by which role.",
        ),
    ],
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/organizations`.
pub(super) const USER_ORGANIZATIONS: Entity = Entity {
    name: "user_organizations",
    doc: "The organizations users are members of.",
    path: "users/{user_id}/organizations",
    rows: Rows::Member("organizations"),
    key: &["user_id", "id"],
    paging: PAGES,
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:organizations"],
    columns: columns![Column::bound("user_id", "The user's id, as in `users.user_id`."); super::organizations::ORGANIZATION_COLUMNS],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/sessions`.
pub(super) const USER_SESSIONS: Entity = Entity {
    name: "user_sessions",
    doc: "The sessions of users.",
    path: "users/{user_id}/sessions",
    rows: Rows::Member("sessions"),
    key: &["id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:sessions"],
    lookups: &[Lookup::row("sessions/{id}")],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the session."),
        Column::new("user_id", Text, "The user's id, as in `users.user_id`."),
        Column::new("created_at", Timestamptz, "Time at which the session was created."),
        Column::new("updated_at", Timestamptz, "Time at which the session was last changed."),
        Column::new("authenticated_at", Timestamptz, "Time at which the user last logged in within the session."),
        Column::new("idle_expires_at", Timestamptz, "Time at which the session expires unless it is used before."),
        Column::new("expires_at", Timestamptz, "Time at which the session expires even if it is used."),
        Column::new("last_interacted_at", Timestamptz, "Time at which the session was last used."),
        Column::new(
            "device",
            Jsonb,
            "The first and the last device that used the session: `initial_ip`, `initial_user_agent`, `last_ip`, `last_user_agent` and others.",
        ),
        Column::new("clients", Jsonb, "Applications that used the session, an array of objects with `client_id`."),
        Column::new(
            "authentication",
            Jsonb,
            "How the user logged in, an object: `methods` lists the `name`, `type` and `timestamp` of each method.",
        ),
        Column::new("cookie", Jsonb, "The session's cookie, an object: `mode` is `persistent` or `non-persistent`."),
        Column::new(
            "session_metadata",
            Jsonb,
            "Metadata that the tenant attached to the session, an object; null if there is none.",
        ),
        Column::new(
            "actor",
            Jsonb,
            "The party that acts on behalf of the user, an object with its id in `sub`. Null without one.",
        ),
    ],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/refresh-tokens`.
pub(super) const USER_REFRESH_TOKENS: Entity = Entity {
    name: "user_refresh_tokens",
    doc: "The refresh tokens of users; never the tokens themselves.",
    path: "users/{user_id}/refresh-tokens",
    rows: Rows::Member("tokens"),
    key: &["id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:refresh_tokens"],
    lookups: &[Lookup::row("refresh-tokens/{id}")],
    columns: REFRESH_TOKEN_COLUMNS,
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/refresh-tokens`.
pub(super) const REFRESH_TOKENS: Entity = Entity {
    name: "refresh_tokens",
    doc: "The refresh tokens of users, as the endpoint lists them that also picks an application.",
    path: "refresh-tokens?user_id={user_id}",
    rows: Rows::Member("refresh_tokens"),
    key: &["id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:refresh_tokens"],
    parameters: &[Parameter::new("client_id", ParameterType::Text)],
    columns: REFRESH_TOKEN_COLUMNS,
    stage: Stage::Early,
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/authentication-methods`.
pub(super) const USER_AUTHENTICATION_METHODS: Entity = Entity {
    name: "user_authentication_methods",
    doc: "The second factors and passkeys of users.",
    path: "users/{user_id}/authentication-methods",
    rows: Rows::Member("authenticators"),
    key: &["user_id", "id"],
    paging: PAGES,
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:authentication_methods"],
    lookups: &[Lookup::row("users/{user_id}/authentication-methods/{id}")],
    columns: &[
        Column::bound("user_id", "The user's id, as in `users.user_id`."),
        Column::new("id", Text, "The id that Auth0 gave the authentication method."),
        Column::new(
            "type",
            Text,
            "Kind of method: `totp`, `push`, `phone`, `email`, `passkey`, `webauthn-roaming`, `webauthn-platform`, `recovery-code`, `password` and others.",
        ),
        Column::new("confirmed", Bool, "Whether the user finished enrolling the method."),
        Column::new("name", Text, "The label of the method, as users see it."),
        Column::new(
            "authentication_methods",
            Jsonb,
            "Parts of a method that has several, an array of objects with `type` and `id`.",
        ),
        Column::new(
            "preferred_authentication_method",
            Text,
            "How codes are sent to the phone by preference: `sms` or `voice`.",
        ),
        Column::new(
            "link_id",
            Text,
            "The id of the authentication method that this one is linked to; null if there is none.",
        ),
        Column::new("phone_number", Text, "Phone number that codes are sent to; null for methods other than `phone`."),
        Column::new("email", Text, "E-mail address that codes are sent to; null for methods that do not use e-mail."),
        Column::new("key_id", Text, "The id of the WebAuthn credential; null for other methods."),
        Column::new("public_key", Text, "The public key of the WebAuthn credential; null for other methods."),
        Column::new("created_at", Timestamptz, "Time at which the authentication method was created."),
        Column::new("enrolled_at", Timestamptz, "Time at which the user enrolled the method."),
        Column::new(
            "last_auth_at",
            Timestamptz,
            "Time at which the user last logged in with the method; null if never.",
        ),
        Column::new(
            "credential_device_type",
            Text,
            "Whether a passkey lives on one device or may be copied to several; null for other methods.",
        ),
        Column::new(
            "credential_backed_up",
            Bool,
            "Whether a copy of the passkey is kept elsewhere; null for other methods.",
        ),
        Column::new(
            "identity_user_id",
            Text,
            "The id of the identity that the passkey belongs to; null for other methods.",
        ),
        Column::new(
            "user_agent",
            Text,
            "The `User-Agent` of the browser in which the passkey was created; null for other methods.",
        ),
        Column::new(
            "user_handle",
            Text,
            "The id by which the authenticator knows the user; null for methods without WebAuthn.",
        ),
        Column::new(
            "transports",
            Jsonb,
            "How browsers reach the authenticator, an array of texts, such as `internal` or `usb`.",
        ),
        Column::new(
            "aaguid",
            Text,
            "The AAGUID of the authenticator, which names its model; null for methods without WebAuthn.",
        ),
        Column::new(
            "relying_party_identifier",
            Text,
            "The domain for which the passkey was created; null for methods without WebAuthn.",
        ),
    ],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/enrollments`.
pub(super) const USER_ENROLLMENTS: Entity = Entity {
    name: "user_enrollments",
    doc: "The enrollments of users with Guardian.",
    path: "users/{user_id}/enrollments",
    key: &["user_id", "id"],
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:users", "read:current_user"],
    columns: &[
        Column::bound("user_id", "The user's id, as in `users.user_id`."),
        Column::new("id", Text, "The id that Auth0 gave the enrollment."),
        Column::new("status", Text, "State of the enrollment: `pending` until the user confirms it, then `confirmed`."),
        Column::new("type", Text, "Kind of the enrollment, as Guardian reports it."),
        Column::new("name", Text, "Name of the enrollment, such as that of the device."),
        Column::new("identifier", Text, "Guardian's identifier for the enrolled device."),
        Column::new("phone_number", Text, "Phone number that was enrolled; null for methods without one."),
        Column::new(
            "auth_method",
            Text,
            "How the user authenticates: `authenticator`, `guardian`, `sms`, `webauthn-platform` or `webauthn-roaming`.",
        ),
        Column::new(
            "enrolled_at",
            Timestamptz,
            "Time at which the user enrolled; null while the enrollment is pending.",
        ),
        Column::new("last_auth", Timestamptz, "Time at which the enrollment was last used to log in; null if never."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/enrollments/{id}`.
pub(super) const GUARDIAN_ENROLLMENTS: Entity = Entity {
    name: "guardian_enrollments",
    doc: "One enrollment with Guardian, by its id.",
    path: "guardian/enrollments/{id}",
    rows: Rows::Document,
    key: &["id"],
    scopes: &["read:guardian_enrollments"],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the enrollment."),
        Column::new("status", Text, "State of the enrollment: `pending` until the user confirms it, then `confirmed`."),
        Column::new("name", Text, "Name of the enrollment, such as that of the device."),
        Column::new("identifier", Text, "Guardian's identifier for the enrolled device."),
        Column::new("phone_number", Text, "Phone number that was enrolled; null for methods without one."),
        Column::new(
            "enrolled_at",
            Timestamptz,
            "Time at which the user enrolled; null while the enrollment is pending.",
        ),
        Column::new("last_auth", Timestamptz, "Time at which the enrollment was last used to log in; null if never."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/logs`.
///
/// An entry may name another identity of the user, a number, or no user at all (go-auth0 303 and 678): `user_id` is the
/// user whose log it is, `entry_user_id` the id in the entry.
pub(super) const USER_LOGS: Entity = Entity {
    name: "user_logs",
    doc: "The log entries about users.",
    path: "users/{user_id}/logs",
    key: &["user_id", "log_id"],
    paging: LOG_OF_ONE_PAGES,
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:logs", "read:logs_users"],
    columns: columns![Column::bound("user_id", "The id of the user whose log it is, as in `users.user_id`."); super::logs::LOG_ENTRY_COLUMNS; Column::of("entry_user_id", "user_id", Text, "The user's id as in the entry: another identity's id, a number, or null in some.")],
    typical_rows: 50,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/groups`.
pub(super) const USER_GROUPS: Entity = Entity {
    name: "user_groups",
    doc: "The groups users are in.",
    path: "users/{user_id}/groups",
    rows: Rows::Member("groups"),
    key: &["user_id", "id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:groups"],
    columns: columns![Column::bound("user_id", "The user's id, as in `users.user_id`."); super::groups::GROUP_COLUMNS; Column::new("membership_created_at", Timestamptz, "Time at which the user became a member of the group.")],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/connected-accounts`.
pub(super) const USER_CONNECTED_ACCOUNTS: Entity = Entity {
    name: "user_connected_accounts",
    doc: "The accounts elsewhere that users have connected.",
    path: "users/{user_id}/connected-accounts",
    rows: Rows::Member("connected_accounts"),
    key: &["user_id", "id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:users"],
    columns: &[
        Column::bound("user_id", "The user's id, as in `users.user_id`."),
        Column::new("id", Text, "The id that Auth0 gave the connected account."),
        Column::new(
            "connection",
            Text,
            "The name of the connection through which the account is connected, as in `connections.name`.",
        ),
        Column::new("connection_id", Text, "The connection's id, as in `connections.id`."),
        Column::new("strategy", Text, "Identity provider of the connection, such as `google-oauth2`."),
        Column::new(
            "access_type",
            Text,
            "Kind of access to the account: `offline`, which works while the user is away.",
        ),
        Column::new("scopes", Jsonb, "Permissions that the user granted at the identity provider, an array of texts."),
        Column::new("created_at", Timestamptz, "Time at which the connected account was created."),
        Column::new("expires_at", Timestamptz, "Time at which the access expires; null if it does not."),
        Column::new(
            "organization_id",
            Text,
            "The id of the organization that the account belongs to, as in `organizations.id`. Null without one.",
        ),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/federated-connections-tokensets`, in the API's OpenAPI document. The SDKs had
/// it until auth0-python 5 and go-auth0 2; their migration guides say that the API removes it.
pub(super) const USER_FEDERATED_CONNECTIONS_TOKENSETS: Entity = Entity {
    name: "user_federated_connections_tokensets",
    doc: "The tokens of other identity providers kept for users; never the tokens themselves.",
    path: "users/{user_id}/federated-connections-tokensets",
    key: &["user_id", "id"],
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:federated_connections_tokens"],
    columns: &[
        Column::bound("user_id", "The user's id, as in `users.user_id`."),
        Column::new("id", Text, "The id that Auth0 gave the token set."),
        Column::new("connection", Text, "The name of the connection that issued the tokens, as in `connections.name`."),
        Column::new("scope", Text, "Permissions that the tokens grant at the identity provider, separated by spaces."),
        Column::new("issued_at", Timestamptz, "Time at which the identity provider issued the tokens."),
        Column::new("expires_at", Timestamptz, "Time at which the access token expires; null if it does not."),
        Column::new("last_used_at", Timestamptz, "Time at which the tokens were last used; null if never."),
    ],
    stage: Stage::Deprecated,
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/effective-roles`.
pub(super) const USER_EFFECTIVE_ROLES: Entity = Entity {
    name: "user_effective_roles",
    doc: "The roles users have, directly or by groups.",
    path: "users/{user_id}/effective-roles",
    rows: Rows::Member("roles"),
    key: &["user_id", "id"],
    paging: checkpoint(50),
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:user_effective_roles"],
    columns: columns![Column::bound("user_id", "The user's id, as in `users.user_id`."); super::roles::EFFECTIVE_ROLE_COLUMNS],
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/effective-roles/sources/groups`.
pub(super) const USER_EFFECTIVE_ROLE_GROUPS: Entity = Entity {
    name: "user_effective_role_groups",
    doc: "The groups through which a user has a role.",
    path: "users/{user_id}/effective-roles/sources/groups?role_id={role_id}",
    rows: Rows::Member("groups"),
    key: &["user_id", "role_id", "id"],
    paging: checkpoint(50),
    parents: Parents::Of { entity: &USER_EFFECTIVE_ROLES, keys: &[("user_id", "user_id"), ("role_id", "id")] },
    scopes: &["read:user_role_source_groups"],
    columns: columns![Column::bound("user_id", "The user's id, as in `users.user_id`."), Column::bound("role_id", "The role's id, as in `roles.id`."); super::groups::GROUP_COLUMNS],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/effective-permissions`.
pub(super) const USER_EFFECTIVE_PERMISSIONS: Entity = Entity {
    name: "user_effective_permissions",
    doc: "The permissions users have for an API, directly or by roles.",
    path: "users/{user_id}/effective-permissions?resource_server_identifier={resource_server_identifier}",
    rows: Rows::Member("permissions"),
    key: &["user_id", "resource_server_identifier", "permission_name"],
    paging: checkpoint(50),
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:user_effective_permissions"],
    columns: columns![
        Column::bound("user_id", "The user's id, as in `users.user_id`.");
        super::roles::PERMISSION_COLUMNS;
        Column::new("sources", Jsonb, "How the user has the permission, an array of `direct` and `roles`."),
    ],
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/users/{user_id}/effective-permissions/sources/effective-roles`.
pub(super) const USER_EFFECTIVE_PERMISSION_ROLES: Entity = Entity {
    name: "user_effective_permission_roles",
    doc: "The roles through which a user has a permission.",
    path: "users/{user_id}/effective-permissions/sources/effective-roles?resource_server_identifier={resource_server_identifier}&permission_name={permission_name}",
    rows: Rows::Member("roles"),
    key: &["user_id", "resource_server_identifier", "permission_name", "id"],
    paging: checkpoint(50),
    parents: Parents::Of {
        entity: &USER_EFFECTIVE_PERMISSIONS,
        keys: &[
            ("user_id", "user_id"),
            ("resource_server_identifier", "resource_server_identifier"),
            ("permission_name", "permission_name"),
        ],
    },
    scopes: &["read:user_permission_source_roles"],
    columns: columns![Column::bound("user_id", "The user's id, as in `users.user_id`."), Column::bound("resource_server_identifier", "The identifier of the API that defines the permission, as in `resource_servers.identifier`."), Column::bound("permission_name", "The permission's name, such as `read:reports`."); super::roles::ROLE_COLUMNS; Column::new("sources", Jsonb, "How the user has the role, an array of `direct` and `groups`.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/user-blocks/{user_id}`.
pub(super) const USER_BLOCKS: Entity = Entity {
    name: "user_blocks",
    doc: "The reasons why attack protection blocks users.",
    path: "user-blocks/{user_id}",
    rows: Rows::Member("blocked_for"),
    parents: Parents::Of { entity: &USERS, keys: &[("user_id", "user_id")] },
    scopes: &["read:users"],
    columns: columns![Column::bound("user_id", "The user's id, as in `users.user_id`."); USER_BLOCK_COLUMNS],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/user-blocks`.
pub(super) const USER_BLOCKS_BY_IDENTIFIER: Entity = Entity {
    name: "user_blocks_by_identifier",
    doc: "The reasons why attack protection blocks an identifier, such as an e-mail address.",
    path: "user-blocks?identifier={identifier}",
    rows: Rows::Member("blocked_for"),
    scopes: &["read:users"],
    columns: USER_BLOCK_COLUMNS,
    typical_rows: 1,
    ..Entity::BASE
};
