//! Lists that behave oddly: right rows or an error, and an end in every case.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod replay;
mod scan;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use fdw_auth0::Auth0;
use fdw_common::error::{Error, ErrorKind};
use fdw_common::filter::{Comparison, Filter, Test, Value};
use fdw_common::json_path::JsonPath;
use fdw_common::rest::Transport;
use fdw_common::source::find_entity;
use replay::Replay;
use scan::{Asking, rows_at};
use serde_json::json;

static TRANSPORT: LazyLock<Transport> = LazyLock::new(|| Transport::start().unwrap());

fn entity(name: &str) -> Asking {
    Asking::of(find_entity::<Auth0>(Some(name)).unwrap())
}

/// The first column of all rows, sorted.
fn read(api: &Replay, asking: &Asking) -> Result<Vec<String>, Error> {
    let rows = rows_at(&TRANSPORT, &api.url, "token", asking)?;
    let mut keys: Vec<String> = rows.iter().map(|row| row[0].as_deref().unwrap_or("").replace('"', "")).collect();
    keys.sort();
    Ok(keys)
}

fn rows(member: &str, ids: std::ops::Range<usize>) -> Vec<serde_json::Value> {
    ids.map(|id| json!({member: format!("{id:04}")})).collect()
}

#[test]
fn a_list_without_a_total_is_read_again_when_its_rows_move() {
    let api = Replay::start();
    static PASS: AtomicUsize = AtomicUsize::new(0);
    let invitations = |asking: Asking| asking.with(&vec![("organization_id".to_owned(), "org_1".to_owned())]);
    api.answer(|target| {
        let first = target.ends_with("&page=0");
        let pass = PASS.fetch_add(usize::from(first), Ordering::Relaxed) + usize::from(first);
        let page: usize = target.rsplit('=').next().unwrap().parse().unwrap();
        let ids = match (pass, page) {
            (_, 0) => 0..100,
            // A row of the first page has come down to the second.
            (1, 1) => 99..120,
            (_, 1) => 100..121,
            _ => 0..0,
        };
        json!({"start": 0, "limit": 100, "invitations": rows("id", ids)}).to_string()
    });
    let mut asking = invitations(entity("organization_invitations"));
    asking.all_columns = true;
    let found = rows_at(&TRANSPORT, &api.url, "token", &asking).unwrap();
    assert_eq!((found.len(), api.asked().len()), (121, 9), "{:?}", api.asked());
    // It never comes to rest.
    api.answer(|target| {
        let ids = if target.ends_with("&page=2") { 0..0 } else { 0..5 };
        json!({"invitations": rows("id", ids)}).to_string()
    });
    let error = rows_at(&TRANSPORT, &api.url, "token", &asking).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incomplete);
}

/// A log of so many entries, as the API gives it.
fn log(count: usize) -> impl Fn(&str) -> String {
    move |target| {
        let parameter = |name: &str| target.split(['?', '&']).find_map(|pair| pair.strip_prefix(name));
        let ids = match (parameter("from="), parameter("page="), parameter("per_page=")) {
            (Some(from), ..) => {
                let from = from.parse::<usize>().unwrap() + 1;
                from..(from + 100).min(count)
            }
            (None, Some(page), Some(size)) => {
                let (page, size): (usize, usize) = (page.parse().unwrap(), size.parse().unwrap());
                (page * size).min(count)..((page + 1) * size).min(count)
            }
            other => panic!("{target} {other:?}"),
        };
        json!(rows("log_id", ids)).to_string()
    }
}

#[test]
fn a_log_is_read_past_the_page_cap_of_its_search() {
    let api = Replay::start();
    let by_id = |log_id: &str| log_id.to_owned();
    let search = Filter::Test {
        path: JsonPath::root_member("type"),
        test: Test::Compare(Comparison::Equal, Value::Text(by_id("f"))),
    };
    for (count, filters, requests) in [
        (0, vec![], 1),
        (1, vec![], 2),
        (250, vec![], 5),
        (1_500, vec![], 17),
        // A page, its end, and a look whether the oldest entry is still there.
        (50, vec![search.clone()], 3),
        // Three pages, their end, and a look whether the oldest entry is still there.
        (250, vec![search.clone()], 5),
        // Ten pages to the page cap, then the oldest ones again and all behind them.
        (1_500, vec![search], 27),
    ] {
        api.answer(log(count));
        let found = rows_at(&TRANSPORT, &api.url, "token", &Asking { filters, ..entity("logs") }).unwrap();
        assert_eq!((found.len(), api.asked().len()), (count, requests), "{:?}", api.asked());
    }
    api.answer(|_| json!(rows("log_id", 0..1)).to_string());
    assert_eq!(read(&api, &entity("logs")).unwrap_err().kind(), ErrorKind::Protocol);
}

#[test]
fn one_list_that_fails_fails_them_all() {
    let api = Replay::start();
    let answer = |broken: &'static str| {
        move |target: &str| match target.split('/').next().unwrap() {
            _ if target.starts_with("organizations?") => json!({"organizations": rows("id", 0..40)}).to_string(),
            _ if !broken.is_empty() && target.contains(broken) => "{".to_owned(),
            _ => json!({"members": [{"user_id": "u1"}, {"user_id": "u2"}]}).to_string(),
        }
    };
    api.answer(answer(""));
    let found = rows_at(&TRANSPORT, &api.url, "token", &entity("organization_members")).unwrap();
    assert_eq!((found.len(), api.asked().len()), (80, 41));
    for broken in ["0000", "0039", "organizations/0017/"] {
        api.answer(answer(broken));
        let error = rows_at(&TRANSPORT, &api.url, "token", &entity("organization_members")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{broken}: {error}");
    }
    // A parent without the key that its lists are asked with.
    api.answer(|target| match target.starts_with("organizations?") {
        true => json!({"organizations": [{"id": 7}]}).to_string(),
        false => json!({"members": []}).to_string(),
    });
    let error = rows_at(&TRANSPORT, &api.url, "token", &entity("organization_members")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

/// The oldest entries of a log are deleted all the time, and then the others move to earlier pages.
#[test]
fn a_search_of_a_log_whose_oldest_entries_go_is_read_again() {
    let api = Replay::start();
    let asked = AtomicUsize::new(0);
    api.answer(move |target| {
        let page: usize = target.rsplit_once("&page=").unwrap().1.parse().unwrap();
        // From the second answer on fifty are gone.
        let gone = if asked.fetch_add(1, Ordering::Relaxed) == 0 { 0 } else { 50 };
        let from = (gone + page * 100).min(250);
        serde_json::Value::from(rows("log_id", from..(from + 100).min(250))).to_string()
    });
    let test = Test::Compare(Comparison::Equal, Value::Text("f".to_owned()));
    let filters = vec![Filter::Test { path: JsonPath::root_member("type"), test }];
    let found = rows_at(&TRANSPORT, &api.url, "token", &Asking { filters, ..entity("logs") }).unwrap();
    assert_eq!(found.len(), 250, "the first hundred and all that are left");
}
