//! Unusual answers over real HTTP: which are read, which are retried, and the texts of errors.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fdw_common::error::{Error, ErrorKind};
use fdw_common::json_path::JsonPath;
use fdw_common::model::{ColumnType, Entity};
use fdw_common::options::Catalog;
use fdw_common::plan::{PlannedColumn, RemotePlan};
use fdw_common::rest::{Connection, Credential, KeyedTarget, Limits, Projection, Reader, ScanRequest, Transport};
use fdw_common::secret::Secret;
use fdw_common::source::{DeclaredColumn, Source, TableDefinition, TokenOrigin};
use fdw_conformance::{Answer, Api, Request};
use fdw_rest::Rest;

type Options<'a> = &'a [(&'a str, &'a str)];

/// A table over an API of its own.
struct Table {
    api: Api,
    entity: &'static Entity,
    server: Vec<(String, String)>,
    credential: Credential,
    /// One transport for all scans, as for the statements of a session.
    transport: Transport,
}

fn pairs(options: Options<'_>) -> Vec<(String, String)> {
    options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn table(options: Options<'_>, answers: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Table {
    let options = Rest::OPTIONS.validate(Catalog::Table, pairs(&[&[("path", "t")], options].concat())).unwrap();
    let columns = || {
        let options = Rest::OPTIONS.validate(Catalog::Column, Vec::new()).unwrap();
        Ok(vec![DeclaredColumn { name: "id".to_owned(), ty: ColumnType::Int8, options }])
    };
    let api = Api::start();
    api.answer(answers);
    let entity = Rest::entity(&TableDefinition { name: "t", options: &options, columns: &columns }).unwrap();
    let server = pairs(&[("url", &format!("{}/v1", api.url())), ("auth", "none"), ("retry_timeout", "10 s")]);
    Table { api, entity, server, credential: Credential::None, transport: Transport::start().unwrap() }
}

impl Table {
    fn with_server(mut self, options: Options<'_>) -> Self {
        for (name, value) in pairs(options) {
            self.server.retain(|(known, _)| *known != name);
            self.server.push((name, value));
        }
        self
    }

    fn scan(&self, lookup: Option<&str>) -> Result<Vec<i64>, Error> {
        let server = Rest::OPTIONS.validate(Catalog::Server, self.server.clone()).unwrap();
        let path = JsonPath::root_member("id");
        let columns = vec![PlannedColumn::new(1, "id", path.clone())];
        let mut plan = RemotePlan::full_scan(self.entity, columns, 0);
        if lookup.is_some() {
            plan = plan.with_lookup(self.entity, 0, 1);
        }
        let target =
            |key: &str| KeyedTarget { bound: vec![("id".to_owned(), key.to_owned())], target: format!("t/{key}") };
        let mut source = self.transport.scan(ScanRequest {
            connection: Connection::new::<Rest>(&server, self.credential.clone())?,
            limits: Limits::from_options(&server)?,
            entity: self.entity,
            plan,
            projection: Projection::new(self.entity, [&path], false),
            lookups: lookup.map(|key| vec![target(key)]),
            key_batch: None,
            keys: Vec::new(),
            searches: Vec::new(),
            requests: Arc::default(),
            reader: Reader::default(),
        })?;
        let mut rows = Vec::new();
        while let Some(batch) = source.next_blocking()? {
            rows.extend((0..batch.len()).map(|row| batch.value(row, 0).unwrap().parse::<i64>().unwrap()));
        }
        Ok(rows)
    }

    fn rows(&self) -> Vec<i64> {
        self.scan(None).unwrap()
    }

    fn error(&self) -> Error {
        let error = self.scan(None).unwrap_err();
        assert!(error.to_string().len() < 4_096, "{error}");
        error
    }

    fn requests(&self) -> usize {
        self.api.requests().len()
    }
}

/// Answers the first `times` requests with one answer and all others with another.
fn first(times: usize, answer: Answer, then: Answer) -> impl Fn(&Request) -> Answer + Send + Sync + 'static {
    let asked = AtomicUsize::new(0);
    move |_| if asked.fetch_add(1, Ordering::SeqCst) < times { answer.clone() } else { then.clone() }
}

fn one_row() -> Answer {
    Answer::json(r#"[{"id":1}]"#)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn bytes(body: &[u8], headers: Options<'_>) -> Answer {
    let answer = Answer { body: body.to_vec(), ..Answer::json("") };
    headers.iter().fold(answer, |answer, (name, value)| answer.with_header(name, value))
}

#[test]
fn rows_are_read_from_answers_with_unusual_headers() {
    let body = br#"[{"id":1}]"#;
    let cases = [
        ("text/plain", bytes(body, &[("content-type", "text/plain; charset=utf-8")])),
        ("octets", bytes(body, &[("content-type", "application/octet-stream")])),
        ("script", bytes(body, &[("content-type", "text/javascript")])),
        ("vendor", bytes(body, &[("content-type", "application/vnd.api+json")])),
        ("no label", Answer { headers: Vec::new(), ..one_row() }),
        ("byte order mark", bytes(b"\xef\xbb\xbf[{\"id\":1}]", &[])),
        ("another charset, but ASCII", bytes(body, &[("content-type", "application/json; charset=iso-8859-1")])),
        ("gzip", bytes(&gzip(body), &[("content-encoding", "gzip"), ("etag", "W/\"x\"")])),
        ("203", Answer { status: 203, ..one_row() }),
        ("a link that is none", one_row().with_header("link", "x; y")),
        ("rows beside Retry-After", one_row().with_header("retry-after", "5")),
    ];
    for (name, answer) in cases {
        let table = table(&[], move |_| answer.clone());
        assert_eq!(table.scan(None), Ok(vec![1]), "{name}");
        assert_eq!(table.requests(), 1, "{name}");
    }
}

#[test]
fn no_content_is_no_rows() {
    for status in [204, 205] {
        let answer = Answer { status, body: Vec::new(), headers: Vec::new(), ..one_row() };
        assert_eq!(table(&[], move |_| answer.clone()).rows(), Vec::<i64>::new());
    }
}

#[test]
fn an_unreadable_answer_is_an_error_that_says_why_and_is_not_retried() {
    let wide: Vec<u8> = "\u{feff}[1]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin = b"[{\"id\":1,\"name\":\"\xe9\"}]";
    let deflate = [("content-encoding", "deflate")];
    let cases = [
        ("empty", bytes(b"", &[]), "empty body"),
        ("blank", bytes(b" \n ", &[]), "empty body"),
        ("gzip of nothing", bytes(b"", &[("content-encoding", "gzip")]), "empty body"),
        ("a page", bytes(b"<html>", &[("content-type", "text/html")]), "not JSON but text/html"),
        ("UTF-16", bytes(&wide, &[("content-type", "application/json; charset=utf-16")]), "utf-16"),
        ("latin", bytes(latin, &[("content-type", "application/json; charset=iso-8859-1")]), "iso-8859-1"),
        ("deflate", bytes(&gzip(b"[]"), &deflate), "content encoding that was not asked for: deflate"),
        ("206", Answer { status: 206, ..one_row() }, "206 Partial Content"),
        ("207", Answer { status: 207, ..one_row() }, "207 Multi-Status"),
        ("304", Answer { status: 304, body: Vec::new(), ..one_row() }, "304 Not Modified"),
        ("302", Answer { status: 302, ..one_row() }.with_header("location", "https://attacker.invalid/"), "302 Found"),
    ];
    for (name, answer, words) in cases {
        let table = table(&[], move |_| answer.clone());
        let error = table.error();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{name}: {error}");
        assert!(error.message().contains(words), "{name}: {error}");
        assert_eq!(error.to_string().to_lowercase().contains("redirect"), name == "302", "{name}: {error}");
        assert_eq!(table.requests(), 1, "{name}");
    }
}

#[test]
fn equal_failures_end_the_retries() {
    let cases = [
        (Answer::status(500, r#"{"message":"no such column x"}"#), ErrorKind::Remote, "no such column x"),
        (bytes(b"[1]", &[("content-encoding", "gzip")]), ErrorKind::Broken, "decompressed"),
        (bytes(&gzip(b"[1]")[..20], &[("content-encoding", "gzip")]), ErrorKind::Broken, "decompressed"),
    ];
    for (answer, kind, words) in cases {
        let table = table(&[], move |_| answer.clone());
        let error = table.error();
        assert_eq!((error.kind(), table.requests()), (kind, 3), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    // In an outage, each body differs, or the outage ends.
    let count = AtomicUsize::new(0);
    let other = table(&[], move |_| match count.fetch_add(1, Ordering::SeqCst) {
        5 => one_row(),
        number => Answer::status(500, &format!("{{\"request\":{number}}}")),
    });
    assert_eq!((other.rows(), other.requests()), (vec![1], 6));
    let ends = table(&[], first(5, Answer::status(503, "{}"), one_row()));
    assert_eq!((ends.rows(), ends.requests()), (vec![1], 6));
}

#[test]
fn an_answer_that_is_not_ready_is_requested_again() {
    let later = Answer::status(202, r#"{"message":"try again later"}"#);
    let ready = table(&[], first(2, later.clone().with_header("retry-after", "0"), one_row()));
    assert_eq!((ready.rows(), ready.requests()), (vec![1], 3));
    let never = table(&[], move |_| later.clone()).with_server(&[("max_retries", "2")]);
    let error = never.error();
    assert!(error.message().contains("202 Accepted"), "{error}");
    assert!(error.detail().unwrap().contains("try again later"), "{error}");
    assert_eq!(never.requests(), 3);
}

#[test]
fn a_rate_limit_is_recognized_with_another_status() {
    let slow = r#"{"message":"You have exceeded a secondary rate limit."}"#;
    let after = |status, body: &str| Answer::status(status, body).with_header("retry-after", "0.1");
    let nothing_left = Answer::status(403, slow)
        .with_header("x-ratelimit-limit", "60")
        .with_header("x-ratelimit-remaining", "0")
        .with_header("x-ratelimit-reset", "0.1");
    for answer in [after(403, slow), after(200, slow), after(200, "[]"), nothing_left] {
        let passes = table(&[], first(1, answer.clone(), one_row()));
        assert_eq!((passes.rows(), passes.requests()), (vec![1], 2), "{answer:?}");
    }
    for answer in [after(403, slow), after(200, slow)] {
        let lasts = table(&[], move |_| answer.clone()).with_server(&[("max_retries", "2")]);
        let error = lasts.error();
        assert_eq!((error.kind(), lasts.requests()), (ErrorKind::RateLimited, 3), "{error}");
        assert!(error.detail().unwrap().contains("secondary rate limit"), "{error}");
    }
    let plain = table(&[], |_| Answer::status(403, r#"{"message":"No."}"#));
    let error = plain.error();
    assert_eq!((error.kind(), plain.requests()), (ErrorKind::Denied, 1), "{error}");
    // An API may send the header with every answer: here the list is empty.
    let always = table(&[], move |_| after(200, "[]"));
    assert_eq!((always.rows(), always.requests()), (Vec::new(), 3));
}

#[test]
fn no_header_blocks_an_api() {
    let odd: &[Options<'_>] = &[
        &[("retry-after", "999999999")],
        &[("retry-after", "-1")],
        &[("retry-after", "4102444800")],
        &[("retry-after", "soon")],
        &[("x-ratelimit-limit", "0"), ("x-ratelimit-remaining", "-1"), ("x-ratelimit-reset", "4102444800")],
        &[("x-ratelimit-limit", "10"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "4102444800000")],
        &[("ratelimit", "limit=1, remaining=0, reset=999999999")],
        &[("ratelimit", "\"x\";r=-5;t=-5")],
    ];
    for headers in odd {
        for status in [200, 429, 403] {
            let answer = headers
                .iter()
                .fold(Answer { status, ..one_row() }, |answer, (name, value)| answer.with_header(name, value));
            let is_refusal = status == 429 || (status == 403 && headers[0].0 == "retry-after");
            if status == 403 && !is_refusal {
                continue;
            }
            let table = table(&[], first(1, answer, one_row()));
            assert_eq!(table.scan(None), Ok(vec![1]), "{status} {headers:?}");
            assert_eq!(table.scan(None), Ok(vec![1]), "{status} {headers:?}, and for the next scan of the session");
            assert_eq!(table.requests(), if is_refusal { 3 } else { 2 }, "{status} {headers:?}");
        }
    }
}

#[test]
fn a_wait_longer_than_the_options_allow_is_an_error_at_once_and_blocks_no_longer_than_they_allow() {
    let refused = Answer::status(429, r#"{"message":"slow down"}"#).with_header("retry-after", "3600");
    let table = table(&[], first(1, refused, one_row())).with_server(&[("retry_timeout", "200 ms")]);
    let error = table.error();
    assert_eq!((error.kind(), table.requests()), (ErrorKind::RateLimited, 1), "{error}");
    let refused_at = Instant::now();
    let read = std::iter::repeat_with(|| table.scan(None).ok())
        .find(|read| read.is_some() || refused_at.elapsed() > Duration::from_secs(20));
    assert_eq!((read, table.requests()), (Some(Some(vec![1])), 2));
}

#[test]
fn a_410_is_no_row_for_a_lookup_and_an_error_for_a_list() {
    let gone = table(&[("item_path", "t/{id}"), ("key", "id")], |_| {
        Answer::status(410, r#"{"message":"This issue was deleted"}"#)
    });
    assert_eq!(gone.scan(Some("2")), Ok(Vec::new()));
    let error = gone.error();
    assert_eq!(error.kind(), ErrorKind::Remote);
    assert!(error.to_string().contains("410 Gone") && error.to_string().contains("deleted"), "{error}");
}

#[test]
fn a_next_page_at_another_address_is_not_followed_and_the_error_says_what_differs() {
    let cases = [
        ("https://127.0.0.1:PORT/v1/t?page=2", "scheme"),
        ("http://127.0.0.1/v1/t?page=2", "port"),
        ("http://127.0.0.1:PORT/t?page=2", "path"),
        ("http://attacker.invalid/v1/t?page=2", "address"),
    ];
    for (next, differs) in cases {
        let options = [("paging", "link"), ("link_path", "next"), ("rows_path", "data"), ("key", "id")];
        let table = table(&options, |_| panic!("it is not asked"));
        let next = next.replace("PORT", &table.api.port().to_string());
        table.api.answer(move |_| Answer::json(format!(r#"{{"data":[{{"id":1}}],"next":"{next}"}}"#)));
        let error = table.error();
        assert_eq!((error.kind(), table.requests()), (ErrorKind::Protocol, 1), "{error}");
        assert!(error.message().contains(differs) && error.to_string().contains("paging"), "{error}");
    }
}

#[test]
fn a_url_that_is_too_long_is_a_short_error_at_once() {
    for paging in [
        &[("paging", "cursor"), ("cursor_parameter", "after"), ("cursor_path", "next")][..],
        &[("paging", "link"), ("link_path", "next")],
    ] {
        let options = [paging, &[("rows_path", "data"), ("key", "id")]].concat();
        let cursor = "A1-_".repeat(18_000);
        let next = if paging[0].1 == "link" { format!("/v1/t?after={cursor}") } else { cursor };
        let table = table(&options, move |_| Answer::json(format!(r#"{{"data":[{{"id":1}}],"next":"{next}"}}"#)));
        let error = table.error();
        assert_eq!((error.kind(), table.requests()), (ErrorKind::TooLarge, 1), "{error}");
        assert!(error.message().contains("too long") && error.to_string().contains('…'), "{error}");
    }
}

#[test]
fn an_error_from_a_long_answer_is_short_and_has_no_secret() {
    let key = "k3y-of-the-api-4711";
    let mut table = table(&[], |request| {
        let echo = format!("{} {}", request.target, "é".repeat(5_000));
        Answer::status(400, &serde_json::json!({ "message": echo }).to_string())
    })
    .with_server(&[("auth", "query"), ("query_parameter", "api_key")]);
    table.credential = Credential::Token { secret: Secret::from(key.to_owned()), origin: TokenOrigin::Server };
    let error = table.error();
    assert!(table.api.requests()[0].target.contains(key));
    assert!(!error.to_string().contains("k3y"), "{error}");
    assert!(error.detail().unwrap().contains("GET /v1/t"), "{error}");
}

#[test]
fn a_host_that_does_not_exist_is_an_error_at_once() {
    let table = table(&[], |_| panic!("it is not asked")).with_server(&[
        // Reserved for names that never exist (RFC 6761, 6.4).
        ("url", "https://no-such-host.invalid/v1"),
        ("retry_timeout", "1 s"),
        ("max_retries", "2"),
    ]);
    let error = table.error();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    // Without a name server, it is unknown whether the host exists.
    if !error.to_string().contains("emporary failure") {
        assert!(error.message().contains("does not exist"), "{error}");
        assert!(!error.detail().unwrap().contains("attempts"), "{error}");
    }
}

#[test]
fn answers_of_token_endpoints_are_read_in_every_format() {
    let key = "t0p-s3cret";
    let logged_in = |answer: &'static str| {
        let mut table = table(&[], move |request| match request.method.as_str() {
            "POST" => Answer::json(answer),
            _ if request.header("authorization") == Some("Bearer t0p-s3cret") => one_row(),
            _ => Answer::status(401, r#"{"message":"who are you?"}"#),
        });
        let url = format!("{}/token", table.api.url());
        table = table.with_server(&[("auth", "oauth2"), ("token_url", &url), ("client_id", "c")]);
        let secret = Secret::from("not-a-real-secret".to_owned());
        table.credential = Credential::Client { id: "c".to_owned(), secret, owner: String::new() };
        table
    };
    for answer in [
        "\u{feff}{\"access_token\":\"t0p-s3cret\",\"expires_in\":3600}",
        r#"{"access_token":"t0p-s3cret","expires_in":"3600","scope":["a","b"]}"#,
        r#"{"access_token":"t0p-s3cret","expires_in":"soon","scope":null,"error":null}"#,
        r#"{"access_token":"t0p-s3cret","expires_in":1000000000000000000}"#,
        r#"{"access_token":"t0p-s3cret","expires_in":0}"#,
    ] {
        let table = logged_in(answer);
        assert_eq!((table.rows(), table.requests()), (vec![1], 2), "{answer}");
    }
    let refused = logged_in(r#"{"error":"invalid_scope","error_description":"no such scope","access_token":null}"#);
    let error = refused.error();
    assert_eq!((error.kind(), refused.requests()), (ErrorKind::Unauthenticated, 1), "{error}");
    assert!(error.to_string().contains("no such scope") && error.to_string().contains("POST /token"), "{error}");
    assert!(!error.to_string().contains(key));
}
