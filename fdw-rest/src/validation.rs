//! Checks of options that depend on each other, at CREATE and ALTER.

use fdw_common::error::{Error, ErrorKind, Result};
use fdw_common::options::{Catalog, Options};

use crate::options::{CLIENT_ID, CLIENT_SECRET, PASSWORD, USER, credential};
use crate::{address, table};

/// Checks the combination of an object's options.
///
/// # Errors
/// For a server, an incomplete address or authentication; for a table, options that contradict each other; for a server
/// or a user mapping, more than one credential.
pub fn check(catalog: Catalog, options: &Options) -> Result<()> {
    match catalog {
        Catalog::Server => {
            address::check(options)?;
            credential(options).map(drop)
        }
        Catalog::UserMapping => {
            let found = credential(options)?;
            for (name, secret) in [(USER.spec, PASSWORD.spec), (CLIENT_ID.spec, CLIENT_SECRET.spec)] {
                if options.is_set(&name) && found.is_none() {
                    let (name, secret) = (name.name, secret.name);
                    let message = format!("option \"{name}\" comes without a secret");
                    let hint = format!("Add {secret}, {secret}_id or {secret}_name.");
                    return Err(Error::new(ErrorKind::OptionMissing, message).with_hint(hint));
                }
            }
            Ok(())
        }
        Catalog::Table => table::TableOptions::read(options).map(drop),
        Catalog::Wrapper | Catalog::Column | Catalog::Import => Ok(()),
    }
}
