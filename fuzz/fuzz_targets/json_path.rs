//! Paths of the option `json_path`: a parsed path is printed as a text that parses as the same path.

#![no_main]

use fdw_common::json_path::{JsonPath, Step};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&str, Vec<(String, Option<usize>)>)| {
    let (text, steps) = data;
    if let Ok(path) = JsonPath::parse(text) {
        assert!(matches!(path.0.first(), Some(Step::Key(_))), "a path begins with a member");
        assert_eq!(JsonPath::parse(&path.to_string()).expect("it has been read once"), path);
    }
    let steps: Vec<Step> = steps
        .into_iter()
        .flat_map(|(key, index)| std::iter::once(Step::Key(key)).chain(index.map(Step::Index)))
        // Longer paths are refused.
        .take(100)
        .collect();
    if !steps.is_empty() {
        let path = JsonPath(steps);
        assert_eq!(JsonPath::parse(&path.to_string()).expect("every path can be written"), path);
    }
});
