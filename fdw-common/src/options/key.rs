//! Declaration of an option with the type it is read as.
//!
//! A source declares each option once, as a constant. Its table lists the constant's [`OptionSpec`], and code reads
//! the option with the constant, so a misspelt name or a wrong type does not compile:
//!
//! ```
//! # use fdw_common::options::{Catalog, Key, OptionKey, OptionSpec, OptionTable, OptionalKey};
//! const PAGE_SIZE: Key<u64> =
//!     OptionalKey::integer("page_size", &[Catalog::Table], 1, 1000, "Rows a page.").with_default("100");
//! const OPTIONS: &[OptionSpec] = &[PAGE_SIZE.spec];
//! let table = OptionTable { own: OPTIONS };
//! let options = table.validate(Catalog::Table, vec![("page_size".to_owned(), "50".to_owned())])?;
//! let size: u64 = options.get(PAGE_SIZE)?;
//! assert_eq!(size, 50);
//! # Ok::<(), fdw_common::error::Error>(())
//! ```

use std::str::FromStr;
use std::time::Duration;

use strum::VariantNames;

use super::catalog::Catalog;
use super::spec::{OptionKind, OptionSpec};
use super::value::{parse_bool, parse_duration, parse_percent, parse_rate, parse_size, wrong_value};
use crate::error::{Error, ErrorKind, Result};
use crate::json_path::JsonPath;
use crate::secret::Secret;

type Parse<T> = fn(&OptionSpec, &str) -> Result<T>;

/// An option that can be absent. It is read as `Option<T>`.
#[derive(Debug)]
pub struct OptionalKey<T> {
    /// The option's row in the table of its source.
    pub spec: OptionSpec,
    parse: Parse<T>,
}

/// An option that always has a value, configured or default. It is read as `T`.
#[derive(Debug)]
pub struct Key<T> {
    /// The option's row in the table of its source.
    pub spec: OptionSpec,
    parse: Parse<T>,
}

// Derived impls would require `T: Clone` and `T: Copy`, although a key holds no `T`.
impl<T> Clone for OptionalKey<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for OptionalKey<T> {}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> OptionalKey<T> {
    const fn new(
        name: &'static str,
        on: &'static [Catalog],
        kind: OptionKind,
        doc: &'static str,
        parse: Parse<T>,
    ) -> Self {
        OptionalKey { spec: OptionSpec { name, on, kind, default: None, superuser: false, doc }, parse }
    }

    /// The same option with a default, written as a user writes it.
    pub const fn with_default(self, default: &'static str) -> Key<T> {
        Key { spec: OptionSpec { default: Some(default), ..self.spec }, parse: self.parse }
    }
}

impl<T> Key<T> {
    /// The same option, reserved for superusers.
    pub const fn superuser_only(self) -> Self {
        Key { spec: OptionSpec { superuser: true, ..self.spec }, parse: self.parse }
    }
}

impl OptionalKey<String> {
    /// Any text that is not empty.
    pub const fn text(name: &'static str, on: &'static [Catalog], doc: &'static str) -> Self {
        Self::new(name, on, OptionKind::Text, doc, |_, text| Ok(text.to_owned()))
    }

    /// A UUID in its usual form.
    pub const fn uuid(name: &'static str, on: &'static [Catalog], doc: &'static str) -> Self {
        Self::new(name, on, OptionKind::Uuid, doc, |_, text| Ok(text.to_owned()))
    }
}

impl OptionalKey<Secret> {
    /// A credential.
    pub const fn secret(name: &'static str, on: &'static [Catalog], doc: &'static str) -> Self {
        Self::new(name, on, OptionKind::Secret, doc, |_, text| Ok(Secret::from(text.to_owned())))
    }
}

impl OptionalKey<bool> {
    /// A boolean in Postgres's spellings.
    pub const fn bool(name: &'static str, on: &'static [Catalog], doc: &'static str) -> Self {
        Self::new(name, on, OptionKind::Bool, doc, |spec, text| parse_bool(text).ok_or_else(|| wrong_value(spec, text)))
    }
}

impl OptionalKey<u64> {
    /// A whole number from `min` to `max`.
    pub const fn integer(name: &'static str, on: &'static [Catalog], min: u64, max: u64, doc: &'static str) -> Self {
        Self::new(name, on, OptionKind::Integer { min, max }, doc, |spec, text| {
            text.parse().map_err(|_| wrong_value(spec, text))
        })
    }

    /// A number of bytes from `min` to `max`, written with its unit.
    pub const fn size(name: &'static str, on: &'static [Catalog], min: u64, max: u64, doc: &'static str) -> Self {
        Self::new(name, on, OptionKind::Size { min, max }, doc, |spec, text| {
            parse_size(text).ok_or_else(|| wrong_value(spec, text))
        })
    }
}

impl OptionalKey<Duration> {
    /// A length of time from `min` to `max`, written with its unit.
    pub const fn duration(
        name: &'static str,
        on: &'static [Catalog],
        min: Duration,
        max: Duration,
        doc: &'static str,
    ) -> Self {
        Self::new(name, on, OptionKind::Duration { min, max }, doc, |spec, text| {
            parse_duration(text).ok_or_else(|| wrong_value(spec, text))
        })
    }
}

impl OptionalKey<f64> {
    /// A rate per second, above zero.
    pub const fn rate(name: &'static str, on: &'static [Catalog], doc: &'static str) -> Self {
        Self::new(name, on, OptionKind::Rate, doc, |spec, text| parse_rate(text).ok_or_else(|| wrong_value(spec, text)))
    }

    /// A share from `min` to `max` percent, read as a number from 0 to 1.
    pub const fn percent(name: &'static str, on: &'static [Catalog], min: u64, max: u64, doc: &'static str) -> Self {
        Self::new(name, on, OptionKind::Percent { min, max }, doc, |spec, text| {
            parse_percent(text).map(|percent| percent as f64 / 100.0).ok_or_else(|| wrong_value(spec, text))
        })
    }
}

impl OptionalKey<JsonPath> {
    /// A path into a JSON document.
    pub const fn json_path(name: &'static str, on: &'static [Catalog], doc: &'static str) -> Self {
        Self::new(name, on, OptionKind::JsonPath, doc, |_, text| JsonPath::parse(text))
    }
}

impl<T: VariantNames + FromStr> OptionalKey<T> {
    /// One of an enum's words, in the order of its variants.
    pub const fn choice(name: &'static str, on: &'static [Catalog], doc: &'static str) -> Self {
        Self::new(name, on, OptionKind::Choice(T::VARIANTS), doc, |spec, text| {
            text.parse().map_err(|_| wrong_value(spec, text))
        })
    }
}

/// A key for [`Options::get`](super::Options::get).
pub trait OptionKey: Copy {
    /// The type that the option is read as.
    type Value;

    /// The option's row in the table of its source.
    fn spec(&self) -> &OptionSpec;

    /// Parses the option's text; `None` if the option is not written and has no default.
    ///
    /// # Errors
    /// `OptionValue` if the text does not have the option's form.
    fn read(&self, text: Option<&str>) -> Result<Self::Value>;
}

impl<T> OptionKey for OptionalKey<T> {
    type Value = Option<T>;

    fn spec(&self) -> &OptionSpec {
        &self.spec
    }

    fn read(&self, text: Option<&str>) -> Result<Option<T>> {
        text.map(|text| (self.parse)(&self.spec, text)).transpose()
    }
}

impl<T> OptionKey for Key<T> {
    type Value = T;

    fn spec(&self) -> &OptionSpec {
        &self.spec
    }

    fn read(&self, text: Option<&str>) -> Result<T> {
        let text = text.ok_or_else(|| {
            Error::new(ErrorKind::Internal, format!("option \"{}\" was read without its default", self.spec.name))
        })?;
        (self.parse)(&self.spec, text)
    }
}
