//! Classification of an answer by its status, headers and body.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use crate::api_error::is_error_envelope;
use crate::error::ErrorKind;

/// The answer to a request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A body to parse.
    Page(Received),
    /// A success without a body (204, 205): no rows.
    NoContent,
    /// The API says that the row does not exist.
    Absent,
    /// The API says that the search took too long.
    TooSlow,
    /// The API says that paging ends here, in this message.
    PageCap(String),
    /// The API says that the tenant or the token may not do this, in this message.
    Refused(String),
}

/// A complete body, and the headers that are used with it.
#[derive(Debug)]
pub(crate) struct Received {
    /// The body, without a byte order mark.
    pub(crate) body: Vec<u8>,
    /// The target of the header `Link` with the relation `next`.
    pub(crate) next_link: Option<String>,
    /// The header `Date`, in milliseconds since 1970.
    pub(crate) date: Option<i64>,
}

/// The error status that the caller of a request accepts as an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AcceptedStatus {
    /// No error status.
    Nothing,
    /// The status for a row that does not exist.
    Absent,
    /// The status for a search that took too long.
    TooSlow,
    /// The status for a page past the page cap, and the one for a missing list if the list may be absent.
    PageCap,
    /// The statuses for a request that is not valid (400, 422), since another one may be valid, and the one for a
    /// missing list if the list may be absent.
    Invalid,
    /// The status of a refusal, recognised by this function.
    Refused(fn(u16, &[u8]) -> bool),
}

/// Media types that APIs use for JSON, in addition to those with "json" in their name.
const ALSO_JSON: &[&str] = &[
    "text/plain",
    "text/javascript",
    "application/javascript",
    "application/x-javascript",
    "application/octet-stream",
    "binary/octet-stream",
];

/// Removes the byte order mark that some APIs send before JSON (RFC 8259, 8.1, lets a parser ignore it).
pub(crate) fn remove_byte_order_mark(body: &mut Vec<u8>) {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if body.starts_with(MARK) {
        body.drain(..MARK.len());
    }
}

/// The reason why a body cannot be read as JSON, or `None` if parsing can be tried. `is_accepted` says whether a media
/// type is in the option `accept`.
pub(crate) fn unreadable(
    headers: &HeaderMap,
    body: &[u8],
    is_accepted: impl FnOnce(&str) -> bool,
) -> Option<Unreadable> {
    if body.trim_ascii().is_empty() {
        return Some(Unreadable::Empty);
    }
    // The client decodes the encodings that it supports, and removes this header.
    if let Some(encoding) = headers.get(CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Some(Unreadable::Encoding(String::from_utf8_lossy(encoding.as_bytes()).into_owned()));
    }
    let media = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("not text"))?;
    let essence = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = essence.is_empty() || essence.contains("json") || ALSO_JSON.contains(&essence.as_str());
    if !is_json && !is_accepted(media) {
        return Some(Unreadable::Media(media.to_owned()));
    }
    let charset = charset(media)?;
    let is_utf_8 = matches!(charset.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii");
    // Many APIs state another charset for bodies that are ASCII. UTF-16 has zero bytes.
    let is_read = is_utf_8 || (std::str::from_utf8(body).is_ok() && !body.contains(&0));
    (!is_read).then(|| Unreadable::Charset(charset.to_owned()))
}

/// A reason why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is empty, or blank.
    Empty,
    /// It has a content encoding that was not requested.
    Encoding(String),
    /// It is labelled as another media type.
    Media(String),
    /// It is labelled, rightly, as text in another encoding than UTF-8.
    Charset(String),
}

impl Unreadable {
    /// The end of a sentence about the answer: fixed text, and the name from the header, to be quoted after it.
    pub(crate) fn describe(&self) -> (&'static str, &str) {
        match self {
            Unreadable::Empty => ("has an empty body", ""),
            Unreadable::Encoding(name) => ("has a content encoding that was not asked for: ", name),
            Unreadable::Media(name) => ("is not JSON but ", name),
            Unreadable::Charset(name) => ("is not encoded as UTF-8 but as ", name),
        }
    }

    /// The hint for the error.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Unreadable::Empty => "An API that has no rows says 204, or answers with an empty array.",
            Unreadable::Encoding(_) => "Check what is between the API and this machine: a proxy may compress answers.",
            Unreadable::Media(_) => "Check the server's address: another program seems to answer there.",
            Unreadable::Charset(_) => {
                "JSON is UTF-8 (RFC 8259). If the API can be asked for it, set the option accept."
            }
        }
    }
}

/// The parameter `charset` of a media type.
fn charset(media: &str) -> Option<&str> {
    media.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

/// The kind of the error for an error status, and a hint that is valid for any API.
pub(crate) fn status_error(status: StatusCode) -> (ErrorKind, Option<&'static str>) {
    match status.as_u16() {
        202 => (ErrorKind::Remote, Some("The API is still preparing the answer. Run the query again later.")),
        206 => (ErrorKind::Protocol, Some("It is a part of the list, and no part of it was asked for.")),
        201 | 203..=299 => (ErrorKind::Protocol, None),
        304 => (
            ErrorKind::Protocol,
            Some(
                "It answers a condition that the request did not have. Check the caches between the API and this machine.",
            ),
        ),
        300..=399 => {
            (ErrorKind::Protocol, Some("Redirects are not followed. Set the server's address to the API's own host."))
        }
        401 => (ErrorKind::Unauthenticated, Some("Give a token that is valid and has not expired.")),
        403 => (ErrorKind::Denied, None),
        404 => (ErrorKind::Remote, Some("Check the server's address.")),
        408 => (ErrorKind::Broken, None),
        429 => (ErrorKind::RateLimited, None),
        _ => (ErrorKind::Remote, None),
    }
}

/// True for a status with the requested rows in the body. 203 is a 200 changed by a proxy.
pub(crate) fn is_page(status: StatusCode) -> bool {
    matches!(status, StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION)
}

/// True for a body with rows: an object if the answer is one row, else JSON with an array that is not empty. False for
/// an error in an answer with a success status.
pub(crate) fn has_rows(body: &[u8], is_one_row: bool) -> bool {
    fn any(value: &Value) -> bool {
        match value {
            Value::Array(list) => !list.is_empty(),
            Value::Object(members) => members.values().any(any),
            _ => false,
        }
    }
    let has = |value: &Value| if is_one_row { value.is_object() } else { any(value) };
    serde_json::from_slice(body).is_ok_and(|value| has(&value)) && !is_error_envelope(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_rows_if_an_array_in_it_has_elements() {
        for (body, one_row, expected) in [
            (r#"[{"id":1}]"#, false, true),
            (r#"{"data":{"items":[1]}}"#, false, true),
            (r#"{"id":1,"message":"a row"}"#, true, true),
            ("[]", false, false),
            (r#"{"data":[],"message":"slow down"}"#, false, false),
            (r#"{"errors":["slow down"]}"#, false, false),
            (r#"{"error":"slow down"}"#, true, false),
            ("[1]", true, false),
            ("null", false, false),
            ("<html>", true, false),
            ("", true, false),
        ] {
            assert_eq!(has_rows(body.as_bytes(), one_row), expected, "{body}");
        }
    }

    fn found(media: Option<&str>, body: &[u8]) -> Option<Unreadable> {
        let headers = media.map(|media| (CONTENT_TYPE, media.parse().unwrap()));
        unreadable(&headers.into_iter().collect(), body, |_| false)
    }

    #[test]
    fn json_is_read_with_the_media_types_that_apis_use() {
        for media in [
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/vnd.api+json",
            "application/hal+JSON; profile=x",
            "text/plain; charset=utf-8",
            "text/javascript",
            "application/javascript",
            "application/octet-stream",
            "Text/Plain",
            "",
            // The body is ASCII.
            "application/json; charset=iso-8859-1",
            "text/plain; charset=utf-16",
        ] {
            assert_eq!(found(Some(media), b"[1]"), None, "{media}");
        }
        assert_eq!(found(None, b"[1]"), None);
        assert_eq!(found(Some("application/json; charset=latin1"), "[\"é\"]".as_bytes()), None, "it is UTF-8");
    }

    #[test]
    fn unreadable_says_why_a_body_is_not_json() {
        let media = |name: &str| Some(Unreadable::Media(name.to_owned()));
        let charset = |name: &str| Some(Unreadable::Charset(name.to_owned()));
        let latin = b"[\"\xe9\"]";
        let wide: Vec<u8> = "[1]".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let cases: &[(&str, &[u8], Option<Unreadable>)] = &[
            ("text/html", b"[1]", media("text/html")),
            ("text/html; charset=utf-8", b"<html>", media("text/html; charset=utf-8")),
            ("application/xml", b"<a/>", media("application/xml")),
            ("application/json; charset=iso-8859-1", latin, charset("iso-8859-1")),
            ("application/json; charset=utf-16", &wide, charset("utf-16")),
            ("application/json; charset=utf-16", b"\xff\xfe[\0]\0", charset("utf-16")),
            ("application/json", b"", Some(Unreadable::Empty)),
            ("application/json", b" \r\n", Some(Unreadable::Empty)),
        ];
        for (label, body, expected) in cases {
            assert_eq!(found(Some(label), body), *expected, "{label}");
        }
        let deflated = [(CONTENT_ENCODING, "deflate".parse().unwrap())].into_iter().collect();
        let expected = Some(Unreadable::Encoding("deflate".to_owned()));
        assert_eq!(unreadable(&deflated, b"\x78\x9c", |_| false), expected);
        let headers = [(CONTENT_TYPE, "text/x-rows".parse().unwrap())].into_iter().collect();
        assert_eq!(unreadable(&headers, b"[1]", |media| media == "text/x-rows"), None, "the option accept has it");
    }

    #[test]
    fn one_byte_order_mark_is_removed() {
        for (body, expected) in [
            (&b"\xef\xbb\xbf[1]"[..], &b"[1]"[..]),
            (b"[1]", b"[1]"),
            (b"\xef\xbb\xbf", b""),
            (b"\xff\xfe[", b"\xff\xfe["),
        ] {
            let mut body = body.to_vec();
            remove_byte_order_mark(&mut body);
            assert_eq!(body, expected);
        }
    }

    #[test]
    fn a_304_is_not_a_redirect() {
        let hint = |code| status_error(StatusCode::from_u16(code).unwrap()).1.unwrap_or_default().to_lowercase();
        assert!(!hint(304).contains("redirect") && hint(302).contains("redirect"));
    }
}
