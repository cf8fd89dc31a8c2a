//! Placeholders for the reader's tenant in the docs, and their replacement by the local tenant.
//!
//! | in the docs | in the test |
//! |---|---|
//! | `url 'https://example.us.auth0.com…'`, `domain 'example.us.auth0.com'` | the local tenant's `url`, with `allow_http` and the `audience` of its own domain |
//! | a server without an address | the same |
//! | `<the application>`, `<its secret>` | the local tenant's application, which has all scopes |
//! | `<a token>` | a token of the local tenant with all scopes |
//! | `<the id from above>` | the first value that the previous block returned |

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The domain in the docs; the local tenant claims it as its own.
pub(crate) const DOMAIN: &str = "example.us.auth0.com";

/// The application in the local tenant and its secret.
pub(crate) const CLIENT: (&str, &str) = ("example-client-id", "example-client-secret");

static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b(set |add )?(?:url|domain) '(?:https://)?example\.us\.auth0\.com([^']*)'"));
static SERVER: LazyLock<Regex> = LazyLock::new(|| regex(r"(?s)\bcreate server [^;]*"));
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| regex(r"'<[^'>]*>'"));

/// A regular expression of this test. Panics if it is invalid.
pub(crate) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a regular expression")
}

/// The local tenant that replaces the example.
#[derive(Debug)]
pub(crate) struct Example {
    /// Its address as seen from Postgres.
    pub(crate) url: String,
    /// A token with all scopes.
    pub(crate) token: String,
}

impl Example {
    /// The server options for this tenant.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("url '{}{path}', allow_http 'true', audience 'https://{DOMAIN}/api/v2/'", self.url)
    }

    /// The SQL of the docs with its placeholders replaced; `above` is the first value that the previous block
    /// returned.
    ///
    /// # Panics
    /// If there is a placeholder that is not in the table above.
    pub(crate) fn sql(&self, sql: &str, above: Option<&str>) -> String {
        let (client, secret) = CLIENT;
        let sql = sql
            .replace("<the application>", client)
            .replace("<its secret>", secret)
            .replace("<a token>", &self.token)
            .replace("<the id from above>", above.unwrap_or("<the id of a block before that gives none>"));
        let sql = SERVER.replace_all(&sql, |server: &Captures<'_>| {
            if server[0].contains("url '") || server[0].contains("domain '") {
                return server[0].to_owned();
            }
            match server[0].split_once("options (") {
                Some((before, options)) => format!("{before}options ({}, {options}", self.address("")),
                None => format!("{} options ({})", &server[0], self.address("")),
            }
        });
        let sql = ADDRESS.replace_all(&sql, |address: &Captures<'_>| match address.get(1) {
            Some(verb) => format!("{}url '{}{}'", verb.as_str(), self.url, &address[2]),
            None => self.address(&address[2]),
        });
        if let Some(found) = PLACEHOLDER.find(&sql) {
            panic!("no replacement is defined for {}", found.as_str());
        }
        sql.into_owned()
    }

    /// Postgres's output with the reader's tenant in place of the local one.
    pub(crate) fn output(&self, output: &str) -> String {
        let host = self.url.trim_start_matches("http://");
        output.replace(&self.url, &format!("https://{DOMAIN}")).replace(host, DOMAIN)
    }
}
