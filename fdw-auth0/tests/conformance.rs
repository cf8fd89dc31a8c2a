//! Every table against the local tenant: empty, one page and several, by key, shorter by each parameter,
//! refused, with members nobody knows and without any but the key.

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
use scan::{Asking, Row, full_token, rows};
use serde_json::json;

static TRANSPORT: LazyLock<Transport> = LazyLock::new(|| Transport::start().unwrap());

fn tenant() -> Tenant {
    let tenant = Tenant::start(TenantConfig { users: 6, ..TenantConfig::default() }).unwrap();
    // Lists below others stay small: each is read for each of its parents.
    for (list, count) in [("/organizations", 3), ("/clients", 3), ("/connections", 2), ("/logs", 12)] {
        assert!(tenant.set_rows(list, count), "{list}");
    }
    // The tenant leaves out members that the API's description does not require, and this one is all there is.
    for index in 0..tenant.user_count() {
        let user: serde_json::Value = serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap();
        let id: String = url::form_urlencoded::byte_serialize(user["user_id"].as_str().unwrap().as_bytes()).collect();
        let blocked = json!({"blocked_for": [{"identifier": "someone", "ip": "203.0.113.7"}]}).to_string();
        assert!(tenant.set_collection(&format!("/user-blocks/{}", id.replace('+', "%20")), vec![blocked]));
    }
    // Nor does it know that these are of connections.
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

fn read(tenant: &Tenant, asking: &Asking) -> Vec<Row> {
    rows(&TRANSPORT, tenant, &full_token(tenant), asking)
        .unwrap_or_else(|error| panic!("{} {:?}: {error}", asking.entity.name, asking.given))
}

/// The text of a cell that holds one.
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

/// Values with which a list can be asked whose rows may be many, few or none: those of a parent that is
/// there, and for what has no parents one that the API takes.
fn asked_with(tenant: &Tenant, entity: &'static Entity) -> Option<BoundValues> {
    let mut given: BoundValues = match entity.parents {
        Parents::None => Vec::new(),
        Parents::Values { column, values } => vec![(column.to_owned(), values[0].to_owned())],
        Parents::Of { entity: parent, keys } => {
            let asking = Asking::of(parent).with(&asked_with(tenant, parent)?);
            let columns: Vec<&str> = keys.iter().map(|(_, of_parent)| *of_parent).collect();
            let row = read(tenant, &asking).into_iter().next()?;
            let found = values(parent, &row, &columns)?;
            keys.iter().zip(found).map(|((own, _), (_, value))| ((*own).to_owned(), value)).collect()
        }
    };
    for column in entity.required() {
        if !given.iter().any(|(name, _)| name == column) {
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
                    let row = read(tenant, &Asking::of(roles)).into_iter().next()?;
                    given.push((column.to_owned(), values(roles, &row, &["id"])?.remove(0).1));
                    continue;
                }
                other => panic!("what is {other:?}?"),
            };
            given.push((column.to_owned(), value.to_owned()));
        }
    }
    Some(given)
}

/// The path of a list with its values in place, without its parameters.
fn filled(path: &str, given: &BoundValues) -> String {
    let mut path = path.split('?').next().unwrap().to_owned();
    for (column, value) in given {
        let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        path = path.replace(&format!("{{{column}}}"), &encoded.replace('+', "%20"));
    }
    path
}

/// Rows of which nothing but the key is known, and something that the API does not document.
fn bare_rows(entity: &Entity, given: &BoundValues, count: usize) -> Vec<String> {
    let row = |number: usize| {
        let mut row = serde_json::Map::new();
        for key in entity.key {
            let column = entity.column(key).unwrap();
            let value = match given.iter().find(|(name, _)| name == key) {
                Some((_, value)) => json!(value),
                None => json!(format!("k{number:05}")),
            };
            if let Some(member) = column.member() {
                row.insert(member.to_owned(), value);
            }
        }
        if entity.name == "logs" && count > 1 {
            // The order of the log; without it the tenant's would be another one for each request.
            row.insert("date".to_owned(), json!(format!("2026-01-01T00:{:02}:{:02}.000Z", number / 60, number % 60)));
        }
        row.insert("unheard_of".to_owned(), json!({"number": number}));
        serde_json::Value::Object(row).to_string()
    };
    (0..count).map(row).collect()
}

/// The tables whose rows can be put in their place: whose rows are objects of a list.
fn lists() -> impl Iterator<Item = &'static Entity> {
    // Errors of jobs, policies and blocks are no objects of a list that can be given.
    let others = ["job_errors", "guardian_policies", "user_blocks", "user_blocks_by_identifier"];
    ENTITIES.iter().filter(move |entity| !entity.is_document() && !others.contains(&entity.name))
}

/// How many requests a list of so many rows takes.
fn expected_requests(entity: &Entity, count: usize) -> usize {
    match entity.paging {
        Paging::Whole => 1,
        Paging::Page(pages) => {
            let reading = count / pages.max_size as usize + 1;
            // A list of more than one page is proven by a second reading that agrees.
            if reading > 1 { 2 * reading } else { 1 }
        }
        Paging::Uncounted(pages) => {
            let filled = count.div_ceil(pages.max_size as usize);
            // The empty page is the end, in both readings.
            if filled > 0 { 2 * (filled + 1) } else { 1 }
        }
        // The tenant says that another page follows whenever one is full.
        Paging::Checkpoint(pages) => count / pages.max_size as usize + 1,
        // The oldest entries, then those after the first of them, then none.
        Paging::Log(_) if count == 0 => 1,
        Paging::Log(pages) => 2 + (count - 1).div_ceil(pages.search.max_size as usize),
    }
}

/// Lists that the tenant answers by their names are given there; the parents' walk is not counted.
fn requests_to(tenant: &Tenant, path: &str) -> usize {
    tenant.requests().iter().filter(|request| request.path == format!("/api/v2/{path}")).count()
}

#[test]
fn empty_lists_one_page_and_several() {
    for entity in lists().filter(|entity| entity.name != "users") {
        let tenant = tenant();
        let Some(given) = asked_with(&tenant, entity) else { continue };
        let path = filled(entity.path, &given);
        let asking = Asking::of(entity).with(&given);
        for count in [0, 1, 7, 230] {
            // These are asked for with a parameter that the tenant would compare with the rows.
            if entity.path.contains('?') {
                continue;
            }
            assert!(tenant.set_collection(&path, bare_rows(entity, &given, count)), "{path}");
            tenant.clear_requests();
            let rows = read(&tenant, &asking);
            assert_eq!(rows.len(), count, "{} of {path}", entity.name);
            assert_eq!(requests_to(&tenant, &path), expected_requests(entity, count), "{} {count}", entity.name);
            let numbers: BTreeSet<&Option<String>> = rows.iter().map(|row| row.last().unwrap()).collect();
            assert_eq!(numbers.len(), count, "{} gives rows twice", entity.name);
        }
    }
}

#[test]
fn what_nobody_documents_is_in_attrs_and_what_is_missing_is_null() {
    let mut tested = 0;
    // A member that comes on request only takes the parameter that trims the whole row.
    let lists = lists().filter(|entity| !has_members_on_request(entity));
    for entity in lists.filter(|entity| !entity.path.contains('?') && entity.name != "users") {
        let tenant = tenant();
        let Some(given) = asked_with(&tenant, entity) else { continue };
        assert!(tenant.set_collection(&filled(entity.path, &given), bare_rows(entity, &given, 1)));
        let rows = read(&tenant, &Asking::of(entity).with(&given));
        let [row] = rows.as_slice() else { panic!("{} has {} rows", entity.name, rows.len()) };
        assert!(row.last().unwrap().as_deref().unwrap().contains(r#""unheard_of":{"number":0}"#), "{row:?}");
        for (column, cell) in entity.columns.iter().zip(row) {
            let known = entity.key.contains(&column.name) || given.iter().any(|(name, _)| name == column.name);
            assert_eq!(cell.is_some(), known, "{}.{}", entity.name, column.name);
        }
        for (name, value) in &given {
            assert_eq!(values(entity, row, &[name]).unwrap()[0].1, *value, "{}.{name}", entity.name);
        }
        tested += 1;
    }
    assert!(tested >= 90, "{tested}");
}

/// An entry may name another identity, a number or no user (go-auth0 303 and 678).
#[test]
fn the_log_of_a_user_has_every_entry_whatever_user_it_names() {
    let tenant = tenant();
    let entity = ENTITIES.iter().find(|entity| entity.name == "user_logs").unwrap();
    let given = asked_with(&tenant, entity).unwrap();
    let said = [json!(given[0].1), json!("google-oauth2|1"), json!(4711), json!(null)];
    let mut entries: Vec<String> = said
        .iter()
        .enumerate()
        .map(|(number, user)| json!({"log_id": format!("l{number}"), "user_id": user}).to_string())
        .collect();
    entries.push(json!({"log_id": "l4"}).to_string());
    assert!(tenant.set_collection(&filled(entity.path, &given), entries));
    let found = read(&tenant, &Asking::of(entity).with(&given));
    assert_eq!(found.len(), 5, "{found:?}");
    for row in &found {
        assert_eq!(values(entity, row, &["user_id"]).unwrap(), given, "{row:?}");
    }
    let at = entity.columns.iter().position(|column| column.name == "entry_user_id").unwrap();
    let entry_users: Vec<Option<&str>> = found.iter().map(|row| row[at].as_deref()).collect();
    let quoted = said[0].to_string();
    assert_eq!(entry_users, [Some(quoted.as_str()), Some("\"google-oauth2|1\""), Some("4711"), None, None]);
}

#[test]
fn single_documents_are_one_row_or_none() {
    let tenant = tenant();
    for entity in ENTITIES.iter().filter(|entity| entity.is_document()) {
        let Some(given) = asked_with(&tenant, entity) else { continue };
        let asking = Asking::of(entity).with(&given);
        tenant.clear_requests();
        assert_eq!(read(&tenant, &asking).len(), 1, "{}", entity.name);
        assert_eq!(requests_to(&tenant, &filled(entity.path, &given)), 1, "{}", entity.name);
        // Documents that need a key, and those a tenant need not have.
        let path = filled(entity.path, &given);
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
        let answer = rows(&TRANSPORT, &tenant, &full_token(&tenant), &asking);
        if entity.may_be_absent || !given.is_empty() {
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
    // The tenant knows agents by another member.
    for entity in ENTITIES.iter().filter(|entity| !entity.lookups.is_empty() && entity.name != "agents") {
        let Some(given) = asked_with(&tenant, entity) else { continue };
        let Some(row) = read(&tenant, &Asking::of(entity).with(&given)).into_iter().next() else { continue };
        for (at, lookup) in entity.lookups.iter().enumerate() {
            let columns: Vec<&str> = lookup.columns().collect();
            let Some(by) = values(entity, &row, &columns) else { continue };
            if columns == ["connection_id"] || columns == ["prompt", "screen"] {
                // The tenant has another document there than in the list.
                assert!(tenant.set_collection(&filled(lookup.path, &by), vec![row.last().unwrap().clone().unwrap()]));
            }
            tenant.clear_requests();
            let found = read(&tenant, &Asking::of(entity).with(&by).by(at));
            let [found] = found.as_slice() else { panic!("{} {by:?}: {} rows", entity.name, found.len()) };
            for ((column, found), listed) in entity.columns.iter().zip(found).zip(&row) {
                // The SDK knows it of single connections only; the lists of tenants have it.
                if column.name != "enabled_clients" {
                    assert_eq!(found, listed, "{}.{} by {columns:?}", entity.name, column.name);
                }
            }
            let asked: Vec<String> = tenant.requests().iter().map(|request| request.path.clone()).collect();
            assert_eq!(asked, [format!("/api/v2/{}", filled(lookup.path, &by))], "{}", entity.name);
            if columns == ["prompt", "screen"] {
                // The tenant has any screen.
                tested.insert((entity.name, at));
                continue;
            }
            // One that is not there is no row.
            let mut absent = by.clone();
            absent.last_mut().unwrap().1 = "absent".to_owned();
            assert_eq!(read(&tenant, &Asking::of(entity).with(&absent).by(at)).len(), 0, "{}", entity.name);
            tested.insert((entity.name, at));
        }
    }
    assert!(tested.len() > 50, "{}: {tested:?}", tested.len());
}

#[test]
fn parents_that_are_not_there_have_no_rows() {
    let tenant = tenant();
    for entity in lists().filter(|entity| matches!(entity.parents, Parents::Of { .. })) {
        let Some(mut given) = asked_with(&tenant, entity) else { continue };
        // The tenant looks for what a path names, not for what a parameter does.
        if !entity.path.split('?').next().unwrap().contains(&given[0].0) {
            continue;
        }
        given[0].1 = "absent".to_owned();
        assert_eq!(read(&tenant, &Asking::of(entity).with(&given)).len(), 0, "{}", entity.name);
    }
}

#[test]
fn the_lists_of_all_parents_are_the_lists_of_each() {
    let tenant = tenant();
    for entity in lists() {
        let Parents::Of { entity: parent, keys } = entity.parents else { continue };
        if parent.required().next().is_some() || keys.len() != entity.required().count() {
            continue;
        }
        let columns: Vec<&str> = keys.iter().map(|(_, of_parent)| *of_parent).collect();
        let mut each = Vec::new();
        for row in read(&tenant, &Asking::of(parent)) {
            let of_parent = values(parent, &row, &columns).unwrap();
            let given: BoundValues =
                keys.iter().zip(of_parent).map(|((own, _), (_, value))| ((*own).to_owned(), value)).collect();
            each.extend(read(&tenant, &Asking::of(entity).with(&given)));
        }
        tenant.clear_requests();
        let mut all = read(&tenant, &Asking::of(entity));
        all.sort();
        each.sort();
        assert_eq!(all, each, "{}", entity.name);
    }
}

#[test]
fn parents_past_the_wall_are_all_walked() {
    let tenant = Tenant::start(TenantConfig { users: 1_300, ..TenantConfig::default() }).unwrap();
    let entity = ENTITIES.iter().find(|entity| entity.name == "user_roles").unwrap();
    read(&tenant, &Asking::of(entity));
    let requests = tenant.requests();
    let lists: Vec<&str> =
        requests.iter().map(|request| request.path.as_str()).filter(|path| path.ends_with("/roles")).collect();
    let users: BTreeSet<&&str> = lists.iter().collect();
    assert_eq!((lists.len(), users.len()), (1_300, 1_300), "the roles of each user, once");
}

/// The API lists one type at a time: without a word it is the refresh tokens.
#[test]
fn device_credentials_of_all_types_are_read() {
    let tenant = tenant();
    let entity = ENTITIES.iter().find(|entity| entity.name == "device_credentials").unwrap();
    let types = ["public_key", "refresh_token", "rotating_refresh_token"];
    let row = |ty| format!(r#"{{"id":"dcr_{ty}","type":"{ty}","user_id":"auth0|1"}}"#);
    assert!(tenant.set_collection("/device-credentials", types.map(row).to_vec()));
    let at = entity.columns.iter().position(|column| column.name == "type").unwrap();
    let mut found: Vec<_> = read(&tenant, &Asking::of(entity)).iter().filter_map(|row| text(&row[at])).collect();
    found.sort();
    assert_eq!(found, types);
}

/// Whether a row fulfils a condition.
type Keep = Box<dyn Fn(&Row) -> bool>;

/// A condition that a parameter expresses, and which rows it leaves.
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
fn parameters_leave_out_no_row_that_is_wanted() {
    let tenant = tenant();
    let mut tested = BTreeSet::new();
    for entity in ENTITIES {
        let Some(given) = asked_with(&tenant, entity) else { continue };
        let all = read(&tenant, &Asking::of(entity).with(&given));
        for parameter in entity.parameters {
            let condition = condition(entity, parameter.column, parameter.takes, &all);
            let Some((filter, keep)) = condition else { continue };
            tenant.clear_requests();
            let asking = Asking { filters: vec![filter], ..Asking::of(entity).with(&given) };
            let sent = fdw_common::parameters::parameters(entity, &asking.filters);
            if sent.is_empty() {
                continue;
            }
            let mut found: Vec<Row> = read(&tenant, &asking).into_iter().filter(|row| keep(row)).collect();
            let mut wanted: Vec<Row> = all.iter().filter(|row| keep(row)).cloned().collect();
            found.sort();
            wanted.sort();
            assert_eq!(found, wanted, "{} by {}", entity.name, parameter.name);
            let path = format!("/api/v2/{}", filled(entity.path, &given));
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
fn a_missing_scope_is_an_error_that_names_one_that_helps() {
    let tenant = tenant();
    let nobody = tenant.token(&[]);
    for entity in ENTITIES {
        let Some(given) = asked_with(&tenant, entity) else { continue };
        let error = rows(&TRANSPORT, &tenant, &nobody, &Asking::of(entity).with(&given)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{}", entity.name);
        assert!(error.message().contains(&format!("\"{}\"", entity.name)), "{error}");
        let hint = error.hint().unwrap();
        assert!(entity.scopes.iter().all(|scope| hint.contains(scope)), "{hint}");
        // Each scope that the table names has to be enough by itself.
        for scope in entity.scopes {
            let token = tenant.token(&[scope]);
            // A member that comes on request only may take another one.
            let all_columns = !has_members_on_request(entity);
            let asking = Asking { all_columns, ..Asking::of(entity).with(&given) };
            let answer = rows(&TRANSPORT, &tenant, &token, &asking);
            assert!(answer.is_ok(), "{} with {scope}: {}", entity.name, answer.unwrap_err());
        }
    }
}

#[test]
fn roles_of_members_are_asked_for_only_when_they_are_read_and_take_their_scope() {
    let tenant = tenant();
    assert!(tenant.set_rows("/organizations/{id}/members", 7));
    let entity = ENTITIES.iter().find(|entity| entity.name == "organization_members").unwrap();
    let given = asked_with(&tenant, entity).unwrap();
    let all = Asking::of(entity).with(&given);
    let key_only = Asking { all_columns: false, ..all.clone() };
    let limited = tenant.token(&["read:organization_members"]);
    assert!(!rows(&TRANSPORT, &tenant, &limited, &key_only).unwrap().is_empty());
    let error = rows(&TRANSPORT, &tenant, &limited, &all).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.hint().unwrap().contains("read:organization_member_roles"), "{error}");
    let members = read(&tenant, &all);
    let at = entity.columns.iter().position(|column| column.name == "roles").unwrap();
    assert!(members.iter().all(|member| member[at].is_some()), "{members:?}");
    // The whole row beside it has every other documented member.
    assert!(
        members.iter().any(|member| member.last().unwrap().as_deref().unwrap().contains("\"email\"")),
        "{members:?}"
    );
}

fn has_members_on_request(entity: &Entity) -> bool {
    entity.fields.is_some_and(|fields| !fields.on_request.is_empty())
}

#[test]
fn secrets_are_redacted_unless_they_are_asked_for() {
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
        let asking = Asking::of(entity);
        let shown = format!("{:?}", read(&tenant, &asking));
        assert!(!shown.contains(secret) && shown.contains("[redacted]"), "{name}: {shown}");
        let exposed = format!("{:?}", read(&tenant, &Asking { expose_secrets: true, ..asking }));
        assert!(exposed.contains(secret) && !exposed.contains("[redacted]"), "{name}: {exposed}");
    }
}

/// Tables with times that the API's description does not say to be any; the tenant makes up other texts.
const LOOSE_TIMES: &[&str] =
    &["sessions", "refresh_tokens", "logs", "keys", "acls", "enrollments", "jobs", "stats", "tokens"];

#[test]
fn values_of_the_tenant_are_of_the_declared_types() {
    let tenant = tenant();
    for entity in ENTITIES {
        let Some(given) = asked_with(&tenant, entity) else { continue };
        for row in read(&tenant, &Asking { expose_secrets: true, ..Asking::of(entity).with(&given) }) {
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
