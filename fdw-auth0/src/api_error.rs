//! What Auth0 says when it refuses.

use fdw_common::entity::Entity;
use serde::Deserialize;

/// The two forms of error bodies: the Management API's own, and OAuth's of `/oauth/token`.
#[derive(Deserialize)]
struct Body {
    message: Option<String>,
    #[serde(rename = "errorCode")]
    error_code: Option<String>,
    error_description: Option<String>,
    error: Option<String>,
}

/// Auth0's message with its error code, when the body is of a form Auth0 uses.
pub fn message(body: &[u8]) -> Option<String> {
    let body: Body = serde_json::from_slice(body).ok()?;
    let text = body.message.or(body.error_description).or(body.error)?;
    Some(match body.error_code {
        Some(code) => format!("{text} ({code})"),
        None => text,
    })
}

/// What to do about a status, where Auth0's own ways matter.
pub fn hint(status: u16, entity: &Entity) -> Option<String> {
    match status {
        401 => {
            Some("Management API tokens expire after 24 hours by default. Make a new one for this tenant.".to_owned())
        }
        403 => Some(format!(
            "Grant one of the scopes {} to the application whose token this is (Applications > APIs > Auth0 Management API).",
            entity.scopes.join(", ")
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_every_form() {
        let cases = [
            (
                r#"{"statusCode":403,"error":"Forbidden","message":"Insufficient scope","errorCode":"insufficient_scope"}"#,
                Some("Insufficient scope (insufficient_scope)"),
            ),
            (
                r#"{"statusCode":401,"error":"Unauthorized","message":"Invalid token","attributes":{}}"#,
                Some("Invalid token"),
            ),
            (r#"{"error":"access_denied","error_description":"Unauthorized"}"#, Some("Unauthorized")),
            (r#"{"error":"access_denied"}"#, Some("access_denied")),
            ("{}", None),
            ("<html>", None),
            ("", None),
            (r#"{"message":7}"#, None),
        ];
        for (body, expected) in cases {
            assert_eq!(message(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
