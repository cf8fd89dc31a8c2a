//! Sorted pages of an API that returns rows of equal times in another order for each request.

use super::super::numbered::NumberedPager;
use super::super::proof::Proof;
use super::super::sliced::SlicedList;
use super::{Page, Read, Reply, read};
use crate::model::{Entity, NumberedPages, Paging, SliceKeys, SortParameter};
use crate::plan::RemotePlan;
use crate::rest::decode::{Claims, ListMember};
use crate::secret::Secret;
use crate::slice::Slice;
use crate::source::{Api, TokenClaims};
use crate::testing::{ENTITY, PAGES};

const SIZE: u32 = 4;
const SORTED: NumberedPages = NumberedPages { max_size: SIZE, page_cap: Some(40), ..PAGES };
static SORTED_LIST: Entity = Entity {
    paging: Paging::Page(SORTED),
    sort: Some(SortParameter { name: "sort", columns: &["made_at"] }),
    ..ENTITY
};
const BY: SliceKeys = SliceKeys { time: "made_at", changed: "changed_at", key: "id" };

/// An API whose search for a range of time is the two ends of the range.
#[derive(Debug)]
struct Ranges;

impl Api for Ranges {
    fn title(&self) -> &'static str {
        "Ranges"
    }

    fn is_absent(&self, _status: u16, _body: &[u8], _entity: &Entity) -> bool {
        false
    }

    fn error_message(&self, _body: &[u8]) -> Option<String> {
        None
    }

    fn error_hint(&self, _status: u16, _body: &[u8], _entity: &Entity) -> Option<String> {
        None
    }

    fn login_hint(&self, _status: u16) -> Option<String> {
        None
    }

    fn token_claims(&self, _token: &Secret) -> TokenClaims {
        TokenClaims::default()
    }

    fn search_slice(&self, _search: Option<&str>, slice: &Slice) -> Option<String> {
        let (from, to) = (slice.from.unwrap_or(0), slice.to.unwrap_or(i64::MAX));
        (slice.from.is_some() || slice.to.is_some()).then(|| format!("{from}_{to}"))
    }
}

/// The value of a query parameter of a target.
fn value<'a>(target: &'a str, name: &str) -> Option<&'a str> {
    target.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Reads rows at these times; rows of equal times are in another order in each answer.
fn read_shuffled(times: &[i64], seed: u64) -> Read {
    let mut dice = fastrand::Rng::with_seed(seed);
    let plan = RemotePlan { page_size: SIZE, query: Vec::new(), ..RemotePlan::full_scan(&SORTED_LIST, Vec::new(), 0) };
    let list = SlicedList { plan: plan.clone(), search: None, by: BY, api: &Ranges, is_last: true };
    let pager = NumberedPager::new(&SORTED_LIST, SORTED, plan.by_time(&SORTED_LIST), Some(list));
    read(Box::new(pager), |_, target| {
        let mut rows: Vec<(String, i64)> =
            times.iter().enumerate().map(|(at, time)| (format!("r{at:02}"), *time)).collect();
        if let Some((from, to)) = value(target, "q").and_then(|range| range.split_once('_')) {
            let range = from.parse().unwrap()..to.parse().unwrap();
            rows.retain(|(_, time)| range.contains(time));
        }
        if value(target, "sort").is_some() {
            dice.shuffle(&mut rows);
            rows.sort_by_key(|(_, time)| *time);
        }
        let total = rows.len() as u64;
        let start = value(target, "page").unwrap().parse::<usize>().unwrap() * SIZE as usize;
        let rows = rows.into_iter().skip(start).take(SIZE as usize).collect();
        let claims = Claims {
            list: ListMember::Present,
            total: Some(total),
            start: Some(start as u64),
            limit: Some(SIZE.into()),
            ..Claims::default()
        };
        Reply::Page(Page { rows, claims, next_link: None })
    })
}

#[test]
fn rows_of_a_time_on_two_pages_are_requested_once_more() {
    // Three pages; the fourth and the fifth row share a time.
    let times = [1, 1, 2, 3, 3, 4, 4, 5, 6];
    let mut repaired = 0;
    for seed in 0..50 {
        let read = read_shuffled(&times, seed);
        let (mut rows, requests, proof) = read.proven();
        rows.sort_unstable();
        let expected: Vec<String> = (0..times.len()).map(|at| format!("r{at:02}")).collect();
        assert_eq!(rows, expected, "seed {seed}");
        assert_eq!(proof, Proof::Times, "seed {seed}");
        assert!(requests <= 4, "seed {seed}: {:#?}", read.targets);
        repaired += usize::from(requests == 4);
    }
    assert!(repaired > 5, "rows changed places {repaired} times only");
}

#[test]
fn rows_of_a_time_that_fill_an_answer_are_read_in_slices() {
    let times = [1, 2, 3, 3, 3, 3, 3, 3, 3, 4];
    for seed in 0..50 {
        let read = read_shuffled(&times, seed);
        let (mut rows, _, proof) = read.proven();
        rows.sort_unstable();
        let expected: Vec<String> = (0..times.len()).map(|at| format!("r{at:02}")).collect();
        assert_eq!(rows, expected, "seed {seed}");
        assert!(matches!(proof, Proof::Times | Proof::Slices), "seed {seed}: {proof}");
    }
}
