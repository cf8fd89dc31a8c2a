//! The users while they are changed.

use bytes::Bytes;

use crate::api::collection::Collections;
use crate::change::Change;
use crate::entity::Entity;
use crate::followers::Followers;
use crate::store::Store;

/// The users while they are changed.
pub(crate) struct UserEditor<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) collections: &'a Collections,
    pub(crate) followers: &'a mut Followers,
}

impl UserEditor<'_> {
    /// Replaces the user with the same id, or appends it.
    pub(crate) fn upsert(&mut self, user: Bytes) {
        let (user_id, before) = self.store.upsert(user.clone());
        if let Some(user_id) = user_id {
            let change =
                Change { entity: Entity::Users, key: vec![user_id], before, after: Some(user), role_name: None };
            self.followers.record(change);
        }
    }

    /// Deletes a user, its roles and its memberships; false if there is none with this id.
    pub(crate) fn delete(&mut self, user_id: &str) -> bool {
        let before = self.store.delete(user_id);
        let existed = before.is_some();
        if existed {
            let key = vec![user_id.to_owned()];
            self.followers.record(Change { entity: Entity::Users, key, before, after: None, role_name: None });
            self.followers.record_pairs(self.collections.forget_user(user_id), false);
        }
        existed
    }
}
