//! What may be said in `OPTIONS (…)`: one table per source that validation, typed reads, hints and
//! docs all come from.
//!
//! A value is parsed when the object is created or altered, so that a bad one fails there and not at
//! the first query. Units are required where a number alone would leave them open.

use std::time::Duration;

use url::Url;

use crate::error::{Error, ErrorKind, Result, SHORTER_THAN_CREDENTIALS, repeated};
use crate::secret::Secret;

/// The kind of catalog object an option stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display, strum::EnumIter)]
pub enum Catalog {
    /// `CREATE FOREIGN DATA WRAPPER`
    #[strum(to_string = "foreign data wrapper")]
    Wrapper,
    /// `CREATE SERVER`
    #[strum(to_string = "server")]
    Server,
    /// `CREATE USER MAPPING`
    #[strum(to_string = "user mapping")]
    UserMapping,
    /// `CREATE FOREIGN TABLE`
    #[strum(to_string = "foreign table")]
    Table,
    /// A column of a foreign table
    #[strum(to_string = "column")]
    Column,
    /// `IMPORT FOREIGN SCHEMA`
    #[strum(to_string = "schema's import")]
    Import,
}

/// What an option's value has to look like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptionKind {
    /// Any text that is not empty.
    Text,
    /// A boolean as Postgres spells it.
    Bool,
    /// A whole number within the bounds, both included.
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
    /// A number of events in a time, above zero: a second, or with its unit (`/s`, `/min`).
    Rate,
    /// A share in percent, within the bounds, both included.
    Percent {
        /// The smallest share allowed.
        min: u64,
        /// The largest share allowed.
        max: u64,
    },
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A UUID in its usual form, of any case.
    Uuid,
    /// A credential: never printed, only read through [`Options::secret`].
    Secret,
    /// A path into a JSON document, see [`crate::json_path::JsonPath`].
    JsonPath,
}

/// One row of an option table.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// The name, as written in SQL.
    pub name: &'static str,
    /// The objects it may stand on.
    pub on: &'static [Catalog],
    /// What its value looks like.
    pub kind: OptionKind,
    /// The value used when it is absent, written as a user would.
    pub default: Option<&'static str>,
    /// Only a superuser may set it.
    pub superuser: bool,
    /// One line for the docs.
    pub doc: &'static str,
}

impl OptionSpec {
    /// A row without default that everyone may set.
    pub const fn new(name: &'static str, on: &'static [Catalog], kind: OptionKind, doc: &'static str) -> Self {
        OptionSpec { name, on, kind, default: None, superuser: false, doc }
    }

    /// The same row with a default value.
    pub const fn with_default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// The same row, reserved for superusers.
    pub const fn superuser_only(mut self) -> Self {
        self.superuser = true;
        self
    }
}

/// Options every REST source has.
pub const REST_OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        "allow_http",
        &[Catalog::Server],
        OptionKind::Bool,
        "Accept an http:// address that is not loopback. The credential then crosses the network in clear.",
    )
    .with_default("false")
    .superuser_only(),
    OptionSpec::new(
        "connect_timeout",
        &[Catalog::Server],
        OptionKind::Duration { min: Duration::from_millis(10), max: Duration::from_secs(300) },
        "How long one attempt to connect may take (DNS, TCP, TLS).",
    )
    .with_default("5 s"),
    OptionSpec::new(
        "request_timeout",
        &[Catalog::Server],
        OptionKind::Duration { min: Duration::from_millis(10), max: Duration::from_secs(3600) },
        "How long one request may take, from sending it to the last byte of its answer.",
    )
    .with_default("30 s"),
    OptionSpec::new(
        "retry_timeout",
        &[Catalog::Server],
        OptionKind::Duration { min: Duration::ZERO, max: Duration::from_secs(3600) },
        "How long a request may be repeated after failures and rate limits before the query ends in an error.",
    )
    .with_default("60 s"),
    OptionSpec::new(
        "max_retries",
        &[Catalog::Server],
        OptionKind::Integer { min: 0, max: 100 },
        "How often one request is repeated at most.",
    )
    .with_default("8"),
    OptionSpec::new(
        "max_response_size",
        &[Catalog::Server],
        OptionKind::Size { min: 1024, max: 1 << 30 },
        "The largest answer that is read, after decompression. A larger one ends the query in an error.",
    )
    .with_default("64 MB"),
    OptionSpec::new(
        "max_concurrent_requests",
        &[Catalog::Server],
        OptionKind::Integer { min: 1, max: 50 },
        "How many pages of one scan may be asked for ahead of the row being read.",
    )
    .with_default("10"),
    OptionSpec::new(
        "rate_limit",
        &[Catalog::Server],
        OptionKind::Rate,
        "The requests that the API allows, a second or with a unit: '10', '2.5/s', '150/min'. Without it they are learnt from its answers.",
    ),
    OptionSpec::new(
        "rate_limit_headroom",
        &[Catalog::Server],
        OptionKind::Percent { min: 0, max: 90 },
        "The share of the API's rate limit that is left to everybody else: no request is sent that would leave less in the bucket.",
    )
    .with_default("20 %"),
    OptionSpec::new(
        "max_requests_per_scan",
        &[Catalog::Server, Catalog::Table],
        OptionKind::Integer { min: 1, max: 1_000_000_000 },
        "The requests that one scan may send; a scan that is expected to need more ends before the first. The table's goes before the server's.",
    ),
    OptionSpec::new(
        "pushdown",
        &[Catalog::Server, Catalog::Table],
        OptionKind::Choice(&["search", "safe", "off"]),
        "How less than the whole list may be asked for. 'search': by conditions and in an order as well, which the API answers from its search index; 'safe': only by key, which sees every change at once, and in small pages for a LIMIT; 'off': not at all. The table's goes before the server's; with neither it is 'search'.",
    ),
    OptionSpec::new(
        "fan_out",
        &[Catalog::Server, Catalog::Table],
        OptionKind::Choice(&["on", "off"]),
        "Whether a table such as the members of organizations may be read for every organization, one request for each or more. 'off': only for those the query names. The table's goes before the server's; with neither it is 'on'.",
    ),
    OptionSpec::new(
        "expose_secrets",
        &[Catalog::Table],
        OptionKind::Bool,
        "Show members that hold secrets, such as client_secret, in place of [redacted].",
    )
    .with_default("false"),
    OptionSpec::new(
        "types",
        &[Catalog::Import],
        OptionKind::Choice(&["native", "text"]),
        "The types of the columns: the ones that hold the values best, or text for all of them.",
    )
    .with_default("native"),
    OptionSpec::new(
        "exclude_deprecated",
        &[Catalog::Import],
        OptionKind::Bool,
        "Leave out the tables that the API will end.",
    )
    .with_default("false"),
    OptionSpec::new(
        "bulk",
        &[Catalog::Server, Catalog::Table],
        OptionKind::Choice(&["auto", "search", "export"]),
        "How a list is read that is longer than the API lets anybody page through. 'search': in slices; 'export': from a file that a job of the API writes, where there is such a job; 'auto': in slices, and from a file when more than 50,000 rows seem to be left. The table's goes before the server's; with neither it is 'auto'.",
    ),
    OptionSpec::new(
        "bulk_timeout",
        &[Catalog::Server],
        OptionKind::Duration { min: Duration::from_secs(1), max: Duration::from_secs(24 * 3600) },
        "How long a job that writes a file may take before the query ends in an error.",
    )
    .with_default("30 min"),
    OptionSpec::new(
        "json_path",
        &[Catalog::Column],
        OptionKind::JsonPath,
        "Where the column's value stands in the row, e.g. 'app_metadata.plan' or 'identities[0].connection'.",
    ),
];

/// The option table of a source: its own rows and [`REST_OPTIONS`].
#[derive(Debug, Clone, Copy)]
pub struct OptionTable {
    /// The rows only this source has.
    pub own: &'static [OptionSpec],
}

impl OptionTable {
    /// All rows, the source's own first.
    pub fn specs(&self) -> impl Iterator<Item = &'static OptionSpec> + use<> {
        self.own.iter().chain(REST_OPTIONS)
    }

    fn find(&self, name: &str) -> Option<&'static OptionSpec> {
        self.specs().find(|spec| spec.name == name)
    }

    /// Checks the whole set of options that an object will have after `CREATE` or `ALTER`.
    ///
    /// # Errors
    /// `OptionName` for a name that is unknown on this kind of object (the hint has the closest one),
    /// `OptionValue` for a value of the wrong form; a secret's value is never part of the text.
    pub fn validate(&self, catalog: Catalog, options: Vec<(String, String)>) -> Result<Options> {
        for (name, value) in &options {
            let spec = match self.find(name) {
                Some(spec) if spec.on.contains(&catalog) => spec,
                found => return Err(self.unknown(catalog, name, found)),
            };
            check_value(spec, value)?;
        }
        Ok(Options { table: *self, values: options })
    }

    fn unknown(&self, catalog: Catalog, name: &str, found: Option<&OptionSpec>) -> Error {
        let error = Error::new(ErrorKind::OptionName, {
            let name = repeated(name, '"', SHORTER_THAN_CREDENTIALS);
            format!("unknown option {name} for a {catalog}")
        });
        if let Some(spec) = found {
            let places: Vec<String> = spec.on.iter().map(Catalog::to_string).collect();
            return error.with_hint(format!("\"{name}\" stands on a {}.", places.join(" or a ")));
        }
        let valid: Vec<&str> = self.specs().filter(|spec| spec.on.contains(&catalog)).map(|spec| spec.name).collect();
        match closest(name, valid.iter().copied()) {
            Some(near) => error.with_hint(format!("Perhaps you meant the option \"{near}\".")),
            None if valid.is_empty() => error.with_hint(format!("A {catalog} takes no options.")),
            None => error.with_hint(format!("Valid options are: {}.", valid.join(", "))),
        }
    }
}

/// The candidate most like `name`, if one is near enough to be a slip of the pen.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

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

    /// The whole number, or nothing when it is absent and has no default.
    ///
    /// # Errors
    /// `OptionValue` when the text is no whole number.
    pub fn optional_integer(&self, name: &str) -> Result<Option<u64>> {
        if self.text(name)?.is_none() {
            return Ok(None);
        }
        self.integer(name).map(Some)
    }

    /// The length of time, or its default.
    ///
    /// # Errors
    /// `OptionValue` when the text has no number or no unit.
    pub fn duration(&self, name: &str) -> Result<Duration> {
        self.parsed(name, parse_duration)
    }

    /// The number of events a second, or nothing when it is absent and has no default.
    ///
    /// # Errors
    /// `OptionValue` when the text is no rate.
    pub fn rate(&self, name: &str) -> Result<Option<f64>> {
        if self.text(name)?.is_none() {
            return Ok(None);
        }
        self.parsed(name, parse_rate).map(Some)
    }

    /// The share as a number from 0 to 1, or its default.
    ///
    /// # Errors
    /// `OptionValue` when the text is no number of percent.
    pub fn share(&self, name: &str) -> Result<f64> {
        self.parsed(name, parse_percent).map(|percent| percent as f64 / 100.0)
    }

    /// The number of bytes, or its default.
    ///
    /// # Errors
    /// `OptionValue` when the text has no number or no unit.
    pub fn size(&self, name: &str) -> Result<u64> {
        self.parsed(name, parse_size)
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

fn check_value(spec: &OptionSpec, text: &str) -> Result<()> {
    let fits = match spec.kind {
        OptionKind::Text | OptionKind::Secret => !text.trim().is_empty(),
        OptionKind::Bool => parse_bool(text).is_some(),
        OptionKind::Integer { min, max } => text.parse().is_ok_and(|n: u64| (min..=max).contains(&n)),
        OptionKind::Duration { min, max } => parse_duration(text).is_some_and(|d| (min..=max).contains(&d)),
        OptionKind::Size { min, max } => parse_size(text).is_some_and(|n| (min..=max).contains(&n)),
        OptionKind::Rate => parse_rate(text).is_some(),
        OptionKind::Percent { min, max } => parse_percent(text).is_some_and(|n| (min..=max).contains(&n)),
        OptionKind::Choice(words) => words.contains(&text),
        OptionKind::Uuid => is_uuid(text),
        OptionKind::JsonPath => {
            crate::json_path::JsonPath::parse(text)?;
            true
        }
    };
    if fits { Ok(()) } else { Err(wrong_value(spec, text)) }
}

fn wrong_value(spec: &OptionSpec, text: &str) -> Error {
    let expected = match spec.kind {
        OptionKind::Text | OptionKind::Secret => "a text that is not empty".to_owned(),
        OptionKind::Bool => "'true' or 'false'".to_owned(),
        OptionKind::Integer { min, max } => format!("a whole number from {min} to {max}"),
        OptionKind::Duration { min, max } => {
            format!(
                "a length of time with its unit (ms, s, min, h) from '{} ms' to '{} s'",
                min.as_millis(),
                max.as_secs()
            )
        }
        OptionKind::Size { min, max } => {
            format!("a size with its unit (B, kB, MB, GB) from '{min} B' to '{} MB'", max >> 20)
        }
        OptionKind::Rate => {
            "a number above 0, a second or with its unit, such as '10', '2.5/s' or '150/min'".to_owned()
        }
        OptionKind::Percent { min, max } => format!("a share from '{min} %' to '{max} %'"),
        OptionKind::Choice(words) => format!("'{}'", words.join("' or '")),
        OptionKind::Uuid => "a UUID such as '3e8b5a4c-0f6d-4d1e-9a43-0d8a2f6b7c11'".to_owned(),
        OptionKind::JsonPath => "a JSON path".to_owned(),
    };
    let message = match spec.kind {
        // Where the id of a secret belongs, the secret itself is the likeliest slip.
        OptionKind::Secret | OptionKind::Uuid => format!("option \"{}\" has an unusable value", spec.name),
        _ => format!("option \"{}\" cannot be {}", spec.name, repeated(text, '\'', SHORTER_THAN_CREDENTIALS)),
    };
    Error::new(ErrorKind::OptionValue, message).with_hint(format!("Give {expected}."))
}

/// A boolean in any of the spellings Postgres takes in full (`true`, `on`, `yes`, `1` …), any case.
fn parse_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "on" | "yes" | "y" | "1" => Some(true),
        "false" | "f" | "off" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

fn is_uuid(text: &str) -> bool {
    let mut groups = text.trim().split('-');
    [8, 4, 4, 4, 12].iter().all(|length| {
        groups.next().is_some_and(|group| group.len() == *length && group.bytes().all(|b| b.is_ascii_hexdigit()))
    }) && groups.next().is_none()
}

fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text)?;
    let shift = match unit {
        "B" => 0,
        "kB" => 10,
        "MB" => 20,
        "GB" => 30,
        _ => return None,
    };
    number.checked_mul(1u64 << shift)
}

fn parse_rate(text: &str) -> Option<f64> {
    let (number, period) = match text.split_once('/') {
        None => (text, 1.0),
        Some((number, unit)) => match unit.trim() {
            "s" => (number, 1.0),
            "min" => (number, 60.0),
            _ => return None,
        },
    };
    let number = number.trim();
    // No sign, no exponent, no word: Rust's numbers are more than people's.
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let rate = number.parse::<f64>().ok().filter(|_| is_plain)? / period;
    (rate > 0.0 && rate <= 1e6).then_some(rate)
}

fn parse_percent(text: &str) -> Option<u64> {
    text.trim().strip_suffix('%')?.trim_end().parse().ok()
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim_start()))
}

/// An address the credential may be sent to: https, or http where it cannot leave the machine or a
/// superuser allows it.
///
/// # Errors
/// `OptionValue` with the reason; a user name or password in the address is refused and not repeated.
pub fn parse_base_url(option: &str, text: &str, allow_http: bool) -> Result<Url> {
    let refuse = |why: &str, hint: &str| {
        Err(Error::new(ErrorKind::OptionValue, format!("option \"{option}\" {why}")).with_hint(hint))
    };
    let Ok(url) = Url::parse(text.trim()) else {
        return refuse("is not a URL", "Give an address such as 'https://api.example.com'.");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("holds a user name or password", "Put credentials in their own options.");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("has a query or a fragment", "Give the address without what follows '?' or '#'.");
    }
    match (url.scheme(), url.host()) {
        (_, None) => refuse("names no host", "Give an address such as 'https://api.example.com'."),
        ("https", _) => Ok(url),
        ("http", Some(host)) if allow_http || is_loopback(&host) => Ok(url),
        ("http", _) => refuse(
            "is not encrypted",
            "Use https://. A superuser may set allow_http 'true' on the server, which sends the credential in clear.",
        ),
        _ => refuse("is neither https nor http", "Give an address such as 'https://api.example.com'."),
    }
}

fn is_loopback<S: AsRef<str>>(host: &url::Host<S>) -> bool {
    match host {
        url::Host::Ipv4(ip) => ip.is_loopback(),
        url::Host::Ipv6(ip) => ip.is_loopback(),
        url::Host::Domain(name) => name.as_ref().eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    const OWN: &[OptionSpec] = &[
        OptionSpec::new("api_key", &[Catalog::Server, Catalog::UserMapping], OptionKind::Secret, "A credential."),
        OptionSpec::new("object", &[Catalog::Table], OptionKind::Text, "What the rows are."),
        OptionSpec::new("key_id", &[Catalog::Server], OptionKind::Uuid, "An id."),
    ];
    const TABLE: OptionTable = OptionTable { own: OWN };

    fn validate(catalog: Catalog, name: &str, value: &str) -> Result<Options> {
        TABLE.validate(catalog, vec![(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn names_are_checked_per_catalog() {
        let hint = |catalog, name| validate(catalog, name, "x").unwrap_err().hint().unwrap_or_default().to_owned();
        assert_eq!(hint(Catalog::Table, "objet"), "Perhaps you meant the option \"object\".");
        assert_eq!(hint(Catalog::Server, "api_kye"), "Perhaps you meant the option \"api_key\".");
        assert_eq!(hint(Catalog::Table, "api_key"), "\"api_key\" stands on a server or a user mapping.");
        assert_eq!(hint(Catalog::Wrapper, "zzz"), "A foreign data wrapper takes no options.");
        assert_eq!(hint(Catalog::UserMapping, "zzzzzzzzzzz"), "Valid options are: api_key.");
    }

    #[test]
    fn values_are_checked_by_kind() {
        let cases: &[(&str, &str, bool)] = &[
            ("connect_timeout", "5 s", true),
            ("connect_timeout", "500ms", true),
            ("connect_timeout", "5", false),
            ("connect_timeout", "1 ms", false),
            ("connect_timeout", "2 h", false),
            ("connect_timeout", "99999999999999999999 s", false),
            ("connect_timeout", "18446744073709551615 h", false),
            ("max_response_size", "64 MB", true),
            ("max_response_size", "64 mb", false),
            ("max_response_size", "100", false),
            ("max_retries", "0", true),
            ("max_retries", "-1", false),
            ("max_retries", "101", false),
            ("rate_limit", "10", true),
            ("rate_limit", "2.5/s", true),
            ("rate_limit", "150 / min", true),
            ("rate_limit", "0", false),
            ("rate_limit", "-1", false),
            ("rate_limit", "1e3", false),
            ("rate_limit", "inf", false),
            ("rate_limit", "10/h", false),
            ("rate_limit", "", false),
            ("rate_limit_headroom", "0%", true),
            ("rate_limit_headroom", "90 %", true),
            ("rate_limit_headroom", "91 %", false),
            ("rate_limit_headroom", "0.2", false),
            ("allow_http", "ON", true),
            ("allow_http", "maybe", false),
            ("api_key", "  ", false),
            ("api_key", "k", true),
            ("key_id", "3e8b5a4c-0f6d-4d1e-9a43-0d8a2f6b7c11", true),
            ("key_id", "3E8B5A4C-0F6D-4D1E-9A43-0D8A2F6B7C11", true),
            ("key_id", "3e8b5a4c0f6d4d1e9a430d8a2f6b7c11", false),
            ("key_id", "3e8b5a4c-0f6d-4d1e-9a43-0d8a2f6b7c1g", false),
            ("key_id", "3e8b5a4c-0f6d-4d1e-9a43-0d8a2f6b7c11-0", false),
        ];
        for (name, value, fits) in cases {
            assert_eq!(validate(Catalog::Server, name, value).is_ok(), *fits, "{name} '{value}'");
        }
    }

    #[test]
    fn a_bad_secret_is_not_repeated() {
        let error = validate(Catalog::Server, "api_key", " \t ").unwrap_err();
        assert_eq!(error.message(), "option \"api_key\" has an unusable value");
    }

    #[test]
    fn reads_are_typed_and_fall_back_to_the_default() {
        let options = validate(Catalog::Server, "request_timeout", "250 ms").unwrap();
        assert_eq!(options.duration("request_timeout").unwrap(), Duration::from_millis(250));
        assert_eq!(options.duration("retry_timeout").unwrap(), Duration::from_secs(60));
        assert_eq!(options.size("max_response_size").unwrap(), 64 << 20);
        assert_eq!(options.rate("rate_limit").unwrap(), None);
        assert_eq!(validate(Catalog::Server, "rate_limit", "150/min").unwrap().rate("rate_limit").unwrap(), Some(2.5));
        assert_eq!(options.share("rate_limit_headroom").unwrap(), 0.2);
        assert!(!options.bool("allow_http").unwrap());
        assert_eq!(options.integer("max_concurrent_requests").unwrap(), 10);
        assert_eq!(options.text("object").unwrap(), None);
        assert_eq!(options.text("api_key").unwrap_err().kind(), ErrorKind::Internal);
        assert_eq!(options.text("nonsense").unwrap_err().kind(), ErrorKind::Internal);
    }

    proptest! {
        /// A value that is accepted can be read in its type and lies within its bounds.
        #[test]
        fn what_is_accepted_can_be_read(at in 0usize..40, value in "[0-9]{1,21} ?(ms|s|min|h|B|kB|MB|GB|%|/s|/min)?|\\PC{0,8}") {
            let specs: Vec<_> = TABLE.specs().collect();
            let spec = specs[at % specs.len()];
            let Ok(options) = TABLE.validate(spec.on[0], vec![(spec.name.to_owned(), value)]) else { return Ok(()) };
            match spec.kind {
                OptionKind::Integer { min, max } => {
                    prop_assert!((min..=max).contains(&options.integer(spec.name).unwrap()));
                }
                OptionKind::Duration { min, max } => {
                    prop_assert!((min..=max).contains(&options.duration(spec.name).unwrap()));
                }
                OptionKind::Size { min, max } => prop_assert!((min..=max).contains(&options.size(spec.name).unwrap())),
                OptionKind::Rate => prop_assert!(options.rate(spec.name).unwrap().is_some_and(|rate| rate > 0.0)),
                OptionKind::Percent { max, .. } => {
                    prop_assert!(options.share(spec.name).unwrap() <= max as f64 / 100.0);
                }
                OptionKind::Bool => drop(options.bool(spec.name).unwrap()),
                OptionKind::Secret => prop_assert!(options.secret(spec.name).unwrap().is_some()),
                _ => prop_assert!(options.text(spec.name).unwrap().is_some()),
            }
        }
    }

    #[test]
    fn every_default_passes_its_own_check() {
        for spec in TABLE.specs() {
            if let Some(default) = spec.default {
                check_value(spec, default).unwrap();
            }
        }
    }

    #[test]
    fn base_urls_are_https_loopback_or_allowed() {
        let cases: &[(&str, bool, bool)] = &[
            ("https://t.us.auth0.com", false, true),
            ("http://t.us.auth0.com", false, false),
            ("http://t.us.auth0.com", true, true),
            ("http://127.0.0.1:3000/x", false, true),
            ("http://[::1]:3000", false, true),
            ("http://localhost", false, true),
            ("http://localhost.evil.example", false, false),
            ("http://127.0.0.1.evil.example", false, false),
            ("ftp://t.us.auth0.com", true, false),
            ("t.us.auth0.com", false, false),
            ("https://u:p@t.us.auth0.com", false, false),
            ("https://t.us.auth0.com?x=1", false, false),
            ("", false, false),
        ];
        for (text, allow_http, accepted) in cases {
            assert_eq!(parse_base_url("url", text, *allow_http).is_ok(), *accepted, "{text}");
        }
    }
}
