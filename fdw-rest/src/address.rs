//! The API's address, and the authentication of requests.

use fdw_common::error::{Error, ErrorKind, Result};
use fdw_common::options::{ALLOW_HTTP, OptionalKey, Options, parse_base_url};
use fdw_common::source::{HeaderName, Scheme, TokenEndpoint};
use url::Url;

use crate::headers;
use crate::options::{self, Auth};

/// The API's address with a trailing slash, so that paths are relative to it.
///
/// # Errors
/// `OptionMissing` without an address, `OptionValue` for one that cannot be used.
pub fn base_url(server: &Options) -> Result<Url> {
    let url = server
        .get(options::URL)?
        .ok_or_else(|| required(&options::URL, "Give the base address of the API's paths."))?;
    let mut url = parse_base_url(options::URL.spec.name, &url, server.get(ALLOW_HTTP)?)?;
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// The authentication scheme of requests.
///
/// # Errors
/// `OptionMissing` or `OptionValue` if the options are not complete or not valid.
pub fn scheme(server: &Options) -> Result<Scheme> {
    match server.get(options::AUTH)? {
        Auth::None => Ok(Scheme::None),
        Auth::Basic => Ok(Scheme::Basic),
        Auth::Header => header(server).map(Scheme::Header),
        Auth::Query => query_parameter(server).map(Scheme::Query),
        // A fixed token, or one that a client logs in for.
        Auth::Bearer | Auth::Oauth2 => Ok(Scheme::Bearer),
    }
}

/// The header for the token.
fn header(server: &Options) -> Result<HeaderName> {
    let name = server
        .get(options::HEADER)?
        .ok_or_else(|| required(&options::HEADER, "Name the header that holds the token."))?;
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

/// The query parameter for the token.
fn query_parameter(server: &Options) -> Result<String> {
    let name = server
        .get(options::QUERY_PARAMETER)?
        .ok_or_else(|| required(&options::QUERY_PARAMETER, "Name the query parameter that holds the token."))?;
    let name = name.trim();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && !b"?&=#{}%+".contains(&byte)) {
        return Err(Error::new(ErrorKind::OptionValue, format!("option \"query_parameter\" cannot be '{name}'"))
            .with_hint("Give the parameter's name alone, such as 'api_key'."));
    }
    Ok(name.to_owned())
}

/// The token endpoint of a client.
///
/// # Errors
/// `OptionMissing` without an address, `OptionValue` for one that cannot be used.
pub fn token_endpoint(server: &Options) -> Result<TokenEndpoint> {
    let text = |key: OptionalKey<String>| Ok::<_, Error>(server.get(key)?.map(|text| text.trim().to_owned()));
    let url = text(options::TOKEN_URL)?.ok_or_else(|| {
        required(&options::TOKEN_URL, "Give the address of the token endpoint, which grants the client its tokens.")
    })?;
    let url = parse_base_url(options::TOKEN_URL.spec.name, &url, server.get(ALLOW_HTTP)?)?;
    Ok(TokenEndpoint {
        url,
        audience: text(options::AUDIENCE)?,
        scope: text(options::SCOPE)?,
        client: server.get(options::CLIENT_AUTHENTICATION)?,
    })
}

/// Checks that the options of a server do not contradict each other.
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
    let auth = server.get(options::AUTH)?;
    for (option, needed) in [
        (options::HEADER.spec, Auth::Header),
        (options::QUERY_PARAMETER.spec, Auth::Query),
        (options::TOKEN_URL.spec, Auth::Oauth2),
        (options::AUDIENCE.spec, Auth::Oauth2),
        (options::SCOPE.spec, Auth::Oauth2),
        (options::CLIENT_AUTHENTICATION.spec, Auth::Oauth2),
    ] {
        if server.is_set(&option) && auth != needed {
            let option = option.name;
            return Err(Error::new(
                ErrorKind::OptionValue,
                format!("option \"{option}\" has no use with auth '{auth}'"),
            )
            .with_hint(format!("It goes with auth '{needed}'.")));
        }
    }
    if auth == Auth::Oauth2 && token_endpoint(server)?.url.scheme() != base.scheme() {
        return Err(Error::new(ErrorKind::OptionValue, "of options \"url\" and \"token_url\" only one is encrypted")
            .with_hint("Use https:// for both."));
    }
    Ok(())
}

fn required(option: &OptionalKey<String>, hint: &str) -> Error {
    Error::new(ErrorKind::OptionMissing, format!("option \"{}\" is required", option.spec.name)).with_hint(hint)
}
