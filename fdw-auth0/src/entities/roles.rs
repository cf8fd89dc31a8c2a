//! Roles. The roles of users, their permissions, and their members.

use fdw_common::model::ColumnType::{Jsonb, Text};
use fdw_common::model::{Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Parents, Rows};

use super::paging::{PAGES, checkpoint};

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "roles",
    title: "Roles",
    doc: "The roles of users, their permissions, and their members.",
    examples: &[
        Example {
            question: "Who is an administrator?",
            sql: "select u.email, u.name\n\
                  from auth0.roles r\n\
                  join auth0.role_users u on u.role_id = r.id\n\
                  where r.name = 'Administrator';",
        },
        Example {
            question: "Which roles may write to an API?",
            sql: "select r.name, p.permission_name\n\
                  from auth0.roles r\n\
                  join auth0.role_permissions p on p.role_id = r.id\n\
                  where p.resource_server_identifier = 'https://api.example.com'\n\
                    and p.permission_name like 'write:%';",
        },
    ],
    entities: &[ROLES, ROLE_USERS, ROLE_PERMISSIONS, ROLE_GROUPS],
};

/// The columns of a role in every table of roles.
pub(super) const ROLE_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id that Auth0 gave the role, such as `rol_…`."),
    Column::new("name", Text, "The name that the tenant gave the role."),
    Column::new("description", Text, "The tenant's text about the role; null if there is none."),
    Column::new("type", Text, "Owner of the role: `tenant`, or `organization` for one that an organization owns."),
    Column::new(
        "owner_id",
        Text,
        "The organization that owns the role, as in `organizations.id`; null if the tenant does.",
    ),
];

/// The columns of a user in every table of members.
pub(super) const MEMBER_COLUMNS: &[Column] = &[
    Column::new("user_id", Text, "The user's id, as in `users.user_id`."),
    Column::new("picture", Text, "URL of the user's picture."),
    Column::new("name", Text, "The user's full name."),
    Column::new("email", Text, "The user's e-mail address; null if the user has none."),
];

/// The columns of a role in every table of effective roles.
pub(super) const EFFECTIVE_ROLE_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id that Auth0 gave the role, such as `rol_…`."),
    Column::new("name", Text, "The name that the tenant gave the role."),
    Column::new("description", Text, "The tenant's text about the role; null if there is none."),
    Column::new("sources", Jsonb, "How the user has the role, an array of `direct` and `groups`."),
];

/// Source: `GET /api/v2/roles`.
pub(super) const ROLES: Entity = Entity {
    name: "roles",
    doc: "The roles of the tenant.",
    path: "roles",
    rows: Rows::Member("roles"),
    key: &["id"],
    paging: PAGES,
    scopes: &["read:roles"],
    lookups: &[Lookup::row("roles/{id}")],
    // How `name_filter` compares is not documented, but any way finds the exact name. `owner_id` gives
    // roles that the list leaves out without it: see `organization_roles`.
    parameters: &[Parameter::of("name_filter", "name", ParameterType::Text)],
    columns: ROLE_COLUMNS,
    typical_rows: 20,
    ..Entity::BASE
};

/// Source: `GET /api/v2/roles/{role_id}/users`.
pub(super) const ROLE_USERS: Entity = Entity {
    name: "role_users",
    doc: "The users who have roles directly.",
    path: "roles/{role_id}/users",
    rows: Rows::Member("users"),
    key: &["role_id", "user_id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &ROLES, keys: &[("role_id", "id")] },
    scopes: &["read:users", "read:roles", "read:role_members"],
    columns: columns![Column::bound("role_id", "The role's id, as in `roles.id`."); MEMBER_COLUMNS],
    typical_rows: 50,
    ..Entity::BASE
};

/// The columns of a permission in every table of permissions.
pub(super) const PERMISSION_COLUMNS: &[Column] = &[
    Column::new(
        "resource_server_identifier",
        Text,
        "The identifier of the API that defines the permission, as in `resource_servers.identifier`.",
    ),
    Column::new("permission_name", Text, "The permission's name, such as `read:reports`."),
    Column::new("resource_server_name", Text, "The name of the API that defines the permission."),
    Column::new("description", Text, "The API's text about the permission."),
];

/// Source: `GET /api/v2/roles/{role_id}/permissions`.
pub(super) const ROLE_PERMISSIONS: Entity = Entity {
    name: "role_permissions",
    doc: "The permissions of roles.",
    path: "roles/{role_id}/permissions",
    rows: Rows::Member("permissions"),
    key: &["role_id", "resource_server_identifier", "permission_name"],
    paging: PAGES,
    parents: Parents::Of { entity: &ROLES, keys: &[("role_id", "id")] },
    scopes: &["read:roles"],
    columns: columns![Column::bound("role_id", "The role's id, as in `roles.id`."); PERMISSION_COLUMNS],
    ..Entity::BASE
};

/// Source: `GET /api/v2/roles/{role_id}/groups`.
pub(super) const ROLE_GROUPS: Entity = Entity {
    name: "role_groups",
    doc: "The groups that have roles.",
    path: "roles/{role_id}/groups",
    rows: Rows::Member("groups"),
    key: &["role_id", "id"],
    paging: checkpoint(50),
    parents: Parents::Of { entity: &ROLES, keys: &[("role_id", "id")] },
    scopes: &["read:group_roles"],
    columns: columns![Column::bound("role_id", "The role's id, as in `roles.id`."); super::group_columns::GROUP_COLUMNS],
    typical_rows: 2,
    ..Entity::BASE
};
