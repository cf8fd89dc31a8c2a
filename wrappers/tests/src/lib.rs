//! The extension in a real Postgres.
