//! Answers of token endpoints: a valid token with a lifetime, or an error that quotes nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wrappers_fuzz::Tree;
use wrappers_fuzz::parsers::{sendable, token};

const MARK: &str = "4711-hunter2";

fuzz_target!(|data: &[u8]| {
    // One byte is replaced by a text that must not be in an error.
    let body: Vec<u8> =
        data.iter().flat_map(|byte| if *byte == 1 { MARK.as_bytes().to_vec() } else { vec![*byte] }).collect();
    let tree = std::str::from_utf8(&body).ok().and_then(|text| Tree::read(text).ok());
    match token("client-secret", 200, &body) {
        Err(error) => assert!(!error.to_string().contains(MARK), "{error}"),
        Ok((secret, scopes, renew, end)) => {
            sendable(&secret).expect("a token that cannot be sent was accepted");
            assert!(renew.is_finite() && end.is_finite() && 0.0 < renew && renew <= end, "{renew} {end}");
            if let Some(tree) = tree {
                assert_eq!(tree.member("access_token"), Some(&Tree::Text(secret.expose().to_owned())));
                if let Some(Tree::Text(said)) = tree.member("scope") {
                    assert_eq!(scopes, said.split_whitespace().collect::<Vec<_>>());
                }
                if let Some(Tree::Number(life)) = tree.member("expires_in")
                    && let Some(life) = life.as_f64().filter(|life| *life > 0.0)
                {
                    assert_eq!(end, life);
                }
            }
        }
    }
});
