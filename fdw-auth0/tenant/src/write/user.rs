//! Users.

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::body::{refused, required};
use crate::answer::Answer;
use crate::api::missing;
use crate::fields::root_members;
use crate::members::Members;
use crate::rate_limit::since_epoch;
use crate::state::State;
use crate::store::text_member;
use crate::synthetic::{Dice, timestamp};

/// Members of a request that are no members of a user.
const NOT_STORED: [&str; 6] = ["password", "connection", "client_id", "verify_email", "verify_phone_number", "user_id"];

/// Members that cannot be changed in one request.
///
/// Source: the answers to 400 in Auth0's OpenAPI document.
const NOT_TOGETHER: [(&str, &str); 5] = [
    ("password", "email"),
    ("password", "email_verified"),
    ("username", "email"),
    ("username", "email_verified"),
    ("username", "password"),
];

/// Creates a user, and returns it.
pub(super) fn create(state: &State, body: &Members) -> Result<Bytes, Answer> {
    let connection = body.text("connection").unwrap_or_default();
    let strategy = state.connection_strategy(&connection).ok_or_else(|| {
        Answer::error(StatusCode::BAD_REQUEST, "The connection does not exist.", Some("inexistent_connection"))
    })?;
    let needed: &[&str] = match strategy.as_str() {
        "auth0" => &["password"],
        "email" => &["email"],
        "sms" => &["phone_number"],
        _ => {
            return Err(not_supported(
                "Connection does not support user creation through the API. It must either be a database or passwordless connection.",
            ));
        }
    };
    if let Some((name, _)) = body.iter().find(|(_, value)| *value == "null") {
        return Err(refused("Expected type string but found type null", Some(name)));
    }
    if let Some(name) = needed.iter().find(|name| !body.has(name)) {
        return Err(required(name));
    }
    let Some(handle) = ["email", "phone_number", "username"].iter().find_map(|name| body.text(name)) else {
        return Err(required("email"));
    };

    let local = body.text("user_id").unwrap_or_else(|| Dice(fastrand::Rng::new()).hex(24));
    let user_id = format!("{strategy}|{local}");
    if state.exists("/users", &user_id) || is_taken(state, body, &connection, None) {
        return Err(Answer::error(StatusCode::CONFLICT, "The user already exists.", Some("auth0_idp_error")));
    }
    let now = now();
    let mut user = Members::default();
    user.set_text("created_at", &now);
    for (name, value) in body.iter().filter(|(name, _)| !NOT_STORED.contains(name)) {
        match name {
            "app_metadata" | "user_metadata" => merge_metadata(&mut user, name, value),
            _ => user.set(name, value),
        }
    }
    if user.has("email") {
        user.set_default("email_verified", "false");
    }
    let identity = json!([{"connection": connection, "user_id": local, "provider": strategy, "isSocial": false}]);
    user.set("identities", &identity.to_string());
    if !user.has("name") {
        user.set_text("name", &handle);
    }
    if !user.has("nickname") {
        user.set_text("nickname", handle.split('@').next().unwrap_or_default());
    }
    if !user.has("picture") && user.has("email") {
        user.set_text("picture", &picture(&handle));
    }
    user.set_text("updated_at", &now);
    user.set_text("user_id", &user_id);
    let user = user.to_bytes();
    state.upsert_users([user.clone()]);
    Ok(user)
}

/// Changes a user, and returns it.
pub(super) fn update(state: &State, user_id: &str, body: &Members) -> Result<Bytes, Answer> {
    if let Some((one, other)) = NOT_TOGETHER.iter().find(|(one, other)| body.has(one) && body.has(other)) {
        return Err(not_supported(&format!("Cannot update {one} and {other} simultaneously.")));
    }
    let user = state.users().by_id(user_id).and_then(|user| Members::read(&user));
    let mut user = user.ok_or_else(|| missing::answer("/users"))?;
    let (connection, provider) = identity(&user);
    let is_database = matches!(provider.as_str(), "auth0" | "sms" | "email");
    if let Some(name) = ["email", "username", "password"].iter().find(|name| body.has(name) && !is_database) {
        return Err(not_supported(&format!("Cannot update {name} for non-database user.")));
    }
    if is_taken(state, body, &connection, Some(user_id)) {
        let message = "The specified new email already exists";
        return Err(Answer::error(StatusCode::BAD_REQUEST, message, Some("auth0_idp_error")));
    }
    for (name, value) in body.iter().filter(|(name, _)| !NOT_STORED.contains(name)) {
        match name {
            "app_metadata" | "user_metadata" => merge_metadata(&mut user, name, value),
            _ if value == "null" => user.remove(name),
            _ => user.set(name, value),
        }
    }
    let now = now();
    if body.has("password") {
        user.set_text("last_password_reset", &now);
    }
    user.set_text("updated_at", &now);
    let user = user.to_bytes();
    state.upsert_users([user.clone()]);
    Ok(user)
}

/// Merges metadata at the first level: null removes a key, an empty object removes all of them.
fn merge_metadata(user: &mut Members, name: &str, value: &str) {
    let patch = Members::read(value.as_bytes()).unwrap_or_default();
    let mut metadata = Members::default();
    if !patch.is_empty() {
        metadata = user.get(name).and_then(|stored| Members::read(stored.as_bytes())).unwrap_or_default();
    }
    for (key, value) in patch.iter() {
        match value {
            "null" => metadata.remove(key),
            _ => metadata.set(key, value),
        }
    }
    // A recorded tenant answers empty `user_metadata` with `{}`, and leaves empty `app_metadata` out.
    if metadata.is_empty() && name == "app_metadata" {
        user.remove(name);
    } else {
        user.set(name, &metadata.render());
    }
}

/// Connection and provider of the user's first identity.
fn identity(user: &Members) -> (String, String) {
    let identities = user.get("identities").unwrap_or("[]");
    let identities: Vec<&serde_json::value::RawValue> = serde_json::from_str(identities).unwrap_or_default();
    let member = |name: &str| {
        identities.first().and_then(|identity| text_member(identity.get().as_bytes(), name)).unwrap_or_default()
    };
    (member("connection"), member("provider"))
}

/// True if another user of the connection has the e-mail address.
fn is_taken(state: &State, body: &Members, connection: &str, own: Option<&str>) -> bool {
    let Some(email) = body.text("email") else { return false };
    state.users().by_email(&email).iter().any(|user| {
        let is_own = own.is_some_and(|own| text_member(user, "user_id").as_deref() == Some(own));
        !is_own && root_members(user).is_some() && identity(&Members::read(user).unwrap_or_default()).0 == connection
    })
}

fn not_supported(message: &str) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, message, Some("operation_not_supported"))
}

fn now() -> String {
    timestamp(u64::try_from(since_epoch().as_millis()).unwrap_or(u64::MAX))
}

/// The address of a default picture, in the form of the recorded ones.
fn picture(email: &str) -> String {
    let hash = Sha256::digest(email.as_bytes());
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let letters: String = email.chars().filter(char::is_ascii_alphanumeric).take(2).collect();
    format!(
        "https://s.gravatar.com/avatar/{hex}?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2F{}.png",
        letters.to_lowercase()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_merged_at_the_first_level() {
        // (stored, patch, result)
        let table = [
            (None, r#"{"a":1}"#, Some(r#"{"a":1}"#)),
            (Some(r#"{"a":{"x":1},"b":2}"#), r#"{"a":{"y":2}}"#, Some(r#"{"a":{"y":2},"b":2}"#)),
            (Some(r#"{"a":1,"b":2}"#), r#"{"a":null,"c":1.50}"#, Some(r#"{"b":2,"c":1.50}"#)),
            (Some(r#"{"a":1}"#), r#"{"b":null}"#, Some(r#"{"a":1}"#)),
            (Some(r#"{"a":1}"#), "{}", None),
            (Some(r#"{"a":1}"#), r#"{"a":null}"#, None),
        ];
        for (stored, patch, result) in table {
            for (name, empty) in [("app_metadata", None), ("user_metadata", Some("{}"))] {
                let mut user = Members::default();
                if let Some(stored) = stored {
                    user.set(name, stored);
                }
                merge_metadata(&mut user, name, patch);
                assert_eq!(user.get(name), result.or(empty), "{name}: {stored:?} and {patch}");
            }
        }
    }
}
