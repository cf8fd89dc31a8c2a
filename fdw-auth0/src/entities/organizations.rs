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
    Column::new("id", Text, "The id."),
    Column::new("name", Text, "The name."),
    Column::new("display_name", Text, "The name people see."),
    Column::new("branding", Jsonb, "Logo and colors, an object."),
    Column::new("metadata", Jsonb, "The tenant's own data about it, an object of texts."),
    Column::new("token_quota", Jsonb, "How many tokens may be issued, an object."),
    Column::new("third_party_client_access", Text, "Whether third-party applications may be used with it."),
    Column::new("is_app_entitlement_active", Bool, "Whether access to applications is given per organization."),
    Column::new(
        "client",
        Jsonb,
        "How an application is used with it, an object. Only in answers about one application.",
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
    columns: columns![Column::asked("organization_id", "The organization's id."); super::roles::MEMBER_COLUMNS; Column::new("roles", Jsonb, "The roles in the organization, an array. Reading it also needs the scope `read:organization_member_roles`.")],
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
    columns: columns![Column::asked("organization_id", "The organization's id."), Column::asked("user_id", "The user's id."); super::roles::ROLE_COLUMNS],
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
    columns: columns![Column::asked("organization_id", "The organization's id."), Column::asked("user_id", "The user's id."); super::roles::EFFECTIVE_ROLE_COLUMNS],
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
    columns: columns![Column::asked("organization_id", "The organization's id."), Column::asked("user_id", "The user's id."), Column::asked("role_id", "The role's id."); super::groups::GROUP_COLUMNS],
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
        Column::new("id", Text, "The id."),
        Column::new("organization_id", Text, "The organization's id."),
        Column::new("inviter", Jsonb, "The inviter, an object."),
        Column::new("invitee", Jsonb, "The invited person, an object."),
        Column::new("invitation_url", Text, "The address that accepts the invitation."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("expires_at", Timestamptz, "When it expires."),
        Column::new("client_id", Text, "The application's id."),
        Column::new("connection_id", Text, "The connection's id."),
        Column::new("app_metadata", Jsonb, "The app_metadata that the user will get, an object."),
        Column::new("user_metadata", Jsonb, "The user_metadata that the user will get, an object."),
        Column::new("roles", Jsonb, "The roles, an array."),
        Column::new("ticket_id", Text, "The invitation's ticket."),
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
        Column::asked("organization_id", "The organization's id."),
        Column::new("organization_connection_name", Text, "The connection's name in the organization."),
        Column::new("assign_membership_on_login", Bool, "Whether a login makes the user a member."),
        Column::new("show_as_button", Bool, "Whether it is offered as a button."),
        Column::new("is_signup_enabled", Bool, "Whether users may sign up."),
        Column::new("organization_access_level", Text, "The organization's access to it."),
        Column::new("organization_member_access_level", Text, "The members' access to it."),
        Column::new("is_enabled", Bool, "Whether it is in use."),
        Column::new("connection_id", Text, "The connection's id."),
        Column::new("connection", Jsonb, "Name and strategy of the connection, an object."),
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
        Column::asked("organization_id", "The organization's id."),
        Column::new("connection_id", Text, "The connection's id."),
        Column::new("assign_membership_on_login", Bool, "Whether a login makes the user a member."),
        Column::new("show_as_button", Bool, "Whether it is offered as a button."),
        Column::new("is_signup_enabled", Bool, "Whether users may sign up."),
        Column::new("connection", Jsonb, "Name and strategy of the connection, an object."),
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
    columns: &[
        Column::asked("organization_id", "The organization's id."),
        Column::new("id", Text, "The id."),
        Column::new("client_id", Text, "The application's id."),
        Column::new("audience", Text, "The identifier of the API."),
        Column::new("scope", Jsonb, "The permissions granted, an array."),
        Column::new("organization_usage", Text, "Whether organizations may or must be used with it."),
        Column::new("allow_any_organization", Bool, "Whether it holds for every organization."),
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
        Column::asked("organization_id", "The organization's id."),
        Column::new("client_id", Text, "The application's id."),
        Column::new("use_for_member_access", Bool, "Whether members of the organization may use it."),
        Column::new("client", Jsonb, "The application, an object."),
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
        Column::asked("organization_id", "The organization's id."),
        Column::new("id", Text, "The id."),
        Column::new("domain", Text, "The domain."),
        Column::new("status", Text, "The state it is in."),
        Column::new("use_for_organization_discovery", Bool, "Whether the domain leads users to the organization."),
        Column::new("verification_txt", Text, "The record that verifies the domain."),
        Column::new("verification_host", Text, "The host of that record."),
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
    columns: columns![Column::asked("organization_id", "The organization's id."); super::groups::GROUP_COLUMNS],
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
    columns: columns![Column::asked("organization_id", "The organization's id."), Column::asked("group_id", "The group's id."); super::roles::ROLE_COLUMNS],
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
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("description", Text, "The description."),
        Column::new("type", Text, "The type: `organization`."),
        Column::new("owner_id", Text, "The organization's id."),
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
    columns: columns![Column::asked("organization_id", "The organization's id."), Column::asked("role_id", "The role's id."); super::roles::MEMBER_COLUMNS],
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
    columns: columns![Column::asked("role_id", "The role's id."); super::groups::GROUP_COLUMNS; Column::new("organization_id", Text, "The organization's id."), Column::new("description", Text, "The description.")],
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
        Column::asked("q", "The query, in Auth0's search syntax."),
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("display_name", Text, "The name people see."),
        Column::new("branding", Jsonb, "Logo and colors, an object."),
        Column::new("token_quota", Jsonb, "How many tokens may be issued, an object."),
        Column::new("third_party_client_access", Text, "Whether third-party applications may be used with it."),
        Column::new("is_app_entitlement_active", Bool, "Whether access to applications is given per organization."),
    ],
    stage: Stage::Early,
    typical_rows: 20,
    ..Entity::BASE
};
