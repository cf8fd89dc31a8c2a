//! The locale of threads other than the backend's own.

use std::ptr;

use nix::libc;

/// Gives the calling thread the locale `C`, which no other thread can change.
///
/// The backend calls `setlocale` whenever a statement sets `lc_messages` or formats with `lc_time`, and that changes
/// the locale of the process. `getaddrinfo`, which resolves host names on other threads, reads the locale at the same
/// time; glibc does not synchronise the two (setlocale(3), MT-Unsafe). A thread with its own locale (uselocale(3))
/// never reads the process's. It also keeps the messages of a failed lookup in English, by which
/// `rest/http/transport_error.rs` recognises an unknown name.
pub(super) fn use_c_locale() {
    // SAFETY: the name is a static C string, and no base locale is passed. The object for "C" in all categories
    // belongs to the C library and is never freed. `uselocale` affects only the calling thread, which is not one of
    // Postgres's.
    unsafe {
        let locale = libc::newlocale(libc::LC_ALL_MASK, c"C".as_ptr(), ptr::null_mut());
        if !locale.is_null() {
            libc::uselocale(locale);
        }
    }
}
