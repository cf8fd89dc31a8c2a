//! Waits on the backend's latch, so that a cancel takes effect at once.

use std::cell::RefCell;
use std::os::fd::{AsFd, AsRawFd};

use pgrx::pg_sys;

use super::version;
use crate::rest::{Event, Phase};

/// The most events with a set that is kept for the next wait. To make a set costs five system calls, to wait for it one.
const MOST_SETS: usize = 8;

/// The set of a latch, the postmaster's death and an event, which stays open as long as the set.
struct WaitSet {
    event: Event,
    set: *mut pg_sys::WaitEventSet,
}

thread_local! {
    static SETS: RefCell<Vec<WaitSet>> = const { RefCell::new(Vec::new()) };
}

/// Waits until `event` is set or the backend is interrupted, and handles interrupts: a cancel or a timeout ends the
/// statement here, a terminate the backend. `phase` determines the wait event that is shown.
pub(super) fn wait_for(event: &Event, phase: Phase) {
    let known = SETS.with_borrow(|sets| sets.iter().find(|known| known.event == *event).map(|known| known.set));
    // SAFETY: called on the backend's main thread from an executor callback, where MyLatch is set up
    // (storage/latch.h); the descriptor is open for as long as the set is kept, and a set that is freed is used no more.
    // An error raised by the wait skips no destructor: pgrx turns it into an unwinding panic. The latch that is reset is
    // this backend's own.
    unsafe {
        let set = known.unwrap_or_else(|| {
            let set = pg_sys::CreateWaitEventSet(version::wait_event_set_owner(), 3);
            let (none, nothing) = (pg_sys::PGINVALID_SOCKET, std::ptr::null_mut());
            pg_sys::AddWaitEventToSet(set, pg_sys::WL_LATCH_SET, none, pg_sys::MyLatch, nothing);
            pg_sys::AddWaitEventToSet(set, pg_sys::WL_EXIT_ON_PM_DEATH, none, std::ptr::null_mut(), nothing);
            let descriptor = event.as_fd().as_raw_fd();
            pg_sys::AddWaitEventToSet(set, pg_sys::WL_SOCKET_READABLE, descriptor, std::ptr::null_mut(), nothing);
            let oldest = SETS.with_borrow_mut(|sets| {
                let oldest = (sets.len() >= MOST_SETS).then(|| sets.remove(0));
                sets.push(WaitSet { event: event.clone(), set });
                oldest
            });
            if let Some(oldest) = oldest {
                pg_sys::FreeWaitEventSet(oldest.set);
            }
            set
        });
        let mut occurred = pg_sys::WaitEvent::default();
        pg_sys::WaitEventSetWait(set, -1, &mut occurred, 1, version::wait_event(phase));
        if occurred.events & pg_sys::WL_LATCH_SET != 0 {
            pg_sys::ResetLatch(pg_sys::MyLatch);
        }
    }
    pgrx::check_for_interrupts!();
}
