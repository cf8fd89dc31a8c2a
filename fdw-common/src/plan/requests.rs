//! The path and query of each request, as sent and as EXPLAIN prints it.

use super::bound_values::{BoundValues, Filled, fill};
use super::remote_plan::RemotePlan;
use crate::model::{Checkpoint, Entity, LogPages, Lookup, NextPage, NumberedPages, Paging, UncountedPages};

/// Source of the rows with given values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// This path and query.
    Request(String),
    /// None: no row has such a value.
    NoRow,
    /// The whole list: the lookup cannot express the value.
    List,
}

impl RemotePlan {
    /// Source of the rows with these values.
    pub fn lookup_target(&self, entity: &Entity, lookup: &Lookup, bound: &BoundValues) -> Target {
        match fill(lookup.path, bound, |_| false) {
            Filled::Path(path) => Target::Request(self.lookup_request(entity, lookup, &path)),
            Filled::Impossible => Target::NoRow,
            Filled::Empty(_) if lookup.never_empty => Target::NoRow,
            Filled::Empty(_) | Filled::Unsafe(_) => Target::List,
        }
    }

    /// The path and query of a lookup, relative to the API's base, as sent; EXPLAIN prints it with column names in
    /// place of values.
    pub fn lookup_request(&self, entity: &Entity, lookup: &Lookup, path: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        // The list's own parameters have no meaning for a lookup; `fields` does.
        if let (Some(parameter), true) = (entity.fields, lookup.fields) {
            let names = [Some(parameter.name), parameter.with.map(|(name, _)| name)];
            query.extend_pairs(self.query.iter().filter(|(name, _)| names.contains(&Some(name.as_str()))));
        }
        with_query(path, &query.finish())
    }

    /// The path and query of a list's first request, as sent and as EXPLAIN prints it.
    pub fn first_target(&self, entity: &Entity) -> String {
        match entity.paging {
            Paging::Whole => self.target(&[]),
            Paging::Page(pages) => match (entity.sort, &self.in_order) {
                (Some(parameter), Some(order)) => {
                    self.clone().with_sort(&parameter, order.clone()).page_target(&pages, 0)
                }
                _ => self.clone().by_time(entity).page_target(&pages, 0),
            },
            Paging::Uncounted(pages) => self.uncounted_target(&pages, 0, 0),
            Paging::Checkpoint(pages) => self.checkpoint_target(&pages, None),
            // The oldest entries, from which the whole log is then read.
            Paging::Log(pages) if self.filters.is_empty() && self.sort.is_none() => {
                RemotePlan { page_size: pages.search.max_size, ..self.clone() }.log_target(&pages, 0)
            }
            Paging::Log(pages) => self.log_target(&pages, 0),
        }
    }

    /// The path and query of one page, percent-encoded, as sent and as EXPLAIN prints it.
    pub fn page_target(&self, pages: &NumberedPages, page: u64) -> String {
        let number = pages.page.value(page, page.saturating_mul(u64::from(self.page_size)));
        self.target(&[(pages.size, &self.page_size.to_string()), (pages.page.name, &number.to_string())])
    }

    /// The path and query of the page with this many pages and rows before it.
    pub(crate) fn uncounted_target(&self, pages: &UncountedPages, before: u64, rows: u64) -> String {
        self.ordered_target(None, pages, before, rows)
    }

    /// The path and query of a page of a log's search, oldest entry first unless another order is requested.
    pub(crate) fn log_target(&self, pages: &LogPages, page: u64) -> String {
        let order = if self.sort.is_some() { None } else { Some(pages.oldest_first) };
        self.ordered_target(order, &pages.search, page, 0)
    }

    fn ordered_target(&self, order: Option<(&str, &str)>, pages: &UncountedPages, before: u64, rows: u64) -> String {
        let (size, number) = (self.page_size.to_string(), pages.page.value(before, rows).to_string());
        let size = pages.size.map(|name| (name, size.as_str()));
        let parameters = order.into_iter().chain(size).chain([(pages.page.name, number.as_str())]);
        self.target(&parameters.collect::<Vec<_>>())
    }

    /// The path and query of the page at a cursor, or of the first page.
    pub fn checkpoint_target(&self, pages: &Checkpoint, from: Option<&str>) -> String {
        let size = self.page_size.to_string();
        let size = pages.size.map(|name| (name, size.as_str()));
        let from = match pages.next {
            NextPage::Cursor { parameter, .. } | NextPage::LastKey { parameter } => from.map(|from| (parameter, from)),
            NextPage::Header | NextPage::Address(_) => None,
        };
        self.target(&size.into_iter().chain(from).collect::<Vec<_>>())
    }

    /// The path and query with additional parameters.
    pub(crate) fn target(&self, more: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.query);
        query.extend_pairs(more);
        with_query(&self.path, &query.finish())
    }
}

/// A path with a query appended; the path may already have parameters.
fn with_query(path: &str, query: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    if query.is_empty() { path.to_owned() } else { format!("{path}{separator}{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ENTITY, PAGES, plan};

    #[test]
    fn count_is_one_request_for_one_row() {
        let plan = RemotePlan::count(&ENTITY);
        assert_eq!(plan.page_target(&PAGES, 0), "things?totals=true&fields=id&include_fields=true&per_page=1&page=0");
        assert_eq!(plan.expected_requests(), 1);
    }

    #[test]
    fn lookup_target_keeps_a_value_in_its_segment_or_parameter() {
        let request = |text: &str| Target::Request(text.to_owned());
        let cases = [
            ("id", "auth0|1", request("things/auth0%7C1?fields=id&include_fields=true")),
            (
                "id",
                "a/b?c=1&d#e%2F\u{e9} ",
                request("things/a%2Fb%3Fc%3D1%26d%23e%252F%C3%A9%20?fields=id&include_fields=true"),
            ),
            ("id", "...", request("things/...?fields=id&include_fields=true")),
            ("id", "..", Target::NoRow),
            ("id", "", Target::NoRow),
            ("name", "a+b&c@x", request("things-by-name?name=a%2Bb%26c%40x&fields=id&include_fields=true")),
            ("name", "", Target::List),
        ];
        for (column, value, expected) in cases {
            let at = usize::from(column == "name");
            let bound = vec![(column.to_owned(), value.to_owned())];
            let plan = plan(&[]).with_lookup(&ENTITY, at, 1);
            assert_eq!(plan.lookup_target(&ENTITY, &ENTITY.lookups[at], &bound), expected, "{value:?}");
        }
        let by_name = Lookup { never_empty: true, ..ENTITY.lookups[1] };
        let empty = vec![("name".to_owned(), String::new())];
        assert_eq!(plan(&[]).lookup_target(&ENTITY, &by_name, &empty), Target::NoRow);
        let bound = vec![("id".to_owned(), "1".to_owned())];
        assert_eq!(plan(&[""]).lookup_target(&ENTITY, &ENTITY.lookups[0], &bound), request("things/1"));
    }

    #[test]
    fn page_target_is_percent_encoded() {
        assert_eq!(
            plan(&["name"]).page_target(&PAGES, 3),
            "things?totals=true&fields=id%2Cname&include_fields=true&per_page=2&page=3"
        );
    }
}
