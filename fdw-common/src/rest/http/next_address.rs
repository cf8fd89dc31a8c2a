//! Resolution of a next page's address. Only addresses below the API's address are followed, since the credential is
//! sent nowhere else.

use url::Url;

/// The reason why an address is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    /// It is not a URL.
    Unreadable,
    /// It has another host, or a user name.
    Host,
    /// It has another scheme and the same host.
    Scheme,
    /// It has another port of the same host.
    Port,
    /// It has another path of the same origin.
    Path,
}

impl Difference {
    /// The end of a sentence about the next page's address that says how it differs.
    pub(crate) fn describe(self, base: &Url, next: Option<&Url>) -> String {
        let port = |url: &Url| url.port_or_known_default().map_or_else(String::new, |port| port.to_string());
        match (self, next) {
            (Difference::Unreadable, _) | (_, None) => "is no address".to_owned(),
            (Difference::Host, _) => "is not on the server's address: it leads to another host".to_owned(),
            (Difference::Scheme, Some(next)) => {
                format!("has the scheme {} and the server's address has {}", next.scheme(), base.scheme())
            }
            (Difference::Port, Some(next)) => {
                format!("has the port {} and the server's address has {}", port(next), port(base))
            }
            (Difference::Path, _) => format!("is not below the path {} of the server's address", base.path()),
        }
    }

    /// The hint for the error.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Difference::Scheme | Difference::Port | Difference::Path => {
                "Set the server's option url to the address that the API uses in its answers, or read the table with \
                 paging 'page', 'offset' or 'cursor'."
            }
            Difference::Host | Difference::Unreadable => {
                "The credential goes to the server's address only, so the page is not read. If the API has another kind \
                 of paging, use that."
            }
        }
    }
}

/// The URL of the next page, which the answer from `page` states as `next`, if it is below `base`.
///
/// # Errors
/// The difference from `base`, with the URL if it is valid.
pub(crate) fn resolve(base: &Url, page: &str, next: &str) -> Result<Url, (Difference, Option<Url>)> {
    let Ok(url) = base.join(page).and_then(|page| page.join(next)) else {
        return Err((Difference::Unreadable, None));
    };
    if url.as_str().starts_with(base.as_str()) {
        return Ok(url);
    }
    let is_same_host = url.host() == base.host() && url.username().is_empty() && url.password().is_none();
    let difference = if !is_same_host {
        Difference::Host
    } else if url.scheme() != base.scheme() {
        Difference::Scheme
    } else if url.port_or_known_default() != base.port_or_known_default() {
        Difference::Port
    } else {
        Difference::Path
    };
    Err((difference, Some(url)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_below_the_base_are_followed() {
        let base = Url::parse("https://api.example/v1/").unwrap();
        let cases = [
            ("?page=2", Ok("https://api.example/v1/things?page=2")),
            ("things?page=2", Ok("https://api.example/v1/things?page=2")),
            ("/v1/other?page=2", Ok("https://api.example/v1/other?page=2")),
            ("https://api.example:443/v1/things?page=2", Ok("https://api.example/v1/things?page=2")),
            ("HTTPS://API.EXAMPLE/v1/things", Ok("https://api.example/v1/things")),
            ("http://api.example/v1/things?page=2", Err(Difference::Scheme)),
            ("http://api.example:8080/v1/things?page=2", Err(Difference::Scheme)),
            ("ftp://api.example/v1/things", Err(Difference::Scheme)),
            ("https://api.example:8443/v1/things?page=2", Err(Difference::Port)),
            ("/things?page=2", Err(Difference::Path)),
            ("../things?page=2", Err(Difference::Path)),
            ("/v1/../v2/things", Err(Difference::Path)),
            ("/v1", Err(Difference::Path)),
            ("/v10/things", Err(Difference::Path)),
            ("https://attacker.example/v1/things", Err(Difference::Host)),
            ("https://api.example.attacker.example/v1/things", Err(Difference::Host)),
            ("https://api.example@attacker.example/v1/things", Err(Difference::Host)),
            ("https://user@api.example/v1/things", Err(Difference::Host)),
            ("//attacker.example/v1/things", Err(Difference::Host)),
            ("\\\\attacker.example/v1/things", Err(Difference::Host)),
            ("data:application/json,[]", Err(Difference::Host)),
            ("https://", Err(Difference::Unreadable)),
        ];
        for (next, expected) in cases {
            let found = resolve(&base, "things?page=1", next);
            let found = found.as_ref().map(Url::as_str).map_err(|(difference, _)| *difference);
            assert_eq!(found, expected, "{next}");
        }
    }

    #[test]
    fn an_error_says_what_differs() {
        let base = Url::parse("https://api.example:8443/v1/").unwrap();
        let cases = [
            ("http://api.example:8443/v1/x", "has the scheme http and the server's address has https"),
            ("https://api.example/v1/x", "has the port 443 and the server's address has 8443"),
            ("https://api.example:8443/x", "is not below the path /v1/ of the server's address"),
        ];
        for (next, words) in cases {
            let (difference, url) = resolve(&base, "things", next).unwrap_err();
            assert_eq!(difference.describe(&base, url.as_ref()), words);
            assert!(difference.hint().contains("url") && difference.hint().contains("paging 'page'"));
        }
    }
}
