//! The tests' replica of Vault has the functions, columns and rights of the real one that the extension and its users
//! rely on.

use wrappers_tests::{Database, VaultVersion, expect_error, rows, value};

#[test]
fn create_secret_stores_the_secret_and_returns_its_id() {
    let db = Database::create();
    let mut client = db.client();
    let id = value(&mut client, "select vault.create_secret('s3cret ✓', 'auth0', 'for the tests')").unwrap();
    assert_eq!(
        rows(&mut client, "select id, name, description, decrypted_secret, key_id from vault.decrypted_secrets"),
        [[Some(id), Some("auth0".to_owned()), Some("for the tests".to_owned()), Some("s3cret ✓".to_owned()), None]]
    );
}

#[test]
fn secrets_are_not_stored_in_clear() {
    let db = Database::create();
    let mut client = db.client();
    value(&mut client, "select vault.create_secret('s3cret')");
    let stored = value(&mut client, "select secrets::text from vault.secrets as secrets").unwrap();
    assert!(!stored.contains("s3cret"), "{stored}");
}

#[test]
fn update_secret_changes_only_the_given_fields() {
    let db = Database::create();
    let mut client = db.client();
    value(&mut client, "select vault.update_secret(vault.create_secret('old', 'auth0'), 'new')");
    assert_eq!(
        rows(&mut client, "select name, decrypted_secret from vault.decrypted_secrets"),
        [[Some("auth0".to_owned()), Some("new".to_owned())]]
    );
}

#[test]
fn names_are_unique() {
    let db = Database::create();
    let mut client = db.client();
    value(&mut client, "select vault.create_secret('a', 'auth0')");
    let error = expect_error(&mut client, "select vault.create_secret('b', 'auth0')");
    assert_eq!(error.code, "23505", "{error}");
}

#[test]
fn other_roles_have_no_privileges() {
    let db = Database::create();
    let role = db.create_role("reader");
    let mut client = db.client_as(&role);
    for sql in [
        "select * from vault.secrets",
        "select * from vault.decrypted_secrets",
        "select vault.create_secret('a')",
        "insert into vault.secrets (secret) values ('a')",
    ] {
        let error = expect_error(&mut client, sql);
        assert_eq!(error.code, "42501", "{sql}: {error}");
    }
}

#[test]
fn older_vault_returns_a_key_id() {
    let db = Database::create_with_vault(VaultVersion::V0_2);
    let mut client = db.client();
    let key_id =
        value(&mut client, "insert into vault.secrets (name, secret) values ('auth0', 's3cret') returning key_id")
            .expect("a key id");
    assert_eq!(
        rows(&mut client, "select key_id, decrypted_secret from vault.decrypted_secrets"),
        [[Some(key_id), Some("s3cret".to_owned())]]
    );
}
