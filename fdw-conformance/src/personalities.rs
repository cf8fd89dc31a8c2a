//! APIs drawn at random ("personalities"), with a foreign table over each: for any answers of the API, the rows of a
//! query are correct, or the query is an error.
//!
//! [`draw()`] draws a [`Personality`] from a seed: the paging of the list, the claims of its answers, its end, how rows
//! are moved, created and deleted while it is read, and the options of the table. An API answers over HTTP as its
//! personality says; a full scan, `count(*)`, some limits and some lookups are checked against the rows that existed.
//!
//! For every draw, each row that existed from the first to the last request is returned exactly once, and no row that
//! never existed; or the query is an error. If the API does what the table declares, or differs in a way that its
//! answers show, an error is a failure ([`Conduct`]). No scan sends more requests than twelve times its pages plus 20.
//!
//! Deviations that no reader could detect are not drawn: an opaque cursor that is a position among rows that move, a
//! first page that is empty although there are rows, an option that makes a false promise.

mod check;
mod draw;
mod personality;
mod stand_in;
mod table;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use check::{Failure, Wrong};
pub use draw::draw;
use fdw_common::source::Source;
pub use personality::*;

use crate::api::Api;

/// The personalities to draw.
#[derive(Debug, Clone, Copy)]
pub struct Draws {
    /// The first seed; the others are the next numbers.
    pub seed: u64,
    /// The number of draws.
    pub draws: u64,
    /// The longest time for all draws.
    pub time: Option<Duration>,
}

impl Draws {
    /// Reads `PERSONALITIES_SEED`, `PERSONALITIES_DRAWS` and `PERSONALITIES_SECONDS`; the arguments are the defaults.
    pub fn from_environment(seed: u64, draws: u64) -> Self {
        let read = |name: &str| {
            let text = std::env::var(name).ok()?;
            Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
        };
        let seconds = read("PERSONALITIES_SECONDS");
        Draws {
            seed: read("PERSONALITIES_SEED").unwrap_or(seed),
            draws: read("PERSONALITIES_DRAWS").unwrap_or(if seconds.is_some() { u64::MAX } else { draws }),
            time: seconds.map(Duration::from_secs),
        }
    }
}

/// The number of draws that run concurrently. Most of the time is spent in the threads of the transport and the API.
const WORKERS: usize = 4;
/// The longest time of a draw; one that takes longer hangs.
const LONGEST_DRAW: Duration = Duration::from_secs(120);
/// The number of kinds of failures that are shown in full.
const SHOWN_IN_FULL: usize = 12;

/// Runs the draws for a source that defines its tables by options.
///
/// # Panics
/// If draws fail, with their seeds, personalities and requests, by kind of failure.
pub fn run<S: Source>(draws: Draws) {
    let began = Instant::now();
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let found: Mutex<Vec<(Personality, Failure)>> = Mutex::new(Vec::new());
    let (sender, beats) = mpsc::channel::<(usize, u64)>();
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (sender, next, stop, found) = (sender.clone(), &next, &stop, &found);
            scope.spawn(move || {
                let api = Api::start_with_keep_alive();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let is_late = draws.time.is_some_and(|time| began.elapsed() > time);
                    if number >= draws.draws || is_late || stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let seed = draws.seed.wrapping_add(number);
                    let _ = sender.send((worker, seed));
                    let drawn = draw(seed);
                    let failures = check::check::<S>(&drawn, &api);
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.extend(failures.into_iter().map(|failure| (drawn.clone(), failure)));
                    // These are enough to find the cause.
                    if found.len() > 20_000 {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
        drop(sender);
        watch(&beats);
    });
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(found.is_empty(), "{}", report::<S>(&found, draws.draws.min(next.into_inner())));
}

/// Aborts the process if a draw hangs, since a thread cannot be ended.
fn watch(beats: &mpsc::Receiver<(usize, u64)>) {
    let mut running: [Option<(u64, Instant)>; WORKERS] = [None; WORKERS];
    loop {
        match beats.recv_timeout(Duration::from_secs(5)) {
            Ok((worker, seed)) => running[worker] = Some((seed, Instant::now())),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        for (seed, since) in running.iter().flatten() {
            if since.elapsed() > LONGEST_DRAW {
                // Not by `eprintln!`, whose text the test harness keeps until the test ends.
                let text = format!("seed {seed} hangs:\n{:#?}\n", draw(*seed));
                let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
                std::process::abort();
            }
        }
    }
}

/// A report of the failures by kind: the failure, the scan, the paging and the deviations.
fn report<S: Source>(found: &[(Personality, Failure)], draws: u64) -> String {
    let mut kinds: BTreeMap<String, Vec<&(Personality, Failure)>> = BTreeMap::new();
    for failed in found {
        let (drawn, failure) = failed;
        let scan: String = failure.scan.chars().filter(|c| !c.is_ascii_digit()).collect();
        let pages = format!("{:?}", drawn.pages);
        let pages = pages.split([' ', '(']).next().unwrap_or_default();
        let deviations = if failure.scan == "lookup" { &drawn.item_deviations } else { &drawn.deviations };
        let why: Vec<&str> = deviations.iter().map(|(what, _)| *what).collect();
        let kind = format!("{:?}, {}, {pages}, {}", failure.wrong, scan.trim(), why.join(" + "));
        kinds.entry(kind).or_default().push(failed);
    }
    // The kinds with the fewest deviations are the most informative.
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(kind, failures)| (kind.matches(" + ").count(), std::cmp::Reverse(failures.len())));
    let mut text = format!("{} failures of {} kinds in {draws} draws\n", found.len(), kinds.len());
    for (kind, failures) in &kinds {
        let _ = writeln!(text, "{:5} × {kind}; seed {}", failures.len(), failures[0].0.seed);
    }
    for (kind, failures) in kinds.iter().take(SHOWN_IN_FULL) {
        let (drawn, failure) = failures[0];
        let _ = writeln!(text, "\n=== {kind}: seed {}, {}", drawn.seed, failure.scan);
        let _ = writeln!(text, "{drawn:#?}\noptions: {:?}\n{}", table::options::<S>(drawn), failure.detail);
    }
    text
}
