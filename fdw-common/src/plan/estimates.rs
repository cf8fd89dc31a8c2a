//! Estimates of the lists, rows and requests that reading an entity takes.

use crate::model::{Entity, Parents};

/// Estimated cost of reading an entity's lists when the query names some of their bound values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListEstimate {
    /// Number of lists to read.
    pub lists: u64,
    /// Number of requests that find the lists.
    pub walk: u64,
    /// Number of rows in all lists.
    pub rows: u64,
}

/// The lists to read. `named` returns the number of values that the query names for a column, `None` for a column it
/// does not name. With `walk`, values of other columns are read from the parents.
///
/// # Errors
/// The columns that the query has to name, because their values have no other source.
pub fn estimate_lists(
    entity: &Entity,
    walk: bool,
    named: &dyn Fn(&str) -> Option<u64>,
) -> std::result::Result<ListEstimate, Vec<&'static str>> {
    let missing: Vec<&'static str> = entity.required().filter(|column| named(column).is_none()).collect();
    let of_named =
        |columns: &mut dyn Iterator<Item = &'static str>| columns.filter_map(named).fold(1u64, u64::saturating_mul);
    let read = |lists: u64, walk: u64| ListEstimate {
        lists,
        walk,
        rows: lists.saturating_mul(u64::from(entity.typical_rows)),
    };
    if missing.is_empty() {
        return Ok(read(of_named(&mut entity.required()), 0));
    }
    let has_parent_values = |column: &&'static str| match entity.parents {
        Parents::None => false,
        Parents::Of { keys, .. } => keys.iter().any(|(own, _)| own == column),
        Parents::Values { column: own, .. } => own == *column,
    };
    let left: Vec<&'static str> =
        missing.iter().copied().filter(|column| !walk || !has_parent_values(column)).collect();
    if !left.is_empty() {
        return Err(left);
    }
    let others = of_named(&mut entity.required().filter(|column| !has_parent_values(column)));
    match entity.parents {
        Parents::Of { entity: parent, keys } => {
            let own = |column: &str| keys.iter().find(|(_, of_parent)| *of_parent == column).map(|(own, _)| *own);
            let parents = estimate_lists(parent, walk, &|column| named(own(column)?))?;
            let pages = u64::from(parent.typical_rows).div_ceil(u64::from(parent.max_page_size().unwrap_or(u32::MAX)));
            let requests = parents.walk.saturating_add(parents.lists.saturating_mul(pages.max(1)));
            Ok(read(parents.rows.max(1).saturating_mul(others), requests))
        }
        Parents::Values { values, .. } => Ok(read(values.len() as u64 * others, 0)),
        Parents::None => Ok(read(others, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{PARTS, PRICES};

    #[test]
    fn lists_estimates_from_named_values_and_parents() {
        let count = |entity, named: &[(&str, u64)], walk| {
            let named = |column: &str| named.iter().find(|(name, _)| *name == column).map(|(_, count)| *count);
            estimate_lists(entity, walk, &named).map(|lists| (lists.lists, lists.walk, lists.rows))
        };
        // Ten things on pages of two, three parts each.
        assert_eq!(count(&PARTS, &[], true), Ok((10, 5, 30)));
        assert_eq!(count(&PARTS, &[("thing_id", 2)], true), Ok((2, 0, 6)));
        assert_eq!(count(&PARTS, &[("thing_id", 2)], false), Ok((2, 0, 6)));
        assert_eq!(count(&PARTS, &[], false), Err(vec!["thing_id"]));
        // One list of parts for each thing, each in one response.
        assert_eq!(count(&PRICES, &[("currency", 2)], true), Ok((60, 15, 60)));
        assert_eq!(count(&PRICES, &[("currency", 1), ("thing_id", 1)], true), Ok((3, 1, 3)));
        assert_eq!(count(&PRICES, &[("thing_id", 1), ("part_id", 1)], true), Err(vec!["currency"]));
        assert_eq!(count(&PRICES, &[], false), Err(vec!["thing_id", "part_id", "currency"]));
    }
}
