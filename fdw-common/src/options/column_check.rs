//! Check of a column's options that exclude each other.

use super::rest::{CONSTANT, JSON_PATH, TIME_FORMAT};
use super::values::Options;
use crate::error::{Error, ErrorKind, Result};

/// Checks the combination of a column's options.
///
/// # Errors
/// `OptionValue` for a constant together with an option about the value that the API sends.
pub fn check_column(options: &Options) -> Result<()> {
    let about_value = [&JSON_PATH.spec, &TIME_FORMAT.spec].into_iter().find(|spec| options.is_set(spec));
    match about_value.filter(|_| options.is_set(&CONSTANT.spec)) {
        Some(spec) => {
            let message = format!("options \"constant\" and \"{}\" exclude each other", spec.name);
            Err(Error::new(ErrorKind::OptionValue, message)
                .with_hint("A column with the option constant has that value in every row, whatever the API sends."))
        }
        None => Ok(()),
    }
}
