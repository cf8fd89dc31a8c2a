//! Values on their way between Postgres and Rust.

pub(super) mod datum;
pub(super) mod text;
pub(super) mod value;
