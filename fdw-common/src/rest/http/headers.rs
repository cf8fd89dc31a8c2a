//! The headers of a request: constant headers from the options, and the header with the credential.

use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};

use super::authorization::Authorization;
use super::connection::Connection;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Entity;
use crate::source::constant_headers;

/// The headers of a request for an entity, including `Accept`.
///
/// # Errors
/// `OptionValue` for a header that is not valid, and for a constant header with the name of the credential's header.
pub(crate) fn request_headers(
    connection: &Connection,
    entity: &Entity,
    authorization: &Authorization,
) -> Result<HeaderMap> {
    let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    for (name, value) in constant_headers(connection.headers(), entity.headers) {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(&name), HeaderValue::try_from(value)) else {
            return Err(Error::new(ErrorKind::OptionValue, format!("\"{name}\" is no header of HTTP")));
        };
        headers.insert(name, value);
    }
    if let Some((name, value)) = &authorization.header
        && headers.insert(name.clone(), value.clone()).is_some()
    {
        let message = format!("option \"headers\" of \"{}\" cannot set \"{name}\"", entity.name);
        return Err(Error::new(ErrorKind::OptionValue, message).with_hint("It is the header that holds the token."));
    }
    Ok(headers)
}

/// True for a media type in the option `accept`. Whether the body is JSON is checked when it is parsed.
pub(crate) fn is_accepted(connection: &Connection, entity: &Entity, media: &str) -> bool {
    let essence = |media: &str| media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let headers = constant_headers(connection.headers(), entity.headers);
    let accepted = headers.iter().find(|(name, _)| name == ACCEPT.as_str());
    accepted.is_some_and(|(_, accept)| accept.split(',').any(|wanted| essence(wanted) == essence(media)))
}
