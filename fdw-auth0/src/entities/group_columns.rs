//! The columns of a group, in a file of their own because groups list roles and roles list groups.

use fdw_common::model::Column;
use fdw_common::model::ColumnType::{Text, Timestamptz};

/// The columns of a group in every table of groups.
pub(super) const GROUP_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id."),
    Column::new("name", Text, "The name."),
    Column::new("external_id", Text, "The id in the directory it comes from."),
    Column::new("connection_id", Text, "The connection's id."),
    Column::new("tenant_name", Text, "The tenant's name."),
    Column::new("created_at", Timestamptz, "When it was created."),
    Column::new("updated_at", Timestamptz, "When it was last changed."),
];
