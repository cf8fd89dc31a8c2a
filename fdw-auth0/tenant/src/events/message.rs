//! The text of events as server-sent events.

use bytes::Bytes;
use serde_json::{Value, json};

use super::cursor::Cursor;
use crate::change::Change;
use crate::entity::Entity;
use crate::members::Members;
use crate::synthetic::timestamp;

/// An event.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(super) id: String,
    pub(super) kind: &'static str,
    /// Milliseconds since 1970.
    pub(super) at: u64,
    /// The JSON of `data.object`.
    pub(super) object: Bytes,
}

/// The members of a user that every event has.
const ALWAYS: [&str; 5] = ["user_id", "created_at", "updated_at", "identities", "deleted_at"];

/// The type of a change's event and the JSON of its object; `None` if the entity has no events. `now` is in
/// milliseconds.
pub(super) fn object(change: &Change, now: u64) -> Option<(&'static str, Bytes)> {
    let kinds = match change.entity {
        Entity::Users => ["user.created", "user.updated", "user.deleted"],
        Entity::Organizations => ["organization.created", "organization.updated", "organization.deleted"],
        Entity::OrganizationMembers => ["organization.member.added", "", "organization.member.deleted"],
        Entity::OrganizationMemberRoles => {
            ["organization.member.role.assigned", "", "organization.member.role.deleted"]
        }
        // Auth0 has no events of roles, nor of the roles of users.
        _ => return None,
    };
    let kind = match (&change.before, &change.after) {
        (None, Some(_)) => kinds[0],
        (Some(_), Some(_)) => kinds[1],
        (Some(_), None) => kinds[2],
        (None, None) => return None,
    };
    let object = match (change.entity, change.key.as_slice()) {
        (Entity::OrganizationMembers, [organization, user]) => {
            json!({"organization": {"id": organization}, "user": {"user_id": user}}).to_string().into()
        }
        (Entity::OrganizationMemberRoles, [organization, user, role]) => json!({
            "organization": {"id": organization},
            "user": {"user_id": user},
            "role": {"id": role, "name": change.role_name.as_deref().unwrap_or_default()},
        })
        .to_string()
        .into(),
        _ => match (&change.before, &change.after) {
            (_, Some(row)) => row.clone(),
            (Some(row), None) if change.entity == Entity::Users => {
                let mut user = Members::read(row)?;
                user.set_text("deleted_at", &timestamp(now));
                user.to_bytes()
            }
            (row, None) => row.clone()?,
        },
    };
    Some((kind, object))
}

/// The object without the members that an event of a user may lack; other objects are unchanged.
pub(super) fn partial(object: &Bytes) -> Bytes {
    let Some(members) = Members::read(object).filter(|members| members.has("user_id")) else {
        return object.clone();
    };
    let mut kept = Members::default();
    for (name, value) in members.iter().filter(|(name, _)| ALWAYS.contains(name)) {
        kept.set(name, value);
    }
    kept.to_bytes()
}

/// The beginning of a stream.
pub(super) fn connected(retry_ms: u64) -> String {
    format!(":connected\n\nretry: {retry_ms}\n\n")
}

/// An event; `cursor` is the position after it.
pub(super) fn event(event: &Event, cursor: Cursor, domain: &str) -> String {
    let tenant = domain.split('.').next().unwrap_or_default();
    let cursor = cursor.render();
    let kind = event.kind;
    let object = String::from_utf8_lossy(&event.object);
    let quoted = |text: &str| Value::from(text).to_string();
    format!(
        "event: {kind}\nid: {cursor}\ndata: {{\"offset\":\"{cursor}\",\"event\":{{\"specversion\":\"1.0\",\"type\":\"{kind}\",\
         \"source\":{},\"id\":\"{}\",\"time\":\"{}\",\"data\":{{\"object\":{object}}},\"a0tenant\":{}}}}}\n\n",
        quoted(&format!("urn:auth0:{domain}")),
        event.id,
        timestamp(event.at),
        quoted(tenant),
    )
}

/// A cursor without an event, and a comment that keeps the connection open.
pub(super) fn heartbeat(cursor: Cursor) -> String {
    let cursor = cursor.render();
    format!("event: offset-only\nid: {cursor}\ndata: {{\"offset\":\"{cursor}\"}}\n\n: heartbeat\n\n")
}

/// The error that ends a stream; `cursor` is the position to continue from.
pub(super) fn error(code: &str, cursor: Option<Cursor>) -> String {
    let mut error = json!({"code": code, "message": format!("The stream has ended: {code}")});
    if let Some(cursor) = cursor {
        error["offset"] = cursor.render().into();
    }
    format!("event: error\ndata: {}\n\n", json!({"error": error}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(entity: Entity, key: &[&str], before: Option<&str>, after: Option<&str>) -> Change {
        let bytes = |row: Option<&str>| row.map(|row| Bytes::copy_from_slice(row.as_bytes()));
        let key = key.iter().map(|part| (*part).to_owned()).collect();
        Change { entity, key, before: bytes(before), after: bytes(after), role_name: Some("Reader".to_owned()) }
    }

    #[test]
    fn changes_have_the_types_and_objects_of_their_events() {
        let (user, pair) = (r#"{"user_id":"u","name":"a\u00e9"}"#, Some("{}"));
        let organization = r#"{"id":"o","name":"n"}"#;
        let table = [
            (change(Entity::Users, &["u"], None, Some(user)), Some(("user.created", user))),
            (change(Entity::Users, &["u"], Some("{}"), Some(user)), Some(("user.updated", user))),
            (
                change(Entity::Users, &["u"], Some(user), None),
                Some(("user.deleted", r#"{"user_id":"u","name":"a\u00e9","deleted_at":"1970-01-01T00:00:00.007Z"}"#)),
            ),
            (
                change(Entity::Organizations, &["o"], Some(organization), None),
                Some(("organization.deleted", organization)),
            ),
            (
                change(Entity::OrganizationMembers, &["o", "u"], None, pair),
                Some(("organization.member.added", r#"{"organization":{"id":"o"},"user":{"user_id":"u"}}"#)),
            ),
            (
                change(Entity::OrganizationMemberRoles, &["o", "u", "r"], pair, None),
                Some((
                    "organization.member.role.deleted",
                    r#"{"organization":{"id":"o"},"role":{"id":"r","name":"Reader"},"user":{"user_id":"u"}}"#,
                )),
            ),
            (change(Entity::Roles, &["r"], None, Some("{}")), None),
            (change(Entity::RoleUsers, &["r", "u"], None, pair), None),
        ];
        for (change, expected) in table {
            let object = object(&change, 7);
            let object = object.as_ref().map(|(kind, object)| (*kind, std::str::from_utf8(object).unwrap()));
            assert_eq!(object, expected, "{change:?}");
        }
    }

    #[test]
    fn messages_are_server_sent_events() {
        let cursor = Cursor { generation: 1, position: 3 };
        let offset = cursor.render();
        let user = Event {
            id: "evt_1".to_owned(),
            kind: "user.updated",
            at: 0,
            object: Bytes::from_static(br#"{"user_id":"u"}"#),
        };
        let text = event(&user, cursor, "local.us.auth0.com");
        let data = text.strip_prefix(&format!("event: user.updated\nid: {offset}\ndata: ")).unwrap();
        let data: Value = serde_json::from_str(data.strip_suffix("\n\n").unwrap()).unwrap();
        let expected = json!({"offset": offset, "event": {
            "specversion": "1.0", "type": "user.updated", "source": "urn:auth0:local.us.auth0.com", "id": "evt_1",
            "time": "1970-01-01T00:00:00.000Z", "data": {"object": {"user_id": "u"}}, "a0tenant": "local"}});
        assert_eq!(data, expected);
        assert_eq!(
            heartbeat(cursor),
            format!("event: offset-only\nid: {offset}\ndata: {{\"offset\":\"{offset}\"}}\n\n: heartbeat\n\n")
        );
        let message = r#""message":"The stream has ended: timeout""#;
        let error = |cursor| super::error("timeout", cursor);
        assert_eq!(error(None), format!("event: error\ndata: {{\"error\":{{\"code\":\"timeout\",{message}}}}}\n\n"));
        assert!(error(Some(cursor)).contains(&format!(r#","offset":"{offset}"}}}}"#)));
        assert_eq!(connected(5), ":connected\n\nretry: 5\n\n");
    }
}
