//! Joins whose keys are requested in batches: their requests, and that no row is lost.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use wrappers_tests::auth0_tenant::{Fault, FaultKind, Tenant};
use wrappers_tests::postgres::Client;
use wrappers_tests::{
    Database, ForeignTable, expect_error, explain, quote_literal, request_lines, rows, start_tenant, value,
};

const JOIN: &str = "select n, u.user_id from l join auth0.users u on u.user_id = l.id";

/// A table of users, and a local table `l` with the first `keys` of their ids.
fn start(users: usize, keys: usize, options: &[(&str, &str)]) -> (Database, Tenant, Client) {
    let (db, tenant) = (Database::create(), start_tenant(users));
    let table = ForeignTable::users(&db, &tenant);
    options.iter().fold(table, |table, (name, value)| table.option(name, value)).create();
    let mut client = db.client();
    client.batch_execute("create table l (n serial, id text)").unwrap();
    let ids: Vec<String> = (0..keys).map(|index| id(&tenant, index)).collect();
    client.execute("insert into l (id) select unnest($1::text[])", &[&ids]).unwrap();
    // A list of all users is never cheaper.
    client.batch_execute("analyze l; set enable_hashjoin = off; set enable_mergejoin = off").unwrap();
    (db, tenant, client)
}

fn id(tenant: &Tenant, index: usize) -> String {
    let user: serde_json::Value = serde_json::from_str(&tenant.user_json(index).unwrap()).unwrap();
    user["user_id"].as_str().unwrap().to_owned()
}

fn user(id: &str, email: &str) -> String {
    let at = "2026-01-01T00:00:00.000Z";
    serde_json::json!({"user_id": id, "email": email, "created_at": at, "updated_at": at}).to_string()
}

/// The sorted rows of a query, and its requests: `search N` for a search for N keys, else the key that is looked up.
fn asked(client: &mut Client, tenant: &Tenant, sql: &str) -> (Vec<Vec<Option<String>>>, Vec<String>) {
    tenant.clear_requests();
    let mut found = rows(client, sql);
    found.sort();
    let kind = |request: &wrappers_tests::auth0_tenant::RequestRecord| match request.param("q") {
        Some(query) => format!("search {}", query.matches(" OR ").count() + 1),
        None => request.path.rsplit('/').next().unwrap_or_default().replace("%7C", "|"),
    };
    (found, tenant.requests().iter().map(kind).collect())
}

/// The rows and the requests of the join, which has to have a row for every key.
#[track_caller]
fn all_rows(client: &mut Client, tenant: &Tenant, expected: usize) -> Vec<String> {
    let (found, requests) = asked(client, tenant, JOIN);
    let keys = rows(client, "select n, id from l order by n::text");
    assert_eq!(found.len(), expected, "{requests:?}");
    assert!(found.iter().all(|row| keys.contains(row)));
    requests
}

#[test]
fn join_of_fifty_ids_is_one_request() {
    let (_db, tenant, mut client) = start(300, 50, &[]);
    let plan = explain(&mut client, JOIN);
    assert!(plan.contains("Remote Batch: up to 100 keys a request"), "{plan}");
    assert_eq!(all_rows(&mut client, &tenant, 50), ["search 50"]);
    let line = request_lines(&tenant).remove(0);
    assert!(
        line.starts_with("GET /api/v2/users?include_totals=true&fields=user_id&include_fields=true&q=user_id%3A%28")
    );
    assert!(line.ends_with("%29&search_engine=v3&per_page=100&page=0"), "{line}");
    let analyzed = rows(&mut client, &format!("explain (analyze, timing off) {JOIN}")).concat();
    let has = |text: &str| analyzed.iter().flatten().any(|line| line.trim() == text);
    assert!(has("Requests: 1") && has("Requests (estimated): 1") && has("Rows Received: 50"), "{analyzed:?}");
    // Joins of every kind.
    for (sql, count) in [
        ("select n, u.email from l left join auth0.users u on u.user_id = l.id", 50),
        ("select n from l where exists (select from auth0.users u where u.user_id = l.id)", 50),
        ("select n from l where not exists (select from auth0.users u where u.user_id = l.id)", 0),
        ("select n, u.email from l, lateral (select * from auth0.users where user_id = l.id offset 0) u", 50),
    ] {
        let plan = explain(&mut client, sql);
        if plan.contains("Remote Batch") {
            let (found, requests) = asked(&mut client, &tenant, sql);
            assert_eq!((found.len(), requests), (count, vec!["search 50".to_owned()]), "{sql}");
        } else {
            assert!(sql.contains("lateral"), "{sql}\n{plan}");
        }
    }
}

#[test]
fn many_keys_take_full_batches_side_by_side() {
    let (_db, tenant, mut client) = start(3_000, 3_000, &[]);
    let requests = all_rows(&mut client, &tenant, 3_000);
    assert!(requests.len() <= 3_000 / 40, "{requests:?}");
    assert!(requests.iter().all(|request| request.starts_with("search ")), "{requests:?}");
    let plan = rows(&mut client, &format!("explain {JOIN}")).concat();
    assert!(plan.iter().flatten().any(|line| line.trim() == "Requests (estimated): 30"), "{plan:?}");
    // The option counts batches.
    client.batch_execute("alter foreign table auth0.users options (add max_requests_per_scan '29')").unwrap();
    let error = expect_error(&mut client, JOIN);
    assert!(error.detail.contains("expects 30 requests") && error.code == "53400", "{error}");
    client.batch_execute("alter foreign table auth0.users options (set max_requests_per_scan '1')").unwrap();
    tenant.clear_requests();
    assert_eq!(rows(&mut client, &format!("{JOIN} limit 30")).len(), 30);
    assert_eq!(tenant.requests().len(), 1);
}

#[test]
fn doubled_empty_and_null_keys_cost_nothing() {
    let (_db, tenant, mut client) = start(300, 10, &[]);
    client
        .batch_execute(
            "insert into l (id) select id from l; insert into l (id) select id from l;
             insert into l (id) values (null), (''), (null), (''), (null);
             insert into l (id) select id from l where n <= 10; analyze l",
        )
        .unwrap();
    assert_eq!(all_rows(&mut client, &tenant, 50), ["search 10"]);
    let left = "select n, u.email from l left join auth0.users u on u.user_id = l.id";
    let (found, requests) = asked(&mut client, &tenant, left);
    assert_eq!((found.len(), requests), (55, vec!["search 10".to_owned()]));
}

#[test]
fn a_key_that_the_search_does_not_find_is_looked_up() {
    let (_db, tenant, mut client) = start(300, 20, &[]);
    tenant.freeze_search(true);
    tenant.upsert_users(vec![user("auth0|new 1", "new@x.example"), user(&id(&tenant, 3), "changed@x.example")]);
    tenant.delete_users(&[id(&tenant, 4), id(&tenant, 5)]);
    client.batch_execute("insert into l (id) values ('auth0|new 1'), ('auth0|nobody'); analyze l").unwrap();
    let join = "select n, u.email, u.user_id from l left join auth0.users u on u.user_id = l.id";
    let (found, mut requests) = asked(&mut client, &tenant, join);
    requests.sort();
    assert_eq!(requests, ["auth0|new%201", "auth0|nobody", "search 22"]);
    let email = |n: &str| found.iter().find(|row| row[0].as_deref() == Some(n)).unwrap()[1].clone();
    assert_eq!(email("21").as_deref(), Some("new@x.example"), "the search does not know the user yet");
    assert_eq!(email("22"), None);
    // A row that the search has is the one that the list has.
    let listed = "select user_id, email from auth0.users where email is not null";
    client.batch_execute(&format!("create table listed as {listed}")).unwrap();
    let differs = "select count(*) from l join auth0.users u on u.user_id = l.id join listed using (user_id) \
                   where u.email is distinct from listed.email";
    assert_eq!(value(&mut client, differs).as_deref(), Some("0"));
    // Lookups see every change at once.
    client.batch_execute("alter foreign table auth0.users options (add pushdown 'safe')").unwrap();
    let (found, requests) = asked(&mut client, &tenant, join);
    let email = |n: &str| found.iter().find(|row| row[0].as_deref() == Some(n)).unwrap()[1].clone();
    assert_eq!((email("4").as_deref(), email("5"), requests.len()), (Some("changed@x.example"), None, 22));
    client.batch_execute("alter foreign table auth0.users options (drop pushdown)").unwrap();
    tenant.freeze_search(false);
    let (found, _) = asked(&mut client, &tenant, join);
    assert_eq!(found.iter().filter(|row| row[2].is_none()).count(), 3, "two deleted users and nobody");
}

#[test]
fn keys_that_cannot_be_searched_are_looked_up() {
    let (_db, tenant, mut client) = start(30, 0, &[]);
    let long = format!("auth0|{}", "é".repeat(200));
    let odd = [" auth0|blank", "auth0|\"quoted\" AND x", "auth0|back\\slash", "AND", "auth0|*", &long, "auth0|a\nb"];
    tenant.upsert_users(odd.iter().map(|id| user(id, "odd@x.example")).collect());
    for id in odd {
        client.execute("insert into l (id) values ($1), (upper($1))", &[&id]).unwrap();
    }
    client.batch_execute("delete from l where id = 'AND' and n % 2 = 0; analyze l").unwrap();
    let (found, requests) = asked(&mut client, &tenant, JOIN);
    assert_eq!(found.len(), odd.len(), "{requests:?}");
    // The blank in front, the long one and the line break, in both spellings, and those that the search has not found.
    let searches = requests.iter().filter(|request| request.starts_with("search "));
    assert_eq!(searches.collect::<Vec<_>>(), ["search 7"], "{requests:?}");
    assert_eq!(requests.len(), 1 + 6 + 3, "{requests:?}");
}

#[test]
fn a_query_that_stops_early_requests_few_keys() {
    let (_db, tenant, mut client) = start(300, 200, &[]);
    let first = id(&tenant, 0);
    let (_, requests) = asked(&mut client, &tenant, &format!("{JOIN} limit 1"));
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].starts_with("search"), "one key is looked up: {requests:?}");
    for needed in [2, 5, 70] {
        let (found, requests) = asked(&mut client, &tenant, &format!("{JOIN} limit {needed}"));
        assert_eq!((found.len(), requests), (needed, vec![format!("search {needed}")]));
    }
    let second = quote_literal(&id(&tenant, 1));
    let exists = |test: &str| {
        format!("select exists (select from l join auth0.users u on u.user_id = l.id where u.user_id || '' = {test})")
    };
    for (test, expected) in [(quote_literal(&first), 1), (second, 2)] {
        let (found, requests) = asked(&mut client, &tenant, &exists(&test));
        assert_eq!((found[0][0].as_deref(), requests.len()), (Some("t"), expected), "{requests:?}");
    }
    // 1, 1, 2, 4 … keys, in requests of their own, and then full batches.
    let (found, requests) = asked(&mut client, &tenant, &exists("''"));
    assert_eq!(found[0][0].as_deref(), Some("f"));
    assert_eq!(requests[2..6], ["search 2", "search 4", "search 8", "search 16"], "{requests:?}");
    // A cursor.
    client.batch_execute(&format!("begin; declare c cursor for {JOIN}")).unwrap();
    let (found, requests) = asked(&mut client, &tenant, "fetch 3 from c");
    assert_eq!((found.len(), requests.len()), (3, 3), "{requests:?}");
    assert_eq!(rows(&mut client, "fetch all from c").len(), 197);
    client.batch_execute("commit").unwrap();
}

/// Tests the requests of a join.
type IsExpected = Box<dyn Fn(&[String]) -> bool>;

#[test]
fn a_broken_answer_costs_no_row() {
    let (_db, tenant, mut client) = start(300, 60, &[]);
    client.batch_execute("alter server auth0_server options (add max_retries '1', add retry_timeout '2 s')").unwrap();
    let status = |code: u16, message: &str| FaultKind::Status {
        code,
        body: format!(r#"{{"statusCode":{code},"error":"E","message":"{message}"}}"#),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    let replaced = FaultKind::ReplaceUser { position: 7, json: r#"{"user_id":"auth0|another"}"#.to_owned() };
    let keyless = FaultKind::ReplaceUser { position: 7, json: "{}".to_owned() };
    let singles = |most: usize| move |requests: &[String]| requests.len() == 1 + most;
    let halves = |requests: &[String]| requests.iter().filter(|request| *request == "search 30").count() == 2;
    let outcomes: [(&str, FaultKind, IsExpected); 9] = [
        ("retried", status(503, "outage"), Box::new(|requests| requests == ["search 60", "search 60"])),
        ("too slow", status(503, "The query exceeded the timeout"), Box::new(halves)),
        ("too long", status(414, "URI too long"), Box::new(halves)),
        ("cut", FaultKind::BrokenJson, Box::new(halves)),
        ("HTML", FaultKind::HtmlInsteadOfJson, Box::new(halves)),
        ("vanished", FaultKind::MissingRow, Box::new(singles(1))),
        ("replaced", replaced, Box::new(singles(1))),
        ("without a key", keyless, Box::new(halves)),
        ("empty", FaultKind::EmptyPage, Box::new(singles(60))),
    ];
    for (name, kind, is_expected) in outcomes {
        tenant.fault(Fault::once(kind).on_query("search_engine=v3"));
        let requests = all_rows(&mut client, &tenant, 60);
        assert!(is_expected(&requests), "{name}: {requests:?}");
        tenant.clear_faults();
    }
    // A search that always fails: both sizes are tried, then every key is looked up.
    for kind in [status(503, "outage"), FaultKind::BrokenJson, status(403, "not for you")] {
        tenant.fault(Fault::forever(kind).on_query("search_engine=v3"));
        let requests = all_rows(&mut client, &tenant, 60);
        let searches = requests.iter().filter(|request| request.starts_with("search ")).count();
        assert!(searches <= 6 && requests.len() == 60 + searches, "{requests:?}");
        tenant.clear_faults();
    }
    // An error that lookups would meet as well ends the query.
    for (code, state) in [(401, "28000"), (429, "53400")] {
        tenant.fault(Fault::forever(status(code, "no")));
        assert_eq!(expect_error(&mut client, JOIN).code, state);
        tenant.clear_faults();
    }
    assert_eq!(all_rows(&mut client, &tenant, 60), ["search 60"]);
}

#[test]
fn only_one_row_by_its_key_is_searched_with_others() {
    let (_db, tenant, mut client) = start(300, 12, &[]);
    client
        .batch_execute(
            "alter table l add email text; update l set email = u.email from auth0.users u where u.user_id = l.id",
        )
        .unwrap();
    for (sql, option) in [
        // Several users may have one address.
        ("select n from l join auth0.users u on u.email = l.email", "search"),
        ("select n from l join auth0.users u on u.user_id = any (array[l.id, 'auth0|nobody'])", "search"),
        (JOIN, "safe"),
    ] {
        client.batch_execute(&format!("alter foreign table auth0.users options (add pushdown '{option}')")).unwrap();
        let plan = explain(&mut client, sql);
        assert!(!plan.contains("Remote Batch"), "{plan}");
        let (found, requests) = asked(&mut client, &tenant, sql);
        assert_eq!(found.len(), 12, "{requests:?}");
        assert!(!requests.iter().any(|request| request.starts_with("search")), "{requests:?}");
        client.batch_execute("alter foreign table auth0.users options (drop pushdown)").unwrap();
    }
}

#[test]
fn rescans_reuse_what_was_found() {
    let (_db, tenant, mut client) = start(300, 100, &[]);
    client.batch_execute("create table g as select generate_series(10, 100, 10) as g; analyze g").unwrap();
    let count =
        "select g, (select count(u.user_id) from l join auth0.users u on u.user_id = l.id where l.n <= g) from g";
    let plan = explain(&mut client, count);
    assert!(plan.contains("Remote Batch"), "{plan}");
    let (found, requests) = asked(&mut client, &tenant, count);
    assert!(found.iter().all(|row| row[0] == row[1]), "{found:?}");
    assert!(requests.len() <= 10 && requests.iter().all(|request| request.starts_with("search")), "{requests:?}");
    // Merge, and a row that is locked.
    let merge = "merge into l using auth0.users u on u.user_id = l.id when matched then update set id = lower(l.id)";
    client.batch_execute(&format!("begin; {merge}; rollback")).unwrap();
    let (found, requests) = asked(&mut client, &tenant, &format!("{JOIN} for update of l"));
    assert_eq!(found.len(), 100);
    assert!(requests.len() <= 2, "{requests:?}");
}
