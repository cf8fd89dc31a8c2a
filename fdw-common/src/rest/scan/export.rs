//! Reading of all rows of a list from a file that the API exports. A job is created and polled until it is done, and
//! its file, gzipped JSON with one row per line, is read while it is downloaded.
//!
//! The file is on another host, with a link that expires soon. That host gets no credential, and after a broken
//! download the job is asked for another link. The file stays the same, which is checked, so that rows that have been
//! emitted are skipped. It is complete if its checksum is right.

pub(crate) mod file;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use url::Url;

use super::context::{self, ListContext};
use super::sink::PageSink;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Export, Job, JobState};
use crate::options::Bulk;
use crate::rest::http::response::{AcceptedStatus, Answer};
use crate::rest::http::retry::Failure;
use crate::rest::http::transport_error::TransportError;
use crate::rest::paging::{KeySet, Sliced, SlicedList};
use file::{AnotherFile, File, FilePosition, as_array};

/// The first pause before a job is polled, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The least number of bytes of lines that are decoded at once.
const BATCH_BYTES: usize = 128 << 10;

/// The number of remaining rows above which a file is exported. In slices they would take 500 requests: four minutes
/// at the two requests per second of Auth0's free plan, half a minute at the highest rate of a paid one. A job takes
/// about ten requests and a minute.
const WORTH_A_FILE: u64 = 50_000;

/// The number of answers after which the estimated number of rows is good enough.
const ENOUGH_TO_TELL: u64 = 12;

/// The outcome of an export.
pub(crate) enum Exported {
    /// All rows have been emitted.
    Whole,
    /// The tenant or the token may not export; the list is read in slices.
    Refused,
}

/// An export from which a list may be read.
pub(crate) struct PlannedExport {
    export: &'static Export,
    /// The root members to export.
    members: Vec<&'static str>,
    /// The option `bulk` is 'export': no slices are read first.
    is_demanded: bool,
}

impl PlannedExport {
    /// The export of a list's rows to a file, if the API has one for the list.
    ///
    /// # Errors
    /// `Unsupported` if an export is demanded that cannot contain all columns of the query.
    pub(crate) fn of(context: &ListContext, list: &SlicedList) -> Result<Option<Self>> {
        let entity = context.entity;
        let wanted = entity.export.as_ref().filter(|_| list.search.is_none() && list.plan.bulk != Bulk::Search);
        let Some(export) = wanted else { return Ok(None) };
        let is_demanded = list.plan.bulk == Bulk::Export;
        match list.plan.export_members(entity) {
            Some(members) => Ok(Some(PlannedExport { export, members, is_demanded })),
            None if !is_demanded => Ok(None),
            None => Err(Error::new(
                ErrorKind::Unsupported,
                format!("not all columns of \"{}\" can be exported", entity.name),
            )
            .with_detail("An export has to name its members, which attrs and undocumented members do not have.")
            .with_hint("Leave such columns out of the query, or set the option bulk to 'search'.")),
        }
    }

    /// True if the file costs less than the remaining slices.
    pub(crate) fn is_worth_it(&self, slices: &dyn Sliced) -> bool {
        let (answers, rows_left) = slices.outlook();
        self.is_demanded || (answers >= ENOUGH_TO_TELL && rows_left > WORTH_A_FILE)
    }

    /// Reads the remaining rows of a list from the file.
    ///
    /// # Errors
    /// `Denied` if the export is demanded and refused, and the errors of [`ExportRun::run`].
    pub(crate) async fn run(
        self,
        context: &ListContext,
        slices: &dyn Sliced,
        keys: &mut KeySet,
        sink: &mut impl PageSink,
    ) -> Result<Exported> {
        context.counters.set_bulk("export".to_owned());
        let run = ExportRun { context, export: self.export, members: &self.members, slices };
        match run.run(keys, sink).await? {
            Ok(()) => Ok(Exported::Whole),
            Err(said) if self.is_demanded => Err(refused(context, &said)),
            Err(said) => {
                context
                    .counters
                    .set_bulk(format!("slices of {}, since an export is refused: {said}", slices.list().by.time));
                Ok(Exported::Refused)
            }
        }
    }
}

/// One export of a list.
struct ExportRun<'a> {
    context: &'a ListContext,
    export: &'static Export,
    members: &'a [&'static str],
    slices: &'a dyn Sliced,
}

/// The API's message about why the tenant or the token may not export.
type Refusal = String;

/// The reason why a download must start again.
struct Broken(String);

impl ExportRun<'_> {
    /// Reads the file to its end.
    ///
    /// # Errors
    /// `Remote` if the job fails, `Broken` if the file cannot be downloaded, `Protocol` if it is not as the API
    /// declares, `Incomplete` if the job takes longer than `bulk_timeout`.
    async fn run(&self, keys: &mut KeySet, sink: &mut impl PageSink) -> Result<Result<(), Refusal>> {
        let request = (self.export.request)(self.members);
        let made = match self.context.fetch().post(self.export.create, &request, self.export.is_refused).await? {
            Answer::Refused(said) => return Ok(Err(said)),
            Answer::Page(made) => self.read(&made.body)?,
            Answer::NoContent | Answer::Absent | Answer::TooSlow | Answer::PageCap(_) => {
                return Err(self.protocol("it is no job"));
            }
        };
        let started = Instant::now();
        let mut state = made.state;
        let mut pause = FIRST_PAUSE;
        let mut position = FilePosition::default();
        let mut failures = 0;
        loop {
            match state {
                JobState::Failed(why) => return Err(self.failed(&made.id, why.as_deref()).await),
                JobState::Done { location } => {
                    let before = position.done;
                    position.begin();
                    match self.download(&location, &mut position, keys, sink).await? {
                        Ok(()) => return Ok(Ok(())),
                        Err(Broken(why)) => {
                            // Only downloads in a row that get no further count as failures.
                            failures = if position.done > before { 0 } else { failures + 1 };
                            if failures > self.context.limits.retry.max_retries {
                                return Err(self.broken(&why, failures));
                            }
                            self.context.counters.http.counts.retries.fetch_add(1, Ordering::Relaxed);
                            pause = FIRST_PAUSE;
                        }
                    }
                }
                JobState::Running => {
                    if started.elapsed() + pause > self.context.limits.bulk_timeout {
                        return Err(self.unfinished(&made.id));
                    }
                }
            }
            tokio::time::sleep(pause.mul_f64(0.75 + fastrand::f64() / 2.0)).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
            let target = format!("{}{}", self.export.job, made.id);
            let Answer::Page(received) = self.context.fetch().get(&target, AcceptedStatus::Nothing).await? else {
                return Err(self.protocol("it is no job"));
            };
            state = self.read(&received.body)?.state;
        }
    }

    fn read(&self, body: &[u8]) -> Result<Job> {
        let job = (self.export.read)(body).ok_or_else(|| self.protocol("it is no job"))?;
        // The id becomes part of a path.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if job.id.is_empty() || !job.id.bytes().all(is_plain) {
            return Err(self.protocol("it has no valid job id"));
        }
        Ok(job)
    }

    /// Downloads and reads the file of a link.
    async fn download(
        &self,
        location: &str,
        position: &mut FilePosition,
        keys: &mut KeySet,
        sink: &mut impl PageSink,
    ) -> Result<Result<(), Broken>> {
        let url = self.link(location)?;
        // Only the origin may be shown: the rest of the link is the permission.
        let host = url.origin().ascii_serialization();
        let counters = &self.context.counters.http;
        counters.counts.requests.fetch_add(1, Ordering::Relaxed);
        // No `Authorization` header: it is another host, and the link itself is the permission.
        let patience = self.context.limits.request_timeout;
        let mut response = match tokio::time::timeout(patience, self.context.client().get(url).send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let why = TransportError::new(&error, &self.context.limits);
                return if why.failure == Failure::Lasting {
                    Err(self.unreachable(&host, &why))
                } else {
                    Ok(Err(Broken(why.cause)))
                };
            }
            Err(_) => return Ok(Err(Broken(self.too_slow("no answer")))),
        };
        counters.counts.answered(response.status().as_u16());
        if !response.status().is_success() {
            return Ok(Err(Broken(format!("the file's host answered {}", response.status()))));
        }
        let mut file = File::default();
        // An error in the lines, which is only reported if the transfer did not damage them.
        let mut fault = None;
        loop {
            let chunk = match tokio::time::timeout(patience, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Ok(Err(Broken(TransportError::new(&error, &self.context.limits).cause))),
                Err(_) => return Ok(Err(Broken(self.too_slow("nothing came")))),
            };
            counters.counts.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            // Small pieces, so that their decompressed text stays small.
            for piece in chunk.chunks(4 << 10) {
                if let Err(why) = file.add(piece) {
                    return Ok(Err(Broken(why)));
                }
                match file.lines(BATCH_BYTES) {
                    Some(lines) if fault.is_none() => {
                        fault = self.emit(lines, position, keys, sink).await.err();
                    }
                    None if file.len() > self.context.limits.max_response_size => {
                        return Err(self.protocol("a line is larger than max_response_size"));
                    }
                    _ => {}
                }
            }
        }
        if let Err(why) = file.end() {
            return Ok(Err(Broken(why)));
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        if let Some(lines) = file.lines(0) {
            self.emit(lines, position, keys, sink).await?;
        }
        if position.at < position.done {
            return Err(self.protocol("the file is shorter than it was before"));
        }
        Ok(Ok(()))
    }

    /// Emits the rows of these complete lines that have not been emitted before.
    async fn emit(
        &self,
        lines: Vec<u8>,
        position: &mut FilePosition,
        keys: &mut KeySet,
        sink: &mut impl PageSink,
    ) -> Result<()> {
        let Some(lines) =
            position.pass(lines).map_err(|AnotherFile| self.protocol("the file is another one than before"))?
        else {
            return Ok(());
        };
        let count = lines.iter().filter(|byte| **byte == b'\n').count() as u64;
        let mut batch = context::lines(self.context, self.slices.list().by.time, as_array(lines)).map_err(|error| {
            let first = position.lines_at + 1;
            error.with_hint(format!("This is in the exported file, within the {count} lines from line {first} on."))
        })?;
        if batch.len() as u64 != count {
            return Err(self.protocol("a line of the file is not one row"));
        }
        position.lines_at += count;
        let left: Vec<bool> =
            (0..batch.len()).map(|row| self.slices.is_left(batch.time(row), &batch.key(row))).collect();
        let unknown = keys.unknown(&batch, &left, self.slices.list().is_last);
        batch.keep_only(&unknown);
        if !batch.is_empty() {
            // One batch ahead of the reader.
            sink.wanted().await;
            sink.send(batch).await;
        }
        position.take();
        Ok(())
    }

    /// The link's address, which must be encrypted if the API's is.
    fn link(&self, location: &str) -> Result<Url> {
        // The example in Auth0's documentation has no scheme.
        let with_scheme = if location.contains("://") { location.to_owned() } else { format!("https://{location}") };
        match Url::parse(&with_scheme) {
            Ok(url)
                if url.scheme() == "https" || (url.scheme() == "http" && !self.context.connection.is_encrypted()) =>
            {
                Ok(url)
            }
            _ => Err(self.protocol("the file's address cannot be used")),
        }
    }

    #[cold]
    fn protocol(&self, what: &str) -> Error {
        self.context.decoder().protocol(what.to_owned())
    }

    /// The error for a failure that another link would not avoid.
    #[cold]
    fn unreachable(&self, host: &str, why: &TransportError) -> Error {
        let name = self.context.entity.name;
        let error = Error::new(why.kind, format!("could not read the exported file of \"{name}\": {}", why.what));
        why.explain(error, host, &why.cause)
    }

    #[cold]
    async fn failed(&self, id: &str, why: Option<&str>) -> Error {
        let why = self.context.fetch().quote_any(why.unwrap_or_default()).await;
        Error::new(ErrorKind::Remote, format!("the export of \"{}\" has failed", self.context.entity.name))
            .with_detail(format!("Job {id} says: {why}"))
            .with_hint("Run the query again, or set the option bulk to 'search'.")
    }

    #[cold]
    fn unfinished(&self, id: &str) -> Error {
        let allowed = self.context.limits.bulk_timeout.as_secs_f64();
        Error::new(ErrorKind::Incomplete, format!("the export of \"{}\" is not done in time", self.context.entity.name))
            .with_detail(format!("Job {id} is still running; the option bulk_timeout allows {allowed} s."))
            .with_hint("Set a longer bulk_timeout on the server, or the option bulk to 'search'.")
    }

    fn too_slow(&self, what: &str) -> String {
        format!("{what} within request_timeout ({} ms)", self.context.limits.request_timeout.as_millis())
    }

    #[cold]
    fn broken(&self, why: &str, failures: u32) -> Error {
        Error::new(ErrorKind::Broken, format!("the exported file of \"{}\" did not come", self.context.entity.name))
            .with_detail(format!(
                "{failures} downloads in a row got no further; the last: {why}; max_retries is {}.",
                self.context.limits.retry.max_retries
            ))
    }
}

#[cold]
fn refused(context: &ListContext, said: &str) -> Error {
    let name = context.entity.name;
    let error = Error::new(ErrorKind::Denied, format!("the export of \"{name}\" is refused"))
        .with_hint("Set the option bulk to 'search' or 'auto'.");
    if said.is_empty() { error } else { error.with_detail(format!("The API says: {said}")) }
}
