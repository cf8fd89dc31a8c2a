//! The page of the threat model stays true: every promise names its tests, and they are there.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

const PAGE: &str = "docs/threat-model.md";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Threat and tests of each row below the heading "Promises".
fn promises(page: &str) -> Vec<(&str, Vec<&str>)> {
    let (_, below) = page.split_once("\n## Promises\n").expect("the promises");
    let (promises, _) = below.split_once("\n## ").expect("what follows them");
    let rows = promises.lines().filter(|line| line.starts_with("| "));
    rows.filter_map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [threat, _, tests] = cells.as_slice() else { panic!("not three cells: {row}") };
        let named = tests.split('`').skip(1).step_by(2).collect();
        (*threat != "threat").then_some((*threat, named))
    })
    .collect()
}

/// True when `source` has a test of this name.
fn has_test(source: &str, name: &str) -> bool {
    source.split("#[test]").skip(1).any(|after| {
        // Attributes may be between.
        let mut lines = after.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("#["));
        lines.next().is_some_and(|line| line.starts_with(&format!("fn {name}(")))
    })
}

#[test]
fn every_promise_names_tests_that_are_there() {
    let page = read(PAGE);
    let promises = promises(&page);
    assert!(promises.len() > 30, "{} promises were found", promises.len());
    for (threat, tests) in promises {
        assert!(!tests.is_empty(), "\"{threat}\" has no test");
        for test in tests {
            let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("\"{threat}\": `{test}` is no test"));
            let file = if file.contains('/') { file.to_owned() } else { format!("wrappers/tests/{file}") };
            assert!(has_test(&read(&file), name), "\"{threat}\": {file} has no test {name}");
        }
    }
}

#[test]
fn a_test_is_found_by_its_whole_name_only() {
    let source = "#[test]\n#[cfg(unix)]\nfn one_two() {}\nfn three() {}\n    #[test]\n    fn four() {}";
    for (name, expected) in [("one_two", true), ("one", false), ("two", false), ("three", false), ("four", true)] {
        assert_eq!(has_test(source, name), expected, "{name}");
    }
}
