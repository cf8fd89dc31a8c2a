//! Tests of an option table: names, values and reads.

use std::time::Duration;

use super::value::check_value;
use super::*;
use crate::error::{ErrorKind, Result};
use crate::secret::Secret;

use proptest::prelude::*;

const API_KEY: OptionalKey<Secret> =
    OptionalKey::secret("api_key", &[Catalog::Server, Catalog::UserMapping], "A credential.");
const OBJECT: OptionalKey<String> = OptionalKey::text("object", &[Catalog::Table], "What the rows are.");
const KEY_ID: OptionalKey<String> = OptionalKey::uuid("key_id", &[Catalog::Server], "An id.");
const OWN: &[OptionSpec] = &[API_KEY.spec, OBJECT.spec, KEY_ID.spec];
const TABLE: OptionTable = OptionTable { own: OWN };

fn validate(catalog: Catalog, name: &str, value: &str) -> Result<Options> {
    TABLE.validate(catalog, vec![(name.to_owned(), value.to_owned())])
}

#[test]
fn names_are_checked_per_catalog() {
    let hint = |catalog, name| validate(catalog, name, "x").unwrap_err().hint().unwrap_or_default().to_owned();
    assert_eq!(hint(Catalog::Table, "objet"), "Perhaps you meant the option \"object\".");
    assert_eq!(hint(Catalog::Server, "api_kye"), "Perhaps you meant the option \"api_key\".");
    assert_eq!(hint(Catalog::Table, "api_key"), "\"api_key\" is an option of a server or a user mapping.");
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
fn invalid_secret_is_not_repeated_in_the_error() {
    let error = validate(Catalog::Server, "api_key", " \t ").unwrap_err();
    assert_eq!(error.message(), "option \"api_key\" has an unusable value");
}

#[test]
fn get_reads_typed_values_and_defaults() {
    let options = validate(Catalog::Server, "request_timeout", "250 ms").unwrap();
    assert_eq!(options.get(REQUEST_TIMEOUT).unwrap(), Duration::from_millis(250));
    assert_eq!(options.get(RETRY_TIMEOUT).unwrap(), Duration::from_secs(60));
    assert_eq!(options.get(MAX_RESPONSE_SIZE).unwrap(), 64 << 20);
    assert_eq!(options.get(RATE_LIMIT).unwrap(), None);
    assert_eq!(validate(Catalog::Server, "rate_limit", "150/min").unwrap().get(RATE_LIMIT).unwrap(), Some(2.5));
    assert_eq!(options.get(RATE_LIMIT_HEADROOM).unwrap(), 0.2);
    assert!(!options.get(ALLOW_HTTP).unwrap());
    assert_eq!(options.get(MAX_CONCURRENT_REQUESTS).unwrap(), 10);
    assert_eq!(options.get(OBJECT).unwrap(), None);
    assert_eq!(options.get(PUSHDOWN).unwrap(), None);
    let table = validate(Catalog::Table, "pushdown", "safe").unwrap();
    assert_eq!(table.get(PUSHDOWN).unwrap(), Some(Pushdown::Safe));
}

#[test]
fn option_of_another_table_is_an_internal_error() {
    const UNLISTED: OptionalKey<String> = OptionalKey::text("unlisted", &[Catalog::Table], "In no table.");
    const OTHER_KIND: OptionalKey<String> = OptionalKey::text("max_retries", &[Catalog::Server], "A number elsewhere.");
    let options = validate(Catalog::Server, "max_retries", "3").unwrap();
    assert_eq!(options.get(UNLISTED).unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(options.get(OTHER_KIND).unwrap_err().kind(), ErrorKind::Internal);
}

proptest! {
    /// A valid value can be read in its type and is within its bounds.
    #[test]
    fn valid_values_can_be_read(at in 0usize..40, value in "[0-9]{1,21} ?(ms|s|min|h|B|kB|MB|GB|%|/s|/min)?|\\PC{0,8}") {
        let specs: Vec<_> = TABLE.specs().collect();
        let spec = specs[at % specs.len()];
        let Ok(options) = TABLE.validate(spec.on[0], vec![(spec.name.to_owned(), value)]) else { return Ok(()) };
        assert_readable(&options, spec);
    }
}

/// Reads the written option with the kind of `spec`.
fn assert_readable(options: &Options, spec: &OptionSpec) {
    fn read<T>(options: &Options, key: OptionalKey<T>) -> T {
        options.get(key).unwrap().expect(key.spec.name)
    }
    let (name, on) = (spec.name, spec.on);
    match spec.kind {
        OptionKind::Integer { min, max } => {
            assert!((min..=max).contains(&read(options, OptionalKey::integer(name, on, min, max, ""))));
        }
        OptionKind::Duration { min, max } => {
            assert!((min..=max).contains(&read(options, OptionalKey::duration(name, on, min, max, ""))));
        }
        OptionKind::Size { min, max } => {
            assert!((min..=max).contains(&read(options, OptionalKey::size(name, on, min, max, ""))));
        }
        OptionKind::Rate => assert!(read(options, OptionalKey::rate(name, on, "")) > 0.0),
        OptionKind::Percent { min, max } => {
            let share = read(options, OptionalKey::percent(name, on, min, max, ""));
            assert!(min as f64 / 100.0 <= share && share <= max as f64 / 100.0);
        }
        OptionKind::Bool => drop(read(options, OptionalKey::bool(name, on, ""))),
        OptionKind::Secret => drop(read(options, OptionalKey::secret(name, on, ""))),
        OptionKind::JsonPath => drop(read(options, OptionalKey::json_path(name, on, ""))),
        OptionKind::Text => drop(read(options, OptionalKey::text(name, on, ""))),
        OptionKind::Uuid => drop(read(options, OptionalKey::uuid(name, on, ""))),
        OptionKind::Choice(_) => match name {
            "pushdown" => drop(read(options, PUSHDOWN)),
            "fan_out" => drop(read(options, FAN_OUT)),
            "bulk" => drop(read(options, BULK)),
            "time_format" => drop(read(options, TIME_FORMAT)),
            "types" => drop(options.get(TYPES).unwrap()),
            other => panic!("no key reads the words of {other}"),
        },
    }
}

#[test]
fn every_word_of_a_choice_is_valid() {
    for spec in TABLE.specs() {
        let OptionKind::Choice(words) = spec.kind else { continue };
        for word in words {
            assert_readable(&validate(spec.on[0], spec.name, word).unwrap(), spec);
        }
    }
}

#[test]
fn every_default_is_valid() {
    for spec in TABLE.specs() {
        if let Some(default) = spec.default {
            check_value(spec, default).unwrap();
        }
    }
}

#[test]
fn constant_excludes_json_path_and_time_format() {
    let check = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        check_column(&TABLE.validate(Catalog::Column, pairs).unwrap()).map_err(|error| error.kind())
    };
    assert_eq!(check(&[("constant", "eu")]), Ok(()));
    assert_eq!(check(&[("json_path", "a.b"), ("time_format", "unix_seconds")]), Ok(()));
    for other in [("json_path", "a.b"), ("time_format", "unix_seconds")] {
        assert_eq!(check(&[("constant", "eu"), other]), Err(ErrorKind::OptionValue), "{other:?}");
    }
}
