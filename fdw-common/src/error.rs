//! The error type, with kinds sorted by what the reader can do about them.

use std::{fmt, io};

use nix::errno::Errno;

/// Kind of an error, from the view of the person who has to act on it.
///
/// Each kind has exactly one SQLSTATE ([`ErrorKind::sqlstate`]); `docs/errors.md` says what to do for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ErrorKind {
    /// An option that does not exist on this kind of object.
    OptionName,
    /// An option whose value cannot be used.
    OptionValue,
    /// A required option that is missing.
    OptionMissing,
    /// No credential is configured for this user and server.
    CredentialMissing,
    /// A credential points to a secret that does not exist.
    SecretNotFound,
    /// A credential points to a secret that the server's owner may not read.
    SecretUnreadable,
    /// The API does not accept the credential (401).
    Unauthenticated,
    /// The credential is valid but does not permit this (403).
    Denied,
    /// The API refuses because of its rate limit, for longer than the scan may wait.
    RateLimited,
    /// The scan needs more requests than `max_requests_per_scan`.
    TooManyRequests,
    /// The API answered with another error status.
    Remote,
    /// No connection: DNS, TCP or TLS.
    Connect,
    /// The connection broke, or a response took longer than the options allow.
    Broken,
    /// The response is not in the API's declared form: not JSON, cut short, or another envelope.
    Protocol,
    /// A response is larger than `max_response_size`.
    TooLarge,
    /// The API cannot return all rows this way, or there is no proof that it did.
    Incomplete,
    /// The query has to name a value that has no other source.
    KeyMissing,
    /// A statement that this foreign table does not support.
    Unsupported,
    /// The machine has no file, thread, memory or disk space left for the scan.
    Resources,
    /// A bug in the extension.
    Internal,
}

impl ErrorKind {
    /// The five-character SQLSTATE raised for this kind (PostgreSQL docs, appendix A).
    pub const fn sqlstate(self) -> &'static str {
        match self {
            ErrorKind::OptionName => "HV00D",
            ErrorKind::OptionValue => "HV024",
            ErrorKind::OptionMissing => "HV00J",
            ErrorKind::CredentialMissing | ErrorKind::Unauthenticated => "28000",
            ErrorKind::SecretNotFound => "42704",
            ErrorKind::SecretUnreadable | ErrorKind::Denied => "42501",
            ErrorKind::RateLimited | ErrorKind::TooManyRequests => "53400",
            ErrorKind::Remote => "HV000",
            ErrorKind::Connect => "08001",
            ErrorKind::Broken => "08006",
            ErrorKind::Protocol => "08P01",
            ErrorKind::TooLarge | ErrorKind::Incomplete => "54000",
            ErrorKind::KeyMissing => "HV002",
            ErrorKind::Unsupported => "0A000",
            ErrorKind::Resources => "53000",
            ErrorKind::Internal => "XX000",
        }
    }

    /// The kind for an error of the operating system: `Resources` if something ran out, else `Internal`.
    pub(crate) fn of_system(error: &io::Error) -> Self {
        // EAGAIN is the error of a process or user with too many threads (pthread_create(3)).
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EMFILE | Errno::ENFILE | Errno::EAGAIN | Errno::ENOMEM | Errno::ENOSPC | Errno::EDQUOT) => {
                ErrorKind::Resources
            }
            _ => ErrorKind::Internal,
        }
    }
}

/// A text of the API as part of an error's line: cut to `longest` characters, and without characters that break the
/// line, move a terminal's cursor, are invisible or reverse the text direction.
pub fn one_line(text: &str, longest: usize) -> String {
    let is_invisible = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if is_invisible(c) { ' ' } else { c }).take(longest).collect()
}

/// A text from SQL in the given quotation marks, for an error message. A text with more than `longest` characters may
/// be a credential in the wrong place and is not repeated.
pub fn repeated(text: &str, mark: char, longest: usize) -> String {
    match text.chars().count() {
        length if length <= longest => format!("{mark}{}{mark}", one_line(text, longest)),
        length => format!("a text of {length} characters"),
    }
}

/// The length up to which an error repeats a text: shorter than the credentials of any API, longer than texts that a
/// user needs to see again to compare them.
pub const SHORTER_THAN_CREDENTIALS: usize = 24;

/// An error with a kind, a message that names the object, and optionally a detail (what the other side said) and a
/// hint (what to do). It never holds a secret: nothing that takes a [`Secret`](crate::secret::Secret) can be
/// formatted into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    kind: ErrorKind,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
}

impl Error {
    /// An error with its kind and message. Messages are lower-case and name the object in double quotes.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Parts { kind, message: message.into(), detail: None, hint: None }))
    }

    /// The same error with a detail: the facts, such as the API's message.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// The same error with a hint: the action to take.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The kind, which decides the SQLSTATE.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message: the failure and the object it is about.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The facts behind the message, if any.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The action to take, if it is known.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(detail) = &self.0.detail {
            write!(f, "; {detail}")?;
        }
        if let Some(hint) = &self.0.hint {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn every_kind_has_a_well_formed_sqlstate() {
        for kind in ErrorKind::iter() {
            let state = kind.sqlstate();
            assert_eq!(state.len(), 5, "{kind:?}");
            assert!(state.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{kind:?}: {state}");
            assert_ne!(&state[..2], "00", "{kind:?} would be a success");
        }
    }

    #[test]
    fn display_prints_message_detail_and_hint_once() {
        let error = Error::new(ErrorKind::Remote, "m").with_detail("d").with_hint("h");
        assert_eq!(error.to_string(), "m; d (h)");
    }
}
