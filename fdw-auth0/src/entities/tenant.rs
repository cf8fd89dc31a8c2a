//! Tenant. The settings of the tenant, experiments and credentials.

use fdw_common::model::ColumnType::{Bool, Float8, Int8, Jsonb, Text, Timestamptz};
use fdw_common::model::{Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Parents, Rows, Stage};

use super::paging::checkpoint;

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "tenant",
    title: "Tenant",
    doc: "The settings of the tenant, experiments and credentials.",
    examples: &[
        Example {
            question: "How long do sessions live?",
            sql: "select session_lifetime, idle_session_lifetime\n\
                  from auth0.tenant_settings;",
        },
        Example {
            question: "Which switches are on?",
            sql: "select flag.key\n\
                  from auth0.tenant_settings t, jsonb_each(t.flags) flag\n\
                  where flag.value = 'true';",
        },
    ],
    entities: &[
        TENANT_SETTINGS,
        EXPERIMENTS,
        FEATURE_FLAGS,
        FEATURE_FLAG_VARIATIONS,
        EXPERIMENT_SEGMENTS,
        VERIFIABLE_CREDENTIAL_TEMPLATES,
    ],
};

/// The values that the API accepts.
const STATUSES: &[&str] = &["draft", "active", "paused", "completed", "archived"];

/// Source: `GET /api/v2/tenants/settings`.
pub(super) const TENANT_SETTINGS: Entity = Entity {
    name: "tenant_settings",
    doc: "The settings of the tenant.",
    path: "tenants/settings",
    rows: Rows::Document,
    scopes: &["read:tenant_settings"],
    columns: &[
        Column::new(
            "change_password",
            Jsonb,
            "Page on which users change their password, an object: `enabled` and `html`. Null for Auth0's page.",
        ),
        Column::new(
            "guardian_mfa_page",
            Jsonb,
            "Page for second factors, an object: `enabled` and `html`. Null for Auth0's page.",
        ),
        Column::new(
            "default_audience",
            Text,
            "The identifier of the API for requests that name none. Null without one.",
        ),
        Column::new(
            "default_directory",
            Text,
            "The name of the connection for password logins that name none. Null without one.",
        ),
        Column::new(
            "error_page",
            Jsonb,
            "Page for errors, an object: `html`, `url` and `show_log_link`. Null for Auth0's page.",
        ),
        Column::new(
            "device_flow",
            Jsonb,
            "Form of device codes, an object: `charset` (`base20` or `digits`) and `mask`.",
        ),
        Column::new(
            "default_token_quota",
            Jsonb,
            "Limits on tokens for machines by default, an object: `clients` and `organizations`. Null without limits.",
        ),
        Column::new(
            "flags",
            Jsonb,
            "Switches of the tenant, an object of booleans, such as `enable_apis_section` or `enable_sso`.",
        ),
        Column::new("friendly_name", Text, "The tenant's name as users see it."),
        Column::new("picture_url", Text, "URL of the tenant's logo."),
        Column::new("support_email", Text, "E-mail address at which users get support."),
        Column::new("support_url", Text, "URL of the page on which users get support."),
        Column::new(
            "allowed_logout_urls",
            Jsonb,
            "URLs that a logout without an application may redirect to, an array of texts.",
        ),
        Column::new("session_lifetime", Float8, "Time after which a session expires even if it is used, in hours."),
        Column::new("idle_session_lifetime", Float8, "Time without use after which a session expires, in hours."),
        Column::new(
            "ephemeral_session_lifetime",
            Float8,
            "Time after which a session with a non-persistent cookie expires even if it is used, in hours.",
        ),
        Column::new(
            "idle_ephemeral_session_lifetime",
            Float8,
            "Time without use after which a session with a non-persistent cookie expires, in hours.",
        ),
        Column::new("sandbox_version", Text, "Version of Node.js that runs rules, hooks and database scripts."),
        Column::new(
            "legacy_sandbox_version",
            Text,
            "Version of Node.js that older extensions run on; null or empty without one.",
        ),
        Column::new("sandbox_versions_available", Jsonb, "Versions of Node.js that can be chosen, an array of texts."),
        Column::new(
            "default_redirection_uri",
            Text,
            "URL that users are sent to when a login has no valid destination.",
        ),
        Column::new(
            "enabled_locales",
            Jsonb,
            "Languages of the login pages, an array of codes, such as `en` or `pt-BR`. The first is the default.",
        ),
        Column::new("access_token", Jsonb, "How access tokens are made, an object: `claims_mapping`."),
        Column::new(
            "security_headers",
            Jsonb,
            "Security headers of the login pages, an object: `content_security_policy` and `x_xss_protection`.",
        ),
        Column::new(
            "session_cookie",
            Jsonb,
            "The session's cookie, an object: `mode` is `persistent` or `non-persistent`.",
        ),
        Column::new(
            "sessions",
            Jsonb,
            "Settings of sessions, an object: `oidc_logout_prompt_enabled` and `anonymous`.",
        ),
        Column::new(
            "oidc_logout",
            Jsonb,
            "Settings of OpenID Connect logouts, an object: `rp_logout_end_session_endpoint_discovery`.",
        ),
        Column::new(
            "allow_organization_name_in_authentication_api",
            Bool,
            "Whether the Authentication API accepts an organization's name in place of its id.",
        ),
        Column::new(
            "customize_mfa_in_postlogin_action",
            Bool,
            "Whether actions after a login choose the second factor.",
        ),
        Column::new(
            "acr_values_supported",
            Jsonb,
            "Authentication context classes (`acr_values`) that the tenant supports, an array of texts.",
        ),
        Column::new("mtls", Jsonb, "Settings of mutual TLS, an object: `enable_endpoint_aliases`."),
        Column::new(
            "pushed_authorization_requests_supported",
            Bool,
            "Whether applications may push their authorization requests first (PAR).",
        ),
        Column::new(
            "authorization_response_iss_parameter_supported",
            Bool,
            "Whether authorization responses name their issuer in the parameter `iss`.",
        ),
        Column::new(
            "dpop_strict_refresh_token_binding",
            Bool,
            "Whether a refresh token can be used only with the DPoP key that it was issued for.",
        ),
        Column::new(
            "skip_non_verifiable_callback_uri_confirmation_prompt",
            Bool,
            "Whether users are not asked to confirm callbacks that cannot be verified. Null for Auth0's default.",
        ),
        Column::new(
            "resource_parameter_profile",
            Text,
            "How the parameter `resource` of requests is read: `audience` or `compatibility`.",
        ),
        Column::new(
            "client_id_metadata_document_supported",
            Bool,
            "Whether the URL of a metadata document is accepted as an application's `client_id`.",
        ),
        Column::new(
            "client_id_metadata_document_dynamic_registration_supported",
            Bool,
            "Whether applications with a metadata document are registered at their first request.",
        ),
        Column::new(
            "phone_consolidated_experience",
            Bool,
            "Whether all messages to phones use the same provider and templates.",
        ),
        Column::new("enable_ai_guide", Bool, "Whether the AI guide of the dashboard is switched on."),
        Column::new("include_session_metadata_in_tenant_logs", Bool, "Whether log entries contain `session_metadata`."),
        Column::new(
            "dynamic_client_registration_security_mode",
            Text,
            "Security mode of applications that register dynamically: `strict` or `permissive`.",
        ),
        Column::new(
            "country_codes",
            Jsonb,
            "Countries whose phone numbers are accepted, an object: `list`, and `mode` is `allow` or `deny`.",
        ),
        Column::new("universal_login", Jsonb, "Settings of the login pages, an object."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/experimentation/experiments`.
pub(super) const EXPERIMENTS: Entity = Entity {
    name: "experiments",
    doc: "Experiments with how users log in.",
    path: "experimentation/experiments",
    rows: Rows::Member("experiments"),
    key: &["id"],
    paging: checkpoint(50),
    scopes: &["read:experimentation"],
    lookups: &[Lookup::row("experimentation/experiments/{id}")],
    parameters: &[
        Parameter::new("status", ParameterType::Word(STATUSES)),
        Parameter::new("authentication_flow", ParameterType::Text),
        Parameter::new("feature_flag_id", ParameterType::Text),
    ],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the experiment."),
        Column::new("name", Text, "The name that the tenant gave the experiment."),
        Column::new("description", Text, "The tenant's text about the experiment; null if there is none."),
        Column::new("feature_flag_id", Text, "The feature flag's id, as in `feature_flags.id`."),
        Column::new("feature_flag_name", Text, "Name of the experiment's feature flag."),
        Column::new("authentication_flow", Text, "Flow that the experiment changes, such as the login."),
        Column::new(
            "allocation_strategy",
            Text,
            "How users are divided among the variations: by `percentage` or by `segment`.",
        ),
        Column::new("status", Text, "State of the experiment: `draft`, `active`, `paused`, `completed` or `archived`."),
        Column::new("is_valid", Bool, "Whether the experiment is complete enough to be started."),
        Column::new(
            "default_config",
            Text,
            "Configuration for users outside of the experiment: the `tenant`'s or the `flag`'s.",
        ),
        Column::new(
            "feature_flag_snapshot",
            Jsonb,
            "Copy of the feature flag from the start of the experiment, an object. Null before the start.",
        ),
        Column::new(
            "allocations",
            Jsonb,
            "Variation for each group of users, an array of objects: `variation_id`, `segment_id`, `weight`, `is_control` and others.",
        ),
        Column::new(
            "editable_fields",
            Jsonb,
            "Names of the fields that may be changed in the current state, an array of texts.",
        ),
        Column::new("levels", Jsonb, "Steps by which the experiment reaches more users, an array of integers."),
        Column::new("current_level", Int8, "Step of `levels` that the experiment has reached."),
        Column::new("started_at", Timestamptz, "Time at which the experiment started; null before."),
        Column::new("ended_at", Timestamptz, "Time at which the experiment ended; null before."),
        Column::new("created_at", Timestamptz, "Time at which the experiment was created."),
        Column::new("updated_at", Timestamptz, "Time at which the experiment was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/experimentation/feature-flags`.
pub(super) const FEATURE_FLAGS: Entity = Entity {
    name: "feature_flags",
    doc: "The feature flags that experiments vary.",
    path: "experimentation/feature-flags",
    rows: Rows::Member("feature_flags"),
    key: &["id"],
    paging: checkpoint(50),
    scopes: &["read:experimentation"],
    lookups: &[Lookup::row("experimentation/feature-flags/{id}")],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the feature flag."),
        Column::new("name", Text, "The name that the tenant gave the feature flag."),
        Column::new("description", Text, "The tenant's text about the feature flag; null if there is none."),
        Column::new("type", Text, "Party that defined the flag: `auth0`, or `self` for the tenant."),
        Column::new("status", Text, "State of the flag: `draft`, `active` or `archived`."),
        Column::new(
            "parameters",
            Jsonb,
            "Parameters that variations of the flag may set, an object with a member for each.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the feature flag was created."),
        Column::new("updated_at", Timestamptz, "Time at which the feature flag was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/experimentation/feature-flags/{feature_flag_id}/variations`.
pub(super) const FEATURE_FLAG_VARIATIONS: Entity = Entity {
    name: "feature_flag_variations",
    doc: "The variations of feature flags.",
    path: "experimentation/feature-flags/{feature_flag_id}/variations",
    rows: Rows::Member("variations"),
    key: &["feature_flag_id", "id"],
    parents: Parents::Of { entity: &FEATURE_FLAGS, keys: &[("feature_flag_id", "id")] },
    scopes: &["read:experimentation"],
    lookups: &[Lookup::row("experimentation/feature-flags/{feature_flag_id}/variations/{id}")],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the variation."),
        Column::new("feature_flag_id", Text, "The feature flag's id, as in `feature_flags.id`."),
        Column::new("name", Text, "The name that the tenant gave the variation."),
        Column::new("description", Text, "The tenant's text about the variation; null if there is none."),
        Column::new(
            "overrides",
            Jsonb,
            "Values that the variation gives to the flag's parameters, an object with a member for each.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the variation was created."),
        Column::new("updated_at", Timestamptz, "Time at which the variation was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/experimentation/segments`.
pub(super) const EXPERIMENT_SEGMENTS: Entity = Entity {
    name: "experiment_segments",
    doc: "The segments of users that take part in experiments.",
    path: "experimentation/segments",
    rows: Rows::Member("segments"),
    key: &["id"],
    paging: checkpoint(50),
    scopes: &["read:experimentation"],
    lookups: &[Lookup::row("experimentation/segments/{id}")],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the segment."),
        Column::new("name", Text, "The name that the tenant gave the segment."),
        Column::new("description", Text, "The tenant's text about the segment; null if there is none."),
        Column::new("type", Text, "Party that defined the segment: `auth0`, or `self` for the tenant."),
        Column::new("status", Text, "State of the segment: `active` or `archived`."),
        Column::new(
            "rules",
            Jsonb,
            "Rules that put users into the segment, an array of objects with `match`, such as `client_id` or `connection`.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the segment was created."),
        Column::new("updated_at", Timestamptz, "Time at which the segment was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/verifiable-credentials/verification/templates`.
pub(super) const VERIFIABLE_CREDENTIAL_TEMPLATES: Entity = Entity {
    name: "verifiable_credential_templates",
    doc: "The verifiable credentials that are requested.",
    path: "verifiable-credentials/verification/templates",
    rows: Rows::Member("templates"),
    key: &["id"],
    paging: checkpoint(100),
    scopes: &["read:vdcs_templates"],
    lookups: &[Lookup::row("verifiable-credentials/verification/templates/{id}")],
    columns: &[
        Column::new("id", Text, "The id that Auth0 gave the template."),
        Column::new("name", Text, "The name that the tenant gave the template."),
        Column::new(
            "type",
            Text,
            "Kind of credential that the template verifies, such as `mdl` for a mobile driving licence.",
        ),
        Column::new("dialect", Text, "Dialect in which the template describes the presentation."),
        Column::new(
            "presentation",
            Jsonb,
            "Attributes to present, an object with a member for each document type, such as `org.iso.18013.5.1.mDL`.",
        ),
        Column::new(
            "custom_certificate_authority",
            Text,
            "The tenant's own certificate authority that issuers are checked with; null without one.",
        ),
        Column::new(
            "well_known_trusted_issuers",
            Text,
            "Well-known issuers whose credentials are trusted; null without any.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the template was created."),
        Column::new("updated_at", Timestamptz, "Time at which the template was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};
