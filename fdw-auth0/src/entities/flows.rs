//! Flows and forms. Forms shown at logins, the flows behind them, and streams of events.

use fdw_common::model::ColumnType::{Bool, Jsonb, Text, Timestamptz};
use fdw_common::model::{Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Parents, Rows};

use super::paging::{PAGES, checkpoint};

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "flows",
    title: "Flows and forms",
    doc: "Forms shown at logins, the flows behind them, and streams of events.",
    examples: &[
        Example {
            question: "Which runs of a flow failed?",
            sql: "select f.name, e.id, e.started_at\n\
                  from auth0.flows f\n\
                  join auth0.flow_executions e on e.flow_id = f.id\n\
                  where e.status = 'failed';",
        },
        Example {
            question: "Which connections to other products are not ready?",
            sql: "select name, app_id, refreshed_at\n\
                  from auth0.flow_vault_connections\n\
                  where not ready;",
        },
    ],
    entities: &[
        FLOWS,
        FLOW_DEFINITIONS,
        FLOW_EXECUTIONS,
        FLOW_EXECUTION_DETAILS,
        FLOW_VAULT_CONNECTIONS,
        FLOW_VAULT_CONNECTION_DETAILS,
        FORMS,
        FORM_DEFINITIONS,
        EVENT_STREAMS,
        EVENT_STREAM_DELIVERIES,
    ],
};

/// The columns of a flow in every table of flows.
pub(super) const FLOW_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id that Auth0 gave the flow."),
    Column::new("name", Text, "The name that the tenant gave the flow."),
    Column::new("created_at", Timestamptz, "Time at which the flow was created."),
    Column::new("updated_at", Timestamptz, "Time at which the flow was last changed."),
    Column::new("executed_at", Timestamptz, "Time at which the flow last ran; null if never."),
];

/// The columns of a form in every table of forms.
pub(super) const FORM_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id that Auth0 gave the form."),
    Column::new("name", Text, "The name that the tenant gave the form."),
    Column::new("created_at", Timestamptz, "Time at which the form was created."),
    Column::new("updated_at", Timestamptz, "Time at which the form was last changed."),
    Column::new("embedded_at", Timestamptz, "Time at which the form was last embedded in a login; null if never."),
    Column::new("submitted_at", Timestamptz, "Time at which the form was last submitted; null if never."),
];

/// The columns of a run in every table of runs.
pub(super) const FLOW_EXECUTION_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id that Auth0 gave the execution."),
    Column::new("trace_id", Text, "The id that connects the execution with its traces."),
    Column::new("journey_id", Text, "The id of the user's journey that the execution belongs to; null without one."),
    Column::new("status", Text, "State of the execution, such as completed or failed."),
    Column::new("created_at", Timestamptz, "Time at which the execution was created."),
    Column::new("updated_at", Timestamptz, "Time at which the execution was last changed."),
    Column::new("started_at", Timestamptz, "Time at which the execution started; null before."),
    Column::new("ended_at", Timestamptz, "Time at which the execution ended; null before."),
];

/// Source: `GET /api/v2/flows`.
pub(super) const FLOWS: Entity = Entity {
    name: "flows",
    doc: "The flows of the tenant.",
    path: "flows",
    rows: Rows::Member("flows"),
    key: &["id"],
    paging: PAGES,
    scopes: &["read:flows"],
    columns: FLOW_COLUMNS,
    ..Entity::BASE
};

/// Source: `GET /api/v2/flows/{id}`.
pub(super) const FLOW_DEFINITIONS: Entity = Entity {
    name: "flow_definitions",
    doc: "Flows with their steps.",
    path: "flows/{id}",
    rows: Rows::Document,
    key: &["id"],
    parents: Parents::Of { entity: &FLOWS, keys: &[("id", "id")] },
    scopes: &["read:flows"],
    columns: columns![; FLOW_COLUMNS; Column::new("actions", Jsonb, "Steps of the flow, an array of objects: `id`, `type`, `action`, `params`, `allow_failure` and others.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/flows/{flow_id}/executions`.
pub(super) const FLOW_EXECUTIONS: Entity = Entity {
    name: "flow_executions",
    doc: "The runs of flows.",
    path: "flows/{flow_id}/executions",
    rows: Rows::Member("executions"),
    key: &["flow_id", "id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &FLOWS, keys: &[("flow_id", "id")] },
    scopes: &["read:flows_executions"],
    columns: columns![Column::bound("flow_id", "The flow's id, as in `flows.id`."); FLOW_EXECUTION_COLUMNS],
    typical_rows: 100,
    ..Entity::BASE
};

/// Source: `GET /api/v2/flows/{flow_id}/executions/{id}`.
pub(super) const FLOW_EXECUTION_DETAILS: Entity = Entity {
    name: "flow_execution_details",
    doc: "Runs of flows with their debug output.",
    path: "flows/{flow_id}/executions/{id}",
    rows: Rows::Document,
    key: &["flow_id", "id"],
    parents: Parents::Of { entity: &FLOW_EXECUTIONS, keys: &[("flow_id", "flow_id"), ("id", "id")] },
    scopes: &["read:flows_executions"],
    columns: columns![Column::bound("flow_id", "The flow's id, as in `flows.id`."); FLOW_EXECUTION_COLUMNS; Column::new("debug", Jsonb, "Debug output of the execution, an object. Null if it was not recorded.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// The columns of a connection to another product.
const FLOW_VAULT_CONNECTION_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id that Auth0 gave the vault connection."),
    Column::new("app_id", Text, "Product that the connection connects to, such as `SLACK` or `HTTP`."),
    Column::new("name", Text, "The name that the tenant gave the vault connection."),
    Column::new("account_name", Text, "Name of the account at the product; null if it is not known."),
    Column::new("ready", Bool, "Whether flows can use the connection."),
    Column::new("created_at", Timestamptz, "Time at which the vault connection was created."),
    Column::new("updated_at", Timestamptz, "Time at which the vault connection was last changed."),
    Column::new(
        "refreshed_at",
        Timestamptz,
        "Time at which the connection's credentials were last renewed; null if never.",
    ),
    Column::new("fingerprint", Text, "Fingerprint of the connection's credentials, which shows whether they changed."),
];

/// Source: `GET /api/v2/flows/vault/connections`.
pub(super) const FLOW_VAULT_CONNECTIONS: Entity = Entity {
    name: "flow_vault_connections",
    doc: "The connections of flows to other products.",
    path: "flows/vault/connections",
    rows: Rows::Member("connections"),
    key: &["id"],
    paging: PAGES,
    scopes: &["read:flows_vault_connections"],
    lookups: &[Lookup::row("flows/vault/connections/{id}")],
    columns: FLOW_VAULT_CONNECTION_COLUMNS,
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/flows/vault/connections/{id}`.
pub(super) const FLOW_VAULT_CONNECTION_DETAILS: Entity = Entity {
    name: "flow_vault_connection_details",
    doc: "Single connections of flows to other products, with the columns that the list leaves out.",
    path: "flows/vault/connections/{id}",
    rows: Rows::Document,
    key: &["id"],
    parents: Parents::Of { entity: &FLOW_VAULT_CONNECTIONS, keys: &[("id", "id")] },
    scopes: &["read:flows_vault_connections"],
    columns: columns![; FLOW_VAULT_CONNECTION_COLUMNS; Column::new("environment", Text, "Environment of the account at the product; null if the product has none.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/forms`.
pub(super) const FORMS: Entity = Entity {
    name: "forms",
    doc: "The forms of the tenant.",
    path: "forms",
    rows: Rows::Member("forms"),
    key: &["id"],
    paging: PAGES,
    scopes: &["read:forms"],
    columns: FORM_COLUMNS,
    ..Entity::BASE
};

/// Source: `GET /api/v2/forms/{id}`.
pub(super) const FORM_DEFINITIONS: Entity = Entity {
    name: "form_definitions",
    doc: "Forms with their steps and texts.",
    path: "forms/{id}",
    rows: Rows::Document,
    key: &["id"],
    parents: Parents::Of { entity: &FORMS, keys: &[("id", "id")] },
    scopes: &["read:forms"],
    columns: columns![; FORM_COLUMNS; Column::new("messages", Jsonb, "The form's own texts, an object: `errors` and `custom`. Null without any."), Column::new("languages", Jsonb, "Languages of the form, an object: `primary` and `default`."), Column::new("translations", Jsonb, "Texts in other languages, an object with a member for each language. Null without any."), Column::new("nodes", Jsonb, "Steps of the form, an array of objects: `id`, `type` (`STEP`, `FLOW` or `ROUTER`), `config` and others."), Column::new("start", Jsonb, "Start of the form, an object: `next_node`, `hidden_fields` and `coordinates`."), Column::new("ending", Jsonb, "End of the form, an object: `redirection`, `after_submit`, `resume_flow` and `coordinates`."), Column::new("style", Jsonb, "Look of the form, an object with its `css`. Null for Auth0's look."), Column::new("description", Text, "The tenant's text about the form; null if there is none."), Column::new("tags", Jsonb, "Tags of the form, an array of texts.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/event-streams`.
pub(super) const EVENT_STREAMS: Entity = Entity {
    name: "event_streams",
    doc: "The streams of events to other systems.",
    path: "event-streams",
    rows: Rows::Member("eventStreams"),
    key: &["id"],
    paging: checkpoint(100),
    scopes: &["read:event_streams"],
    lookups: &[Lookup::row("event-streams/{id}")],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the event stream."),
        Column::new("name", Text, "The name that the tenant gave the event stream."),
        Column::new(
            "subscriptions",
            Jsonb,
            "Types of events that the stream sends, an array of objects with `event_type`.",
        ),
        Column::new(
            "destination",
            Jsonb,
            "Destination of the events, an object: `type`, such as `webhook`, and `configuration`.",
        ),
        Column::new("status", Text, "State of the stream: `enabled` or `disabled`."),
        Column::new("created_at", Timestamptz, "Time at which the event stream was created."),
        Column::new("updated_at", Timestamptz, "Time at which the event stream was last changed."),
    ],
    secrets: &[
        "destination.**.token",
        "destination.**.password",
        "destination.**.secret",
        "destination.**.header_value",
    ],
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/event-streams/{event_stream_id}/deliveries`.
pub(super) const EVENT_STREAM_DELIVERIES: Entity = Entity {
    name: "event_stream_deliveries",
    doc: "The events that could not be delivered yet.",
    path: "event-streams/{event_stream_id}/deliveries",
    rows: Rows::Member("deliveries"),
    key: &["event_stream_id", "id"],
    paging: checkpoint(100),
    parents: Parents::Of { entity: &EVENT_STREAMS, keys: &[("event_stream_id", "id")] },
    scopes: &["read:event_streams", "read:event_deliveries"],
    lookups: &[Lookup::row("event-streams/{event_stream_id}/deliveries/{id}")],
    parameters: &[Parameter::of("statuses", "status", ParameterType::Word(&["failed"]))],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the delivery."),
        Column::new("event_stream_id", Text, "The event stream's id, as in `event_streams.id`."),
        Column::new("status", Text, "State of the delivery: `failed`."),
        Column::new("event_type", Text, "Type of the event, such as `user.created` or `organization.updated`."),
        Column::new(
            "attempts",
            Jsonb,
            "Attempts to deliver the event, an array of objects: `status`, `timestamp`, `error_message` and `duration`.",
        ),
        Column::new(
            "event",
            Jsonb,
            "The event in the form of CloudEvents, an object: `id`, `type`, `time`, `source` and `data`.",
        ),
    ],
    typical_rows: 5,
    ..Entity::BASE
};
