//! Addresses that a credential may be sent to.

use url::Url;

use crate::error::{Error, ErrorKind, Result};

/// An address that the credential may be sent to: https, or http if it stays on the machine or a superuser allows it.
///
/// # Errors
/// `OptionValue` with the reason; a user name or password in the address is refused and not repeated.
pub fn parse_base_url(option: &str, text: &str, allow_http: bool) -> Result<Url> {
    let refuse = |why: &str, hint: &str| {
        Err(Error::new(ErrorKind::OptionValue, format!("option \"{option}\" {why}")).with_hint(hint))
    };
    let Ok(url) = Url::parse(text.trim()) else {
        return refuse("is not a URL", "Give an address such as 'https://api.example.com'.");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("holds a user name or password", "Put credentials in their own options.");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("has a query or a fragment", "Give the address without the part after '?' or '#'.");
    }
    match (url.scheme(), url.host()) {
        (_, None) => refuse("names no host", "Give an address such as 'https://api.example.com'."),
        ("https", _) => Ok(url),
        ("http", Some(host)) if allow_http || is_loopback(&host) => Ok(url),
        ("http", _) => refuse(
            "is not encrypted",
            "Use https://. A superuser may set allow_http 'true' on the server, which sends the credential in clear.",
        ),
        _ => refuse("is neither https nor http", "Give an address such as 'https://api.example.com'."),
    }
}

fn is_loopback<S: AsRef<str>>(host: &url::Host<S>) -> bool {
    match host {
        url::Host::Ipv4(ip) => ip.is_loopback(),
        url::Host::Ipv6(ip) => ip.is_loopback(),
        url::Host::Domain(name) => name.as_ref().eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_https_loopback_or_allowed() {
        let cases: &[(&str, bool, bool)] = &[
            ("https://t.us.auth0.com", false, true),
            ("http://t.us.auth0.com", false, false),
            ("http://t.us.auth0.com", true, true),
            ("http://127.0.0.1:3000/x", false, true),
            ("http://[::1]:3000", false, true),
            ("http://localhost", false, true),
            ("http://localhost.evil.example", false, false),
            ("http://127.0.0.1.evil.example", false, false),
            ("ftp://t.us.auth0.com", true, false),
            ("t.us.auth0.com", false, false),
            ("https://u:p@t.us.auth0.com", false, false),
            ("https://t.us.auth0.com?x=1", false, false),
            ("", false, false),
        ];
        for (text, allow_http, accepted) in cases {
            assert_eq!(parse_base_url("url", text, *allow_http).is_ok(), *accepted, "{text}");
        }
    }
}
