//! Waits on the backend's latch, so that a cancel takes effect at once.

use std::os::fd::{AsRawFd, BorrowedFd};

use pgrx::pg_sys;

use super::version;
use crate::rest::Phase;

/// Waits until `fd` is readable or the backend is interrupted, and handles interrupts: a cancel or a timeout ends the
/// statement here, a terminate the backend. `phase` determines the wait event that is shown.
pub(super) fn wait_readable(fd: BorrowedFd<'_>, phase: Phase) {
    let wake = pg_sys::WL_LATCH_SET | pg_sys::WL_SOCKET_READABLE | pg_sys::WL_EXIT_ON_PM_DEATH;
    // SAFETY: called on the backend's main thread from an executor callback, where MyLatch is set up
    // (storage/latch.h); the descriptor is open for as long as it is borrowed. An error raised by the wait skips no
    // destructor: pgrx turns it into an unwinding panic. The latch that is reset is this backend's own.
    unsafe {
        let event = version::wait_event(phase);
        let events = pg_sys::WaitLatchOrSocket(pg_sys::MyLatch, wake as i32, fd.as_raw_fd(), -1, event);
        if events & pg_sys::WL_LATCH_SET as i32 != 0 {
            pg_sys::ResetLatch(pg_sys::MyLatch);
        }
    }
    pgrx::check_for_interrupts!();
}
