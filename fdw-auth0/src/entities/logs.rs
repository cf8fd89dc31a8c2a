//! Logs and statistics. The events of the tenant, and their numbers.

use fdw_common::model::ColumnType::{Bool, Int8, Jsonb, Text, Timestamptz};
use fdw_common::model::{
    Changes, Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Rows, SearchField, SearchKind,
    SearchParameter, SortParameter,
};

use super::paging::LOG_PAGES;

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "logs",
    title: "Logs and statistics",
    doc: "The events of the tenant, and their numbers.",
    examples: &[
        Example {
            question: "Which logins failed in the last hour, and from where?",
            sql: "select date, user_name, ip, description\n\
                  from auth0.logs\n\
                  where type in ('f', 'fp', 'fu') and date > now() - interval '1 hour';",
        },
        Example {
            question: "How do logins develop?",
            sql: "select date::date, logins, signups\n\
                  from auth0.stats_daily\n\
                  where date >= now() - interval '30 days'\n\
                  order by 1;",
        },
    ],
    entities: &[LOGS, LOG_STREAMS, STATS_DAILY, STATS_ACTIVE_USERS, JOBS, JOB_ERRORS],
};

/// The fields that the documentation lists as searchable (docs: deploy-monitor/logs/log-search-query-syntax). All of
/// them compare the whole value, case-sensitively.
const SEARCH: SearchParameter = SearchParameter {
    name: "q",
    with: None,
    slices: None,
    fields: &[
        SearchField { path: "date", kind: SearchKind::Moment },
        SearchField { path: "type", kind: SearchKind::Word },
        SearchField { path: "log_id", kind: SearchKind::Word },
        SearchField { path: "user_id", kind: SearchKind::Word },
        SearchField { path: "user_name", kind: SearchKind::Word },
        SearchField { path: "client_id", kind: SearchKind::Word },
        SearchField { path: "client_name", kind: SearchKind::Word },
        SearchField { path: "connection", kind: SearchKind::Word },
        SearchField { path: "connection_id", kind: SearchKind::Word },
        SearchField { path: "organization_id", kind: SearchKind::Word },
        SearchField { path: "strategy", kind: SearchKind::Word },
        SearchField { path: "strategy_type", kind: SearchKind::Word },
        SearchField { path: "ip", kind: SearchKind::Word },
        SearchField { path: "hostname", kind: SearchKind::Word },
    ],
};

/// The columns of a log entry in every table of entries, except the user's.
pub(super) const LOG_ENTRY_COLUMNS: &[Column] = &[
    Column::new("date", Timestamptz, "Time at which the event happened."),
    Column::new(
        "type",
        Text,
        "Code of the event, as `auth0_log_types()` explains them: `s` login, `f` failed login, `fp` wrong password, `ss` sign-up.",
    ),
    Column::new("description", Text, "Text of the event, such as the reason of a failure; null or empty for many."),
    Column::new(
        "connection",
        Text,
        "The name of the connection that was used, as in `connections.name`. Null for events without one.",
    ),
    Column::new(
        "connection_id",
        Text,
        "The id of the connection that was used, as in `connections.id`. Null for events without one.",
    ),
    Column::new(
        "client_id",
        Text,
        "The id of the application that caused the event, as in `clients.client_id`. Null for events without one.",
    ),
    Column::new("client_name", Text, "The name of the application that caused the event."),
    Column::new("ip", Text, "IP address from which the request came."),
    Column::new("hostname", Text, "Host name that the request was sent to."),
    Column::new(
        "user_name",
        Text,
        "The name, e-mail address or phone number of the user. Null for events without a user.",
    ),
    Column::new(
        "audience",
        Text,
        "The identifier of the API that a token was requested for. Null for events without one.",
    ),
    Column::new("scope", Text, "Permissions that were requested or granted; null for events without any."),
    Column::new("strategy", Text, "Identity provider of the connection, such as `auth0` or `google-oauth2`."),
    Column::new("strategy_type", Text, "Kind of connection, such as `database`, `social` or `enterprise`."),
    Column::new("log_id", Text, "The entry's id, by which Auth0 orders the log."),
    Column::of("is_mobile", "isMobile", Bool, "Whether the request came from a mobile device."),
    Column::new(
        "details",
        Jsonb,
        "More about the event, an object whose members depend on `type`, such as `request`, `response` and `error`.",
    ),
    Column::new(
        "user_agent",
        Text,
        "The client's `User-Agent`, as Auth0 reads it, such as `Chrome 120.0 / Windows 10`.",
    ),
    Column::new("security_context", Jsonb, "Fingerprints of the TLS connection, an object: `ja3` and `ja4`."),
    Column::new(
        "location_info",
        Jsonb,
        "Location of `ip`, an object: `country_code`, `country_name`, `city_name`, `latitude`, `longitude`, `time_zone` and others.",
    ),
    Column::new(
        "organization_id",
        Text,
        "The id of the organization that the event is about, as in `organizations.id`. Null without one.",
    ),
    Column::new("organization_name", Text, "The name of the organization that the event is about. Null without one."),
];

/// Source: `GET /api/v2/logs`.
pub(super) const LOGS: Entity = Entity {
    name: "logs",
    doc: "The log of the tenant, as far back as the plan keeps it.",
    path: "logs",
    key: &["log_id"],
    paging: LOG_PAGES,
    scopes: &["read:logs", "read:logs_users"],
    lookups: &[Lookup::row("logs/{log_id}")],
    search: Some(SEARCH),
    sort: Some(SortParameter { name: "sort", columns: &["date"] }),
    changes: Changes::Appended("date"),
    // The id is a number for some connections (go-auth0 303).
    columns: columns![; LOG_ENTRY_COLUMNS; Column::new("user_id", Text, "The id of the user in the entry: some are numbers of another identity. Null for events without a user.")],
    typical_rows: 10000,
    ..Entity::BASE
};

/// Source: `GET /api/v2/log-streams`.
pub(super) const LOG_STREAMS: Entity = Entity {
    name: "log_streams",
    doc: "The streams of the log to other systems.",
    path: "log-streams",
    key: &["id"],
    scopes: &["read:log_streams"],
    lookups: &[Lookup::row("log-streams/{id}")],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the log stream, such as `lst_…`."),
        Column::new("name", Text, "The name that the tenant gave the log stream."),
        Column::new("status", Text, "State of the stream: `active`, `paused` or `suspended`."),
        Column::new("type", Text, "Kind of destination, such as `http`, `datadog`, `splunk` or `eventbridge`."),
        Column::of("is_priority", "isPriority", Bool, "Whether Auth0 treats the stream as a priority log stream."),
        Column::new(
            "filters",
            Jsonb,
            "Categories of entries that the stream sends, an array of objects with `type` and `name`. Empty for all.",
        ),
        Column::new(
            "pii_config",
            Jsonb,
            "How personal data are masked or hashed, an object: `log_fields`, `method` and `algorithm`. Null if they are not.",
        ),
        Column::new(
            "sink",
            Jsonb,
            "Destination of the entries, an object whose members depend on `type`, such as `httpEndpoint` or `datadogRegion`.",
        ),
    ],
    secrets: &[
        "sink.httpAuthorization",
        "sink.httpCustomHeaders",
        "sink.datadogApiKey",
        "sink.splunkToken",
        "sink.sumoSourceAddress",
        "sink.segmentWriteKey",
        "sink.mixpanelServiceAccountPassword",
    ],
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/stats/daily`.
pub(super) const STATS_DAILY: Entity = Entity {
    name: "stats_daily",
    doc: "Logins, sign-ups and leaked passwords of each day.",
    path: "stats/daily",
    key: &["date"],
    scopes: &["read:stats"],
    parameters: &[
        Parameter::of("from", "date", ParameterType::FirstDay),
        Parameter::of("to", "date", ParameterType::LastDay),
    ],
    columns: &[
        Column::new("date", Timestamptz, "The day, as a time at midnight UTC. Days without events are left out."),
        Column::new("logins", Int8, "Number of logins on that day."),
        Column::new("signups", Int8, "Number of sign-ups on that day."),
        Column::new("leaked_passwords", Int8, "Number of leaked passwords that were detected on that day."),
        Column::new("updated_at", Timestamptz, "Time at which the counts were last changed."),
        Column::new("created_at", Timestamptz, "Approximate time of the first event counted on that day."),
        Column::new(
            "leaked_passwords_signup",
            Int8,
            "Number of leaked passwords that were detected at sign-up on that day.",
        ),
    ],
    typical_rows: 30,
    ..Entity::BASE
};

/// Source: `GET /api/v2/stats/active-users`.
pub(super) const STATS_ACTIVE_USERS: Entity = Entity {
    name: "stats_active_users",
    doc: "How many users logged in within the last 30 days.",
    path: "stats/active-users",
    rows: Rows::Document,
    scopes: &["read:stats"],
    columns: &[Column::row("active_users", Int8, "Number of users who logged in within the last 30 days.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/jobs/{id}`.
pub(super) const JOBS: Entity = Entity {
    name: "jobs",
    doc: "One job, such as an import of users, by its id.",
    path: "jobs/{id}",
    rows: Rows::Document,
    key: &["id"],
    scopes: &["create:users", "read:users", "read:jobs"],
    columns: &[
        Column::new("status", Text, "State of the job, such as `pending`, `processing`, `completed` or `failed`."),
        Column::new("type", Text, "Kind of job, such as `users_import`, `users_export` or `verification_email`."),
        Column::new("created_at", Timestamptz, "Time at which the job was created."),
        Column::new("id", Text, "The id that Auth0 gave the job, such as `job_…`."),
        Column::new(
            "connection_id",
            Text,
            "The id of the connection whose users the job reads or writes, as in `connections.id`.",
        ),
        Column::new(
            "location",
            Text,
            "URL from which the file of an export is downloaded; null until the export is complete.",
        ),
        Column::new("percentage_done", Int8, "Progress of the job, in percent."),
        Column::new(
            "time_left_seconds",
            Int8,
            "Estimated time until the job ends, in seconds; null if it is not known.",
        ),
        Column::new("format", Text, "Format of the file of an export: `json` or `csv`. Null for other jobs."),
        Column::new("status_details", Text, "More about the state of the job; null if there is nothing more."),
        Column::new(
            "summary",
            Jsonb,
            "Users counted by an import, an object: `total`, `inserted`, `updated` and `failed`. Null for other jobs.",
        ),
    ],
    secrets: &["location"],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/jobs/{job_id}/errors`.
pub(super) const JOB_ERRORS: Entity = Entity {
    name: "job_errors",
    doc: "The users that an import rejected.",
    path: "jobs/{job_id}/errors",
    scopes: &["create:users", "read:users", "read:jobs"],
    columns: &[
        Column::bound("job_id", "The id of the import job, as in `jobs.id`."),
        Column::new("user", Jsonb, "The rejected user as in the imported file, an object."),
        Column::new("errors", Jsonb, "Reasons of the rejection, an array of objects: `code`, `message` and `path`."),
    ],
    typical_rows: 5,
    ..Entity::BASE
};
