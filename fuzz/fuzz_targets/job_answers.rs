//! Answers about Auth0's export jobs: a job is done only if the answer says so and has a location.

#![no_main]

use fdw_auth0::Auth0;
use fdw_common::model::JobState;
use fdw_common::source::find_entity;
use libfuzzer_sys::fuzz_target;
use wrappers_fuzz::parsers::job;

fuzz_target!(|body: &[u8]| {
    let users = find_entity::<Auth0>(Some("users")).expect("it is one");
    let value: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let member = |name: &str| value.as_ref()?.get(name)?.as_str();
    let Some(found) = job(users, body) else {
        let is_job = |value: &serde_json::Value| {
            let is_text_or_absent = |name: &str| value.get(name).is_none_or(|it| it.is_null() || it.is_string());
            value.is_object()
                && value["id"].is_string()
                && value["status"].is_string()
                && is_text_or_absent("location")
                && is_text_or_absent("status_details")
        };
        // An answer with a duplicate member is refused; this value has only the last one.
        if let Some(value) = value.filter(is_job) {
            let names = ["id", "status", "location", "status_details"];
            let text = String::from_utf8_lossy(body);
            let doubled = names.iter().any(|name| text.matches(name).count() > 1) || text.contains("\\u");
            assert!(doubled, "an answer about a job is refused: {value}");
        }
        return;
    };
    // The job reader skips members that a value cannot hold: deeply nested, or with too large numbers.
    if value.is_none() {
        return;
    }
    assert_eq!(member("id"), Some(found.id.as_str()));
    match found.state {
        JobState::Done { location } => {
            assert_eq!((member("status"), member("location")), (Some("completed"), Some(location.as_str())));
        }
        JobState::Failed(details) => {
            assert_eq!((member("status"), member("status_details")), (Some("failed"), details.as_deref()));
        }
        JobState::Running => {
            let is_done = member("status") == Some("completed") && member("location").is_some();
            assert!(!is_done && member("status") != Some("failed"), "{value:?}");
        }
    }
});
