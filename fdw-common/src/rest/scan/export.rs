//! All rows of a list from a file that the API writes: a job is made, asked for until it is done, and
//! its file, gzipped JSON of one row a line, is read as it comes.
//!
//! The file lies on a host of its own behind a link that ends soon: it gets no credential, and when a
//! download breaks off the job is asked for another link. The file stays the same, which is checked, so
//! that the rows that have come are passed over. It is whole when its checksum is right.

use std::hash::{DefaultHasher, Hasher as _};
use std::io::Write as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use flate2::write::MultiGzDecoder;
use url::Url;

use super::row_source::{Demand, Outlet, PageContext, demanded};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Export, Job, JobState, Rows};
use crate::rest::decode::decoder::Batch;
use crate::rest::http::response::{AcceptedStatus, Answer};
use crate::rest::http::retry::Failure;
use crate::rest::http::transport_error::TransportError;

/// The first pause before a job is asked for, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Lines are decoded when so many bytes of them have come.
const BATCH_BYTES: usize = 128 << 10;

/// What an export comes to.
pub(crate) enum Exported {
    /// All rows have been handed on.
    Whole,
    /// The tenant or the token may not export: the API's words.
    Refused(String),
}

/// One export of a list.
pub(crate) struct ExportRun<'a> {
    pub(crate) context: &'a PageContext,
    pub(crate) export: &'static Export,
    /// The root members to export.
    pub(crate) members: &'a [&'static str],
    pub(crate) demand: &'a Demand,
    pub(crate) outlet: &'a Outlet,
}

/// Why a download has to begin anew.
struct Broken(String);

/// How far the file has been handed on, and how far this download has come, in bytes of whole lines.
/// What was handed on has a hash, so that a file that comes otherwise the second time is told.
#[derive(Default)]
pub(crate) struct Progress {
    done: u64,
    hash: DefaultHasher,
    at: u64,
    hash_at: DefaultHasher,
    lines_at: u64,
}

impl ExportRun<'_> {
    /// Reads the file to its end; `keep` leaves the rows of a batch that are to be handed on.
    ///
    /// # Errors
    /// `Remote` when the job fails, `Broken` when the file does not come, `Protocol` when it is not what
    /// the API declares, `Incomplete` when the job takes longer than `bulk_timeout`.
    pub(crate) async fn run(&self, mut keep: impl FnMut(&mut Batch), delivered: &mut u64) -> Result<Exported> {
        let request = (self.export.request)(self.members);
        let made = match self.context.fetch().post(self.export.create, &request, self.export.is_refused).await? {
            Answer::Refused(said) => return Ok(Exported::Refused(said)),
            Answer::Page(made) => self.read(&made.body)?,
            Answer::NoContent | Answer::Absent | Answer::TooSlow | Answer::PageCap(_) => {
                return Err(self.protocol("it is no job"));
            }
        };
        let started = Instant::now();
        let mut state = made.state;
        let mut pause = FIRST_PAUSE;
        let mut progress = Progress::default();
        let mut failures = 0;
        loop {
            match state {
                JobState::Failed(why) => return Err(self.failed(&made.id, why.as_deref()).await),
                JobState::Done { location } => {
                    let before = progress.done;
                    progress.begin();
                    match self.download(&location, &mut progress, &mut keep, delivered).await? {
                        Ok(()) => return Ok(Exported::Whole),
                        Err(Broken(why)) => {
                            // As long as it gets further it may break off as often as it likes.
                            failures = if progress.done > before { 0 } else { failures + 1 };
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
        // It becomes part of a path.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if job.id.is_empty() || !job.id.bytes().all(is_plain) {
            return Err(self.protocol("the job's id is none"));
        }
        Ok(job)
    }

    /// Reads the file behind a link.
    async fn download(
        &self,
        location: &str,
        progress: &mut Progress,
        keep: &mut impl FnMut(&mut Batch),
        delivered: &mut u64,
    ) -> Result<Result<(), Broken>> {
        let url = self.link(location)?;
        // All of the link that may be shown: the rest is the permission.
        let host = url.origin().ascii_serialization();
        let counters = &self.context.counters.http;
        counters.counts.requests.fetch_add(1, Ordering::Relaxed);
        // No Authorization: it is another host, and the link itself is the permission.
        let patience = self.context.limits.request_timeout;
        let mut response = match tokio::time::timeout(patience, self.context.client.get(url).send()).await {
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
        // What is wrong with the lines, unless the transfer turns out to have damaged them.
        let mut fault = None;
        loop {
            let chunk = match tokio::time::timeout(patience, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Ok(Err(Broken(TransportError::new(&error, &self.context.limits).cause))),
                Err(_) => return Ok(Err(Broken(self.too_slow("nothing came")))),
            };
            counters.counts.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            // Small pieces, so that what they unfold to stays small.
            for piece in chunk.chunks(4 << 10) {
                if let Err(why) = file.add(piece) {
                    return Ok(Err(Broken(why)));
                }
                match file.lines(BATCH_BYTES) {
                    Some(lines) if fault.is_none() => {
                        fault = self.hand_on(lines, progress, keep, delivered).await.err();
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
            self.hand_on(lines, progress, keep, delivered).await?;
        }
        if progress.at < progress.done {
            return Err(self.protocol("the file is shorter than it was before"));
        }
        Ok(Ok(()))
    }

    /// Hands on what has not been before of these whole lines.
    async fn hand_on(
        &self,
        lines: Vec<u8>,
        progress: &mut Progress,
        keep: &mut impl FnMut(&mut Batch),
        delivered: &mut u64,
    ) -> Result<()> {
        let Some(lines) = progress.pass(lines).map_err(|()| self.protocol("the file is another one than before"))?
        else {
            return Ok(());
        };
        let count = lines.iter().filter(|byte| **byte == b'\n').count() as u64;
        let mut batch = self.context.decoder().list(Rows::Array, as_array(lines)).map_err(|error| {
            let first = progress.lines_at + 1;
            error.with_hint(format!("This is in the exported file, within the {count} lines from line {first} on."))
        })?;
        if batch.len() as u64 != count {
            return Err(self.protocol("a line of the file is not one row"));
        }
        progress.lines_at += count;
        keep(&mut batch);
        if !batch.is_empty() {
            // One batch ahead of the reader.
            demanded(self.demand, *delivered).await;
            *delivered += 1;
            self.outlet.send(Ok(batch));
        }
        progress.take();
        Ok(())
    }

    /// The link's address: encrypted if the API is, whoever says otherwise.
    fn link(&self, location: &str) -> Result<Url> {
        // Auth0's own example lacks the scheme.
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

    /// What comes again with every other link.
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

impl Progress {
    /// A download begins.
    pub(crate) fn begin(&mut self) {
        (self.at, self.lines_at) = (0, 0);
        self.hash_at = DefaultHasher::default();
    }

    /// Leaves what has not been handed on of the next lines; fails when what has been is not the same.
    pub(crate) fn pass(&mut self, mut lines: Vec<u8>) -> Result<Option<Vec<u8>>, ()> {
        let known = usize::try_from(self.done.saturating_sub(self.at)).unwrap_or(usize::MAX).min(lines.len());
        let new = lines.split_off(known);
        self.hash_at.write(&lines);
        self.at += known as u64;
        self.lines_at += lines.iter().filter(|byte| **byte == b'\n').count() as u64;
        if self.at == self.done && self.hash_at.finish() != self.hash.finish() {
            return Err(());
        }
        self.hash_at.write(&new);
        self.at += new.len() as u64;
        Ok(Some(new).filter(|new| !new.is_empty()))
    }

    /// All that has come has been handed on.
    pub(crate) fn take(&mut self) {
        self.done = self.at;
        self.hash = self.hash_at.clone();
    }
}

/// A file that comes in pieces, gzipped or not.
#[derive(Default)]
pub(crate) enum File {
    /// Nothing has come yet.
    #[default]
    Unknown,
    /// The host has unpacked it on the way.
    Plain(Vec<u8>),
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

impl File {
    pub(crate) fn add(&mut self, piece: &[u8]) -> Result<(), String> {
        if let File::Unknown = self {
            // Every line of JSON begins with a brace, a gzip file with this byte.
            *self = match piece.first() {
                None => return Ok(()),
                Some(0x1f) => File::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
                Some(_) => File::Plain(Vec::new()),
            };
        }
        match self {
            File::Gzip(decoder) => decoder.write_all(piece).map_err(|error| format!("it cannot be unpacked: {error}")),
            File::Plain(text) => {
                text.extend_from_slice(piece);
                Ok(())
            }
            File::Unknown => Ok(()),
        }
    }

    /// What has been unpacked and not been taken; nothing before the first piece.
    fn text(&mut self) -> Option<&mut Vec<u8>> {
        match self {
            File::Gzip(decoder) => Some(decoder.get_mut()),
            File::Plain(text) => Some(text),
            File::Unknown => None,
        }
    }

    /// How many bytes that is.
    fn len(&mut self) -> usize {
        self.text().map_or(0, |text| text.len())
    }

    /// ParameterType the whole lines, if there are so many bytes of them.
    pub(crate) fn lines(&mut self, least: usize) -> Option<Vec<u8>> {
        let text = self.text()?;
        let end = text.iter().rposition(|byte| *byte == b'\n')? + 1;
        if end < least {
            return None;
        }
        let rest = text.split_off(end);
        Some(std::mem::replace(text, rest))
    }

    /// All has come: checks that it is whole, and ends the last line.
    pub(crate) fn end(&mut self) -> Result<(), String> {
        if let File::Gzip(decoder) = self {
            decoder.try_finish().map_err(|error| format!("it is cut off or damaged: {error}"))?;
        }
        if let Some(text) = self.text()
            && text.last().is_some_and(|last| *last != b'\n')
        {
            text.push(b'\n');
        }
        Ok(())
    }
}

/// Lines of one value each as an array of them. A newline stands nowhere else in JSON.
pub(crate) fn as_array(mut lines: Vec<u8>) -> Vec<u8> {
    for byte in &mut lines {
        if *byte == b'\n' {
            *byte = b',';
        }
    }
    match lines.last_mut() {
        Some(last) => *last = b']',
        None => lines.push(b']'),
    }
    lines.insert(0, b'[');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// All lines of a file that comes in pieces of this size, or why it is not whole.
    fn read(bytes: &[u8], size: usize) -> Result<String, String> {
        let mut file = File::default();
        let mut text = Vec::new();
        for piece in bytes.chunks(size) {
            file.add(piece)?;
            text.extend(file.lines(1).unwrap_or_default());
        }
        file.end()?;
        text.extend(file.lines(0).unwrap_or_default());
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn files_are_read_whole_however_they_come() {
        let text = "{\"a\":1}\n{\"a\":\"\\n\"}\n{}\n";
        for size in [1, 2, 3, 7, 1000] {
            assert_eq!(read(&gzip(text.as_bytes()), size).unwrap(), text);
            assert_eq!(read(text.as_bytes(), size).unwrap(), text);
            assert_eq!(read(&gzip(text.trim_end().as_bytes()), size).unwrap(), text, "the last line need not end");
            let two = [gzip(b"{}\n"), gzip(b"{\"b\":2}\n")].concat();
            assert_eq!(read(&two, size).unwrap(), "{}\n{\"b\":2}\n");
        }
        assert_eq!(read(&gzip(b""), 1).unwrap(), "");
        assert_eq!(read(b"", 1).unwrap(), "");
    }

    #[test]
    fn a_gzip_file_that_is_not_whole_is_told() {
        let text: Vec<u8> = (0..2000).flat_map(|n| format!("{{\"a\":{n}}}\n").into_bytes()).collect();
        let whole = gzip(&text);
        for cut in [1, 5, 8, 9, 100, whole.len() - 2] {
            assert!(read(&whole[..whole.len() - cut], 512).is_err(), "{cut} bytes less");
        }
        for at in [12, whole.len() / 2, whole.len() - 6, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            assert!(read(&damaged, 512).is_err(), "byte {at} of {}", whole.len());
        }
    }

    #[test]
    fn what_has_been_handed_on_is_passed_over_if_it_is_the_same() {
        let mut progress = Progress::default();
        let pass = |progress: &mut Progress, lines: &str| {
            let new = progress.pass(lines.as_bytes().to_vec());
            new.map(|new| new.map(|new| String::from_utf8(new).unwrap()))
        };
        assert_eq!(pass(&mut progress, "a\nb\n"), Ok(Some("a\nb\n".into())));
        progress.take();
        assert_eq!(pass(&mut progress, "c\n"), Ok(Some("c\n".into())));
        // The third line was not handed on. The pieces are others the second time.
        progress.begin();
        assert_eq!(pass(&mut progress, "a\n"), Ok(None));
        assert_eq!(pass(&mut progress, "b\nc\n"), Ok(Some("c\n".into())));
        assert_eq!(progress.lines_at, 2);
        progress.take();
        progress.begin();
        assert_eq!(pass(&mut progress, "a\nB\nc\nd\n"), Err(()));
    }

    proptest! {
        /// Whatever stands in it, however it is cut, damaged and handed over in pieces.
        #[test]
        fn a_file_is_read_as_it_is_or_told_to_be_broken(
            text in prop::collection::vec("[ -~]{0,9}\n", 0..40),
            cut in 1usize..64,
            (at, flip) in (12usize..400, 1u8..),
            size in 1usize..64,
        ) {
            let text = text.concat();
            let whole = gzip(text.as_bytes());
            prop_assert_eq!(read(&whole, size), Ok(text.clone()));
            prop_assert!(read(&whole[..whole.len() - cut.min(whole.len() - 1)], size).is_err());
            let mut damaged = whole;
            // Behind the head, which no checksum covers.
            let at = at.min(damaged.len() - 1);
            damaged[at] ^= flip;
            // A bit that only fills up a byte says nothing.
            prop_assert!(read(&damaged, size).map_or(true, |found| found == text));
        }
    }

    #[test]
    fn lines_become_an_array() {
        assert_eq!(as_array(b"{}\n".to_vec()), b"[{}]");
        assert_eq!(as_array(b"{}\n{\"a\":1}\n".to_vec()), b"[{},{\"a\":1}]");
        assert_eq!(as_array(Vec::new()), b"[]");
    }
}
