//! Security. Attack protection, second factors, network rules and rate limits.

use fdw_common::model::ColumnType::{Bool, Float8, Int8, Jsonb, Text, Timestamptz};
use fdw_common::model::{Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Rows, Stage};

use super::paging::{PAGES, checkpoint};

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "security",
    title: "Security",
    doc: "Attack protection, second factors, network rules and rate limits.",
    examples: &[
        Example {
            question: "Is brute-force protection on, and who is exempt?",
            sql: "select enabled, max_attempts, allowlist\n\
                  from auth0.attack_protection_brute_force;",
        },
        Example {
            question: "Which second factors can users have?",
            sql: "select name, enabled\n\
                  from auth0.guardian_factors;",
        },
    ],
    entities: &[
        ATTACK_PROTECTION_BOT_DETECTION,
        ATTACK_PROTECTION_BREACHED_PASSWORDS,
        ATTACK_PROTECTION_BRUTE_FORCE,
        ATTACK_PROTECTION_SUSPICIOUS_IPS,
        ATTACK_PROTECTION_CAPTCHA,
        ATTACK_PROTECTION_PHONE_PROVIDERS,
        CAPTCHA_POLICIES,
        RISK_ASSESSMENT_SETTINGS,
        RISK_ASSESSMENT_NEW_DEVICE,
        SUPPLEMENTAL_SIGNALS,
        NETWORK_ACLS,
        RATE_LIMIT_POLICIES,
        GUARDIAN_FACTORS,
        GUARDIAN_POLICIES,
        GUARDIAN_SETTINGS,
        GUARDIAN_DUO_SETTINGS,
        GUARDIAN_EMAIL_SETTINGS,
        GUARDIAN_PHONE_SETTINGS,
        GUARDIAN_PHONE_MESSAGE_TYPES,
        GUARDIAN_PHONE_TWILIO,
        GUARDIAN_PHONE_PROVIDER,
        GUARDIAN_PHONE_TEMPLATES,
        GUARDIAN_SMS_TWILIO,
        GUARDIAN_SMS_PROVIDER,
        GUARDIAN_SMS_TEMPLATES,
        GUARDIAN_PUSH_APNS,
        GUARDIAN_PUSH_SNS,
        GUARDIAN_PUSH_PROVIDER,
    ],
};

/// The columns of an account with Twilio.
pub(super) const TWILIO_COLUMNS: &[Column] = &[
    Column::of("sender", "from", Text, "The number they come from."),
    Column::new("messaging_service_sid", Text, "The messaging service."),
    Column::new("auth_token", Text, "The token it logs in with."),
    Column::new("sid", Text, "The account."),
];

/// Source: `GET /api/v2/attack-protection/bot-detection`.
pub(super) const ATTACK_PROTECTION_BOT_DETECTION: Entity = Entity {
    name: "attack_protection_bot_detection",
    doc: "The settings of bot detection.",
    path: "attack-protection/bot-detection",
    rows: Rows::Document,
    scopes: &["read:attack_protection"],
    columns: &[
        Column::new("bot_detection_level", Text, "How readily a login counts as a bot's."),
        Column::new("challenge_password_policy", Text, "When a login with password is challenged."),
        Column::new("challenge_passwordless_policy", Text, "When a login without password is challenged."),
        Column::new("challenge_password_reset_policy", Text, "When a password reset is challenged."),
        Column::new("allowlist", Jsonb, "Addresses that are never blocked, an array."),
        Column::new("monitoring_mode_enabled", Bool, "Whether it only watches."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/attack-protection/breached-password-detection`.
pub(super) const ATTACK_PROTECTION_BREACHED_PASSWORDS: Entity = Entity {
    name: "attack_protection_breached_passwords",
    doc: "The settings of the protection against leaked passwords.",
    path: "attack-protection/breached-password-detection",
    rows: Rows::Document,
    scopes: &["read:attack_protection"],
    columns: &[
        Column::new("enabled", Bool, "Whether it is in use."),
        Column::new("shields", Jsonb, "The actions it takes, an array."),
        Column::new("admin_notification_frequency", Jsonb, "How often administrators are notified, an array."),
        Column::new("method", Text, "How it works."),
        Column::new("stage", Jsonb, "The stages it watches, an object."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/attack-protection/brute-force-protection`.
pub(super) const ATTACK_PROTECTION_BRUTE_FORCE: Entity = Entity {
    name: "attack_protection_brute_force",
    doc: "The settings of the protection against guessed passwords.",
    path: "attack-protection/brute-force-protection",
    rows: Rows::Document,
    scopes: &["read:attack_protection"],
    columns: &[
        Column::new("enabled", Bool, "Whether it is in use."),
        Column::new("shields", Jsonb, "The actions it takes, an array."),
        Column::new("allowlist", Jsonb, "Addresses that are never blocked, an array."),
        Column::new("mode", Text, "Whether attempts are counted by identifier or also by address."),
        Column::new("max_attempts", Int8, "How many attempts are let through."),
        Column::new("form_submission_mode", Text, "How the form is sent."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/attack-protection/suspicious-ip-throttling`.
pub(super) const ATTACK_PROTECTION_SUSPICIOUS_IPS: Entity = Entity {
    name: "attack_protection_suspicious_ips",
    doc: "The settings of the protection against addresses that try many accounts.",
    path: "attack-protection/suspicious-ip-throttling",
    rows: Rows::Document,
    scopes: &["read:attack_protection"],
    columns: &[
        Column::new("enabled", Bool, "Whether it is in use."),
        Column::new("shields", Jsonb, "The actions it takes, an array."),
        Column::new("allowlist", Jsonb, "Addresses that are never blocked, an array."),
        Column::new("stage", Jsonb, "The stages it watches, an object."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/attack-protection/captcha`.
pub(super) const ATTACK_PROTECTION_CAPTCHA: Entity = Entity {
    name: "attack_protection_captcha",
    doc: "The captchas.",
    path: "attack-protection/captcha",
    rows: Rows::Document,
    scopes: &["read:attack_protection"],
    columns: &[
        Column::new("active_provider_id", Text, "The captcha in use."),
        Column::new("arkose", Jsonb, "Arkose, an object."),
        Column::new("auth_challenge", Jsonb, "Auth Challenge, an object."),
        Column::new("hcaptcha", Jsonb, "hCaptcha, an object."),
        Column::new("friendly_captcha", Jsonb, "Friendly Captcha, an object."),
        Column::new("recaptcha_enterprise", Jsonb, "reCAPTCHA Enterprise, an object."),
        Column::new("recaptcha_v2", Jsonb, "reCAPTCHA v2, an object."),
        Column::new("simple_captcha", Jsonb, "The simple captcha, an object."),
    ],
    secrets: &["*.secret"],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/attack-protection/phone-provider-protection`.
pub(super) const ATTACK_PROTECTION_PHONE_PROVIDERS: Entity = Entity {
    name: "attack_protection_phone_providers",
    doc: "How sending messages to phones is protected.",
    path: "attack-protection/phone-provider-protection",
    rows: Rows::Document,
    scopes: &["read:attack_protection"],
    columns: &[Column::new("type", Text, "The type.")],
    stage: Stage::Early,
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/attack-protection/captcha/policies`.
pub(super) const CAPTCHA_POLICIES: Entity = Entity {
    name: "captcha_policies",
    doc: "The conditions for showing a captcha.",
    path: "attack-protection/captcha/policies",
    key: &["id"],
    scopes: &["read:attack_protection"],
    lookups: &[Lookup::row("attack-protection/captcha/policies/{id}")],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("name", Text, "The name."),
        Column::new("description", Text, "The description."),
        Column::new("priority", Int8, "The order among its kind, the smallest first."),
        Column::new("match", Jsonb, "The requests it applies to, an object."),
        Column::new("action", Jsonb, "The captcha it shows, an object."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/risk-assessments/settings`.
pub(super) const RISK_ASSESSMENT_SETTINGS: Entity = Entity {
    name: "risk_assessment_settings",
    doc: "Whether the risk of logins is assessed.",
    path: "risk-assessments/settings",
    rows: Rows::Document,
    scopes: &["read:attack_protection"],
    columns: &[Column::new("enabled", Bool, "Whether it is in use.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/risk-assessments/settings/new-device`.
pub(super) const RISK_ASSESSMENT_NEW_DEVICE: Entity = Entity {
    name: "risk_assessment_new_device",
    doc: "How long devices are remembered for the assessment of risk.",
    path: "risk-assessments/settings/new-device",
    rows: Rows::Document,
    scopes: &["read:attack_protection"],
    columns: &[Column::new("remember_for", Int8, "How long a device is remembered, in days.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/supplemental-signals`.
pub(super) const SUPPLEMENTAL_SIGNALS: Entity = Entity {
    name: "supplemental_signals",
    doc: "The external signals that are used.",
    path: "supplemental-signals",
    rows: Rows::Document,
    scopes: &["read:attack_protection"],
    columns: &[Column::new("akamai_enabled", Bool, "Whether signals of Akamai are used.")],
    stage: Stage::Early,
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/network-acls`.
pub(super) const NETWORK_ACLS: Entity = Entity {
    name: "network_acls",
    doc: "The requests that are allowed, by address, country and more.",
    path: "network-acls",
    rows: Rows::Member("network_acls"),
    key: &["id"],
    paging: PAGES,
    scopes: &["read:network_acls"],
    lookups: &[Lookup::row("network-acls/{id}")],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("description", Text, "The description."),
        Column::new("active", Bool, "Whether it is in force."),
        Column::new("priority", Float8, "The order among its kind, the smallest first."),
        Column::new("rule", Jsonb, "The action and the requests it applies to, an object."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
    ],
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/rate-limit-policies`.
pub(super) const RATE_LIMIT_POLICIES: Entity = Entity {
    name: "rate_limit_policies",
    doc: "The tenant's own rate limits.",
    path: "rate-limit-policies",
    rows: Rows::Member("rate_limit_policies"),
    key: &["id"],
    paging: checkpoint(100),
    scopes: &["read:rate_limit_policies"],
    lookups: &[Lookup::row("rate-limit-policies/{id}")],
    parameters: &[
        Parameter::new("resource", ParameterType::Word(&["oauth_authentication_api"])),
        Parameter::new("consumer", ParameterType::Word(&["client"])),
        Parameter::new("consumer_selector", ParameterType::Text),
    ],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("resource", Text, "The resource that is limited."),
        Column::new("consumer", Text, "The kind of consumer that is limited."),
        Column::new("consumer_selector", Text, "The consumers of that kind."),
        Column::new("configuration", Jsonb, "The settings, an object."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
    ],
    stage: Stage::Early,
    typical_rows: 3,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors`.
pub(super) const GUARDIAN_FACTORS: Entity = Entity {
    name: "guardian_factors",
    doc: "The second factors, in use or not.",
    path: "guardian/factors",
    key: &["name"],
    scopes: &["read:guardian_factors"],
    columns: &[
        Column::new("enabled", Bool, "Whether it is in use."),
        Column::new("trial_expired", Bool, "Whether the trial is over."),
        Column::new("name", Text, "The name."),
        Column::new("settings", Jsonb, "The settings of the factor, an object."),
    ],
    typical_rows: 8,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/policies`.
pub(super) const GUARDIAN_POLICIES: Entity = Entity {
    name: "guardian_policies",
    doc: "When a second factor is asked for.",
    path: "guardian/policies",
    key: &["policy"],
    scopes: &["read:mfa_policies"],
    columns: &[Column::row("policy", Text, "The policy, such as `all-applications`.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/settings`.
pub(super) const GUARDIAN_SETTINGS: Entity = Entity {
    name: "guardian_settings",
    doc: "How long second factors are remembered.",
    path: "guardian/settings",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[
        Column::new("display_remember_me_checkbox", Bool, "Whether users are offered to be remembered."),
        Column::new("remember_me_default_value", Bool, "Whether that is ticked at first."),
        Column::new(
            "mfa_session_inactivity_timeout",
            Int8,
            "How long a second factor is remembered without use, in seconds.",
        ),
        Column::new("mfa_session_overall_timeout", Int8, "How long a second factor is remembered at all, in seconds."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/duo/settings`.
pub(super) const GUARDIAN_DUO_SETTINGS: Entity = Entity {
    name: "guardian_duo_settings",
    doc: "How Duo is reached.",
    path: "guardian/factors/duo/settings",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[
        Column::new("ikey", Text, "The integration key."),
        Column::new("skey", Text, "The secret key."),
        Column::new("host", Text, "The host."),
    ],
    secrets: &["skey"],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/email/settings`.
pub(super) const GUARDIAN_EMAIL_SETTINGS: Entity = Entity {
    name: "guardian_email_settings",
    doc: "Codes by e-mail.",
    path: "guardian/factors/email/settings",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[
        Column::new("otp_length", Int8, "How many digits a code has."),
        Column::new("otp_expiration_time", Int8, "How long a code is valid, in seconds."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/phone/settings`.
pub(super) const GUARDIAN_PHONE_SETTINGS: Entity = Entity {
    name: "guardian_phone_settings",
    doc: "Codes by phone.",
    path: "guardian/factors/phone/settings",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[
        Column::new("otp_length", Int8, "How many digits a code has."),
        Column::new("otp_expiration_time", Int8, "How long a code is valid, in seconds."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/phone/message-types`.
pub(super) const GUARDIAN_PHONE_MESSAGE_TYPES: Entity = Entity {
    name: "guardian_phone_message_types",
    doc: "How codes reach a phone.",
    path: "guardian/factors/phone/message-types",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[Column::new("message_types", Jsonb, "How codes are sent, an array.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/phone/providers/twilio`.
pub(super) const GUARDIAN_PHONE_TWILIO: Entity = Entity {
    name: "guardian_phone_twilio",
    doc: "The account with Twilio that codes are sent with.",
    path: "guardian/factors/phone/providers/twilio",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: TWILIO_COLUMNS,
    secrets: &["auth_token"],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/phone/selected-provider`.
pub(super) const GUARDIAN_PHONE_PROVIDER: Entity = Entity {
    name: "guardian_phone_provider",
    doc: "The provider that sends codes to phones.",
    path: "guardian/factors/phone/selected-provider",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[Column::new("provider", Text, "The provider in use.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/phone/templates`.
pub(super) const GUARDIAN_PHONE_TEMPLATES: Entity = Entity {
    name: "guardian_phone_templates",
    doc: "The texts sent to phones.",
    path: "guardian/factors/phone/templates",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[
        Column::new("enrollment_message", Text, "The text sent at enrollment."),
        Column::new("verification_message", Text, "The text sent with a code."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/sms/providers/twilio`.
pub(super) const GUARDIAN_SMS_TWILIO: Entity = Entity {
    name: "guardian_sms_twilio",
    doc: "The account with Twilio that text messages are sent with; superseded by `guardian_phone_twilio`.",
    path: "guardian/factors/sms/providers/twilio",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: TWILIO_COLUMNS,
    secrets: &["auth_token"],
    stage: Stage::Deprecated,
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/sms/selected-provider`.
pub(super) const GUARDIAN_SMS_PROVIDER: Entity = Entity {
    name: "guardian_sms_provider",
    doc: "The provider that sends text messages; superseded by `guardian_phone_provider`.",
    path: "guardian/factors/sms/selected-provider",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[Column::new("provider", Text, "The provider in use.")],
    stage: Stage::Deprecated,
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/sms/templates`.
pub(super) const GUARDIAN_SMS_TEMPLATES: Entity = Entity {
    name: "guardian_sms_templates",
    doc: "The texts of text messages; superseded by `guardian_phone_templates`.",
    path: "guardian/factors/sms/templates",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[
        Column::new("enrollment_message", Text, "The text sent at enrollment."),
        Column::new("verification_message", Text, "The text sent with a code."),
    ],
    stage: Stage::Deprecated,
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/push-notification/providers/apns`.
pub(super) const GUARDIAN_PUSH_APNS: Entity = Entity {
    name: "guardian_push_apns",
    doc: "How Apple devices are notified.",
    path: "guardian/factors/push-notification/providers/apns",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[
        Column::new("bundle_id", Text, "The app's bundle id."),
        Column::new("sandbox", Bool, "Whether it is the sandbox."),
        Column::new("enabled", Bool, "Whether it is in use."),
    ],
    secrets: &["p12"],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/push-notification/providers/sns`.
pub(super) const GUARDIAN_PUSH_SNS: Entity = Entity {
    name: "guardian_push_sns",
    doc: "How devices are notified through Amazon.",
    path: "guardian/factors/push-notification/providers/sns",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[
        Column::new("aws_access_key_id", Text, "The access key's id."),
        Column::new("aws_secret_access_key", Text, "The secret access key."),
        Column::new("aws_region", Text, "The region."),
        Column::new("sns_apns_platform_application_arn", Text, "The ARN for Apple devices."),
        Column::new("sns_gcm_platform_application_arn", Text, "The ARN for Google devices."),
    ],
    secrets: &["aws_secret_access_key"],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/guardian/factors/push-notification/selected-provider`.
pub(super) const GUARDIAN_PUSH_PROVIDER: Entity = Entity {
    name: "guardian_push_provider",
    doc: "The provider that notifies devices.",
    path: "guardian/factors/push-notification/selected-provider",
    rows: Rows::Document,
    scopes: &["read:guardian_factors"],
    columns: &[Column::new("provider", Text, "The provider in use.")],
    typical_rows: 1,
    ..Entity::BASE
};
