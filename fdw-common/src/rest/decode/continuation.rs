//! Detection of members that say that more pages follow, for lists that are read as one answer.

use serde_json::Value;

use super::claim::whole_number;
use crate::json::is_nothing;

/// Flags that are true if more pages follow. All names are without `_`, `-`, capitals and leading signs.
const MORE: &[&str] = &[
    "hasmore",
    "more",
    "hasnext",
    "hasnextpage",
    "hasmoreitems",
    "hasmoreresults",
    "moreresults",
    "moreavailable",
    "istruncated",
    "truncated",
];

/// Flags that are false if more pages follow.
const LAST: &[&str] = &["last", "islast", "islastpage"];

/// Cursors and addresses of the next page.
const NEXT: &[&str] = &[
    "next",
    "nextpage",
    "nextcursor",
    "nexttoken",
    "nextpagetoken",
    "nextpagecursor",
    "nextlink",
    "odata.nextlink",
    "nexturl",
    "nexturi",
    "nexthref",
    "nextpageurl",
    "nextpageuri",
    "nextpagelink",
    "nextrecordsurl",
    "nextmarker",
    "nextoffset",
    "nextkey",
    "continuationtoken",
    "continuation",
    "continue",
    "lastevaluatedkey",
];

/// Total numbers of rows.
const TOTAL: &[&str] = &[
    "total",
    "totalcount",
    "count",
    "totalresults",
    "totalitems",
    "totalrecords",
    "totalrows",
    "totalelements",
    "totalentries",
    "totalsize",
    "totalhits",
    "resultcount",
    "odata.count",
    "recordstotal",
];

/// Total numbers of pages.
const PAGES: &[&str] = &["totalpages", "pagecount", "lastpage", "pagestotal"];

/// Objects that contain such members.
const CONTAINERS: &[&str] = &[
    "meta",
    "metadata",
    "pagination",
    "paginationinfo",
    "paging",
    "paginginfo",
    "page",
    "pageinfo",
    "links",
    "cursor",
    "cursors",
    "responsemetadata",
    "resultinfo",
    "info",
    "navigation",
];

/// The deepest level of nested containers that is searched.
const DEEPEST: usize = 4;

fn folded(name: &str) -> String {
    name.trim_start_matches(['@', '_', '$'])
        .chars()
        .filter(|c| !matches!(c, '_' | '-'))
        .collect::<String>()
        .to_lowercase()
}

/// True for the name of a member that may say that more pages follow.
pub(super) fn may_say_more(name: &str) -> bool {
    let name = folded(name);
    [MORE, LAST, NEXT, TOTAL, PAGES, CONTAINERS].iter().any(|names| names.contains(&name.as_str()))
}

/// A description of a member that says that more pages follow an answer of `rows` rows, or `None` if it does not.
/// `path` is the member's path for the description.
pub(super) fn says_more(path: &str, name: &str, value: &Value, rows: u64) -> Option<String> {
    in_member(path, name, value, rows, 0)
}

fn in_member(path: &str, name: &str, value: &Value, rows: u64, depth: usize) -> Option<String> {
    let name = folded(name);
    let is_in = |names: &[&str]| names.contains(&name.as_str());
    let is = |flag: bool| {
        *value == Value::Bool(flag) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(&flag.to_string()))
    };
    let number = || match value {
        Value::Number(_) | Value::String(_) => whole_number(&value.to_string()).ok().flatten(),
        // The format of Elasticsearch.
        Value::Object(object) => whole_number(&object.get("value")?.to_string()).ok().flatten(),
        _ => None,
    };
    if is_in(MORE) && is(true) {
        return Some(format!("\"{path}\" is true"));
    }
    if is_in(LAST) && is(false) {
        return Some(format!("\"{path}\" is false"));
    }
    if is_in(NEXT) && !is_nothing(value) {
        return Some(format!("\"{path}\" is filled"));
    }
    let least = if is_in(TOTAL) { rows } else { 1 };
    if (is_in(TOTAL) || is_in(PAGES))
        && let Some(number) = number().filter(|number| *number > least)
    {
        return Some(format!("\"{path}\" is {number}"));
    }
    if !is_in(CONTAINERS) || depth >= DEEPEST {
        return None;
    }
    match value {
        Value::Object(members) => {
            members.iter().find_map(|(name, value)| in_member(&format!("{path}.{name}"), name, value, rows, depth + 1))
        }
        // A list of links, each with its relation.
        Value::Array(links) => links
            .iter()
            .any(|link| link.get("rel").and_then(Value::as_str) == Some("next"))
            .then(|| format!("\"{path}\" has a link to the next page")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_more_finds_every_kind_of_continuation() {
        let cases = [
            (r#"{"has_more":true}"#, Some(r#""has_more" is true"#)),
            (r#"{"hasMore":"true"}"#, Some(r#""hasMore" is true"#)),
            (r#"{"more":false,"has_more":null}"#, None),
            (r#"{"last":false}"#, Some(r#""last" is false"#)),
            (r#"{"last":true,"isLast":null}"#, None),
            (r#"{"next":"https://api.example/?page=2"}"#, Some(r#""next" is filled"#)),
            (r#"{"next_page":2}"#, Some(r#""next_page" is filled"#)),
            (r#"{"nextPageToken":""}"#, None),
            (r#"{"next":null,"next_cursor":false,"nextLink":{}}"#, None),
            (r#"{"@odata.nextLink":"x"}"#, Some(r#""@odata.nextLink" is filled"#)),
            (r#"{"total":250}"#, Some(r#""total" is 250"#)),
            (r#"{"total":"250"}"#, Some(r#""total" is 250"#)),
            (r#"{"total":3,"count":3,"total_count":0}"#, None),
            (r#"{"total":"many","count":3.5}"#, None),
            (r#"{"total":{"value":250,"relation":"eq"}}"#, Some(r#""total" is 250"#)),
            (r#"{"total_pages":2}"#, Some(r#""total_pages" is 2"#)),
            (r#"{"totalPages":1,"last_page":1}"#, None),
            (r#"{"meta":{"pagination":{"links":{"next":"x"}}}}"#, Some(r#""meta.pagination.links.next" is filled"#)),
            (r#"{"meta":{"pagination":{"total":3,"links":{"next":null}}}}"#, None),
            (r#"{"paging":{"cursors":{"before":"a","after":"b"}}}"#, None),
            (r#"{"paging":{"next":{"after":"b"}}}"#, Some(r#""paging.next" is filled"#)),
            (r#"{"pageInfo":{"hasNextPage":true,"endCursor":"x"}}"#, Some(r#""pageInfo.hasNextPage" is true"#)),
            (r#"{"response_metadata":{"next_cursor":"x"}}"#, Some(r#""response_metadata.next_cursor" is filled"#)),
            (r#"{"_links":{"self":{"href":"a"},"next":{"href":"b"}}}"#, Some(r#""_links.next" is filled"#)),
            (r#"{"links":[{"rel":"next","href":"b"}]}"#, Some(r#""links" has a link to the next page"#)),
            (r#"{"links":[{"rel":"self","href":"b"}]}"#, None),
            (r#"{"result_info":{"page":1,"count":3,"total_count":9}}"#, Some(r#""result_info.total_count" is 9"#)),
            (r#"{"other":{"next":"x","total":250}}"#, None),
            (r#"{"page":2,"limit":250,"offset":100}"#, None),
        ];
        for (body, expected) in cases {
            let body: serde_json::Map<String, Value> = serde_json::from_str(body).unwrap();
            let found = body.iter().find_map(|(name, value)| says_more(name, name, value, 3));
            assert_eq!(found.as_deref(), expected, "{body:?}");
            assert!(found.is_none() || body.keys().any(|name| may_say_more(name)), "{body:?}");
        }
    }
}
