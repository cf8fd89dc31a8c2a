//! `GET history`: the states of one object, or the objects at a time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::entity::Entity;
use crate::history::Version;
use crate::state::State;

/// Answers with the versions of the object with the parameter `key` (once for each part), those of them that are
/// equal to `row`, or the rows at the time `at_us`. Times are microseconds since 1970.
pub(super) fn answer(state: &State, pairs: &[(String, String)]) -> Result<Value, String> {
    let parameter = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let history = state.followers().history.clone().ok_or("no history is recorded: PUT history starts it")?;
    let began = microseconds(history.began());
    let Some(entity) = parameter("entity") else {
        return Ok(json!({"began_us": began, "changes": history.len()}));
    };
    let entity: Entity =
        serde_json::from_value(entity.into()).map_err(|_| format!("{entity} is no entity with a history"))?;
    if let Some(at) = parameter("at_us") {
        let at = at.parse().map_err(|_| format!("{at} is no time in microseconds"))?;
        let rows = history.rows_at(entity, UNIX_EPOCH + Duration::from_micros(at));
        let rows: Vec<Value> = rows.iter().map(|(key, row)| json!({"key": key, "row": raw(row)})).collect();
        return Ok(json!({"began_us": began, "rows": rows}));
    }
    let key: Vec<&str> = pairs.iter().filter(|(name, _)| name == "key").map(|(_, value)| value.as_str()).collect();
    if key.len() != entity.key().len() {
        return Err(format!("key is needed for each of {}", entity.key().join(", ")));
    }
    let versions = match parameter("row") {
        Some(row) => history.times_of(entity, &key, row),
        None => history.versions(entity, &key),
    };
    Ok(json!({"began_us": began, "versions": versions.iter().map(version).collect::<Vec<_>>()}))
}

fn version(version: &Version) -> Value {
    json!({
        "from_us": microseconds(version.from),
        "until_us": version.until.map(microseconds),
        "row": version.row.as_deref().map(raw),
    })
}

fn microseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// The row as JSON in an answer.
fn raw(row: &str) -> Value {
    serde_json::from_str(row).unwrap_or_default()
}
