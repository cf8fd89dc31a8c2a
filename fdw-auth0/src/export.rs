//! The job that exports users: `POST /api/v2/jobs/users-exports` (docs: bulk-user-exports).

use fdw_common::json::read_object;
use fdw_common::model::{Export, Job, JobState};
use serde::Deserialize;
use serde_json::json;

/// All users of every connection. An export has no filter.
pub(crate) const USERS: Export = Export { create: "jobs/users-exports", job: "jobs/", request, read, is_refused };

/// The format "json" is a file of one object a line. Which members it has without `fields` is not documented.
fn request(members: &[&str]) -> String {
    let fields: Vec<_> = members.iter().map(|name| json!({ "name": name })).collect();
    json!({ "format": "json", "fields": fields }).to_string()
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    status: String,
    location: Option<String>,
    status_details: Option<String>,
}

/// Only "pending", "completed" and "failed" are documented: a job with any other status is not done.
fn read(body: &[u8]) -> Option<Job> {
    let Answer { id, status, location, status_details } = read_object(body)?;
    let state = match (status.as_str(), location) {
        ("failed", _) => JobState::Failed(status_details),
        ("completed", Some(location)) => JobState::Done { location },
        _ => JobState::Running,
    };
    Some(Job { id, state })
}

/// 402 and 403: a plan without exports, or a token without the scope.
fn is_refused(status: u16, _body: &[u8]) -> bool {
    matches!(status, 402 | 403)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_read() {
        let state = |body: &str| read(body.as_bytes()).map(|job| job.state);
        let cases = [
            (r#"{"id":"job_1","status":"pending","type":"users_export"}"#, Some(JobState::Running)),
            (r#"{"id":"job_1","status":"processing","percentage_done":7}"#, Some(JobState::Running)),
            (r#"{"id":"job_1","status":"completed"}"#, Some(JobState::Running)),
            (
                r#"{"id":"job_1","status":"completed","location":"https://x/y"}"#,
                Some(JobState::Done { location: "https://x/y".into() }),
            ),
            (r#"["job_1","completed","https://x/y",null]"#, None),
            (r#"{"id":"job_1","status":"failed"}"#, Some(JobState::Failed(None))),
            (r#"{"id":"job_1","status":"failed","status_details":"d"}"#, Some(JobState::Failed(Some("d".into())))),
            (r#"{"status":"failed"}"#, None),
            ("[]", None),
        ];
        for (body, expected) in cases {
            assert_eq!(state(body), expected, "{body}");
        }
    }

    #[test]
    fn the_request_names_the_fields() {
        assert_eq!(
            request(&["user_id", "email"]),
            r#"{"fields":[{"name":"user_id"},{"name":"email"}],"format":"json"}"#
        );
    }
}
