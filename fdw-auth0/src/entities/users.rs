//! Users. The users of the tenant and their roles, permissions, sessions, tokens and logs.

use fdw_common::model::ColumnType::{Bool, Int8, Jsonb, Text, Timestamptz};
use fdw_common::model::{
    Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Parents, Rows, SearchField, SearchKind,
    SearchParameter, SliceKeys, SortParameter, Stage,
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

/// The columns of a refresh token in every table of refresh tokens.
pub(super) const REFRESH_TOKEN_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id."),
    Column::new("user_id", Text, "The user's id."),
    Column::new("created_at", Timestamptz, "When it was created."),
    Column::new("idle_expires_at", Timestamptz, "When it expires without use."),
    Column::new("expires_at", Timestamptz, "When it expires."),
    Column::new("device", Jsonb, "The device, an object."),
    Column::new("client_id", Text, "The application's id."),
    Column::new("session_id", Text, "The session it belongs to."),
    Column::new("rotating", Bool, "Whether each use gives a new token."),
    Column::new("resource_servers", Jsonb, "The APIs it is for, an array."),
    Column::new("refresh_token_metadata", Jsonb, "The tenant's own data about it, an object."),
    Column::new("last_exchanged_at", Timestamptz, "When it was last used."),
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
        Lookup::row("users/{user_id}").with_fields(),
        // Exact and case-sensitive (API: get_users_by_email), as SQL's `=`.
        // A user may have no e-mail, but no user has an empty one.
        Lookup::array("users-by-email?email={email}").with_fields().never_empty(),
    ],
    search: Some(SEARCH),
    // Every user has both. Other sort fields are not documented.
    sort: Some(SortParameter { name: "sort", columns: &["created_at", "updated_at"] }),
    export: Some(crate::export::USERS),
    columns: &[
        Column::new("user_id", Text, "The user's id: the identity provider, a bar, and the provider's own id."),
        Column::new("email", Text, "The e-mail address."),
        Column::new("email_verified", Bool, "Whether the e-mail address has been verified."),
        Column::new("username", Text, "The user name, in connections that have them."),
        Column::new("phone_number", Text, "The phone number, in E.164 form."),
        Column::new("phone_verified", Bool, "Whether the phone number has been verified."),
        Column::new("created_at", Timestamptz, "When the user was created. Never changes."),
        Column::new("updated_at", Timestamptz, "When the profile was last changed, which every login does."),
        Column::new("identities", Jsonb, "The accounts linked to this user, an array."),
        Column::new(
            "app_metadata",
            Jsonb,
            "The applications' data about the user, an object. The user cannot change it.",
        ),
        Column::new("user_metadata", Jsonb, "The data that the user may change, an object."),
        Column::new("picture", Text, "The address of the user's picture."),
        Column::new("name", Text, "The full name."),
        Column::new("nickname", Text, "The nickname."),
        Column::new("multifactor", Jsonb, "The second factors enrolled, an array of names."),
        Column::new("multifactor_last_modified", Timestamptz, "When the second factors were last changed."),
        Column::new("last_ip", Text, "The address of the last login."),
        Column::new("last_login", Timestamptz, "When the user last logged in."),
        Column::new("last_password_reset", Timestamptz, "When the password was last changed."),
        Column::new("logins_count", Int8, "How often the user has logged in."),
        Column::new("blocked", Bool, "Whether an administrator has blocked the user."),
        Column::new("given_name", Text, "The given name."),
        Column::new("family_name", Text, "The family name."),
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
    columns: columns![Column::asked("user_id", "The user's id."); super::roles::ROLE_COLUMNS],
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
    columns: &[
        Column::asked("user_id", "The user's id."),
        Column::new("resource_server_identifier", Text, "The identifier of the API the permission is of."),
        Column::new("permission_name", Text, "The permission, such as `read:reports`."),
        Column::new("resource_server_name", Text, "The name of the API the permission is of."),
        Column::new("description", Text, "The description."),
        Column::new("sources", Jsonb, "Its sources: directly or by roles, an array."),
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
    columns: columns![Column::asked("user_id", "The user's id."); super::organizations::ORGANIZATION_COLUMNS],
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
        Column::new("id", Text, "The id."),
        Column::new("user_id", Text, "The user's id."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
        Column::new("authenticated_at", Timestamptz, "When the user last logged in."),
        Column::new("idle_expires_at", Timestamptz, "When it expires without use."),
        Column::new("expires_at", Timestamptz, "When it expires."),
        Column::new("last_interacted_at", Timestamptz, "When it was last used."),
        Column::new("device", Jsonb, "The device, an object."),
        Column::new("clients", Jsonb, "The applications it was used by, an array."),
        Column::new("authentication", Jsonb, "Whether it is used to log in, an object."),
        Column::new("cookie", Jsonb, "How its cookie lives, an object."),
        Column::new("session_metadata", Jsonb, "The tenant's own data about it, an object."),
        Column::new("actor", Jsonb, "The actor on behalf of the user, an object."),
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
        Column::asked("user_id", "The user's id."),
        Column::new("id", Text, "The id."),
        Column::new("type", Text, "The type."),
        Column::new("confirmed", Bool, "Whether it has been confirmed."),
        Column::new("name", Text, "The name."),
        Column::new("authentication_methods", Jsonb, "The methods it includes, an array."),
        Column::new("preferred_authentication_method", Text, "How codes are sent."),
        Column::new("link_id", Text, "The id of the linked method."),
        Column::new("phone_number", Text, "The phone number."),
        Column::new("email", Text, "The e-mail address."),
        Column::new("key_id", Text, "The id of the public key."),
        Column::new("public_key", Text, "The public key."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("enrolled_at", Timestamptz, "When it was enrolled."),
        Column::new("last_auth_at", Timestamptz, "When it was last used."),
        Column::new("credential_device_type", Text, "Whether the key stays on one device."),
        Column::new("credential_backed_up", Bool, "Whether the key is backed up."),
        Column::new("identity_user_id", Text, "The identity it belongs to."),
        Column::new("user_agent", Text, "The browser or program."),
        Column::new("user_handle", Text, "The handle the authenticator knows the user by."),
        Column::new("transports", Jsonb, "How the authenticator is reached, an array."),
        Column::new("aaguid", Text, "The model of the authenticator."),
        Column::new("relying_party_identifier", Text, "The domain passkeys are for."),
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
        Column::asked("user_id", "The user's id."),
        Column::new("id", Text, "The id."),
        Column::new("status", Text, "The state it is in."),
        Column::new("type", Text, "The type."),
        Column::new("name", Text, "The name."),
        Column::new("identifier", Text, "The identifier."),
        Column::new("phone_number", Text, "The phone number."),
        Column::new("auth_method", Text, "The method."),
        Column::new("enrolled_at", Timestamptz, "When it was enrolled."),
        Column::new("last_auth", Timestamptz, "When it was last used."),
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
        Column::new("id", Text, "The id."),
        Column::new("status", Text, "The state it is in."),
        Column::new("name", Text, "The name."),
        Column::new("identifier", Text, "The identifier."),
        Column::new("phone_number", Text, "The phone number."),
        Column::new("enrolled_at", Timestamptz, "When it was enrolled."),
        Column::new("last_auth", Timestamptz, "When it was last used."),
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
    columns: columns![Column::asked("user_id", "The id of the user whose log it is."); super::logs::LOG_ENTRY_COLUMNS; Column::of("entry_user_id", "user_id", Text, "The user's id in the entry: in some of another identity, a number, or none.")],
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
    columns: columns![Column::asked("user_id", "The user's id."); super::groups::GROUP_COLUMNS; Column::new("membership_created_at", Timestamptz, "When the membership began.")],
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
        Column::asked("user_id", "The user's id."),
        Column::new("id", Text, "The id."),
        Column::new("connection", Text, "The connection's name."),
        Column::new("connection_id", Text, "The connection's id."),
        Column::new("strategy", Text, "The kind of identity provider."),
        Column::new("access_type", Text, "The kind of access."),
        Column::new("scopes", Jsonb, "The permissions, an array."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("expires_at", Timestamptz, "When it expires."),
        Column::new("organization_id", Text, "The organization's id."),
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
        Column::asked("user_id", "The user's id."),
        Column::new("id", Text, "The id."),
        Column::new("connection", Text, "The connection's name."),
        Column::new("scope", Text, "The permissions granted there."),
        Column::new("issued_at", Timestamptz, "When the tokens were issued."),
        Column::new("expires_at", Timestamptz, "When the access token expires."),
        Column::new("last_used_at", Timestamptz, "When the tokens were last used."),
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
    columns: columns![Column::asked("user_id", "The user's id."); super::roles::EFFECTIVE_ROLE_COLUMNS],
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
    columns: columns![Column::asked("user_id", "The user's id."), Column::asked("role_id", "The role's id."); super::groups::GROUP_COLUMNS],
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
    columns: &[
        Column::asked("user_id", "The user's id."),
        Column::new("resource_server_identifier", Text, "The identifier of the API the permission is of."),
        Column::new("permission_name", Text, "The permission, such as `read:reports`."),
        Column::new("resource_server_name", Text, "The name of the API the permission is of."),
        Column::new("description", Text, "The description."),
        Column::new("sources", Jsonb, "Its sources: directly, by roles or by groups."),
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
    columns: columns![Column::asked("user_id", "The user's id."), Column::asked("resource_server_identifier", "The identifier of the API the permission is of."), Column::asked("permission_name", "The permission, such as `read:reports`."); super::roles::ROLE_COLUMNS; Column::new("sources", Jsonb, "Its sources: directly, by roles or by groups.")],
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
    columns: &[
        Column::asked("user_id", "The user's id."),
        Column::new("identifier", Text, "The identifier."),
        Column::new("ip", Text, "The address it came from."),
        Column::new("connection", Text, "The connection's name."),
    ],
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
    columns: &[
        Column::new("identifier", Text, "The user name, e-mail address or phone number."),
        Column::new("ip", Text, "The address it came from."),
        Column::new("connection", Text, "The connection's name."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};
