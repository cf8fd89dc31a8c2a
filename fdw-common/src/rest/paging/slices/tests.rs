//! The walk over a simulated index that changes while it is read.

use std::collections::{HashMap, HashSet, VecDeque};

use proptest::prelude::*;

use super::ask::Ask;
use super::walk::{MAX_FAILURES, SliceWalk};
use crate::error::ErrorKind;
use crate::model::{Entity, NumberedPages, Paging, SliceKeys};
use crate::rest::decode::Claims;
use crate::rest::paging::tests::{Keyed, Keyless};
use crate::slice::{Direction, KeyChoice};
use crate::testing::{ENTITY, PAGES};

const BY: SliceKeys = SliceKeys { time: "made_at", changed: "changed_at", key: "id" };
const LARGE_PAGES: NumberedPages = NumberedPages { max_size: 100, page_cap: Some(1000), ..PAGES };
static SMALL: Entity = ENTITY;
static LARGE: Entity = Entity { paging: Paging::Page(LARGE_PAGES), ..ENTITY };

/// An index that answers as the API does: capped totals, and rows of equal times in another order every time.
struct Index {
    entity: &'static Entity,
    pages: NumberedPages,
    rows: Vec<(String, i64)>,
    dice: fastrand::Rng,
}

impl Index {
    fn new(entity: &'static Entity, rows: Vec<(String, i64)>, seed: u64) -> Self {
        let Paging::Page(pages) = entity.paging else { panic!("a list in numbered pages") };
        Index { entity, pages, rows, dice: fastrand::Rng::with_seed(seed) }
    }

    fn answer(&mut self, ask: &Ask) -> (Claims, Keyed) {
        let begins = |key: &str, with: &[String]| with.iter().any(|beginning| key.starts_with(beginning));
        let chosen = |key: &str| {
            ask.slice.keys.iter().all(|choice| match choice {
                KeyChoice::Beginning(with) => begins(key, with),
                KeyChoice::NotBeginning(with) => !begins(key, with),
            })
        };
        let within =
            |time: i64| ask.slice.from.is_none_or(|from| from <= time) && ask.slice.to.is_none_or(|to| time < to);
        let mut found: Vec<(String, i64)> =
            self.rows.iter().filter(|(key, time)| within(*time) && chosen(key)).cloned().collect();
        if let Some(direction) = ask.order {
            self.dice.shuffle(&mut found);
            found.sort_by_key(|(_, time)| *time);
            if direction == Direction::Descending {
                found.reverse();
            }
        }
        let size = u64::from(self.pages.max_size);
        let cap = self.entity.page_cap().unwrap();
        let start = ask.page * size;
        assert!(start < cap, "a page past the cap was requested");
        let total = (found.len() as u64).min(cap);
        let claims = stated(start, size, total);
        let end = (start + size).min(total).max(start);
        (claims, Keyed(found.drain(start.min(total) as usize..end.min(total) as usize).collect()))
    }
}

/// Reads everything with `side_by_side` concurrent requests; `change` is called before each answer.
/// Returns how often each key was emitted, and the number of requests.
fn read(
    index: &mut Index,
    side_by_side: usize,
    mut change: impl FnMut(&mut Index, usize),
) -> (HashMap<String, u32>, usize) {
    let mut walk = SliceWalk::new(index.entity, index.pages, BY);
    let (mut in_flight, mut came, mut requests) = (VecDeque::new(), HashMap::new(), 0);
    while !walk.is_complete() {
        while in_flight.len() < side_by_side {
            let Some(ask) = walk.next() else { break };
            in_flight.push_back(ask);
            requests += 1;
            assert!(requests < 100_000, "the walk does not end");
        }
        // Answers are processed in the order of their requests, whatever order the API computes them in.
        let ask = in_flight.pop_front().expect("no request is left");
        change(index, requests);
        let (claims, rows) = index.answer(&ask);
        let kept = walk.answer(&ask, &claims, &rows).unwrap();
        for ((key, _), _) in rows.0.into_iter().zip(kept).filter(|(_, kept)| *kept) {
            *came.entry(key).or_insert(0) += 1;
        }
    }
    (came, requests)
}

/// The claims of an answer.
fn stated(start: u64, limit: u64, total: u64) -> Claims {
    Claims { start: Some(start), limit: Some(limit), total: Some(total), ..Claims::default() }
}

/// Rows with keys like those of users, at these times.
fn rows_at(times: impl IntoIterator<Item = i64>) -> Vec<(String, i64)> {
    times.into_iter().enumerate().map(|(n, time)| (format!("auth0|{:08x}", n * 7_919), time)).collect()
}

#[test]
fn every_row_is_emitted_once_in_few_requests() {
    let day = 86_400_000;
    let mut dice = fastrand::Rng::with_seed(7);
    let base = 1_700_000_000_000;
    let even: Vec<i64> = (0..25_000).map(|n| base + n * 60_000).collect();
    let mut skewed: Vec<i64> = (0..25_000).map(|n| base + 900 * day + n * 100).collect();
    skewed.extend((0..100).map(|n| base + n * day * 9));
    let mut clustered: Vec<i64> = (0..20_500).map(|_| base + dice.i64(0..day * 700)).collect();
    for cluster in 1..=3 {
        clustered.extend(std::iter::repeat_n(base + cluster * 100 * day, 1_500));
    }
    let cases = [("even", even), ("skewed", skewed), ("clustered", clustered)];
    for (name, times) in cases {
        for side_by_side in [1, 10] {
            let rows = rows_at(times.clone());
            let mut index = Index::new(&LARGE, rows.clone(), 1);
            let (came, requests) = read(&mut index, side_by_side, |_, _| {});
            assert_eq!(came.len(), rows.len(), "{name}");
            assert!(came.values().all(|times| *times == 1), "{name}");
            let pages = rows.len().div_ceil(100);
            assert!(requests as f64 <= pages as f64 * 1.15, "{name}: {requests} requests for {pages} pages");
        }
    }
}

#[test]
fn windows_are_read_concurrently() {
    let mut index = Index::new(&LARGE, rows_at((0..20_000).map(|n| n * 50_000)), 1);
    let mut walk = SliceWalk::new(&LARGE, LARGE_PAGES, BY);
    // In each round, every request that need not wait is sent.
    let mut rounds = 0;
    while !walk.is_complete() {
        rounds += 1;
        let asks: Vec<Ask> = (0..10).map_while(|_| walk.next()).collect();
        for ask in asks {
            let (claims, rows) = index.answer(&ask);
            walk.answer(&ask, &claims, &rows).unwrap();
        }
    }
    assert!(rounds < 50, "{rounds} rounds for 200 pages");
}

#[test]
fn rows_of_one_instant_past_the_page_cap_are_split_by_their_keys() {
    for count in [2, 3, 9, 10, 11, 60] {
        let rows = rows_at(std::iter::repeat_n(5, count));
        let (came, _) = read(&mut Index::new(&SMALL, rows, 1), 3, |_, _| {});
        assert_eq!(came.len(), count);
        assert!(came.values().all(|times| *times == 1), "{count}");
    }
}

#[test]
fn keys_that_cannot_be_split_are_an_error() {
    let rows = (0..20).map(|n| (format!("\u{e9}{n}"), 5)).collect();
    let mut index = Index::new(&SMALL, rows, 1);
    let mut walk = SliceWalk::new(&SMALL, PAGES, BY);
    let error = loop {
        let ask = walk.next().unwrap();
        let (claims, rows) = index.answer(&ask);
        if let Err(error) = walk.answer(&ask, &claims, &rows) {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::Incomplete);
    assert!(error.detail().unwrap().contains("cannot be split by their \"id\""), "{error}");
}

#[test]
fn a_search_that_takes_too_long_is_split() {
    let rows = rows_at((0..200).map(|n| 1_700_000_000_000 + n * 1_000));
    let mut index = Index::new(&SMALL, rows.clone(), 1);
    let mut walk = SliceWalk::new(&SMALL, PAGES, BY);
    let (mut came, mut slow) = (HashSet::new(), 0);
    while !walk.is_complete() {
        let ask = walk.next().unwrap();
        let (from, to) = (ask.slice.from.unwrap_or(0), ask.slice.to.unwrap_or(i64::MAX));
        let found = rows.iter().filter(|(_, time)| (from..to).contains(time)).count();
        if found > 40 {
            slow += 1;
            walk.too_slow(&ask).unwrap();
            continue;
        }
        let (claims, rows) = index.answer(&ask);
        let kept = walk.answer(&ask, &claims, &rows).unwrap();
        for ((key, _), _) in rows.0.into_iter().zip(kept).filter(|(_, kept)| *kept) {
            assert!(came.insert(key));
        }
    }
    assert_eq!(came.len(), rows.len());
    assert!((1..60).contains(&slow), "{slow}");
    let mut one = SliceWalk::new(&SMALL, PAGES, BY);
    let error = (0..200).find_map(|_| {
        let ask = one.next().unwrap();
        one.too_slow(&ask).err()
    });
    assert_eq!(error.unwrap().kind(), ErrorKind::Incomplete);
}

#[test]
fn answers_that_do_not_match_the_request_are_errors() {
    let of = |rows: &[(&str, i64)]| Keyed(rows.iter().map(|(key, time)| ((*key).to_owned(), *time)).collect());
    let answer = |claims: Claims, rows: Keyed| {
        let mut walk = SliceWalk::new(&SMALL, PAGES, BY);
        let mut last = Ok(Vec::new());
        for _ in 0..=MAX_FAILURES {
            let ask = walk.next().unwrap();
            last = walk.answer(&ask, &claims, &rows);
            if last.is_err() {
                break;
            }
        }
        last.unwrap_err().kind()
    };
    let page = stated(0, 2, 5);
    assert_eq!(answer(page.clone(), of(&[("a", 2), ("b", 1)])), ErrorKind::Protocol, "out of order");
    assert_eq!(answer(stated(2, 2, 5), of(&[("a", 1), ("b", 2)])), ErrorKind::Protocol, "another page");
    assert_eq!(answer(page.clone(), of(&[("a", 1), ("b", 2), ("c", 3)])), ErrorKind::Protocol, "too many");
    assert_eq!(answer(page, of(&[("a", 1)])), ErrorKind::Incomplete, "too few");
    let mut walk = SliceWalk::new(&SMALL, PAGES, BY);
    let ask = walk.next().unwrap();
    let error = walk.answer(&ask, &stated(0, 2, 1), &Keyless(&["a"])).unwrap_err();
    assert!(error.message().contains("a row has no \"made_at\""), "{error}");
}

#[test]
fn a_total_does_not_end_a_slice() {
    let rows = rows_at((0..6).map(|n| 1_700_000_000_000 + n * 1_000));
    for (wrong, is_error) in [(0, false), (1, false), (2, true)] {
        let mut index = Index::new(&SMALL, rows.clone(), 1);
        let mut walk = SliceWalk::new(&SMALL, PAGES, BY);
        let (mut came, mut error) = (0, None);
        while !walk.is_complete() && error.is_none() {
            let ask = walk.next().unwrap();
            let (claims, rows) = index.answer(&ask);
            let claims = Claims { total: Some(wrong), ..claims };
            match walk.answer(&ask, &claims, &rows) {
                Ok(kept) => came += kept.into_iter().filter(|kept| *kept).count(),
                Err(incomplete) => error = Some(incomplete),
            }
        }
        assert_eq!(error.is_some(), is_error, "a total of {wrong}");
        assert!(is_error || came == rows.len(), "a total of {wrong}");
    }
}

#[test]
fn a_list_at_its_page_cap_takes_few_requests() {
    for (rows, most) in [(1_000, 11), (10_000, 113)] {
        for capped in [true, false] {
            let mut index = Index::new(&LARGE, rows_at((0..rows).map(|n| 1_700_000_000_000 + n * 60_000)), 1);
            let mut walk = SliceWalk::new(&LARGE, LARGE_PAGES, BY);
            let first = walk.next().unwrap();
            let (claims, page) = index.answer(&first);
            let total = if capped { 1_000 } else { rows as u64 };
            walk = SliceWalk::new(&LARGE, LARGE_PAGES, BY);
            let kept = walk.first_page(&Claims { total: Some(total), ..claims }, &page).unwrap();
            let mut came = kept.into_iter().filter(|kept| *kept).count();
            let (mut requests, mut in_flight) = (1, VecDeque::new());
            while !walk.is_complete() {
                in_flight.extend((in_flight.len()..10).map_while(|_| walk.next()));
                let ask = in_flight.pop_front().expect("a request");
                requests += 1;
                let (claims, page) = index.answer(&ask);
                came += walk.answer(&ask, &claims, &page).unwrap().into_iter().filter(|kept| *kept).count();
            }
            assert_eq!(came as i64, rows);
            assert!(requests <= most, "{requests} requests for {rows} rows, capped: {capped}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    /// A row that exists all the time is emitted once, and no row twice, while other rows change.
    #[test]
    fn rows_that_stay_are_emitted_once(
        times in prop::collection::vec(0i64..60, 0..120),
        side_by_side in 1usize..8,
        seed in any::<u64>(),
        changes in 0u8..4,
    ) {
        let rows = rows_at(times);
        let mut index = Index::new(&SMALL, rows.clone(), seed);
        let mut gone = HashSet::new();
        let mut dice = fastrand::Rng::with_seed(seed);
        let (came, _) = read(&mut index, side_by_side, |index, request| {
            // The changes end after a while: a list that changes forever cannot be read.
            for _ in 0..(if request < 60 { changes } else { 0 }) {
                if dice.bool() && !index.rows.is_empty() {
                    gone.insert(index.rows.remove(dice.usize(..index.rows.len())).0);
                } else {
                    // New rows are the latest.
                    let time = 60 + request as i64;
                    index.rows.push((format!("new|{request}-{}", dice.u32(..)), time));
                }
            }
        });
        for (key, _) in &rows {
            let times = came.get(key).copied().unwrap_or(0);
            prop_assert!(times <= 1, "{key} came {times} times");
            prop_assert!(times == 1 || gone.contains(key), "{key} is missing");
        }
        prop_assert!(came.values().all(|times| *times == 1));
    }
}
