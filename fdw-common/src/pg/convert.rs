//! Values on their way between Postgres and Rust.

pub(super) mod text;
