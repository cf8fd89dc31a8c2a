//! Recorded answers of real tenants, read as tables: every member of every row is returned.
//!
//! `AUTH0_RECORDINGS` names a folder of recorded interactions, one JSON object a line.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod replay;
mod scan;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use fdw_auth0::entities::ENTITIES;
use fdw_common::model::{Entity, LookupAnswer, Paging, Rows, placeholders};
use fdw_common::plan::BoundValues;
use fdw_common::rest::Transport;
use replay::Replay;
use scan::{EntityScan, rows_at};
use serde_json::{Value, json};

static TRANSPORT: LazyLock<Transport> = LazyLock::new(|| Transport::start().unwrap());

/// Reads rows of an API that answers `first` to requests for a first page, and `further` to all others.
fn read(api: &Replay, entity_scan: &EntityScan, first: &Value, further: &Value) -> Vec<scan::Row> {
    let (first, further) = (first.to_string(), further.to_string());
    let body = first.clone();
    api.answer(move |target| {
        let is_further = target.contains("&page=1") || target.contains("from=");
        if is_further { further.clone() } else { first.clone() }
    });
    rows_at(&TRANSPORT, &api.url, "token", entity_scan)
        .unwrap_or_else(|error| panic!("{} {error}\n{body}", entity_scan.entity.name))
}

/// A path without names and queries.
fn shape(path: &str) -> String {
    let path = path.trim_start_matches('/').split('?').next().unwrap();
    let segment = |segment: &str| if segment.contains('{') { "{}".to_owned() } else { segment.to_owned() };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// The list's answer with these rows, as the entity declares it.
fn envelope(entity: &Entity, rows: &[Value]) -> Value {
    let Rows::Member(member) = entity.rows else { return json!(rows) };
    let mut envelope = json!({member: rows});
    if let Paging::Page(pages) = entity.paging {
        let object = envelope.as_object_mut().unwrap();
        let members = [(pages.start, 0), (pages.limit, pages.max_size as usize), (Some(pages.total), rows.len())];
        for (member, value) in members {
            object.insert(member.unwrap().join("."), json!(value));
        }
    }
    envelope
}

/// A value for each parameter of a path: the row's value, if it has one.
fn bound_values(entity: &Entity, path: &'static str, row: Option<&Value>) -> BoundValues {
    let shown = |column: &str| {
        let member = entity.column(column)?.member()?;
        row?.get(member)?.as_str().map(str::to_owned)
    };
    placeholders(path).map(|column| (column.to_owned(), shown(column).unwrap_or_else(|| "asked".to_owned()))).collect()
}

#[test]
fn every_recorded_answer_is_read_whole() {
    let Some(folder) = std::env::var_os("AUTH0_RECORDINGS").map(PathBuf::from) else {
        eprintln!("skipped: AUTH0_RECORDINGS is not set");
        return;
    };
    let api = Replay::start();
    let (mut answers, mut compared, mut entities) = (0, 0, BTreeSet::new());
    let mut unknown: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "jsonl")) {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let recorded: Value = serde_json::from_str(line).unwrap();
            if recorded["method"] != "GET" || recorded["status"] != 200 {
                continue;
            }
            let Some(template) = recorded["template"].as_str().map(shape) else { continue };
            let body = &recorded["response_body"];
            // The recorder rewrote these in a form that the API does not have.
            let rewritten = template == "clients" && !body["clients"].is_array() && !body.is_array();
            // A request with `fields=id`: the answer lacks the type that the table requests.
            let rewritten =
                rewritten || template == "device-credentials" && body["device_credentials"][0]["type"].is_null();
            // Two paths that are newer than the covered version of the SDK.
            if rewritten || template.starts_with("guardian/factors/webauthn") {
                continue;
            }
            answers += 1;
            let mut found = false;
            for entity in ENTITIES {
                let expose = EntityScan { expose_secrets: true, ..EntityScan::of(entity) };
                let (rows, entity_scan, first, further) = if shape(entity.path) == template {
                    let rows = match (entity.rows, body) {
                        (Rows::Document, document) => vec![document.clone()],
                        (_, Value::Array(rows)) => rows.clone(),
                        (Rows::Member(member), object) => {
                            let rows = object[member].as_array();
                            rows.unwrap_or_else(|| panic!("no {member} in {object}")).clone()
                        }
                        (Rows::Path(path), _) => panic!("Auth0 has no rows at {path:?}"),
                        // A log with a total, which the table does not request any more.
                        (Rows::Array, object) => object["logs"].as_array().unwrap().clone(),
                    };
                    let first = if entity.is_document() { body.clone() } else { envelope(entity, &rows) };
                    (rows, expose.with(&bound_values(entity, entity.path, None)), first, envelope(entity, &[]))
                } else if let Some(at) = entity.lookups.iter().position(|lookup| shape(lookup.path) == template) {
                    let lookup = &entity.lookups[at];
                    let rows = match lookup.answer {
                        LookupAnswer::Row => vec![body.clone()],
                        LookupAnswer::Array => body.as_array().unwrap().clone(),
                    };
                    let by = bound_values(entity, lookup.path, rows.first());
                    (rows, expose.with(&by).by(at), body.clone(), Value::Null)
                } else {
                    continue;
                };
                found = true;
                entities.insert(entity.name);
                // The recorder gave several rows the same id; a duplicate row is emitted once.
                let mut keys = HashSet::new();
                let mut rows = rows;
                rows.retain(|row| {
                    let key: Vec<&Value> =
                        entity.key.iter().filter_map(|key| row.get(entity.column(key)?.member()?)).collect();
                    key.is_empty() || keys.insert(format!("{key:?}"))
                });
                let shown = read(&api, &entity_scan, &first, &further);
                assert_eq!(shown.len(), rows.len(), "{} from {template}", entity.name);
                for (row, shown) in rows.iter().zip(&shown) {
                    let whole: Value = serde_json::from_str(shown.last().unwrap().as_deref().unwrap()).unwrap();
                    assert_eq!(whole, *row, "attrs of {}", entity.name);
                    for (column, cell) in entity.columns.iter().zip(shown) {
                        let Some(member) = column.member() else { continue };
                        let value = row.get(member).filter(|value| !value.is_null());
                        let cell: Option<Value> = cell.as_deref().map(|raw| serde_json::from_str(raw).unwrap());
                        let asked = entity_scan.bound.iter().find(|(name, _)| name == column.name);
                        // A column in the path shows the request's value, not the row's.
                        let expected = match asked {
                            Some((_, asked)) if entity.shows_bound_value(column) || value.is_none() => {
                                Some(json!(asked))
                            }
                            _ => value.cloned(),
                        };
                        assert_eq!(cell, expected, "{}.{}", entity.name, column.name);
                    }
                    for member in row.as_object().into_iter().flat_map(|row| row.keys()) {
                        if !entity.documents(member) && entity.columns[0].member().is_some() {
                            unknown.entry(entity.name).or_default().insert(member.clone());
                        }
                    }
                    compared += 1;
                }
            }
            assert!(found, "no table reads {template}");
        }
    }
    eprintln!("{answers} answers, {compared} rows, {} tables", entities.len());
    eprintln!("members that are in attrs only: {unknown:#?}");
    assert!(answers > 500 && entities.len() > 80, "{answers} answers, {} tables", entities.len());
}
