//! Rate limits of single endpoints, in addition to the tenant's own.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::rate_limit::{Bucket, RateLimit, Taken};

/// A bucket that a group of endpoints shares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointLimit {
    /// Method and path below `/api/v2`, such as `GET /organizations/{id}/members`. A segment in braces matches any
    /// segment.
    pub endpoints: Vec<String>,
    /// The bucket.
    pub limit: RateLimit,
}

const ORGANIZATION_WRITES: [&str; 3] =
    ["POST /organizations", "PATCH /organizations/{id}", "DELETE /organizations/{id}"];
const MEMBER_ROLE_WRITES: [&str; 2] =
    ["POST /organizations/{id}/members/{user_id}/roles", "DELETE /organizations/{id}/members/{user_id}/roles"];

impl EndpointLimit {
    /// A bucket for these endpoints, with `burst` requests at once and `per_minute` on average.
    pub fn new(endpoints: &[&str], burst: u32, per_minute: u32) -> Self {
        let endpoints = endpoints.iter().map(|endpoint| (*endpoint).to_owned()).collect();
        Self { endpoints, limit: RateLimit::new(burst, f64::from(per_minute) / 60.0) }
    }

    /// The groups of endpoints of the plans Essentials and Professional. All other endpoints share 10 requests at once
    /// and 150 a minute.
    ///
    /// Source: Auth0's page "Rate limit configurations", essentials-professional-b2b.
    pub fn essentials() -> Vec<Self> {
        vec![
            Self::new(&["GET /organizations"], 5, 50),
            Self::new(&["GET /organizations/{id}"], 20, 200),
            Self::new(&["GET /organizations/name/{name}"], 10, 100),
            Self::new(&["GET /organizations/{id}/members"], 40, 500),
            Self::new(&["GET /organizations/{id}/members/{user_id}/roles"], 20, 200),
            Self::new(&["GET /organizations/{id}/enabled_connections"], 5, 50),
            Self::new(&["GET /organizations/{id}/client-grants"], 10, 100),
            Self::new(&["GET /users", "GET /users/{id}", "GET /users-by-email"], 40, 500),
            Self::new(&["GET /logs", "GET /logs/{id}"], 10, 100),
            Self::new(&["GET /clients", "GET /clients/{id}"], 5, 100),
            Self::new(&["GET /connections", "GET /connections/{id}"], 5, 50),
            Self::new(&["GET /connections/{id}/status"], 100, 900),
            Self::new(&["GET /email-templates/{name}"], 10, 50),
            Self::new(&["GET /emails/provider"], 5, 25),
            Self::new(&["GET /token-exchange-profiles", "GET /token-exchange-profiles/{id}"], 20, 200),
            Self::new(&["POST /users", "PATCH /users/{id}"], 20, 200),
            Self::new(&["DELETE /users/{id}"], 20, 200),
            Self::new(&ORGANIZATION_WRITES, 5, 25),
            Self::new(&MEMBER_ROLE_WRITES, 20, 200),
        ]
    }

    /// The groups of endpoints of the plan Enterprise, in addition to its 50 requests at once and 16 a second for
    /// all endpoints.
    ///
    /// Source: Auth0's page "Rate limit configurations", enterprise-public.
    pub fn enterprise() -> Vec<Self> {
        vec![
            Self::new(&["GET /organizations"], 10, 100),
            Self::new(&["GET /organizations/{id}"], 10, 100),
            Self::new(&["GET /organizations/name/{name}"], 20, 200),
            Self::new(&["GET /organizations/{id}/members", "GET /users/{id}/organizations"], 40, 500),
            Self::new(&["GET /organizations/{id}/members/{user_id}/roles"], 20, 200),
            Self::new(&["GET /organizations/{id}/enabled_connections"], 10, 100),
            Self::new(&["GET /organizations/{id}/invitations"], 20, 200),
            Self::new(&["GET /organizations/{id}/client-grants"], 10, 100),
            Self::new(&["GET /connections/{id}/status"], 100, 900),
            Self::new(&["GET /email-templates/{name}"], 15, 150),
            Self::new(&["GET /emails/provider"], 15, 150),
            Self::new(&["GET /token-exchange-profiles", "GET /token-exchange-profiles/{id}"], 20, 200),
            Self::new(&ORGANIZATION_WRITES, 5, 150),
            Self::new(&MEMBER_ROLE_WRITES, 20, 200),
        ]
    }
}

/// The buckets of a tenant: its own, and those of endpoint groups.
#[derive(Debug)]
pub(crate) struct Buckets {
    whole: Option<Bucket>,
    endpoints: Vec<(Vec<String>, Bucket)>,
}

impl Buckets {
    pub(crate) fn full(whole: Option<RateLimit>, endpoints: &[EndpointLimit], now: Duration) -> Self {
        let mut buckets = Self { whole: whole.map(|limit| Bucket::full(limit, now)), endpoints: Vec::new() };
        buckets.set_endpoints(endpoints, now);
        buckets
    }

    pub(crate) fn set_whole(&mut self, limit: Option<RateLimit>, now: Duration) {
        self.whole = limit.map(|limit| Bucket::full(limit, now));
    }

    pub(crate) fn set_endpoints(&mut self, limits: &[EndpointLimit], now: Duration) {
        self.endpoints = limits.iter().map(|limit| (limit.endpoints.clone(), Bucket::full(limit.limit, now))).collect();
    }

    pub(crate) fn whole(&self) -> Option<RateLimit> {
        self.whole.as_ref().map(Bucket::limit)
    }

    pub(crate) fn endpoints(&self) -> Vec<EndpointLimit> {
        let limit = |(endpoints, bucket): &(Vec<String>, Bucket)| EndpointLimit {
            endpoints: endpoints.clone(),
            limit: bucket.limit(),
        };
        self.endpoints.iter().map(limit).collect()
    }

    /// Counts a request against the tenant's bucket, then against its endpoint's. Returns the bucket that refused, else
    /// the one with fewer requests left.
    pub(crate) fn take(&mut self, method: &str, path: &str, now: Duration) -> Option<Taken> {
        let whole = self.whole.as_mut().map(|bucket| bucket.take(now));
        if whole.is_some_and(|taken| !taken.allowed) {
            return whole;
        }
        let fits = |endpoints: &[String]| endpoints.iter().any(|endpoint| is_for(endpoint, method, path));
        let endpoint = self.endpoints.iter_mut().find(|(endpoints, _)| fits(endpoints));
        let endpoint = endpoint.map(|(_, bucket)| Taken { is_endpoint: true, ..bucket.take(now) });
        match (whole, endpoint) {
            (Some(whole), Some(endpoint)) if endpoint.allowed && whole.remaining <= endpoint.remaining => Some(whole),
            (whole, endpoint) => endpoint.or(whole),
        }
    }
}

/// True if an endpoint such as `GET /users/{id}` matches a request; `path` is the whole path.
fn is_for(endpoint: &str, method: &str, path: &str) -> bool {
    let Some((wanted, template)) = endpoint.split_once(' ') else { return false };
    let Some(path) = path.strip_prefix("/api/v2") else { return false };
    let (mut segments, mut wanted_segments) = (path.split('/'), template.split('/'));
    wanted == method
        && loop {
            match (wanted_segments.next(), segments.next()) {
                (None, None) => break true,
                (Some(wanted), Some(segment)) if wanted.starts_with('{') || wanted == segment => {}
                _ => break false,
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_matches_its_method_and_path_only() {
        let table = [
            ("GET /users", "GET", "/api/v2/users", true),
            ("GET /users", "POST", "/api/v2/users", false),
            ("GET /users", "GET", "/api/v2/users/a", false),
            ("GET /users/{id}", "GET", "/api/v2/users/auth0%7Ca", true),
            ("GET /users/{id}", "GET", "/api/v2/users", false),
            ("GET /organizations/{id}/members", "GET", "/api/v2/organizations/org_1/members", true),
            ("GET /organizations/{id}/members", "GET", "/api/v2/organizations/org_1/invitations", false),
            ("nonsense", "GET", "/api/v2/users", false),
        ];
        for (endpoint, method, path, expected) in table {
            assert_eq!(is_for(endpoint, method, path), expected, "{endpoint} for {method} {path}");
        }
    }

    #[test]
    fn headers_are_those_of_the_tighter_bucket() {
        let limits = [EndpointLimit::new(&["GET /users"], 3, 60), EndpointLimit::new(&["GET /roles"], 9, 60)];
        let now = Duration::from_secs(1_000);
        let mut buckets = Buckets::full(Some(RateLimit::new(6, 1.0)), &limits, now);
        // (path, allowed, limit, remaining, by the endpoint's bucket)
        let table = [
            ("users", true, 3, 2, true),
            ("users", true, 3, 1, true),
            ("clients", true, 6, 3, false),
            ("roles", true, 6, 2, false),
            ("users", true, 3, 0, true),
            // Refused by the endpoint's bucket, but counted against the tenant's.
            ("users", false, 3, 0, true),
            ("clients", false, 6, 0, false),
            // The tenant's bucket is first: the endpoint's loses nothing.
            ("roles", false, 6, 0, false),
        ];
        for (index, (path, allowed, limit, remaining, is_endpoint)) in table.into_iter().enumerate() {
            let taken = buckets.take("GET", &format!("/api/v2/{path}"), now).unwrap();
            let shown = (taken.allowed, taken.limit, taken.remaining, taken.is_endpoint);
            assert_eq!(shown, (allowed, limit, remaining, is_endpoint), "request {index}");
        }
        buckets.set_whole(None, now);
        assert_eq!(buckets.take("GET", "/api/v2/roles", now).unwrap().remaining, 7);
        assert_eq!(buckets.take("GET", "/api/v2/clients", now), None);
    }
}
