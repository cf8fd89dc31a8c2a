//! The conformance suite: tests of a scan of any source's list, against correct and incorrect answers.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use fdw_common::error::{Error, ErrorKind};
use fdw_common::json_path::JsonPath;
use fdw_common::model::{Entity, NextPage, Paging, Rows};
use fdw_common::options::Catalog;
use fdw_common::plan::{BoundValues, PlannedColumn, RemotePlan};
use fdw_common::rest::{Connection, Credential, Limits, Projection, Reader, RowSource, ScanRequest, Transport};
use fdw_common::source::Source;
use serde_json::{Value, json};

use crate::api::{Answer, Api, Ending, Request};
use crate::list::{self, Page};

static TRANSPORT: LazyLock<Transport> = LazyLock::new(|| Transport::start().unwrap());

/// A list of a source to run the suite for.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The list.
    pub entity: &'static Entity,
    /// The bound values of its path.
    pub given: BoundValues,
    /// The options of a server with this address.
    pub server: fn(&str) -> Vec<(String, String)>,
    /// The credential.
    pub credential: Credential,
    /// The headers with the credential.
    pub shown: Vec<(&'static str, String)>,
    /// The secret that no error may contain.
    pub secret: &'static str,
}

/// Runs the whole suite.
///
/// # Panics
/// At the first failure.
pub fn run<'a, S: Source>(subject: &'a Subject) {
    let checks: [fn(&List<'a, S>); 11] = [
        List::is_read_completely_at_any_length,
        List::sends_the_credential_with_every_request,
        List::ignores_unknown_members,
        List::has_no_rows_for_null_and_no_content,
        List::does_not_end_at_an_empty_page,
        List::returns_no_row_twice,
        List::ends_if_the_api_repeats_pages,
        List::is_an_error_if_not_as_declared,
        List::explains_error_statuses,
        List::retries_temporary_failures,
        List::aborts_requests_when_the_reader_is_gone,
    ];
    for check in checks {
        // Each check has its own API, so that requests in flight of an aborted scan are not counted by another check.
        check(&List { subject, api: Api::start(), source: std::marker::PhantomData });
    }
}

struct List<'a, S> {
    subject: &'a Subject,
    api: Api,
    source: std::marker::PhantomData<S>,
}

impl<S: Source> List<'_, S> {
    fn entity(&self) -> &'static Entity {
        self.subject.entity
    }

    /// True if created and deleted rows may move others to another page: then two readings must agree, each up to an
    /// empty page. The addresses of [`list::answer`] count rows.
    fn is_read_twice(&self) -> bool {
        match self.entity().paging {
            Paging::Page(_) | Paging::Uncounted(_) => true,
            Paging::Checkpoint(pages) => {
                !pages.keeps_position && matches!(pages.next, NextPage::Header | NextPage::Address(_))
            }
            Paging::Whole | Paging::Log(_) => false,
        }
    }

    /// The rows of `pages` pages and two more.
    fn rows(&self, pages: usize) -> Vec<Value> {
        let size = self.entity().max_page_size().unwrap_or(5) as usize;
        list::rows(self.entity(), if self.entity().is_document() { 1 } else { pages * size + 2 })
    }

    fn scan(&self, more: &[(&str, &str)]) -> RowSource {
        let mut options = (self.subject.server)(&self.api.url());
        options.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let options = S::OPTIONS.validate(Catalog::Server, options).unwrap();
        let entity = self.entity();
        let path = JsonPath::whole_row();
        let columns = vec![PlannedColumn::new(1, "attrs", path.clone())];
        let given = &self.subject.given;
        TRANSPORT
            .scan(ScanRequest {
                connection: Connection::new::<S>(&options, self.subject.credential.clone()).unwrap(),
                limits: Limits::from_options(&options).unwrap(),
                entity,
                plan: RemotePlan::full_scan(entity, columns, entity.typical_rows.into()),
                projection: Projection::new(entity, [&path], true),
                lookups: None,
                key_batch: None,
                keys: if given.is_empty() { Vec::new() } else { vec![given.clone()] },
                searches: Vec::new(),
                requests: Arc::default(),
                reader: Reader::default(),
            })
            .unwrap()
    }

    /// The numbers of all rows, in the order of the scan.
    fn read_with(&self, more: &[(&str, &str)]) -> Result<Vec<u64>, Error> {
        let mut source = self.scan(more);
        let mut numbers = Vec::new();
        while let Some(batch) = source.next_blocking()? {
            for row in 0..batch.len() {
                let row: Value = serde_json::from_str(batch.value(row, 0).expect("a row")).expect("JSON");
                numbers.push(row["n"].as_u64().expect("its number"));
            }
        }
        Ok(numbers)
    }

    fn read(&self) -> Result<Vec<u64>, Error> {
        self.read_with(&[])
    }

    /// The error of a scan, checked to contain no secret.
    #[track_caller]
    fn error_with(&self, more: &[(&str, &str)]) -> Error {
        let name = self.entity().name;
        let error = match self.read_with(more) {
            Err(error) => error,
            Ok(rows) => panic!("{name}: {} rows instead of an error", rows.len()),
        };
        let debug = format!("{error:?}");
        // A credential that is not sent cannot be in an answer.
        let is_sent = !self.subject.shown.is_empty();
        assert!(!(is_sent && debug.contains(self.subject.secret)), "{name}: the secret is in {debug}");
        assert!(error.message().contains(name), "{name} is not in {error}");
        error
    }

    /// Answers with the pages of these rows, each after `change`, which gets the number of the request.
    fn answer_with(&self, rows: Vec<Value>, change: impl Fn(usize, Page) -> Page + Send + Sync + 'static) {
        let entity = self.entity();
        let asked = AtomicUsize::new(0);
        self.api.answer(move |request| {
            let page = list::page(entity, &rows, request);
            list::answer(entity, &change(asked.fetch_add(1, Ordering::SeqCst), page), request)
        });
    }

    /// Answers with the pages of these rows, except for requests for which `change` returns another answer.
    fn answer_except(
        &self,
        rows: Vec<Value>,
        change: impl Fn(usize, &Request) -> Option<Answer> + Send + Sync + 'static,
    ) {
        let entity = self.entity();
        let asked = AtomicUsize::new(0);
        self.api.answer(move |request| {
            change(asked.fetch_add(1, Ordering::SeqCst), request)
                .unwrap_or_else(|| list::answer(entity, &list::page(entity, &rows, request), request))
        });
    }

    #[track_caller]
    fn assert_all(&self, rows: usize, read: Result<Vec<u64>, Error>) {
        let name = self.entity().name;
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}\n{:#?}", self.api.request_lines()));
        assert_eq!(read.len(), rows, "{name}: {:#?}", self.api.request_lines());
        assert_eq!(read.iter().collect::<BTreeSet<_>>().len(), rows, "{name} gives a row twice");
    }

    fn is_read_completely_at_any_length(&self) {
        let size = self.entity().max_page_size().unwrap_or(3) as usize;
        let lengths =
            if self.entity().is_document() { vec![1] } else { vec![0, 1, size - 1, size, size + 1, 3 * size + 2] };
        for length in lengths {
            self.answer_with(list::rows(self.entity(), length), |_, page| page);
            self.assert_all(length, self.read());
            let pages = if self.entity().paging == Paging::Whole { 1 } else { length.div_ceil(size).max(1) };
            let asked = self.api.requests().len();
            let most = if self.is_read_twice() && length > 0 { 2 * (pages + 1) } else { pages + 1 };
            assert!((pages..=most).contains(&asked), "{}: {asked} requests for {pages} pages", self.entity().name);
        }
    }

    fn sends_the_credential_with_every_request(&self) {
        let rows = self.rows(3);
        self.answer_with(rows.clone(), |_, page| page);
        self.assert_all(rows.len(), self.read());
        for request in self.api.requests() {
            for (name, value) in &self.subject.shown {
                assert_eq!(request.header(name), Some(value.as_str()), "{request:?}");
            }
            let known = self.subject.shown.iter().any(|(name, _)| *name == "authorization");
            assert_eq!(request.header("authorization").is_some(), known, "{request:?}");
            assert!(!request.target.contains(self.subject.secret), "{request:?}");
        }
    }

    fn ignores_unknown_members(&self) {
        if matches!(self.entity().rows, Rows::Array | Rows::Document) {
            return;
        }
        let (entity, rows) = (self.entity(), self.rows(1));
        let expected = rows.len();
        self.api.answer(move |request| {
            let answer = list::answer(entity, &list::page(entity, &rows, request), request);
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            body["unheard of"] = json!({"rows": [], "total": "?", "n": {}});
            Answer { body: body.to_string().into_bytes(), ..answer }
        });
        self.assert_all(expected, self.read());
    }

    /// `null` in place of the array or the answer, and 204 and 205 (RFC 9110, 15.3.5 and 15.3.6), mean no rows.
    fn has_no_rows_for_null_and_no_content(&self) {
        if self.entity().is_document() {
            return;
        }
        let entity = self.entity();
        self.api.answer(move |request| {
            let answer = list::answer(entity, &list::page(entity, &[], request), request);
            let path = match &entity.rows {
                Rows::Member(name) => std::slice::from_ref(name),
                Rows::Path(path) => path,
                Rows::Array | Rows::Document => &[],
            };
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            if path.is_empty() {
                body = Value::Null;
            } else {
                list::put(&mut body, path, Value::Null);
            }
            Answer { body: body.to_string().into_bytes(), ..answer }
        });
        self.assert_all(0, self.read());
        for answer in [Answer::json("null"), Answer::status(204, ""), Answer::status(205, "")] {
            self.api.answer(move |_| answer.clone());
            self.assert_all(0, self.read());
        }
    }

    /// An empty page before the end does not end the list, unless the API has no other sign of the end.
    fn does_not_end_at_an_empty_page(&self) {
        let rows = self.rows(3);
        match self.entity().paging {
            Paging::Page(_) => {
                self.answer_with(rows.clone(), |asked, page| Page {
                    rows: if asked == 1 { Vec::new() } else { page.rows },
                    ..page
                });
                self.assert_all(rows.len(), self.read());
                self.answer_with(rows, |_, page| Page {
                    rows: if page.start > 0 { Vec::new() } else { page.rows },
                    ..page
                });
                assert_eq!(self.error_with(&[]).kind(), ErrorKind::Incomplete);
            }
            Paging::Uncounted(_) => {
                // Another reading has more rows, and two readings must agree.
                self.answer_with(rows.clone(), |asked, page| Page {
                    rows: if asked == 1 { Vec::new() } else { page.rows },
                    ..page
                });
                self.assert_all(rows.len(), self.read());
            }
            Paging::Checkpoint(pages) if !matches!(pages.next, NextPage::LastKey { .. }) => {
                let size = pages.max_size as usize;
                self.answer_with(rows.clone(), |asked, page| Page {
                    rows: if asked == 1 { Vec::new() } else { page.rows },
                    ..page
                });
                if self.is_read_twice() && self.entity().key.is_empty() {
                    // Without a key, the new rows of another reading cannot be identified.
                    assert_eq!(self.error_with(&[]).kind(), ErrorKind::Incomplete);
                } else if self.is_read_twice() {
                    self.assert_all(rows.len(), self.read());
                } else {
                    self.assert_all(rows.len() - size, self.read());
                    assert_eq!(self.api.requests().len(), 4, "the pages after the empty one are read");
                }
            }
            _ => {}
        }
    }

    /// Rows move to later pages while the list is read.
    fn returns_no_row_twice(&self) {
        if self.entity().key.is_empty() || self.entity().paging == Paging::Whole {
            return;
        }
        let rows = self.rows(2);
        let (first, doubled) = (rows[0].clone(), AtomicBool::new(false));
        self.answer_with(rows.clone(), move |_, mut page| {
            // The duplicate replaces another row once, which is found when the list is read again.
            if page.start > 0 && !page.rows.is_empty() && !doubled.swap(true, Ordering::SeqCst) {
                page.rows[0] = first.clone();
            }
            page
        });
        let expected = match self.entity().paging {
            // The cursor keeps the position, so the omitted row counts as deleted.
            Paging::Checkpoint(pages) if pages.keeps_position => rows.len() - 1,
            _ => rows.len(),
        };
        self.assert_all(expected, self.read());
    }

    fn ends_if_the_api_repeats_pages(&self) {
        let (rows, size) = (self.rows(3), self.entity().max_page_size().unwrap_or(0) as usize);
        match self.entity().paging {
            Paging::Whole | Paging::Log(_) => {}
            Paging::Checkpoint(pages) => {
                // The second page links to itself, without new rows: it is the last.
                let (first, kept) = (rows[..size].to_vec(), rows[size..2 * size].to_vec());
                self.answer_with(rows, move |_, page| match page.start {
                    0 => page,
                    _ => Page { rows: kept.clone(), next: Some(format!("after {size}")), ..page },
                });
                let is_last_key = matches!(pages.next, NextPage::LastKey { .. });
                if is_last_key || self.entity().key.is_empty() {
                    // Every last key is a cursor, and without keys a repeated row is another row. It only has to end.
                    drop(self.read());
                } else {
                    self.assert_all(2 * size, self.read());
                }
                assert!(self.api.requests().len() <= 8, "{:#?}", self.api.request_lines());
                // An API that ignores the cursor parameter returns its first page for each request.
                self.answer_with(self.rows(3), move |_, page| Page {
                    rows: first.clone(),
                    next: Some(format!("after {size}")),
                    ..page
                });
                let error = self.error_with(&[]);
                assert!(matches!(error.kind(), ErrorKind::Protocol | ErrorKind::Incomplete), "{error}");
                assert!(self.api.requests().len() <= 40, "{}", self.api.requests().len());
            }
            Paging::Page(_) | Paging::Uncounted(_) => {
                // An API that ignores the page parameter.
                let kept = rows[..size].to_vec();
                self.answer_with(rows, move |_, page| Page { rows: kept.clone(), ..page });
                assert_eq!(self.error_with(&[]).kind(), ErrorKind::Incomplete);
                assert!(self.api.requests().len() <= 40, "{}", self.api.requests().len());
            }
        }
    }

    fn is_an_error_if_not_as_declared(&self) {
        let json = |body: &str| Answer::status(200, body);
        let mut wrong = vec![
            json("{\"a\":"),
            json(""),
            json("{\"n\":1} x"),
            json("{\"n\":1},{\"n\":2}"),
            json("[1e999999, {\"a\": {}}"),
            Answer { body: b"[\"\xff\"]".to_vec(), ..json("") },
            json("<html></html>"),
            json("[]").with_header("content-type", "text/html"),
        ];
        let others: &[&str] = match self.entity().rows {
            Rows::Array => &["{}", "{\"rows\":[]}", "{\"items\":[{\"n\":1}]}", "\"x\"", "17"],
            Rows::Document => &["[]", "\"x\"", "17"],
            Rows::Member(_) | Rows::Path(_) => &["{}", "[]", "{\"people\":[]}", "[{\"id\":\"1\"}]", "\"x\"", "17"],
        };
        wrong.extend(others.iter().map(|body| json(body)));
        if !self.entity().key.is_empty() {
            // A row without its key.
            let page = Page { start: 0, size: 1, rows: vec![json!({"n": 1})], total: 1, next: None };
            let request =
                Request { method: "GET".to_owned(), target: "/".to_owned(), headers: Vec::new(), body: String::new() };
            wrong.push(list::answer(self.entity(), &page, &request));
        }
        for answer in wrong {
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            self.api.answer(move |_| answer.clone());
            let error = self.error_with(&[]);
            assert_eq!(error.kind(), ErrorKind::Protocol, "{said}: {error}");
            assert_eq!(self.api.requests().len(), 1, "{said} is requested again");
        }
        // The same on a page in the middle.
        if self.entity().paging != Paging::Whole {
            self.answer_except(self.rows(3), |asked, _| (asked == 1).then(|| Answer::status(200, "{")));
            assert_eq!(self.error_with(&[]).kind(), ErrorKind::Protocol);
        }
    }

    fn explains_error_statuses(&self) {
        let cases = [
            (400, ErrorKind::Remote, 1),
            (401, ErrorKind::Unauthenticated, 1),
            (403, ErrorKind::Denied, 1),
            (409, ErrorKind::Remote, 1),
            (302, ErrorKind::Protocol, 1),
            (408, ErrorKind::Broken, 2),
            (500, ErrorKind::Remote, 2),
            (503, ErrorKind::Remote, 2),
        ];
        for (status, kind, requests) in cases {
            // An API may echo the request.
            let body = json!({"message": format!("No. You sent {}\n", self.subject.secret)}).to_string();
            self.answer_except(self.rows(0), move |_, _| {
                Some(Answer::status(status, &body).with_header("location", "http://127.0.0.1:1/"))
            });
            let error = self.error_with(&[("max_retries", "1")]);
            assert_eq!(error.kind(), kind, "{status}: {error}");
            assert!(error.message().contains(&status.to_string()), "{error}");
            assert!(error.detail().unwrap_or_default().contains("No. You sent"), "{error}");
            assert_eq!(self.api.requests().len(), requests, "{status}");
        }
    }

    fn retries_temporary_failures(&self) {
        let rows = self.rows(2);
        let last = if self.entity().paging == Paging::Whole { 0 } else { 1 };
        for broken in [0, last] {
            for answer in [
                Answer::status(503, "{}"),
                Answer::status(500, "<html>").with_header("content-type", "text/html"),
                Answer::json("[1,2,3]").with_ending(Ending::Cut),
            ] {
                self.answer_except(rows.clone(), move |asked, _| (asked == broken).then(|| answer.clone()));
                self.assert_all(rows.len(), self.read());
            }
        }
        // The wait that the API asks for is respected.
        self.answer_except(rows.clone(), |asked, _| {
            (asked == 0).then(|| Answer::status(429, "{}").with_header("retry-after", "1"))
        });
        let started = Instant::now();
        self.assert_all(rows.len(), self.read());
        assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
        // Retries end.
        self.answer_except(rows, |_, _| Some(Answer::json("[1,2,3]").with_ending(Ending::Cut)));
        assert_eq!(self.error_with(&[("max_retries", "2")]).kind(), ErrorKind::Broken);
        assert_eq!(self.api.requests().len(), 3);
        self.api.answer(|_| Answer::status(200, "").with_ending(Ending::Never));
        assert_eq!(self.error_with(&[("max_retries", "0"), ("request_timeout", "50 ms")]).kind(), ErrorKind::Broken);
    }

    fn aborts_requests_when_the_reader_is_gone(&self) {
        self.api.answer(|_| Answer::status(200, "").with_ending(Ending::Never));
        let mut source = self.scan(&[]);
        source.begin();
        self.api.wait_until_waited_for(1);
        drop(source);
        self.api.wait_until_waited_for(0);
    }
}
