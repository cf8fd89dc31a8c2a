//! All tables. A table stands in one place, the file of its family.

mod users;

use fdw_common::entity::{Entity, check};

/// Every table of the source.
pub const ENTITIES: &[Entity] = &[users::USERS];

const _: () = check(ENTITIES);
