//! From the columns a query needs to the request that will be sent. Pure: planning and EXPLAIN
//! never touch the network, and everything the executor needs is in the plan.

mod bound_values;
mod estimates;
mod planned_column;
mod remote_plan;
mod requests;

pub use bound_values::{BoundValues, combinations};
pub use estimates::{Lists, lists};
pub use planned_column::{ConstantColumn, PlannedColumn};
pub use remote_plan::{Access, RemotePlan, SortOrder};
pub use requests::Target;
