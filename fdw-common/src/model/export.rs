//! Jobs that write a whole list to a file.

/// A job of the API that writes all rows to a file: gzipped JSON, one row per line.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    /// Endpoint that creates a job (`POST`), relative to the API's base.
    pub create: &'static str,
    /// Endpoint of one job, up to its id.
    pub job: &'static str,
    /// The body that requests these root members of every row.
    pub request: fn(&[&str]) -> String,
    /// Parses a response about a job; `None` if it does not have the API's form.
    pub read: fn(&[u8]) -> Option<Job>,
    /// True if an error response says that the tenant or the token may not export.
    pub is_refused: fn(u16, &[u8]) -> bool,
}

/// A job, as described in a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The job's id.
    pub id: String,
    /// The job's state.
    pub state: JobState,
}

/// State of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// Not yet done.
    Running,
    /// The file is ready. Its URL grants access without a token.
    Done {
        /// The URL.
        location: String,
    },
    /// The job failed, for this reason if the API gives one.
    Failed(Option<String>),
}
