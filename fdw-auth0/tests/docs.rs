//! The docs match the definitions of the options and the tables.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod generated;

use fdw_auth0::Auth0;
use fdw_auth0::entities::FAMILIES;
use fdw_common::docs;
use fdw_common::source::Source;

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/auth0.md")).unwrap()
}

#[test]
fn options_page_has_one_row_for_each_option() {
    let page = page();
    let (_, section) = page.split_once("\n## Options\n").expect("a section about options");
    let (section, _) = section.split_once("\n## ").unwrap_or((section, ""));
    let mut found: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    let mut expected: Vec<String> = Auth0::OPTIONS.specs().map(docs::option_row).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "docs/auth0.md");
}

#[test]
fn every_family_has_a_page_with_its_tables() {
    for family in FAMILIES {
        generated::matches(&format!("docs/tables/{}.md", family.name), &docs::page(family));
    }
}

#[test]
fn family_page_has_every_table_and_column() {
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
