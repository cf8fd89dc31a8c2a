//! The scopes of each endpoint. A token needs one of them.

use std::collections::BTreeSet;

use crate::api::description::DESCRIPTION;

/// Scopes by path prefix; the longest prefix applies. Other endpoints have the scope with the name of their first
/// segment.
///
/// Source: the security sections of Auth0's OpenAPI document for the Management API.
const SCOPES: [(&str, &[&str]); 67] = [
    ("/anomaly", &["read:anomaly_blocks"]),
    ("/branding/phone/providers", &["read:phone_providers"]),
    ("/branding/phone/templates", &["read:phone_templates"]),
    ("/client-grants/{}/organizations", &["read:organization_client_grants"]),
    ("/clients", &["read:clients", "read:client_keys", "read:client_credentials", "read:client_summary"]),
    ("/clients/{}/connections", &["read:connections", "read:clients", "read:client_summary"]),
    ("/clients/{}/credentials", &["read:client_credentials"]),
    ("/connections-directory-provisionings", &["read:directory_provisionings"]),
    ("/connections-scim-configurations", &["read:scim_config"]),
    ("/connections/{}/directory-provisioning", &["read:directory_provisionings"]),
    ("/connections/{}/keys", &["read:connections_keys"]),
    ("/connections/{}/scim-configuration", &["read:scim_config"]),
    ("/connections/{}/scim-configuration/tokens", &["read:scim_token"]),
    ("/emails/provider", &["read:email_provider"]),
    ("/event-streams/{}/deliveries", &["read:event_streams", "read:event_deliveries"]),
    ("/event-streams/{}/deliveries/{}", &["read:event_deliveries"]),
    ("/flows/vault/connections", &["read:flows_vault_connections"]),
    ("/flows/{}/executions", &["read:flows_executions"]),
    ("/groups/{}/members", &["read:group_members"]),
    ("/groups/{}/roles", &["read:group_roles"]),
    ("/guardian", &["read:guardian_factors"]),
    ("/guardian/enrollments", &["read:guardian_enrollments"]),
    ("/guardian/policies", &["read:mfa_policies"]),
    ("/jobs", &["create:users", "read:users"]),
    ("/keys/custom-signing", &["read:custom_signing_keys"]),
    ("/keys/encryption", &["read:encryption_keys"]),
    ("/keys/network-acls", &["read:network_acls"]),
    ("/keys/signing", &["read:signing_keys"]),
    ("/logs", &["read:logs", "read:logs_users"]),
    ("/organizations", &["read:organizations", "read:organizations_summary"]),
    ("/organizations/name", &["read:organizations"]),
    ("/organizations/{}/client-grants", &["read:organization_client_grants"]),
    ("/organizations/{}/clients", &["read:organization_clients"]),
    ("/organizations/{}/connections", &["read:organization_connections"]),
    ("/organizations/{}/discovery-domains", &["read:organization_discovery_domains"]),
    ("/organizations/{}/enabled_connections", &["read:organization_connections"]),
    ("/organizations/{}/groups", &["read:organization_groups"]),
    ("/organizations/{}/groups/{}/roles", &["read:organization_group_roles"]),
    ("/organizations/{}/invitations", &["read:organization_invitations"]),
    ("/organizations/{}/members", &["read:organization_members"]),
    ("/organizations/{}/members/{}/effective-roles", &["read:organization_member_effective_roles"]),
    ("/organizations/{}/members/{}/effective-roles/sources/groups", &["read:organization_member_role_source_groups"]),
    ("/organizations/{}/members/{}/roles", &["read:organization_member_roles"]),
    ("/organizations/{}/roles", &["read:organization_member_roles"]),
    ("/risk-assessments", &["read:attack_protection"]),
    ("/roles/{}/groups", &["read:group_roles"]),
    ("/roles/{}/users", &["read:users", "read:roles", "read:role_members"]),
    ("/self-service-profiles/{}/custom-text", &["read:self_service_profile_custom_texts"]),
    ("/supplemental-signals", &["read:attack_protection"]),
    ("/tenants", &["read:tenant_settings"]),
    ("/user-blocks", &["read:users"]),
    ("/users/{}/authentication-methods", &["read:authentication_methods"]),
    ("/users/{}/connected-accounts", &["read:users"]),
    ("/users/{}/effective-permissions", &["read:user_effective_permissions"]),
    ("/users/{}/effective-permissions/sources/effective-roles", &["read:user_permission_source_roles"]),
    ("/users/{}/effective-roles", &["read:user_effective_roles"]),
    ("/users/{}/effective-roles/sources/groups", &["read:user_role_source_groups"]),
    ("/users/{}/federated-connections-tokensets", &["read:federated_connections_tokens"]),
    ("/users/{}/enrollments", &["read:users", "read:current_user"]),
    ("/users/{}/groups", &["read:groups"]),
    ("/users/{}/logs", &["read:logs", "read:logs_users"]),
    ("/users/{}/organizations", &["read:organizations"]),
    ("/users/{}/permissions", &["read:users"]),
    ("/users/{}/refresh-tokens", &["read:refresh_tokens"]),
    ("/users/{}/roles", &["read:users", "read:roles", "read:role_members"]),
    ("/users/{}/sessions", &["read:sessions"]),
    ("/verifiable-credentials", &["read:vdcs_templates"]),
];

/// The scopes of an endpoint.
pub(crate) fn of(template: &str) -> Vec<String> {
    let below =
        |prefix: &str| template.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let known = SCOPES.iter().filter(|(prefix, _)| below(prefix)).max_by_key(|(prefix, _)| prefix.len());
    match known {
        Some((_, scopes)) => scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        None => {
            let first = template.trim_start_matches('/').split('/').next().unwrap_or_default();
            vec![format!("read:{}", first.replace('-', "_"))]
        }
    }
}

/// Every scope of any GET endpoint.
pub(crate) fn read_scopes() -> BTreeSet<String> {
    DESCRIPTION.endpoints.iter().flat_map(|endpoint| of(&endpoint.template)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_prefix_applies() {
        let table = [
            ("/roles/{}", "read:roles"),
            ("/roles/{}/users", "read:users,read:roles,read:role_members"),
            ("/log-streams", "read:log_streams"),
            ("/logs/{}", "read:logs,read:logs_users"),
            ("/organizations/{}", "read:organizations,read:organizations_summary"),
            ("/organizations/name/{}", "read:organizations"),
            ("/organizations/{}/members/{}/roles", "read:organization_member_roles"),
            ("/connections/{}/scim-configuration/tokens", "read:scim_token"),
            ("/connections-scim-configurations", "read:scim_config"),
            ("/guardian/factors/sms/templates", "read:guardian_factors"),
            ("/attack-protection/captcha", "read:attack_protection"),
        ];
        for (template, expected) in table {
            assert_eq!(of(template).join(","), expected, "{template}");
        }
    }
}
