//! The options written on an object, read by the keys that declare them.

use super::key::OptionKey;
use super::spec::{OptionKind, OptionSpec};
use super::table::OptionTable;
use super::value::{parse_bool, wrong_value};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// Options of one or more catalog objects, ready for typed reads.
///
/// Reading an option that the table does not have is a bug in the source and gives an
/// `Internal` error.
#[derive(Clone)]
pub struct Options {
    table: OptionTable,
    values: Vec<(String, String)>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secrets, and a future option could be one before anyone thinks of this place.
        f.debug_list().entries(self.values.iter().map(|(name, _)| name)).finish()
    }
}

impl Options {
    pub(super) fn new(table: OptionTable, values: Vec<(String, String)>) -> Self {
        Options { table, values }
    }

    /// The value of an option; its default where it is not written.
    ///
    /// # Errors
    /// `OptionValue` when the text is not of the option's form, `Internal` for an option that the table lacks.
    pub fn get<K: OptionKey>(&self, key: K) -> Result<K::Value> {
        let OptionSpec { name, kind, default, .. } = *key.spec();
        if self.spec(name)?.kind != kind {
            return Err(Error::new(ErrorKind::Internal, format!("option \"{name}\" was read as another option")));
        }
        key.read(self.raw(name).or(default))
    }

    /// True when the option is written on the object.
    pub fn is_set(&self, name: &str) -> bool {
        self.values.iter().any(|(n, _)| n == name)
    }

    /// The option's text, its default's text, or nothing.
    ///
    /// # Errors
    /// `Internal` for an option that the table lacks or that is a secret.
    pub fn text(&self, name: &str) -> Result<Option<&str>> {
        let spec = self.spec(name)?;
        if spec.kind == OptionKind::Secret {
            return Err(Error::new(ErrorKind::Internal, format!("secret option \"{name}\" was read as text")));
        }
        Ok(self.raw(name).or(spec.default))
    }

    /// The option as a [`Secret`], or nothing when it is absent.
    ///
    /// # Errors
    /// `Internal` for an option that is no secret.
    pub fn secret(&self, name: &str) -> Result<Option<Secret>> {
        match self.spec(name)?.kind {
            OptionKind::Secret => Ok(self.raw(name).map(|value| Secret::from(value.to_owned()))),
            _ => Err(Error::new(ErrorKind::Internal, format!("option \"{name}\" was read as a secret"))),
        }
    }

    /// The boolean option, or its default.
    ///
    /// # Errors
    /// `OptionValue` when the text is no boolean.
    pub fn bool(&self, name: &str) -> Result<bool> {
        self.parsed(name, parse_bool)
    }

    /// The whole number, or its default.
    ///
    /// # Errors
    /// `OptionValue` when the text is no whole number.
    pub fn integer(&self, name: &str) -> Result<u64> {
        self.parsed(name, |text| text.parse().ok())
    }

    fn parsed<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        let spec = self.spec(name)?;
        let text = self.raw(name).or(spec.default).ok_or_else(|| {
            Error::new(ErrorKind::OptionMissing, format!("option \"{name}\" is required")).with_hint(spec.doc)
        })?;
        parse(text).ok_or_else(|| wrong_value(spec, text))
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
