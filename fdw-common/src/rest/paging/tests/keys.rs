//! Requests for the rows of several keys.

use super::super::keys::KeysPager;
use super::super::proof::Proof;
use super::{Page, Read, Reply, read};
use crate::error::ErrorKind;
use crate::rest::decode::{Claims, ListMember};
use crate::testing::{ENTITY, plan};

/// Asks for three keys.
fn ask(reply: Reply) -> Read {
    let plan = plan(&["name"]).with_parameters(vec![("q".to_owned(), "id:(\"a\" OR \"b\" OR \"c\")".to_owned())]);
    let keys = ["a", "b", "c"].map(str::to_owned).to_vec();
    let mut reply = Some(reply);
    read(Box::new(KeysPager::new(&ENTITY, &plan, keys)), |_, _| reply.take().expect("one request"))
}

#[test]
fn rows_of_the_keys_are_emitted_once_and_no_others() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["a", "b", "c"], &["a", "b", "c"]),
        (&["c", "a"], &["c", "a"]),
        (&["a", "x", "b"], &["a", "b"]),
        (&["a", "A", "", "a"], &["a"]),
        (&[], &[]),
    ];
    for (rows, expected) in cases {
        // A total says nothing about these keys.
        for page in [Page::of(rows), Page::of(rows).stating(9), Page::of(rows).stating(0).leading_to("x")] {
            assert_eq!(ask(Reply::Page(page)).proven(), (expected.to_vec(), 1, Proof::Keys), "{rows:?}");
        }
    }
    for reply in [Reply::NoContent, Reply::Absent] {
        assert_eq!(ask(reply).proven(), (vec![], 1, Proof::Keys));
    }
    let target = "things?totals=true&fields=id%2Cname&include_fields=true\
                  &q=id%3A%28%22a%22+OR+%22b%22+OR+%22c%22%29&per_page=2&page=0";
    assert_eq!(ask(Reply::NoContent).targets, [target]);
}

#[test]
fn a_search_that_is_too_slow_and_an_answer_without_a_list_are_errors() {
    assert_eq!(ask(Reply::TooSlow).error().kind(), ErrorKind::Remote);
    let mut page = Page::of(&[]);
    page.claims = Claims { list: ListMember::Absent, ..Claims::default() };
    assert_eq!(ask(Reply::Page(page)).error().kind(), ErrorKind::Protocol);
}
