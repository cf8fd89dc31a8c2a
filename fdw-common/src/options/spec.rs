//! One row of an option table: the option's name, the objects it is allowed on, and the form of its value.

use std::time::Duration;

use super::catalog::Catalog;

/// The form of an option's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptionKind {
    /// Any text that is not empty.
    Text,
    /// A boolean in Postgres's spellings.
    Bool,
    /// A whole number within the bounds, inclusive.
    Integer {
        /// The smallest value allowed.
        min: u64,
        /// The largest value allowed.
        max: u64,
    },
    /// A length of time with its unit (`ms`, `s`, `min`, `h`), within the bounds.
    Duration {
        /// The shortest length allowed.
        min: Duration,
        /// The longest length allowed.
        max: Duration,
    },
    /// An amount of memory with its unit (`B`, `kB`, `MB`, `GB`; 1024 each, as in Postgres), within the bounds.
    Size {
        /// The smallest number of bytes allowed.
        min: u64,
        /// The largest number of bytes allowed.
        max: u64,
    },
    /// A rate above zero: per second, or with its unit (`/s`, `/min`).
    Rate,
    /// A share in percent, within the bounds, inclusive.
    Percent {
        /// The smallest share allowed.
        min: u64,
        /// The largest share allowed.
        max: u64,
    },
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A UUID in its usual form, in upper or lower case.
    Uuid,
    /// A credential: never printed, only read as a [`Secret`](crate::secret::Secret).
    Secret,
    /// A path into a JSON document, see [`crate::json_path::JsonPath`].
    JsonPath,
}

/// One row of an option table. A [`Key`](super::Key) or an [`OptionalKey`](super::OptionalKey) holds it.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// The name, as written in SQL.
    pub name: &'static str,
    /// The objects it may be set on.
    pub on: &'static [Catalog],
    /// The form of its value.
    pub kind: OptionKind,
    /// The default value, written as a user writes it.
    pub default: Option<&'static str>,
    /// True if only a superuser may set it.
    pub superuser: bool,
    /// One line for the docs.
    pub doc: &'static str,
}
