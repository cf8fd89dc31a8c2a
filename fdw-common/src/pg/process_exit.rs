//! Shared records that go when their process exits, whichever way: a session's records of progress, and the cluster's
//! whole folder with the postmaster.

use std::ffi::c_int;

use pgrx::pg_guard;
use pgrx::pg_sys::{self, Datum};

use super::shared_state::shared_state;
use crate::rest::end_progress;

/// Has the postmaster remove the folder when it stops, if it loads the library (`shared_preload_libraries`). Else the next
/// server of its operating system user removes it.
pub(super) fn install() {
    register(remove_folder, true);
}

/// Has this session remove its records of progress. A session that is terminated drops no scan.
pub(super) fn install_in_session() {
    register(remove_progress, false);
}

fn register(callback: unsafe extern "C-unwind" fn(c_int, Datum), only_in_postmaster: bool) {
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

#[pg_guard]
extern "C-unwind" fn remove_progress(_code: c_int, _argument: Datum) {
    let _ = shared_state().map(|folder| end_progress(&folder));
}
