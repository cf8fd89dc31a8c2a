//! Faults of answers, on purpose: for which requests, of which kind, how often.

use serde::{Deserialize, Serialize};

/// A fault for the requests that it matches.
///
/// Faults are in a queue; a request gets the first one that is due. Status and connection faults apply before the rate
/// limit and the token check; page and body faults change the answer that the request would otherwise have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The requests it is for.
    #[serde(default)]
    pub when: FaultMatch,
    /// The kind of fault.
    pub kind: FaultKind,
    /// Number of times; `None` means until [`crate::Tenant::clear_faults`].
    #[serde(default)]
    pub times: Option<u32>,
}

impl Fault {
    /// A fault for the next request of the Management API. Kinds for downloads only need [`Fault::on_downloads`].
    pub fn once(kind: FaultKind) -> Self {
        Self { when: FaultMatch::default(), kind, times: Some(1) }
    }

    /// A fault for every request of the Management API.
    pub fn forever(kind: FaultKind) -> Self {
        Self { times: None, ..Self::once(kind) }
    }

    /// The fault for `times` requests.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// The fault for paths that begin with `prefix` (as sent, percent-encoded).
    pub fn on_path(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.when.path_prefix);
        self
    }

    /// The fault for downloads of exported files, on the storage's origin.
    pub fn on_downloads(self) -> Self {
        self.on_path("/exports/")
    }

    /// The fault for requests with this in the query; see [`FaultMatch::query`].
    pub fn on_query(mut self, query: &str) -> Self {
        self.when.query = Some(query.to_owned());
        self
    }

    /// The fault for requests with this method.
    pub fn on_method(mut self, method: &str) -> Self {
        self.when.method = Some(method.to_owned());
        self
    }

    /// The fault for only the `n`th matching request (from 1), counted from now.
    pub fn nth(mut self, n: u64) -> Self {
        self.when.occurrence = Occurrence::Nth(n);
        self
    }

    /// The fault for every `n`th matching request, counted from now.
    pub fn every(mut self, n: u64) -> Self {
        self.when.occurrence = Occurrence::Every(n);
        self
    }
}

/// The requests that a [`Fault`] is for. Kinds that change rows match only answers with rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaultMatch {
    /// The method, such as `PATCH`; `None` for any.
    pub method: Option<String>,
    /// Prefix of the path. Default `/api/v2/`, so token requests and downloads have no fault.
    pub path_prefix: String,
    /// With a `=`, a whole decoded pair (`page=3` matches neither `page=30` nor `per_page=3`); without, any part of the
    /// raw query.
    pub query: Option<String>,
    /// The choice among the requests that match path and query.
    pub occurrence: Occurrence,
}

impl Default for FaultMatch {
    fn default() -> Self {
        Self { method: None, path_prefix: "/api/v2/".to_owned(), query: None, occurrence: Occurrence::Any }
    }
}

/// A choice among matching requests, counted from 1 since the fault was queued.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occurrence {
    /// All of them.
    #[default]
    Any,
    /// Only the request with this number.
    Nth(u64),
    /// Every request whose number is a multiple of this one.
    Every(u64),
}

impl Occurrence {
    /// True for the match with this number.
    pub(crate) fn is_due(self, number: u64) -> bool {
        match self {
            Self::Any => true,
            Self::Nth(n) => number == n,
            Self::Every(n) => n > 0 && number.is_multiple_of(n),
        }
    }
}

/// A kind of fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// Sends this answer instead of the real one.
    Status {
        /// HTTP status.
        code: u16,
        /// The body, sent unchanged.
        body: String,
        /// `Content-Type`.
        content_type: String,
        /// More headers, such as `retry-after`.
        #[serde(default)]
        headers: Vec<(String, String)>,
    },
    /// The connection is closed without an answer. The request has no effect.
    DropBeforeHeaders,
    /// The request is carried out, then the connection is closed without an answer.
    DropAfterRequest,
    /// The request is carried out, and its answer is sent when the faults are cleared.
    StallAfterRequest,
    /// The request is carried out, and the answer has this status and body instead of its own.
    StatusAfterRequest {
        /// HTTP status.
        code: u16,
        /// The body, sent unchanged.
        body: String,
    },
    /// The connection is reset without an answer.
    ResetBeforeHeaders,
    /// The head and half the body are sent, then the connection is reset.
    ResetMidBody,
    /// Nothing is sent until the faults are cleared or the client disconnects.
    StallBeforeHeaders,
    /// The head and half the body are sent, and the rest when the faults are cleared.
    StallMidBody,
    /// Half the body is sent, then the connection is closed before the `Content-Length` or the last chunk is reached.
    TruncateBody,
    /// The bits of one byte in the middle of the body are flipped.
    CorruptBody,
    /// The body is sent in pieces with pauses between.
    SlowBody {
        /// Bytes of a piece.
        chunk_bytes: usize,
        /// Milliseconds between pieces.
        pause_ms: u64,
    },
    /// 200 with an HTML page, as captive portals and gateways send it.
    HtmlInsteadOfJson,
    /// The JSON ends in its middle, with a matching `Content-Length`; in a downloaded file the middle line does.
    BrokenJson,
    /// A list in an envelope that the request did not ask for.
    WrongEnvelope(WrongEnvelope),
    /// The page's first row is repeated at its end; in a file the middle line is repeated.
    DuplicateRow,
    /// The page or the file lacks its middle row.
    MissingRow,
    /// The page has no rows; its `total` stays.
    EmptyPage,
    /// `total` has this value.
    WrongTotal(u64),
    /// The list's body is padded to more than this many bytes and stays valid JSON.
    LargeBody(usize),
    /// The envelope has one more key, `unexpected`.
    ExtraRootField,
    /// One row of the page or line of the file is replaced by this raw JSON, which is not checked.
    ReplaceUser {
        /// Position in the page or file, from 0. Beyond the end nothing changes.
        position: usize,
        /// The row.
        json: String,
    },
    /// The requested job fails for good, with these `status_details`.
    JobFails(String),
    /// The requested job is in the state `processing` from now on, and never completes.
    JobNeverEnds,
    /// The link of the download has expired.
    LinkExpired,
    /// The stream of events ends with an error message.
    EventError {
        /// Number of events before it.
        after: u64,
        /// Auth0's code, such as `processing_error`.
        code: String,
        /// True if the message has the cursor to continue from.
        offset: bool,
    },
}

/// An envelope that the request did not ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongEnvelope {
    /// An object whose rows are under this key instead of `users`.
    RowsUnder(String),
    /// A bare array, even if the request asks for totals.
    BareArray,
    /// The object with totals, even if the request does not ask for them.
    Totals,
}

/// The kind of answer, as far as faults depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A list.
    List,
    /// A job.
    Job,
    /// An exported file.
    Download,
    /// The stream of events.
    Events,
    Other,
}

impl FaultKind {
    /// True if this fault applies to such an answer.
    pub(crate) fn concerns(&self, subject: Subject) -> bool {
        match self {
            Self::WrongEnvelope(_)
            | Self::EmptyPage
            | Self::WrongTotal(_)
            | Self::LargeBody(_)
            | Self::ExtraRootField => subject == Subject::List,
            Self::DuplicateRow | Self::MissingRow | Self::ReplaceUser { .. } => {
                matches!(subject, Subject::List | Subject::Download)
            }
            Self::JobFails(_) | Self::JobNeverEnds => subject == Subject::Job,
            Self::LinkExpired => subject == Subject::Download,
            Self::EventError { .. } => subject == Subject::Events,
            _ => true,
        }
    }
}
