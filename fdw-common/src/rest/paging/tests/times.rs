//! A made-up API that sorts and searches its rows by time, and gives rows of equal times in another order each time.

use super::{Page, Reply};
use crate::model::{Entity, NumberedPages, Paging, SliceKeys, SortParameter};
use crate::plan::RemotePlan;
use crate::rest::decode::{Claims, ListMember};
use crate::rest::paging::sliced::SlicedList;
use crate::secret::Secret;
use crate::slice::Slice;
use crate::source::{Api, TokenClaims};
use crate::testing::{ENTITY, PAGES};

/// The rows of a full page.
pub(super) const SIZE: u32 = 4;
pub(super) const SORTED: NumberedPages = NumberedPages { max_size: SIZE, page_cap: Some(40), ..PAGES };
pub(super) static SORTED_LIST: Entity = Entity {
    paging: Paging::Page(SORTED),
    sort: Some(SortParameter { name: "sort", columns: &["made_at"] }),
    ..ENTITY
};
const BY: SliceKeys = SliceKeys { time: "made_at", changed: "changed_at", key: "id" };

/// An API that searches for a range of time, written as its two ends.
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

/// The value of a parameter of a target.
fn value<'a>(target: &'a str, name: &str) -> Option<&'a str> {
    target.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The list, whose first page has so many rows.
pub(super) fn list(page_size: u32) -> SlicedList {
    let plan = RemotePlan { page_size, query: Vec::new(), ..RemotePlan::full_scan(&SORTED_LIST, Vec::new(), 40) };
    SlicedList { plan, search: None, by: BY, api: &Ranges, is_last: true }
}

/// The key of a row by its number.
pub(super) fn key(number: usize) -> String {
    format!("r{number:02}")
}

/// The answer for a target, where the rows have these keys and times.
pub(super) fn answer(rows: &[(String, i64)], target: &str, dice: &mut fastrand::Rng) -> Reply {
    let mut rows = rows.to_vec();
    if let Some((from, to)) = value(target, "q").and_then(|range| range.split_once('_')) {
        let range = from.parse().unwrap()..to.parse().unwrap();
        rows.retain(|(_, time)| range.contains(time));
    }
    if let Some(sort) = value(target, "sort") {
        dice.shuffle(&mut rows);
        let sign = if sort.ends_with("-1") { -1 } else { 1 };
        rows.sort_by_key(|(_, time)| sign * *time);
    }
    let total = rows.len() as u64;
    let size = value(target, "per_page").unwrap().parse::<usize>().unwrap();
    let start = value(target, "page").unwrap().parse::<usize>().unwrap() * size;
    let rows = rows.into_iter().skip(start).take(size).collect();
    let claims = Claims {
        list: ListMember::Present,
        total: Some(total),
        start: Some(start as u64),
        limit: Some(size as u64),
        ..Claims::default()
    };
    Reply::Page(Page { rows, claims, next_link: None })
}
