//! Concurrent fetching by several foreign tables under one Append (fdwhandler.sgml, "FDW Routines for Asynchronous
//! Execution"; postgres_fdw is the model).
//!
//! Append requests a row from each scan without waiting, and then waits for all of them together on the eventfds of
//! their row sources. It runs the scans one after the other only on versions where this wait could not be cancelled.

use std::os::fd::{AsFd, AsRawFd};
use std::ptr;

use pgrx::pg_guard;
use pgrx::pg_sys;

use super::super::convert::text::from_server;
use super::run::ScanState;

unsafe extern "C-unwind" {
    // Exported by Postgres (executor/execAsync.h), but not bound by pgrx. Both only set fields.
    fn ExecAsyncRequestDone(request: *mut pg_sys::AsyncRequest, result: *mut pg_sys::TupleTableSlot);
    fn ExecAsyncRequestPending(request: *mut pg_sys::AsyncRequest);
}

/// True for scans of tables, on versions where Append's wait can be interrupted (fdwhandler.h,
/// `IsForeignPathAsyncCapable`).
#[pg_guard]
pub(in crate::pg) unsafe extern "C-unwind" fn is_foreign_path_async_capable(path: *mut pg_sys::ForeignPath) -> bool {
    use pg_sys::RelOptKind::{RELOPT_BASEREL, RELOPT_OTHER_MEMBER_REL};
    // SAFETY: Postgres passes a valid path.
    let kind = unsafe { (*(*path).path.parent).reloptkind };
    matches!(kind, RELOPT_BASEREL | RELOPT_OTHER_MEMBER_REL) && append_is_interruptible()
}

/// Append's wait checks the latch since the minor releases of May 2025 ("Handle interrupts while waiting on Append's
/// async subplans").
fn append_is_interruptible() -> bool {
    // SAFETY: a built-in setting; its value is a C string.
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

/// Returns a row if one is available, else starts to fetch it: at Append's first request, and each time Append is
/// woken (fdwhandler.h, `ForeignAsyncRequest` and `ForeignAsyncNotify`).
///
/// # Safety
/// `request` is for one of our scan nodes, which has begun.
#[pg_guard]
pub(in crate::pg) unsafe extern "C-unwind" fn foreign_async_request(request: *mut pg_sys::AsyncRequest) {
    // SAFETY: the state was set by `begin_foreign_scan`. The node's own function applies filters and projection; it
    // requests rows until one passes, there are no more, or one is pending.
    unsafe {
        let node = (*request).requestee;
        let state = (*node.cast::<pg_sys::ForeignScanState>()).fdw_state.cast::<ScanState>();
        let Some(run) = (*node).ExecProcNodeReal else { return };
        (*state).set_nonblocking(true);
        let slot = pg_sys::ffi::pg_guard_ffi_boundary(|| run(node));
        let pending = (*state).set_nonblocking(false);
        let is_empty = slot.is_null() || u32::from((*slot).tts_flags) & pg_sys::TTS_FLAG_EMPTY != 0;
        if is_empty && pending {
            ExecAsyncRequestPending(request);
        } else {
            ExecAsyncRequestDone(request, if is_empty { ptr::null_mut() } else { slot });
        }
    }
}

/// Adds the eventfd that Append has to wait for (fdwhandler.h, `ForeignAsyncConfigureWait`).
#[pg_guard]
pub(in crate::pg) unsafe extern "C-unwind" fn foreign_async_configure_wait(request: *mut pg_sys::AsyncRequest) {
    // SAFETY: the requestor is the waiting Append; its event set lives during this wait, and the descriptor is open
    // as long as the scan is pending.
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
