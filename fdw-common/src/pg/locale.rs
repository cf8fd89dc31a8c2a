//! The locale of threads beside the backend's own.

use std::ptr;

use nix::libc;

/// Gives the calling thread the locale `C`, which no other thread changes.
///
/// The backend calls `setlocale` whenever a statement sets `lc_messages` or formats by `lc_time`, and that changes the
/// locale of the process. `getaddrinfo`, which looks up host names on threads beside it, reads the locale meanwhile; glibc
/// does not guard the one against the other (setlocale(3), MT-Unsafe). With a locale of its own (uselocale(3)) a thread
/// never reads that of the process. It also keeps the messages of a failed lookup in English, by which
/// `rest/http/transport_error.rs` tells an unknown name.
pub(super) fn use_c_locale() {
    // SAFETY: the name is a static C string, and no base locale is given. "C" for all categories is an object of the C
    // library's own, which is never freed. `uselocale` acts on the calling thread only, which is none of Postgres's.
    unsafe {
        let locale = libc::newlocale(libc::LC_ALL_MASK, c"C".as_ptr(), ptr::null_mut());
        if !locale.is_null() {
            libc::uselocale(locale);
        }
    }
}
