//! Where the API is, and how requests show whose they are.

use fdw_common::error::{Error, ErrorKind, Result};
use fdw_common::options::{Options, parse_base_url};
use fdw_common::source::{ClientAuthentication, HeaderName, Scheme, TokenEndpoint};
use url::Url;

/// The API's address with a trailing slash, so that paths go below it.
///
/// # Errors
/// `OptionMissing` without one, `OptionValue` for one that cannot be used.
pub fn base_url(server: &Options) -> Result<Url> {
    let url =
        server.text("url")?.ok_or_else(|| required("url", "Give the address below which the API's paths are."))?;
    let mut url = parse_base_url("url", url, server.bool("allow_http")?)?;
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// How requests show whose they are.
///
/// # Errors
/// `OptionMissing` or `OptionValue` when the options do not tell it.
pub fn scheme(server: &Options) -> Result<Scheme> {
    match server.text("auth")? {
        Some("none") => Ok(Scheme::None),
        Some("basic") => Ok(Scheme::Basic),
        Some("header") => header(server).map(Scheme::Header),
        // A token as it is, or one that a client logs in for.
        _ => Ok(Scheme::Bearer),
    }
}

/// The header that holds the token.
fn header(server: &Options) -> Result<HeaderName> {
    /// What HTTP itself needs.
    const RESERVED: &[&str] = &[
        "accept",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "te",
        "transfer-encoding",
        "upgrade",
    ];
    let name = server.text("header")?.ok_or_else(|| required("header", "Name the header that holds the token."))?;
    let unusable = |hint: &str| {
        Error::new(ErrorKind::OptionValue, format!("option \"header\" cannot be '{name}'")).with_hint(hint)
    };
    let header = HeaderName::try_from(name.trim())
        .map_err(|_| unusable("Give the name of a header of HTTP, such as 'X-Api-Key'."))?;
    if RESERVED.contains(&header.as_str()) {
        return Err(unusable("HTTP uses this header itself."));
    }
    Ok(header)
}

/// Where a client gets its token.
///
/// # Errors
/// `OptionMissing` without an address, `OptionValue` for one that cannot be used.
pub fn token_endpoint(server: &Options) -> Result<TokenEndpoint> {
    let text = |name| Ok::<_, Error>(server.text(name)?.map(|text| text.trim().to_owned()));
    let url =
        text("token_url")?.ok_or_else(|| required("token_url", "Give the address where a client gets its token."))?;
    let url = parse_base_url("token_url", &url, server.bool("allow_http")?)?;
    Ok(TokenEndpoint {
        url,
        audience: text("audience")?,
        scope: text("scope")?,
        client: match server.text("client_authentication")? {
            Some("form") => ClientAuthentication::Form,
            _ => ClientAuthentication::Basic,
        },
    })
}

/// Checks that the options of a server go together.
///
/// # Errors
/// `OptionMissing` or `OptionValue`.
pub fn check(server: &Options) -> Result<()> {
    let base = base_url(server)?;
    scheme(server)?;
    let auth = server.text("auth")?.unwrap_or_default();
    for (option, needed) in [
        ("header", "header"),
        ("token_url", "oauth2"),
        ("audience", "oauth2"),
        ("scope", "oauth2"),
        ("client_authentication", "oauth2"),
    ] {
        if server.is_set(option) && auth != needed {
            return Err(Error::new(
                ErrorKind::OptionValue,
                format!("option \"{option}\" has no use with auth '{auth}'"),
            )
            .with_hint(format!("It goes with auth '{needed}'.")));
        }
    }
    if auth == "oauth2" && token_endpoint(server)?.url.scheme() != base.scheme() {
        return Err(Error::new(ErrorKind::OptionValue, "of options \"url\" and \"token_url\" only one is encrypted")
            .with_hint("Use https:// for both."));
    }
    Ok(())
}

fn required(option: &str, hint: &str) -> Error {
    Error::new(ErrorKind::OptionMissing, format!("option \"{option}\" is required")).with_hint(hint)
}
