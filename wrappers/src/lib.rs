//! The Postgres extension `wrappers`: foreign data wrappers for REST APIs.
//!
//! No behaviour stands here. What a source is, its own crate says; how it meets Postgres,
//! `fdw_common::pg`; which sources there are, [`registry`].

pgrx::pg_module_magic!(name, version);

mod registry;
