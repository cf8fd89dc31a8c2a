//! Answers of lists and lookups: the decoder returns the values in the answer, with secrets replaced.

#![no_main]

use fdw_common::json_path::JsonPath;
use fdw_common::model::{
    Checkpoint, Column, ColumnType, Counts, Entity, NextPage, NumberedPages, PageParameter, Paging, Position, Rows,
    UncountedPages,
};
use fdw_common::rest::{Batch, Projection};
use libfuzzer_sys::fuzz_target;
use wrappers_fuzz::Tree;
use wrappers_fuzz::parsers::{lookup, page};

const PAGES: NumberedPages = NumberedPages {
    page: PageParameter { name: "page", first: 0, counts: Counts::Pages },
    size: "per_page",
    max_size: 100,
    totals_parameter: None,
    total: &["total"],
    start: Some(&["start"]),
    limit: Some(&["limit"]),
    position: Position::Rows,
    page_cap: None,
    short_page_is_last: false,
    exact_total: false,
};

const POINTS: Checkpoint = Checkpoint {
    size: Some("take"),
    max_size: 9,
    next: NextPage::Cursor { parameter: "from", at: &["next"] },
    keeps_position: false,
};

const BASE: Entity = Entity {
    name: "things",
    doc: "Things.",
    path: "things/{of}",
    rows: Rows::Member("items"),
    key: &["id"],
    scopes: &["read:things"],
    columns: &[Column::bound("of", "Whose."), Column::new("id", ColumnType::Text, "The key.")],
    secrets: &["secret", "options.*.token", "options.**.password", "keys.private", "**.deep"],
    ..Entity::BASE
};

/// One entity for each kind of paging and envelope.
static ENTITIES: [Entity; 7] = [
    Entity { paging: Paging::Page(PAGES), ..BASE },
    Entity { paging: Paging::Page(NumberedPages { position: Position::Pages, ..PAGES }), ..BASE },
    Entity { paging: Paging::Checkpoint(POINTS), ..BASE },
    Entity {
        paging: Paging::Uncounted(UncountedPages {
            page: PAGES.page,
            size: Some("n"),
            max_size: 9,
            envelope_parameter: None,
            short_page_is_last: false,
        }),
        ..BASE
    },
    Entity { rows: Rows::Array, ..BASE },
    Entity { rows: Rows::Array, key: &[], ..BASE },
    Entity { rows: Rows::Document, key: &[], ..BASE },
];

const PATHS: [&str; 13] = [
    "",
    "of",
    "name",
    "secret",
    "secret.a",
    "options",
    "options.a",
    "options.a.token",
    "options.a[0].b",
    "keys[0].private",
    "a.b",
    "a[1].b",
    "a.deep",
];

/// Compares the values of a batch with the trees of its rows.
fn compare(entity: &Entity, paths: &[JsonPath], batch: &Batch, rows: &[Tree], exposed: bool, asked: Option<&str>) {
    assert_eq!(batch.len(), rows.len());
    for (number, row) in rows.iter().enumerate() {
        for (cell, path) in paths.iter().enumerate() {
            let expected = if exposed { row.at(path).cloned() } else { row.redacted_at(path, entity.secrets) };
            let expected = match (path.root(), path.0.len(), asked) {
                (Some("of"), 1, Some(asked)) => expected.or_else(|| Some(Tree::Text(asked.to_owned()))),
                _ => expected,
            };
            let found = batch.value(number, cell).map(|raw| Tree::read(raw).expect("a cell is JSON"));
            assert_eq!(found, expected, "row {number}, path '{path}'");
        }
        if let [only] = entity.key {
            let Some(Tree::Text(key)) = row.member(only) else { panic!("row {number} has no key") };
            assert_eq!(batch.key(number), key.as_str());
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some(([kind, first, second], body)) = data.split_first_chunk().map(|(head, body)| (*head, body)) else {
        return;
    };
    let entity = &ENTITIES[usize::from(kind & 0x0f) % ENTITIES.len()];
    let exposed = kind & 0x10 != 0;
    let is_lookup = kind & 0x20 != 0;
    let paths: Vec<JsonPath> = [first >> 4, first & 0x0f, second >> 4, second & 0x0f]
        .iter()
        .map(|at| match PATHS[usize::from(*at) % PATHS.len()] {
            "" => JsonPath::whole_row(),
            path => JsonPath::parse(path).expect("it is one"),
        })
        .collect();
    let projection = Projection::new(entity, &paths, exposed);
    let given = vec![("of".to_owned(), "a \"thing\"\\".to_owned())];
    let text = std::str::from_utf8(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body));
    let tree = text.ok().and_then(|text| Tree::read(text).ok());

    let (batch, rows, numbers, cursor, asked) = if is_lookup {
        let one = entity.rows == Rows::Document;
        let Ok(batch) = lookup(entity, &projection, one, body.to_vec()) else { return };
        (batch, if one { Rows::Document } else { Rows::Array }, None, None, None)
    } else {
        let Ok(page) = page(entity, &projection, &given, body.to_vec()) else { return };
        (page.batch, entity.rows, Some(page.numbers), page.cursor, Some("a \"thing\"\\"))
    };
    assert!(text.is_ok(), "a body that is not text was accepted");
    // A tree cannot hold this answer, so the values cannot be compared.
    let Some(tree) = tree else {
        let error = Tree::read(text.expect("checked")).expect_err("it is no tree").to_string();
        let known = ["recursion limit", "out of range", "surrogate", "hex escape"];
        assert!(known.iter().any(|known| error.contains(known)), "a body that is not JSON was accepted: {error}");
        return;
    };
    let empty = Vec::new();
    let rows: &[Tree] = match (rows, &tree) {
        (_, Tree::Null) => &empty,
        (Rows::Array, Tree::Array(rows)) => rows,
        (Rows::Document, row) => std::slice::from_ref(row),
        (Rows::Path(_), _) => unreachable!("no entity here has its rows deeper"),
        (Rows::Member(name), tree) => match tree.member(name) {
            Some(Tree::Array(rows)) => rows,
            _ => &empty,
        },
        other => panic!("a value that is not an array was accepted: {other:?}"),
    };
    compare(entity, &paths, &batch, rows, exposed, asked);
    // A whole number in any notation; any other value is an error.
    let number = |name: &str| match tree.member(name) {
        Some(Tree::Number(number)) => number.as_u64().or(number.as_f64().map(|number| number as u64)),
        Some(Tree::Text(text)) => text.trim().parse::<f64>().ok().map(|number| number as u64),
        _ => None,
    };
    if let (Paging::Page(_), Some(numbers)) = (entity.paging, numbers) {
        for (name, claim) in ["total", "start", "limit"].into_iter().zip(numbers) {
            // Floating point cannot represent all of them.
            let found = number(name);
            assert_eq!(found.is_some(), claim.is_some(), "{name}");
            if let (Some(found), Some(claim)) = (found, claim)
                && claim < 1 << 53
            {
                assert_eq!(found, claim, "{name}");
            }
        }
    }
    if let Some(cursor) = cursor {
        match tree.member("next") {
            Some(Tree::Number(number)) => assert_eq!(number.to_string(), cursor),
            text => assert_eq!(text, Some(&Tree::Text(cursor))),
        }
    }
});
