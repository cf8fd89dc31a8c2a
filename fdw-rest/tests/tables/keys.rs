//! Columns in braces and single rows: the rows match the request, or the query is an error.

use fdw_common::error::ErrorKind;
use fdw_conformance::{Answer, Api};

use crate::table::Table;

#[test]
fn a_column_in_braces_before_the_query_shows_the_value_of_the_request() {
    let api = Api::start();
    let columns = [("shop", &[][..]), ("own_shop", &[("json_path", "shop")]), ("id", &[])];
    let table = Table::new(&[("path", "shops/{shop}/things"), ("key", "shop,id")], &columns).unwrap();
    api.answer(|_| Answer::json(r#"[{"id":1,"shop":"Shop No. 5"},{"id":2}]"#));
    let rows = table.read(&api, &[("shop", "5")]).unwrap();
    assert_eq!(rows, [["\"5\"", "\"Shop No. 5\"", "1"], ["\"5\"", "null", "2"]]);
    assert_eq!(api.request_lines(), ["GET /v1/shops/5/things"]);
}

#[test]
fn a_column_in_braces_in_the_query_shows_the_value_of_the_rows() {
    let api = Api::start();
    let columns = [("owner", &[][..]), ("id", &[])];
    let table = Table::new(&[("path", "things?owner={owner}")], &columns).unwrap();
    // The API compares less strictly, and one row has no owner.
    api.answer(|_| Answer::json(r#"[{"id":1,"owner":"Ann"},{"id":2,"owner":"ann"},{"id":3}]"#));
    let rows = table.read(&api, &[("owner", "ann")]).unwrap();
    assert_eq!(rows, [["\"Ann\"", "1"], ["\"ann\"", "2"], ["null", "3"]]);
    assert_eq!(api.request_lines(), ["GET /v1/things?owner=ann"]);
    let shown = [("owner", &[("from_request", "true")][..]), ("id", &[])];
    let table = Table::new(&[("path", "things?owner={owner}")], &shown).unwrap();
    let rows = table.read(&api, &[("owner", "ann")]).unwrap();
    assert_eq!(rows, [["\"ann\"", "1"], ["\"ann\"", "2"], ["\"ann\"", "3"]]);
}

#[test]
fn a_list_without_the_column_of_a_condition_is_an_error() {
    let api = Api::start();
    let table = Table::new(&[("path", "things?owner={owner}")], &[("owner", &[]), ("id", &[])]).unwrap();
    api.answer(|_| Answer::json("[]"));
    assert!(table.read(&api, &[("owner", "ann")]).unwrap().is_empty());
    api.answer(|_| Answer::json(r#"[{"id":1},{"id":2,"owner":null}]"#));
    let error = table.read(&api, &[("owner", "ann")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert!(error.hint().unwrap().contains("from_request"), "{error:?}");
}

#[test]
fn a_404_means_no_rows_only_if_the_path_names_an_object() {
    let api = Api::start();
    api.answer(|_| Answer::status(404, r#"{"message":"none"}"#));
    let in_path = Table::new(&[("path", "shops/{shop}/things")], &[("shop", &[])]).unwrap();
    assert!(in_path.read(&api, &[("shop", "5")]).unwrap().is_empty());
    let in_query = Table::new(&[("path", "things?shop={shop}")], &[("shop", &[])]).unwrap();
    assert_eq!(in_query.read(&api, &[("shop", "5")]).unwrap_err().kind(), ErrorKind::Remote);
}

#[test]
fn a_value_that_could_end_its_quotes_is_an_error_before_any_request() {
    let api = Api::start();
    let path = "things?filter=name%20eq%20%22{name}%22";
    let table = Table::new(&[("path", path)], &[("name", &[])]).unwrap();
    api.answer(|_| Answer::json(r#"[{"name":"it's"}]"#));
    assert_eq!(table.read(&api, &[("name", "it's")]).unwrap(), [["\"it's\""]]);
    assert_eq!(api.request_lines(), ["GET /v1/things?filter=name%20eq%20%22it%27s%22"]);
    api.answer(|_| Answer::json("[]"));
    for value in ["x\" or name pr \"", "x\\"] {
        let error = table.read(&api, &[("name", value)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.hint().unwrap().contains("{name}"), "{error:?}");
    }
    assert!(api.requests().is_empty());
}

#[test]
fn a_single_row_has_the_requested_key() {
    let api = Api::start();
    let options = [("path", "things"), ("key", "id"), ("item_path", "things/{id}"), ("item_rows_path", "data")];
    let table = Table::new(&options, &[("id", &[]), ("n", &[])]).unwrap();
    let none: &[[&str; 2]] = &[];
    let good = [
        (Answer::json(r#"{"data":{"id":7,"n":1}}"#), &[["7", "1"]][..]),
        (Answer::json(r#"{"data":{"id":"7"}}"#), &[["\"7\"", "null"]]),
        (Answer::json(r#"{"data":null}"#), none),
        (Answer::status(404, r#"{"message":"none"}"#), none),
        (Answer::status(410, r#"{"message":"gone"}"#), none),
        (Answer::status(204, ""), none),
    ];
    for (answer, rows) in good {
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        api.answer(move |_| answer.clone());
        let found = table.read(&api, &[("id", "7")]).unwrap_or_else(|error| panic!("{said}: {error}"));
        assert_eq!(found, rows, "{said}");
        assert_eq!(api.request_lines(), ["GET /v1/things/7"]);
    }
    let wrong = [r#"{"data":{"id":8}}"#, r#"{"data":{"n":1}}"#, r#"{"data":[{"id":7}]}"#, r#"{"id":7}"#, "[]", "{}"];
    for body in wrong {
        api.answer(move |_| Answer::json(body));
        let error = table.read(&api, &[("id", "7")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{body}: {error}");
    }
}

#[test]
fn options_that_contradict_each_other_are_refused_with_a_hint() {
    let columns = [("a", &[][..]), ("b", &[("json_path", "x.b")]), ("c", &[("from_request", "true")])];
    let with = |options: &[(&str, &str)]| Table::new(options, &columns).map(|_| ()).unwrap_err();
    let cases = [
        (&[("path", "things")][..], "\"c\" is not in the option \"path\"", "leave from_request out"),
        (&[("path", "things/{b}?c={c}")], "\"b\" shows the value in the option \"path\"", "another column"),
        (&[("path", "t?c={c}"), ("item_rows_path", "data")], "\"item_path\" is required", "item_path 'things/{id}'"),
        (
            &[("path", "t?c={c}"), ("paging", "page"), ("key", "a"), ("exact_total", "true")],
            "\"exact_total\" has no total",
            "total_path",
        ),
        (&[("path", "t?c={c}"), ("consistency", "declared")], "\"consistency\" has no use without paging", "'page' or"),
        (
            &[("path", "t?c={c}"), ("paging", "none"), ("short_page_is_last", "true")],
            "\"short_page_is_last\" has no use with paging 'none'",
            "'offset'",
        ),
    ];
    for (options, message, hint) in cases {
        let error = with(options);
        assert!(error.message().contains(message), "{error}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{error:?}");
    }
}
