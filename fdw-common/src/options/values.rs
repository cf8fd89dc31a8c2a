//! The options written on an object, read with the keys that declare them.

use super::key::OptionKey;
use super::spec::{OptionKind, OptionSpec};
use super::table::OptionTable;
use crate::error::{Error, ErrorKind, Result};

/// Options of one or more catalog objects, ready for typed reads.
/// Reading an option that the table does not declare is a bug in the source and gives an `Internal` error.
/// `Internal` error.
#[derive(Clone)]
pub struct Options {
    table: OptionTable,
    values: Vec<(String, String)>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secrets; only names are printed, so that options added later are safe too.
        f.debug_list().entries(self.values.iter().map(|(name, _)| name)).finish()
    }
}

impl Options {
    pub(super) fn new(table: OptionTable, values: Vec<(String, String)>) -> Self {
        Options { table, values }
    }

    /// The value of an option, or its default if it is not written.
    ///
    /// # Errors
    /// `OptionValue` if the text does not have the option's form, `Internal` for an option that the table does not
    /// declare.
    pub fn get<K: OptionKey>(&self, key: K) -> Result<K::Value> {
        let OptionSpec { name, kind, default, .. } = *key.spec();
        if self.spec(name)?.kind != kind {
            return Err(Error::new(ErrorKind::Internal, format!("option \"{name}\" was read as another option")));
        }
        key.read(self.raw(name).or(default))
    }

    /// True if the option is written on the object.
    pub fn is_set(&self, spec: &OptionSpec) -> bool {
        self.raw(spec.name).is_some()
    }

    /// The option's text as written; `None` if it is not written.
    ///
    /// # Errors
    /// `Internal` for a secret, and for an option that the table does not declare.
    pub fn written(&self, spec: &OptionSpec) -> Result<Option<&str>> {
        let name = spec.name;
        if self.spec(name)?.kind == OptionKind::Secret {
            return Err(Error::new(ErrorKind::Internal, format!("secret option \"{name}\" was read as text")));
        }
        Ok(self.raw(name))
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn spec(&self, name: &str) -> Result<&'static OptionSpec> {
        self.table
            .find(name)
            .ok_or_else(|| Error::new(ErrorKind::Internal, format!("option \"{name}\" is not declared by this source")))
    }
}
