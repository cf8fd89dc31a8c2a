//! A change to one object of the tenant.

use bytes::Bytes;

use crate::entity::Entity;

/// A change to one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) entity: Entity,
    pub(crate) key: Vec<String>,
    pub(crate) before: Option<Bytes>,
    pub(crate) after: Option<Bytes>,
    /// The name of the role in a pair of an organization's member and a role.
    pub(crate) role_name: Option<String>,
}

impl Change {
    /// A pair that begins or ends.
    pub(crate) fn of_pair(entity: Entity, key: Vec<String>, connected: bool) -> Self {
        let row = Some(entity.pair(&key));
        let (before, after) = if connected { (None, row) } else { (row, None) };
        Self { entity, key, before, after, role_name: None }
    }
}
