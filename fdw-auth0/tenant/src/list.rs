//! `GET /api/v2/users`: validation of the query, and the requested page.

use bytes::Bytes;
use hyper::StatusCode;

use crate::answer::Answer;
use crate::fields::{Fields, boolean};
use crate::page::{Envelope, Page};
use crate::search::Search;
use crate::sort::Sort;
use crate::store::Store;
use crate::totals::Totals;

const PAGE: &str = "Page index of the results to return. First page is 0";
const PER_PAGE: &str = "Number of results per page. Defaults to 50";
const PER_PAGE_MAXIMUM: i64 = 100;

/// The limits of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Number of records that paging reaches.
    pub(crate) page_cap: Option<usize>,
    /// Maximum number of rows of a page, even if a request asks for more.
    pub(crate) page_size_cap: Option<usize>,
    /// The total in the envelope.
    pub(crate) totals: Totals,
    /// A search that finds more users than this is too slow.
    pub(crate) slow_search: Option<usize>,
}

/// A list request that passed the validation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct List {
    page: usize,
    per_page: usize,
    include_totals: bool,
    search: Option<Search>,
    sort: Option<Sort>,
    fields: Option<Fields>,
}

impl List {
    /// Parses the query, or returns Auth0's 400. Unknown parameters are ignored.
    pub(crate) fn from_pairs(pairs: &[(String, String)]) -> Result<Self, Answer> {
        let mut list = Self {
            page: 0,
            per_page: 50,
            include_totals: false,
            search: None,
            sort: None,
            fields: Fields::from_pairs(pairs)?,
        };
        for (name, value) in pairs {
            match name.as_str() {
                "page" => list.page = integer(value, i64::MAX, "page", PAGE)?,
                "per_page" => {
                    list.per_page = integer(value, PER_PAGE_MAXIMUM, "per_page", PER_PAGE)?;
                }
                "include_totals" => {
                    list.include_totals = boolean(
                        value,
                        "include_totals",
                        "Return results inside an object that contains the total result count (true) or as a direct array of results (false, default)",
                    )?;
                }
                "sort" => list.sort = Some(Sort::parse(value)?),
                "search_engine" => engine(value)?,
                // An empty query means no search, as with Auth0.
                "q" if value.is_empty() => {}
                "q" => {
                    let search = Search::parse(value);
                    list.search = Some(search.map_err(|problem| {
                        invalid(&format!("The query in the parameter q is not understood: {problem}."))
                    })?);
                }
                "connection" => {
                    return Err(invalid(
                        "The connection parameter belongs to search_engine=v1, which is not available.",
                    ));
                }
                _ => {}
            }
        }
        Ok(list)
    }

    /// The page, within `limits`; `turn` rotates users with equal sort keys.
    pub(crate) fn page(&self, store: &Store, limits: Limits, turn: usize) -> Result<Page, Answer> {
        let Limits { page_cap, page_size_cap, totals, slow_search } = limits;
        let limit = page_size_cap.map_or(self.per_page, |cap| cap.min(self.per_page));
        let start = self.page.saturating_mul(limit);
        if page_cap.is_some_and(|page_cap| start >= page_cap) {
            return Err(Answer::error(
                StatusCode::BAD_REQUEST,
                &format!(
                    "You can only page through the first {} records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation",
                    page_cap.unwrap_or_default()
                ),
                Some("invalid_paging"),
            ));
        }
        let order = store.order(self.search.as_ref(), self.sort.as_ref());
        let found = order.as_ref().map_or(store.len(), |order| order.len());
        if self.search.is_some() && slow_search.is_some_and(|slow| found > slow) {
            return Err(Answer::error(
                StatusCode::SERVICE_UNAVAILABLE,
                "The query exceeded the timeout. Please try refining your search criteria. See https://auth0.com/docs/best-practices/search-best-practices.",
                None,
            ));
        }
        let reachable = page_cap.map_or(found, |page_cap| page_cap.min(found));
        let positions = start.min(reachable)..start.saturating_add(limit).min(reachable);
        let mut rows: Vec<Bytes> = match &order {
            None => positions.filter_map(|place| store.get(place)).collect(),
            Some(order) => positions.filter_map(|position| store.at(order.place(position, turn)?)).collect(),
        };
        if let Some(fields) = &self.fields {
            rows = rows.iter().map(|user| fields.project(user)).collect();
        }
        Ok(Page {
            key: "users".into(),
            envelope: if self.include_totals { Envelope::TotalsAndLength } else { Envelope::Array },
            start,
            limit,
            total: totals.stated(start, found, reachable),
            rows,
            headers: Vec::new(),
        })
    }
}

fn invalid(message: &str) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, message, Some("invalid_query_string"))
}

fn engine(value: &str) -> Result<(), Answer> {
    match value {
        "v3" => Ok(()),
        "v1" | "v2" => {
            Err(invalid(&format!("You are not allowed to use search_engine={value}. Use search_engine=v3 instead.")))
        }
        _ => Err(Answer::invalid_query("No enum match for: ", "search_engine", "The version of the search engine")),
    }
}

/// An integer parameter from 0 to `maximum`, or Auth0's 400.
pub(crate) fn integer(value: &str, maximum: i64, property: &str, about: &str) -> Result<usize, Answer> {
    let refused = |problem: String| Answer::invalid_query(&problem, property, about);
    let number: i64 = value.parse().map_err(|_| refused("Expected type integer but found type string".to_owned()))?;
    if number > maximum {
        return Err(refused(format!("Value {number} is greater than maximum {maximum}")));
    }
    usize::try_from(number).map_err(|_| refused(format!("Value {number} is less than minimum 0")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(users: usize) -> Store {
        let name = |n| if n % 2 == 0 { "even" } else { "odd" };
        let user = |n: usize| format!(r#"{{"n":{n},"tie":{},"name":"{}"}}"#, n / 4, name(n));
        let users: Vec<String> = (0..users).map(user).collect();
        Store::from_json(&users)
    }

    fn ask(query: &str, users: usize, page_cap: Option<usize>, turn: usize) -> Result<String, Answer> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let limits = Limits { page_cap, page_size_cap: None, totals: Totals::Capped, slow_search: Some(1_700) };
        let page = List::from_pairs(&pairs)?.page(&store(users), limits, turn)?;
        Ok(String::from_utf8(page.render().to_vec()).unwrap())
    }

    /// `start/limit/length/total first..last` of an answer with totals.
    fn summary(json: &str) -> String {
        let answer: serde_json::Value = serde_json::from_str(json).unwrap();
        let rows = answer["users"].as_array().unwrap();
        let n = |row: Option<&serde_json::Value>| row.map_or("-".into(), |row| row["n"].to_string());
        format!(
            "{}/{}/{}/{} {}..{}",
            answer["start"],
            answer["limit"],
            answer["length"],
            answer["total"],
            n(rows.first()),
            n(rows.last())
        )
    }

    #[test]
    fn a_page_has_its_rows_and_envelope() {
        let table = [
            ("", 120, "0/50/50/120 0..49"),
            ("page=1", 120, "50/50/50/120 50..99"),
            ("page=2", 120, "100/50/20/120 100..119"),
            ("page=3", 120, "150/50/0/120 -..-"),
            ("per_page=100", 3, "0/100/3/3 0..2"),
            ("per_page=0", 3, "0/0/0/3 -..-"),
            ("page=9&per_page=0", 3, "0/0/0/3 -..-"),
            ("", 0, "0/50/0/0 -..-"),
            ("page=9&per_page=100", 5_000, "900/100/100/1000 900..999"),
            ("page=49&per_page=20", 5_000, "980/20/20/1000 980..999"),
            ("page=14&per_page=70", 5_000, "980/70/20/1000 980..999"),
            ("page=9&per_page=100", 1_000, "900/100/100/1000 900..999"),
            ("sort=n:-1&per_page=10", 5_000, "0/10/10/1000 4999..4990"),
            ("q=&search_engine=v3&other=1", 1, "0/50/1/1 0..0"),
            ("q=name:odd&per_page=2&page=1", 9, "2/2/2/4 5..7"),
            ("q=name:odd&sort=n:-1&per_page=3", 9, "0/3/3/4 7..3"),
            ("q=name:odd&page=1", 9, "50/50/0/4 -..-"),
            ("q=name:none", 9, "0/50/0/0 -..-"),
            ("q=name:odd&page=9&per_page=100", 3_400, "900/100/100/1000 1801..1999"),
            ("q=NOT+name:even&sort=tie:-1&per_page=2", 8, "0/2/2/4 5..7"),
        ];
        for (query, users, expected) in table {
            let json = ask(&format!("include_totals=true&{query}"), users, Some(1_000), 0);
            assert_eq!(summary(&json.unwrap()), expected, "{query} of {users}");
        }
    }

    #[test]
    fn pages_past_the_page_cap_are_refused() {
        let beyond = |query: &str, page_cap| ask(query, 5_000, page_cap, 0).map_err(|error| error.body);
        for query in ["page=20", "page=10&per_page=100", "page=99999999999999999&per_page=100"] {
            let body = beyond(query, Some(1_000)).unwrap_err();
            let message = "You can only page through the first 1000 records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation";
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(
                body,
                serde_json::json!({"statusCode":400,"error":"Bad Request","message":message,"errorCode":"invalid_paging"}),
                "{query}"
            );
        }
        assert!(beyond("page=2", Some(100)).is_err());
        let open = beyond("page=99&include_totals=true", None).unwrap();
        assert_eq!(summary(&open), "4950/50/50/5000 4950..4999");
        assert_eq!(beyond("page=100", None).unwrap(), "[]");
    }

    #[test]
    fn a_true_total_does_not_move_the_page_cap_and_a_page_may_be_smaller_than_asked_for() {
        let ask = |query: &str, totals, page_size_cap| {
            let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            let limits = Limits { page_cap: Some(1_000), page_size_cap, totals, slow_search: None };
            let page = List::from_pairs(&pairs)?.page(&store(2_500), limits, 0)?;
            Ok::<_, Answer>(summary(std::str::from_utf8(&page.render()).unwrap()))
        };
        let last = "include_totals=true&per_page=100&page=9";
        assert_eq!(ask(last, Totals::True, None).unwrap(), "900/100/100/2500 900..999");
        assert_eq!(ask("include_totals=true&per_page=100&page=10", Totals::True, None).unwrap_err().status, 400);
        assert_eq!(ask(last, Totals::FirstPage, None).unwrap(), "900/100/100/0 900..999");
        assert_eq!(ask(last, Totals::Capped, Some(50)).unwrap(), "450/50/50/1000 450..499");
    }

    #[test]
    fn searches_that_find_too_many_users_are_too_slow() {
        let answer = ask("q=name:odd", 3_402, Some(1_000), 0).unwrap_err();
        assert_eq!(answer.status, 503);
        assert!(String::from_utf8_lossy(&answer.body).contains("The query exceeded the timeout."));
        // A list without a search is never too slow.
        assert!(ask("sort=n:1", 3_402, Some(1_000), 0).is_ok());
    }

    #[test]
    fn include_totals_and_fields_give_their_envelopes() {
        let row = r#"{"n":0,"tie":0,"name":"even"}"#;
        let bare = ask("per_page=1", 2, None, 0).unwrap();
        assert_eq!(bare, format!("[{row}]"));
        let totals = ask("per_page=1&include_totals=true", 2, None, 0).unwrap();
        assert_eq!(totals, format!(r#"{{"start":0,"limit":1,"length":1,"users":[{row}],"total":2}}"#));
        let fields = ask("per_page=2&fields=tie", 2, None, 0).unwrap();
        assert_eq!(fields, r#"[{"tie":0},{"tie":0}]"#);
    }

    #[test]
    fn ties_change_places_only_among_each_other() {
        let found = |turn| ask("q=name:odd&sort=tie:1&per_page=2&page=1&fields=n", 8, None, turn).unwrap();
        assert_eq!(found(0), r#"[{"n":5},{"n":7}]"#);
        assert_eq!(found(1), r#"[{"n":7},{"n":5}]"#);
        let page = |turn| ask("sort=tie:1&per_page=2&page=1&fields=n", 8, None, turn).unwrap();
        assert_eq!(page(0), r#"[{"n":2},{"n":3}]"#);
        assert_eq!(page(1), r#"[{"n":3},{"n":0}]"#);
        assert_eq!(page(4), page(0));
    }

    #[test]
    fn queries_that_are_not_valid_are_refused() {
        let table = [
            (
                "per_page=1000",
                "Query validation error: 'Value 1000 is greater than maximum 100' on property per_page (Number of results per page. Defaults to 50).",
            ),
            (
                "per_page=101&page=x",
                "Query validation error: 'Value 101 is greater than maximum 100' on property per_page (Number of results per page. Defaults to 50).",
            ),
            (
                "page=-1",
                "Query validation error: 'Value -1 is less than minimum 0' on property page (Page index of the results to return. First page is 0).",
            ),
            (
                "page=1.5",
                "Query validation error: 'Expected type integer but found type string' on property page (Page index of the results to return. First page is 0).",
            ),
            ("search_engine=v2", "You are not allowed to use search_engine=v2. Use search_engine=v3 instead."),
            (
                "q=picture:%22a%22",
                "The query in the parameter q is not understood: 'picture' is not a field that can be searched.",
            ),
        ];
        for (query, message) in table {
            let answer = ask(query, 1, None, 0).unwrap_err();
            assert_eq!(answer.status, 400, "{query}");
            let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(body["message"], message, "{query}");
            assert_eq!(body["errorCode"], "invalid_query_string", "{query}");
        }
        for query in ["include_totals=1", "sort=x", "connection=a", "per_page=", "search_engine=x"] {
            assert_eq!(ask(query, 1, None, 0).unwrap_err().status, 400, "{query}");
        }
    }
}
