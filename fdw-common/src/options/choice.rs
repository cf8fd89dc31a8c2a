//! Enums for options that accept one of a few words.

use serde::{Deserialize, Serialize};
use strum::{EnumString, VariantNames};

/// Ways to request less than the whole list: the option `pushdown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Pushdown {
    /// By conditions and sorted, both answered from the API's search index, and all of `Safe`.
    Search,
    /// By key only, and in small pages for a LIMIT.
    Safe,
    /// The whole list is always requested.
    Off,
}

/// Permission to read a table once for each row of its parents: the option `fan_out`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum FanOut {
    /// For every parent row.
    On,
    /// Only for parent rows that the query names.
    Off,
}

/// Ways to read a list above its page cap: the option `bulk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Bulk {
    /// In slices, and from an exported file if many rows are left.
    #[default]
    Auto,
    /// In slices.
    Search,
    /// From an exported file.
    Export,
}

/// Unit of a JSON number in a column with a time type: the option `time_format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum TimeFormat {
    /// Seconds since 1970-01-01 UTC.
    UnixSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    UnixMilliseconds,
}

/// Types of imported columns: the option `types`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum ImportTypes {
    /// The type that fits each column best.
    Native,
    /// `text` for all: dates byte for byte, documents as JSON.
    Text,
}
