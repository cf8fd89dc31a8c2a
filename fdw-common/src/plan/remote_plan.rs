//! The requests of one scan, as the planner decides them and as the plan stores them.

use serde::{Deserialize, Serialize};

use super::bound_values::{BoundValues, Filled, UnsafeValue, fill};
use super::estimates::ListEstimate;
use super::planned_column::{ConstantColumn, PlannedColumn};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::Filter;
use crate::model::{Column, Entity, FieldsParameter, Lookup, Paging, SearchParameter, SortParameter};
use crate::options::Bulk;

/// The order that a list is requested in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortOrder {
    /// The root member.
    pub member: String,
    /// The attribute number of the column with this value.
    pub attno: i16,
    /// True for descending order.
    pub descending: bool,
}

impl SortOrder {
    /// The order as SQL writes it.
    pub fn as_sql(&self) -> String {
        format!("{}{}", self.member, if self.descending { " DESC" } else { "" })
    }

    /// The value of the sort parameter.
    pub fn value(&self) -> String {
        format!("{}:{}", self.member, if self.descending { -1 } else { 1 })
    }
}

/// Way in which the rows of a scan are requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// One list, or one for each combination of values that the query names for its path.
    List,
    /// One request for each combination of values, to the entity's lookup with this index.
    Lookup(usize),
    /// Lists whose paths also need values of the parents' rows; the parents are read first.
    FanOut,
    /// Only the number of rows, which the list's first response states.
    Count,
}

/// Requests of many lookups together: the prefetch node knows the keys of the next rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPlan {
    /// The most keys of a request.
    pub most_keys: u32,
    /// Expected number of keys.
    pub expected_keys: u64,
}

/// One scan: the requests to the API, and the columns that are read from the responses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemotePlan {
    /// The entity's name.
    pub entity: String,
    /// The definition the entity was made from, if it was made at run time.
    pub definition: Option<String>,
    /// The path relative to the API's base; a placeholder is a column whose value is not bound yet.
    pub path: String,
    /// The values bound to the path.
    pub bound: BoundValues,
    /// Query parameters besides the page, in the order they are sent, not encoded.
    pub query: Vec<(String, String)>,
    /// Rows per page.
    pub page_size: u32,
    /// Estimated number of rows that the API sends.
    pub expected_rows: u64,
    /// Estimated number of lists with these rows.
    pub lists: u64,
    /// Estimated number of requests that find the lists.
    pub walk: u64,
    /// The columns to read.
    pub columns: Vec<PlannedColumn>,
    /// Columns with the same value in every row, not read from the API.
    pub constants: Vec<ConstantColumn>,
    /// The columns whose values the query names, known only during the scan: for the lookup, or for the path of the
    /// list.
    pub keys: Vec<String>,
    /// Way in which the rows are requested.
    pub access: Access,
    /// Way to read the list above its page cap.
    pub bulk: Bulk,
    /// Number of the plan node that prefetches the bound values of this scan, if there is one.
    pub prefetch: Option<i32>,
    /// The batches in which the lookups' keys are requested, if they are.
    pub batch: Option<BatchPlan>,
    /// True if members that hold secrets are shown.
    pub expose_secrets: bool,
    /// Conditions sent as a search or as parameters; empty for the whole list.
    pub filters: Vec<Filter>,
    /// Estimated number of searches.
    pub searches: u64,
    /// The order that the list is requested in.
    pub sort: Option<SortOrder>,
    /// The order that the list is requested in if the LIMIT, known only during the scan, is at most one page.
    /// Postgres sorts the rows again.
    pub late_sort: Option<SortOrder>,
    /// Number of the plan's last expressions that are that LIMIT and its OFFSET.
    pub limit_values: usize,
    /// The order in which the list is read page by page, until the reader stops: by the time of its slices.
    pub in_order: Option<SortOrder>,
}

impl RemotePlan {
    /// The plan of a full scan that reads `columns`.
    pub fn full_scan(entity: &Entity, columns: Vec<PlannedColumn>, expected_rows: u64) -> Self {
        let mut query = Vec::new();
        let asked_for = match entity.paging {
            Paging::Page(pages) => pages.totals_parameter,
            Paging::Uncounted(pages) => pages.envelope_parameter,
            Paging::Log(pages) => pages.search.envelope_parameter,
            Paging::Whole | Paging::Checkpoint(_) => None,
        };
        if let Some((name, value)) = asked_for {
            query.push((name.to_owned(), value.to_owned()));
        }
        if let Some(parameter) = entity.fields
            && let Some(fields) = fields(entity, &parameter, &columns)
        {
            query.push((parameter.name.to_owned(), fields));
            if let Some((name, value)) = parameter.with {
                query.push((name.to_owned(), value.to_owned()));
            }
        }
        RemotePlan {
            entity: entity.name.to_owned(),
            definition: entity.definition.map(str::to_owned),
            path: entity.path.to_owned(),
            bound: Vec::new(),
            query,
            page_size: entity.max_page_size().unwrap_or(u32::MAX),
            expected_rows,
            lists: 1,
            walk: 0,
            columns,
            constants: Vec::new(),
            keys: Vec::new(),
            access: if entity.path.contains('{') { Access::FanOut } else { Access::List },
            bulk: Bulk::default(),
            prefetch: None,
            batch: None,
            expose_secrets: false,
            filters: Vec::new(),
            searches: 1,
            sort: None,
            late_sort: None,
            limit_values: 0,
            in_order: None,
        }
    }

    /// The plan that requests only the number of rows, with the smallest page.
    pub fn count(entity: &Entity) -> Self {
        RemotePlan { access: Access::Count, page_size: 1, ..RemotePlan::full_scan(entity, Vec::new(), 1) }
    }

    /// The same rows, requested by a lookup for each value of some columns.
    pub fn with_lookup(mut self, entity: &Entity, lookup: usize, expected_values: u64) -> Self {
        self.keys = entity.lookups[lookup].columns().map(str::to_owned).collect();
        self.access = Access::Lookup(lookup);
        self.expected_rows = expected_values;
        self
    }

    /// The rows of lists whose values the query names for these columns: all placeholders of the path or some of
    /// them.
    pub fn with_keys(mut self, entity: &Entity, keys: Vec<String>, lists: ListEstimate) -> Self {
        let is_named = |column: &str| keys.iter().any(|key| key == column);
        self.access = if entity.required().all(is_named) { Access::List } else { Access::FanOut };
        self.keys = keys;
        self.lists = lists.lists;
        self.walk = lists.walk;
        self.expected_rows = lists.rows;
        self
    }

    /// The list with these values bound, or `None` if no list can have them.
    ///
    /// # Errors
    /// `Unsupported` for a value that could change the meaning of the path.
    pub fn with_bound(mut self, entity: &Entity, bound: BoundValues) -> Result<Option<Self>> {
        // An API that ignores an empty parameter returns rows with other values, which Postgres tests.
        let rows_show = |name: &str| entity.column(name).is_some_and(|column| !entity.shows_bound_value(column));
        match fill(&self.path, &bound, rows_show) {
            Filled::Path(path) => self.path = path,
            Filled::Empty(_) | Filled::Impossible => return Ok(None),
            Filled::Unsafe(value) => return Err(unsafe_value(entity, &value)),
        }
        if self.is_bound() && self.access == Access::FanOut {
            self.access = Access::List;
        }
        self.bound = bound;
        self.lists = 1;
        self.walk = 0;
        Ok(Some(self))
    }

    /// The lookup that requests the rows, if the plan uses one.
    pub fn lookup(&self, entity: &'static Entity) -> Option<&'static Lookup> {
        match self.access {
            Access::Lookup(index) => entity.lookups.get(index),
            Access::List | Access::FanOut | Access::Count => None,
        }
    }

    /// True if all placeholders of the path have values, so that the list can be requested.
    pub fn is_bound(&self) -> bool {
        !self.path.contains('{')
    }

    /// The rows for which the conditions may be true, found by this number of searches.
    pub fn with_filters(mut self, filters: Vec<Filter>, searches: u64, expected_rows: u64) -> Self {
        self.filters = filters;
        self.searches = searches;
        self.expected_rows = expected_rows;
        self
    }

    /// The list's request for the rows of a batch of keys, with these parameters.
    pub fn for_keys(mut self, entity: &Entity, parameters: Vec<(String, String)>) -> Self {
        self.access = Access::List;
        self.page_size = entity.max_page_size().unwrap_or(u32::MAX);
        self.with_parameters(parameters)
    }

    /// The plan without conditions and order, from which a lookup starts.
    pub fn without_search(mut self) -> Self {
        self.filters = Vec::new();
        self.searches = 1;
        self.late_sort = None;
        if let Some(order) = self.sort.take() {
            self.query.retain(|(_, value)| *value != order.value());
        }
        self
    }

    /// The same rows, read page by page in an order: `rows` of them are expected to be wanted.
    pub fn read_in_order(mut self, order: SortOrder, rows: u64) -> Self {
        self.in_order = Some(order);
        self.expected_rows = self.expected_rows.min(rows);
        self
    }

    /// The list filtered by one search.
    pub fn with_query(mut self, parameter: &SearchParameter, query: &str) -> Self {
        self.query.extend(parameter.query(query.to_owned()));
        self
    }

    /// The same rows in an order.
    pub fn with_sort(mut self, parameter: &SortParameter, order: SortOrder) -> Self {
        self.query.push((parameter.name.to_owned(), order.value()));
        self.sort = Some(order);
        self
    }

    /// The root members that an export has to contain. `None` if one of the columns may show an undocumented member,
    /// which an export cannot request.
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

    /// The same list with one more member in every row.
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

    /// True if the list is requested in the order of its slices' time: the whole list in full pages, if it is expected
    /// to reach its page cap. Its first page is then also the first slice. A shorter list keeps the API's own order,
    /// in which rows of equal times do not change places between pages.
    pub(crate) fn is_read_by_time(&self, entity: &Entity) -> bool {
        let is_whole = self.filters.is_empty() && self.sort.is_none() && self.bound.is_empty();
        let is_long = entity.page_cap().is_some_and(|cap| self.expected_rows >= cap);
        is_whole
            && is_long
            && entity.slices().is_some()
            && entity.sort.is_some()
            && Some(self.page_size) == entity.max_page_size()
    }

    /// The same list in that order, if [`Self::is_read_by_time`].
    pub(crate) fn by_time(self, entity: &Entity) -> Self {
        match (entity.slices(), entity.sort) {
            (Some(by), Some(sort)) if self.is_read_by_time(entity) => {
                let order = SortOrder { member: by.time.to_owned(), attno: 0, descending: false };
                let mut plan = self.with_member(entity, by.time);
                plan.query.push((sort.name.to_owned(), order.value()));
                plan
            }
            _ => self,
        }
    }

    /// The list filtered by parameters.
    pub fn with_parameters(mut self, parameters: Vec<(String, String)>) -> Self {
        self.query.extend(parameters);
        self
    }

    /// The same scan for a reader that stops after `limit` rows: its first page has at most that many. It is only a
    /// hint: a reader that continues gets every row.
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.expected_rows = self.expected_rows.min(limit);
        if let Ok(limit @ 1..) = u32::try_from(limit) {
            self.page_size = self.page_size.min(limit);
        }
        self
    }

    /// Estimated number of requests of the scan.
    pub fn expected_requests(&self) -> u64 {
        if let Some(BatchPlan { most_keys, expected_keys }) = self.batch {
            return expected_keys.div_ceil(u64::from(most_keys.max(1))).max(1);
        }
        if let Access::Lookup(_) = self.access {
            return self.expected_rows.max(1);
        }
        let pages = self.expected_rows.div_ceil(self.lists.max(1)).div_ceil(u64::from(self.page_size)).max(1);
        self.walk.saturating_add(self.lists.saturating_mul(pages).max(self.searches))
    }
}

#[cold]
fn unsafe_value(entity: &Entity, UnsafeValue { column, character, quote }: &UnsafeValue) -> Error {
    let what = match quote {
        Some(quote) => format!("between the quotes {quote} in the path of \"{}\"", entity.name),
        None => format!("into an expression in the path of \"{}\"", entity.name),
    };
    let character = if character.is_control() { character.escape_default().to_string() } else { character.to_string() };
    Error::new(ErrorKind::Unsupported, format!("the value of \"{column}\" cannot be put {what}"))
        .with_detail(format!("It has the character {character}, which could end the value there."))
        .with_hint(format!("Leave {{{column}}} out of the path: Postgres tests the condition on the rows of the list."))
}

/// The value of the `fields` parameter. `None` if it would save no bytes or could lose some: for the whole row, for a
/// member the API does not document (`fields` may not know it), and if every documented member is read anyway.
///
/// A member that is sent only on request has to be named, together with all others that are read. The whole row then
/// is every documented member that is sent without a request.
fn fields(entity: &Entity, parameter: &FieldsParameter, columns: &[PlannedColumn]) -> Option<String> {
    let is_on_request = |member: &str| parameter.on_request.contains(&member);
    let usual = || entity.columns.iter().filter_map(Column::member).filter(|member| !is_on_request(member));
    let mut members: Vec<&str> =
        entity.key.iter().filter_map(|key| entity.column(key)).filter_map(Column::member).collect();
    let mut could_lose = false;
    let add = |members: &mut Vec<_>, member| {
        if !members.contains(&member) {
            members.push(member);
        }
    };
    for column in columns {
        match column.path.root() {
            // A lookup that does not bind the value shows the row's own member of that name, if it has one.
            _ if column.path.is_bound() => {
                let bound = entity.columns.iter().find(|known| entity.column_path(known) == column.path);
                bound.and_then(Column::member).into_iter().for_each(|member| add(&mut members, member));
            }
            Some(root) => {
                could_lose |= !entity.documents(root);
                add(&mut members, root);
            }
            None => {
                could_lose = true;
                usual().for_each(|member| add(&mut members, member));
            }
        }
    }
    let is_needed = members.iter().any(|member| is_on_request(member));
    let saves = !could_lose && members.len() < usual().count();
    (is_needed || saves).then(|| members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json_path::JsonPath;
    use crate::testing::{ENTITY, PRICES, plan};

    fn bound(values: &[(&str, &str)]) -> BoundValues {
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn path_is_bound_when_it_has_all_values() {
        let plan = RemotePlan::full_scan(&PRICES, Vec::new(), 1);
        assert!(!plan.is_bound());
        let target = |values| {
            let plan = plan.clone().with_bound(&PRICES, bound(values)).unwrap()?;
            Some(if plan.is_bound() { plan.first_target(&PRICES) } else { "unbound".to_owned() })
        };
        let all = [("thing_id", "a/b"), ("part_id", "{x}"), ("currency", "€&")];
        let filled = "things/a%2Fb/parts/%7Bx%7D/price?currency=%E2%82%AC%26";
        assert_eq!(target(&all).as_deref(), Some(filled));
        assert_eq!(target(&all[1..]).as_deref(), Some("unbound"));
        assert_eq!(target(&[("thing_id", ".."), ("part_id", "p"), ("currency", "c")]), None);
        assert_eq!(target(&[("thing_id", "t"), ("part_id", "p"), ("currency", "")]), None);
    }

    #[test]
    fn expected_requests_are_whole_pages_and_at_least_one() {
        for (expected_rows, requests) in [(0, 1), (1, 1), (2, 1), (3, 2), (5, 3)] {
            assert_eq!(RemotePlan { expected_rows, ..plan(&[]) }.expected_requests(), requests, "{expected_rows}");
        }
    }

    #[test]
    fn batches_are_counted_as_one_request_each() {
        let lookup = RemotePlan { expected_rows: 7, ..plan(&[]) }.with_lookup(&ENTITY, 0, 1);
        for (expected_keys, requests) in [(0, 1), (1, 1), (100, 1), (101, 2), (10_000, 100)] {
            let batch = Some(BatchPlan { most_keys: 100, expected_keys });
            assert_eq!(RemotePlan { batch, ..lookup.clone() }.expected_requests(), requests, "{expected_keys}");
        }
        let parameters = vec![("q".to_owned(), "id:\"a\"".to_owned())];
        let target = lookup.for_keys(&ENTITY, parameters).first_target(&ENTITY);
        let expected = "things?totals=true&fields=id&include_fields=true&q=id%3A%22a%22&per_page=2&page=0";
        assert_eq!(target, expected);
    }

    #[test]
    fn fields_are_sent_only_if_they_save_bytes_and_lose_none() {
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
    fn fields_name_on_request_members_and_lose_no_other() {
        let parameter = FieldsParameter { name: "fields", with: None, on_request: &["meta"] };
        let entity = Entity { fields: Some(parameter), ..ENTITY };
        let cases: &[(&[&str], Option<&str>)] = &[
            (&["id"], Some("id")),
            (&["name", "id"], None),
            (&["", "name"], None),
            (&["undocumented"], None),
            (&["meta"], Some("id,meta")),
            (&["meta.a", "name"], Some("id,meta,name")),
            (&["", "meta"], Some("id,name,meta")),
            (&["undocumented", "meta"], Some("id,undocumented,meta")),
        ];
        for (paths, expected) in cases {
            let sent = fields(&entity, &parameter, &plan(paths).columns);
            assert_eq!(sent.as_deref(), *expected, "{paths:?}");
        }
    }

    #[test]
    fn limit_makes_the_first_page_smaller_but_never_larger() {
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
    fn column_in_another_spelling_requests_the_documented_member() {
        let column = |name: &str| PlannedColumn::declared(&ENTITY, 1, name, None);
        let cases = [
            ("name", "name", false),
            ("NAME", "name", false),
            ("Name", "name", false),
            ("nick_name", "nick_name", true),
        ];
        for (name, member, any_spelling) in cases {
            let column = column(name);
            assert_eq!((column.path.root(), column.any_spelling), (Some(member), any_spelling), "{name}");
        }
        let plan = RemotePlan::full_scan(&ENTITY, vec![column("NAME")], 1);
        assert!(plan.query.contains(&("fields".to_owned(), "id,name".to_owned())), "{:?}", plan.query);
        let plan = RemotePlan::full_scan(&ENTITY, vec![column("nickName")], 1);
        assert!(plan.query.iter().all(|(name, _)| name != "fields"), "{:?}", plan.query);
        let attrs = column("attrs");
        assert_eq!((attrs.path, attrs.any_spelling), (JsonPath::whole_row(), false));
    }

    #[test]
    fn plans_survive_serialisation() {
        let plan = plan(&["", "meta.a[2].\"x.y\""]);
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<RemotePlan>(&text).unwrap(), plan);
    }
}
