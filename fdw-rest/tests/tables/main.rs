//! Foreign tables of an API over real HTTP, without Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod credentials;
mod keys;
mod table;
