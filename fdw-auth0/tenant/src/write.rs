//! Requests that change users, roles, organizations, and the pairs of them.
//!
//! [`declared`] has each with its scopes, the status of its answer and the members of its body.

mod body;
mod declared;
mod object;
mod user;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use crate::answer::Answer;
use crate::api::missing;
use crate::entity::Entity;
use crate::members::{Members, texts};
use crate::state::State;
use body::BodyRules;
pub(crate) use declared::every_scope;
use declared::{Action, ORGANIZATION, USER, WRITES, Write};

/// A request that a declaration fits.
#[derive(Debug, Clone)]
pub(crate) struct WriteMatch {
    write: &'static Write,
    parameters: Vec<String>,
}

/// The declared request with this method and path below `/api/v2`.
pub(crate) fn find(method: &Method, path: &str) -> Option<WriteMatch> {
    WRITES.iter().filter(|write| write.method == *method).find_map(|write| {
        let parameters = parameters(write.template, path)?;
        Some(WriteMatch { write, parameters })
    })
}

/// The decoded parameters of a path; `None` if it does not have this template.
fn parameters(template: &str, path: &str) -> Option<Vec<String>> {
    let (mut wanted, mut segments) = (template.split('/'), path.split('/'));
    let mut parameters = Vec::new();
    loop {
        match (wanted.next(), segments.next()) {
            (None, None) => return Some(parameters),
            (Some("{}"), Some(segment)) if !segment.is_empty() => {
                parameters.push(percent_decode_str(segment).decode_utf8().ok()?.into_owned());
            }
            (Some(wanted), Some(segment)) if wanted == segment => {}
            _ => return None,
        }
    }
}

impl WriteMatch {
    /// The scopes; a token needs one of them.
    pub(crate) fn scopes(&self) -> Vec<String> {
        self.write.scopes.iter().map(|scope| (*scope).to_owned()).collect()
    }

    /// Carries out an authorized request.
    pub(crate) fn answer(&self, state: &State, body: &[u8]) -> Result<Answer, Answer> {
        let rules = self.rules();
        // Later draws of relations must not depend on this change.
        state.collections.settle(state);
        // Clients send `{}` or `null` with requests that have no body.
        let body = if rules.is_empty() { Members::default() } else { rules.read(body)? };
        let answer = match self.write.action {
            Action::CreateUser => user::create(state, &body)?,
            Action::UpdateUser => user::update(state, self.parameter(0), &body)?,
            Action::DeleteUser => {
                state.delete_users([self.parameter(0)]);
                Bytes::new()
            }
            Action::Create(entity) => object::create(state, entity, body)?,
            Action::Update(entity) => object::update(state, entity, self.parameter(0), &body)?,
            Action::Delete(entity) => object::delete(state, entity, self.parameter(0))?,
            Action::Link { entity, connected, member, position } => {
                let values = body.get(member).and_then(texts).unwrap_or_default();
                self.link(state, entity, connected, position, &values)?
            }
        };
        Ok(Answer { status: self.write.status, ..Answer::json(answer) })
    }

    fn parameter(&self, index: usize) -> &str {
        self.parameters.get(index).map(String::as_str).unwrap_or_default()
    }

    fn rules(&self) -> BodyRules {
        let shared = match self.write.action {
            Action::CreateUser | Action::UpdateUser => USER,
            Action::Create(Entity::Organizations) | Action::Update(Entity::Organizations) => ORGANIZATION,
            _ => "",
        };
        let is_change = matches!(self.write.action, Action::UpdateUser | Action::Update(_));
        BodyRules::parse(&[self.write.body, shared], is_change)
    }

    fn link(
        &self,
        state: &State,
        entity: Entity,
        connected: bool,
        position: usize,
        values: &[String],
    ) -> Result<Bytes, Answer> {
        let keys = |value: &str| {
            let mut key: Vec<String> = self.parameters.clone();
            key.insert(position.min(key.len()), value.to_owned());
            key
        };
        for (index, collection) in entity.collections().iter().enumerate() {
            if index == position {
                if connected && !values.iter().all(|value| state.exists(collection, value)) {
                    let objects = collection.trim_start_matches('/');
                    let message = format!("One or more of the {objects} do not exist.");
                    return Err(Answer::error(StatusCode::NOT_FOUND, &message, None));
                }
                continue;
            }
            let key = keys("");
            if !key.get(index).is_some_and(|key| state.exists(collection, key)) {
                return Err(missing::answer(collection));
            }
        }
        for value in values {
            let key = keys(value);
            let key: Vec<&str> = key.iter().map(String::as_str).collect();
            state.change_link(entity, &key, connected);
        }
        Ok(match self.write.status {
            StatusCode::NO_CONTENT => Bytes::new(),
            _ => Bytes::from_static(b"{}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_found_by_method_and_path() {
        let table = [
            ("POST", "/users", Some(vec![])),
            ("PATCH", "/users/auth0%7C1%2F2", Some(vec!["auth0|1/2"])),
            ("DELETE", "/organizations/o/members/u/roles", Some(vec!["o", "u"])),
            ("PUT", "/users", None),
            ("DELETE", "/users", None),
            ("DELETE", "/roles/r/users", None),
            ("PATCH", "/users/", None),
            ("PATCH", "/users/%ff", None),
            ("POST", "/roles/r/users/u", None),
        ];
        for (method, path, expected) in table {
            let found = find(&method.parse().unwrap(), path).map(|found| found.parameters);
            let expected = expected.map(|values| values.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(found, expected, "{method} {path}");
        }
    }
}
