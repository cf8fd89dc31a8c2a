//! The bucket of Auth0's rate limit that a request counts against.
//!
//! Source: docs, rate-limit-configurations of the plans. The free plan has one bucket for everything
//! and a few small ones; the others have one for each group of endpoints below and one for the rest.
//! The headers of a tenant's answers show which buckets it has.

use fdw_common::model::WHOLE_API;

/// The group of endpoints that a `GET` of this path below `/api/v2/` belongs to.
pub fn bucket(path: &str) -> &'static str {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match segments.as_slice() {
        ["organizations"] => "organizations",
        ["organizations", "name", _] => "organization by name",
        ["organizations", _] => "organization",
        ["organizations", _, "members"] => "organization members",
        ["organizations", _, "members", _, "roles"] => "organization member roles",
        ["organizations", _, "enabled_connections", ..] => "organization connections",
        ["organizations", _, "invitations", ..] => "organization invitations",
        ["organizations", _, "client-grants"] => "organization client grants",
        ["users", _, "organizations"] => "user organizations",
        ["users" | "users-by-email", ..] => "users",
        ["logs", ..] => "logs",
        ["clients"] if query.split('&').any(|pair| pair.starts_with("q=")) => "clients search",
        ["clients", ..] => "clients",
        ["connections", _, "status"] => "connection status",
        ["connections", ..] => "connections",
        ["email-templates", ..] => "email templates",
        ["emails", "provider"] => "email provider",
        ["token-exchange-profiles", ..] => "token exchange profiles",
        ["prompts", _, "partials"] => "prompt partials",
        _ => WHOLE_API,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_its_bucket() {
        let cases = [
            ("users?per_page=100&page=0", "users"),
            ("users/auth0%7C1?fields=user_id", "users"),
            ("users-by-email?email=a%40example.com", "users"),
            ("users/auth0%7C1/organizations", "user organizations"),
            ("organizations?take=100", "organizations"),
            ("organizations/org_1", "organization"),
            ("organizations/name/acme", "organization by name"),
            ("organizations/org_1/members?take=100", "organization members"),
            ("organizations/org_1/members/auth0%7C1/roles", "organization member roles"),
            ("clients?q=client_grant.allow_any_organization:true", "clients search"),
            ("clients?is_global=false", "clients"),
            ("connections/con_1/status", "connection status"),
            ("emails/provider?fields=name", "email provider"),
            ("roles/rol_1/users", WHOLE_API),
            ("tenants/settings", WHOLE_API),
            ("", WHOLE_API),
        ];
        for (path, expected) in cases {
            assert_eq!(bucket(path), expected, "{path}");
        }
    }
}
