//! `docs/auth0.md` says what the tables of options and columns say.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use fdw_auth0::Auth0;
use fdw_common::source::Source;

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/auth0.md")).unwrap()
}

/// Every row has to stand on the page as it is.
#[track_caller]
fn assert_documented(rows: Vec<String>) {
    let page = page();
    let missing: Vec<String> = rows.into_iter().filter(|row| !page.lines().any(|line| line == row)).collect();
    assert!(missing.is_empty(), "docs/auth0.md lacks or words differently:\n{}", missing.join("\n"));
}

#[test]
fn every_option_is_documented() {
    let rows = Auth0::OPTIONS.specs().map(|spec| {
        let on: Vec<String> = spec.on.iter().map(ToString::to_string).collect();
        let default = spec.default.map(|value| format!("`{value}`")).unwrap_or_default();
        let superuser = if spec.superuser { " Superusers only." } else { "" };
        format!("| `{}` | {} | {default} | {}{superuser} |", spec.name, on.join(", "), spec.doc)
    });
    assert_documented(rows.collect());
}

#[test]
fn every_table_and_column_is_documented() {
    for entity in Auth0::ENTITIES {
        let page = page();
        assert!(page.lines().any(|line| line == format!("## `{}`", entity.name)), "no section for {}", entity.name);
        assert!(page.contains(entity.doc), "{}", entity.doc);
        let rows =
            entity.columns.iter().map(|column| format!("| `{}` | {} | {} |", column.name, column.ty.sql(), column.doc));
        assert_documented(rows.collect());
    }
}
