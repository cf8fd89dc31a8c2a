//! Whole answers before they are sent, and Auth0's error bodies.

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::json;

/// Content type of Auth0's JSON answers.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// Status, headers and body of one answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Answer {
    /// 200 with a JSON body.
    pub(crate) fn json(body: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, content_type: JSON.to_owned(), headers: Vec::new(), body: body.into() }
    }

    /// An error in the Management API's form. Many errors have no `code`.
    pub(crate) fn error(status: StatusCode, message: &str, code: Option<&str>) -> Self {
        let mut body = json!({
            "statusCode": status.as_u16(),
            "error": status.canonical_reason().unwrap_or("Error"),
            "message": message,
        });
        if let Some(code) = code {
            body["errorCode"] = code.into();
        }
        Self { status, ..Self::json(body.to_string()) }
    }

    /// 401 for a refused token, with the message repeated in `attributes.error`.
    pub(crate) fn unauthorized(message: &str) -> Self {
        let body = json!({
            "statusCode": 401,
            "error": "Unauthorized",
            "message": message,
            "attributes": {"error": message},
        });
        Self {
            status: StatusCode::UNAUTHORIZED,
            headers: vec![("www-authenticate".to_owned(), format!("Bearer error=\"{message}\""))],
            ..Self::json(body.to_string())
        }
    }

    /// 400 for a query parameter, with the message of Auth0's schema validation.
    pub(crate) fn invalid_query(problem: &str, property: &str, description: &str) -> Self {
        Self::error(
            StatusCode::BAD_REQUEST,
            &format!("Query validation error: '{problem}' on property {property} ({description})."),
            Some("invalid_query_string"),
        )
    }

    /// An OAuth error of `/oauth/token`, without `statusCode`.
    pub(crate) fn oauth_error(status: StatusCode, error: &str, description: &str) -> Self {
        let body = json!({"error": error, "error_description": description});
        Self { status, content_type: "application/json".to_owned(), ..Self::json(body.to_string()) }
    }
}
