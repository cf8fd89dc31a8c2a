//! Checks at CREATE and ALTER of options that depend on each other.

use fdw_common::error::{Error, ErrorKind, Result};
use fdw_common::options::{Catalog, Options};

use crate::address;
use crate::options::{CLIENT_ID, credential};

/// Checks the rules that span several options.
///
/// # Errors
/// A server with two addresses or one that is not valid; a server or user mapping with more than one credential.
pub fn check(catalog: Catalog, options: &Options) -> Result<()> {
    match catalog {
        Catalog::Server => {
            address::configured(options)?;
            credential(options).map(drop)
        }
        Catalog::UserMapping => match (credential(options)?, options.is_set(&CLIENT_ID.spec)) {
            (None, true) => Err(Error::new(ErrorKind::OptionMissing, "option \"client_id\" comes without a secret")
                .with_hint("Add client_secret, client_secret_id or client_secret_name.")),
            _ => Ok(()),
        },
        Catalog::Wrapper | Catalog::Table | Catalog::Column | Catalog::Import => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Auth0;
    use fdw_common::source::Source;

    const ID: &str = "3e8b5a4c-0f6d-4d1e-9a43-0d8a2f6b7c11";

    fn validate(catalog: Catalog, options: &[(&str, &str)]) -> Result<Options> {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let options = Auth0::OPTIONS.validate(catalog, options)?;
        Auth0::check(catalog, &options)?;
        Ok(options)
    }

    #[test]
    fn combinations_are_checked_when_the_object_is_created() {
        use Catalog::{Server, Table, UserMapping};
        type Case = (Catalog, &'static [(&'static str, &'static str)], Option<&'static str>);
        let cases: &[Case] = &[
            (Server, &[], None),
            (Server, &[("url", "https://t.us.auth0.com/api/v2/users"), ("api_key", "k")], None),
            (Server, &[("api_key_id", ID)], None),
            (Server, &[("domain", "t.us.auth0.com")], None),
            (
                Server,
                &[("api_key", "k"), ("api_key_id", ID)],
                Some("options \"api_key\" and \"api_key_id\" both give the credential"),
            ),
            (
                UserMapping,
                &[("api_key_id", ID), ("api_key_name", "n")],
                Some("options \"api_key_id\" and \"api_key_name\" both give the credential"),
            ),
            (Server, &[("client_id", "c")], None),
            (UserMapping, &[("client_secret", "s")], None),
            (UserMapping, &[("client_id", "c"), ("client_secret_name", "n")], None),
            (UserMapping, &[("client_id", "c")], Some("option \"client_id\" comes without a secret")),
            (
                Server,
                &[("api_key", "k"), ("client_id", "c"), ("client_secret", "s")],
                Some("options \"api_key\" and \"client_secret\" both give the credential"),
            ),
            (
                Server,
                &[("url", "https://t.us.auth0.com"), ("domain", "t.us.auth0.com")],
                Some("options \"url\" and \"domain\" both give the address"),
            ),
            (Server, &[("url", "http://t.us.auth0.com")], Some("option \"url\" is not encrypted")),
            (Table, &[("object", "users")], None),
            (Table, &[("object", "user")], Some("option \"object\" cannot be 'user'")),
            (Table, &[], Some("option \"object\" is required for a foreign table")),
        ];
        for (catalog, options, expected) in cases {
            let found = validate(*catalog, options);
            assert_eq!(found.as_ref().err().map(Error::message), *expected, "{options:?}");
        }
    }

    /// Sets every option of every object to a secret, and uses the secret as an option's name.
    #[test]
    fn errors_repeat_no_value_or_name_that_may_be_a_secret() {
        use Catalog::{Column, Import, Server, Table, UserMapping, Wrapper};
        const SECRET: &str = "0a1b2c3d4e5f-a-secret-of-somebody";
        let mut errors = 0;
        for catalog in [Wrapper, Server, UserMapping, Table, Column, Import] {
            for spec in Auth0::OPTIONS.specs() {
                let values = [SECRET.to_owned(), format!("https://x/{SECRET}"), format!("a.{SECRET}..")];
                let texts = values.iter().map(|value| validate(catalog, &[(spec.name, value)]));
                for error in texts.chain([validate(catalog, &[(SECRET, spec.name)])]).filter_map(Result::err) {
                    assert!(!format!("{error:?}").contains(&SECRET[..12]), "{catalog} {}: {error}", spec.name);
                    errors += 1;
                }
            }
        }
        assert!(errors > 300, "{errors}");
    }

    #[test]
    fn unknown_object_error_hints_at_the_known_ones() {
        let error = validate(Catalog::Table, &[("object", "usres")]).unwrap_err();
        assert_eq!(
            error.hint(),
            Some(
                "Perhaps you meant 'users'. `select entity, description from auth0_fdw_entities()` lists all there are."
            )
        );
    }
}
