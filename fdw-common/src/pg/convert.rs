//! Conversion of values between Postgres and Rust.

pub(super) mod datum;
pub(super) mod text;
pub(super) mod value;
