//! Queries generated from a seed, with `{t}` in place of the table.

use fastrand::Rng;

use crate::population::TEXTS;
use wrappers_tests::quote_literal;

/// A generated query.
pub(crate) struct Query {
    /// The query, with a result of any shape.
    pub(crate) sql: String,
    /// The values of `$1`, `$2`, … if it is prepared.
    pub(crate) parameters: Vec<String>,
}

const TEXT_COLUMNS: &[&str] = &[
    "email",
    "username",
    "phone_number",
    "name",
    "nickname",
    "given_name",
    "family_name",
    "last_ip",
    "user_id",
    "plan",
    "app_metadata->>'plan'",
    "user_metadata->>'plan'",
    "app_metadata->'a'->>'b'",
    "app_metadata #>> '{a,b}'",
    "identities->0->>'connection'",
    "connection",
];
const FLAG_COLUMNS: &[&str] = &["blocked", "phone_verified", "email_verified", "vip"];
const TIME_COLUMNS: &[&str] = &["created_at", "updated_at", "last_login", "seen"];
const NUMBER_COLUMNS: &[&str] = &["logins_count", "level"];
const DAYS: &[&str] = &["2026-02-01", "300000-01-01", "4714-11-24 BC", "infinity", "-infinity"];
const COMPARISONS: &[&str] = &["=", "<>", "<", "<=", ">", ">="];
const TIMES: &[&str] = &[
    "2026-02-01T00:00:00Z",
    "2026-02-01T00:00:00.0005Z",
    "2026-02-01T00:00:00.001Z",
    "2026-01-31T23:59:59.999999Z",
    "2026-03-01 02:00+02",
    "2024-02-29",
    "infinity",
    "-infinity",
    "0044-03-15 BC",
];

/// Generates queries, the same ones for the same seed.
pub(crate) struct Generator {
    rng: Rng,
    prepare: bool,
    parameters: Vec<String>,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Generator { rng: Rng::with_seed(seed), prepare: false, parameters: Vec::new() }
    }

    pub(crate) fn query(&mut self) -> Query {
        self.prepare = self.rng.u8(..5) == 0;
        self.parameters = Vec::new();
        let condition = self.condition(2);
        let sql = match self.rng.u8(..19) {
            0..=5 => format!("select * from {{t}} where {condition}"),
            6 => format!("select user_id, name from {{t}} where {condition}"),
            7 => format!("select count(*) from {{t}} where {condition}"),
            8 => {
                let simple = self.flag();
                format!("select count(*) from {{t}} where {simple}")
            }
            9 => {
                let (column, direction) = (self.pick(&["created_at", "updated_at"]), self.direction());
                let limit = self.limit();
                let filter = if self.rng.bool() { self.flag() } else { "true".to_owned() };
                format!("select {column} from {{t}} where {filter} order by {column} {direction} limit {limit}")
            }
            10 => {
                let (column, direction) = (self.pick(TIME_COLUMNS), self.direction());
                format!(
                    "select user_id from {{t}} where {condition} order by {column} {direction}, user_id limit {} offset {}",
                    self.limit(),
                    self.limit()
                )
            }
            11 => {
                let join = self.pick(&["join", "left join", "right join", "full join"]);
                let key = self.pick(&["user_id", "email", "name"]);
                format!(
                    "select p.{key}, t.* from picks p {join} (select * from {{t}} where {condition}) t on p.{key} = t.{key}"
                )
            }
            12 => format!(
                "select p.name, (select count(*) from {{t}} t where t.name = p.name and {condition}) from picks p"
            ),
            13 => format!("select blocked, count(*), max(logins_count) from {{t}} where {condition} group by blocked"),
            14 => format!(
                "select a.user_id from {{t}} a where exists (select from picks p where p.email = a.email) and {condition}"
            ),
            15 => {
                let join = self.pick(&["join", "left join"]);
                let (a, b) = (self.pick(&["user_id", "email", "name"]), self.pick(&["user_id", "email", "name"]));
                format!(
                    "select p.{a}, t.* from picks p {join} (select * from {{t}} where {condition}) t \
                     on t.user_id = p.{a} and t.email = p.{b}"
                )
            }
            16 => {
                let join = self.pick(&["join", "left join", "full join"]);
                format!(
                    "select p.name, t.name from picks p {join} {{t}} t on t.user_id = p.user_id and t.email = p.email"
                )
            }
            17 => {
                let (a, b) = (self.text("user_id"), self.text("email"));
                let (a, b) = (self.value(&a, "text"), self.value(&b, "text"));
                format!(
                    "select user_id, email from {{t}} where user_id = any (array[{a}, '', null]) and \
                     email = any (array[{b}, '', null]) or (user_id = email and {condition})"
                )
            }
            _ => format!(
                "select count(*) from (select from {{t}} where {condition} limit 5) l union all
                 select x.n from picks p, lateral (select count(*) n from {{t}} t where t.username = p.name) x"
            ),
        };
        Query { sql, parameters: std::mem::take(&mut self.parameters) }
    }

    /// The value of a LIMIT or an OFFSET: a constant, a parameter or a setting.
    fn limit(&mut self) -> String {
        let number = self.rng.u8(0..30).to_string();
        match self.rng.u8(..3) {
            0 => number,
            1 => "current_setting('my.n')::int".to_owned(),
            _ => self.value(&number, "int"),
        }
    }

    fn pick<'a>(&mut self, values: &[&'a str]) -> &'a str {
        values[self.rng.usize(..values.len())]
    }

    fn direction(&mut self) -> &'static str {
        self.pick(&["", "desc", "nulls first", "desc nulls last"])
    }

    fn condition(&mut self, depth: u8) -> String {
        if depth == 0 || self.rng.u8(..3) == 0 {
            return self.atom();
        }
        let (left, right) = (self.condition(depth - 1), self.condition(depth - 1));
        match self.rng.u8(..5) {
            0 | 1 => format!("({left} and {right})"),
            2 | 3 => format!("({left} or {right})"),
            _ => format!("not ({left} and {right})"),
        }
    }

    fn flag(&mut self) -> String {
        let column = self.pick(FLAG_COLUMNS);
        let test = self.pick(&["", " is true", " is not true", " is false", " is not false", " is null", " = false"]);
        let not = if test.is_empty() && self.rng.bool() { "not " } else { "" };
        format!("{not}{column}{test}")
    }

    fn atom(&mut self) -> String {
        let column = self.pick(TEXT_COLUMNS);
        let text = |of: &mut Self| {
            let text = of.text(column);
            of.value(&text, "text")
        };
        match self.rng.u8(..21) {
            0..=3 => format!("{column} {} {}", self.pick(COMPARISONS), text(self)),
            4 => format!("{column} = {}", text(self)),
            5 => format!("lower({column}) = lower({})", text(self)),
            6 => {
                let (a, b) = (text(self), text(self));
                let not = self.pick(&["", "not "]);
                let null = self.pick(&["", ", null"]);
                format!("{column} {not}in ({a}, {b}{null})")
            }
            7 => format!("{column} = any (array[{}, null, {}])", text(self), text(self)),
            8 | 9 => {
                let pattern = self.pattern(column);
                let pattern = self.value(&pattern, "text");
                format!("{column} {} {pattern}", self.pick(&["like", "ilike", "not like"]))
            }
            10 => format!("{column} {}", self.pick(&["is null", "is not null"])),
            11 => format!("{column} is distinct from {}", text(self)),
            12 | 13 => self.flag(),
            14 => {
                let number = self.pick(&["0", "1", "5", "1000000000000", "-3"]);
                let column = self.pick(NUMBER_COLUMNS);
                format!("{column} {} {}", self.pick(COMPARISONS), self.value(number, "bigint"))
            }
            15 => format!("logins_count between 1 and 5 or logins_count in (0, {})", self.pick(&["2", "null"])),
            16 | 17 => {
                let (column, time) = (self.pick(TIME_COLUMNS), self.pick(TIMES));
                format!("{column} {} {}", self.pick(COMPARISONS), self.value(time, "timestamptz"))
            }
            20 => {
                let (column, day, ty) = (self.pick(TIME_COLUMNS), self.pick(DAYS), self.pick(&["date", "timestamp"]));
                // Some days are outside the range of timestamps.
                let ty = if day.starts_with("300000") || day.ends_with("BC") { "date" } else { ty };
                format!("{column} {} {}", self.pick(COMPARISONS), self.value(day, ty))
            }
            18 => {
                let (column, days) = (self.pick(TIME_COLUMNS), self.rng.u8(..60));
                format!("{column} >= timestamptz '2026-03-01' - interval '{days} days'")
            }
            _ => {
                let text = serde_json::Value::from(self.pick(TEXTS));
                let document = match self.rng.u8(..4) {
                    0 => format!(r#"{{"plan": {text}}}"#),
                    1 => r#"{"beta": true}"#.to_owned(),
                    2 => format!(r#"{{"a": {{"b": {text}}}, "beta": false}}"#),
                    _ => format!(r#"{{"plan": ["Ann"], "a": [{{"b": {text}}}]}}"#),
                };
                let column = self.pick(&["app_metadata", "user_metadata"]);
                if self.rng.u8(..4) == 0 {
                    r#"identities @> '[{"connection": "db"}]'"#.to_owned()
                } else {
                    format!("{column} @> {}", self.value(&document, "jsonb"))
                }
            }
        }
    }

    /// A text that a row may have, or a similar one.
    fn text(&mut self, column: &str) -> String {
        let mut text = self.pick(TEXTS).to_owned();
        match column {
            "email" => text = format!("{}@{}", text.trim(), self.pick(&["x.example", "y.example"])),
            "user_id" => text = format!("auth0|{} {text}", self.rng.u8(..150)),
            "connection" | "identities->0->>'connection'" => text = self.pick(&["db", "DB", "google"]).to_owned(),
            _ => {}
        }
        match self.rng.u8(..8) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            2 => format!("{text}x"),
            _ => text,
        }
    }

    fn pattern(&mut self, column: &str) -> String {
        let mut text = self.text(column);
        if self.rng.bool() {
            text = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        }
        let text: String = text.chars().take(self.rng.usize(1..12)).collect();
        match self.rng.u8(..5) {
            0 => format!("{text}%"),
            1 => format!("%{text}%"),
            2 => format!("%{text}"),
            3 => format!("_{text}%"),
            _ => text,
        }
    }

    /// A value in SQL: a literal, or a parameter of a prepared statement.
    fn value(&mut self, value: &str, ty: &str) -> String {
        if self.prepare {
            self.parameters.push(quote_literal(value));
            format!("${}::{ty}", self.parameters.len())
        } else {
            format!("{}::{ty}", quote_literal(value))
        }
    }
}
