//! The words of options that take one of a few, as enums.

use serde::{Deserialize, Serialize};
use strum::{EnumString, VariantNames};

/// How less than the whole list may be requested: the option `pushdown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Pushdown {
    /// By conditions and in an order as well, which the API answers from its search index.
    Search,
    /// Only by key, and in small pages for a LIMIT.
    Safe,
    /// Not at all.
    Off,
}

/// Whether a table may be read once for each row of its parents: the option `fan_out`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum FanOut {
    /// For every row.
    On,
    /// Only for the rows that the query names.
    Off,
}

/// How a list is read that is longer than its page cap: the option `bulk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Bulk {
    /// In slices, and from an exported file when many rows are left.
    #[default]
    Auto,
    /// In slices.
    Search,
    /// From an exported file.
    Export,
}

/// What a JSON number in a column of a time says: the option `time_format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum TimeFormat {
    /// Seconds since 1970-01-01 UTC.
    UnixSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    UnixMilliseconds,
}

/// The types that imported columns get: the option `types`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum ImportTypes {
    /// The types that hold the values best.
    Native,
    /// `text` for all of them: dates byte for byte, documents as JSON.
    Text,
}
