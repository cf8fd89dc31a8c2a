//! Files that are generated from the tables' definitions.

use std::path::Path;

/// Asserts that the file has the text; writes the text to it if `WRITE_DOCS` is in the environment.
#[track_caller]
pub(crate) fn matches(file: &str, text: &str) {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(file);
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let first = found.lines().zip(text.lines()).find(|(found, text)| found != text);
    assert!(found == text, "{file} does not match the tables; run scripts/docs. First difference: {first:?}");
}
