//! Validation of options at CREATE and ALTER.

use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};
use pgrx::prelude::PgLogLevel;

use super::backend::is_superuser;
use super::convert::text::from_argument;
use super::credentials;
use super::report::{OrRaise, raise, report};
use crate::error::{Error, ErrorKind};
use crate::options::{Catalog, check_column};
use crate::secret::SecretRef;
use crate::source::{CredentialRef, Source, Warning};

/// The validator function of source `S`: `options` are `name=value` texts in the database's encoding, `catalog` is
/// the OID of the system catalog of the object (docs: fdw-functions).
pub fn validate<'a, S: Source>(options: impl Iterator<Item = &'a [u8]>, catalog: Option<Oid>) {
    let Some(catalog) = catalog.and_then(catalog_of) else {
        raise(Error::new(ErrorKind::OptionName, "options are not supported on this kind of object"))
    };
    let pairs = options
        .map(|option| from_argument(option).or_raise())
        .filter_map(|option| option.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect();
    let options = S::OPTIONS.validate(catalog, pairs).or_raise();
    let superuser = is_superuser();
    for spec in S::OPTIONS.specs().filter(|spec| spec.superuser && options.is_set(spec)) {
        if !superuser {
            raise(
                Error::new(ErrorKind::Denied, format!("only a superuser may set option \"{}\"", spec.name))
                    .with_hint(spec.doc),
            );
        }
    }
    if catalog == Catalog::Column {
        check_column(&options).or_raise();
    }
    S::check(catalog, &options).or_raise();
    let credential = S::credential(&options).or_raise();
    let secret = credential.as_ref().map(CredentialRef::secret);
    if let (Catalog::UserMapping, Some(SecretRef::VaultId(_) | SecretRef::VaultName(_)), false) =
        (catalog, secret, superuser)
    {
        // Vault is read as the server's owner. A user who creates their own mapping must not choose which of the
        // owner's secrets is sent.
        credentials::require_vault_access().or_raise();
    }
    let is_readable = catalog == Catalog::Server && matches!(secret, Some(SecretRef::Inline(_)));
    let warnings = S::warnings(catalog, &options);
    // A notice may end the statement without running destructors: free everything that is not shown.
    drop((options, credential));
    for Warning { message, hint } in warnings {
        let warning = report(PgSqlErrorCode::ERRCODE_WARNING, &message, None, Some(hint.as_ref()));
        warning.report(PgLogLevel::WARNING);
    }
    if is_readable {
        pgrx::notice!(
            "every role that can read the catalogs can read this server's credential; \
             a user mapping hides it, Vault (options ending in _id or _name) encrypts it"
        );
    }
}

fn catalog_of(oid: Oid) -> Option<Catalog> {
    match oid {
        pg_sys::ForeignDataWrapperRelationId => Some(Catalog::Wrapper),
        pg_sys::ForeignServerRelationId => Some(Catalog::Server),
        pg_sys::UserMappingRelationId => Some(Catalog::UserMapping),
        pg_sys::ForeignTableRelationId => Some(Catalog::Table),
        pg_sys::AttributeRelationId => Some(Catalog::Column),
        _ => None,
    }
}
