//! Entities of an invented product, for this crate's tests.

use crate::json_path::JsonPath;
use crate::model::{
    BatchBy, Column, ColumnType, Entity, FieldsParameter, Lookup, NumberedPages, PageParameter, Paging, Parameter,
    ParameterType, Parents, Position, Rows, SearchField, SearchKind, SearchParameter, SliceKeys, SortParameter, check,
};
use crate::plan::{PlannedColumn, RemotePlan};
use crate::source::Api;

pub(crate) const ENTITY: Entity = Entity {
    name: "things",
    doc: "Things.",
    path: "things",
    rows: Rows::Member("items"),
    key: &["id"],
    paging: Paging::Page(PAGES),
    fields: Some(FieldsParameter { name: "fields", with: Some(("include_fields", "true")), on_request: &[] }),
    scopes: &["read:things"],
    lookups: &[
        Lookup::row("things/{id}").with_fields().in_batches(BatchBy::Search),
        Lookup::array("things-by-name?name={name}").with_fields(),
    ],
    search: Some(SearchParameter {
        name: "q",
        with: None,
        fields: &[SearchField { path: "name", kind: SearchKind::Text }],
        slices: Some(SliceKeys { time: "made_at", changed: "changed_at", key: "id" }),
    }),
    sort: Some(SortParameter { name: "sort", columns: &["name"] }),
    columns: &[
        Column::new("id", ColumnType::Text, "The key."),
        Column::new("name", ColumnType::Text, "The name."),
        Column::new("meta", ColumnType::Jsonb, "The rest."),
    ],
    typical_rows: 10,
    ..Entity::BASE
};

/// The parts of a thing.
pub(crate) const PARTS: Entity = Entity {
    name: "parts",
    doc: "The parts of things.",
    path: "things/{thing_id}/parts",
    key: &["thing_id", "id"],
    parents: Parents::Of { entity: &ENTITY, keys: &[("thing_id", "id")] },
    scopes: &["read:things"],
    columns: &[Column::bound("thing_id", "The thing."), Column::new("id", ColumnType::Text, "The part.")],
    typical_rows: 3,
    ..Entity::BASE
};

/// The price of a part in a currency, which the query has to name.
pub(crate) const PRICES: Entity = Entity {
    name: "prices",
    doc: "What parts are worth.",
    path: "things/{thing_id}/parts/{part_id}/price?currency={currency}",
    rows: Rows::Document,
    parents: Parents::Of { entity: &PARTS, keys: &[("thing_id", "thing_id"), ("part_id", "id")] },
    scopes: &["read:things"],
    columns: &[
        Column::bound("thing_id", "The thing."),
        Column::bound("part_id", "The part."),
        Column::bound("currency", "The currency."),
        Column::new("amount", ColumnType::Float8, "The price."),
    ],
    secrets: &["amount"],
    typical_rows: 1,
    ..Entity::BASE
};

/// A list with one parameter of each kind.
pub(crate) const PARAMETRIC: Entity = Entity {
    name: "parametric",
    doc: "Things with parameters.",
    path: "parametric",
    key: &["id"],
    scopes: &["read:things"],
    parameters: &[
        Parameter::new("name", ParameterType::Text),
        Parameter::of("kinds", "kind", ParameterType::Words(&["spa", "native", "other"])),
        Parameter::new("first", ParameterType::Bool),
        Parameter::new("any", ParameterType::Value),
        Parameter::of("from", "at", ParameterType::FirstDay),
        Parameter::of("to", "at", ParameterType::LastDay),
        Parameter::of("after", "done", ParameterType::Earliest),
        Parameter::of("before", "done", ParameterType::Latest),
    ],
    columns: &[
        Column::new("id", ColumnType::Text, "The key."),
        Column::new("name", ColumnType::Text, "The name."),
        Column::new("kind", ColumnType::Text, "The kind."),
        Column::new("first", ColumnType::Bool, "Whether it is the first."),
        Column::new("at", ColumnType::Timestamptz, "The day."),
        Column::new("done", ColumnType::Timestamptz, "The time."),
        Column::new("any", ColumnType::Text, "Any value."),
        Column::new("other", ColumnType::Text, "Anything."),
    ],
    ..Entity::BASE
};

pub(crate) const PAGES: NumberedPages = NumberedPages {
    page: PageParameter::pages("page", 0),
    size: "per_page",
    max_size: 2,
    totals_parameter: Some(("totals", "true")),
    total: &["total"],
    start: Some(&["start"]),
    limit: Some(&["limit"]),
    position: Position::Rows,
    page_cap: Some(10),
    short_page_is_last: true,
    exact_total: true,
};

const _: () = check(&[ENTITY, PARTS, PRICES, PARAMETRIC]);

/// A full scan that reads columns with these paths; an empty one is the whole row.
pub(crate) fn plan(paths: &[&str]) -> RemotePlan {
    let columns = paths
        .iter()
        .zip(1..)
        .map(|(path, attno)| {
            let path = if path.is_empty() { JsonPath::whole_row() } else { JsonPath::parse(path).unwrap() };
            PlannedColumn::new(attno, format!("c{attno}"), path)
        })
        .collect();
    RemotePlan::full_scan(&ENTITY, columns, 0)
}

/// An API with these entities: errors are objects with a `message`.
#[derive(Debug)]
pub(crate) struct Things;

pub(crate) static THINGS: Things = Things;

impl Api for Things {
    fn title(&self) -> &'static str {
        "Things"
    }

    fn is_absent(&self, status: u16, _body: &[u8], _entity: &Entity) -> bool {
        status == 404
    }

    fn error_message(&self, body: &[u8]) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(body).ok()?;
        body.get("message")?.as_str().map(str::to_owned)
    }

    fn error_hint(&self, _status: u16, _body: &[u8], _entity: &Entity) -> Option<String> {
        None
    }

    fn login_hint(&self, _status: u16) -> Option<String> {
        None
    }
}
