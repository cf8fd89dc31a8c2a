//! Logs, read whole and searched.

use super::super::log::LogPager;
use super::super::proof::Proof;
use super::{Page, Reply, read};
use crate::error::ErrorKind;
use crate::model::{Entity, LogPages, PageParameter, Rows, UncountedPages};
use crate::plan::RemotePlan;
use crate::testing::ENTITY;

static LOG: Entity = Entity { rows: Rows::Array, ..ENTITY };
const PAGES: LogPages = LogPages {
    search: UncountedPages {
        page: PageParameter::pages("page", 0),
        size: Some("n"),
        max_size: 2,
        envelope_parameter: None,
        short_page_is_last: false,
    },
    oldest_first: ("sort", "date:1"),
    page_cap: 4,
    from: "from",
    size: "take",
};

fn plan() -> RemotePlan {
    RemotePlan { page_size: 2, query: Vec::new(), ..RemotePlan::full_scan(&LOG, Vec::new(), 0) }
}

#[test]
fn a_log_is_read_from_its_oldest_entry_to_an_empty_page() {
    let read = read(Box::new(LogPager::forward(&LOG, PAGES, plan())), |_, target| {
        Reply::Page(match target {
            "things?sort=date%3A1&n=2&page=0" => Page::of(&["a", "b"]),
            "things?from=a&take=2" => Page::of(&["b", "c"]),
            "things?from=c&take=2" => Page::of(&[]),
            other => panic!("{other}"),
        })
    });
    assert_eq!(read.proven(), (vec!["a", "b", "c"], 3, Proof::Cursor));
}

#[test]
fn entries_written_out_of_date_order_are_all_read() {
    // Dated a, b, c, d; written a, c, b, d.
    let written = ["a", "c", "b", "d"];
    let read = read(Box::new(LogPager::forward(&LOG, PAGES, plan())), |_, target| {
        let Some(from) = target.strip_prefix("things?from=").and_then(|rest| rest.strip_suffix("&take=2")) else {
            assert_eq!(target, "things?sort=date%3A1&n=2&page=0");
            return Reply::Page(Page::of(&["a", "b"]));
        };
        let rows: Vec<&str> = written.into_iter().skip_while(|entry| *entry != from).skip(1).take(2).collect();
        Reply::Page(Page::of(&rows))
    });
    let mut rows = read.proven().0;
    rows.sort_unstable();
    assert_eq!(rows, ["a", "b", "c", "d"]);
}

#[test]
fn a_search_is_read_again_when_its_oldest_entry_was_deleted() {
    let search = |deleted_at: usize| {
        let mut entries = vec!["a", "b", "c", "d"];
        entries.truncate(3);
        read(Box::new(LogPager::search(&LOG, PAGES, plan(), true)), move |request, target| {
            if request == deleted_at {
                entries.remove(0);
            }
            let page = usize::from(target.ends_with("page=1"));
            let size = if target.contains("n=1&") { 1 } else { 2 };
            let keys: Vec<&str> = entries.iter().skip(page * size).take(size).copied().collect();
            Reply::Page(if target.contains("from=") { Page::of(&[]) } else { Page::of(&keys) })
        })
    };
    // Two pages reach the page cap here, so the rest is read forward.
    assert_eq!(search(99).proven().0, ["a", "b", "c"]);
    let mut rows = search(2).proven().0.into_iter().map(str::to_owned).collect::<Vec<_>>();
    rows.sort_unstable();
    assert_eq!(rows, ["a", "b", "c"], "the oldest is deleted between the pages");
}

#[test]
fn an_entry_that_is_its_own_next_page_is_an_error() {
    let read = read(Box::new(LogPager::forward(&LOG, PAGES, plan())), |_, _| Reply::Page(Page::of(&["a"])));
    assert_eq!(read.error().kind(), ErrorKind::Protocol);
}
