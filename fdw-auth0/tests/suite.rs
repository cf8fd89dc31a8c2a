//! Runs the conformance suite of all sources on a list of each kind that Auth0 has.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use fdw_auth0::Auth0;
use fdw_common::rest::Credential;
use fdw_common::secret::Secret;
use fdw_common::source::{TokenOrigin, find_entity};
use fdw_conformance::{Subject, suite};

const SECRET: &str = "secret-4711";

#[test]
fn a_list_of_each_kind_of_paging_passes_the_suite() {
    let asked: &[(&str, &[(&str, &str)])] = &[
        // Numbered pages, those of the actions family, and those without a total.
        ("roles", &[]),
        ("actions", &[]),
        ("organization_invitations", &[("organization_id", "org_1")]),
        // A cursor, and an answer with all rows.
        ("organizations", &[]),
        ("log_streams", &[]),
    ];
    for (name, bound) in asked {
        suite::run::<Auth0>(&Subject {
            entity: find_entity::<Auth0>(Some(name)).unwrap(),
            given: bound.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect(),
            server: |url| vec![("url".to_owned(), url.to_owned())],
            credential: Credential::Token { secret: Secret::from(SECRET.to_owned()), origin: TokenOrigin::Server },
            shown: vec![("authorization", format!("Bearer {SECRET}"))],
            secret: SECRET,
        });
    }
}
