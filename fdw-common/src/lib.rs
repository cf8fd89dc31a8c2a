//! What every REST foreign data wrapper shares.
//!
//! One `SELECT`, and the module each step lives in: Postgres calls the planner callbacks of `pg`,
//! which ask [`plan`] for the request of an entity of the [`model`] that a [`source`] declares. The executor
//! callbacks of `pg` read the [`options`], resolve the [`secret`] and pull pages of rows from
//! [`rest`], which fetches and decodes them on a thread of its own. What goes wrong is an [`error`].
//! Conditions reach the API as a search ([`filter`]) or as [`parameters`]; from the same entities come
//! the statements of an [`import`] and the [`docs`].
//!
//! Without the feature `postgres` nothing here knows Postgres.

#![cfg_attr(not(feature = "postgres"), forbid(unsafe_code))]

pub mod api_error;
pub mod docs;
pub mod error;
pub mod filter;
pub mod import;
pub mod json;
pub mod json_path;
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
