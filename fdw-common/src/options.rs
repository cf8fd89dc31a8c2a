//! Options in `OPTIONS (…)`: one table per source, used by validation, typed reads, hints and docs.
//!
//! A value is parsed when the object is created or altered, so that an invalid one fails there and not at the first
//! query. Units are required if a number alone would be ambiguous.

mod address;
mod catalog;
mod choice;
mod column_check;
mod key;
mod rest;
mod spec;
mod table;
mod validation;
mod value;
mod values;

#[cfg(test)]
mod tests;

pub use address::parse_base_url;
pub use catalog::Catalog;
pub use choice::{Bulk, FanOut, ImportTypes, Pushdown, TimeFormat};
pub use column_check::check_column;
pub use key::{Key, OptionKey, OptionalKey};
pub use rest::*;
pub use spec::{OptionKind, OptionSpec};
pub use table::OptionTable;
pub use values::Options;
