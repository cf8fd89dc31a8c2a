//! Options of every kind of object: an accepted value can be read in its type, within its bounds, and no error shows a
//! secret.

#![no_main]

use arbitrary::Arbitrary;
use fdw_auth0::{Auth0, address, options};
use fdw_common::options::{
    ALLOW_HTTP, BULK, Catalog, FAN_OUT, OBJECT, OptionKind, OptionSpec, OptionalKey, Options, PUSHDOWN, TYPES,
};
use fdw_common::rest::{Connection, Limits};
use fdw_common::secret::Secret;
use fdw_common::source::{Api as _, Source, find_entity};
use libfuzzer_sys::fuzz_target;

const MARK: &str = "hunter2-4711";

#[derive(Debug, Arbitrary)]
enum Name {
    Known(u8),
    Any(String),
}

#[derive(Debug, Arbitrary)]
enum Value {
    Any(String),
    Number(u64, u8),
    Word(u8),
    Default,
    Address(u8, String),
}

const UNITS: [&str; 14] = ["", " ms", "s", " min", "h", " B", "kB", " MB", "GB", "%", " %", "/s", "/min", ".5"];
const WORDS: [&str; 16] = [
    "true",
    "OFF",
    "search",
    "safe",
    "auto",
    "export",
    "native",
    "text",
    "users",
    "a.b[0]",
    "on",
    "1",
    "",
    "3e8b5a4c-0f6d-4d1e-9a43-0d8a2f6b7c11",
    "t.us.auth0.com",
    "127.0.0.1",
];
const ADDRESSES: [&str; 6] =
    ["https://", "http://", "http://127.0.0.1", "https://t.us.auth0.com/api/v2", "HTTPS://u@", ""];

impl Value {
    fn text(&self, spec: Option<&OptionSpec>) -> String {
        match self {
            Value::Any(text) => text.clone(),
            Value::Number(number, unit) => format!("{number}{}", UNITS[usize::from(*unit) % UNITS.len()]),
            Value::Word(word) => WORDS[usize::from(*word) % WORDS.len()].to_owned(),
            Value::Default => spec.and_then(|spec| spec.default).unwrap_or_default().to_owned(),
            Value::Address(begin, rest) => format!("{}{rest}", ADDRESSES[usize::from(*begin) % ADDRESSES.len()]),
        }
    }
}

/// The value of an option that is set.
fn value<T>(options: &Options, key: OptionalKey<T>) -> T {
    options.get(key).expect(key.spec.name).expect("it is set")
}

/// Checks that an option that is set can be read and is within its bounds.
fn read(options: &Options, spec: &OptionSpec) {
    let OptionSpec { name, on, .. } = *spec;
    match spec.kind {
        OptionKind::Text => assert!(!value(options, OptionalKey::text(name, on, "")).trim().is_empty()),
        OptionKind::Uuid => assert_eq!(value(options, OptionalKey::uuid(name, on, "")).trim().len(), 36),
        OptionKind::Secret => drop(value(options, OptionalKey::secret(name, on, ""))),
        OptionKind::Bool => drop(value(options, OptionalKey::bool(name, on, ""))),
        OptionKind::Integer { min, max } => {
            assert!((min..=max).contains(&value(options, OptionalKey::integer(name, on, min, max, ""))));
        }
        OptionKind::Duration { min, max } => {
            assert!((min..=max).contains(&value(options, OptionalKey::duration(name, on, min, max, ""))));
        }
        OptionKind::Size { min, max } => {
            assert!((min..=max).contains(&value(options, OptionalKey::size(name, on, min, max, ""))));
        }
        OptionKind::Rate => {
            let rate = value(options, OptionalKey::rate(name, on, ""));
            assert!(rate > 0.0 && rate <= 1e6, "{rate}");
        }
        OptionKind::Percent { min, max } => {
            let share = value(options, OptionalKey::percent(name, on, min, max, ""));
            assert!(min as f64 <= share * 100.0 + 1e-9 && share * 100.0 <= max as f64 + 1e-9, "{share}");
        }
        OptionKind::JsonPath => drop(value(options, OptionalKey::json_path(name, on, ""))),
        OptionKind::Choice(words) => {
            assert!(words.contains(&options.written(spec).expect(name).expect("it is set")));
            match name {
                "pushdown" => drop(value(options, PUSHDOWN)),
                "fan_out" => drop(value(options, FAN_OUT)),
                "bulk" => drop(value(options, BULK)),
                "types" => drop(options.get(TYPES).expect(name)),
                other => panic!("no key reads the words of {other}"),
            }
        }
    }
}

fuzz_target!(|data: (u8, Vec<(Name, Value)>)| {
    use Catalog::{Column, Import, Server, Table, UserMapping, Wrapper};
    let (catalog, given) = data;
    let catalog = [Wrapper, Server, UserMapping, Table, Column, Import][usize::from(catalog) % 6];
    let specs: Vec<&OptionSpec> = Auth0::OPTIONS.specs().collect();
    let mut written: Vec<(String, String)> = Vec::new();
    for (name, value) in &given {
        let spec = match name {
            Name::Known(at) => Some(specs[usize::from(*at) % specs.len()]),
            Name::Any(name) => specs.iter().copied().find(|spec| spec.name == name),
        };
        let name = match (spec, name) {
            (Some(spec), _) => spec.name.to_owned(),
            (None, Name::Any(name)) => name.clone(),
            (None, Name::Known(_)) => unreachable!("known"),
        };
        let mut text = value.text(spec);
        // Only secrets may contain the mark, which no error may show.
        if name.contains(MARK) || text.contains(MARK) {
            return;
        }
        if spec.is_some_and(|spec| spec.kind == OptionKind::Secret) && !text.trim().is_empty() {
            text.push_str(MARK);
        }
        // Postgres refuses duplicate names.
        if written.iter().all(|(other, _)| *other != name) {
            written.push((name, text));
        }
    }
    let options = match Auth0::OPTIONS.validate(catalog, written.clone()) {
        Ok(options) => options,
        Err(error) => return assert!(!error.to_string().contains(MARK), "{error}"),
    };
    assert!(!format!("{options:?}").contains(MARK));
    for (name, _) in &written {
        let spec = specs.iter().find(|spec| spec.name == name).expect("it has been accepted");
        assert!(spec.on.contains(&catalog));
        read(&options, spec);
    }
    if let Err(error) = Auth0::check(catalog, &options) {
        return assert!(!error.to_string().contains(MARK), "{error}");
    }
    match catalog {
        Server => {
            let limits = Limits::from_options(&options).expect("every option has been checked");
            assert!(limits.rate_limit.headroom < 1.0 && limits.max_concurrent_requests > 0);
            let Some(base) = address::configured(&options).expect("it has been checked") else { return };
            let host = base.host_str().expect("an address has a host");
            let is_local = host.eq_ignore_ascii_case("localhost") || host.starts_with("127.") || host == "[::1]";
            let allowed = options.get(ALLOW_HTTP).expect("it has a default");
            assert!(base.scheme() == "https" || (base.scheme() == "http" && (is_local || allowed)), "{base}");
            assert_eq!(base.path(), "/api/v2/");
            assert!(base.username().is_empty() && base.password().is_none());
            // Requests are sent only below this address.
            let endpoint = address::token_endpoint(&options, &base).expect("it has a host");
            assert_eq!(endpoint.url.origin(), base.origin());
            if let Some(secret) = options.get(options::API_KEY).expect("it is one") {
                let connection = Connection::bearer::<Auth0>(&options, secret);
                let text = connection.map_or_else(|error| error.to_string(), |connection| format!("{connection:?}"));
                assert!(!text.contains(MARK), "{text}");
            }
        }
        UserMapping => {
            let credential = options::credential(&options).expect("it has been checked");
            assert!(!format!("{credential:?}").contains(MARK));
        }
        Table => {
            let server = Auth0::OPTIONS.validate(Server, Vec::new()).expect("nothing is wrong with no options");
            Limits::for_table(&server, &options).expect("every option has been checked");
            find_entity::<Auth0>(options.get(OBJECT).expect("it is declared").as_deref()).expect("it has been checked");
        }
        Wrapper | Column | Import => {}
    }
    // The claims of any token are read without an invalid number.
    for (name, value) in &written {
        if name == "api_key" {
            let claims = Auth0.token_claims(&Secret::from(value.clone()));
            assert!(claims.expires_in.is_none_or(f64::is_finite));
        }
    }
});
