//! The table of all options of a source.

use super::rest::REST_OPTIONS;
use super::spec::OptionSpec;

/// The option table of a source: its own rows and [`REST_OPTIONS`].
#[derive(Debug, Clone, Copy)]
pub struct OptionTable {
    /// The rows that only this source has.
    pub own: &'static [OptionSpec],
}

impl OptionTable {
    /// All rows, the source's own first.
    pub fn specs(&self) -> impl Iterator<Item = &'static OptionSpec> + use<> {
        self.own.iter().chain(REST_OPTIONS)
    }

    /// The row with this name.
    pub(super) fn find(&self, name: &str) -> Option<&'static OptionSpec> {
        self.specs().find(|spec| spec.name == name)
    }
}
