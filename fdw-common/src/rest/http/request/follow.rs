//! The target of the next page, from the address in an answer.

use super::Fetch;
use crate::error::{Error, ErrorKind, Result};
use crate::rest::http::next_address::resolve;
use crate::rest::http::query_credential::without_credential;
use crate::rest::http::quote::{LONGEST_URL, shorten};

impl Fetch<'_> {
    /// The target of the next page, from the address that the answer to `target` states.
    ///
    /// # Errors
    /// `Protocol` if the address is not below the API's address: the credential is sent nowhere else.
    pub(crate) async fn follow(&self, target: &str, next: &str) -> Result<String> {
        let base = self.connection.base();
        match resolve(base, target, next) {
            Ok(url) => match self.connection.credential_parameter() {
                Some(name) => Ok(without_credential(url, name).into()),
                None => Ok(url.into()),
            },
            Err((difference, url)) => {
                let place = url.as_ref().map_or_else(
                    || next.to_owned(),
                    |url| match url.has_host() {
                        true => format!("{}{}", url.origin().ascii_serialization(), url.path()),
                        false => format!("{}:", url.scheme()),
                    },
                );
                let place = shorten(&self.quote_any(&place).await, LONGEST_URL);
                let words = difference.describe(base, url.as_ref());
                let message = format!("the address of the next page of \"{}\" {words}", self.entity.name);
                Err(Error::new(ErrorKind::Protocol, message)
                    .with_detail(format!("The next page is at {place}; the server's address is {base}."))
                    .with_hint(difference.hint()))
            }
        }
    }
}
