//! From the columns a query needs to the request that will be sent. Pure: planning and EXPLAIN
//! never touch the network, and everything the executor needs is in the plan.

use serde::{Deserialize, Serialize};

use crate::entity::{Entity, Lookup, LookupTarget, Paging, SearchParameter, SortParameter, WHOLE_ROW_COLUMN};
use crate::filter::Filter;
use crate::json_path::JsonPath;

/// A column of the foreign table that the query reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedColumn {
    /// The attribute number, from 1.
    pub attno: i16,
    /// The column's name in SQL, for messages.
    pub name: String,
    /// Where its value stands in a row.
    pub path: JsonPath,
}

/// Where the value of the column `name` stands: at its option `json_path`, else `attrs` is the whole
/// row and any other name is a root member.
pub fn column_path(name: &str, json_path: Option<JsonPath>) -> JsonPath {
    match json_path {
        Some(path) => path,
        None if name == WHOLE_ROW_COLUMN => JsonPath::whole_row(),
        None => JsonPath::root_member(name),
    }
}

/// The order a list is asked for in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortOrder {
    /// The root member.
    pub member: String,
    /// The attribute number of the column that shows it.
    pub attno: i16,
    /// The largest first.
    pub descending: bool,
}

impl SortOrder {
    /// As the API takes it.
    pub fn value(&self) -> String {
        format!("{}:{}", self.member, if self.descending { -1 } else { 1 })
    }
}

/// One scan: what is asked of the API, and which columns are read from the answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemotePlan {
    /// The entity's name.
    pub entity: String,
    /// The path relative to the API's base.
    pub path: String,
    /// Query parameters beside the page number, in the order they are sent, not encoded.
    pub query: Vec<(String, String)>,
    /// Rows a page.
    pub page_size: u32,
    /// How many rows the API is expected to send.
    pub expected_rows: u64,
    /// The columns to read.
    pub columns: Vec<PlannedColumn>,
    /// Set when rows are looked up by this member's values, known only when the scan runs.
    pub lookup: Option<String>,
    /// Only the number of rows is asked for, which the list states in its first answer.
    pub count: bool,
    /// Less than the whole list may be asked for.
    pub pushdown: bool,
    /// The conditions the list is searched by; nothing for the whole list.
    pub filters: Vec<Filter>,
    /// How many searches they are expected to take.
    pub searches: u64,
    /// The order the list is asked for in.
    pub sort: Option<SortOrder>,
}

impl RemotePlan {
    /// The plan of a full scan that reads `columns`.
    pub fn full_scan(entity: &Entity, columns: Vec<PlannedColumn>, expected_rows: u64) -> Self {
        let Paging::Page(pages) = entity.paging;
        let mut query = Vec::new();
        if let Some((name, value)) = pages.ask_totals {
            query.push((name.to_owned(), value.to_owned()));
        }
        if let (Some(parameter), Some(fields)) = (entity.fields, fields_that_save(entity, &columns)) {
            query.push((parameter.name.to_owned(), fields));
            if let Some((name, value)) = parameter.with {
                query.push((name.to_owned(), value.to_owned()));
            }
        }
        RemotePlan {
            entity: entity.name.to_owned(),
            path: entity.path.to_owned(),
            query,
            page_size: pages.max_size,
            expected_rows,
            columns,
            lookup: None,
            count: false,
            pushdown: true,
            filters: Vec::new(),
            searches: 1,
            sort: None,
        }
    }

    /// The plan that asks for the number of rows, with the smallest page there is.
    pub fn count(entity: &Entity) -> Self {
        RemotePlan { count: true, page_size: 1, ..RemotePlan::full_scan(entity, Vec::new(), 1) }
    }

    /// The same rows, looked up one by one by values of a member.
    pub fn with_lookup(mut self, lookup: &Lookup, expected_values: u64) -> Self {
        self.lookup = Some(lookup.column.to_owned());
        self.expected_rows = expected_values;
        self
    }

    /// The rows for which the conditions may be true, found by so many searches.
    pub fn with_filters(mut self, filters: Vec<Filter>, searches: u64, expected_rows: u64) -> Self {
        self.filters = filters;
        self.searches = searches;
        self.expected_rows = expected_rows;
        self
    }

    /// The plan before conditions and order: what a look-up starts from.
    pub fn without_search(mut self) -> Self {
        self.filters = Vec::new();
        self.searches = 1;
        if let Some(order) = self.sort.take() {
            self.query.retain(|(_, value)| *value != order.value());
        }
        self
    }

    /// The list of one search.
    pub fn with_query(mut self, parameter: &SearchParameter, query: &str) -> Self {
        self.query.push((parameter.name.to_owned(), query.to_owned()));
        self.query.extend(parameter.with.map(|(name, value)| (name.to_owned(), value.to_owned())));
        self
    }

    /// The same rows in an order.
    pub fn with_sort(mut self, parameter: &SortParameter, order: SortOrder) -> Self {
        self.query.push((parameter.name.to_owned(), order.value()));
        self.sort = Some(order);
        self
    }

    /// The same list in pages of this size.
    pub(crate) fn with_page_size(mut self, rows: u32) -> Self {
        self.page_size = rows;
        self
    }

    /// The same list, which has to say one more member of every row.
    pub(crate) fn with_member(mut self, entity: &Entity, member: &str) -> Self {
        let parameter = entity.fields.map(|fields| fields.name);
        for (name, value) in &mut self.query {
            if Some(name.as_str()) == parameter && !value.split(',').any(|known| known == member) {
                value.push(',');
                value.push_str(member);
            }
        }
        self
    }

    /// Where the rows with this value of the look-up's member are.
    pub fn lookup_target(&self, entity: &Entity, lookup: &Lookup, value: &str) -> Target {
        match lookup.target {
            // A URL drops segments of dots, encoded or not.
            LookupTarget::Segment(_) if matches!(value, "" | "." | "..") => Target::NoRow,
            // An empty parameter is no parameter.
            LookupTarget::Parameter { .. } if value.is_empty() => Target::List,
            _ => {
                let encoded = percent_encoding::utf8_percent_encode(value, SEGMENT).to_string();
                Target::Request(self.lookup_request(entity, lookup, &encoded))
            }
        }
    }

    /// The path and query of a look-up, relative to the API's base, as sent and as EXPLAIN prints it
    /// with the member's name in place of the value.
    pub fn lookup_request(&self, entity: &Entity, lookup: &Lookup, encoded: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        // The list's own parameters mean nothing here; `fields` does.
        if let Some(parameter) = entity.fields {
            let names = [Some(parameter.name), parameter.with.map(|(name, _)| name)];
            query.extend_pairs(self.query.iter().filter(|(name, _)| names.contains(&Some(name.as_str()))));
        }
        let mut query = query.finish();
        let path = match lookup.target {
            LookupTarget::Segment(path) => format!("{path}/{encoded}"),
            LookupTarget::Parameter { path, parameter } => {
                let separator = if query.is_empty() { "" } else { "&" };
                query = format!("{parameter}={encoded}{separator}{query}");
                path.to_owned()
            }
        };
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }

    /// The same scan for a reader who stops after `limit` rows: the first page holds no more than
    /// those. It stays a hint, so that a reader who goes on gets every row.
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.expected_rows = self.expected_rows.min(limit);
        if let Ok(limit @ 1..) = u32::try_from(limit) {
            self.page_size = self.page_size.min(limit);
        }
        self
    }

    /// The path and query of one page, percent-encoded, as sent and as EXPLAIN prints it.
    pub fn page_target(&self, entity: &Entity, page: u64) -> String {
        let Paging::Page(pages) = entity.paging;
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.query);
        query.append_pair(pages.size, &self.page_size.to_string());
        query.append_pair(pages.page, &page.to_string());
        format!("{}?{}", self.path, query.finish())
    }

    /// How many requests the scan is expected to take.
    pub fn expected_requests(&self) -> u64 {
        if self.lookup.is_some() {
            return self.expected_rows.max(1);
        }
        self.expected_rows.div_ceil(u64::from(self.page_size)).max(self.searches)
    }
}

/// Everything but what stands for itself in every part of a URL (RFC 3986, 2.3).
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where the rows of one value are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Behind this path and query.
    Request(String),
    /// Nowhere: no row has such a value.
    NoRow,
    /// Only in the whole list: the look-up cannot ask for it.
    List,
}

/// The value of the `fields` parameter, or nothing when it would save no bytes or could lose some:
/// for the whole row, for a member the API does not document (it may not be known to `fields`), and
/// when every documented member is read anyway.
fn fields_that_save(entity: &Entity, columns: &[PlannedColumn]) -> Option<String> {
    let mut roots = vec![entity.key];
    for column in columns {
        let documented = entity.column(column.path.root()?)?;
        if !roots.contains(&documented.name) {
            roots.push(documented.name);
        }
    }
    (roots.len() < entity.columns.len()).then(|| roots.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ENTITY;

    fn plan(paths: &[&str]) -> RemotePlan {
        let columns = paths
            .iter()
            .zip(1..)
            .map(|(path, attno)| PlannedColumn {
                attno,
                name: format!("c{attno}"),
                path: if path.is_empty() { JsonPath::whole_row() } else { JsonPath::parse(path).unwrap() },
            })
            .collect();
        RemotePlan::full_scan(&ENTITY, columns, 0)
    }

    #[test]
    fn fields_are_sent_only_where_they_save_bytes_and_lose_none() {
        let cases: &[(&[&str], Option<&str>)] = &[
            (&[], Some("id")),
            (&["name"], Some("id,name")),
            (&["name", "id"], Some("id,name")),
            (&["meta.a.b", "meta.c"], Some("id,meta")),
            (&["name", "meta"], None),
            (&["undocumented"], None),
            (&["", "name"], None),
        ];
        for (paths, fields) in cases {
            let plan = plan(paths);
            let sent = plan.query.iter().find(|(name, _)| name == "fields").map(|(_, value)| value.as_str());
            assert_eq!(sent, *fields, "{paths:?}");
        }
    }

    #[test]
    fn a_limit_makes_the_first_page_small_and_never_larger() {
        let sizes = |limit| {
            let plan = RemotePlan { expected_rows: 500, page_size: 100, ..plan(&[]) }.with_limit(limit);
            (plan.page_size, plan.expected_requests())
        };
        assert_eq!(sizes(5), (5, 1));
        assert_eq!(sizes(100), (100, 1));
        assert_eq!(sizes(250), (100, 3));
        assert_eq!(sizes(u64::MAX), (100, 5));
        assert_eq!(sizes(0), (100, 1));
    }

    #[test]
    fn a_count_is_one_small_request() {
        let plan = RemotePlan::count(&ENTITY);
        assert_eq!(plan.page_target(&ENTITY, 0), "things?totals=true&fields=id&include_fields=true&per_page=1&page=0");
        assert_eq!(plan.expected_requests(), 1);
    }

    #[test]
    fn a_value_stays_one_segment_and_one_parameter() {
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
            let lookup = ENTITY.lookup(column).unwrap();
            assert_eq!(plan(&[]).with_lookup(lookup, 1).lookup_target(&ENTITY, lookup, value), expected, "{value:?}");
        }
        let whole = plan(&[""]).lookup_target(&ENTITY, ENTITY.lookup("id").unwrap(), "1");
        assert_eq!(whole, request("things/1"));
    }

    #[test]
    fn the_target_of_a_page_is_encoded() {
        assert_eq!(
            plan(&["name"]).page_target(&ENTITY, 3),
            "things?totals=true&fields=id%2Cname&include_fields=true&per_page=2&page=3"
        );
    }

    #[test]
    fn requests_are_whole_pages_and_never_none() {
        for (expected_rows, requests) in [(0, 1), (1, 1), (2, 1), (3, 2), (5, 3)] {
            assert_eq!(RemotePlan { expected_rows, ..plan(&[]) }.expected_requests(), requests, "{expected_rows}");
        }
    }

    #[test]
    fn plans_survive_serialisation() {
        let plan = plan(&["", "meta.a[2].\"x.y\""]);
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<RemotePlan>(&text).unwrap(), plan);
    }

    #[test]
    fn columns_are_found_by_option_then_by_name() {
        assert_eq!(column_path("attrs", None), JsonPath::whole_row());
        assert_eq!(column_path("a.b", None), JsonPath::root_member("a.b"));
        assert_eq!(column_path("attrs", Some(JsonPath::parse("x.y").unwrap())).to_string(), "x.y");
    }
}
