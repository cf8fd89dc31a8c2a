//! The header `Link` (RFC 8288): the address of the next page.

/// The target of the link with the relation `next`, if there is one, from all values of the header. `None` is a
/// value that is not text.
///
/// # Errors
/// A description of the problem, without the contents of the header.
pub fn next_address<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Result<Option<String>, &'static str> {
    let mut found: Option<String> = None;
    for value in values {
        let mut rest = value.ok_or("its header Link is not text")?;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                break;
            }
            let link = read_link(rest).ok_or("its header Link is not as RFC 8288 has it")?;
            rest = link.rest;
            if !link.is_next {
                continue;
            }
            if found.as_deref().is_some_and(|found| found != link.target) {
                return Err("its header Link leads to two next pages");
            }
            found = Some(link.target.to_owned());
        }
    }
    Ok(found)
}

struct Link<'a> {
    target: &'a str,
    is_next: bool,
    /// The text after the link.
    rest: &'a str,
}

/// The link at the start of a text (RFC 8288, 3 and B.2).
fn read_link(text: &str) -> Option<Link<'_>> {
    let (target, mut rest) = text.strip_prefix('<')?.split_once('>')?;
    let (mut relation, mut is_of_another) = (None, false);
    loop {
        rest = skip_blanks(rest);
        let Some(parameter) = rest.strip_prefix(';') else { break };
        let parameter = skip_blanks(parameter);
        let end = parameter.find([' ', '\t', '=', ';', ',']).unwrap_or(parameter.len());
        let (name, after) = parameter.split_at(end);
        rest = skip_blanks(after);
        let mut value = String::new();
        if let Some(given) = rest.strip_prefix('=') {
            (value, rest) = read_value(skip_blanks(given))?;
        }
        match name.to_ascii_lowercase().as_str() {
            // The first one counts.
            "rel" if relation.is_none() => relation = Some(value),
            // The link belongs to another resource than this page.
            "anchor" => is_of_another = true,
            _ => {}
        }
    }
    if !rest.is_empty() && !rest.starts_with(',') {
        return None;
    }
    let relations = relation.unwrap_or_default();
    let is_next = !is_of_another && relations.split_ascii_whitespace().any(|name| name.eq_ignore_ascii_case("next"));
    Some(Link { target: target.trim(), is_next, rest })
}

/// The value of a parameter, quoted or not, and the text after it.
fn read_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return Some((text[..end].trim_end().to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn next(values: &[&str]) -> Result<Option<String>, &'static str> {
        next_address(values.iter().map(|value| Some(*value)))
    }

    #[test]
    fn the_next_page_is_found_in_every_format() {
        let cases: &[(&[&str], Option<&str>)] = &[
            (&[], None),
            (&[""], None),
            (&[r#"<https://a.example/x?page=2>; rel="next""#], Some("https://a.example/x?page=2")),
            (&["<x>;rel=next"], Some("x")),
            (&["<x> ; title = \"a, b; rel=prev\" ; REL = \"last NEXT\""], Some("x")),
            (&[r#"<a>; rel="prev", <b?q=1,2>; rel="next", <c>; rel="last""#], Some("b?q=1,2")),
            (&["<a>; rel=prev", "<b>; rel=next"], Some("b")),
            (&[r#"<a>; rel=prev; rel=next"#], None),
            (&[r#"<a>; anchor="/other"; rel=next"#], None),
            (&[r#"<a>; title="say \"next\""; rel=first"#], None),
            (&["<a>; rel=nextpage", "<a>; rev=next", "<a>"], None),
            (&["<b>; rel=next, <b>; rel=next"], Some("b")),
            (&["<>; rel=next"], Some("")),
        ];
        for (values, expected) in cases {
            assert_eq!(next(values).unwrap().as_deref(), *expected, "{values:?}");
        }
    }

    #[test]
    fn an_invalid_header_is_an_error_rather_than_the_last_page() {
        for values in [
            &["x; rel=next"][..],
            &["<x; rel=next"],
            &["<x> rel=next"],
            &["<a>; rel=\"next"],
            &["<a>; rel=next, <b>; rel=next"],
        ] {
            assert!(next(values).is_err(), "{values:?}");
        }
        assert!(next_address([None].into_iter()).is_err());
    }

    proptest! {
        #[test]
        fn no_text_causes_a_panic(text in "[<>;,=\" a-c\\\\é]{0,40}") {
            let _ = next(&[&text]);
        }
    }
}
