//! Resolves the credential of a scan: the user mapping's, else the server's; inline or from Vault.
//!
//! Vault is read as the server's owner, so that querying roles need no privileges in schema `vault`. They need USAGE
//! on the server; Postgres itself requires that only for creating tables and user mappings.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid};
use pgrx::spi::{Spi, SpiClient, SpiError};

use super::backend::{current_user, database};
use super::catalog::{Server, user_mapping};
use super::version;
use crate::error::{Error, ErrorKind, Result, SHORTER_THAN_CREDENTIALS, repeated};
use crate::rest::Credential;
use crate::secret::{Secret, SecretRef};
use crate::source::{CredentialRef, NameRef, Scheme, Source, TokenOrigin};

/// The credential of `user` for a server.
///
/// # Errors
/// `Denied` for a user without USAGE on the server; `CredentialMissing` when none is configured;
/// `SecretNotFound`, `SecretUnreadable` for Vault.
pub(super) fn resolve<S: Source>(user: Oid, server_id: Oid, server: &Server) -> Result<Credential> {
    require_usage(user, server_id, &server.name)?;
    if S::scheme(&server.options)? == Scheme::None {
        return Ok(Credential::None);
    }
    let mapped = match user_mapping::<S>(user, server_id) {
        Some((mapping, options)) => S::credential(&options)?.map(|credential| (Some(mapping), credential)),
        None => None,
    };
    let (mapping, credential) = match mapped {
        Some(mapped) => mapped,
        None => (None, S::credential(&server.options)?.ok_or_else(|| missing::<S>(server))?),
    };
    let secret = match credential.secret() {
        SecretRef::Inline(secret) => secret.clone(),
        SecretRef::VaultId(id) => as_owner(server.owner, || read_vault(server, &VaultKey::Id(id.clone())))?,
        SecretRef::VaultName(name) => as_owner(server.owner, || read_vault(server, &VaultKey::Name(name.clone())))?,
    };
    match credential {
        CredentialRef::Token(_) => Ok(Credential::Token {
            secret,
            origin: if mapping.is_some() { TokenOrigin::UserMapping } else { TokenOrigin::Server },
        }),
        CredentialRef::User { name, .. } => Ok(Credential::User { name: named(name, server, "user")?, secret }),
        CredentialRef::Client { name, .. } => {
            Ok(Credential::Client { id: named(name, server, "client")?, secret, owner: owner(server_id, mapping) })
        }
    }
}

/// Requires USAGE on the server, and so permission to send it a credential.
///
/// # Errors
/// `Denied`.
pub(super) fn require_usage(role: Oid, server: Oid, name: &str) -> Result<()> {
    if version::may_use_server(server, role) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Denied, format!("permission denied for foreign server {name}")).with_hint(
        "grant usage on foreign server ... to the role that reads: the current one, or the owner of the view around the table.",
    ))
}

/// The name that belongs to a secret: from the same object as the secret, else from the server.
fn named(name: NameRef, server: &Server, what: &str) -> Result<String> {
    let NameRef { option, name } = name;
    if let Some(name) = name.or(server.options.get(option)?.map(|name| name.trim().to_owned())) {
        return Ok(name);
    }
    let message = format!("the secret for server \"{}\" comes without a {what}", server.name);
    Err(Error::new(ErrorKind::OptionMissing, message)
        .with_hint(format!("Set {} beside it, or on the server.", option.spec.name)))
}

/// Identifies the owner of a token: all users of one user mapping, or of one server's own credential.
fn owner(server: Oid, mapping: Option<Oid>) -> String {
    let mapping = mapping.unwrap_or(Oid::INVALID);
    format!("{}/{}/{}", database().to_u32(), server.to_u32(), mapping.to_u32())
}

#[cold]
fn missing<S: Source>(server: &Server) -> Error {
    Error::new(ErrorKind::CredentialMissing, format!("no credential for server \"{}\"", server.name)).with_hint(
        format!(
            "Set {}, in a user mapping (create user mapping for ... server ...) or on the server.",
            S::CREDENTIAL_HINT
        ),
    )
}

/// Raises an error if the current user itself cannot read Vault.
///
/// # Errors
/// `SecretUnreadable`.
pub(super) fn require_vault_access() -> Result<()> {
    let user = current_user();
    match vault_access(user)? {
        VaultAccess::Readable => Ok(()),
        VaultAccess::Missing | VaultAccess::Untrusted | VaultAccess::Denied => Err(Error::new(
            ErrorKind::SecretUnreadable,
            "only a role that can read vault.decrypted_secrets may refer to a Vault secret in a user mapping",
        )
        .with_hint("Have an administrator make the mapping.")),
    }
}

enum VaultKey {
    Id(String),
    Name(String),
}

impl std::fmt::Display for VaultKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            VaultKey::Id(id) => write!(f, "id or key id '{id}'"),
            VaultKey::Name(name) => write!(f, "name {}", repeated(name, '\'', SHORTER_THAN_CREDENTIALS)),
        }
    }
}

enum VaultAccess {
    /// The database has no Vault.
    Missing,
    /// The relation vault.decrypted_secrets could be any role's code.
    Untrusted,
    /// The role may not read it.
    Denied,
    Readable,
}

/// Runs `body` as `owner`. Postgres restores the user when a transaction fails, the guard otherwise.
fn as_owner<T>(owner: Oid, body: impl FnOnce() -> T) -> T {
    struct Restore {
        user: Oid,
        context: i32,
    }
    impl Drop for Restore {
        fn drop(&mut self) {
            // SAFETY: restores the values from GetUserIdAndSecContext.
            unsafe { pg_sys::SetUserIdAndSecContext(self.user, self.context) };
        }
    }
    let mut restore = Restore { user: Oid::INVALID, context: 0 };
    let switched = (pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION) as i32;
    // SAFETY: as in ri_triggers.c: save, switch within a local context, restore.
    unsafe {
        pg_sys::GetUserIdAndSecContext(&mut restore.user, &mut restore.context);
        pg_sys::SetUserIdAndSecContext(owner, restore.context | switched);
    }
    body()
}

fn internal(error: SpiError) -> Error {
    Error::new(ErrorKind::Internal, format!("cannot query Vault: {error}"))
}

// Every name and operator is schema-qualified: the search path is the user's.
const ACCESS: &str = "select \
        c.relowner operator(pg_catalog.=) $1 or r.rolsuper as trusted, \
        pg_catalog.has_schema_privilege($1, n.oid, 'usage') and pg_catalog.has_table_privilege($1, c.oid, 'select') as readable \
    from pg_catalog.pg_class c \
    join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace \
    join pg_catalog.pg_roles r on r.oid operator(pg_catalog.=) c.relowner \
    where n.nspname operator(pg_catalog.=) 'vault' and c.relname operator(pg_catalog.=) 'decrypted_secrets'";

/// Access of `role` to Vault. A view of that name that belongs neither to a superuser nor to the role itself is not
/// used: reading it would run its owner's code with the role's rights.
fn vault_access(role: Oid) -> Result<VaultAccess> {
    Spi::connect(|client| {
        let mut found = client.select(ACCESS, Some(1), &[DatumWithOid::from(role)])?;
        let Some(row) = found.next() else { return Ok(VaultAccess::Missing) };
        Ok(match (row.get::<bool>(1)?, row.get::<bool>(2)?) {
            (Some(true), Some(true)) => VaultAccess::Readable,
            (Some(true), _) => VaultAccess::Denied,
            _ => VaultAccess::Untrusted,
        })
    })
    .map_err(internal)
}

fn read_vault(server: &Server, key: &VaultKey) -> Result<Secret> {
    let server_name = &server.name;
    match vault_access(server.owner)? {
        VaultAccess::Readable => {}
        VaultAccess::Missing => {
            return Err(Error::new(
                ErrorKind::SecretNotFound,
                format!(
                    "the Vault secret of server \"{server_name}\" was not found: there is no Vault in this database"
                ),
            )
            .with_hint(
                "Install it (create extension supabase_vault), or give the credential itself in a user mapping.",
            ));
        }
        VaultAccess::Untrusted => {
            return Err(Error::new(
                ErrorKind::SecretUnreadable,
                "vault.decrypted_secrets belongs neither to a superuser nor to the server's owner, so it is not trusted",
            )
            .with_hint("Use the Vault extension's own schema."));
        }
        VaultAccess::Denied => {
            return Err(Error::new(
                ErrorKind::SecretUnreadable,
                format!("the owner of server \"{server_name}\" may not read Vault"),
            )
            .with_hint(
                "grant usage on schema vault, select on vault.decrypted_secrets and execute on the function it calls to \
                 the server's owner.",
            ));
        }
    }
    let matches = Spi::connect(|client| select_secrets(client, key)).map_err(internal)?;
    // An id is unique; several secrets may have the same key id.
    let exact = matches.iter().position(|found| found.exact);
    let found = match (exact, matches.len()) {
        (Some(at), _) => matches.into_iter().nth(at),
        (None, 0) => {
            return Err(Error::new(
                ErrorKind::SecretNotFound,
                format!("the Vault secret of server \"{server_name}\" was not found: no secret has the {key}"),
            )
            .with_hint("See the ids and names in vault.secrets."));
        }
        (None, 1) => matches.into_iter().next(),
        (None, _) => {
            return Err(Error::new(
                ErrorKind::SecretNotFound,
                format!("the Vault secret of server \"{server_name}\" is ambiguous: several secrets have the {key}"),
            )
            .with_hint("Use the secret's id or its name."));
        }
    };
    found.and_then(|found| found.secret).ok_or_else(|| {
        Error::new(
            ErrorKind::SecretUnreadable,
            format!("the Vault secret of server \"{server_name}\" with the {key} is empty"),
        )
    })
}

struct Found {
    secret: Option<Secret>,
    exact: bool,
}

fn select_secrets(client: &SpiClient<'_>, key: &VaultKey) -> std::result::Result<Vec<Found>, SpiError> {
    let (sql, value) = match key {
        VaultKey::Id(id) => (
            "select s.decrypted_secret::pg_catalog.text, s.id operator(pg_catalog.=) $1::pg_catalog.uuid \
             from vault.decrypted_secrets s \
             where s.id operator(pg_catalog.=) $1::pg_catalog.uuid or s.key_id operator(pg_catalog.=) $1::pg_catalog.uuid \
             limit 100",
            id,
        ),
        VaultKey::Name(name) => (
            "select s.decrypted_secret::pg_catalog.text, true \
             from vault.decrypted_secrets s where s.name operator(pg_catalog.=) $1 limit 1",
            name,
        ),
    };
    let mut matches = Vec::new();
    for row in client.select(sql, None, &[DatumWithOid::from(value.as_str())])? {
        let secret = row.get::<String>(1)?.map(Secret::from);
        matches.push(Found { secret, exact: row.get::<bool>(2)?.unwrap_or(false) });
    }
    Ok(matches)
}
