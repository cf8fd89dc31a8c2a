//! The API of a personality: its rows, which may change at each request, and its answers.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::personality::{
    Churn, Container, Declared, Dice, Doubles, Empty, End, Found, Incident, Missing, Moves, Order, PageCap, Pages,
    Personality, Place, Signal, Total,
};
use crate::api::{Answer, Ending, Request};
use crate::list::{at, put};

/// The path of the array of rows, by container.
pub(crate) fn rows_path(container: Container) -> &'static [&'static str] {
    match container {
        Container::Array => &[],
        Container::Envelope => &["items"],
        Container::Deep => &["data", "list", "items"],
    }
}

/// The path of the total.
pub(crate) const TOTAL: &[&str] = &["meta", "total"];
/// The path of the cursor, or of the address, of the next page.
pub(crate) const NEXT: &[&str] = &["page", "next"];
/// The path of a single row, if it is not the whole answer.
pub(crate) const ITEM: &[&str] = &["data"];
/// The parameter for the page number, offset, cursor or key.
pub(crate) const PLACE: &str = "p";
/// The parameter of the page size.
pub(crate) const SIZE: &str = "limit";

/// The API of one personality.
#[derive(Debug)]
pub(crate) struct StandIn {
    personality: Personality,
    /// The prefix of all its paths.
    prefix: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    dice: Dice,
    /// The existing rows, in the order of the list.
    list: Vec<u32>,
    /// Rows that were deleted or created since the phase began.
    touched: BTreeSet<u32>,
    /// Rows that existed when the phase began.
    before: BTreeSet<u32>,
    /// Copies of the list for readers with a snapshot cursor.
    snapshots: Vec<Vec<u32>>,
    /// The number of rows up to the end of the last page.
    served: usize,
    changes_left: u32,
    /// The requests of the phase.
    requests: Vec<String>,
    /// The number of requests that are allowed.
    allowed: usize,
    /// The number of requests for the list in the phase.
    of_list: u32,
    incident_left: bool,
}

impl std::fmt::Debug for Dice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dice")
    }
}

/// The correct results of a phase.
#[derive(Debug)]
pub(crate) struct Truth {
    /// Rows that existed all the time.
    pub(crate) permanent: BTreeSet<u32>,
    /// Rows that existed at some time.
    pub(crate) possible: BTreeSet<u32>,
    /// The requests.
    pub(crate) requests: Vec<String>,
}

/// One page before it is encoded as an answer.
struct Page {
    rows: Vec<u32>,
    /// The position of its first row.
    start: usize,
    /// It is the list's first.
    is_first: bool,
    /// There are no rows at this position or after it.
    is_past_the_end: bool,
    /// The cursor, or the query, of the next page.
    next: Option<String>,
    /// There is a next page with rows, not only a quirk of the end.
    has_next: bool,
}

/// A position in the list, from a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    After(u32),
    Snapshot { id: usize, offset: usize },
    Offset(usize),
    Page(usize),
}

impl StandIn {
    pub(crate) fn new(personality: Personality, prefix: String) -> Self {
        let mut dice = Dice::new(!personality.seed);
        let mut list: Vec<u32> = (0..personality.rows).map(|n| nth_key(&personality, n)).collect();
        match personality.order {
            Order::Ascending => {}
            Order::Descending => list.reverse(),
            Order::Scrambled => dice.shuffle(&mut list),
        }
        if personality.doubles == Doubles::Twin && !list.is_empty() {
            let (from, to) = (dice.below(list.len()), dice.below(list.len()));
            list.insert(to, list[from]);
        }
        let changes_left = personality.changes;
        let state = State {
            dice,
            touched: BTreeSet::new(),
            before: BTreeSet::new(),
            snapshots: Vec::new(),
            served: 0,
            changes_left,
            requests: Vec::new(),
            allowed: usize::MAX,
            of_list: 0,
            incident_left: false,
            list,
        };
        StandIn { personality, prefix, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a phase, in which at most `allowed` requests are answered.
    pub(crate) fn begin(&self, allowed: usize) {
        let mut state = self.state();
        state.before = state.list.iter().copied().filter(|row| self.is_shown(*row)).collect();
        state.touched.clear();
        state.requests.clear();
        state.served = 0;
        state.of_list = 0;
        state.allowed = allowed;
        state.changes_left = self.personality.changes;
        state.incident_left = true;
    }

    /// The correct results of the phase since [`StandIn::begin`].
    pub(crate) fn truth(&self) -> Truth {
        let state = self.state();
        Truth {
            permanent: state.before.difference(&state.touched).copied().collect(),
            possible: state.before.union(&state.touched).copied().collect(),
            requests: state.requests.clone(),
        }
    }

    /// The key of a row, as text.
    pub(crate) fn key(&self, row: u32) -> String {
        if self.personality.numeric_keys { row.to_string() } else { format!("k|{row}/ü") }
    }

    /// A number that differs by 1 between neighbours.
    fn number(&self, row: u32) -> u32 {
        if self.personality.dense_keys { row } else { row / 10 }
    }

    /// False for a hidden row, which has a position in the list but is not returned.
    fn is_shown(&self, row: u32) -> bool {
        self.personality.holes.is_none_or(|every| !self.number(row).is_multiple_of(every))
    }

    fn row(&self, row: u32) -> Value {
        let id = if self.personality.numeric_keys { json!(row) } else { json!(self.key(row)) };
        json!({"id": id, "n": row, "kind": self.number(row) % 3, "total": 3, "next": "x", "items": []})
    }

    /// The answer to a request.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        let path = request.path();
        let Some(path) = path.strip_prefix(&self.prefix) else {
            return Answer::status(400, "\"a request of another scan\"");
        };
        let mut state = self.state();
        state.requests.push(request.target.strip_prefix(&self.prefix).unwrap_or_default().to_owned());
        if state.requests.len() > state.allowed {
            return Answer::status(400, "{\"message\": \"too many requests for this list\"}");
        }
        match path.strip_prefix("/things") {
            Some("") => self.list(&mut state, request),
            Some(key) => self.item(&state, key.trim_start_matches('/')),
            None => Answer::status(400, "{\"message\": \"no such path\"}"),
        }
    }

    fn list(&self, state: &mut State, request: &Request) -> Answer {
        let drawn = &self.personality;
        let number = state.of_list;
        state.of_list += 1;
        if number > 0 {
            self.change(state);
        }
        let (incident, when) = drawn.incident;
        let strikes = state.incident_left && number == when;
        if strikes {
            state.incident_left = false;
            match incident {
                Incident::TooMany(seconds) => {
                    return Answer::status(429, "{\"message\": \"slow down\"}")
                        .with_header("Retry-After", &seconds.to_string());
                }
                Incident::Unavailable => return Answer::status(503, "no healthy upstream"),
                _ => {}
            }
        }
        let (asked, at) = match self.place(request) {
            Ok(place) => place,
            Err(why) => return Answer::status(400, &json!({ "message": why }).to_string()),
        };
        let mut page = match self.page(state, asked, at) {
            Ok(page) => page,
            Err(why) => return Answer::status(400, &json!({ "message": why }).to_string()),
        };
        match drawn.page_cap {
            Some(PageCap::Refused(cap)) if page.start >= cap as usize => {
                return Answer::status(400, "{\"message\": \"paging goes no further\"}");
            }
            Some(PageCap::Empty(cap)) if page.start >= cap as usize => page.rows.clear(),
            _ => {}
        }
        state.served = page.start + page.rows.len();
        if strikes && incident == Incident::EmptyPage {
            page.rows.clear();
        }
        if strikes && incident == Incident::ErrorIn200 {
            return self.with_headers(error(state), None);
        }
        if page.is_past_the_end && drawn.rows > 0 {
            match drawn.end {
                End::Status(status) if !page.is_first => {
                    return Answer::status(status, "{\"message\": \"no such page\"}");
                }
                End::ErrorIn200 if !page.is_first => return self.with_headers(error(state), None),
                _ => {}
            }
        }
        let not_a_row = strikes && incident == Incident::NotARow;
        let answer = self.encode(state, &page, request, asked, not_a_row);
        if strikes && incident == Incident::Cut { answer.with_ending(Ending::Cut) } else { answer }
    }

    /// The page size and the position in a request.
    fn place(&self, request: &Request) -> Result<(Option<u32>, At), String> {
        let drawn = &self.personality;
        let number = |name: &str| -> Result<Option<u64>, String> {
            let Some(text) = request.parameter(name) else { return Ok(None) };
            text.parse().map(Some).map_err(|_| format!("{name} is no number"))
        };
        let asked = number(SIZE)?.map(|asked| u32::try_from(asked).unwrap_or(u32::MAX));
        if drawn.ignores_place || drawn.pages == Pages::Whole {
            return Ok((asked, At::Start));
        }
        let Some(text) = request.parameter(PLACE) else { return Ok((asked, At::Start)) };
        let count = || text.parse::<usize>().map_err(|_| format!("{PLACE} is no number"));
        let at = match drawn.pages {
            Pages::Whole => At::Start,
            Pages::Number { first, .. } => {
                let page = count()?.checked_sub(first as usize).ok_or("there is no such page")?;
                if page == 0 { At::Start } else { At::Page(page) }
            }
            Pages::Offset => At::Offset(count()?),
            Pages::LastKey => At::After(self.row_of(&text).ok_or("no such key")?),
            Pages::Cursor(place) | Pages::LinkHeader(place) | Pages::LinkMember(place) => match place {
                Place::Key if text == "c+/=" => At::Start,
                Place::Key => {
                    let key = text.strip_prefix('c').and_then(|text| text.strip_suffix("+/="));
                    At::After(key.and_then(|key| key.parse().ok()).ok_or("no such cursor")?)
                }
                Place::Snapshot => {
                    let places = text.strip_prefix('s').and_then(|text| text.split_once('x'));
                    let (id, offset) = places.ok_or("no such cursor")?;
                    At::Snapshot {
                        id: id.parse().map_err(|_| "no such cursor")?,
                        offset: offset.parse().map_err(|_| "no such cursor")?,
                    }
                }
                Place::Offset => At::Offset(count()?),
                Place::Page => At::Page(count()?.saturating_sub(1)),
            },
        };
        Ok((asked, at))
    }

    fn row_of(&self, key: &str) -> Option<u32> {
        let digits = if self.personality.numeric_keys { key } else { key.strip_prefix("k|")?.strip_suffix("/ü")? };
        digits.parse().ok()
    }

    /// The page at a position.
    fn page(&self, state: &mut State, asked: Option<u32>, at: At) -> Result<Page, &'static str> {
        let drawn = &self.personality;
        let size = drawn.size.given(asked) as usize;
        let stride = match drawn.pages {
            Pages::Number { by_size_asked: true, .. } => asked.map_or(size, |asked| asked as usize),
            _ => size,
        };
        let place = self.kind_of_place();
        let mut snapshot = None;
        if place == Some(Place::Snapshot) {
            let id = match at {
                At::Snapshot { id, .. } => id,
                _ => {
                    state.snapshots.push(state.list.clone());
                    state.snapshots.len() - 1
                }
            };
            snapshot = Some(id);
        }
        let list: &[u32] = match snapshot {
            Some(id) => state.snapshots.get(id).ok_or("no such cursor")?,
            None => &state.list,
        };
        if drawn.pages == Pages::Whole {
            // An answer with a part of the list shows that it is one.
            let end = match drawn.declared {
                Declared::Nothing(_) => list.len().min(drawn.size.default as usize),
                _ => list.len(),
            };
            let has_next = end < list.len();
            let next = has_next.then(|| "more".to_owned());
            return Ok(Page {
                rows: list[..end].to_vec(),
                start: 0,
                is_first: true,
                is_past_the_end: list.is_empty(),
                next,
                has_next,
            });
        }
        let descending = drawn.order == Order::Descending;
        let is_inclusive = drawn.begins_with_last_row();
        let mut start = match at {
            At::Start => 0,
            At::After(row) => {
                let is_behind = |other: &u32| match descending {
                    true => *other < row || is_inclusive && *other == row,
                    false => *other > row || is_inclusive && *other == row,
                };
                list.iter().position(is_behind).unwrap_or(list.len())
            }
            At::Snapshot { offset, .. } | At::Offset(offset) => offset,
            At::Page(page) => page.saturating_mul(stride),
        };
        let is_numbered = drawn.is_numbered();
        if is_numbered && drawn.end == End::LastPageAgain && start >= list.len() {
            start = match drawn.pages {
                Pages::Offset => list.len().saturating_sub(size),
                _ => list.len().saturating_sub(1) / stride * stride,
            };
        }
        let is_past_the_end = start >= list.len();
        let start = start.min(list.len());
        let from = if drawn.doubles == Doubles::Overlap { start.saturating_sub(1) } else { start };
        let end = start.saturating_add(size).min(list.len());
        let mut rows = if is_past_the_end { Vec::new() } else { list[from..end].to_vec() };
        let last = rows.last().copied();
        rows.retain(|row| self.is_shown(*row));
        let encode = |at: At| match at {
            At::Start => match place {
                Some(Place::Key) | None => "c+/=".to_owned(),
                Some(Place::Snapshot) => format!("s{}x0", snapshot.unwrap_or_default()),
                Some(Place::Offset) => "0".to_owned(),
                Some(Place::Page) => "1".to_owned(),
            },
            At::After(row) => format!("c{row}+/="),
            At::Snapshot { id, offset } => format!("s{id}x{offset}"),
            At::Offset(offset) => offset.to_string(),
            At::Page(page) => (page + 1).to_string(),
        };
        let behind = || match (place, last) {
            (Some(Place::Key), Some(row)) => At::After(row),
            (Some(Place::Key), None) | (None, _) => at,
            (Some(Place::Snapshot), _) => At::Snapshot { id: snapshot.unwrap_or_default(), offset: end },
            (Some(Place::Offset), _) => At::Offset(end),
            (Some(Place::Page), _) => At::Page(end.div_ceil(stride)),
        };
        let has_next = end < list.len();
        let next = match drawn.end {
            _ if place.is_none() => None,
            _ if has_next => Some(encode(behind())),
            End::Empty(_) if !is_past_the_end => Some(encode(behind())),
            End::EmptyLeadsToItself => Some(encode(if is_past_the_end { at } else { behind() })),
            End::LastPageAgain => Some(encode(at)),
            End::BackToTheStart => Some(encode(At::Start)),
            _ => None,
        };
        Ok(Page { rows, start, is_first: start == 0, is_past_the_end, next, has_next })
    }

    fn kind_of_place(&self) -> Option<Place> {
        match self.personality.pages {
            Pages::Cursor(place) | Pages::LinkHeader(place) | Pages::LinkMember(place) => Some(place),
            _ => None,
        }
    }

    fn encode(&self, state: &State, page: &Page, request: &Request, asked: Option<u32>, not_a_row: bool) -> Answer {
        let drawn = &self.personality;
        let empty = match drawn.end {
            End::Empty(empty) if page.is_past_the_end => empty,
            _ => Empty::List,
        };
        let address = page.next.as_ref().map(|next| {
            let size = asked.map(|asked| format!("&{SIZE}={asked}")).unwrap_or_default();
            let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let query = format!("{}?{PLACE}={next}{size}", request.path());
            match request.header("host") {
                Some(host) if state.list.len().is_multiple_of(2) => format!("http://{host}{query}"),
                _ => query,
            }
        });
        let is_signal = |signal| drawn.declared == Declared::Nothing(signal) && page.has_next;
        let link = match drawn.pages {
            Pages::LinkHeader(_) => address.clone(),
            Pages::Whole if is_signal(Signal::LinkHeader) => address.clone(),
            _ => None,
        };
        if empty == Empty::NoContent {
            return self.with_headers(Value::Null, link).with_no_content();
        }
        let mut rows: Vec<Value> = page.rows.iter().map(|row| self.row(*row)).collect();
        if not_a_row {
            rows.push(json!("no row"));
        }
        let rows = if empty == Empty::Null { Value::Null } else { Value::from(rows) };
        let path = rows_path(drawn.container);
        let mut body = match empty {
            Empty::Absent => path.split_last().map_or(json!({}), |(_, before)| at(before, json!({}))),
            _ => at(path, rows),
        };
        if drawn.container == Container::Array {
            return self.with_headers(body, link);
        }
        let shown = state.list.iter().filter(|row| self.is_shown(**row)).count();
        if let Some(total) = total(drawn.total, shown, page) {
            put(&mut body, TOTAL, total);
        }
        match (drawn.pages, drawn.end) {
            (Pages::Cursor(place), end) => {
                let next = page.next.clone().map(|next| match place {
                    // In some lists, numbers are JSON numbers.
                    Place::Offset | Place::Page if drawn.numeric_keys => json!(next.parse::<u64>().unwrap_or_default()),
                    _ => json!(next),
                });
                put_next(&mut body, next, end);
            }
            (Pages::LinkMember(_), end) => put_next(&mut body, address.map(Value::from), end),
            _ => {}
        }
        match drawn.declared {
            Declared::Nothing(Signal::HasMore) => put(&mut body, &["has_more"], json!(page.has_next)),
            Declared::Nothing(Signal::NextToken) => {
                put(&mut body, &["next_token"], if page.has_next { json!("abc") } else { Value::Null });
            }
            Declared::Nothing(Signal::Total) => put(&mut body, &["total"], json!(state.list.len())),
            Declared::OneAnswer => put(&mut body, &["has_more"], json!(true)),
            Declared::AsIs | Declared::Nothing(Signal::LinkHeader) => {}
        }
        if drawn.seed.is_multiple_of(3) {
            put(&mut body, &["limit"], json!(drawn.size.given(asked)));
            put(&mut body, &["facets"], json!([]));
        }
        self.with_headers(body, link)
    }

    /// The answer for one row, by its key.
    fn item(&self, state: &State, key: &str) -> Answer {
        let Some(items) = self.personality.items else { return Answer::status(404, "{}") };
        let key = url::form_urlencoded::parse(format!("k={}", key.replace('+', "%2B")).as_bytes())
            .next()
            .map(|(_, key)| key.into_owned())
            .unwrap_or_default();
        let found = self.row_of(&key).filter(|row| state.list.contains(row) && self.is_shown(*row));
        let Some(row) = found else {
            return match items.missing {
                Missing::Status(status) => Answer::status(status, "{\"message\": \"no such thing\"}"),
                Missing::NoContent => self.with_headers(Value::Null, None).with_no_content(),
                Missing::Null => self.with_headers(Value::Null, None),
                Missing::EmptyObject => self.with_headers(json!({}), None),
                Missing::ErrorIn200 => self.with_headers(error(state), None),
            };
        };
        let body = match items.found {
            Found::Bare => self.row(row),
            Found::Enveloped | Found::EnvelopedUndeclared => at(ITEM, self.row(row)),
            Found::InArray => json!([self.row(row)]),
            Found::Another => self.row(row + 1),
            Found::ErrorIn200 => error(state),
        };
        self.with_headers(body, None)
    }

    /// The answer with a body and all headers.
    fn with_headers(&self, body: Value, link: Option<String>) -> Answer {
        let headers = &self.personality.headers;
        let mut answer = Answer::json(body).with_header("content-type", headers.content_type);
        answer.headers.extend(headers.more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        if let Some(link) = link {
            let path = link.split('?').next().unwrap_or_default();
            let links = match self.personality.seed % 4 {
                0 => format!("<{link}>; rel=\"next\""),
                1 => format!("<{link}>; rel=next"),
                2 => format!("<{path}?{PLACE}=1>; rel=\"first\", <{link}>; title=\"a, b\"; rel=\"next last\""),
                _ => format!("<{link}>;rel='next',<{path}>; rel=\"up\"").replace('\'', "\""),
            };
            answer.headers.push(("Link".to_owned(), links));
        }
        if headers.has_mark {
            answer.body.splice(..0, "\u{feff}".bytes());
        }
        answer
    }

    /// Changes the list between two requests.
    fn change(&self, state: &mut State) {
        let drawn = &self.personality;
        if state.changes_left == 0 || state.dice.one_in(2) {
            return;
        }
        state.changes_left -= 1;
        let keeps_order = drawn.moves == Moves::None && drawn.order != Order::Scrambled;
        if matches!(drawn.churn, Churn::Deleted | Churn::Balanced) && !state.list.is_empty() {
            // Usually one of the rows that were read, so that unread rows move to pages that were read.
            let among = if state.dice.one_in(4) { state.list.len() } else { state.served.clamp(1, state.list.len()) };
            let place = state.dice.below(among);
            let row = state.list.remove(place);
            state.touched.insert(row);
        }
        if matches!(drawn.churn, Churn::Created | Churn::Balanced) {
            let place = match state.dice.below(3) {
                0 => 0,
                1 => state.list.len(),
                _ => state.dice.below(state.list.len() + 1),
            };
            let place = if state.list.is_empty() { 0 } else { place };
            // A new key, between its neighbours if the list is sorted by key.
            let highest = state.before.iter().chain(&state.touched).max().copied().unwrap_or(1000) + 10;
            let row = if keeps_order { between(&state.list, place, drawn.order, highest) } else { Some(highest) };
            if let Some(row) = row.filter(|row| !state.before.contains(row) && !state.touched.contains(row)) {
                state.list.insert(place, row);
                state.touched.insert(row);
            }
        }
        if state.list.len() < 2 {
            return;
        }
        // A row that was read, and one that was not, if there is one.
        let (rows, served) = (state.list.len(), state.served.clamp(1, state.list.len()));
        let read = state.dice.below(served);
        let unread = if served < rows { served + state.dice.below(rows - served) } else { state.dice.below(rows) };
        match drawn.moves {
            Moves::None => {}
            Moves::Swap => {
                let place = state.dice.below(rows - 1);
                state.list.swap(place, place + 1);
            }
            Moves::Exchange => state.list.swap(read, unread),
            Moves::ToTheEnd => {
                let row = state.list.remove(read);
                state.list.push(row);
            }
            Moves::ToTheFront => {
                let row = state.list.remove(unread);
                state.list.insert(0, row);
            }
            Moves::Shuffle => {
                let State { dice, list, .. } = state;
                dice.shuffle(list);
            }
        }
    }
}

/// The key of a row, by its number from 0. Unless keys are dense, there is room between them for new rows.
pub(crate) fn nth_key(drawn: &Personality, number: u32) -> u32 {
    if drawn.dense_keys { number + 1 } else { 1000 + 10 * number }
}

/// A key between two neighbours of a sorted list.
fn between(list: &[u32], place: usize, order: Order, highest: u32) -> Option<u32> {
    let before = place.checked_sub(1).and_then(|place| list.get(place)).copied();
    let (low, high) = match order {
        Order::Descending => (list.get(place).copied(), before),
        _ => (before, list.get(place).copied()),
    };
    let key = match (low, high) {
        (Some(low), Some(high)) => low + (high - low) / 2,
        (None, Some(high)) => high.checked_sub(1)?,
        (_, None) => highest,
    };
    (low != Some(key)).then_some(key)
}

fn put_next(body: &mut Value, next: Option<Value>, end: End) {
    match (next, end) {
        (Some(next), _) => put(body, NEXT, next),
        (None, End::Absent) => {}
        (None, End::EmptyText) => put(body, NEXT, json!("")),
        (None, End::False) => put(body, NEXT, json!(false)),
        (None, _) => put(body, NEXT, Value::Null),
    }
}

fn total(kind: Total, rows: usize, page: &Page) -> Option<Value> {
    let rows = rows as u64;
    let number = |number: u64| Some(json!(number));
    match kind {
        Total::None => None,
        Total::Right => number(rows),
        Total::Text => Some(json!(rows.to_string())),
        Total::FirstPageOnly => page.is_first.then(|| json!(rows)),
        Total::ZeroLater => number(if page.is_first { rows } else { 0 }),
        Total::Rest => number(rows.saturating_sub(page.start as u64)),
        Total::Capped(most) => number(rows.min(most)),
        Total::PageLength => number(page.rows.len() as u64),
        Total::Off(by) => number(rows.saturating_add_signed(by)),
        Total::Overstated => number(2 * rows + 7),
        Total::Huge => number(2_147_483_647),
        Total::Understated => number(rows / 2),
        Total::Zero => number(0),
    }
}

/// The body of an error with a success status.
fn error(state: &State) -> Value {
    let forms = [
        json!({"error": "the index is being rebuilt"}),
        json!({"error": {"code": 17, "message": "the index is being rebuilt"}}),
        json!({"errors": [{"message": "the index is being rebuilt"}]}),
        json!({"status": "error", "message": "the index is being rebuilt"}),
        json!({"success": false, "message": "the index is being rebuilt"}),
        json!({"message": "the index is being rebuilt"}),
        json!({"detail": "the index is being rebuilt"}),
        json!({}),
        json!({"results": []}),
    ];
    let mut object = Map::new();
    if let Value::Object(members) = &forms[state.list.len() % forms.len()] {
        object.clone_from(members);
    }
    Value::Object(object)
}

impl Answer {
    /// The same answer without content.
    fn with_no_content(mut self) -> Self {
        self.status = 204;
        self.body = Vec::new();
        self
    }
}
