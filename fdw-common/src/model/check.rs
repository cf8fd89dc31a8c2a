//! Consistency checks of entities, at compile time when the entity is a `const`.

use super::column::{At, WHOLE_ROW_COLUMN};
use super::entity::{Entity, Parents};
use super::lookup::{BatchBy, LookupAnswer};
use super::paging::{NextPage, Paging, Rows};

/// Stops compilation when an entity contradicts itself or another one: `const _: () = check(ENTITIES);`.
pub const fn check(entities: &[Entity]) {
    let mut i = 0;
    while i < entities.len() {
        let entity = &entities[i];
        assert!(!entity.doc.is_empty(), "an entity has a doc");
        assert!(!entity.scopes.is_empty(), "the error for 403 needs a scope to name");
        let mut c = 0;
        while c < entity.columns.len() {
            assert!(!entity.columns[c].doc.is_empty(), "every column has a doc");
            c += 1;
        }
        if let Some(contradiction) = contradiction(entity) {
            panic!("{}", contradiction);
        }
        let mut j = 0;
        while j < i {
            assert!(!same(entities[j].name, entity.name), "two entities have one name");
            j += 1;
        }
        i += 1;
    }
}

/// The first contradiction within one entity, if any. Entities that are made at run time are checked with it.
pub const fn contradiction(entity: &Entity) -> Option<&'static str> {
    if entity.name.is_empty() || entity.path.is_empty() {
        return Some("an entity has a name and a path");
    }
    if entity.path.as_bytes()[0] == b'/' {
        return Some("a path is relative to the API's base");
    }
    if let Some(fault) = contradiction_in_paging(entity) {
        return Some(fault);
    }
    let mut c = 0;
    while c < entity.columns.len() {
        let column = &entity.columns[c];
        if same(column.name, WHOLE_ROW_COLUMN) {
            return Some("attrs is the whole row");
        }
        if let At::Request = column.at {
            if !has_placeholder(entity.path, column.name) {
                return Some("a request column has no placeholder in the list's path");
            }
            let mut l = 0;
            while l < entity.lookups.len() {
                if !has_placeholder(entity.lookups[l].path, column.name) {
                    return Some("a request column has no placeholder in a lookup's path");
                }
                l += 1;
            }
        }
        let mut d = 0;
        while d < c {
            if same(entity.columns[d].name, column.name) {
                return Some("two columns have one name");
            }
            d += 1;
        }
        c += 1;
    }
    let mut k = 0;
    while k < entity.key.len() {
        if !has_column(entity, entity.key[k]) {
            return Some("every part of the key is a column");
        }
        k += 1;
    }
    if let Some(column) = entity.changes.column()
        && !has_column(entity, column)
    {
        return Some("the time of a row's change is a column");
    }
    let mut filled = placeholders_are_columns(entity, entity.path);
    let mut l = 0;
    while l < entity.lookups.len() {
        filled = filled && placeholders_are_columns(entity, entity.lookups[l].path);
        l += 1;
    }
    if !filled {
        return Some("every placeholder of a path is a column");
    }
    if let Some(fault) = contradiction_in_batches(entity) {
        return Some(fault);
    }
    let mut p = 0;
    while p < entity.parameters.len() {
        if !has_column(entity, entity.parameters[p].column) {
            return Some("a parameter is for a column");
        }
        p += 1;
    }
    contradiction_with_parents(entity)
}

const fn contradiction_in_paging(entity: &Entity) -> Option<&'static str> {
    let size = match entity.paging {
        Paging::Page(pages) => {
            if let Some(cap) = pages.page_cap
                && (pages.max_size == 0 || !cap.is_multiple_of(pages.max_size as u64))
            {
                return Some("whole pages must reach the page cap");
            }
            if entity.key.is_empty() {
                return Some("a list in pages needs a key that identifies its rows");
            }
            pages.max_size
        }
        Paging::Uncounted(pages) => pages.max_size,
        Paging::Checkpoint(pages) => {
            if matches!(pages.next, NextPage::LastKey { .. }) && entity.key.len() != 1 {
                return Some("a list that continues after a key needs a key of one column");
            }
            pages.max_size
        }
        Paging::Log(pages) => {
            if entity.key.len() != 1 || pages.page_cap == 0 {
                return Some("a log needs a key of one column and a page cap");
            }
            pages.search.max_size
        }
        Paging::Whole => return None,
    };
    if size == 0 {
        return Some("a page holds at least one row");
    }
    if let Rows::Document = entity.rows {
        return Some("a document has no pages");
    }
    None
}

/// Rows of a batch are assigned to its keys, so they must show them.
const fn contradiction_in_batches(entity: &Entity) -> Option<&'static str> {
    let mut l = 0;
    while l < entity.lookups.len() {
        let lookup = &entity.lookups[l];
        if let Some(by) = lookup.batch {
            let is_by_key = entity.key.len() == 1 && has_placeholder(lookup.path, entity.key[0]);
            if !matches!(lookup.answer, LookupAnswer::Row) || !is_by_key || count_of(lookup.path, b'{') != 1 {
                return Some("a lookup in batches is of one row, by the whole key, which is one column");
            }
            if count_of(entity.path, b'{') != 0 || matches!(entity.rows, Rows::Document) {
                return Some("batches are requests of a list whose path needs no value");
            }
            match by {
                BatchBy::Search if entity.search.is_none() => return Some("a batch by search needs a search"),
                BatchBy::Search => {}
            }
        }
        l += 1;
    }
    None
}

/// How often a path has this character.
const fn count_of(path: &str, character: u8) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < path.len() {
        count += (path.as_bytes()[at] == character) as usize;
        at += 1;
    }
    count
}

const fn contradiction_with_parents(entity: &Entity) -> Option<&'static str> {
    const NOT_A_PLACEHOLDER: &str = "parents give values of placeholders in the list's path";
    const AMBIGUOUS_LIST: &str = "two rows of the parent must not lead to one list";
    match entity.parents {
        Parents::None => {}
        Parents::Values { column, values } => {
            if !has_placeholder(entity.path, column) || values.is_empty() {
                return Some(NOT_A_PLACEHOLDER);
            }
        }
        Parents::Of { entity: parent, keys } => {
            if parent.key.is_empty() {
                return Some(AMBIGUOUS_LIST);
            }
            let mut k = 0;
            while k < keys.len() {
                if !has_placeholder(entity.path, keys[k].0) {
                    return Some(NOT_A_PLACEHOLDER);
                }
                if !has_column(parent, keys[k].1) {
                    return Some("a parent's key is a column of it");
                }
                k += 1;
            }
            let mut p = 0;
            while p < parent.key.len() {
                let (mut given, mut k) = (false, 0);
                while k < keys.len() {
                    given = given || same(keys[k].1, parent.key[p]);
                    k += 1;
                }
                if !given {
                    return Some(AMBIGUOUS_LIST);
                }
                p += 1;
            }
        }
    }
    None
}

const fn has_column(entity: &Entity, name: &str) -> bool {
    let mut c = 0;
    while c < entity.columns.len() {
        if same(entity.columns[c].name, name) {
            return true;
        }
        c += 1;
    }
    false
}

/// True when every pair of braces in a path encloses the name of a column.
const fn placeholders_are_columns(entity: &Entity, path: &str) -> bool {
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'{' {
            let mut c = 0;
            let mut known = false;
            while c < entity.columns.len() {
                known = known || braced(path, at, entity.columns[c].name);
                c += 1;
            }
            if !known {
                return false;
            }
        }
        at += 1;
    }
    true
}

/// True when the path contains `{column}`.
const fn has_placeholder(path: &str, column: &str) -> bool {
    let mut at = 0;
    while at < path.len() {
        if braced(path, at, column) {
            return true;
        }
        at += 1;
    }
    false
}

/// True when the path contains `{column}` at this byte.
const fn braced(path: &str, at: usize, column: &str) -> bool {
    let (path, column) = (path.as_bytes(), column.as_bytes());
    if path[at] != b'{' || at + column.len() + 1 >= path.len() || path[at + column.len() + 1] != b'}' {
        return false;
    }
    let mut i = 0;
    while i < column.len() {
        if path[at + 1 + i] != column[i] {
            return false;
        }
        i += 1;
    }
    true
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
