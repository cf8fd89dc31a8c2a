//! An entity that is no product's, for this crate's own tests.

use crate::entity::{
    Column, ColumnType, Entity, FieldsParameter, Lookup, LookupTarget, NumberedPages, Paging, SearchField, SearchKind,
    SearchParameter, SliceKeys, SortParameter, check,
};

pub(crate) const ENTITY: Entity = Entity {
    name: "things",
    doc: "Things.",
    path: "things",
    rows_at: "items",
    key: "id",
    paging: Paging::Page(PAGES),
    fields: Some(FieldsParameter { name: "fields", with: Some(("include_fields", "true")) }),
    scopes: &["read:things"],
    lookups: &[
        Lookup { column: "id", target: LookupTarget::Segment("things") },
        Lookup { column: "name", target: LookupTarget::Parameter { path: "things-by-name", parameter: "name" } },
    ],
    search: Some(SearchParameter {
        name: "q",
        with: None,
        fields: &[SearchField { path: "name", kind: SearchKind::Text }],
        slices: Some(SliceKeys { time: "made_at", key: "id" }),
    }),
    sort: Some(SortParameter { name: "sort", columns: &["name"] }),
    columns: &[
        Column::new("id", ColumnType::Text, "The key."),
        Column::new("name", ColumnType::Text, "The name."),
        Column::new("meta", ColumnType::Jsonb, "The rest."),
    ],
    typical_rows: 10,
};

pub(crate) const PAGES: NumberedPages = NumberedPages {
    page: "page",
    size: "per_page",
    max_size: 2,
    ask_totals: Some(("totals", "true")),
    total: "total",
    start: "start",
    limit: "limit",
    wall: Some(10),
};

const _: () = check(&[ENTITY]);
