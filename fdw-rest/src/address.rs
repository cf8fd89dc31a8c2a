//! Where the API is, and how requests show whose they are.

use fdw_common::error::{Error, ErrorKind, Result};
use fdw_common::options::{Options, parse_base_url};
use fdw_common::source::{ClientAuthentication, HeaderName, Scheme, TokenEndpoint};
use url::Url;

use crate::headers;

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
        Some("query") => query_parameter(server).map(Scheme::Query),
        // A token as it is, or one that a client logs in for.
        _ => Ok(Scheme::Bearer),
    }
}

/// The header that holds the token.
fn header(server: &Options) -> Result<HeaderName> {
    let name = server.text("header")?.ok_or_else(|| required("header", "Name the header that holds the token."))?;
    let unusable = |hint: &str| {
        Error::new(ErrorKind::OptionValue, format!("option \"header\" cannot be '{name}'")).with_hint(hint)
    };
    let header = HeaderName::try_from(name.trim())
        .map_err(|_| unusable("Give the name of a header of HTTP, such as 'X-Api-Key'."))?;
    if headers::is_reserved(&header) {
        return Err(unusable("HTTP uses this header itself."));
    }
    Ok(header)
}

/// The query parameter that holds the token.
fn query_parameter(server: &Options) -> Result<String> {
    let name = server
        .text("query_parameter")?
        .map(str::trim)
        .ok_or_else(|| required("query_parameter", "Name the query parameter that holds the token."))?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && !b"?&=#{}%+".contains(&byte)) {
        return Err(Error::new(ErrorKind::OptionValue, format!("option \"query_parameter\" cannot be '{name}'"))
            .with_hint("Give the parameter's name alone, such as 'api_key'."));
    }
    Ok(name.to_owned())
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
    let scheme = scheme(server)?;
    if let Scheme::Header(own) = &scheme
        && headers::read(server)?.iter().any(|(name, _)| name == own.as_str())
    {
        let message = format!("option \"headers\" cannot set \"{own}\"");
        return Err(Error::new(ErrorKind::OptionValue, message).with_hint("It is the header that holds the token."));
    }
    headers::read(server)?;
    let auth = server.text("auth")?.unwrap_or_default();
    for (option, needed) in [
        ("header", "header"),
        ("query_parameter", "query"),
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
