//! Conformance tests for every source: the tests of a source run the [`suite`] for some of its lists, against a local
//! API ([`api`]) that answers as the source's entities declare ([`list`]).
//!
//! Every error in this crate is a failed test, so functions panic with the reason.

#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod api;
pub mod list;
pub mod personalities;
pub mod suite;

pub use api::{Answer, Api, Ending, Request};
pub use suite::Subject;
