//! What the API says, without echoes of the secrets that it was sent.

use super::quote::quote;
use super::request::Fetch;
use crate::error::Result;
use crate::secret::Secret;

impl Fetch<'_> {
    /// Words of the other side that are in no error answer, made fit for an error text.
    pub(crate) async fn quote_any(&self, text: &str) -> String {
        let sent = self.authorization(None).await.map(|authorization| authorization.secrets).unwrap_or_default();
        quote(text, sent.iter().chain(self.connection.secrets()))
    }

    /// A decoded answer, or why it could not be decoded: what the API says there may be an echo of a secret.
    pub(crate) async fn decoded<T>(&self, decoded: Result<T>) -> Result<T> {
        let error = match decoded {
            Ok(decoded) => return Ok(decoded),
            Err(error) => error,
        };
        let Some(detail) = error.detail() else { return Err(error) };
        let detail = self.quote_any(detail).await;
        Err(error.with_detail(detail))
    }

    /// Words of an error answer to a request with these secrets, made fit for an error text.
    pub(super) fn quote(&self, text: &str, sent: &[Secret]) -> String {
        quote(text, sent.iter().chain(self.connection.login().map(|login| &login.client_secret)))
    }
}
