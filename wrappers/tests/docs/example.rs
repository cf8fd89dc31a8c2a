//! What stands for the reader's own tenant in the docs, and the local tenant that takes its place.
//!
//! | in the docs | in the test |
//! |---|---|
//! | `url 'https://example.us.auth0.com…'`, `domain 'example.us.auth0.com'` | the local tenant's `url`, with `allow_http` and the `audience` of its own domain |
//! | a server without an address | the same |
//! | `<the application>`, `<its secret>` | the local tenant's application, which has all scopes |
//! | `<a token>` | a token of the local tenant with all scopes |
//! | `<the id from above>` | the first value that the block before gave |

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The domain in the docs; the local tenant says that it is its own.
pub(crate) const DOMAIN: &str = "example.us.auth0.com";

/// The application in the local tenant and its secret.
pub(crate) const CLIENT: (&str, &str) = ("example-client-id", "example-client-secret");

static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b(set |add )?(?:url|domain) '(?:https://)?example\.us\.auth0\.com([^']*)'"));
static SERVER: LazyLock<Regex> = LazyLock::new(|| regex(r"(?s)\bcreate server [^;]*"));
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| regex(r"'<[^'>]*>'"));

/// A regular expression of this test.
pub(crate) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a regular expression")
}

/// The local tenant that takes the example's place.
#[derive(Debug)]
pub(crate) struct Example {
    /// Its address as Postgres reaches it.
    pub(crate) url: String,
    /// A token with all scopes.
    pub(crate) token: String,
}

impl Example {
    /// The options that name this tenant on a server.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("url '{}{path}', allow_http 'true', audience 'https://{DOMAIN}/api/v2/'", self.url)
    }

    /// The SQL of the docs as it is run; `above` is the first value that the block before gave.
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
            panic!("nothing is known to put in place of {}", found.as_str());
        }
        sql.into_owned()
    }

    /// What Postgres printed, as it is for the reader's tenant.
    pub(crate) fn output(&self, output: &str) -> String {
        let host = self.url.trim_start_matches("http://");
        output.replace(&self.url, &format!("https://{DOMAIN}")).replace(host, DOMAIN)
    }
}
