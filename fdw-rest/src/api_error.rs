//! What an API says when it refuses, in the forms that many use.

use serde_json::Value;

/// The words of an error answer: those of problem details (RFC 9457), of OAuth2 (RFC 6749, 5.2), or what
/// stands under `message`, `error` or `errors`.
pub(crate) fn message(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    said(&body)
}

fn said(value: &Value) -> Option<String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    match value {
        Value::String(said) => Some(said.clone()).filter(|said| !said.is_empty()),
        Value::Array(list) => list.first().and_then(said),
        Value::Object(_) => {
            let specific = ["detail", "error_description", "message", "description"].into_iter().find_map(text);
            let general = ["title", "error", "code"].into_iter().find_map(text);
            match (specific, general) {
                (Some(specific), Some(general)) if specific != general => Some(format!("{specific} ({general})")),
                (Some(only), _) | (None, Some(only)) => Some(only.to_owned()),
                (None, None) => value.get("error").or(value.get("errors")).and_then(said),
            }
        }
        _ => None,
    }
}

/// True for a 404 that is not the page of a web server: that is a wrong address, and no answer to the question.
pub(crate) fn is_absent(status: u16, body: &[u8]) -> bool {
    status == 404 && (body.trim_ascii().is_empty() || serde_json::from_slice::<Value>(body).is_ok())
}

/// What to do about a status.
pub(crate) fn hint(status: u16) -> Option<String> {
    let hint = match status {
        400 | 422 => "Check the table's options: path, and the names of its parameters.",
        401 => "Check the credential, and the server's option auth, which says how it is sent.",
        403 => "The credential is known, but may not read this.",
        404 => "Check the server's option url and the table's option path.",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What to do about a status of the token endpoint.
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
    fn the_words_of_many_apis() {
        let cases = [
            (r#"{"type":"about:blank","title":"Forbidden","detail":"No right."}"#, Some("No right. (Forbidden)")),
            (r#"{"error":"invalid_client","error_description":"Unknown."}"#, Some("Unknown. (invalid_client)")),
            (r#"{"message":"Bad credentials","documentation_url":"x"}"#, Some("Bad credentials")),
            (r#"{"error":{"code":401,"message":"Expired."}}"#, Some("Expired.")),
            (r#"{"errors":[{"title":"Invalid","detail":"No such field."}]}"#, Some("No such field. (Invalid)")),
            (r#"{"errors":["First."]}"#, Some("First.")),
            (r#""Plain.""#, Some("Plain.")),
            (r#"{"message":7}"#, None),
            (r#"{"errors":[]}"#, None),
            ("<html>", None),
            ("", None),
        ];
        for (body, expected) in cases {
            assert_eq!(message(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn only_the_apis_own_404_says_that_there_is_no_such_row() {
        assert!(is_absent(404, b"") && is_absent(404, br#"{"message":"None."}"#));
        assert!(!is_absent(404, b"<html>") && !is_absent(410, b"") && !is_absent(200, b""));
    }
}
