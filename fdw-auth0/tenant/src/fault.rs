//! Answers that go wrong on purpose: which request, in which way, how often.

use serde::{Deserialize, Serialize};

/// One way to go wrong, for the requests it matches.
///
/// Faults stand in a queue; a request gets the first one that is due. Status and connection
/// faults come before the rate limit and the token check, page and body faults change the
/// answer that the request would have had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Which requests.
    #[serde(default)]
    pub when: FaultMatch,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How often; `None` means until [`crate::Tenant::clear_faults`].
    #[serde(default)]
    pub times: Option<u32>,
}

impl Fault {
    /// Goes wrong once, at the next request of the Management API. Kinds that only downloads have
    /// need [`Fault::on_downloads`].
    pub fn once(kind: FaultKind) -> Self {
        Self { when: FaultMatch::default(), kind, times: Some(1) }
    }

    /// Goes wrong at every request of the Management API.
    pub fn forever(kind: FaultKind) -> Self {
        Self { times: None, ..Self::once(kind) }
    }

    /// Goes wrong `times` times.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Only for paths that begin with `prefix` (as sent, percent-encoded).
    pub fn on_path(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.when.path_prefix);
        self
    }

    /// Only for downloads of exported files, on the storage's origin.
    pub fn on_downloads(self) -> Self {
        self.on_path("/exports/")
    }

    /// Only for requests with this in the query; see [`FaultMatch::query`].
    pub fn on_query(mut self, query: &str) -> Self {
        self.when.query = Some(query.to_owned());
        self
    }

    /// Only for the `n`th request (from 1) that matches otherwise, counted from now.
    pub fn nth(mut self, n: u64) -> Self {
        self.when.occurrence = Occurrence::Nth(n);
        self
    }

    /// Only for every `n`th request that matches otherwise, counted from now.
    pub fn every(mut self, n: u64) -> Self {
        self.when.occurrence = Occurrence::Every(n);
        self
    }
}

/// Which requests a [`Fault`] is for. Kinds that change rows only see what has rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaultMatch {
    /// Begin of the path. Default `/api/v2/`, so token requests and downloads stay whole.
    pub path_prefix: String,
    /// With a `=`, a whole decoded pair (`page=3` is not found in `page=30` nor in
    /// `per_page=3`); without, any part of the raw query.
    pub query: Option<String>,
    /// Which of the requests that match so far.
    pub occurrence: Occurrence,
}

impl Default for FaultMatch {
    fn default() -> Self {
        Self { path_prefix: "/api/v2/".to_owned(), query: None, occurrence: Occurrence::Any }
    }
}

/// A choice among matching requests, counted from 1 since the fault was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occurrence {
    /// All of them.
    Any,
    /// Exactly one.
    Nth(u64),
    /// Each whose number is a multiple.
    Every(u64),
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// This answer instead of the real one.
    Status {
        /// HTTP status.
        code: u16,
        /// Body as is.
        body: String,
        /// `Content-Type`.
        content_type: String,
        /// More headers, such as `retry-after`.
        #[serde(default)]
        headers: Vec<(String, String)>,
    },
    /// The connection is closed without an answer.
    DropBeforeHeaders,
    /// The connection is reset without an answer.
    ResetBeforeHeaders,
    /// Head and half the body are sent, then the connection is reset.
    ResetMidBody,
    /// Nothing is sent until the faults are cleared or the client goes away.
    StallBeforeHeaders,
    /// Head and half the body are sent, the rest when the faults are cleared.
    StallMidBody,
    /// `Content-Length`, or a chunked body without its end, promises more; half is sent, then the
    /// connection is closed.
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
    /// 200 with a web page, as captive portals and gateways do.
    HtmlInsteadOfJson,
    /// The JSON ends in the middle, under a `Content-Length` that fits; in a downloaded file the
    /// line in the middle does.
    BrokenJson,
    /// A list in another envelope than asked for.
    WrongEnvelope(WrongEnvelope),
    /// The page's first row comes once more at its end; in a file the line in the middle twice.
    DuplicateRow,
    /// The page or the file lacks the row in its middle.
    MissingRow,
    /// The page has no rows; its `total` stays.
    EmptyPage,
    /// `total` says this.
    WrongTotal(u64),
    /// The list's body is padded to more than this many bytes and stays valid JSON.
    LargeBody(usize),
    /// The envelope has one more key, `unexpected`.
    ExtraRootField,
    /// One row of the page or line of the file is replaced by this raw JSON, which is not checked.
    ReplaceUser {
        /// Place in the page or file, from 0. Beyond its end nothing happens.
        position: usize,
        /// The row.
        json: String,
    },
    /// The job that is asked for has failed, with these `status_details`; it stays so.
    JobFails(String),
    /// The job that is asked for is being processed from now on, and never ends.
    JobNeverEnds,
    /// The link of a download has expired.
    LinkExpired,
}

/// An envelope that was not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongEnvelope {
    /// An object whose rows are under this key instead of `users`.
    RowsUnder(String),
    /// A bare array, even if totals were asked for.
    BareArray,
    /// The object with totals, even if they were not asked for.
    Totals,
}

/// What a request is answered with, as far as faults differ by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A list.
    List,
    /// A job.
    Job,
    /// An exported file.
    Download,
    Other,
}

impl FaultKind {
    /// Whether such an answer can go wrong in this way.
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
            _ => true,
        }
    }
}
