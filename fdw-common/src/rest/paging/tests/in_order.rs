//! Lists that are read in the order of a time.

use super::super::in_order::InOrderPager;
use super::super::proof::Proof;
use super::times::{SIZE, SORTED, SORTED_LIST, answer, key, list};
use super::{Read, read};
use crate::slice::Direction::{self, Ascending, Descending};

/// Reads rows at these times from a first page of this size on. Rows change before each answer.
fn read_in_order(
    times: &[i64],
    first: u32,
    direction: Direction,
    mut change: impl FnMut(usize, &mut Vec<(String, i64)>),
) -> Read {
    let mut dice = fastrand::Rng::with_seed(times.len() as u64);
    let mut rows: Vec<_> = times.iter().enumerate().map(|(at, time)| (key(at), *time)).collect();
    let pager = InOrderPager::new(&SORTED_LIST, SORTED, list(first), direction);
    read(Box::new(pager), |request, target| {
        change(request, &mut rows);
        answer(&rows, target, &mut dice)
    })
}

fn time_of(times: &[i64], key: &str) -> i64 {
    times[key[1..].parse::<usize>().unwrap()]
}

#[test]
fn rows_come_once_and_in_order_whatever_they_share() {
    let distinct: Vec<i64> = (1..=30).collect();
    for (times, first, requests) in [
        (&[][..], 4, 1),
        (&[1, 2, 3], 4, 1),
        // A first page that is full may be all, or not.
        (&[1, 2, 3, 4], 4, 2),
        (&[1, 2, 3, 4, 5], 1, 3),
        (&[1, 1, 2, 2, 3, 3, 3, 4], 2, 5),
        // More of one time than an answer holds.
        (&[1, 2, 3, 3, 3, 3, 3, 3, 3, 4, 5], 4, 7),
        (&distinct, 4, 11),
    ] {
        for direction in [Ascending, Descending] {
            let read = read_in_order(times, first, direction, |_, _| ());
            let (keys, sent, _) = read.proven();
            let mut came: Vec<i64> = keys.iter().map(|key| time_of(times, key)).collect();
            if direction == Descending {
                came.reverse();
            }
            assert_eq!(came, times, "{direction:?}: {:#?}", read.targets);
            let different: std::collections::HashSet<_> = keys.iter().collect();
            assert_eq!(different.len(), times.len(), "{keys:?}");
            assert!(sent <= requests, "{sent} requests for {times:?} {direction:?}: {:#?}", read.targets);
        }
    }
}

#[test]
fn no_row_is_lost_when_others_come_and_go() {
    let times: Vec<i64> = (1..=20).collect();
    for direction in [Ascending, Descending] {
        let read = read_in_order(&times, SIZE, direction, |request, rows| {
            // A row that was read goes, and one comes where nobody has been.
            if request == 2 {
                rows.retain(|(key, _)| key != if direction == Ascending { "r01" } else { "r18" });
                rows.push(("r99".to_owned(), if direction == Ascending { 21 } else { 0 }));
            }
        });
        let (keys, _, proof) = read.proven();
        assert_eq!(keys.len(), 21, "{keys:?}");
        assert_eq!(proof, Proof::Slices);
    }
}
