//! The docs say what the options and the tables say.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod generated;

use fdw_auth0::Auth0;
use fdw_auth0::entities::FAMILIES;
use fdw_common::docs;
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
    assert_documented(Auth0::OPTIONS.specs().map(docs::option_row).collect());
}

#[test]
fn every_family_has_a_page_of_its_tables() {
    for family in FAMILIES {
        generated::matches(&format!("docs/tables/{}.md", family.name), &docs::page(family));
    }
}

#[test]
fn every_table_and_column_stands_on_a_page() {
    for family in FAMILIES {
        let page = docs::page(family);
        for entity in family.entities {
            assert!(page.contains(&format!("## `{}`\n\n{}", entity.name, entity.doc)), "{}", entity.name);
            for column in entity.columns {
                let row = format!("| `{}` | {} | {}", column.name, column.ty.sql(), column.doc);
                assert!(page.contains(&row), "{row}");
            }
        }
        assert!(family.examples.len() >= 2, "two questions for {}", family.name);
    }
}
