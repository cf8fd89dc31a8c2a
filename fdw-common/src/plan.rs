//! Turns the columns and conditions of a query into requests. No I/O: planning and EXPLAIN never use the network, and
//! the plan has everything the executor needs.

mod bound_values;
mod estimates;
mod planned_column;
mod remote_plan;
mod requests;

pub use bound_values::{BoundValues, combinations};
pub use estimates::{ListEstimate, estimate_lists};
pub use planned_column::{ConstantColumn, PlannedColumn};
pub use remote_plan::{Access, BatchPlan, RemotePlan, SortOrder};
pub use requests::Target;
