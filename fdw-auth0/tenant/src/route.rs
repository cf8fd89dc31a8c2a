//! From a request that was let through to its answer.

use hyper::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use crate::answer::Answer;
use crate::fields::Fields;
use crate::list::List;
use crate::page::Page;
use crate::rate_limit::since_epoch;
use crate::state::State;

const USERS: &str = "/api/v2/users";
const BY_EMAIL: &str = "/api/v2/users-by-email";

/// A finished answer, or a page that a fault may still change.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answer(Answer),
    Page(Page),
}

/// Whether a request is a list of users.
pub(crate) fn is_list(method: &Method, path: &str) -> bool {
    method == Method::GET && path == USERS
}

/// Answers a request below `/api/v2/`.
pub(crate) fn management_api(
    state: &State,
    method: &Method,
    path: &str,
    pairs: &[(String, String)],
    authorization: Option<&str>,
) -> Outcome {
    answer(state, method, path, pairs, authorization).unwrap_or_else(Outcome::Answer)
}

fn answer(
    state: &State,
    method: &Method,
    path: &str,
    pairs: &[(String, String)],
    authorization: Option<&str>,
) -> Result<Outcome, Answer> {
    let id = path
        .strip_prefix(USERS)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|id| !id.is_empty() && !id.contains('/'));
    if path != USERS && path != BY_EMAIL && id.is_none() {
        return Err(not_found());
    }
    let claims = state.issuer.check(authorization, since_epoch().as_secs()).map_err(|refusal| refusal.answer())?;
    if method != Method::GET {
        return Err(Answer::error(
            StatusCode::METHOD_NOT_ALLOWED,
            "The local tenant is read-only: it answers GET only.",
            Some("operation_not_supported"),
        ));
    }
    let scopes: &[&str] = match (path, id) {
        (_, Some(_)) => &["read:users", "read:current_user", "read:user_idp_tokens"],
        (USERS, None) => &["read:users", "read:user_idp_tokens"],
        _ => &["read:users"],
    };
    if !claims.has_any(scopes) {
        return Err(Answer::error(
            StatusCode::FORBIDDEN,
            &format!("Insufficient scope, expected any of: {}", scopes.join(",")),
            Some("insufficient_scope"),
        ));
    }
    match id {
        Some(id) => by_id(state, id, pairs).map(Outcome::Answer),
        None if path == BY_EMAIL => by_email(state, pairs).map(Outcome::Answer),
        None => {
            let list = List::from_pairs(pairs)?;
            let wall = state.settings().wall;
            list.page(&state.searched_users(), wall, state.next_turn()).map(Outcome::Page)
        }
    }
}

fn by_id(state: &State, id: &str, pairs: &[(String, String)]) -> Result<Answer, Answer> {
    let fields = Fields::from_pairs(pairs)?;
    let user = percent_decode_str(id)
        .decode_utf8()
        .ok()
        .and_then(|id| state.users().by_id(&id))
        .ok_or_else(|| Answer::error(StatusCode::NOT_FOUND, "The user does not exist.", Some("inexistent_user")))?;
    Ok(Answer::json(match fields {
        Some(fields) => fields.project(&user),
        None => user,
    }))
}

fn by_email(state: &State, pairs: &[(String, String)]) -> Result<Answer, Answer> {
    let fields = Fields::from_pairs(pairs)?;
    let Some((_, email)) = pairs.iter().find(|(name, _)| name == "email") else {
        return Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "Query validation error: 'Missing required property: email'.",
            Some("invalid_query_string"),
        ));
    };
    let mut rows = state.users().by_email(email);
    if let Some(fields) = fields {
        rows = rows.iter().map(|user| fields.project(user)).collect();
    }
    let page = Page { start: 0, limit: rows.len(), total: rows.len() as u64, include_totals: false, rows };
    Ok(Answer::json(page.render()))
}

/// Auth0's 404 for a path it does not have.
pub(crate) fn not_found() -> Answer {
    Answer::error(StatusCode::NOT_FOUND, "Not Found", None)
}
