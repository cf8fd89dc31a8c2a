//! The requests that change something, as data.

use std::collections::BTreeSet;

use hyper::{Method, StatusCode};

use crate::api::read_scopes;
use crate::entity::Entity;

/// A declared request.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) method: Method,
    /// The path below `/api/v2`, with `{}` for every parameter.
    pub(super) template: &'static str,
    /// A token needs one of these.
    pub(super) scopes: &'static [&'static str],
    /// The status of a successful answer.
    pub(super) status: StatusCode,
    pub(super) action: Action,
    /// The members of the body, as [`super::body::BodyRules`] reads them; empty for none.
    pub(super) body: &'static str,
}

/// The effect of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    CreateUser,
    UpdateUser,
    DeleteUser,
    Create(Entity),
    Update(Entity),
    Delete(Entity),
    /// Connects or disconnects the objects in the path and each one in an array of the body.
    Link {
        entity: Entity,
        connected: bool,
        /// The array.
        member: &'static str,
        /// The position of its values in the key.
        position: usize,
    },
}

/// Members of a user in a body.
pub(super) const USER: &str = "email:string|null,phone_number:string|null,user_metadata:object,blocked:boolean,\
                    email_verified:boolean,phone_verified:boolean,app_metadata:object,given_name:string|null,\
                    family_name:string|null,name:string|null,nickname:string|null,picture:string|null,\
                    verify_email:boolean,password:string|null,username:string|null";
/// Members of an organization in a body.
pub(super) const ORGANIZATION: &str = "display_name:string,branding:object,metadata:object,token_quota:object|null,\
                            third_party_client_access:string,is_app_entitlement_active:boolean";

/// Sources: scopes, statuses and members of bodies in Auth0's OpenAPI document for the Management API; statuses also in
/// recorded answers.
pub(super) static WRITES: [Write; 16] = [
    Write {
        method: Method::POST,
        template: "/users",
        scopes: &["create:users"],
        status: StatusCode::CREATED,
        action: Action::CreateUser,
        body: "connection!:string,user_id:string",
    },
    Write {
        method: Method::PATCH,
        template: "/users/{}",
        scopes: &["update:users", "update:users_app_metadata", "update:current_user_metadata"],
        status: StatusCode::OK,
        action: Action::UpdateUser,
        body: "connection:string,client_id:string,verify_phone_number:boolean",
    },
    Write {
        method: Method::DELETE,
        template: "/users/{}",
        scopes: &["delete:users", "delete:current_user"],
        status: StatusCode::NO_CONTENT,
        action: Action::DeleteUser,
        body: "",
    },
    Write {
        method: Method::POST,
        template: "/users/{}/roles",
        scopes: &["update:users", "create:role_members"],
        status: StatusCode::NO_CONTENT,
        action: Action::Link { entity: Entity::RoleUsers, connected: true, member: "roles", position: 0 },
        body: "roles!:[string]",
    },
    Write {
        method: Method::DELETE,
        template: "/users/{}/roles",
        scopes: &["update:users", "delete:role_members"],
        status: StatusCode::NO_CONTENT,
        action: Action::Link { entity: Entity::RoleUsers, connected: false, member: "roles", position: 0 },
        body: "roles!:[string]",
    },
    Write {
        method: Method::POST,
        template: "/roles",
        scopes: &["create:roles"],
        status: StatusCode::OK,
        action: Action::Create(Entity::Roles),
        body: "name!:string,description:string,type:string,owner_id:string",
    },
    Write {
        method: Method::PATCH,
        template: "/roles/{}",
        scopes: &["update:roles"],
        status: StatusCode::OK,
        action: Action::Update(Entity::Roles),
        body: "name:string,description:string",
    },
    Write {
        method: Method::DELETE,
        template: "/roles/{}",
        scopes: &["delete:roles"],
        status: StatusCode::OK,
        action: Action::Delete(Entity::Roles),
        body: "",
    },
    Write {
        method: Method::POST,
        template: "/roles/{}/users",
        scopes: &["update:roles", "create:role_members"],
        status: StatusCode::OK,
        action: Action::Link { entity: Entity::RoleUsers, connected: true, member: "users", position: 1 },
        body: "users!:[string]",
    },
    Write {
        method: Method::POST,
        template: "/organizations",
        scopes: &["create:organizations", "create:organization_connections"],
        status: StatusCode::CREATED,
        action: Action::Create(Entity::Organizations),
        body: "name!:string,enabled_connections:[object]",
    },
    Write {
        method: Method::PATCH,
        template: "/organizations/{}",
        scopes: &["update:organizations"],
        status: StatusCode::OK,
        action: Action::Update(Entity::Organizations),
        body: "name:string",
    },
    Write {
        method: Method::DELETE,
        template: "/organizations/{}",
        scopes: &["delete:organizations"],
        status: StatusCode::NO_CONTENT,
        action: Action::Delete(Entity::Organizations),
        body: "",
    },
    Write {
        method: Method::POST,
        template: "/organizations/{}/members",
        scopes: &["create:organization_members"],
        status: StatusCode::NO_CONTENT,
        action: Action::Link { entity: Entity::OrganizationMembers, connected: true, member: "members", position: 1 },
        body: "members!:[string]",
    },
    Write {
        method: Method::DELETE,
        template: "/organizations/{}/members",
        scopes: &["delete:organization_members"],
        status: StatusCode::NO_CONTENT,
        action: Action::Link { entity: Entity::OrganizationMembers, connected: false, member: "members", position: 1 },
        body: "members!:[string]",
    },
    Write {
        method: Method::POST,
        template: "/organizations/{}/members/{}/roles",
        scopes: &["create:organization_member_roles"],
        status: StatusCode::NO_CONTENT,
        action: Action::Link { entity: Entity::OrganizationMemberRoles, connected: true, member: "roles", position: 2 },
        body: "roles!:[string]",
    },
    Write {
        method: Method::DELETE,
        template: "/organizations/{}/members/{}/roles",
        scopes: &["delete:organization_member_roles"],
        status: StatusCode::NO_CONTENT,
        action: Action::Link {
            entity: Entity::OrganizationMemberRoles,
            connected: false,
            member: "roles",
            position: 2,
        },
        body: "roles!:[string]",
    },
];

/// Every scope of any endpoint, of those that read and those that write.
pub(crate) fn every_scope() -> BTreeSet<String> {
    let writing = WRITES.iter().flat_map(|write| write.scopes.iter().map(|scope| (*scope).to_owned()));
    read_scopes().into_iter().chain(writing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_bodies_of_pairs_fit_their_declarations() {
        for write in &WRITES {
            let parameters = write.template.matches("{}").count();
            if let Action::Link { entity, member, position, .. } = write.action {
                assert_eq!(entity.key().len(), parameters + 1, "{}", write.template);
                assert!(position <= parameters && write.body == format!("{member}!:[string]"), "{}", write.template);
            }
        }
    }
}
