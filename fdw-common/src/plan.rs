//! From the columns a query needs to the request that will be sent. Pure: planning and EXPLAIN
//! never touch the network, and everything the executor needs is in the plan.

use serde::{Deserialize, Serialize};

use crate::filter::Filter;
use crate::json_path::JsonPath;
use crate::model::{
    At, Checkpoint, Column, Entity, LogPages, Lookup, NextPage, NumberedPages, Paging, Parents, SearchParameter,
    SortParameter, UncountedPages, WHOLE_ROW_COLUMN,
};

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

/// Where the value of the column `name` stands: at its option `json_path`, else where the entity says,
/// else `attrs` is the whole row and any other name is a root member.
pub fn column_path(entity: &Entity, name: &str, json_path: Option<JsonPath>) -> JsonPath {
    match (json_path, entity.column(name)) {
        (Some(path), _) => path,
        (None, Some(column)) => column.path(),
        (None, None) if name == WHOLE_ROW_COLUMN => JsonPath::whole_row(),
        (None, None) => JsonPath::root_member(name),
    }
}

/// Values the API is asked with, each with the name of its column.
pub type Given = Vec<(String, String)>;

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

/// How a list is read that is longer than its wall: the option `bulk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Bulk {
    /// In slices, and from an exported file when many rows are left.
    #[default]
    Auto,
    /// In slices.
    Search,
    /// From an exported file.
    Export,
}

/// One scan: what is asked of the API, and which columns are read from the answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemotePlan {
    /// The entity's name.
    pub entity: String,
    /// What the entity was made of, if it was made when it was needed.
    pub definition: Option<String>,
    /// The path relative to the API's base; names in braces stand for values that are not given yet.
    pub path: String,
    /// The values in the path.
    pub given: Given,
    /// Query parameters beside the page, in the order they are sent, not encoded.
    pub query: Vec<(String, String)>,
    /// Rows a page.
    pub page_size: u32,
    /// How many rows the API is expected to send.
    pub expected_rows: u64,
    /// How many lists they are expected to be in.
    pub lists: u64,
    /// How many requests it is expected to take to find the lists.
    pub walk: u64,
    /// The columns to read.
    pub columns: Vec<PlannedColumn>,
    /// The columns whose values the query names, known only when the scan runs: for the look-up, or for
    /// the path of the list.
    pub keys: Vec<String>,
    /// Set when rows are looked up: the number among the entity's look-ups.
    pub lookup: Option<usize>,
    /// Only the number of rows is asked for, which the list states in its first answer.
    pub count: bool,
    /// Less than the whole list may be asked for.
    pub pushdown: bool,
    /// How the list is read once it is longer than its wall.
    pub bulk: Bulk,
    /// The number of the plan's node that reads ahead what this scan will be asked with, if there is one.
    pub ahead: Option<u64>,
    /// The values for the path may be read from the parents' rows.
    pub fan_out: bool,
    /// Members that hold secrets are shown.
    pub expose_secrets: bool,
    /// The conditions the list is searched by, or shortened by parameters; nothing for the whole list.
    pub filters: Vec<Filter>,
    /// How many searches they are expected to take.
    pub searches: u64,
    /// The order the list is asked for in.
    pub sort: Option<SortOrder>,
}

impl RemotePlan {
    /// The plan of a full scan that reads `columns`.
    pub fn full_scan(entity: &Entity, columns: Vec<PlannedColumn>, expected_rows: u64) -> Self {
        let mut query = Vec::new();
        let asked_for = match entity.paging {
            Paging::Page(pages) => pages.ask_totals,
            Paging::Uncounted(pages) => pages.ask_envelope,
            Paging::Log(pages) => pages.search.ask_envelope,
            Paging::Whole | Paging::Checkpoint(_) => None,
        };
        if let Some((name, value)) = asked_for {
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
            definition: entity.definition.map(str::to_owned),
            path: entity.path.to_owned(),
            given: Vec::new(),
            query,
            page_size: entity.max_page_size().unwrap_or(u32::MAX),
            expected_rows,
            lists: 1,
            walk: 0,
            columns,
            keys: Vec::new(),
            lookup: None,
            count: false,
            pushdown: true,
            bulk: Bulk::default(),
            ahead: None,
            fan_out: true,
            expose_secrets: false,
            filters: Vec::new(),
            searches: 1,
            sort: None,
        }
    }

    /// The plan that asks for the number of rows, with the smallest page there is.
    pub fn count(entity: &Entity) -> Self {
        RemotePlan { count: true, page_size: 1, ..RemotePlan::full_scan(entity, Vec::new(), 1) }
    }

    /// The same rows, looked up one by one by values of some columns.
    pub fn with_lookup(mut self, entity: &Entity, lookup: usize, expected_values: u64) -> Self {
        self.keys = entity.lookups[lookup].columns().map(str::to_owned).collect();
        self.lookup = Some(lookup);
        self.expected_rows = expected_values;
        self
    }

    /// The rows of lists that the query names by values of these columns, all of those the path asks for
    /// or some.
    pub fn with_keys(mut self, keys: Vec<String>, lists: Lists) -> Self {
        self.keys = keys;
        self.lists = lists.lists;
        self.walk = lists.walk;
        self.expected_rows = lists.rows;
        self
    }

    /// The one list that is asked for with these values, or nothing when no list can have them.
    pub fn with_given(mut self, given: Given) -> Option<Self> {
        match fill(&self.path, &given) {
            Filled::Path(path) => self.path = path,
            Filled::Empty | Filled::Impossible => return None,
        }
        self.given = given;
        self.lists = 1;
        self.walk = 0;
        Some(self)
    }

    /// True while the list cannot be asked for: values for its path are not given yet.
    pub fn is_open(&self) -> bool {
        self.path.contains('{')
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

    /// The root members that an export has to hold; nothing when one of the columns may show something that
    /// is not documented, which an export cannot be asked for.
    pub(crate) fn export_members(&self, entity: &'static Entity) -> Option<Vec<&'static str>> {
        let documented = |name: &str| entity.columns.iter().filter_map(Column::member).find(|member| *member == name);
        let mut members = Vec::new();
        let keys = entity.key.iter().filter_map(|name| entity.column(name)?.member());
        let time = entity.slices().map(|by| by.time);
        for member in keys.chain(time) {
            members.push(member);
        }
        for column in &self.columns {
            members.push(documented(column.path.root()?)?);
        }
        let mut seen = std::collections::HashSet::new();
        members.retain(|member| seen.insert(*member));
        Some(members)
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

    /// The list with parameters that make it shorter.
    pub fn with_parameters(mut self, parameters: Vec<(String, String)>) -> Self {
        self.query.extend(parameters);
        self
    }

    /// Where the rows with these values are.
    pub fn lookup_target(&self, entity: &Entity, lookup: &Lookup, given: &Given) -> Target {
        match fill(lookup.path, given) {
            Filled::Path(path) => Target::Request(self.lookup_request(entity, lookup, &path)),
            Filled::Impossible => Target::NoRow,
            Filled::Empty => Target::List,
        }
    }

    /// The path and query of a look-up, relative to the API's base, as sent and as EXPLAIN prints it
    /// with the columns' names in place of their values.
    pub fn lookup_request(&self, entity: &Entity, lookup: &Lookup, path: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        // The list's own parameters mean nothing here; `fields` does.
        if let (Some(parameter), true) = (entity.fields, lookup.fields) {
            let names = [Some(parameter.name), parameter.with.map(|(name, _)| name)];
            query.extend_pairs(self.query.iter().filter(|(name, _)| names.contains(&Some(name.as_str()))));
        }
        with_query(path, &query.finish())
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

    /// The path and query of a list's first answer, as sent and as EXPLAIN prints it.
    pub fn first_target(&self, entity: &Entity) -> String {
        match entity.paging {
            Paging::Whole => self.target(&[]),
            Paging::Page(pages) => self.page_target(&pages, 0),
            Paging::Uncounted(pages) => self.uncounted_target(&pages, 0, 0),
            Paging::Checkpoint(pages) => self.checkpoint_target(&pages, None),
            // The oldest entries, from which the whole log is read on.
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

    /// The path and query of the page that has so many pages, and so many rows, before it.
    pub(crate) fn uncounted_target(&self, pages: &UncountedPages, before: u64, rows: u64) -> String {
        self.ordered_target(None, pages, before, rows)
    }

    /// The path and query of a page of a log's search, oldest entry first unless another order is asked for.
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

    /// The path and query of the page a cursor leads to, or of the first one.
    pub fn checkpoint_target(&self, pages: &Checkpoint, from: Option<&str>) -> String {
        let size = self.page_size.to_string();
        let size = pages.size.map(|name| (name, size.as_str()));
        let from = match pages.next {
            NextPage::Cursor { parameter, .. } | NextPage::LastKey { parameter } => from.map(|from| (parameter, from)),
            NextPage::Header | NextPage::Address(_) => None,
        };
        self.target(&size.into_iter().chain(from).collect::<Vec<_>>())
    }

    /// The path and query with more parameters.
    pub(crate) fn target(&self, more: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.query);
        query.extend_pairs(more);
        with_query(&self.path, &query.finish())
    }

    /// How many requests the scan is expected to take.
    pub fn expected_requests(&self) -> u64 {
        if self.lookup.is_some() {
            return self.expected_rows.max(1);
        }
        let pages = self.expected_rows.div_ceil(self.lists.max(1)).div_ceil(u64::from(self.page_size)).max(1);
        self.walk + (self.lists * pages).max(self.searches)
    }
}

/// A path with a query behind it, which the path may already have the beginning of.
fn with_query(path: &str, query: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    if query.is_empty() { path.to_owned() } else { format!("{path}{separator}{query}") }
}

/// A path whose places for values are filled.
enum Filled {
    Path(String),
    /// A value is empty, and an empty parameter is no parameter.
    Empty,
    /// A path cannot hold a value: a URL drops segments of dots, encoded or not, and empty ones.
    Impossible,
}

/// Fills the places for values, each of which stays one segment or one parameter. A place whose value is
/// not given stays.
fn fill(path: &str, given: &Given) -> Filled {
    let mut filled = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        filled.push_str(before);
        match given.iter().find(|(column, _)| column == name) {
            Some((_, value)) if value.is_empty() && filled.contains('?') => return Filled::Empty,
            Some((_, value)) if matches!(value.as_str(), "" | "." | "..") && !filled.contains('?') => {
                return Filled::Impossible;
            }
            Some((_, value)) => filled.extend(percent_encoding::utf8_percent_encode(value, SEGMENT)),
            None => {
                filled.push('{');
                filled.push_str(name);
                filled.push('}');
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    Filled::Path(filled)
}

/// What reading an entity's lists costs, when the query names some of the values they are asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lists {
    /// How many lists there are to read.
    pub lists: u64,
    /// The requests it takes to find them.
    pub walk: u64,
    /// The rows in all of them.
    pub rows: u64,
}

/// The lists to read when the query names the columns that `named` holds for, so many values of them
/// each; or the columns that it has to name, because nothing else gives their values.
///
/// # Errors
/// The missing columns.
pub fn lists(
    entity: &Entity,
    walk: bool,
    named: &dyn Fn(&str) -> Option<u64>,
) -> std::result::Result<Lists, Vec<&'static str>> {
    let missing: Vec<&'static str> = entity.required().filter(|column| named(column).is_none()).collect();
    let of_named =
        |columns: &mut dyn Iterator<Item = &'static str>| columns.filter_map(named).fold(1u64, u64::saturating_mul);
    let read =
        |lists: u64, walk: u64| Lists { lists, walk, rows: lists.saturating_mul(u64::from(entity.typical_rows)) };
    if missing.is_empty() {
        return Ok(read(of_named(&mut entity.required()), 0));
    }
    let given_by_parents = |column: &&'static str| match entity.parents {
        Parents::None => false,
        Parents::Of { keys, .. } => keys.iter().any(|(own, _)| own == column),
        Parents::Values { column: own, .. } => own == *column,
    };
    let left: Vec<&'static str> = missing.iter().copied().filter(|column| !walk || !given_by_parents(column)).collect();
    if !left.is_empty() {
        return Err(left);
    }
    let others = of_named(&mut entity.required().filter(|column| !given_by_parents(column)));
    match entity.parents {
        Parents::Of { entity: parent, keys } => {
            let own = |column: &str| keys.iter().find(|(_, of_parent)| *of_parent == column).map(|(own, _)| *own);
            let parents = lists(parent, walk, &|column| named(own(column)?))?;
            let pages = u64::from(parent.typical_rows).div_ceil(u64::from(parent.max_page_size().unwrap_or(u32::MAX)));
            let requests = parents.walk.saturating_add(parents.lists.saturating_mul(pages.max(1)));
            Ok(read(parents.rows.max(1).saturating_mul(others), requests))
        }
        Parents::Values { values, .. } => Ok(read(values.len() as u64 * others, 0)),
        Parents::None => Ok(read(others, 0)),
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
    let mut members: Vec<&str> =
        entity.key.iter().filter_map(|key| entity.column(key)).filter_map(|column| column.member()).collect();
    for column in columns {
        let root = column.path.root()?;
        // What the list is asked with is in no row.
        if entity.column(root).is_some_and(|column| column.at == At::Request) {
            continue;
        }
        if !entity.documents(root) {
            return None;
        }
        if !members.contains(&root) {
            members.push(root);
        }
    }
    let documented = entity.columns.iter().filter(|column| column.member().is_some()).count();
    (members.len() < documented).then(|| members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ENTITY, PAGES, PARTS, PRICES};

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
        assert_eq!(plan.page_target(&PAGES, 0), "things?totals=true&fields=id&include_fields=true&per_page=1&page=0");
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
            let at = usize::from(column == "name");
            let given = vec![(column.to_owned(), value.to_owned())];
            let plan = plan(&[]).with_lookup(&ENTITY, at, 1);
            assert_eq!(plan.lookup_target(&ENTITY, &ENTITY.lookups[at], &given), expected, "{value:?}");
        }
        let given = vec![("id".to_owned(), "1".to_owned())];
        assert_eq!(plan(&[""]).lookup_target(&ENTITY, &ENTITY.lookups[0], &given), request("things/1"));
    }

    #[test]
    fn the_target_of_a_page_is_encoded() {
        assert_eq!(
            plan(&["name"]).page_target(&PAGES, 3),
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
        let path = |name, option| column_path(&ENTITY, name, option);
        assert_eq!(path("attrs", None), JsonPath::whole_row());
        assert_eq!(path("a.b", None), JsonPath::root_member("a.b"));
        assert_eq!(path("attrs", Some(JsonPath::parse("x.y").unwrap())).to_string(), "x.y");
    }

    fn given(values: &[(&str, &str)]) -> Given {
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_list_is_asked_for_once_all_of_its_values_are_given() {
        let plan = RemotePlan::full_scan(&PRICES, Vec::new(), 1);
        assert!(plan.is_open());
        let target = |values| {
            let plan = plan.clone().with_given(given(values))?;
            Some(if plan.is_open() { "open".to_owned() } else { plan.first_target(&PRICES) })
        };
        let all = [("thing_id", "a/b"), ("part_id", "{x}"), ("currency", "€&")];
        let filled = "things/a%2Fb/parts/%7Bx%7D/price?currency=%E2%82%AC%26";
        assert_eq!(target(&all).as_deref(), Some(filled));
        assert_eq!(target(&all[1..]).as_deref(), Some("open"));
        assert_eq!(target(&[("thing_id", ".."), ("part_id", "p"), ("currency", "c")]), None);
        assert_eq!(target(&[("thing_id", "t"), ("part_id", "p"), ("currency", "")]), None);
    }

    #[test]
    fn lists_are_counted_from_what_the_query_names() {
        let count = |entity, named: &[(&str, u64)], walk| {
            let named = |column: &str| named.iter().find(|(name, _)| *name == column).map(|(_, count)| *count);
            lists(entity, walk, &named).map(|lists| (lists.lists, lists.walk, lists.rows))
        };
        // Ten things on pages of two, three parts each.
        assert_eq!(count(&PARTS, &[], true), Ok((10, 5, 30)));
        assert_eq!(count(&PARTS, &[("thing_id", 2)], true), Ok((2, 0, 6)));
        assert_eq!(count(&PARTS, &[("thing_id", 2)], false), Ok((2, 0, 6)));
        assert_eq!(count(&PARTS, &[], false), Err(vec!["thing_id"]));
        // A list of parts for each thing, whole in one answer.
        assert_eq!(count(&PRICES, &[("currency", 2)], true), Ok((60, 15, 60)));
        assert_eq!(count(&PRICES, &[("currency", 1), ("thing_id", 1)], true), Ok((3, 1, 3)));
        assert_eq!(count(&PRICES, &[("thing_id", 1), ("part_id", 1)], true), Err(vec!["currency"]));
        assert_eq!(count(&PRICES, &[], false), Err(vec!["thing_id", "part_id", "currency"]));
    }
}
