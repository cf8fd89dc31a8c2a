//! Hints for the errors of an API.

pub(crate) use fdw_common::api_error::message;
use serde_json::Value;

/// True for a 404 or a 410 ("was deleted") from the API. A page of a web server means a wrong address instead.
pub(crate) fn is_absent(status: u16, body: &[u8]) -> bool {
    matches!(status, 404 | 410) && (body.trim_ascii().is_empty() || serde_json::from_slice::<Value>(body).is_ok())
}

/// The hint for a status.
pub(crate) fn hint(status: u16) -> Option<String> {
    let hint = match status {
        400 | 422 => "Check the table's options: path, and the names of its parameters.",
        401 => "Check the credential, and the server's option auth, which says how it is sent.",
        403 => "The credential is known, but may not read this.",
        404 | 410 => "Check the server's option url and the table's option path.",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// The hint for a status of the token endpoint.
pub(crate) fn login_hint(status: u16) -> Option<String> {
    let hint = match status {
        400 | 401 => {
            "Check client_id and client_secret, and the server's options scope, audience and client_authentication."
        }
        403 => "The client is known, but gets no token for this scope or audience.",
        404 => "Check the server's option token_url.",
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_404_or_410_of_the_api_means_a_missing_row() {
        assert!(is_absent(404, b"") && is_absent(404, br#"{"message":"None."}"#));
        assert!(is_absent(410, b""));
        assert!(!is_absent(404, b"<html>") && !is_absent(410, b"<html>") && !is_absent(200, b""));
    }
}
