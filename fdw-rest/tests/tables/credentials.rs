//! The token and the constant headers of requests.

use fdw_common::rest::Credential;
use fdw_common::secret::Secret;
use fdw_common::source::TokenOrigin;
use fdw_conformance::{Answer, Api};

use crate::table::Table;

const KEY: &str = "k3y/of+the=api & more";
const QUERY: &[(&str, &str)] = &[("auth", "query"), ("query_parameter", "api_key")];

fn token() -> Credential {
    Credential::Token { secret: Secret::from(KEY.to_owned()), origin: TokenOrigin::UserMapping }
}

fn table(options: &[(&str, &str)]) -> Table {
    Table::new(options, &[("id", &[])]).unwrap()
}

#[test]
fn a_key_in_the_query_is_sent_with_every_request() {
    let api = Api::start();
    let paged = [("path", "things?sort=id"), ("paging", "link"), ("link_path", "next"), ("rows_path", "data")];
    let table = table(&paged).on(QUERY, token());
    // The API repeats the key in the address of its next page.
    api.answer(|request| match request.parameter("after") {
        None => {
            let key = request.parameter("api_key").unwrap();
            let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
            Answer::json(format!(r#"{{"data":[{{"id":1}}],"next":"/v1/things?api_key={key}&after=x1"}}"#))
        }
        Some(_) => Answer::json(r#"{"data":[{"id":2}],"next":null}"#),
    });
    assert_eq!(table.read(&api, &[]).unwrap(), [["1"], ["2"]]);
    let requests = api.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        let (_, query) = request.target.split_once('?').unwrap();
        let keys = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "api_key");
        assert_eq!(keys.map(|(_, value)| value.into_owned()).collect::<Vec<_>>(), [KEY]);
        assert_eq!(request.header("authorization"), None);
    }
}

#[test]
fn no_error_shows_a_key_in_the_query_that_an_api_echoes() {
    let api = Api::start();
    let once = [QUERY, &[("max_retries", "0")]].concat();
    let table = table(&[("path", "things")]).on(&once, token());
    let encoded: String = url::form_urlencoded::byte_serialize(KEY.as_bytes()).collect();
    for status in [400, 401, 403, 404, 500] {
        for echo in [KEY.to_owned(), encoded.clone(), encoded.to_lowercase(), encoded.replace('+', "%20")] {
            let body = serde_json::json!({"message": format!("bad request: /v1/things?api_key={echo}")}).to_string();
            api.answer(move |_| Answer::status(status, &body));
            let error = format!("{:?}", table.read(&api, &[]).unwrap_err());
            assert!(error.contains("bad request: /v1/things?api_key=[redacted]"), "{error}");
            assert!(!error.contains("k3y") && !error.contains("the%3dapi") && !error.contains("the%3Dapi"), "{error}");
        }
    }
    // Without a server, the error of the HTTP client contains the URL.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = format!("{:?}", table.read_from(&format!("http://127.0.0.1:{port}"), &[]).unwrap_err());
    assert!(!error.contains("k3y"), "{error}");
}

#[test]
fn constant_headers_are_sent_and_the_tables_take_precedence() {
    let api = Api::start();
    let server = [("auth", "none"), ("headers", "X-Api-Version: 1\nX-Tenant: acme"), ("accept", "application/a+json")];
    let options = [("path", "things"), ("headers", "x-api-version: 2"), ("accept", "application/vnd.b; v=2")];
    // The requested media type is JSON, although its name does not say so.
    api.answer(|_| Answer::json(r#"[{"id":1}]"#).with_header("content-type", "application/vnd.b"));
    let table = table(&options).on(&server, Credential::None);
    assert_eq!(table.read(&api, &[]).unwrap(), [["1"]]);
    let request = api.requests().remove(0);
    let sent = ["x-api-version", "x-tenant", "accept"].map(|name| {
        let values: Vec<&str> =
            request.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        values.join(" and ")
    });
    assert_eq!(sent, ["2", "acme", "application/vnd.b; v=2"]);
    let plain = self::table(&[("path", "things")]);
    api.answer(|_| Answer::json("[]"));
    plain.read(&api, &[]).unwrap();
    assert_eq!(api.requests()[0].header("accept"), Some("application/json"));
}

#[test]
fn the_header_with_the_token_cannot_be_constant() {
    let api = Api::start();
    api.answer(|_| Answer::json("[]"));
    let server = [("auth", "header"), ("header", "X-Api-Key")];
    let constant = table(&[("path", "things"), ("headers", "x-api-key: 1")]).on(&server, token());
    let error = constant.read(&api, &[]).unwrap_err();
    assert!(error.message().contains("x-api-key") && api.requests().is_empty(), "{error}");
    let twice = [("auth", "header"), ("header", "X-Api-Key"), ("headers", "X-Api-Key: 1")];
    let error = table(&[("path", "things")]).on(&twice, token()).read(&api, &[]).unwrap_err();
    assert_eq!(error.hint(), Some("It is the header that holds the token."));
}
