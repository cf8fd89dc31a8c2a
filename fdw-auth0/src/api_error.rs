//! What Auth0 says when it refuses.

use fdw_common::model::Entity;
use serde::Deserialize;

/// The two forms of error bodies: the Management API's own, and OAuth's of `/oauth/token`.
#[derive(Deserialize)]
struct Body {
    #[serde(rename = "statusCode")]
    status_code: Option<u16>,
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

/// True for Auth0's own "there is none": 404 in its error form, or an id that cannot be one
/// (`invalid_uri`: the path was well-formed, so it is the id's form that is refused). Any other 404 is
/// a gateway's or a wrong address, and no answer to the question.
pub fn is_absent(status: u16, body: &[u8]) -> bool {
    // A job without errors has no content.
    if status == 204 {
        return true;
    }
    let Ok(body) = serde_json::from_slice::<Body>(body) else { return false };
    let code = body.error_code.as_deref();
    match (status, body.status_code) {
        (404, Some(404)) => code.is_none_or(|code| {
            code.starts_with("inexistent_") || matches!(code, "theme_not_found" | "HookDoesNotExist")
        }),
        (400, Some(400)) => code == Some("invalid_uri"),
        _ => false,
    }
}

/// True for Auth0's word that a user search ran into its limit of two seconds. Another 503 is an outage
/// (API: get_users; docs: user-search-best-practices).
pub fn is_too_slow(status: u16, body: &[u8]) -> bool {
    status == 503 && message(body).is_some_and(|said| said.contains("exceeded the timeout"))
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

/// What to do about a status of `/oauth/token`.
pub fn login_hint(status: u16) -> Option<String> {
    match status {
        401 => Some("Compare client_id and client_secret with the application's settings in Auth0.".to_owned()),
        403 => Some(
            "Authorize the application for the Management API (Applications > APIs > Auth0 Management API). With a \
             custom domain, set option audience to the API's identifier on the tenant's own domain."
                .to_owned(),
        ),
        404 => Some("Check the server's address.".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_is_auth0s_own_word_only() {
        let cases = [
            (404, r#"{"statusCode":404,"error":"Not Found","message":"m","errorCode":"inexistent_user"}"#, true),
            (404, r#"{"statusCode":404,"error":"Not Found","message":"m"}"#, true),
            (204, "", true),
            (404, r#"{"statusCode":404,"message":"m","errorCode":"theme_not_found"}"#, true),
            (404, r#"{"statusCode":404,"message":"m","errorCode":"HookDoesNotExist"}"#, true),
            (404, r#"{"statusCode":404,"message":"m","errorCode":"tenant_gone"}"#, false),
            (404, r#"{"message":"no route"}"#, false),
            (404, "<html>", false),
            (400, r#"{"statusCode":400,"message":"m","errorCode":"invalid_uri"}"#, true),
            (400, r#"{"statusCode":400,"message":"m","errorCode":"invalid_query"}"#, false),
            (403, r#"{"statusCode":403,"message":"m","errorCode":"inexistent_user"}"#, false),
            (500, r#"{"statusCode":404,"message":"m"}"#, false),
        ];
        for (status, body, absent) in cases {
            assert_eq!(is_absent(status, body.as_bytes()), absent, "{status} {body}");
        }
    }

    #[test]
    fn only_auth0s_own_word_says_that_a_search_was_too_slow() {
        let body = r#"{"statusCode":503,"error":"Service Unavailable","message":"The query exceeded the timeout. Please try refining your search criteria."}"#;
        assert!(is_too_slow(503, body.as_bytes()));
        assert!(!is_too_slow(500, body.as_bytes()));
        assert!(!is_too_slow(503, b"<html>exceeded the timeout</html>"));
        assert!(!is_too_slow(503, br#"{"statusCode":503,"message":"Service Unavailable"}"#));
    }

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
