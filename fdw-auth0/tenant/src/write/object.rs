//! Roles and organizations.

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::json;
use serde_json::value::RawValue;

use crate::answer::Answer;
use crate::api::collection::{CollectionPath, row_kind};
use crate::api::{key, missing};
use crate::entity::Entity;
use crate::members::Members;
use crate::state::State;
use crate::store::text_member;
use crate::synthetic::Dice;

/// Creates an object, and returns it as the answer shows it.
pub(super) fn create(state: &State, entity: Entity, mut body: Members) -> Result<Bytes, Answer> {
    check_name(state, entity, None, &body)?;
    let template = template(entity);
    let id = key::key(template, None, 0, &mut Dice(fastrand::Rng::new()));
    let mut row = Members::default();
    row.set_text("id", &id);
    let enabled_connections = body.get("enabled_connections").map(str::to_owned);
    body.remove("enabled_connections");
    merge(&mut row, &body);
    let mut answer = row.clone();
    if entity == Entity::Roles && !row.has("description") {
        // The role is read with an empty description; only the answer to the request differs.
        if !row.has("type") {
            answer.set("description", "null");
        }
        row.set_text("description", "");
    }
    state.change_row(entity, &id, Some(row.to_bytes()));
    if let Some(connections) = enabled_connections {
        answer.set("enabled_connections", &enable_connections(state, &id, &connections));
    }
    Ok(answer.to_bytes())
}

/// Changes root members of an object, and returns it.
pub(super) fn update(state: &State, entity: Entity, id: &str, body: &Members) -> Result<Bytes, Answer> {
    let mut row = find(state, entity, id)?;
    check_name(state, entity, Some(id), body)?;
    merge(&mut row, body);
    let row = row.to_bytes();
    state.change_row(entity, id, Some(row.clone()));
    Ok(row)
}

/// Deletes an object with its pairs.
pub(super) fn delete(state: &State, entity: Entity, id: &str) -> Result<Bytes, Answer> {
    find(state, entity, id)?;
    state.change_row(entity, id, None);
    Ok(match entity {
        Entity::Roles => Bytes::from_static(b"{}"),
        _ => Bytes::new(),
    })
}

/// Enables connections for a new organization, and returns them as an array.
fn enable_connections(state: &State, organization: &str, connections: &str) -> String {
    let connections: Vec<&RawValue> = serde_json::from_str(connections).unwrap_or_default();
    let row = |enabled: &RawValue| {
        let mut row = Members::read(enabled.get().as_bytes())?;
        let place = CollectionPath::new("/connections", &[]);
        let connection = state.collections.find(state, &place, &row.text("connection_id")?)?;
        let member = |name: &str| text_member(&connection, name);
        row.set_default("assign_membership_on_login", "false");
        row.set_default("show_as_button", "true");
        row.set("connection", &json!({"name": member("name"), "strategy": member("strategy")}).to_string());
        Some(row.to_bytes())
    };
    let rows: Vec<Bytes> = connections.into_iter().filter_map(row).collect();
    let texts: Vec<_> = rows.iter().map(|row| String::from_utf8_lossy(row)).collect();
    let shown = format!("[{}]", texts.join(","));
    let place = CollectionPath::new("/organizations/{}/enabled_connections", &[organization.to_owned()]);
    state.collections.set_list(place, rows);
    shown
}

fn template(entity: Entity) -> &'static str {
    entity.collections().first().copied().unwrap_or_default()
}

fn find(state: &State, entity: Entity, id: &str) -> Result<Members, Answer> {
    let place = CollectionPath::new(template(entity), &[]);
    let row = state.collections.find(state, &place, id);
    row.and_then(|row| Members::read(&row)).ok_or_else(|| missing::answer(template(entity)))
}

/// Replaces the members in `body`. A null and empty metadata remove theirs.
fn merge(row: &mut Members, body: &Members) {
    for (name, value) in body.iter() {
        match (name, value) {
            (_, "null") | ("metadata", "{}") => row.remove(name),
            _ => row.set(name, value),
        }
    }
}

/// Returns Auth0's 409 if another object has the name.
fn check_name(state: &State, entity: Entity, id: Option<&str>, body: &Members) -> Result<(), Answer> {
    let Some(name) = body.text("name") else { return Ok(()) };
    let place = CollectionPath::new(template(entity), &[]);
    let rows = state.collections.rows(state, &place, &row_kind(&place.template));
    let mut rows = (0..rows.len()).filter_map(|index| rows.get(state, index));
    let is_taken =
        rows.any(|row| text_member(&row, "name").as_deref() == Some(&name) && text_member(&row, "id").as_deref() != id);
    let message = match entity {
        Entity::Roles => "The role already exists.",
        _ => "An organization with this name already exists.",
    };
    if is_taken { Err(Answer::error(StatusCode::CONFLICT, message, None)) } else { Ok(()) }
}
