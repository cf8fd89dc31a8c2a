//! The kinds of objects whose changes are followed.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::api::relation::{MEMBERS, ROLE_USERS, Relation};
use crate::members::Members;

/// A kind of object that requests and control change, and that events and the history follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Entity {
    /// Users, by `user_id`.
    Users,
    /// Roles, by `id`.
    Roles,
    /// Organizations, by `id`.
    Organizations,
    /// Users of roles, by `role_id` and `user_id`.
    RoleUsers,
    /// Members of organizations, by `organization_id` and `user_id`.
    OrganizationMembers,
    /// Roles of members, by `organization_id`, `user_id` and `role_id`.
    OrganizationMemberRoles,
}

impl Entity {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Users,
        Self::Roles,
        Self::Organizations,
        Self::RoleUsers,
        Self::OrganizationMembers,
        Self::OrganizationMemberRoles,
    ];

    /// The members of the key, in their order.
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["user_id"],
            Self::Roles | Self::Organizations => &["id"],
            Self::RoleUsers => &["role_id", "user_id"],
            Self::OrganizationMembers => &["organization_id", "user_id"],
            Self::OrganizationMemberRoles => &["organization_id", "user_id", "role_id"],
        }
    }

    /// The collections of the objects that a key names, in its order.
    pub(crate) fn collections(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["/users"],
            Self::Roles => &["/roles"],
            Self::Organizations => &["/organizations"],
            Self::RoleUsers => &["/roles", "/users"],
            Self::OrganizationMembers => &["/organizations", "/users"],
            Self::OrganizationMemberRoles => &["/organizations", "/users", "/roles"],
        }
    }

    /// The relation whose pairs these are.
    pub(crate) fn relation(self) -> Option<&'static Relation> {
        match self {
            Self::RoleUsers => Some(&ROLE_USERS),
            Self::OrganizationMembers => Some(&MEMBERS),
            _ => None,
        }
    }

    /// The row of a pair: the members of its key.
    pub(crate) fn pair(self, key: &[String]) -> Bytes {
        let mut row = Members::default();
        for (name, value) in self.key().iter().zip(key) {
            row.set_text(name, value);
        }
        row.to_bytes()
    }
}
