//! Planner callbacks: the columns a query needs, the cost, and a plan that survives being copied. No network access.

mod access;
mod base_rel;
mod bounds;
mod count;
mod expr;
mod filters;
mod jit;
mod keys;
mod plan_node;
mod prefetch_path;
mod pushdown;
mod rel_size;
mod relation;
mod sort;

pub(super) use access::{get_foreign_paths, reparameterize_path};
pub(super) use count::get_foreign_upper_paths;
pub(super) use plan_node::get_foreign_plan;
pub(super) use rel_size::get_foreign_rel_size;

/// Installs the planner hooks. Call it once, when the library is loaded.
pub(super) fn install() {
    prefetch_path::install();
    jit::install();
}
