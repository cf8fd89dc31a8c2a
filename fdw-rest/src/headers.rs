//! The constant headers that a server or a table adds to its requests.

use fdw_common::error::{Error, ErrorKind, Result};
use fdw_common::options::Options;
use fdw_common::source::{HeaderName, HeaderValue};

use crate::options;

/// Headers that HTTP or this extension sets itself.
const RESERVED: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers that contain a credential in every API.
const CREDENTIALS: &[&str] = &["authorization", "cookie", "proxy-authorization"];

/// True for a header that HTTP or this extension sets itself, including `Accept`.
pub(crate) fn is_reserved(name: &HeaderName) -> bool {
    name == "accept" || RESERVED.contains(&name.as_str())
}

/// The headers from the options `headers` and `accept` of a server or a table, with names in lower case.
///
/// # Errors
/// `OptionValue` for a line that is not a header, for a header that is set twice, and for one that HTTP sets itself or
/// that contains a credential.
pub(crate) fn read(options: &Options) -> Result<Vec<(String, String)>> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in lines(&options.get(options::HEADERS)?.unwrap_or_default())? {
        let (name, value) = header(&name, &value)?;
        if headers.iter().any(|(known, _)| *known == name) {
            return Err(refused(format!("option \"headers\" sets \"{name}\" twice"), "Give each header once."));
        }
        headers.push((name, value));
    }
    if let Some(accept) = options.get(options::ACCEPT)? {
        let accept = accept.trim();
        if !is_value(accept) || !accept.contains('/') {
            let message = format!("option \"accept\" cannot be '{accept}'");
            return Err(refused(message, "Give a media type, such as 'application/vnd.api+json'."));
        }
        headers.push(("accept".to_owned(), accept.to_owned()));
    }
    Ok(headers)
}

/// The names and values in the option: one header per line, or the members of a JSON object.
fn lines(text: &str) -> Result<Vec<(String, String)>> {
    if text.trim_start().starts_with('{') {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|_| refused("option \"headers\" is no JSON object".to_owned(), FORM))?;
        let member = |(name, value): (String, serde_json::Value)| match value {
            serde_json::Value::String(value) => Ok((name, value)),
            _ => Err(refused(format!("in option \"headers\", the value of \"{name}\" is no text"), FORM)),
        };
        return object.into_iter().map(member).collect();
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty()).enumerate();
    let header = |(number, line): (usize, &str)| match line.split_once(':') {
        Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
        // The line may be a credential, and is not repeated.
        None => Err(refused(format!("in option \"headers\", line {} has no colon", number + 1), FORM)),
    };
    lines.map(header).collect()
}

const FORM: &str = "Write one header per line: 'X-Api-Version: 2022-11-28'.";

/// Checks that a header may be constant and public.
fn header(name: &str, value: &str) -> Result<(String, String)> {
    let parsed = HeaderName::try_from(name)
        .map_err(|_| refused("option \"headers\" has a name that is no header's".to_owned(), FORM))?;
    let not_this = |hint: &str| Err(refused(format!("option \"headers\" cannot set \"{parsed}\""), hint));
    if CREDENTIALS.contains(&parsed.as_str()) {
        return not_this(
            "Every role can read it. A credential is the token of a user mapping; auth 'header' with header names \
             the header that it is sent in.",
        );
    }
    if parsed == "accept" {
        return not_this("Use the option accept.");
    }
    if is_reserved(&parsed) {
        return not_this("HTTP uses this header itself.");
    }
    if !is_value(value) {
        let message = format!("in option \"headers\", \"{parsed}\" has a value that no header can have");
        return Err(refused(message, "Use characters of ASCII, and one line."));
    }
    Ok((parsed.as_str().to_owned(), value.to_owned()))
}

fn is_value(value: &str) -> bool {
    value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && HeaderValue::try_from(value).is_ok()
}

fn refused(message: String, hint: &str) -> Error {
    Error::new(ErrorKind::OptionValue, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rest;
    use fdw_common::options::Catalog;
    use fdw_common::source::Source as _;

    fn headers(option: &str, value: &str) -> Result<String> {
        let options = Rest::OPTIONS.validate(Catalog::Table, vec![(option.to_owned(), value.to_owned())])?;
        let headers = read(&options)?.into_iter().map(|(name, value)| format!("{name}={value}"));
        Ok(headers.collect::<Vec<_>>().join(" | "))
    }

    #[test]
    fn headers_are_lines_or_members_of_a_json_object() {
        let cases = [
            ("headers", "X-Api-Version: 2022-11-28", "x-api-version=2022-11-28"),
            ("headers", "\n A:b:c \r\n\nX-Tenant :  two words \n", "a=b:c | x-tenant=two words"),
            ("headers", r#"{"X-Api-Version": "1", "User-Agent": "me/1"}"#, "user-agent=me/1 | x-api-version=1"),
            ("headers", "X-Empty:", "x-empty="),
            ("accept", "application/vnd.x+json; v=2", "accept=application/vnd.x+json; v=2"),
        ];
        for (option, value, expected) in cases {
            assert_eq!(headers(option, value).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn a_header_that_is_secret_or_belongs_to_http_is_refused() {
        let cases = [
            ("headers", "Authorization: Bearer x-4711", "authorization"),
            ("headers", "COOKIE: a=4711", "cookie"),
            ("headers", "Proxy-Authorization: 4711", "proxy-authorization"),
            ("headers", "Host: x.example", "host"),
            ("headers", "Accept: text/plain", "accept"),
            ("headers", "Content-Length: 5", "content-length"),
            ("headers", "Transfer-Encoding: chunked", "transfer-encoding"),
            ("headers", "Connection: close", "connection"),
            ("headers", "Accept-Encoding: zip", "accept-encoding"),
            ("headers", "X-A: 1\nx-a: 2", "twice"),
            ("headers", "X-A=4711", "line 1 has no colon"),
            ("headers", "X A: 4711", "no header's"),
            ("headers", ": 4711", "no header's"),
            ("headers", "X-A: \u{e4}", "a value that no header can have"),
            ("headers", "X-A: a\u{1}4711", "a value that no header can have"),
            ("headers", r#"{"X-A": "a\nb"}"#, "a value that no header can have"),
            ("headers", r#"{"X-A": 4711}"#, "is no text"),
            ("headers", r#"{"X-A": "#, "no JSON object"),
            ("accept", "json", "\"accept\" cannot be 'json'"),
        ];
        for (option, value, expected) in cases {
            let error = headers(option, value).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OptionValue, "{value}");
            assert!(error.message().contains(expected), "{value}: {error:?}");
            assert!(!format!("{error:?}").contains("4711"), "{error:?}");
        }
    }
}
