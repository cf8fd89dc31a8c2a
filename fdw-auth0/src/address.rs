//! The address of a server's tenant: from the options, else from the token.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fdw_common::error::{Error, ErrorKind, Result, SHORTER_THAN_CREDENTIALS, repeated};
use fdw_common::options::{ALLOW_HTTP, Options, parse_base_url};
use fdw_common::secret::Secret;
use fdw_common::source::{ClientAuthentication, ConfiguredToken, TokenClaims, TokenEndpoint, TokenOrigin};
use serde::Deserialize;
use url::Url;

use crate::options;

/// The path of the Management API on a tenant's host (docs: api/management/v2).
pub const API_PATH: &str = "/api/v2/";

/// The API's address with a trailing slash: from the options, else from the token.
///
/// The token's signature is not verified here, so the role that chose the token controls its claims. A token of a
/// user mapping therefore gives hosts under `.auth0.com` only: any other host would let a role that may only query
/// make this process connect to an address of its choice.
///
/// # Errors
/// `OptionValue` for an address that is not valid, `OptionMissing` if neither has one.
pub fn base_url(server: &Options, token: Option<ConfiguredToken<'_>>) -> Result<Url> {
    match (configured(server)?, token) {
        (Some(url), _) => Ok(url),
        (None, Some(token)) => match (from_token(server, token.secret)?, token.origin) {
            (url, TokenOrigin::UserMapping) if !is_auth0s_own(&url) => Err(untrusted()),
            (url, _) => Ok(url),
        },
        (None, None) => Err(unknown()),
    }
}

/// The endpoint that issues a client's tokens: on the API's own host, which may be a custom domain. The audience
/// is always on the tenant's own domain (docs: custom-domains/configure-features-to-use-custom-domains).
///
/// # Errors
/// `Internal` for an address without a host, which [`configured`] does not give.
pub fn token_endpoint(server: &Options, base: &Url) -> Result<TokenEndpoint> {
    let internal = || Error::new(ErrorKind::Internal, "the tenant's address has no host");
    let url = base.join("/oauth/token").map_err(|_| internal())?;
    let audience = match server.get(options::AUDIENCE)? {
        Some(audience) => audience.trim().to_owned(),
        None => format!("https://{}{API_PATH}", base.host_str().ok_or_else(internal)?),
    };
    Ok(TokenEndpoint { url, audience: Some(audience), scope: None, client: ClientAuthentication::Form })
}

/// The address in the options, if there is one.
///
/// # Errors
/// `OptionValue` for an address that is not valid, or for two addresses.
pub fn configured(server: &Options) -> Result<Option<Url>> {
    let allow_http = server.get(ALLOW_HTTP)?;
    match (server.get(options::URL)?, server.get(options::DOMAIN)?) {
        (Some(_), Some(_)) => {
            Err(Error::new(ErrorKind::OptionValue, "options \"url\" and \"domain\" both give the address")
                .with_hint("Keep one of them."))
        }
        (Some(url), None) => api_url("url", parse_base_url("url", &url, allow_http)?).map(Some),
        (None, Some(domain)) => {
            let domain = domain.trim();
            if domain.contains(['/', ':', '@', '?', '#']) || domain.chars().any(char::is_whitespace) {
                return Err(Error::new(ErrorKind::OptionValue, "option \"domain\" is more than a domain")
                    .with_hint("Give the name alone, such as 'example.us.auth0.com', or the address as \"url\"."));
            }
            api_url("domain", parse_base_url("domain", &format!("https://{domain}"), allow_http)?).map(Some)
        }
        (None, None) => Ok(None),
    }
}

/// The API's root. The address may have one of the paths that users copy: none, `/api/v2`, `/api/v2/users`.
fn api_url(option: &str, mut url: Url) -> Result<Url> {
    match url.path().trim_end_matches('/') {
        "" | "/api/v2" | "/api/v2/users" => {
            url.set_path(API_PATH);
            Ok(url)
        }
        other => Err(Error::new(
            ErrorKind::OptionValue,
            format!(
                "option \"{option}\" has the path {}, which is not the Management API",
                repeated(other, '\'', SHORTER_THAN_CREDENTIALS)
            ),
        )
        .with_hint("Give the tenant's origin alone, or with /api/v2 or /api/v2/users behind it.")),
    }
}

/// The claims of a Management API token that this module reads.
#[derive(Deserialize)]
struct Claims {
    aud: Option<Audience>,
    iss: Option<String>,
    scope: Option<String>,
    exp: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The tenant that issued the token. `aud` is the Management API's identifier, always on the tenant's own domain;
/// `iss` is the host that issued it, which may be a custom domain.
fn from_token(server: &Options, token: &Secret) -> Result<Url> {
    let claims = read_claims(token.expose()).ok_or_else(unknown)?;
    let audiences = match claims.aud {
        Some(Audience::One(one)) => vec![one],
        Some(Audience::Many(many)) => many,
        None => Vec::new(),
    };
    let candidate = audiences
        .into_iter()
        .find(|audience| audience.trim_end_matches('/').ends_with("/api/v2"))
        .or(claims.iss)
        .ok_or_else(unknown)?;
    let url = parse_base_url("url", &candidate, server.get(ALLOW_HTTP)?).and_then(|url| api_url("url", url));
    url.map_err(|_| unknown())
}

/// True for HTTPS on a tenant's own domain, such as `https://example.eu.auth0.com`.
fn is_auth0s_own(url: &Url) -> bool {
    url.scheme() == "https" && url.domain().is_some_and(|domain| domain.ends_with(".auth0.com"))
}

#[cold]
fn untrusted() -> Error {
    Error::new(ErrorKind::OptionMissing, "the tenant's address is not known")
        .with_detail("The token of a user mapping names a host that is not under auth0.com.")
        .with_hint("Set option \"url\" or \"domain\" on the server.")
}

#[cold]
fn unknown() -> Error {
    Error::new(ErrorKind::OptionMissing, "the tenant's address is not known")
        .with_detail("Neither the server's options nor a token give it.")
        .with_hint("Set option \"url\" or \"domain\" on the server.")
}

/// The scopes and the expiry time in a token's claims.
pub fn token_claims(token: &Secret) -> TokenClaims {
    let Some(claims) = read_claims(token.expose()) else { return TokenClaims::default() };
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0.0, |elapsed| elapsed.as_secs_f64());
    TokenClaims {
        scopes: claims.scope.map(|scope| scope.split_whitespace().map(str::to_owned).collect()),
        expires_in: claims.exp.map(|end| end - now),
    }
}

/// The claims in the payload of a JWT. Auth0 verifies the signature: a token with a false tenant is sent to a
/// tenant that refuses it.
fn read_claims(token: &str) -> Option<Claims> {
    let payload = token.trim().split('.').nth(1)?;
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Auth0;
    use fdw_common::options::Catalog;
    use fdw_common::source::Source;
    use proptest::prelude::*;

    fn server(options: &[(&str, &str)]) -> Options {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Auth0::OPTIONS.validate(Catalog::Server, options).unwrap()
    }

    fn token(claims: &str) -> Secret {
        Secret::from(format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims)))
    }

    fn on_server(secret: &Secret) -> ConfiguredToken<'_> {
        ConfiguredToken { secret, origin: TokenOrigin::Server }
    }

    #[test]
    fn every_form_of_address_gives_the_api_root() {
        for url in [
            "https://t.us.auth0.com",
            "https://t.us.auth0.com/",
            "https://t.us.auth0.com/api/v2",
            "https://t.us.auth0.com/api/v2/",
            "https://t.us.auth0.com/api/v2/users",
            "https://T.us.auth0.com/api/v2/users/",
        ] {
            let found = base_url(&server(&[("url", url)]), Some(on_server(&token("{}")))).unwrap();
            assert_eq!(found.as_str(), "https://t.us.auth0.com/api/v2/", "{url}");
        }
        let found = base_url(&server(&[("domain", "login.example.com")]), None).unwrap();
        assert_eq!(found.as_str(), "https://login.example.com/api/v2/");
    }

    #[test]
    fn addresses_of_anything_but_the_api_are_refused() {
        for options in [
            [("url", "https://t.us.auth0.com/api/v1")],
            [("url", "https://t.us.auth0.com/api/v2/clients")],
            [("domain", "https://t.us.auth0.com")],
            [("domain", "t.us.auth0.com/x")],
            [("domain", "u@t.us.auth0.com")],
        ] {
            let error = configured(&server(&options)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OptionValue, "{options:?}");
        }
    }

    #[test]
    fn token_endpoint_is_on_the_api_host_and_its_audience_on_the_tenants_domain() {
        type Case = (&'static [(&'static str, &'static str)], &'static str, &'static str);
        let cases: &[Case] = &[
            (&[("domain", "t.us.auth0.com")], "https://t.us.auth0.com/oauth/token", "https://t.us.auth0.com/api/v2/"),
            (
                &[("url", "https://login.example.com/api/v2/users"), ("audience", "https://t.us.auth0.com/api/v2/")],
                "https://login.example.com/oauth/token",
                "https://t.us.auth0.com/api/v2/",
            ),
            (&[("url", "http://127.0.0.1:3000")], "http://127.0.0.1:3000/oauth/token", "https://127.0.0.1/api/v2/"),
        ];
        for (options, url, audience) in cases {
            let options = server(options);
            let endpoint = token_endpoint(&options, &base_url(&options, None).unwrap()).unwrap();
            assert_eq!((endpoint.url.as_str(), endpoint.audience.as_deref()), (*url, Some(*audience)));
        }
        assert_eq!(base_url(&server(&[]), None).unwrap_err().kind(), ErrorKind::OptionMissing);
    }

    #[test]
    fn token_claims_have_scopes_and_expiry() {
        let claims = token_claims(&token(r#"{"scope":"read:users read:roles","exp":4000000000}"#));
        assert_eq!(claims.scopes.unwrap(), ["read:users", "read:roles"]);
        assert!(claims.expires_in.unwrap() > 0.0);
        assert!(token_claims(&token(r#"{"exp":1}"#)).expires_in.unwrap() < 0.0);
        assert_eq!(token_claims(&Secret::from("opaque".to_owned())), TokenClaims::default());
    }

    #[test]
    fn token_gives_the_tenant_when_the_options_do_not() {
        let cases = [
            (
                r#"{"aud":"https://t.eu.auth0.com/api/v2/","iss":"https://login.x.com/"}"#,
                Some("https://t.eu.auth0.com/api/v2/"),
            ),
            (
                r#"{"aud":["https://api.x.com","https://t.eu.auth0.com/api/v2/"]}"#,
                Some("https://t.eu.auth0.com/api/v2/"),
            ),
            (r#"{"iss":"https://t.eu.auth0.com/"}"#, Some("https://t.eu.auth0.com/api/v2/")),
            (r#"{"aud":"https://api.x.com"}"#, None),
            (r#"{"aud":"http://t.eu.auth0.com/api/v2/"}"#, None),
            (r#"{"aud":5}"#, None),
            ("not json", None),
        ];
        for (claims, expected) in cases {
            let found = base_url(&server(&[]), Some(on_server(&token(claims))));
            match expected {
                Some(url) => assert_eq!(found.unwrap().as_str(), url, "{claims}"),
                None => assert_eq!(found.unwrap_err().kind(), ErrorKind::OptionMissing, "{claims}"),
            }
        }
        for opaque in ["", "opaque", "a.b", "..", "a.!!.c"] {
            let error = base_url(&server(&[]), Some(on_server(&Secret::from(opaque.to_owned())))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OptionMissing, "{opaque}");
        }
    }

    #[test]
    fn user_mapping_token_gives_hosts_under_auth0_com_only() {
        let cases = [
            ("https://t.eu.auth0.com/api/v2/", Some("https://t.eu.auth0.com/api/v2/")),
            ("https://T.US.Auth0.com/api/v2/", Some("https://t.us.auth0.com/api/v2/")),
            ("https://login.example.com/api/v2/", None),
            ("https://auth0.com.example.com/api/v2/", None),
            ("https://evilauth0.com/api/v2/", None),
            ("https://10.0.0.1/api/v2/", None),
            ("https://[::1]/api/v2/", None),
            ("http://127.0.0.1:8080/api/v2/", None),
            ("http://localhost/api/v2/", None),
            ("http://t.eu.auth0.com/api/v2/", None),
        ];
        for (address, expected) in cases {
            for options in [&[] as &[(&str, &str)], &[("allow_http", "true")]] {
                let secret = token(&serde_json::json!({ "aud": address }).to_string());
                let given = ConfiguredToken { secret: &secret, origin: TokenOrigin::UserMapping };
                match (base_url(&server(options), Some(given)), expected) {
                    (Ok(url), Some(expected)) => assert_eq!(url.as_str(), expected),
                    (Ok(url), None) => panic!("{address} gives {url}"),
                    (Err(error), Some(_)) => panic!("{address}: {error}"),
                    (Err(error), None) => assert_eq!(error.kind(), ErrorKind::OptionMissing, "{address}"),
                }
            }
        }
        // The server's own address takes precedence over the token's.
        let secret = token(r#"{"aud":"https://10.0.0.1/api/v2/"}"#);
        let given = ConfiguredToken { secret: &secret, origin: TokenOrigin::UserMapping };
        let found = base_url(&server(&[("domain", "login.example.com")]), Some(given)).unwrap();
        assert_eq!(found.as_str(), "https://login.example.com/api/v2/");
    }

    proptest! {
        /// Any claim gives the HTTPS address of a host's API, or no address.
        #[test]
        fn any_claim_gives_an_https_api_address_or_none(
            claim in "aud|iss",
            address in "(https?|ftp)://(u@)?(t\\.eu\\.auth0\\.com|10\\.0\\.0\\.1)(:[0-9]{1,4})?[/a-z0-9?#.]{0,12}|\\PC{0,20}",
        ) {
            let claims = serde_json::json!({claim: address}).to_string();
            if let Ok(url) = base_url(&server(&[]), Some(on_server(&token(&claims)))) {
                prop_assert_eq!((url.scheme(), url.path(), url.username()), ("https", API_PATH, ""));
                prop_assert!(url.query().is_none() && url.fragment().is_none(), "{}", url);
            }
        }
    }
}
