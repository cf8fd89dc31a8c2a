//! `POST /oauth/token`: the client credentials grant.

use std::collections::HashMap;

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::state::State;

/// Answers a token request, JSON or form.
pub(crate) fn token(state: &State, content_type: Option<&str>, body: &[u8]) -> Answer {
    let parameters = parameters(content_type, body);
    let parameter = |name: &str| parameters.get(name).map(String::as_str);
    let Some(grant_type) = parameter("grant_type") else {
        return Answer::oauth_error(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "Missing required parameter: grant_type",
        );
    };
    let known = parameter("client_id") == Some(state.client.id.as_str())
        && parameter("client_secret") == Some(state.client.secret.as_str());
    if !known {
        return Answer::oauth_error(StatusCode::UNAUTHORIZED, "access_denied", "Unauthorized");
    }
    if grant_type != "client_credentials" {
        return Answer::oauth_error(
            StatusCode::FORBIDDEN,
            "unauthorized_client",
            &format!("Grant type '{grant_type}' not allowed for the client."),
        );
    }
    let audience = parameter("audience").unwrap_or_default();
    if audience != state.issuer.audience() {
        return Answer::oauth_error(
            StatusCode::FORBIDDEN,
            "access_denied",
            &format!(
                "Client is not authorized to access \"{audience}\". You need to create a \"client-grant\" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants"
            ),
        );
    }
    let scope = state.client.scopes.join(" ");
    let (access_token, expires_in) = state.issue(&state.client.id, &scope);
    let body = json!({
        "access_token": access_token,
        "scope": scope,
        "expires_in": expires_in,
        "token_type": "Bearer",
    });
    let mut answer = Answer::json(body.to_string());
    answer.content_type = "application/json".to_owned();
    answer.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
    answer
}

fn parameters(content_type: Option<&str>, body: &[u8]) -> HashMap<String, String> {
    let is_form = content_type.is_some_and(|kind| kind.starts_with("application/x-www-form"));
    if is_form {
        return form_urlencoded::parse(body).into_owned().collect();
    }
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return HashMap::new();
    };
    members.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TenantConfig;
    use crate::store::Store;

    #[test]
    fn client_credentials_are_checked_and_give_a_token() {
        let state = State::new(&TenantConfig::default(), Store::from_json(&[]), 0);
        let good = json!({
            "grant_type": "client_credentials",
            "client_id": "local-client-id",
            "client_secret": "local-client-secret",
            "audience": "https://local-tenant.us.auth0.com/api/v2/",
        });
        // (parameter, its other value, status, error)
        let table = [
            ("extra", "x", 200, None),
            ("client_id", "x", 401, Some("access_denied")),
            ("client_secret", "x", 401, Some("access_denied")),
            ("audience", "https://local-tenant.us.auth0.com/api/v2", 403, Some("access_denied")),
            ("grant_type", "password", 403, Some("unauthorized_client")),
        ];
        for (name, value, status, error) in table {
            let mut asked = good.clone();
            asked[name] = value.into();
            let answer = token(&state, Some("application/json"), asked.to_string().as_bytes());
            assert_eq!(answer.status, status, "{name}");
            let body: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(body["error"].as_str(), error, "{name}");
            assert_eq!(body["statusCode"], Value::Null, "{name}");

            let form = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(asked.as_object().unwrap().iter().filter_map(|(n, v)| Some((n, v.as_str()?))))
                .finish();
            let same = token(&state, Some("application/x-www-form-urlencoded"), form.as_bytes());
            assert_eq!(same.status, status, "{name} in a form");
        }
        assert_eq!(token(&state, None, b"{").status, 400);
    }
}
