//! Requests that have no answer, or half of one.

use std::error::Error as StdError;

use super::request::Limits;
use super::retry::Failure;
use crate::error::{Error, ErrorKind};

/// Why there is no answer, or half of one, and what may help.
pub(crate) struct NoAnswer {
    pub(crate) failure: Failure,
    pub(crate) kind: ErrorKind,
    pub(crate) what: &'static str,
    hint: Option<&'static str>,
    /// What the system or the other side says; it may repeat what was sent.
    pub(crate) cause: String,
}

impl NoAnswer {
    pub(crate) fn new(error: &reqwest::Error, limits: &Limits) -> Self {
        let (failure, kind, what, hint) = if is_tls(error) {
            let hint = "Check that the address is https and that this machine trusts its certificate.";
            (Failure::Lasting, ErrorKind::Connect, "no trusted connection", Some(hint))
        } else if error.is_connect() {
            let hint = "Check the server's address and that this machine may reach it.";
            (Failure::Connect, ErrorKind::Connect, "no connection", Some(hint))
        } else {
            (Failure::Broken, ErrorKind::Broken, "the connection broke", None)
        };
        let cause = if error.is_timeout() {
            let allowed = limits.connect_timeout.as_millis();
            format!("nothing answered within connect_timeout ({allowed} ms)")
        } else {
            innermost(error)
        };
        NoAnswer { failure, kind, what, hint, cause }
    }

    /// Adds to an error which address it was, the cause as it may be shown, and what may help.
    pub(crate) fn explain(&self, error: Error, address: &str, cause: &str) -> Error {
        let error = error.with_detail(format!("{address}: {cause}"));
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

/// What the system or the TLS library says. Its callers only add the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn StdError = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Whether the other side speaks no TLS, or its certificate is not trusted.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn StdError> = Some(error);
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return true;
        }
        // An I/O error that wraps another one does not give it as its source.
        cause = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}
