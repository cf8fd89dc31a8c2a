//! The columns of a group, in a file of their own because groups list roles and roles list groups.

use fdw_common::model::Column;
use fdw_common::model::ColumnType::{Text, Timestamptz};

/// The columns of a group in every table of groups.
pub(super) const GROUP_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id that Auth0 gave the group."),
    Column::new("name", Text, "The group's name."),
    Column::new("external_id", Text, "The group's id in the directory it comes from; null for groups made at Auth0."),
    Column::new(
        "connection_id",
        Text,
        "The id of the connection that the group comes from, as in `connections.id`. Null for others.",
    ),
    Column::new("tenant_name", Text, "The name of the tenant that the group belongs to."),
    Column::new("created_at", Timestamptz, "Time at which the group was created."),
    Column::new("updated_at", Timestamptz, "Time at which the group was last changed."),
];
