//! Sorted pages of an API that returns rows of equal times in another order for each request.

use super::super::numbered::NumberedPager;
use super::super::proof::Proof;
use super::times::{SIZE, SORTED, SORTED_LIST, answer, key, list};
use super::{Read, read};

/// Reads rows at these times; rows of equal times are in another order in each answer.
fn read_shuffled(times: &[i64], seed: u64) -> Read {
    let mut dice = fastrand::Rng::with_seed(seed);
    let rows: Vec<_> = times.iter().enumerate().map(|(at, time)| (key(at), *time)).collect();
    let plan = list(SIZE).plan.by_time(&SORTED_LIST);
    let pager = NumberedPager::new(&SORTED_LIST, SORTED, plan, Some(list(SIZE)));
    read(Box::new(pager), |_, target| answer(&rows, target, &mut dice))
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
        let expected: Vec<String> = (0..times.len()).map(key).collect();
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
        let expected: Vec<String> = (0..times.len()).map(key).collect();
        assert_eq!(rows, expected, "seed {seed}");
        assert!(matches!(proof, Proof::Times | Proof::Slices), "seed {seed}: {proof}");
    }
}
