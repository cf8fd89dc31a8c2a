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
        Column::new("colors", Jsonb, "Colors of the login pages, an object: `primary` and `page_background`."),
        Column::new("favicon_url", Text, "URL of the icon of the login pages. Null for Auth0's icon."),
        Column::new("logo_url", Text, "URL of the logo on the login pages. Null for Auth0's logo."),
        Column::new("font", Jsonb, "Font of the login pages, an object with its `url`. Null for Auth0's font."),
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
        Column::new(
            "borders",
            Jsonb,
            "Borders of the login box, an object: `button_border_radius`, `buttons_style`, `inputs_style`, `widget_corner_radius` and others.",
        ),
        Column::new(
            "colors",
            Jsonb,
            "Colors of the login box, an object: `primary_button`, `body_text`, `error`, `widget_background` and others.",
        ),
        Column::of("display_name", "displayName", Text, "The theme's name as administrators see it."),
        Column::new(
            "fonts",
            Jsonb,
            "Fonts of the login box, an object: `font_url`, `title`, `body_text`, `links` and others.",
        ),
        Column::new(
            "identifiers",
            Jsonb,
            "How user names and phone numbers are shown, an object: `login_display`, `phone_display` and `otp_autocomplete`.",
        ),
        Column::new(
            "page_background",
            Jsonb,
            "Background of the login pages, an object: `background_color`, `background_image_url` and `page_layout`.",
        ),
        Column::of("theme_id", "themeId", Text, "The id that Auth0 gave the theme."),
        Column::new(
            "widget",
            Jsonb,
            "Layout of the login box, an object: `logo_url`, `logo_position`, `logo_height`, `social_buttons_layout` and others.",
        ),
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
    columns: &[Column::new("body", Text, "Template around the login box, HTML in Liquid.")],
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
        Column::new("id", Text, "The id that Auth0 gave the phone provider."),
        Column::new("tenant", Text, "The name of the tenant that the provider belongs to."),
        Column::new("name", Text, "Kind of provider: `twilio` or `custom`."),
        Column::new("channel", Text, "Channel of the messages: `phone`."),
        Column::new("disabled", Bool, "Whether the provider is switched off."),
        Column::new(
            "configuration",
            Jsonb,
            "Settings of the provider, an object: `delivery_methods`, and for Twilio `sid`, `mssid` and `default_from`.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the phone provider was created."),
        Column::new("updated_at", Timestamptz, "Time at which the phone provider was last changed."),
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
        Column::new("id", Text, "The id that Auth0 gave the phone template."),
        Column::new("channel", Text, "Channel of the messages: `phone`."),
        Column::new("customizable", Bool, "Whether the tenant may change the template."),
        Column::new("tenant", Text, "The name of the tenant that the template belongs to."),
        Column::new(
            "content",
            Jsonb,
            "Content of the messages, an object: `from`, `syntax`, and `body` with `text` and `voice`.",
        ),
        Column::new(
            "type",
            Text,
            "Occasion of the message: `otp_verify`, `otp_enroll`, `change_password`, `blocked_account` or `password_breach`.",
        ),
        Column::new("disabled", Bool, "Whether the template is switched off."),
        Column::new("created_at", Timestamptz, "Time at which the phone template was created."),
        Column::new("updated_at", Timestamptz, "Time at which the phone template was last changed."),
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
        Column::new("name", Text, "Kind of provider, such as `smtp`, `sendgrid`, `ses` or `mailgun`."),
        Column::new("enabled", Bool, "Whether e-mails are sent through the provider."),
        Column::new("default_from_address", Text, "Sender of e-mails whose template names none."),
        Column::new(
            "credentials",
            Jsonb,
            "How Auth0 authenticates at the provider, an object such as `smtp_host`, `smtp_port` and `smtp_user`. Secrets are left out.",
        ),
        Column::new(
            "settings",
            Jsonb,
            "More settings of the provider, an object whose members depend on `name`. Null without any.",
        ),
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
        Column::new(
            "template",
            Text,
            "Occasion of the e-mail, such as `verify_email`, `reset_email` or `welcome_email`.",
        ),
        Column::new("body", Text, "HTML of the e-mail, a template."),
        Column::of("sender", "from", Text, "Sender of the e-mail. Null or empty for the provider's sender."),
        Column::of(
            "result_url",
            "resultUrl",
            Text,
            "URL that the user is sent to after following the link in the e-mail.",
        ),
        Column::new("subject", Text, "Subject of the e-mail, a template."),
        Column::new("syntax", Text, "Syntax of the template, such as `liquid`."),
        Column::of(
            "url_lifetime_in_seconds",
            "urlLifetimeInSeconds",
            Float8,
            "Time for which the link in the e-mail is valid, in seconds.",
        ),
        Column::of(
            "include_email_in_redirect",
            "includeEmailInRedirect",
            Bool,
            "Whether the user's e-mail address is added to `result_url`.",
        ),
        Column::new("enabled", Bool, "Whether the e-mail is sent."),
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
        Column::new("custom_domain_id", Text, "The id that Auth0 gave the custom domain, such as `cd_…`."),
        Column::new("domain", Text, "Host name of the custom domain, such as `login.example.com`."),
        Column::new("primary", Bool, "Whether it is the tenant's first custom domain."),
        Column::new("is_default", Bool, "Whether e-mails and links use the domain unless a request names another."),
        Column::new("status", Text, "State of the domain, such as `pending_verification`, `ready` or `failed`."),
        Column::new("type", Text, "Party that manages the certificate: `auth0_managed_certs` or `self_managed_certs`."),
        Column::new(
            "origin_domain_name",
            Text,
            "Host name at Auth0 that the tenant's proxy sends requests to. Null unless the tenant manages the certificate.",
        ),
        Column::new(
            "verification",
            Jsonb,
            "DNS records that verify the domain, an object: `methods`, `status`, `error_msg` and others.",
        ),
        Column::new(
            "custom_client_ip_header",
            Text,
            "Header in which the tenant's proxy sends the client's IP address. Null without a proxy.",
        ),
        Column::new(
            "tls_policy",
            Text,
            "TLS policy of the domain, such as `recommended`, which accepts only newer versions of TLS.",
        ),
        Column::new(
            "domain_metadata",
            Jsonb,
            "The tenant's data about the domain, an object whose values are texts. Null if there is none.",
        ),
        Column::new(
            "certificate",
            Jsonb,
            "Certificate of the domain, an object: `status`, `certificate_authority`, `renews_before` and `error_msg`.",
        ),
        Column::new(
            "relying_party_identifier",
            Text,
            "The domain for which passkeys are created. Null for the custom domain itself.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the custom domain was created."),
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
        Column::new("custom_domain_id", Text, "The id that Auth0 gave the custom domain, such as `cd_…`."),
        Column::new("domain", Text, "Host name of the custom domain, such as `login.example.com`."),
        Column::new("primary", Bool, "Whether it is the tenant's first custom domain."),
        Column::new("is_default", Bool, "Whether e-mails and links use the domain unless a request names another."),
        Column::new("status", Text, "State of the domain, such as `pending_verification`, `ready` or `failed`."),
        Column::new("type", Text, "Party that manages the certificate: `auth0_managed_certs` or `self_managed_certs`."),
        Column::new(
            "verification",
            Jsonb,
            "DNS records that verify the domain, an object: `methods`, `status`, `error_msg` and others.",
        ),
        Column::new(
            "certificate",
            Jsonb,
            "Certificate of the domain, an object: `status`, `certificate_authority`, `renews_before` and `error_msg`.",
        ),
        Column::new(
            "tls_policy",
            Text,
            "TLS policy of the domain, such as `recommended`, which accepts only newer versions of TLS.",
        ),
        Column::new(
            "domain_metadata",
            Jsonb,
            "The tenant's data about the domain, an object whose values are texts. Null if there is none.",
        ),
        Column::new(
            "origin_domain_name",
            Text,
            "Host name at Auth0 that the tenant's proxy sends requests to. Null unless the tenant manages the certificate.",
        ),
        Column::new(
            "custom_client_ip_header",
            Text,
            "Header in which the tenant's proxy sends the client's IP address. Null without a proxy.",
        ),
        Column::new(
            "relying_party_identifier",
            Text,
            "The domain for which passkeys are created. Null for the custom domain itself.",
        ),
        Column::new("created_at", Timestamptz, "Time at which the custom domain was created."),
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
        Column::new("universal_login_experience", Text, "Login pages in use: `new` or `classic`."),
        Column::new(
            "identifier_first",
            Bool,
            "Whether the login page requests the identifier first and the password on the next page.",
        ),
        Column::new(
            "webauthn_platform_first_factor",
            Bool,
            "Whether users may log in with their device's own authenticator in place of a password.",
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
        Column::new("tenant", Text, "The name of the tenant that the rendering belongs to."),
        Column::new("prompt", Text, "Name of the prompt, such as `login-id`."),
        Column::new("screen", Text, "Name of the screen within the prompt, such as `login-id`."),
        Column::new(
            "rendering_mode",
            Text,
            "Source of the page: `standard` is Auth0's, `advanced` is the tenant's own.",
        ),
        Column::new(
            "context_configuration",
            Jsonb,
            "Context that the tenant's page gets, an array of names, such as `branding.settings` or `screen.texts`.",
        ),
        Column::new(
            "default_head_tags_disabled",
            Bool,
            "Whether the tags that Auth0 puts into the page's head are left out.",
        ),
        Column::new("use_page_template", Bool, "Whether the page uses the tenant's page template."),
        Column::new(
            "head_tags",
            Jsonb,
            "Tags that the tenant adds to the page's head, an array of objects: `tag`, `attributes` and `content`.",
        ),
        Column::new(
            "filters",
            Jsonb,
            "Logins that the rendering applies to, an object: `match_type`, `clients`, `organizations` and `domains`. Null for all.",
        ),
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
        Column::bound("prompt", "Name of the prompt, such as `login`."),
        Column::bound("language", "Language of the texts, such as `en`."),
        Column::row(
            "texts",
            Jsonb,
            "The tenant's texts, an object: keys are screens, whose members are the texts by key.",
        ),
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
        Column::bound("prompt", "Name of the prompt, such as `login`."),
        Column::row(
            "partials",
            Jsonb,
            "HTML that the tenant adds to the page, an object: keys are screens, whose members are insertion points.",
        ),
    ],
    typical_rows: 1,
    ..Entity::BASE
};
