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
        Column::new("change_password", Jsonb, "The page to change a password, an object."),
        Column::new("guardian_mfa_page", Jsonb, "The page for second factors, an object."),
        Column::new("default_audience", Text, "The API used when none is named."),
        Column::new("default_directory", Text, "The connection used when none is named."),
        Column::new("error_page", Jsonb, "The page for errors, an object."),
        Column::new("device_flow", Jsonb, "How device codes look, an object."),
        Column::new("default_token_quota", Jsonb, "The token quotas that hold by default, an object."),
        Column::new("flags", Jsonb, "Switches of the tenant, an object of booleans."),
        Column::new("friendly_name", Text, "The tenant's name as people see it."),
        Column::new("picture_url", Text, "The address of the tenant's logo."),
        Column::new("support_email", Text, "The address for support."),
        Column::new("support_url", Text, "The page for support."),
        Column::new("allowed_logout_urls", Jsonb, "The addresses that a logout may redirect to, an array."),
        Column::new("session_lifetime", Float8, "How long a session lives, in hours."),
        Column::new("idle_session_lifetime", Float8, "How long a session lives without use, in hours."),
        Column::new("ephemeral_session_lifetime", Float8, "How long a session that is not kept lives, in hours."),
        Column::new("idle_ephemeral_session_lifetime", Float8, "How long such a session lives without use, in hours."),
        Column::new("sandbox_version", Text, "The version of Node.js for rules and hooks."),
        Column::new("legacy_sandbox_version", Text, "The version of Node.js before it."),
        Column::new("sandbox_versions_available", Jsonb, "The versions to choose from, an array."),
        Column::new("default_redirection_uri", Text, "The address that a login without a destination redirects to."),
        Column::new("enabled_locales", Jsonb, "The languages, an array."),
        Column::new("access_token", Jsonb, "How access tokens are made, an object."),
        Column::new("security_headers", Jsonb, "Headers of the login pages, an object."),
        Column::new("session_cookie", Jsonb, "How the session's cookie lives, an object."),
        Column::new("sessions", Jsonb, "Settings of sessions, an object."),
        Column::new("oidc_logout", Jsonb, "How it is notified of logouts, an object."),
        Column::new(
            "allow_organization_name_in_authentication_api",
            Bool,
            "Whether organizations may be named by name.",
        ),
        Column::new("customize_mfa_in_postlogin_action", Bool, "Whether actions choose the second factor."),
        Column::new("acr_values_supported", Jsonb, "The authentication contexts, an array."),
        Column::new("mtls", Jsonb, "Settings of mutual TLS, an object."),
        Column::new("pushed_authorization_requests_supported", Bool, "Whether requests may be pushed first."),
        Column::new("authorization_response_iss_parameter_supported", Bool, "Whether answers name their issuer."),
        Column::new("dpop_strict_refresh_token_binding", Bool, "Whether refresh tokens are bound to the key of DPoP."),
        Column::new(
            "skip_non_verifiable_callback_uri_confirmation_prompt",
            Bool,
            "Whether users confirm callbacks that cannot be verified: true leaves it out.",
        ),
        Column::new("resource_parameter_profile", Text, "How the parameter `resource` is read."),
        Column::new(
            "client_id_metadata_document_supported",
            Bool,
            "Whether applications may be named by their metadata's address.",
        ),
        Column::new(
            "client_id_metadata_document_dynamic_registration_supported",
            Bool,
            "Whether such applications are registered by themselves.",
        ),
        Column::new("phone_consolidated_experience", Bool, "Whether phones are handled in one place."),
        Column::new("enable_ai_guide", Bool, "Whether the assistant is switched on."),
        Column::new("include_session_metadata_in_tenant_logs", Bool, "Whether logs have the sessions' metadata."),
        Column::new(
            "dynamic_client_registration_security_mode",
            Text,
            "The security mode of applications that register themselves.",
        ),
        Column::new("country_codes", Jsonb, "The countries phone numbers may be of, an object."),
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
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("description", Text, "The description."),
        Column::new("feature_flag_id", Text, "The feature flag's id."),
        Column::new("feature_flag_name", Text, "The feature flag's name."),
        Column::new("authentication_flow", Text, "The flow it is about."),
        Column::new("allocation_strategy", Text, "How users are divided."),
        Column::new("status", Text, "The state it is in."),
        Column::new("is_valid", Bool, "Whether it can be started."),
        Column::new("default_config", Text, "The configuration for all other users."),
        Column::new("feature_flag_snapshot", Jsonb, "The feature flag as it was at the start, an object."),
        Column::new("allocations", Jsonb, "The variation for each group of users, an array."),
        Column::new("editable_fields", Jsonb, "The fields that may still be changed, an array."),
        Column::new("levels", Jsonb, "The steps of its growth, an array."),
        Column::new("current_level", Int8, "The step it is at."),
        Column::new("started_at", Timestamptz, "When it started."),
        Column::new("ended_at", Timestamptz, "When it ended."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
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
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("description", Text, "The description."),
        Column::new("type", Text, "The type."),
        Column::new("status", Text, "The state it is in."),
        Column::new("parameters", Jsonb, "Its parameters, an object."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
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
        Column::new("id", Text, "The id."),
        Column::new("feature_flag_id", Text, "The feature flag's id."),
        Column::new("name", Text, "The name."),
        Column::new("description", Text, "The description."),
        Column::new("overrides", Jsonb, "The parameters it sets, an object."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
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
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("description", Text, "The description."),
        Column::new("type", Text, "The type."),
        Column::new("status", Text, "The state it is in."),
        Column::new("rules", Jsonb, "The rules for its users, an array."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
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
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("type", Text, "The type."),
        Column::new("dialect", Text, "The dialect."),
        Column::new("presentation", Jsonb, "The credentials to present, an object."),
        Column::new("custom_certificate_authority", Text, "The tenant's own certificate authority."),
        Column::new("well_known_trusted_issuers", Text, "The trusted issuers."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};
