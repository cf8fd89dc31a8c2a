//! Counters of a scan's requests, and the phase that the scan is waiting in.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Instant;

use strum::EnumCount as _;

use crate::rest::shared::statistics::Counts;
use crate::rest::wake::Wake;

/// Counters of a scan's requests, updated on the transport thread.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) counts: Counts,
    /// The earliest header `Date` of all responses, in milliseconds since 1970; 0 before the first response.
    first_date: AtomicU64,
    /// The number of requests in each phase.
    phases: [AtomicU64; Phase::COUNT],
    /// Set when the phase changes.
    wake: Option<Arc<Wake>>,
}

/// The thing that a scan waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumCount)]
pub enum Phase {
    /// An answer, or the next request.
    Http,
    /// A token.
    Login,
    /// The API's rate limit.
    RateLimit,
}

impl Phase {
    /// The phase's name, for users.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Http => "http",
            Phase::Login => "login",
            Phase::RateLimit => "rate limit",
        }
    }
}

impl Counters {
    /// Counters that set `wake` when the phase changes.
    pub(crate) fn waking(wake: Arc<Wake>) -> Self {
        Counters { wake: Some(wake), ..Counters::default() }
    }

    /// Notes the header `Date` of a response, in milliseconds since 1970.
    pub(crate) fn answered_at(&self, date: u64) {
        let earlier = |known: u64| (known == 0 || date < known).then_some(date);
        // It fails when the known date is the earlier one.
        let _ = self.first_date.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earlier);
    }

    /// The earliest header `Date` of all responses, in milliseconds since 1970.
    pub(crate) fn first_date(&self) -> Option<u64> {
        Some(self.first_date.load(Ordering::Relaxed)).filter(|date| *date > 0)
    }

    /// The current phase: waiting for an answer if any request is in flight.
    pub(crate) fn phase(&self) -> Phase {
        let has = |phase: Phase| self.phases[phase as usize].load(Ordering::Relaxed) > 0;
        if has(Phase::Http) || !(has(Phase::Login) || has(Phase::RateLimit)) {
            Phase::Http
        } else if has(Phase::Login) {
            Phase::Login
        } else {
            Phase::RateLimit
        }
    }

    /// Counts one request as being in a phase until the guard is dropped.
    pub(crate) fn enter(&self, phase: Phase) -> InPhase<'_> {
        let before = self.phase();
        self.phases[phase as usize].fetch_add(1, Ordering::Relaxed);
        self.wake_if_changed(before);
        InPhase { counters: self, phase, since: Instant::now() }
    }

    /// The result of a future. One request counts as being in a phase while it waits for the result.
    pub(crate) async fn wait_in<F: Future>(&self, phase: Phase, future: F) -> F::Output {
        let mut future = pin!(future);
        // Most results are there at once, and a phase without a wait would wake the backend for nothing.
        let first = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        match first {
            Poll::Ready(output) => output,
            Poll::Pending => {
                let _in_phase = self.enter(phase);
                future.await
            }
        }
    }

    fn wake_if_changed(&self, before: Phase) {
        if let (Some(wake), true) = (&self.wake, self.phase() != before) {
            wake.set();
        }
    }
}

/// A request in a phase.
pub(crate) struct InPhase<'a> {
    counters: &'a Counters,
    phase: Phase,
    since: Instant,
}

impl Drop for InPhase<'_> {
    fn drop(&mut self) {
        let before = self.counters.phase();
        self.counters.phases[self.phase as usize].fetch_sub(1, Ordering::Relaxed);
        self.counters.wake_if_changed(before);
        if self.phase == Phase::RateLimit {
            let waited = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.counters.counts.waited_microseconds.fetch_add(waited, Ordering::Relaxed);
        }
    }
}
