//! A local Auth0 tenant over plain HTTP: every GET endpoint of the Management API, the search of
//! users and their exports, changes to users, roles, organizations and members, and their events.
//!
//! Tests start it in their own process with [`Tenant::start`]; demos and benchmarks run the
//! `auth0-tenant` binary. Envelopes, limits, error bodies, tokens and rate-limit headers are
//! Auth0's. [`Fault`]s break single answers and [`EventFault`]s events on purpose, the log keeps every
//! request as a [`RequestRecord`], and a [`History`] every state that an object had.
//!
//! ```no_run
//! use auth0_tenant::{Tenant, TenantConfig};
//!
//! let tenant = Tenant::start(TenantConfig { users: 2_000, ..TenantConfig::default() })?;
//! let users = format!("{}/api/v2/users?page=0&per_page=100&include_totals=true", tenant.url());
//! let header = format!("Authorization: Bearer {}", tenant.default_token());
//! # let _ = (users, header);
//! # Ok::<(), std::io::Error>(())
//! ```

#![forbid(unsafe_code)]

mod answer;
mod api;
mod body;
mod change;
mod changes;
mod churn;
mod config;
mod connection;
mod connections;
mod control;
mod editor;
mod endpoint_limit;
mod entity;
mod events;
mod export;
mod fault;
mod fault_queue;
mod fields;
mod followers;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod history;
mod jobs;
mod lag;
mod list;
mod members;
mod oauth;
mod page;
mod presence;
mod rate_limit;
pub mod recordings;
mod request_log;
mod route;
mod search;
mod socket;
mod sort;
mod state;
mod storage;
mod store;
mod synthetic;
mod tenant;
mod token;
mod totals;
mod write;

pub use churn::Churn;
pub use config::{Client, TenantConfig};
pub use endpoint_limit::EndpointLimit;
pub use entity::Entity;
pub use events::{EventFault, EventFaultKind, EventSettings};
pub use fault::{Fault, FaultKind, FaultMatch, Occurrence, WrongEnvelope};
pub use history::{History, Version};
pub use jobs::Exports;
pub use lag::SearchLag;
pub use presence::Presence;
pub use rate_limit::RateLimit;
pub use request_log::{Authorization, Origin, RequestRecord};
pub use tenant::Tenant;
pub use totals::Totals;
