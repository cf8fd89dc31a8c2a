//! The Postgres extension `wrappers`: foreign data wrappers for REST APIs.
//!
//! This crate has no logic of its own. Each source has its own crate; `fdw_common::pg` connects it to Postgres,
//! [`registry`] lists the sources, [`status`] has the monitoring views, and [`copies`] keeps local copies of foreign
//! tables.

pgrx::pg_module_magic!(name, version);

mod copies;
mod registry;
mod status;

/// Called by Postgres when it loads the library (fmgr.h, `_PG_init`).
#[allow(non_snake_case)]
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    fdw_common::pg::define_settings();
    fdw_common::pg::install();
}
