//! The docs have the descriptions of all options.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use fdw_common::docs::option_row;
use fdw_rest::options::OPTIONS;

#[test]
fn every_option_is_documented() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rest.md")).unwrap();
    for row in OPTIONS.iter().map(option_row) {
        assert!(page.lines().any(|line| line == row), "docs/rest.md lacks or words differently:\n{row}");
    }
}
