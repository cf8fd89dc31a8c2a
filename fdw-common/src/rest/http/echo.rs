//! Texts of the API for error messages, with the secrets of the request redacted.

use super::quote::quote;
use super::request::Fetch;
use crate::error::Result;
use crate::secret::Secret;

impl Fetch<'_> {
    /// Quotes a text of the other side, from anything but an error answer, for an error text.
    pub(crate) async fn quote_any(&self, text: &str) -> String {
        let sent = self.authorization(None).await.map(|authorization| authorization.secrets).unwrap_or_default();
        quote(text, sent.iter().chain(self.connection.secrets()))
    }

    /// A decoded answer, or the decoding error with secrets redacted: its detail may quote an echo of a secret.
    pub(crate) async fn decoded<T>(&self, decoded: Result<T>) -> Result<T> {
        let error = match decoded {
            Ok(decoded) => return Ok(decoded),
            Err(error) => error,
        };
        let Some(detail) = error.detail() else { return Err(error) };
        let detail = self.quote_any(detail).await;
        Err(error.with_detail(detail))
    }

    /// Quotes a text of an error answer, to a request with these secrets, for an error text.
    pub(super) fn quote(&self, text: &str, sent: &[Secret]) -> String {
        quote(text, sent.iter().chain(self.connection.login().map(|login| &login.client_secret)))
    }
}
