//! The check at CREATE and ALTER: every name is known on its object, every value has its form.

use super::catalog::Catalog;
use super::spec::OptionSpec;
use super::table::OptionTable;
use super::value::check_value;
use super::values::Options;
use crate::error::{Error, ErrorKind, Result, SHORTER_THAN_CREDENTIALS, repeated};
use crate::spelling::closest;

impl OptionTable {
    /// Checks all options that an object will have after `CREATE` or `ALTER`.
    ///
    /// # Errors
    /// `OptionName` for a name that is unknown on this kind of object (the hint has the closest one), `OptionValue`
    /// for a value of the wrong form. A secret's value is never in the error.
    pub fn validate(&self, catalog: Catalog, options: Vec<(String, String)>) -> Result<Options> {
        for (name, value) in &options {
            let spec = match self.find(name) {
                Some(spec) if spec.on.contains(&catalog) => spec,
                found => return Err(self.unknown(catalog, name, found)),
            };
            check_value(spec, value)?;
        }
        Ok(Options::new(*self, options))
    }

    fn unknown(&self, catalog: Catalog, name: &str, found: Option<&OptionSpec>) -> Error {
        let error = Error::new(ErrorKind::OptionName, {
            let name = repeated(name, '"', SHORTER_THAN_CREDENTIALS);
            format!("unknown option {name} for a {catalog}")
        });
        if let Some(spec) = found {
            let places: Vec<String> = spec.on.iter().map(Catalog::to_string).collect();
            return error.with_hint(format!("\"{name}\" is an option of a {}.", places.join(" or a ")));
        }
        let valid: Vec<&str> = self.specs().filter(|spec| spec.on.contains(&catalog)).map(|spec| spec.name).collect();
        match closest(name, valid.iter().copied()) {
            Some(near) => error.with_hint(format!("Perhaps you meant the option \"{near}\".")),
            None if valid.is_empty() => error.with_hint(format!("A {catalog} takes no options.")),
            None => error.with_hint(format!("Valid options are: {}.", valid.join(", "))),
        }
    }
}
