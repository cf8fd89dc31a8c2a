//! The 404s of single objects, with Auth0's messages.

use hyper::StatusCode;

use crate::answer::Answer;

/// Message and code by collection. Some have no code; other collections' 404s are not documented.
const MESSAGES: [(&str, &str, Option<&str>); 24] = [
    ("/actions/actions", "That action does not exist.", None),
    ("/actions/executions", "That execution does not exist.", None),
    ("/branding/themes", "There was an error retrieving branding settings: invalid theme ID", Some("theme_not_found")),
    (
        "/branding/themes/default",
        "There was an error retrieving branding settings: invalid theme ID",
        Some("theme_not_found"),
    ),
    ("/branding/templates/universal-login", "Template does not exist.", Some("inexistent_templates_universal_login")),
    ("/client-grants", "The grant does not exist.", Some("inexistent_client_grant")),
    ("/clients", "The client does not exist", Some("inexistent_client")),
    ("/connections", "The connection does not exist", Some("inexistent_connection")),
    ("/emails/provider", "There is not a configured email provider", Some("inexistent_email_provider")),
    ("/event-streams", "The requested stream does not exist.", None),
    ("/flows/vault/connections", "Connection not found", None),
    ("/guardian/enrollments", "Enrollment not found", Some("enrollment_not_found")),
    ("/hooks", "Error: Hook does not exist", Some("HookDoesNotExist")),
    ("/jobs", "Job not found.", Some("inexistent_job")),
    ("/log-streams", "The log stream does not exist.", None),
    ("/organizations", "No organization found by that id or name", None),
    ("/organizations/name", "No organization found by that id or name", None),
    ("/organizations/{}/discovery-domains", "No organization domain found by that id", None),
    ("/organizations/{}/invitations", "The invitation does not exist.", Some("inexistent_invitation")),
    ("/resource-servers", "The resource server does not exist", Some("inexistent_resource_server")),
    ("/roles", "The role does not exist.", None),
    ("/rules", "Rule does not exist", None),
    ("/users", "The user does not exist.", Some("inexistent_user")),
    ("/user-blocks", "The user does not exist.", Some("inexistent_user")),
];

/// The answer for an object that its collection does not have.
pub(crate) fn answer(collection: &str) -> Answer {
    match MESSAGES.iter().find(|(template, ..)| *template == collection) {
        Some((_, message, code)) => Answer::error(StatusCode::NOT_FOUND, message, *code),
        None => Answer::error(StatusCode::NOT_FOUND, "Not Found", None),
    }
}
