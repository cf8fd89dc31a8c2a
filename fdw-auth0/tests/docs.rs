//! The docs match the definitions of the options and the tables.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod generated;

use std::collections::{BTreeMap, BTreeSet};

use fdw_auth0::Auth0;
use fdw_auth0::entities::FAMILIES;
use fdw_auth0::log_types::LOG_TYPES;
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
fn codes_of_the_log_have_a_page() {
    let rows = LOG_TYPES
        .iter()
        .map(|log_type| format!("| `{}` | {} | {} |\n", log_type.code, log_type.outcome.name(), log_type.meaning));
    let page = format!(
        "# Codes of the log\n\nThe values of `logs.type`. The function `auth0_log_types()` returns them as rows.\n\n\
         This page is written by `scripts/docs` from the codes that Auth0 documents.\n\n\
         ```sql\nselect l.date, t.outcome, t.meaning\nfrom auth0.logs l\nleft join auth0_log_types() t on t.code = l.type\n\
         order by l.date desc\nlimit 10;\n```\n\n| code | outcome | meaning |\n|---|---|---|\n{}",
        rows.collect::<String>()
    );
    generated::matches("docs/tables/log-types.md", &page);
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

/// True for a description that repeats the column's name: an article and at most two words.
fn is_empty_description(description: &str) -> bool {
    let Some(words) = description.strip_suffix('.') else { return false };
    let has_article = ["The ", "A ", "An "].iter().any(|article| words.starts_with(article));
    let is_plain = words.chars().skip(1).all(|c| c.is_ascii_lowercase() || c == '_' || c == ' ');
    has_article && is_plain && words.split_whitespace().count() <= 3
}

#[test]
fn descriptions_without_content_are_recognized() {
    for (description, expected) in [
        ("The id.", true),
        ("The name.", true),
        ("A certificate chain.", true),
        ("An object.", true),
        ("The source_code.", true),
        ("The user's full name.", false),
        ("The id of the key.", false),
        ("Settings of hCaptcha.", false),
        ("The `audience`.", false),
        ("The id", false),
    ] {
        assert_eq!(is_empty_description(description), expected, "{description}");
    }
}

#[test]
fn every_description_of_a_column_says_something_of_its_own() {
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entity in FAMILIES.iter().flat_map(|family| family.entities) {
        for column in entity.columns {
            let place = format!("{}.{}: {}", entity.name, column.name, column.doc);
            assert!(column.doc.ends_with('.'), "no sentence: {place}");
            assert!(!column.doc.contains('|'), "a bar ends the cell of a Markdown table: {place}");
            assert!(!is_empty_description(column.doc), "repeats the name: {place}");
            names.entry(column.doc).or_default().insert(column.name);
        }
    }
    for (description, columns) in names {
        assert!(columns.len() <= 12, "the description of {} different columns: {description}", columns.len());
    }
}
