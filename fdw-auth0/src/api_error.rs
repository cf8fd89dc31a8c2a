//! Auth0's error answers: messages, hints, and the errors with a meaning of their own.

use fdw_common::model::{Entity, Stage};
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

impl Body {
    /// True if the token has none of the endpoint's scopes.
    fn is_missing_scope(&self) -> bool {
        self.error_code.as_deref() == Some("insufficient_scope")
    }

    /// The scopes of which any one is enough, as the message lists them after
    /// `Insufficient scope, expected any of:`.
    fn expected_scopes(&self) -> Option<String> {
        let (_, listed) = self.message.as_deref()?.split_once("expected any of:")?;
        let is_scope = |word: &str| {
            word.contains(':')
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-'))
        };
        let scopes: Vec<&str> = listed.split([',', ' ']).filter(|word| !word.is_empty()).collect();
        (!scopes.is_empty() && scopes.iter().all(|scope| is_scope(scope))).then(|| scopes.join(", "))
    }

    /// True for a message about a feature that this tenant does not have, rather than about one object.
    fn is_about_a_feature(&self) -> bool {
        const WORDS: &[&str] =
            &["not available", "not enabled", "not supported", "your plan", "upgrade", "subscription"];
        let message = self.message.as_deref().unwrap_or_default().to_ascii_lowercase();
        WORDS.iter().any(|words| message.contains(words))
    }
}

/// Auth0's message with its error code, if the body has one of Auth0's forms.
pub fn message(body: &[u8]) -> Option<String> {
    let body: Body = serde_json::from_slice(body).ok()?;
    let text = body.message.or(body.error_description).or(body.error)?;
    Some(match body.error_code {
        Some(code) => format!("{text} ({code})"),
        None => text,
    })
}

/// True if Auth0 says that the object does not exist: 404 in its error form, or 400 `invalid_uri` for an id that is
/// not valid (the path is well-formed, so the id's form is refused). Any other 404 is from a gateway or a wrong
/// address, and says nothing about the object.
///
/// The message for a path that Auth0 does not have is "Not Found" alone. For a deprecated list this means that the
/// endpoint was removed, not that the parent object is missing.
pub fn is_absent(status: u16, body: &[u8], entity: &Entity) -> bool {
    let Ok(body) = serde_json::from_slice::<Body>(body) else { return false };
    let code = body.error_code.as_deref();
    match (status, body.status_code) {
        (404, Some(404)) => match code {
            Some(code) => code.starts_with("inexistent_") || matches!(code, "theme_not_found" | "HookDoesNotExist"),
            // Without a code, 404 may also mean an unavailable feature; an empty result would hide that.
            None => {
                let may_be_no_endpoint = entity.stage == Stage::Deprecated && !entity.is_document();
                let is_no_endpoint = may_be_no_endpoint && body.message.as_deref() == Some("Not Found");
                !(is_no_endpoint || body.is_about_a_feature())
            }
        },
        (400, Some(400)) => code == Some("invalid_uri"),
        _ => false,
    }
}

/// True if Auth0 says that a user search exceeded its limit of two seconds. Another 503 is an outage
/// (API: get_users; docs: user-search-best-practices).
pub fn is_too_slow(status: u16, body: &[u8]) -> bool {
    status == 503 && message(body).is_some_and(|said| said.contains("exceeded the timeout"))
}

/// True if Auth0 says that paging by number ends at 1,000 rows. For users and logs the code is `invalid_paging`;
/// for members, roles' users and organizations only the message says so (node-auth0 issue 1246, auth0-python issue
/// 277).
pub fn is_page_cap(status: u16, body: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<Body>(body) else { return false };
    status == 400
        && (body.error_code.as_deref() == Some("invalid_paging")
            || body.message.is_some_and(|said| said.replace(',', "").contains("1000 records")))
}

/// The hint for an error answer to a request for this entity's rows; none if no rule of Auth0's applies.
///
/// 403 has three meanings, which the body distinguishes: the token lacks a scope (`insufficient_scope`), the tenant
/// lacks a plan or a feature (any other error of Auth0's), or a proxy or firewall refused the request (any other body).
pub fn hint(status: u16, body: &[u8], entity: &Entity) -> Option<String> {
    let said = serde_json::from_slice::<Body>(body).ok().filter(|said| match said.status_code {
        Some(code) => code == status,
        None => said.error_code.is_some(),
    });
    let name = entity.name;
    match (status, said) {
        (401, _) => {
            Some("Management API tokens expire after 24 hours by default. Make a new one for this tenant.".to_owned())
        }
        (403, Some(said)) if said.is_missing_scope() => Some(format!(
            "Grant one of the scopes {} to the application whose token this is (Applications > APIs > Auth0 Management API).",
            said.expected_scopes().unwrap_or_else(|| entity.scopes.join(", "))
        )),
        (402 | 403, Some(_)) => Some(format!(
            "This tenant's plan or a feature that is not enabled does not allow reading \"{name}\". Compare the plan and \
             the tenant's settings in the Auth0 dashboard.",
        )),
        (404, Some(_)) => Some(format!(
            "The tenant has no feature behind \"{name}\", or not in its plan. Compare the plan and the tenant's settings in \
             the Auth0 dashboard.",
        )),
        (403, None) => Some(
            "The answer is not in the Management API's form: a proxy or a firewall may have refused the request."
                .to_owned(),
        ),
        _ => None,
    }
}

/// The hint for an error status of `/oauth/token`.
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
    fn only_auth0s_own_404_means_absent() {
        let cases = [
            (404, r#"{"statusCode":404,"error":"Not Found","message":"m","errorCode":"inexistent_user"}"#, true),
            (404, r#"{"statusCode":404,"error":"Not Found","message":"m"}"#, true),
            (
                404,
                r#"{"statusCode":404,"error":"Not Found","message":"Bot detection is not available for this tenant."}"#,
                false,
            ),
            (
                404,
                r#"{"statusCode":404,"error":"Not Found","message":"No organization found by that id or name"}"#,
                true,
            ),
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
            assert_eq!(is_absent(status, body.as_bytes(), &Entity::BASE), absent, "{status} {body}");
        }
    }

    #[test]
    fn not_found_for_a_deprecated_list_is_no_empty_list() {
        let body = br#"{"statusCode":404,"error":"Not Found","message":"Not Found"}"#;
        let gone = br#"{"statusCode":404,"error":"Not Found","message":"The user does not exist.","errorCode":"inexistent_user"}"#;
        let deprecated = Entity { stage: Stage::Deprecated, ..Entity::BASE };
        assert!(is_absent(404, body, &Entity::BASE));
        assert!(!is_absent(404, body, &deprecated));
        assert!(is_absent(404, gone, &deprecated));
        let document = Entity { rows: fdw_common::model::Rows::Document, ..deprecated };
        assert!(is_absent(404, body, &document));
    }

    #[test]
    fn only_auth0s_own_503_means_a_search_was_too_slow() {
        let body = r#"{"statusCode":503,"error":"Service Unavailable","message":"The query exceeded the timeout. Please try refining your search criteria."}"#;
        assert!(is_too_slow(503, body.as_bytes()));
        assert!(!is_too_slow(500, body.as_bytes()));
        assert!(!is_too_slow(503, b"<html>exceeded the timeout</html>"));
        assert!(!is_too_slow(503, br#"{"statusCode":503,"message":"Service Unavailable"}"#));
    }

    #[test]
    fn hint_names_scopes_only_if_a_scope_is_missing() {
        const GRANT: &str = "Grant one of the scopes";
        const PLAN: &str = "plan";
        let entity = Entity { name: "log_streams", scopes: &["read:log_streams"], ..Entity::BASE };
        let cases: &[(u16, &str, &[&str], &[&str])] = &[
            (
                403,
                r#"{"statusCode":403,"message":"Insufficient scope, expected any of: read:a,read:b","errorCode":"insufficient_scope"}"#,
                &[GRANT, "read:a, read:b"],
                &[PLAN, "read:log_streams"],
            ),
            (
                403,
                r#"{"statusCode":403,"message":"Insufficient scope","errorCode":"insufficient_scope"}"#,
                &[GRANT, "read:log_streams"],
                &[PLAN],
            ),
            (
                403,
                r#"{"statusCode":403,"message":"Insufficient scope, expected any of: call +1 555","errorCode":"insufficient_scope"}"#,
                &[GRANT, "read:log_streams"],
                &["555"],
            ),
            (
                403,
                r#"{"statusCode":403,"message":"Please add a credit card to your account to use this feature."}"#,
                &[PLAN, "feature", "log_streams"],
                &[GRANT],
            ),
            (
                403,
                r#"{"statusCode":403,"message":"This feature is not enabled for your plan.","errorCode":"insufficient_entitlement"}"#,
                &[PLAN, "feature"],
                &[GRANT],
            ),
            (402, r#"{"statusCode":402,"message":"m"}"#, &[PLAN], &[GRANT]),
            (403, r#"{"message":"m","errorCode":"insufficient_scope"}"#, &[GRANT], &[PLAN]),
            (403, r#"{"statusCode":401,"message":"m"}"#, &["proxy"], &[GRANT, PLAN]),
            (403, "<html>", &["proxy"], &[GRANT, PLAN]),
            (403, r#"{"message":"Forbidden"}"#, &["proxy"], &[GRANT, PLAN]),
            (
                404,
                r#"{"statusCode":404,"error":"Not Found","message":"Hooks are not available for this tenant."}"#,
                &["tenant", "feature", "log_streams"],
                &[GRANT, "address"],
            ),
            (401, r#"{"statusCode":401,"message":"m"}"#, &["expire"], &[GRANT]),
        ];
        for (status, body, says, lacks) in cases {
            let hint = hint(*status, body.as_bytes(), &entity).unwrap_or_default();
            assert!(says.iter().all(|word| hint.contains(word)), "{status} {body}: {hint}");
            assert!(!lacks.iter().any(|word| hint.contains(word)), "{status} {body}: {hint}");
        }
        // Another program's 404 means a wrong address; the general hint covers that.
        for body in ["<html>", "", r#"{"message":"no route"}"#] {
            assert_eq!(hint(404, body.as_bytes(), &entity), None, "{body}");
        }
        assert_eq!(hint(500, br#"{"statusCode":500,"message":"m"}"#, &entity), None);
    }

    #[test]
    fn only_a_400_about_paging_is_the_page_cap() {
        let first = "You can only page through the first 1000 records.";
        let most = "Requesting page 10 exceeds the allowed maximum of 1000 records.";
        let cases = [
            (400, format!(r#"{{"statusCode":400,"message":"{first}","errorCode":"invalid_paging"}}"#), true),
            (400, format!(r#"{{"statusCode":400,"message":"{most}"}}"#), true),
            (400, r#"{"statusCode":400,"message":"m","errorCode":"invalid_query"}"#.to_owned(), false),
            (400, r#"{"statusCode":400,"message":"Value 1000 is greater than maximum 100"}"#.to_owned(), false),
            (400, "<html>1000 records".to_owned(), false),
            (403, format!(r#"{{"statusCode":403,"message":"{most}"}}"#), false),
        ];
        for (status, body, expected) in cases {
            assert_eq!(is_page_cap(status, body.as_bytes()), expected, "{status} {body}");
        }
    }

    #[test]
    fn message_is_read_from_every_form_of_body() {
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
