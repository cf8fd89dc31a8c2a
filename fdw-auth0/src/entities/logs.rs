//! Logs and statistics. The events of the tenant, and their numbers.

use fdw_common::model::ColumnType::{Bool, Int8, Jsonb, Text, Timestamptz};
use fdw_common::model::{
    Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Rows, SearchField, SearchKind, SearchParameter,
    SortParameter,
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
    Column::new("date", Timestamptz, "When it happened."),
    Column::new("type", Text, "The type."),
    Column::new("description", Text, "The description."),
    Column::new("connection", Text, "The connection's name."),
    Column::new("connection_id", Text, "The connection's id."),
    Column::new("client_id", Text, "The application's id."),
    Column::new("client_name", Text, "The application's name."),
    Column::new("ip", Text, "The address it came from."),
    Column::new("hostname", Text, "The host it was sent to."),
    Column::new("user_name", Text, "The user's name."),
    Column::new("audience", Text, "The identifier of the API."),
    Column::new("scope", Text, "The permissions granted, an array."),
    Column::new("strategy", Text, "The kind of identity provider."),
    Column::new("strategy_type", Text, "The kind of connection."),
    Column::new("log_id", Text, "The entry's id."),
    Column::of("is_mobile", "isMobile", Bool, "Whether it came from a mobile device."),
    Column::new("details", Jsonb, "More about it, an object."),
    Column::new("user_agent", Text, "The browser or program."),
    Column::new("security_context", Jsonb, "Fingerprints of the connection, an object."),
    Column::new("location_info", Jsonb, "The location of the address, an object."),
    Column::new("organization_id", Text, "The organization's id."),
    Column::new("organization_name", Text, "The organization's name."),
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
    // The id is a number for some connections (go-auth0 303).
    columns: columns![; LOG_ENTRY_COLUMNS; Column::new("user_id", Text, "The user's id in the entry, a number in some.")],
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
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("status", Text, "The state it is in."),
        Column::new("type", Text, "The type."),
        Column::of("is_priority", "isPriority", Bool, "Whether entries that matter most come first."),
        Column::new("filters", Jsonb, "The kinds of entries it sends, an array."),
        Column::new("pii_config", Jsonb, "How personal data are handled, an object."),
        Column::new("sink", Jsonb, "The destination of entries, an object."),
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
        Column::new("date", Timestamptz, "The day, at midnight UTC. Days without events are left out."),
        Column::new("logins", Int8, "How many logins there were."),
        Column::new("signups", Int8, "How many sign-ups there were."),
        Column::new("leaked_passwords", Int8, "How many leaked passwords were detected."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("leaked_passwords_signup", Int8, "How many leaked passwords were detected at sign-up."),
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
    columns: &[Column::row("active_users", Int8, "The number of users.")],
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
        Column::new("status", Text, "The state it is in."),
        Column::new("type", Text, "The type."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("id", Text, "The id."),
        Column::new("connection_id", Text, "The connection's id."),
        Column::new("location", Text, "The address of the file."),
        Column::new("percentage_done", Int8, "How much is done, in percent."),
        Column::new("time_left_seconds", Int8, "How long it will take, in seconds."),
        Column::new("format", Text, "The format of the file."),
        Column::new("status_details", Text, "More about the state."),
        Column::new("summary", Jsonb, "How many succeeded and failed, an object."),
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
        Column::asked("job_id", "The job's id."),
        Column::new("user", Jsonb, "The user as it was given, an object."),
        Column::new("errors", Jsonb, "Its errors, an array."),
    ],
    typical_rows: 5,
    ..Entity::BASE
};
