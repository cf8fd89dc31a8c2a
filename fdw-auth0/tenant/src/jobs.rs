//! `POST /api/v2/jobs/users-exports` and `GET /api/v2/jobs/{id}`.

mod store;

use std::time::Duration;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::export::Selection;
use crate::fault::FaultKind;
use crate::rate_limit::since_epoch;
use crate::state::State;
use crate::synthetic::timestamp;
pub use store::Exports;
pub(crate) use store::Jobs;
use store::{Fate, Job, Phase};

/// A validated request for an export.
struct ExportRequest {
    members: Map<String, Value>,
    selection: Selection,
}

/// Makes an export job.
pub(crate) fn export(state: &State, body: &[u8]) -> Result<Answer, Answer> {
    let exports = state.settings().exports;
    if !exports.available {
        return Err(Answer::error(
            StatusCode::FORBIDDEN,
            "Please upgrade your subscription to use users exports",
            Some("insufficient_entitlement"),
        ));
    }
    let ExportRequest { mut members, selection } = read(state, body)?;
    let id = format!("job_{}", std::iter::repeat_with(fastrand::alphanumeric).take(16).collect::<String>());
    let created = since_epoch();
    members.insert("created_at".to_owned(), timestamp(u64::try_from(created.as_millis()).unwrap_or_default()).into());
    members.insert("id".to_owned(), id.as_str().into());
    let answer = rendered(&members, "pending", []);
    let job = Job { members, created, polls: 0, fate: Fate::Completes, users: state.users(), selection };
    state.jobs.lock().insert(id, job);
    Ok(answer)
}

/// Returns the state of a job; `origin` is the storage's.
pub(crate) fn job(state: &State, id: &str, fault: Option<&FaultKind>, origin: &str) -> Result<Answer, Answer> {
    let exports = state.settings().exports;
    let now = since_epoch();
    let mut jobs = state.jobs.lock();
    jobs.retain(|_, job| now.saturating_sub(job.created) < Duration::from_secs(exports.job_lifetime_s));
    let job = jobs
        .get_mut(id)
        .ok_or_else(|| Answer::error(StatusCode::NOT_FOUND, "Job not found.", Some("inexistent_job")))?;
    match fault {
        Some(FaultKind::JobFails(details)) => job.fate = Fate::Fails(details.clone()),
        Some(FaultKind::JobNeverEnds) => job.fate = Fate::NeverEnds,
        _ => {}
    }
    job.polls = job.polls.saturating_add(1);
    let phase = exports.phase(job.polls, now.saturating_sub(job.created));
    let text = str::to_owned;
    Ok(match (&job.fate, phase) {
        (Fate::Fails(details), _) => {
            rendered(&job.members, "failed", [(text("status_details"), details.as_str().into())])
        }
        (_, Phase::Pending) => rendered(&job.members, "pending", []),
        (_, Phase::Processing { percentage_done, time_left_seconds }) => {
            let progress = [("percentage_done", percentage_done), ("time_left_seconds", time_left_seconds)];
            rendered(&job.members, "processing", progress.map(|(name, value)| (text(name), value.into())))
        }
        (Fate::NeverEnds, Phase::Completed) => {
            let progress = [("percentage_done", 99), ("time_left_seconds", 1)];
            rendered(&job.members, "processing", progress.map(|(name, value)| (text(name), value.into())))
        }
        (Fate::Completes, Phase::Completed) => {
            let expires = now.as_secs().saturating_add(exports.link_lifetime_s).to_string();
            let signature = state.jobs.signature(id, &expires);
            let tenant = state.issuer.domain().split('.').next().unwrap_or_default();
            let location = format!("{origin}/exports/{id}/{tenant}.json.gz?Expires={expires}&Signature={signature}");
            rendered(&job.members, "completed", [(text("location"), location.into())])
        }
    })
}

fn rendered(members: &Map<String, Value>, status: &str, more: impl IntoIterator<Item = (String, Value)>) -> Answer {
    let mut all = members.clone();
    all.insert("status".to_owned(), status.into());
    all.extend(more);
    Answer::json(Value::Object(all).to_string())
}

fn read(state: &State, body: &[u8]) -> Result<ExportRequest, Answer> {
    let refused = |problem: &str, property: &str| {
        let message = format!("Payload validation error: '{problem}' on property {property}.");
        Answer::error(StatusCode::BAD_REQUEST, &message, Some("invalid_body"))
    };
    let asked = match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members,
        _ if body.is_empty() => Map::new(),
        _ => {
            return Err(Answer::error(
                StatusCode::BAD_REQUEST,
                "Payload validation error: 'Expected type object'.",
                Some("invalid_body"),
            ));
        }
    };
    let mut members = Map::new();
    members.insert("type".to_owned(), "users_export".into());
    members.insert("format".to_owned(), "json".into());
    let (mut connection, mut limit, mut fields) = (None, None, Vec::new());
    for (name, value) in asked {
        match name.as_str() {
            "connection_id" => {
                let id = value.as_str().unwrap_or_default();
                let well_formed = id
                    .strip_prefix("con_")
                    .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                if !well_formed {
                    return Err(refused("String does not match pattern ^con_[A-Za-z0-9]{16}$", "connection_id"));
                }
                let known = state.connection_name(id).ok_or_else(|| {
                    Answer::error(
                        StatusCode::BAD_REQUEST,
                        "The connection does not exist.",
                        Some("inexistent_connection"),
                    )
                })?;
                members.insert("connection".to_owned(), known.as_str().into());
                connection = Some(known);
            }
            "format" => match value.as_str() {
                Some("json") => {}
                Some("csv") => return Err(refused("The local tenant exports json only", "format")),
                _ => return Err(refused("No enum match for", "format")),
            },
            "limit" => {
                let number =
                    value.as_u64().filter(|number| *number > 0).and_then(|number| usize::try_from(number).ok());
                limit = Some(number.ok_or_else(|| refused("Value is less than minimum 1", "limit"))?);
            }
            "fields" => {
                let named = serde_json::from_value::<Vec<Field>>(value.clone());
                let named = named.map_err(|error| refused(&error.to_string(), "fields"))?;
                let too_long = |text: &str| text.is_empty() || text.chars().count() > 100;
                for Field { name, export_as } in named {
                    let export_as = export_as.unwrap_or_else(|| name.clone());
                    if too_long(&name) || too_long(&export_as) {
                        return Err(refused("String is too long or empty (1 to 100 characters)", "fields"));
                    }
                    fields.push((name, export_as));
                }
            }
            _ => return Err(refused("Additional properties not allowed", &name)),
        }
        members.insert(name, value);
    }
    Ok(ExportRequest { members, selection: Selection::new(&fields, connection, limit) })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    name: String,
    export_as: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn export_requests_that_are_not_valid_are_refused() {
        let state = State::new(&crate::TenantConfig::default(), crate::store::Store::from_json(&[]), 0);
        let table = [
            ("[]", "Expected type object"),
            (r#"{"connection_id":"con_short"}"#, "^con_"),
            (r#"{"connection_id":7}"#, "^con_"),
            (r#"{"connection_id":"con_0123456789abcdef"}"#, "The connection does not exist."),
            (r#"{"format":"xml"}"#, "on property format"),
            (r#"{"format":"csv"}"#, "json only"),
            (r#"{"limit":0}"#, "on property limit"),
            (r#"{"limit":"5"}"#, "on property limit"),
            (r#"{"fields":["a"]}"#, "on property fields"),
            (r#"{"fields":[{"name":"a","as":"b"}]}"#, "on property fields"),
            (r#"{"fields":[{"name":""}]}"#, "1 to 100"),
            (r#"{"q":"a"}"#, "Additional properties"),
        ];
        for (body, expected) in table {
            let answer = export(&state, body.as_bytes()).unwrap_err();
            assert_eq!(answer.status, 400, "{body}");
            let message = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(message.contains(expected), "{body}: {message}");
        }
        assert_eq!(export(&state, b"").unwrap().status, 200);
        assert_eq!(export(&state, br#"{"limit":5,"fields":[{"name":"a","export_as":"b"}]}"#).unwrap().status, 200);
    }
}
