//! The extension in a real Postgres: containers, databases, tenants and foreign tables for tests.
//!
//! Every test binary starts one Postgres container, every test gets its own database in it, and the tenant runs in
//! the test's process:
//!
//! ```no_run
//! use wrappers_tests::{Database, ForeignTable, rows, start_tenant};
//!
//! let (db, tenant) = (Database::create(), start_tenant(3));
//! ForeignTable::users(&db, &tenant).create();
//! assert_eq!(rows(&mut db.client(), "select user_id from auth0.users").len(), 3);
//! ```
//!
//! Functions panic with the reason: every failure in the harness is a failed test.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod backend;
mod clock;
mod container;
mod database;
mod error;
mod foreign_table;
mod interrupt;
mod phase;
mod query;
mod raw_api;
mod tenant;

pub use backend::BackendStats;
pub use clock::Clock;
pub use container::postgres_major;
pub use database::{Database, Notice, Notices, Shutdown, VaultVersion, execute};
pub use error::{PgError, expect_error};
pub use foreign_table::{ForeignTable, TYPED_COLUMNS, quote_ident, quote_literal};
pub use interrupt::{Interrupt, interrupt};
pub use phase::{PHASES, Phase};
pub use query::{explain, rows, value};
pub use raw_api::{RawApi, RawRequest, json_answer};
pub use tenant::{request_lines, restart_tenant, start_tenant, start_tenant_at, start_tenant_with, stop_tenant};

pub use auth0_tenant;
pub use fdw_conformance as json_api;
pub use postgres;
