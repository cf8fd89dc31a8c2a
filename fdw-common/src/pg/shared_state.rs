//! Where the sessions of this cluster share state.

use std::path::Path;

use pgrx::pg_sys;

use super::convert::text::from_server;
use crate::error::Result;
use crate::rest::SharedState;

/// The directory for what all sessions of this cluster share.
pub(super) fn shared_state() -> Result<SharedState> {
    // SAFETY: both are set before any backend starts and never change (miscadmin.h, utils/timestamp.h).
    let (data_directory, started) = unsafe { (from_server(pg_sys::DataDir), pg_sys::PgStartTime) };
    SharedState::open(Path::new(&data_directory), started)
}
