//! Error answers: their quotation in an error text is one line of bounded length, without a secret.

#![no_main]

use fdw_auth0::entities::ENTITIES;
use fdw_auth0::{Auth0, api_error};
use fdw_common::secret::Secret;
use fdw_common::source::Api as _;
use libfuzzer_sys::fuzz_target;
use wrappers_fuzz::parsers::{quoted, token};

const TOKEN: &str = "eyJh.hunter2-4711.sig";
const CLIENT_SECRET: &str = "s3cr3t \"quoted\\\u{e9}\n4711";
/// Bytes that are replaced by a secret, so that the fuzzer finds bodies that echo one.
const ECHO: u8 = 0x01;
const ESCAPED_ECHO: u8 = 0x02;

fuzz_target!(|data: (u16, &[u8])| {
    let (status, written) = data;
    let mut body = Vec::new();
    for byte in written {
        match *byte {
            ECHO => body.extend_from_slice(TOKEN.as_bytes()),
            ESCAPED_ECHO => {
                let text = serde_json::Value::from(CLIENT_SECRET).to_string();
                body.extend_from_slice(text.trim_matches('"').as_bytes());
            }
            byte => body.push(byte),
        }
    }
    let secrets = [Secret::from(TOKEN.to_owned()), Secret::from(CLIENT_SECRET.to_owned())];
    let check = |text: &str| {
        assert!(!text.contains(TOKEN), "{text:?}");
        // The line break is shown as a space.
        assert!(!text.contains(CLIENT_SECRET) && !text.contains(&CLIENT_SECRET.replace('\n', " ")), "{text:?}");
    };
    if let Some(said) = Auth0.error_message(&body) {
        let line = quoted(&said, &[&secrets[0], &secrets[1]]);
        check(&line);
        assert!(line.chars().count() <= 500 && !line.contains(char::is_control), "{line:?}");
    }
    let json = serde_json::from_slice::<serde_json::Value>(&body);
    if api_error::is_absent(status, &body, &ENTITIES[0]) && status != 204 {
        let said = json.as_ref().expect("Auth0's own answer is JSON");
        assert_eq!(said["statusCode"], status, "an answer of the gateway was accepted as Auth0's");
    }
    if api_error::is_too_slow(status, &body) {
        assert!(status == 503 && json.is_ok());
    }
    // The same at the token endpoint.
    let status = 300 + status % 300;
    let error = token(CLIENT_SECRET, status, &body).expect_err("it is a refusal").to_string();
    assert!(!error.contains(CLIENT_SECRET) && !error.contains(&CLIENT_SECRET.replace('\n', " ")), "{error:?}");
    assert!(error.chars().count() < 1000);
});
