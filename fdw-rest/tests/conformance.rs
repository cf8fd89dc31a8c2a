//! The conformance suite, for each kind of paging and each kind of credential.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use fdw_common::model::{ColumnType, Entity};
use fdw_common::options::Catalog;
use fdw_common::rest::Credential;
use fdw_common::secret::Secret;
use fdw_common::source::{DeclaredColumn, Source, TableDefinition, TokenOrigin};
use fdw_conformance::{Subject, suite};
use fdw_rest::Rest;

const SECRET: &str = "secret-4711";

fn pairs(options: &[(&str, &str)]) -> Vec<(String, String)> {
    options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The entity of a table with the columns `id` and `n`.
fn entity(name: &str, options: &[(&str, &str)]) -> &'static Entity {
    let mut all = pairs(&[("path", "things")]);
    all.extend(pairs(options));
    let options = Rest::OPTIONS.validate(Catalog::Table, all).unwrap();
    let columns = || {
        let column = |(name, ty): (&str, ColumnType)| DeclaredColumn {
            name: name.to_owned(),
            ty,
            options: Rest::OPTIONS.validate(Catalog::Column, Vec::new()).unwrap(),
        };
        Ok([("id", ColumnType::Text), ("n", ColumnType::Int8), ("attrs", ColumnType::Jsonb)].map(column).to_vec())
    };
    Rest::entity(&TableDefinition { name, options: &options, columns: &columns }).unwrap()
}

/// The list of an entity, with a token.
fn subject(entity: &'static Entity) -> Subject {
    Subject {
        entity,
        given: Vec::new(),
        server: |url| pairs(&[("url", &format!("{url}/v1"))]),
        credential: Credential::Token { secret: Secret::from(SECRET.to_owned()), origin: TokenOrigin::Server },
        shown: vec![("authorization", format!("Bearer {SECRET}"))],
        secret: SECRET,
    }
}

const SIZE: (&str, &str) = ("size_parameter", "limit");
const FIVE: (&str, &str) = ("page_size", "5");

#[test]
fn whole_lists_conform() {
    suite::run::<Rest>(&subject(entity("whole", &[("key", "id")])));
    suite::run::<Rest>(&subject(entity("nested", &[("rows_path", "data.items")])));
    suite::run::<Rest>(&subject(entity("document", &[("rows", "object")])));
}

#[test]
fn numbered_pages_conform() {
    let key = ("key", "id");
    suite::run::<Rest>(&subject(entity("pages", &[key, ("paging", "page"), SIZE, FIVE])));
    suite::run::<Rest>(&subject(entity("fixed", &[key, ("paging", "page"), ("first_page", "0"), FIVE])));
    suite::run::<Rest>(&subject(entity("offsets", &[key, ("paging", "offset"), ("rows_path", "rows"), SIZE, FIVE])));
}

#[test]
fn counted_pages_conform() {
    let counted = [("key", "id"), ("rows_path", "items"), ("total_path", "meta.total"), SIZE, FIVE];
    suite::run::<Rest>(&subject(entity("counted", &[&[("paging", "page")], counted.as_slice()].concat())));
    suite::run::<Rest>(&subject(entity("counted_offsets", &[&[("paging", "offset")], counted.as_slice()].concat())));
}

#[test]
fn cursors_conform() {
    let cursor = [("paging", "cursor"), ("cursor_parameter", "after"), SIZE, FIVE];
    let in_answer = [("rows_path", "items"), ("cursor_path", "page.next")];
    suite::run::<Rest>(&subject(entity("cursors", &[cursor.as_slice(), &in_answer, &[("key", "id")]].concat())));
    suite::run::<Rest>(&subject(entity("without_key", &[cursor.as_slice(), &in_answer].concat())));
    suite::run::<Rest>(&subject(entity("last_key", &[cursor.as_slice(), &[("key", "id")]].concat())));
}

#[test]
fn links_conform() {
    suite::run::<Rest>(&subject(entity("link_header", &[("paging", "link"), SIZE, FIVE, ("key", "id")])));
    let in_answer = [("paging", "link"), ("link_path", "links.next"), ("rows_path", "data"), FIVE];
    suite::run::<Rest>(&subject(entity("link_member", &in_answer)));
}

#[test]
fn every_kind_of_credential_conforms() {
    let list = entity("pages", &[("key", "id"), ("paging", "page"), SIZE, FIVE]);
    suite::run::<Rest>(&Subject {
        server: |url| pairs(&[("url", url), ("auth", "header"), ("header", "X-Api-Key")]),
        shown: vec![("x-api-key", SECRET.to_owned())],
        ..subject(list)
    });
    suite::run::<Rest>(&Subject {
        server: |url| pairs(&[("url", url), ("auth", "basic")]),
        credential: Credential::User { name: "me".to_owned(), secret: Secret::from(SECRET.to_owned()) },
        // me:secret-4711
        shown: vec![("authorization", "Basic bWU6c2VjcmV0LTQ3MTE=".to_owned())],
        ..subject(list)
    });
    suite::run::<Rest>(&Subject {
        server: |url| pairs(&[("url", url), ("auth", "none")]),
        credential: Credential::None,
        shown: Vec::new(),
        ..subject(list)
    });
}
