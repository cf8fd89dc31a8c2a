//! Identity providers.

/// The identity provider of a user.
pub(crate) enum Provider {
    Auth0,
    Google,
    Github,
    Saml,
    AzureAd,
    Sms,
    Custom,
}
