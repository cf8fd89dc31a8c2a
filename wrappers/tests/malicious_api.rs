//! A malicious or hijacked API: for every response the statement ends in rows or in a clear error, the backend
//! survives, and the API's texts do no damage where they are shown.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, ForeignTable, PgError, RawApi, expect_error, json_answer, rows, start_tenant, value};

const TOKEN: &str = "t0ken+of/the=tests.4711-abcdefghijklmnopqrstuvwxyz";

/// The table `users` of an API, on a server named `name`.
fn table<'a>(db: &'a Database, api: &RawApi, name: &str) -> ForeignTable<'a> {
    ForeignTable::users(db, &start_tenant(0))
        .server(name)
        .name(name)
        .server_option("url", &api.url())
        .server_option("max_retries", "0")
        .server_option("request_timeout", "2 s")
        .server_option("retry_timeout", "2 s")
        .server_option("max_response_size", "1 MB")
        .mapping_option("api_key", TOKEN)
}

fn bytes(answer: impl Into<Vec<u8>>) -> RawApi {
    let answer = answer.into();
    RawApi::start(move |_, stream| {
        let _ = stream.write_all(&answer);
    })
}

/// One page with these rows.
fn page(rows: &str) -> String {
    format!(r#"{{"start":0,"limit":100,"total":1,"length":1,"users":[{rows}]}}"#)
}

fn head(more: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n{more}\r\n")
}

/// Runs the query; returns the number of rows, or the error. The session must be the same afterwards.
#[track_caller]
fn outcome(client: &mut Client, pid: i32, sql: &str) -> Result<usize, PgError> {
    let result = client.query(sql, &[]).map(|rows| rows.len()).map_err(|error| PgError::from_client(&error));
    assert_eq!(Database::backend_pid(client), pid, "{sql}");
    assert_eq!(value(client, "select 1").as_deref(), Some("1"), "{sql}");
    result
}

#[test]
fn response_of_any_form_gives_rows_or_an_error() {
    let db = Database::create();
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    let user = |members: &str| page(&format!(r#"{{"user_id":"auth0|1",{members}}}"#));
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    // Name, response body, columns to read, and the expected result.
    let cases: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("deep arrays", user(&format!(r#""app_metadata":{}"#, deep(400_000))).into(), "app_metadata", "54001"),
        ("deep objects", user(&format!(r#""app_metadata":{}"#, objects(100_000))).into(), "app_metadata", "54001"),
        ("deep, not asked for", user(&format!(r#""app_metadata":{}"#, deep(400_000))).into(), "user_id", "1"),
        ("deep, as text", user(&format!(r#""name":{}"#, deep(400_000))).into(), "name", "1"),
        ("deep, in the whole row", user(&format!(r#""x":{}"#, deep(400_000))).into(), "attrs", "54001"),
        ("deep, redacted", user(&format!(r#""identities":{}"#, deep(400_000))).into(), "identities", "54001"),
        (
            "deep, beside a secret",
            user(&format!(r#""identities":{}"#, deep(100_000).replace("[]", r#"[{"access_token":"s"}]"#))).into(),
            "identities",
            "1",
        ),
        ("deep, unfinished", "[".repeat(1_000_000).into(), "user_id", "08P01"),
        ("deep, unfinished objects", r#"{"a":"#.repeat(150_000).into(), "user_id", "08P01"),
        (
            "long number",
            user(&format!(r#""app_metadata":{{"n":{}}}"#, "1".repeat(500_000))).into(),
            "app_metadata",
            "22003",
        ),
        ("huge number", user(r#""app_metadata":{"n":1e999999999}"#).into(), "app_metadata", "22003"),
        (
            "long fraction",
            user(&format!(r#""app_metadata":{{"n":0.{}}}"#, "1".repeat(500_000))).into(),
            "app_metadata",
            "22003",
        ),
        (
            "long number for a time",
            user(&format!(r#""created_at":{}"#, "1".repeat(500_000))).into(),
            "created_at",
            "22007",
        ),
        (
            "long number for a boolean",
            user(&format!(r#""email_verified":{}"#, "1".repeat(500_000))).into(),
            "email_verified",
            "22P02",
        ),
        ("long string", user(&format!(r#""name":"{}""#, "x".repeat(900_000))).into(), "name", "1"),
        ("doubled members", user(r#""name":"a","name":"b","user_id":"auth0|2""#).into(), "name", "1"),
        (
            "many members",
            user(&(0..80_000).map(|n| format!(r#""m{n}":1"#)).collect::<Vec<_>>().join(",")).into(),
            "attrs",
            "1",
        ),
        ("doubled rows member", page("").replace("\"total\"", "\"users\":[],\"total\"").into(), "user_id", "08P01"),
        (
            "bytes that are no text",
            user("\"name\":\"\u{1}\"")
                .replace('\u{1}', "x")
                .into_bytes()
                .iter()
                .map(|byte| if *byte == b'x' { 0xff } else { *byte })
                .collect(),
            "name",
            "08P01",
        ),
        ("overlong encoding", [user("\"name\":\"").as_bytes(), &[0xc0, 0x80]].concat(), "name", "08P01"),
        ("lone surrogate", user(r#""name":"\ud800""#).into(), "name", "22P02"),
        ("surrogates the wrong way round", user(r#""name":"\udc00\ud800""#).into(), "name", "22P02"),
        ("lone surrogate in a document", user(r#""app_metadata":"\ud800""#).into(), "app_metadata", "22P02"),
        ("U+0000", user(r#""name":"a\u0000b""#).into(), "name", "22P05"),
        ("U+0000 in a document", user(r#""app_metadata":{"\u0000":1}"#).into(), "app_metadata", "22P05"),
        ("U+0000 in a key", page(r#"{"user_id":"a\u0000b"}"#).into(), "user_id", "22P05"),
        ("a raw control character", user("\"name\":\"a\u{0}b\"").into(), "name", "08P01"),
        ("a negative total", page("").replace("\"total\":1", "\"total\":-1").into(), "user_id", "08P01"),
        ("a huge total", page("").replace("\"total\":1", "\"total\":1e400").into(), "user_id", "08P01"),
        (
            "the largest total",
            page("").replace("\"total\":1", "\"total\":18446744073709551615").into(),
            "user_id",
            "54000",
        ),
        ("a huge start", page("").replace("\"start\":0", "\"start\":18446744073709551615").into(), "user_id", "08P01"),
        ("nothing", Vec::new(), "user_id", "08P01"),
    ];
    for (number, (name, body, columns, expected)) in cases.into_iter().enumerate() {
        let head = head(&format!("content-length: {}\r\n", body.len()));
        let api = bytes([head.as_bytes(), &body].concat());
        let table_name = format!("t{number}");
        table(&db, &api, &table_name)
            .columns(
                "user_id text, name text, email_verified bool, created_at timestamptz, identities json, \
                 app_metadata jsonb, attrs jsonb",
            )
            .create();
        // identities as jsonb: Postgres refuses the depth.
        let column = if name == "deep, redacted" { "identities::jsonb" } else { columns };
        match outcome(&mut client, pid, &format!("select {column} from auth0.{table_name}")) {
            Ok(rows) => assert_eq!(rows.to_string(), expected, "{name}"),
            Err(error) => assert_eq!(error.code, expected, "{name}: {error}"),
        }
    }
    assert_alive(&db);
}

/// Asserts that no backend has crashed, in any session.
#[track_caller]
fn assert_alive(db: &Database) {
    let log = db.server_log();
    assert!(!log.contains("was terminated by signal"), "a backend crashed");
}

#[test]
fn deep_nesting_around_a_secret_is_redacted_without_a_crash() {
    let db = Database::create();
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    for (number, (open, close)) in
        [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]"), (r#"{"\u0061":"#, "}")].into_iter().enumerate()
    {
        let depth = 900_000 / (open.len() + close.len());
        let options = format!(r#"{}{{"client_secret":"hunter2"}}{}"#, open.repeat(depth), close.repeat(depth));
        let api = RawApi::with_json(format!(
            r#"{{"start":0,"limit":100,"total":1,"length":1,"connections":[{{"id":"con_1","options":{options}}}]}}"#
        ));
        let name = format!("t{number}");
        table(&db, &api, &name)
            .server_option("max_response_size", "8 MB")
            .option("object", "connections")
            .columns("id text, options json, attrs json")
            .create();
        for column in ["options", "attrs"] {
            let sql = format!("select {column}::text ~ 'hunter2', {column}::text ~ 'redacted' from auth0.{name}");
            let found = rows(&mut client, &sql);
            assert_eq!(found, [[Some("f".to_owned()), Some("t".to_owned())]], "{open} {column}");
        }
        assert_eq!(Database::backend_pid(&mut client), pid);
    }
    assert_alive(&db);
}

#[test]
fn endless_head_or_body_is_an_error() {
    let db = Database::create();
    let mut client = db.client();
    let pid = Database::backend_pid(&mut client);
    let endless = |start: String, again: &'static [u8]| {
        RawApi::start(move |_, stream| {
            if stream.write_all(start.as_bytes()).is_ok() {
                while stream.write_all(again).is_ok() {}
            }
        })
    };
    let bomb = |size: usize| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(br#"{"users":[{"user_id":""#).unwrap();
        for _ in 0..size >> 20 {
            encoder.write_all(&vec![b'x'; 1 << 20]).unwrap();
        }
        encoder.finish().unwrap()
    };
    let bombs = bomb(256 << 20);
    let zipped = |status: &str| {
        let head = head(&format!("content-encoding: gzip\r\ncontent-length: {}\r\n", bombs.len()));
        bytes([head.replace("200 OK", status).as_bytes(), &bombs].concat())
    };
    let plain = json_answer(&page(""));
    let cases = [
        ("a huge header", bytes(head(&format!("x: {}\r\ncontent-length: 2\r\n", "x".repeat(1 << 20)))), "08006"),
        ("many headers", bytes(head(&format!("{}content-length: 2\r\n", "x: y\r\n".repeat(20_000)))), "08006"),
        ("headers without end", endless("HTTP/1.1 200 OK\r\n".to_owned(), b"x: y\r\n"), "08006"),
        ("a header without end", endless("HTTP/1.1 200 OK\r\nx: ".to_owned(), b"yyyyyyyyyyyyyyyy"), "08006"),
        ("continue without end", endless(String::new(), b"HTTP/1.1 100 Continue\r\n\r\n"), "08006"),
        ("chunks without end", endless(head("transfer-encoding: chunked\r\n"), b"8\r\n        \r\n"), "54000"),
        ("a body without end", endless(head(""), b"                "), "54000"),
        ("an error without end", endless(head("").replace("200 OK", "500 E"), b"                "), "54000"),
        ("a chunk too large", bytes(head("transfer-encoding: chunked\r\n") + "ffffffffffffffff\r\n{}"), "08006"),
        ("a chunk that is none", bytes(head("transfer-encoding: chunked\r\n") + "zz\r\n{}"), "08006"),
        ("a length too large", bytes(head("content-length: 4611686018427387904\r\n") + "{}"), "54000"),
        ("a length that is none", bytes(head("content-length: many\r\n") + "{}"), "08006"),
        ("two lengths", bytes(head("content-length: 2\r\ncontent-length: 3\r\n") + "{}"), "08006"),
        ("no HTTP", bytes("220 smtp.example ESMTP\r\n"), "08006"),
        ("another HTTP", bytes("HTTP/9.9 200 OK\r\n\r\n"), "08006"),
        ("a status that is none", bytes("HTTP/1.1 20000000000 OK\r\n\r\n"), "08006"),
        ("a status of no meaning", bytes(plain.replace("200 OK", "999 X")), "HV000"),
        ("a bomb", zipped("200 OK"), "54000"),
        ("a bomb in an error", zipped("500 E"), "54000"),
        (
            "a wait for ever",
            bytes(plain.replace("200 OK\r\n", "429 X\r\nretry-after: 99999999999999999999\r\n")),
            "53400",
        ),
        ("a wait of no time", bytes(plain.replace("200 OK\r\n", "429 X\r\nretry-after: -1\r\n")), "53400"),
    ];
    // The first request starts the transport thread and the HTTP client.
    table(&db, &bytes(plain.clone()), "first").create();
    let _ = client.simple_query("select user_id from auth0.first");
    db.reset_peak(pid);
    let before = db.backend_stats(pid);
    for (number, (name, api, code)) in cases.into_iter().enumerate() {
        let table_name = format!("t{number}");
        table(&db, &api, &table_name).create();
        let error = outcome(&mut client, pid, &format!("select user_id from auth0.{table_name}")).expect_err(name);
        assert_eq!(error.code, code, "{name}: {error}");
        assert!(!error.message.is_empty(), "{name}");
    }
    let after = db.backend_stats(pid);
    assert!(after.peak_kib < before.resident_kib + (32 << 10), "{before:?} {after:?}");
    // Nonsensical rate limit headers of one API do not limit others, and limit this API only for a bounded time.
    let limits = "x-ratelimit-limit: -5\r\nx-ratelimit-remaining: NaN\r\nx-ratelimit-reset: 1e400\r\n";
    let api = bytes(
        plain
            .replace("connection: close\r\n", &format!("{limits}connection: close\r\n"))
            .replace(r#""total":1"#, r#""total":0"#),
    );
    table(&db, &api, "limits").create();
    for _ in 0..2 {
        assert_eq!(outcome(&mut client, pid, "select user_id from auth0.limits").unwrap(), 0);
    }
    assert_alive(&db);
}

#[test]
fn api_messages_are_shown_as_one_harmless_line() {
    let db = Database::create();
    let mut client = db.client();
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2Jcleared\r\n2026-01-01 00:00:00.000 UTC [1] FATAL:  forged line\n\u{0}\u{9b}31m\
                   \u{202e}desrever\u{2066}\u{200b}\u{2028}";
    let json = serde_json::to_string(hostile).unwrap();
    let refusal = |body: &str| {
        json_answer(body).replace("200 OK", "400 Bad Request").replace("connection:", "x-note: forged\r\nconnection:")
    };
    let apis = [
        bytes(refusal(&format!(r#"{{"statusCode":400,"error":"E","message":{json},"errorCode":{json}}}"#))),
        bytes(refusal(&format!(r#"{{"error":{json},"error_description":{json}}}"#))),
        // Its texts are also cut.
        bytes(refusal(&format!(r#"{{"message":"{}"}}"#, "x".repeat(500_000)))),
        bytes(json_answer("{}").replace("application/json", "text/\tforged; \u{80}x")),
        bytes(json_answer(&page(&format!(r#"{{"user_id":{json},"created_at":"no time"}}"#)))),
    ];
    for (number, api) in apis.into_iter().enumerate() {
        let name = format!("t{number}");
        table(&db, &api, &name).columns("user_id text, created_at timestamptz").create();
        let error = expect_error(&mut client, &format!("select created_at from auth0.{name}"));
        for part in [&error.message, &error.detail, &error.hint] {
            let is_plain = |c: char| {
                !c.is_control()
                    && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
            };
            assert!(part.chars().all(is_plain), "{number}: {part:?}");
            assert!(part.chars().count() < 1_000, "{number}: {} characters", part.chars().count());
        }
    }
    let log = db.server_log();
    assert!(log.contains("forged line"), "the API's message is not in the log");
    assert!(!log.lines().any(|line| line.starts_with("2026-01-01 00:00:00.000 UTC [1] FATAL")), "a line is forged");
    assert!(!log.contains('\u{1b}'), "the log has a terminal escape");
}

#[test]
fn echoed_credential_is_redacted() {
    let db = Database::create();
    let mut client = db.client();
    let percent = TOKEN.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    // The last one is base64 of "client:" and the token, as a Basic header has it.
    let basic = "Y2xpZW50OnQwa2VuK29mL3RoZT10ZXN0cy40NzExLWFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6";
    let (first, second) = TOKEN.split_at(25);
    let echoes = [
        format!("you sent Bearer {TOKEN}"),
        format!("you sent {first} and {second}"),
        format!("you sent {percent}"),
        format!("you sent Basic {basic}"),
        // Padding, so that a text cut at 500 characters ends within the token.
        format!("{}{TOKEN}", "y".repeat(470)),
    ];
    let telling: Vec<&str> =
        (0..TOKEN.len() - 12).map(|at| &TOKEN[at..at + 12]).chain([&basic[12..24], &basic[40..52]]).collect();
    let check = |text: &str| {
        for part in &telling {
            assert!(!text.contains(part), "{part} is in {text}");
        }
    };
    for (number, echo) in echoes.iter().enumerate() {
        let said = serde_json::to_string(echo).unwrap();
        let api = bytes(
            json_answer(&format!(r#"{{"statusCode":400,"message":{said}}}"#))
                .replace("200 OK", "400 Bad Request")
                .replace("connection:", &format!("location: /?{percent}\r\nwww-authenticate: {TOKEN}\r\nconnection:")),
        );
        let name = format!("t{number}");
        table(&db, &api, &name).create();
        let error = expect_error(&mut client, &format!("select * from auth0.{name}"));
        assert!(error.detail.contains("[redacted]"), "{error}");
        check(&format!("{error}{}", error.context));
        // In the login it is the client's secret, in a job the token.
        let api = bytes(
            json_answer(&format!(r#"{{"error":"access_denied","error_description":{said}}}"#))
                .replace("200 OK", "401 Unauthorized"),
        );
        table(&db, &api, &format!("l{number}"))
            .without_mapping()
            .mapping_option("client_id", "client")
            .mapping_option("client_secret", TOKEN)
            .create();
        let error = expect_error(&mut client, &format!("select * from auth0.l{number}"));
        assert!(error.detail.contains("[redacted]"), "{error}");
        check(&format!("{error}{}", error.context));
        let api = RawApi::start(move |request, stream| {
            let user = |id| format!(r#"{{"user_id":"auth0|{id}","created_at":"2024-01-01T00:00:00.{id:03}Z"}}"#);
            let users: Vec<String> = (0..100).map(user).collect();
            let answer = if request.line.contains("/oauth/token") {
                json_answer(&format!(r#"{{"access_token":"{TOKEN}","token_type":"Bearer","expires_in":1000}}"#))
            } else if request.line.contains("/jobs/") {
                json_answer(&format!(r#"{{"id":"job_1","status":"failed","status_details":{said}}}"#))
            } else {
                json_answer(&format!(
                    r#"{{"start":0,"limit":100,"total":1000,"length":100,"users":[{}]}}"#,
                    users.join(",")
                ))
            };
            let _ = stream.write_all(answer.as_bytes());
        });
        table(&db, &api, &format!("j{number}"))
            .option("bulk", "export")
            .columns("user_id text")
            .without_mapping()
            .mapping_option("client_id", "client")
            .mapping_option("client_secret", "another secret")
            .create();
        let error = expect_error(&mut client, &format!("select * from auth0.j{number}"));
        assert!(error.message.contains("export") && error.detail.contains("[redacted]"), "{error}");
        check(&format!("{error}{}", error.context));
    }
    check(&db.server_log());
}

/// An impostor: a host between us and the API, or under the API's name.
#[test]
fn untrusted_certificate_gets_no_credential() {
    let db = Database::create();
    let folder = db.shell("mktemp -d").trim().to_owned();
    db.shell(&format!(
        "cd {folder} && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
           -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key -out certificate 2>/dev/null
         (sleep 60 | setsid timeout 60 openssl s_server -accept 127.0.0.1:9443 -key key -cert certificate >received 2>&1) \
           >/dev/null 2>&1 &"
    ));
    ForeignTable::users(&db, &start_tenant(0))
        .server_option("url", "https://localhost:9443")
        .without_server_option("allow_http")
        .mapping_option("api_key", TOKEN)
        .create();
    // Until it listens, connections are refused and retried.
    let error = expect_error(&mut db.client(), "select * from auth0.users");
    assert_eq!(error.code, "08001", "{error}");
    assert!(error.message.contains("no trusted connection"), "{error}");
    let received = db.shell(&format!("cat {folder}/received"));
    assert!(received.contains("ACCEPT"), "nothing was received: {received}");
    assert!(!received.contains("GET ") && !received.contains(&TOKEN[..12]), "{received}");
}
