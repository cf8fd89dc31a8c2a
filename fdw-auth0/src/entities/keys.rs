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
        Column::new("kid", Text, "The key's id."),
        Column::new("cert", Text, "The certificate."),
        Column::new("pkcs7", Text, "The certificate chain."),
        Column::new("current", Bool, "Whether it is in use."),
        Column::new("next", Bool, "Whether it is the next one."),
        Column::new("previous", Bool, "Whether it was the one before."),
        Column::new("current_since", Timestamptz, "Since when it is in use."),
        Column::new("current_until", Timestamptz, "Until when it was in use."),
        Column::new("fingerprint", Text, "The fingerprint."),
        Column::new("thumbprint", Text, "The thumbprint."),
        Column::new("revoked", Bool, "Whether it has been revoked."),
        Column::new("revoked_at", Timestamptz, "When it was revoked."),
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
        Column::new("kty", Text, "The kind of key."),
        Column::new("kid", Text, "The key's id."),
        Column::new("use", Text, "The use of the key."),
        Column::new("key_ops", Jsonb, "The operations that the key may be used for, an array."),
        Column::new("alg", Text, "The algorithm."),
        Column::new("n", Text, "The modulus."),
        Column::new("e", Text, "The exponent."),
        Column::new("crv", Text, "The curve."),
        Column::new("x", Text, "The x coordinate."),
        Column::new("y", Text, "The y coordinate."),
        Column::new("x5u", Text, "The address of the certificate."),
        Column::new("x5c", Jsonb, "The certificate chain, an array."),
        Column::new("x5t", Text, "The thumbprint of the certificate."),
        Column::of("x5t_s256", "x5t#S256", Text, "The SHA-256 thumbprint of the certificate."),
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
        Column::new("kid", Text, "The key's id."),
        Column::new("type", Text, "The type."),
        Column::new("state", Text, "The state it is in."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
        Column::new("parent_kid", Text, "The key it is wrapped with."),
        Column::new("public_key", Text, "The public key."),
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
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("alg", Text, "The algorithm."),
        Column::new("fingerprint", Text, "The fingerprint."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 2,
    ..Entity::BASE
};
