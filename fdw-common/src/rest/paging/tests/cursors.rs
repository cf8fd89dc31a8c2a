//! Pages that link to the next one, and lookups.

use super::super::cursor::CursorPager;
use super::super::lookups::{KeyedTarget, LookupsPager};
use super::super::proof::Proof;
use super::{Page, Read, Reply, read};
use crate::error::ErrorKind;
use crate::model::{Checkpoint, Entity, NextPage};
use crate::plan::RemotePlan;
use crate::rest::decode::ListMember;
use crate::testing::ENTITY;

static TABLE: Entity = Entity { definition: Some("a table"), search: None, ..ENTITY };
const CURSORS: Checkpoint = Checkpoint {
    size: None,
    max_size: 2,
    next: NextPage::Cursor { parameter: "after", at: &["next"] },
    keeps_position: false,
};
const KEYS: Checkpoint = Checkpoint { next: NextPage::LastKey { parameter: "after" }, ..CURSORS };

fn cursors(pages: Checkpoint, answer: impl FnMut(usize, &str) -> Reply) -> Read {
    let plan = RemotePlan { query: Vec::new(), ..RemotePlan::full_scan(&TABLE, Vec::new(), 0) };
    read(Box::new(CursorPager::new(&TABLE, pages, plan)), answer)
}

/// The value of `after` in a target.
fn after(target: &str) -> &str {
    target.split_once("after=").map_or("", |(_, after)| after)
}

#[test]
fn the_end_of_a_cursor_that_keeps_its_position_is_the_proof() {
    let read = cursors(CURSORS, |_, target| {
        Reply::Page(match after(target) {
            "" => Page::of(&["a", "b"]).leading_to("x"),
            "x" => Page::of(&[]).leading_to("y"),
            _ => Page::of(&["c"]),
        })
    });
    assert_eq!(read.proven(), (vec!["a", "b", "c"], 3, Proof::Cursor));
}

#[test]
fn a_cursor_that_counts_pages_is_read_until_two_readings_agree() {
    let answer = |_: usize, target: &str| {
        Reply::Page(if after(target) == "2" { Page::of(&["c"]) } else { Page::of(&["a", "b"]).leading_to("2") })
    };
    assert_eq!(cursors(CURSORS, answer).proven(), (vec!["a", "b", "c"], 4, Proof::EqualReadings));
    let kept = Checkpoint { keeps_position: true, ..CURSORS };
    assert_eq!(cursors(kept, answer).proven(), (vec!["a", "b", "c"], 2, Proof::Cursor));
}

#[test]
fn a_last_page_may_link_to_itself_and_a_link_back_from_new_rows_is_an_error() {
    let read = cursors(CURSORS, |_, target| {
        Reply::Page(match after(target) {
            "" => Page::of(&["a", "b"]).leading_to("x"),
            _ => Page::of(&["c"]).leading_to("x"),
        })
    });
    assert_eq!(read.proven(), (vec!["a", "b", "c"], 3, Proof::Cursor));
    let read = cursors(CURSORS, |request, target| {
        let key = format!("r{request}");
        Reply::Page(match after(target) {
            "x" => Page::of(&[&key]).leading_to("y"),
            _ => Page::of(&[&key]).leading_to("x"),
        })
    });
    assert!(read.error().message().ends_with("\"next\" leads back to a page that was read"), "{}", read.error());
}

#[test]
fn the_key_of_the_last_row_is_the_cursor_up_to_an_empty_page() {
    let read = cursors(KEYS, |_, target| {
        Reply::Page(match after(target) {
            "" => Page::of(&["a", "b"]),
            "b" => Page::of(&["c"]),
            _ => Page::of(&[]),
        })
    });
    assert_eq!(read.proven(), (vec!["a", "b", "c"], 3, Proof::Cursor));
    // An API that ignores the parameter.
    let read = cursors(KEYS, |_, _| Reply::Page(Page::of(&["a", "b"])));
    assert_eq!(read.error().kind(), ErrorKind::Protocol);
}

#[test]
fn a_page_of_only_the_last_row_is_the_end_if_pages_have_room_for_more() {
    // Pages begin with the row that is their cursor. The first row is deleted after two requests.
    for (first, second, is_read) in [(&["a", "b"][..], &["b"][..], true), (&["a"], &["b"], false)] {
        let read = cursors(KEYS, |request, target| {
            Reply::Page(match after(target) {
                "" => Page::of(first),
                "a" if request < 3 => Page::of(&["a"]),
                _ => Page::of(second),
            })
        });
        assert_eq!(read.end.is_ok(), is_read, "{first:?}: {:?}", read.end);
    }
}

#[test]
fn a_missing_list_is_an_error_unless_the_answer_says_that_it_is_the_last() {
    for (states_end, is_read) in [(true, true), (false, false)] {
        let read = cursors(CURSORS, |_, target| {
            let mut page = if after(target).is_empty() { Page::of(&["a"]).leading_to("x") } else { Page::of(&[]) };
            if !after(target).is_empty() {
                page.claims.list = ListMember::Absent;
                page.claims.states_end = states_end;
            }
            Reply::Page(page)
        });
        assert_eq!(read.end.is_ok(), is_read, "{:?}", read.end);
    }
}

#[test]
fn rows_of_one_key_on_two_pages_are_an_error_in_the_second_reading() {
    let read = cursors(CURSORS, |_, target| {
        Reply::Page(if after(target) == "x" { Page::of(&["b", "c"]) } else { Page::of(&["a", "b"]).leading_to("x") })
    });
    assert!(read.error().hint().unwrap().contains("option key"), "{:?}", read.error());
    // Only once: the row moved.
    let read = cursors(CURSORS, |request, target| {
        let second = if request == 2 { ["b", "c"] } else { ["c", "d"] };
        Reply::Page(if after(target) == "x" { Page::of(&second) } else { Page::of(&["a", "b"]).leading_to("x") })
    });
    assert_eq!(read.proven().0, ["a", "b", "c", "d"]);
}

#[test]
fn a_deleted_object_has_no_rows() {
    let read = cursors(CURSORS, |_, _| Reply::Absent);
    assert_eq!((read.proven().0.len(), read.proven().1), (0, 1));
    let read = cursors(CURSORS, |request, _| match request {
        1 => Reply::Page(Page::of(&["a"]).leading_to("x")),
        _ => Reply::Absent,
    });
    assert_eq!((read.proven().0, read.proven().1), (vec!["a"], 3), "the first page is read again");
}

#[test]
fn every_key_is_looked_up_and_a_row_is_emitted_once() {
    let targets = ["1", "2", "3"].map(|key| KeyedTarget { bound: Vec::new(), target: key.to_owned() });
    let pager = LookupsPager::new(&ENTITY.lookups[0], targets.to_vec());
    let read = read(Box::new(pager), |_, target| match target {
        "2" => Reply::Absent,
        _ => Reply::Page(Page::of(&["same"])),
    });
    assert_eq!(read.proven(), (vec!["same"], 3, Proof::Lookups));
}
