//! A database with an encoding other than UTF-8: all its letters work, other characters give a readable error.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;
use wrappers_tests::json_api::{Answer, Api};
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, expect_error, explain, quote_literal, rows, value};

/// A database in LATIN1 with the server `sö` of an API, and its table `tö`.
fn latin1() -> (Database, Api, Client) {
    let db = Database::create_encoded("LATIN1");
    let api = Api::start_for_containers();
    let mut client = db.client();
    let url = quote_literal(&format!("{}/v1", db.url(api.port())));
    client
        .batch_execute(&format!(
            "create server \"sö\" foreign data wrapper rest_wrapper options (url {url}, allow_http 'true');
             create user mapping for public server \"sö\" options (token 't-4711');
             create foreign table \"tö\" (id text, \"größe\" text)
               server \"sö\" options (path 'things', key 'id', item_path 'things/{{id}}')"
        ))
        .unwrap();
    (db, api, client)
}

#[test]
fn names_options_keys_and_values_with_latin1_letters_work() {
    let (_db, api, mut client) = latin1();
    api.answer(|request| match request.path() {
        "/v1/things" => Answer::json(json!([{"id": "ä", "größe": "für"}, {"id": "b", "größe": null}])),
        _ => Answer::json(json!({"id": "ä", "größe": "für"})),
    });
    let all = "select id, \"größe\" from \"tö\" order by id";
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(rows(&mut client, all), [[some("b"), None], [some("ä"), some("für")]]);
    let before = api.request_lines().len();
    assert_eq!(value(&mut client, "select \"größe\" from \"tö\" where id = 'ä'"), some("für"));
    assert_eq!(api.request_lines().split_off(before), ["GET /v1/things/%C3%A4"]);
    assert!(explain(&mut client, all).contains("größe"));
    let found = rows(&mut client, "select subject, verdict from rest_check_server('sö')");
    assert!(found.contains(&vec![some("reachable"), some("ok")]), "{found:?}");
}

#[test]
fn character_missing_in_the_encoding_is_an_error_for_its_column() {
    let (_db, api, mut client) = latin1();
    api.answer(|_| Answer::json(json!([{"id": "1", "größe": "日本"}])));
    let error = expect_error(&mut client, "select * from \"tö\"");
    assert_eq!(error.code, "22P05", "{error}");
    assert!(format!("{error} {}", error.context).contains("gr"), "{error}");
}

#[test]
fn errors_about_options_and_servers_are_readable() {
    let (_db, _api, mut client) = latin1();
    // Text returned by a function is ASCII if the database's encoding is not UTF-8.
    for (sql, code, words) in [
        ("alter server \"sö\" options (add \"größe\" 'x')", "HV00D", "gr\\u00f6\\u00dfe"),
        ("alter server \"sö\" options (set url 'ftp://ä')", "HV024", "url"),
        ("alter foreign table \"tö\" options (set path 'ä?{größe')", "HV024", "path"),
        ("select * from rest_check_server('sü')", "42704", "sü"),
    ] {
        let error = expect_error(&mut client, sql);
        assert_eq!(error.code, code, "{sql}: {error}");
        assert!(error.message.contains(words), "{sql}: {error}");
    }
    assert_eq!(value(&mut client, "select 1").as_deref(), Some("1"), "the session lives");
}
