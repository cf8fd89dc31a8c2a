//! Warnings about credentials in options that every role can read.

use fdw_common::options::{Catalog, Options};
use fdw_common::source::Warning;
use url::form_urlencoded;

use crate::{headers, options};

/// Names of parameters and headers for credentials, in lower case, without punctuation.
const NAMES: &[&str] = &[
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "appid",
    "appkey",
    "auth",
    "authkey",
    "authorization",
    "authtoken",
    "bearer",
    "clientsecret",
    "credential",
    "credentials",
    "idtoken",
    "jwt",
    "key",
    "pass",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "refreshtoken",
    "secret",
    "secretkey",
    "sessionid",
    "sig",
    "signature",
    "subscriptionkey",
    "token",
    "usertoken",
];

/// Suffixes of such names, as in `X-Shop-Access-Token`.
const ENDINGS: &[&str] = &["apikey", "accesstoken", "authtoken", "apitoken", "secret", "password", "subscriptionkey"];

/// True for the name of a parameter or a header that probably contains a credential.
fn is_of_credential(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let name = name.strip_prefix('x').filter(|rest| NAMES.contains(rest)).unwrap_or(&name);
    NAMES.contains(&name) || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The parameter of a path that probably contains a credential. A value in braces comes from the query instead.
fn parameter_with_credential(path: &str) -> Option<String> {
    let (_, query) = path.split_once('?')?;
    let constant = |value: &str| !value.is_empty() && !value.contains('{');
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, value)| is_of_credential(name) && constant(value))
        .map(|(name, _)| name.into_owned())
}

/// Warnings for options that probably contain a credential and that every role can read.
pub(crate) fn warnings(catalog: Catalog, options: &Options) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if catalog == Catalog::Table {
        for key in [options::PATH, options::ITEM_PATH] {
            let option = key.spec.name;
            let path = options.get(key).ok().flatten().unwrap_or_default();
            if let Some(name) = parameter_with_credential(&path) {
                warnings.push(Warning {
                    message: format!(
                        "every role can read the option \"{option}\", whose parameter \"{name}\" looks like a credential"
                    ),
                    hint: format!(
                        "Set auth 'query' and query_parameter '{name}' on the server, and the credential as token in \
                         a user mapping."
                    ),
                });
            }
        }
    }
    if matches!(catalog, Catalog::Table | Catalog::Server) {
        let headers = headers::read(options).unwrap_or_default();
        for (name, _) in headers.iter().filter(|(name, value)| is_of_credential(name) && !value.is_empty()) {
            warnings.push(Warning {
                message: format!(
                    "every role can read the option \"headers\", whose header \"{name}\" looks like a credential"
                ),
                hint: format!(
                    "Set auth 'header' and header '{name}' on the server, and the credential as token in a user \
                     mapping."
                ),
            });
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rest;
    use fdw_common::source::Source as _;

    fn warned(option: &str, value: &str) -> Vec<Warning> {
        let options = Rest::OPTIONS.validate(Catalog::Table, vec![(option.to_owned(), value.to_owned())]).unwrap();
        warnings(Catalog::Table, &options)
    }

    #[test]
    fn a_credential_in_a_path_is_a_warning_that_does_not_show_it() {
        for name in
            ["api_key", "apikey", "API-KEY", "key", "token", "access_token", "secret", "password", "sig", "appid"]
        {
            for option in ["path", "item_path"] {
                let found = warned(option, &format!("things?sort=id&{name}=s3cr3t"));
                assert_eq!(found.len(), 1, "{name}");
                assert!(found[0].message.contains(option) && found[0].hint.contains("auth 'query'"), "{found:?}");
                assert!(!format!("{found:?}").contains("s3cr3t"), "{found:?}");
            }
        }
    }

    #[test]
    fn other_parameters_are_not_a_warning() {
        let paths =
            ["things", "things?sort=key", "things?key={key}", "things?token=", "tokens/1", "things?page_token_type=a"];
        for path in paths {
            assert_eq!(warned("path", path), [], "{path}");
        }
    }

    #[test]
    fn a_credential_in_a_header_is_a_warning() {
        for name in ["X-Api-Key", "apikey", "X-Auth-Token", "X-Shop-Access-Token"] {
            let found = warned("headers", &format!("{name}: s3cr3t"));
            assert_eq!(found.len(), 1, "{name}");
            assert!(found[0].hint.contains("auth 'header'") && !format!("{found:?}").contains("s3cr3t"), "{found:?}");
        }
        for name in ["X-Api-Version", "X-Tenant", "X-Token-Type", "User-Agent"] {
            assert_eq!(warned("headers", &format!("{name}: a")), [], "{name}");
        }
    }
}
