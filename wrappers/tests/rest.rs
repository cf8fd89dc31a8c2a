//! Any JSON API as tables described in SQL: each kind of paging and of credential, down to the requests.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};
use wrappers_tests::auth0_tenant::TenantConfig;
use wrappers_tests::json_api::{Answer, Api, Request};
use wrappers_tests::postgres::Client;
use wrappers_tests::{Database, expect_error, explain, quote_literal, rows, start_tenant_with, value};

/// An API and its server `s`; its users have the token `t-4711`.
fn server(db: &Database, options: &str) -> (Api, Client) {
    let api = Api::start_for_containers();
    let mut client = db.client();
    let url = quote_literal(&format!("{}/v1", db.url(api.port())));
    client
        .batch_execute(&format!(
            "create server s foreign data wrapper rest_wrapper options (url {url}, allow_http 'true'{options})"
        ))
        .unwrap();
    (api, client)
}

fn server_with_token(db: &Database) -> (Api, Client) {
    let (api, mut client) = server(db, "");
    client.batch_execute("create user mapping for public server s options (token 't-4711')").unwrap();
    (api, client)
}

fn create_table(client: &mut Client, name: &str, options: &str) {
    let columns = "id text, name text, attrs jsonb";
    client.batch_execute(&format!("create foreign table {name} ({columns}) server s options ({options})")).unwrap();
}

fn things(ids: std::ops::Range<usize>) -> Vec<Value> {
    ids.map(|id| json!({"id": id, "name": format!("thing {id}")})).collect()
}

/// The ids of a table, sorted.
fn ids(client: &mut Client, table: &str) -> String {
    value(client, &format!("select string_agg(id, ' ' order by id::int) from {table}")).unwrap_or_default()
}

#[test]
fn each_kind_of_paging_requests_exactly_the_existing_pages() {
    let db = Database::create();
    let (api, mut client) = server_with_token(&db);
    type Says = fn(&Request) -> Answer;
    let by_page: Says = |request| {
        let page = request.number("page").unwrap_or(1) - 1;
        Answer::json(Value::from(things((page * 2).min(5)..(page * 2 + 2).min(5))))
    };
    let by_offset: Says = |request| {
        // It returns at most two rows, whatever size is requested.
        let start = request.number("skip").unwrap();
        Answer::json(json!({"items": things(start.min(5)..(start + 2).min(5))}))
    };
    let counted: Says = |request| {
        let (page, size) = (request.number("page").unwrap(), request.number("per_page").unwrap());
        let rows = things((page * size).min(5)..(page * size + size).min(5));
        Answer::json(json!({"data": {"items": rows}, "meta": {"total": 5}}))
    };
    let by_cursor: Says = |request| {
        let start: usize = request.parameter("after").map_or(0, |after| after.trim_start_matches('c').parse().unwrap());
        let next = if start + 2 < 5 { json!(format!("c{}", start + 2)) } else { Value::Null };
        Answer::json(json!({"items": things(start..(start + 2).min(5)), "page": {"next": next}}))
    };
    let by_last_key: Says = |request| {
        let start = request.number("since").map_or(0, |id| id + 1);
        Answer::json(Value::from(things(start.min(5)..(start + 2).min(5))))
    };
    let by_link: Says = |request| {
        let start = request.number("from").unwrap_or(0);
        let answer = Answer::json(Value::from(things(start..(start + 2).min(5))));
        match start + 2 < 5 {
            true => answer
                .with_header("link", &format!("</v1/things?from={}>; rel=\"next\", </v1/>; rel=\"up\"", start + 2)),
            false => answer,
        }
    };
    let by_address: Says = |request| {
        let start = request.number("from").unwrap_or(0);
        let next =
            (start + 2 < 5).then(|| format!("http://{}/v1/things?from={}", request.header("host").unwrap(), start + 2));
        Answer::json(json!({"items": things(start..(start + 2).min(5)), "links": {"next": next}}))
    };
    let whole: Says = |_| Answer::json(Value::from(things(0..5)));
    let cases: &[(&str, &str, Says, &[&str])] = &[
        ("whole", "", whole, &["things"]),
        (
            "by_page",
            ", paging 'page', key 'id'",
            by_page,
            // Only a second reading proves that no row moved from one page to another meanwhile.
            &[
                "things?page=1",
                "things?page=1",
                "things?page=2",
                "things?page=2",
                "things?page=3",
                "things?page=3",
                "things?page=4",
                "things?page=4",
            ],
        ),
        (
            "by_page_as_declared",
            ", paging 'page', key 'id', consistency 'declared'",
            by_page,
            &["things?page=1", "things?page=2", "things?page=3", "things?page=4"],
        ),
        (
            "by_offset",
            ", paging 'offset', key 'id', page_parameter 'skip', size_parameter 'take', page_size '3', rows_path 'items', \
             consistency 'declared'",
            by_offset,
            &["things?take=3&skip=0", "things?take=3&skip=2", "things?take=3&skip=4", "things?take=3&skip=5"],
        ),
        (
            "counted",
            ", paging 'page', first_page '0', key 'id', size_parameter 'per_page', page_size '2', \
             rows_path 'data.items', total_path 'meta.total', exact_total 'true', consistency 'declared'",
            counted,
            &[
                "things?per_page=2&page=0",
                "things?per_page=2&page=1",
                "things?per_page=2&page=2",
                "things?per_page=2&page=3",
            ],
        ),
        (
            "by_cursor",
            ", paging 'cursor', cursor_parameter 'after', cursor_path 'page.next', rows_path 'items'",
            by_cursor,
            &["things", "things?after=c2", "things?after=c4"],
        ),
        (
            "by_last_key",
            ", paging 'cursor', cursor_parameter 'since', key 'id'",
            by_last_key,
            &["things", "things?since=1", "things?since=3", "things?since=4"],
        ),
        ("by_link", ", paging 'link', consistency 'declared'", by_link, &["things", "things?from=2", "things?from=4"]),
        (
            "by_address",
            ", paging 'link', link_path 'links.next', rows_path 'items', size_parameter 'limit', page_size '7', consistency 'declared'",
            by_address,
            &["things?limit=7", "things?from=2", "things?from=4"],
        ),
    ];
    for (name, options, says, expected) in cases {
        create_table(&mut client, name, &format!("path 'things'{options}"));
        api.answer(*says);
        assert_eq!(ids(&mut client, name), "0 1 2 3 4", "{name}");
        let mut asked: Vec<String> = api.request_lines();
        if ["by_page", "counted"].contains(name) {
            // If the number of pages is known, they are requested together.
            asked.sort();
        }
        assert_eq!(asked, expected.iter().map(|target| format!("GET /v1/{target}")).collect::<Vec<_>>(), "{name}");
    }
    // `count(*)` of a list with an exact total uses the total.
    api.answer(counted);
    assert_eq!(value(&mut client, "select count(*) from counted").as_deref(), Some("5"));
    assert_eq!(api.request_lines(), ["GET /v1/things?per_page=1&page=0"]);
}

#[test]
fn each_kind_of_credential_is_sent_in_its_form() {
    let cases = [
        ("", "token 't-4711'", "authorization", "Bearer t-4711"),
        (", auth 'header', header 'X-Api-Key'", "token 't-4711'", "x-api-key", "t-4711"),
        // base64 of me:t-4711
        (", auth 'basic', user 'me'", "password 't-4711'", "authorization", "Basic bWU6dC00NzEx"),
        (", auth 'basic'", "user 'me', password 't-4711'", "authorization", "Basic bWU6dC00NzEx"),
    ];
    for (options, mapping, header, expected) in cases {
        let db = Database::create();
        let (api, mut client) = server(&db, options);
        create_table(&mut client, "t", "path 'things'");
        let error = expect_error(&mut client, "select * from t");
        assert_eq!((error.code.as_str(), error.message.as_str()), ("28000", "no credential for server \"s\""));
        assert!(error.hint.contains("auth 'basic'"), "{error}");
        client.batch_execute(&format!("create user mapping for public server s options ({mapping})")).unwrap();
        api.answer(|_| Answer::json("[]"));
        assert!(rows(&mut client, "select * from t").is_empty());
        let requests = api.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].header(header), Some(expected), "{options}");
        // An API that echoes the credential does not reveal it.
        api.answer(|request| Answer::status(403, &json!({"error": format!("no, {:?}", request.headers)}).to_string()));
        let error = expect_error(&mut client, "select * from t");
        assert_eq!(error.code, "42501", "{error}");
        assert!(error.detail.starts_with("The API says: no, "), "{error}");
        for secret in ["t-4711", "bWU6dC00NzEx"] {
            assert!(!error.to_string().contains(secret), "{error}");
        }
        assert!(!explain(&mut client, "select * from t").contains("4711"));
    }
    // Without `auth` no credential is needed; a credential of another kind than the server's is an error.
    let db = Database::create();
    let (api, mut client) = server(&db, ", auth 'none'");
    create_table(&mut client, "t", "path 'things'");
    api.answer(|_| Answer::json("[]"));
    assert!(rows(&mut client, "select * from t").is_empty());
    assert_eq!(api.requests()[0].header("authorization"), None);
    client
        .batch_execute(
            "create user mapping for public server s options (token 't-4711'); alter server s options (set auth 'basic')",
        )
        .unwrap();
    let error = expect_error(&mut client, "select * from t");
    assert_eq!(error.message, "the credential is not of the kind that the server asks for");
}

#[test]
fn api_key_in_the_query_is_never_shown() {
    let db = Database::create();
    let (api, mut client) = server(&db, ", auth 'query', query_parameter 'api_key'");
    client.batch_execute("create user mapping for public server s options (token 'k-4711-key')").unwrap();
    create_table(&mut client, "t", "path 'things?sort=id', headers 'X-Api-Version: 7'");
    api.answer(|_| Answer::json(Value::from(things(0..2))));
    assert_eq!(ids(&mut client, "t"), "0 1");
    assert_eq!(api.request_lines(), ["GET /v1/things?sort=id&api_key=k-4711-key"]);
    for options in ["verbose", "analyze", "analyze, verbose"] {
        let plan = rows(&mut client, &format!("explain ({options}) select * from t"));
        let plan = plan.into_iter().flatten().flatten().collect::<Vec<_>>().join("\n");
        assert!(plan.contains("GET /v1/things?sort=id") && plan.contains("Headers: x-api-version: 7"), "{plan}");
        assert!(!plan.contains("4711"), "{plan}");
    }
    api.answer(|request| Answer::status(400, &json!({"message": format!("bad: {}", request.target)}).to_string()));
    let error = expect_error(&mut client, "select * from t");
    assert!(error.detail.contains("api_key=[redacted]") && !error.to_string().contains("4711"), "{error}");
    for view in ["pg_foreign_server", "wrappers_statistics()", "wrappers_rate_limits()", "wrappers_progress()"] {
        for row in rows(&mut client, &format!("select c::text from {view} c")).into_iter().flatten().flatten() {
            assert!(!row.contains("4711"), "{view}: {row}");
        }
    }
    let path = "create foreign table w (id int) server s options (path 'things?api_key=k-4711-key')";
    let (mut warned, notices) = db.client_with_notices();
    warned.batch_execute(path).unwrap();
    let notices = notices.take();
    assert!(notices[0].message.starts_with("every role can read the option \"path\""), "{notices:?}");
    assert!(!format!("{notices:?}").contains("4711") && notices[0].hint.contains("auth 'query'"), "{notices:?}");
}

#[test]
fn row_requested_by_key_shows_that_key() {
    let db = Database::create();
    let (api, mut client) = server_with_token(&db);
    client
        .batch_execute(
            "create foreign table parts (thing text, own text options (json_path 'thing'), id text)
               server s options (path 'things/{thing}/parts');
             create foreign table owned (owner text, id text) server s options (path 'things?owner={owner}');
             create foreign table quoted (name text, id text)
               server s options (path 'things?filter=name%20eq%20%22{name}%22');
             create foreign table states (state text options (parameter 'status'), id text)
               server s options (path 'things');
             create foreign table items (id text, n int)
               server s options (path 'things', item_path 'things/{id}')",
        )
        .unwrap();
    let one = |body: &'static str| move |_: &Request| Answer::json(body);
    // The API returns another spelling than was requested.
    api.answer(one(r#"[{"thing": "Seven", "id": 1}]"#));
    let found = rows(&mut client, "select thing, own, id from parts where thing = '7'");
    assert_eq!(found, [["7", "Seven", "1"].map(|text| Some(text.to_owned()))]);
    api.answer(one(r#"[{"owner": "Ann", "id": 1}, {"owner": "ann", "id": 2}]"#));
    assert_eq!(rows(&mut client, "select id from owned where owner = 'ann'"), [[Some("2".to_owned())]]);
    api.answer(one(r#"[{"id": 1, "n": 2}]"#));
    let cases = [
        ("select id from owned where owner = 'ann'", "08P01", "no row of \"owned\" shows \"owner\"", "from_request"),
        (
            "select id from states where state = 'new'",
            "08P01",
            "no row of \"states\" shows \"state\"",
            "status={state}",
        ),
        ("select id from quoted where name = 'a\" or \"b'", "0A000", "the value of \"name\" cannot be put", "{name}"),
        ("select n from items where id = '7'", "08P01", "an array instead of an object", ""),
    ];
    for (sql, code, message, hint) in cases {
        let error = expect_error(&mut client, sql);
        assert_eq!(error.code, code, "{sql}: {error}");
        assert!(error.message.contains(message) && error.hint.contains(hint), "{sql}: {error}");
    }
    for (body, hint) in [(r#"{"id": 8, "n": 2}"#, "value that the API shows"), (r#"{"data": {"id": 7}}"#, "'data'")] {
        api.answer(one(body));
        let error = expect_error(&mut client, "select n from items where id = '7'");
        assert!(error.code == "08P01" && error.hint.contains(hint), "{body}: {error}");
    }
}

#[test]
fn every_kind_of_secret_can_be_in_vault() {
    let cases = [
        ("", "token", "Bearer in-vault"),
        (", auth 'header', header 'Authorization'", "token", "in-vault"),
        // base64 of me:in-vault
        (", auth 'basic', user 'me'", "password", "Basic bWU6aW4tdmF1bHQ="),
        (", auth 'oauth2', token_url 'http://127.0.0.1', client_id 'c'", "client_secret", "Bearer granted"),
    ];
    for (options, option, expected) in cases {
        let db = Database::create();
        let (api, mut client) = server(&db, options);
        if option == "client_secret" {
            let url = quote_literal(&format!("{}/login", db.url(api.port())));
            client.batch_execute(&format!("alter server s options (set token_url {url})")).unwrap();
        }
        create_table(&mut client, "t", "path 'things'");
        api.answer(|request| match request.path() {
            "/login" => {
                // base64 of c:in-vault
                assert_eq!(request.header("authorization"), Some("Basic Yzppbi12YXVsdA=="));
                Answer::json(json!({"access_token": "granted", "expires_in": 3600, "token_type": "Bearer"}))
            }
            _ => Answer::json("[]"),
        });
        let id = value(&mut client, "select vault.create_secret('in-vault', 'things')").unwrap();
        for by in [format!("{option}_id '{id}'"), format!("{option}_name 'things'")] {
            client
                .batch_execute(&format!(
                    "drop user mapping if exists for public server s; create user mapping for public server s options ({by})"
                ))
                .unwrap();
            assert!(rows(&mut client, "select * from t").is_empty());
            let requests = api.requests();
            assert_eq!(requests.last().unwrap().header("authorization"), Some(expected), "{by}");
        }
        let asked = api.requests().len();
        client.batch_execute("delete from vault.secrets").unwrap();
        let error = expect_error(&mut client, "select * from t");
        assert_eq!(error.code, "42704", "{error}");
        assert_eq!(api.requests().len(), asked, "{option}");
    }
}

#[test]
fn client_credentials_are_exchanged_for_a_token() {
    for (authentication, form, header) in [
        // base64 of c 1:s&4711, each part form-encoded.
        ("basic", "grant_type=client_credentials&audience=a&scope=read+write", Some("Basic YysxOnMlMjY0NzEx")),
        (
            "form",
            "grant_type=client_credentials&client_id=c+1&client_secret=s%264711&audience=a&scope=read+write",
            None,
        ),
    ] {
        let db = Database::create();
        let (api, mut client) = server(&db, ", auth 'oauth2', token_url 'http://127.0.0.1', client_id 'c 1'");
        let token_url = quote_literal(&format!("{}/login", db.url(api.port())));
        client
            .batch_execute(&format!(
                "alter server s options (set token_url {token_url}, add client_authentication '{authentication}', \
                                         add audience 'a', add scope 'read write');
                 create user mapping for public server s options (client_secret 's&4711')"
            ))
            .unwrap();
        create_table(&mut client, "t", "path 'things'");
        api.answer(|request| match request.path() {
            "/login" => Answer::json(json!({"access_token": "granted", "expires_in": 3600, "token_type": "Bearer"})),
            _ => Answer::json("[]"),
        });
        for _ in 0..2 {
            assert!(rows(&mut client, "select * from t").is_empty());
        }
        let asked = api.request_lines();
        assert_eq!(asked, ["POST /login", "GET /v1/things", "GET /v1/things"]);
        let requests = api.requests();
        assert_eq!((requests[0].body.as_str(), requests[0].header("authorization")), (form, header));
        assert_eq!(requests[1].header("authorization"), Some("Bearer granted"));

        client
            .batch_execute("alter user mapping for public server s options (set client_secret 'other-4711')")
            .unwrap();
        api.answer(|request| {
            Answer::status(401, &json!({"error": "invalid_client", "error_description": request.body}).to_string())
        });
        let error = expect_error(&mut client, "select * from t");
        assert_eq!((error.code.as_str(), api.requests().len()), ("28000", 1), "{error}");
        assert!(!error.to_string().contains("4711") && error.hint.contains("client_authentication"), "{error}");
    }
}

#[test]
fn conditions_become_parameters_and_single_rows_are_looked_up() {
    let db = Database::create();
    let (api, mut client) = server_with_token(&db);
    client
        .batch_execute(
            "create foreign table t (
               id text, state text options (parameter 'status'), size int options (parameter 'size'),
               open bool options (json_path 'flags.open', parameter 'open'), owner text options (json_path 'owner.name'),
               attrs jsonb
             ) server s options (path 'things?sort=id', item_path 'things/{id}', key 'id');
             create foreign table parts (thing text, id text, n int)
               server s options (path 'things/{thing}/parts', key 'thing, id')",
        )
        .unwrap();
    let all = json!([
        {"id": 1, "state": "new", "size": 3, "flags": {"open": true}, "owner": {"name": "a"}},
        {"id": 2, "state": "old", "size": 3, "flags": {"open": false}},
    ]);
    api.answer(move |request| match request.path() {
        "/v1/things" => Answer::json(&all),
        "/v1/things/1" => Answer::json(&all[0]),
        path if path.ends_with("/parts") => Answer::json(json!([{"id": "p", "n": 1}])),
        _ => Answer::status(404, r#"{"message":"Not found"}"#),
    });
    let mut ask = |sql: &str| {
        let found = rows(&mut client, sql).into_iter().flatten().flatten().collect::<Vec<_>>().join(" ");
        (found, std::mem::take(&mut api.request_lines().into_iter().last().unwrap_or_default()))
    };
    let cases = [
        ("select id from t", "1 2", "GET /v1/things?sort=id"),
        // The API filters less than requested; Postgres filters the rest.
        ("select id from t where state = 'new'", "1", "GET /v1/things?sort=id&status=new"),
        ("select id from t where state = 'a&b'", "", "GET /v1/things?sort=id&status=a%26b"),
        ("select id from t where size = 3 and not open", "2", "GET /v1/things?sort=id&size=3&open=false"),
        ("select id from t where open and state > 'a'", "1", "GET /v1/things?sort=id&open=true"),
        ("select owner from t where owner = 'a'", "a", "GET /v1/things?sort=id"),
        ("select state from t where id = '1'", "new", "GET /v1/things/1"),
        ("select state from t where id = '9/..'", "", "GET /v1/things/9%2F.."),
        ("select thing, id from parts where thing = 'x y'", "x y p", "GET /v1/things/x%20y/parts"),
        ("select thing from parts where thing = 'gone' and n > 1", "", "GET /v1/things/gone/parts"),
        ("select p.thing from t join parts p on p.thing = t.id where t.id = '1'", "1", "GET /v1/things/1/parts"),
    ];
    for (sql, found, asked) in cases {
        assert_eq!(ask(sql), (found.to_owned(), asked.to_owned()), "{sql}");
    }
    let plan = explain(&mut client, "select id from t where state = 'new'");
    assert!(plan.contains("Remote Request: GET /v1/things?sort=id&status=new"), "{plan}");
    assert!(plan.contains("Filter: (t.state = 'new'::text)"), "{plan}");
    assert!(plan.contains("Remote Columns: id = id, state = state"), "{plan}");
    let error = expect_error(&mut client, "select * from parts");
    assert_eq!((error.code.as_str(), error.message.as_str()), ("HV002", "\"parts\" can only be read for a \"thing\""));
}

/// For each of Postgres's integer types, whatever type the value has, and for the rows of a join.
#[test]
fn lookups_work_by_integer_keys() {
    let db = Database::create();
    let (api, mut client) = server_with_token(&db);
    client
        .batch_execute(
            "create foreign table t (id bigint, name text) server s options (
               path 'things', item_path 'things/{id}', key 'id', paging 'page', size_parameter 'size', page_size '9'
             );
             create foreign table small (id smallint, name text)
               server s options (path 'things', item_path 'things/{id}', key 'id');
             create table wanted as select n::smallint as n from generate_series(2, 4) n; analyze wanted",
        )
        .unwrap();
    api.answer(move |request| match request.path().strip_prefix("/v1/things/") {
        Some(id) => match things(1..4).into_iter().find(|thing| thing["id"].as_i64() == id.parse().ok()) {
            Some(thing) => Answer::json(thing),
            None => Answer::status(404, r#"{"message":"Not found"}"#),
        },
        None if request.parameter("page").as_deref() == Some("2") => Answer::json("[]"),
        None => Answer::json(Value::from(things(1..4))),
    });
    // A first page of three rows may come from an API that returns at most three rows per page.
    let list = &[
        "GET /v1/things?size=3&page=1",
        "GET /v1/things?size=3&page=2",
        "GET /v1/things?size=3&page=2",
        "GET /v1/things?size=9&page=1",
    ][..];
    let (one, two_and_nine) = (&["GET /v1/things/2"][..], &["GET /v1/things/2", "GET /v1/things/9"][..]);
    let joined = &["GET /v1/things/2", "GET /v1/things/3", "GET /v1/things/4"][..];
    let cases = [
        ("select name from t where id = 2", "thing 2", one),
        ("select name from t where 2::smallint = id", "thing 2", one),
        ("select name from small where id = 2::bigint", "thing 2", one),
        ("select name from t where id in (2, 9, null)", "thing 2", two_and_nine),
        ("select name from t where id = any (array[2, 9]::smallint[])", "thing 2", two_and_nine),
        ("select name from t where id = -1", "", &["GET /v1/things/-1"]),
        ("select name from t where id = (select min(n) from wanted)", "thing 2", one),
        ("select name from wanted join t on t.id = n order by n", "thing 2 thing 3", joined),
        // Values of other types than the key's.
        ("select name from t where id = 2.0", "thing 2", list),
        ("select name from t where id::text = '2'", "thing 2", list),
        ("select name from t where id <> 2 order by id", "thing 1 thing 3", list),
        ("select name from t where id > 2", "thing 3", list),
    ];
    for (sql, found, asked) in cases {
        let before = api.request_lines().len();
        let names = rows(&mut client, sql).into_iter().flatten().flatten().collect::<Vec<_>>().join(" ");
        let mut lines = api.request_lines().split_off(before);
        lines.sort();
        assert_eq!(names, found, "{sql}");
        assert_eq!(lines, asked, "{sql}");
    }
}

#[test]
fn invalid_options_are_an_error_at_create_or_planning() {
    let db = Database::create();
    let (_api, mut client) = server_with_token(&db);
    let server = |options: &str| format!("create server x foreign data wrapper rest_wrapper options ({options})");
    let table = |options: &str| format!("create foreign table x (id text, n int) server s options ({options})");
    let read = |options: &str| format!("{}; select * from x", table(options));
    let read_real = |options: &str| {
        format!("create foreign table x (n real) server s options (path 't', {options}); select * from x")
    };
    let cases = [
        (server("auth 'none'"), "HV00J", "option \"url\" is required", "address"),
        (server("url 'http://api.example.com'"), "HV024", "option \"url\" is not encrypted", "https"),
        (server("url 'https://a.example', auth 'digest'"), "HV024", "\"auth\" cannot be 'digest'", "'bearer' or"),
        (server("url 'https://a.example', auth 'header'"), "HV00J", "option \"header\" is required", "token"),
        (
            server("url 'https://a.example', auth 'header', header 'Host'"),
            "HV024",
            "\"header\" cannot be 'Host'",
            "HTTP",
        ),
        (
            server("url 'https://a.example', header 'X-Key'"),
            "HV024",
            "\"header\" has no use with auth 'bearer'",
            "'header'",
        ),
        (server("url 'https://a.example', auth 'oauth2'"), "HV00J", "option \"token_url\" is required", "client"),
        (
            server("url 'https://a.example', auth 'oauth2', token_url 'http://127.0.0.1/t'"),
            "HV024",
            "only one is encrypted",
            "https",
        ),
        (server("url 'https://a.example', token 't', password 'p'"), "HV024", "both give the credential", "Keep one"),
        (
            "create user mapping for postgres server s options (user 'me')".to_owned(),
            "HV00J",
            "option \"user\" comes without a secret",
            "password",
        ),
        (table("key 'id'"), "HV00J", "option \"path\" is required for a foreign table", "path 'things'"),
        (table("path '/things'"), "HV024", "option \"path\" cannot be '/things'", "without a leading slash"),
        (table("path 'https://evil.example/'"), "HV024", "option \"path\"", "below"),
        (table("path '../admin'"), "HV024", "option \"path\"", "below"),
        (table("path 'a/%2e%2e/%2E%2e/b'"), "HV024", "option \"path\"", "below"),
        (table("path 'things/{id'"), "HV024", "option \"path\"", "Braces"),
        (table("path 'a b'"), "HV024", "option \"path\"", "percent-encoded"),
        (table("path 't', item_path '//evil.example/{id}'"), "HV024", "option \"item_path\"", "slash"),
        (table("path 't', key 'id,,n'"), "HV024", "option \"key\"", "commas"),
        (table("path 't', paging 'pages'"), "HV024", "\"paging\" cannot be 'pages'", "'page' or"),
        (table("path 't', paging 'page'"), "HV00J", "option \"key\" is required with paging 'page'", "move"),
        (table("path 't', paging 'cursor', key 'id'"), "HV00J", "option \"cursor_parameter\"", "parameter"),
        (table("path 't', paging 'cursor', cursor_parameter 'c'"), "HV00J", "option \"cursor_path\"", "key"),
        (table("path 't', page_size '5'"), "HV024", "\"page_size\" has no use without paging", "'page' or"),
        (table("path 't', paging 'none', page_size '5'"), "HV024", "\"page_size\" has no use with paging 'none'", "'page' or"),
        (table("path 't', consistency 'declared'"), "HV024", "\"consistency\" has no use without paging", "'link'"),
        (
            table("path 't', paging 'page', key 'id', exact_total 'true'"),
            "HV00J",
            "option \"exact_total\" has no total",
            "total_path",
        ),
        (table("path 't', item_rows_path 'data'"), "HV00J", "option \"item_path\" is required", "'things/{id}'"),
        (table("path 't', headers 'Cookie: a=b'"), "HV024", "\"headers\" cannot set \"cookie\"", "auth 'header'"),
        (table("path 't', headers 'Accept: a/b'"), "HV024", "\"headers\" cannot set \"accept\"", "option accept"),
        (server("url 'https://a.example', headers 'Host: x'"), "HV024", "\"headers\" cannot set \"host\"", "itself"),
        (server("url 'https://a.example', auth 'query'"), "HV00J", "\"query_parameter\" is required", "token"),
        (
            server("url 'https://a.example', query_parameter 'key'"),
            "HV024",
            "\"query_parameter\" has no use with auth 'bearer'",
            "'query'",
        ),
        (table("path 't', paging 'link', total_path 'x'"), "HV024", "\"total_path\" has no use", "'offset'"),
        (
            table("path 't', paging 'page', key 'id', total_path 'x'"),
            "HV00J",
            "option \"size_parameter\" is required",
            "total_path",
        ),
        (table("path 't', paging 'page', key 'id', first_page '2'"), "HV024", "option \"first_page\"", "from 0 to 1"),
        (table("path 't', rows_path 'a[0]'"), "HV024", "\"rows_path\" leads through an array", "members"),
        (table("path 't', rows 'object', rows_path 'a'"), "HV024", "\"rows_path\" has no use", "one row"),
        (table("path 't', pagesize '5'"), "HV00D", "unknown option \"pagesize\"", "\"page_size\""),
        (read("path 't', key 'ident'"), "HV024", "names the column \"ident\"", "id, n"),
        (read("path 't/{thing}'"), "HV024", "names the column \"thing\"", "id, n"),
        (
            "create foreign table x (id text options (json_path 'a')) server s options (path 't/{id}'); select * from x"
                .to_owned(),
            "HV024",
            "\"id\" shows the value in the option \"path\"",
            "another column",
        ),
        (
            "create foreign table x (id text options (from_request 'true')) server s options (path 't'); select * from x"
                .to_owned(),
            "HV024",
            "\"id\" is not in the option \"path\"",
            "from_request",
        ),
        (read("path 't/{n}'"), "HV024", "\"n\" is in the option \"path\" and is of type bigint", "as text"),
        (read_real("item_path 't/{n}'"), "HV024", "is in the option \"item_path\" and is of type", "an integer"),
        (
            "import foreign schema rest from server s into public".to_owned(),
            "0A000",
            "REST has no schema to import",
            "CREATE FOREIGN TABLE",
        ),
    ];
    for (sql, code, message, hint) in cases {
        let error = expect_error(&mut client, &sql);
        assert_eq!(error.code, code, "{sql}: {error}");
        assert!(error.message.contains(message), "{sql}: {error}");
        assert!(error.hint.contains(hint), "{sql}: {error}");
    }
}

#[test]
fn altered_options_apply_from_the_next_query() {
    let db = Database::create();
    let (api, mut client) = server_with_token(&db);
    create_table(&mut client, "t", "path 'things', key 'id'");
    api.answer(|_| Answer::json(Value::from(things(0..2))));
    client.batch_execute("set plan_cache_mode = force_generic_plan; prepare q as select count(id) from t").unwrap();
    let mut ask = |change: &str| {
        client.batch_execute(change).unwrap();
        let found = value(&mut client, "execute q").unwrap();
        (found, api.request_lines().last().cloned().unwrap())
    };
    let found = |request: &str| ("2".to_owned(), format!("GET {request}"));
    assert_eq!(ask(""), found("/v1/things"));
    assert_eq!(ask("alter foreign table t options (set path 'others')"), found("/v1/others"));
    assert_eq!(ask("alter foreign table t alter id options (add parameter 'id')"), found("/v1/others"));
    let url = quote_literal(&format!("{}/v2/", db.url(api.port())));
    assert_eq!(ask(&format!("alter server s options (set url {url})")), found("/v2/others"));
    assert_eq!(ask("alter foreign table t options (add item_path 'others/{id}')"), found("/v2/others"));
    // Tables with the same name in two schemas have their own lists.
    assert_eq!(
        ask("create schema b; create foreign table b.t (id text) server s options (path 'third')"),
        found("/v2/others")
    );
    assert_eq!(value(&mut client, "select count(id) from b.t").as_deref(), Some("2"));
    assert_eq!(api.request_lines().last().unwrap(), "GET /v2/third");
}

#[test]
fn credential_is_sent_only_below_the_base_address() {
    let db = Database::create();
    let (api, mut client) = server_with_token(&db);
    let other = Api::start_for_containers();
    other.answer(|_| Answer::json("[]"));
    create_table(&mut client, "t", "path 'things', paging 'link', link_path 'next', rows_path 'items'");
    let other_host = format!("{}/v1/things?page=2", db.url(other.port()));
    for next in [other_host.as_str(), "/v2/things", "../admin", "//other.example/v1/", "ftp://x/", "https://", "/v1"] {
        let body = json!({"items": things(0..1), "next": next});
        api.answer(move |_| Answer::json(&body));
        let error = expect_error(&mut client, "select * from t");
        assert_eq!(error.code, "08P01", "{next}: {error}");
        assert!(error.message.contains("the address of the next page of"), "{next}: {error}");
        assert_eq!(api.requests().len(), 1, "{next}");
    }
    assert!(other.requests().is_empty());
}

#[test]
fn check_server_reports_each_step() {
    let db = Database::create();
    let (api, mut client) = server_with_token(&db);
    let check = |client: &mut Client| {
        let found = rows(client, "select subject, verdict, message from rest_check_server('s')");
        found.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(": ")).collect::<Vec<_>>()
    };
    assert_eq!(check(&mut client)[1], "reachable: warning: there is no foreign table to try it with");
    create_table(&mut client, "t", "path 'things', paging 'page', key 'id', size_parameter 'limit'");
    api.answer(|_| Answer::json("[]"));
    let found = check(&mut client);
    assert!(found[1].starts_with("login: ok: a token is configured"), "{found:?}");
    assert!(found[2].starts_with("reachable: ok: the API answers for \"t\" at http://"), "{found:?}");
    assert_eq!(api.request_lines(), ["GET /v1/things?limit=1&page=1"]);
    let meta = rows(&mut client, "select name from rest_fdw_meta()");
    assert_eq!(meta, [[Some("REST".to_owned())]]);
}

#[test]
fn auth0_tenant_can_be_read_through_rest_fdw() {
    let db = Database::create();
    let tenant = start_tenant_with(TenantConfig { users: 250, ..TenantConfig::default() });
    let mut client = db.client();
    client
        .batch_execute(&format!(
            "create server s foreign data wrapper rest_wrapper options (url {}, allow_http 'true');
             create user mapping for public server s options (token {});
             create foreign table users (
               user_id text, email text, verified bool options (json_path 'email_verified'), plan text options (json_path 'app_metadata.plan'), attrs jsonb
             ) server s options (
               path 'users?include_totals=true', rows_path 'users', key 'user_id', item_path 'users/{{user_id}}',
               paging 'page', first_page '0', size_parameter 'per_page', total_path 'total'
             )",
            quote_literal(&format!("{}/api/v2", db.tenant_url(&tenant))),
            quote_literal(&tenant.default_token()),
        ))
        .unwrap();
    assert_eq!(value(&mut client, "select count(distinct user_id) from users").as_deref(), Some("250"));
    // Two readings of three pages and the empty page after them.
    assert_eq!(tenant.requests().len(), 8);
    client
        .batch_execute("alter foreign table users options (add short_page_is_last 'true', add consistency 'declared')")
        .unwrap();
    tenant.clear_requests();
    assert_eq!(value(&mut client, "select count(distinct user_id) from users").as_deref(), Some("250"));
    assert_eq!(tenant.requests().len(), 3);
    let one = value(&mut client, "select user_id from users limit 1").unwrap();
    tenant.clear_requests();
    let found = rows(&mut client, &format!("select user_id from users where user_id = {}", quote_literal(&one)));
    assert_eq!(found, [[Some(one)]]);
    assert_eq!(tenant.requests().len(), 1);
    assert!(tenant.requests()[0].path.starts_with("/api/v2/users/"), "{:?}", tenant.requests());
}
