//! Numbered pages, with and without a total.

use super::super::numbered::NumberedPager;
use super::super::proof::Proof;
use super::super::uncounted::UncountedPager;
use super::super::whole::WholePager;
use super::{Page, Read, Reply, read};
use crate::error::ErrorKind;
use crate::model::{Consistency, Entity, NumberedPages, PageParameter, Paging, Rows, UncountedPages};
use crate::plan::RemotePlan;
use crate::rest::decode::ListMember;
use crate::testing::{ENTITY, PAGES};

/// A table that SQL declares: a short page is not the last.
static TABLE: Entity = Entity { definition: Some("a table"), search: None, ..ENTITY };
static DECLARED: Entity = Entity { consistency: Consistency::Declared, ..TABLE };
static WHOLE: Entity = Entity { paging: Paging::Whole, rows: Rows::Array, is_declared_whole: false, ..TABLE };
static DECLARED_WHOLE: Entity = Entity { is_declared_whole: true, ..WHOLE };
const COUNTED: NumberedPages =
    NumberedPages { short_page_is_last: false, exact_total: false, page_cap: None, start: None, limit: None, ..PAGES };
const OFFSETS: UncountedPages = UncountedPages {
    page: PageParameter::rows("offset", 0),
    size: Some("n"),
    max_size: 2,
    envelope_parameter: None,
    short_page_is_last: false,
};
const NUMBERS: UncountedPages = UncountedPages { page: PageParameter::pages("p", 0), ..OFFSETS };

fn plan(entity: &'static Entity, size: u32) -> RemotePlan {
    RemotePlan { page_size: size, query: Vec::new(), ..RemotePlan::full_scan(entity, Vec::new(), 0) }
}

fn counted(entity: &'static Entity, pages: NumberedPages, answer: impl FnMut(usize, &str) -> Reply) -> Read {
    read(Box::new(NumberedPager::new(entity, pages, plan(entity, pages.max_size), None)), answer)
}

fn uncounted(pages: UncountedPages, answer: impl FnMut(usize, &str) -> Reply) -> Read {
    read(Box::new(UncountedPager::new(&TABLE, pages, plan(&TABLE, pages.max_size))), answer)
}

fn number(target: &str, name: &str) -> usize {
    let (_, query) = target.split_once('?').unwrap();
    let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    value.unwrap_or_else(|| panic!("no {name} in {target}")).parse().unwrap()
}

/// The page that a target requests from a list of `rows` rows, with at most `cap` rows.
fn page_of(rows: usize, cap: usize, target: &str) -> Page {
    let size = number(target, "per_page").min(cap);
    let start = number(target, "page") * size;
    let keys: Vec<String> = (start..(start + size).min(rows).max(start)).map(|n| format!("r{n}")).collect();
    Page::of(&keys.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_total_never_limits_the_rows_that_are_read() {
    // A total, and whether all five rows are read. A total above their number is an error.
    for (total, is_read) in [
        (Some(5), true),
        (None, true),
        (Some(0), true),
        (Some(2), true),
        (Some(6), false),
        (Some(2_147_483_647), false),
    ] {
        for entity in [&TABLE, &DECLARED] {
            let read = counted(entity, COUNTED, |_, target| {
                let mut page = page_of(5, 2, target);
                page.claims.total = total;
                Reply::Page(page)
            });
            match is_read {
                true => assert_eq!(read.proven().0.len(), 5, "a total of {total:?}"),
                false => assert_eq!(read.error().kind(), ErrorKind::Incomplete, "a total of {total:?}"),
            }
            assert!(read.targets.len() <= 20, "{} requests for a total of {total:?}", read.targets.len());
        }
    }
}

#[test]
fn a_list_of_several_pages_is_read_until_two_readings_agree() {
    let read = counted(&TABLE, COUNTED, |_, target| Reply::Page(page_of(3, 2, target).stating(3)));
    let (rows, requests, proof) = read.proven();
    assert_eq!((rows, requests, proof), (vec!["r0", "r1", "r2"], 6, Proof::EqualReadings));
    let read = counted(&DECLARED, COUNTED, |_, target| Reply::Page(page_of(3, 2, target).stating(3)));
    assert_eq!((read.proven().1, read.proven().2), (3, Proof::Declared));
}

#[test]
fn a_row_that_moved_to_a_read_page_is_found_when_the_total_stays() {
    // Between the first page and the second, "a" is deleted and "z" is created: the total stays, and "c" moves to the
    // first page.
    let before = [["a", "b"], ["c", "d"]];
    let after = [["b", "c"], ["d", "z"]];
    let read = counted(&TABLE, COUNTED, |request, target| {
        let page = number(target, "page");
        let pages = if request == 1 { before } else { after };
        Reply::Page(pages.get(page).map_or_else(|| Page::of(&[]), |keys| Page::of(keys)).stating(4))
    });
    let mut rows = read.proven().0;
    rows.sort_unstable();
    assert_eq!(rows, ["a", "b", "c", "d", "z"]);
    assert_eq!(read.proven().2, Proof::EqualReadings);
}

#[test]
fn a_short_first_page_is_the_whole_list_if_short_page_is_last_is_declared() {
    let short = NumberedPages { short_page_is_last: true, ..COUNTED };
    let read = counted(&TABLE, short, |_, target| Reply::Page(page_of(1, 2, target)));
    assert_eq!(read.proven(), (vec!["r0"], 1, Proof::OneAnswer));
    // Unless the answer itself states more rows.
    let read = counted(&TABLE, NumberedPages { max_size: 4, ..short }, |_, target| {
        Reply::Page(page_of(5, 2, target).stating(5))
    });
    assert_eq!(read.proven().0.len(), 5);
}

#[test]
fn a_page_of_its_stated_size_is_not_short() {
    let pages = NumberedPages { short_page_is_last: true, max_size: 4, ..COUNTED };
    for total in [None, Some(2)] {
        let read = counted(&TABLE, pages, |_, target| {
            let mut page = page_of(5, 2, target);
            (page.claims.limit, page.claims.total) = (Some(2), total);
            Reply::Page(page)
        });
        assert_eq!(read.proven().0.len(), 5, "a total of {total:?}");
    }
}

#[test]
fn the_page_size_is_learnt() {
    for (asked, cap) in [(4, 2), (4, 3), (2, 2)] {
        let pages = NumberedPages { max_size: asked, ..COUNTED };
        let read = counted(&TABLE, pages, |_, target| Reply::Page(page_of(7, cap, target)));
        assert_eq!(read.proven().0.len(), 7, "{asked} {cap}");
    }
    // An API that counts its pages by the requested size, and returns half of it.
    let pages = NumberedPages { max_size: 4, ..COUNTED };
    let read = counted(&TABLE, pages, |_, target| {
        let (size, page) = (number(target, "per_page"), number(target, "page"));
        let keys: Vec<String> = (page * size..(page * size + size.min(2)).min(7)).map(|n| format!("r{n}")).collect();
        Reply::Page(Page::of(&keys.iter().map(String::as_str).collect::<Vec<_>>()))
    });
    assert_eq!(read.proven().0.len(), 7);
}

#[test]
fn a_page_that_is_empty_once_does_not_end_the_list() {
    for glitch in [1, 2, 3] {
        let read = counted(&TABLE, COUNTED, |request, target| {
            let page = if request == glitch + 1 { Page::of(&[]) } else { page_of(5, 2, target) };
            Reply::Page(page)
        });
        assert_eq!(read.proven().0.len(), 5, "request {glitch}");
    }
}

#[test]
fn readings_that_agree_prove_a_list_only_if_both_reached_the_end() {
    // An API that ignores the parameter, and returns an empty page once.
    let read = uncounted(OFFSETS, |request, _| Reply::Page(Page::of(if request == 4 { &[] } else { &["a", "b"] })));
    assert_eq!(read.error().kind(), ErrorKind::Incomplete);
}

#[test]
fn a_list_that_differs_in_every_reading_is_an_error() {
    let mut last = 0;
    let read = counted(&TABLE, COUNTED, |_, _| {
        last += 1;
        let key = format!("r{last}");
        Reply::Page(if last % 2 == 1 { Page::of(&[&key]) } else { Page::of(&[]) })
    });
    assert_eq!(read.error().kind(), ErrorKind::Incomplete);
    assert!(read.error().message().contains("changed faster than it could be read"), "{}", read.error());
}

#[test]
fn a_repeated_first_page_is_an_error_that_names_the_option() {
    for pages in [NUMBERS, UncountedPages { page: PageParameter::pages("p", 1), ..NUMBERS }] {
        let read = uncounted(pages, |_, _| Reply::Page(Page::of(&["a", "b"])));
        assert!(read.error().hint().unwrap().contains("page_parameter"), "{:?}", read.error());
        assert!(read.targets.len() <= 8, "{:#?}", read.targets);
    }
}

#[test]
fn the_offset_is_the_number_of_rows_read() {
    let keys = ["a", "b", "c", "d", "e"];
    // Pages of at most one row.
    let read = uncounted(OFFSETS, |_, target| {
        Reply::Page(Page::of(&keys.iter().skip(number(target, "offset")).take(1).copied().collect::<Vec<_>>()))
    });
    assert_eq!(read.proven().0, keys);
}

#[test]
fn no_content_and_null_are_no_rows_and_a_missing_list_is_an_error() {
    let end = |request: usize| -> Reply {
        match request {
            1 => Reply::NoContent,
            2 => Reply::Absent,
            _ => {
                let mut page = Page::of(&[]);
                page.claims.list = ListMember::Null;
                Reply::Page(page)
            }
        }
    };
    for kind in 1..=3 {
        let read =
            uncounted(
                NUMBERS,
                |_, target| {
                    if number(target, "p") == 0 { Reply::Page(Page::of(&["a", "b"])) } else { end(kind) }
                },
            );
        assert_eq!(read.proven().0, ["a", "b"], "{kind}");
    }
    let read = uncounted(NUMBERS, |_, target| {
        let mut page = Page::of(if number(target, "p") == 0 { &["a", "b"] } else { &[] });
        page.claims.list = if number(target, "p") == 0 { ListMember::Present } else { ListMember::Absent };
        Reply::Page(page)
    });
    assert_eq!(read.error().kind(), ErrorKind::Protocol);
}

#[test]
fn a_page_cap_is_an_error_if_no_other_pager_can_read_the_list() {
    let read = counted(&TABLE, COUNTED, |_, target| {
        if number(target, "page") < 2 { Reply::Page(page_of(9, 2, target)) } else { Reply::PageCap }
    });
    assert_eq!(read.error().kind(), ErrorKind::Incomplete);
    assert_eq!(read.error().detail(), Some("no further"));
}

#[test]
fn one_answer_that_has_a_next_page_is_an_error_unless_it_is_declared_whole() {
    let whole = |entity: &'static Entity, change: fn(&mut Page)| {
        let mut page = Page::of(&["a"]);
        change(&mut page);
        let mut page = Some(page);
        let pager = WholePager::new(entity, &plan(entity, 2));
        read(Box::new(pager), move |_, _| Reply::Page(page.take().unwrap()))
    };
    let claims: [fn(&mut Page); 2] = [
        |page| page.claims.continues = Some("\"has_more\" is true".to_owned()),
        |page| page.next_link = Some("things?page=2".to_owned()),
    ];
    for claim in claims {
        assert_eq!(whole(&WHOLE, claim).error().kind(), ErrorKind::Incomplete);
        assert!(whole(&WHOLE, claim).error().hint().unwrap().contains("paging 'none'"));
        assert_eq!(whole(&DECLARED_WHOLE, claim).proven(), (vec!["a"], 1, Proof::OneAnswer));
    }
    assert_eq!(whole(&WHOLE, |_| {}).proven(), (vec!["a"], 1, Proof::OneAnswer));
}
