//! Code that every REST foreign data wrapper shares.
//!
//! The path of one `SELECT` through the modules: Postgres calls the planner callbacks of `pg`, which ask [`plan`] for
//! the request of an entity of the [`model`] that a [`source`] declares. The executor callbacks of `pg` read the
//! [`options`], resolve the [`secret`] and pull pages of rows from [`rest`], which fetches and decodes them on its
//! own thread. Failures are an [`error`]. Conditions are sent to the API as a search ([`filter`]) or as
//! [`parameters`]. The same entities give the statements of an [`import`] and the [`docs`].
//!
//! Without the feature `postgres` no module depends on Postgres.

#![cfg_attr(not(feature = "postgres"), forbid(unsafe_code))]

pub mod api_error;
pub mod docs;
pub mod error;
pub mod filter;
pub mod import;
pub mod json;
pub mod json_path;
pub mod key_queue;
pub mod model;
pub mod options;
pub mod parameters;
#[cfg(feature = "postgres")]
pub mod pg;
pub mod plan;
pub mod read_ahead;
pub mod rest;
pub mod secret;
pub mod slice;
pub mod source;
pub mod spelling;
#[cfg(test)]
mod testing;
pub mod unix_time;
