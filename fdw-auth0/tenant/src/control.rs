//! `/_tenant/…`: requests with which other processes control the tenant. They need no token, have no rate limit and
//! are not logged.

mod history;

use std::collections::HashMap;
use std::time::Duration;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::api;
use crate::churn::Churn;
use crate::endpoint_limit::EndpointLimit;
use crate::events::{EventFault, EventSettings};
use crate::fault::Fault;
use crate::jobs::Exports;
use crate::lag::SearchLag;
use crate::rate_limit::RateLimit;
use crate::state::State;
use crate::store::Store;

/// Answers a control request; `path` is the part after `/_tenant/`.
pub(crate) fn answer(
    state: &State,
    method: &Method,
    path: &str,
    pairs: &[(String, String)],
    body: Option<&[u8]>,
) -> Answer {
    let body = body.unwrap_or_default();
    let result = match (method.as_str(), path) {
        ("GET", "requests") => Ok(json!({
            "connections": state.log.connections(),
            "requests": state.log.records(),
        })),
        ("DELETE", "requests") => {
            state.log.clear();
            Ok(json!({}))
        }
        ("GET", "settings") => Ok(settings(state)),
        ("PUT", "settings") => change_settings(state, body).map(|()| settings(state)),
        ("POST", "faults") => serde_json::from_slice::<Fault>(body)
            .map(|fault| state.faults.add(fault))
            .map(|()| json!({}))
            .map_err(|error| error.to_string()),
        ("DELETE", "faults") => {
            state.clear_faults();
            Ok(json!({}))
        }
        ("POST", "event-faults") => serde_json::from_slice::<EventFault>(body)
            .map(|fault| state.followers().events.fault(fault))
            .map(|()| json!({}))
            .map_err(|error| error.to_string()),
        ("DELETE", "cursors") => {
            state.followers().events.expire_cursors();
            Ok(json!({}))
        }
        ("PUT" | "DELETE", "history") => {
            state.record_history(*method == Method::PUT);
            Ok(json!({}))
        }
        ("GET", "history") => history::answer(state, pairs),
        ("PUT", "users") => change_users(state, body),
        ("PATCH", "users") => users(body).map(|users| {
            state.upsert_users(users.into_iter().map(Into::into));
            json!({"users": state.users().len()})
        }),
        ("DELETE", "users") => serde_json::from_slice::<Vec<String>>(body)
            .map(|user_ids| json!({"deleted": state.delete_users(user_ids.iter().map(String::as_str))}))
            .map_err(|error| error.to_string()),
        ("PUT", "churn") => serde_json::from_slice::<Option<Churn>>(body)
            .map(|churn| state.churn(churn))
            .map(|()| json!({}))
            .map_err(|error| error.to_string()),
        ("PUT", "presence") => {
            state.watch_users();
            Ok(json!({}))
        }
        ("GET", "presence") => Ok(json!(state.presence())),
        ("PUT", "rows") => set_rows(state, body),
        ("PUT", "collection") => set_collection(state, pairs, body),
        ("DELETE", "tokens") => {
            state.issuer.revoke();
            Ok(json!({}))
        }
        ("GET", "token") => {
            let scope = pairs.iter().find(|(name, _)| name == "scope");
            let scope = scope.map_or("read:users", |(_, scope)| scope);
            let (access_token, expires_in) = state.issue(&state.client.id, scope);
            Ok(json!({"access_token": access_token, "expires_in": expires_in}))
        }
        _ => return Answer::error(StatusCode::NOT_FOUND, "Not Found", None),
    };
    match result {
        Ok(body) => Answer::json(body.to_string()),
        Err(message) => Answer::error(StatusCode::BAD_REQUEST, &message, Some("invalid_body")),
    }
}

fn settings(state: &State) -> Value {
    let settings = *state.settings();
    json!({
        "latency_ms": u64::try_from(settings.latency.as_millis()).unwrap_or(u64::MAX),
        "page_cap": settings.page_cap,
        "page_size_cap": settings.page_size_cap,
        "totals": settings.totals,
        "unstable_ties": settings.unstable_ties,
        "compress": settings.compress,
        "slow_search": settings.slow_search,
        "exports": settings.exports,
        "rate_limit": state.rate_limit(),
        "endpoint_limits": state.endpoint_limits(),
        "freeze_search": state.search_is_frozen(),
        "search_lag": state.search_lag(),
        "events": state.followers().events.settings(),
        "users": state.users().len(),
    })
}

/// Changes the settings in the body. All values are read before the first one changes.
fn change_settings(state: &State, body: &[u8]) -> Result<(), String> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Err("the settings are a JSON object".to_owned());
    };
    let mut settings = *state.settings();
    let mut rate_limit = None;
    let mut endpoint_limits = None;
    let mut freeze_search = None;
    let mut search_lag = None;
    let mut events = None;
    for (name, value) in members {
        let wrong = || format!("{name} can not be {value}");
        match name.as_str() {
            "latency_ms" => {
                settings.latency = Duration::from_millis(value.as_u64().ok_or_else(wrong)?);
            }
            "totals" => settings.totals = serde_json::from_value(value.clone()).map_err(|_| wrong())?,
            "page_size_cap" => settings.page_size_cap = serde_json::from_value(value.clone()).map_err(|_| wrong())?,
            "page_cap" => settings.page_cap = serde_json::from_value(value.clone()).map_err(|_| wrong())?,
            "slow_search" => settings.slow_search = serde_json::from_value(value.clone()).map_err(|_| wrong())?,
            "exports" => settings.exports = serde_json::from_value::<Exports>(value.clone()).map_err(|_| wrong())?,
            "endpoint_limits" => {
                let limits = serde_json::from_value::<Vec<EndpointLimit>>(value.clone());
                endpoint_limits = Some(limits.map_err(|_| wrong())?);
            }
            "unstable_ties" => settings.unstable_ties = value.as_bool().ok_or_else(wrong)?,
            "compress" => settings.compress = value.as_bool().ok_or_else(wrong)?,
            "freeze_search" => freeze_search = Some(value.as_bool().ok_or_else(wrong)?),
            "search_lag" => {
                let lag = serde_json::from_value::<Option<SearchLag>>(value.clone());
                search_lag = Some(lag.map_err(|_| wrong())?);
            }
            "events" => events = Some(serde_json::from_value::<EventSettings>(value.clone()).map_err(|_| wrong())?),
            "rate_limit" => {
                let limit = serde_json::from_value::<Option<RateLimit>>(value.clone());
                rate_limit = Some(limit.map_err(|_| wrong())?);
            }
            _ => return Err(format!("there is no setting {name}")),
        }
    }
    *state.settings_mut() = settings;
    if let Some(limit) = rate_limit {
        state.set_rate_limit(limit);
    }
    if let Some(limits) = endpoint_limits {
        state.set_endpoint_limits(&limits);
    }
    if let Some(freeze) = freeze_search {
        state.freeze_search(freeze);
    }
    if let Some(lag) = search_lag {
        state.set_search_lag(lag);
    }
    if let Some(events) = events {
        state.followers().events.set(events);
    }
    Ok(())
}

fn set_rows(state: &State, body: &[u8]) -> Result<Value, String> {
    let sizes: HashMap<String, usize> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    for (list, size) in &sizes {
        if !api::set_rows(state, list, *size) {
            return Err(format!("there is no list {list}"));
        }
    }
    Ok(json!({}))
}

fn set_collection(state: &State, pairs: &[(String, String)], body: &[u8]) -> Result<Value, String> {
    let path = pairs.iter().find(|(name, _)| name == "path").map_or("", |(_, path)| path);
    let rows = users(body)?;
    let count = rows.len();
    if !api::set_collection(state, path, rows) {
        return Err(format!("there is no path {path}"));
    }
    Ok(json!({"rows": count}))
}

fn users(body: &[u8]) -> Result<Vec<String>, String> {
    let users: Vec<Box<serde_json::value::RawValue>> =
        serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(users.iter().map(|user| user.get().to_owned()).collect())
}

fn change_users(state: &State, body: &[u8]) -> Result<Value, String> {
    let users = users(body)?;
    state.set_users(Store::from_json(&users));
    Ok(json!({"users": users.len()}))
}
