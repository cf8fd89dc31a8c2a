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
    Column::of(
        "sender",
        "from",
        Text,
        "Phone number that messages are sent from; null if `messaging_service_sid` is set.",
    ),
    Column::new(
        "messaging_service_sid",
        Text,
        "The id (SID) of Twilio's messaging service that sends the messages; null if `sender` is set.",
    ),
    Column::new("auth_token", Text, "Token that Auth0 authenticates with at Twilio."),
    Column::new("sid", Text, "The id (SID) of the account at Twilio."),
];

/// Source: `GET /api/v2/attack-protection/bot-detection`.
pub(super) const ATTACK_PROTECTION_BOT_DETECTION: Entity = Entity {
    name: "attack_protection_bot_detection",
    doc: "The settings of bot detection.",
    path: "attack-protection/bot-detection",
    rows: Rows::Document,
    scopes: &["read:attack_protection"],
    columns: &[
        Column::new(
            "bot_detection_level",
            Text,
            "How readily a request is taken for a bot's: `low`, `medium` or `high`.",
        ),
        Column::new(
            "challenge_password_policy",
            Text,
            "When logins with a password need a captcha: `never`, `when_risky` or `always`.",
        ),
        Column::new(
            "challenge_passwordless_policy",
            Text,
            "When logins without a password need a captcha: `never`, `when_risky` or `always`.",
        ),
        Column::new(
            "challenge_password_reset_policy",
            Text,
            "When password resets need a captcha: `never`, `when_risky` or `always`.",
        ),
        Column::new("allowlist", Jsonb, "IP addresses and CIDR ranges that never need a captcha, an array of texts."),
        Column::new("monitoring_mode_enabled", Bool, "Whether bots are only logged, without a captcha."),
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
        Column::new("enabled", Bool, "Whether breached password detection is switched on."),
        Column::new(
            "shields",
            Jsonb,
            "Actions on a breached password at login, an array of `block`, `user_notification` and `admin_notification`.",
        ),
        Column::new(
            "admin_notification_frequency",
            Jsonb,
            "How often administrators are notified, an array of `immediately`, `daily`, `weekly` and `monthly`.",
        ),
        Column::new(
            "method",
            Text,
            "Set of breaches that passwords are compared with: `standard`, or `enhanced`, which finds breaches sooner.",
        ),
        Column::new(
            "stage",
            Jsonb,
            "Actions at other stages, an object: `shields` below `pre-user-registration` and `pre-change-password`.",
        ),
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
        Column::new("enabled", Bool, "Whether brute-force protection is switched on."),
        Column::new(
            "shields",
            Jsonb,
            "Actions after too many failed logins, an array of `block` and `user_notification`.",
        ),
        Column::new("allowlist", Jsonb, "IP addresses and CIDR ranges that are never blocked, an array of texts."),
        Column::new(
            "mode",
            Text,
            "How failed logins are counted: `count_per_identifier_and_ip` or `count_per_identifier`.",
        ),
        Column::new("max_attempts", Int8, "Number of failed logins after which the actions in `shields` are taken."),
        Column::new("form_submission_mode", Text, "How the form to lift a block is submitted: `auto` or `manual`."),
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
        Column::new("enabled", Bool, "Whether suspicious IP throttling is switched on."),
        Column::new(
            "shields",
            Jsonb,
            "Actions on an IP address with too many attempts, an array of `block` and `admin_notification`.",
        ),
        Column::new("allowlist", Jsonb, "IP addresses and CIDR ranges that are never throttled, an array of texts."),
        Column::new(
            "stage",
            Jsonb,
            "Limits for each stage, an object: `max_attempts` and `rate` below `pre-login`, `pre-user-registration` and others.",
        ),
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
        Column::new(
            "active_provider_id",
            Text,
            "Captcha provider in use, such as `auth_challenge`, `recaptcha_v2` or `arkose`.",
        ),
        Column::new(
            "arkose",
            Jsonb,
            "Settings of Arkose, an object: `site_key`, `client_subdomain`, `verify_subdomain` and `fail_open`. Null if not set up.",
        ),
        Column::new("auth_challenge", Jsonb, "Settings of Auth Challenge, an object: `fail_open`. Null if not set up."),
        Column::new("hcaptcha", Jsonb, "Settings of hCaptcha, an object: `site_key`. Null if not set up."),
        Column::new(
            "friendly_captcha",
            Jsonb,
            "Settings of Friendly Captcha, an object: `site_key`. Null if not set up.",
        ),
        Column::new(
            "recaptcha_enterprise",
            Jsonb,
            "Settings of reCAPTCHA Enterprise, an object: `site_key` and `project_id`. Null if not set up.",
        ),
        Column::new("recaptcha_v2", Jsonb, "Settings of reCAPTCHA v2, an object: `site_key`. Null if not set up."),
        Column::new(
            "simple_captcha",
            Jsonb,
            "Settings of Auth0's simple captcha, an object without members. Null if not set up.",
        ),
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
    columns: &[Column::new("type", Text, "Kind of limit on messages to a phone number: `default` or `exponential`.")],
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
        Column::new("id", Text, "The id that Auth0 gave the captcha policy."),
        Column::new("name", Text, "The name that the tenant gave the captcha policy."),
        Column::new("description", Text, "The tenant's text about the captcha policy; null if there is none."),
        Column::new("priority", Int8, "Place of the policy among the others; the smallest comes first."),
        Column::new(
            "match",
            Jsonb,
            "Requests that the policy applies to, an object: `geo_country_codes` and `auth0_managed` lists.",
        ),
        Column::new(
            "action",
            Jsonb,
            "Captcha that the policy shows, an object: `active_provider_id` and the settings of providers.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the captcha policy was created."),
        Column::new("updated_at", Timestamptz, "Time at which the captcha policy was last changed."),
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
    columns: &[Column::new("enabled", Bool, "Whether the risk of logins is assessed.")],
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
    columns: &[Column::new("remember_for", Int8, "Time for which a device counts as known after a login, in days.")],
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
    columns: &[Column::new(
        "akamai_enabled",
        Bool,
        "Whether Auth0 reads the headers with signals that Akamai adds to requests.",
    )],
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
        Column::new("id", Text, "The id that Auth0 gave the access control list."),
        Column::new("description", Text, "The tenant's name for the access control list."),
        Column::new("active", Bool, "Whether the access control list is applied to requests."),
        Column::new(
            "priority",
            Float8,
            "Place of the access control list among the others; the smallest is applied first.",
        ),
        Column::new(
            "rule",
            Jsonb,
            "Rule of the access control list, an object: `action`, `match`, `not_match` and `scope`.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the access control list was created."),
        Column::new("updated_at", Timestamptz, "Time at which the access control list was last changed."),
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
        Column::new("id", Text, "The id that Auth0 gave the rate limit policy."),
        Column::new("resource", Text, "Resource that the policy limits: `oauth_authentication_api`."),
        Column::new("consumer", Text, "Kind of consumer that the policy limits: `client`, an application."),
        Column::new("consumer_selector", Text, "Consumers that the policy applies to, such as one application's id."),
        Column::new(
            "configuration",
            Jsonb,
            "Settings of the policy, an object: `action` (`allow`, `block`, `log` or `redirect`), `limit` and `redirect_uri`.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the rate limit policy was created."),
        Column::new("updated_at", Timestamptz, "Time at which the rate limit policy was last changed."),
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
        Column::new("enabled", Bool, "Whether users can log in with the factor."),
        Column::new(
            "trial_expired",
            Bool,
            "Whether the trial of the factor has ended; null for factors without a trial.",
        ),
        Column::new(
            "name",
            Text,
            "Name of the factor, such as `otp`, `sms`, `push-notification`, `email` or `webauthn-roaming`.",
        ),
        Column::new(
            "settings",
            Jsonb,
            "Settings of the factor, an object: `otp_length` in digits and `otp_expiration_time` in seconds. Null without settings.",
        ),
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
    columns: &[Column::row(
        "policy",
        Text,
        "When a second factor is needed: `all-applications` or `confidence-score`.",
    )],
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
        Column::new(
            "display_remember_me_checkbox",
            Bool,
            "Whether the login page offers to remember the browser, so that the second factor is skipped.",
        ),
        Column::new(
            "remember_me_default_value",
            Bool,
            "Whether the checkbox to remember the browser is ticked at first.",
        ),
        Column::new(
            "mfa_session_inactivity_timeout",
            Int8,
            "Time without use after which a remembered second factor expires, in seconds.",
        ),
        Column::new(
            "mfa_session_overall_timeout",
            Int8,
            "Time after which a remembered second factor expires even if it is used, in seconds.",
        ),
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
        Column::new("ikey", Text, "Integration key of the account at Duo."),
        Column::new("skey", Text, "Secret key of the account at Duo."),
        Column::new("host", Text, "Host name of Duo's API for the account."),
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
        Column::new("otp_length", Int8, "Number of digits of a code sent by e-mail."),
        Column::new("otp_expiration_time", Int8, "Time for which a code sent by e-mail is valid, in seconds."),
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
        Column::new("otp_length", Int8, "Number of digits of a code sent to a phone."),
        Column::new("otp_expiration_time", Int8, "Time for which a code sent to a phone is valid, in seconds."),
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
    columns: &[Column::new(
        "message_types",
        Jsonb,
        "Ways in which codes are sent to phones, an array of `sms` and `voice`.",
    )],
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
    columns: &[Column::new(
        "provider",
        Text,
        "Provider that sends codes to phones: `auth0`, `twilio` or `phone-message-hook`.",
    )],
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
        Column::new("enrollment_message", Text, "Text of the message that enrolls a phone, a template."),
        Column::new("verification_message", Text, "Text of the message with the code of a login, a template."),
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
    columns: &[Column::new(
        "provider",
        Text,
        "Provider that sends codes by SMS: `auth0`, `twilio` or `phone-message-hook`.",
    )],
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
        Column::new("enrollment_message", Text, "Text of the SMS that enrolls a phone, a template."),
        Column::new("verification_message", Text, "Text of the SMS with the code of a login, a template."),
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
        Column::new("bundle_id", Text, "Bundle id of the iOS app that gets the notifications."),
        Column::new("sandbox", Bool, "Whether notifications are sent to Apple's sandbox in place of production."),
        Column::new("enabled", Bool, "Whether notifications are sent to Apple directly."),
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
        Column::new("aws_access_key_id", Text, "The id of the AWS access key that Auth0 sends notifications with."),
        Column::new("aws_secret_access_key", Text, "Secret part of the AWS access key."),
        Column::new("aws_region", Text, "AWS region of the SNS applications, such as `us-east-1`."),
        Column::new(
            "sns_apns_platform_application_arn",
            Text,
            "ARN of the SNS application that sends to Apple devices.",
        ),
        Column::new(
            "sns_gcm_platform_application_arn",
            Text,
            "ARN of the SNS application that sends to Android devices.",
        ),
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
    columns: &[Column::new("provider", Text, "Provider that sends push notifications: `guardian`, `sns` or `direct`.")],
    typical_rows: 1,
    ..Entity::BASE
};
