//! Actions. Code of the tenant that runs at logins and other events; and rules and hooks, which came before.

use fdw_common::model::ColumnType::{Bool, Float8, Int8, Jsonb, Text, Timestamptz};
use fdw_common::model::{Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Parents, Rows, Stage};

use super::paging::{ACTIONS_PAGES, PAGES};

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "actions",
    title: "Actions",
    doc: "Code of the tenant that runs at logins and other events; and rules and hooks, which came before.",
    examples: &[
        Example {
            question: "Which actions have changes that are not deployed?",
            sql: "select name, runtime, updated_at\n\
                  from auth0.actions\n\
                  where not all_changes_deployed;",
        },
        Example {
            question: "What runs at a login, in which order?",
            sql: "select display_name, action ->> 'name' as action\n\
                  from auth0.action_trigger_bindings\n\
                  where trigger_id = 'post-login';",
        },
    ],
    entities: &[
        ACTIONS,
        ACTION_VERSIONS,
        ACTION_TRIGGERS,
        ACTION_TRIGGER_BINDINGS,
        ACTION_EXECUTIONS,
        ACTION_MODULES,
        ACTION_MODULE_DETAILS,
        ACTION_MODULE_VERSIONS,
        ACTION_MODULE_ACTIONS,
        RULES,
        RULES_CONFIGS,
        HOOKS,
        HOOK_SECRETS,
    ],
};

/// The triggers that the API has.
const TRIGGERS: &[&str] = &[
    "post-login",
    "credentials-exchange",
    "pre-user-registration",
    "post-user-registration",
    "post-change-password",
    "send-phone-message",
    "custom-phone-provider",
    "custom-email-provider",
    "password-reset-post-challenge",
    "custom-token-exchange",
    "event-stream",
    "password-hash-migration",
    "login-post-identifier",
    "signup-post-identifier",
    "post-credential-validation",
];

/// The values that the API accepts.
const TRIGGER_IDS: &[&str] = &[
    "credentials-exchange",
    "pre-user-registration",
    "post-user-registration",
    "post-change-password",
    "send-phone-message",
];

/// Source: `GET /api/v2/actions/actions`.
pub(super) const ACTIONS: Entity = Entity {
    name: "actions",
    doc: "The actions of the tenant.",
    path: "actions/actions",
    rows: Rows::Member("actions"),
    key: &["id"],
    paging: ACTIONS_PAGES,
    scopes: &["read:actions"],
    lookups: &[Lookup::row("actions/actions/{id}")],
    parameters: &[Parameter::of("actionName", "name", ParameterType::Text)],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("supported_triggers", Jsonb, "The triggers it can be bound to, an array."),
        Column::new("all_changes_deployed", Bool, "Whether the deployed version is the current one."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
        Column::new("code", Text, "The source code."),
        Column::new("dependencies", Jsonb, "The packages it uses, an array of names and versions."),
        Column::new("runtime", Text, "The version of Node.js it runs on."),
        Column::new("secrets", Jsonb, "The names of its secrets, an array; values are never given."),
        Column::new("deployed_version", Jsonb, "The version that is deployed, an object."),
        Column::new("installed_integration_id", Text, "The installed integration it belongs to."),
        Column::new("integration", Jsonb, "The integration it belongs to, an object."),
        Column::new("status", Text, "The state it is in."),
        Column::new("built_at", Timestamptz, "When it was built."),
        Column::new("deploy", Bool, "Whether it is deployed once it is built."),
        Column::new("modules", Jsonb, "The modules it uses, an array."),
    ],
    typical_rows: 20,
    ..Entity::BASE
};

/// Source: `GET /api/v2/actions/actions/{action_id}/versions`.
pub(super) const ACTION_VERSIONS: Entity = Entity {
    name: "action_versions",
    doc: "The versions of actions.",
    path: "actions/actions/{action_id}/versions",
    rows: Rows::Member("versions"),
    key: &["action_id", "id"],
    paging: ACTIONS_PAGES,
    parents: Parents::Of { entity: &ACTIONS, keys: &[("action_id", "id")] },
    scopes: &["read:actions"],
    lookups: &[Lookup::row("actions/actions/{action_id}/versions/{id}")],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("action_id", Text, "The action's id."),
        Column::new("code", Text, "The source code."),
        Column::new("dependencies", Jsonb, "The packages it uses, an array of names and versions."),
        Column::new("deployed", Bool, "Whether this version is deployed."),
        Column::new("runtime", Text, "The version of Node.js it runs on."),
        Column::new("secrets", Jsonb, "The names of its secrets, an array; values are never given."),
        Column::new("status", Text, "The state it is in."),
        Column::new("number", Float8, "The number of the version."),
        Column::new("errors", Jsonb, "The errors of its build, an array."),
        Column::new("action", Jsonb, "The action, an object."),
        Column::new("built_at", Timestamptz, "When it was built."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
        Column::new("supported_triggers", Jsonb, "The triggers it can be bound to, an array."),
        Column::new("modules", Jsonb, "The modules it uses, an array."),
    ],
    ..Entity::BASE
};

/// Source: `GET /api/v2/actions/triggers`.
pub(super) const ACTION_TRIGGERS: Entity = Entity {
    name: "action_triggers",
    doc: "The triggers that actions can be bound to.",
    path: "actions/triggers",
    rows: Rows::Member("triggers"),
    scopes: &["read:actions"],
    columns: &[
        Column::new("id", Text, "The trigger, such as `post-login`."),
        Column::new("version", Text, "The version."),
        Column::new("status", Text, "The state it is in."),
        Column::new("runtimes", Jsonb, "The runtimes it offers, an array."),
        Column::new("default_runtime", Text, "The runtime used when none is named."),
        Column::new("compatible_triggers", Jsonb, "Other triggers its actions can be bound to, an array."),
        Column::new("binding_policy", Text, "Whether actions are bound to the trigger or to its entity."),
    ],
    typical_rows: 20,
    ..Entity::BASE
};

/// Source: `GET /api/v2/actions/triggers/{trigger_id}/bindings`.
pub(super) const ACTION_TRIGGER_BINDINGS: Entity = Entity {
    name: "action_trigger_bindings",
    doc: "The actions bound to triggers, in the order they run.",
    path: "actions/triggers/{trigger_id}/bindings",
    rows: Rows::Member("bindings"),
    key: &["trigger_id", "id"],
    paging: ACTIONS_PAGES,
    parents: Parents::Values { column: "trigger_id", values: TRIGGERS },
    scopes: &["read:actions"],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("trigger_id", Text, "The trigger."),
        Column::new("display_name", Text, "The name people see."),
        Column::new("action", Jsonb, "The action, an object."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
    ],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/actions/executions/{id}`.
pub(super) const ACTION_EXECUTIONS: Entity = Entity {
    name: "action_executions",
    doc: "One run of a trigger's actions, by its id, which the logs have.",
    path: "actions/executions/{id}",
    rows: Rows::Document,
    key: &["id"],
    scopes: &["read:actions"],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("trigger_id", Text, "The trigger."),
        Column::new("status", Text, "The state it is in."),
        Column::new("results", Jsonb, "The result of each action, an array."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// The columns of a module in every table of modules.
const ACTION_MODULE_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id."),
    Column::new("name", Text, "The name."),
    Column::new("code", Text, "The source code."),
    Column::new("dependencies", Jsonb, "The packages it uses, an array of names and versions."),
    Column::new("secrets", Jsonb, "The names of its secrets, an array; values are never given."),
    Column::new("actions_using_module_total", Int8, "How many actions use it."),
    Column::new("all_changes_published", Bool, "Whether the latest version has all changes."),
    Column::new("latest_version_number", Int8, "The number of the latest version."),
    Column::new("created_at", Timestamptz, "When it was created."),
    Column::new("updated_at", Timestamptz, "When it was last changed."),
];

/// Source: `GET /api/v2/actions/modules`.
pub(super) const ACTION_MODULES: Entity = Entity {
    name: "action_modules",
    doc: "Code that actions share.",
    path: "actions/modules",
    rows: Rows::Member("modules"),
    key: &["id"],
    paging: ACTIONS_PAGES,
    scopes: &["read:actions"],
    lookups: &[Lookup::row("actions/modules/{id}")],
    columns: ACTION_MODULE_COLUMNS,
    stage: Stage::Early,
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/actions/modules/{id}`.
pub(super) const ACTION_MODULE_DETAILS: Entity = Entity {
    name: "action_module_details",
    doc: "Single modules, with the columns that the list leaves out.",
    path: "actions/modules/{id}",
    rows: Rows::Document,
    key: &["id"],
    parents: Parents::Of { entity: &ACTION_MODULES, keys: &[("id", "id")] },
    scopes: &["read:actions"],
    columns: columns![; ACTION_MODULE_COLUMNS; Column::new("latest_version", Jsonb, "The latest version, an object.")],
    stage: Stage::Early,
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/actions/modules/{module_id}/versions`.
pub(super) const ACTION_MODULE_VERSIONS: Entity = Entity {
    name: "action_module_versions",
    doc: "The versions of modules.",
    path: "actions/modules/{module_id}/versions",
    rows: Rows::Member("versions"),
    key: &["module_id", "id"],
    paging: ACTIONS_PAGES,
    parents: Parents::Of { entity: &ACTION_MODULES, keys: &[("module_id", "id")] },
    scopes: &["read:actions"],
    lookups: &[Lookup::row("actions/modules/{module_id}/versions/{id}")],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("module_id", Text, "The module's id."),
        Column::new("version_number", Int8, "The number of the version."),
        Column::new("code", Text, "The source code."),
        Column::new("secrets", Jsonb, "The names of its secrets, an array; values are never given."),
        Column::new("dependencies", Jsonb, "The packages it uses, an array of names and versions."),
        Column::new("created_at", Timestamptz, "When it was created."),
    ],
    stage: Stage::Early,
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/actions/modules/{module_id}/actions`.
pub(super) const ACTION_MODULE_ACTIONS: Entity = Entity {
    name: "action_module_actions",
    doc: "The actions that use modules.",
    path: "actions/modules/{module_id}/actions",
    rows: Rows::Member("actions"),
    key: &["module_id", "action_id"],
    paging: ACTIONS_PAGES,
    parents: Parents::Of { entity: &ACTION_MODULES, keys: &[("module_id", "id")] },
    scopes: &["read:actions"],
    columns: &[
        Column::asked("module_id", "The module's id."),
        Column::new("action_id", Text, "The action's id."),
        Column::new("action_name", Text, "The action's name."),
        Column::new("module_version_id", Text, "The version of the module it uses."),
        Column::new("module_version_number", Int8, "The number of that version."),
        Column::new("supported_triggers", Jsonb, "The triggers it can be bound to, an array."),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/rules`.
pub(super) const RULES: Entity = Entity {
    name: "rules",
    doc: "The rules of the tenant.",
    path: "rules",
    rows: Rows::Member("rules"),
    key: &["id"],
    paging: PAGES,
    scopes: &["read:rules"],
    lookups: &[Lookup::row("rules/{id}")],
    parameters: &[Parameter::new("enabled", ParameterType::Bool)],
    columns: &[
        Column::new("name", Text, "The name."),
        Column::new("id", Text, "The id."),
        Column::new("enabled", Bool, "Whether it is in use."),
        Column::new("script", Text, "The source code."),
        Column::of("rule_order", "order", Float8, "Its place among the rules, the smallest first."),
        Column::new("stage", Text, "When it runs."),
    ],
    stage: Stage::Deprecated,
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/rules-configs`.
pub(super) const RULES_CONFIGS: Entity = Entity {
    name: "rules_configs",
    doc: "The names of the settings of rules; values are never given.",
    path: "rules-configs",
    key: &["key"],
    scopes: &["read:rules_configs"],
    columns: &[Column::new("key", Text, "The key.")],
    stage: Stage::Deprecated,
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/hooks`.
pub(super) const HOOKS: Entity = Entity {
    name: "hooks",
    doc: "The hooks of the tenant.",
    path: "hooks",
    rows: Rows::Member("hooks"),
    key: &["id"],
    paging: PAGES,
    scopes: &["read:hooks"],
    lookups: &[Lookup::row("hooks/{id}")],
    parameters: &[
        Parameter::new("enabled", ParameterType::Bool),
        Parameter::of("triggerId", "trigger_id", ParameterType::Word(TRIGGER_IDS)),
    ],
    columns: &[
        Column::of("trigger_id", "triggerId", Text, "The extension point it runs at."),
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("enabled", Bool, "Whether it is in use."),
        Column::new("script", Text, "The source code."),
        Column::new("dependencies", Jsonb, "The packages it uses, an object."),
    ],
    stage: Stage::Deprecated,
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/hooks/{hook_id}/secrets`.
pub(super) const HOOK_SECRETS: Entity = Entity {
    name: "hook_secrets",
    doc: "The secrets of hooks, by their names.",
    path: "hooks/{hook_id}/secrets",
    rows: Rows::Document,
    key: &["hook_id"],
    parents: Parents::Of { entity: &HOOKS, keys: &[("hook_id", "id")] },
    scopes: &["read:hooks"],
    columns: &[
        Column::asked("hook_id", "The hook's id."),
        Column::row("secrets", Jsonb, "The secrets by their names, an object."),
    ],
    secrets: &["*"],
    stage: Stage::Deprecated,
    typical_rows: 1,
    ..Entity::BASE
};
