//! Options of every kind of object: what is accepted can be read in its type, within its bounds, and
//! no error repeats a secret.

#![no_main]

use arbitrary::Arbitrary;
use fdw_auth0::{Auth0, address, options};
use fdw_common::options::{Catalog, OptionKind, OptionSpec, Options};
use fdw_common::options::Bulk;
use fdw_common::rest::{Connection, Limits};
use fdw_common::secret::Secret;
use fdw_common::source::{Source, find_entity};
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

/// Every reading of an option that is set is possible and within its bounds.
fn read(options: &Options, spec: &OptionSpec) {
    let name = spec.name;
    match spec.kind {
        OptionKind::Text | OptionKind::Uuid => assert!(options.text(name).expect(name).is_some()),
        OptionKind::Secret => assert!(options.secret(name).expect(name).is_some()),
        OptionKind::Bool => drop(options.bool(name).expect(name)),
        OptionKind::Integer { min, max } => assert!((min..=max).contains(&options.integer(name).expect(name))),
        OptionKind::Duration { min, max } => assert!((min..=max).contains(&options.duration(name).expect(name))),
        OptionKind::Size { min, max } => assert!((min..=max).contains(&options.size(name).expect(name))),
        OptionKind::Rate => {
            let rate = options.rate(name).expect(name).expect("it is set");
            assert!(rate > 0.0 && rate <= 1e6, "{rate}");
        }
        OptionKind::Percent { min, max } => {
            let share = options.share(name).expect(name);
            assert!(min as f64 <= share * 100.0 + 1e-9 && share * 100.0 <= max as f64 + 1e-9, "{share}");
        }
        OptionKind::Choice(words) => assert!(words.contains(&options.text(name).expect(name).expect("it is set"))),
        OptionKind::JsonPath => {
            let text = options.text(name).expect(name).expect("it is set");
            fdw_common::json_path::JsonPath::parse(text).expect("it has been checked");
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
        // Elsewhere the mark is a word like any other.
        if name.contains(MARK) || text.contains(MARK) {
            return;
        }
        if spec.is_some_and(|spec| spec.kind == OptionKind::Secret) && !text.trim().is_empty() {
            text.push_str(MARK);
        }
        // Postgres lets no name stand twice.
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
    if let Err(error) = options::check(catalog, &options) {
        return assert!(!error.to_string().contains(MARK), "{error}");
    }
    match catalog {
        Server => {
            let limits = Limits::from_options(&options).expect("every option has been checked");
            assert!(limits.budget.headroom < 1.0 && limits.max_concurrent_requests > 0);
            let Some(base) = address::configured(&options).expect("it has been checked") else { return };
            let host = base.host_str().expect("an address has a host");
            let is_local = host.eq_ignore_ascii_case("localhost") || host.starts_with("127.") || host == "[::1]";
            let allowed = options.bool("allow_http").expect("it has a default");
            assert!(base.scheme() == "https" || (base.scheme() == "http" && (is_local || allowed)), "{base}");
            assert_eq!(base.path(), "/api/v2/");
            assert!(base.username().is_empty() && base.password().is_none());
            // Requests go below it and nowhere else.
            let endpoint = address::token_endpoint(&options, &base).expect("it has a host");
            assert_eq!(endpoint.url.origin(), base.origin());
            if let Some(secret) = options.secret("api_key").expect("it is one") {
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
            find_entity::<Auth0>(options.text("object").expect("it is declared")).expect("it has been checked");
            if let Some(bulk) = options.text("bulk").expect("it is declared") {
                bulk.parse::<Bulk>().expect("every word is one");
            }
        }
        Wrapper | Column | Import => {}
    }
    // A token of any text is sent as it is, or refused without being repeated.
    for (name, value) in &written {
        if name == "api_key" {
            let claims = Auth0::token_claims(&Secret::from(value.clone()));
            assert!(claims.expires_in.is_none_or(f64::is_finite));
        }
    }
});
