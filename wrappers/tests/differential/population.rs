//! Users with unusual values, which search syntax, collations, JSON and SQL treat differently.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Texts that are similar, or special in Lucene, LIKE, JSON or Unicode.
pub(crate) const TEXTS: &[&str] = &[
    "Ann",
    "ANN",
    "ann",
    "annabel",
    "Anna Bel",
    "AND",
    "OR",
    "NOT",
    "TO",
    "a AND b",
    "(ann)",
    "[a TO b]",
    "{ann}",
    "ann*",
    "*",
    "a?n",
    "50%",
    "a_n",
    "a\\b",
    "\\",
    "\"ann\"",
    "o'neil",
    "a:b",
    "a/b",
    "a^2~3",
    "+ann",
    "-ann",
    "!ann",
    "ann && bob",
    "ann || bob",
    " ann",
    "ann ",
    "a  b",
    "",
    "5",
    "5.0",
    "true",
    "null",
    "[]",
    "{\"a\":1}",
    "é",
    "É",
    "e\u{301}",
    "straße",
    "STRASSE",
    "İstanbul",
    "istanbul",
    "\u{212a}elvin",
    "kelvin",
    "σς",
    "ΣΣ",
    "😀",
    "\u{5d0}\u{5d1}",
    "field:\"x\" OR name:*",
    "_exists_:name",
];

const TIMES: &[&str] = &[
    "2026-01-31T23:59:59.999Z",
    "2026-02-01T00:00:00.000Z",
    "2026-02-01T00:00:00.000Z",
    "2026-02-01T00:00:00.001Z",
    "2026-02-28T12:30:00.500Z",
    "2026-03-01T00:00:00.000Z",
    "2025-12-31T23:59:59.999Z",
    "2024-02-29T06:00:00.123Z",
];

/// This many users as JSON, each with its own id.
pub(crate) fn population(rng: &mut Rng, users: usize) -> Vec<String> {
    (0..users).map(|number| user(rng, number).to_string()).collect()
}

fn pick<'a>(rng: &mut Rng, values: &[&'a str]) -> &'a str {
    values[rng.usize(..values.len())]
}

/// Sets a member to a value or null, or leaves it out.
fn set(rng: &mut Rng, user: &mut Map<String, Value>, name: &str, value: Value) {
    match rng.u8(..6) {
        0 => {}
        1 => drop(user.insert(name.to_owned(), Value::Null)),
        _ => drop(user.insert(name.to_owned(), value)),
    }
}

fn user(rng: &mut Rng, number: usize) -> Value {
    let mut user = Map::new();
    user.insert("user_id".into(), json!(format!("auth0|{number} {}", pick(rng, TEXTS))));
    for name in ["created_at", "updated_at"] {
        user.insert(name.into(), json!(pick(rng, TIMES)));
    }
    for name in ["name", "nickname", "given_name", "family_name", "username", "phone_number", "last_ip"] {
        let text = pick(rng, TEXTS);
        set(rng, &mut user, name, json!(text));
    }
    let text = pick(rng, TEXTS);
    let domain = pick(rng, &["x.example", "X.Example", "y.example"]);
    set(rng, &mut user, "email", json!(format!("{}@{domain}", text.trim())));
    for name in ["blocked", "phone_verified"] {
        let flag = rng.bool();
        set(rng, &mut user, name, json!(flag));
    }
    let verified = [json!(true), json!(false), json!("true"), json!("false")][rng.usize(..4)].clone();
    set(rng, &mut user, "email_verified", verified);
    let logins = [0, 1, 2, 5, 1_000_000_000_000_i64][rng.usize(..5)];
    set(rng, &mut user, "logins_count", json!(logins));
    let login = pick(rng, TIMES);
    set(rng, &mut user, "last_login", json!(login));
    for name in ["app_metadata", "user_metadata"] {
        let document = document(rng);
        set(rng, &mut user, name, document);
    }
    let identities: Vec<Value> = (0..rng.usize(..3))
        .map(|_| json!({"connection": pick(rng, &["db", "DB", "google"]), "isSocial": rng.bool()}))
        .collect();
    set(rng, &mut user, "identities", json!(identities));
    Value::Object(user)
}

fn document(rng: &mut Rng) -> Value {
    let text = pick(rng, TEXTS);
    let plan = match rng.u8(..8) {
        0 => json!(5),
        1 => json!(true),
        2 => json!([]),
        3 => json!({}),
        4 => json!(["Ann", text]),
        5 => Value::Null,
        _ => json!(text),
    };
    let nested = match rng.u8(..3) {
        0 => json!({"b": pick(rng, TEXTS)}),
        1 => json!([{"b": pick(rng, TEXTS)}, {"b": "Ann"}]),
        _ => json!("a"),
    };
    let mut document = json!({"plan": plan, "a": nested, "beta": rng.bool()});
    if let Some(members) = document.as_object_mut() {
        let vip = [
            json!(true),
            json!("yes"),
            json!(1),
            json!("t"),
            json!("on"),
            json!(" TRUE "),
            json!(false),
            json!("no"),
            json!(0),
            json!("off"),
            Value::Null,
        ];
        let level = [json!(5), json!("5"), json!(0), json!(" 1 "), json!(-3), json!(1_000_000_000_000_i64)];
        let (vip, level) = (vip[rng.usize(..vip.len())].clone(), level[rng.usize(..level.len())].clone());
        set(rng, members, "vip", vip);
        set(rng, members, "level", level);
        let seen = pick(rng, TIMES);
        set(rng, members, "seen", json!(seen));
    }
    document
}
