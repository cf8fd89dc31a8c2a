//! Identity providers.

/// Where a user comes from.
pub(crate) enum Provider {
    Auth0,
    Google,
    Github,
    Saml,
    AzureAd,
    Sms,
    Custom,
}
