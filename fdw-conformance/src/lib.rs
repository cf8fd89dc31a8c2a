//! What every source has to do, whatever its API is: tests of a source run the whole [`suite`] for some of its
//! lists, against a local API ([`api`]) that answers as the source's entities declare it ([`list`]).
//!
//! Whatever goes wrong in here is a failed test, so functions panic with the reason.

#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod api;
pub mod list;
pub mod personalities;
pub mod suite;

pub use api::{Answer, Api, Ending, Request};
pub use suite::Subject;
