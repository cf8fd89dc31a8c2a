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
    Column::new("id", Text, "The id."),
    Column::new("name", Text, "The name."),
    Column::new("created_at", Timestamptz, "When it was created."),
    Column::new("updated_at", Timestamptz, "When it was last changed."),
    Column::new("executed_at", Timestamptz, "When it last ran."),
];

/// The columns of a form in every table of forms.
pub(super) const FORM_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id."),
    Column::new("name", Text, "The name."),
    Column::new("created_at", Timestamptz, "When it was created."),
    Column::new("updated_at", Timestamptz, "When it was last changed."),
    Column::new("embedded_at", Timestamptz, "When it was embedded."),
    Column::new("submitted_at", Timestamptz, "When it was last sent."),
];

/// The columns of a run in every table of runs.
pub(super) const FLOW_EXECUTION_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id."),
    Column::new("trace_id", Text, "The id in traces."),
    Column::new("journey_id", Text, "The user's journey it belongs to."),
    Column::new("status", Text, "The state it is in."),
    Column::new("created_at", Timestamptz, "When it was created."),
    Column::new("updated_at", Timestamptz, "When it was last changed."),
    Column::new("started_at", Timestamptz, "When it started."),
    Column::new("ended_at", Timestamptz, "When it ended."),
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
    columns: columns![; FLOW_COLUMNS; Column::new("actions", Jsonb, "The steps, an array.")],
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
    columns: columns![Column::asked("flow_id", "The flow's id."); FLOW_EXECUTION_COLUMNS],
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
    columns: columns![Column::asked("flow_id", "The flow's id."); FLOW_EXECUTION_COLUMNS; Column::new("debug", Jsonb, "The debug output of each step, an object.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// The columns of a connection to another product.
const FLOW_VAULT_CONNECTION_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id."),
    Column::new("app_id", Text, "The product it connects to."),
    Column::new("name", Text, "The name."),
    Column::new("account_name", Text, "The account there."),
    Column::new("ready", Bool, "Whether it can be used."),
    Column::new("created_at", Timestamptz, "When it was created."),
    Column::new("updated_at", Timestamptz, "When it was last changed."),
    Column::new("refreshed_at", Timestamptz, "When it was last renewed."),
    Column::new("fingerprint", Text, "The fingerprint."),
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
    columns: columns![; FLOW_VAULT_CONNECTION_COLUMNS; Column::new("environment", Text, "The environment there.")],
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
    columns: columns![; FORM_COLUMNS; Column::new("messages", Jsonb, "Texts for errors and more, an object."), Column::new("languages", Jsonb, "The languages, an object."), Column::new("translations", Jsonb, "The translations, an object."), Column::new("nodes", Jsonb, "The steps, an array."), Column::new("start", Jsonb, "The first step, an object."), Column::new("ending", Jsonb, "The last step, an object."), Column::new("style", Jsonb, "How it looks, an object."), Column::new("description", Text, "The description."), Column::new("tags", Jsonb, "Its tags, an array.")],
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
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("subscriptions", Jsonb, "The types of events it sends, an array."),
        Column::new("destination", Jsonb, "The destination of events, an object."),
        Column::new("status", Text, "The state it is in."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
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
        Column::new("id", Text, "The id."),
        Column::new("event_stream_id", Text, "The stream's id."),
        Column::new("status", Text, "The state it is in."),
        Column::new("event_type", Text, "The type of event."),
        Column::new("attempts", Jsonb, "The attempts to deliver it, an array."),
        Column::new("event", Jsonb, "The event, an object."),
    ],
    typical_rows: 5,
    ..Entity::BASE
};
