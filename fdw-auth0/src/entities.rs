//! All tables, each in the file of its family.

/// Columns of a table that shares some with others: its own, the shared ones, and more of its own.
macro_rules! columns {
    ($($own:expr),*; $shared:path $(; $($more:expr),* $(,)?)?) => {{
        const LISTS: &[&[Column]] = &[&[$($own),*], $shared, &[$($($more),*)?]];
        const ALL: [Column; LISTS[0].len() + LISTS[1].len() + LISTS[2].len()] =
            fdw_common::model::join_columns(LISTS);
        &ALL
    }};
}

mod actions;
mod apis;
mod branding;
mod clients;
mod connections;
mod flows;
mod group_columns;
mod groups;
mod keys;
mod logs;
mod organizations;
mod paging;
mod roles;
mod security;
mod tenant;
mod users;

use fdw_common::model::{Entity, Family, check, count, join};

/// The families of tables, in the order of the docs.
pub const FAMILIES: &[Family] = &[
    users::FAMILY,
    roles::FAMILY,
    groups::FAMILY,
    organizations::FAMILY,
    clients::FAMILY,
    connections::FAMILY,
    apis::FAMILY,
    actions::FAMILY,
    flows::FAMILY,
    logs::FAMILY,
    security::FAMILY,
    keys::FAMILY,
    branding::FAMILY,
    tenant::FAMILY,
];

/// Every table of the source.
pub const ENTITIES: &[Entity] = &join::<{ count(FAMILIES) }>(FAMILIES);

/// GET endpoints that are no table, and the reason.
pub const NOT_TABLES: &[(&str, &str)] = &[
    ("events", "a stream of events without an end, not a list"),
    ("anomaly/blocks/ips/{id}", "the answer has no body: its status says whether the address is blocked"),
    ("connections/{id}/status", "the answer has no body: its status says whether the connection works"),
];

const _: () = check(ENTITIES);
