//! Compares the tables with Auth0's official SDK: its endpoints and members, and which of them are tables.
//!
//! `scripts/api-description` writes the local tenant's description of the API from the SDK. The result of the comparison
//! is `docs/tables/coverage.md`, so that a new version of the SDK shows as a difference.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod generated;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use fdw_auth0::entities::{ENTITIES, NOT_TABLES};
use fdw_common::model::{Entity, NextPage, Paging, Rows};
use serde_json::Value;

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../tenant/src/api/description.json")).expect("the description is JSON")
});

/// A GET endpoint of the SDK.
struct Endpoint {
    path: &'static str,
    query: Vec<&'static str>,
    /// The member that holds the rows; `[]` for an array, empty for a document.
    rows: &'static str,
    members: Vec<&'static str>,
}

fn endpoints() -> BTreeMap<String, Endpoint> {
    let endpoints = DESCRIPTION["endpoints"].as_object().unwrap();
    endpoints.iter().map(|(path, endpoint)| (shape(&path[1..]), read(&path[1..], endpoint))).collect()
}

fn read(path: &'static str, endpoint: &'static Value) -> Endpoint {
    let query = endpoint["query"].as_object().into_iter().flat_map(|query| query.keys()).map(|name| plain(name));
    let answer = endpoint["answer"].as_str().unwrap_or_default();
    let (rows, row) = match answer.strip_prefix("[]") {
        Some(row) => ("[]", row),
        None => lists(answer).into_iter().find(|(_, row)| row.starts_with('#')).unwrap_or(("", answer)),
    };
    Endpoint { path, query: query.collect(), rows, members: members(row) }
}

/// The member that holds the rows of an answer, with its element type: the only member that does not describe the page.
/// Empty if there is none.
fn lists(answer: &'static str) -> Vec<(&'static str, &'static str)> {
    const PAGE: &[&str] = &["start", "limit", "total", "length", "next", "page", "per_page"];
    let Some(object) = answer.strip_prefix('#').and_then(|name| DESCRIPTION["types"][name].as_object()) else {
        return Vec::new();
    };
    if object.keys().map(|name| plain(name)).filter(|name| !PAGE.contains(name)).count() != 1 {
        return Vec::new();
    }
    let list = |(name, ty): (&'static String, &'static Value)| Some((plain(name), ty.as_str()?.strip_prefix("[]")?));
    object.iter().filter_map(list).collect()
}

/// The members of an object, or of every alternative of a choice of objects.
fn members(ty: &'static str) -> Vec<&'static str> {
    let mut members: Vec<&str> = Vec::new();
    for name in ty.split('|').filter_map(|ty| ty.strip_prefix('#')) {
        match &DESCRIPTION["types"][name] {
            Value::Object(object) => members.extend(object.keys().map(|name| plain(name))),
            Value::String(choice) => members.extend(self::members(choice)),
            _ => {}
        }
    }
    members.sort_unstable();
    members.dedup();
    members
}

/// A name without the mark of an optional member.
fn plain(name: &str) -> &str {
    name.strip_suffix('?').unwrap_or(name)
}

/// A path without the names of its parameters and without its query.
fn shape(path: &str) -> String {
    let mut shape = String::new();
    for (at, part) in path.split('?').next().unwrap_or_default().split('{').enumerate() {
        match part.split_once('}') {
            Some((_, rest)) if at > 0 => {
                shape.push_str("{}");
                shape.push_str(rest);
            }
            _ => shape.push_str(part),
        }
    }
    shape
}

/// The endpoints that a table uses.
fn asked(entity: &Entity) -> Vec<&'static str> {
    std::iter::once(entity.path).chain(entity.lookups.iter().map(|lookup| lookup.path)).collect()
}

#[test]
fn every_endpoint_is_a_table_or_has_a_reason_not_to_be() {
    let endpoints = endpoints();
    assert!(endpoints.len() > 200, "the file is incomplete");
    let asked: BTreeSet<String> = ENTITIES.iter().flat_map(asked).map(shape).collect();
    let excused: BTreeSet<String> = NOT_TABLES.iter().map(|(path, _)| shape(path)).collect();
    let missing: Vec<&String> =
        endpoints.keys().filter(|shape| !asked.contains(*shape) && !excused.contains(*shape)).collect();
    assert!(missing.is_empty(), "no table uses {missing:?}");
    let gone: Vec<&String> = asked.iter().chain(&excused).filter(|shape| !endpoints.contains_key(*shape)).collect();
    assert!(gone.is_empty(), "the SDK does not have {gone:?}");
    let tables = endpoints.keys().filter(|shape| asked.contains(*shape)).count();
    assert!(tables * 100 >= endpoints.len() * 97, "{tables} of {}", endpoints.len());
}

#[test]
fn rows_are_in_the_member_that_the_sdk_reads() {
    let endpoints = endpoints();
    for entity in ENTITIES {
        let endpoint = &endpoints[&shape(entity.path)];
        match entity.rows {
            // Without a total the answer is an array, and a log has no total.
            Rows::Array if entity.name.ends_with("logs") => assert_eq!(endpoint.rows, "logs"),
            // Without paging parameters, which the SDK does not send, the answer is an array; with them an object.
            Rows::Member(member) if entity.name == "custom_domains" => assert_eq!(member, "custom_domains"),
            Rows::Member(member) => assert_eq!(endpoint.rows, member, "{}", entity.name),
            // The errors of a job are either a list or an object.
            Rows::Array if entity.name == "job_errors" => {}
            Rows::Array => assert_eq!(endpoint.rows, "[]", "{}", entity.name),
            Rows::Path(path) => panic!("the SDK reads no rows from {path:?}"),
            Rows::Document => assert!(matches!(endpoint.rows, "" | "message_types"), "{}", entity.name),
        }
    }
}

/// Parameters that the documentation has and the SDK leaves out.
const DOCUMENTED: &[(&str, &str)] = &[
    // The methods of the SDK page these lists by number; checkpoints are in the API's description.
    ("clients", "take"),
    ("clients", "from"),
    ("custom_domains", "take"),
    ("custom_domains", "from"),
    // docs: deploy-monitor/logs/retrieve-log-events-using-mgmt-api
    ("logs", "take"),
    ("logs", "from"),
    ("logs", "q"),
];

#[test]
fn endpoints_accept_every_parameter_of_the_tables() {
    let endpoints = endpoints();
    for entity in ENTITIES {
        let mut sent: Vec<&str> = entity.parameters.iter().map(|parameter| parameter.name).collect();
        match entity.paging {
            Paging::Whole => {}
            Paging::Page(pages) => {
                sent.extend([pages.page.name, pages.size]);
                sent.extend(pages.totals_parameter.map(|(name, _)| name));
            }
            Paging::Uncounted(pages) => {
                sent.push(pages.page.name);
                sent.extend(pages.size);
                sent.extend(pages.envelope_parameter.map(|(name, _)| name));
            }
            Paging::Checkpoint(pages) => {
                let NextPage::Cursor { parameter, .. } = pages.next else { panic!("no cursor in {}", entity.name) };
                sent.push(parameter);
                sent.extend(pages.size);
            }
            Paging::Log(pages) => {
                sent.extend([pages.search.page.name, pages.from, pages.size]);
                sent.extend(pages.search.size);
            }
        }
        if let Some(fields) = entity.fields {
            sent.push(fields.name);
            sent.extend(fields.with.map(|(name, _)| name));
        }
        sent.extend(entity.search.map(|search| search.name));
        sent.extend(entity.sort.map(|sort| sort.name));
        if let Some((_, query)) = entity.path.split_once('?') {
            sent.extend(query.split('&').filter_map(|pair| pair.split('=').next()));
        }
        let known = &endpoints[&shape(entity.path)].query;
        for name in sent {
            let documented = DOCUMENTED.contains(&(entity.name, name));
            assert!(known.contains(&name) || documented, "{} takes no {name}: {known:?}", entity.name);
        }
    }
}

#[test]
fn coverage_page_matches_the_tables() {
    let endpoints = endpoints();
    let excused = NOT_TABLES.len();
    let mut page = format!(
        "# Coverage of the Management API\n\nThis page is written by `scripts/docs` from the tables and from what \
         `scripts/api-description` reads from\nAuth0's official SDK for Python.\n\n{} tables ask {} of {} GET \
         endpoints. The others:\n\n| endpoint | why it is no table |\n|---|---|\n",
        ENTITIES.len(),
        endpoints.len() - excused,
        endpoints.len()
    );
    for (path, reason) in NOT_TABLES {
        let _ = writeln!(page, "| `{path}` | {reason} |");
    }
    let mut without = String::new();
    let (mut columns, mut covered) = (0, 0);
    for entity in ENTITIES {
        for path in asked(entity) {
            let endpoint = &endpoints[&shape(path)];
            // A member in answers about one row only is a column of the table of such answers.
            let is_column = |member: &str| {
                ENTITIES.iter().any(|other| {
                    (other.name == entity.name || (other.is_document() && shape(other.path) == shape(path)))
                        && other.documents(member)
                })
            };
            let missing: Vec<&str> = endpoint.members.iter().copied().filter(|member| !is_column(member)).collect();
            columns += endpoint.members.len();
            covered += endpoint.members.len() - missing.len();
            if !missing.is_empty() {
                let _ = writeln!(without, "| `{}` | `{}` | `{}` |", entity.name, endpoint.path, missing.join("`, `"));
            }
        }
    }
    page.push_str("\n## Members without a column\n\n");
    if without.is_empty() {
        page.push_str("There are none.\n");
    } else {
        page.push_str(
            "They are in `attrs`, and can be declared as columns.\n\n| table | endpoint | members |\n|---|---|---|\n",
        );
        page.push_str(&without);
    }
    page.push_str(
        "\n## Columns the SDK does not know\n\nSeen in answers of tenants.\n\n| table | members |\n|---|---|\n",
    );
    for entity in ENTITIES {
        let known: Vec<&str> =
            asked(entity).iter().flat_map(|path| &endpoints[&shape(path)].members).copied().collect();
        let unknown: Vec<&str> = entity
            .columns
            .iter()
            .filter_map(|column| column.member())
            .filter(|member| !known.is_empty() && !known.contains(member))
            .collect();
        if !unknown.is_empty() {
            let _ = writeln!(page, "| `{}` | `{}` |", entity.name, unknown.join("`, `"));
        }
    }
    assert!(covered * 100 >= columns * 97, "{covered} of {columns} members are columns");
    generated::matches("docs/tables/coverage.md", &page);
}
