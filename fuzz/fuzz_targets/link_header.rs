//! The header `Link`: the next page is found in every format of a link, and no other link is used as the next page.

#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use wrappers_fuzz::parsers::next_link;

/// Names and values of parameters, including some that must not be confused with `rel` and `next`.
const NAMES: [&str; 8] = ["rel", "REL", "rev", "title", "title*", "anchor", "rel*", "type"];
const RELATIONS: [&str; 8] = ["next", "NEXT", "prev", "last", "nextpage", "next-archive", "x,next", ""];
const BLANKS: [&str; 4] = ["", " ", "\t", " \t "];
const TARGETS: [&str; 6] = ["https://a.example/x?page=2", "/x?a=1,2", "?p=;rel=next", "\"", "", "\u{e9}"];

struct Parameter {
    name: &'static str,
    /// `None` for a name without a value.
    value: Option<String>,
}

struct Link {
    target: &'static str,
    parameters: Vec<Parameter>,
}

impl Link {
    /// True if it is the next page by RFC 8288: the first `rel` counts, and only without an `anchor`.
    fn is_next(&self) -> bool {
        let has_anchor = self.parameters.iter().any(|parameter| parameter.name == "anchor");
        let relation = self.parameters.iter().find(|parameter| parameter.name.eq_ignore_ascii_case("rel"));
        let value = relation.and_then(|parameter| parameter.value.as_deref()).unwrap_or_default();
        !has_anchor && value.split_ascii_whitespace().any(|name| name.eq_ignore_ascii_case("next"))
    }
}

fn blank(u: &mut Unstructured<'_>) -> arbitrary::Result<&'static str> {
    u.choose(&BLANKS).copied()
}

fn link(u: &mut Unstructured<'_>, text: &mut String) -> arbitrary::Result<Link> {
    let target = *u.choose(&TARGETS)?;
    *text += &format!("<{target}>");
    let mut parameters = Vec::new();
    for _ in 0..u.int_in_range(0..=4u8)? {
        let name = *u.choose(&NAMES)?;
        *text += &format!("{};{}{name}", blank(u)?, blank(u)?);
        let value = match u.int_in_range(0..=4u8)? {
            0 => None,
            1 => Some(String::arbitrary(u)?),
            2 => Some(format!("{} {}", u.choose(&RELATIONS)?, u.choose(&RELATIONS)?)),
            _ => Some((*u.choose(&RELATIONS)?).to_owned()),
        };
        if let Some(value) = &value {
            *text += &format!("{}={}", blank(u)?, blank(u)?);
            // A token needs no quotes.
            if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric()) && bool::arbitrary(u)? {
                *text += value;
            } else {
                *text += &format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
            }
        }
        parameters.push(Parameter { name, value });
    }
    Ok(Link { target, parameters })
}

/// Valid headers, and their links.
fn headers(u: &mut Unstructured<'_>) -> arbitrary::Result<(Vec<String>, Vec<Link>)> {
    let (mut values, mut links) = (Vec::new(), Vec::new());
    for _ in 0..u.int_in_range(0..=3u8)? {
        let mut value = String::new();
        for _ in 0..u.int_in_range(0..=3u8)? {
            // Empty elements are allowed (RFC 9110, 5.6.1).
            value += u.choose(&["", ", ,"])?;
            links.push(link(u, &mut value)?);
            value += &format!("{},{}", blank(u)?, blank(u)?);
        }
        values.push(value);
    }
    Ok((values, links))
}

fuzz_target!(|data: &[u8]| {
    // Arbitrary values: a target that is found is in one of them, and later links are read too.
    let raw: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    if let Ok(Some(target)) = next_link(&raw) {
        let in_brackets = |value: &&[u8]| value.windows(target.len() + 1).any(|part| part.ends_with(target.as_bytes()));
        assert!(raw.iter().any(in_brackets), "{target:?} is in no value");
        let other: &[u8] = b"<https://other.example/>; rel=next";
        assert!(next_link(&[&raw[..], &[other]].concat()).is_err(), "two next pages");
    }

    let Ok((values, links)) = headers(&mut Unstructured::new(data)) else { return };
    let mut targets: Vec<&str> = links.iter().filter(|link| link.is_next()).map(|link| link.target).collect();
    targets.dedup();
    let bytes: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
    match (next_link(&bytes), targets.as_slice()) {
        (Ok(found), []) => assert_eq!(found, None, "{values:?}"),
        (Ok(found), [target]) => assert_eq!(found.as_deref(), Some(*target), "{values:?}"),
        (Err(error), [_, _, ..]) => assert!(error.contains("two next pages"), "{values:?}: {error}"),
        (found, targets) => panic!("{values:?}: {found:?}, not {targets:?}"),
    }
});
