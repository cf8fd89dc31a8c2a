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
        Column::new("id", Text, "The id that Auth0 gave the action."),
        Column::new("name", Text, "The name that the tenant gave the action."),
        Column::new(
            "supported_triggers",
            Jsonb,
            "Triggers that the action can be bound to, an array of objects with `id` and `version`.",
        ),
        Column::new("all_changes_deployed", Bool, "Whether the deployed version contains all changes of the action."),
        Column::new("created_at", Timestamptz, "Time at which the action was created."),
        Column::new("updated_at", Timestamptz, "Time at which the action was last changed."),
        Column::new("code", Text, "Source code of the action's draft, in JavaScript."),
        Column::new(
            "dependencies",
            Jsonb,
            "Packages of npm that the draft uses, an array of objects with `name` and `version`.",
        ),
        Column::new("runtime", Text, "Version of Node.js that the action runs on, such as `node22`."),
        Column::new(
            "secrets",
            Jsonb,
            "Secrets of the draft, an array of objects with `name` and `updated_at`. Values are never returned.",
        ),
        Column::new(
            "deployed_version",
            Jsonb,
            "Deployed version, an object: `id`, `number`, `code`, `runtime`, `status` and others. Null if none is deployed.",
        ),
        Column::new(
            "installed_integration_id",
            Text,
            "The id of the installed integration that the action belongs to. Null for the tenant's own actions.",
        ),
        Column::new(
            "integration",
            Jsonb,
            "Integration that the action belongs to, an object: `id`, `name`, `partner_id` and others. Null for the tenant's own.",
        ),
        Column::new(
            "status",
            Text,
            "State of the draft's build: `pending`, `building`, `packaged`, `built`, `retrying` or `failed`.",
        ),
        Column::new("built_at", Timestamptz, "Time at which the action was last built; null before the first build."),
        Column::new("deploy", Bool, "Whether the action is deployed once it is built."),
        Column::new(
            "modules",
            Jsonb,
            "Modules that the action uses, an array of objects: `module_name`, `module_version_number` and their ids.",
        ),
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
        Column::new("id", Text, "The id that Auth0 gave the version."),
        Column::new("action_id", Text, "The action's id, as in `actions.id`."),
        Column::new("code", Text, "Source code of the version, in JavaScript."),
        Column::new(
            "dependencies",
            Jsonb,
            "Packages of npm that the version uses, an array of objects with `name` and `version`.",
        ),
        Column::new("deployed", Bool, "Whether this version is the deployed one."),
        Column::new("runtime", Text, "Version of Node.js that the version runs on, such as `node22`."),
        Column::new(
            "secrets",
            Jsonb,
            "Secrets of the version, an array of objects with `name` and `updated_at`. Values are never returned.",
        ),
        Column::new(
            "status",
            Text,
            "State of the version's build: `pending`, `building`, `packaged`, `built`, `retrying` or `failed`.",
        ),
        Column::new("number", Float8, "Number of the version, counted within the action from 1."),
        Column::new(
            "errors",
            Jsonb,
            "Errors of the version's build, an array of objects: `id`, `msg` and `url`. Null or empty without errors.",
        ),
        Column::new(
            "action",
            Jsonb,
            "The action, an object: `id`, `name`, `supported_triggers`, `all_changes_deployed` and others.",
        ),
        Column::new("built_at", Timestamptz, "Time at which the version was built; null before."),
        Column::new("created_at", Timestamptz, "Time at which the version was created."),
        Column::new("updated_at", Timestamptz, "Time at which the version was last changed."),
        Column::new(
            "supported_triggers",
            Jsonb,
            "Triggers that the version can be bound to, an array of objects with `id` and `version`.",
        ),
        Column::new(
            "modules",
            Jsonb,
            "Modules that the version uses, an array of objects: `module_name`, `module_version_number` and their ids.",
        ),
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
        Column::new("id", Text, "Name of the trigger, such as `post-login` or `credentials-exchange`."),
        Column::new("version", Text, "Version of the trigger, such as `v3`."),
        Column::new("status", Text, "State of the trigger's version, such as `CURRENT` or `DEPRECATED`."),
        Column::new(
            "runtimes",
            Jsonb,
            "Versions of Node.js that actions of the trigger may run on, an array of texts.",
        ),
        Column::new("default_runtime", Text, "Version of Node.js for actions that name none."),
        Column::new(
            "compatible_triggers",
            Jsonb,
            "Other triggers that the trigger's actions can be bound to, an array of objects with `id` and `version`.",
        ),
        Column::new(
            "binding_policy",
            Text,
            "Object that actions are bound to: the trigger (`trigger-bound`) or one entity (`entity-bound`).",
        ),
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
        Column::new("id", Text, "The id that Auth0 gave the binding."),
        Column::new("trigger_id", Text, "Name of the trigger, as in `action_triggers.id`."),
        Column::new("display_name", Text, "Name of the action in the trigger's flow."),
        Column::new(
            "action",
            Jsonb,
            "The bound action, an object: `id`, `name`, `supported_triggers`, `runtime`, `status` and others.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the binding was created."),
        Column::new("updated_at", Timestamptz, "Time at which the binding was last changed."),
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
        Column::new("id", Text, "The id of the execution, as in log entries."),
        Column::new("trigger_id", Text, "Name of the trigger that ran, as in `action_triggers.id`."),
        Column::new(
            "status",
            Text,
            "State of the execution: `pending`, `final`, `partial`, `canceled`, `suspended` or `unspecified`.",
        ),
        Column::new(
            "results",
            Jsonb,
            "Result of each action that ran, an array of objects: `action_name`, `error`, `started_at` and `ended_at`.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the execution was created."),
        Column::new("updated_at", Timestamptz, "Time at which the execution was last changed."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// The columns of a module in every table of modules.
const ACTION_MODULE_COLUMNS: &[Column] = &[
    Column::new("id", Text, "The id that Auth0 gave the module."),
    Column::new("name", Text, "The name that the tenant gave the module."),
    Column::new("code", Text, "Source code of the module's draft, in JavaScript."),
    Column::new(
        "dependencies",
        Jsonb,
        "Packages of npm that the draft uses, an array of objects with `name` and `version`.",
    ),
    Column::new(
        "secrets",
        Jsonb,
        "Secrets of the draft, an array of objects with `name` and `updated_at`. Values are never returned.",
    ),
    Column::new("actions_using_module_total", Int8, "Number of deployed actions that use the module."),
    Column::new("all_changes_published", Bool, "Whether the latest version contains all changes of the module."),
    Column::new("latest_version_number", Int8, "Number of the latest published version; null if none is published."),
    Column::new("created_at", Timestamptz, "Time at which the module was created."),
    Column::new("updated_at", Timestamptz, "Time at which the module was last changed."),
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
    columns: columns![; ACTION_MODULE_COLUMNS; Column::new("latest_version", Jsonb, "Latest published version, an object: `id`, `version_number`, `code`, `dependencies` and others. Null without one.")],
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
        Column::new("id", Text, "The id that Auth0 gave the version."),
        Column::new("module_id", Text, "The module's id, as in `action_modules.id`."),
        Column::new("version_number", Int8, "Number of the version, counted within the module from 1."),
        Column::new("code", Text, "Source code of the version, in JavaScript."),
        Column::new(
            "secrets",
            Jsonb,
            "Secrets of the version, an array of objects with `name` and `updated_at`. Values are never returned.",
        ),
        Column::new(
            "dependencies",
            Jsonb,
            "Packages of npm that the version uses, an array of objects with `name` and `version`.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the version was created."),
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
        Column::bound("module_id", "The module's id, as in `action_modules.id`."),
        Column::new("action_id", Text, "The action's id, as in `actions.id`."),
        Column::new("action_name", Text, "The action's name, as in `actions.name`."),
        Column::new(
            "module_version_id",
            Text,
            "The id of the module's version that the action uses, as in `action_module_versions.id`.",
        ),
        Column::new("module_version_number", Int8, "Number of the module's version that the action uses."),
        Column::new(
            "supported_triggers",
            Jsonb,
            "Triggers that the action can be bound to, an array of objects with `id` and `version`.",
        ),
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
        Column::new("name", Text, "The name that the tenant gave the rule."),
        Column::new("id", Text, "The id that Auth0 gave the rule."),
        Column::new("enabled", Bool, "Whether the rule runs."),
        Column::new("script", Text, "Source code of the rule, in JavaScript."),
        Column::of("rule_order", "order", Float8, "Place of the rule among the others; the smallest runs first."),
        Column::new("stage", Text, "Stage of the login at which the rule runs, such as `login_success`."),
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
    columns: &[Column::new("key", Text, "Name of a setting that rules can read. Values are never returned.")],
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
        Column::of(
            "trigger_id",
            "triggerId",
            Text,
            "Extension point at which the hook runs, such as `pre-user-registration`.",
        ),
        Column::new("id", Text, "The id that Auth0 gave the hook."),
        Column::new("name", Text, "The name that the tenant gave the hook."),
        Column::new("enabled", Bool, "Whether the hook runs."),
        Column::new("script", Text, "Source code of the hook, in JavaScript."),
        Column::new("dependencies", Jsonb, "Packages of npm that the hook uses, an object: names and versions."),
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
        Column::bound("hook_id", "The id of the hook, as in `hooks.id`."),
        Column::row("secrets", Jsonb, "Secrets of the hook by their names, an object with hidden values."),
    ],
    secrets: &["*"],
    stage: Stage::Deprecated,
    typical_rows: 1,
    ..Entity::BASE
};
