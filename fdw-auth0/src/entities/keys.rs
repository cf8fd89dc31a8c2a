//! Keys. The keys that tokens and data are signed and encrypted with; never their private parts.

use fdw_common::model::ColumnType::{Bool, Jsonb, Text, Timestamptz};
use fdw_common::model::{Column, Entity, Example, Family, Lookup, Rows, Stage};

use super::paging::PAGES;

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "keys",
    title: "Keys",
    doc: "The keys that tokens and data are signed and encrypted with; never their private parts.",
    examples: &[
        Example {
            question: "Which key signs tokens now, and which is next?",
            sql: "select kid, current, next, current_since\n\
                  from auth0.signing_keys\n\
                  where current or next;",
        },
        Example {
            question: "Which encryption keys are in use?",
            sql: "select kid, type, parent_kid, created_at\n\
                  from auth0.encryption_keys\n\
                  where state = 'active';",
        },
    ],
    entities: &[SIGNING_KEYS, CUSTOM_SIGNING_KEYS, ENCRYPTION_KEYS, NETWORK_ACL_KEYS],
};

/// Source: `GET /api/v2/keys/signing`.
pub(super) const SIGNING_KEYS: Entity = Entity {
    name: "signing_keys",
    doc: "The keys that tokens are signed with.",
    path: "keys/signing",
    key: &["kid"],
    scopes: &["read:signing_keys"],
    lookups: &[Lookup::row("keys/signing/{kid}")],
    columns: &[
        Column::new("kid", Text, "The id of the key, as in the header `kid` of tokens."),
        Column::new("cert", Text, "Certificate of the key, in PEM form."),
        Column::new("pkcs7", Text, "Certificate of the key in a PKCS #7 container."),
        Column::new("current", Bool, "Whether tokens are signed with the key now."),
        Column::new("next", Bool, "Whether the key will be used after the next rotation."),
        Column::new("previous", Bool, "Whether the key was in use before the last rotation."),
        Column::new("current_since", Timestamptz, "Time at which the key came into use; null if it has not yet."),
        Column::new("current_until", Timestamptz, "Time at which the key went out of use; null if it has not yet."),
        Column::new("fingerprint", Text, "Fingerprint of the certificate."),
        Column::new("thumbprint", Text, "Thumbprint of the certificate."),
        Column::new("revoked", Bool, "Whether the key has been revoked; null if it has not."),
        Column::new("revoked_at", Timestamptz, "Time at which the key was revoked; null if it has not been."),
    ],
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/keys/custom-signing`.
pub(super) const CUSTOM_SIGNING_KEYS: Entity = Entity {
    name: "custom_signing_keys",
    doc: "The tenant's own keys that tokens are signed with.",
    path: "keys/custom-signing",
    rows: Rows::Member("keys"),
    may_be_absent: true,
    scopes: &["read:custom_signing_keys"],
    columns: &[
        Column::new("kty", Text, "Type of key: `RSA` or `EC`."),
        Column::new("kid", Text, "The id of the key, as in the header `kid` of tokens."),
        Column::new("use", Text, "Use of the key: `sig`, for signatures. Null if it is not given."),
        Column::new("key_ops", Jsonb, "Operations that the key may be used for, an array of `verify`."),
        Column::new("alg", Text, "Algorithm that the key is used with, such as `RS256` or `ES256`."),
        Column::new("n", Text, "Modulus of an RSA key, in base64url; null for other keys."),
        Column::new("e", Text, "Exponent of an RSA key, in base64url; null for other keys."),
        Column::new("crv", Text, "Curve of an EC key: `P-256`, `P-384` or `P-521`. Null for other keys."),
        Column::new("x", Text, "X coordinate of an EC key, in base64url; null for other keys."),
        Column::new("y", Text, "Y coordinate of an EC key, in base64url; null for other keys."),
        Column::new("x5u", Text, "URL of the certificate chain; null without one."),
        Column::new("x5c", Jsonb, "Certificate chain, an array of certificates in base64. Null without one."),
        Column::new("x5t", Text, "SHA-1 thumbprint of the certificate, in base64url; null without one."),
        Column::of(
            "x5t_s256",
            "x5t#S256",
            Text,
            "SHA-256 thumbprint of the certificate, in base64url; null without one.",
        ),
    ],
    secrets: &["d", "p", "q", "dp", "dq", "qi", "k"],
    stage: Stage::Early,
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/keys/encryption`.
pub(super) const ENCRYPTION_KEYS: Entity = Entity {
    name: "encryption_keys",
    doc: "The keys that data are encrypted with.",
    path: "keys/encryption",
    rows: Rows::Member("keys"),
    key: &["kid"],
    paging: PAGES,
    scopes: &["read:encryption_keys"],
    lookups: &[Lookup::row("keys/encryption/{kid}")],
    columns: &[
        Column::new("kid", Text, "The id of the key."),
        Column::new(
            "type",
            Text,
            "Place in the key hierarchy: `customer-provided-root-key`, `environment-root-key`, `tenant-master-key` or `tenant-encryption-key`.",
        ),
        Column::new("state", Text, "State of the key: `pre-activation`, `active`, `deactivated` or `destroyed`."),
        Column::new("created_at", Timestamptz, "Time at which the key was created."),
        Column::new("updated_at", Timestamptz, "Time at which the key was last changed."),
        Column::new(
            "parent_kid",
            Text,
            "The id of the key that encrypts this one, as in `encryption_keys.kid`. Null for a root key.",
        ),
        Column::new(
            "public_key",
            Text,
            "Public key that a key of the tenant's own is wrapped with, in PEM form. Null for others.",
        ),
    ],
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/keys/network-acls`.
pub(super) const NETWORK_ACL_KEYS: Entity = Entity {
    name: "network_acl_keys",
    doc: "The keys that network rules trust.",
    path: "keys/network-acls",
    rows: Rows::Member("keys"),
    key: &["id"],
    scopes: &["read:network_acls"],
    lookups: &[Lookup::row("keys/network-acls/{id}")],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the key."),
        Column::new("name", Text, "The name that the tenant gave the key."),
        Column::new("alg", Text, "Algorithm that the key signs requests with: `hmac-sha256`."),
        Column::new("fingerprint", Text, "Fingerprint of the key, which shows whether it changed."),
        Column::new("created_at", Timestamptz, "Time at which the key was created."),
        Column::new("updated_at", Timestamptz, "Time at which the key was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 2,
    ..Entity::BASE
};
