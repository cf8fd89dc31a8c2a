//! The Postgres extension `wrappers`: foreign data wrappers for REST APIs.
//!
//! No behaviour stands here. What a source is, its own crate says; how it meets Postgres,
//! `fdw_common::pg`; which sources there are, [`registry`].

pgrx::pg_module_magic!(name, version);

mod registry;

/// Called by Postgres when it loads the library (fmgr.h, `_PG_init`).
#[allow(non_snake_case)]
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    fdw_common::pg::install();
}
