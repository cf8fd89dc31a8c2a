//! Several foreign tables under one Append fetch at the same time (fdwhandler.sgml, "FDW Routines for
//! Asynchronous Execution"; postgres_fdw is the model).
//!
//! Append asks each scan for a row without waiting, and then waits for all of them together on the
//! eventfds of their row sources. It asks one scan after the other only where it could not be cancelled
//! meanwhile.

use std::os::fd::{AsFd, AsRawFd};
use std::ptr;

use pgrx::pg_guard;
use pgrx::pg_sys;

use super::super::convert::text::from_server;
use super::run::ScanState;

unsafe extern "C-unwind" {
    // Exported by Postgres (executor/execAsync.h) and not bound by pgrx. Both only set fields.
    fn ExecAsyncRequestDone(request: *mut pg_sys::AsyncRequest, result: *mut pg_sys::TupleTableSlot);
    fn ExecAsyncRequestPending(request: *mut pg_sys::AsyncRequest);
}

/// True for scans of tables, where Append's wait can be interrupted (fdwhandler.h,
/// `IsForeignPathAsyncCapable`).
#[pg_guard]
pub(in crate::pg) unsafe extern "C-unwind" fn is_foreign_path_async_capable(path: *mut pg_sys::ForeignPath) -> bool {
    use pg_sys::RelOptKind::{RELOPT_BASEREL, RELOPT_OTHER_MEMBER_REL};
    // SAFETY: Postgres passes a valid path.
    let kind = unsafe { (*(*path).path.parent).reloptkind };
    matches!(kind, RELOPT_BASEREL | RELOPT_OTHER_MEMBER_REL) && append_is_interruptible()
}

/// Append's wait has looked at the latch since the minor releases of May 2025 ("Handle interrupts while
/// waiting on Append's async subplans").
fn append_is_interruptible() -> bool {
    // SAFETY: a built-in setting, whose value is a C string.
    let version = unsafe { from_server(pg_sys::GetConfigOption(c"server_version_num".as_ptr(), false, false)) };
    version.parse::<u32>().is_ok_and(|version| {
        let since = match version / 10_000 {
            15 => 13,
            16 => 9,
            17 => 5,
            _ => 0,
        };
        version % 10_000 >= since
    })
}

/// Returns a row if there is one at hand, else starts to fetch it: when Append first asks for it, and when it has been
/// woken for it (fdwhandler.h, `ForeignAsyncRequest` and `ForeignAsyncNotify`).
///
/// # Safety
/// `request` is for one of our scan nodes, which has begun.
#[pg_guard]
pub(in crate::pg) unsafe extern "C-unwind" fn foreign_async_request(request: *mut pg_sys::AsyncRequest) {
    // SAFETY: the state is what `begin_foreign_scan` put there. The node's own function applies filters
    // and projection; it asks for rows until one passes, there is none, or one has to be waited for.
    unsafe {
        let node = (*request).requestee;
        let state = (*node.cast::<pg_sys::ForeignScanState>()).fdw_state.cast::<ScanState>();
        let Some(run) = (*node).ExecProcNodeReal else { return };
        (*state).do_not_wait(true);
        let slot = pg_sys::ffi::pg_guard_ffi_boundary(|| run(node));
        let pending = (*state).do_not_wait(false);
        let is_empty = slot.is_null() || u32::from((*slot).tts_flags) & pg_sys::TTS_FLAG_EMPTY != 0;
        if is_empty && pending {
            ExecAsyncRequestPending(request);
        } else {
            ExecAsyncRequestDone(request, if is_empty { ptr::null_mut() } else { slot });
        }
    }
}

/// Tells Append what to wait for (fdwhandler.h, `ForeignAsyncConfigureWait`).
#[pg_guard]
pub(in crate::pg) unsafe extern "C-unwind" fn foreign_async_configure_wait(request: *mut pg_sys::AsyncRequest) {
    // SAFETY: the requestor is the Append that waits, whose set of events lives for this wait; the
    // descriptor is open as long as the scan is pending.
    unsafe {
        let node = (*request).requestee.cast::<pg_sys::ForeignScanState>();
        let state = (*node).fdw_state.cast::<ScanState>();
        let append = (*request).requestor.cast::<pg_sys::AppendState>();
        if let Some(source) = (*state).source() {
            let descriptor = source.as_fd().as_raw_fd();
            let readable = pg_sys::WL_SOCKET_READABLE;
            pg_sys::AddWaitEventToSet((*append).as_eventset, readable, descriptor, ptr::null_mut(), request.cast());
        }
    }
}
