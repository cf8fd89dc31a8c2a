//! The Postgres extension `wrappers`.
#[pgrx::pg_extern]
fn probe() -> i32 { 1 }
pgrx::pg_module_magic!(name, version);
