//! Simulated lists, as entities declare them.

use fdw_common::model::{Counts, Entity, NextPage, Paging, Position, Rows};
use serde_json::{Map, Value, json};

use crate::api::{Answer, Request};

/// Rows with the entity's key and a number `n`.
pub fn rows(entity: &Entity, count: usize) -> Vec<Value> {
    let row = |number: usize| {
        let mut row = Map::new();
        for member in entity.key.iter().filter_map(|key| entity.column(key)?.member()) {
            row.insert(member.to_owned(), json!(format!("k{number:04}")));
        }
        row.insert("n".to_owned(), json!(number));
        Value::Object(row)
    };
    (0..count).map(row).collect()
}

/// One page of a list: its rows and its claims.
#[derive(Debug, Clone)]
pub struct Page {
    /// The offset of its first row.
    pub start: usize,
    /// The page size.
    pub size: usize,
    /// Its rows.
    pub rows: Vec<Value>,
    /// The number of rows of the list.
    pub total: usize,
    /// The cursor of the next page.
    pub next: Option<String>,
}

/// The requested page.
pub fn page(entity: &Entity, rows: &[Value], request: &Request) -> Page {
    let (start, size) = match entity.paging {
        Paging::Whole => (0, rows.len().max(1)),
        Paging::Page(pages) => numbered(request, &pages.page, Some(pages.size), pages.max_size),
        Paging::Uncounted(pages) => numbered(request, &pages.page, pages.size, pages.max_size),
        Paging::Checkpoint(pages) => {
            let size = pages.size.and_then(|name| request.number(name)).unwrap_or(pages.max_size as usize);
            let start = match pages.next {
                NextPage::Cursor { parameter, .. } => request.parameter(parameter).map(|cursor| {
                    cursor.strip_prefix("after ").and_then(|at| at.parse().ok()).expect("a cursor of ours")
                }),
                NextPage::LastKey { parameter } => request.parameter(parameter).map(|key| {
                    1 + rows.iter().position(|row| row.to_string().contains(&format!("\"{key}\""))).expect("a key")
                }),
                NextPage::Header | NextPage::Address(_) => request.number("from"),
            };
            (start.unwrap_or(0), size)
        }
        Paging::Log(_) => panic!("logs are not emulated"),
    };
    let end = (start + size).min(rows.len());
    let next = (end < rows.len()).then(|| format!("after {end}"));
    Page { start, size, rows: rows[start.min(end)..end].to_vec(), total: rows.len(), next }
}

fn numbered(
    request: &Request,
    parameter: &fdw_common::model::PageParameter,
    size: Option<&str>,
    max_size: u32,
) -> (usize, usize) {
    let size = size.map_or(max_size as usize, |name| request.number(name).expect("a page size"));
    let number = request.number(parameter.name).expect("a page") - parameter.first as usize;
    let start = match parameter.counts {
        Counts::Pages => number * size,
        Counts::Rows => number,
    };
    (start, size)
}

/// The API's answer with a page.
pub fn answer(entity: &Entity, page: &Page, request: &Request) -> Answer {
    let mut body = match entity.rows {
        Rows::Array => Value::from(page.rows.clone()),
        Rows::Document => page.rows.first().cloned().unwrap_or(Value::Null),
        Rows::Member(name) => at(&[name], page.rows.clone().into()),
        Rows::Path(path) => at(path, page.rows.clone().into()),
    };
    let address = page.next.as_deref().map(|next| {
        let from = next.trim_start_matches("after ");
        format!("{}?from={from}", request.path())
    });
    let mut answered_with = None;
    match entity.paging {
        Paging::Page(pages) => {
            let start = if pages.position == Position::Pages { page.start / page.size } else { page.start };
            put(&mut body, pages.total, page.total.into());
            for (member, value) in [(pages.start, start), (pages.limit, page.size)] {
                if let Some(member) = member {
                    put(&mut body, member, value.into());
                }
            }
        }
        Paging::Checkpoint(pages) => match pages.next {
            NextPage::Cursor { at, .. } => put(&mut body, at, page.next.clone().into()),
            NextPage::Address(at) => put(&mut body, at, address.into()),
            NextPage::Header => answered_with = address,
            NextPage::LastKey { .. } => {}
        },
        Paging::Whole | Paging::Uncounted(_) | Paging::Log(_) => {}
    }
    let answer = Answer::json(body);
    match answered_with {
        Some(address) => answer.with_header("link", &format!("<{address}>; rel=\"next\"")),
        None => answer,
    }
}

/// A value nested in objects by a path.
pub(crate) fn at(path: &[&str], value: Value) -> Value {
    path.iter().rev().fold(value, |value, name| json!({ *name: value }))
}

/// Sets the value at a path, and keeps the other members.
pub(crate) fn put(body: &mut Value, path: &[&str], value: Value) {
    let (last, before) = path.split_last().expect("a path");
    let mut place = body;
    for name in before {
        place = place.as_object_mut().expect("an object").entry(*name).or_insert_with(|| json!({}));
    }
    place.as_object_mut().expect("an object").insert((*last).to_owned(), value);
}
