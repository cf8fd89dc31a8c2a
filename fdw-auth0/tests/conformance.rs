//! Every table against the local tenant: empty, one page and several, by key, filtered by each parameter, refused,
//! with unknown members, and with the key only.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scan;

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use auth0_tenant::{Tenant, TenantConfig};
use fdw_auth0::entities::ENTITIES;
use fdw_common::error::ErrorKind;
use fdw_common::filter::{Comparison, Filter, Test, Value};
use fdw_common::model::{At, ColumnType, Entity, Paging, ParameterType, Parents};
use fdw_common::plan::BoundValues;
use fdw_common::rest::Transport;
use scan::{EntityScan, Row, full_token, rows};
use serde_json::json;

static TRANSPORT: LazyLock<Transport> = LazyLock::new(|| Transport::start().unwrap());

fn tenant() -> Tenant {
    let tenant = Tenant::start(TenantConfig { users: 6, ..TenantConfig::default() }).unwrap();
    // Lists below others stay small: each is read for each of its parents.
    for (list, count) in [("/organizations", 3), ("/clients", 3), ("/connections", 2), ("/logs", 12)] {
        assert!(tenant.set_rows(list, count), "{list}");
    }
    // The tenant leaves out optional members, and this table has no other one.
    for index in 0..tenant.user_count() {
        let user: serde_json::Value = serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap();
        let id: String = url::form_urlencoded::byte_serialize(user["user_id"].as_str().unwrap().as_bytes()).collect();
        let blocked = json!({"blocked_for": [{"identifier": "someone", "ip": "203.0.113.7"}]}).to_string();
        assert!(tenant.set_collection(&format!("/user-blocks/{}", id.replace('+', "%20")), vec![blocked]));
    }
    // The tenant does not relate these to connections.
    let connection = json!({"connection_id": tenant.connection_id("Username-Password-Authentication")}).to_string();
    for list in ["/connections-directory-provisionings", "/connections-scim-configurations"] {
        assert!(tenant.set_collection(list, vec![connection.clone()]));
    }
    let screens = ["login-id", "login-password"]
        .map(|screen| json!({"prompt": "login", "screen": screen, "rendering_mode": "advanced"}).to_string());
    assert!(tenant.set_collection("/prompts/rendering", screens.to_vec()));
    assert!(tenant.set_collection("/actions/modules", vec![json!({"id": "m1"}).to_string()]));
    assert!(tenant.set_collection("/actions/modules/m1/actions", vec![json!({"action_id": "a1"}).to_string()]));
    let triggers = ["post-login", "pre-user-registration"].map(|id| json!({"id": id, "version": "v3"}).to_string());
    assert!(tenant.set_collection("/actions/triggers", triggers.to_vec()));
    assert!(tenant.set_collection("/user-blocks", vec![json!({"blocked_for": [{"ip": "203.0.113.7"}]}).to_string()]));
    tenant
}

fn read(tenant: &Tenant, entity_scan: &EntityScan) -> Vec<Row> {
    rows(&TRANSPORT, tenant, &full_token(tenant), entity_scan)
        .unwrap_or_else(|error| panic!("{} {:?}: {error}", entity_scan.entity.name, entity_scan.bound))
}

/// The text in a cell; `None` for any other value.
fn text(cell: &Option<String>) -> Option<String> {
    serde_json::from_str(cell.as_deref()?).ok()
}

/// The values of some columns in a row.
fn values(entity: &Entity, row: &Row, columns: &[&str]) -> Option<BoundValues> {
    let value = |column: &&str| {
        let at = entity.columns.iter().position(|known| known.name == *column)?;
        Some(((*column).to_owned(), text(&row[at])?))
    };
    columns.iter().map(value).collect()
}

/// The required values of a list: those of an existing parent, or values that the API accepts for a list without a
/// parent.
fn required_values(tenant: &Tenant, entity: &'static Entity) -> Option<BoundValues> {
    let mut bound: BoundValues = match entity.parents {
        Parents::None => Vec::new(),
        Parents::Values { column, values } => vec![(column.to_owned(), values[0].to_owned())],
        Parents::Of { entity: parent, keys } => {
            let entity_scan = EntityScan::of(parent).with(&required_values(tenant, parent)?);
            let columns: Vec<&str> = keys.iter().map(|(_, of_parent)| *of_parent).collect();
            let row = read(tenant, &entity_scan).into_iter().next()?;
            let found = values(parent, &row, &columns)?;
            keys.iter().zip(found).map(|((own, _), (_, value))| ((*own).to_owned(), value)).collect()
        }
    };
    for column in entity.required() {
        if !bound.iter().any(|(name, _)| name == column) {
            let value = match (entity.name, column) {
                ("jobs" | "job_errors" | "guardian_enrollments" | "action_executions", _) => return None,
                (_, "language") => "en",
                (_, "page") => "get-started",
                (_, "q") => "name:x*",
                (_, "resource_server_identifier") => "https://api0.example.com/",
                (_, "permission_name") => "read:reports",
                (_, "identifier") => "user@example.com",
                (_, "role_id") => {
                    let roles = ENTITIES.iter().find(|entity| entity.name == "roles").unwrap();
                    let row = read(tenant, &EntityScan::of(roles)).into_iter().next()?;
                    bound.push((column.to_owned(), values(roles, &row, &["id"])?.remove(0).1));
                    continue;
                }
                other => panic!("no value for {other:?}"),
            };
            bound.push((column.to_owned(), value.to_owned()));
        }
    }
    Some(bound)
}

/// The path of a list with its values in place, without its parameters.
fn filled_path(path: &str, bound: &BoundValues) -> String {
    let mut path = path.split('?').next().unwrap().to_owned();
    for (column, value) in bound {
        let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        path = path.replace(&format!("{{{column}}}"), &encoded.replace('+', "%20"));
    }
    path
}

/// Rows that have only the key and a member that the API does not document.
fn bare_rows(entity: &Entity, bound: &BoundValues, count: usize) -> Vec<String> {
    let row = |number: usize| {
        let mut row = serde_json::Map::new();
        for key in entity.key {
            let column = entity.column(key).unwrap();
            let value = match bound.iter().find(|(name, _)| name == key) {
                Some((_, value)) => json!(value),
                None => json!(format!("k{number:05}")),
            };
            if let Some(member) = column.member() {
                row.insert(member.to_owned(), value);
            }
        }
        if entity.name == "logs" && count > 1 {
            // The sort key of the log; without it the tenant's order would change with each request.
            row.insert("date".to_owned(), json!(format!("2026-01-01T00:{:02}:{:02}.000Z", number / 60, number % 60)));
        }
        row.insert("unheard_of".to_owned(), json!({"number": number}));
        serde_json::Value::Object(row).to_string()
    };
    (0..count).map(row).collect()
}

/// The tables whose rows can be replaced: those whose rows are objects of a list.
fn lists() -> impl Iterator<Item = &'static Entity> {
    // Errors of jobs, policies and blocks are not the objects of a list.
    let others = ["job_errors", "guardian_policies", "user_blocks", "user_blocks_by_identifier"];
    ENTITIES.iter().filter(move |entity| !entity.is_document() && !others.contains(&entity.name))
}

/// The number of requests for a list of `count` rows.
fn expected_requests(entity: &Entity, count: usize) -> usize {
    match entity.paging {
        Paging::Whole => 1,
        Paging::Page(pages) => {
            let reading = count / pages.max_size as usize + 1;
            // A list of more than one page is read until two readings agree: here twice.
            if reading > 1 { 2 * reading } else { 1 }
        }
        Paging::Uncounted(pages) => {
            let filled = count.div_ceil(pages.max_size as usize);
            // Both readings end with an empty page.
            if filled > 0 { 2 * (filled + 1) } else { 1 }
        }
        // A full page always has a cursor to the next one.
        Paging::Checkpoint(pages) => count / pages.max_size as usize + 1,
        // The oldest entries, then those after the first of them, then none.
        Paging::Log(_) if count == 0 => 1,
        Paging::Log(pages) => 2 + (count - 1).div_ceil(pages.search.max_size as usize),
    }
}

/// The number of requests for one list; requests for its parents are not counted.
fn requests_to(tenant: &Tenant, path: &str) -> usize {
    tenant.requests().iter().filter(|request| request.path == format!("/api/v2/{path}")).count()
}

#[test]
fn lists_of_no_page_one_and_several_are_read_whole() {
    for entity in lists().filter(|entity| entity.name != "users") {
        let tenant = tenant();
        let Some(bound) = required_values(&tenant, entity) else { continue };
        let path = filled_path(entity.path, &bound);
        let entity_scan = EntityScan::of(entity).with(&bound);
        for count in [0, 1, 7, 230] {
            // The path has a parameter that the tenant would compare with the rows.
            if entity.path.contains('?') {
                continue;
            }
            assert!(tenant.set_collection(&path, bare_rows(entity, &bound, count)), "{path}");
            tenant.clear_requests();
            let rows = read(&tenant, &entity_scan);
            assert_eq!(rows.len(), count, "{} of {path}", entity.name);
            assert_eq!(requests_to(&tenant, &path), expected_requests(entity, count), "{} {count}", entity.name);
            let numbers: BTreeSet<&Option<String>> = rows.iter().map(|row| row.last().unwrap()).collect();
            assert_eq!(numbers.len(), count, "{} gives rows twice", entity.name);
        }
    }
}

#[test]
fn undocumented_members_are_in_attrs_and_missing_ones_are_null() {
    let mut tested = 0;
    // A member on request only needs the parameter that also trims the whole row.
    let lists = lists().filter(|entity| !has_members_on_request(entity));
    for entity in lists.filter(|entity| !entity.path.contains('?') && entity.name != "users") {
        let tenant = tenant();
        let Some(bound) = required_values(&tenant, entity) else { continue };
        assert!(tenant.set_collection(&filled_path(entity.path, &bound), bare_rows(entity, &bound, 1)));
        let rows = read(&tenant, &EntityScan::of(entity).with(&bound));
        let [row] = rows.as_slice() else { panic!("{} has {} rows", entity.name, rows.len()) };
        assert!(row.last().unwrap().as_deref().unwrap().contains(r#""unheard_of":{"number":0}"#), "{row:?}");
        for (column, cell) in entity.columns.iter().zip(row) {
            let known = entity.key.contains(&column.name) || bound.iter().any(|(name, _)| name == column.name);
            assert_eq!(cell.is_some(), known, "{}.{}", entity.name, column.name);
        }
        for (name, value) in &bound {
            assert_eq!(values(entity, row, &[name]).unwrap()[0].1, *value, "{}.{name}", entity.name);
        }
        tested += 1;
    }
    assert!(tested >= 90, "{tested}");
}

/// An entry may name another identity, a number or no user (go-auth0 303 and 678).
#[test]
fn user_logs_have_every_entry_of_the_user_even_if_it_names_another() {
    let tenant = tenant();
    let entity = ENTITIES.iter().find(|entity| entity.name == "user_logs").unwrap();
    let bound = required_values(&tenant, entity).unwrap();
    let user_ids = [json!(bound[0].1), json!("google-oauth2|1"), json!(4711), json!(null)];
    let mut entries: Vec<String> = user_ids
        .iter()
        .enumerate()
        .map(|(number, user)| json!({"log_id": format!("l{number}"), "user_id": user}).to_string())
        .collect();
    entries.push(json!({"log_id": "l4"}).to_string());
    assert!(tenant.set_collection(&filled_path(entity.path, &bound), entries));
    let found = read(&tenant, &EntityScan::of(entity).with(&bound));
    assert_eq!(found.len(), 5, "{found:?}");
    for row in &found {
        assert_eq!(values(entity, row, &["user_id"]).unwrap(), bound, "{row:?}");
    }
    let at = entity.columns.iter().position(|column| column.name == "entry_user_id").unwrap();
    let entry_users: Vec<Option<&str>> = found.iter().map(|row| row[at].as_deref()).collect();
    let quoted = user_ids[0].to_string();
    assert_eq!(entry_users, [Some(quoted.as_str()), Some("\"google-oauth2|1\""), Some("4711"), None, None]);
}

#[test]
fn single_documents_are_one_row_or_none() {
    let tenant = tenant();
    for entity in ENTITIES.iter().filter(|entity| entity.is_document()) {
        let Some(bound) = required_values(&tenant, entity) else { continue };
        let entity_scan = EntityScan::of(entity).with(&bound);
        tenant.clear_requests();
        assert_eq!(read(&tenant, &entity_scan).len(), 1, "{}", entity.name);
        assert_eq!(requests_to(&tenant, &filled_path(entity.path, &bound)), 1, "{}", entity.name);
        // Documents that need a key, and those that a tenant may not have.
        let path = filled_path(entity.path, &bound);
        tenant.fault(
            auth0_tenant::Fault::forever(auth0_tenant::FaultKind::Status {
                code: 404,
                body: r#"{"statusCode":404,"error":"Not Found","message":"None.","errorCode":"inexistent_thing"}"#
                    .to_owned(),
                content_type: "application/json".to_owned(),
                headers: Vec::new(),
            })
            .on_path(&format!("/api/v2/{path}")),
        );
        let answer = rows(&TRANSPORT, &tenant, &full_token(&tenant), &entity_scan);
        if entity.may_be_absent || !bound.is_empty() {
            assert_eq!(answer.unwrap().len(), 0, "{}", entity.name);
        } else {
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::Remote, "{}", entity.name);
        }
        tenant.clear_faults();
    }
}

#[test]
fn rows_are_found_by_their_keys() {
    let tenant = tenant();
    let mut tested = BTreeSet::new();
    // The tenant finds agents by another member.
    for entity in ENTITIES.iter().filter(|entity| !entity.lookups.is_empty() && entity.name != "agents") {
        let Some(bound) = required_values(&tenant, entity) else { continue };
        let Some(row) = read(&tenant, &EntityScan::of(entity).with(&bound)).into_iter().next() else { continue };
        for (at, lookup) in entity.lookups.iter().enumerate() {
            let columns: Vec<&str> = lookup.columns().collect();
            let Some(by) = values(entity, &row, &columns) else { continue };
            if columns == ["connection_id"] || columns == ["prompt", "screen"] {
                // The tenant's single document differs from its row in the list.
                assert!(
                    tenant.set_collection(&filled_path(lookup.path, &by), vec![row.last().unwrap().clone().unwrap()])
                );
            }
            tenant.clear_requests();
            let found = read(&tenant, &EntityScan::of(entity).with(&by).by(at));
            let [found] = found.as_slice() else { panic!("{} {by:?}: {} rows", entity.name, found.len()) };
            for ((column, found), listed) in entity.columns.iter().zip(found).zip(&row) {
                // The SDK has this member for single connections only; the lists of tenants have it.
                if column.name != "enabled_clients" {
                    assert_eq!(found, listed, "{}.{} by {columns:?}", entity.name, column.name);
                }
            }
            let requested: Vec<String> = tenant.requests().iter().map(|request| request.path.clone()).collect();
            assert_eq!(requested, [format!("/api/v2/{}", filled_path(lookup.path, &by))], "{}", entity.name);
            if columns == ["prompt", "screen"] {
                // The tenant has a screen of any name.
                tested.insert((entity.name, at));
                continue;
            }
            // An absent key gives no row.
            let mut absent = by.clone();
            absent.last_mut().unwrap().1 = "absent".to_owned();
            assert_eq!(read(&tenant, &EntityScan::of(entity).with(&absent).by(at)).len(), 0, "{}", entity.name);
            tested.insert((entity.name, at));
        }
    }
    assert!(tested.len() > 50, "{}: {tested:?}", tested.len());
}

#[test]
fn missing_parents_have_no_rows() {
    let tenant = tenant();
    for entity in lists().filter(|entity| matches!(entity.parents, Parents::Of { .. })) {
        let Some(mut bound) = required_values(&tenant, entity) else { continue };
        // The tenant checks the parents in a path, not those in a parameter.
        if !entity.path.split('?').next().unwrap().contains(&bound[0].0) {
            continue;
        }
        bound[0].1 = "absent".to_owned();
        assert_eq!(read(&tenant, &EntityScan::of(entity).with(&bound)).len(), 0, "{}", entity.name);
    }
}

#[test]
fn fan_out_reads_the_lists_of_all_parents() {
    let tenant = tenant();
    for entity in lists() {
        let Parents::Of { entity: parent, keys } = entity.parents else { continue };
        if parent.required().next().is_some() || keys.len() != entity.required().count() {
            continue;
        }
        let columns: Vec<&str> = keys.iter().map(|(_, of_parent)| *of_parent).collect();
        let mut each = Vec::new();
        for row in read(&tenant, &EntityScan::of(parent)) {
            let of_parent = values(parent, &row, &columns).unwrap();
            let bound: BoundValues =
                keys.iter().zip(of_parent).map(|((own, _), (_, value))| ((*own).to_owned(), value)).collect();
            each.extend(read(&tenant, &EntityScan::of(entity).with(&bound)));
        }
        tenant.clear_requests();
        let mut all = read(&tenant, &EntityScan::of(entity));
        all.sort();
        each.sort();
        assert_eq!(all, each, "{}", entity.name);
    }
}

#[test]
fn fan_out_reads_parents_past_the_page_cap() {
    let tenant = Tenant::start(TenantConfig { users: 1_300, ..TenantConfig::default() }).unwrap();
    let entity = ENTITIES.iter().find(|entity| entity.name == "user_roles").unwrap();
    read(&tenant, &EntityScan::of(entity));
    let requests = tenant.requests();
    let lists: Vec<&str> =
        requests.iter().map(|request| request.path.as_str()).filter(|path| path.ends_with("/roles")).collect();
    let users: BTreeSet<&&str> = lists.iter().collect();
    assert_eq!((lists.len(), users.len()), (1_300, 1_300), "the roles of each user, once");
}

/// The API lists one type at a time: the refresh tokens if the request has no type.
#[test]
fn device_credentials_of_all_types_are_read() {
    let tenant = tenant();
    let entity = ENTITIES.iter().find(|entity| entity.name == "device_credentials").unwrap();
    let types = ["public_key", "refresh_token", "rotating_refresh_token"];
    let row = |ty| format!(r#"{{"id":"dcr_{ty}","type":"{ty}","user_id":"auth0|1"}}"#);
    assert!(tenant.set_collection("/device-credentials", types.map(row).to_vec()));
    let at = entity.columns.iter().position(|column| column.name == "type").unwrap();
    let mut found: Vec<_> = read(&tenant, &EntityScan::of(entity)).iter().filter_map(|row| text(&row[at])).collect();
    found.sort();
    assert_eq!(found, types);
}

/// A predicate on rows.
type Keep = Box<dyn Fn(&Row) -> bool>;

/// A condition that is pushed down as a parameter, and the predicate for its rows.
fn condition(entity: &Entity, column: &str, takes: ParameterType, rows: &[Row]) -> Option<(Filter, Keep)> {
    let at = entity.columns.iter().position(|known| known.name == column)?;
    let path = entity.column_path(&entity.columns[at]);
    let equal = |value: Value| Filter::Test { path: path.clone(), test: Test::Compare(Comparison::Equal, value) };
    match takes {
        ParameterType::Text
        | ParameterType::Texts(_)
        | ParameterType::Value
        | ParameterType::Word(_)
        | ParameterType::Words(_) => {
            let wanted = rows.iter().find_map(|row| text(&row[at]))?;
            let keep = wanted.clone();
            Some((equal(Value::Text(wanted)), Box::new(move |row| text(&row[at]).as_deref() == Some(&keep))))
        }
        ParameterType::Bool | ParameterType::True => {
            let keep = move |row: &Row| row[at].as_deref() == Some("true");
            Some((equal(Value::Bool(true)), Box::new(keep)))
        }
        ParameterType::FirstDay | ParameterType::LastDay | ParameterType::Earliest | ParameterType::Latest => {
            let time: jiff::Timestamp = rows.iter().find_map(|row| text(&row[at]))?.parse().ok()?;
            let keep = move |row: &Row| text(&row[at]).and_then(|text| text.parse().ok()) == Some(time);
            Some((equal(Value::Time(time.as_microsecond())), Box::new(keep)))
        }
    }
}

#[test]
fn parameters_leave_out_no_row_that_matches() {
    let tenant = tenant();
    let mut tested = BTreeSet::new();
    for entity in ENTITIES {
        let Some(bound) = required_values(&tenant, entity) else { continue };
        let all = read(&tenant, &EntityScan::of(entity).with(&bound));
        for parameter in entity.parameters {
            let condition = condition(entity, parameter.column, parameter.takes, &all);
            let Some((filter, keep)) = condition else { continue };
            tenant.clear_requests();
            let entity_scan = EntityScan { filters: vec![filter], ..EntityScan::of(entity).with(&bound) };
            let sent = fdw_common::parameters::parameters(entity, &entity_scan.filters);
            if sent.is_empty() {
                continue;
            }
            let mut found: Vec<Row> = read(&tenant, &entity_scan).into_iter().filter(|row| keep(row)).collect();
            let mut wanted: Vec<Row> = all.iter().filter(|row| keep(row)).cloned().collect();
            found.sort();
            wanted.sort();
            assert_eq!(found, wanted, "{} by {}", entity.name, parameter.name);
            let path = format!("/api/v2/{}", filled_path(entity.path, &bound));
            let request = tenant.requests().into_iter().find(|request| request.path == path).unwrap();
            let (_, value) = &sent[0];
            let has = |pair: &(String, String)| pair.0 == parameter.name && pair.1 == *value;
            assert!(request.pairs.iter().any(has), "{} {:?}", entity.name, request.pairs);
            tested.insert((entity.name, parameter.name));
        }
    }
    assert!(tested.len() > 30, "{}: {tested:?}", tested.len());
}

#[test]
fn a_missing_scope_is_an_error_that_names_a_sufficient_scope() {
    let tenant = tenant();
    let nobody = tenant.token(&[]);
    for entity in ENTITIES {
        let Some(bound) = required_values(&tenant, entity) else { continue };
        let error = rows(&TRANSPORT, &tenant, &nobody, &EntityScan::of(entity).with(&bound)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{}", entity.name);
        assert!(error.message().contains(&format!("\"{}\"", entity.name)), "{error}");
        let hint = error.hint().unwrap();
        assert!(entity.scopes.iter().all(|scope| hint.contains(scope)), "{hint}");
        // Each scope of the table must be sufficient by itself.
        for scope in entity.scopes {
            let token = tenant.token(&[scope]);
            // A member on request only may need another scope.
            let all_columns = !has_members_on_request(entity);
            let entity_scan = EntityScan { all_columns, ..EntityScan::of(entity).with(&bound) };
            let answer = rows(&TRANSPORT, &tenant, &token, &entity_scan);
            assert!(answer.is_ok(), "{} with {scope}: {}", entity.name, answer.unwrap_err());
        }
    }
}

#[test]
fn roles_of_members_are_requested_only_if_read_and_need_their_scope() {
    let tenant = tenant();
    assert!(tenant.set_rows("/organizations/{id}/members", 7));
    let entity = ENTITIES.iter().find(|entity| entity.name == "organization_members").unwrap();
    let bound = required_values(&tenant, entity).unwrap();
    let all = EntityScan::of(entity).with(&bound);
    let key_only = EntityScan { all_columns: false, ..all.clone() };
    let limited = tenant.token(&["read:organization_members"]);
    assert!(!rows(&TRANSPORT, &tenant, &limited, &key_only).unwrap().is_empty());
    let error = rows(&TRANSPORT, &tenant, &limited, &all).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.hint().unwrap().contains("read:organization_member_roles"), "{error}");
    let members = read(&tenant, &all);
    let at = entity.columns.iter().position(|column| column.name == "roles").unwrap();
    assert!(members.iter().all(|member| member[at].is_some()), "{members:?}");
    // The whole row also has every other documented member.
    assert!(
        members.iter().any(|member| member.last().unwrap().as_deref().unwrap().contains("\"email\"")),
        "{members:?}"
    );
}

fn has_members_on_request(entity: &Entity) -> bool {
    entity.fields.is_some_and(|fields| !fields.on_request.is_empty())
}

#[test]
fn secrets_are_redacted_unless_exposed() {
    let tenant = tenant();
    let secret = "hunter2-hunter2";
    let bodies: HashMap<&str, serde_json::Value> = HashMap::from([
        (
            "clients",
            json!({"client_secret": secret, "addons": {"firebase": {"secret": secret, "private_key": secret}}}),
        ),
        (
            "connections",
            json!({"options": {
            "client_secret": secret,
            "configuration": {"DB_PASSWORD": secret},
            "gateway_authentication": {"secret": secret},
            "signing_key": {"key": secret, "cert": "c"},
            "idps": [{"client_secret": secret}],
        }, "provisioning_ticket_url": secret}),
        ),
        ("resource_servers", json!({"signing_secret": secret})),
        ("log_streams", json!({"sink": {"httpAuthorization": secret, "splunkToken": secret}})),
        ("event_streams", json!({"destination": {"configuration": {"webhook_authorization": {"token": secret}}}})),
        ("phone_providers", json!({"credentials": {"auth_token": secret}})),
        ("custom_signing_keys", json!({"d": secret, "p": secret, "n": "n"})),
    ]);
    for (name, body) in bodies {
        let entity = ENTITIES.iter().find(|entity| entity.name == name).unwrap();
        let mut row = body.as_object().unwrap().clone();
        for key in entity.key {
            row.insert((*key).to_owned(), json!("key"));
        }
        assert!(tenant.set_collection(entity.path, vec![serde_json::Value::Object(row).to_string()]));
        let entity_scan = EntityScan::of(entity);
        let shown = format!("{:?}", read(&tenant, &entity_scan));
        assert!(!shown.contains(secret) && shown.contains("[redacted]"), "{name}: {shown}");
        let exposed = format!("{:?}", read(&tenant, &EntityScan { expose_secrets: true, ..entity_scan }));
        assert!(exposed.contains(secret) && !exposed.contains("[redacted]"), "{name}: {exposed}");
    }
}

/// Tables with times that the API's description does not declare as times; the tenant generates other texts.
const LOOSE_TIMES: &[&str] =
    &["sessions", "refresh_tokens", "logs", "keys", "acls", "enrollments", "jobs", "stats", "tokens"];

#[test]
fn values_have_the_declared_types() {
    let tenant = tenant();
    for entity in ENTITIES {
        let Some(bound) = required_values(&tenant, entity) else { continue };
        for row in read(&tenant, &EntityScan { expose_secrets: true, ..EntityScan::of(entity).with(&bound) }) {
            for (column, cell) in entity.columns.iter().zip(&row) {
                let Some(raw) = cell else { continue };
                let value: serde_json::Value = serde_json::from_str(raw).unwrap();
                if column.ty == ColumnType::Timestamptz && LOOSE_TIMES.iter().any(|name| entity.name.contains(name)) {
                    continue;
                }
                let fits = match column.ty {
                    ColumnType::Text => column.at == At::Request || value.is_string(),
                    ColumnType::Bool => value.is_boolean(),
                    ColumnType::Int8 => value.is_i64() || value.is_u64(),
                    ColumnType::Float8 => value.is_number(),
                    ColumnType::Timestamptz => {
                        value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok() || text.len() == 10)
                    }
                    ColumnType::Jsonb => value.is_object() || value.is_array(),
                };
                assert!(fits, "{}.{} is {raw}", entity.name, column.name);
            }
        }
    }
}
