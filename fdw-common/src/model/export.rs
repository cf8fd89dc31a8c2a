//! Jobs that write a whole list into a file.

/// A job of the API that writes all rows into a file: gzipped JSON, one row a line.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    /// Where a job is made (`POST`), relative to the API's base.
    pub create: &'static str,
    /// Where a job is looked at, up to its id.
    pub job: &'static str,
    /// The body that asks for these root members of every row.
    pub request: fn(&[&str]) -> String,
    /// What an answer about a job says; nothing when it is not of the API's form.
    pub read: fn(&[u8]) -> Option<Job>,
    /// True when an error answer says that the tenant or the token may not export.
    pub is_refused: fn(u16, &[u8]) -> bool,
}

/// A job, as an answer tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// How far it is.
    pub state: JobState,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// Not yet done.
    Running,
    /// The file is there, behind a link that is a permission itself.
    Done {
        /// The link.
        location: String,
    },
    /// It will not be done, for this reason.
    Failed(Option<String>),
}
