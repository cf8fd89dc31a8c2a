//! Branding. The tenant's appearance to users: colors, pages, texts, mails and domains.

use fdw_common::model::ColumnType::{Bool, Float8, Jsonb, Text, Timestamptz};
use fdw_common::model::{Column, Entity, Example, Family, Lookup, Parameter, ParameterType, Parents, Rows};

use super::paging::{PAGES, checkpoint};

/// The page of the docs.
pub(super) const FAMILY: Family = Family {
    name: "branding",
    title: "Branding",
    doc: "The tenant's appearance to users: colors, pages, texts, mails and domains.",
    examples: &[
        Example {
            question: "Which custom domains are not ready?",
            sql: "select domain, status, verification\n\
                  from auth0.custom_domains\n\
                  where status <> 'ready';",
        },
        Example {
            question: "Which mails does the tenant send in its own words?",
            sql: "select template, subject, sender\n\
                  from auth0.email_templates\n\
                  where enabled;",
        },
    ],
    entities: &[
        BRANDING,
        BRANDING_THEME,
        UNIVERSAL_LOGIN_TEMPLATE,
        PHONE_PROVIDERS,
        PHONE_TEMPLATES,
        EMAIL_PROVIDER,
        EMAIL_TEMPLATES,
        CUSTOM_DOMAINS,
        DEFAULT_CUSTOM_DOMAIN,
        PROMPTS,
        PROMPT_RENDERINGS,
        PROMPT_CUSTOM_TEXTS,
        PROMPT_PARTIALS,
    ],
};

/// The email templates that the API has.
const EMAIL_TEMPLATE_NAMES: &[&str] = &[
    "verify_email",
    "verify_email_by_code",
    "reset_email",
    "reset_email_by_code",
    "welcome_email",
    "blocked_account",
    "stolen_credentials",
    "enrollment_email",
    "mfa_oob_code",
    "user_invitation",
    "async_approval",
    "auth_email_by_code",
    "change_password",
    "password_reset",
];

/// The values that the API accepts.
const PROMPT_CUSTOM_TEXTS_NAMES: &[&str] = &[
    "login",
    "login-id",
    "login-password",
    "login-passwordless",
    "login-email-verification",
    "signup",
    "signup-id",
    "signup-password",
    "phone-identifier-enrollment",
    "phone-identifier-challenge",
    "email-identifier-challenge",
    "reset-password",
    "custom-form",
    "consent",
    "customized-consent",
    "logout",
    "mfa-push",
    "mfa-otp",
    "mfa-voice",
    "mfa-phone",
    "mfa-webauthn",
    "mfa-sms",
    "mfa-email",
    "mfa-recovery-code",
    "mfa",
    "status",
    "device-flow",
    "email-verification",
    "email-otp-challenge",
    "organizations",
    "invitation",
    "common",
    "passkeys",
    "captcha",
    "brute-force-protection",
    "async-approval-flow",
    "confirmation",
];

/// The values that the API accepts.
const PROMPT_PARTIALS_NAMES: &[&str] = &[
    "login",
    "login-id",
    "login-password",
    "login-passwordless",
    "signup",
    "signup-id",
    "signup-password",
    "customized-consent",
    "passkeys",
    "confirmation",
];

/// Source: `GET /api/v2/branding`.
pub(super) const BRANDING: Entity = Entity {
    name: "branding",
    doc: "The colors and the logo.",
    path: "branding",
    rows: Rows::Document,
    scopes: &["read:branding"],
    columns: &[
        Column::new("colors", Jsonb, "The colors, an object."),
        Column::new("favicon_url", Text, "The address of the icon."),
        Column::new("logo_url", Text, "The address of the logo."),
        Column::new("font", Jsonb, "The font, an object."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/branding/themes/default`.
pub(super) const BRANDING_THEME: Entity = Entity {
    name: "branding_theme",
    doc: "The theme of the login pages.",
    path: "branding/themes/default",
    rows: Rows::Document,
    key: &["theme_id"],
    may_be_absent: true,
    scopes: &["read:branding"],
    lookups: &[Lookup::row("branding/themes/{theme_id}")],
    columns: &[
        Column::new("borders", Jsonb, "Borders, an object."),
        Column::new("colors", Jsonb, "The colors, an object."),
        Column::of("display_name", "displayName", Text, "The theme's name."),
        Column::new("fonts", Jsonb, "Fonts, an object."),
        Column::new("identifiers", Jsonb, "How identifiers look, an object."),
        Column::new("page_background", Jsonb, "The background, an object."),
        Column::of("theme_id", "themeId", Text, "The theme's id."),
        Column::new("widget", Jsonb, "The login box, an object."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/branding/templates/universal-login`.
pub(super) const UNIVERSAL_LOGIN_TEMPLATE: Entity = Entity {
    name: "universal_login_template",
    doc: "The page template of the login pages.",
    path: "branding/templates/universal-login",
    rows: Rows::Document,
    may_be_absent: true,
    scopes: &["read:branding"],
    columns: &[Column::new("body", Text, "The template, in Liquid.")],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/branding/phone/providers`.
pub(super) const PHONE_PROVIDERS: Entity = Entity {
    name: "phone_providers",
    doc: "The providers that send messages to phones.",
    path: "branding/phone/providers",
    rows: Rows::Member("providers"),
    key: &["id"],
    scopes: &["read:phone_providers"],
    lookups: &[Lookup::row("branding/phone/providers/{id}")],
    parameters: &[Parameter::new("disabled", ParameterType::Bool)],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("tenant", Text, "The tenant's name."),
        Column::new("name", Text, "The name."),
        Column::new("channel", Text, "How messages are sent."),
        Column::new("disabled", Bool, "Whether it is switched off."),
        Column::new("configuration", Jsonb, "The settings, an object."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
    ],
    secrets: &["credentials.*", "configuration.**.auth_token"],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/branding/phone/templates`.
pub(super) const PHONE_TEMPLATES: Entity = Entity {
    name: "phone_templates",
    doc: "The texts of messages to phones.",
    path: "branding/phone/templates",
    rows: Rows::Member("templates"),
    // Templates that nobody has changed have no id.
    key: &["type"],
    scopes: &["read:phone_templates"],
    lookups: &[Lookup::row("branding/phone/templates/{id}")],
    parameters: &[Parameter::new("disabled", ParameterType::Bool)],
    columns: &[
        Column::new("id", Text, "The id."),
        Column::new("channel", Text, "How messages are sent."),
        Column::new("customizable", Bool, "Whether it may be changed."),
        Column::new("tenant", Text, "The tenant's name."),
        Column::new("content", Jsonb, "The text, an object."),
        Column::new("type", Text, "The type."),
        Column::new("disabled", Bool, "Whether it is switched off."),
        Column::new("created_at", Timestamptz, "When it was created."),
        Column::new("updated_at", Timestamptz, "When it was last changed."),
    ],
    typical_rows: 5,
    ..Entity::BASE
};

/// Source: `GET /api/v2/emails/provider`.
pub(super) const EMAIL_PROVIDER: Entity = Entity {
    name: "email_provider",
    doc: "The provider that sends mails.",
    path: "emails/provider?fields=name%2Cenabled%2Cdefault_from_address%2Ccredentials%2Csettings&include_fields=true",
    rows: Rows::Document,
    may_be_absent: true,
    scopes: &["read:email_provider"],
    columns: &[
        Column::new("name", Text, "The name."),
        Column::new("enabled", Bool, "Whether it is in use."),
        Column::new("default_from_address", Text, "The sender used when none is named."),
        Column::new("credentials", Jsonb, "How it logs in, an object."),
        Column::new("settings", Jsonb, "More settings, an object."),
    ],
    secrets: &[
        "credentials.api_key",
        "credentials.secretAccessKey",
        "credentials.smtp_pass",
        "credentials.connectionString",
        "credentials.clientSecret",
        "credentials.accessKeyId",
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/email-templates/{template}`.
pub(super) const EMAIL_TEMPLATES: Entity = Entity {
    name: "email_templates",
    doc: "The tenant's own mails.",
    path: "email-templates/{template}",
    rows: Rows::Document,
    key: &["template"],
    parents: Parents::Values { column: "template", values: EMAIL_TEMPLATE_NAMES },
    scopes: &["read:email_templates"],
    columns: &[
        Column::new("template", Text, "The occasion, such as `verify_email`."),
        Column::new("body", Text, "The text."),
        Column::of("sender", "from", Text, "The sender."),
        Column::of("result_url", "resultUrl", Text, "The target of the link in it."),
        Column::new("subject", Text, "The subject."),
        Column::new("syntax", Text, "The syntax of the template."),
        Column::of("url_lifetime_in_seconds", "urlLifetimeInSeconds", Float8, "How long its link lives, in seconds."),
        Column::of(
            "include_email_in_redirect",
            "includeEmailInRedirect",
            Bool,
            "Whether the address is added to the link.",
        ),
        Column::new("enabled", Bool, "Whether it is in use."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/custom-domains`.
pub(super) const CUSTOM_DOMAINS: Entity = Entity {
    name: "custom_domains",
    doc: "The tenant's own domains.",
    path: "custom-domains",
    rows: Rows::Member("custom_domains"),
    key: &["custom_domain_id"],
    paging: checkpoint(100),
    scopes: &["read:custom_domains"],
    lookups: &[Lookup::row("custom-domains/{custom_domain_id}")],
    columns: &[
        Column::new("custom_domain_id", Text, "The domain's id."),
        Column::new("domain", Text, "The domain."),
        Column::new("primary", Bool, "Whether it is the first one."),
        Column::new("is_default", Bool, "Whether it is used when none is named."),
        Column::new("status", Text, "The state it is in."),
        Column::new("type", Text, "The type."),
        Column::new("origin_domain_name", Text, "The name to send traffic to."),
        Column::new("verification", Jsonb, "How the domain is verified, an object."),
        Column::new("custom_client_ip_header", Text, "The header with the client's address."),
        Column::new("tls_policy", Text, "The versions of TLS it accepts."),
        Column::new("domain_metadata", Jsonb, "The tenant's own data about it, an object of texts."),
        Column::new("certificate", Jsonb, "The certificate, an object."),
        Column::new("relying_party_identifier", Text, "The domain passkeys are for."),
        Column::new("created_at", Timestamptz, "When it was created."),
    ],
    typical_rows: 2,
    ..Entity::BASE
};

/// Source: `GET /api/v2/custom-domains/default`.
pub(super) const DEFAULT_CUSTOM_DOMAIN: Entity = Entity {
    name: "default_custom_domain",
    doc: "The domain that mails and links use.",
    path: "custom-domains/default",
    rows: Rows::Document,
    may_be_absent: true,
    scopes: &["read:custom_domains"],
    columns: &[
        Column::new("custom_domain_id", Text, "The domain's id."),
        Column::new("domain", Text, "The domain."),
        Column::new("primary", Bool, "Whether it is the first one."),
        Column::new("is_default", Bool, "Whether it is used when none is named."),
        Column::new("status", Text, "The state it is in."),
        Column::new("type", Text, "The type."),
        Column::new("verification", Jsonb, "How the domain is verified, an object."),
        Column::new("certificate", Jsonb, "The certificate, an object."),
        Column::new("tls_policy", Text, "The versions of TLS it accepts."),
        Column::new("domain_metadata", Jsonb, "The tenant's own data about it, an object of texts."),
        Column::new("origin_domain_name", Text, "The name to send traffic to."),
        Column::new("custom_client_ip_header", Text, "The header with the client's address."),
        Column::new("relying_party_identifier", Text, "The domain passkeys are for."),
        Column::new("created_at", Timestamptz, "When it was created."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/prompts`.
pub(super) const PROMPTS: Entity = Entity {
    name: "prompts",
    doc: "How users are asked to log in.",
    path: "prompts",
    rows: Rows::Document,
    scopes: &["read:prompts"],
    columns: &[
        Column::new("universal_login_experience", Text, "The login pages in use."),
        Column::new("identifier_first", Bool, "Whether the identifier is asked for before the password."),
        Column::new(
            "webauthn_platform_first_factor",
            Bool,
            "Whether a device's own authenticator may be the first factor.",
        ),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/prompts/rendering`.
pub(super) const PROMPT_RENDERINGS: Entity = Entity {
    name: "prompt_renderings",
    doc: "The screens that the tenant renders itself.",
    path: "prompts/rendering",
    rows: Rows::Member("configs"),
    key: &["prompt", "screen"],
    paging: PAGES,
    scopes: &["read:prompts"],
    lookups: &[Lookup::row("prompts/{prompt}/screen/{screen}/rendering")],
    parameters: &[Parameter::new("rendering_mode", ParameterType::Word(&["advanced", "standard"]))],
    columns: &[
        Column::new("tenant", Text, "The tenant's name."),
        Column::new("prompt", Text, "The prompt."),
        Column::new("screen", Text, "The screen."),
        Column::new("rendering_mode", Text, "Whether the page is Auth0's or the tenant's own."),
        Column::new("context_configuration", Jsonb, "The context that the page gets, an array."),
        Column::new("default_head_tags_disabled", Bool, "Whether Auth0's own head tags are left out."),
        Column::new("use_page_template", Bool, "Whether the page template is used."),
        Column::new("head_tags", Jsonb, "Head tags of the tenant, an array."),
        Column::new("filters", Jsonb, "The applications, organizations and domains it applies to, an object."),
    ],
    typical_rows: 20,
    ..Entity::BASE
};

/// Source: `GET /api/v2/prompts/{prompt}/custom-text/{language}`.
pub(super) const PROMPT_CUSTOM_TEXTS: Entity = Entity {
    name: "prompt_custom_texts",
    doc: "The tenant's own texts of a prompt, in a language.",
    path: "prompts/{prompt}/custom-text/{language}",
    rows: Rows::Document,
    key: &["prompt", "language"],
    parents: Parents::Values { column: "prompt", values: PROMPT_CUSTOM_TEXTS_NAMES },
    scopes: &["read:prompts"],
    columns: &[
        Column::asked("prompt", "The prompt, such as `login`."),
        Column::asked("language", "The language, such as `en`."),
        Column::row("texts", Jsonb, "The texts by screen and key, an object."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};

/// Source: `GET /api/v2/prompts/{prompt}/partials`.
pub(super) const PROMPT_PARTIALS: Entity = Entity {
    name: "prompt_partials",
    doc: "The tenant's own pieces of the screens of a prompt.",
    path: "prompts/{prompt}/partials",
    rows: Rows::Document,
    key: &["prompt"],
    parents: Parents::Values { column: "prompt", values: PROMPT_PARTIALS_NAMES },
    scopes: &["read:prompts"],
    columns: &[
        Column::asked("prompt", "The prompt, such as `login`."),
        Column::row("partials", Jsonb, "The pieces by screen and place, an object."),
    ],
    typical_rows: 1,
    ..Entity::BASE
};
