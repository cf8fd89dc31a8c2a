//! Lists with unusual behaviour: a scan returns the right rows or an error, and always ends.

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
use scan::{EntityScan, rows_at};
use serde_json::json;

static TRANSPORT: LazyLock<Transport> = LazyLock::new(|| Transport::start().unwrap());

fn entity(name: &str) -> EntityScan {
    EntityScan::of(find_entity::<Auth0>(Some(name)).unwrap())
}

/// The first column of all rows, sorted.
fn read(api: &Replay, entity_scan: &EntityScan) -> Result<Vec<String>, Error> {
    let rows = rows_at(&TRANSPORT, &api.url, "token", entity_scan)?;
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
    let invitations =
        |entity_scan: EntityScan| entity_scan.with(&vec![("organization_id".to_owned(), "org_1".to_owned())]);
    api.answer(|target| {
        let first = target.ends_with("&page=0");
        let pass = PASS.fetch_add(usize::from(first), Ordering::Relaxed) + usize::from(first);
        let page: usize = target.rsplit('=').next().unwrap().parse().unwrap();
        let ids = match (pass, page) {
            (_, 0) => 0..100,
            // A row of the first page has moved to the second.
            (1, 1) => 99..120,
            (_, 1) => 100..121,
            _ => 0..0,
        };
        json!({"start": 0, "limit": 100, "invitations": rows("id", ids)}).to_string()
    });
    let mut entity_scan = invitations(entity("organization_invitations"));
    entity_scan.all_columns = true;
    let found = rows_at(&TRANSPORT, &api.url, "token", &entity_scan).unwrap();
    assert_eq!((found.len(), api.asked().len()), (121, 9), "{:?}", api.asked());
    // The list never stops changing.
    api.answer(|target| {
        let ids = if target.ends_with("&page=2") { 0..0 } else { 0..5 };
        json!({"invitations": rows("id", ids)}).to_string()
    });
    let error = rows_at(&TRANSPORT, &api.url, "token", &entity_scan).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incomplete);
}

/// The API's answers for a log of `count` entries.
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
        // A page, the empty page after it, and a check that the oldest entry still exists.
        (50, vec![search.clone()], 3),
        // Three pages, the empty page after them, and a check that the oldest entry still exists.
        (250, vec![search.clone()], 5),
        // Ten pages up to the page cap, then the oldest entries again and all after them.
        (1_500, vec![search], 27),
    ] {
        api.answer(log(count));
        let found = rows_at(&TRANSPORT, &api.url, "token", &EntityScan { filters, ..entity("logs") }).unwrap();
        assert_eq!((found.len(), api.asked().len()), (count, requests), "{:?}", api.asked());
    }
    api.answer(|_| json!(rows("log_id", 0..1)).to_string());
    assert_eq!(read(&api, &entity("logs")).unwrap_err().kind(), ErrorKind::Protocol);
}

#[test]
fn a_failed_list_of_a_fan_out_fails_the_scan() {
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
    // A parent without the key of its lists.
    api.answer(|target| match target.starts_with("organizations?") {
        true => json!({"organizations": [{"id": 7}]}).to_string(),
        false => json!({"members": []}).to_string(),
    });
    let error = rows_at(&TRANSPORT, &api.url, "token", &entity("organization_members")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

/// A log's oldest entries are deleted all the time, which moves the others to earlier pages.
#[test]
fn a_search_of_a_log_is_read_again_if_its_oldest_entries_are_deleted() {
    let api = Replay::start();
    let asked = AtomicUsize::new(0);
    api.answer(move |target| {
        let page: usize = target.rsplit_once("&page=").unwrap().1.parse().unwrap();
        // From the second answer on, fifty entries are deleted.
        let gone = if asked.fetch_add(1, Ordering::Relaxed) == 0 { 0 } else { 50 };
        let from = (gone + page * 100).min(250);
        serde_json::Value::from(rows("log_id", from..(from + 100).min(250))).to_string()
    });
    let test = Test::Compare(Comparison::Equal, Value::Text("f".to_owned()));
    let filters = vec![Filter::Test { path: JsonPath::root_member("type"), test }];
    let found = rows_at(&TRANSPORT, &api.url, "token", &EntityScan { filters, ..entity("logs") }).unwrap();
    assert_eq!(found.len(), 250, "the first hundred and all that are left");
}
