//! Organizations. The organizations that are customers of the tenant, their members, and their connections and
//! applications.

use fdw_common::model::ColumnType::{Bool, Jsonb, Text, Timestamptz};
use fdw_common::model::{
    Column, Entity, Example, Family, FieldsParameter, Lookup, Parameter, ParameterType, Parents, Rows, Stage,
};

use super::paging::{FIELDS, PAGES, UNCOUNTED_PAGES, checkpoint};

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "organizations",
    title: "Organizations",
    doc: "The organizations that are customers of the tenant, their members, and their connections and applications.",
    examples: &[
        Example {
            question: "Who is in which organization, and as what?",
            sql: "select o.display_name, m.email, r.name as role\n\
                  from auth0.organizations o\n\
                  join auth0.organization_members m on m.organization_id = o.id\n\
                  left join auth0.organization_member_roles r\n\
                    on r.organization_id = m.organization_id and r.user_id = m.user_id\n\
                  where o.name = 'acme';",
        },
        Example {
            question: "Which invitations are open?",
            sql: "select o.name, i.invitee ->> 'email' as invited, i.expires_at\n\
                  from auth0.organizations o\n\
                  join auth0.organization_invitations i on i.organization_id = o.id\n\
                  where i.expires_at > now();",
        },
    ],
    entities: &[
        ORGANIZATIONS,
        ORGANIZATION_MEMBERS,
        ORGANIZATION_MEMBER_ROLES,
        ORGANIZATION_MEMBER_EFFECTIVE_ROLES,
        ORGANIZATION_MEMBER_EFFECTIVE_ROLE_GROUPS,
        ORGANIZATION_INVITATIONS,
        ORGANIZATION_CONNECTIONS,
        ORGANIZATION_ENABLED_CONNECTIONS,
        ORGANIZATION_CLIENT_GRANTS,
        ORGANIZATION_CLIENTS,
        ORGANIZATION_DISCOVERY_DOMAINS,
        ORGANIZATION_GROUPS,
        ORGANIZATION_GROUP_ROLES,
        ORGANIZATION_ROLES,
        ORGANIZATION_ROLE_MEMBERS,
        ORGANIZATION_ROLE_GROUPS,
        ORGANIZATION_SEARCH,
    ],
};

/// The columns of an organization in every table of organizations.
pub(super) const ORGANIZATION_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id that Auth0 gave the organization, such as `org_…`."),
    Column::new("name", Text, "The organization's name in logins and URLs: lower case, unique in the tenant."),
    Column::new("display_name", Text, "The organization's name as users see it."),
    Column::new(
        "branding",
        Jsonb,
        "Look of the organization's login page, an object: `logo_url` and `colors`. Null for the tenant's look.",
    ),
    Column::new(
        "metadata",
        Jsonb,
        "The tenant's data about the organization, an object whose values are texts. Null if there is none.",
    ),
    Column::new(
        "token_quota",
        Jsonb,
        "Limits on tokens for machines, an object: `client_credentials` with `per_hour`, `per_day` and `enforce`. Null without limits.",
    ),
    Column::new(
        "third_party_client_access",
        Text,
        "Whether third-party applications may be used with the organization: `allow` or `block`.",
    ),
    Column::new(
        "is_app_entitlement_active",
        Bool,
        "Whether application entitlement is active: access to applications is given per organization.",
    ),
    Column::new(
        "client",
        Jsonb,
        "How an application is used with the organization, an object: `use_for_member_access`. Only in answers about one application.",
    ),
];

/// Source: `GET /api/v2/organizations`.
pub(super) const ORGANIZATIONS: Entity = Entity {
    name: "organizations",
    doc: "The organizations of the tenant.",
    path: "organizations",
    rows: Rows::Member("organizations"),
    key: &["id"],
    paging: checkpoint(100),
    scopes: &["read:organizations", "read:organizations_summary"],
    lookups: &[Lookup::row("organizations/{id}"), Lookup::row("organizations/name/{name}")],
    columns: ORGANIZATION_COLUMNS,
    typical_rows: 100,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/members`.
///
/// Answers have a member's `roles` only if `fields` names them, which also needs the scope
/// `read:organization_member_roles` (go-auth0 291, auth0-python 534, node-auth0 1294).
pub(super) const ORGANIZATION_MEMBERS: Entity = Entity {
    name: "organization_members",
    doc: "The members of organizations.",
    path: "organizations/{organization_id}/members",
    rows: Rows::Member("members"),
    key: &["organization_id", "user_id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &ORGANIZATIONS, keys: &[("organization_id", "id")] },
    fields: Some(FieldsParameter { on_request: &["roles"], ..FIELDS }),
    scopes: &["read:organization_members"],
    columns: columns![Column::bound("organization_id", "The organization's id, as in `organizations.id`."); super::roles::MEMBER_COLUMNS; Column::new("roles", Jsonb, "The member's roles in the organization, objects with `id` and `name`. Needs the scope `read:organization_member_roles` too.")],
    typical_rows: 20,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/members/{user_id}/roles`.
pub(super) const ORGANIZATION_MEMBER_ROLES: Entity = Entity {
    name: "organization_member_roles",
    doc: "The roles that members have in organizations directly.",
    path: "organizations/{organization_id}/members/{user_id}/roles",
    rows: Rows::Member("roles"),
    key: &["organization_id", "user_id", "id"],
    paging: PAGES,
    parents: Parents::Of {
        entity: &ORGANIZATION_MEMBERS,
        keys: &[("organization_id", "organization_id"), ("user_id", "user_id")],
    },
    scopes: &["read:organization_member_roles"],
    columns: columns![Column::bound("organization_id", "The organization's id, as in `organizations.id`."), Column::bound("user_id", "The user's id, as in `users.user_id`."); super::roles::ROLE_COLUMNS],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/members/{user_id}/effective-roles`.
pub(super) const ORGANIZATION_MEMBER_EFFECTIVE_ROLES: Entity = Entity {
    name: "organization_member_effective_roles",
    doc: "The roles that members have in organizations, directly or by groups.",
    path: "organizations/{organization_id}/members/{user_id}/effective-roles",
    rows: Rows::Member("roles"),
    key: &["organization_id", "user_id", "id"],
    paging: checkpoint(50),
    parents: Parents::Of {
        entity: &ORGANIZATION_MEMBERS,
        keys: &[("organization_id", "organization_id"), ("user_id", "user_id")],
    },
    scopes: &["read:organization_member_effective_roles"],
    columns: columns![Column::bound("organization_id", "The organization's id, as in `organizations.id`."), Column::bound("user_id", "The user's id, as in `users.user_id`."); super::roles::EFFECTIVE_ROLE_COLUMNS],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/members/{user_id}/effective-roles/sources/groups`.
pub(super) const ORGANIZATION_MEMBER_EFFECTIVE_ROLE_GROUPS: Entity = Entity {
    name: "organization_member_effective_role_groups",
    doc: "The groups through which a member has a role.",
    path: "organizations/{organization_id}/members/{user_id}/effective-roles/sources/groups?role_id={role_id}",
    rows: Rows::Member("groups"),
    key: &["organization_id", "user_id", "role_id", "id"],
    paging: checkpoint(50),
    parents: Parents::Of {
        entity: &ORGANIZATION_MEMBER_EFFECTIVE_ROLES,
        keys: &[("organization_id", "organization_id"), ("user_id", "user_id"), ("role_id", "id")],
    },
    scopes: &["read:organization_member_role_source_groups"],
    columns: columns![Column::bound("organization_id", "The organization's id, as in `organizations.id`."), Column::bound("user_id", "The user's id, as in `users.user_id`."), Column::bound("role_id", "The role's id, as in `roles.id`."); super::groups::GROUP_COLUMNS],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/invitations`.
pub(super) const ORGANIZATION_INVITATIONS: Entity = Entity {
    name: "organization_invitations",
    doc: "The open invitations to organizations.",
    path: "organizations/{organization_id}/invitations",
    rows: Rows::Member("invitations"),
    key: &["id"],
    paging: UNCOUNTED_PAGES,
    parents: Parents::Of { entity: &ORGANIZATIONS, keys: &[("organization_id", "id")] },
    scopes: &["read:organization_invitations"],
    lookups: &[Lookup::row("organizations/{organization_id}/invitations/{id}")],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the invitation, such as `uinv_…`."),
        Column::new("organization_id", Text, "The organization's id, as in `organizations.id`."),
        Column::new("inviter", Jsonb, "The person who sent the invitation, an object with `name`."),
        Column::new("invitee", Jsonb, "The invited person, an object with `email`."),
        Column::new("invitation_url", Text, "URL at which the invited person accepts the invitation."),
        Column::new("created_at", Timestamptz, "Time at which the invitation was created."),
        Column::new("expires_at", Timestamptz, "Time at which the invitation can no longer be accepted."),
        Column::new(
            "client_id",
            Text,
            "The id of the application that the invited person logs in to, as in `clients.client_id`.",
        ),
        Column::new(
            "connection_id",
            Text,
            "The id of the connection that the invited person has to use. Null if any may be used.",
        ),
        Column::new(
            "app_metadata",
            Jsonb,
            "The `app_metadata` that the user gets on accepting, an object. Null if there is none.",
        ),
        Column::new(
            "user_metadata",
            Jsonb,
            "The `user_metadata` that the user gets on accepting, an object. Null if there is none.",
        ),
        Column::new(
            "roles",
            Jsonb,
            "Roles in the organization that the user gets on accepting, an array of `roles.id`.",
        ),
        Column::new("ticket_id", Text, "The id of the ticket in `invitation_url`."),
    ],
    secrets: &["invitation_url", "ticket_id"],
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/connections`.
pub(super) const ORGANIZATION_CONNECTIONS: Entity = Entity {
    name: "organization_connections",
    doc: "The connections of organizations, in use or not.",
    path: "organizations/{organization_id}/connections",
    rows: Rows::Member("connections"),
    key: &["organization_id", "connection_id"],
    paging: PAGES,
    parents: Parents::Of { entity: &ORGANIZATIONS, keys: &[("organization_id", "id")] },
    scopes: &["read:organization_connections"],
    lookups: &[Lookup::row("organizations/{organization_id}/connections/{connection_id}")],
    parameters: &[Parameter::new("is_enabled", ParameterType::Bool)],
    columns: &[
        Column::bound("organization_id", "The organization's id, as in `organizations.id`."),
        Column::new(
            "organization_connection_name",
            Text,
            "Name of the connection within the organization; null if it has no other name there.",
        ),
        Column::new(
            "assign_membership_on_login",
            Bool,
            "Whether users who log in through the connection become members of the organization.",
        ),
        Column::new("show_as_button", Bool, "Whether the organization's login page shows a button for the connection."),
        Column::new(
            "is_signup_enabled",
            Bool,
            "Whether users may sign up through the connection; of use for database connections only.",
        ),
        Column::new(
            "organization_access_level",
            Text,
            "The organization's level of access to the connection: `none`, `readonly`, `limited` or `full`.",
        ),
        Column::new(
            "organization_member_access_level",
            Text,
            "The members' level of access to the connection: `none`, `readonly`, `limited` or `full`.",
        ),
        Column::new("is_enabled", Bool, "Whether the connection is switched on for the organization."),
        Column::new("connection_id", Text, "The connection's id, as in `connections.id`."),
        Column::new("connection", Jsonb, "The connection, an object with `name` and `strategy`."),
    ],
    stage: Stage::Early,
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/enabled_connections`.
pub(super) const ORGANIZATION_ENABLED_CONNECTIONS: Entity = Entity {
    name: "organization_enabled_connections",
    doc: "The connections that organizations use.",
    path: "organizations/{organization_id}/enabled_connections",
    rows: Rows::Member("enabled_connections"),
    key: &["organization_id", "connection_id"],
    paging: PAGES,
    parents: Parents::Of { entity: &ORGANIZATIONS, keys: &[("organization_id", "id")] },
    scopes: &["read:organization_connections"],
    lookups: &[Lookup::row("organizations/{organization_id}/enabled_connections/{connection_id}")],
    columns: &[
        Column::bound("organization_id", "The organization's id, as in `organizations.id`."),
        Column::new("connection_id", Text, "The connection's id, as in `connections.id`."),
        Column::new(
            "assign_membership_on_login",
            Bool,
            "Whether users who log in through the connection become members of the organization.",
        ),
        Column::new("show_as_button", Bool, "Whether the organization's login page shows a button for the connection."),
        Column::new(
            "is_signup_enabled",
            Bool,
            "Whether users may sign up through the connection; of use for database connections only.",
        ),
        Column::new("connection", Jsonb, "The connection, an object with `name` and `strategy`."),
    ],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/client-grants`.
pub(super) const ORGANIZATION_CLIENT_GRANTS: Entity = Entity {
    name: "organization_client_grants",
    doc: "The grants of APIs to applications that hold for organizations.",
    path: "organizations/{organization_id}/client-grants",
    rows: Rows::Member("client_grants"),
    key: &["organization_id", "id"],
    paging: PAGES,
    parents: Parents::Of { entity: &ORGANIZATIONS, keys: &[("organization_id", "id")] },
    scopes: &["read:organization_client_grants"],
    parameters: &[Parameter::new("audience", ParameterType::Text), Parameter::new("client_id", ParameterType::Text)],
    columns: columns![
        Column::bound("organization_id", "The organization's id, as in `organizations.id`."),
        Column::new("id", Text, "The id that Auth0 gave the client grant, such as `cgr_…`."),
        Column::new("client_id", Text, "The application's id, as in `clients.client_id`.");
        super::apis::GRANTED_API_COLUMNS
    ],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/clients`.
pub(super) const ORGANIZATION_CLIENTS: Entity = Entity {
    name: "organization_clients",
    doc: "The applications associated with organizations.",
    path: "organizations/{organization_id}/clients",
    rows: Rows::Member("clients"),
    key: &["organization_id", "client_id"],
    paging: checkpoint(50),
    parents: Parents::Of { entity: &ORGANIZATIONS, keys: &[("organization_id", "id")] },
    scopes: &["read:organization_clients"],
    lookups: &[Lookup::row("organizations/{organization_id}/clients/{client_id}")],
    columns: &[
        Column::bound("organization_id", "The organization's id, as in `organizations.id`."),
        Column::new("client_id", Text, "The application's id, as in `clients.client_id`."),
        Column::new("use_for_member_access", Bool, "Whether the application is open to members of the organization."),
        Column::new(
            "client",
            Jsonb,
            "The application, an object: `name`, `app_type`, `logo_uri`, `is_first_party`, `grant_types` and `organization_usage`.",
        ),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/discovery-domains`.
pub(super) const ORGANIZATION_DISCOVERY_DOMAINS: Entity = Entity {
    name: "organization_discovery_domains",
    doc: "The domains that lead users to organizations.",
    path: "organizations/{organization_id}/discovery-domains",
    rows: Rows::Member("domains"),
    key: &["organization_id", "id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &ORGANIZATIONS, keys: &[("organization_id", "id")] },
    scopes: &["read:organization_discovery_domains"],
    lookups: &[
        Lookup::row("organizations/{organization_id}/discovery-domains/{id}"),
        Lookup::row("organizations/{organization_id}/discovery-domains/name/{domain}"),
    ],
    columns: &[
        Column::bound("organization_id", "The organization's id, as in `organizations.id`."),
        Column::new("id", Text, "The id that Auth0 gave the discovery domain."),
        Column::new(
            "domain",
            Text,
            "Domain of e-mail addresses, such as `example.com`, that belongs to the organization.",
        ),
        Column::new("status", Text, "State of the domain: `pending` until its DNS record is found, then `verified`."),
        Column::new(
            "use_for_organization_discovery",
            Bool,
            "Whether an e-mail address in the domain leads its user to the organization at login.",
        ),
        Column::new("verification_txt", Text, "Content of the DNS record of type TXT that verifies the domain."),
        Column::new(
            "verification_host",
            Text,
            "Host name at which the DNS record that verifies the domain is expected.",
        ),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/groups`.
pub(super) const ORGANIZATION_GROUPS: Entity = Entity {
    name: "organization_groups",
    doc: "The groups of organizations.",
    path: "organizations/{organization_id}/groups",
    rows: Rows::Member("groups"),
    key: &["organization_id", "id"],
    paging: checkpoint(50),
    parents: Parents::Of { entity: &ORGANIZATIONS, keys: &[("organization_id", "id")] },
    scopes: &["read:organization_groups"],
    columns: columns![Column::bound("organization_id", "The organization's id, as in `organizations.id`."); super::groups::GROUP_COLUMNS],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/groups/{group_id}/roles`.
pub(super) const ORGANIZATION_GROUP_ROLES: Entity = Entity {
    name: "organization_group_roles",
    doc: "The roles of groups in organizations.",
    path: "organizations/{organization_id}/groups/{group_id}/roles",
    rows: Rows::Member("roles"),
    key: &["organization_id", "group_id", "id"],
    paging: checkpoint(50),
    parents: Parents::Of {
        entity: &ORGANIZATION_GROUPS,
        keys: &[("organization_id", "organization_id"), ("group_id", "id")],
    },
    scopes: &["read:organization_group_roles"],
    columns: columns![Column::bound("organization_id", "The organization's id, as in `organizations.id`."), Column::bound("group_id", "The group's id, as in `groups.id`."); super::roles::ROLE_COLUMNS],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/roles`, which leaves out these roles without the parameters of the path.
pub(super) const ORGANIZATION_ROLES: Entity = Entity {
    name: "organization_roles",
    doc: "The roles that organizations have of their own.",
    path: "roles?type=organization&owner_id={owner_id}",
    rows: Rows::Member("roles"),
    key: &["id"],
    paging: PAGES,
    parents: Parents::Of { entity: &ORGANIZATIONS, keys: &[("owner_id", "id")] },
    scopes: &["read:roles"],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the role, such as `rol_…`."),
        Column::new("name", Text, "The name that the tenant gave the role."),
        Column::new("description", Text, "The tenant's text about the role; null if there is none."),
        Column::new("type", Text, "Kind of role: `organization`."),
        Column::new("owner_id", Text, "The id of the organization that owns the role, as in `organizations.id`."),
    ],
    stage: Stage::Early,
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/roles/{role_id}/members`.
pub(super) const ORGANIZATION_ROLE_MEMBERS: Entity = Entity {
    name: "organization_role_members",
    doc: "The members who have a role in an organization.",
    path: "organizations/{organization_id}/roles/{role_id}/members",
    rows: Rows::Member("members"),
    key: &["organization_id", "role_id", "user_id"],
    paging: checkpoint(50),
    parents: Parents::Of { entity: &ORGANIZATIONS, keys: &[("organization_id", "id")] },
    scopes: &["read:organization_member_roles"],
    columns: columns![Column::bound("organization_id", "The organization's id, as in `organizations.id`."), Column::bound("role_id", "The role's id, as in `roles.id`."); super::roles::MEMBER_COLUMNS],
    stage: Stage::Early,
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/{organization_id}/roles/{role_id}/groups`.
pub(super) const ORGANIZATION_ROLE_GROUPS: Entity = Entity {
    name: "organization_role_groups",
    doc: "The groups that have a role in an organization.",
    path: "organizations/{organization_id}/roles/{role_id}/groups",
    rows: Rows::Member("groups"),
    key: &["organization_id", "role_id", "id"],
    paging: checkpoint(50),
    parents: Parents::Of { entity: &ORGANIZATIONS, keys: &[("organization_id", "id")] },
    scopes: &["read:organization_member_roles"],
    columns: columns![Column::bound("role_id", "The role's id, as in `roles.id`."); super::groups::GROUP_COLUMNS; Column::new("organization_id", Text, "The organization's id, as in `organizations.id`."), Column::new("description", Text, "The tenant's text about the group; null if there is none.")],
    stage: Stage::Early,
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/organizations/search`.
pub(super) const ORGANIZATION_SEARCH: Entity = Entity {
    name: "organization_search",
    doc: "The organizations that a query in Auth0's syntax finds.",
    path: "organizations/search?q={q}",
    rows: Rows::Member("organizations"),
    key: &["id"],
    paging: checkpoint(50),
    scopes: &["read:organizations"],
    columns: &[
        Column::bound("q", "The search, in the query syntax of Auth0."),
        Column::new("id", Text, "The id that Auth0 gave the organization, such as `org_…`."),
        Column::new("name", Text, "The organization's name in logins and URLs: lower case, unique in the tenant."),
        Column::new("display_name", Text, "The organization's name as users see it."),
        Column::new(
            "branding",
            Jsonb,
            "Look of the organization's login page, an object: `logo_url` and `colors`. Null for the tenant's look.",
        ),
        Column::new(
            "token_quota",
            Jsonb,
            "Limits on tokens for machines, an object: `client_credentials` with `per_hour`, `per_day` and `enforce`. Null without limits.",
        ),
        Column::new(
            "third_party_client_access",
            Text,
            "Whether third-party applications may be used with the organization: `allow` or `block`.",
        ),
        Column::new(
            "is_app_entitlement_active",
            Bool,
            "Whether application entitlement is active: access to applications is given per organization.",
        ),
    ],
    stage: Stage::Early,
    typical_rows: 20,
    ..Entity::BASE
};
