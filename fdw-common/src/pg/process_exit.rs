//! Functions that a process calls when it exits, whichever way: a session ends its shared records, and the postmaster
//! removes the cluster's whole folder.

use std::ffi::c_int;

use pgrx::pg_guard;
use pgrx::pg_sys::{self, Datum};

use super::shared_state::shared_state;

/// Has the postmaster remove the folder when it stops, if it loads the library (`shared_preload_libraries`). Else the next
/// server of its operating system user removes it.
pub(super) fn install() {
    register(remove_folder, true);
}

/// A function that Postgres calls at the exit of a process (ipc.h, `pg_on_exit_callback`).
pub(super) type AtExit = unsafe extern "C-unwind" fn(c_int, Datum);

/// Has this session call a guarded function that ignores its arguments. A session that is terminated drops no scan.
pub(super) fn install_in_session(callback: AtExit) {
    register(callback, false);
}

fn register(callback: AtExit, only_in_postmaster: bool) {
    // SAFETY: called from the main thread, with a guarded function that ignores its argument (ipc.c). The postmaster's
    // children forget its functions (miscinit.c, `InitPostmasterChild`).
    unsafe {
        if !only_in_postmaster || !pg_sys::IsUnderPostmaster {
            pg_sys::on_proc_exit(Some(callback), Datum::null());
        }
    }
}

#[pg_guard]
extern "C-unwind" fn remove_folder(_code: c_int, _argument: Datum) {
    // The next server removes a folder that stays.
    let _ = shared_state().map(|folder| folder.remove());
}
