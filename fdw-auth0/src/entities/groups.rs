//! Groups. Groups of users that come from directories.

use fdw_common::model::ColumnType::{Text, Timestamptz};
use fdw_common::model::{Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Parents, Rows};

pub(super) use super::group_columns::GROUP_COLUMNS;
use super::paging::checkpoint;

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "groups",
    title: "Groups",
    doc: "Groups of users that come from directories.",
    examples: &[
        Example {
            question: "How many members has each group?",
            sql: "select g.name, count(*)\n\
                  from auth0.groups g\n\
                  join auth0.group_members m on m.group_id = g.id\n\
                  group by g.name;",
        },
        Example {
            question: "Which groups come from one connection?",
            sql: "select name, external_id, created_at\n\
                  from auth0.groups\n\
                  where connection_id = 'con_0000000000000001';",
        },
    ],
    entities: &[GROUPS, GROUP_MEMBERS, GROUP_ROLES],
};

/// Source: `GET /api/v2/groups`.
pub(super) const GROUPS: Entity = Entity {
    name: "groups",
    doc: "The groups of the tenant.",
    path: "groups",
    rows: Rows::Member("groups"),
    key: &["id"],
    paging: checkpoint(100),
    scopes: &["read:groups"],
    lookups: &[Lookup::row("groups/{id}")],
    parameters: &[
        Parameter::new("connection_id", ParameterType::Text),
        Parameter::new("name", ParameterType::Text),
        Parameter::new("external_id", ParameterType::Text),
    ],
    columns: GROUP_COLUMNS,
    typical_rows: 20,
    ..Entity::BASE
};

/// Source: `GET /api/v2/groups/{group_id}/members`.
pub(super) const GROUP_MEMBERS: Entity = Entity {
    name: "group_members",
    doc: "The members of groups, users and groups.",
    path: "groups/{group_id}/members",
    rows: Rows::Member("members"),
    key: &["group_id", "id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &GROUPS, keys: &[("group_id", "id")] },
    scopes: &["read:group_members"],
    columns: &[
        Column::bound("group_id", "The group's id, as in `groups.id`."),
        Column::new("id", Text, "The id of the member: a user's or a group's."),
        Column::new("member_type", Text, "Kind of member: `user` or `group`."),
        Column::new("type", Text, "Kind of group: `connection`, `organization` or `tenant`."),
        Column::new(
            "connection_id",
            Text,
            "The id of the connection that the member comes from, as in `connections.id`.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the membership was created."),
    ],
    typical_rows: 50,
    ..Entity::BASE
};

/// Source: `GET /api/v2/groups/{group_id}/roles`.
pub(super) const GROUP_ROLES: Entity = Entity {
    name: "group_roles",
    doc: "The roles of groups.",
    path: "groups/{group_id}/roles",
    rows: Rows::Member("roles"),
    key: &["group_id", "id"],
    paging: checkpoint(50),
    parents: Parents::Of { entity: &GROUPS, keys: &[("group_id", "id")] },
    scopes: &["read:group_roles"],
    columns: columns![Column::bound("group_id", "The group's id, as in `groups.id`."); super::roles::ROLE_COLUMNS],
    typical_rows: 2,
    ..Entity::BASE
};
